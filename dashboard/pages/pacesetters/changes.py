"""What the buttons of the choice of pacesetters do; after each the choice is drawn as it stands then."""

from collections.abc import Callable, Mapping
from typing import Any

from dash import Input, Output, State, ctx, no_update
from flask import abort
from sqlalchemy.orm import Session

from dashboard.components.cards import warning
from dashboard.pages.pacesetters.rounds import body
from dashboard.queries.firm import search_firms
from dashboard.web import request
from dashboard.web.callbacks import guarded_callback
from dashboard.web.routes import View
from dashboard.web.sent import day_of, number_chosen, number_of
from dashboard.web.sign_in import second_person
from pipeline.accounts.people import Action
from pipeline.errors import ShownToPeople
from pipeline.language import N_, Message
from pipeline.language import gettext as _
from pipeline.pacesetters import choosing, deciding
from pipeline.pacesetters.choosing import ChoiceNotPossible

_AFTER = (
    Output("pacesetters-body", "children", allow_duplicate=True),
    Output("pacesetters-said", "children", allow_duplicate=True),
)
_SHOWN = (State("pacesetters-round", "data"), State("pacesetters-query", "data"))
Acts = Mapping[str, Callable[[Session], Any]]
Query = dict[str, str] | None


@guarded_callback(
    Output("pacesetters-firm", "data"),
    Input("pacesetters-firm", "searchValue"),
    State("pacesetters-firm", "value"),
    may=Action.NOMINATE_PACESETTERS,
    prevent_initial_call=True,
)
def firms_named(search: str | None, chosen: str | None) -> list[dict[str, str]]:
    """The firms that fit, and the one that is chosen already: a list drops what is not among its own."""
    with request.database() as session:
        found = dict(search_firms(session, request.person(), search or "", action=Action.NOMINATE_PACESETTERS))
        if chosen:
            found |= dict(search_firms(session, request.person(), chosen, action=Action.NOMINATE_PACESETTERS))
    return [{"value": firm, "label": name} for firm, name in found.items()]


@guarded_callback(
    *_AFTER,
    Input("pacesetters-begin", "n_clicks"),
    Input("pacesetters-back", "n_clicks"),
    *_SHOWN,
    State("pacesetters-year", "value"),
    State("pacesetters-as-of", "value"),
    State("pacesetters-back-why", "value"),
    may=Action.KEEP_PACESETTERS,
    prevent_initial_call=True,
)
def begin(
    _begin: int | None,
    _back: int | None,
    shown: int | None,
    query: Query,
    year: int | float | str | None,
    as_of: str | None,
    why: str | None,
) -> tuple[Any, Any]:
    person, now = request.person(), request.now()
    day = day_of(as_of) or request.today()
    return _one_of(
        query,
        {
            "pacesetters-begin": lambda session: choosing.begin_round(session, person, _year(year), day, now=now),
            "pacesetters-back": lambda session: choosing.withdraw_round(
                session, person, number_of(shown), why or "", now=now
            ),
        },
    )


@guarded_callback(
    *_AFTER,
    Input("pacesetters-nominate", "n_clicks"),
    Input("pacesetters-withdraw", "n_clicks"),
    *_SHOWN,
    State("pacesetters-firm", "value"),
    State("pacesetters-why", "value"),
    State("pacesetters-wrong", "value"),
    State("pacesetters-wrong-why", "value"),
    may=Action.NOMINATE_PACESETTERS,
    prevent_initial_call=True,
)
def nominate(
    _nominate: int | None,
    _withdraw: int | None,
    shown: int | None,
    query: Query,
    firm: str | None,
    why: str | None,
    wrong: str | None,
    wrong_why: str | None,
) -> tuple[Any, Any]:
    person, now = request.person(), request.now()

    def named(session: Session) -> Any:
        if not firm:
            raise ChoiceNotPossible(Message(N_("Choose the firm.")))
        return choosing.nominate(session, person, number_of(shown), firm, why or "", now=now)

    return _one_of(
        query,
        {
            "pacesetters-nominate": named,
            "pacesetters-withdraw": lambda session: choosing.withdraw_nomination(
                session, person, _chosen(wrong), wrong_why or "", now=now
            ),
        },
    )


@guarded_callback(
    *_AFTER,
    Input("pacesetters-publish", "n_clicks"),
    *_SHOWN,
    State("pacesetters-public-on", "value"),
    State("pacesetters-days", "value"),
    may=Action.KEEP_PACESETTERS,
    prevent_initial_call=True,
)
def publish(
    _clicks: int | None, shown: int | None, query: Query, on: str | None, days: int | float | str | None
) -> tuple[Any, Any]:
    person, now = request.person(), request.now()
    number = days if isinstance(days, int) else None
    return _done(
        query,
        lambda session: choosing.publish(
            session, person, number_of(shown), day_of(on) or request.today(), now=now, working_days=number
        ),
    )


