"""Files that were tried and refused: a line each, with the problems that its sender was told.

Nothing of such a file is stored; a refusal is numbered apart from the imports (R1, R2, …), so that the number of an
import always names stored rows.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from sqlalchemy import Engine, select
from sqlalchemy.orm import Session

from pipeline.accounts import audit
from pipeline.errors import NotFound
from pipeline.intake.reading.problems import FileNotStored, Problem
from pipeline.intake.reading.workbook import sha256_of
from pipeline.intake.storing import store
from pipeline.intake.storing.findings import named
from pipeline.intake.storing.import_list import ImportDetails, ImportLine, StoredProblem
from pipeline.intake.storing.import_request import ImportRequest
from pipeline.json_values import JsonObject
from pipeline.language import CHINESE, ENGLISH, N_, Message
from pipeline.store.tables import RefusedImport
from pipeline.store.write_lock import lock_writes


def record(engine: Engine, request: ImportRequest, error: FileNotStored) -> str:
    """Leave a line about a refused file; gives its number, e.g. R3."""
    with Session(engine) as session, session.begin():
        lock_writes(session)
        refused = RefusedImport(
            kind=request.map_.kind,
            file_name=request.file[:400],
            sha256=_fingerprint(request, error),
            map_name=request.map_.name,
            cohort=request.cohort,
            source=request.source,
            refused_at=request.now,
            refused_by=request.by,
            problem_count=error.count,
            district_code=request.district,
            problems=[_as_stored(problem) for problem in error.listed],
        )
        session.add(refused)
        session.flush()
        number = f"R{refused.id}"
        details = {"file": request.file[:400], "title": request.map_.name, "problems": error.count}
        audit.record(session, named(request.by), "import_refused", f"import:{number}", details, request.now)
        return number


def with_firm_names(engine: Engine, problems: Sequence[Problem], district: str | None = None) -> list[Problem]:
    """The problems with the names of their firms: the file's own, else those that are known (of the district)."""
    nameless = sorted({problem.firm for problem in problems if problem.firm and not problem.firm_name})
    if not nameless:
        return list(problems)
    with engine.connect() as connection:
        names = store.known_names(connection, nameless, district)
    return [
        replace(problem, firm_name=problem.firm_name or names.get(problem.firm)) if problem.firm else problem
        for problem in problems
    ]


def _fingerprint(request: ImportRequest, error: FileNotStored) -> str | None:
    try:
        return sha256_of(request.path) if error.book is None else str(error.book.sha256)
    except OSError:  # gone, a folder, or not ours to read
        return None


def listed(engine: Engine, district: str | None = None) -> list[ImportLine]:
    """Every refusal (of the district), the latest first, as lines of the list of imports."""
    with Session(engine) as session:
        columns = [column for column in RefusedImport.__table__.c if column.name != "problems"]
        latest_first = select(*columns).order_by(RefusedImport.id.desc())
        if district is not None:
            latest_first = latest_first.where(RefusedImport.district_code == district)
        return [_line(row) for row in session.execute(latest_first).mappings()]


def details(engine: Engine, number: str, district: str | None = None) -> ImportDetails:
    """One refusal (of the district), e.g. R3, with its problems. Raises NotFound."""
    row = None
    if re.fullmatch(r"R[0-9]{1,9}", number):
        with Session(engine) as session:
            one = select(RefusedImport.__table__).where(RefusedImport.id == int(number[1:]))
            row = session.execute(one).mappings().first()
    if row is None or (district is not None and row["district_code"] != district):
        what = N_("There is no refused file %(id)s. `goldseed imports list --all` shows them.")
        raise NotFound(Message(what, {"id": number}))
    return ImportDetails(_line(row), None, [StoredProblem(problem) for problem in row["problems"]], [])


def _line(row: Mapping[Any, Any]) -> ImportLine:
    return ImportLine(
        id=f"R{row['id']}",
        kind=row["kind"],
        file=row["file_name"],
        rows=0,
        state="refused",
        map_name=row["map_name"],
        cohort=row["cohort"],
        source=row["source"],
        open_findings=0,
        imported_at=row["refused_at"],
        imported_by=row["refused_by"],
        problem_count=row["problem_count"],
        district_code=row["district_code"],
    )


def _as_stored(problem: Problem) -> JsonObject:
    """A problem in both languages: its texts stay as the sender read them, whatever later programs say."""
    stored = {key: value for key, value in problem.as_json().items() if key not in ("message", "text", "instead")}
    instead = {"zh": problem.instead.in_language(CHINESE), "en": problem.instead.in_language(ENGLISH)}
    return {**stored, "instead_zh": instead["zh"], "instead_en": instead["en"]}
