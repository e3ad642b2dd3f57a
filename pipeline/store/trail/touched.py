"""What is stored about firms and has to be worked out anew, by the entries that the audit log has got since.

Everything that changes the database leaves an entry with the rows that it changed, so the log says whose lists and
scores rest on something else now; an entry of a program that kept no rows says nothing, and all have to be.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Connection, Select, func, select

from pipeline.store.pool_tables import PoolMembership
from pipeline.store.tables import AuditEntry, Case, CaseStage, Event, ImportFinding, ReturnRow
from pipeline.store.trail.chain import SEAL_TRAIL

#: What is stored of a firm in the lists, in parts that are worked out each by itself (scoring/firm_list/rows.py).
ABOUT, SCORES, TUTORING, FIGURES, WAY = "about", "scores", "tutoring", "figures", "way"
PARTS = (ABOUT, SCORES, TUTORING, FIGURES, WAY)
_KEYS_AT_ONCE = 500


@dataclass
class Touched:
    """`firms`: part -> the firms whose part may be another now; None: that of every firm."""

    firms: dict[str, set[str] | None] = field(default_factory=dict)

    def add(self, part: str, firms: set[str] | None) -> None:
        before = self.firms.get(part, set())
        self.firms[part] = None if firms is None or before is None else before | firms

    def named(self) -> set[str]:
        """The firms that are named for any part."""
        return set().union(*(firms for firms in self.firms.values() if firms is not None))


def _direct(_connection: Connection, keys: list[str]) -> set[str]:
    return set(keys)


def _through(statement: Select[Any], column: Any, number: bool = True) -> Callable[[Connection, list[str]], set[str]]:
    """Firms through the rows with these keys."""

    def firms(connection: Connection, keys: list[str]) -> set[str]:
        found: set[str] = set()
        for at in range(0, len(keys), _KEYS_AT_ONCE):
            some = [int(key) for key in keys[at : at + _KEYS_AT_ONCE]] if number else keys[at : at + _KEYS_AT_ONCE]
            found.update(connection.scalars(statement.where(column.in_(some)).distinct()))
        return found

    return firms


_OF_CASE = select(Case.firm_id)
#: Kind of row -> which parts it bears on, and whose (None: everybody's).
_BEARS_ON: Mapping[str, tuple[tuple[str, ...], Callable[[Connection, list[str]], set[str]] | None]] = {
    "firm": ((ABOUT, FIGURES), _direct),
    "returns": ((FIGURES,), _through(select(ReturnRow.firm_id), ReturnRow.return_id)),
    "import_finding": ((FIGURES,), _through(select(ImportFinding.firm_id), ImportFinding.id)),
    "event": ((FIGURES, WAY), _through(select(Event.firm_id), Event.id)),
    "pool_membership": ((TUTORING,), _through(select(PoolMembership.firm_id), PoolMembership.id)),
    "case": ((TUTORING,), _through(_OF_CASE, Case.id)),
    "case_stage": ((TUTORING,), _through(_OF_CASE.join(CaseStage, CaseStage.case_id == Case.id), CaseStage.id)),
    "account": ((TUTORING,), _through(_OF_CASE, Case.mentor_id)),
    "score_run": ((SCORES,), None),
    "scores_of_run": ((SCORES,), None),
}
#: A new firm, or a district that changes, moves the ranks of others.
_MOVES_RANKS = "firm"


def last_entry(connection: Connection) -> int:
    """The number of the last entry; 0 before the first."""
    return connection.scalar(select(func.max(AuditEntry.id))) or 0


def touched_since(connection: Connection, entry: int, until: int) -> Touched | None:
    """What the entries after `entry` up to `until` may have changed; None: anything."""
    touched = Touched()
    statement = select(AuditEntry.action, AuditEntry.rows).where(AuditEntry.id > entry, AuditEntry.id <= until)
    keys: dict[str, set[str]] = {}
    for action, rows in connection.execute(statement):
        if rows is None or action == SEAL_TRAIL:  # which names every row there is
            return None
        for kind, changed in rows.items():
            keys.setdefault(kind, set()).update(changed)
    for kind, changed in keys.items():
        if kind == _MOVES_RANKS:
            touched.add(SCORES, None)
        parts, firms_of = _BEARS_ON.get(kind, ((), None))
        firms = None if firms_of is None else firms_of(connection, sorted(changed))
        for part in parts:
            touched.add(part, firms)
    return touched
