"""What waits for a person after an import: the list of findings, their settling, and exports of both lists.

A finding is open, explained (the figure is right, and why) or corrected (a new return came: corrections.py). Whoever
settles one gives a reason, and the audit log keeps it.
"""

import csv
import io
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import cache, lru_cache
from typing import Any, Protocol, Self, TypeVar

from sqlalchemy import ColumnElement, Connection, Engine, Select, and_, bindparam, false, func, or_, select, true
from sqlalchemy.orm import Session, aliased

from pipeline.accounts import audit, people
from pipeline.accounts.people import Action, Person
from pipeline.catalog import catalog
from pipeline.errors import NotFound, ShownToPeople
from pipeline.intake.reading.problems import finding_message
from pipeline.json_values import JsonObject
from pipeline.language import CHINESE, ENGLISH, N_, Message
from pipeline.language import gettext as _
from pipeline.store.many_ids import KEPT_STATEMENTS
from pipeline.store.tables import CrossCheck, Firm, Import, ImportFinding
from pipeline.store.write_lock import lock_writes

#: Why an import closed a finding; migration 0003 knows the second by heart.
ANEW = N_("Import %(id)s states it anew: %(changes)s.")
ANEW_SOMEHOW = N_("Import %(id)s states this year of the firm anew.")
_CHANGE = N_("%(fact)s of %(year)s %(old)s → %(new)s %(unit)s")
STATES = ("open", "explained", "corrected")
#: A cell of an export that begins with one of these would be run as a formula by a spreadsheet program.
_FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "＝", "＋", "－", "＠")

#: What the columns of the two exports are called.
HEADINGS = {
    "firm_id": N_("Firm id"),
    "firm_name": N_("Firm"),
    "year": N_("Year"),
    "kind": N_("Kind"),
    "field": N_("Fact"),
    "label": N_("Fact"),
    "found": N_("Found"),
    "value": N_("Value"),
    "other_value": N_("Other value"),
    "gap_share": N_("Gap, share of the larger"),
    "times": N_("Times"),
    "gap": N_("Gap"),
    "source_label": N_("Source"),
    "other_source_label": N_("Other source"),
    "prepared_by": N_("Prepared by"),
    "message": N_("What is odd"),
    "sheet": N_("Sheet"),
    "cell": N_("Cell"),
    "file": N_("File"),
    "state": N_("State"),
    "settled_by": N_("Settled by"),
    "settled_why": N_("Why"),
    "settled_by_import": N_("Corrected by import"),
}
FINDING_COLUMNS = (
    "firm_id",
    "firm_name",
    "year",
    "kind",
    "field",
    "found",
    "message",
    "file",
    "sheet",
    "cell",
    "state",
    "settled_by",
    "settled_why",
    "settled_by_import",
)
CROSS_CHECK_COLUMNS = (
    "firm_id",
    "firm_name",
    "year",
    "label",
    "value",
    "source_label",
    "other_value",
    "other_source_label",
    "gap",
    "times",
    "gap_share",
    "prepared_by",
    "state",
    "settled_by",
    "settled_why",
    "settled_by_import",
)


class WrongSettlement(ShownToPeople):
    """A finding cannot be settled this way."""


@dataclass(frozen=True)
class Settled:
    id: int
    state: str


@dataclass(frozen=True)
class _Clerk:
    name: str


class _Settleable(Protocol):
    state: Any
    settled_why: Any


_Kind = TypeVar("_Kind", bound=_Settleable)


def named(by: Any) -> Any:
    """Whoever acts, as the audit log wants it: a person, or a name from the command line."""
    return by if hasattr(by, "name") else _Clerk(str(by))


def check_settlement(thing: _Kind | None, number: int, state: str, why: str) -> _Kind:
    """The thing to settle. Raises NotFound, or WrongSettlement for an unknown state or an empty reason."""
    if thing is None:
        raise NotFound(Message(N_("There is no finding %(id)s."), {"id": number}))
    if state not in STATES:
        raise WrongSettlement(
            Message(N_("A finding is %(states)s, not %(found)s."), {"states": ", ".join(STATES), "found": state})
        )
    if not why.strip():
        raise WrongSettlement(Message(N_("Write why: the reason is kept with the finding.")))
    return thing


