"""Open and check a file that is to be imported; one that is refused leaves a line with its problems.

The first half of importing.py, the same for returns and events: the workbook, its headings and every cell.
"""

from collections.abc import Callable
from pathlib import Path

from sqlalchemy import Engine

from pipeline.intake.reading.package import out_of_reach
from pipeline.intake.reading.problems import FileNotStored, not_stored
from pipeline.intake.reading.workbook import Workbook, open_workbook
from pipeline.intake.storing import annotated_workbook, refusals
from pipeline.intake.storing.import_request import ImportRequest
from pipeline.intake.storing.reports import ImportReport
from pipeline.intake.storing.validation import Checked


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
            raise not_stored(request.file, checked.problems, checked.problem_count)
    except FileNotStored as error:
        error.book = book
        error.listed = refusals.with_firm_names(engine, error.listed, request.district)
        error.problems = list(error.listed)
        if not request.dry_run:  # first: its line is left whatever becomes of the annotated copy
            error.refusal = refusals.record(engine, request, error)
        _return_to_sender(error, request.annotated_dir)
        raise
    report = ImportReport.begun(request)
    report.count(book, checked)
    return report, book, checked


def _return_to_sender(error: FileNotStored, annotated_dir: Path | None) -> None:
    if error.book is None or annotated_dir is None:
        return
    try:
        error.annotated = annotated_workbook.write(error.book, error.listed, [], annotated_dir)
    except annotated_workbook.NotCopied as failed:
        error.not_copied = failed.message
