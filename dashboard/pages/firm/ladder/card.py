"""How a firm stands to each rung of the ladder: on it, conditions met, one condition away and which, or not known."""

from collections.abc import Sequence
from typing import Any

from dash import Input, Output, no_update
from dash.development.base_component import Component

from dashboard.checked_once import dcc, html
from dashboard.components.cards import card, pill, table
from dashboard.web import request
from dashboard.web.callbacks import guarded_callback
from pipeline.accounts.people import Action
from pipeline.ladder import in_words
from pipeline.ladder.of_firm import HELD, MET, NOT_MET, ONE_AWAY, STANDINGS, UNKNOWN, FirmRung, of_firm
from pipeline.language import gettext as _
from pipeline.language import pick

ANCHOR = "firm-ladder"
_TONES = {HELD: "good", MET: "seed", ONE_AWAY: "gold", NOT_MET: "plain", UNKNOWN: "warn"}


def place() -> Component:
    """Where the card stands; it is filled after the page."""
    waiting = card(_("Growth ladder"), html.Div(style={"height": "8rem"}))
    return html.Div(dcc.Loading(html.Div(waiting, id=ANCHOR), type="dot", color="#17957b"), className="no-print")


@guarded_callback(Output(ANCHOR, "children"), Input("firm-shown", "data"), may=Action.SEE_FIRMS)
def show_ladder(firm_id: str | None) -> Any:
    """The rungs of the firm, loaded after the page."""
    if not firm_id:
        return no_update
    with request.database() as session:
        return drawn(of_firm(session, request.person(), firm_id, request.today()))


def drawn(found: Sequence[FirmRung]) -> Component:
    rows = [
        [
            in_words.rung_name(each.rung),
            pill(_(STANDINGS[each.standing]), _TONES.get(each.standing, "plain")),
            _more(each),
        ]
        for each in found
    ]
    return card(_("Growth ladder"), table([_("Rung"), _("Standing"), _("Since when, or what is missing")], rows))


def _more(found: FirmRung) -> str:
    if found.since is not None:
        return in_words.days_of(found)
    return "" if found.condition is None else pick(found.condition)
