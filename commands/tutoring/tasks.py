"""Tasks of cases and the plan of a firm on the command line; all that the board can do."""

from collections.abc import Callable
from dataclasses import asdict
from datetime import date
from typing import TYPE_CHECKING, Any

import click

from commands.shared import Day, as_json_option, command, console, database, group_of, now, show, today, why_option
from commands.tutoring.cases import firm_argument, on_option
from commands.tutoring.names import account_id
from pipeline.errors import NotFound
from pipeline.language import N_, Message
from pipeline.language import gettext as _
from pipeline.tutoring.stages import STAGES

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from pipeline.store.tutoring_tables import Task

_task = click.argument("task", type=int, metavar="TASK")
_due = click.option("--due", type=Day(), required=True, metavar="DAY", help=N_("The day by which it is to be done."))


@group_of("tasks", N_("Tasks of firms in tutoring, and their plans."), "goldseed tasks of 91XXXXXXMA5CA1L08E")
def tasks() -> None:
    pass


@command(
    tasks, "of", N_("The tasks of a firm, with what was written about them."), "goldseed tasks of 91XXXXXXMA5CA1L08E"
)
@firm_argument
@as_json_option
def tasks_of(firm: str, as_json: bool) -> None:
    from sqlalchemy.orm import Session

    from pipeline.tutoring.tasks import task_lists

    with Session(database()) as session:
        listed = [asdict(each) for each in task_lists.tasks_of(session, console(), firm, today())]
    show(listed, as_json, lambda entries: [_text(each) for each in entries] or [_("No task yet.")])


@command(
    tasks,
    "add",
    N_("Set a task in the firm's open case."),
    'goldseed tasks add 91XXXXXXMA5CA1L08E --what "audit report" --due 2030-06-01 --for-firm',
)
@firm_argument
@click.option("--what", required=True, metavar="TEXT", help=N_("What is to be done."))
@_due
@click.option("--owner", metavar="NAME", help=N_("The account that is to do it; unless given, the mentor."))
@click.option("--stage", type=click.Choice(sorted(STAGES)), help=N_("It is a milestone on the way to this stage."))
@click.option("--for-firm", is_flag=True, help=N_("The firm sees it and is to do its part."))
@click.option("--repeats", type=int, metavar="MONTHS", help=N_("Done, it is due again so many months later."))
@as_json_option
def add(
    firm: str,
    what: str,
    due: date,
    owner: str | None,
    stage: str | None,
    for_firm: bool,
    repeats: int | None,
    as_json: bool,
) -> None:
    from pipeline.tutoring.tasks import tasks as doing

    _change(
        as_json,
        lambda session: doing.add_task(
            session,
            console(),
            firm,
            what,
            due,
            now=now(),
            owner_id=account_id(session, owner),
            stage=stage,
            for_firm=for_firm,
            repeats_months=repeats,
        ),
    )


@command(
    tasks,
    "add-to-many",
    N_("Set the same task in the open cases of several firms, with one reason."),
    'goldseed tasks add-to-many 91XXXXXXMA5CA1L08E 91XXXXXXMA5CA1B04D --what "report" --due 2030-06-01 --why "new"',
)
@click.argument("firms", nargs=-1, required=True, metavar="FIRM...")
@click.option("--what", required=True, metavar="TEXT", help=N_("What is to be done."))
@_due
@click.option("--for-firm", is_flag=True, help=N_("The firm sees it and is to do its part."))
@why_option
@as_json_option
def add_to_many(firms: tuple[str, ...], what: str, due: date, for_firm: bool, why: str, as_json: bool) -> None:
    from sqlalchemy.orm import Session

    from pipeline.tutoring import cases, many_cases

    with Session(database()) as session, session.begin():
        lines = {line.firm_id: line.case.id for line in cases.open_cases(session, console(), today())}
        if unknown := set(firms) - set(lines):
            raise NotFound(Message(N_("%(firms)s: no open case."), {"firms": sorted(unknown)}))
        wanted = [lines[firm] for firm in firms]
        done = many_cases.set_task(session, console(), wanted, what, due, why, now=now(), for_firm=for_firm)
        of_case = {number: firm for firm, number in lines.items()}
        document = {
            "done": [case.firm_id for case in done.done],
            "left": [{"firm_id": of_case[number], "why": str(error)} for number, error in done.left],
        }

    def text(found: dict[str, Any]) -> list[str]:
        return [*found["done"], *(f"{each['firm_id']}: {each['why']}" for each in found["left"])]

    show(document, as_json, text)


@command(
    tasks,
    "postpone",
    N_("Another day by which a task is due."),
    'goldseed tasks postpone 12 --due 2030-07-01 --why "the auditor is late"',
)
@_task
@_due
@why_option
@as_json_option
def postpone(task: int, due: date, why: str, as_json: bool) -> None:
    from pipeline.tutoring.tasks import tasks as doing

    _change(as_json, lambda session: doing.postpone(session, console(), task, due, why, now=now()))


