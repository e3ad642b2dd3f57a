"""Pages and downloads by address, each with what its reader must be allowed to do.

A page is a function of a View and of the parts of its address. The auth guard calls `Routes.admit` before
anything is served, and a page about a firm checks again the firm that it really shows: a query string can override
the path.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any
from urllib.parse import parse_qsl

from dash import Input, Output
from dash.development.base_component import Component
from flask import Flask, abort, current_app
from werkzeug.exceptions import HTTPException
from werkzeug.exceptions import NotFound as NoSuchPath
from werkzeug.routing import Map, Rule

from dashboard.web import request
from dashboard.web.callbacks import guarded_callback
from dashboard.web.plain_values import are_plain_texts
from pipeline.accounts import people
from pipeline.errors import NotAllowed

_KEY = "goldseed-routes"


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
    """`path` in werkzeug's form, "/firm/<firm_id>"; `may` None: open to everybody who is signed in; `label` a msgid;
    `icon` empty: not in the menu. `or_may`: another action that opens it too; `of_one_firm`: what it is called, a
    msgid, for whoever speaks for one firm; empty: not in their menu; `speaks_for_firm`: open only to whoever speaks for
    one firm, or (False) to nobody who does; `section`: of the menu, a msgid, given to it where the menu is put
    together."""

    path: str
    layout: Callable[..., Component]
    may: people.Action | None
    label: str
    icon: str = ""
    or_may: people.Action | None = None
    of_one_firm: str = ""
    speaks_for_firm: bool | None = None
    section: str = ""

    def opens_to(self, person: people.Person) -> bool:
        """Whether this person may look at the page at all."""
        if self.speaks_for_firm not in (None, person.policy.speaks_for_one_firm):
            return False
        wanted = (self.may, self.or_may) if self.or_may is not None else (self.may,)
        return any(action is None or people.may(person, action) for action in wanted)

    def as_called_by(self, person: people.Person) -> "Page":
        """The page under the name that it has for this person."""
        return replace(self, label=self.of_one_firm) if self.of_one_firm and person.policy.speaks_for_one_firm else self


@dataclass(frozen=True)
class Download:
    """A file to download: a Flask view behind the same checks. `exports`: what data it holds (a key of
    audit_text.EXPORTS), so that each download leaves an entry in the audit log; empty: none."""

    path: str
    view: Callable[..., Any]
    may: people.Action
    methods: tuple[str, ...] = ("GET",)
    exports: str = ""

    def opens_to(self, person: people.Person) -> bool:
        """Whether this person may have the file at all."""
        return people.may(person, self.may)


class Routes:
    """Every address of one dashboard."""

    def __init__(self, pages: Iterable[Page], downloads: Iterable[Download] = ()) -> None:
        self.pages = tuple(pages)
        self.downloads = tuple(downloads)
        routes: list[Page | Download] = [*self.pages, *self.downloads]
        rules = [Rule(route.path, endpoint=route) for route in routes]
        self._map = Map(rules, strict_slashes=False)

    def match(self, path: str) -> tuple[Page | Download, dict[str, str]]:
        """The route of an address and the parts of it. Raises 404."""
        try:
            route: Any
            route, parts = self._map.bind("localhost").match(path)
        except HTTPException as error:  # a redirect for a doubled slash, too, is no page of ours
            raise NoSuchPath from error
        return route, dict(parts)

    def admit(self, path: str, person: people.Person) -> None:
        """Let the request through, or answer 403 or 404."""
        route, parts = self.match(path)
        if person.must_change_password and path != "/account":
            abort(403)
        if not route.opens_to(person):
            abort(403)
        if "firm_id" in parts:
            try:
                with request.looking_up() as session:
                    people.require(person, people.Action.SEE_FIRMS, parts["firm_id"], session=session)
            except NotAllowed:
                abort(403)

    def menu(self, person: people.Person) -> list[Page]:
        """The pages in this person's menu; who may see one firm only needs no lists of firms."""
        mine = person.policy.may
        return [
            page.as_called_by(person)
            for page in self.pages
            if page.icon
            and page.opens_to(person)
            and (page.of_one_firm or page.may is None or mine.get(page.may) is not people.Scope.OWN_FIRM)
        ]

    def open_to(self, person: people.Person) -> list[Page]:
        """The pages that this person may open and that are about no firm or model alone."""
        return [page.as_called_by(person) for page in self.pages if "<" not in page.path and page.opens_to(person)]

    def first_page(self, person: people.Person) -> str:
        """Where a person begins: "/", or the first page of the menu where that is not theirs."""
        route, _parts = self.match("/")
        if route.opens_to(person):
            return "/"
        return next((page.path for page in self.menu(person)), "/account")


def set_routes(server: Flask, routes: Routes) -> None:
    """Make these the addresses of a Flask server."""
    server.extensions[_KEY] = routes


def routes() -> Routes:
    """The addresses of the dashboard that answers this request."""
    current: Routes = current_app.extensions[_KEY]
    return current


def view_of(search: str) -> View:
    """The present request's view."""
    query = dict(parse_qsl(search.lstrip("?")))
    if not are_plain_texts([*query, *query.values()]):
        abort(400)
    return View(request.person(), request.today(), request.dark(), query)


@guarded_callback(Output("page", "children"), Input("address", "pathname"), Input("address", "search"), may=None)
def show_page(pathname: str | None, search: str | None) -> Component:
    """The page at the address in the browser's address line."""
    path = pathname or "/"
    routes().admit(path, request.person())
    route, parts = routes().match(path)
    if not isinstance(route, Page):
        abort(404)
    return route.layout(view_of(search or ""), **parts)
