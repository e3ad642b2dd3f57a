"""`/support`: an officer's claims, pots and what was paid; a firm's own entitlements and claims. `?claim=12` is one."""

from typing import Any

from dash.development.base_component import Component

from dashboard.checked_once import dmc, html
from dashboard.components import amounts, terms
from dashboard.components.cards import aria, card, empty, file_link, link, page_head, pill, state_links, table
from dashboard.pages.support import one_claim, own
from dashboard.web import request
from dashboard.web.routes import Page, View
from pipeline import language
from pipeline.accounts.people import Action
from pipeline.language import N_, pick
from pipeline.language import gettext as _
from pipeline.support import claim_lists, pots
from pipeline.support.claim_lists import ClaimLine
from pipeline.support.claim_rows import STATES
from pipeline.support.entitlements import money_to_the_fen
from pipeline.support.in_force import support_book
from pipeline.support.in_words import occasion_text
from pipeline.support.model import ORDERS, WHEN_EMPTY, SupportBook
from pipeline.support.pots import PotPosition

_MOST = 300


def layout(view: View) -> Component:
    chosen = view.query.get("claim", "")
    said = html.Div(id="support-said", role="status", **aria(live="polite"))
    if chosen.isdecimal() and len(chosen) < 10:
        return html.Div([said, html.Div(one_claim.body(view, int(chosen)), id="support-shown")])
    state = view.query.get("state")
    state = state if state in STATES else None
    with request.database() as session:
        book = support_book(session)
        counted = claim_lists.counts(session, view.person)
        lines = claim_lists.claims(session, view.person, state=state, most=_MOST)
    firm_id = view.person.firm_id
    mine = [own.card_of(view, firm_id)] if view.person.policy.speaks_for_one_firm and firm_id else []
    shown = {name: f"{pick(STATES[name])} {counted[name][0]}" for name in STATES}
    return html.Div(
        [
            page_head(_("Support"), _("What firms are entitled to and claim, to the fen")),
            *_told(book),
            said,
            *mine,
            state_links("/support", shown, state, whole=_("All")),
            card(_("Claims"), table(_HEADS(), [_row(one) for one in lines]) if lines else empty(_("No claim yet."))),
            *([] if mine else _money(view)),
        ]
    )


def _told(book: SupportBook) -> list[Component]:
    if book.made_up:
        return [html.P(_("The rules of support of this city are made up, to try things with."), className="card-note")]
    return []


def _HEADS() -> list[str]:  # noqa: N802 - a table's heads, in the reader's language
    return [_("No."), _("Firm"), _("Support"), _("claimed for"), _("Amount"), _("State"), _("Claimed on")]


def _row(one: ClaimLine) -> list[Any]:
    firm = html.Div(
        [
            link(one.firm_name or one.firm_id, f"/firm/{one.firm_id}"),
            html.Div(terms.district(one.district_code), className="card-note"),
        ]
    )
    amount = money_to_the_fen(one.claimed_fen if one.allotted_fen is None else one.allotted_fen)
    return [
        link(str(one.id), f"/support?claim={one.id}"),
        firm,
        pick(one.rule),
        occasion_text(one.occasion),
        amount,
        pill(pick(STATES[one.state])),
        html.Span(amounts.day(one.claimed_on), className="day"),
    ]


def _money(view: View) -> list[Component]:
    """The pots, and what was paid as a file."""
    with request.database() as session:
        found = pots.positions(session, view.person, view.today)
    heads = [_("Pot"), _("Set aside"), _("Reserved"), _("Left"), _("Paid"), _("Wait for money"), ""]
    rows = [_pot(view, one) for one in found]
    files = [file_link(form.upper(), f"/download/support-paid.{form}") for form in ("xlsx", "csv")]
    return [
        card(_("Pots"), table(heads, rows) if rows else empty(_("No pot has money yet."))),
        card(_("What was paid"), dmc.Group(files)),
    ]


def _pot(view: View, one: PotPosition) -> list[Any]:
    name = html.Div(
        [
            pick(one.pot.name),
            html.Div(f"{one.period.begins} – {one.period.until}", className="card-note"),
            html.Div(
                language.joined([pick(ORDERS[one.pot.order]), pick(WHEN_EMPTY[one.pot.when_empty])]),
                className="card-note",
            ),
        ]
    )
    waits = f"{one.waiting} · {money_to_the_fen(one.waiting_fen)}" if one.waiting else ""
    share: Any = ""
    if one.waiting and view.may(Action.GRANT_SUPPORT):
        key = {"type": "support-share", "pot": one.pot.id, "begins": one.period.begins.isoformat()}
        share = dmc.Button(_("Share out"), id=key, size="xs", variant="light")
    return [
        name,
        money_to_the_fen(one.period.amount_fen),
        money_to_the_fen(one.committed),
        money_to_the_fen(one.room),
        money_to_the_fen(one.paid),
        waits,
        share,
    ]


PAGES = (Page("/support", layout, Action.SEE_SUPPORT, N_("Support"), "coin", of_one_firm=N_("Support")),)
