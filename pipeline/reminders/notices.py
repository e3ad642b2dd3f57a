"""What a person is told: steps and tasks that are due or were given to them, cases handed to them, problems raised to
them, decisions that wait, what became of what their firm sent, points of their firms that moved.

    rows.py, moved_points.py ──► notices.py

Everything is derived from the records as they stand; stored is only what a person has read. One statement finds all of
it, and the same statement counts it, for the head of every page. What came after the day is left out.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from functools import lru_cache
from types import MappingProxyType
from typing import Any

from sqlalchemy import ColumnElement, Date, Integer, Text, and_, case, cast, func, or_, select, true
from sqlalchemy.orm import Session, aliased
from sqlalchemy.sql.expression import union_all

from pipeline.accounts import people
from pipeline.accounts.audit import end_of
from pipeline.accounts.people import Action, Person, Scope
from pipeline.catalog import catalog
from pipeline.collecting.progress import missing_count
from pipeline.language import N_, Label, Message
from pipeline.messages.read_marks import goes_on, is_new, with_marks
from pipeline.reminders.moved_points import Compared, compared, moved_points
from pipeline.reminders.rows import row
from pipeline.store.pool_tables import NoticeObjection, Opinion, OpinionRequest, PoolProposal
from pipeline.store.tables import AuditEntry, Case, Firm, Visit
from pipeline.store.tutoring_tables import (
    FirmObjection,
    OwnReturn,
    Problem,
    ProblemEntry,
    ProblemFirm,
    ReminderSeen,
    ReturnDue,
    Task,
    WrittenMessage,
)
from pipeline.tutoring.agenda.agenda import WEEK
from pipeline.tutoring.agenda.returns_waiting import waits_for
from pipeline.tutoring.problems.kinds import MOVED_UP, PROBLEM_KINDS

#: What happened is told for so long; what is due, until it is done.
NEWS = timedelta(days=30)
#: What a district has not brought is told for so long after it was due.
RETURNS_TOLD = timedelta(days=180)
#: Of what waits for good: it names no day.
_NO_DAY = date(1900, 1, 1)
#: The groups in which reminders are told, in this order, each with its kinds.
GROUPS: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "overdue": ("step_overdue", "task_overdue", "returns_overdue"),
        "due": ("step_due", "task_due", "returns_due"),
        "given": ("step_given", "task_given"),
        "cases": ("case_given",),
        "problems": ("problem_raised", "problem_overdue"),
        "decisions": ("proposals", "objections", "firm_objections", "own_returns", "opinions"),
        "answers": ("objection_answered", "return_given_back", "return_accepted"),
        "messages": ("message",),
        "scores": ("fell", "crossed"),
    }
)
GROUP_NAMES: Mapping[str, Label] = MappingProxyType(
    {
        "overdue": Label("已逾期", "overdue"),
        "due": Label("本周到期", "due this week"),
        "given": Label("交给我办理", "given to me"),
        "cases": Label("新接手的企业", "firms handed to me"),
        "problems": Label("问题", "problems"),
        "decisions": Label("等待决定或答复", "waiting for a decision or an answer"),
        "answers": Label("对异议和自报的答复", "answers to objections and returns"),
        "messages": Label("未读留言", "messages not read"),
        "scores": Label("评分变动", "scores that moved"),
    }
)
GROUP_OF = MappingProxyType({kind: group for group, kinds in GROUPS.items() for kind in kinds})
#: What waits until somebody acts, read or not; all else has been told once it was read.
WAITING = frozenset({"overdue", "due", "decisions"})
_TEXTS: Mapping[str, str] = MappingProxyType(
    {
        "step_overdue": N_("“%(step)s” was due on %(day)s"),
        "task_overdue": N_("“%(step)s” was due on %(day)s"),
        "step_due": N_("“%(step)s” is due on %(day)s"),
        "task_due": N_("“%(step)s” is due on %(day)s"),
        "returns_overdue": N_("%(count)s returns of %(step)s have not come in; they were due on %(day)s"),
        "returns_due": N_("%(count)s returns of %(step)s have not come in; they are due on %(day)s"),
        "step_given": N_("“%(step)s” was given to you"),
        "task_given": N_("“%(step)s” was given to you"),
        "case_given": N_("the case was handed to you"),
        "problem_raised": N_("the problem “%(problem)s” was raised on %(day)s"),
        "problem_overdue": N_("the problem “%(problem)s” was to be gone by %(day)s"),
        "proposals": N_("%(count)s proposals wait for a decision"),
        "objections": N_("%(count)s objections of the public wait for an answer"),
        "firm_objections": N_("%(count)s objections of firms wait for an answer"),
        "own_returns": N_("%(count)s returns of firms wait to be looked at"),
        "return_given_back": N_("the return of %(year)s was given back: “%(note)s”"),
        "return_accepted": N_("the return of %(year)s was accepted"),
        "objection_answered": N_("the objection about “%(objection)s” was answered on %(day)s"),
        "opinions": N_("your department is asked about %(count)s firms"),
        "message": N_("%(count)s messages not read"),
        "fell": N_("its score fell by five points or more, with the scores of %(day)s"),
        "crossed": N_("its score crossed a line of the pools, with the scores of %(day)s"),
    }
)
#: What an objection that is about no figure is about.
_A_FIGURE = N_("a figure")
_OBJECTED: Mapping[str, str] = MappingProxyType({"finding": N_("a question"), "decision": N_("a decision")})
_PAGES: Mapping[str, str] = MappingProxyType(
    {
        "returns_overdue": "/returns-progress",
        "returns_due": "/returns-progress",
        "proposals": "/pools#proposals",
        "objections": "/opinions",
        "firm_objections": "/objections",
        "own_returns": "/handed-in",
        "return_given_back": "/own-return",
        "return_accepted": "/own-return",
        "opinions": "/opinions",
    }
)


@dataclass(frozen=True)
class Notice:
    """Something a person is told. `number`: of what it is about, `about`: the day that it names; with the kind they say
    which it is. `count`: of how many, where it is about several."""

    kind: str
    number: int
    about: date
    firm_id: str | None
    firm_name: str | None
    what: str | None
    count: int | None
    read: bool

    @property
    def group(self) -> str:
        return GROUP_OF[self.kind]

    @property
    def key(self) -> str:
        return f"{self.kind}:{self.number}:{self.about.isoformat()}"

    @property
    def page(self) -> str:
        """Where on the board it is."""
        if self.kind.startswith("problem_"):
            return "/problems"
        if self.kind == "message":
            return f"/firm/{self.firm_id}#messages"
        if self.kind == "objection_answered":
            return f"/firm/{self.firm_id}/mine#mine-objections-card"
        return _PAGES.get(self.kind) or f"/firm/{self.firm_id}#tutoring"

    @property
    def message(self) -> Message:
        problem: object = PROBLEM_KINDS.get(self.what or "", self.what)
        fact = catalog().get(self.what or "")
        objection: object = Message(_OBJECTED.get(self.what or "", _A_FIGURE)) if fact is None else fact
        about = {"step": self.what, "problem": problem, "day": self.about.isoformat(), "count": self.count}
        about["objection"] = objection
        about["year"], _line, about["note"] = (self.what or "").partition("\n")
        return Message(_TEXTS[self.kind], about)

    def as_json(self) -> dict[str, object]:
        return {
            "group": self.group,
            "kind": self.kind,
            "firm_id": self.firm_id,
            "name": self.firm_name,
            "what": self.message,
            "day": None if self.about == _NO_DAY else self.about,
            "read": self.read,
            "page": self.page,
        }


def notices(session: Session, person: Person, on: date) -> list[Notice]:
    """Everything that this person is told on a day, in the order of GROUPS, the earliest day first."""
    told = _told(person, on, _compared(session, person, on))
    if not told:
        return []
    columns = union_all(*told).subquery("told").c
    rows = session.execute(
        select(columns.kind, columns.number, columns.about, columns.firm_id, Firm.name, columns.what, columns.amount)
        .add_columns(_seen(columns, person).label("read"))
        .outerjoin(Firm, Firm.id == columns.firm_id)
    )
    found = [
        Notice(kind, number, about, firm, name, what, count, bool(read))
        for kind, number, about, firm, name, what, count, read in rows
    ]
    order = {kind: place for place, kind in enumerate(GROUP_OF)}
    return sorted(found, key=lambda one: (list(GROUPS).index(one.group), one.about, order[one.kind], one.number))


def unread(session: Session, person: Person, on: date) -> int:
    """How many of them the person has not read."""
    statement = _count_of_unread(person, on, _compared(session, person, on))
    return 0 if statement is None else session.scalar(statement) or 0


# --- within ----------------------------------------------------------------------------------------


@lru_cache(maxsize=256)
def _count_of_unread(person: Person, on: date, runs: Compared | None) -> Any:
    """The statement that counts, put together once a day for a person: that takes longer than to run it."""
    told = _told(person, on, runs)
    if not told:
        return None
    every = union_all(*told).subquery("told")
    return select(func.count()).select_from(every).where(~_seen(every.c, person))


def _compared(session: Session, person: Person, on: date) -> Compared | None:
    return compared(session, on) if people.may(person, Action.SEE_FINDINGS) else None


def _seen(told: Any, person: Person) -> ColumnElement[bool]:
    return (
        select(ReminderSeen.id)
        .where(
            ReminderSeen.account_id == person.id,
            ReminderSeen.kind == told.kind,
            ReminderSeen.number == told.number,
            ReminderSeen.about == told.about,
        )
        .exists()
    )


def _told(person: Person, on: date, runs: Compared | None) -> list[Any]:
    """A statement each: kind, number, about, firm, what, and of how many."""
    if person.must_change_password:
        return []
    statements: list[Any] = []
    if people.may(person, Action.SEE_CASES):
        statements += _due(person, on)
    if people.may(person, Action.SEE_FINDINGS):
        statements += [*_given(person, on), *_problems(person, on)]
    if people.may(person, Action.SEE_FINDINGS) and runs is not None:
        statements += moved_points(person, runs)
    if people.may(person, Action.DECIDE_POOLS):
        statements += _decisions(person, on)
    if people.may(person, Action.IMPORT) and person.district_code is not None:
        statements.append(_returns(person, on))
    if people.may(person, Action.ANSWER_OPINIONS) and person.department is not None:
        statements.append(_opinions(person))
    if people.may(person, Action.ANSWER_OBJECTIONS):
        statements.append(_firm_objections(person, on))
    if person.policy.may.get(Action.OBJECT) is Scope.OWN_FIRM:
        statements.append(_answers(person, on))
    if people.may(person, Action.PASS_RETURNS):
        statements.append(_own_returns(person, on))
    if person.policy.may.get(Action.SEE_RETURNS) is Scope.OWN_FIRM:
        statements += _returns_closed(person, on)
    if people.may(person, Action.SEE_MESSAGES):
        statements.append(_messages(person, on))
    return statements


def _of_whom(person: Person, kind: type[Visit] | type[Task]) -> ColumnElement[bool]:
    """Whether a step is this person's to do: the owner's, or else the mentor's; a firm's own account has the tasks that
    are meant for the firm."""
    if person.policy.may.get(Action.SEE_CASES) is Scope.OWN_FIRM:
        return Task.for_firm.is_(True)
    return func.coalesce(kind.owner_id, Case.mentor_id) == person.id


def _due(person: Person, on: date) -> list[Any]:
    """Steps and tasks that are overdue or due within a week."""
    kinds: list[type[Visit] | type[Task]] = [Task]
    if people.may(person, Action.SEE_FINDINGS):
        kinds.append(Visit)
    found = []
    for kind in kinds:
        name, what = ("step", Visit.next_step) if kind is Visit else ("task", Task.what)
        begun = Visit.step_withdrawn_at.is_(None) if kind is Visit else true()
        found.append(
            row(
                case((kind.due_on < on, f"{name}_overdue"), else_=f"{name}_due"),
                kind.id,
                kind.due_on,
                Case.firm_id,
                what,
            )
            .join(Case, Case.id == kind.case_id)
            .join(Firm, Firm.id == Case.firm_id)
            .where(
                _of_whom(person, kind),
                begun,
                kind.due_on <= on + WEEK,
                kind.recorded_at < end_of(on),
                *_open(kind, on),
                people.visible_firms(person, Action.SEE_CASES),
            )
        )
    return found


def _open(kind: type[Visit] | type[Task], on: date) -> tuple[ColumnElement[bool], ...]:
    return (
        kind.withdrawn_at.is_(None),
        or_(kind.done_on.is_(None), kind.done_on > on),
        or_(Case.closed_on.is_(None), Case.closed_on > on),
    )


def _given(person: Person, on: date) -> list[Any]:
    """Steps, tasks and cases that somebody else gave to this person lately, and that are still theirs."""
    reached = people.visible_firms(person, Action.SEE_CASES)
    since, end = end_of(on - NEWS), end_of(on)
    steps = (
        row("step_given", Visit.id, Visit.due_on, Case.firm_id, Visit.next_step)
        .join(Case, Case.id == Visit.case_id)
        .join(Firm, Firm.id == Case.firm_id)
        .where(Visit.owner_id == person.id, Visit.visited_by != person.name, Visit.due_on > on + WEEK)
        .where(Visit.recorded_at >= since, Visit.recorded_at < end, Visit.step_withdrawn_at.is_(None))
        .where(*_open(Visit, on), reached)
    )
    lately = (AuditEntry.at >= since, AuditEntry.at < end, AuditEntry.person != person.name)
    day = func.date(AuditEntry.at, type_=Date)
    number = cast(func.substr(AuditEntry.subject, 6), Integer)  # behind "task:" and "case:"
    owner = AuditEntry.details["owner"].as_string()
    theirs = func.coalesce(Task.owner_id, Case.mentor_id) == person.id
    tasks = (
        row("task_given", AuditEntry.id, day, Case.firm_id, Task.what)
        .join(Task, Task.id == number)
        .join(Case, Case.id == Task.case_id)
        .join(Firm, Firm.id == Case.firm_id)
        .where(AuditEntry.action.in_(["add_task", "hand_over_task"]), *lately, theirs, Task.due_on > on + WEEK)
        .where(or_(owner == person.name, owner.is_(None)), *_open(Task, on), reached)
    )
    mentor = AuditEntry.details["mentor"].as_string() == person.name
    handed = (
        row("case_given", AuditEntry.id, day, Case.firm_id)
        .join(Case, Case.id == number)
        .join(Firm, Firm.id == Case.firm_id)
        .where(AuditEntry.action == "assign_mentor", *lately, mentor, Case.mentor_id == person.id)
        .where(or_(Case.closed_on.is_(None), Case.closed_on > on), reached)
    )
    return [steps, tasks, handed]


def _problems(person: Person, on: date) -> list[Any]:
    """Problems raised lately to this person's level, and those of their firms that are overdue."""
    their_case = aliased(Case)
    hindered = (
        select(func.min(ProblemFirm.firm_id))
        .join(Firm, Firm.id == ProblemFirm.firm_id)
        .where(ProblemFirm.problem_id == Problem.id, ProblemFirm.left_at.is_(None))
        .where(people.visible_firms(person, Action.SEE_FINDINGS))
        .correlate(Problem)
    )
    mine = hindered.join(their_case, and_(their_case.firm_id == Firm.id, their_case.closed_on.is_(None))).where(
        their_case.mentor_id == person.id
    )
    of_mine, of_reach = mine.scalar_subquery(), hindered.scalar_subquery()
    stands = (Problem.resolved_on.is_(None), Problem.withdrawn_at.is_(None))
    level = "county" if person.district_code else "city"
    raised = (
        row("problem_raised", ProblemEntry.id, ProblemEntry.on, func.coalesce(of_mine, of_reach), Problem.kind)
        .join(Problem, Problem.id == ProblemEntry.problem_id)
        .where(ProblemEntry.kind == MOVED_UP, ProblemEntry.at >= end_of(on - NEWS), ProblemEntry.at < end_of(on))
        .where(*stands, Problem.level == ProblemEntry.level)
        .where(or_(of_mine.is_not(None), and_(ProblemEntry.level == level, of_reach.is_not(None))))
    )
    overdue = row("problem_overdue", Problem.id, Problem.due_on, of_mine, Problem.kind).where(
        Problem.due_on < on, Problem.recorded_at < end_of(on), *stands, of_mine.is_not(None)
    )
    return [raised, overdue]