def settle_by_hand(thing: Any, name: str, state: str, why: str, now: datetime) -> None:
    """A person's word stands over what an import had closed: taking that import back leaves it."""
    thing.state, thing.settled_why, thing.settled_by, thing.settled_at = state, why.strip(), name[:80], audit.utc(now)
    thing.settled_by_import = thing.settled_params = None


def why_settled(thing: ImportFinding | CrossCheck) -> Message | str | None:
    """A person's reason as it was written, or what an import changed."""
    params = thing.settled_params
    if params is not None and "changes" not in params and thing.settled_why is not None:
        return Message(thing.settled_why, params)
    if params is None or thing.settled_why is None:
        return thing.settled_why
    changes = [Change(*each) for each in params.get("changes", [])]
    return Message(thing.settled_why, {**params, "changes": changes})


@dataclass(frozen=True)
class Change:
    """One figure that an import changed, as its form writes it; stored as a list."""

    fact: str
    year: int
    old: str
    new: str
    unit: str

    def __str__(self) -> str:
        params = {**vars(self), "fact": catalog().get(self.fact, self.fact)}
        return str(Message(_CHANGE, params)).rstrip()


@dataclass(frozen=True)
class StoredFinding:
    """A finding of a stored import, as it stands now. settled_why: a person's words, or what an import changed."""

    id: int
    firm_id: str
    year: int | None
    kind: str
    field: str
    message: Message
    sheet: str
    cell: str | None
    found: str | None
    state: str
    settled_by: str | None
    settled_at: datetime | None
    settled_why: Message | str | None
    settled_by_import: int | None
    import_id: int

    @classmethod
    def of(cls, finding: ImportFinding) -> Self:
        return cls(**_columns_of(finding))

    def as_json(self) -> JsonObject:
        return {
            "id": self.id,
            "firm_id": self.firm_id,
            "year": self.year,
            "kind": self.kind,
            "field": self.field,
            "message": str(self.message),
            "message_zh": self.message.in_language(CHINESE),
            "message_en": self.message.in_language(ENGLISH),
            "sheet": self.sheet,
            "cell": self.cell,
            "found": self.found,
            "state": self.state,
            "settled_by": self.settled_by,
            "settled_at": self.settled_at,
            "settled_why": None if self.settled_why is None else str(self.settled_why),
            "settled_by_import": self.settled_by_import,
            "import_id": self.import_id,
        }


@dataclass(frozen=True)
class ListedFinding(StoredFinding):
    """A finding with the names that a list shows: of its firm, its file, and the file that corrected it."""

    firm_name: str | None
    file: str
    settled_by_file: str | None

    def as_json(self) -> JsonObject:
        names = {"firm_name": self.firm_name, "file": self.file, "settled_by_file": self.settled_by_file}
        return super().as_json() | names


def _columns_of(finding: ImportFinding) -> dict[str, Any]:
    return {
        "id": finding.id,
        "firm_id": finding.firm_id,
        "year": finding.year,
        "kind": finding.kind,
        "field": finding.field,
        "message": finding_message(finding.msgid, finding.params),
        "sheet": finding.sheet,
        "cell": finding.cell,
        "found": finding.found,
        "state": finding.state,
        "settled_by": finding.settled_by,
        "settled_at": finding.settled_at,
        "settled_why": why_settled(finding),
        "settled_by_import": finding.settled_by_import,
        "import_id": finding.import_id,
    }


def list_findings(
    engine: Engine | Connection,
    *,
    state: str | None = "open",
    import_id: int | None = None,
    firm_id: str | None = None,
    kinds: Sequence[str] | None = None,
    limit: int | None = None,
    person: Person | None = None,
    action: Action = Action.IMPORT,
) -> list[ListedFinding]:
    """Findings of imports in force, the unit errors first, then the latest import; `kinds` are beginnings of kinds,
    `person`: as far as this action of theirs reaches (to settle them, unless given), with the files' names as far as
    they may know those."""
    values = {"state": state, "import_id": import_id, "firm_id": firm_id}
    given = {name: value for name, value in values.items() if value is not None}
    statement = _listed(frozenset(given)) if person is None else _listed_for(frozenset(given), person, action)
    if kinds is not None:
        statement = statement.where(or_(false(), *[ImportFinding.kind.startswith(kind) for kind in kinds]))
    if limit is not None:
        statement = statement.limit(limit)
    with Session(engine) as session:
        return [
            ListedFinding(
                **_columns_of(finding),
                firm_name=name,
                file=may_know(person, file, of) or "",
                settled_by_file=may_know(person, by_file, by_of),
            )
            for finding, name, file, of, by_file, by_of in session.execute(statement, given)
        ]


