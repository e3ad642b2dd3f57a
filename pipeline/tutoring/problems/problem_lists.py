"""What is known of problems on a day: which there are, how old, how late, to whom they were raised, whose they are.

A problem is told as it stood at the end of the day in the city: from the entries that were there by then, so that what
was recorded, postponed, handed over or resolved later changes nothing. Texts are for who may read findings; an
enterprise sees of its own problems the kind, whose they are, the due day and whether they are open.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import TYPE_CHECKING, Any

from sqlalchemy import ColumnElement, func, or_, select
from sqlalchemy.orm import Session

from pipeline.accounts import audit, people
from pipeline.accounts.people import Action, Person
from pipeline.errors import NotFound
from pipeline.language import N_, Message
from pipeline.store.tables import Firm
from pipeline.store.tutoring_tables import Problem, ProblemEntry, ProblemFirm
from pipeline.tutoring.problems.kinds import (
    AGES,
    BUREAU,
    OPEN,
    RESOLVED,
    STATE_AFTER,
    WITHDRAWN,
    WRITTEN,
)

if TYPE_CHECKING:
    import pandas as pd

#: So many numbers are sent one by one in a statement.
_FEW = 500
_COLUMNS = ["problem_id", "kind", "on", "by", "text", "due_on", "level", "department"]


@dataclass(frozen=True)
class ProblemLine:
    """A problem as it stood on a day, and as this person may read it.

    `firms`: id -> name of those that the person reaches, `others`: how many more it hinders. `age_days` since it was
    opened and `days_late` after its due day (negative before it), both until it was resolved. `department` None: the
    bureau's own; `level` None: raised to nobody yet. Texts and level are None where they are not theirs to read.
    `version`: what a change of it says it saw.
    """

    id: int
    kind: str
    department: str | None
    state: str
    opened_on: date
    due_on: date
    age_days: int
    days_late: int
    firms: Mapping[str, str | None]
    others: int
    level: str | None
    text: str | None
    recorded_by: str | None
    ended_on: date | None
    ended_by: str | None
    ended_how: str | None
    version: int

    @property
    def overdue(self) -> bool:
        return self.state == OPEN and self.days_late > 0


@dataclass(frozen=True)
class FirmOfProblem:
    """A firm that a problem hinders or has hindered."""

    firm_id: str
    firm_name: str | None
    joined_on: date
    left_on: date | None
    left_why: str | None


@dataclass(frozen=True)
class EntrySeen:
    """Something done about a problem; `due_on`, `level`, `department`: what holds after it, where it changed them."""

    id: int
    on: date
    kind: str
    text: str
    by: str
    due_on: date | None
    level: str | None
    department: str | None


@dataclass(frozen=True)
class ProblemSeen:
    """A problem with its firms, those that have left it among them, and what was done about it, the earliest first."""

    line: ProblemLine
    firms: Sequence[FirmOfProblem]
    entries: Sequence[EntrySeen]


@dataclass(frozen=True)
class ProblemCounts:
    """Open problems: of all, overdue, by whose they are (a department, or "bureau"), by their age (kinds.AGES)."""

    open: int
    overdue: int
    by_department: Mapping[str, int]
    by_age: Mapping[str, int]


def problems(
    session: Session,
    person: Person,
    on: date,
    *,
    department: str | None = None,
    kind: str | None = None,
    firm_id: str | None = None,
    age: str | None = None,
    open_only: bool = True,
    overdue_only: bool = False,
) -> list[ProblemLine]:
    """The problems of the firms that this person reaches, as they stood on the day, the longest overdue first.

    `department`: only its own ("bureau": of no department); `age`: one of kinds.AGES; unless `open_only`, resolved and
    withdrawn ones follow the open ones.
    """
    people.require(person, Action.SEE_CASES)
    known = _known(session, person, on, *([] if firm_id is None else [ProblemFirm.firm_id == firm_id]))
    if open_only or overdue_only:
        known = known[known["state"] == OPEN]
    if overdue_only:
        known = known[known["days_late"] > 0]
    for column, wanted in (("department", department), ("kind", kind), ("age", age)):
        if wanted is not None:
            known = known[known[column] == wanted]
    return _lines(session, person, on, known)


def problem_seen(session: Session, person: Person, problem_id: int, on: date) -> ProblemSeen:
    """One problem with everything that was known of it on the day. Raises NotFound where this person reaches none of
    its firms, or it was not known yet."""
    people.require(person, Action.SEE_FINDINGS)
    lines = _lines(session, person, on, _known(session, person, on, ProblemFirm.problem_id == problem_id))
    if not lines:
        raise NotFound(Message(N_("There is no problem %(problem)s."), {"problem": problem_id}))
    end = audit.end_of(on)
    hindered = (
        select(ProblemFirm, Firm.name)
        .join(Firm, Firm.id == ProblemFirm.firm_id)
        .where(
            ProblemFirm.problem_id == problem_id,
            ProblemFirm.joined_at < end,
            people.visible_firms(person, Action.SEE_FINDINGS),
        )
        .order_by(ProblemFirm.id)
    )
    firms = []
    for one, name in session.execute(hindered):
        left = one.left_at is not None and one.left_at < end
        away = (one.left_on, one.left_why) if left else (None, None)
        firms.append(FirmOfProblem(one.firm_id, name, one.joined_on, *away))
    done = select(ProblemEntry).where(ProblemEntry.problem_id == problem_id, ProblemEntry.at < end)
    entries = [
        EntrySeen(one.id, one.on, one.kind, one.text, one.by, one.due_on, one.level, one.department)
        for one in session.scalars(done.order_by(ProblemEntry.id))
    ]
    return ProblemSeen(lines[0], firms, entries)


def counts(session: Session, person: Person, on: date) -> ProblemCounts:
    """How many problems were open on the day, whose they are and how old; what there is none of is not named."""
    people.require(person, Action.SEE_CASES)
    known = _known(session, person, on)
    known = known[known["state"] == OPEN]
    by_department = known["department"].value_counts()
    by_age = known["age"].astype(str).value_counts()
    return ProblemCounts(
        len(known),
        int((known["days_late"] > 0).sum()),
        {str(name): int(count) for name, count in by_department.items()},
        {name: int(by_age[name]) for name in AGES if name in by_age.index},
    )


def _known(session: Session, person: Person, on: date, *about: ColumnElement[bool]) -> "pd.DataFrame":
    """One row for each problem of the firms that this person reaches, index its number, as it stood on the day: kind,
    department, state, days and age, and what ended it. `about`: further conditions on its firms."""
    import pandas as pd

    end = audit.end_of(on)
    seen = (
        select(ProblemFirm.problem_id)
        .join(Firm, Firm.id == ProblemFirm.firm_id)
        .where(_hindered_on(end), people.visible_firms(person, Action.SEE_CASES), *about)
    )
    statement = select(Problem.id, Problem.kind, Problem.text, Problem.opened_on, Problem.recorded_by, Problem.version)
    rows = map(tuple, session.execute(statement.where(Problem.id.in_(seen), Problem.recorded_at < end)))
    columns = ["id", "kind", "text", "opened_on", "recorded_by", "version"]
    known = pd.DataFrame(list(rows), columns=columns, dtype=object).set_index("id")
    changes = select(*(getattr(ProblemEntry, name) for name in _COLUMNS)).where(
        ProblemEntry.problem_id.in_(seen), ProblemEntry.at < end, ProblemEntry.kind.not_in(WRITTEN)
    )
    done = map(tuple, session.execute(changes.order_by(ProblemEntry.id)))
    entries = pd.DataFrame(list(done), columns=_COLUMNS, dtype=object)
    for column in ("due_on", "level", "department"):  # the last that an entry has said
        said = entries[entries[column].notna()]
        known[column] = said.drop_duplicates("problem_id", keep="last").set_index("problem_id")[column]
    turns = entries[entries["kind"].isin(list(STATE_AFTER))].drop_duplicates("problem_id", keep="last")
    turns = turns.set_index("problem_id")
    known["state"] = turns["kind"].map(STATE_AFTER)
    for column in ("on", "by", "text"):
        known[f"ended_{column}"] = turns[column].where(turns["kind"].isin([RESOLVED, WITHDRAWN]), None)
    if not people.may(person, Action.SEE_FINDINGS):
        known = known[known["state"] != WITHDRAWN]
    until = pd.to_datetime(known["ended_on"]).fillna(pd.Timestamp(on))
    known["age_days"] = (until - pd.to_datetime(known["opened_on"])).dt.days
    known["days_late"] = (until - pd.to_datetime(known["due_on"])).dt.days
    edges = [*AGES.values(), float("inf")]
    known["age"] = pd.cut(known["age_days"], edges, right=False, labels=list(AGES))
    return known


def _hindered_on(end: datetime) -> ColumnElement[bool]:
    """Whether a firm was known to be hindered by a problem at this moment."""
    there = or_(ProblemFirm.left_at.is_(None), ProblemFirm.left_at >= end)
    return (ProblemFirm.joined_at < end) & there


def _lines(session: Session, person: Person, on: date, known: "pd.DataFrame") -> list[ProblemLine]:
    """The rows as lines, the open ones first, the longest overdue before the others."""
    order = known.assign(ended=known["state"] != OPEN, number=known.index)
    known = known.loc[order.sort_values(["ended", "days_late", "number"], ascending=[True, False, True]).index]
    firms, hindered = _firms_of(session, person, on, known.index.tolist())
    reads = people.may(person, Action.SEE_FINDINGS)

    def read(value: Any) -> Any:
        return value if reads and isinstance(value, str) else None

    return [
        ProblemLine(
            id=int(number),
            kind=row["kind"],
            department=None if row["department"] == BUREAU else row["department"],
            state=row["state"],
            opened_on=row["opened_on"],
            due_on=row["due_on"],
            age_days=int(row["age_days"]),
            days_late=int(row["days_late"]),
            firms=firms.get(number, {}),
            others=hindered.get(number, 0) - len(firms.get(number, {})) if reads else 0,
            level=read(row["level"]),
            text=read(row["text"]),
            recorded_by=read(row["recorded_by"]),
            ended_on=row["ended_on"] if isinstance(row["ended_on"], date) else None,
            ended_by=read(row["ended_by"]),
            ended_how=read(row["ended_text"]),
            version=int(row["version"]),
        )
        for number, row in zip(known.index, known.to_dict("records"), strict=True)
    ]


def _firms_of(
    session: Session, person: Person, on: date, numbers: Sequence[int]
) -> tuple[dict[int, dict[str, str | None]], dict[int, int]]:
    """The firms that each of these problems hinders, which this person reaches; and how many it hinders in all."""
    these = ProblemFirm.problem_id.in_(numbers)
    if len(numbers) > _FEW:  # more than a statement takes one by one
        these = ProblemFirm.problem_id.between(min(numbers), max(numbers))
    there = _hindered_on(audit.end_of(on))
    reached = (
        select(ProblemFirm.problem_id, Firm.id, Firm.name)
        .join(Firm, Firm.id == ProblemFirm.firm_id)
        .where(these, there, people.visible_firms(person, Action.SEE_CASES))
        .order_by(ProblemFirm.id)
    )
    firms: dict[int, dict[str, str | None]] = {}
    for number, firm_id, name in session.execute(reached):
        firms.setdefault(number, {})[firm_id] = name
    every = select(ProblemFirm.problem_id, func.count()).where(these, there).group_by(ProblemFirm.problem_id)
    return firms, {row[0]: row[1] for row in session.execute(every)}
