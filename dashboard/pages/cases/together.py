"""What is done to the cases that are marked in the list: a mentor for all of them, or a proposal that gives all mentors
about as many, or a stage, or a task; with one reason, and undone for a minute. After each the page is drawn anew."""

from collections.abc import Mapping
from typing import Any

from dash import Input, Output, State, ctx, no_update
from dash.development.base_component import Component
from sqlalchemy.orm import Session

from dashboard.checked_once import html
from dashboard.components import terms
from dashboard.components.cards import table, warning
from dashboard.pages.cases.bar import NOBODY, Done
from dashboard.pages.cases.open_cases import body
from dashboard.web import request
from dashboard.web.callbacks import fits, guarded_callback
from dashboard.web.routes import View
from dashboard.web.sent import day_of
from pipeline import language
from pipeline.accounts.people import Action
from pipeline.errors import ShownToPeople
from pipeline.language import N_, Message
from pipeline.language import gettext as _
from pipeline.tutoring import many_cases
from pipeline.tutoring.cases import CaseNotPossible
from pipeline.tutoring.many_cases import Together
from pipeline.tutoring.mentors.workloads import proposed_mentors

#: Of those that could not be changed so many are named.
_NAMED = 10


@guarded_callback(
    Output("cases-proposal", "children"),
    Output("cases-proposed", "data"),
    Output("cases-confirm-frame", "style"),
    Input("cases-propose", "n_clicks"),
    State("cases-grid", "selectedRows"),
    may=Action.KEEP_CASES,
    prevent_initial_call=True,
)
def propose(_clicks: int | None, marked: list[dict[str, Any]] | None) -> tuple[Any, Any, Any]:
    """Who would look after the marked cases; nothing is changed."""
    seen = _seen(marked)
    if not seen:
        return warning(_("Mark one or more cases first.")), None, {"display": "none"}
    with request.database() as session:
        chosen = proposed_mentors(session, request.person(), list(seen))
        firms = many_cases.firms_of(session, request.person(), list(chosen))
        rows: list[list[Any]] = [
            [firms[number].name or firms[number].id, terms.district(firms[number].district_code), account.name]
            for number, account in chosen.items()
        ]
    left = len(seen) - len(chosen)
    note = [html.P(_("%(count)s cases stay as they are.", count=left), className="card-note")] if left else []
    listed = html.Div(
        table([_("Firm"), _("District"), _("Mentor")], rows), style={"maxHeight": "20rem", "overflowY": "auto"}
    )
    data = {str(number): account.id for number, account in chosen.items()}
    return [listed, *note], data, {} if chosen else {"display": "none"}


@guarded_callback(
    Output("cases-body", "children"),
    Output("cases-said", "children"),
    Input("cases-assign", "n_clicks"),
    Input("cases-confirm", "n_clicks"),
    Input("cases-lead", "n_clicks"),
    Input("cases-move", "n_clicks"),
    Input("cases-set-task", "n_clicks"),
    Input("cases-undo", "n_clicks"),
    State("cases-grid", "selectedRows"),
    State("cases-why", "value"),
    State("cases-mentor", "value"),
    State("cases-proposed", "data"),
    State("cases-level", "value"),
    State("cases-leader", "value"),
    State("cases-leader-name", "value"),
    State("cases-leader-post", "value"),
    State("cases-stage", "value"),
    State("cases-stage-on", "value"),
    State("cases-task", "value"),
    State("cases-task-due", "value"),
    State("cases-task-for-firm", "checked"),
    State("cases-act", "data"),
    State("cases-query", "data"),
    may=Action.KEEP_CASES,
    prevent_initial_call=True,
)
def act(
    _assign: int | None,
    _confirm: int | None,
    _lead: int | None,
    _move: int | None,
    _set: int | None,
    _undo: int | None,
    marked: list[dict[str, Any]] | None,
    why: str | None,
    mentor: str | None,
    proposed: dict[str, int] | None,
    level: str | None,
    leader: str | None,
    leader_name: str | None,
    leader_post: str | None,
    stage: str | None,
    on: str | None,
    what: str | None,
    due: str | None,
    for_firm: bool | None,
    last: str | None,
    query: dict[str, str] | None,
) -> tuple[Any, Any]:
    """Do it, and draw the page as it is then; what is refused is said, and what was marked stays marked."""
    person, now, seen = request.person(), request.now(), _seen(marked)
    pressed = str(ctx.triggered_id)
    undone = pressed == "cases-undo"
    try:
        with request.database() as session, session.begin():
            if undone:
                done = many_cases.undo(session, person, last or "", now=now)
            elif pressed == "cases-move":
                day = day_of(on) or request.today()
                done = many_cases.move(session, person, list(seen), stage or "", day, why or "", now=now, seen=seen)
            elif pressed == "cases-lead":
                account = int(leader) if leader and leader.isdecimal() else None
                done = many_cases.name_leaders(
                    session,
                    person,
                    list(seen),
                    level or "",
                    why or "",
                    account_id=account,
                    name=leader_name,
                    post=leader_post,
                    now=now,
                    seen=seen,
                )
            elif pressed == "cases-set-task":
                due_on = day_of(due)
                if due_on is None:
                    raise CaseNotPossible(Message(N_("Give the day by which it is to be done.")))
                done = many_cases.set_task(
                    session, person, list(seen), what or "", due_on, why or "", now=now, for_firm=bool(for_firm)
                )
            else:
                wanted = _wanted(proposed or {}) if pressed == "cases-confirm" else _all_to(mentor, seen)
                done = many_cases.assign_mentors(session, person, wanted, why or "", now=now, seen=seen)
            said = _told(session, done, undone)
    except ShownToPeople as error:
        return no_update, warning(error)
    after = Done(said, done.act if done.done and not undone else None)
    return body(View(person, request.today(), request.dark(), query or {}), after), no_update


def _told(session: Session, done: Together, undone: bool) -> list[Component]:
    counted = (
        _("%(count)s cases are as they were.", count=len(done.done))
        if undone
        else _("%(count)s cases changed.", count=len(done.done))
    )
    firms = many_cases.firms_of(session, request.person(), [number for number, _why in done.left])
    names = {number: firm.name or firm.id for number, firm in firms.items()}
    left = [
        html.Div(warning(language.headed(names.get(number, str(number)), str(why))))
        for number, why in done.left[:_NAMED]
    ]
    more = len(done.left) - len(left)
    if more > 0:
        left.append(html.Div(_("… and %(count)s more", count=more)))
    return [html.Div(counted), *left]


def _seen(marked: list[dict[str, Any]] | None) -> dict[int, int]:
    """The marked cases and the version of each that the person saw."""
    return {
        row["case_id"]: row["version"]
        for row in marked or []
        if fits(row.get("case_id"), int) and fits(row.get("version"), int)
    }


def _all_to(mentor: str | None, seen: Mapping[int, int]) -> dict[int, int | None]:
    """One account for all that are marked. Raises CaseNotPossible where none was chosen."""
    if mentor == NOBODY:
        return dict.fromkeys(seen)
    if not (mentor and mentor.isdecimal()):
        raise CaseNotPossible(Message(N_("Choose the mentor.")))
    return dict.fromkeys(seen, int(mentor))


def _wanted(proposed: Mapping[str, Any]) -> dict[int, int | None]:
    return {int(number): account for number, account in proposed.items() if number.isdecimal() and fits(account, int)}


PAGES = ()
