"""What the buttons of the page of the problems do; after each the page is drawn as it stands then."""

from collections.abc import Callable
from typing import Any

from dash import ALL, Input, Output, State, ctx, no_update
from flask import abort
from sqlalchemy.orm import Session

from dashboard.components.cards import warning
from dashboard.pages.problems.forms import DOT, choices
from dashboard.pages.problems.page import body, dialog
from dashboard.queries.firm import search_firms
from dashboard.web import request
from dashboard.web.callbacks import guarded_callback
from dashboard.web.routes import View
from dashboard.web.sent import day_of, number_of
from pipeline.accounts.people import Action
from pipeline.errors import ShownToPeople
from pipeline.language import N_, Message
from pipeline.language import gettext as _
from pipeline.tutoring.meanwhile import ChangedMeanwhile
from pipeline.tutoring.problems import problems
from pipeline.tutoring.problems.escalation import raise_overdue
from pipeline.tutoring.problems.problems import ProblemNotPossible


@guarded_callback(
    Output("problems-firms", "data"),
    Input("problems-firms", "searchValue"),
    State("problems-firms", "value"),
    may=Action.RECORD_VISITS,
    prevent_initial_call=True,
)
def firms_named(search: str | None, chosen: list[str] | None) -> list[dict[str, str]]:
    """The firms that fit, and those that are chosen already: a list drops what is not among its own."""
    return choices({**_found(search), **{firm: name for each in chosen or [] for firm, name in _found(each).items()}})


@guarded_callback(
    Output("problems-other", "data"),
    Input("problems-other", "searchValue"),
    may=Action.RECORD_VISITS,
    prevent_initial_call=True,
)
def other_firms_named(search: str | None) -> list[dict[str, str]]:
    return choices(_found(search))


@guarded_callback(
    Output("problems-body", "children", allow_duplicate=True),
    Output("problems-said", "children", allow_duplicate=True),
    Input("problems-record", "n_clicks"),
    State("problems-query", "data"),
    State("problems-firms", "value"),
    State("problems-kind", "value"),
    State("problems-text", "value"),
    State("problems-department", "value"),
    State("problems-due", "value"),
    State("problems-on", "value"),
    may=Action.RECORD_VISITS,
    prevent_initial_call=True,
)
def record(
    _clicks: int | None,
    query: dict[str, str] | None,
    firms: list[str] | None,
    kind: str | None,
    text: str | None,
    department: str | None,
    due: str | None,
    on: str | None,
) -> tuple[Any, Any]:
    """Keep a problem; what is refused is said, and what was filled in stays."""
    try:
        with request.database() as session, session.begin():
            due_on = day_of(due)
            if not kind or due_on is None:
                raise ProblemNotPossible(Message(N_("Choose the kind of problem, and the day by which to solve it.")))
            day = day_of(on) or request.today()
            kept = problems.record_problem(
                session, request.person(), firms or [], kind, text or "", department, due_on, day, now=request.now()
            )
            said = _("Problem %(number)s recorded.", number=kept.id)
    except ShownToPeople as error:
        return no_update, warning(error)
    return body(_view(query), said), no_update


@guarded_callback(
    Output("problems-body", "children", allow_duplicate=True),
    Input("problems-raise", "n_clicks"),
    State("problems-query", "data"),
    may=Action.RECORD_VISITS,
    prevent_initial_call=True,
)
def raise_now(_clicks: int | None, query: dict[str, str] | None) -> Any:
    """Raise what is overdue for long enough; doing it again changes nothing."""
    with request.database() as session, session.begin():
        raised = raise_overdue(session, request.person(), request.today(), request.now())
    return body(_view(query), _("%(count)s problems raised.", count=len(raised)))


@guarded_callback(
    Output("problems-dialog", "opened"),
    Output("problems-followed", "children", allow_duplicate=True),
    Output("problems-refused", "children", allow_duplicate=True),
    Input({"type": "problems-open", "problem": ALL}, "n_clicks"),
    may=Action.SEE_FINDINGS,
    prevent_initial_call=True,
)
def follow(_clicks: list[int | None]) -> tuple[Any, Any, Any]:
    """The dialog of the problem whose button was pressed."""
    pressed = ctx.triggered_id
    number = pressed.get("problem") if isinstance(pressed, dict) else None
    return True, dialog(_view(None), number_of(number)), ""