def _decisions(person: Person, on: date) -> list[Any]:
    """Proposals and objections that wait for a decision of this person: one line for all, new with each that is new."""
    reached = people.visible_firms(person, Action.DECIDE_POOLS)
    return [
        row(kind, func.max(of.id), _NO_DAY, count=func.count())
        .select_from(of)
        .join(Firm, Firm.id == of.firm_id)
        .where(state.is_(None) if of is NoticeObjection else state == "open", moment < end_of(on), reached)
        .group_by(state)  # one group, or none
        for kind, of, state, moment in (
            ("proposals", PoolProposal, PoolProposal.state, PoolProposal.proposed_at),
            ("objections", NoticeObjection, NoticeObjection.upheld, NoticeObjection.recorded_at),
        )
    ]


def _firm_objections(person: Person, on: date) -> Any:
    """Objections of firms that this person is to answer: one line for all, new with each that is new."""
    of = FirmObjection
    return (
        row("firm_objections", func.max(of.id), _NO_DAY, count=func.count())
        .select_from(of)
        .join(Firm, Firm.id == of.firm_id)
        .where(of.accepted.is_(None), of.withdrawn_on.is_(None), of.raised_at < end_of(on))
        .where(people.visible_firms(person, Action.ANSWER_OBJECTIONS))
        .group_by(of.accepted)  # one group, or none
    )


