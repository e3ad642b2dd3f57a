"""Import a file: from the path on the clerk's disk to stored rows and a report of what looks wrong.

The whole of intake in the order of the flow: workbook.py -> headings.py -> validation.py -> sense.py ->
storing.py -> cross_checks.py. A file is stored whole or not at all; the same file again changes nothing.
A correction without a day of its own counts as known on the day it is imported: otherwise the past would
be rewritten.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from sqlalchemy import Connection, Engine

from pipeline import audit
from pipeline.errors import ShownToPeople
from pipeline.intake import column_maps, sense, storing, validation
from pipeline.intake.column_maps import ColumnMap
from pipeline.intake.headings import find_form
from pipeline.intake.problems import FileNotStored, Finding, Problem, not_stored
from pipeline.intake.validation import Checked
from pipeline.intake.workbook import Workbook, open_workbook
from pipeline.language import N_, Message
from pipeline.sources import trust
from pipeline.store.tables import CITY

#: Told how many rows are done and what is being done.
Progress = Callable[[int, str], None]


_COHORT = re.compile(r"[\w-]{1,30}")  # with a stock code after it, it is a firm's id of at most 40 letters
_UNDATED = N_("%(count)s events without a day were left out.")


class WrongImport(ShownToPeople):
    """An import that was asked for in a way that cannot be meant."""


@dataclass
class ImportReport:
    """What an import brought. `import_id` None: a dry run. `superseded`: rows that restate an earlier statement."""

    import_id: int | None
    file: str
    map_name: str
    cohort: str
    source: str
    rows: int = 0
    added: int = 0
    superseded: int = 0
    firms: int = 0
    new_firms: int = 0
    already_stored: bool = False
    dry_run: bool = False
    problems: list[Problem] = field(default_factory=list)
    warnings: list[Finding] = field(default_factory=list)
    notices: list[Message] = field(default_factory=list)
    cross_checks: int = 0
    mended: Path | None = None
    book: Workbook | None = None

    def __str__(self) -> str:
        return str(self.letter)

    @property
    def letter(self) -> Message:
        params = {
            "file": self.file,
            "id": self.import_id,
            "added": self.added,
            "superseded": self.superseded,
            "firms": self.firms,
            "warnings": len(self.warnings),
            "rows": self.rows,
            "checks": self.cross_checks,
        }
        if self.already_stored:
            return Message(N_("%(file)s is stored already, as import %(id)s; nothing has been changed."), params)
        if self.dry_run:
            return Message(
                N_(
                    "%(file)s could be stored: %(added)s rows of %(firms)s firms, "
                    "of which %(superseded)s restate earlier ones; "
                    "%(warnings)s things to look at. Nothing has been changed."
                ),
                params,
            )
        return Message(
            N_(
                "%(file)s is stored as import %(id)s: %(added)s rows of %(firms)s firms, "
                "of which %(superseded)s restate earlier "
                "ones; %(warnings)s things to look at, %(checks)s contradictions between sources."
            ),
            params,
        )

    def as_json(self) -> dict[str, Any]:
        return {
            "id": self.import_id,
            "import_id": self.import_id,
            "file": self.file,
            "map": self.map_name,
            "cohort": self.cohort,
            "source": self.source,
            "rows": self.rows,
            "added": self.added,
            "superseded": self.superseded,
            "firms": self.firms,
            "new_firms": self.new_firms,
            "already_stored": self.already_stored,
            "dry_run": self.dry_run,
            "problems": [problem.as_json() for problem in self.problems],
            "warnings": [warning.as_json() for warning in self.warnings],
            "notices": [str(notice) for notice in self.notices],
            "cross_checks": self.cross_checks,
            "mended": None if self.mended is None else str(self.mended),
            "message": str(self),
        }


def import_returns(
    engine: Engine,
    path: Path,
    map_name: str,
    *,
    by: str,
    now: datetime,
    today: date,
    cohort: str | None = None,
    source: str | None = None,
    known_on: date | None = None,
    dry_run: bool = False,
    mended_dir: Path | None = None,
    progress: Progress | None = None,
) -> ImportReport:
    """Store a file of returns. `known_on`: the day from which its figures count as known, where the form has none.

    Raises FileNotStored (exit code 3) with every problem, WrongImport or WrongMap (exit code 2). With
    `mended_dir` the file comes back marked up there, whether it was stored or not.
    """
    path, now = Path(path), audit.utc(now)
    map_ = _map(map_name, "returns")
    report = ImportReport(None, path.name, map_.name, _cohort(cohort, map_), _source(source, map_), dry_run=dry_run)
    if known_on is not None and known_on > today:
        raise WrongImport(Message(N_("%(day)s has not come yet: nothing can be known from it."), {"day": known_on}))
    book, checked = _read(
        path,
        map_,
        mended_dir,
        lambda book: validation.check_returns(
            find_form(book, map_),
            map_,
            report.cohort,
            today,
            (lambda rows: progress(rows, "check")) if progress else None,
        ),
    )
    early = validation.settle_known_on(checked, known_on) if not checked.problems else []
    if checked.problems or early:
        raise _refuse(book, [*checked.problems, *early], mended_dir)
    _count(report, book, checked)
    with engine.connect() as connection, connection.begin() as transaction:
        if not dry_run:
            storing.begin_writing(connection)
        if (
            earlier := storing.earlier_import(connection, book.sha256, map_.name, report.cohort, report.source)
        ) is not None:
            report.import_id, report.already_stored, report.added = earlier, True, 0
            return report
        restated = storing.restated(connection, checked.sheets, map_, report.source)
        report.superseded = int(sum(flags.sum() for flags in restated))
        if known_on is None:
            _known_from_today(checked, restated, today)
        report.warnings, left_out = sense.findings(connection, checked, map_, report.cohort, today)
        report.notices = [*report.notices, *left_out]
        if not dry_run:
            _store(connection, report, book, checked, by, now, progress)
            transaction.commit()
    if mended_dir is not None and report.warnings:
        from pipeline.intake import mended

        report.mended = mended.write(book, [], report.warnings, mended_dir)
    return report


@dataclass
class Preview:
    """What an import would do, before anything is stored: a report, or what must be mended first."""

    book: Workbook | None
    report: ImportReport | None
    letter: Message | str
    problems: list[Problem]
    warnings: list[Finding]

    @property
    def good(self) -> bool:
        return self.report is not None

    def mended(self) -> bytes | None:
        """The sender's workbook with every problem and warning marked; None where it cannot be read at all."""
        from pipeline.intake import mended

        return None if self.book is None else mended.marked_up(self.book, self.problems, self.warnings)

    def as_json(self) -> dict[str, Any]:
        if self.report is not None:
            return {"good": True, **self.report.as_json()}
        problems = [problem.as_json() for problem in self.problems]
        return {"good": False, "message": str(self.letter), "problems": problems, "warnings": []}


