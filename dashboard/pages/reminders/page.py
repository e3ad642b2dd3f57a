"""What I am told: due and overdue, given and handed to me, raised, to be decided; read or not, with links.

`/reminders?show=all`: those that were read, too.
"""

from datetime import date
from typing import Any

import dash_mantine_components as dmc
from dash import ALL, Input, Output, State, ctx, dcc, html
from dash.development.base_component import Component

from dashboard.components import amounts
from dashboard.components.cards import aria, card, empty, link, page_head, table
from dashboard.web import request
from dashboard.web.callbacks import fits, guarded_callback
from dashboard.web.routes import Page, View
from pipeline import language
from pipeline.language import N_
from pipeline.language import gettext as _
from pipeline.reminders.notices import GROUP_NAMES, GROUPS, Notice, notices
from pipeline.reminders.read_marks import mark

#: So many of a group are listed; marking them as read brings the next.
_LISTED = 40


def layout(view: View) -> Component:
    return html.Div(
        [
            html.Div(body(view), id="reminders-body"),
            dcc.Store(id="reminders-query", data=dict(view.query)),
        ]
    )


def body(view: View) -> list[Component]:
    """Everything on the page, drawn anew after a mark."""
    every = view.query.get("show") == "all"
    with request.database() as session:
        found = notices(session, view.person, view.today)
    unread = [one for one in found if not one.read]
    shown = found if every else unread
    cards = [_card(group, [one for one in shown if one.group == group]) for group in GROUPS]
    drawn = [each for each in cards if each is not None]
    left = _("%(count)s not read", count=len(unread))
    return [
        page_head(_("Reminders"), left, _tools(every, len(unread), len(found))),
        dmc.Stack(drawn or [card(None, empty(_("Nothing new: there is nothing that you have not read.")))]),
        html.P(
            link(_("By e-mail, and in your own calendar: on the page of your account"), "/account"),
            className="card-note no-print",
        ),
    ]


def _tools(every: bool, unread: int, count: int) -> Component:
    chips = [
        dcc.Link(f"{words} {number}", href=href, className="chip chosen" if every is chosen else "chip")
        for words, number, href, chosen in (
            (_("Not read"), unread, "/reminders", False),
            (_("All"), count, "/reminders?show=all", True),
        )
    ]
    # There in any case, so that its callback finds it; without anything to read it is of no use.
    done = dmc.Button(
        _("Mark all as read"), id="reminders-all", variant="default", size="compact-sm", disabled=not unread
    )
    return dmc.Group([html.Div(chips, className="chips"), done], gap="xs", className="no-print")


def _card(group: str, found: list[Notice]) -> Component | None:
    if not found:
        return None
    rows: list[list[Any]] = [
        [
            link(one.firm_name or one.firm_id or _("All firms"), one.page),
            str(one.message),
            html.Span(amounts.day(one.about) if one.about > date(1900, 1, 1) else "", className="day"),
            _button(one),
        ]
        for one in found[:_LISTED]
    ]
    left = len(found) - len(rows)
    more = [html.P(_("… and %(count)s more", count=left), className="card-note")] if left else []
    heads = [_("Firm"), _("What"), _("Day"), ""]
    name = language.pick(GROUP_NAMES[group])
    return card(name[0].upper() + name[1:], [table(heads, rows), *more], amounts.count(len(found)))


def _button(one: Notice) -> Component:
    words = _("Mark as not read") if one.read else _("Mark as read")
    return dmc.Button(
        words,
        id={"type": "reminder-mark", "key": one.key, "read": not one.read},
        variant="subtle",
        size="compact-sm",
        className="no-print",
        **aria(label=language.headed(words, f"{one.firm_name or ''} {one.message}")),
    )


@guarded_callback(
    Output("reminders-body", "children"),
    Output("reminders-changed", "data"),
    Input("reminders-all", "n_clicks"),
    Input({"type": "reminder-mark", "key": ALL, "read": ALL}, "n_clicks"),
    State("reminders-query", "data"),
    may=None,
    prevent_initial_call=True,
)
def mark_read(_all: int | None, _each: list[int | None], query: dict[str, str] | None) -> tuple[Any, int]:
    """Mark one reminder, or all, as read or not."""
    person, today = request.person(), request.today()
    pressed = ctx.triggered_id
    keys = None if pressed == "reminders-all" else [pressed["key"]]
    read = True if keys is None else bool(pressed["read"])
    if keys is None or fits(keys, list[str]):
        with request.database() as session, session.begin():
            mark(session, person, today, read=read, now=request.now(), keys=keys)
    view = View(person, today, request.dark(), query or {})
    return body(view), round(request.now().timestamp() * 1000)


PAGES = (Page("/reminders", layout, None, N_("Reminders")),)
