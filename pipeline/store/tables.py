"""Every table of the one database, in the order in which a firm comes through it.

Read by every room; database.py opens it, migrations/ changes it. Facts, events, scores
and decisions are rows that are added and never changed; what ends gets an end date instead.
"""

from datetime import date, datetime
from typing import Annotated, Any

from sqlalchemy import (
    JSON,
    BigInteger,
    Double,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Text,
    UniqueConstraint,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship

from pipeline.store.reported_facts import ReportedFacts

#: PostgreSQL's "none of it" of JSON is not ours: a missing document is NULL.
Document = JSON(none_as_null=True).with_variant(JSONB(none_as_null=True), "postgresql")
BigNumber = BigInteger().with_variant(Integer, "sqlite")

FirmId = Annotated[str, mapped_column(String(40))]  # a credit code, or "neeq:430025" in a reference cohort
Word = Annotated[str, mapped_column(String(40))]  # a name out of a short list kept in code or YAML

CITY = "city"
#: On PostgreSQL, what is searched with each sign twice: so two signs hold a trigram (engines/search_index.py).
SEARCH_DOUBLED = r"regexp_replace(search, '(.)', '\1\1', 'g')"


def only_one(name: str, column: str, where: str, *more: str) -> Index:
    """A law the database itself holds: at most one row with these columns' values among those where it says."""
    return Index(name, column, *more, unique=True, sqlite_where=text(where), postgresql_where=text(where))


class Base(DeclarativeBase):
    """Names every constraint, so that SQLite and PostgreSQL agree on what a migration calls it."""

    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(column_0_label)s",
            "uq": "uq_%(table_name)s_%(column_0_name)s",
            "ck": "ck_%(table_name)s_%(constraint_name)s",
            "fk": "fk_%(table_name)s_%(column_0_name)s_%(referred_table_name)s",
            "pk": "pk_%(table_name)s",
        }
    )
    type_annotation_map = {  # noqa: RUF012 - SQLAlchemy's own way
        dict[str, Any]: Document,
        list[Any]: Document,
    }


class Firm(Base):
    """A firm, known by its credit code, or one of a reference cohort by that cohort's own id.

    `name` and `district_code` repeat the latest statement, for lists; facts.py is the place to ask what
    was known when.
    """

    __tablename__ = "firm"

    id: Mapped[FirmId] = mapped_column(primary_key=True)
    cohort: Mapped[Word] = mapped_column(index=True)
    name: Mapped[str | None] = mapped_column(String(200))
    district_code: Mapped[str | None] = mapped_column(String(12), index=True)


class Import(Base):
    """One file that came in, whole. Undone: its rows are no longer in force, the import stays on record."""

    __tablename__ = "import"

    id: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[Word]  # returns, events, activities
    file_name: Mapped[str] = mapped_column(String(400))
    sha256: Mapped[str] = mapped_column(String(64), index=True)
    map_name: Mapped[str] = mapped_column(String(80))
    cohort: Mapped[Word]
    source: Mapped[Word]
    rows: Mapped[int]
    state: Mapped[Word] = mapped_column(default="stored")  # stored, undone
    imported_at: Mapped[datetime]
    imported_by: Mapped[str] = mapped_column(String(80))
    undone_at: Mapped[datetime | None]
    undone_by: Mapped[str | None] = mapped_column(String(80))
    undone_why: Mapped[str | None] = mapped_column(Text)
    district_code: Mapped[str | None] = mapped_column(String(12))  # whose officer brought it; None: the city's
    returns: Mapped[list["Return"]] = relationship(back_populates="brought_by")


class RefusedImport(Base):
    """A file that was tried and stored nothing: who tried it when, and every problem that the message named.

    `problems`: Problem.as_stored of each; of the file itself nothing is kept but what they quote.
    """

    __tablename__ = "refused_import"

    id: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[Word]  # returns, events, activities
    file_name: Mapped[str] = mapped_column(String(400))
    sha256: Mapped[str | None] = mapped_column(String(64))  # None: it could not even be read
    map_name: Mapped[str] = mapped_column(String(80))
    cohort: Mapped[Word]
    source: Mapped[Word]
    refused_at: Mapped[datetime]
    refused_by: Mapped[str] = mapped_column(String(80))
    problem_count: Mapped[int]
    problems: Mapped[list[Any]]
    district_code: Mapped[str | None] = mapped_column(String(12))  # as of an import


