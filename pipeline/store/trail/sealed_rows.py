"""Fingerprints of the rows that the audit log speaks of, and which of them a session has changed.

A row has a fingerprint of its own, so that the very one that was changed is named; only figures and scores, which come
in by the hundred thousand and are never changed, have one for all of a return or of a run. What a session writes
through the ORM is noticed by itself; who writes through a plain connection says so with `touch`.

A fingerprint leaves out what is empty, so that a column which a later program adds changes none.
"""

import hashlib
import json
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, Table, event, func, select
from sqlalchemy.orm import ORMExecuteState, Session

from pipeline.catalog import catalog
from pipeline.store.attachment_tables import AttachedFile, Attachment
from pipeline.store.plan_tables.activities import FirmActivity
from pipeline.store.plan_tables.agencies import ListingProposal, ListingStep
from pipeline.store.plan_tables.growth import FirmLeader, LeaderContact
from pipeline.store.plan_tables.pacesetters import PacesetterNomination, PacesetterObjection, PacesetterRound
from pipeline.store.plan_tables.support import SupportClaim, SupportClaimEntry, SupportPayment
from pipeline.store.plan_tables.targets import TargetBaseline
from pipeline.store.pool_tables import (
    AdoptedPolicy,
    Declaration,
    NoticeFirm,
    NoticeObjection,
    Opinion,
    OpinionRequest,
    PoolMembership,
    PoolProposal,
    PoolReview,
    PoolReviewFirm,
    PoolReviewInputs,
    PublicNotice,
)
from pipeline.store.tables import (
    Account,
    Base,
    Case,
    CaseStage,
    CrossCheck,
    Event,
    Firm,
    Import,
    ImportFinding,
    Invitation,
    KeptForm,
    Model,
    ModelDecision,
    ModelFile,
    OutsideAccount,
    RecoveryCode,
    RefusedImport,
    Return,
    ReturnRow,
    Score,
    ScoreReasons,
    ScoreRun,
    SecondStep,
    Visit,
)
from pipeline.store.tutoring_tables import (
    Adviser,
    AdviserChange,
    AdviserEvaluation,
    AdviserFiling,
    CalendarToken,
    CaseLeader,
    Engagement,
    FirmLabel,
    FirmObjection,
    NegativeEntry,
    NegativeNote,
    OwnReturn,
    Problem,
    ProblemEntry,
    ProblemFirm,
    ReminderChoice,
    ReturnAsked,
    ReturnDue,
    SpotCheck,
    SpotCheckItem,
    Task,
    TaskEntry,
    VisitChoice,
    WrittenMessage,
)

#: What stands in an entry: kind of row -> its key -> its fingerprint, None once it is gone.
Fingerprints = dict[str, dict[str, str | None]]
_ROWS_AT_ONCE, _KEYS_AT_ONCE = 4_000, 500
_TOUCHED, _SINCE = "goldseed-touched", "goldseed-rows-since"


@dataclass(frozen=True)
class Kind:
    """One kind of fingerprint. `group`: the column whose value all rows of one fingerprint share; None: one a row.
    `without`: columns that do not count. `only`: which rows of the table have one."""

    name: str
    of: type[Base]
    group: str | None = None
    without: Collection[str] = ()
    only: ColumnElement[bool] | None = None

    @property
    def table(self) -> Table:
        return self.of.metadata.tables[self.of.__tablename__]

    @property
    def key(self) -> Any:
        (own,) = self.table.primary_key.columns
        return self.table.c[self.group] if self.group else own


