"""Pages and downloads by address, each with what its reader must be allowed to do.

A page is a function of a View and of the parts of its address. The gate asks `Routes.admit` before anything
is served, and the page asks board_data.py again for the firm it really shows: the final argument is
authorised, never the path alone.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any
from urllib.parse import parse_qsl

from dash import Input, Output
from dash.development.base_component import Component
from flask import abort
from werkzeug.exceptions import HTTPException
from werkzeug.exceptions import NotFound as NoSuchPath
from werkzeug.routing import Map, Rule

from dashboard.web import request as asked
from dashboard.web.callbacks import board_callback
from pipeline.accounts import people
from pipeline.errors import NotAllowed


@dataclass(frozen=True)
class View:
    """How a page is looked at: by whom, on which day, in which light, with what behind the "?"."""

    person: people.Person
    today: date
    dark: bool = False
    query: Mapping[str, str] = field(default_factory=dict)

    def may(self, action: people.Action) -> bool:
        return people.may(self.person, action)


@dataclass(frozen=True)
class Page:
    """`path` in werkzeug's form, "/firm/<firm_id>"; `label` a msgid; `icon` empty: not in the menu."""

    path: str
    layout: Callable[..., Component]
    may: people.Action
    label: str
    icon: str = ""


@dataclass(frozen=True)
class Download:
    """A file the board hands out: a Flask view behind the same gate."""

    path: str
    view: Callable[..., Any]
    may: people.Action
    methods: tuple[str, ...] = ("GET",)


class Routes:
    """Every address of one board."""

    def __init__(self, pages: Iterable[Page], downloads: Iterable[Download] = ()) -> None:
        self.pages = tuple(pages)
        self.downloads = tuple(downloads)
        routes: list[Page | Download] = [*self.pages, *self.downloads]
        rules = [Rule(route.path, endpoint=route) for route in routes]
        self._map = Map(rules, strict_slashes=False)

    def match(self, path: str) -> tuple[Page | Download, dict[str, Any]]:
        """The route of an address and the parts of it. Raises 404."""
        try:
            route: Any
            route, parts = self._map.bind("board").match(path)
        except HTTPException as error:  # a redirect for a doubled slash, too, is no page of ours
            raise NoSuchPath from error
        return route, dict(parts)

    def admit(self, path: str, person: people.Person) -> None:
        """Let the request through, or answer 403 or 404."""
        route, parts = self.match(path)
        if not people.may(person, route.may):
            abort(403)
        if "firm_id" in parts:
            try:
                with asked.database() as session:
                    people.require(person, people.Action.SEE_FIRMS, parts["firm_id"], session=session)
            except NotAllowed:
                abort(403)

    def menu(self, person: people.Person) -> list[Page]:
        """The pages that stand in this person's menu; who sees one firm alone needs no lists of firms."""
        mine = people.MAY[person.role]
        return [
            page
            for page in self.pages
            if page.icon
            and people.may(person, page.may)
            and (page.path == "/" or mine[page.may] is not people.Scope.OWN_FIRM)
        ]


def view_of(search: str) -> View:
    """The present request's view."""
    query = dict(parse_qsl(search.lstrip("?")))
    return View(asked.person(), date.today(), asked.dark(), query)


@board_callback(Output("page", "children"), Input("address", "pathname"), Input("address", "search"), may=None)
def show_page(pathname: str | None, search: str | None) -> Component:
    """The page at the address in the browser's address line."""
    routes: Routes = asked.board().routes
    path = pathname or "/"
    routes.admit(path, asked.person())
    route, parts = routes.match(path)
    if not isinstance(route, Page):
        abort(404)
    return route.layout(view_of(search or ""), **parts)