class Return(Base):
    """One form of one source as it was handed in: a sheet of an imported file."""

    __tablename__ = "returns"

    id: Mapped[int] = mapped_column(primary_key=True)
    import_id: Mapped[int] = mapped_column(ForeignKey("import.id"), index=True)
    source: Mapped[
        Word
    ]  # audited, tax, hnte_annual, survey, prospectus, exchange: the order of trust is data/sources.yaml
    sheet: Mapped[str] = mapped_column(String(120))
    in_force: Mapped[bool] = mapped_column(default=True)  # False once its import is undone
    #: The facts that at least one of its rows states, so that no blank column is read; None: not known, any may be.
    stated: Mapped[list[Any] | None]
    #: The fingerprints of its rows as columns, part by part (ReturnColumns); None: it has none.
    kept_columns: Mapped[list[Any] | None]
    brought_by: Mapped[Import] = relationship(back_populates="returns")


class ReturnRow(ReportedFacts, Base):
    """One firm's period, as one return stated it.

    Rows are added and never changed: a corrected return adds its own, and `known_on` lets training see
    only what was known at the time. `months` is 12 for a year; shorter periods are kept and never mix
    with years.
    """

    __tablename__ = "return_row"
    # By which the rows of a firm are found as well: an index of firms alone would only be read besides. Few rows say
    # who prepared them; they are found without the others.
    __table_args__ = (
        UniqueConstraint("firm_id", "year", "months", "return_id"),
        Index(
            "ix_return_row_prepared_by",
            "prepared_by",
            "firm_id",
            "known_on",
            "return_id",
            sqlite_where=text("prepared_by IS NOT NULL"),
            postgresql_where=text("prepared_by IS NOT NULL"),
        ),
    )

    id: Mapped[int] = mapped_column(BigNumber, primary_key=True)
    firm_id: Mapped[FirmId] = mapped_column(ForeignKey("firm.id"))
    return_id: Mapped[int] = mapped_column(ForeignKey("returns.id"), index=True)
    sheet_row: Mapped[int]  # where it stands in the sheet, counted as Excel counts
    year: Mapped[int]
    months: Mapped[int] = mapped_column(default=12)
    known_on: Mapped[date]


class ReturnColumns(Base):
    """Some thousand rows of a large return once more, sorted by firm, as packed columns: how all firms are read
    (pipeline/fact_columns/kept_columns.py). What they are sealed by stands in the return."""

    __tablename__ = "return_columns"

    return_id: Mapped[int] = mapped_column(ForeignKey("returns.id"), primary_key=True)
    part: Mapped[int] = mapped_column(primary_key=True)
    first_firm: Mapped[FirmId]
    last_firm: Mapped[FirmId]
    content: Mapped[bytes] = mapped_column(LargeBinary)


class ImportFinding(Base):
    """Something about a stored cell that looks wrong and waits for a person: open, explained or corrected."""

    __tablename__ = "import_finding"

    id: Mapped[int] = mapped_column(primary_key=True)
    import_id: Mapped[int] = mapped_column(ForeignKey("import.id"), index=True)
    firm_id: Mapped[FirmId] = mapped_column(ForeignKey("firm.id"), index=True)
    year: Mapped[int | None]
    kind: Mapped[Word] = mapped_column(index=True)  # unit_yuan_for_wan, unit_percent, growth, part_over_whole, …
    field: Mapped[str] = mapped_column(String(80))
    sheet: Mapped[str] = mapped_column(String(120))
    cell: Mapped[str | None] = mapped_column(String(12))
    found: Mapped[str | None] = mapped_column(String(200))
    msgid: Mapped[str] = mapped_column(Text)
    params: Mapped[dict[str, Any]]
    state: Mapped[Word] = mapped_column(default="open")
    settled_by: Mapped[str | None] = mapped_column(String(80))
    settled_at: Mapped[datetime | None]
    settled_why: Mapped[str | None] = mapped_column(Text)
    #: The import whose figures closed it; then `settled_why` is a msgid, and these fill it. None: a person wrote it.
    settled_by_import: Mapped[int | None] = mapped_column(ForeignKey("import.id"), index=True)
    settled_params: Mapped[dict[str, Any] | None]


