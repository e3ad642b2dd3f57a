"""What the city can give the firm: what it has, what is missing for more, its labels, and the offers in force; loaded
after the page."""

from collections.abc import Sequence
from typing import Any

from dash import Input, Output, no_update
from dash.development.base_component import Component

from dashboard.checked_once import dcc, html
from dashboard.components import amounts
from dashboard.components.cards import card, empty, link, pill, table
from dashboard.web import request
from dashboard.web.callbacks import guarded_callback
from dashboard.web.routes import View
from pipeline import language
from pipeline.accounts import people
from pipeline.accounts.people import Action
from pipeline.language import N_
from pipeline.language import gettext as _
from pipeline.offers.for_firm import Given, OfferFor, what_the_city_gives
from pipeline.offers.offers_file import WrongOffers
from pipeline.store.tables import CITY

ANCHOR = "mine-given"
#: So many open conditions of a way are named; the rest is counted.
_NAMED = 6
_STATES = {"met": N_("for this firm"), "unknown": N_("to be asked"), "not_met": N_("not for this firm now")}
_TONES = {"met": "good", "unknown": "warn", "not_met": "plain"}


def place_of(view: View, firm_id: str, cohort: str) -> Component | None:
    """Where the card comes; None where this person may not see pools and cases, and of a firm of elsewhere."""
    if cohort != CITY or not (view.may(Action.SEE_POOLS) and view.may(Action.SEE_CASES)):
        return None
    waiting = html.Div(card(_title(), html.Div(style={"height": "8rem"})), id="mine-given-shown")
    shown = dcc.Store(id="mine-given-of", data=firm_id)
    return html.Div([shown, dcc.Loading(waiting, type="dot", color="#17957b")], id=ANCHOR, className="no-print")


def _title() -> str:
    return _("What the city can give us")


@guarded_callback(Output("mine-given-shown", "children"), Input("mine-given-of", "data"), may=Action.SEE_POOLS)
def show_given(firm_id: str | None) -> Any:
    if not firm_id:
        return no_update
    person = request.person()
    try:
        with request.database() as session:
            found = what_the_city_gives(session, person, firm_id, request.today())
    except WrongOffers as error:
        # What is wrong in the file is for whoever can mend it.
        plain = _("The offers of the city cannot be read at present; ask the bureau.")
        return card(_title(), empty(plain if person.policy.speaks_for_one_firm else str(error)))
    claims = []
    if people.may(person, Action.SEE_SUPPORT):
        own = person.policy.speaks_for_one_firm
        words = _("What we can claim, and our claims") if own else _("What the firm can claim, and its claims")
        claims.append(html.P(link(words, "/support" if own else f"/support?firm={firm_id}")))
    return card(_title(), [*claims, *_parts(found)], _("As of %(day)s", day=amounts.day(found.on)))


def _parts(found: Given) -> list[Component]:
    parts = [_heading(_("What we have today")), _lines(found.has) if found.has else empty(_("Nothing yet."))]
    if found.could:
        parts += [_heading(_("What we would have in a pool")), _lines(found.could)]
    for way, open_ in found.missing:
        left = len(open_) - _NAMED
        more = [_("… and %(count)s more", count=left)] if left > 0 else []
        parts += [_heading(language.headed(_("Still open"), language.pick(way))), _lines([*open_[:_NAMED], *more])]
    if found.labels:
        parts += [_heading(_("Labels that we hold, and certificates")), _lines([one.message for one in found.labels])]
    parts.append(_heading(_("Subsidies and services")))
    if found.offers:
        heads = [_("Offer"), "", _("Amount"), _("In force from"), _("Until"), _("Who says so")]
        parts.append(table(heads, [_offer(one) for one in found.offers]))
    return [*parts, *(html.P(str(each), className="card-note") for each in found.told)]


def _heading(words: str) -> Component:
    return html.H3(words, className="card-title", style={"marginTop": ".8rem"})


def _lines(words: Sequence[object]) -> Component:
    return html.Ul([html.Li(str(each)) for each in words])


def _offer(one: OfferFor) -> list[Any]:
    offer = one.offer
    amount = language.pick(offer.amount) if offer.amount is not None else amounts.money(offer.amount_cny)
    state = html.Div([pill(_(_STATES[one.state]), _TONES[one.state]), *(html.Div(str(each)) for each in one.lacks)])
    until = "—" if offer.until is None else amounts.day(offer.until)
    source = language.in_brackets(offer.source, offer.source_date)
    return [language.pick(offer.name), state, amount, amounts.day(offer.begins), until, source]
