"""Labels on firms: who may see and change them, and what stands where.

Whoever keeps cases puts labels on the firms that they reach and takes them away; they are read by whoever reads what
the bureau wrote about a visit, so neither firms nor departments learn of them.
"""

import unicodedata
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache

from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session

from pipeline.accounts import audit, people
from pipeline.accounts.people import Action, Person
from pipeline.errors import ShownToPeople
from pipeline.language import N_, Message
from pipeline.store.many_ids import KEPT_STATEMENTS, one_of, one_of_those
from pipeline.store.tables import Firm
from pipeline.store.tutoring_tables import FirmLabel
from pipeline.store.write_lock import lock_writes

LONGEST = 30
#: What joins the labels of a firm where they stand in one text.
JOINED_BY = "、"
#: What people part a list with: no label has any of it, so that a joined text says which labels there are.
_PARTS = frozenset(",，;；、")


class WrongLabel(ShownToPeople):
    """A label that cannot be put or taken as asked for."""


@dataclass(frozen=True)
class KnownLabel:
    """A label that stands, and on how many firms."""

    label: str
    firms: int


def put(session: Session, person: Person, firm_ids: Collection[str], label: str, now: datetime) -> Sequence[str]:
    """Put a label on these firms; where it stands already nothing changes. Returns the firms that had it not.

    Raises WrongLabel for a text that is no label or where no firm is named, NotAllowed where a firm is not within
    reach: nothing is stored then.
    """
    lock_writes(session)
    kept, firms = _checked(label), _within_reach(session, person, firm_ids)
    have = {row.firm_id for row in _standing(session, firms, kept)}
    fresh = [firm_id for firm_id in firms if firm_id not in have]
    for firm_id in fresh:
        session.add(FirmLabel(firm_id=firm_id, label=kept, put_by=person.name, put_at=audit.utc(now)))
        session.flush()
        audit.record(session, person, "put_label", f"firm:{firm_id}", {"label": kept}, now)
    return fresh


def take(session: Session, person: Person, firm_ids: Collection[str], label: str, now: datetime) -> Sequence[str]:
    """Take a label away from these firms; those without it stay as they are. Returns the firms that had it.

    Raises WrongLabel where none of them has it, else as `put` does.
    """
    lock_writes(session)
    kept, firms = _checked(label), _within_reach(session, person, firm_ids)
    rows = _standing(session, firms, kept)
    if not rows:
        words = N_("None of these firms has the label %(label)s. Nothing has been changed.")
        raise WrongLabel(Message(words, {"label": kept}))
    for row in rows:
        row.taken_by, row.taken_at = person.name, audit.utc(now)
        session.flush()
        audit.record(session, person, "take_label", f"firm:{row.firm_id}", {"label": kept}, now)
    return [row.firm_id for row in rows]


def labels_of(session: Session, person: Person, firm_ids: Collection[str]) -> dict[str, list[str]]:
    """The labels of each of these firms, in the order of code points; firms that have none, or whose labels this person
    may not read, have an empty list."""
    found: dict[str, list[str]] = {firm_id: [] for firm_id in firm_ids}
    for firm_id, label in session.execute(_standing_labels(person), {"firms": list(firm_ids)}):
        found[firm_id].append(label)
    return {firm_id: sorted(labels) for firm_id, labels in found.items()}


def known_labels(session: Session, person: Person) -> Sequence[KnownLabel]:
    """The labels on the firms whose labels this person may read, each with their number, in the order of code points;
    none for who may read none."""
    counted = session.execute(_counted_labels(person))
    return sorted((KnownLabel(label, firms) for label, firms in counted), key=lambda one: one.label)


@lru_cache(maxsize=KEPT_STATEMENTS)
def _standing_labels(person: Person) -> Select[str, str]:
    return (
        select(FirmLabel.firm_id, FirmLabel.label)
        .join(Firm, Firm.id == FirmLabel.firm_id)
        .where(
            one_of_those(FirmLabel.firm_id, "firms"),
            FirmLabel.taken_at.is_(None),
            people.visible_firms(person, Action.SEE_FINDINGS),
        )
    )


@lru_cache(maxsize=KEPT_STATEMENTS)
def _counted_labels(person: Person) -> Select[str, int]:
    return (
        select(FirmLabel.label, func.count())
        .join(Firm, Firm.id == FirmLabel.firm_id)
        .where(FirmLabel.taken_at.is_(None), people.visible_firms(person, Action.SEE_FINDINGS))
        .group_by(FirmLabel.label)
    )


def _checked(label: str) -> str:
    kept = unicodedata.normalize("NFC", label).strip()
    if not 0 < len(kept) <= LONGEST:
        words = N_("A label has 1 to %(longest)s letters; this one has %(found)s.")
        raise WrongLabel(Message(words, {"longest": LONGEST, "found": len(kept)}))
    if not kept.isprintable() or _PARTS.intersection(kept):
        words = N_("A label stands on one line, without comma or semicolon: %(label)s. Put several one by one.")
        raise WrongLabel(Message(words, {"label": repr(kept)}))
    return kept


def _within_reach(session: Session, person: Person, firm_ids: Collection[str]) -> list[str]:
    """The firms, each once, in their order. Raises NotAllowed for the first that this person may not change."""
    people.require(person, Action.KEEP_CASES)
    wanted = list(dict.fromkeys(firm_ids))
    if not wanted:
        raise WrongLabel(Message(N_("Name one or more firms.")))
    reached = select(Firm.id).where(one_of(Firm.id, wanted), people.visible_firms(person, Action.KEEP_CASES))
    reaches = set(session.scalars(reached))
    for firm_id in wanted:
        if firm_id not in reaches:
            people.require(person, Action.KEEP_CASES, firm_id, session=session)
    return wanted


def _standing(session: Session, firms: Sequence[str], label: str) -> Sequence[FirmLabel]:
    rows = select(FirmLabel).where(
        one_of(FirmLabel.firm_id, firms), FirmLabel.label == label, FirmLabel.taken_at.is_(None)
    )
    return session.scalars(rows.order_by(FirmLabel.id)).all()
