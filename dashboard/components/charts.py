"""Plots as plain plotly dictionaries: quick to make, quick to send, in the colours of the theme.

Each function takes values and gives a figure; `graph` puts one on a page without a button that
leads outside. Captions go above a plot, never in it.
"""

from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Any

from dash.development.base_component import Component

from dashboard.checked_once import dcc, html
from dashboard.components.amounts import signed_points
from dashboard.components.cards import aria
from pipeline.language import CHINESE, language

#: A figure, or a part of one (a trace, an axis), as plotly's JSON.
Figure = dict[str, Any]

LIGHT = {
    "ink": "#1c2623",
    "soft": "#56625d",
    "line": "#e1e5e0",
    "main": "#17957b",
    "down": "#c25a3f",
    "gold": "#c79a3d",
    "card": "#ffffff",
    "quiet": "#b9c4bf",
}
DARK = {
    "ink": "#e5ebe7",
    "soft": "#a3b0aa",
    "line": "#2c3531",
    "main": "#3fb598",
    "down": "#e2795c",
    "gold": "#e0b35c",
    "card": "#1a201d",
    "quiet": "#55615b",
}
_CHINESE_FONTS = '"PingFang SC", "Microsoft YaHei", "Noto Sans CJK SC", "Noto Sans SC", sans-serif'
_LATIN_FONTS = '"Segoe UI", "Helvetica Neue", Roboto, Arial, "Liberation Sans"'
#: A label longer than this goes on in a second line, so that bars keep room on a phone.
_LABEL_WIDTH = {True: 9, False: 20}


def font() -> str:
    """The fonts of the pages: in English the Latin ones first, as in dashboard.css."""
    return _CHINESE_FONTS if language() == CHINESE else f"{_LATIN_FONTS}, {_CHINESE_FONTS}"


def colours(dark: bool) -> dict[str, str]:
    return DARK if dark else LIGHT


def graph(figure: Figure, height: int, name: str, **about: Any) -> Component:
    """A figure on a page; `name` says in words what it shows, for readers who do not see it."""
    drawn = dcc.Graph(
        figure=figure,
        style={"height": f"{height}px", "width": "100%"},
        config={
            "displayModeBar": False,
            "showSendToCloud": False,
            "displaylogo": False,
            "responsive": True,
            "locale": "zh-CN" if language() == CHINESE else "en",
        },
        **about,
    )
    return html.Div(drawn, role="img", **aria(label=name))


def layout(dark: bool, **more: Any) -> Figure:
    """What every figure shares: no background of its own, thin lines, the font of the pages."""
    tone = colours(dark)
    axis = {
        "gridcolor": tone["line"],
        "zerolinecolor": tone["line"],
        "linecolor": tone["line"],
        "automargin": True,
        "tickfont": {"color": tone["soft"], "size": 12},
        "fixedrange": True,
    }
    base: dict[str, Any] = {
        "paper_bgcolor": "rgba(0,0,0,0)",
        "plot_bgcolor": "rgba(0,0,0,0)",
        "font": {"family": font(), "color": tone["ink"], "size": 13},
        "margin": {"l": 8, "r": 12, "t": 10, "b": 8},
        "xaxis": dict(axis),
        "yaxis": dict(axis),
        "showlegend": False,
        "hoverlabel": {
            "bgcolor": tone["card"],
            "bordercolor": tone["line"],
            "font": {"family": font(), "color": tone["ink"]},
        },
        "bargap": 0.35,
    }
    for key, value in more.items():
        base[key] = {**base[key], **value} if isinstance(value, Mapping) and isinstance(base.get(key), dict) else value
    return base


def waterfall(base_points: float, reasons: Sequence[tuple[str, float]], dark: bool) -> Figure:
    """From the base points of the model, reason by reason, to the firm's own.

    `reasons` are (label, points) in the order in which they are shown, from the top; all of them together
    must lead from `base_points` to the score, the last of them usually being "all others".
    """
    tone = colours(dark)
    labels = [wrapped(label) for label, _points in reasons]
    steps = [value for _label, value in reasons]
    ends = [base_points]
    for value in steps:
        ends.append(ends[-1] + value)
    low, high = min(ends), max(ends)
    room = max(2.0, 0.16 * (high - low))
    rule = {"type": "line", "yref": "paper", "y0": 0, "y1": 1, "layer": "below"}
    return {
        "data": [
            {
                "type": "waterfall",
                "orientation": "h",
                "base": base_points,
                "y": labels,
                "x": steps,
                "measure": ["relative"] * len(steps),
                "text": [signed_points(value) for value in steps],
                "textposition": "outside",
                "cliponaxis": False,
                "textfont": {"color": tone["ink"], "size": 12},
                "increasing": {"marker": {"color": tone["main"]}},
                "decreasing": {"marker": {"color": tone["down"]}},
                "connector": {"line": {"color": tone["quiet"], "width": 1}},
                "hovertemplate": "%{y}: %{text}<extra></extra>",
            }
        ],
        "layout": layout(
            dark,
            yaxis={
                "autorange": "reversed",
                "showgrid": False,
                "ticklen": 6,
                "tickcolor": "rgba(0,0,0,0)",
                "tickfont": {"color": tone["ink"], "size": 12},
            },
            xaxis={"range": [low - room, high + room], "zeroline": False, "side": "top"},
            shapes=[
                {
                    **rule,
                    "x0": base_points,
                    "x1": base_points,
                    "line": {"color": tone["quiet"], "width": 1.5, "dash": "dot"},
                },
                {**rule, "x0": ends[-1], "x1": ends[-1], "line": {"color": tone["gold"], "width": 2}},
            ],
            margin={"t": 30},
        ),
    }