class CrossCheck(Base):
    """Two sources that contradict each other beyond the tolerance (大数据比对)."""

    __tablename__ = "cross_check"
    __table_args__ = (UniqueConstraint("firm_id", "year", "fact", "row_id", "other_row_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    firm_id: Mapped[FirmId] = mapped_column(ForeignKey("firm.id"), index=True)
    year: Mapped[int]
    fact: Mapped[str] = mapped_column(String(80))
    row_id: Mapped[int] = mapped_column(ForeignKey("return_row.id"), index=True)
    other_row_id: Mapped[int] = mapped_column(ForeignKey("return_row.id"), index=True)
    value: Mapped[float]
    other_value: Mapped[float]
    gap_share: Mapped[float]
    prepared_by: Mapped[str | None] = mapped_column(String(200))
    found_at: Mapped[datetime]
    state: Mapped[Word] = mapped_column(default="open")
    settled_by: Mapped[str | None] = mapped_column(String(80))
    settled_at: Mapped[datetime | None]
    settled_why: Mapped[str | None] = mapped_column(Text)
    #: The import whose figures closed it; then `settled_why` is a msgid, and these fill it. None: a person wrote it.
    settled_by_import: Mapped[int | None] = mapped_column(ForeignKey("import.id"), index=True)
    settled_params: Mapped[dict[str, Any] | None]


class Event(Base):
    """A stage a firm reached: share reform, tutoring filed, …, listed. `import_id` None: an officer entered it."""

    __tablename__ = "event"
    __table_args__ = (UniqueConstraint("firm_id", "kind", "board", "occurred_on", "import_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    firm_id: Mapped[FirmId] = mapped_column(ForeignKey("firm.id"), index=True)
    import_id: Mapped[int | None] = mapped_column(ForeignKey("import.id"), index=True)
    kind: Mapped[Word] = mapped_column(index=True)
    board: Mapped[str] = mapped_column(String(80), default="")
    occurred_on: Mapped[date]
    known_on: Mapped[date]
    in_force: Mapped[bool] = mapped_column(default=True)


class Model(Base):
    """A trained model: its folder holds what makes it reproducible, this row is its place in the store."""

    __tablename__ = "model"

    id: Mapped[str] = mapped_column(String(80), primary_key=True)  # the name of its folder
    trained_at: Mapped[datetime]
    as_of: Mapped[date]
    cohorts: Mapped[list[Any]]
    event: Mapped[Word]
    within_months: Mapped[int]
    fingerprint: Mapped[str] = mapped_column(String(64))  # of the data it saw
    measures: Mapped[dict[str, Any]]


class ModelFile(Base):
    """A file of a model's folder, which any host can put into its own folder (scoring/registry/model_files.py).

    Those that make the model, and the ranks of stored scores, are sealed by their hash; results that pages show
    (names below plots/ and reach/) follow from sealed rows.
    """

    __tablename__ = "model_file"
    __table_args__ = (UniqueConstraint("model_id", "name"),)

    id: Mapped[int] = mapped_column(BigNumber, primary_key=True)
    model_id: Mapped[str] = mapped_column(ForeignKey("model.id"))
    name: Mapped[str] = mapped_column(String(200))  # its path in the folder, with "/"
    sha256: Mapped[str] = mapped_column(String(64))  # of the file as it is read
    content: Mapped[bytes]  # compressed by zlib


class ModelDecision(Base):
    """A promotion or a way back, kept forever: who asked, who agreed, and why. The last one names the champion."""

    __tablename__ = "model_decision"

    id: Mapped[int] = mapped_column(primary_key=True)
    model_id: Mapped[str] = mapped_column(ForeignKey("model.id"), index=True)
    action: Mapped[Word]  # promote, roll_back
    why: Mapped[str] = mapped_column(Text)
    decided_by: Mapped[str] = mapped_column(String(80))
    seconded_by: Mapped[str | None] = mapped_column(String(80))
    decided_at: Mapped[datetime]


class ScoreRun(Base):
    """All firms of a cohort scored by one model as of one day, with the data fingerprint it rested on."""

    __tablename__ = "score_run"

    id: Mapped[int] = mapped_column(primary_key=True)
    model_id: Mapped[str] = mapped_column(ForeignKey("model.id"), index=True)
    cohort: Mapped[Word]
    as_of: Mapped[date] = mapped_column(index=True)
    scored_at: Mapped[datetime]
    data_fingerprint: Mapped[str] = mapped_column(String(64))
    base_points: Mapped[float]
    expected_events: Mapped[float | None]  # the figure that set the level of the probabilities
    reference: Mapped[str] = mapped_column(String(120))  # whose ranks were used
    features: Mapped[list[Any] | None]  # in the order in which the reasons of its scores are stored
    audit_id: Mapped[int | None]  # the last entry of the audit log before its facts were read
    based_on: Mapped[int | None]  # the run whose ranks and level it shares, and which it differs from in some firms


class Score(Base):
    """One firm's points in a run. A row is narrow, since lists and reviews read all of them; why, ScoreReasons says."""

    __tablename__ = "score"
    __table_args__ = (
        UniqueConstraint("run_id", "firm_id"),
        Index("ix_score_run_id_points", "run_id", "points"),
    )

    id: Mapped[int] = mapped_column(BigNumber, primary_key=True)
    run_id: Mapped[int] = mapped_column(ForeignKey("score_run.id"))
    firm_id: Mapped[FirmId] = mapped_column(ForeignKey("firm.id"), index=True)
    points: Mapped[float]
    low_points: Mapped[float | None]
    high_points: Mapped[float | None]
    probability: Mapped[float]
    thin_data: Mapped[bool] = mapped_column(default=False)
    worked_out_in: Mapped[int | None]  # the earlier run that it is taken over from, whose reasons are its own


class ScoreReasons(Base):
    """Why one firm has its points: base_points + all reasons = points, checked before it is stored.

    Both blobs are float64, little-endian, in the order of the run's features (scoring/scores/stored_scores.py).
    `values` None: scores of before the program stored them.
    """

    __tablename__ = "score_reasons"
    __table_args__ = (UniqueConstraint("run_id", "firm_id"),)

    id: Mapped[int] = mapped_column(BigNumber, primary_key=True)
    run_id: Mapped[int] = mapped_column(ForeignKey("score_run.id"))
    firm_id: Mapped[FirmId] = mapped_column(ForeignKey("firm.id"), index=True)
    points: Mapped[bytes]  # NaN: the feature has no reason
    values: Mapped[bytes | None]  # NaN: unknown


class Account(Base):
    """A person who may sign in. `stamp` changes when rights change, which ends every open session."""

    __tablename__ = "account"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(80), unique=True)
    role: Mapped[Word]  # officer, enterprise, analyst
    firm_id: Mapped[str | None] = mapped_column(ForeignKey("firm.id"), index=True)
    district_code: Mapped[str | None] = mapped_column(String(12))
    password_hash: Mapped[str] = mapped_column(String(200))
    stamp: Mapped[str] = mapped_column(String(40))
    disabled: Mapped[bool] = mapped_column(default=False)
    department: Mapped[str | None] = mapped_column(String(40))  # of a department's account: accounts/departments.py
    must_change: Mapped[bool | None]  # somebody else knows the password; None: an older program did not ask
    created_at: Mapped[datetime]
    person_name: Mapped[str | None] = mapped_column(String(80))  # who it is: accounts/contacts.py
    unit: Mapped[str | None] = mapped_column(String(120))
    phone: Mapped[str | None] = mapped_column(String(40))


class Invitation(Base):
    """A link by which the owner of an account sets its first password: it opens once, until a moment. Of its secret
    part only the hash is kept. Gone once it is used, made anew, or the account's rights change."""

    __tablename__ = "invitation"

    id: Mapped[int] = mapped_column(primary_key=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("account.id"), unique=True)
    token_hash: Mapped[str] = mapped_column(String(64), unique=True)
    until: Mapped[datetime]
    made_by: Mapped[str] = mapped_column(String(80))
    made_at: Mapped[datetime]


class SecondStep(Base):
    """That the sign-in of an account asks for a code of a phone: accounts/second_step.py. `sealed_secret`: what the
    phone knows too, encrypted; `confirmed_at` None: begun, not asked for yet; `last_step`: of the last code used."""

    __tablename__ = "second_step"

    id: Mapped[int] = mapped_column(primary_key=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("account.id"), unique=True)
    sealed_secret: Mapped[str] = mapped_column(String(400))
    confirmed_at: Mapped[datetime | None]
    last_step: Mapped[int | None]


class RecoveryCode(Base):
    """A code for whoever has lost the phone; its row goes when it is used. Only its hash is kept."""

    __tablename__ = "recovery_code"

    id: Mapped[int] = mapped_column(primary_key=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("account.id"), index=True)
    code_hash: Mapped[str] = mapped_column(String(64))


class OutsideAccount(Base):
    """Somebody's account with a provider of the city, known by the provider's own number for them: `issuer`, `subject`.
    `account_id`: the account here that it opens; None: it has signed in there and waits for somebody to bind it, with
    the name that the provider shows and the role it would give."""

    __tablename__ = "outside_account"
    __table_args__ = (
        UniqueConstraint("issuer", "subject"),
        UniqueConstraint("account_id", "issuer"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    issuer: Mapped[str] = mapped_column(String(200))
    subject: Mapped[str] = mapped_column(String(200))
    account_id: Mapped[int | None] = mapped_column(ForeignKey("account.id"))
    shown_name: Mapped[str | None] = mapped_column(String(80))
    asked_role: Mapped[str | None] = mapped_column(String(40))
    first_at: Mapped[datetime]
    bound_by: Mapped[str | None] = mapped_column(String(80))
    bound_at: Mapped[datetime | None]


class Case(Base):
    """The tutoring of one firm, from its entry to its outcome."""

    __tablename__ = "case"
    __table_args__ = (only_one("uq_case_open", "firm_id", "closed_on IS NULL"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    firm_id: Mapped[FirmId] = mapped_column(ForeignKey("firm.id"), index=True)
    opened_on: Mapped[date]
    closed_on: Mapped[date | None]
    outcome: Mapped[str | None] = mapped_column(String(40))
    closed_why: Mapped[str | None] = mapped_column(Text)
    stage: Mapped[Word]
    stage_since: Mapped[date]
    mentor_id: Mapped[int | None] = mapped_column(ForeignKey("account.id"))
    version: Mapped[int] = mapped_column(default=1)  # two officers cannot overwrite each other unseen
    __mapper_args__ = {"version_id_col": version}  # noqa: RUF012 - SQLAlchemy's own way


class CaseStage(Base):
    """A stage that a case entered, by day. A wrong entry is taken back with a reason and stays on record.

    `back_by`: the way out (stages.EXITS) by which the case went back to this stage instead of ending. `lacked`: what
    the stage asks for that the firm did not have (tutoring/gates.py); `why`: why it went back, or in without that.
    """

    __tablename__ = "case_stage"

    id: Mapped[int] = mapped_column(primary_key=True)
    case_id: Mapped[int] = mapped_column(ForeignKey("case.id"), index=True)
    stage: Mapped[Word]
    entered_on: Mapped[date]
    event_id: Mapped[int | None] = mapped_column(ForeignKey("event.id"))
    recorded_by: Mapped[str] = mapped_column(String(80))
    recorded_at: Mapped[datetime]
    taken_back_by: Mapped[str | None] = mapped_column(String(80))
    taken_back_at: Mapped[datetime | None]
    taken_back_why: Mapped[str | None] = mapped_column(Text)
    back_by: Mapped[str | None] = mapped_column(String(40))
    lacked: Mapped[list[Any] | None]
    why: Mapped[str | None] = mapped_column(Text)


class Visit(Base):
    """A visit to a firm: what was found, and what is to be done by when, by whom (`owner_id` None: the mentor).

    A visit recorded by mistake is withdrawn with a reason, or its next step alone; both stay on record and count
    nowhere.
    """

    __tablename__ = "visit"

    id: Mapped[int] = mapped_column(primary_key=True)
    case_id: Mapped[int] = mapped_column(ForeignKey("case.id"), index=True)
    visited_on: Mapped[date]
    visited_by: Mapped[str] = mapped_column(String(80))
    findings: Mapped[str] = mapped_column(Text)
    next_step: Mapped[str | None] = mapped_column(Text)
    due_on: Mapped[date | None] = mapped_column(index=True)
    done_on: Mapped[date | None]
    done_by: Mapped[str | None] = mapped_column(String(80))
    done_note: Mapped[str | None] = mapped_column(Text)
    recorded_at: Mapped[datetime]
    owner_id: Mapped[int | None] = mapped_column(ForeignKey("account.id"))
    withdrawn_by: Mapped[str | None] = mapped_column(String(80))
    withdrawn_at: Mapped[datetime | None]
    withdrawn_why: Mapped[str | None] = mapped_column(Text)
    step_withdrawn_by: Mapped[str | None] = mapped_column(String(80))
    step_withdrawn_at: Mapped[datetime | None]
    step_withdrawn_why: Mapped[str | None] = mapped_column(Text)
    version: Mapped[int] = mapped_column(default=1)
    __mapper_args__ = {"version_id_col": version}  # noqa: RUF012 - SQLAlchemy's own way


class FirmListRow(Base):
    """What lists, filters and counts show of one firm of the city today, derived from everything above.

    Kept true in the transaction of whatever changes it (scoring/firm_list/keeper.py) and rebuilt by `goldseed lists
    rebuild`: nothing here is known that is not known elsewhere, so it is neither sealed nor ever read to decide.
    """

    __tablename__ = "firm_list_row"
    __table_args__ = (
        # In the order of the list, so that a block is read where it begins; of SQLite with what a search looks through,
        # which is all that it scans for one.
        Index("ix_firm_list_row_points", text("points DESC"), "firm_id", "signs", "search").ddl_if(dialect="sqlite"),
        Index("ix_firm_list_row_points", text("points DESC NULLS LAST"), "firm_id").ddl_if(dialect="postgresql"),
        Index(
            "ix_firm_list_row_district_code_points", "district_code", text("points DESC"), "firm_id", "signs", "search"
        ).ddl_if(dialect="sqlite"),
        Index(
            "ix_firm_list_row_district_code_points", "district_code", text("points DESC NULLS LAST"), "firm_id"
        ).ddl_if(dialect="postgresql"),
        # Made where it can be: search_index.py.
        Index(
            "ix_firm_list_row_search", "search", postgresql_using="gin", postgresql_ops={"search": "gin_trgm_ops"}
        ).ddl_if(dialect="postgresql"),
        Index(
            "ix_firm_list_row_search_doubled",
            text(f"{SEARCH_DOUBLED} gin_trgm_ops"),
            postgresql_using="gin",
        ).ddl_if(dialect="postgresql"),
    )

    firm_id: Mapped[FirmId] = mapped_column(ForeignKey("firm.id"), primary_key=True)
    name: Mapped[str | None] = mapped_column(String(200))
    district_code: Mapped[str | None] = mapped_column(String(12))
    former_names: Mapped[str | None] = mapped_column(Text)  # other names in returns in force, a line each
    #: What a search looks through, a line each: name, code, industry, former names, pinyin (search_text).
    search: Mapped[str | None] = mapped_column(Text)
    #: Which signs `search` may hold (engines/search_index.py, signs_of); None: not known, so any.
    signs: Mapped[int | None] = mapped_column(BigInteger)
    #: Of the current run; None: not scored in it.
    points: Mapped[float | None]
    rank: Mapped[int | None]
    district_rank: Mapped[int | None]
    thin_data: Mapped[bool | None]
    pool: Mapped[str | None] = mapped_column(String(12))
    stage: Mapped[str | None] = mapped_column(String(40))  # of the open case
    mentor: Mapped[str | None] = mapped_column(String(80))
    #: Figures of the latest year known, each the latest that was stated.
    year: Mapped[int | None]
    revenue_cny: Mapped[float | None]
    net_profit_cny: Mapped[float | None]
    rd_spend_cny: Mapped[float | None]
    staff: Mapped[float | None]
    invention_patents: Mapped[float | None]
    industry_code: Mapped[str | None] = mapped_column(Text)
    hnte_expires_on: Mapped[date | None]
    in_doubt: Mapped[bool | None]
    best_board: Mapped[str | None] = mapped_column(String(40))  # or none:rung
    best_state: Mapped[str | None] = mapped_column(String(40))  # what of it is met, one of nearest.MEETS
    gap_share: Mapped[float | None]  # to the best board
    boards: Mapped[str | None] = mapped_column(Text)  # "bse meets_all;star not_met;…"
    #: How far the firm has come on the way to the market (tutoring/counts/way.py); None: no event of it.
    furthest: Mapped[str | None] = mapped_column(String(40))
    furthest_on: Mapped[date | None]
    stands: Mapped[str | None] = mapped_column(String(40))
    left_by: Mapped[str | None] = mapped_column(String(40))
    left_on: Mapped[date | None]


class FirmBoardRow(Base):
    """How one firm of the city stands to one board by the rules of today, derived from its figures and events.

    Kept true together with firm_list_row, and like it neither sealed nor ever read to decide. The words are those of
    pipeline/rules/evaluation/nearest.py.
    """

    __tablename__ = "firm_board_row"
    __table_args__ = ({"sqlite_with_rowid": False},)  # found by its key alone, and a third smaller so

    firm_id: Mapped[FirmId] = mapped_column(ForeignKey("firm.id"), primary_key=True)
    board: Mapped[str] = mapped_column(String(12), primary_key=True)
    standard: Mapped[str] = mapped_column(String(12))
    structural: Mapped[str] = mapped_column(String(12))
    precondition: Mapped[str] = mapped_column(String(12))
    positioning: Mapped[str] = mapped_column(String(12))
    meets: Mapped[str] = mapped_column(String(20))
    nearest: Mapped[str] = mapped_column(String(40))  # the rule of the nearest standard
    margin_class: Mapped[str] = mapped_column(String(8))
    margin: Mapped[float | None]  # None: no figure has a line to be held against
    gap_share: Mapped[float | None]  # of the line of which most is missing; None: unknown
    fit: Mapped[int]  # 0: the board that fits best
    best: Mapped[bool]


class FirmListCount(Base):
    """How many rows of firm_list_row are alike in all that the first page counts by; kept together with them.

    Blank words are nothing known. `points_from`: the points without what stands behind the point, 0 where not scored.
    """

    __tablename__ = "firm_list_count"

    district_code: Mapped[str] = mapped_column(String(12), primary_key=True)
    pool: Mapped[str] = mapped_column(String(12), primary_key=True)
    furthest: Mapped[str] = mapped_column(String(40), primary_key=True)
    stands: Mapped[str] = mapped_column(String(40), primary_key=True)
    scored: Mapped[bool] = mapped_column(primary_key=True)
    points_from: Mapped[int] = mapped_column(primary_key=True)
    firms: Mapped[int]


class FirmListState(Base):
    """What the listed firms are true of: one row. Where it differs from what is so now, they have to catch up."""

    __tablename__ = "firm_list_state"

    id: Mapped[int] = mapped_column(primary_key=True)
    day: Mapped[date]
    audit_id: Mapped[int]  # the last entry of the log that is taken into account; 0: none
    made_by: Mapped[str] = mapped_column(String(16))  # fingerprint of rules and code


class KeptAnswer(Base):
    """An answer about everybody, as it was last worked out. Derived: whoever lost it would work it out again.

    pipeline/kept_answers reads and writes it. `about`: all that the answer depends on beside the database, as JSON,
    whose SHA-256 finds it; `stands_for`: a fingerprint of what it rests on; `made_at`: UTC, before that was read.
    """

    __tablename__ = "kept_answer"

    question: Mapped[Word] = mapped_column(primary_key=True)
    about_hash: Mapped[str] = mapped_column(String(64), primary_key=True)
    about: Mapped[str] = mapped_column(Text)
    stands_for: Mapped[str] = mapped_column(String(80))
    made_at: Mapped[datetime]
    content: Mapped[str] = mapped_column(Text)  # JSON; as a text, for PostgreSQL's own would lose the order of its keys


class Job(Base):
    """Long work that somebody asked the dashboard for: what it is, which host does it, and how far it has come.

    No record of what was decided (what a job stores leaves entries of its own), and gone after a day: so it is not
    sealed. dashboard/jobs reads and writes it; moments are UTC.
    """

    __tablename__ = "job"

    id: Mapped[str] = mapped_column(String(24), primary_key=True)  # nobody guesses it
    kind: Mapped[Word]  # a task of dashboard/jobs
    account_id: Mapped[int] = mapped_column(ForeignKey("account.id"), index=True)  # who asked, and alone may see it
    language: Mapped[Word]
    arguments: Mapped[dict[str, Any]]
    state: Mapped[Word]  # waiting, running, done, failed, cancelled
    asked_at: Mapped[datetime]
    started_at: Mapped[datetime | None]
    finished_at: Mapped[datetime | None]
    host: Mapped[str | None] = mapped_column(String(200))  # which machine does it, and which of its processes
    process: Mapped[str | None] = mapped_column(String(80))
    heartbeat_at: Mapped[datetime]  # when it last gave a sign of life; until it runs: when it was asked for
    storing: Mapped[bool] = mapped_column(default=False)  # too late to cancel
    share: Mapped[float] = mapped_column(default=0.0)
    says: Mapped[str] = mapped_column(Text, default="")  # what is being done; of a failed one why, empty: it broke off
    result: Mapped[dict[str, Any] | None]


class JobFile(Base):
    """A file that a job was given, or that it made for whoever asked; its name as it lies in the job's folder."""

    __tablename__ = "job_file"

    job_id: Mapped[str] = mapped_column(ForeignKey("job.id"), primary_key=True)
    name: Mapped[str] = mapped_column(String(400), primary_key=True)
    content: Mapped[bytes]


class Attempt(Base):
    """How many attempts there were with an account or from an address; the key has hashes of both, no names.

    Gone with its minutes, and tells nothing of what was decided: so it is not sealed.
    """

    __tablename__ = "attempt"

    key: Mapped[str] = mapped_column(String(80), primary_key=True)
    count: Mapped[int]
    ends_at: Mapped[float] = mapped_column(
        Double, index=True
    )  # seconds since 1970; from then on the row counts for nothing


class KeptForm(Base):
    """A column map that an officer made on the board: the text of its file, for the hosts that do not have it."""

    __tablename__ = "kept_form"

    name: Mapped[str] = mapped_column(String(80), primary_key=True)
    content: Mapped[str] = mapped_column(Text)
    kept_by: Mapped[str] = mapped_column(String(80))
    kept_at: Mapped[datetime]


class AuditEntry(Base):
    """One entry of the audit log, which is never deleted; each carries the hash of the one before.

    `seal`: made of the hash with a key that is not in the database; `rows`: fingerprints of the rows that the entry
    left changed (trail/sealed_rows.py). Both None in entries of programs that had no key.
    """

    __tablename__ = "audit_entry"
    __table_args__ = (Index("ix_audit_entry_action_at", "action", "at"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    at: Mapped[datetime]
    person: Mapped[str] = mapped_column(String(80))
    action: Mapped[Word]
    subject: Mapped[str] = mapped_column(String(200))
    details: Mapped[dict[str, Any]]
    previous_hash: Mapped[str] = mapped_column(String(64), unique=True)  # no two entries follow the same one
    hash: Mapped[str] = mapped_column(String(64), unique=True)
    seal: Mapped[str | None] = mapped_column(String(80))
    rows: Mapped[dict[str, Any] | None]
