"""Tables of tutoring beside the case itself: who advises a firm, and since when; what is to be done by whom;
what hinders it on its way; what is written about it.

Read by pipeline.tutoring and the rooms beside it; case, stage and visit stand in tables.py.
"""

from datetime import date, datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from pipeline.store.tables import Base, FirmId, Word, only_one


class Adviser(Base):
    """A firm that advises others on their way to an exchange. `kind`: broker, law_firm, auditor, valuer, or agency,
    which prepares returns. `merged_into`: this name is another spelling of that adviser's; what was signed under it
    stays."""

    __tablename__ = "adviser"
    __table_args__ = (UniqueConstraint("kind", "name"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[Word]
    name: Mapped[str] = mapped_column(String(200))
    added_by: Mapped[str] = mapped_column(String(80))
    added_at: Mapped[datetime]
    credit_code: Mapped[str | None] = mapped_column(String(18))
    merged_into: Mapped[int | None] = mapped_column(ForeignKey("adviser.id"))
    merged_at: Mapped[datetime | None]
    version: Mapped[int] = mapped_column(default=1)
    __mapper_args__ = {"version_id_col": version}  # noqa: RUF012 - SQLAlchemy's own way


class AdviserChange(Base):
    """What was changed about an adviser itself; never changed. `what`: name, credit_code or merged_into."""

    __tablename__ = "adviser_change"

    id: Mapped[int] = mapped_column(primary_key=True)
    adviser_id: Mapped[int] = mapped_column(ForeignKey("adviser.id"), index=True)
    what: Mapped[Word]
    before: Mapped[str | None] = mapped_column(String(200))
    after: Mapped[str | None] = mapped_column(String(200))
    why: Mapped[str] = mapped_column(Text)
    by: Mapped[str] = mapped_column(String(80))
    at: Mapped[datetime]


class AdviserFiling(Base):
    """A filing of an adviser with an authority. `valid_until` None: it has no end. One that was wrong is ended with the
    reason, and the right one is a row of its own."""

    __tablename__ = "adviser_filing"

    id: Mapped[int] = mapped_column(primary_key=True)
    adviser_id: Mapped[int] = mapped_column(ForeignKey("adviser.id"), index=True)
    authority: Mapped[Word]
    number: Mapped[str] = mapped_column(String(80))
    filed_on: Mapped[date]
    valid_until: Mapped[date | None]
    recorded_by: Mapped[str] = mapped_column(String(80))
    recorded_at: Mapped[datetime]
    ended_by: Mapped[str | None] = mapped_column(String(80))
    ended_at: Mapped[datetime | None]
    ended_why: Mapped[str | None] = mapped_column(Text)


class AdviserEvaluation(Base):
    """How a person judges what an adviser did for a firm in a year: 1 (poor) to 5 (very good) for each of
    evaluations.CRITERIA. Corrected and withdrawn like a filing."""

    __tablename__ = "adviser_evaluation"
    __table_args__ = (Index("ix_adviser_evaluation_firm_id_year", "firm_id", "year"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    adviser_id: Mapped[int] = mapped_column(ForeignKey("adviser.id"), index=True)
    firm_id: Mapped[FirmId] = mapped_column(ForeignKey("firm.id"))
    year: Mapped[int]
    evaluated_on: Mapped[date]
    competence: Mapped[int]
    diligence: Mapped[int]
    promptness: Mapped[int]
    note: Mapped[str | None] = mapped_column(Text)
    recorded_by: Mapped[str] = mapped_column(String(80))
    recorded_at: Mapped[datetime]
    ended_by: Mapped[str | None] = mapped_column(String(80))
    ended_at: Mapped[datetime | None]
    ended_why: Mapped[str | None] = mapped_column(Text)


class NegativeEntry(Base):
    """An adviser on the negative list, from a day until before another. `ends_on` as it stands now; how it came to
    that, and what the adviser replied, stands in NegativeNote."""

    __tablename__ = "negative_entry"

    id: Mapped[int] = mapped_column(primary_key=True)
    adviser_id: Mapped[int] = mapped_column(ForeignKey("adviser.id"), index=True)
    reason: Mapped[str] = mapped_column(Text)
    evidence: Mapped[str] = mapped_column(Text)
    begins_on: Mapped[date]
    ends_on: Mapped[date]
    recorded_by: Mapped[str] = mapped_column(String(80))
    recorded_at: Mapped[datetime]
    version: Mapped[int] = mapped_column(default=1)
    __mapper_args__ = {"version_id_col": version}  # noqa: RUF012 - SQLAlchemy's own way


class NegativeNote(Base):
    """Something about an entry of the negative list, in the order in which it became known; never changed. `kind`:
    entered, reply (of the adviser), extended, lifted. `ends_on`: the end day after it, where it changed that."""

    __tablename__ = "negative_note"

    id: Mapped[int] = mapped_column(primary_key=True)
    entry_id: Mapped[int] = mapped_column(ForeignKey("negative_entry.id"), index=True)
    kind: Mapped[Word]
    on: Mapped[date]
    text: Mapped[str] = mapped_column(Text)
    ends_on: Mapped[date | None]
    by: Mapped[str] = mapped_column(String(80))
    at: Mapped[datetime]


class SpotCheck(Base):
    """A drawing of advisers or agreements to look at. `frame`: [number, stratum] of each that could be drawn, in their
    order, as it was then; with `seed` and `size` it gives the same items again. `seed_given`: a person chose it."""

    __tablename__ = "spot_check"

    id: Mapped[int] = mapped_column(primary_key=True)
    subject: Mapped[Word]
    strata: Mapped[Word]
    size: Mapped[int]
    seed: Mapped[str] = mapped_column(String(80))
    seed_given: Mapped[bool]
    frame: Mapped[list[Any]]
    frame_hash: Mapped[str] = mapped_column(String(64))
    why: Mapped[str] = mapped_column(Text)
    drawn_on: Mapped[date]
    drawn_by: Mapped[str] = mapped_column(String(80))
    drawn_at: Mapped[datetime]


class SpotCheckItem(Base):
    """One that was drawn: an adviser's or an agreement's number. `result` None: nobody has looked at it yet."""

    __tablename__ = "spot_check_item"
    __table_args__ = (UniqueConstraint("spot_check_id", "number"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    spot_check_id: Mapped[int] = mapped_column(ForeignKey("spot_check.id"))
    number: Mapped[int]
    stratum: Mapped[Word]
    result: Mapped[str | None] = mapped_column(String(40))
    note: Mapped[str | None] = mapped_column(Text)
    checked_on: Mapped[date | None]
    recorded_by: Mapped[str | None] = mapped_column(String(80))
    recorded_at: Mapped[datetime | None]


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


class CaseLeader(Base):
    """A leader of the city, a county or a town who stands by the firm of a case, beside its mentor.

    `level`: pipeline.tutoring.mentors.leaders names them. `account_id` None: somebody without an account, known by
    `name` and `post` alone. `ended_at` None: stands by it still; of a case there is one of each level at a time.
    """

    __tablename__ = "case_leader"
    __table_args__ = (only_one("uq_case_leader_stands", "case_id", "ended_at IS NULL", "level"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    case_id: Mapped[int] = mapped_column(ForeignKey("case.id"))
    level: Mapped[Word]
    account_id: Mapped[int | None] = mapped_column(ForeignKey("account.id"), index=True)
    name: Mapped[str] = mapped_column(String(80))
    post: Mapped[str | None] = mapped_column(String(80))
    named_by: Mapped[str] = mapped_column(String(80))
    named_at: Mapped[datetime]
    ended_by: Mapped[str | None] = mapped_column(String(80))
    ended_at: Mapped[datetime | None]
    ended_why: Mapped[str | None] = mapped_column(Text)


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


class SavedView(Base):
    """A way of looking at the list of firms that an account keeps under a name; `query`: its address behind the
    question mark; `shared_with`: the role that it is offered to. Decides nothing, so it is not sealed."""

    __tablename__ = "saved_view"
    __table_args__ = (UniqueConstraint("account_id", "name"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("account.id"))
    name: Mapped[str] = mapped_column(String(60))
    query: Mapped[str] = mapped_column(Text)
    shared_with: Mapped[str | None] = mapped_column(String(40), index=True)
    saved_at: Mapped[datetime]


class FirmLabel(Base):
    """A word of the bureau's own on a firm. `taken_at` None: it stands; of a firm each stands once. One that was taken
    away stays on record, and put again it is a row of its own."""

    __tablename__ = "firm_label"
    __table_args__ = (only_one("uq_firm_label_stands", "firm_id", "taken_at IS NULL", "label"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    firm_id: Mapped[FirmId] = mapped_column(ForeignKey("firm.id"))
    label: Mapped[str] = mapped_column(String(30))
    put_by: Mapped[str] = mapped_column(String(80))
    put_at: Mapped[datetime]
    taken_by: Mapped[str | None] = mapped_column(String(80))
    taken_at: Mapped[datetime | None]


class WrittenMessage(Base):
    """What somebody wrote in the thread of a firm; never changed, withdrawn by its writer alone. `writer_id` None: the
    command line on the server; `role`, `district_code`: as whom they wrote it then."""

    __tablename__ = "message"
    # All that the bell of every page asks, without the words themselves.
    __table_args__ = (Index("ix_message_firm_id_id", "firm_id", "id", "withdrawn_at", "writer_id", "written_at"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    firm_id: Mapped[FirmId] = mapped_column(ForeignKey("firm.id"))
    text: Mapped[str] = mapped_column(Text)
    writer_id: Mapped[int | None] = mapped_column(ForeignKey("account.id"))
    written_by: Mapped[str] = mapped_column(String(80))
    role: Mapped[Word]
    district_code: Mapped[str | None] = mapped_column(String(12))
    written_at: Mapped[datetime]
    withdrawn_by: Mapped[str | None] = mapped_column(String(80))
    withdrawn_at: Mapped[datetime | None]
    withdrawn_why: Mapped[str | None] = mapped_column(Text)


class FirmObjection(Base):
    """What a firm objects to, and what it was answered; withdrawn it stays on record.

    `about`: figure (`fact` of `year`, by `source`), finding (`finding_id`) or decision (`proposal_id`). `shown`: what
    stood there, as its form writes it, None for nothing; `asked`: the right value, as it was typed. `raised_for`: who
    signed the paper that an officer entered. `accepted` None: not answered yet; `import_id`: what corrected the figure.
    """

    __tablename__ = "firm_objection"
    __table_args__ = (Index("ix_firm_objection_firm_id_id", "firm_id", "id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    firm_id: Mapped[FirmId] = mapped_column(ForeignKey("firm.id"))
    about: Mapped[Word]
    fact: Mapped[str | None] = mapped_column(String(80))
    year: Mapped[int | None]
    source: Mapped[str | None] = mapped_column(String(40))
    finding_id: Mapped[int | None] = mapped_column(ForeignKey("import_finding.id"))
    proposal_id: Mapped[int | None] = mapped_column(ForeignKey("pool_proposal.id"))
    shown: Mapped[str | None] = mapped_column(Text)
    asked: Mapped[str | None] = mapped_column(Text)
    why: Mapped[str] = mapped_column(Text)
    raised_by: Mapped[str] = mapped_column(String(80))
    raised_for: Mapped[str | None] = mapped_column(String(80))
    raised_on: Mapped[date]
    raised_at: Mapped[datetime]
    due_on: Mapped[date | None]
    accepted: Mapped[bool | None]
    answer: Mapped[str | None] = mapped_column(Text)
    answered_by: Mapped[str | None] = mapped_column(String(80))
    answered_on: Mapped[date | None]
    answered_at: Mapped[datetime | None]
    import_id: Mapped[int | None] = mapped_column(ForeignKey("import.id"))
    withdrawn_by: Mapped[str | None] = mapped_column(String(80))
    withdrawn_on: Mapped[date | None]
    withdrawn_why: Mapped[str | None] = mapped_column(Text)


class OwnReturn(Base):
    """What a firm itself hands in of a year, from its draft to the import that it becomes; none is ever deleted.

    `state`: draft, sent, passed (by its district), returned, accepted, withdrawn. `note`: of whoever returned or passed
    it last, or why it was withdrawn. The file stands under its hash among the attached ones.
    """

    __tablename__ = "own_return"
    __table_args__ = (Index("ix_own_return_firm_id_id", "firm_id", "id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    firm_id: Mapped[FirmId] = mapped_column(ForeignKey("firm.id"))
    year: Mapped[int]
    state: Mapped[Word]
    file_name: Mapped[str] = mapped_column(String(200))
    sha256: Mapped[str] = mapped_column(ForeignKey("attached_file.sha256"))
    made_by: Mapped[str] = mapped_column(String(80))
    made_at: Mapped[datetime]
    sent_by: Mapped[str | None] = mapped_column(String(80))
    sent_at: Mapped[datetime | None]
    passed_by: Mapped[str | None] = mapped_column(String(80))
    passed_at: Mapped[datetime | None]
    closed_by: Mapped[str | None] = mapped_column(String(80))
    closed_at: Mapped[datetime | None]
    note: Mapped[str | None] = mapped_column(Text)
    import_id: Mapped[int | None] = mapped_column(ForeignKey("import.id"))


class MessageRead(Base):
    """Up to which message an account has read the thread of a firm. Tells of no decision, so it is not sealed."""

    __tablename__ = "message_read"
    __table_args__ = (UniqueConstraint("account_id", "firm_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("account.id"))
    firm_id: Mapped[FirmId] = mapped_column(ForeignKey("firm.id"))
    message_id: Mapped[int] = mapped_column(ForeignKey("message.id"))
    read_at: Mapped[datetime]


class ReturnDue(Base):
    """By when the city wants the returns of a year, as somebody set it; rows are added and never changed, the last one
    counts."""

    __tablename__ = "return_due"

    id: Mapped[int] = mapped_column(primary_key=True)
    year: Mapped[int] = mapped_column(index=True)
    due_on: Mapped[date]
    set_by: Mapped[str] = mapped_column(String(80))
    set_at: Mapped[datetime]


class ReturnAsked(Base):
    """A firm was asked for its return of a year, by a message in its thread; never changed."""

    __tablename__ = "return_asked"
    __table_args__ = (Index("ix_return_asked_year_firm_id", "year", "firm_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    firm_id: Mapped[FirmId] = mapped_column(ForeignKey("firm.id"))
    year: Mapped[int]
    message_id: Mapped[int] = mapped_column(ForeignKey("message.id"))
    asked_by: Mapped[str] = mapped_column(String(80))
    asked_at: Mapped[datetime]