def _answers(person: Person, on: date) -> Any:
    """What the person's firm objected to and was answered lately."""
    of = FirmObjection
    return (
        row("objection_answered", of.id, of.answered_on, of.firm_id, func.coalesce(of.fact, of.about))
        .join(Firm, Firm.id == of.firm_id)
        .where(of.answered_at >= end_of(on - NEWS), of.answered_at < end_of(on))
        .where(people.visible_firms(person, Action.OBJECT))
    )


def _own_returns(person: Person, on: date) -> Any:
    """Returns of firms that wait for this person: one line for all, new with each that is new."""
    of = OwnReturn
    return (
        row("own_returns", func.max(of.id), _NO_DAY, count=func.count())
        .select_from(of)
        .join(Firm, Firm.id == of.firm_id)
        .where(waits_for(person), func.coalesce(of.passed_at, of.sent_at) < end_of(on))
        .group_by(Firm.cohort)  # one group, or none
    )


def _returns_closed(person: Person, on: date) -> list[Any]:
    """What the person's firm handed in and was given back or accepted lately; given back is told until it is mended."""
    of, later = OwnReturn, aliased(OwnReturn)
    mended = select(later.id).where(later.firm_id == of.firm_id, later.year == of.year, later.id > of.id)
    year, day = cast(of.year, Text), func.date(of.closed_at, type_=Date)
    back = row("return_given_back", of.id, day, of.firm_id, year.concat("\n").concat(of.note))
    accepted = row("return_accepted", of.id, day, of.firm_id, year)
    return [
        statement.join(Firm, Firm.id == of.firm_id)
        .where(of.state == state, of.closed_at >= end_of(on - NEWS), of.closed_at < end_of(on), *more)
        .where(people.visible_firms(person, Action.SEE_RETURNS))
        for statement, state, more in (
            (back, "returned", (~mended.exists(),)),
            (accepted, "accepted", ()),
        )
    ]


