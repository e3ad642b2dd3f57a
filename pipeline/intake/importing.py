"""Import a file: from the path on the clerk's disk to stored rows and a report of what looks wrong.

Walks the rooms in the order of the flow: reading, mapping, storing, plausibility, history. A file is stored whole or
not at all; the same file again changes nothing. A correction without a day of its own counts as known on the day it is
imported: otherwise the past would be rewritten.
"""

from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date

import numpy as np
import pandas as pd
from sqlalchemy import Connection, Engine, select
from sqlalchemy.orm import Session

from pipeline.accounts import audit, people
from pipeline.accounts.roles import Role
from pipeline.fact_columns.kept_columns import keep_columns
from pipeline.intake.history import corrections, restatements
from pipeline.intake.mapping.column_maps import ColumnMap
from pipeline.intake.mapping.headings import find_form
from pipeline.intake.opening import open_checked
from pipeline.intake.plausibility import cross_checks, plausibility
from pipeline.intake.reading.problems import FileNotStored
from pipeline.intake.reading.workbook import Workbook
from pipeline.intake.storing import annotated_workbook, refusals, store, validation
from pipeline.intake.storing.checked_rows import ReadSheet
from pipeline.intake.storing.findings import named
from pipeline.intake.storing.import_request import ImportRequest, WrongImport
from pipeline.intake.storing.own_rows import OwnRows, RowsOfDistrict, RowsOfFirm, strangers
from pipeline.intake.storing.reports import ImportReport, Preview
from pipeline.intake.storing.validation import Checked
from pipeline.language import N_, Message
from pipeline.store.many_ids import one_of
from pipeline.store.plan_tables.activities import FirmActivity
from pipeline.store.tables import Event, Firm, Import, ImportFinding, Return, ReturnRow
from pipeline.store.write_lock import lock_writes
from pipeline.tutoring import cases, renamings

__all__ = [
    "ImportReport",
    "ImportRequest",
    "Preview",
    "WrongImport",
    "import_activities",
    "import_each",
    "import_events",
    "import_returns",
    "preview",
]

#: So many rows of several files are stored in one transaction: few enough that others who write wait some ten seconds.
ROWS_TOGETHER = 250_000
#: Told how many rows are done and what is being done.
Progress = Callable[[int, str], None]

_CORRECTED = N_("%(count)s open findings of earlier imports are corrected by it.")
_MOVED = N_("%(count)d tutoring case(s) moved to the stage that the events state.")
_MOVED_AWAY = N_(
    "A firm of the file went to another district just now. Look at the file again; nothing has been changed."
)
_NOT_COME = N_("%(day)s has not come yet: nothing can be known from it.")
_UNDATED = N_("%(count)s events without a day were left out.")


@dataclass(frozen=True)
class _Opened:
    """A file of returns that has been checked and can be stored."""

    request: ImportRequest
    report: ImportReport
    book: Workbook
    checked: Checked


def import_returns(engine: Engine, request: ImportRequest, progress: Progress | None = None) -> ImportReport:
    """Store a file of returns.

    Raises FileNotStored (exit code 3) with every problem, WrongImport (exit code 2) for a map of events or a day that
    has not come. With `request.annotated_dir` the file comes back there with its cells marked, whether it was stored
    or not.
    """
    (report,) = _stored_together(engine, [_opened(engine, request, progress)], progress)
    return report


def import_each(
    engine: Engine, requests: Iterable[ImportRequest], progress: Progress | None = None
) -> Iterator[ImportReport | FileNotStored]:
    """Store files of returns as import_returns stores each, and give what became of each, in their order.

    Files that follow each other share a transaction up to ROWS_TOGETHER rows, since what rests on a firm's figures is
    worked out anew once a transaction, and forms come as a file a sheet. What was given is stored.
    """
    together: list[_Opened] = []
    for request in requests:
        if request.dry_run or request.district is not None:  # whose a firm is, the file before may have changed
            yield from _stored_together(engine, together, progress)
            together = []
        try:
            opened = _opened(engine, request, progress)
        except Exception as error:
            yield from _stored_together(engine, together, progress)
            together = []
            if not isinstance(error, FileNotStored):
                raise
            yield error
            continue
        if together and sum(one.report.added for one in (*together, opened)) > ROWS_TOGETHER:
            yield from _stored_together(engine, together, progress)
            together = []
        together.append(opened)
    yield from _stored_together(engine, together, progress)


