"""The components of Dash, each kind checked once: `from dashboard.checked_once import dcc, dmc, html`.

Dash checks every property of every component whenever it is made: a third of what a firm's page of three hundred
costs. Here a component is checked the first time that one of its kind is made with properties of these names; later
ones are made without. They are the same components, in the tree and in the browser, the first as all that follow. What
a page has by the hundred is lighter still as cards.element.
"""

from collections.abc import Callable
from types import ModuleType
from typing import TYPE_CHECKING, Any

from dash.development.base_component import Component

if TYPE_CHECKING:
    import dash_mantine_components as dmc
    from dash import dcc, html


def checked_once(kind: type[Component]) -> Callable[..., Component]:
    """What makes components of this kind; its first argument, if it is not named, are the children."""
    known: dict[tuple[str, ...], dict[str, Any]] = {}

    def make(*children: Any, **properties: Any) -> Component:
        if children:
            (properties["children"],) = children
        names = (*properties,)
        if names not in known:
            checked = vars(kind(**properties))
            known[names] = {name: value for name, value in checked.items() if name not in properties}
        made = kind.__new__(kind)
        made.__dict__ = known[names] | properties
        return made

    return make


class _Kinds:
    """A package of components."""

    def __init__(self, package: ModuleType) -> None:
        self._package = package

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._package, name)
        made = checked_once(found) if isinstance(found, type) and issubclass(found, Component) else found
        setattr(self, name, made)
        return made


if not TYPE_CHECKING:
    import dash
    import dash_mantine_components

    dcc, dmc, html = _Kinds(dash.dcc), _Kinds(dash_mantine_components), _Kinds(dash.html)
