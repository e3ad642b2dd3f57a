"""Tasks on a sender's file: look at it, store it. Each returns what the page of imports shows."""

from collections.abc import Callable
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

from dashboard.jobs.progress import Progress
from pipeline.language import gettext as _
from pipeline.settings import Settings
from pipeline.store.database import engine_for

#: More problems or warnings than this are counted, not listed, on a page; the marked-up file has them all.
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
) -> dict[str, Any]:
    """What storing a file would add, supersede and flag, or what must be mended; nothing is stored.

    A wrong file leaves a line among the refused, in the name of `by`.
    The sender's workbook comes back marked up as `mended.xlsx` in the job's folder where anything is to be seen in it.
    """
    from pipeline.intake import importing

    engine = engine_for(settings.db_url)
    seen = importing.preview(
        engine,
        folder / "upload" / file,
        map_name,
        today=date.today(),
        known_on=_day(known_on),
        progress=_rows(progress),
        by=by,
        now=datetime.now(UTC),
    )
    answer = seen.as_json()
    for kind in ("problems", "warnings"):
        answer[f"{kind}_count"] = len(answer[kind])
        answer[kind] = answer[kind][:LISTED]
    if (seen.problems or seen.warnings) and (marked := seen.mended()) is not None:
        (folder / "mended.xlsx").write_bytes(marked)
        answer["mended"] = True
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
) -> dict[str, Any]:
    """Store the file that was looked at: all of it or nothing."""
    from pipeline.intake import importing
    from pipeline.intake.mapping import column_maps

    engine, now, path = engine_for(settings.db_url), datetime.now(UTC), Path(source) / "upload" / file
    if column_maps.load(map_name).kind == "events":
        report = importing.import_events(engine, path, map_name, by=by, now=now)
    else:
        report = importing.import_returns(
            engine,
            path,
            map_name,
            by=by,
            now=now,
            today=date.today(),
            known_on=_day(known_on),
            progress=_rows(progress),
        )
    return {"message": str(report), "import_id": report.import_id}


def _rows(progress: Progress) -> Callable[[int, str], None]:
    """Rows done as the share of a bar whose end nobody knows beforehand."""

    def told(rows: int, doing: str) -> None:
        words = (
            _("%(rows)s rows checked", rows=f"{rows:,}")
            if doing == "check"
            else _("%(rows)s rows stored", rows=f"{rows:,}")
        )
        progress(rows / (rows + 20_000), words)

    return told


def _day(text: str | None) -> date | None:
    return date.fromisoformat(text[:10]) if text else None
