"""One claim: what is claimed for what, its steps and files, and what this person can do about it as it stands."""

from typing import Any

from dash.development.base_component import Component

from dashboard.checked_once import dcc, dmc, html
from dashboard.components import amounts
from dashboard.components.cards import card, empty, facts_list, file_link, link, page_head, pill, table
from dashboard.components.forms.fields import refusal
from dashboard.web import request
from dashboard.web.routes import View
from pipeline.accounts.people import Action
from pipeline.errors import NotFound
from pipeline.language import gettext as _
from pipeline.language import headed, listed, pick
from pipeline.support.claim_lists import ClaimLine, ClaimSeen, claim_seen
from pipeline.support.claim_rows import ACCEPTED, CLAIMED, GRANTED, PAID, REFUSED, REJECTED, STATES, STEPS, WITHDRAWN
from pipeline.support.entitlements import money_to_the_fen
from pipeline.support.in_words import occasion_text

#: How the state of a claim looks.
TONES = {
    CLAIMED: "warn",
    ACCEPTED: "seed",
    GRANTED: "gold",
    PAID: "good",
    REJECTED: "bad",
    REFUSED: "bad",
    WITHDRAWN: "plain",
}


def body(view: View, number: int) -> Component:
    with request.database() as session:
        try:
            seen = claim_seen(session, view.person, number)
        except NotFound as error:
            return empty(str(error))
    one = seen.line
    back = html.P(link(_("All claims"), "/support"), className="card-note")
    return dmc.Stack(
        [
            page_head(_("Claim %(number)s", number=one.id), pick(one.rule)),
            card(None, [html.P(pill(pick(STATES[one.state]), TONES[one.state])), facts_list(_facts(one))]),
            *_doing(view, one),
            _steps(seen),
            back,
            dcc.Store(id="support-claim-shown", data=one.id),
        ]
    )


def _facts(one: ClaimLine) -> list[tuple[str, Any]]:
    signed = [name for name in (one.first_signed_by, one.second_signed_by) if name]
    pairs: list[tuple[str, Any]] = [
        (_("Firm"), link(one.firm_name or one.firm_id, f"/firm/{one.firm_id}")),
        (_("claimed for"), occasion_text(one.occasion)),
        (_("Claimed"), headed(money_to_the_fen(one.claimed_fen), one.evidence)),
        (_("Claimed on"), f"{amounts.day(one.claimed_on)} {one.claimed_for or one.claimed_by}"),
    ]
    if one.allotted_fen is not None:
        pairs.append((_("Reserved"), money_to_the_fen(one.allotted_fen)))
    if signed:
        pairs.append((_("Signed by"), listed(signed)))
    if one.paid_fen:
        pairs.append((_("Paid"), money_to_the_fen(one.paid_fen)))
    if one.clawed_back_fen:
        pairs.append((_("Clawed back"), money_to_the_fen(one.clawed_back_fen)))
    return pairs


def _steps(seen: ClaimSeen) -> Component:
    heads = [_("Day"), _("Step"), _("Amount"), _("Note"), _("By")]
    rows: list[list[Any]] = [
        [
            html.Span(amounts.day(step.on), className="day"),
            pick(STEPS[step.step]) if step.step in STEPS else step.step,
            "" if step.amount_fen is None else money_to_the_fen(step.amount_fen),
            step.note or "",
            step.by,
        ]
        for step in seen.steps
    ]
    files = [html.Li(file_link(file.file_name, f"/download/support-file/{file.id}")) for file in seen.files]
    return card(_("Steps"), [table(heads, rows), *([html.Ul(files)] if files else [])])


def _doing(view: View, one: ClaimLine) -> list[Component]:
    """The buttons that the state of the claim and this person's rights leave."""
    ways: list[tuple[Any, str, str]] = []
    if one.state == CLAIMED and view.may(Action.REVIEW_SUPPORT):
        ways += [
            (_way("review", "accept"), _("Accept the claim"), "light"),
            (_way("review", "reject"), _("Reject the claim"), "default"),
        ]
    if one.state == ACCEPTED and view.may(Action.GRANT_SUPPORT):
        ways.append((_way("grant", "sign"), _("Sign"), "light"))
    if one.state == GRANTED and view.may(Action.GRANT_SUPPORT):
        ways.append((_way("grant", "pay"), _("Record the payment"), "light"))
    if one.state in (GRANTED, PAID) and view.may(Action.GRANT_SUPPORT):
        ways.append((_way("grant", "back"), _("Record what was clawed back"), "default"))
    if one.state in (CLAIMED, ACCEPTED) and view.may(Action.CLAIM_SUPPORT):
        ways.append(("support-withdraw", _("Take the claim back"), "default"))
    if not ways:
        return []
    hidden = {"display": "none"}
    reviews = one.state == CLAIMED and view.may(Action.REVIEW_SUPPORT)
    pays = one.state in (GRANTED, PAID) and view.may(Action.GRANT_SUPPORT)
    fields = [
        dmc.TextInput(
            id="support-do-amount",
            label=_("Amount; all of it unless given"),
            style=None if reviews or pays else hidden,
        ),
        dmc.NumberInput(
            id="support-do-rank",
            label=_("Place, where the pot goes by rank"),
            min=1,
            allowDecimal=False,
            style=None if reviews else hidden,
        ),
        dmc.TextInput(id="support-do-why", label=_("Reason, or number of the voucher"), miw=280),
    ]
    buttons = [dmc.Button(words, id=name, variant=variant) for name, words, variant in ways]
    note = _("A claim is granted by two signatures of two people")
    return [
        card(
            _("What to do"),
            [dmc.Group(fields, align="end"), dmc.Group(buttons, mt="sm"), refusal("support-do-refused")],
            note,
        )
    ]


def _way(kind: str, way: str) -> dict[str, str]:
    return {"type": f"support-{kind}", "way": way}
