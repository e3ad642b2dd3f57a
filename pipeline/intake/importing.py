"""Import a file: from the path on the clerk's disk to stored rows and a report of what looks wrong.

The whole of intake in the order of the flow: opening.py (workbook.py -> headings.py -> validation.py) -> sense.py ->
storing.py -> cross_checks.py -> corrections.py. A file is stored whole or not at all; the same file again changes
nothing. A correction without a day of its own counts as known on the day it is imported: otherwise the past would
be rewritten.
"""

from collections.abc import Callable
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from sqlalchemy import Connection, Engine

from pipeline.accounts import audit
from pipeline.intake.mapping import column_maps
from pipeline.intake.mapping.headings import find_form
from pipeline.intake.opening import Asked, WrongImport, asked_for, open_checked
from pipeline.intake.plausibility import plausibility
from pipeline.intake.reading.problems import FileNotStored
from pipeline.intake.reading.workbook import Workbook
from pipeline.intake.storing import refusals, store, validation
from pipeline.intake.storing.reports import ImportReport, Preview
from pipeline.intake.storing.validation import Checked
from pipeline.language import N_, Message
from pipeline.store.write_lock import lock_writes

__all__ = ["ImportReport", "Preview", "WrongImport", "import_events", "import_returns", "preview"]

#: Told how many rows are done and what is being done.
Progress = Callable[[int, str], None]

_CORRECTED = N_("%(count)s open findings of earlier imports are corrected by it.")
_UNDATED = N_("%(count)s events without a day were left out.")


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
    asked = asked_for(
        path,
        map_name,
        "returns",
        by=by,
        now=audit.utc(now),
        cohort=cohort,
        source=source,
        dry_run=dry_run,
        mended_dir=mended_dir,
    )
    if known_on is not None and known_on > today:
        raise WrongImport(Message(N_("%(day)s has not come yet: nothing can be known from it."), {"day": known_on}))

    def check(book: Workbook) -> Checked:
        told = (lambda rows: progress(rows, "check")) if progress else None
        checked = validation.check_returns(find_form(book, asked.map_), asked.map_, asked.cohort, today, told)
        if not checked.problems:
            checked.problems += validation.settle_known_on(checked, known_on)
        return checked

    report, book, checked = open_checked(engine, asked, check)
    with engine.begin() as connection:
        if _stored_before(connection, asked, report, book):
            return report
        restated = store.restated(connection, checked.sheets, asked.map_, report.source)
        report.superseded = int(sum(flags.sum() for flags in restated))
        if known_on is None:
            _known_from_today(checked, restated, today)
        report.warnings, left_out = plausibility.findings(connection, checked, asked.map_, report.cohort, today)
        report.notices = [*report.notices, *left_out]
        if not dry_run:
            _store(connection, asked, report, book, checked, progress)
    if mended_dir is not None and report.warnings:
        from pipeline.intake.storing import annotated_workbook

        report.mended = annotated_workbook.write(book, [], report.warnings, mended_dir)
    return report


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
    asked = asked_for(path, map_name, "events", by=by, now=audit.utc(now), cohort=cohort, source=None, dry_run=dry_run)
    # `now` is UTC: east of Greenwich its tomorrow has begun.
    latest = asked.now.date() + timedelta(days=1)
    report, book, checked = open_checked(
        engine,
        asked,
        lambda book: validation.check_events(find_form(book, asked.map_), asked.map_, asked.cohort, latest),
    )
    events = pd.concat([sheet.rows for sheet in checked.sheets], ignore_index=True)
    undated = events["occurred_on"].isna()
    if undated.any():
        report.notices = [*report.notices, Message(_UNDATED, {"count": int(undated.sum())})]
        events = events[~undated].reset_index(drop=True)
    events["board"] = events["board"].astype(object).where(events["board"].notna(), "")
    events["known_on"] = pd.to_datetime(events["known_on"]).fillna(_last_day(events)).dt.normalize()
    with engine.begin() as connection:
        if _stored_before(connection, asked, report, book):
            return report
        new = store.new_events(connection, events)
        report.added = int(new.sum())
        if not dry_run:
            report.import_id = store.add_import(connection, kind="events", **_about(asked, report, book))
            report.new_firms = store.add_firms(connection, events[["firm_id", "name"]], report.cohort)
            store.add_events(connection, report.import_id, events, new)
    return report


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
    by: object | None = None,
    now: datetime | None = None,
) -> Preview:
    """What importing a file would add, supersede and flag, or everything that must be mended. Stores nothing.

    A wrong file is an answer here, not an exception; with `by` and `now`, who hands it in and when, it leaves a line
    among the refused. WrongMap and WrongImport are raised.
    """
    kind = column_maps.load(map_name).kind
    at = audit.utc(now or datetime(today.year, today.month, today.day))
    shared: dict[str, Any] = {"cohort": cohort, "dry_run": True}
    try:
        if kind == "events":
            report = import_events(engine, path, map_name, by="", now=at, **shared)
        else:
            more = {"source": source, "known_on": known_on, "progress": progress, **shared}
            report = import_returns(engine, path, map_name, by="", now=at, today=today, **more)
    except FileNotStored as error:
        if by is not None:
            source = None if kind == "events" else source
            handed_in = asked_for(path, map_name, kind, by=by, now=at, cohort=cohort, source=source, dry_run=False)
            error.refusal = refusals.record(engine, handed_in, error)
        return Preview(error.book, None, error.message, error.listed, [], error.refusal)
    return Preview(report.book, report, report.message, [], report.warnings)


