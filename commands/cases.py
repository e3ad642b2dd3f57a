"""Tutoring on the command line: cases, their stages, visits and next steps; all that the board can do."""

from collections import Counter
from collections.abc import Callable
from datetime import date
from typing import TYPE_CHECKING, Any

import click

from commands.shared import (
    Day,
    as_json_option,
    command,
    console,
    database,
    group_of,
    now,
    run_first,
    show,
    today,
    why_option,
)
from pipeline import language
from pipeline.errors import NotFound
from pipeline.language import N_, Message
from pipeline.language import gettext as _
from pipeline.tutoring.stages import EVENTS, EXITS, STAGES

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from pipeline.store.tables import Case
    from pipeline.tutoring.cases import CaseLine
    from pipeline.tutoring.visits import Step, VisitSeen

_firm = click.argument("firm", metavar="FIRM")
_visit = click.argument("visit", type=int, metavar="VISIT")
_on = click.option("--on", type=Day(), metavar="DAY", help=N_("The day on which it happened; today unless given."))
_stage = click.option(
    "--stage", required=True, type=click.Choice(sorted(STAGES)), help=N_("The stage that was reached.")
)
_step = click.option("--step", metavar="TEXT", help=N_("What is to be done next."))
_due = click.option("--due", type=Day(), metavar="DAY", help=N_("The day by which it is to be done."))
_owner = click.option("--owner", metavar="NAME", help=N_("The account that is to do it; unless given, the mentor."))


@group_of(
    "cases",
    N_("Tutoring cases: stages, mentors, visits and next steps; what is recorded wrongly is corrected or taken back."),
    "goldseed cases list",
)
@as_json_option
@click.pass_context
def cases(context: click.Context, as_json: bool) -> None:
    run_first(context, list_cases, stage=None, otherwise=False, as_json=as_json)


# --- what is known ---------------------------------------------------------------------------------------------


@command(cases, "list", N_("The open cases, those longest in their stage first."), "goldseed cases list --json")
@click.option("--stage", type=click.Choice(sorted(STAGES)), help=N_("Only the cases in this stage."))
@click.option("--otherwise", is_flag=True, help=N_("Only the cases that stand elsewhere than their firm's events say."))
@as_json_option
def list_cases(stage: str | None, otherwise: bool, as_json: bool) -> None:
    from sqlalchemy.orm import Session

    from pipeline.tutoring import cases as tutoring

    with Session(database()) as session:
        listed = [
            _case(line)
            for line in tutoring.open_cases(session, console(), today())
            if stage in (None, line.case.stage) and not (otherwise and line.says_otherwise is None)
        ]
    show(listed, as_json, lambda entries: [_case_text(each) for each in entries] or [_("No case is open.")])


@command(
    cases,
    "show",
    N_("Every case of a firm with the stages as they were recorded, those taken back among them."),
    "goldseed cases show 91440703MA5CA1L08E",
)
@_firm
@as_json_option
def show_cases(firm: str, as_json: bool) -> None:
    from sqlalchemy.orm import Session

    from pipeline.tutoring import cases as tutoring

    with Session(database()) as session:
        listed = [
            {
                **_case(line),
                "stages": [
                    {
                        "stage": entry.stage,
                        "on": entry.entered_on,
                        "by": entry.recorded_by,
                        "taken_back_by": entry.taken_back_by,
                        "taken_back_why": entry.taken_back_why,
                    }
                    for entry in tutoring.history(session, console(), line.case.id)
                ],
            }
            for line in tutoring.cases_of(session, console(), firm, today())
        ]

    def lines(entries: list[dict[str, Any]]) -> list[str]:
        found = []
        for each in entries:
            found.append(_case_text(each))
            for entry in each["stages"]:
                back = f"  ✗ {entry['taken_back_by']}: {entry['taken_back_why']}" if entry["taken_back_by"] else ""
                found.append(f"    {entry['on']}  {language.pick(STAGES[entry['stage']])}  {entry['by']}{back}")
        return found or [_("This firm has had no tutoring case.")]

    show(listed, as_json, lines)


@command(cases, "tasks", N_("Every next step that is to be done, the longest overdue first."), "goldseed cases tasks")
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
            f"{each['visit']:>5}  {each['due_on']}  {each['firm_id']:<20} {each['next_step']}  {each['owner'] or ''}"
            for each in entries
        ] or [_("No step is waiting. Visits bring them.")]

    show(listed, as_json, lines)


