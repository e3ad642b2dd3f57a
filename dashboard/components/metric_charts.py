"""Plots of a model's metrics: beside the baselines, by day, lift, precision, reliability, subgroups, drift."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from dashboard.components.charts import Figure, colours, layout, wrapped
from dashboard.components.model_charts import names, unique
from pipeline.language import gettext as _
from scoring.evaluation.baselines_ahead import NAMES

if TYPE_CHECKING:
    import pandas as pd

_DASHES = {
    "goldseed": "solid",
    "net_profit": "dot",
    "points_rule": "dash",
    "logistic": "dashdot",
    "lightgbm_default": "longdash",
}


def model_name(name: str) -> str:
    return _(NAMES[name]) if name in NAMES else name


def intervals(metrics: Sequence[tuple[str, Mapping[str, Any]]], dark: bool, first: bool = True) -> Figure:
    """A dot a name at its value with its 95 % interval; `first`: the topmost is this model, drawn in its colour."""
    tone = colours(dark)
    known = [(name, metric) for name, metric in metrics if metric.get("value") is not None]
    values = [float(metric["value"]) for _name, metric in known]
    low = [
        float(value if metric.get("low") is None else metric["low"])
        for value, (_name, metric) in zip(values, known, strict=True)
    ]
    high = [
        float(value if metric.get("high") is None else metric["high"])
        for value, (_name, metric) in zip(values, known, strict=True)
    ]
    span = max([*high, 0.01]) - min([*low, 1.0])
    return {
        "data": [
            {
                "type": "scatter",
                "mode": "markers+text",
                "x": values,
                "y": unique([wrapped(name) for name, _metric in known]),
                "text": [f"{value:.3f}" for value in values],
                "textposition": "top center",
                "cliponaxis": False,
                "textfont": {"color": tone["ink"], "size": 12},
                "error_x": {
                    "type": "data",
                    "symmetric": False,
                    "thickness": 2,
                    "width": 5,
                    "color": tone["quiet"],
                    "array": [top - value for top, value in zip(high, values, strict=True)],
                    "arrayminus": [value - bottom for bottom, value in zip(low, values, strict=True)],
                },
                "marker": {
                    "size": 11,
                    "color": [tone["main"] if not (first and place) else tone["soft"] for place in range(len(known))],
                },
                "customdata": [f"{bottom:.3f} – {top:.3f}" for bottom, top in zip(low, high, strict=True)],
                "hovertemplate": "%{y}: %{x:.3f} [%{customdata}]<extra></extra>",
            }
        ],
        "layout": layout(
            dark,
            yaxis={**names(tone), "range": [len(known) - 0.4, -0.75], "autorange": False},
            xaxis={
                "range": [min(low, default=0.0) - 0.05 * span, max(high, default=1.0) + 0.05 * span],
                "zeroline": False,
                "nticks": 5,
            },
        ),
    }


def by_day(days: Sequence[Mapping[str, Any]], dark: bool) -> Figure:
    """The AUC of the model and its baselines at each scoring date."""
    lines = {
        model_name(name): ([day["as_of"] for day in days], [day["auc"].get(name) for day in days], name)
        for name in days[0]["auc"]
    }
    return _lines(lines, dark, ".2f", {"type": "category"}, "lines+markers")


def expected_and_observed(days: Sequence[Mapping[str, Any]], dark: bool) -> Figure:
    """Events expected by the probabilities at each date, beside events observed."""
    tone = colours(dark)
    places = [day["as_of"] for day in days]
    bar = {
        "type": "bar",
        "x": places,
        "textposition": "outside",
        "cliponaxis": False,
        "textfont": {"color": tone["ink"]},
    }
    return {
        "data": [
            {
                **bar,
                "name": _("expected"),
                "y": [day["expected"] for day in days],
                "marker": {"color": tone["quiet"]},
                "text": [f"{day['expected']:.1f}" for day in days],
            },
            {
                **bar,
                "name": _("observed"),
                "y": [day["positives"] for day in days],
                "marker": {"color": tone["main"]},
                "text": [f"{day['positives']:,}" for day in days],
            },
        ],
        "layout": layout(
            dark,
            xaxis={"type": "category", "showgrid": False},
            yaxis={"nticks": 4},
            barmode="group",
            bargap=0.55 if len(days) > 1 else 0.75,
            **_legend(),
        ),
    }


def lift(curve: "pd.DataFrame", dark: bool) -> Figure:
    """The share of events found among the highest share of firms; the thin line is chance."""
    tone = colours(dark)
    lines = {
        model_name(str(name)): ([0.0, *part["share"]], [0.0, *part["found"]], str(name))
        for name, part in curve.groupby("model", sort=False)
    }
    figure = _lines(lines, dark, ".0%", {"tickformat": ".0%", "range": [0, 1]}, "lines")
    figure["data"].append(
        {
            "type": "scatter",
            "mode": "lines",
            "x": [0, 1],
            "y": [0, 1],
            "hoverinfo": "skip",
            "showlegend": False,
            "line": {"color": tone["quiet"], "width": 1},
        }
    )
    figure["layout"]["yaxis"] |= {"range": [0, 1.03], "tickformat": ".0%"}
    return figure


def precision(table: "pd.DataFrame", dark: bool) -> Figure:
    """Of the K highest firms of a date the share that had the event, over all dates together."""
    hits = table.assign(hits=table["precision"] * table["count"]).groupby(["model", "count"], sort=False)
    mean = (hits["hits"].sum() / (hits["count"].sum())).reset_index(name="precision")
    lines = {
        model_name(str(name)): (part["count"].tolist(), part["precision"].tolist(), str(name))
        for name, part in mean.groupby("model", sort=False)
    }
    places = sorted({int(count) for count in mean["count"]})
    figure = _lines(lines, dark, ".0%", {"type": "log", "tickmode": "array", "tickvals": places}, "lines+markers")
    figure["layout"]["yaxis"] |= {"tickformat": ".0%", "rangemode": "tozero"}
    return figure


def reliability(bins: Sequence[Mapping[str, Any]], dark: bool) -> Figure:
    """Observed against expected rates of groups of equal size; on the diagonal the probabilities are right."""
    tone = colours(dark)
    expected, observed = [group["expected"] for group in bins], [group["observed"] for group in bins]
    reach = max([*expected, *observed, 0.01]) * 1.08
    title = {"font": {"color": tone["soft"], "size": 12}}
    return {
        "data": [
            {
                "type": "scatter",
                "mode": "lines",
                "x": [0, reach],
                "y": [0, reach],
                "hoverinfo": "skip",
                "line": {"color": tone["quiet"], "dash": "dash", "width": 1.5},
            },
            {
                "type": "scatter",
                "mode": "lines+markers",
                "x": expected,
                "y": observed,
                "customdata": [group["rows"] for group in bins],
                "line": {"color": tone["main"], "width": 2},
                "marker": {"size": 9},
                "hovertemplate": "%{x:.2%} → %{y:.2%} (%{customdata})<extra></extra>",
            },
        ],
        "layout": layout(
            dark,
            xaxis={"title": {"text": _("expected"), **title}, "tickformat": ".1%", "range": [0, reach]},
            yaxis={"title": {"text": _("observed"), **title}, "tickformat": ".1%", "range": [-0.02 * reach, reach]},
            margin={"b": 44, "l": 52},
        ),
    }


def _drift_colour(feature: Mapping[str, Any], tone: Mapping[str, str]) -> str:
    """Red moved, green did not, grey moves with the calendar."""
    if feature.get("calendar"):
        return tone["quiet"]
    return tone["down"] if feature["moved"] else tone["main"]


def drift(features: Sequence[Mapping[str, Any]], label: str, dark: bool) -> Figure:
    """How many times as far as chance alone each feature moved (PSI over its line), on a log scale; 1 is chance."""
    tone = colours(dark)
    labels = unique([wrapped(str(feature[label])) for feature in features])
    times = [max(feature["psi"] / max(feature["line"] or 0.0, 1e-6), 0.01) for feature in features]
    return {
        "data": [
            {
                "type": "scatter",
                "mode": "markers",
                "y": labels,
                "x": times,
                "marker": {"size": 10, "color": [_drift_colour(feature, tone) for feature in features]},
                "customdata": [f"PSI {feature['psi']:.3f}" for feature in features],
                "hovertemplate": "%{y}: %{customdata}<extra></extra>",
            },
        ],
        "layout": layout(
            dark,
            yaxis={**names(tone), "showgrid": True, "range": [len(features) - 0.4, -0.6], "autorange": False},
            xaxis={"type": "log", "side": "top", "tickformat": "~g", "dtick": 1},
            margin={"t": 30},
            shapes=[
                {
                    "type": "line",
                    "x0": 1,
                    "x1": 1,
                    "yref": "paper",
                    "y0": 0,
                    "y1": 1,
                    "layer": "below",
                    "line": {"color": tone["gold"], "width": 2, "dash": "dash"},
                }
            ],
        ),
    }


def _lines(
    lines: Mapping[str, tuple[Sequence[Any], Sequence[Any], str]],
    dark: bool,
    form: str,
    xaxis: Mapping[str, Any],
    mode: str,
) -> Figure:
    """A line a model: this model thick and green, the baselines thin and dashed."""
    tone = colours(dark)
    paint = {"goldseed": tone["main"], "net_profit": tone["down"], "points_rule": tone["gold"]}
    return {
        "data": [
            {
                "type": "scatter",
                "mode": mode,
                "name": label,
                "x": list(x),
                "y": list(y),
                "line": {
                    "color": paint.get(name, tone["soft"] if name == "logistic" else tone["quiet"]),
                    "width": 3 if name == "goldseed" else 1.6,
                    "dash": _DASHES.get(name, "solid"),
                },
                "marker": {"size": 8 if name == "goldseed" else 5},
                "hovertemplate": f"{label} %{{x}}: %{{y:{form}}}<extra></extra>",
            }
            for label, (x, y, name) in lines.items()
        ],
        "layout": layout(dark, xaxis={"showgrid": False, **xaxis}, yaxis={"nticks": 6, "zeroline": False}, **_legend()),
    }


def _legend() -> Figure:
    return {
        "showlegend": True,
        "legend": {"orientation": "h", "y": 1.02, "yanchor": "bottom", "x": 0, "font": {"size": 12}},
        "margin": {"t": 52},
    }
