"""The money of support: pots by period, what could still be claimed, the rules, and what was paid as a file."""

from typing import Any

from dash.development.base_component import Component

from dashboard.checked_once import dmc, html
from dashboard.components import amounts
from dashboard.components.cards import card, empty, file_link, table, text_table
from dashboard.components.forms.fields import refusal
from dashboard.kept_answers.panel import Panel
from dashboard.queries.questions import SUPPORT
from dashboard.web import request
from dashboard.web.routes import View
from pipeline.accounts.people import Action
from pipeline.language import gettext as _
from pipeline.language import joined, pick
from pipeline.support import pots
from pipeline.support.entitlements import Forecast, money_to_the_fen
from pipeline.support.in_force import support_book
from pipeline.support.in_words import formula_text
from pipeline.support.model import ORDERS, RULE_STATES, WHEN_EMPTY, SupportBook, SupportRule
from pipeline.support.pots import PotPosition


def cards(view: View, book: SupportBook) -> list[Component]:
    with request.database() as session:
        found = pots.positions(session, view.person, view.today)
    heads = [
        _("Pot"),
        _("Set aside"),
        _("Reserved"),
        _("Balance"),
        _("Paid"),
        _("Clawed back"),
        _("Wait for money"),
        "",
    ]
    now = [one for one in found if one.period.until >= view.today or one.committed or one.waiting or one.paid]
    rows, before = [[_pot(view, one) for one in found if (one in now) is shown] for shown in (True, False)]
    numbers = frozenset(range(1, 7))
    older = html.Details([html.Summary(_("Periods that are over")), table(heads, before, numbers)], className="folded")
    files = [file_link(form.upper(), f"/download/support-paid.{form}") for form in ("xlsx", "csv")]
    return [
        card(
            _("Pots"),
            [table(heads, rows, numbers), *([older] if before else []), refusal("support-share-said")]
            if rows
            else empty(_("No pot has money yet.")),
        ),
        *([FORECAST.place(view, {"on": view.today})] if view.may(Action.GRANT_SUPPORT) else []),
        card(_("What was paid"), dmc.Group(files)),
        _rules(book),
    ]


def _pot(view: View, one: PotPosition) -> list[Any]:
    name = html.Div(
        [
            pick(one.pot.name),
            html.Div(f"{one.period.begins} – {one.period.until}", className="card-note"),
            html.Div(
                joined([pick(ORDERS[one.pot.order]), pick(WHEN_EMPTY[one.pot.when_empty])]), className="card-note"
            ),
        ]
    )
    waits = f"{one.waiting} · {money_to_the_fen(one.waiting_fen)}" if one.waiting else ""
    share: Any = ""
    if one.waiting and view.may(Action.GRANT_SUPPORT):
        key = {"type": "support-share", "pot": one.pot.id, "begins": one.period.begins.isoformat()}
        share = dmc.Button(_("Share out"), id=key, size="xs", variant="light")
    fens = (one.period.amount_fen, one.committed, one.room, one.paid, one.clawed_back)
    return [name, *map(money_to_the_fen, fens), waits, share]


def _could(found: Forecast, _view: View) -> Component:
    """By rule, how often and for how much it could be claimed today beside what is claimed."""
    title = _("What could still be claimed")
    with request.database() as session:
        book = support_book(session)
    rows = [
        [pick(book.rules[rule].name), amounts.count(count), money_to_the_fen(fen)]
        for rule, (count, fen) in found.rules.items()
        if count and rule in book.rules
    ]
    if not rows:
        return card(title, empty(_("Nothing more, as far as everything is known.")))
    note = _("By what is known today; a rule that states the most alone adds no amount")
    return card(title, text_table([_("Support"), _("Claims"), _("Amount")], rows, numbers=True), note)


def _rules(book: SupportBook) -> Component:
    if not book.rules:
        return card(_("Rules"), empty(_("The city names no rules of support.")))
    heads = [_("Support"), _("Amount"), _("State"), _("In force from"), _("Last day"), _("Who says so")]
    return card(_("Rules"), text_table(heads, [_rule(one) for one in book.rules.values()], unbroken=frozenset({3, 4})))


def _rule(one: SupportRule) -> list[str]:
    place = [] if one.place is None else [pick(one.place)]
    return [
        pick(one.name),
        formula_text(one.formula),
        joined([pick(RULE_STATES[one.state]), *place]),
        amounts.day(one.begins),
        amounts.day(one.claim_by or one.until) if one.claim_by or one.until else "",
        f"{one.law} {one.dated} {joined(one.source)}",
    ]


FORECAST = Panel("support-forecast", SUPPORT, _could).declare()
