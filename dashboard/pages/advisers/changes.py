"""What the buttons of the register do; after each the page is drawn as it stands then."""

from collections.abc import Callable, Mapping
from datetime import date
from typing import Any

from dash import Input, Output, State, ctx, no_update
from flask import abort
from sqlalchemy.orm import Session

from dashboard.components.cards import warning
from dashboard.pages.advisers.forms import GRADES
from dashboard.pages.advisers.page import body
from dashboard.queries.firm import search_firms
from dashboard.web import request
from dashboard.web.callbacks import guarded_callback
from dashboard.web.routes import View
from dashboard.web.sent import day_of, number_and_version
from pipeline.accounts.people import Action
from pipeline.advisers import evaluations, register, spot_checks
from pipeline.advisers.kinds import CRITERIA
from pipeline.advisers.register import Filing
from pipeline.errors import ShownToPeople
from pipeline.language import N_, Message
from pipeline.language import gettext as _
from pipeline.tutoring.advisers import WrongAdviser
from pipeline.tutoring.meanwhile import ChangedMeanwhile
from pipeline.tutoring.negative_list import entries

_AFTER = (
    Output("advisers-body", "children", allow_duplicate=True),
    Output("advisers-said", "children", allow_duplicate=True),
)
_PAGE = (State("advisers-query", "data"),)
_SHOWN = (State("advisers-shown", "data"), State("advisers-query", "data"))
Acts = Mapping[str, Callable[[Session], Any]]


@guarded_callback(
    *_AFTER,
    Input("advisers-new", "n_clicks"),
    *_PAGE,
    State("advisers-new-kind", "value"),
    State("advisers-new-name", "value"),
    State("advisers-new-code", "value"),
    may=Action.KEEP_ADVISERS,
    prevent_initial_call=True,
)
def add(
    _clicks: int | None, query: dict[str, str] | None, kind: str | None, name: str | None, code: str | None
) -> tuple[Any, Any]:
    return _done(
        query,
        lambda session: register.register(session, request.person(), kind or "", name or "", code, now=request.now()),
    )


@guarded_callback(
    *_AFTER,
    Input("advisers-draw", "n_clicks"),
    *_PAGE,
    State("advisers-draw-subject", "value"),
    State("advisers-draw-strata", "value"),
    State("advisers-draw-size", "value"),
    State("advisers-draw-seed", "value"),
    State("advisers-draw-why", "value"),
    State("advisers-draw-on", "value"),
    may=Action.KEEP_ADVISERS,
    prevent_initial_call=True,
)
def draw(
    _clicks: int | None,
    query: dict[str, str] | None,
    subject: str | None,
    strata: str | None,
    size: int | str | None,
    seed: str | None,
    why: str | None,
    on: str | None,
) -> tuple[Any, Any]:
    def act(session: Session) -> Any:
        many = size if isinstance(size, int) else 0
        about: dict[str, Any] = {"now": request.now(), "seed": seed}
        return spot_checks.draw_check(
            session, request.person(), subject or "", strata or "", many, why or "", _day(on), **about
        )

    return _done(query, act)


@guarded_callback(
    *_AFTER,
    Input("advisers-result-save", "n_clicks"),
    *_PAGE,
    State("advisers-item", "value"),
    State("advisers-result", "value"),
    State("advisers-result-note", "value"),
    State("advisers-result-on", "value"),
    State("advisers-result-why", "value"),
    may=Action.KEEP_ADVISERS,
    prevent_initial_call=True,
)
def keep_result(
    _clicks: int | None,
    query: dict[str, str] | None,
    item: str | None,
    result: str | None,
    note: str | None,
    on: str | None,
    why: str | None,
) -> tuple[Any, Any]:
    return _done(
        query,
        lambda session: spot_checks.record_result(
            session, request.person(), _chosen(item), result or "", note or "", _day(on), now=request.now(), why=why
        ),
    )


