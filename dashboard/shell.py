"""What surrounds every page: brand, menu, language, theme, and sign-out.

The only layout outside pages that reads the database: for the notice that the data are made up, and the number at the
bell (web/bell.py). The search in the head is search_box.py.
"""

from itertools import groupby
from operator import attrgetter
from typing import Any

import dash_mantine_components as dmc
from dash import dcc, html
from dash.development.base_component import Component
from flask_login import current_user
from flask_wtf.csrf import generate_csrf

from dashboard.components.cards import aria, icon
from dashboard.search_box import search_box
from dashboard.web import bell, request
from dashboard.web.routes import Page, routes
from pipeline import demo_data, language
from pipeline.accounts.people import Person
from pipeline.city.in_force import city
from pipeline.language import gettext as _

GREEN = ["#eaf6f2", "#d3ece3", "#a6d8c8", "#76c4ab", "#4fb394", "#33a585", "#17957b", "#0c7d67", "#0b6655", "#084b3f"]
THEME: dict[str, Any] = {
    "primaryColor": "seed",
    "colors": {"seed": GREEN},
    "primaryShade": {"light": 8, "dark": 7},
    "autoContrast": True,
    "fontFamily": "var(--app-font)",
    "defaultRadius": "md",
    "headings": {"fontWeight": "650"},
}


def frame() -> Component:
    """The layout of the dashboard; `routes.show_page` puts the page in."""
    signed_in = current_user and current_user.is_authenticated  # Dash asks for the layout once before any request
    dates = "zh-cn" if language.language() == language.CHINESE else "en"
    inside = [dcc.Location(id="address", refresh="callback-nav"), _shell() if signed_in else html.Div(id="page")]
    return dmc.MantineProvider(
        dmc.DatesProvider(inside, settings={"locale": dates, "firstDayOfWeek": 1, "consistentWeeks": True}),
        theme=THEME,
        forceColorScheme="dark" if signed_in and request.dark() else "light",
    )


def _shell() -> Component:
    person = request.person()
    pages = routes().menu(person)
    with request.database() as session:
        made_up = demo_data.holds_demo_firms(session)
    notice = [made_up_notice()] if made_up else []
    return dmc.AppShell(
        [
            html.A(_("Skip to the content"), href="#page", className="skip-link"),
            dmc.AppShellHeader(_header(person, pages)),
            dmc.AppShellNavbar(_menu(pages), p="sm", withBorder=True),
            dmc.AppShellMain(
                html.Div(
                    [
                        *notice,
                        fault_messages(),
                        dcc.Loading(
                            html.Div(id="page", tabIndex=-1),
                            type="dot",
                            target_components={"page": "children"},  # type: ignore[arg-type]
                            delay_show=400,
                            color="#17957b",
                            overlay_style={"visibility": "visible", "opacity": 0.55},
                        ),
                    ]
                )
            ),
        ],
        header={"height": 60},
        navbar={"width": 208, "breakpoint": "sm", "collapsed": {"mobile": True}},
        padding={"base": "sm", "sm": "lg"},
    )


def made_up_notice() -> Component:
    return html.Div(
        [icon("info-circle"), html.Span(_(demo_data.NOTICE))],
        className="made-up",
        role="note",
    )


def fault_messages() -> Component:
    """Messages for when the server does not answer as expected; hidden until assets/faults.js shows one."""
    messages = {
        "broken": _(
            "That did not work: the fault is on our side, and it has been written down. Load the page again to see "
            "what was stored; if it happens again, tell whoever runs the board."
        ),
        "full": _(
            "The disk of the server is full or cannot be written: nothing was stored. Tell whoever runs the board; "
            "then do it again."
        ),
        "away": _("The board does not answer. Check the connection, then load the page again."),
        "refused": _("Your account may not do or see this, or it is no longer there."),
        "stale": _("This page is out of date: the board or your session has changed. Load it again."),
    }
    return html.Div(
        [
            icon("alert-triangle"),
            *[_message(kind, text) for kind, text in messages.items()],
            html.Button(_("Load again"), id="fault-reload", className="head-button"),
            html.Button(icon("x"), id="fault-close", className="head-button", **aria(label=_("Close"))),
        ],
        id="fault",
        className="fault",
        role="alert",
        hidden=True,
    )


