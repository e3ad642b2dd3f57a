"""Plots that explain a model: importance, beeswarm, dependence, pairs of features.

Tables of scoring.evaluation.plot_data in, figures out. Dots are drawn without WebGL, which compiles scripts from text:
the content security policy of the pages forbids that.
"""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from dashboard.components.charts import Figure, colours, layout, wrapped
from dashboard.components.reasons import label_of
from pipeline.language import gettext as _
from pipeline.language import language
from pipeline.wording import number_format
from scoring.features.matrix import shown

if TYPE_CHECKING:
    import pandas as pd

#: Low to high values, also for readers who do not see red or green.
VALUES = [[0.0, "#3f74b5"], [0.5, "#a9a4b0"], [1.0, "#d18a1d"]]
#: More dots than this in one plot are thinned out evenly along the points.
_MOST_DOTS = 800


def importance(table: "pd.DataFrame", dark: bool) -> Figure:
    """Bars of the mean absolute SHAP contribution in points, the largest first."""
    tone = colours(dark)
    values = table["mean_points"].to_numpy(float)
    return {
        "data": [
            {
                "type": "bar",
                "orientation": "h",
                "y": unique([wrapped(label_of(name)) for name in table["feature"]]),
                "x": values.round(4).tolist(),
                "marker": {"color": tone["main"]},
                "text": [f"{value:.2f}" for value in values],
                "textposition": "outside",
                "cliponaxis": False,
                "textfont": {"color": tone["ink"], "size": 12},
                "hovertemplate": "%{y}: %{x:.2f}<extra></extra>",
            }
        ],
        "layout": layout(
            dark, yaxis=names(tone), xaxis={"visible": False, "range": [0, float(max(values, default=1)) * 1.15]}
        ),
    }


def beeswarm(dots: "pd.DataFrame", dark: bool) -> Figure:
    """A dot a firm and feature at the points of its contribution; its colour is the rank of its value, grey unknown."""
    tone = colours(dark)
    features = list(dict.fromkeys(dots["feature"]))
    rows = dots["feature"].map({name: number for number, name in enumerate(features)}).to_numpy(float)
    ranks, points = dots["rank"].to_numpy(float), dots["points"].to_numpy(float)
    height = rows + _spread(rows, points)
    known = ~np.isnan(ranks)
    ticks = {"tickmode": "array", "tickvals": list(range(len(features)))}
    return {
        "data": [
            _dots(points[~known], height[~known], {"color": tone["quiet"]}, hoverinfo="skip"),
            _dots(
                points[known],
                height[known],
                _coloured(ranks[known], tone, [0, 1], [_("low"), _("high")], (0.0, 1.0)),
                hoverinfo="skip",
            ),
        ],
        "layout": layout(
            dark,
            yaxis={
                **names(tone),
                **ticks,
                "zeroline": False,
                "ticktext": [wrapped(label_of(name)) for name in features],
                "range": [len(features) - 0.4, -0.6],
                "autorange": False,
            },
            xaxis={"zeroline": True, "zerolinecolor": tone["quiet"], "side": "top"},
            margin={"t": 30, "r": 4},
        ),
    }


