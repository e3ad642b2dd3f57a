"""The firm as a pacesetter: the years for which it was named, and its own indicators; nothing of others."""

from typing import Any

from dash import Input, Output
from dash.development.base_component import Component

from dashboard.checked_once import dcc, html
from dashboard.components.cards import card, facts_list, pill
from dashboard.web import request
from dashboard.web.callbacks import guarded_callback
from dashboard.web.routes import View
from pipeline.accounts.people import Action
from pipeline.language import gettext as _
from pipeline.language import listed
from pipeline.pacesetters import choices, in_words
from pipeline.store.tables import CITY


def place_of(view: View, firm_id: str, cohort: str) -> Component | None:
    """Where the card comes, which is loaded after the page; None for who may not see it."""
    if cohort != CITY or not view.may(Action.SEE_POOLS):
        return None
    waits = card(_("Pacesetters"), html.Div(style={"height": "4rem"}))
    shown = [dcc.Store(id="firm-pacesetter-shown", data=firm_id), html.Div(waits, id="firm-pacesetter")]
    return html.Div(shown, className="no-print")


@guarded_callback(Output("firm-pacesetter", "children"), Input("firm-pacesetter-shown", "data"), may=Action.SEE_POOLS)
def show(firm_id: str | None) -> Any:
    if not firm_id:
        return []
    with request.database() as session:
        found = choices.of_firm(session, request.person(), firm_id, request.today())
    years = [str(year) for year in found.years]
    said = pill(_(in_words.NAMED_YEARS, years=listed(years)), "good") if years else _("Not named so far.")
    values = [(in_words.indicator(one.indicator), in_words.value(one.indicator, one.value)) for one in found.indicators]
    return card(_("Pacesetters"), [html.P(said), facts_list(values)], _("The firm's own indicators of the choice"))