def _stored_before(connection: Connection, asked: Asked, report: ImportReport, book: Workbook) -> bool:
    """Whether an import in force brought this very file; from here on nobody else writes, unless nothing will be."""
    if not asked.dry_run:
        lock_writes(connection)
    earlier = store.earlier_import(connection, book.sha256, asked.map_.name, asked.cohort, asked.source)
    if earlier is None:
        return False
    report.import_id, report.already_stored, report.added = earlier, True, 0
    return True


def _last_day(events: pd.DataFrame) -> pd.Series:
    """When an event counts as known at the latest: its day, or the end of the month or year it is dated by."""
    happened = pd.to_datetime(events["occurred_on"])
    precision = events["precision"].fillna("day").str.casefold()
    by_month = happened.where(precision != "month", happened + pd.offsets.MonthEnd(0))
    return by_month.where(precision != "year", happened + pd.offsets.YearEnd(0))


def _known_from_today(checked: Checked, restated: list[np.ndarray], today: date) -> None:
    for sheet, flags in zip(checked.sheets, restated, strict=True):
        if "known_on" in sheet.columns or not flags.any():
            continue
        known = sheet.rows["known_on"]
        sheet.rows["known_on"] = known.where(~flags, known.clip(lower=pd.Timestamp(today)))


def _about(asked: Asked, report: ImportReport, book: Workbook) -> dict[str, Any]:
    return {
        "file_name": report.file,
        "sha256": book.sha256,
        "map_name": report.map_name,
        "cohort": report.cohort,
        "source": report.source,
        "rows": report.added,
        "state": "stored",
        "imported_at": asked.now,
        "imported_by": asked.by,
    }


def _store(
    connection: Connection,
    asked: Asked,
    report: ImportReport,
    book: Workbook,
    checked: Checked,
    progress: Progress | None,
) -> None:
    from pipeline.intake.history import corrections
    from pipeline.intake.plausibility import cross_checks

    report.import_id = store.add_import(connection, kind="returns", **_about(asked, report, book))
    firms = [sheet.rows.assign(name=sheet.rows.get("name"))[["firm_id", "name"]] for sheet in checked.sheets]
    report.new_firms = store.add_firms(connection, pd.concat(firms, ignore_index=True), report.cohort)
    done = 0
    for sheet in checked.sheets:
        store.add_sheet(connection, report.import_id, report.source, sheet)
        done += len(sheet.rows)
        if progress:
            progress(done, "store")
    store.refresh_firms(connection, report.import_id)
    store.add_findings(connection, report.import_id, report.warnings)
    report.cross_checks = cross_checks.compare(connection, report.import_id, asked.now)
    report.corrected = corrections.close(connection, report.import_id, asked.now)
    if report.corrected:
        report.notices = [*report.notices, Message(_CORRECTED, {"count": report.corrected})]
