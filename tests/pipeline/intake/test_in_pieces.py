"""A file that is checked, compared and stored in pieces gives the same as in one: cells, findings, problems, numbers.

Pieces of a few rows here, of tens of thousands in earnest: a block of rows as they stand, a part of whole firms.
"""

import shutil
import tempfile
from collections.abc import Callable, Iterator
from datetime import date, datetime
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Engine, select, text

from pipeline.intake import importing
from pipeline.intake.history import corrections
from pipeline.intake.plausibility import cross_checks, plausibility
from pipeline.intake.reading import delimited, package, workbook
from pipeline.intake.reading.credit_codes import ALPHABET, WRONG_ORGANISATION, verdicts
from pipeline.intake.reading.problems import FileNotStored
from pipeline.intake.storing import annotated_workbook, checked_rows, store
from pipeline.intake.storing.import_request import ImportRequest
from pipeline.store.database import engine_for, migrate
from pipeline.store.tables import Base
from tests.pipeline.intake.workbooks import with_check_digits

NOW, TODAY = datetime(2024, 6, 1, 9), date(2024, 6, 1)
FINANCE = (
    "统一社会信用代码,年度,营业收入（万元）,净利润（万元）,资产总额（万元）,负债总额（万元）,所有者权益合计（万元）,"
    "净利率（填报）（%）"
)
BASICS = "统一社会信用代码,年度,企业名称,注册成立日期"
PEOPLE = "统一社会信用代码,年度,职工总数,研发投入（万元）"
EVENTS = "统一社会信用代码,企业名称,事项,板块,发生日期"


def _odd(code: str) -> str:
    whole = next(digit for digit in "0123456789" if digit != code[16])
    return next(
        code[:16] + whole + last for last in ALPHABET if verdicts([code[:16] + whole + last])[0] == WRONG_ORGANISATION
    )


FIRMS = [with_check_digits(f"91440703MA5C{number:04d}") for number in range(40)]
#: Codes whose own check digit fits, but not that of the organisation code inside them.
ODD_CODES = [_odd(code) for code in FIRMS[20:26]]
TABLES = (
    "firm",
    "import",
    "returns",
    "return_row",
    "import_finding",
    "cross_check",
    "event",
    "refused_import",
    "audit_entry",
)


@pytest.fixture(scope="module")
def empty(tmp_path_factory) -> Path:
    file = tmp_path_factory.mktemp("pieces") / "empty.sqlite"
    engine = engine_for(f"sqlite:///{file}")
    migrate(engine)
    with engine.connect() as connection:
        connection.execute(text("PRAGMA wal_checkpoint(TRUNCATE)"))
    engine.dispose()
    return file


@pytest.fixture
def outcome(empty: Path, tmp_path: Path) -> Callable[..., Any]:
    """What becomes of files that are handed in one after another: every report or refusal, and every stored row."""

    def of(*files: tuple[str, bytes, dict[str, Any]], rows: int | None, few: int = 3) -> Any:
        own = Path(tempfile.mkdtemp(dir=tmp_path)) / "own.sqlite"  # the note of the last entry lies beside it
        shutil.copy(empty, own)
        engine = engine_for(f"sqlite:///{own}")
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(plausibility, "MOST_OF_A_KIND", few)
            patch.setattr(plausibility, "MOST_CELLS", few)
            if rows is not None:
                patch.setattr(workbook, "BLOCK_ROWS", rows)
                patch.setattr(checked_rows, "ROWS_OF_A_PART", rows)
                patch.setattr(checked_rows, "_BYTES_IN_MEMORY", 500)
                patch.setattr(cross_checks, "_COMPARED_AT_ONCE", rows)
                patch.setattr(cross_checks, "_PAIRS_AT_ONCE", rows)
                patch.setattr(corrections, "FIRMS_OF_A_RANGE", rows)
                patch.setattr(store, "_ROWS_AT_ONCE", 2)
            said = [said_of(engine, tmp_path / f"file{place}.csv", *file) for place, file in enumerate(files)]
        stored = stored_in(engine)
        engine.dispose()
        return said, stored

    return of


