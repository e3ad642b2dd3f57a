"""What is to be imported, as it was asked for: the file, its map, cohort and source, by whom and when.

A call that cannot be meant (an unknown map, a map of another kind) is the caller's mistake and raises WrongImport.
"""

import re
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Self

from pipeline.accounts import audit, people
from pipeline.accounts.people import Action, Person
from pipeline.errors import ShownToPeople
from pipeline.intake.mapping import column_maps
from pipeline.intake.mapping.column_maps import ColumnMap
from pipeline.intake.reading.package import name_of
from pipeline.language import N_, Message
from pipeline.sources import trust
from pipeline.store.tables import CITY

_COHORT = re.compile(r"[\w-]{1,30}")  # with a stock code after it, it is a firm's id of at most 40 letters


_COMMANDS = {
    "returns": "goldseed import",
    "events": "goldseed import-events",
    "activities": "goldseed import-activities",
}


class WrongImport(ShownToPeople):
    """An import that was asked for in a way that cannot be meant."""


@dataclass(frozen=True)
class ImportRequest:
    """An import as it was asked for; `of` makes one.

    by, now: who and when (UTC), for the records; "" where a file is only looked at by nobody in particular.
    district: of whose officer it comes, None of the city's; firm, year: whose own return of which year it is;
    own_rows.py says what that allows.
    today: the city's day, after which nothing has happened or is known. known_on: the day from which the figures count
    as known, where the form has none. dry_run: nothing is stored, not even that a file was refused. annotated_dir:
    where the file goes back with its cells marked.
    """

    path: Path
    map_: ColumnMap
    cohort: str
    source: str
    by: str
    now: datetime
    today: date
    known_on: date | None = None
    dry_run: bool = False
    annotated_dir: Path | None = None
    district: str | None = None
    firm: str | None = None
    year: int | None = None

    @classmethod
    def of(
        cls,
        path: Path,
        map_name: str,
        *,
        by: object = "",
        now: datetime,
        today: date,
        cohort: str | None = None,
        source: str | None = None,
        known_on: date | None = None,
        dry_run: bool = False,
        annotated_dir: Path | None = None,
    ) -> Self:
        """A request with the map read, and with the map's cohort and source where none is named.

        `by`: a Person, or the name of whoever may bring anything; `today`: the city's day at `now`.
        Raises WrongMap or WrongImport where the map, the cohort or the source cannot be meant, and NotAllowed.
        """
        map_, at = column_maps.load(map_name), audit.utc(now)
        district = None
        if isinstance(by, Person):
            people.require(by, Action.IMPORT)
            district = by.district_code
        return cls(
            path=Path(path),
            map_=map_,
            cohort=_cohort(cohort, map_, district),
            source=_source(source, map_),
            by=str(getattr(by, "name", by))[:80],
            now=at,
            today=today,
            known_on=known_on,
            dry_run=dry_run,
            annotated_dir=annotated_dir,
            district=district,
        )

    @property
    def file(self) -> str:
        """The file's name as it is shown and stored."""
        return name_of(self.path)

    def must_be_of(self, kind: str) -> None:
        """Raise WrongImport where the map is of another kind of file."""
        if self.map_.kind != kind:
            command = _COMMANDS[self.map_.kind]
            raise WrongImport(
                Message(N_("The map %(name)s is for %(command)s."), {"name": self.map_.name, "command": command})
            )


def _cohort(given: str | None, map_: ColumnMap, district: str | None) -> str:
    cohort = given or map_.cohort or CITY
    if not _COHORT.fullmatch(cohort):
        what = N_('"%(found)s" cannot name a cohort: write at most 30 letters, digits and hyphens, e.g. neeq.')
        raise WrongImport(Message(what, {"found": cohort}))
    if district is not None and cohort != CITY:
        raise WrongImport(Message(N_("A district hands in returns of the city's firms alone. Choose another form.")))
    return cohort


def _source(given: str | None, map_: ColumnMap) -> str:
    if given is None:
        return map_.source
    if given not in trust().sources:
        raise WrongImport(
            Message(
                N_("There is no source %(found)s. There are: %(sources)s."),
                {"found": given, "sources": ", ".join(trust().sources)},
            )
        )
    return given
