"""The chain of entries: each carries the hash of the one before, a seal made with the key, and the fingerprints of the
rows that it speaks of.

`hash` is a SHA-256 that anybody can recompute; `seal` an HMAC over it, for which one needs the key. Entries written
before there was a key have neither seal nor fingerprints; the first "seal_trail" after them vouches for them, and for
the rows as they stood then.
"""

import hashlib
import json
import logging
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import Any

from sqlalchemy import URL, Connection, event, select
from sqlalchemy.orm import Session

from pipeline.errors import ShownToPeople
from pipeline.language import N_, Message, gettext
from pipeline.store.tables import AuditEntry
from pipeline.store.trail import key as keys
from pipeline.store.trail import sealed_rows
from pipeline.store.trail.sealed_rows import Fingerprints
from pipeline.store.write_lock import lock_writes

#: The hash "before" the first entry.
BEGINNING = "0" * 64
#: The action of an entry that vouches for everything as it stands: entries before it, and every row.
SEAL_TRAIL = "seal_trail"
#: In a connection's `info`: its transaction has added an entry.
ADDED = "goldseed-entry-added"
_NAMED_ROWS = 5
_LAST, _CUT, _ANEW = "goldseed-last-entry", "goldseed-trail-was-cut", "goldseed-sealed-anew"
_log = logging.getLogger(__name__)


class BrokenAuditLog(ShownToPeople):
    """The log, or a row that it speaks of, was changed by another way than `append`. `entry_id`: the first entry that
    does not fit; None where it is not one entry."""

    exit_code = 1

    def __init__(self, message: Message, entry_id: int | None) -> None:
        super().__init__(message)
        self.entry_id = entry_id


@dataclass
class Checked:
    """A chain that is whole: how many entries, the hash of the last, and what it says last of every row. `spoken_of`:
    the entry that did."""

    entries: int = 0
    head: str = BEGINNING
    rows: dict[tuple[str, str], str | None] = field(default_factory=dict)
    spoken_of: dict[tuple[str, str], int] = field(default_factory=dict)


# --- writing ---------------------------------------------------------------------------------------


def append(
    session: Session,
    person: str,
    action: str,
    subject: str,
    details: Mapping[str, Any],
    at: datetime,
    *,
    rows: Fingerprints | None = None,
) -> AuditEntry:
    """Add one entry with the fingerprints of the rows that this session has changed since the last one.

    `at` in UTC without a zone. `rows`: these instead. Rows that the session changes afterwards, in the same
    transaction, are added to the entry when it commits. Raises ValueError for a value that no database keeps (NaN, a
    NUL character).
    """
    lock_writes(session)
    session.flush()
    last = session.execute(select(AuditEntry.id, AuditEntry.hash).order_by(AuditEntry.id.desc()).limit(1)).first()
    _look_for_a_cut(session, last)
    entry = AuditEntry(
        id=(last.id if last else 0) + 1,
        at=at,
        person=person,
        action=str(action),
        subject=subject[:200],
        details=plain(dict(details)),
        previous_hash=last.hash if last else BEGINNING,
        rows=sealed_rows.take_touched(session) if rows is None else rows,
    )
    _seal(session, entry)
    session.add(entry)
    session.flush()
    session.connection().info[ADDED] = True
    return entry


def seal_anew(session: Session, person: str, why: str, at: datetime) -> AuditEntry:
    """Add an entry that vouches for all entries so far and for every row as it stands now.

    For a database that comes from an older program, from a backup or without its key: what was changed in it before
    cannot be found afterwards.
    """
    lock_writes(session)
    session.flush()
    sealed_rows.forget(session)
    earlier = _earlier(session)
    rows = sealed_rows.every_fingerprint(session.connection())
    details = {"why": why, **earlier, "rows": sum(map(len, rows.values()))}
    session.info[_ANEW] = True
    return append(session, person, SEAL_TRAIL, "trail", details, at, rows=rows)


def _earlier(session: Session, before: int | None = None) -> dict[str, Any]:
    """How many entries there are (before one), and a fingerprint of their numbers and hashes."""
    statement = select(AuditEntry.id, AuditEntry.hash).order_by(AuditEntry.id)
    if before is not None:
        statement = statement.where(AuditEntry.id < before)
    digest, count = hashlib.sha256(), 0
    for number, its_hash in session.execute(statement.execution_options(yield_per=5_000)):
        digest.update(f"{number}:{its_hash}\n".encode())
        count += 1
    return {"entries": count, "fingerprint": digest.hexdigest()}