def said_of(engine: Engine, path: Path, map_name: str, content: bytes, options: dict[str, Any]) -> Any:
    path.write_bytes(content)
    request = ImportRequest.of(path, map_name, by="test", now=NOW, today=TODAY, **options)
    try:
        if request.map_.kind == "events":
            return importing.import_events(engine, request).as_json()
        return importing.import_returns(engine, request).as_json()
    except FileNotStored as error:
        return {**error.as_json(), "count": error.count}
    except KeyboardInterrupt:
        return "killed"


def stored_in(engine: Engine) -> dict[str, list[Any]]:
    with engine.connect() as connection:
        tables = [Base.metadata.tables[name] for name in TABLES]
        without = ("seal",)  # made with a key of the database's own
        return {
            table.name: connection.execute(
                select(*(column for column in table.c if column.name not in without)).order_by(*table.primary_key)
            ).all()
            for table in tables
        }


def table(heading: str, *rows: object, encoding: str = "utf-8", above: str = "") -> bytes:
    return (above + "\n".join([heading, *map(str, rows)]) + "\n").encode(encoding)


def year(firm: int, year: int = 2022, revenue: object = None, profit: object = "", more: str = "") -> str:
    revenue = 1000 + 13.5 * firm + year - 2020 if revenue is None else revenue
    return f"{FIRMS[firm]},{year},{revenue},{profit},{3000 + firm},,,{more}"


def event(firm: int) -> str:
    return f"{FIRMS[firm]},名{firm},完成股改,,{2010 + firm % 3}-01-0{1 + firm % 9}"


GOOD = [year(firm, at) for firm in range(9) for at in (2021, 2022)]


def files_of_one() -> Iterator[Any]:
    """Awkward files by name, each with its map."""
    yield "good", ("city", table(FINANCE, *GOOD))
    yield "of firms that are not sorted", ("city", table(FINANCE, *GOOD[::-2], *GOOD[::2]))
    for encoding in ("utf-8-sig", "gb18030", "utf-16"):
        yield encoding, ("city", table(FINANCE, *GOOD, encoding=encoding))
    yield (
        "titles above, blank lines between",
        (
            "city",
            table(FINANCE, *GOOD[:5], *[""] * 9, ",,,,,,,", *GOOD[5:], "", above="填报表,,,,,,,\n\n"),
        ),
    )
    yield "no rows", ("city", table(FINANCE, *[",,,,,,,"] * 9))
    yield "a firm's year twice, far apart", ("city", table(FINANCE, *GOOD, GOOD[2], year(0, 2023), GOOD[0]))
    yield "a fault in the last row", ("city", table(FINANCE, *GOOD, year(9, 2022, "三千")))
    yield (
        "faults in many rows",
        (
            "city",
            table(FINANCE, *(year(firm, at, "约3", "(x)") for firm in range(30) for at in range(2000, 2040))),
        ),
    )
    yield (
        "a wrong code, a year to come, a day too early",
        (
            "city",
            table(FINANCE, *GOOD, "91440703MA5C000000,2022,1,,,,,", year(9, 2031), *[year(10, 2022)] * 2),
        ),
    )
    yield "of a year that is not over", ("city", table(FINANCE, *GOOD, *(year(firm, 2024) for firm in range(9))))
    yield (
        "rows too short and too long",
        (
            "city",
            table(FINANCE, *GOOD[:6], ",".join(GOOD[6].split(",")[:4]), *GOOD[7:14], GOOD[14] + ",5", *GOOD[15:]),
        ),
    )
    yield "an open quotation mark in the last row", ("city", table(FINANCE, *GOOD, year(9, 2022, '"12')))
    yield (
        "a figure in yuan beside the firm's other years",
        (
            "city",
            table(FINANCE, *GOOD, year(3, 2023, 10_140_000, 800_000), year(3, 2020, 1_030)),
        ),
    )
    yield (
        "years and firms copied",
        (
            "city",
            table(
                FINANCE,
                *(f"{FIRMS[firm]},{at},500,40,900,300,600,8" for firm in (5, 1, 8, 3) for at in (2020, 2021, 2022)),
                *(f"{FIRMS[firm]},2022,{700 + firm},40,900,300,600,8" for firm in (12, 11, 10)),
            ),
        ),
    )
    yield (
        "growth, parts, balances and round figures",
        (
            "city",
            table(
                FINANCE,
                *(
                    f"{FIRMS[firm]},{at},{9000 * (at - 2019) ** 5},{firm},900,{400 + firm},100,77"
                    for firm in range(12)
                    for at in (2020, 2022, 2021)
                ),
            ),
        ),
    )
    yield (
        "unlike all others of the file alone",
        (
            "city",
            table(PEOPLE, *(f"{FIRMS[firm]},2022,{100 + firm},{200_000 if firm == 17 else 20}" for firm in range(30))),
        ),
    )
    yield (
        "cells over several lines",
        (
            "city",
            table(BASICS, *(f'{FIRMS[firm]},2022,"甲{firm}\n乙\n\n丙",2001-02-{firm + 1:02d}' for firm in range(16))),
        ),
    )
    yield (
        "firms that change their names, odd codes",
        (
            "city",
            table(
                BASICS,
                *(f"{FIRMS[firm]},{at},{firm}号 {at}," for at in (2022, 2021) for firm in range(9)),
                *(f"{code},{at},某," for at in (2022, 2023) for code in ODD_CODES),
            ),
        ),
    )
    yield (
        "events",
        (
            "city-events",
            table(EVENTS, *map(event, range(20))),
        ),
    )
    yield "events, two of them twice", ("city-events", table(EVENTS, *map(event, [*range(20), 4, 3])))