@guarded_callback(
    *_AFTER,
    Input("pacesetters-object", "n_clicks"),
    Input("pacesetters-answer-save", "n_clicks"),
    *_SHOWN,
    State("pacesetters-objected", "value"),
    State("pacesetters-from", "value"),
    State("pacesetters-content", "value"),
    State("pacesetters-received", "value"),
    State("pacesetters-objection", "value"),
    State("pacesetters-upheld", "value"),
    State("pacesetters-answer", "value"),
    may=Action.KEEP_PACESETTERS,
    prevent_initial_call=True,
)
def objections(
    _object: int | None,
    _answer: int | None,
    _shown: int | None,
    query: Query,
    objected: str | None,
    whom: str | None,
    content: str | None,
    received: str | None,
    objection: str | None,
    upheld: str | None,
    answer: str | None,
) -> tuple[Any, Any]:
    person, now, today = request.person(), request.now(), request.today()

    def answered(session: Session) -> Any:
        if upheld not in ("yes", "no"):
            raise ChoiceNotPossible(Message(N_("Choose whether the objection is upheld.")))
        number = _chosen(objection)
        return deciding.answer_objection(session, person, number, upheld == "yes", answer or "", today, now=now)

    return _one_of(
        query,
        {
            "pacesetters-object": lambda session: deciding.object_to(
                session, person, _chosen(objected), whom or "", content or "", day_of(received) or today, now=now
            ),
            "pacesetters-answer-save": answered,
        },
    )


@guarded_callback(
    *_AFTER,
    Output("pacesetters-second-password", "value"),
    Input("pacesetters-name", "n_clicks"),
    Input("pacesetters-not-name", "n_clicks"),
    Input("pacesetters-revoke", "n_clicks"),
    *_SHOWN,
    State("pacesetters-decided", "value"),
    State("pacesetters-decision-why", "value"),
    State("pacesetters-decided-on", "value"),
    State("pacesetters-second", "value"),
    State("pacesetters-second-password", "value"),
    State("pacesetters-second-code", "value"),
    may=Action.KEEP_PACESETTERS,
    prevent_initial_call=True,
)
def decide(
    _name: int | None,
    _not_name: int | None,
    _revoke: int | None,
    _shown: int | None,
    query: Query,
    decided: str | None,
    why: str | None,
    on: str | None,
    second: str | None,
    password: str | None,
    code: str | None,
) -> tuple[Any, Any, Any]:
    person, now, day = request.person(), request.now(), day_of(on) or request.today()
    words = why or ""

    def signed() -> str | None:
        return second_person(second, password, code) if second or password else None

    try:
        signed_by = signed() if ctx.triggered_id != "pacesetters-not-name" else None
    except ShownToPeople as error:
        return no_update, warning(error), ""
    acts: Acts = {
        "pacesetters-name": lambda session: deciding.decide(
            session, person, _chosen(decided), True, words, day, now=now, signed_by=signed_by
        ),
        "pacesetters-not-name": lambda session: deciding.decide(
            session, person, _chosen(decided), False, words, day, now=now
        ),
        "pacesetters-revoke": lambda session: deciding.revoke(
            session, person, _chosen(decided), words, day, now=now, signed_by=signed_by
        ),
    }
    return (*_one_of(query, acts), "")


# --- within ----------------------------------------------------------------------------------------


def _one_of(query: Query, acts: Acts) -> tuple[Any, Any]:
    """Do what the pressed button says."""
    pressed = str(ctx.triggered_id)
    if pressed not in acts:
        abort(400)
    return _done(query, acts[pressed])


def _done(query: Query, act: Callable[[Session], Any]) -> tuple[Any, Any]:
    """Do it and draw the choice anew; what is refused is said, and what was filled in stays."""
    view = View(request.person(), request.today(), request.dark(), query or {})
    try:
        with request.database() as session, session.begin():
            act(session)
    except ShownToPeople as error:
        return no_update, warning(error)
    return body(view, _("Saved.")), no_update


def _chosen(number: str | None) -> int:
    """The number of the nomination or objection that was chosen."""
    found = number_chosen(number)
    if found is None:
        raise ChoiceNotPossible(Message(N_("Choose which one is meant.")))
    return found


def _year(year: int | float | str | None) -> int:
    if not isinstance(year, int) or not 2000 <= year <= 2199:
        raise ChoiceNotPossible(Message(N_("Write the year with four digits.")))
    return year


PAGES = ()
