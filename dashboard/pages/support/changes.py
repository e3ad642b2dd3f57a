"""What the buttons of support do: claim, review, sign, pay, claw back, take back, share out."""

from collections.abc import Callable
from datetime import date, datetime
from typing import Any

from dash import ALL, Input, Output, State, ctx, no_update
from flask import abort
from sqlalchemy.orm import Session

from dashboard.components.cards import warning
from dashboard.components.forms.attached import sent_files
from dashboard.pages.support import one_claim
from dashboard.web import request
from dashboard.web.callbacks import guarded_callback
from dashboard.web.routes import View
from dashboard.web.sent import day_of, number_of
from pipeline.accounts.people import Action, Person
from pipeline.errors import ShownToPeople
from pipeline.language import gettext as _
from pipeline.language import joined
from pipeline.support import claims, granting, paying
from pipeline.support.claim_rows import fen_in
from pipeline.support.entitlements import money_to_the_fen
from pipeline.tutoring.attachments.file_names import shown_name

PAGES = ()


@guarded_callback(
    Output("support-files-chosen", "children"),
    Input("support-files", "filename"),
    may=Action.CLAIM_SUPPORT,
    prevent_initial_call=True,
)
def show_chosen(names: list[str] | None) -> str:
    """Which files wait for the claim to be handed in."""
    return joined(map(shown_name, names or []))


@guarded_callback(
    Output("support-refused", "children"),
    Output("support-said", "children"),
    Output("support-shown", "children"),
    Input("support-claim", "n_clicks"),
    State("support-firm", "data"),
    State("support-what", "value"),
    State("support-amount", "value"),
    State("support-evidence", "value"),
    State("support-signed", "value"),
    State("support-files", "contents"),
    State("support-files", "filename"),
    may=Action.CLAIM_SUPPORT,
    prevent_initial_call=True,
)
def claim(
    _clicks: int | None,
    firm_id: str | None,
    what: str | None,
    amount: str | None,
    evidence: str | None,
    signed: str | None,
    contents: list[str] | None,
    names: list[str] | None,
) -> tuple[Any, Any, Any]:
    """A claim is handed in with its files, and stands in the place of the form."""
    rule, _bar, occasion = (what or "").partition("|")
    if not rule:
        return warning(_("Choose what is claimed.")), no_update, no_update
    person, today = request.person(), request.today()
    try:
        with request.database() as session, session.begin():
            number = claims.claim(
                session,
                person,
                firm_id or "",
                rule,
                evidence or "",
                occasion=occasion or None,
                asked_fen=fen_in(amount) if amount else None,
                files=sent_files(contents, names),
                claimed_for=signed or None,
                today=today,
                now=request.now(),
            ).id
    except ShownToPeople as error:
        return warning(error), no_update, no_update
    said = _("Claim %(number)s is handed in.", number=number)
    return None, said, one_claim.body(View(person, today, request.dark()), number)


_DONE = (
    Output("support-do-refused", "children", allow_duplicate=True),
    Output("support-said", "children", allow_duplicate=True),
    Output("support-shown", "children", allow_duplicate=True),
)
_SHOWN, _AMOUNT, _WHY = (
    State("support-claim-shown", "data"),
    State("support-do-amount", "value"),
    State("support-do-why", "value"),
)


@guarded_callback(
    *_DONE,
    Input({"type": "support-review", "way": ALL}, "n_clicks"),
    _SHOWN,
    _AMOUNT,
    _WHY,
    State("support-do-rank", "value"),
    may=Action.REVIEW_SUPPORT,
    prevent_initial_call=True,
)
def review(clicks: list[int | None], shown: int | None, amount: str | None, why: str | None, rank: Any) -> Any:
    way = _pressed(clicks, ("accept", "reject"))
    if way is None:
        return no_update, no_update, no_update
    accept, place = way == "accept", rank if isinstance(rank, int) else None
    today = request.today()

    def change(session: Session, person: Person, number: int, now: datetime) -> None:
        fen = fen_in(amount) if accept and amount else None
        more = {"amount_fen": fen, "rank": place} if accept else {}
        claims.review(session, person, number, accept, why or "", **more, today=today, now=now)

    return _changed(shown, change)


@guarded_callback(
    *_DONE,
    Input({"type": "support-grant", "way": ALL}, "n_clicks"),
    _SHOWN,
    _AMOUNT,
    _WHY,
    may=Action.GRANT_SUPPORT,
    prevent_initial_call=True,
)
def grant(clicks: list[int | None], shown: int | None, amount: str | None, why: str | None) -> Any:
    """A signature, a payment, or what was clawed back."""
    way, today = _pressed(clicks, ("sign", "pay", "back")), request.today()
    if way is None:
        return no_update, no_update, no_update

    def change(session: Session, person: Person, number: int, now: datetime) -> None:
        if way == "sign":
            granting.sign(session, person, number, today=today, now=now)
        elif way == "pay":
            fen = fen_in(amount) if amount else None
            paying.pay(session, person, number, today, amount_fen=fen, voucher=why, now=now)
        else:
            paying.claw_back(session, person, number, fen_in(amount or ""), why or "", today, now=now)

    return _changed(shown, change)


@guarded_callback(
    *_DONE,
    Input("support-withdraw", "n_clicks"),
    _SHOWN,
    _WHY,
    may=Action.CLAIM_SUPPORT,
    prevent_initial_call=True,
)
def withdraw(_clicks: int | None, shown: int | None, why: str | None) -> Any:
    today = request.today()
    return _changed(
        shown,
        lambda session, person, number, now: claims.withdraw(session, person, number, why or "", today=today, now=now),
    )


def _pressed(clicks: list[int | None], ways: tuple[str, ...]) -> str | None:
    """Which button of a pattern was pressed; 400 for one that there is not."""
    if not any(clicks) or not isinstance(ctx.triggered_id, dict):
        return None
    way = str(ctx.triggered_id.get("way"))
    return way if way in ways else abort(400)


def _changed(shown: int | None, change: Callable[[Session, Person, int, datetime], object]) -> tuple[Any, Any, Any]:
    """The claim as it stands after a change, or what was refused and why."""
    number, person = number_of(shown), request.person()
    try:
        with request.database() as session, session.begin():
            change(session, person, number, request.now())
    except ShownToPeople as error:
        return warning(error), no_update, no_update
    return None, _("Stored."), one_claim.body(View(person, request.today(), request.dark()), number)


@guarded_callback(
    Output("support-share-said", "children"),
    Input({"type": "support-share", "pot": ALL, "begins": ALL}, "n_clicks"),
    may=Action.GRANT_SUPPORT,
    prevent_initial_call=True,
)
def share_out(clicks: list[int | None]) -> Any:
    if not any(clicks) or not isinstance(ctx.triggered_id, dict):
        return no_update
    pot, begins = str(ctx.triggered_id.get("pot")), day_of(str(ctx.triggered_id.get("begins")))
    period: date = begins or abort(400)
    try:
        with request.database() as session, session.begin():
            done = granting.share_out(session, request.person(), pot, period, today=request.today(), now=request.now())
    except ShownToPeople as error:
        return warning(error)
    return _(
        "%(count)s claims have %(total)s set aside; %(moved)s wait for the next period, %(refused)s got nothing.",
        count=len(done.given),
        total=money_to_the_fen(sum(done.given.values())),
        moved=len(done.moved),
        refused=len(done.refused),
    )
