"""What hinders firms, on the command line: which problems there are, and all that the board can do about them."""

from collections.abc import Callable
from datetime import date
from typing import TYPE_CHECKING, Any

import click

from commands.shared import (
    Day,
    as_json_option,
    as_of_or_today,
    command,
    console,
    database,
    dry_run_option,
    group_of,
    known_to_json,
    now,
    run_first,
    show,
    today,
    why_option,
)
from commands.tutoring.cases import cases, on_option
from pipeline import language
from pipeline.accounts.departments import DEPARTMENTS
from pipeline.language import N_
from pipeline.language import gettext as _
from pipeline.tutoring.problems.kinds import (
    AGE_NAMES,
    AGES,
    BUREAU,
    ENTRY_KINDS,
    OPEN,
    PROBLEM_KINDS,
    STATES,
    WRITTEN,
    kind_name,
    owner_name,
)

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from pipeline.tutoring.problems.problem_lists import ProblemLine

_OWNERS = [BUREAU, *sorted(DEPARTMENTS)]
_problem = click.argument("problem", type=int, metavar="PROBLEM")
_firm = click.argument("firm", metavar="FIRM")
_kind = click.option("--kind", type=click.Choice(sorted(PROBLEM_KINDS)), help=N_("Only problems of this kind."))
_of = click.option("--department", type=click.Choice(_OWNERS), help=N_("Only the problems of this department."))
_age = click.option("--age", type=click.Choice(list(AGES)), help=N_("Only problems as old as this."))
_overdue = click.option("--overdue", is_flag=True, help=N_("Only those that are overdue."))
_ended = click.option("--all", "ended_too", is_flag=True, help=N_("Resolved and withdrawn ones too."))


@group_of(
    "problems",
    N_("What hinders firms on their way: problems with their owner and due day; overdue ones are raised."),
    "goldseed problems list --overdue",
)
@as_json_option
@click.pass_context
def problems(context: click.Context, as_json: bool) -> None:
    run_first(context, list_problems, as_json=as_json)


# --- what is known ---------------------------------------------------------------------------------------------


@command(problems, "list", N_("The problems of a day, the longest overdue first."), "goldseed problems list --json")
@click.option("--firm", metavar="FIRM", help=N_("Only the problems of this firm."))
@_of
@_kind
@_age
@_overdue
@_ended
@as_of_or_today
@as_json_option
def list_problems(
    firm: str | None = None,
    department: str | None = None,
    kind: str | None = None,
    age: str | None = None,
    overdue: bool = False,
    ended_too: bool = False,
    as_of: date | None = None,
    as_json: bool = False,
) -> None:
    _print_list(firm, as_of, as_json, department=department, kind=kind, age=age, overdue=overdue, ended_too=ended_too)


@command(
    cases,
    "problems",
    N_("What hinders firms on their way, or one firm; `goldseed problems` changes it."),
    "goldseed cases problems 91XXXXXXMA5CA1L08E",
)
@click.argument("firm", required=False, metavar="[FIRM]")
@_of
@_kind
@_age
@_overdue
@_ended
@as_of_or_today
@as_json_option
def problems_of_cases(
    firm: str | None,
    department: str | None,
    kind: str | None,
    age: str | None,
    overdue: bool,
    ended_too: bool,
    as_of: date | None,
    as_json: bool,
) -> None:
    _print_list(firm, as_of, as_json, department=department, kind=kind, age=age, overdue=overdue, ended_too=ended_too)


@command(
    problems,
    "counts",
    N_("How many problems are open, whose they are and how old."),
    "goldseed problems counts --json",
)
@as_of_or_today
@as_json_option
def count_problems(as_of: date | None, as_json: bool) -> None:
    from sqlalchemy.orm import Session

    from pipeline.tutoring.problems import problem_lists

    with Session(database()) as session:
        found = problem_lists.counts(session, console(), as_of or today())

    def lines(_found: Any) -> list[str]:
        return [
            _("%(open)s open, %(overdue)s of them overdue", open=found.open, overdue=found.overdue),
            *(f"{count:>5}  {owner_name(owner)}" for owner, count in found.by_department.items()),
            *(f"{count:>5}  {_age_name(age)}" for age, count in found.by_age.items()),
        ]

    show(known_to_json(found), as_json, lines)


@command(
    problems,
    "show",
    N_("One problem with its firms and everything that was done about it."),
    "goldseed problems show 12",
)
@_problem
@as_of_or_today
@as_json_option
def show_problem(problem: int, as_of: date | None, as_json: bool) -> None:
    from sqlalchemy.orm import Session

    with Session(database()) as session:
        document = _document(session, problem, as_of or today())
    show(document, as_json, _problem_lines)


# --- what changes a problem ------------------------------------------------------------------------------------


