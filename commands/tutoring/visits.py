"""Visits and their next steps on the command line; all that the board can do."""

from collections.abc import Callable
from dataclasses import fields
from datetime import date
from functools import wraps
from typing import TYPE_CHECKING, Any

import click

from commands.shared import Day, DistrictCode, as_json_option, command, console, database, now, show, today, why_option
from commands.tutoring.cases import cases, firm_argument, on_option
from commands.tutoring.names import account_id
from pipeline.language import N_
from pipeline.language import gettext as _
from pipeline.tutoring.stages import STAGES
from pipeline.tutoring.visit_list.conditions import STEPS, VisitConditions

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from pipeline.tutoring.visits import Step, VisitSeen

_visit = click.argument("visit", type=int, metavar="VISIT")
_step = click.option("--step", metavar="TEXT", help=N_("What is to be done next."))
_due = click.option("--due", type=Day(), metavar="DAY", help=N_("The day by which it is to be done."))
_owner = click.option("--owner", metavar="NAME", help=N_("The account that is to do it; unless given, the mentor."))


def visit_conditions(call: Callable[..., Any]) -> Callable[..., Any]:
    """The options that narrow a list of visits, as one VisitConditions `chosen`."""

    @wraps(call)
    def with_conditions(**values: Any) -> Any:
        chosen = VisitConditions(**{each.name: values.pop(each.name) for each in fields(VisitConditions)})
        return call(chosen=chosen, **values)

    for option in reversed(_CONDITIONS):
        with_conditions = option(with_conditions)
    return with_conditions


_CONDITIONS = (
    click.option("--district", type=DistrictCode(), metavar="CODE", help=N_("Only firms of this district.")),
    click.option("--person", metavar="NAME", help=N_("Only visits by this account, or to firms it looks after.")),
    click.option("--from", "since", type=Day(), metavar="DAY", help=N_("Only visits of this day or later.")),
    click.option("--to", "until", type=Day(), metavar="DAY", help=N_("Only visits of this day or earlier.")),
    click.option("--stage", type=click.Choice(sorted(STAGES)), help=N_("Only firms whose case is in this stage.")),
    click.option(
        "--step", type=click.Choice(STEPS), help=N_("Only visits whose next step is still to be done, or late.")
    ),
    click.option("--attached", is_flag=True, help=N_("Only visits with files.")),
    click.option(
        "--words", metavar="TEXT", help=N_("Only visits with these words in what was found or is to be done.")
    ),
    click.option("--firm", "firm_id", metavar="FIRM", help=N_("Only visits to this firm.")),
    click.option("--withdrawn", is_flag=True, help=N_("Withdrawn visits too.")),
)


@command(
    cases,
    "tasks",
    N_("Every task and next step that is to be done, the longest overdue first."),
    "goldseed cases tasks",
)
@click.option("--overdue", is_flag=True, help=N_("Only those that are overdue."))
@click.option("--person", metavar="NAME", help=N_("Only those of this account."))
@as_json_option
def list_tasks(overdue: bool, person: str | None, as_json: bool) -> None:
    from sqlalchemy.orm import Session

    from pipeline.tutoring import visits

    with Session(database()) as session:
        listed = [
            _task(step)
            for step in visits.open_steps(session, today(), console())
            if (step.days_late > 0 or not overdue) and person in (None, step.owner)
        ]

    def lines(entries: list[dict[str, Any]]) -> list[str]:
        return [
            f"{each['task'] or each['visit']:>5}{'' if each['task'] else 'v'}  {each['due_on']}  {each['firm_id']:<20} "
            f"{each['next_step']}  {each['owner'] or ''}"
            for each in entries
        ] or [_("No step is waiting. Visits bring them.")]

    show(listed, as_json, lines)


@command(
    cases, "visits", N_("The visits to a firm, the latest first."), "goldseed cases visits 91XXXXXXMA5CA1L08E --json"
)
@firm_argument
@as_json_option
def list_visits(firm: str, as_json: bool) -> None:
    from sqlalchemy.orm import Session

    from pipeline.tutoring import visits

    with Session(database()) as session:
        listed = [_visited(each) for each in visits.visits_of(session, console(), firm)]
    show(listed, as_json, lambda entries: [_visit_text(each) for each in entries] or [_("No visit yet.")])


@command(
    cases,
    "record-visit",
    N_("Record a visit to a firm in tutoring, with its next step where there is one."),
    'goldseed cases record-visit 91XXXXXXMA5CA1L08E --findings "stable" --step "audit report" --due 2024-06-01',
)
@firm_argument
@on_option
@click.option("--findings", required=True, metavar="TEXT", help=N_("What was found."))
@_step
@_due
@_owner
@as_json_option
def record_visit(
    firm: str,
    on: date | None,
    findings: str,
    step: str | None,
    due: date | None,
    owner: str | None,
    as_json: bool,
) -> None:
    from pipeline.tutoring import visits

    _change_visit(
        as_json,
        lambda session: visits.record_visit(
            session,
            console(),
            firm,
            on or today(),
            findings,
            step,
            due,
            now=now(),
            owner_id=account_id(session, owner),
        ),
    )


@command(
    cases,
    "correct-visit",
    N_("A visit was on another day, or something else was found."),
    'goldseed cases correct-visit 12 --on 2024-05-02 --why "wrong day"',
)
@_visit
@click.option("--on", type=Day(), metavar="DAY", help=N_("The day of the visit; as it is unless given."))
@click.option("--findings", metavar="TEXT", help=N_("What was found; as it is unless given."))
@why_option
@as_json_option
def correct_visit(visit: int, on: date | None, findings: str | None, why: str, as_json: bool) -> None:
    from pipeline.tutoring import corrections, visits

    def change(session: "Session") -> Any:
        found, _case_of_it = visits.changing(session, console(), visit)
        return corrections.correct_visit(
            session, console(), visit, on or found.visited_on, findings or found.findings, why, now=now()
        )

    _change_visit(as_json, change)


