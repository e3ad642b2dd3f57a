"""Answers whose components are written before Dash sees them say what Dash would have said."""

import json
from datetime import date
from decimal import Decimal

import dash_mantine_components as dmc
import numpy as np
import pandas as pd
import plotly.graph_objects as go
import pytest
from dash import dcc, html, no_update
from plotly.io.json import to_json_plotly

from dashboard.web.answers import written


def said(answer: object) -> object:
    return json.loads(to_json_plotly({"response": answer}))


@pytest.mark.parametrize(
    "component",
    [
        html.Span("江门 <b> & \u2028", className="pill", title=None, style={"maxWidth": "34rem"}),
        html.Div(
            [html.Div(html.Button("移动", type="button", **{"aria-label": "移动", "data-case": "7"})), None, 3, ""]
        ),
        html.Div([], id={"type": "board-line", "board": "bse"}, hidden=False, tabIndex=0),
        dmc.Select(id="s", data=[{"value": "1", "label": "一"}], value=None, disabled=True),
        dcc.Store(id="d", data={"day": date(2026, 5, 1), 3: Decimal("1.5"), "no": float("nan"), "many": (1, 2)}),
        dcc.Store(id="e", data=[np.float64(0.1), np.int64(3), np.arange(3.0), np.array(["a", None], dtype=object)]),
        dcc.Store(id="f", data=[pd.Timestamp("2026-05-01"), pd.Series([1.0, np.nan]), pd.NaT]),
        dcc.Graph(figure=go.Figure(go.Scatter(x=[date(2026, 5, 1)], y=np.array([1.0])))),
        html.Div([html.P("一"), [html.P("二"), html.P("三")]]),
    ],
    ids=lambda component: component._type,
)
def test_a_component_is_written_as_dash_writes_it(component):
    assert said(written(component)) == said(component)
    assert said(written([component, "x"])) == said([component, "x"])


def test_what_is_no_component_is_left_for_dash():
    rows = [{"firm": "C001", "points": 61.2}]
    figure = go.Figure()
    answer = written((no_update, rows, figure, None, "text", 3))
    assert answer == (no_update, rows, figure, None, "text", 3)
    assert answer[0] is no_update
    assert answer[1][0] is rows[0]
    assert answer[2] is figure


def test_each_output_of_a_list_of_outputs_stays_its_own():
    answer = written(([html.P("一"), no_update], [no_update, html.P("二")]))
    assert [len(output) for output in answer] == [2, 2]
    assert answer[0][1] is no_update
    assert said(answer[1][1]) == said(html.P("二"))