def _opened(engine: Engine, request: ImportRequest, progress: Progress | None) -> _Opened:
    request.must_be_of("returns")
    today, known_on = request.today, request.known_on
    if known_on is not None and known_on > today:
        raise WrongImport(Message(_NOT_COME, {"day": known_on}))

    def check(book: Workbook) -> Checked:
        rows_checked = (lambda rows: progress(rows, "check")) if progress else None
        form = find_form(book, request.map_)
        own = _own_rows(engine, request)
        return validation.check_returns(form, request.map_, request.cohort, today, known_on, rows_checked, own)

    return _Opened(request, *open_checked(engine, request, check))


def _stored_together(engine: Engine, files: Sequence[_Opened], progress: Progress | None) -> list[ImportReport]:
    """Store these files in one transaction, and give the report of each; all of them or none."""
    if files:
        with Session(engine) as session, session.begin():
            for one in files:
                _compare_and_store(session, one, progress)
    for one in files:
        _give_back_marked(one)
    return [one.report for one in files]


def _compare_and_store(session: Session, opened: _Opened, progress: Progress | None) -> None:
    request, report, checked = opened.request, opened.report, opened.checked
    connection = session.connection()
    if _stored_before(connection, request, report, opened.book, checked):
        return
    restating = _restating(connection, checked, request.map_, report.source)
    report.restated = restatements.compared(connection, restating, request.map_, report.source)
    report.superseded = int(sum(sheet.restated.sum() for sheet in checked.sheets))
    report.notices = [*report.notices, *report.restated.messages]
    report.warnings, left_out = plausibility.findings(connection, checked, request.map_, report.cohort, request.today)
    report.notices = [*report.notices, *left_out]
    if not request.dry_run:
        changed = _store(connection, request, report, opened.book, checked, progress)
        _record(session, request, report, opened.book, changed)


def _give_back_marked(opened: _Opened) -> None:
    report, folder = opened.report, opened.request.annotated_dir
    if folder is not None and report.warnings and not report.already_stored:
        try:
            report.annotated = annotated_workbook.write(opened.book, [], report.warnings, folder)
        except annotated_workbook.NotCopied as failed:
            report.notices = [*report.notices, failed.message]


def import_events(engine: Engine, request: ImportRequest) -> ImportReport:
    """Store a file of stage events, and move the tutoring cases along to what is stated by `request.today`.

    The one way in for events, whoever brings them. A firm that nobody has named yet is added with its name. An event on
    record already is not stored again; cases catch up all the same. Events of a reference cohort move no case of the
    city. Raises as `import_returns`.
    """
    request.must_be_of("events")
    report, book, checked = open_checked(
        engine,
        request,
        lambda book: validation.check_events(
            find_form(book, request.map_), request.map_, request.cohort, request.today, _own_rows(engine, request)
        ),
    )
    events = pd.concat([sheet.whole().rows for sheet in checked.sheets], ignore_index=True)
    undated = events["occurred_on"].isna()
    if undated.any():
        report.notices = [*report.notices, Message(_UNDATED, {"count": int(undated.sum())})]
        events = events[~undated].reset_index(drop=True)
    events["board"] = events["board"].astype(object).where(events["board"].notna(), "")
    events["known_on"] = pd.to_datetime(events["known_on"]).fillna(_last_day(events)).dt.normalize()
    with Session(engine) as session, session.begin():
        connection = session.connection()
        if _stored_before(connection, request, report, book, checked):
            if not request.dry_run:
                _move_cases(session, request, report)
            return report
        new = store.new_events(connection, events, report.cohort)
        report.added = int(new.sum())
        if not request.dry_run:
            report.import_id = store.add_import(connection, request, book.sha256, report.added)
            new_firms = store.add_firms(connection, events[["firm_id", "name"]], report.cohort, request.district)
            report.new_firms = len(new_firms)
            store.add_events(connection, report.import_id, events, new)
            renamings.settle(connection, report.import_id, request.now)
            _record(session, request, report, book, new_firms)
            _move_cases(session, request, report)
    return report


