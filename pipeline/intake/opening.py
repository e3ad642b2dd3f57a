"""Open and check a file that is to be imported; one that is refused leaves a line with its problems.

The first half of importing.py, the same for returns and events: the map, the cohort and the source that are meant,
the workbook, its headings and every cell. A call that cannot be meant (an unknown map, a map of the other kind) is
the caller's mistake and leaves no line.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from sqlalchemy import Engine

from pipeline.errors import ShownToPeople
from pipeline.intake.mapping import column_maps
from pipeline.intake.mapping.column_maps import ColumnMap
from pipeline.intake.reading.package import name_of, out_of_reach
from pipeline.intake.reading.problems import FileNotStored, not_stored
from pipeline.intake.reading.workbook import Workbook, open_workbook
from pipeline.intake.storing import refusals
from pipeline.intake.storing.reports import ImportReport
from pipeline.intake.storing.validation import Checked
from pipeline.language import N_, Message
from pipeline.sources import trust
from pipeline.store.tables import CITY

_COHORT = re.compile(r"[\w-]{1,30}")  # with a stock code after it, it is a firm's id of at most 40 letters


class WrongImport(ShownToPeople):
    """An import that was asked for in a way that cannot be meant."""


@dataclass(frozen=True)
class Asked:
    """An import as it was asked for. `by`, `now`: who and when, for the records; `mended_dir`: where a file goes back
    marked up; `dry_run`: nothing is stored, not even that a file was refused."""

    path: Path
    map_: ColumnMap
    cohort: str
    source: str
    by: str
    now: datetime
    dry_run: bool = False
    mended_dir: Path | None = None

    @property
    def file(self) -> str:
        """The file's name as it is told and kept."""
        return name_of(self.path)


def asked_for(
    path: Path,
    map_name: str,
    kind: str,
    *,
    by: object,
    now: datetime,
    cohort: str | None,
    source: str | None,
    dry_run: bool,
    mended_dir: Path | None = None,
) -> Asked:
    """Raises WrongMap or WrongImport where the map, the cohort or the source cannot be meant."""
    map_ = _map(map_name, kind)
    who = str(getattr(by, "name", by))[:80]
    return Asked(Path(path), map_, _cohort(cohort, map_), _source(source, map_), who, now, dry_run, mended_dir)


def open_checked(
    engine: Engine, asked: Asked, check: Callable[[Workbook], Checked]
) -> tuple[ImportReport, Workbook, Checked]:
    """The file, checked and without a problem, and the report that it begins.

    Raises FileNotStored with every problem. The attempt is on record then, unless it was a dry run, and the file
    comes back marked up where that was asked for.
    """
    book = None
    try:
        book = open_workbook(asked.path)
        try:
            checked = check(book)
        except OSError as error:  # it was there a moment ago
            book = None
            raise out_of_reach(asked.path, error) from error
        if checked.problems:
            raise not_stored(asked.file, checked.problems)
    except FileNotStored as error:
        _return_to_sender(error, book, asked.mended_dir)
        if not asked.dry_run:
            error.refusal = refusals.record(engine, asked, error)
        raise
    report = ImportReport(None, asked.file, asked.map_.name, asked.cohort, asked.source, dry_run=asked.dry_run)
    report.count(book, checked)
    return report, book, checked


def _return_to_sender(error: FileNotStored, book: Workbook | None, mended_dir: Path | None) -> None:
    error.book = book
    if book is not None and mended_dir is not None and error.mended is None:
        from pipeline.intake.storing import annotated_workbook

        error.mended = annotated_workbook.write(book, error.listed, [], mended_dir)


def _map(name: str, kind: str) -> ColumnMap:
    map_ = column_maps.load(name)
    if map_.kind != kind:
        command = "goldseed import-events" if map_.kind == "events" else "goldseed import"
        raise WrongImport(Message(N_("The map %(name)s is for %(command)s."), {"name": name, "command": command}))
    return map_


def _cohort(given: str | None, map_: ColumnMap) -> str:
    cohort = given or map_.cohort or CITY
    if not _COHORT.fullmatch(cohort):
        what = N_('"%(found)s" cannot name a cohort: write at most 30 letters, digits and hyphens, e.g. neeq.')
        raise WrongImport(Message(what, {"found": cohort}))
    return cohort


def _source(given: str | None, map_: ColumnMap) -> str:
    if given is not None and given not in trust().sources:
        raise WrongImport(
            Message(
                N_("There is no source %(found)s. There are: %(sources)s."),
                {"found": given, "sources": ", ".join(trust().sources)},
            )
        )
    return given or map_.source