@command(
    cases, "visits", N_("The visits to a firm, the latest first."), "goldseed cases visits 91440703MA5CA1L08E --json"
)
@_firm
@as_json_option
def list_visits(firm: str, as_json: bool) -> None:
    from sqlalchemy.orm import Session

    from pipeline.tutoring import visits

    with Session(database()) as session:
        listed = [_visited(each) for each in visits.visits_of(session, console(), firm)]
    show(listed, as_json, lambda entries: [_visit_text(each) for each in entries] or [_("No visit yet.")])


@command(
    cases, "mentors", N_("The accounts that can look after cases, and how many each has."), "goldseed cases mentors"
)
@as_json_option
def list_mentors(as_json: bool) -> None:
    from sqlalchemy.orm import Session

    from pipeline.tutoring import cases as tutoring

    with Session(database()) as session:
        has = Counter(line.mentor for line in tutoring.open_cases(session, console(), today()))
        listed = [{"name": each.name, "cases": has[each.name]} for each in tutoring.mentors(session)]
        listed.append({"name": None, "cases": has[None]})
    show(listed, as_json, lambda rows: [f"{each['cases']:>5}  {each['name'] or _('nobody yet')}" for each in rows])


@click.command(
    "today",
    help=N_("What waits today: steps overdue and due, firms that ask for attention, whom to visit this week and why."),
    epilog='goldseed today --person "Li Lei" --json',
)
@click.option("--person", "name", metavar="NAME", help=N_("Of the cases of this account; of all unless given."))
@as_json_option
def whats_on(name: str | None, as_json: bool) -> None:
    from sqlalchemy.orm import Session

    from pipeline.accounts import people
    from pipeline.tutoring.agenda import agenda
    from scoring.firm_list.keeper import make_current

    engine = database()
    make_current(engine, today())
    with Session(engine) as session:
        number = _account_id(session, name)
        person = console() if number is None else people.person_of(session, number)
        if person is None:
            raise NotFound(Message(N_("There is no account named %(name)s."), {"name": name}))
        found = agenda(session, person, today(), mine=None if name is None else True)

    def lines(_found: Any) -> list[str]:
        steps = [
            f"{step.due_on}  {step.firm_id:<20} {step.next_step}  {step.owner or ''}"
            for step in (*found.overdue, *found.this_week)
        ]
        firms = [
            f"{firm.weight:>3}  {firm.line.firm_id:<20} {firm.line.firm_name or ''}  "
            + language.listed([str(reason.message) for reason in firm.reasons])
            for firm in found.visits
        ]
        return [*steps, *firms] or [_("No firm asks for attention.")]

    show(found, as_json, lines)


# --- what changes a case ---------------------------------------------------------------------------------------


@command(cases, "open", N_("Open a case for a firm that has none."), "goldseed cases open 91440703MA5CA1L08E")
@_firm
@_on
@as_json_option
def open_case(firm: str, on: date | None, as_json: bool) -> None:
    from pipeline.tutoring import cases as tutoring

    _change_case(
        firm,
        as_json,
        lambda session, _case: tutoring.open_case(session, console(), firm, on or today(), now=now()),
        needs_case=False,
    )


@command(
    cases,
    "move",
    N_("The firm has reached a stage."),
    "goldseed cases move 91440703MA5CA1L08E --stage share_reform --on 2024-05-01",
)
@_firm
@_stage
@_on
@as_json_option
def move(firm: str, stage: str, on: date | None, as_json: bool) -> None:
    from pipeline.tutoring import cases as tutoring

    _change_case(
        firm,
        as_json,
        lambda session, case: tutoring.change_stage(session, console(), case.id, stage, on or today(), now=now()),
    )


@command(
    cases,
    "correct",
    N_("The stage recorded last was another, or reached on another day."),
    'goldseed cases correct 91440703MA5CA1L08E --stage share_reform --on 2024-05-02 --why "wrong day"',
)
@_firm
@_stage
@_on
@why_option
@as_json_option
def correct(firm: str, stage: str, on: date | None, why: str, as_json: bool) -> None:
    from pipeline.tutoring import cases as tutoring

    _change_case(
        firm,
        as_json,
        lambda session, case: tutoring.correct_stage(session, console(), case.id, stage, on or today(), why, now=now()),
    )