def about_firms_of(person: Person, action: Action = Action.IMPORT) -> ColumnElement[bool]:
    """The condition on `ImportFinding` that the action reaches its firm, and the other firm where it names one (one
    copied into the other); whoever imports for the whole city settles those of every cohort."""
    if not people.may(person, action):
        return false()
    if action is Action.IMPORT and person.district_code is None:
        return true()
    theirs = select(Firm.id).where(people.visible_firms(person, action))
    twin = ImportFinding.params["other"].as_string()  # a firm's id, a space and the year
    of_twin = func.substr(twin, 1, func.length(twin) - 5).in_(theirs)
    return and_(ImportFinding.firm_id.in_(theirs), or_(ImportFinding.kind != "copied_firm", of_twin))


def may_know(person: Person | None, file: str | None, district: str | None) -> str | None:
    """The name of a file that came from this district (None: the city), unless that is another than the person's."""
    foreign = person is not None and person.district_code is not None and district not in (None, person.district_code)
    return None if foreign else file


@cache
def _listed(given: frozenset[str]) -> Select[ImportFinding, str | None, str, str | None, str | None, str | None]:
    """Findings with the values that are given of these columns, each with its firm's name, its file, and the one that
    settled it, both with the district that it came from."""
    corrected_by = aliased(Import)
    return (
        select(
            ImportFinding,
            Firm.name,
            Import.file_name,
            Import.district_code,
            corrected_by.file_name,
            corrected_by.district_code,
        )
        .join(Import, Import.id == ImportFinding.import_id)
        .outerjoin(corrected_by, corrected_by.id == ImportFinding.settled_by_import)
        .join(Firm, Firm.id == ImportFinding.firm_id)
        .where(Import.state == "stored", *(getattr(ImportFinding, name) == bindparam(name) for name in given))
        .order_by(ImportFinding.kind.startswith("unit_").desc(), ImportFinding.import_id.desc(), ImportFinding.id)
    )


@lru_cache(maxsize=KEPT_STATEMENTS)
def _listed_for(given: frozenset[str], person: Person, action: Action) -> Select:
    """Those that this action of a person reaches."""
    return _listed(given).where(about_firms_of(person, action))


def settle_finding(session: Session, number: int, state: str, why: str, *, by: Any, now: datetime) -> Settled:
    """Close a finding as explained or corrected, or open it again, with a reason; the audit log keeps who.

    `by`: a Person, or the name of whoever may settle any. Raises NotFound, also for one that is not the person's to
    settle, or WrongSettlement without a reason or for an unknown state.
    """
    clerk = named(by)
    lock_writes(session)
    wanted = select(ImportFinding).where(ImportFinding.id == number)
    if isinstance(by, Person):
        wanted = wanted.where(about_firms_of(by))
    finding = check_settlement(session.scalar(wanted), number, state, why)
    settle_by_hand(finding, clerk.name, state, why, now)
    details = {"firm": finding.firm_id, "year": finding.year, "kind": finding.kind, "state": state, "why": why.strip()}
    audit.record(session, clerk, "finding_settled", f"finding:{number}", details, now)
    return Settled(number, state)


class _Exported(Protocol):
    def as_json(self) -> JsonObject: ...


def export_csv(lines: Iterable[_Exported], columns: Sequence[str]) -> bytes:
    """Findings or cross checks as CSV with headings in the language of the reader."""
    rows = [line.as_json() for line in lines]
    return csv_of(
        [_(HEADINGS[column]) for column in columns], [[row.get(column) for column in columns] for row in rows]
    )


def csv_of(headings: Sequence[str], rows: Iterable[Sequence[Any]]) -> bytes:
    """A CSV that Excel and WPS open in Chinese (UTF-8 with a mark); no cell of it runs as a formula."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerow(headings)
    writer.writerows([safe_cell(value) for value in row] for row in rows)
    return b"\xef\xbb\xbf" + text.getvalue().encode("utf-8")


def safe_cell(value: Any) -> Any:
    """A value that no spreadsheet program takes for a formula: such a text gets a ' in front."""
    if isinstance(value, date | datetime):
        return value.isoformat()
    if isinstance(value, str) and value.startswith(_FORMULA_STARTS):
        return f"'{value}"
    return "" if value is None else value