@guarded_callback(
    Output("problems-body", "children", allow_duplicate=True),
    Output("problems-followed", "children", allow_duplicate=True),
    Output("problems-refused", "children", allow_duplicate=True),
    Input("problems-entry-save", "n_clicks"),
    Input("problems-resolve", "n_clicks"),
    Input("problems-postpone", "n_clicks"),
    Input("problems-hand", "n_clicks"),
    Input("problems-join", "n_clicks"),
    Input("problems-leave", "n_clicks"),
    Input("problems-reopen", "n_clicks"),
    Input("problems-withdraw", "n_clicks"),
    State("problems-shown", "data"),
    State("problems-query", "data"),
    State("problems-entry-kind", "value"),
    State("problems-entry-on", "value"),
    State("problems-entry-text", "value"),
    State("problems-change-on", "value"),
    State("problems-why", "value"),
    State("problems-later", "value"),
    State("problems-owner", "value"),
    State("problems-other", "value"),
    State("problems-leaving", "value"),
    may=Action.RECORD_VISITS,
    prevent_initial_call=True,
)
def change(
    _entry: int | None,
    _resolve: int | None,
    _postpone: int | None,
    _hand: int | None,
    _join: int | None,
    _leave: int | None,
    _reopen: int | None,
    _withdraw: int | None,
    shown: list[int] | None,
    query: dict[str, str] | None,
    entry_kind: str | None,
    entry_on: str | None,
    entry_text: str | None,
    on: str | None,
    why: str | None,
    later: str | None,
    owner: str | None,
    other: str | None,
    leaving: str | None,
) -> tuple[Any, Any, Any]:
    """Do what the button says, and draw page and dialog as they are then; what is refused is said in the dialog."""
    if not shown or len(shown) != 2:
        abort(400)
    number, seen = number_of(shown[0]), number_of(shown[1])
    person, day, words = request.person(), day_of(on) or request.today(), why or ""
    about: dict[str, Any] = {"now": request.now(), "seen": seen}

    def postpone(session: Session) -> Any:
        due_on = day_of(later)
        if due_on is None:
            raise ProblemNotPossible(Message(N_("Choose the day by which it is to be solved instead.")))
        return problems.postpone(session, person, number, due_on, words, day, **about)

    def with_firm(act: Callable[[Session, str], Any], firm: str | None) -> Callable[[Session], Any]:
        def do(session: Session) -> Any:
            if not firm:
                raise ProblemNotPossible(Message(N_("Choose the firm.")))
            return act(session, firm)

        return do

    acts: dict[str, Callable[[Session], Any]] = {
        "problems-entry-save": lambda session: problems.add_entry(
            session,
            person,
            number,
            entry_kind or "",
            entry_text or "",
            day_of(entry_on) or request.today(),
            **about,
        ),
        "problems-resolve": lambda session: problems.resolve(session, person, number, words, day, **about),
        "problems-postpone": postpone,
        "problems-hand": lambda session: problems.hand_to(session, person, number, owner, words, day, **about),
        "problems-join": with_firm(
            lambda session, firm: problems.add_firm(session, person, number, firm, day, **about), other
        ),
        "problems-leave": with_firm(
            lambda session, firm: problems.leave(session, person, number, firm, words, day, **about), leaving
        ),
        "problems-reopen": lambda session: problems.reopen(session, person, number, words, day, **about),
        "problems-withdraw": lambda session: problems.withdraw(session, person, number, words, day, **about),
    }
    view = _view(query)
    try:
        with request.database() as session, session.begin():
            acts[str(ctx.triggered_id)](session)
    except ChangedMeanwhile as error:
        return body(view), dialog(view, number), warning(error)
    except ShownToPeople as error:
        return no_update, no_update, warning(error)
    return body(view), dialog(view, number), _("Saved.")


def _found(search: str | None) -> dict[str, str]:
    """The firms whose name or code holds these words, as a list shows or a person writes them."""
    with request.database() as session:
        return dict(search_firms(session, request.person(), (search or "").rpartition(DOT)[2]))


def _view(query: dict[str, str] | None) -> View:
    return View(request.person(), request.today(), request.dark(), query or {})


PAGES = ()