@command(
    cases,
    "catch-up",
    N_("Move the open cases along to the stages that files have stated."),
    "goldseed cases catch-up",
)
@as_json_option
def catch_up(as_json: bool) -> None:
    from sqlalchemy.orm import Session

    from pipeline.tutoring import cases as tutoring

    with Session(database()) as session, session.begin():
        moved = {case.id for case in tutoring.catch_up(session, console(), today(), now=now())}
        session.flush()
        listed = [_case(line) for line in tutoring.open_cases(session, console(), today()) if line.case.id in moved]
    show(listed, as_json, lambda rows: [_case_text(each) for each in rows] or [_("No case had to be moved.")])


@command(
    cases,
    "close",
    N_("Close a case by a way out of its stage."),
    'goldseed cases close 91440703MA5CA1L08E --outcome tutoring_terminated --why "changes its sponsor"',
)
@_firm
@click.option("--outcome", required=True, type=click.Choice(sorted(EXITS)), help=N_("How the case ends."))
@_on
@why_option
@as_json_option
def close(firm: str, outcome: str, on: date | None, why: str, as_json: bool) -> None:
    from pipeline.tutoring import cases as tutoring

    _change_case(
        firm,
        as_json,
        lambda session, case: tutoring.close_case(session, console(), case.id, outcome, why, on or today(), now=now()),
    )


@command(
    cases,
    "take-back",
    N_("Take back what was recorded last by mistake: the stage, or the end of the case."),
    'goldseed cases take-back 91440703MA5CA1L08E --why "wrong firm"',
)
@_firm
@why_option
@as_json_option
def take_back(firm: str, why: str, as_json: bool) -> None:
    from pipeline.tutoring import cases as tutoring

    _change_case(firm, as_json, lambda session, case: tutoring.take_back(session, console(), case.id, why, now=now()))


@command(
    cases,
    "mentor",
    N_("Name the account that looks after a case; without --to nobody for the present."),
    'goldseed cases mentor 91440703MA5CA1L08E --to "Li Lei"',
)
@_firm
@click.option("--to", "name", metavar="NAME", help=N_("The account."))
@as_json_option
def mentor(firm: str, name: str | None, as_json: bool) -> None:
    from pipeline.tutoring import cases as tutoring

    def assign(session: "Session", case: "Case") -> "Case":
        return tutoring.assign_mentor(session, console(), case.id, _account_id(session, name), now=now())

    _change_case(firm, as_json, assign)


@command(
    cases,
    "assign",
    N_("Name the account that looks after several cases, or let the program propose one for each; one reason for all."),
    'goldseed cases assign --without --propose --why "by district"',
)
@click.argument("firms", nargs=-1, metavar="[FIRM]...")
@click.option("--without", is_flag=True, help=N_("The cases that nobody looks after."))
@click.option("--of", "of_name", metavar="NAME", help=N_("The cases that this account looks after."))
@click.option("--to", "name", metavar="NAME", help=N_("The account."))
@click.option("--propose", is_flag=True, help=N_("Somebody for each, so that all have about as many."))
@click.option("--dry-run", is_flag=True, help=N_("Only tell who it would be."))
@why_option
@as_json_option
def assign(
    firms: tuple[str, ...],
    without: bool,
    of_name: str | None,
    name: str | None,
    propose: bool,
    dry_run: bool,
    why: str,
    as_json: bool,
) -> None:
    from sqlalchemy.orm import Session

    from pipeline.tutoring import cases as tutoring
    from pipeline.tutoring import many_cases

    if (name is None) == (not propose):
        raise click.UsageError(_("Say which it is: --to NAME or --propose."))
    if not (firms or without or of_name):
        raise click.UsageError(_("Name the firms, or give --without or --of NAME."))
    with Session(database()) as session, session.begin():
        lines = {
            line.case.id: line
            for line in tutoring.open_cases(session, console(), today())
            if line.firm_id in firms or (without and line.mentor is None) or (of_name and line.mentor == of_name)
        }
        if unknown := set(firms) - {line.firm_id for line in lines.values()}:
            raise NotFound(Message(N_("%(firms)s: no open case."), {"firms": sorted(unknown)}))
        wanted: dict[int, int | None]
        if propose:
            proposed = many_cases.proposed_mentors(session, console(), list(lines))
            wanted = {number: account.id for number, account in proposed.items()}
        else:
            wanted = dict.fromkeys(lines, _account_id(session, name))
        names = {account.id: account.name for account in tutoring.mentors(session)}
        left: list[tuple[int, Any]] = []
        if not dry_run:
            left = list(many_cases.assign_mentors(session, console(), wanted, why, now=now()).left)
        refused = {number: str(error) for number, error in left}
        document = [
            {
                "case": number,
                "firm_id": line.firm_id,
                "mentor": names.get(wanted[number] or 0) if number in wanted else None,
                "before": line.mentor,
                "not_done": refused.get(number),
            }
            for number, line in lines.items()
        ]

    def lines_of(entries: list[dict[str, Any]]) -> list[str]:
        nobody = _("nobody yet")
        text = [f"{each['firm_id']:<20} {each['before'] or nobody} → {each['mentor'] or nobody}" for each in entries]
        more = [f"  {each['not_done']}" if each["not_done"] else "" for each in entries]
        return [line + said for line, said in zip(text, more, strict=True)] or [_("No case is open.")]

    show(document, as_json, lines_of)