def _spread(rows: np.ndarray, points: np.ndarray) -> np.ndarray:
    """Vertical offset of each dot from its row, so that dots at one place do not overlap: up to 0.38 either way."""
    bins = np.round(points / max(float(np.ptp(points)) / 120, 1e-9)) if len(points) else points
    keys = rows * 1e6 + bins
    order = np.argsort(keys, kind="stable")
    ordered = keys[order]
    first = np.r_[True, ordered[1:] != ordered[:-1]][: len(keys)]
    starts = np.flatnonzero(first)
    run = np.arange(len(keys)) - np.repeat(starts, np.diff(np.r_[starts, len(keys)]))
    off = np.empty(len(keys))
    off[order] = np.where(run % 2, 1, -1) * ((run + 1) // 2)
    return np.asarray(0.38 * np.tanh(off / 9))


def dependence(
    feature: str, table: "pd.DataFrame", trend: "pd.DataFrame", dark: bool, other: str | None = None
) -> Figure:
    """The contribution in points over the feature's value, a dot a firm, with the line of medians.

    With `other` the dots are coloured by that feature's value (`other_value`). Firms whose value is unknown
    are drawn at the left edge, apart.
    """
    tone = colours(dark)
    drawn = _thinned(table)
    marker: dict[str, Any] = {"color": tone["main"], "opacity": 0.5}
    if other is not None:
        marker = _of_feature(other, drawn["other_value"].to_numpy(float), tone)
    values, points = drawn["value"].to_numpy(float), drawn["points"].to_numpy(float)
    low, high = _ends(values)
    away = low - 0.08 * (high - low)
    line = {
        "type": "scatter",
        "mode": "lines",
        "x": trend["value"].round(5).tolist(),
        "y": trend["points"].round(4).tolist(),
        "line": {"color": tone["gold"], "width": 2.5},
        "hoverinfo": "skip",
    }
    x = np.where(np.isnan(values), away, values)
    hover = [
        f"{label_of(feature)} {shown(feature, value, language())} → {number_format.decimal(point, 2, signed=True)}"
        for value, point in zip(values.tolist(), points.tolist(), strict=True)
    ]
    unknown = bool(np.isnan(values).any())
    return {
        "data": [_dots(x, points, marker, text=hover, hovertemplate="%{text}<extra></extra>"), line],
        "layout": layout(
            dark,
            xaxis={
                **value_axis(feature, low, high, [away] if unknown else []),
                "title": _axis_title(label_of(feature), tone),
            },
            yaxis={"title": _axis_title(_("points"), tone), "zeroline": True, "zerolinecolor": tone["quiet"]},
            margin={"b": 44, "l": 44, "r": 4},
        ),
    }


def pairs(table: "pd.DataFrame", dark: bool) -> Figure:
    """Bars of the mean size of a joint effect, the largest first."""
    labels = [
        f"{label_of(first)} × {label_of(other)}" for first, other in zip(table["feature"], table["other"], strict=True)
    ]
    figure = importance(table.assign(feature=labels), dark)
    figure["data"][0]["y"] = unique([_two_lines(label) for label in labels])
    return figure


def pair(feature: str, other: str, table: "pd.DataFrame", dark: bool) -> Figure:
    """What a pair adds together over the first one's value, coloured by the second's."""
    tone = colours(dark)
    known = table[table["value"].notna()]
    values, points = known["value"].to_numpy(float), known["points"].to_numpy(float)
    marker = _of_feature(other, known["other_value"].to_numpy(float), tone)
    low, high = _ends(values)
    return {
        "data": [_dots(values, points, {**marker, "size": 7}, hoverinfo="skip")],
        "layout": layout(
            dark,
            xaxis={**value_axis(feature, low, high), "title": _axis_title(label_of(feature), tone)},
            yaxis={"title": _axis_title(_("points"), tone), "zeroline": True, "zerolinecolor": tone["quiet"]},
            margin={"b": 44, "l": 44, "r": 4},
        ),
    }


def value_axis(feature: str, low: float, high: float, unknown: Sequence[float] = ()) -> Figure:
    """Four ticks over a feature's values, formatted for an officer; `unknown`: where firms without a value are."""
    places = [*unknown, *np.linspace(low, high, 4).tolist()]
    words = [
        *(_("unknown") for _place in unknown),
        *(shown(feature, value, language()) for value in np.linspace(low, high, 4)),
    ]
    return {
        "tickmode": "array",
        "tickvals": places,
        "ticktext": words,
        "zeroline": False,
        "range": [min(places) - 0.04 * (high - low), high + 0.04 * (high - low)],
    }


def names(tone: Mapping[str, str]) -> Figure:
    """An axis of names, from the top."""
    return {
        "autorange": "reversed",
        "showgrid": False,
        "ticklen": 6,
        "tickcolor": "rgba(0,0,0,0)",
        "tickfont": {"size": 12, "color": tone["ink"]},
    }


def unique(labels: Sequence[str]) -> list[str]:
    """Labels as bars need them: two of one name would be drawn as one bar."""
    seen: dict[str, int] = {}
    distinct = []
    for label in labels:
        seen[label] = seen.get(label, 0) + 1
        distinct.append(label + "\u200b" * (seen[label] - 1))
    return distinct


def _dots(x: np.ndarray, y: np.ndarray, marker: Mapping[str, Any], **more: Any) -> Figure:
    return {
        "type": "scatter",
        "mode": "markers",
        "x": x.round(5).tolist(),
        "y": y.round(4).tolist(),
        "marker": {"size": 5, **marker},
        **more,
    }


def _of_feature(name: str, values: np.ndarray, tone: Mapping[str, str]) -> Figure:
    """Dots coloured by a feature's value; the colour scale ends at the 5 % and 95 % quantiles."""
    known = values[~np.isnan(values)]
    low, high = (float(edge) for edge in np.quantile(known, [0.05, 0.95])) if len(known) else (0.0, 1.0)
    high = high if high > low else low + 1.0
    words = [shown(name, low, language()), shown(name, high, language())]
    return _coloured(values, tone, [low, high], words, (low, high), label_of(name))


def _coloured(
    values: np.ndarray,
    tone: Mapping[str, str],
    ticks: Sequence[float],
    words: Sequence[str],
    ends: tuple[float, float],
    title: str = "",
) -> Figure:
    bar = {
        "thickness": 9,
        "tickvals": list(ticks),
        "ticktext": list(words),
        "outlinewidth": 0,
        "len": 0.7,
        "tickfont": {"color": tone["soft"], "size": 11},
        "title": {"text": wrapped(title), "font": {"color": tone["soft"], "size": 11}},
    }
    colour = [None if value != value else round(value, 5) for value in values.tolist()]
    return {"color": colour, "colorscale": VALUES, "cmin": ends[0], "cmax": ends[1], "showscale": True, "colorbar": bar}


def _thinned(table: "pd.DataFrame") -> "pd.DataFrame":
    if len(table) <= _MOST_DOTS:
        return table
    order = np.argsort(table["points"].to_numpy(), kind="stable")
    return table.iloc[order[np.linspace(0, len(order) - 1, _MOST_DOTS).round().astype(int)]]


def _ends(values: np.ndarray) -> tuple[float, float]:
    """The range that is drawn, from the 0.5 % to the 99.5 % quantile."""
    known = values[~np.isnan(values)]
    if not len(known):
        return 0.0, 1.0
    low, high = (float(edge) for edge in np.quantile(known, [0.005, 0.995]))
    return (low, high) if high > low else (low - 0.5, low + 0.5)


def _axis_title(words: str, tone: Mapping[str, str]) -> Figure:
    return {"text": words, "font": {"color": tone["soft"], "size": 12}}


def _two_lines(label: str) -> str:
    return label.replace(" × ", " ×<br>", 1)
