"""Every thread that a person reaches, those with something new first, fifty a page: ?page=2.

A thread is read and answered on the page of its firm, to which each line leads.
"""

from collections.abc import Mapping
from typing import Any

import dash_mantine_components as dmc
from dash import html
from dash.development.base_component import Component

from dashboard.components import amounts, terms
from dashboard.components.cards import aria, card, empty, link, page_head, pill, table
from dashboard.web import request
from dashboard.web.routes import Page, View
from pipeline.accounts.people import Action
from pipeline.language import N_
from pipeline.language import gettext as _
from pipeline.messages.threads import ThreadLine, threads, unread

#: Threads on a page, and letters of the last words.
_ON_A_PAGE, _LETTERS = 50, 80
_LAST_PAGE = 100_000


def layout(view: View) -> Component:
    place = _place(view.query)
    with request.database() as session:
        counts = unread(session, view.person)
        lines = threads(session, view.person, limit=_ON_A_PAGE, offset=(place - 1) * _ON_A_PAGE)
    note = _(
        "%(threads)s threads, %(new)s with something new",
        threads=amounts.count(counts.threads),
        new=amounts.count(counts.new_threads),
    )
    return html.Div(
        [
            page_head(_("Messages"), note),
            card(None, [_listed(view, lines, counts.threads), _pages(place, counts.threads)]),
        ]
    )


def _listed(view: View, lines: list[ThreadLine], count: int) -> Component:
    if not lines and view.person.firm_id:
        own = link(_("Write on the page of your firm"), f"/firm/{view.person.firm_id}#messages")
        return html.Div([empty(_("Nobody has written yet.")), own])
    if not lines:
        return empty(_("Nobody has written here.") if count else _("Nobody has written yet. Write on a firm's page."))
    heads = [_("Firm"), _("Last words"), _("Written by"), _("When"), _("Messages"), _("New")]
    return table(heads, [_row(line) for line in lines], frozenset({4, 5}))


def _row(line: ThreadLine) -> list[Any]:
    where = link(line.firm_name or line.firm_id, f"/firm/{line.firm_id}#messages")
    district = html.Div(terms.district(line.district_code), className="card-note")
    who: Any = ""
    if line.last_by is not None and line.last_role is not None:
        who = html.Div([line.last_by, html.Div(terms.role(line.last_role), className="card-note")])
    return [
        html.Div([where, district], style={"minWidth": "8rem"}),
        _words(line),
        who,
        html.Span(amounts.moment(request.local(line.last_at)), className="day"),
        amounts.count(line.messages),
        pill(amounts.count(line.unread), "warn") if line.unread else "",
    ]


def _words(line: ThreadLine) -> Any:
    if line.last_text is None:
        return html.Span(_("withdrawn"), className="withdrawn")
    short = " ".join(line.last_text.split())
    return short if len(short) <= _LETTERS else f"{short[:_LETTERS]}…"


def _pages(place: int, total: int) -> Component | None:
    """Which of how many stand here, and the way to those before and after."""
    if total <= _ON_A_PAGE and place == 1:
        return None
    first, last = min((place - 1) * _ON_A_PAGE + 1, total), min(place * _ON_A_PAGE, total)
    words = _(
        "%(first)s to %(last)s of %(total)s",
        first=amounts.count(first),
        last=amounts.count(last),
        total=amounts.count(total),
    )
    parts: list[Any] = [html.Span(words, className="card-note")]
    if place > 1:
        parts.append(link(_("Page before"), f"/messages?page={place - 1}" if place > 2 else "/messages"))
    if last < total:
        parts.append(link(_("Page after"), f"/messages?page={place + 1}"))
    return html.Nav(dmc.Group(parts, mt="sm"), className="no-print", **aria(label=_("Pages of the list")))


def _place(query: Mapping[str, str]) -> int:
    asked = query.get("page", "")
    return max(1, min(int(asked), _LAST_PAGE)) if asked.isascii() and asked.isdigit() and len(asked) < 8 else 1


PAGES = (Page("/messages", layout, Action.SEE_MESSAGES, N_("Messages"), "message", of_one_firm=N_("Messages")),)
