"""Answers as rows: found by their question and all that they depend on, true as long as what they rest on stands.

key ──► read ──► an answer of this state, an older one, or none
key ──► keep ──► the row, and the oldest of the question go
"""

import hashlib
import json
from collections.abc import Mapping
from contextlib import nullcontext
from dataclasses import dataclass
from datetime import date, datetime
from functools import cache
from pathlib import Path
from typing import Any

from sqlalchemy import ColumnElement, Connection, Engine, Text, cast, delete, null, or_, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from pipeline.city.in_force import city
from pipeline.settings import ROOT
from pipeline.store.tables import AuditEntry, KeptAnswer
from pipeline.store.trail.chain import utc
from pipeline.store.write_lock import lock_writes, without_waiting

#: Of each question so many answers are kept, the latest: of districts, and of days.
MOST_OF_A_QUESTION = 60
#: The kinds of rows of which figures are made (trail/sealed_rows.py), and what an entry says of those it changed.
FIGURES = ("firm", "import", "returns", "figures_of_return", "event")
ACTIVITIES = "firm_activity"
_ROWS = cast(AuditEntry.rows, Text)


@dataclass(frozen=True)
class Key:
    """`question`: its name; `days`: those that it is asked about; `district`: whose firms alone are counted, None: the
    city's."""

    question: str
    days: Mapping[str, date]
    district: str | None

    @property
    def about(self) -> str:
        days = {name: day.isoformat() for name, day in self.days.items()}
        return json.dumps({"days": days, "district": self.district}, sort_keys=True)

    def as_arguments(self) -> dict[str, Any]:
        """As a job is given it."""
        return {"question": self.question, **json.loads(self.about)}


def key_of(question: str, days: Mapping[str, str], district: str | None) -> Key:
    """The key that as_arguments wrote."""
    return Key(question, {name: date.fromisoformat(day) for name, day in days.items()}, district)


@dataclass(frozen=True)
class Kept:
    """An answer as it is kept. `made_at`: before it was worked out, so all that was there by then is in it."""

    stands_for: str
    made_at: datetime
    content: Any


def read(session: Session | Connection, key: Key) -> Kept | None:
    """The answer that is kept, of whatever state of the database; None where there is none, or where another program
    or city has written it: what that means only that one knows."""
    row = session.execute(
        select(KeptAnswer.stands_for, KeptAnswer.made_at, KeptAnswer.content).where(
            KeptAnswer.question == key.question, KeptAnswer.about_hash == _hash(key)
        )
    ).one_or_none()
    if row is None or not row.stands_for.startswith(_program(city().file)):
        return None
    return Kept(row.stands_for, row.made_at, json.loads(row.content))


def keep(engine: Engine, key: Key, answer: Kept, *, wait: bool = True) -> None:
    """Store an answer, unless a later one is there. `wait`: where others write, until they are done; else it raises at
    once. Raises SomebodyElseSaved on SQLite where the one write lock does not come free."""
    values = {"about": key.about, "stands_for": answer.stands_for, "made_at": utc(answer.made_at)}
    values["content"] = json.dumps(answer.content, ensure_ascii=False, allow_nan=False)
    with engine.connect() as connection:
        kind: Any = sqlite if connection.dialect.name == "sqlite" else postgresql
        with nullcontext() if wait else without_waiting(connection), connection.begin():
            if kind is sqlite:  # PostgreSQL locks the row alone
                lock_writes(connection)
            row = kind.insert(KeptAnswer).values(question=key.question, about_hash=_hash(key), **values)
            connection.execute(
                row.on_conflict_do_update(
                    index_elements=[KeptAnswer.question, KeptAnswer.about_hash],
                    set_={name: getattr(row.excluded, name) for name in values},
                    where=KeptAnswer.made_at <= row.excluded.made_at,
                )
            )
            _remove_old(connection, key.question)


def _remove_old(connection: Connection, question: str) -> None:
    latest = (
        select(KeptAnswer.about_hash)
        .where(KeptAnswer.question == question)
        .order_by(KeptAnswer.made_at.desc(), KeptAnswer.about_hash)
        .limit(MOST_OF_A_QUESTION)
    )
    old = (KeptAnswer.question == question, KeptAnswer.about_hash.not_in(latest))
    connection.execute(delete(KeptAnswer).where(*old))


def _hash(key: Key) -> str:
    return hashlib.sha256(key.about.encode()).hexdigest()


# --- what an answer rests on -----------------------------------------------------------------------


def stands_for_everything(session: Session) -> str:
    """The state of the database as a whole, for answers that rest on decisions and scores too: the last entry of the
    trail that has changed a row (a sign-in has not), by this program."""
    return _last_entry(session, _ROWS != "{}")


def stands_for_figures(session: Session) -> str:
    """The state of firms, returns and events, for answers that rest on firms' figures alone: the last entry that has
    changed a row of them, by this program. As with the lists: whatever changes them names their rows in the trail."""
    return _last_entry(session, *(_ROWS.contains(f'"{kind}"') for kind in FIGURES))


def stands_for_activities(session: Session) -> str:
    """As stands_for_figures, for answers that rest on dated activities of firms as well."""
    return _last_entry(session, *(_ROWS.contains(f'"{kind}"') for kind in (*FIGURES, ACTIVITIES)))


def _last_entry(session: Session, *changed: ColumnElement[bool]) -> str:
    """By number; an entry that names no rows, of an older program, may have changed anything."""
    statement = select(AuditEntry.id).where(or_(AuditEntry.rows.is_(null()), *changed))
    last = session.scalar(statement.order_by(AuditEntry.id.desc()).limit(1))
    return f"{_program(city().file)} entry {last or 0}"


@cache
def _program(city_file: Path) -> str:
    """Fingerprint of all that may decide an answer beside the database: code, rules and the city's own file. The same
    wherever the program lies; forms are not in it, which every host is brought."""
    root = Path(ROOT)
    files = [*(root / "pipeline").rglob("*.py"), *(root / "data").glob("*.yaml")]
    files += [
        file for folder in ("rules", "reference") for file in (root / "data" / folder).rglob("*") if file.is_file()
    ]
    digest = hashlib.sha256(city_file.read_bytes())
    for file in sorted(files):
        digest.update(file.relative_to(root).as_posix().encode() + b"\0" + file.read_bytes())
    return digest.hexdigest()[:16]