AWKWARD = dict(files_of_one())


@pytest.mark.parametrize(
    ("name", "rows"),
    [
        *((name, 100 if name == "faults in many rows" else 7) for name in AWKWARD),
        ("years and firms copied", 1),
        ("good", 1),
    ],
)
def test_one_file(outcome, name: str, rows: int):
    file = (*AWKWARD[name], {})
    whole = outcome(file, rows=None)
    assert outcome(file, rows=rows) == whole


def test_the_awkward_files_are_as_awkward_as_they_are_called(outcome):
    @cache
    def of(name: str) -> Any:
        return outcome((*AWKWARD[name], {}), rows=None, few=1000)[0][0]

    def kinds(name: str) -> set[str]:
        said = of(name)
        return {one["kind"] for one in [*said.get("warnings", ()), *said.get("problems", ())]}

    assert {name for name in AWKWARD if of(name).get("problems")} == {
        "no rows",
        "a firm's year twice, far apart",
        "a fault in the last row",
        "faults in many rows",
        "a wrong code, a year to come, a day too early",
        "events, two of them twice",
        "rows too short and too long",
        "an open quotation mark in the last row",
    }
    assert [one["cell"] for one in of("a fault in the last row")["problems"]] == ["C20"]
    assert [one["cell"] for one in of("a firm's year twice, far apart")["problems"]] == ["A20", "A22"]
    assert (of("faults in many rows")["count"], len(of("faults in many rows")["problems"])) == (2400 + 30 * 15, 2000)
    assert [one["firm_id"] for one in of("unlike all others of the file alone")["warnings"]] == [FIRMS[17]]
    assert {"copied_year", "copied_firm"} <= kinds("years and firms copied")
    assert {"growth", "balance", "stated_ratio"} <= kinds("growth, parts, balances and round figures")
    assert any(kind.startswith("unit_") for kind in kinds("a figure in yuan beside the firm's other years"))


def test_a_table_of_text_may_be_larger_than_a_workbook(outcome, monkeypatch):
    monkeypatch.setattr(package, "MOST_BYTES", 500)
    file = ("city", table(FINANCE, *GOOD), {})
    assert len(file[1]) > 500
    assert outcome(file, rows=7)[0][0]["added"] == len(GOOD)
    monkeypatch.setattr(package, "MOST_TEXT_BYTES", 500)
    (said,) = outcome(file, rows=7)[0]
    assert [one["kind"] for one in said["problems"]] == ["file"]
    monkeypatch.setattr(package, "MOST_TEXT_BYTES", len(file[1]))
    monkeypatch.setattr(delimited, "MOST_ROWS", len(GOOD))
    (said,) = outcome(file, rows=7)[0]
    assert [one["kind"] for one in said["problems"]] == ["file"]


