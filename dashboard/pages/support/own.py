"""What one firm can claim, lacks and has claimed, and a form to claim it: the firm's own, or its paper that an officer
enters."""

from typing import Any

from dash.development.base_component import Component

from dashboard.checked_once import dcc, dmc, html
from dashboard.components.cards import card, empty, icon, pill, table
from dashboard.components.forms.attached import drop_zone
from dashboard.components.forms.fields import refusal
from dashboard.web.routes import View
from pipeline.accounts.people import Action
from pipeline.language import gettext as _
from pipeline.language import joined, pick
from pipeline.support.entitlements import (
    CAN,
    ENTITLEMENT_STATES,
    TO_SHOW,
    Entitlement,
    FirmSupport,
    money_to_the_fen,
)
from pipeline.support.in_words import formula_text, occasion_text

_TONES = {CAN: "good", TO_SHOW: "warn"}


def card_of(view: View, found: FirmSupport) -> Component:
    own = view.person.policy.speaks_for_one_firm
    heads = [_("Support"), _("claimed for"), _("Amount"), _("State"), _("What is missing, and what to attach")]
    rows = [_row(one) for one in found.entitlements]
    body: list[Any] = [table(heads, rows) if rows else empty(_("No rule of support is known to be in force today."))]
    open_ = [one for one in found.entitlements if one.state in (CAN, TO_SHOW)]
    if open_ and view.may(Action.CLAIM_SUPPORT):
        body.append(_form(open_, own))
    if found.book.ask is not None:
        body.append(html.P(_("Questions go to: %(whom)s", whom=pick(found.book.ask)), className="card-note"))
    note = _("Can be claimed now, as far as known: %(amount)s", amount=money_to_the_fen(found.can_fen))
    title = _("What we can claim") if own else _("What the firm can claim")
    return card(title, [*body, dcc.Store(id="support-firm", data=found.firm_id)], note)


def _row(one: Entitlement) -> list[Any]:
    asks = one.rule.formula.asks_for_amount or one.amount_fen is None
    amount = formula_text(one.rule.formula) if asks else money_to_the_fen(one.amount_fen)
    lines = [str(each) for each in one.lacks] or [pick(each) for each in one.rule.evidence]
    worked = [html.Div(str(one.worked_out), className="card-note")] if one.worked_out else []
    source = html.Div(f"{one.rule.law} {joined(one.rule.source)}", className="card-note")
    return [
        html.Div([pick(one.rule.name), source]),
        occasion_text(one.occasion),
        html.Div([amount, *worked]),
        pill(pick(ENTITLEMENT_STATES[one.state]), _TONES.get(one.state, "plain")),
        html.Ul([html.Li(line) for line in lines]),
    ]


def _form(open_: list[Entitlement], own: bool) -> Component:
    options = [
        {
            "value": f"{one.rule.id}|{one.occasion or ''}",
            "label": joined(part for part in (pick(one.rule.name), occasion_text(one.occasion)) if part),
        }
        for one in open_
    ]
    hidden = {"display": "none"}
    fields = [
        dmc.Select(id="support-what", label=_("What is claimed"), data=options),
        dmc.TextInput(
            id="support-amount", label=_("Amount"), description=_("All that the rule gives, unless less is written")
        ),
        dmc.TextInput(id="support-evidence", label=_("What shows it, in words")),
        dmc.TextInput(id="support-signed", label=_("Signed by (the firm's paper)"), style=hidden if own else None),
    ]
    return html.Div(
        [
            dmc.SimpleGrid(fields, cols={"base": 1, "md": 2}, mt="md", mb="sm"),
            drop_zone("support-files", wait=True),
            dmc.Button(_("Hand the claim in"), id="support-claim", leftSection=icon("check"), mt="sm"),
            refusal("support-refused"),
        ],
        className="no-print",
    )
