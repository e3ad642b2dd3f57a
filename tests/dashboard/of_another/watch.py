"""What is looked at after each request: whose marks its answer holds, and whose rows have changed.

Whom a role reaches is written out here once more, apart from the program.
"""

import io
import re
import sqlite3
import zipfile
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

from pipeline.accounts.people import Person
from pipeline.accounts.roles import ROLES, Action, Scope

_MARK = re.compile(rb"Z(own|near|far|ref)_([a-z_]+)Z")
#: Kind of mark -> the actions of which each lets whoever reaches the firm by it read that.
OPENS: Mapping[str, Collection[Action]] = {
    # An administrator gives accounts their firms, and sees names and codes for that.
    "name": (Action.SEE_FIRMS, Action.MANAGE_PEOPLE),
    "former": (Action.SEE_FIRMS,),
    "fact": (Action.SEE_FIRMS,),
    "activity": (Action.SEE_FIRMS,),
    "brought": (Action.IMPORT, Action.SEE_FIRMS),  # the file from which a figure of the firm is, and who brought it
    "import": (Action.IMPORT,),
    "finding_cell": (Action.IMPORT,),
    "settled": (Action.IMPORT,),
    "case": (Action.SEE_CASES,),
    "leader": (Action.SEE_CASES,),
    "leader_why": (Action.SEE_FINDINGS,),
    "contact": (Action.SEE_FINDINGS,),
    "pacesetter": (Action.SEE_PLAN,),
    "finding": (Action.SEE_FINDINGS,),
    "step": (Action.SEE_CASES,),
    "step_note": (Action.SEE_FINDINGS,),
    "task": (Action.SEE_FINDINGS,),
    "firmtask": (Action.SEE_CASES,),
    "problem": (Action.SEE_FINDINGS,),
    "adviser": (Action.SEE_FINDINGS,),
    "label": (Action.SEE_FINDINGS,),
    "message": (Action.SEE_MESSAGES,),
    "message_gone": (),
    "message_file": (Action.SEE_MESSAGES,),
    "message_file_gone": (),
    "objection": (Action.SEE_OBJECTIONS,),
    "objection_file": (Action.SEE_OBJECTIONS,),
    "objection_file_gone": (Action.SEE_OBJECTIONS,),
    "claim": (Action.SEE_SUPPORT,),
    "claim_note": (Action.SEE_SUPPORT,),
    "claim_paid": (Action.SEE_SUPPORT,),
    "claim_file": (Action.SEE_SUPPORT,),
    "claim_file_gone": (),
    "visit_file": (Action.SEE_FINDINGS,),
    "visit_file_gone": (),
    "draft": (),
    "return": (Action.SEE_RETURNS,),
    "decided": (Action.SEE_PROPOSALS,),
    "proposal": (Action.SEE_PROPOSALS,),
    "declared": (Action.SEE_DECLARATIONS,),
    "nominated": (Action.SEE_DECLARATIONS,),
    "opinion_tax": (Action.KEEP_REVIEWS,),
    "opinion_courts": (Action.KEEP_REVIEWS,),
    "notice": (Action.KEEP_REVIEWS,),
    "account": (Action.MANAGE_PEOPLE, Action.IMPORT),  # whoever asks firms for returns sees whom to call
    "view": (),
    "job": (),
    "trail": (Action.SEE_AUDIT_LOG,),
}


@dataclass(frozen=True)
class Place:
    """A firm as far as it decides who reaches it. `looked_after_by`: of its open case, the mentor and the leaders who
    stand by it."""

    cohort: str
    district: str | None
    looked_after_by: frozenset[int] = frozenset()


def may(person: Person, action: Action) -> bool:
    """Whether the table lets this role do it; what cannot be done for a part is not open to a district."""
    scope = ROLES[person.role].may.get(action)
    return scope is not None and (scope is not Scope.WHOLE_CITY or not person.district_code)


def reached(person: Person, action: Action, places: Mapping[str, Place]) -> set[str]:
    """The firms that an action reaches, as the table of roles says it in words."""
    if not may(person, action):
        return set()
    scope = ROLES[person.role].may[action]
    found = set()
    for firm, place in places.items():
        of_city = place.cohort == "city"
        in_place = of_city and (not person.district_code or place.district == person.district_code)
        if (
            scope is Scope.EVERY_COHORT
            or (scope is Scope.OWN_FIRM and firm == person.firm_id)
            or (scope is Scope.OWN_CASES and in_place and person.id in place.looked_after_by)
            or (scope in (Scope.CITY, Scope.WHOLE_CITY) and in_place)
        ):
            found.add(firm)
    return found