@command(
    tasks,
    "hand-over",
    N_("Another account is to do a task; without --to the mentor."),
    'goldseed tasks hand-over 12 --to "Li Lei"',
)
@_task
@click.option("--to", "name", metavar="NAME", help=N_("The account."))
@as_json_option
def hand_over(task: int, name: str | None, as_json: bool) -> None:
    from pipeline.tutoring.tasks import tasks as doing

    _change(
        as_json,
        lambda session: doing.hand_over(session, console(), task, account_id(session, name), now=now()),
    )


@command(tasks, "comment", N_("Write something about a task."), 'goldseed tasks comment 12 --note "half of it is here"')
@_task
@click.option("--note", required=True, metavar="TEXT", help=N_("What is to be said."))
@as_json_option
def comment(task: int, note: str, as_json: bool) -> None:
    from pipeline.tutoring.tasks import tasks as doing

    _change(as_json, lambda session: doing.comment(session, console(), task, note, now=now()))


@command(tasks, "finish", N_("A task is done."), 'goldseed tasks finish 12 --note "sent on Monday"')
@_task
@on_option
@click.option("--note", metavar="TEXT", help=N_("What came of it."))
@click.option("--visit", type=int, metavar="VISIT", help=N_("The visit at which it was done."))
@as_json_option
def finish(task: int, on: date | None, note: str | None, visit: int | None, as_json: bool) -> None:
    from pipeline.tutoring.tasks import tasks as doing

    _change(
        as_json,
        lambda session: doing.finish(session, console(), task, on or today(), now=now(), note=note, visit_id=visit),
    )


@command(
    tasks, "reopen", N_("A task that was marked as done is not done."), 'goldseed tasks reopen 12 --why "half of it"'
)
@_task
@why_option
@as_json_option
def reopen(task: int, why: str, as_json: bool) -> None:
    from pipeline.tutoring.tasks import tasks as doing

    _change(as_json, lambda session: doing.reopen(session, console(), task, why, now=now()))


@command(
    tasks,
    "withdraw",
    N_("A task is not wanted after all; it stays on record."),
    'goldseed tasks withdraw 12 --why "twice"',
)
@_task
@why_option
@as_json_option
def withdraw(task: int, why: str, as_json: bool) -> None:
    from pipeline.tutoring.tasks import tasks as doing

    _change(as_json, lambda session: doing.withdraw(session, console(), task, why, now=now()))


@command(
    tasks,
    "plan",
    N_("What leads a firm to its board, proposed from its stage and the rules; --adopt sets it as tasks."),
    "goldseed tasks plan 91XXXXXXMA5CA1L08E --board bse --adopt",
)
@firm_argument
@click.option("--board", metavar="BOARD", help=N_("The board; unless given, the one that fits best."))
@click.option("--adopt", is_flag=True, help=N_("Set every milestone as a task."))
@as_json_option
def plan(firm: str, board: str | None, adopt: bool, as_json: bool) -> None:
    from sqlalchemy.orm import Session

    from pipeline.plans.firm_plan import proposed_plan
    from pipeline.tutoring.tasks import tasks as doing
    from scoring.firm_list.keeper import make_current

    engine = database()
    make_current(engine, today())
    with Session(engine) as session, session.begin():
        found = proposed_plan(session, console(), firm, today(), board)
        if adopt:
            for one in found.milestones:
                doing.add_task(
                    session,
                    console(),
                    firm,
                    str(one.what),
                    one.due_on,
                    now=now(),
                    stage=one.stage,
                    for_firm=one.for_firm,
                )
        document = {
            "board": found.board,
            "adopted": adopt,
            "milestones": [
                {"what": str(one.what), "due_on": one.due_on, "stage": one.stage} for one in found.milestones
            ],
        }

    def lines(plan: dict[str, Any]) -> list[str]:
        return [f"{one['due_on']}  {one['what']}" for one in plan["milestones"]] or [_("Nothing is left to plan.")]

    show(document, as_json, lines)


def _change(as_json: bool, change: Callable[["Session"], "Task"]) -> None:
    """Make a change to a task and print the task as it is then."""
    from sqlalchemy.orm import Session

    from pipeline.store.tables import Case
    from pipeline.tutoring.tasks import task_lists

    with Session(database()) as session, session.begin():
        changed = change(session)
        firm = session.get_one(Case, changed.case_id).firm_id
        seen = task_lists.tasks_of(session, console(), firm, today())
        document = asdict(next(each for each in seen if each.id == changed.id))
    show(document, as_json, _text)


def _text(each: dict[str, Any]) -> str:
    text = f"{each['id']:>5}  {each['due_on']}  {each['what']}  {each['owner'] or ''}"
    if each["slipped_days"]:
        text += "  " + _("%(count)s days behind", count=each["slipped_days"])
    if each["done_on"]:
        text += "  " + _("done %(day)s", day=each["done_on"])
    gone = each["withdrawn"]
    return f"{text}  ✗ {gone['by']}: {gone['why']}" if gone else text