@command(
    problems,
    "record",
    N_("Record what hinders one or several firms, whose it is to solve, and by when."),
    'goldseed problems record 91XXXXXXMA5CA1L08E --kind land --text "no title" --due 2024-06-30 --department tax',
)
@click.argument("firms", nargs=-1, required=True, metavar="FIRM...")
@click.option("--kind", required=True, type=click.Choice(sorted(PROBLEM_KINDS)), help=N_("What kind of problem it is."))
@click.option("--text", required=True, metavar="TEXT", help=N_("What hinders the firm."))
@click.option("--due", required=True, type=Day(), metavar="DAY", help=N_("The day by which it is to be solved."))
@click.option(
    "--department",
    type=click.Choice(_OWNERS),
    help=N_("The department that is to solve it; unless given, the bureau itself."),
)
@on_option
@as_json_option
def record(
    firms: tuple[str, ...], kind: str, text: str, due: date, department: str | None, on: date | None, as_json: bool
) -> None:
    from pipeline.tutoring.problems import problems as changes

    def change(session: "Session") -> int:
        day = on or today()
        return changes.record_problem(session, console(), firms, kind, text, department, due, day, now=now()).id

    _change(as_json, change)


@command(
    problems,
    "add-entry",
    N_("A step that was taken, the minutes of a joint meeting, or a comment."),
    'goldseed problems add-entry 12 --kind minutes --text "agreed"',
)
@_problem
@click.option("--kind", default=WRITTEN[0], show_default=True, type=click.Choice(WRITTEN), help=N_("What it is."))
@click.option("--text", required=True, metavar="TEXT", help=N_("What is to be kept."))
@on_option
@as_json_option
def add_entry(problem: int, kind: str, text: str, on: date | None, as_json: bool) -> None:
    from pipeline.tutoring.problems import problems as changes

    def change(session: "Session") -> int:
        changes.add_entry(session, console(), problem, kind, text, on or today(), now=now())
        return problem

    _change(as_json, change)


@command(
    problems,
    "postpone",
    N_("A problem is due on a later day."),
    'goldseed problems postpone 12 --due 2024-07-31 --why "waits for the survey"',
)
@_problem
@click.option("--due", required=True, type=Day(), metavar="DAY", help=N_("The day by which it is to be solved."))
@on_option
@why_option
@as_json_option
def postpone(problem: int, due: date, on: date | None, why: str, as_json: bool) -> None:
    from pipeline.tutoring.problems import problems as changes

    _change(
        as_json,
        lambda session: changes.postpone(session, console(), problem, due, why, on or today(), now=now()).id,
    )


@command(
    problems,
    "hand-to",
    N_("A problem is another department's to solve."),
    'goldseed problems hand-to 12 --department tax --why "it is about tax"',
)
@_problem
@click.option("--department", required=True, type=click.Choice(_OWNERS), help=N_("The department that is to solve it."))
@on_option
@why_option
@as_json_option
def hand_to(problem: int, department: str, on: date | None, why: str, as_json: bool) -> None:
    from pipeline.tutoring.problems import problems as changes

    _change(
        as_json,
        lambda session: changes.hand_to(session, console(), problem, department, why, on or today(), now=now()).id,
    )


@command(
    problems,
    "add-firm",
    N_("The same problem hinders another firm."),
    "goldseed problems add-firm 12 91XXXXXXMA5CA1L08E",
)
@_problem
@_firm
@on_option
@as_json_option
def add_firm(problem: int, firm: str, on: date | None, as_json: bool) -> None:
    from pipeline.tutoring.problems import problems as changes

    _change(as_json, lambda session: changes.add_firm(session, console(), problem, firm, on or today(), now=now()).id)


@command(
    problems,
    "leave",
    N_("A problem hinders one of its firms no more, or never did."),
    'goldseed problems leave 12 91XXXXXXMA5CA1L08E --why "has its title"',
)
@_problem
@_firm
@on_option
@why_option
@as_json_option
def leave(problem: int, firm: str, on: date | None, why: str, as_json: bool) -> None:
    from pipeline.tutoring.problems import problems as changes

    _change(as_json, lambda session: changes.leave(session, console(), problem, firm, why, on or today(), now=now()).id)


@command(problems, "resolve", N_("A problem is solved."), 'goldseed problems resolve 12 --how "title obtained"')
@_problem
@click.option("--how", required=True, metavar="TEXT", help=N_("How it was solved."))
@on_option
@as_json_option
def resolve(problem: int, how: str, on: date | None, as_json: bool) -> None:
    from pipeline.tutoring.problems import problems as changes

    _change(as_json, lambda session: changes.resolve(session, console(), problem, how, on or today(), now=now()).id)


@command(
    problems,
    "reopen",
    N_("A problem that was marked as resolved is not."),
    'goldseed problems reopen 12 --why "the title is contested"',
)
@_problem
@on_option
@why_option
@as_json_option
def reopen(problem: int, on: date | None, why: str, as_json: bool) -> None:
    from pipeline.tutoring.problems import problems as changes

    _change(as_json, lambda session: changes.reopen(session, console(), problem, why, on or today(), now=now()).id)