def unpacked(body: bytes) -> bytes:
    """The answer with what it packs: XLSX, DOCX and ZIP are archives, also of archives."""
    start = body.find(b"PK\x03\x04")
    if start < 0:
        return body
    try:
        with zipfile.ZipFile(io.BytesIO(body)) as archive:
            return b"\n".join([body, *(unpacked(archive.read(name)) for name in archive.namelist())])
    except zipfile.BadZipFile:
        return body


class Watch:
    """Of one board: the firms by the names of their marks, and who may read which mark. `theirs`: what is an account's
    own, whatever its role reaches."""

    def __init__(
        self, firms: Mapping[str, str], places: Mapping[str, Place], theirs: Mapping[str, Collection[tuple[str, str]]]
    ) -> None:
        self.firms, self.places, self.theirs = firms, places, theirs
        self._may_read: dict[tuple[Person, str, str], bool] = {}

    def leaks(self, person: Person, body: bytes, also: Collection[tuple[str, str]] = ()) -> set[str]:
        """The marks in an answer that this person may not read, as "far finding"."""
        found = {(whose.decode(), kind.decode()) for whose, kind in _MARK.findall(unpacked(body))}
        return {
            f"{whose} {kind}"
            for whose, kind in found
            if not self.may_read(person, whose, kind)
            and (whose, kind) not in {*also, *self.theirs.get(person.name, ())}
        }

    def may_read(self, person: Person, whose: str, kind: str) -> bool:
        asked = (person, whose, kind)
        if asked not in self._may_read:
            firm = self.firms[whose]
            self._may_read[asked] = any(firm in reached(person, action, self.places) for action in OPENS[kind])
        return self._may_read[asked]


class Rows:
    """Every row of a database of SQLite, and what has changed in it since."""

    def __init__(self, path: str) -> None:
        self._connection = sqlite3.connect(path)
        names = self._connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")
        self._owners: dict[str, int | None] = {}
        for (name,) in names.fetchall():
            if name not in NOT_OF_FIRMS:
                columns = [row[1] for row in self._connection.execute(f'PRAGMA table_info("{name}")')]
                owner = "id" if name == "account" else "account_id"
                self._owners[name] = columns.index(owner) if owner in columns else None
        self.look()
        self._first = sqlite3.connect(":memory:")
        self._connection.backup(self._first)

    def look(self) -> None:
        """What stands now is what later looks are held against."""
        self._version, self.rows = self._now(), self._all()

    def put_back(self) -> None:
        """Everything as it was at the first look."""
        self._first.backup(self._connection)
        self.look()

    def _now(self) -> int:
        version: int = self._connection.execute("PRAGMA data_version").fetchone()[0]
        return version

    def _all(self) -> dict[str, set[Any]]:
        return {name: set(self._connection.execute(f'SELECT * FROM "{name}"')) for name in self._owners}

    def changed(self, by: int | None = None) -> dict[str, set[Any]]:
        """The rows that are new, gone or another since the last look, by their tables, but for what belongs to the
        account that acted; cheap where nobody wrote."""
        if self._now() == self._version:
            return {}
        before = self.rows
        self.look()
        apart = {name: before[name] ^ rows for name, rows in self.rows.items()}
        for name, place in self._owners.items():
            if place is not None:
                apart[name] = {row for row in apart[name] if row[place] != by}
        return {name: rows for name, rows in apart.items() if rows}


#: What tells of acts and sessions, or of the whole city, not of a firm; and lists that are worked out anew.
NOT_OF_FIRMS = {
    "audit_entry",
    "attempt",
    "firm_list_row",
    "firm_board_row",
    "firm_list_count",
    "firm_list_state",
    "kept_answer",
    "kept_form",
    "refused_import",
    "return_columns",
    "job_file",
    "score_run",
    "model_decision",
    "adopted_policy",
    "target_baseline",
    "listing_proposal",
    "listing_step",
}
