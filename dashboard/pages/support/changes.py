"""What the buttons of support do: claim, review, sign, pay, claw back, take back, share out."""

from collections.abc import Callable
from datetime import date
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
from pipeline.accounts.people import Action
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
) -> tuple[Any, Any]:
    """A claim is handed in with its files, and stands in the place of the form."""
    rule, _bar, occasion = (what or "").partition("|")
    if not rule:
        return warning(_("Choose what is claimed.")), no_update
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
        return warning(error), no_update
    said = _("Claim %(number)s is handed in.", number=number)
    return said, one_claim.body(View(person, today, request.dark()), number)


@guarded_callback(
    Output("support-said", "children", allow_duplicate=True),
    Output("support-shown", "children", allow_duplicate=True),
    Input({"type": "support-do", "way": ALL}, "n_clicks"),
    State("support-claim-shown", "data"),
    State("support-do-amount", "value"),
    State("support-do-rank", "value"),
    State("support-do-why", "value"),
    may=Action.SEE_SUPPORT,
    prevent_initial_call=True,
)
def do(
    clicks: list[int | None],
    shown: int | None,
    amount: str | None,
    rank: int | float | str | None,
    why: str | None,
) -> tuple[Any, Any]:
    if not any(clicks) or not isinstance(ctx.triggered_id, dict):
        return no_update, no_update
    number, person, today, now = number_of(shown), request.person(), request.today(), request.now()
    words = why or ""

    def reviewed(session: Session, accept: bool, fen: int | None) -> Any:
        place = rank if isinstance(rank, int) else None
        return claims.review(
            session, person, number, accept, words, amount_fen=fen, rank=place if accept else None, today=today, now=now
        )

    ways: dict[str, Callable[[Session, int | None], Any]] = {
        "accept": lambda session, fen: reviewed(session, True, fen),
        "reject": lambda session, _fen: reviewed(session, False, None),
        "sign": lambda session, _fen: granting.sign(session, person, number, today=today, now=now),
        "pay": lambda session, fen: paying.pay(session, person, number, today, amount_fen=fen, voucher=words, now=now),
        "back": lambda session, fen: paying.claw_back(session, person, number, fen or 0, words, today, now=now),
        "withdraw": lambda session, _fen: claims.withdraw(session, person, number, words, today=today, now=now),
    }
    way = ways.get(str(ctx.triggered_id.get("way"))) or abort(400)
    try:
        with request.database() as session, session.begin():
            way(session, fen_in(amount) if amount else None)
    except ShownToPeople as error:
        return warning(error), no_update
    return _("Stored."), one_claim.body(View(person, today, request.dark()), number)


@guarded_callback(
    Output("support-said", "children", allow_duplicate=True),
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