@guarded_callback(
    Output("advisers-firm", "data"),
    Input("advisers-firm", "searchValue"),
    State("advisers-firm", "data"),
    State("advisers-firm", "value"),
    may=Action.RECORD_VISITS,
    prevent_initial_call=True,
)
def firms_named(search: str | None, offered: list[Any] | None, chosen: str | None) -> Any:
    """The firms that fit, besides the one that is chosen: a list drops what is not among its own."""
    if not (search or "").strip():
        return no_update
    with request.database() as session:
        found = dict(search_firms(session, request.person(), search or ""))
    kept = [one for one in offered or [] if isinstance(one, dict) and one.get("value") == chosen]
    return [*kept, *({"value": firm, "label": name} for firm, name in found.items() if firm != chosen)]


@guarded_callback(
    *_AFTER,
    Input("advisers-file", "n_clicks"),
    Input("advisers-filing-correct", "n_clicks"),
    Input("advisers-filing-withdraw", "n_clicks"),
    *_SHOWN,
    State("advisers-authority", "value"),
    State("advisers-number", "value"),
    State("advisers-filed-on", "value"),
    State("advisers-valid-until", "value"),
    State("advisers-filing", "value"),
    State("advisers-filing-why", "value"),
    may=Action.KEEP_ADVISERS,
    prevent_initial_call=True,
)
def keep_filing(
    _file: int | None,
    _correct: int | None,
    _withdraw: int | None,
    shown: list[int] | None,
    query: dict[str, str] | None,
    authority: str | None,
    number: str | None,
    filed_on: str | None,
    valid_until: str | None,
    wrong: str | None,
    why: str | None,
) -> tuple[Any, Any]:
    adviser, about = _shown(shown)
    person = request.person()

    def filing() -> Filing:
        return Filing(authority or "", number or "", _given(filed_on), day_of(valid_until))

    return _one_of(
        query,
        {
            "advisers-file": lambda session: register.file(session, person, adviser, filing(), **about),
            "advisers-filing-correct": lambda session: register.correct_filing(
                session, person, _chosen(wrong), filing(), why or "", **about
            ),
            "advisers-filing-withdraw": lambda session: register.withdraw_filing(
                session, person, _chosen(wrong), why or "", **about
            ),
        },
    )


@guarded_callback(
    *_AFTER,
    Input("advisers-evaluate", "n_clicks"),
    Input("advisers-evaluation-correct", "n_clicks"),
    Input("advisers-evaluation-withdraw", "n_clicks"),
    *_SHOWN,
    State("advisers-firm", "value"),
    State("advisers-year", "value"),
    *(State(name, "value") for name in GRADES),
    State("advisers-note", "value"),
    State("advisers-evaluated-on", "value"),
    State("advisers-evaluation", "value"),
    State("advisers-evaluation-why", "value"),
    may=Action.RECORD_VISITS,
    prevent_initial_call=True,
)
def evaluate(
    _evaluate: int | None,
    _correct: int | None,
    _withdraw: int | None,
    shown: list[int] | None,
    query: dict[str, str] | None,
    firm: str | None,
    year: int | str | None,
    competence: str | None,
    diligence: str | None,
    promptness: str | None,
    note: str | None,
    on: str | None,
    wrong: str | None,
    why: str | None,
) -> tuple[Any, Any]:
    adviser, about = _shown(shown)
    person = request.person()
    given = zip(CRITERIA, (competence, diligence, promptness), strict=True)
    grades = {name: int(grade) for name, grade in given if grade and grade.isdecimal()}

    def judge(session: Session) -> Any:
        if not firm or not isinstance(year, int):
            raise WrongAdviser(Message(N_("Choose the firm and the year.")))
        return evaluations.evaluate(session, person, adviser, firm, year, grades, note, _day(on), **about)

    return _one_of(
        query,
        {
            "advisers-evaluate": judge,
            "advisers-evaluation-correct": lambda session: evaluations.correct(
                session, person, _chosen(wrong), grades, note, why or "", _day(on), **about
            ),
            "advisers-evaluation-withdraw": lambda session: evaluations.withdraw(
                session, person, _chosen(wrong), why or "", **about
            ),
        },
    )