def preview(
    engine: Engine,
    path: Path,
    map_name: str,
    *,
    today: date,
    cohort: str | None = None,
    source: str | None = None,
    known_on: date | None = None,
    progress: Progress | None = None,
) -> Preview:
    """What importing a file would add, supersede and flag, or everything that must be mended. Stores nothing.

    A wrong file is an answer here, not an exception; WrongMap and WrongImport are raised.
    """
    now = datetime(today.year, today.month, today.day)
    try:
        if column_maps.load(map_name).kind == "events":
            report = import_events(engine, path, map_name, by="", now=now, cohort=cohort, dry_run=True)
        else:
            report = import_returns(
                engine,
                path,
                map_name,
                by="",
                now=now,
                today=today,
                cohort=cohort,
                source=source,
                known_on=known_on,
                dry_run=True,
                progress=progress,
            )
    except FileNotStored as error:
        return Preview(error.book, None, error.letter, error.listed, [])
    return Preview(report.book, report, report.letter, [], report.warnings)


def import_events(
    engine: Engine,
    path: Path,
    map_name: str,
    *,
    by: str,
    now: datetime,
    cohort: str | None = None,
    dry_run: bool = False,
) -> ImportReport:
    """Store a file of stage events. A firm that nobody has named yet is added with its name.

    An event on record already is not stored again. Raises as `import_returns`.
    """
    path, now = Path(path), audit.utc(now)
    # `now` is UTC: east of Greenwich its tomorrow has begun.
    latest = now.date() + timedelta(days=1)
    map_ = _map(map_name, "events")
    report = ImportReport(None, path.name, map_.name, _cohort(cohort, map_), map_.source, dry_run=dry_run)
    book, checked = _read(
        path, map_, None, lambda book: validation.check_events(find_form(book, map_), map_, report.cohort, latest)
    )
    if checked.problems:
        raise _refuse(book, checked.problems, None)
    _count(report, book, checked)
    events = pd.concat([sheet.rows for sheet in checked.sheets], ignore_index=True)
    undated = events["occurred_on"].isna()
    if undated.any():
        report.notices = [*report.notices, Message(_UNDATED, {"count": int(undated.sum())})]
        events = events[~undated].reset_index(drop=True)
    events["board"] = events["board"].astype(object).where(events["board"].notna(), "")
    events["known_on"] = pd.to_datetime(events["known_on"]).fillna(_last_day(events)).dt.normalize()
    with engine.connect() as connection, connection.begin() as transaction:
        if not dry_run:
            storing.begin_writing(connection)
        if (
            earlier := storing.earlier_import(connection, book.sha256, map_.name, report.cohort, report.source)
        ) is not None:
            report.import_id, report.already_stored, report.added = earlier, True, 0
            return report
        new = storing.new_events(connection, events)
        report.added = int(new.sum())
        if not dry_run:
            report.import_id = storing.add_import(connection, kind="events", **_about(report, book, by, now))
            report.new_firms = storing.add_firms(connection, events[["firm_id", "name"]], report.cohort)
            storing.add_events(connection, report.import_id, events, new)
            transaction.commit()
    return report


