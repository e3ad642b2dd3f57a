"""Tasks on a sender's file: preview it, store it. Each returns what the page of imports shows."""

import logging
from collections.abc import Callable
from datetime import UTC, date, datetime
from pathlib import Path

from dashboard.jobs.progress import Progress
from pipeline.intake.mapping import column_maps
from pipeline.intake.storing.reports import Preview
from pipeline.json_values import JsonObject
from pipeline.language import gettext as _
from pipeline.settings import Settings
from pipeline.store.database import engine_for

_log = logging.getLogger(__name__)
#: So many problems and warnings are listed on a page, the rest counted; the annotated workbook has all of them.
LISTED = 500


def look(
    settings: Settings,
    folder: Path,
    progress: Progress,
    *,
    file: str,
    map_name: str,
    known_on: str | None,
    by: str | None = None,
) -> JsonObject:
    """What storing a file would add, supersede and flag, or which cells must be corrected; nothing is stored.

    A wrong file is listed among the refused imports, in the name of `by`. The annotated workbook is written to
    `mended.xlsx` in the job's folder where there is anything to mark in it.
    """
    from pipeline.intake import importing

    engine = engine_for(settings.db_url)
    preview = importing.preview(
        engine,
        importing.ImportRequest.of(
            folder / "upload" / file,
            map_name,
            today=settings.today(),
            known_on=_day(known_on),
            by=by,
            now=datetime.now(UTC),
        ),
        _rows(progress),
    )
    answer = preview.as_json()
    for kind, records in (("problems", preview.problems), ("warnings", preview.warnings)):
        answer[f"{kind}_count"] = len(records)
        answer[kind] = [record.as_json() for record in records[:LISTED]]
    if preview.problems or preview.warnings:
        answer["mended"] = _annotated(preview, folder / "mended.xlsx")
        if not answer["mended"] and preview.book is not None:
            answer["no_copy"] = _("The marked-up copy could not be made; the list here has every problem.")
    return {**answer, "file": file, "map_name": map_name, "known_on": known_on}


def store(
    settings: Settings,
    folder: Path,
    progress: Progress,
    *,
    source: str,
    file: str,
    map_name: str,
    known_on: str | None,
    by: str,
) -> JsonObject:
    """Store the file that was previewed: all of it or nothing."""
    from pipeline.intake import importing

    engine, now, path = engine_for(settings.db_url), datetime.now(UTC), Path(source) / "upload" / file
    if column_maps.load(map_name).kind == "events":
        report = importing.import_events(
            engine, importing.ImportRequest.of(path, map_name, by=by, now=now, today=settings.today())
        )
    else:
        report = importing.import_returns(
            engine,
            importing.ImportRequest.of(path, map_name, by=by, now=now, today=settings.today(), known_on=_day(known_on)),
            _rows(progress),
        )
    moved = [str(notice) for notice in report.notices] if report.moved_cases else []
    return {"message": " ".join([str(report), *moved]), "import_id": report.import_id}


def _annotated(preview: Preview, file: Path) -> bool:
    """Write the annotated workbook; False where there is none. The job has its result all the same."""
    try:
        content = preview.annotated()
    except Exception:
        _log.exception("no annotated copy")
        return False
    if content is None:
        return False
    file.write_bytes(content)
    return True


def _rows(progress: Progress) -> Callable[[int, str], None]:
    """Rows done as the share of a bar of unknown length."""

    def report(rows: int, doing: str) -> None:
        text = (
            _("%(rows)s rows checked", rows=f"{rows:,}")
            if doing == "check"
            else _("%(rows)s rows stored", rows=f"{rows:,}")
        )
        progress(rows / (rows + 20_000), text)

    return report


def _day(text: str | None) -> date | None:
    return date.fromisoformat(text[:10]) if text else None