KINDS: tuple[Kind, ...] = (
    Kind("firm", Firm),
    Kind("account", Account, without=("stamp",)),  # the stamp names open sessions, no right
    Kind("import", Import),
    Kind("refused_import", RefusedImport),
    Kind("returns", Return),
    Kind("figures_of_return", ReturnRow, group="return_id"),
    Kind("import_finding", ImportFinding),
    # After an undo a contradiction may rest on other rows with the same figures.
    Kind("cross_check", CrossCheck, without=("row_id", "other_row_id"), only=CrossCheck.state != "open"),
    Kind("event", Event),
    Kind("model", Model),
    # The hash stands for the content, and whoever reads the content holds it against the hash. Results that pages show
    # follow from other rows.
    Kind(
        "model_file",
        ModelFile,
        without=("content",),
        only=~ModelFile.name.startswith("plots/") & ~ModelFile.name.startswith("reach/"),
    ),
    Kind("model_decision", ModelDecision),
    Kind("kept_form", KeptForm),
    Kind("score_run", ScoreRun),
    Kind("scores_of_run", Score, group="run_id"),
    Kind("reasons_of_run", ScoreReasons, group="run_id"),
    Kind("pool_review", PoolReview),
    Kind("pool_review_inputs", PoolReviewInputs, without=("content",)),
    Kind("found_in_review", PoolReviewFirm, group="review_id"),
    Kind("pool_proposal", PoolProposal),
    Kind("pool_membership", PoolMembership),
    Kind("declaration", Declaration),
    Kind("opinion_request", OpinionRequest),
    Kind("opinion", Opinion),
    Kind("public_notice", PublicNotice),
    Kind("notice_firm", NoticeFirm),
    Kind("notice_objection", NoticeObjection),
    Kind("firm_objection", FirmObjection),
    Kind("own_return", OwnReturn),
    Kind("adopted_policy", AdoptedPolicy),
    Kind("case", Case, without=("version",)),
    Kind("case_stage", CaseStage),
    Kind("visit", Visit),
    Kind("adviser", Adviser, without=("version",)),
    Kind("adviser_change", AdviserChange),
    Kind("adviser_filing", AdviserFiling),
    Kind("adviser_evaluation", AdviserEvaluation),
    Kind("negative_entry", NegativeEntry),
    Kind("negative_note", NegativeNote),
    Kind("spot_check", SpotCheck),
    Kind("spot_check_item", SpotCheckItem),
    Kind("engagement", Engagement),
    Kind("task", Task),
    Kind("task_entry", TaskEntry),
    Kind("problem", Problem),
    Kind("problem_firm", ProblemFirm),
    Kind("problem_entry", ProblemEntry),
    Kind("visit_choice", VisitChoice),
    Kind("case_leader", CaseLeader),
    Kind("firm_label", FirmLabel),
    Kind("firm_activity", FirmActivity),
    Kind("firm_leader", FirmLeader),
    Kind("leader_contact", LeaderContact),
    # The hash stands for the ranking, and whoever reads the ranking holds it against the hash.
    Kind("pacesetter_round", PacesetterRound, without=("ranking",)),
    Kind("pacesetter_nomination", PacesetterNomination),
    Kind("pacesetter_objection", PacesetterObjection),
    Kind("target_baseline", TargetBaseline),
    Kind("support_claim", SupportClaim),
    Kind("support_claim_entry", SupportClaimEntry),
    Kind("support_payment", SupportPayment),
    Kind("listing_proposal", ListingProposal),
    Kind("listing_step", ListingStep),
    Kind("message", WrittenMessage),
    Kind("attachment", Attachment),
    # The key is the hash of the content, and whoever reads the content holds it against it.
    Kind("attached_file", AttachedFile, without=("content",)),
    Kind("reminder_choice", ReminderChoice),
    Kind("calendar_token", CalendarToken),
    Kind("invitation", Invitation),
    # The step of the last code is no right.
    Kind("second_step", SecondStep, without=("last_step",), only=SecondStep.confirmed_at.is_not(None)),
    Kind("recovery_code", RecoveryCode),
    Kind("outside_account", OutsideAccount, only=OutsideAccount.account_id.is_not(None)),
    Kind("return_due", ReturnDue),
    Kind("return_asked", ReturnAsked),
)
_KINDS_OF: Mapping[type[Base], tuple[Kind, ...]] = {
    model: tuple(kind for kind in KINDS if kind.of is model) for model in {kind.of for kind in KINDS}
}


# --- what a session has changed --------------------------------------------------------------------


def touch(session: Session, model: type[Base], which: ColumnElement[bool]) -> None:
    """The rows of this table that fit were changed in this session's transaction, by a way that it does not see."""
    for kind in _KINDS_OF.get(model, ()):
        _add(session, kind, session.scalars(select(kind.key).where(which).distinct()))


def take_touched(session: Session) -> Fingerprints:
    """The fingerprints of every row changed since the last call, as the rows stand now."""
    for kind, last in session.info.pop(_SINCE, {}).items():
        (own,) = kind.table.primary_key.columns
        _add(session, kind, session.scalars(select(kind.key).where(own > last).distinct()))
    found: Fingerprints = {}
    connection = session.connection()
    for kind, keys in session.info.pop(_TOUCHED, {}).items():
        now = fingerprints(connection, kind, keys)
        found[kind.name] = {str(key): now.get(str(key)) for key in sorted(keys, key=str)}
    return found


def has_touched(session: Session) -> bool:
    return bool(session.info.get(_TOUCHED) or session.info.get(_SINCE))


def forget(session: Session) -> None:
    """The transaction was undone: nothing is changed."""
    session.info.pop(_TOUCHED, None)
    session.info.pop(_SINCE, None)


def _add(session: Session, kind: Kind, keys: Iterable[Any]) -> None:
    touched: dict[Kind, set[Any]] = session.info.setdefault(_TOUCHED, {})
    found = {key for key in keys if key is not None}
    if found:
        touched.setdefault(kind, set()).update(found)


@event.listens_for(Session, "after_flush")
def _flushed(session: Session, _context: object) -> None:
    changed = [*session.new, *(one for one in session.dirty if session.is_modified(one)), *session.deleted]
    for one in changed:
        for kind in _KINDS_OF.get(type(one), ()):
            _add(session, kind, [getattr(one, kind.key.name)])