def _seal(session: Session, entry: AuditEntry) -> None:
    entry.hash = hash_of(entry, keyed=True)
    entry.seal = keys.make_key(_url(session)).seal(entry.hash)
    session.info[_LAST] = (entry, entry.id, entry.hash)


def _look_for_a_cut(session: Session, last: Any) -> None:
    """Where the noted entry is gone, the note stays as it is: it goes on to show that the trail was cut."""
    note = keys.read_note(_url(session))
    if note is None or (last is not None and (last.id, last.hash) == (note.id, note.head)):
        return
    if session.scalar(select(AuditEntry.hash).where(AuditEntry.id == note.id)) != note.head:
        session.info[_CUT] = True
        _log.error("the trail was cut: entry %s, noted as its last, is gone", note.id)


def _url(session: Session) -> URL:
    return session.get_bind().engine.url


@event.listens_for(Session, "before_commit")
def _complete(session: Session) -> None:
    """Rows that were changed after the entry that tells of them."""
    if _LAST not in session.info or session.in_nested_transaction():
        return
    session.flush()
    if not sealed_rows.has_touched(session):
        return
    entry = session.info[_LAST][0]
    rows = {kind: dict(named) for kind, named in (entry.rows or {}).items()}
    for kind, named in sealed_rows.take_touched(session).items():
        rows.setdefault(kind, {}).update(named)
    entry.rows = rows
    _seal(session, entry)
    session.flush()


@event.listens_for(Session, "after_commit")
def _note_head(session: Session) -> None:
    if session.in_nested_transaction():
        return
    sealed_rows.forget(session)
    last, cut, anew = (session.info.pop(name, None) for name in (_LAST, _CUT, _ANEW))
    # A session inside another's transaction has committed nothing yet.
    if last is not None and not isinstance(session.get_bind(), Connection) and not (cut and not anew):
        keys.write_note(_url(session), keys.Note(last[1], last[2]), whatever_stands_there=bool(anew))


@event.listens_for(Session, "after_soft_rollback")
def _rolled_back(session: Session, _previous: object) -> None:
    for name in (_LAST, _CUT, _ANEW):
        session.info.pop(name, None)


def note_now(session: Session) -> None:
    """Note the last entry as it stands in the database: after a transaction that no session of ours committed."""
    last = session.execute(select(AuditEntry.id, AuditEntry.hash).order_by(AuditEntry.id.desc()).limit(1)).first()
    if last is not None:
        keys.write_note(_url(session), keys.Note(last.id, last.hash), whatever_stands_there=True)


# --- checking --------------------------------------------------------------------------------------


def check_chain(session: Session, known_head: str | None = None) -> Checked:
    """The chain, if it is whole: every entry carries its hash and the one of the entry before, every entry since the
    last "seal_trail" a seal of our key, and the entry that is noted outside the database is still there.

    `known_head`: a hash noted down earlier, which must still be in the chain. Raises BrokenAuditLog.
    """
    url = _url(session)
    note, key = keys.read_note(url), keys.find_key(url)
    found = Checked()
    seen, note_seen = known_head in (None, BEGINNING), note is None
    unsealed: AuditEntry | None = None
    statement = select(AuditEntry).order_by(AuditEntry.id).execution_options(yield_per=1_000)
    for entry in session.scalars(statement):
        keyed = entry.seal is not None
        if entry.previous_hash != found.head or entry.hash != hash_of(entry, keyed=keyed):
            raise BrokenAuditLog(Message(_BROKEN_AT, _named(entry)), entry.id)
        ours = bool(key is not None and entry.seal is not None and key.fits(entry.seal, entry.hash))
        if keyed and not ours and key is not None and entry.seal.startswith(f"{key.name}:"):  # type: ignore[union-attr]
            raise BrokenAuditLog(Message(_BROKEN_AT, _named(entry)), entry.id)
        if not ours:
            unsealed = unsealed or entry
        elif entry.action == SEAL_TRAIL:
            earlier = _earlier(session, before=entry.id)
            if any(entry.details.get(name) != value for name, value in earlier.items()):
                raise BrokenAuditLog(Message(_BROKEN_AT, _named(entry)), entry.id)
            unsealed, found.rows, found.spoken_of = None, {}, {}
        for kind, named in (entry.rows or {}).items():
            for number, fingerprint in named.items():
                found.rows[kind, number] = fingerprint
                found.spoken_of[kind, number] = entry.id
        found.head, found.entries = entry.hash, found.entries + 1
        seen = seen or found.head == known_head
        note_seen = note_seen or (note is not None and (entry.id, entry.hash) == (note.id, note.head))
    if unsealed is not None:
        raise BrokenAuditLog(Message(_NOT_OURS, _named(unsealed)), unsealed.id)
    if not seen:
        raise BrokenAuditLog(Message(_CUT_BEFORE, {"count": found.entries, "head": str(known_head)}), None)
    if not note_seen and note is not None:
        raise BrokenAuditLog(Message(_NOTE_GONE, {"count": found.entries, "entry": note.id}), None)
    return found


