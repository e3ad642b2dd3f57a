"""Tables of tutoring beside the case itself: who advises a firm, and since when; what is to be done by whom;
what hinders it on its way.

Read by pipeline.tutoring; case, stage and visit stand in tables.py.
"""

from datetime import date, datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from pipeline.store.tables import Base, FirmId, Word


class Adviser(Base):
    """A firm that advises others on their way to an exchange. `kind`: broker, law_firm, auditor, valuer."""

    __tablename__ = "adviser"
    __table_args__ = (UniqueConstraint("kind", "name"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[Word]
    name: Mapped[str] = mapped_column(String(200))
    added_by: Mapped[str] = mapped_column(String(80))
    added_at: Mapped[datetime]


class Engagement(Base):
    """An adviser that a firm has signed with, from a day on. `stage_id`: the entry of a stage that it was named with,
    with which it is taken back. `ended_on` None: it still holds."""

    __tablename__ = "engagement"
    __table_args__ = (Index("ix_engagement_firm_id_ended_on", "firm_id", "ended_on"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    firm_id: Mapped[FirmId] = mapped_column(ForeignKey("firm.id"))
    adviser_id: Mapped[int] = mapped_column(ForeignKey("adviser.id"), index=True)
    agreed_on: Mapped[date]
    ended_on: Mapped[date | None]
    ended_why: Mapped[str | None] = mapped_column(Text)
    stage_id: Mapped[int | None] = mapped_column(ForeignKey("case_stage.id"))
    recorded_by: Mapped[str] = mapped_column(String(80))
    recorded_at: Mapped[datetime]
    taken_back_by: Mapped[str | None] = mapped_column(String(80))
    taken_back_at: Mapped[datetime | None]
    taken_back_why: Mapped[str | None] = mapped_column(Text)


class Task(Base):
    """Something to be done in a case by a day. `owner_id` None: the mentor; `first_due_on`: the day it was set for at
    first; `stage`: it is a milestone on the way to this stage; `for_firm`: the firm sees it and is to do its part;
    `repeats_months`: done, it is due again so many months later; `visit_id`: the visit at which it was done."""

    __tablename__ = "task"

    id: Mapped[int] = mapped_column(primary_key=True)
    case_id: Mapped[int] = mapped_column(ForeignKey("case.id"), index=True)
    what: Mapped[str] = mapped_column(Text)
    owner_id: Mapped[int | None] = mapped_column(ForeignKey("account.id"))
    first_due_on: Mapped[date]
    due_on: Mapped[date] = mapped_column(index=True)
    stage: Mapped[str | None] = mapped_column(String(40))
    for_firm: Mapped[bool]
    repeats_months: Mapped[int | None]
    done_on: Mapped[date | None]
    done_by: Mapped[str | None] = mapped_column(String(80))
    done_note: Mapped[str | None] = mapped_column(Text)
    visit_id: Mapped[int | None] = mapped_column(ForeignKey("visit.id"))
    recorded_by: Mapped[str] = mapped_column(String(80))
    recorded_at: Mapped[datetime]
    withdrawn_by: Mapped[str | None] = mapped_column(String(80))
    withdrawn_at: Mapped[datetime | None]
    withdrawn_why: Mapped[str | None] = mapped_column(Text)
    version: Mapped[int] = mapped_column(default=1)
    __mapper_args__ = {"version_id_col": version}  # noqa: RUF012 - SQLAlchemy's own way


class TaskEntry(Base):
    """What somebody wrote about a task. `kind`: comment, postponed (from `before` to `after`) or reopened."""

    __tablename__ = "task_entry"

    id: Mapped[int] = mapped_column(primary_key=True)
    task_id: Mapped[int] = mapped_column(ForeignKey("task.id"), index=True)
    kind: Mapped[Word]
    content: Mapped[str] = mapped_column(Text)
    before: Mapped[date | None]
    after: Mapped[date | None]
    written_by: Mapped[str] = mapped_column(String(80))
    written_at: Mapped[datetime]


class Problem(Base):
    """What hinders one or several firms on their way to the exchange, as it stands now; how it came to that stands in
    its entries.

    `kind`: pipeline.tutoring.problems names them. `department` None: the bureau's own. `level`: to whom it has been
    raised (owner, county, city); None: to nobody yet. What was recorded by mistake is withdrawn and stays on record.
    """

    __tablename__ = "problem"

    id: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[Word]
    text: Mapped[str] = mapped_column(Text)
    department: Mapped[str | None] = mapped_column(String(40))
    level: Mapped[str | None] = mapped_column(String(40))
    opened_on: Mapped[date]
    due_on: Mapped[date]
    resolved_on: Mapped[date | None]
    resolved_by: Mapped[str | None] = mapped_column(String(80))
    resolved_how: Mapped[str | None] = mapped_column(Text)
    withdrawn_by: Mapped[str | None] = mapped_column(String(80))
    withdrawn_at: Mapped[datetime | None]
    withdrawn_why: Mapped[str | None] = mapped_column(Text)
    recorded_by: Mapped[str] = mapped_column(String(80))
    recorded_at: Mapped[datetime]
    version: Mapped[int] = mapped_column(default=1)
    __mapper_args__ = {"version_id_col": version}  # noqa: RUF012 - SQLAlchemy's own way


class ProblemFirm(Base):
    """A firm that a problem hinders, from a day on. `left_on` None: it still does. The moments say when that became
    known."""

    __tablename__ = "problem_firm"

    id: Mapped[int] = mapped_column(primary_key=True)
    problem_id: Mapped[int] = mapped_column(ForeignKey("problem.id"), index=True)
    firm_id: Mapped[FirmId] = mapped_column(ForeignKey("firm.id"), index=True)
    joined_on: Mapped[date]
    joined_by: Mapped[str] = mapped_column(String(80))
    joined_at: Mapped[datetime]
    left_on: Mapped[date | None]
    left_by: Mapped[str | None] = mapped_column(String(80))
    left_at: Mapped[datetime | None]
    left_why: Mapped[str | None] = mapped_column(Text)


class ProblemEntry(Base):
    """Something done about a problem, in the order in which it became known (`at`); never changed.

    `due_on`, `level` and `department` are what holds after it, where it changed them ("bureau": no department), so that
    the problem can be told as it stood on an earlier day.
    """

    __tablename__ = "problem_entry"

    id: Mapped[int] = mapped_column(primary_key=True)
    problem_id: Mapped[int] = mapped_column(ForeignKey("problem.id"), index=True)
    on: Mapped[date]
    kind: Mapped[Word]
    text: Mapped[str] = mapped_column(Text)
    by: Mapped[str] = mapped_column(String(80))
    at: Mapped[datetime] = mapped_column(index=True)
    due_on: Mapped[date | None]
    level: Mapped[str | None] = mapped_column(String(40))
    department: Mapped[str | None] = mapped_column(String(40))


class VisitChoice(Base):
    """Whom an account chose to visit in a week, by its Monday; no firms: what the program proposes holds."""

    __tablename__ = "visit_choice"
    __table_args__ = (UniqueConstraint("account_id", "week"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("account.id"))
    week: Mapped[date]
    firms: Mapped[list[Any]]
    chosen_at: Mapped[datetime]


class ReminderChoice(Base):
    """How often an account wants to be told by e-mail what waits (none, daily, weekly), at which address and in which
    language."""

    __tablename__ = "reminder_choice"

    id: Mapped[int] = mapped_column(primary_key=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("account.id"), unique=True)
    often: Mapped[Word]
    address: Mapped[str | None] = mapped_column(String(254))
    language: Mapped[str] = mapped_column(String(12))
    chosen_at: Mapped[datetime]


class ReminderSeen(Base):
    """A reminder that an account has read: its kind, the number of what it is about, and the day that it named, with
    which it is told anew. Tells of no decision, so it is not sealed."""

    __tablename__ = "reminder_seen"
    __table_args__ = (UniqueConstraint("account_id", "kind", "number", "about"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("account.id"))
    kind: Mapped[Word]
    number: Mapped[int]
    about: Mapped[date]
    seen_at: Mapped[datetime]


class ReminderSent(Base):
    """A digest or a message to a group that was sent, begun or refused. `key`: to whom for which period, so that nobody
    is sent the same twice; `state`: sending (whether it arrived nobody knows), sent, failed (to be tried again).

    The trail has the sums of each run; the rows are not sealed.
    """

    __tablename__ = "reminder_sent"

    id: Mapped[int] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(String(80), unique=True)
    account_id: Mapped[int | None] = mapped_column(ForeignKey("account.id"))
    period: Mapped[str] = mapped_column(String(40))
    state: Mapped[Word]
    message_id: Mapped[str | None] = mapped_column(String(200))
    content_hash: Mapped[str] = mapped_column(String(64))
    fault: Mapped[str | None] = mapped_column(Text)
    tried_at: Mapped[datetime]


class CalendarToken(Base):
    """The address at which an account's calendar is read without signing in; of its secret part only the hash is kept.
    Gone once it is revoked, the account is closed, or its rights change."""

    __tablename__ = "calendar_token"

    id: Mapped[int] = mapped_column(primary_key=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("account.id"), unique=True)
    token_hash: Mapped[str] = mapped_column(String(64), unique=True)
    made_by: Mapped[str] = mapped_column(String(80))
    made_at: Mapped[datetime]
