"""Tasks on a sender's file: preview it, store it. Each returns what the page of imports shows."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path

from sqlalchemy import Engine
from sqlalchemy.orm import Session

from dashboard import kept_forms
from dashboard.jobs import rows
from dashboard.jobs.progress import Progress, StoringProgress
from pipeline.accounts import people
from pipeline.accounts.people import Person
from pipeline.errors import NotAllowed
from pipeline.intake.mapping import column_maps
from pipeline.intake.storing import annotated_workbook
from pipeline.intake.storing.reports import ImportReport
from pipeline.intake.storing.store import known_names
from pipeline.json_values import JsonObject
from pipeline.language import N_, Message
from pipeline.language import gettext as _
from pipeline.settings import Settings
from pipeline.store.database import engine_for
from scoring.firm_list.keeper import keep_lists
from scoring.scores.touched_scores import bring_up_to_date, in_words

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
    account: int,
) -> JsonObject:
    """What storing a file would add, supersede and flag, or which cells must be corrected; nothing is stored.

    A wrong file is listed among the refused imports, in the name of `account`. The annotated workbook is written to
    rows.MENDED in the job's folder where there is anything to mark in it.
    """
    from pipeline.intake import importing

    engine = engine_for(settings.db_url)
    kept_forms.bring(engine)
    preview = importing.preview(
        engine,
        importing.ImportRequest.of(
            folder / rows.UPLOAD / file,
            map_name,
            today=settings.today(),
            known_on=_day(known_on),
            by=_clerk(engine, account),
            now=datetime.now(UTC),
        ),
        _rows_done(progress),
    )
    answer = preview.as_json()
    for kind, records in (("problems", preview.problems), ("warnings", preview.warnings)):
        answer[f"{kind}_count"] = len(records)
        answer[kind] = [record.as_json() for record in records[:LISTED]]
    if preview.report is not None:
        answer["restated"] = _restated(preview.report)
        counted = {str(message) for message in preview.report.restated.messages[:1]}  # the page counts it in pills
        answer["notices"] = [str(notice) for notice in preview.report.notices if str(notice) not in counted]
        names = _names(engine, preview.report)
        listed = preview.warnings[:LISTED]
        answer["warnings"] = [{**warning.as_json(), "firm_name": names.get(warning.firm_id)} for warning in listed]
    if preview.problems or preview.warnings:
        try:
            if (annotated := preview.annotated()) is not None:
                annotated_workbook.keep(annotated, folder / rows.MENDED)
                answer["mended"] = True
        except annotated_workbook.NotCopied as failed:
            answer["no_copy"] = str(failed.message)
    return {**answer, "file": file, "map_name": map_name, "known_on": known_on}


def store(
    settings: Settings,
    folder: Path,
    progress: StoringProgress,
    *,
    source: str,
    file: str,
    map_name: str,
    known_on: str | None,
    account: int,
) -> JsonObject:
    """Store the file that the job `source` has previewed, all of it or nothing, and bring the scores of its firms up to
    date; from here on it cannot be cancelled."""
    from pipeline.intake import importing

    engine = keep_lists(engine_for(settings.db_url), settings.today)
    rows.lay_out(engine, source, folder)
    kept_forms.bring(engine)
    progress.begin_storing()
    now, path, clerk = datetime.now(UTC), folder / rows.UPLOAD / file, _clerk(engine, account)
    kind = column_maps.load(map_name).kind
    if kind == "events":
        report = importing.import_events(
            engine, importing.ImportRequest.of(path, map_name, by=clerk, now=now, today=settings.today())
        )
    elif kind == "activities":
        report = importing.import_activities(
            engine,
            importing.ImportRequest.of(
                path, map_name, by=clerk, now=now, today=settings.today(), known_on=_day(known_on)
            ),
        )
    else:
        report = importing.import_returns(
            engine,
            importing.ImportRequest.of(
                path, map_name, by=clerk, now=now, today=settings.today(), known_on=_day(known_on)
            ),
            _rows_done(progress),
        )
    scores = bring_up_to_date(engine, settings.models, now=now.replace(tzinfo=None), by=clerk.name)
    notices = [str(notice) for notice in (*report.notices, *in_words(scores))]
    return {
        "message": str(report),
        "import_id": report.import_id,
        "notices": notices,
        "restated": _restated(report),
    }


def _clerk(engine: Engine, account: int) -> Person:
    """Who asked for it, with the role and the district that they have now. Raises NotAllowed."""
    with Session(engine) as session:
        person = people.person_of(session, account)
    if person is None:
        raise NotAllowed(Message(N_("The account that began this is closed. Nothing was stored.")))
    return person


def _restated(report: ImportReport) -> JsonObject:
    """What becomes of rows stated before, as many changes as a page lists."""
    restated = report.restated
    return replace(restated, changes=restated.changes[:LISTED]).as_json()


def _names(engine: Engine, report: ImportReport) -> Mapping[str, str]:
    """The names of the firms that the listed warnings are about: the file's own, else those that are known."""
    firms = sorted({warning.firm_id for warning in report.warnings[:LISTED]})
    with engine.connect() as connection:
        return known_names(connection, firms) | report.names


def _rows_done(progress: Progress) -> Callable[[int, str], None]:
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