def _message(kind: str, text: str) -> Component:
    attributes: dict[str, Any] = {"data-fault": kind}
    return html.Span(text, hidden=True, **attributes)


def _header(person: Person, pages: list[Page]) -> Component:
    chinese = language.language() == language.CHINESE
    dark = request.dark()
    first = routes().first_page(person)
    brand = dcc.Link(
        [
            html.Span(icon("seedling"), className="brand-mark"),
            html.Span(language.pick(city().program), className="brand-name"),
        ],
        href=first,
        className="brand",
        title=language.pick(city().name),
    )
    forms = html.Form(
        [
            dcc.Input(type="hidden", name="csrf_token", value=generate_csrf()),
            _switch(
                "/language/" + (language.ENGLISH if chinese else language.CHINESE),
                "language",
                "English" if chinese else "中文",
                "switch-language",
            ),
            _switch(
                "/theme/" + ("light" if dark else "dark"),
                "sun" if dark else "moon",
                _("Light") if dark else _("Dark"),
                "switch-theme",
            ),
            bell.bell(person),
            dcc.Link(
                [icon("user"), html.Span(person.name, className="hide-on-phone")],
                href="/account",
                className="head-button plain",
                title=f"{person.name} · {_('My account')}",
            ),
            _switch("/sign-out", "logout", _("Sign out"), "sign-out"),
        ],
        method="POST",
        action="/sign-out",
        className="head-forms",
    )
    return dmc.Group(
        [dmc.Group([_phone_menu(pages), brand], gap="xs", wrap="nowrap"), search_box(person), forms],
        h="100%",
        px="md",
        justify="space-between",
        wrap="nowrap",
    )


def _switch(action: str, symbol: str, words: str, name: str) -> Component:
    return html.Button(
        [icon(symbol), html.Span(words, className="hide-on-phone")],
        id=name,
        type="submit",
        formAction=action,
        formMethod="post",
        className="head-button",
        title=words,
        **aria(label=words),
    )


#: Up to so many pages a menu is read at a glance, and has no headings.
_SHORT_MENU = 8


def in_sections(pages: list[Page]) -> list[tuple[str, list[Page]]]:
    """The pages of a menu below the names of their sections; all below none where there are few."""
    if len(pages) <= _SHORT_MENU:
        return [("", pages)]
    return [(_(section), list(those)) for section, those in groupby(pages, attrgetter("section"))]


def _menu(pages: list[Page]) -> Component:
    return dmc.Stack(
        [
            html.Div(
                [
                    *([html.Div(section, className="menu-section")] if section else []),
                    *(
                        dmc.NavLink(
                            label=_(page.label),
                            href=page.path,
                            leftSection=icon(page.icon),
                            active="exact" if page.path == "/" else "partial",
                            variant="light",
                            style={"borderRadius": 8},
                            py=5,
                        )
                        for page in those
                    ),
                ],
                role="group",
                **aria(label=section or _("Menu")),
            )
            for section, those in in_sections(pages)
        ],
        gap=6,
    )


def _phone_menu(pages: list[Page]) -> Component:
    return html.Div(
        dmc.Menu(
            [
                # The element around a target, which says whether the menu is open, is the button itself.
                dmc.MenuTarget(
                    icon("menu-2"),
                    boxWrapperProps={"component": "button", "className": "head-button", **aria(label=_("Menu"))},
                ),
                dmc.MenuDropdown(
                    [
                        entry
                        for section, those in in_sections(pages)
                        for entry in (
                            *([dmc.MenuLabel(section)] if section else []),
                            *(
                                dmc.MenuItem(_(page.label), href=page.path, leftSection=icon(page.icon))
                                for page in those
                            ),
                        )
                    ],
                    className="menu-of-pages",
                ),
            ],
            width=220,
        ),
        className="only-on-phone",
    )
