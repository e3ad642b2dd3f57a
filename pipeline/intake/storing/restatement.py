"""What becomes of rows that were stated before: how many say nothing new, and which values change, old -> new.

Worked out by history/restatements.py; shown before a correction is kept, and when it is stored.
"""

from dataclasses import dataclass, field

from pipeline.catalog import catalog
from pipeline.intake.storing.findings import Change
from pipeline.json_values import JsonObject
from pipeline.language import N_, Message, pick

#: So many changed values are listed; all are counted.
MOST_LISTED = 2_000

_CHANGED = N_("%(unchanged)s rows unchanged; %(rows)s rows, %(values)s values corrected.")
_ADDED = N_("%(unchanged)s rows unchanged; %(rows)s rows, %(values)s values corrected, %(added)s values added.")
_BLANK = N_("%(count)s cells are blank where a value was stated before; a blank takes nothing back.")


@dataclass(frozen=True)
class ChangedValue:
    """One value that the file states otherwise than before, and where in it."""

    firm_id: str
    firm_name: str | None
    sheet: str
    cell: str
    change: Change

    def as_json(self) -> JsonObject:
        fact = catalog().get(self.change.fact)
        return {
            "firm_id": self.firm_id,
            "firm_name": self.firm_name,
            "year": self.change.year,
            "fact": self.change.fact,
            "label": self.change.fact if fact is None else pick(fact),
            "old": self.change.old,
            "new": self.change.new,
            "unit": self.change.unit,
            "sheet": self.sheet,
            "cell": self.cell,
        }


@dataclass
class Restatement:
    """What becomes of the rows that were stated before.

    rows: how many restate a firm's full year; unchanged: of these, the ones that say nothing new. values: values that
    are corrected, in `corrected` rows. added: values where there was none. blank: blank cells where there was a value.
    """

    rows: int = 0
    unchanged: int = 0
    corrected: int = 0
    values: int = 0
    added: int = 0
    blank: int = 0
    changes: list[ChangedValue] = field(default_factory=list)

    @property
    def messages(self) -> list[Message]:
        """What is said of it; nothing where no row restates another."""
        if not self.rows:
            return []
        counted = {"unchanged": self.unchanged, "rows": self.corrected, "values": self.values, "added": self.added}
        said = [Message(_ADDED if self.added else _CHANGED, counted)]
        return [*said, Message(_BLANK, {"count": self.blank})] if self.blank else said

    def as_json(self) -> JsonObject:
        counts = {name: value for name, value in vars(self).items() if name != "changes"}
        return {**counts, "changes": [change.as_json() for change in self.changes]}