@command(
    problems,
    "withdraw",
    N_("A problem was recorded by mistake; it stays on record and counts no more."),
    'goldseed problems withdraw 12 --why "wrong firm"',
)
@_problem
@on_option
@why_option
@as_json_option
def withdraw(problem: int, on: date | None, why: str, as_json: bool) -> None:
    from pipeline.tutoring.problems import problems as changes

    _change(as_json, lambda session: changes.withdraw(session, console(), problem, why, on or today(), now=now()).id)


@command(
    problems,
    "raise",
    N_("Raise the problems that are overdue for long: to their owner, the county, the city. Safe to repeat."),
    "goldseed problems raise --dry-run",
)
@dry_run_option
@as_json_option
def raise_overdue(dry_run: bool, as_json: bool) -> None:
    from sqlalchemy.orm import Session

    from pipeline.tutoring.problems import escalation

    with Session(database()) as session, session.begin():
        if dry_run:
            found = [(line.id, level) for line, level in escalation.problems_to_raise(session, console(), today())]
        else:
            raised = escalation.raise_overdue(session, console(), today(), now())
            found = [(problem.id, level) for problem, level in raised]
    document = [{"problem": number, "level": level} for number, level in found]

    def lines(entries: list[dict[str, Any]]) -> list[str]:
        return [f"{each['problem']:>5}  {_level(each['level'])}" for each in entries] or [
            _("No problem has to be raised.")
        ]

    show(document, as_json, lines)


# --- how it is printed -----------------------------------------------------------------------------------------


def _print_list(
    firm: str | None,
    as_of: date | None,
    as_json: bool,
    *,
    department: str | None,
    kind: str | None,
    age: str | None,
    overdue: bool,
    ended_too: bool,
) -> None:
    from sqlalchemy.orm import Session

    from pipeline.tutoring.problems import problem_lists

    with Session(database()) as session:
        found = problem_lists.problems(
            session,
            console(),
            as_of or today(),
            department=department,
            kind=kind,
            firm_id=firm,
            age=age,
            overdue_only=overdue,
            open_only=not ended_too,
        )
    listed = [_line(each) for each in found]
    show(listed, as_json, lambda entries: [_line_text(each) for each in entries] or [_("No problem is open.")])


def _change(as_json: bool, change: Callable[["Session"], int]) -> None:
    """Do it, and print the problem as it is then."""
    from sqlalchemy.orm import Session

    with Session(database()) as session, session.begin():
        document = _document(session, change(session), today())
    show(document, as_json, _problem_lines)


def _document(session: "Session", problem: int, on: date) -> dict[str, Any]:
    from pipeline.tutoring.problems import problem_lists

    seen = problem_lists.problem_seen(session, console(), problem, on)
    return {
        **_line(seen.line),
        "firms": [known_to_json(each) for each in seen.firms],
        "entries": [known_to_json(each) for each in seen.entries],
    }


def _line(line: "ProblemLine") -> dict[str, Any]:
    return {
        "problem": line.id,
        "firms": [{"firm_id": firm, "firm_name": name} for firm, name in line.firms.items()],
        "kind": line.kind,
        "text": line.text,
        "department": line.department,
        "level": line.level,
        "state": line.state,
        "opened_on": line.opened_on,
        "due_on": line.due_on,
        "age_days": line.age_days,
        "days_late": line.days_late,
        "overdue": line.overdue,
        "ended_on": line.ended_on,
        "ended_by": line.ended_by,
        "how": line.ended_how,
    }


def _line_text(each: dict[str, Any]) -> str:
    firms = language.listed(firm["firm_name"] or firm["firm_id"] for firm in each["firms"])
    state = "" if each["state"] == OPEN else f"  {language.pick(STATES[each['state']])} {each['ended_on']}"
    late = "  " + _("%(count)s days late", count=each["days_late"]) if each["overdue"] else ""
    raised = f"  → {_level(each['level'])}" if each["level"] else ""
    about = f"{each['problem']:>5}  {each['due_on']}  {firms}  {kind_name(each['kind'])}: {each['text']}"
    return f"{about}  {owner_name(each['department'])}{late}{raised}{state}"


def _problem_lines(each: dict[str, Any]) -> list[str]:
    def entry(one: dict[str, Any]) -> str:
        what = ENTRY_KINDS.get(one["kind"], one["kind"])
        after = [
            f"{one['due_on'] or ''}",
            _level(one["level"]) if one["level"] else "",
            owner_name(one["department"]) if one["department"] else "",
        ]
        changed = language.joined(part for part in after if part)
        text = f"    {one['on']}  {language.pick(what)}  {one['by']}"
        return text + (f" → {changed}" if changed else "") + (f": {one['text']}" if one["text"] else "")

    return [_line_text(each), *(entry(one) for one in each["entries"])]


def _level(level: str) -> str:
    from pipeline.tutoring.problems.escalation import LEVEL_NAMES

    return language.pick(LEVEL_NAMES.get(level, level))


def _age_name(age: str) -> str:
    return language.pick(AGE_NAMES[age])
