"""Components of an answer as JSON, written here before Dash looks at them.

Dash walks through every value of an answer in Python before it hands it to orjson; a stage board of two hundred cards
holds twenty thousand. orjson walks by itself, and asks only about what it does not know.
"""

from typing import Any

import orjson
from dash.development.base_component import Component

_NAMES: dict[type[Component], tuple[frozenset[str], tuple[str, ...]]] = {}
_AS_DASH_DOES = orjson.OPT_NON_STR_KEYS | orjson.OPT_SERIALIZE_NUMPY


def written(answer: Any) -> Any:
    """The answer of a callback with every component in it written already; lists of outputs stay lists, and what is no
    component (no_update, rows of a grid, figures) stays as it is, for Dash to write."""
    if isinstance(answer, Component):
        return orjson.Fragment(orjson.dumps(answer, _plain, _AS_DASH_DOES))
    if type(answer) in (list, tuple):
        return type(answer)([written(each) for each in answer])
    return answer


def _plain(value: Any) -> Any:
    """What orjson does not know: a component as what Component.to_plotly_json makes of it, in one pass over what it
    has instead of all it could have; anything else as Plotly writes it."""
    if not isinstance(value, Component):
        from plotly.io.json import to_json_plotly

        return orjson.Fragment(to_json_plotly(value, engine="orjson"))
    names, open_names = _names_of(value)
    props = {
        name: each
        for name, each in value.__dict__.items()
        if name in names or (open_names and name.startswith(open_names))
    }
    return {"props": props, "type": value._type, "namespace": value._namespace}


def _names_of(value: Component) -> tuple[frozenset[str], tuple[str, ...]]:
    """The properties that a component can have, and how those begin that are open: the same of all of its kind."""
    kind = type(value)
    if kind not in _NAMES:
        _NAMES[kind] = frozenset(value._prop_names), tuple(value._valid_wildcard_attributes)
    return _NAMES[kind]
