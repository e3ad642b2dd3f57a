"""The plan that leads a firm to its board: a milestone for each stage that is left, and one for each line of the
board's rules that it misses.

Days are those of typical stays (stages.py) counted on from where the firm stands; figures change with a year's
accounts, so a line that is missed is due when the next ones are public. They are proposals: a person sets the days that
hold.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from pipeline.accounts import people
from pipeline.accounts.people import Action, Person
from pipeline.language import LANGUAGES, N_, Message
from pipeline.rules.definition.rule_books import NoSuchRule
from pipeline.store.tables import Firm, FirmBoardRow
from pipeline.tutoring import cases
from pipeline.tutoring.cases import CaseNotPossible
from pipeline.tutoring.stages import BUILT, STAGES, reached
from pipeline.tutoring.stated import days_stated
from pipeline.tutoring.tasks.task_lists import tasks_of

#: The stages that a firm has to work for; the others follow from what regulator and exchange do.
MILESTONES = ("advisers", "share_reform", "tutoring_filed", "tutoring_passed", "filed")
_DAYS_IN_A_MONTH = 365.25 / 12
#: A milestone that should have been reached already is proposed for so many days from now.
_SOON = timedelta(days=30)
#: By this day a year's accounts are public: month and day.
_ACCOUNTS_BY = (4, 30)


@dataclass(frozen=True)
class Milestone:
    """A task to propose. `stage`: the stage that it is the way to, None for a line of the rules; `for_firm`: the firm
    has to do its part."""

    what: Message
    due_on: date
    stage: str | None = None
    for_firm: bool = True


@dataclass(frozen=True)
class ProposedPlan:
    """`board`: of which rules were looked at, None where nothing is known of the firm; `milestones`: by their days,
    without those that stand among the firm's tasks already."""

    board: str | None
    milestones: Sequence[Milestone]


def proposed_plan(session: Session, person: Person, firm_id: str, on: date, board: str | None = None) -> ProposedPlan:
    """The plan of a firm with an open case, to the board asked for or to the one that fits best.

    Raises CaseNotPossible where no case is open, NotAllowed where the person may not see it.
    """
    people.require(person, Action.SEE_CASES, firm_id, session=session)
    case = cases.case_of(session, firm_id)
    if case is None:
        raise CaseNotPossible(Message(N_("This firm has no open tutoring case, so there is nothing to plan.")))
    best = select(FirmBoardRow.board).where(FirmBoardRow.firm_id == firm_id, FirmBoardRow.best)
    board = board or session.scalar(best.limit(1))
    been = {case.stage, *days_stated(session, firm_id, on, on)}
    been |= {entry.stage for entry in cases.history(session, person, case.id) if entry.taken_back_at is None}
    gaps = [] if board is None else _gaps(session, firm_id, on, board)
    found = [*stage_milestones(case.stage, case.stage_since, been, on), *gap_milestones(gaps, on)]
    standing = [task for task in tasks_of(session, person, firm_id, on) if task.withdrawn is None]
    planned = {task.stage for task in standing if task.stage} | {task.what for task in standing}
    left = [one for one in found if one.stage not in planned and not planned & set(_said(one))]
    return ProposedPlan(board, sorted(left, key=lambda one: one.due_on))


def stage_milestones(stage: str, since: date, been: Collection[str], on: date) -> list[Milestone]:
    """A milestone for each stage of MILESTONES that is left, after the middle of the typical stay in the one before.

    `been`: the stages that the firm has reached; share reform and advisers come in either order, and are left to do
    only while no tutoring is filed.
    """
    tutored = reached(stage, "tutoring_filed")
    found: list[Milestone] = []
    day, present = since, stage
    for each in MILESTONES:
        done = tutored or each in been if each in BUILT else reached(stage, each)
        if done:
            continue
        day = max(day + _typical_between(present, each), on + _SOON)
        found.append(Milestone(Message(N_("Reach the stage: %(stage)s"), {"stage": STAGES[each]}), day, each))
        present = each
    return found


def gap_milestones(gaps: Sequence[Message], on: date) -> list[Milestone]:
    """A milestone for each line that is missed, due when the next year's accounts are public."""
    due = date(on.year, *_ACCOUNTS_BY)
    if due <= on:
        due = date(on.year + 1, *_ACCOUNTS_BY)
    return [Milestone(gap, due) for gap in gaps]


def _said(milestone: Milestone) -> list[str]:
    """A milestone as somebody may have taken it over, in either language."""
    return [milestone.what.in_language(name) for name in LANGUAGES]


def _typical_between(stage: str, later: str) -> timedelta:
    """The middle of the typical stay in a stage, and in those that lie between it and the later one; share reform and
    advisers do not wait for each other."""
    names = list(STAGES)
    between = [name for name in names[names.index(stage) + 1 : names.index(later)] if name not in BUILT]
    months = sum(sum(STAGES[name].typical_months) / 2 for name in (stage, *between))
    return timedelta(days=round(months * _DAYS_IN_A_MONTH))


def _gaps(session: Session, firm_id: str, on: date, board: str) -> list[Message]:
    """What the firm misses of the board's rules in force on the day, a sentence a line; nothing where no rule was in
    force or nothing is known of the firm."""
    from pipeline.rules.evaluation import evaluate
    from pipeline.rules.explanation.condition_text import MET
    from pipeline.rules.reports import board_tables, check

    cohort = session.get_one(Firm, firm_id).cohort
    known = check.inputs(session.connection(), on, cohort=cohort, firms=[firm_id])
    try:
        verdicts = evaluate.check(*known, on, boards=[board])
    except NoSuchRule:
        return []
    return [gap for gap in board_tables.firm_boards(verdicts, firm_id)[0].gaps if gap.msgid != MET]