@event.listens_for(Session, "do_orm_execute")
def _executed(state: ORMExecuteState) -> None:
    """A statement over many rows: which they are is asked before it runs, or after it where it adds them."""
    if not (state.is_update or state.is_delete or state.is_insert) or state.bind_mapper is None:
        return
    for kind in _KINDS_OF.get(state.bind_mapper.class_, ()):
        (own,) = kind.table.primary_key.columns
        given = state.parameters if isinstance(state.parameters, list) else []
        if state.is_insert:
            if kind.group and given and all(kind.group in one for one in given):
                _add(state.session, kind, (one[kind.group] for one in given))
            else:
                since = state.session.info.setdefault(_SINCE, {})
                since.setdefault(kind, state.session.scalar(select(func.max(own))) or 0)
        elif given:  # by primary key
            for some in _chunks([one[own.name] for one in given if own.name in one]):
                _add(state.session, kind, state.session.scalars(select(kind.key).where(own.in_(some)).distinct()))
        else:
            which: Any = getattr(state.statement, "whereclause", None)
            wanted = select(kind.key).distinct()
            _add(state.session, kind, state.session.scalars(wanted if which is None else wanted.where(which)))


@event.listens_for(Session, "after_soft_rollback")
def _rolled_back(session: Session, _previous: object) -> None:
    forget(session)


# --- fingerprints ----------------------------------------------------------------------------------


def every_fingerprint(connection: Connection) -> Fingerprints:
    """Of every row that has one, as they stand now."""
    return {kind.name: dict(fingerprints(connection, kind)) for kind in KINDS}


def fingerprints(connection: Connection, kind: Kind, keys: Collection[Any] | None = None) -> dict[str, str]:
    """Key -> fingerprint (32 hex digits) of these keys, or of all; keys without a row are left out."""
    if keys is None:
        return dict(_read(connection, kind, None))
    found: dict[str, str] = {}
    for some in _chunks(sorted(keys)):
        found |= _read(connection, kind, some)
    return found


def _read(connection: Connection, kind: Kind, keys: list[Any] | None) -> Iterator[tuple[str, str]]:
    (own,) = kind.table.primary_key.columns
    without = {*kind.without, *(_unstated(connection, keys) if keys is not None and kind.of is ReturnRow else ())}
    columns = [column for column in kind.table.c if column.name not in without]
    statement = select(kind.key.label("key_of_fingerprint"), *columns)
    if kind.only is not None:
        statement = statement.where(kind.only)
    if keys is not None:
        statement = statement.where(kind.key.in_(keys))
    names = [column.name for column in columns]
    if kind.group is None:
        for row in connection.execute(statement.execution_options(yield_per=_ROWS_AT_ONCE)):
            yield str(row[0]), _of_row(names, row[1:])
        return
    statement = statement.order_by(kind.key, own)
    yield from _of_groups(names, connection.execute(statement.execution_options(yield_per=_ROWS_AT_ONCE)))


def _unstated(connection: Connection, returns: list[Any]) -> set[str]:
    """The facts that none of these returns states: their columns, most of a form's, are empty and so in no fingerprint.

    Whoever checks reads every column, so that a figure which was put in where nothing was stated is found.
    """
    facts = set(catalog())
    for stated in connection.scalars(select(Return.stated).where(Return.id.in_(returns))):
        facts -= facts if stated is None else set(stated)
    return facts


def _of_row(names: list[str], values: Iterable[Any]) -> str:
    stated = {
        name: value for name, value in zip(names, values, strict=True) if value is not None and value is not False
    }
    return hashlib.sha256(_written(stated)).hexdigest()[:32]


def _of_groups(names: list[str], rows: Iterable[Row[Any]]) -> Iterator[tuple[str, str]]:
    """One fingerprint a group of consecutive rows, taken column by column over blocks of rows."""
    current: Any = None
    digest = hashlib.sha256()
    block: list[Any] = []
    for row in rows:
        if row[0] != current or len(block) == _ROWS_AT_ONCE:
            _add_block(digest, names, block)
            block = []
        if row[0] != current:
            if current is not None:
                yield str(current), digest.hexdigest()[:32]
            current, digest = row[0], hashlib.sha256()
        block.append(row)
    if current is not None:
        _add_block(digest, names, block)
        yield str(current), digest.hexdigest()[:32]


def _add_block(digest: Any, names: list[str], block: list[Any]) -> None:
    if not block:
        return
    columns = list(zip(*block, strict=True))[1:]
    for name, column in sorted(zip(names, columns, strict=True), key=lambda one: one[0]):
        if column.count(None) < len(column):
            digest.update(_written([name, column]))


def _written(value: Any) -> bytes:
    return json.dumps(value, sort_keys=True, separators=(",", ":"), default=_as_text).encode()


def _as_text(value: Any) -> str:
    if isinstance(value, bytes):
        return value.hex()
    return value.isoformat() if isinstance(value, date) else str(value)


def _chunks(keys: list[Any]) -> Iterator[list[Any]]:
    for at in range(0, len(keys), _KEYS_AT_ONCE):
        yield keys[at : at + _KEYS_AT_ONCE]
