"""What the buttons for proposed listings do; after each the card is drawn as it stands then."""

from collections.abc import Callable
from typing import Any

from dash import Input, Output, State, no_update
from sqlalchemy.orm import Session

from dashboard.components.cards import warning
from dashboard.pages.agencies.proposed import proposals_card
from dashboard.web import request
from dashboard.web.callbacks import guarded_callback
from dashboard.web.routes import View
from dashboard.web.sent import day_of, number_chosen
from pipeline.accounts.people import Action
from pipeline.agencies import listings
from pipeline.errors import ShownToPeople
from pipeline.language import N_, Message
from pipeline.language import gettext as _

_AFTER = (
    Output("agencies-proposals", "children", allow_duplicate=True),
    Output("agencies-said", "children", allow_duplicate=True),
)


@guarded_callback(
    *_AFTER,
    Input("agencies-propose", "n_clicks"),
    State("agencies-adviser", "value"),
    State("agencies-reason", "value"),
    State("agencies-evidence", "value"),
    State("agencies-staff", "value"),
    State("agencies-on", "value"),
    State("agencies-reply-until", "value"),
    State("agencies-ends-on", "value"),
    may=Action.KEEP_ADVISERS,
    prevent_initial_call=True,
)
def propose(
    _clicks: int | None,
    adviser: str | None,
    why: str | None,
    evidence: str | None,
    staff: str | None,
    on: str | None,
    reply_until: str | None,
    ends_on: str | None,
) -> tuple[Any, Any]:
    def act(session: Session) -> None:
        ends = day_of(ends_on)
        number = number_chosen(adviser)
        if number is None or ends is None:
            raise listings.WrongStep(Message(N_("Choose the agency, and the day before which the entry ends.")))
        listings.propose(
            session,
            request.person(),
            number,
            why or "",
            evidence or "",
            ends,
            day_of(on) or request.today(),
            now=request.now(),
            staff=staff,
            reply_until=day_of(reply_until),
        )

    return _done(act)


@guarded_callback(
    *_AFTER,
    Input("agencies-step", "n_clicks"),
    State("agencies-proposal", "value"),
    State("agencies-next", "value"),
    State("agencies-text", "value"),
    State("agencies-step-on", "value"),
    may=Action.KEEP_ADVISERS,
    prevent_initial_call=True,
)
def take_step(
    _clicks: int | None, proposal: str | None, step: str | None, text: str | None, on: str | None
) -> tuple[Any, Any]:
    def act(session: Session) -> None:
        number = number_chosen(proposal)
        if number is None or not step:
            raise listings.WrongStep(Message(N_("Choose the proposal and the step.")))
        day = day_of(on) or request.today()
        listings.take_step(session, request.person(), number, step, text, day, now=request.now())

    return _done(act)


def _done(act: Callable[[Session], None]) -> tuple[Any, Any]:
    try:
        with request.database() as session, session.begin():
            act(session)
    except ShownToPeople as error:
        return no_update, warning(error)
    person, today = request.person(), request.today()
    with request.database() as session:
        seen = listings.proposals(session, person, today)
    return proposals_card(View(person, today, request.dark()), seen, _("Saved.")), no_update


PAGES = ()