def check_rows(session: Session, chain: Checked) -> int:
    """How many fingerprints of rows agree with what a whole chain says last of them.

    Raises BrokenAuditLog where a row was changed, taken out, or put in without an entry.
    """
    now = {
        (kind, number): fingerprint
        for kind, named in sealed_rows.every_fingerprint(session.connection()).items()
        for number, fingerprint in named.items()
    }
    last = {key: fingerprint for key, fingerprint in chain.rows.items() if fingerprint is not None}
    differing = sorted(key for key in now.keys() | last.keys() if now.get(key) != last.get(key))
    if differing:
        rows = [
            _Row(kind, number, (kind, number) in now, (kind, number) in last, chain.spoken_of.get((kind, number)))
            for kind, number in differing[:_NAMED_ROWS]
        ]
        more = len(differing) - len(rows)
        raise BrokenAuditLog(Message(_ROWS_DIFFER, {"count": len(differing), "rows": _Rows(rows, more)}), None)
    return len(now)


@dataclass(frozen=True)
class _Row:
    kind: str
    number: str
    there: bool
    known: bool
    entry: int | None

    def __str__(self) -> str:
        what = _CHANGED if self.there and self.known else _GONE if self.known else _WITHOUT_ENTRY
        values = {"row": gettext(_KIND_NAMES[self.kind]), "number": self.number, "entry": self.entry or ""}
        return gettext(what, **values)


@dataclass(frozen=True)
class _Rows:
    """The first rows that differ, in whichever language that is written."""

    rows: Sequence[_Row]
    more: int

    def __str__(self) -> str:
        listed = "\n".join(f"  - {row}" for row in self.rows)
        return f"{listed}\n  … (+{self.more})" if self.more else listed