def import_activities(engine: Engine, request: ImportRequest) -> ImportReport:
    """Store a file of dated activities of firms (data/activities.yaml has their kinds).

    A firm that nobody has named yet is added with its name. An activity on record already is not stored again. Raises
    as `import_returns`.
    """
    request.must_be_of("activities")
    if request.known_on is not None and request.known_on > request.today:
        raise WrongImport(Message(_NOT_COME, {"day": request.known_on}))
    report, book, checked = open_checked(
        engine,
        request,
        lambda book: validation.check_activities(
            find_form(book, request.map_),
            request.map_,
            request.cohort,
            request.today,
            request.known_on,
            _own_rows(engine, request),
        ),
    )
    activities = pd.concat([sheet.whole().rows for sheet in checked.sheets], ignore_index=True)
    with Session(engine) as session, session.begin():
        connection = session.connection()
        if _stored_before(connection, request, report, book, checked):
            return report
        new = store.new_activities(connection, activities, report.cohort)
        report.added = int(new.sum())
        if not request.dry_run:
            report.import_id = store.add_import(connection, request, book.sha256, report.added)
            new_firms = store.add_firms(connection, activities[["firm_id", "name"]], report.cohort, request.district)
            report.new_firms = len(new_firms)
            store.add_activities(connection, report.import_id, activities, new)
            renamings.settle(connection, report.import_id, request.now)
            _record(session, request, report, book, new_firms)
    return report


def _move_cases(session: Session, request: ImportRequest, report: ImportReport) -> None:
    """In the transaction of the events, in the name of who brought them."""
    mover = people.console(request.by)
    if request.district is not None:  # in whose reach no case of another district is
        mover = replace(mover, role=Role.OFFICER, district_code=request.district)
    report.moved_cases = len(cases.catch_up(session, mover, request.today, now=request.now))
    if report.moved_cases:
        report.notices = [*report.notices, Message(_MOVED, {"count": report.moved_cases})]


def preview(engine: Engine, request: ImportRequest, progress: Progress | None = None) -> Preview:
    """What importing a file would add, supersede and flag, or everything that must be corrected. Stores nothing.

    A wrong file is an answer here, not an exception; where the request says by whom, it leaves a line among the
    refused. WrongImport is raised.
    """
    look = replace(request, dry_run=True)
    try:
        if request.map_.kind == "events":
            report = import_events(engine, look)
        elif request.map_.kind == "activities":
            report = import_activities(engine, look)
        else:
            report = import_returns(engine, look, progress)
    except FileNotStored as error:
        if request.by:
            error.refusal = refusals.record(engine, request, error)
        return Preview(error.book, None, error.message, error.listed, [], error.refusal)
    return Preview(report.book, report, report.message, [], report.warnings)


def _own_rows(engine: Engine, request: ImportRequest) -> OwnRows | None:
    if request.firm is not None and request.year is not None:
        return RowsOfFirm(request.firm, request.year)
    return None if request.district is None else RowsOfDistrict(engine, request.district)


def _stored_before(
    connection: Connection, request: ImportRequest, report: ImportReport, book: Workbook, checked: Checked
) -> bool:
    """Whether an import in force brought this very file; from here on nobody else writes, unless nothing will be.

    Raises WrongImport where a firm went to another district since the rows were checked.
    """
    if not request.dry_run:
        lock_writes(connection)
        if strangers(connection, request.district, checked.firms.ids):
            raise WrongImport(Message(_MOVED_AWAY))
    earlier = store.earlier_import(connection, book.sha256, request.map_.name, request.cohort, request.source)
    if earlier is None:
        return False
    report.import_id, report.already_stored, report.added = earlier, True, 0
    return True


