"""Open and check a file that is to be imported; one that is refused leaves a line with its problems.

The first half of importing.py, the same for returns and events: the workbook, its headings and every cell.
"""

import logging
from collections.abc import Callable, Sequence
from pathlib import Path

from sqlalchemy import Engine

from pipeline.intake.reading.package import out_of_reach
from pipeline.intake.reading.problems import FileNotStored, Finding, Problem, not_stored
from pipeline.intake.reading.workbook import Workbook, open_workbook
from pipeline.intake.storing import annotated_workbook, refusals
from pipeline.intake.storing.import_request import ImportRequest
from pipeline.intake.storing.reports import ImportReport
from pipeline.intake.storing.validation import Checked

_log = logging.getLogger(__name__)


def open_checked(
    engine: Engine, request: ImportRequest, check: Callable[[Workbook], Checked]
) -> tuple[ImportReport, Workbook, Checked]:
    """The file, checked and without a problem, and the report that it begins.

    Raises FileNotStored with every problem. The attempt is on record then, unless it was a dry run, and the file
    comes back marked up where that was asked for.
    """
    book = None
    try:
        book = open_workbook(request.path)
        try:
            checked = check(book)
        except OSError as error:  # it was there a moment ago
            book = None
            raise out_of_reach(request.path, error) from error
        if checked.problems:
            raise not_stored(request.file, checked.problems)
    except FileNotStored as error:
        error.book = book
        if not request.dry_run:  # first: its line is left whatever becomes of the annotated copy
            error.refusal = refusals.record(engine, request, error)
        _return_to_sender(error, book, request.annotated_dir)
        raise
    report = ImportReport.begun(request)
    report.count(book, checked)
    return report, book, checked


def _return_to_sender(error: FileNotStored, book: Workbook | None, annotated_dir: Path | None) -> None:
    if book is not None and annotated_dir is not None and error.annotated is None:
        error.annotated = annotated_copy(book, error.listed, [], annotated_dir)


def annotated_copy(
    book: Workbook, problems: Sequence[Problem], warnings: Sequence[Finding], folder: Path
) -> Path | None:
    """Where the annotated copy was written; None where there is none. What became of the file does not hang on it: a
    fault in it is written to the program's own log."""
    try:
        return annotated_workbook.write(book, problems, warnings, folder)
    except FileNotStored:  # a table that cannot be read to its end
        return None
    except Exception:
        _log.exception("no annotated copy of %s", book.path.name)
        return None
