"""`/support`: an officer's claims, pots and what was paid; a firm's own entitlements and claims. `?claim=12` is one
claim, `?firm=CODE` what one firm can claim and has claimed."""

from collections.abc import Sequence
from typing import Any

from dash.development.base_component import Component

from dashboard.checked_once import dmc, html
from dashboard.components import amounts, terms
from dashboard.components.cards import aria, card, empty, link, page_head, pill, state_links, table
from dashboard.pages.support import money, one_claim, own
from dashboard.web import request
from dashboard.web.routes import Page, View
from pipeline.accounts.people import Action
from pipeline.errors import NotAllowed
from pipeline.language import N_, pick
from pipeline.language import gettext as _
from pipeline.support import claim_lists
from pipeline.support.claim_lists import ClaimLine
from pipeline.support.claim_rows import STATES
from pipeline.support.entitlements import FirmSupport, money_to_the_fen, support_of_firm
from pipeline.support.in_force import support_book
from pipeline.support.in_words import occasion_text
from pipeline.support.model import SupportBook

#: So many claims of a list stand on the page.
_MOST = 300


def layout(view: View) -> Component:
    said = html.Div(id="support-said", role="status", **aria(live="polite"))
    chosen = view.query.get("claim", "")
    if chosen.isascii() and chosen.isdigit() and len(chosen) < 10:
        shown: Any = one_claim.body(view, int(chosen))
    else:
        firm_id = view.person.firm_id if view.person.policy.speaks_for_one_firm else view.query.get("firm")
        shown = _of_firm(view, firm_id) if firm_id else _of_all(view)
    body = shown if isinstance(shown, Component) else dmc.Stack(shown)
    return html.Div([said, html.Div(body, id="support-shown")])


def _of_firm(view: View, firm_id: str) -> list[Component]:
    with request.database() as session:
        try:
            found: FirmSupport | None = support_of_firm(session, view.person, firm_id, view.today)
        except NotAllowed:
            found = None
        lines = [] if found is None else claim_lists.claims(session, view.person, firm_id=firm_id, most=_MOST)
    if found is None:
        return [page_head(_("Support"), None), card(None, empty(_("There is no such firm that you may see.")))]
    own_page = view.person.policy.speaks_for_one_firm
    back = [] if own_page else [html.P(link(_("All claims"), "/support"), className="card-note")]
    name = lines[0].firm_name if lines and not own_page else None
    return [
        page_head(_("Support"), name or _("What a firm is entitled to and claims, to the fen")),
        *_told(found.book),
        own.card_of(view, found),
        _claims(lines, of_all=False),
        *back,
    ]


def _of_all(view: View) -> list[Component]:
    state = view.query.get("state")
    state = state if state in STATES else None
    with request.database() as session:
        book = support_book(session)
        counted = claim_lists.counts(session, view.person)
        lines = claim_lists.claims(session, view.person, state=state, most=_MOST)
    shown = {name: f"{pick(STATES[name])} {counted[name][0]}" for name in STATES}
    return [
        page_head(_("Support"), _("What firms are entitled to and claim, to the fen")),
        *_told(book),
        state_links("/support", shown, state, whole=_("All")),
        _claims(lines, of_all=True),
        *money.cards(view, book),
    ]


def _told(book: SupportBook) -> list[Component]:
    if book.made_up:
        return [html.P(_("The rules of support of this city are made up, to try things with."), className="card-note")]
    return []


def _claims(lines: Sequence[ClaimLine], of_all: bool) -> Component:
    if not lines:
        return card(_("Claims"), empty(_("No claim yet.")))
    heads = [
        _("No."),
        *([_("Firm")] if of_all else []),
        _("Support"),
        _("claimed for"),
        _("Amount"),
        _("State"),
        _("Claimed on"),
    ]
    note = _("The latest %(count)s", count=_MOST) if len(lines) == _MOST else None
    return card(_("Claims"), table(heads, [_row(one, of_all) for one in lines]), note)


def _row(one: ClaimLine, of_all: bool) -> list[Any]:
    firm = html.Div(
        [
            link(one.firm_name or one.firm_id, f"/support?firm={one.firm_id}"),
            html.Div(terms.district(one.district_code), className="card-note"),
        ]
    )
    amount = money_to_the_fen(one.claimed_fen if one.allotted_fen is None else one.allotted_fen)
    return [
        link(str(one.id), f"/support?claim={one.id}"),
        *([firm] if of_all else []),
        pick(one.rule),
        occasion_text(one.occasion),
        amount,
        pill(pick(STATES[one.state]), one_claim.TONES[one.state]),
        html.Span(amounts.day(one.claimed_on), className="day"),
    ]


PAGES = (Page("/support", layout, Action.SEE_SUPPORT, N_("Support"), "coin", of_one_firm=N_("Support")),)