def _last_day(events: pd.DataFrame) -> pd.Series:
    """When an event counts as known at the latest: its day, or the end of the month or year it is dated by."""
    happened = pd.to_datetime(events["occurred_on"])
    precision = events["precision"].fillna("day").str.casefold()
    by_month = happened.where(precision != "month", happened + pd.offsets.MonthEnd(0))
    return by_month.where(precision != "year", happened + pd.offsets.YearEnd(0))


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


def _read(
    path: Path, map_: ColumnMap, mended_dir: Path | None, check: Callable[[Workbook], Checked]
) -> tuple[Workbook, Checked]:
    book = open_workbook(path)
    return book, check(book)


def _refuse(book: Workbook, problems: list[Problem], mended_dir: Path | None) -> FileNotStored:
    error = not_stored(book.path.name, problems)
    error.book = book
    if mended_dir is not None:
        from pipeline.intake import mended

        error.mended = mended.write(book, error.listed, [], mended_dir)
    return error


def _count(report: ImportReport, book: Workbook, checked: Checked) -> None:
    report.book = book
    report.rows = report.added = checked.rows
    report.notices = checked.notices
    report.firms = len(pd.unique(pd.concat([sheet.rows["firm_id"] for sheet in checked.sheets], ignore_index=True)))


def _known_from_today(checked: Checked, restated: list[np.ndarray], today: date) -> None:
    for sheet, flags in zip(checked.sheets, restated, strict=True):
        if "known_on" in sheet.columns or not flags.any():
            continue
        known = sheet.rows["known_on"]
        sheet.rows["known_on"] = known.where(~flags, known.clip(lower=pd.Timestamp(today)))


def _about(report: ImportReport, book: Workbook, by: str, now: datetime) -> dict[str, Any]:
    return {
        "file_name": report.file,
        "sha256": book.sha256,
        "map_name": report.map_name,
        "cohort": report.cohort,
        "source": report.source,
        "rows": report.added,
        "state": "stored",
        "imported_at": now,
        "imported_by": str(getattr(by, "name", by))[:80],
    }


def _store(
    connection: Connection,
    report: ImportReport,
    book: Workbook,
    checked: Checked,
    by: str,
    now: datetime,
    progress: Progress | None,
) -> None:
    from pipeline.intake import cross_checks

    report.import_id = storing.add_import(connection, kind="returns", **_about(report, book, by, now))
    firms = [sheet.rows.assign(name=sheet.rows.get("name"))[["firm_id", "name"]] for sheet in checked.sheets]
    report.new_firms = storing.add_firms(connection, pd.concat(firms, ignore_index=True), report.cohort)
    done = 0
    for sheet in checked.sheets:
        storing.add_sheet(connection, report.import_id, report.source, sheet)
        done += len(sheet.rows)
        if progress:
            progress(done, "store")
    storing.refresh_firms(connection, report.import_id)
    storing.add_findings(connection, report.import_id, report.warnings)
    report.cross_checks = cross_checks.compare(connection, report.import_id, now)
