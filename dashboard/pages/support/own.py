"""What one firm can claim, lacks and has claimed, and a form to claim it."""

from typing import Any

from dash.development.base_component import Component

from dashboard.checked_once import dcc, dmc, html
from dashboard.components.cards import card, empty, pill, table
from dashboard.web import request
from dashboard.web.routes import View
from pipeline.accounts.people import Action
from pipeline.language import joined, pick
from pipeline.language import gettext as _
from pipeline.support.entitlements import (
    CAN,
    ENTITLEMENT_STATES,
    TO_SHOW,
    Entitlement,
    money_to_the_fen,
    support_of_firm,
)
from pipeline.support.in_words import occasion_text

_TONES = {CAN: "good", TO_SHOW: "warn"}


def card_of(view: View, firm_id: str) -> Component:
    with request.database() as session:
        found = support_of_firm(session, view.person, firm_id, view.today)
    heads = [_("Support"), _("claimed for"), _("Amount"), _("State"), _("What is missing, and what to attach")]
    rows = [_row(one) for one in found.entitlements]
    body: list[Any] = [table(heads, rows) if rows else empty(_("No rule of support is known to be in force today."))]
    open_ = [one for one in found.entitlements if one.state in (CAN, TO_SHOW)]
    if open_ and view.may(Action.CLAIM_SUPPORT):
        body.append(_form(open_))
    note = _("Can be claimed now, as far as known: %(amount)s", amount=money_to_the_fen(found.can_fen))
    store = dcc.Store(id="support-firm", data=firm_id)
    return card(_("What we can claim"), [*body, store], note)


def _row(one: Entitlement) -> list[Any]:
    amount = money_to_the_fen(one.amount_fen)
    if one.rule.formula.asks_for_amount:
        amount = _("at most %(amount)s", amount=amount)
    lines = [str(each) for each in one.lacks] or [pick(each) for each in one.rule.evidence]
    worked = [html.Div(str(one.worked_out), className="card-note")] if one.worked_out else []
    return [
        pick(one.rule.name),
        occasion_text(one.occasion),
        html.Div([amount, *worked]),
        pill(pick(ENTITLEMENT_STATES[one.state]), _TONES.get(one.state, "plain")),
        html.Ul([html.Li(line) for line in lines]),
    ]


def _form(open_: list[Entitlement]) -> Component:
    options = [
        {
            "value": f"{one.rule.id}|{one.occasion or ''}",
            "label": joined(part for part in (pick(one.rule.name), occasion_text(one.occasion)) if part),
        }
        for one in open_
    ]
    fields = [
        dmc.Select(id="support-what", label=_("What is claimed"), data=options, miw=300),
        dmc.TextInput(id="support-amount", label=_("Amount, where the rule states the most alone")),
        dmc.TextInput(id="support-evidence", label=_("What shows it, in words"), miw=300),
    ]
    return html.Div(
        [dmc.Group(fields, align="end", mt="md"), dmc.Button(_("Claim it"), id="support-claim", mt="sm")],
        className="no-print",
    )