def wrapped(label: str) -> str:
    """A label over two lines where it is long, cut at a space or bracket where there is one."""
    width = _LABEL_WIDTH[language() == CHINESE]
    if len(label) <= width + 2:
        return label
    cut = max((label.rfind(sign, 3, width + 2) for sign in (" ", "（", "(", "、")), default=-1)
    cut = cut if cut > 0 else width
    first, rest = label[:cut].rstrip(), label[cut:].lstrip()
    return f"{first}<br>{rest if len(rest) <= width + 6 else rest[: width + 4] + '…'}"


def years(
    series: Mapping[str, Mapping[int, float | None]], dark: bool, unit: str = "", percent: bool = False
) -> Figure:
    """One line a fact over the years; unknown years are gaps, never zeros."""
    tone = colours(dark)
    paint = [tone["main"], tone["gold"], tone["down"], tone["soft"]]
    all_years = sorted({year for values in series.values() for year in values})
    template = "%{x}: %{y:.1%}" if percent else f"%{{x}}: %{{y:,.4~g}} {unit}"
    data = [
        {
            "type": "scatter",
            "mode": "lines+markers",
            "name": name,
            "x": [str(year) for year in all_years],
            "y": [values.get(year) for year in all_years],
            "connectgaps": False,
            "line": {"color": paint[place % len(paint)], "width": 2.5},
            "marker": {"size": 7},
            "hovertemplate": f"{name} {template}<extra></extra>",
        }
        for place, (name, values) in enumerate(series.items())
    ]
    several = len(series) > 1
    return {
        "data": data,
        "layout": layout(
            dark,
            xaxis={"type": "category", "showgrid": False},
            yaxis={"rangemode": "tozero", "nticks": 5, "zeroline": True, "tickformat": ".0%" if percent else ",.12~g"},
            showlegend=several,
            legend={"orientation": "h", "y": 1.02, "yanchor": "bottom", "x": 0, "font": {"size": 12}},
            margin={"t": 34 if several else 10},
        ),
    }


def histogram(
    edges: Sequence[float], counts: Sequence[int], dark: bool, lines: Sequence[tuple[float, str, str]] = ()
) -> Figure:
    """How many firms have how many points; `lines` are (points, label, colour name) such as a pool's entry line."""
    tone = colours(dark)
    middles = [(left + right) / 2 for left, right in pairwise(edges)]
    spans = [f"{left:g}–{right:g}" for left, right in pairwise(edges)]
    centre = (edges[0] + edges[-1]) / 2  # a label stands on the side of its line where there is room
    return {
        "data": [
            {
                "type": "bar",
                "x": middles,
                "y": list(counts),
                "customdata": spans,
                "marker": {"color": tone["main"]},
                "hovertemplate": "%{customdata}: %{y}<extra></extra>",
                "width": [0.9 * (right - left) for left, right in pairwise(edges)],
            }
        ],
        "layout": layout(
            dark,
            xaxis={"showgrid": False, "zeroline": False, "range": [edges[0], edges[-1]]},
            yaxis={"nticks": 5},
            shapes=[
                {
                    "type": "line",
                    "x0": at,
                    "x1": at,
                    "yref": "paper",
                    "y0": 0,
                    "y1": 1,
                    "line": {"color": tone[colour], "width": 2, "dash": "dash"},
                }
                for at, _label, colour in lines
            ],
            annotations=[
                {
                    "x": at,
                    "y": 1.0 - 0.1 * place,
                    "yref": "paper",
                    "text": label,
                    "showarrow": False,
                    "xanchor": "left" if at < centre else "right",
                    "xshift": 5 if at < centre else -5,
                    "font": {"size": 12, "color": tone["ink"]},
                    "bgcolor": tone["card"],
                }
                for place, (at, label, _colour) in enumerate(lines)
            ],
        ),
    }


def signed_bars(bars: Sequence[tuple[str, float]], dark: bool) -> Figure:
    """Points above and below zero, one bar a name, in the order given from the top."""
    tone = colours(dark)
    values = [value for _name, value in bars]
    reach = max([abs(value) for value in values] + [0.5])
    return {
        "data": [
            {
                "type": "bar",
                "orientation": "h",
                "y": [wrapped(name) for name, _value in bars],
                "x": values,
                "text": [signed_points(value) for value in values],
                "textposition": "outside",
                "cliponaxis": False,
                "marker": {"color": [tone["main"] if value >= 0 else tone["down"] for value in values]},
                "textfont": {"color": tone["ink"], "size": 12},
                "hovertemplate": "%{y}: %{text}<extra></extra>",
            }
        ],
        "layout": layout(
            dark,
            xaxis={
                "range": [min(0.0, *values) - 0.3 * reach, max(0.0, *values) + 0.3 * reach],
                "visible": True,
                "showticklabels": False,
                "showgrid": False,
                "zeroline": True,
                "zerolinecolor": tone["quiet"],
            },
            yaxis={
                "autorange": "reversed",
                "showgrid": False,
                "ticklen": 6,
                "tickcolor": "rgba(0,0,0,0)",
                "tickfont": {"size": 12, "color": tone["ink"]},
            },
        ),
    }