def _returns(person: Person, on: date) -> Any:
    """The returns that a district has still to bring, where they are due within a week or were: of each year one line,
    with the last day that was set."""
    later = aliased(ReturnDue)
    corrected = select(later.id).where(later.year == ReturnDue.year, later.id > ReturnDue.id, later.set_at < end_of(on))
    missing = missing_count(person, on)
    kind = case((ReturnDue.due_on < on, "returns_overdue"), else_="returns_due")
    return row(kind, ReturnDue.id, ReturnDue.due_on, what=cast(ReturnDue.year, Text), count=missing).where(
        ReturnDue.set_at < end_of(on),
        ReturnDue.due_on.between(on - RETURNS_TOLD, on + WEEK),
        ~corrected.exists(),
        missing > 0,
    )


def _messages(person: Person, on: date) -> Any:
    """The threads in which somebody else wrote what this person has not read: new with each message."""
    rows = row(
        "message",
        func.max(WrittenMessage.id),
        func.date(func.max(WrittenMessage.written_at), type_=Date),
        WrittenMessage.firm_id,
        count=func.count(WrittenMessage.id),
    ).join(Firm, Firm.id == WrittenMessage.firm_id)
    reached = people.visible_firms(person, Action.SEE_MESSAGES)
    written = WrittenMessage.written_at < end_of(on)
    rows = with_marks(rows, person).where(is_new(person), goes_on(person), written, reached)
    return rows.group_by(WrittenMessage.firm_id)


def _opinions(person: Person) -> Any:
    """Of how many firms an answer of this person's department is missing; the same firms as on their page."""
    undecided = select(PoolProposal.id).where(
        PoolProposal.review_id == OpinionRequest.review_id,
        PoolProposal.firm_id == Opinion.firm_id,
        PoolProposal.state == "open",
    )
    return (
        row("opinions", func.max(Opinion.id), _NO_DAY, count=func.count())
        .join(OpinionRequest, OpinionRequest.id == Opinion.request_id)
        .where(OpinionRequest.department == person.department, Opinion.answer.is_(None), undecided.exists())
        .group_by(OpinionRequest.department)
    )