# --- what changes a visit --------------------------------------------------------------------------------------


@command(
    cases,
    "record-visit",
    N_("Record a visit to a firm in tutoring, with its next step where there is one."),
    'goldseed cases record-visit 91440703MA5CA1L08E --findings "stable" --step "audit report" --due 2024-06-01',
)
@_firm
@_on
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
            owner_id=_account_id(session, owner),
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
        owner_id = None if to_mentor else _account_id(session, owner) if owner else found.owner_id
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
@_on
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


def _change_case(
    firm: str, as_json: bool, change: Callable[["Session", Any], "Case"], *, needs_case: bool = True
) -> None:
    """Make a change to the firm's open case, or to its latest where none is open, and print the case as it is then."""
    from sqlalchemy.orm import Session

    from pipeline.tutoring import cases as tutoring

    with Session(database()) as session, session.begin():
        lines = tutoring.cases_of(session, console(), firm, today())
        lines.sort(key=lambda line: line.case.closed_on is not None)
        if needs_case and not lines:
            raise NotFound(Message(N_("The firm %(firm)s has no tutoring case."), {"firm": firm}))
        changed = change(session, lines[0].case if lines else None)
        session.flush()
        line = next(one for one in tutoring.cases_of(session, console(), firm, today()) if one.case.id == changed.id)
        document = _case(line)
    show(document, as_json, _case_text)


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


def _account_id(session: "Session", name: str | None) -> int | None:
    """The account of that name; None where none is asked for."""
    from pipeline.accounts import people

    if name is None:
        return None
    found = next((each.id for each in people.list_people(session) if each.name == name), None)
    if found is None:
        raise NotFound(Message(N_("There is no account named %(name)s."), {"name": name}))
    return found


def _case(line: "CaseLine") -> dict[str, Any]:
    case, stated = line.case, line.says_otherwise
    return {
        "id": case.id,
        "firm_id": line.firm_id,
        "firm": line.firm_name,
        "stage": case.stage,
        "since": case.stage_since,
        "days_in_stage": line.days_in_stage,
        "mentor": line.mentor,
        "opened_on": case.opened_on,
        "closed_on": case.closed_on,
        "outcome": case.outcome,
        "why": case.closed_why,
        "events_say": None
        if stated is None
        else {"stage": stated.stage, "way_out": stated.way_out.kind if stated.way_out else None},
    }


def _case_text(each: dict[str, Any]) -> str:
    from pipeline.tutoring import cases as tutoring

    text = f"{each['id']:>5}  {each['firm_id']:<20} {language.pick(STAGES[each['stage']])} {each['since']}"
    text += f"  {each['mentor'] or ''}  {each['firm'] or ''}"
    if each["closed_on"]:
        text += f"  {each['closed_on']} {language.pick(tutoring.outcome_label(each['outcome']))}: {each['why'] or ''}"
    if each["events_say"]:
        said = each["events_say"]
        stated = EVENTS[said["way_out"]] if said["way_out"] else STAGES[said["stage"]]
        text += "  ! " + _("the events say: %(stage)s", stage=language.pick(stated))
    return text


def _task(step: "Step") -> dict[str, Any]:
    return {
        "visit": step.visit_id,
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