@guarded_callback(
    *_AFTER,
    Input("advisers-list", "n_clicks"),
    Input("advisers-reply", "n_clicks"),
    Input("advisers-extend", "n_clicks"),
    Input("advisers-lift", "n_clicks"),
    *_SHOWN,
    State("advisers-reason", "value"),
    State("advisers-evidence", "value"),
    State("advisers-begins-on", "value"),
    State("advisers-ends-on", "value"),
    State("advisers-entry", "value"),
    State("advisers-entry-on", "value"),
    State("advisers-entry-text", "value"),
    State("advisers-later", "value"),
    may=Action.KEEP_ADVISERS,
    prevent_initial_call=True,
)
def keep_negative_list(
    _list: int | None,
    _reply: int | None,
    _extend: int | None,
    _lift: int | None,
    shown: list[int] | None,
    query: dict[str, str] | None,
    reason: str | None,
    evidence: str | None,
    begins_on: str | None,
    ends_on: str | None,
    entry: str | None,
    on: str | None,
    text: str | None,
    later: str | None,
) -> tuple[Any, Any]:
    adviser, about = _shown(shown)
    person, words = request.person(), text or ""
    return _one_of(
        query,
        {
            "advisers-list": lambda session: entries.enter(
                session, person, adviser, reason or "", evidence or "", _given(begins_on), _given(ends_on), **about
            ),
            "advisers-reply": lambda session: entries.reply(session, person, _chosen(entry), words, _day(on), **about),
            "advisers-extend": lambda session: entries.extend(
                session, person, _chosen(entry), _given(later), words, _day(on), **about
            ),
            "advisers-lift": lambda session: entries.lift(session, person, _chosen(entry), words, _day(on), **about),
        },
    )


@guarded_callback(
    *_AFTER,
    Input("advisers-correct", "n_clicks"),
    Input("advisers-merge", "n_clicks"),
    *_SHOWN,
    State("advisers-name", "value"),
    State("advisers-code", "value"),
    State("advisers-own-why", "value"),
    State("advisers-wrong", "value"),
    may=Action.KEEP_ADVISERS,
    prevent_initial_call=True,
)
def correct(
    _correct: int | None,
    _merge: int | None,
    shown: list[int] | None,
    query: dict[str, str] | None,
    name: str | None,
    code: str | None,
    why: str | None,
    wrong: str | None,
) -> tuple[Any, Any]:
    adviser, about = _shown(shown)
    person = request.person()

    def merge(session: Session) -> Any:
        return register.merge(session, person, _chosen(wrong), adviser, why or "", now=about["now"])

    return _one_of(
        query,
        {
            "advisers-correct": lambda session: register.correct(
                session, person, adviser, why or "", name=name, credit_code=code or "", **about
            ),
            "advisers-merge": merge,
        },
    )


# --- within ----------------------------------------------------------------------------------------


def _one_of(query: dict[str, str] | None, acts: Acts) -> tuple[Any, Any]:
    """Do what the pressed button says."""
    pressed = str(ctx.triggered_id)
    if pressed not in acts:
        abort(400)
    return _done(query, acts[pressed])


def _done(query: dict[str, str] | None, act: Callable[[Session], Any]) -> tuple[Any, Any]:
    """Do it and draw the page anew; what is refused is said, and what was filled in stays."""
    view = View(request.person(), request.today(), request.dark(), query or {})
    try:
        with request.database() as session, session.begin():
            act(session)
    except ChangedMeanwhile as error:
        return body(view, str(error)), no_update
    except ShownToPeople as error:
        return no_update, warning(error)
    return body(view, _("Saved.")), no_update


def _shown(shown: list[int] | None) -> tuple[int, dict[str, Any]]:
    """The adviser that the page shows, and what each change of it says: the moment, and the version that was seen."""
    number, seen = number_and_version(shown)
    return number, {"now": request.now(), "seen": seen}


def _day(on: str | None) -> date:
    return day_of(on) or request.today()


def _given(day: str | None) -> date:
    found = day_of(day)
    if found is None:
        raise WrongAdviser(Message(N_("Choose the day.")))
    return found


def _chosen(number: str | None) -> int:
    """The number that was chosen in a list."""
    if not number:
        raise WrongAdviser(Message(N_("Choose which one is meant.")))
    if not number.isdecimal() or len(number) > 9:
        abort(400)
    return int(number)


PAGES = ()