def test_a_table_too_large_for_a_workbook_comes_back_as_its_list_of_problems_alone(outcome, tmp_path, monkeypatch):
    file = ("city", table(FINANCE, *GOOD, year(9, 2022, "三千")), {"annotated_dir": tmp_path})
    for cells, copied in ((len(GOOD) * 8 + 16, True), (len(GOOD) * 8 + 15, False)):
        monkeypatch.setattr(annotated_workbook, "_MOST_CELLS", cells)
        (said,) = outcome(file, rows=7)[0]
        assert [one["cell"] for one in said["problems"]] == ["C20"]
        assert (said["mended"] is not None) is copied


@pytest.mark.parametrize("where", ["add_rows", "refresh_firms", "add_findings"])
def test_what_is_killed_in_the_last_piece_leaves_nothing_behind(outcome, monkeypatch, where: str):
    usual, calls = getattr(store, where), []

    def killed(*given: Any) -> Any:
        calls.append(where)
        if where != "add_rows" or len(calls) == 3:
            raise KeyboardInterrupt
        return usual(*given)

    monkeypatch.setattr(store, where, killed)
    said, stored = outcome(("city", table(FINANCE, *GOOD), {}), rows=7)
    assert (said, [name for name, rows in stored.items() if rows]) == (["killed"], [])
    assert len(calls) == (3 if where == "add_rows" else 1)


def test_files_that_correct_and_contradict_each_other(outcome):
    backwards = [(firm, at) for firm in range(8, -1, -1) for at in (2022, 2021)]
    again = [year(firm, at, 1000 + 14 * firm + firm % 3, 5 * firm) for firm, at in backwards]
    twins = [f"{FIRMS[firm]},2020,500,40,900,300,600,8" for firm in (20, 21, 22)]
    others = [f"{FIRMS[firm]},2020,5{firm},40,900,300,600,8" for firm in (22, 21, 24)]
    files = [
        ("city", table(FINANCE, *GOOD, year(3, 2023, 10_140_000), *twins), {}),
        ("city", table(FINANCE, *again, year(3, 2023, 1014), *others), {}),
        ("city", table(FINANCE, *(year(firm, 2022, 700 + firm, 1) for firm in range(9))), {"source": "tax"}),
        ("city", table(FINANCE, *again[::-1], year(3, 2023, 1015), year(30)), {"known_on": date(2024, 5, 30)}),
        ("city", table(FINANCE, *(year(firm, 2023) for firm in range(9))), {"known_on": date(2023, 11, 30)}),
        ("city", table(FINANCE, *(year(firm, 2022, 700 + firm, 1) for firm in range(8))), {"dry_run": True}),
    ]
    whole = outcome(*files, rows=None)
    assert outcome(*files, rows=3) == whole
    said, stored = whole
    assert [one.get("superseded") for one in said] == [0, 21, 0, 19, None, 8]
    assert [one["corrected"] for one in said[:2]] == [0, 3]
    assert (said[1]["restated"]["corrected"], len(said[1]["restated"]["changes"])) == (21, 21)
    assert said[2]["cross_checks"] == 9 + 9 + 9  # revenue against both files, profit against the second
    assert {one["kind"] for one in said[4]["problems"]} == {"known_too_early"}
    assert len(stored["return_row"]) == 22 + 22 + 9 + 20
    assert len({row.known_on for row in stored["return_row"]}) > 3


_CELL = st.sampled_from(
    ["1200", "1200", "1200", "12000000", "", "无", "-35.5", "1.2亿", "九", "3200①", '"1\n2"', '"8,500"']
)
_ROW = st.tuples(st.integers(0, 5), st.sampled_from([2020, 2021, 2022, 2030]), st.lists(_CELL, min_size=5, max_size=6))


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.one_of(_ROW, st.none()), max_size=16), st.integers(1, 5), st.sampled_from(["utf-8", "gb18030"]))
def test_any_table(outcome, rows: list[Any], at_once: int, encoding: str):
    lines = ["" if row is None else ",".join([FIRMS[row[0]], str(row[1]), *row[2]]) for row in rows]
    file = ("city", table(FINANCE, *lines, encoding=encoding), {})
    whole = outcome(file, rows=None)
    assert outcome(file, rows=at_once) == whole
