"""Plots of a model: importance, beeswarm, dependence, reliability. Tables of scoring.inspection in, figures out."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from dashboard.components.charts import Figure, colours, layout, wrapped
from dashboard.components.reasons import label_of
from pipeline.language import gettext as _

if TYPE_CHECKING:
    import pandas as pd

#: More dots than this in one plot are thinned out evenly: the picture is the same, the page quicker.
_MOST_DOTS = 6_000


def importance(found: "pd.DataFrame", dark: bool) -> Figure:
    """Bars of the mean size of a reason, the largest first."""
    tone = colours(dark)
    return {
        "data": [
            {
                "type": "bar", "orientation": "h", "y": [wrapped(label_of(name)) for name in found["feature"]],
                "x": [float(value) for value in found["mean_points"]], "marker": {"color": tone["main"]},
                "text": [f"{value:.2f}" for value in found["mean_points"]], "textposition": "outside", "cliponaxis": False,
                "textfont": {"color": tone["ink"], "size": 12}, "hovertemplate": "%{y}: %{x:.2f}<extra></extra>",
            }
        ],
        "layout": layout(dark, yaxis=_names(tone), xaxis={"visible": False, "range": [0, float(found["mean_points"].max()) * 1.15]}),
    }  # fmt: skip


def beeswarm(found: "pd.DataFrame", features: Sequence[str], dark: bool) -> Figure:
    """A dot a firm and feature at the points of its reason; its colour is the rank of its value, grey unknown."""
    tone = colours(dark)
    step = max(1, len(found) // _MOST_DOTS)
    thin = found.iloc[::step]
    place = {name: number for number, name in enumerate(features)}
    rows = thin["feature"].map(place).to_numpy(float)
    ranks, points = thin["rank"].to_numpy(float), thin["points"].to_numpy(float)
    spread = _spread(rows, points)
    known = ~np.isnan(ranks)
    scale = [[0.0, "#4a7fc1"], [0.5, "#b9a6c9"], [1.0, "#c2443a"]]
    dots = {"type": "scattergl", "mode": "markers", "hoverinfo": "skip"}
    return {
        "data": [
            {**dots, "x": points[~known].round(3).tolist(), "y": (rows + spread)[~known].round(3).tolist(),
             "marker": {"size": 4, "color": tone["quiet"]}},
            {**dots, "x": points[known].round(3).tolist(), "y": (rows + spread)[known].round(3).tolist(),
             "marker": {"size": 4, "color": ranks[known].round(3).tolist(), "colorscale": scale, "cmin": 0, "cmax": 1,
                        "showscale": True, "colorbar": {"thickness": 10, "tickvals": [0, 1], "ticktext": [_("low"), _("high")],
                                                        "outlinewidth": 0, "len": 0.6}}},
        ],
        "layout": layout(
            dark,
            yaxis={**_names(tone), "tickmode": "array", "tickvals": list(range(len(features))), "zeroline": False,
                   "ticktext": [wrapped(label_of(name)) for name in features], "range": [len(features) - 0.4, -0.6],
                   "autorange": False},
            xaxis={"zeroline": True, "zerolinecolor": tone["quiet"], "side": "top"},
            margin={"t": 30},
        ),
    }  # fmt: skip


def _spread(rows: np.ndarray, points: np.ndarray) -> np.ndarray:
    """How far each dot stands off its row, so that many dots at one place make it thick: up to 0.38 either way."""
    bins = np.round(points / max(float(np.ptp(points)) / 120, 1e-9))
    keys = rows * 1e6 + bins
    order = np.argsort(keys, kind="stable")
    ordered = keys[order]
    first = np.r_[True, ordered[1:] != ordered[:-1]]
    starts = np.flatnonzero(first)
    run = np.arange(len(keys)) - np.repeat(starts, np.diff(np.r_[starts, len(keys)]))
    off = np.empty(len(keys))
    off[order] = np.where(run % 2, 1, -1) * ((run + 1) // 2)
    return np.asarray(0.38 * np.tanh(off / 14))


def dependence(feature: str, found: "pd.DataFrame", dark: bool) -> Figure:
    """The reason's points over the feature's value, a dot a firm."""
    tone = colours(dark)
    values = found["value"].to_numpy(float)
    known = ~np.isnan(values)
    return {
        "data": [
            {"type": "scattergl", "mode": "markers", "x": values[known].round(5).tolist(),
             "y": found["points"].to_numpy(float)[known].round(3).tolist(),
             "marker": {"size": 5, "color": tone["main"], "opacity": 0.55}, "hovertemplate": "%{x}: %{y:.2f}<extra></extra>"}
        ],
        "layout": layout(
            dark,
            xaxis={"title": {"text": label_of(feature)}, "zeroline": False},
            yaxis={"title": {"text": _("points")}, "zeroline": True, "zerolinecolor": tone["quiet"]},
        ),
    }  # fmt: skip


def reliability(found: Sequence[Mapping[str, Any]], dark: bool) -> Figure:
    """Observed against expected rates of groups of equal size; on the line the probabilities are right."""
    tone = colours(dark)
    expected, observed = [one["expected"] for one in found], [one["observed"] for one in found]
    reach = max([*expected, *observed, 0.01]) * 1.08
    return {
        "data": [
            {"type": "scatter", "mode": "lines", "x": [0, reach], "y": [0, reach], "hoverinfo": "skip",
             "line": {"color": tone["quiet"], "dash": "dash", "width": 1.5}},
            {"type": "scatter", "mode": "lines+markers", "x": expected, "y": observed, "customdata": [one["rows"] for one in found],
             "line": {"color": tone["main"], "width": 2}, "marker": {"size": 9},
             "hovertemplate": "%{x:.2%} → %{y:.2%} (%{customdata})<extra></extra>"},
        ],
        "layout": layout(
            dark,
            xaxis={"title": {"text": _("expected")}, "tickformat": ".1%", "range": [0, reach]},
            yaxis={"title": {"text": _("observed")}, "tickformat": ".1%", "range": [0, reach]},
        ),
    }  # fmt: skip


def _names(tone: Mapping[str, str]) -> dict[str, Any]:
    return {"autorange": "reversed", "showgrid": False, "ticklen": 6, "tickcolor": "rgba(0,0,0,0)",
            "tickfont": {"size": 12, "color": tone["ink"]}}  # fmt: skip
