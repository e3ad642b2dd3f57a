"""Agencies that were told that they are to go on the negative list: what is known of each, and the next step."""

from collections.abc import Sequence
from datetime import date
from typing import Any

from dash.development.base_component import Component

from dashboard.checked_once import dmc, html
from dashboard.components import amounts
from dashboard.components.cards import aria, card, empty, link, pill, table
from dashboard.web import request
from dashboard.web.routes import View
from pipeline.accounts.people import Action
from pipeline.agencies.listings import (
    APPEAL_DAYS,
    DROPPED,
    LISTED,
    REPLY_WORKING_DAYS,
    STATES,
    STEPS,
    UPHELD,
    ProposalSeen,
    agencies_of_register,
)
from pipeline.language import gettext as _
from pipeline.language import in_brackets, pick

_TONES = {LISTED: "bad", UPHELD: "bad", DROPPED: "plain"}


def proposals_card(view: View, seen: Sequence[ProposalSeen], said: str = "") -> Component:
    """The card, drawn anew after something was `said` to have been done."""
    parts: list[Any] = [html.Div(said, id="agencies-said", role="status", **aria(live="polite"))]
    for each in seen:
        parts += _proposal(each)
    if not seen:
        parts.append(empty(_("No agency has been told so.")))
    if view.may(Action.KEEP_ADVISERS):
        parts += [_propose_form(view), *([_step_form(seen, view.today)] if seen else [])]
    note = _(
        "Who is told may be heard for %(days)s working days at least; two persons sign; an appeal is possible for "
        "%(appeal)s days, and somebody else answers it.",
        days=REPLY_WORKING_DAYS,
        appeal=APPEAL_DAYS,
    )
    return card(_("To go on the negative list"), parts, note)


def _proposal(one: ProposalSeen) -> list[Component]:
    state = pill(pick(STATES[one.state]), _TONES.get(one.state, "warn"))
    name = link(one.agency, f"/advisers?adviser={one.adviser_id}#negative-list")
    days = _("heard until %(reply)s, on the list until before %(end)s", reply=one.reply_until, end=one.ends_on)
    about = [html.B([_("No. %(number)s", number=one.id), " "]), name, " ", state, " ", days]
    lines = [html.P(about), html.P(one.reason), html.P(_("Evidence: %(evidence)s", evidence=one.evidence))]
    if one.staff:
        lines.append(html.P(_("People named with it: %(staff)s", staff=one.staff)))
    rows: list[list[Any]] = [
        [
            html.Span(amounts.day(each.on), className="day"),
            pick(STATES[each.step]),
            each.text or "",
            html.Span(each.by, className="person"),
        ]
        for each in one.steps
    ]
    return [*lines, table([_("Day"), _("Step"), _("Text"), _("By")], rows)]


def _propose_form(view: View) -> Component:
    with request.database() as session:
        known = agencies_of_register(session, view.person, view.today)
    choices = [{"value": str(number), "label": name} for number, name in known]
    fields = [
        dmc.Select(id="agencies-adviser", label=_("Agency"), data=choices, searchable=True, size="sm", w=240),
        _text("agencies-reason", _("Reason")),
        _text("agencies-evidence", _("Evidence (paper, its number, what it shows)")),
        _text("agencies-staff", _("People of it who are named with it")),
        _day("agencies-on", _("Told on"), view.today),
        _day("agencies-reply-until", _("May be heard until"), None),
        _day("agencies-ends-on", _("Until before"), None),
        dmc.Button(_("Keep that it was told"), id="agencies-propose", size="sm", variant="filled"),
    ]
    return _folded(_("Tell an agency that it is to go on the list"), fields)


def _step_form(seen: Sequence[ProposalSeen], today: date) -> Component:
    choices = [
        {"value": str(each.id), "label": in_brackets(f"{each.id} {each.agency}", pick(STATES[each.state]))}
        for each in seen
    ]
    steps = [{"value": step, "label": pick(label)} for step, label in STEPS.items()]
    fields = [
        dmc.Select(id="agencies-proposal", label=_("Proposed entry"), data=choices, size="sm", w=280, maw="100%"),
        dmc.Select(id="agencies-next", label=_("Step"), data=steps, size="sm", w=220),
        _text("agencies-text", _("What was said, or why")),
        _day("agencies-step-on", _("Day"), today),
        dmc.Button(_("Take the step"), id="agencies-step", size="sm", variant="filled"),
    ]
    return _folded(_("Next step of a proposal"), fields)


def _folded(words: str, fields: Sequence[Any]) -> Component:
    line = dmc.Group(list(fields), align="end", gap="sm", mt="sm")
    return html.Details([html.Summary(words, className="text-link"), line], className="no-print")


def _text(name: str, label: str) -> Any:
    return dmc.TextInput(id=name, label=label, size="sm", w=320, maw="100%")


def _day(name: str, label: str, value: date | None) -> Any:
    day = value.isoformat() if value else None
    return dmc.DateInput(id=name, label=label, value=day, valueFormat="YYYY-MM-DD", size="sm", w=150)
