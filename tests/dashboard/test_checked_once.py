"""Components that Dash checks once a kind are the components that Dash would have made."""

from typing import Any

import dash
import dash_mantine_components
import orjson
import pytest
from dash.development.base_component import Component

from dashboard.checked_once import dcc, dmc, html
from dashboard.web.answers import written

_PACKAGES: dict[str, tuple[Any, Any]] = {
    "html": (html, dash.html),
    "dcc": (dcc, dash.dcc),
    "dmc": (dmc, dash_mantine_components),
}
_MADE: list[tuple[str, str, tuple[Any, ...], dict[str, Any]]] = [
    ("html", "Div", ("words",), {"className": "pill", "id": {"type": "line", "board": "bse"}}),
    ("html", "Div", (), {}),
    ("html", "Div", (), {"children": ["a", None], "aria-label": "said", "data-case": "7"}),
    ("dcc", "Store", (), {"id": "shown", "data": {"firm": 1}}),
    ("dmc", "Select", (), {"id": "s", "data": [{"value": "1", "label": "one"}], "value": None}),
    ("dmc", "Group", ([],), {"gap": "xs"}),
]


@pytest.mark.parametrize(("package", "kind", "children", "properties"), _MADE)
def test_the_first_and_every_later_one_is_what_dash_makes(package, kind, children, properties):
    ours, theirs = (getattr(found, kind) for found in _PACKAGES[package])
    expected = theirs(*children, **properties)
    for _time in range(3):
        made = ours(*children, **properties)
        assert isinstance(made, theirs)
        assert vars(made) == vars(expected)
        assert orjson.loads(orjson.dumps(written(made))) == orjson.loads(orjson.dumps(written(expected)))


def test_each_has_values_of_its_own():
    first, second = html.Span("a", title="x"), html.Span("b", title="y")
    third = html.Span("c", title="z")
    third.title = "changed"
    assert [(one.children, one.title) for one in (first, second, third)] == [("a", "x"), ("b", "y"), ("c", "changed")]


def test_a_property_that_there_is_not_is_refused_every_time():
    for _time in range(2):
        with pytest.raises(TypeError, match="clasName"):
            html.Div("a", clasName="pill")


def test_what_is_no_component_is_handed_through():
    assert dcc.send_string is dash.dcc.send_string
    assert issubclass(type(html.B("a")), Component)