_BROKEN_AT = N_(
    "The trail is broken at entry %(entry)s (%(at)s, %(person)s, %(action)s, %(subject)s): it was "
    "changed, or the entry before it is missing. Compare with a backup made before that day."
)
_CUT_BEFORE = N_("The trail was cut: its %(count)s entries fit together, but the noted head %(head)s is gone.")
_NOTE_GONE = N_(
    "The trail was cut or written anew: its %(count)s entries fit together, but entry %(entry)s, noted outside the "
    "database as the last, is not among them. Compare with a backup. Where you have put one back yourself, say so: "
    "goldseed audit seal --why TEXT."
)
_NOT_OURS = N_(
    "Entry %(entry)s of the trail (%(at)s, %(person)s, %(action)s, %(subject)s) carries no seal made with the key of "
    "this installation: it was forged, or the key file is not the one it was written with. Put the key file back "
    "(GOLDSEED_TRAIL_KEY); where it is lost, compare with a backup, then: goldseed audit seal --why TEXT."
)
_ROWS_DIFFER = N_(
    "The trail is whole, but %(count)s record(s) are not as it says, so they were changed past the program:\n%(rows)s\n"
    "Compare with a backup made before."
)
_CHANGED = N_("%(row)s %(number)s was changed after entry %(entry)s")
_GONE = N_("%(row)s %(number)s, last spoken of in entry %(entry)s, is gone")
_WITHOUT_ENTRY = N_("%(row)s %(number)s stands in no entry")
_KIND_NAMES = {
    "firm": N_("firm"),
    "account": N_("account no."),
    "import": N_("import"),
    "refused_import": N_("refused file"),
    "returns": N_("return"),
    "figures_of_return": N_("the figures of return"),
    "import_finding": N_("odd cell"),
    "cross_check": N_("contradiction"),
    "event": N_("stage event"),
    "model": N_("model"),
    "model_file": N_("file of a model, no."),
    "model_decision": N_("decision on a model"),
    "kept_form": N_("form"),
    "score_run": N_("score run"),
    "scores_of_run": N_("the scores of run"),
    "reasons_of_run": N_("the reasons of run"),
    "pool_proposal": N_("proposal and decision"),
    "pool_membership": N_("membership of a pool"),
    "pool_review": N_("review of the pools"),
    "pool_review_inputs": N_("what a review rested on"),
    "found_in_review": N_("what a review found"),
    "declaration": N_("nomination or application"),
    "opinion_request": N_("request for opinions"),
    "opinion": N_("opinion of a department"),
    "public_notice": N_("public notice"),
    "notice_firm": N_("firm of a public notice"),
    "notice_objection": N_("objection to a public notice"),
    "firm_objection": N_("objection of a firm, no."),
    "own_return": N_("return of a firm itself, no."),
    "adopted_policy": N_("adopted policy of the pools"),
    "case": N_("case"),
    "case_stage": N_("stage of a case"),
    "visit": N_("visit"),
    "adviser": N_("adviser no."),
    "adviser_change": N_("change of an adviser, no."),
    "adviser_filing": N_("filing of an adviser, no."),
    "adviser_evaluation": N_("evaluation of an adviser, no."),
    "negative_entry": N_("entry of the negative list, no."),
    "negative_note": N_("note on the negative list, no."),
    "spot_check": N_("spot check no."),
    "spot_check_item": N_("drawn for a spot check, no."),
    "engagement": N_("agreement with an adviser, no."),
    "task": N_("task"),
    "task_entry": N_("note on a task, no."),
    "problem": N_("problem no."),
    "problem_firm": N_("firm of a problem, no."),
    "problem_entry": N_("entry of a problem, no."),
    "reminder_choice": N_("choice of reminders, no."),
    "calendar_token": N_("calendar address, no."),
    "invitation": N_("invitation, no."),
    "second_step": N_("second step of a sign-in, no."),
    "recovery_code": N_("recovery code, no."),
    "outside_account": N_("binding of a city's account, no."),
    "return_due": N_("due day of returns, no."),
    "return_asked": N_("request for a return, no."),
    "visit_choice": N_("choice of visits, no."),
    "case_leader": N_("leader of a case, no."),
    "firm_label": N_("label of a firm, no."),
    "firm_activity": N_("activity of a firm, no."),
    "firm_leader": N_("leader of a firm without a case, no."),
    "leader_contact": N_("contact of a leader, no."),
    "pacesetter_round": N_("choice of pacesetters, no."),
    "pacesetter_nomination": N_("nomination of a pacesetter, no."),
    "pacesetter_objection": N_("objection to a pacesetter, no."),
    "target_baseline": N_("baseline of a target, no."),
    "support_claim": N_("claim to support, no."),
    "support_claim_entry": N_("step of a claim to support, no."),
    "support_payment": N_("payment of support, no."),
    "listing_proposal": N_("proposal for the negative list, no."),
    "listing_step": N_("step of a proposal for the negative list, no."),
    "message": N_("message no."),
    "attachment": N_("attachment no."),
    "attached_file": N_("attached file"),
}


def _named(entry: AuditEntry) -> dict[str, Any]:
    return {
        "entry": entry.id,
        "at": f"{entry.at:%Y-%m-%d %H:%M:%S}",
        "person": entry.person,
        "action": entry.action,
        "subject": entry.subject,
    }


def hash_of(entry: AuditEntry, *, keyed: bool) -> str:
    """The hash that an entry must carry: over its content and the hash of the one before; since there is a key, over
    its number and the fingerprints too."""
    content = [
        entry.previous_hash,
        entry.at.isoformat(timespec="microseconds"),
        entry.person,
        entry.action,
        entry.subject,
        plain(entry.details),
    ]
    if keyed:
        content += [entry.id, entry.rows or {}]
    written = json.dumps(content, ensure_ascii=False, sort_keys=True, separators=(",", ":"), allow_nan=False)
    return hashlib.sha256(written.encode()).hexdigest()


def utc(now: datetime) -> datetime:
    """The moment as the database keeps it: UTC without a zone. A moment without a zone is taken as UTC."""
    return now.astimezone(UTC).replace(tzinfo=None) if now.tzinfo else now


def plain(value: Any) -> Any:
    """The value as both databases give it back: PostgreSQL reads 3.0 as 3, and keeps no order of keys."""
    if value is None or isinstance(value, bool | int):
        return value
    if isinstance(value, float):
        if not math.isfinite(value):
            raise ValueError(f"{value} cannot stand in the audit log")
        return int(value) if value.is_integer() else value
    if isinstance(value, str):
        if "\x00" in value:
            raise ValueError("a NUL character cannot stand in the audit log")
        return str(value)
    if isinstance(value, date):  # a datetime is one too
        return value.isoformat()
    if isinstance(value, Mapping):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [plain(item) for item in (sorted(value) if isinstance(value, set | frozenset) else value)]
    raise ValueError(f"{type(value).__name__} cannot stand in the audit log: {value!r}")