@command(
    cases,
    "withdraw-visit",
    N_("A visit was recorded by mistake; it stays on record and counts nowhere."),
    'goldseed cases withdraw-visit 12 --why "wrong firm"',
)
@_visit
@why_option
@as_json_option
def withdraw_visit(visit: int, why: str, as_json: bool) -> None:
    from pipeline.tutoring import corrections

    _change_visit(as_json, lambda session: corrections.withdraw_visit(session, console(), visit, why, now=now()))


@command(
    cases,
    "change-step",
    N_("A next step is another, due on another day, or somebody else's to do."),
    'goldseed cases change-step 12 --due 2024-07-01 --why "the auditor is late"',
)
@_visit
@click.option("--step", metavar="TEXT", help=N_("What is to be done; as it is unless given."))
@click.option("--due", type=Day(), metavar="DAY", help=N_("The day by which it is due; as it is unless given."))
@click.option("--owner", metavar="NAME", help=N_("The account that is to do it; as it is unless given."))
@click.option("--mentor", "to_mentor", is_flag=True, help=N_("The mentor is to do it."))
@why_option
@as_json_option
def change_step(
    visit: int, step: str | None, due: date | None, owner: str | None, to_mentor: bool, why: str, as_json: bool
) -> None:
    from pipeline.tutoring import corrections, visits

    def change(session: "Session") -> Any:
        found, _case_of_it = visits.changing(session, console(), visit)
        owner_id = None if to_mentor else account_id(session, owner) if owner else found.owner_id
        return corrections.change_step(
            session, console(), visit, step or found.next_step, due or found.due_on, owner_id, why, now=now()
        )

    _change_visit(as_json, change)


@command(
    cases,
    "withdraw-step",
    N_("A next step is not wanted after all; the visit stays."),
    'goldseed cases withdraw-step 12 --why "settled otherwise"',
)
@_visit
@why_option
@as_json_option
def withdraw_step(visit: int, why: str, as_json: bool) -> None:
    from pipeline.tutoring import corrections

    _change_visit(as_json, lambda session: corrections.withdraw_step(session, console(), visit, why, now=now()))


@command(cases, "finish-step", N_("A next step is done."), "goldseed cases finish-step 12 --on 2024-06-01")
@_visit
@on_option
@click.option("--note", metavar="TEXT", help=N_("What came of it."))
@as_json_option
def finish_step(visit: int, on: date | None, note: str | None, as_json: bool) -> None:
    from pipeline.tutoring import visits

    _change_visit(
        as_json,
        lambda session: visits.finish_step(session, console(), visit, on or today(), now=now(), note=note),
    )


@command(
    cases,
    "reopen-step",
    N_("A step that was marked as done is not done."),
    'goldseed cases reopen-step 12 --why "only half of it"',
)
@_visit
@why_option
@as_json_option
def reopen_step(visit: int, why: str, as_json: bool) -> None:
    from pipeline.tutoring import corrections

    _change_visit(as_json, lambda session: corrections.reopen_step(session, console(), visit, why, now=now()))


# --- within ----------------------------------------------------------------------------------------------------


def _change_visit(as_json: bool, change: Callable[["Session"], Any]) -> None:
    """Make a change to a visit and print the visit as it is then."""
    from sqlalchemy.orm import Session

    from pipeline.store.tables import Case
    from pipeline.tutoring import visits

    with Session(database()) as session, session.begin():
        changed = change(session)
        firm = session.get_one(Case, changed.case_id).firm_id
        seen = visits.visits_of(session, console(), firm)
        document = _visited(next(each for each in seen if each.id == changed.id))
    show(document, as_json, _visit_text)


def _task(step: "Step") -> dict[str, Any]:
    return {
        "visit": step.visit_id,
        "task": step.task_id,
        "case": step.case_id,
        "firm_id": step.firm_id,
        "firm": step.firm_name,
        "next_step": step.next_step,
        "due_on": step.due_on,
        "days_late": step.days_late,
        "owner": step.owner,
        "mentor": step.mentor,
    }


def _visited(visit: "VisitSeen") -> dict[str, Any]:
    def withdrawn(found: Any) -> dict[str, Any] | None:
        return None if found is None else {"by": found.by, "at": found.at, "why": found.why}

    return {
        "visit": visit.id,
        "case": visit.case_id,
        "visited_on": visit.visited_on,
        "visited_by": visit.visited_by,
        "findings": visit.findings,
        "next_step": visit.next_step,
        "due_on": visit.due_on,
        "owner": visit.owner,
        "done_on": visit.done_on,
        "done_by": visit.done_by,
        "done_note": visit.done_note,
        "withdrawn": withdrawn(visit.withdrawn),
        "step_withdrawn": withdrawn(visit.step_withdrawn),
    }


def _visit_text(each: dict[str, Any]) -> str:
    text = f"{each['visit']:>5}  {each['visited_on']}  {each['visited_by']}: {each['findings']}"
    if each["next_step"]:
        text += f" → {each['next_step']} ({each['due_on']}{', ' + each['owner'] if each['owner'] else ''})"
    if each["done_on"]:
        text += " " + _("done %(day)s", day=each["done_on"])
    gone = each["withdrawn"] or each["step_withdrawn"]
    return f"{text}  ✗ {gone['by']}: {gone['why']}" if gone else text
