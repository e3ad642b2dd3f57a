"""Callbacks with their policy: who may call each, and validation of what a caller sends.

    @guarded_callback(Output(...), Input(...), may=Action.RECORD_VISIT)
    def save_visit(clicks: int | None, ...) -> ...

A page's module only declares; app.py attaches all declared callbacks to the app it builds, so that a test can import
a page without an app. Before the function runs, the request is checked against the declared ids and against the
function's annotations: anything else is answered with 400, never with a traceback.

A button that a callback has put on the page fires its own callback with no click at all, whatever
prevent_initial_call says: a callback that only such a button has set off does not run.
"""

import inspect
import types
import typing
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import wraps
from typing import Any

from dash import ClientsideFunction, Dash, Input, ctx
from dash.exceptions import PreventUpdate
from flask import abort

from dashboard.web import request
from dashboard.web.answers import written
from pipeline.accounts import people
from pipeline.errors import NotAllowed, NotFound

_Function = Callable[..., Any]
#: Properties of components that count clicks: None or 0 until there was one.
_CLICKS = frozenset({"n_clicks", "n_submit"})


@dataclass(frozen=True)
class Declared:
    function: _Function
    dependencies: tuple[Any, ...]
    options: dict[str, Any]
    may: people.Action | None


@dataclass(frozen=True)
class InBrowser:
    """A callback that runs only in the browser, as a function of assets/."""

    namespace: str
    function: str
    dependencies: tuple[Any, ...]
    options: dict[str, Any]


_declared: list[Declared | InBrowser] = []


def guarded_callback(*dependencies: Any, may: people.Action | None, **options: Any) -> Callable[[_Function], _Function]:
    """Declare a callback. `may`: the action its caller must be allowed; None: any signed-in person.

    The function itself stays a plain function.
    """

    def declare(function: _Function) -> _Function:
        _declared.append(Declared(function, dependencies, options, may))
        return function

    return declare


def browser_callback(namespace: str, function: str, *dependencies: Any, **options: Any) -> None:
    """Declare a callback that runs in the browser: window.dash_clientside[namespace][function] of assets/. The server
    has no function for it and answers a request for it with 400."""
    _declared.append(InBrowser(namespace, function, dependencies, options))


def attach(dash_app: Dash, app: request.App) -> None:
    """Give Dash every declared callback, each behind its policy."""
    for declared in _declared:
        before = set(dash_app.callback_map)
        if isinstance(declared, InBrowser):
            source = ClientsideFunction(declared.namespace, declared.function)
            dash_app.clientside_callback(source, *declared.dependencies, **declared.options)
            may = None
        else:
            dash_app.callback(*declared.dependencies, **declared.options)(_guarded(declared))
            may = declared.may
        for output in set(dash_app.callback_map) - before:
            app.policies[output] = may


def _guarded(declared: Declared) -> _Function:
    """The function behind its policy: the auth guard has checked it already, this is the second check."""
    hints = typing.get_type_hints(declared.function)
    names = list(inspect.signature(declared.function).parameters)

    @wraps(declared.function)
    def guarded(*values: Any) -> Any:
        if declared.may is not None and not people.may(request.person(), declared.may):
            abort(403)
        if _clicks_alone(declared) and not _clicked():
            raise PreventUpdate
        for name, value in zip(names, values, strict=False):
            if name in hints and not fits(value, hints[name]):
                abort(400)
        try:
            return written(declared.function(*values))
        except NotAllowed:
            abort(403)
        except NotFound:
            abort(404)

    return guarded


def _clicks_alone(declared: Declared) -> bool:
    """Whether clicks are all that sets the callback off."""
    inputs = [one for one in declared.dependencies if isinstance(one, Input)]
    return bool(inputs) and all(one.component_property in _CLICKS for one in inputs)


def _clicked() -> bool:
    """Whether one of the buttons that set the callback off was really clicked."""
    return any(one["value"] for one in ctx.triggered)


def fits(value: Any, hint: Any) -> bool:
    """Whether a JSON value is of the annotated kind: int | None, list[str], dict[str, Any], …"""
    if hint is Any:
        return True
    origin = typing.get_origin(hint)
    if origin in (typing.Union, types.UnionType):
        return any(fits(value, part) for part in typing.get_args(hint))
    if hint is None or hint is type(None):
        return value is None
    if origin is list:
        (inner,) = typing.get_args(hint)
        return isinstance(value, list) and all(fits(part, inner) for part in value)
    if origin is dict:
        key, inner = typing.get_args(hint)
        return isinstance(value, dict) and all(fits(k, key) and fits(v, inner) for k, v in value.items())
    if hint is float:
        return isinstance(value, int | float) and not isinstance(value, bool)
    if hint is int:
        return isinstance(value, int) and not isinstance(value, bool)
    return isinstance(value, hint)


def body_fits(body: Any, callback_map: Mapping[str, Any]) -> bool:
    """Whether a request to run a callback names one that exists and sends what it declared."""
    if not isinstance(body, dict) or not isinstance(body.get("output"), str):
        return False
    declared = callback_map.get(body["output"])
    if declared is None or "callback" not in declared:
        return False
    if not _outputs_fit(body["output"], body.get("outputs")):
        return False
    changed = body.get("changedPropIds", [])
    if not isinstance(changed, list) or not all(isinstance(one, str) and "." in one for one in changed):
        return False
    for kind in ("inputs", "state"):
        wanted, sent = declared.get(kind) or [], body.get(kind) or []
        if not isinstance(sent, list) or len(wanted) != len(sent):
            return False
        if not all(_same(want, value) for want, value in zip(wanted, sent, strict=True)):
            return False
    return True


def _outputs_fit(output: str, outputs: Any) -> bool:
    """Whether the outputs are the very ones that the callback's name lists; of a wildcard, things of its kind."""
    if not isinstance(outputs, dict | list) or not _ids(outputs):
        return False
    if "{" in output:
        return True
    several = output.startswith("..")
    # Dash marks a second callback of one output with "@" and a number.
    named = [name.partition("@")[0] for name in (output[2:-2].split("...") if several else [output])]
    listed = outputs if isinstance(outputs, list) else [outputs]
    if isinstance(outputs, list) != several or not all(isinstance(one, dict) for one in listed):
        return False
    return named == [f"{one['id']}.{str(one['property']).partition('@')[0]}" for one in listed]


def _ids(outputs: Any) -> bool:
    listed = outputs if isinstance(outputs, list) else [outputs]
    return all(
        _ids(output) if isinstance(output, list) else isinstance(output, dict) and {"id", "property"} <= set(output)
        for output in listed
    )


def _same(want: Mapping[str, Any], value: Any) -> bool:
    if isinstance(value, list):  # a wildcard's many
        return "{" in str(want["id"]) and all(isinstance(part, dict) and "id" in part for part in value)
    if not isinstance(value, dict) or value.get("property") != want["property"]:
        return False
    if "{" in str(want["id"]):
        return isinstance(value.get("id"), dict)
    return value.get("id") == want["id"]