def _record(
    session: Session, request: ImportRequest, report: ImportReport, book: Workbook, firms: Collection[str]
) -> None:
    """The entry of an import that was stored, with the fingerprints of all it brought; `firms`: whose row it added or
    changed."""
    number = report.import_id
    audit.touch(session, Import, Import.id == number)
    audit.touch(session, Return, Return.import_id == number)
    audit.touch(session, ReturnRow, ReturnRow.return_id.in_(select(Return.id).where(Return.import_id == number)))
    audit.touch(session, ImportFinding, ImportFinding.import_id == number)
    audit.touch(session, Event, Event.import_id == number)
    audit.touch(session, FirmActivity, FirmActivity.import_id == number)
    audit.touch(session, Firm, one_of(Firm.id, firms))
    details = {
        "file": request.file,
        "title": request.map_.name,
        "source": report.source,
        "cohort": report.cohort,
        "rows": report.added,
        "new_firms": report.new_firms,
        "findings": len(report.warnings),
        "content": book.sha256,
    }
    audit.record(session, named(request.by), "import_stored", f"import:{number}", details, request.now)


def _last_day(events: pd.DataFrame) -> pd.Series:
    """When an event counts as known at the latest: its day, or the end of the month or year it is dated by."""
    happened = pd.to_datetime(events["occurred_on"])
    precision = events["precision"].fillna("day").str.casefold()
    by_month = happened.where(precision != "month", happened + pd.offsets.MonthEnd(0))
    return by_month.where(precision != "year", happened + pd.offsets.YearEnd(0))


def _restating(
    connection: Connection, checked: Checked, map_: ColumnMap, source: str
) -> Iterator[tuple[list[ReadSheet], list[np.ndarray]]]:
    """Part by part the sheets of a file and which of their rows restate others, which the file's own sheets keep; none
    where nothing can be restated."""
    for part in checked.parts() if store.has_stated(connection, map_, source) else ():
        sheets = part.sheets()
        restated = store.restated(connection, sheets, map_, source)
        for sheet, chosen, flags in zip(checked.sheets, part.chosen(), restated, strict=True):
            sheet.restated[chosen] = flags
        yield sheets, restated


def _known_from_today(sheet: ReadSheet, restated: np.ndarray, today: date) -> None:
    if "known_on" not in sheet.columns and restated.any():
        known = sheet.rows["known_on"]
        sheet.rows["known_on"] = known.where(~restated, known.clip(lower=pd.Timestamp(today)))


def _store(
    connection: Connection,
    request: ImportRequest,
    report: ImportReport,
    book: Workbook,
    checked: Checked,
    progress: Progress | None,
) -> set[str]:
    """Store what a file of returns brings; gives the firms whose own row it added or changed."""
    report.import_id = store.add_import(connection, request, book.sha256, report.added)
    firms = pd.DataFrame({"firm_id": checked.firms.ids})
    with_names = firms.assign(name=firms["firm_id"].map(checked.firms.names))
    new_firms = store.add_firms(connection, with_names, report.cohort, request.district)
    report.new_firms = len(new_firms)
    done = 0
    for sheet in checked.sheets:
        return_id = store.add_return(connection, report.import_id, report.source, sheet)
        for where, rows in sheet.in_order():
            if request.known_on is None:
                _known_from_today(rows, sheet.restated[where], request.today)
            store.add_rows(connection, return_id, rows)
            done += len(rows.rows)
            if progress:
                progress(done, "store")
        keep_columns(connection, return_id, len(sheet))
    changed = {*new_firms, *store.refresh_firms(connection, report.import_id)}
    store.add_findings(connection, report.import_id, report.warnings)
    report.cross_checks = cross_checks.compare(connection, report.import_id, request.now)
    renamings.settle(connection, report.import_id, request.now)
    report.corrected = corrections.close(connection, report.import_id, request.now)
    if report.corrected:
        report.notices = [*report.notices, Message(_CORRECTED, {"count": report.corrected})]
    return changed
