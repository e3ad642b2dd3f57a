"""Whatever a workbook holds: no crash, no part of it stored, and what is stored is what the sheet said."""

import tempfile
from datetime import date, datetime
from pathlib import Path

import openpyxl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from openpyxl.utils.exceptions import IllegalCharacterError
from sqlalchemy import Engine, text

from pipeline.intake import importing
from pipeline.intake.history import imports
from pipeline.intake.reading.credit_codes import ALPHABET, FINE, verdicts
from pipeline.intake.reading.problems import FileNotStored, cell_name
from pipeline.intake.storing.import_request import ImportRequest
from pipeline.store.database import engine_for, migrate
from tests.pipeline.intake.workbooks import BANYAN, FINANCE, HEADINGS, KAPOK, LOTUS, PEOPLE, with_check_digits

NOW, TODAY = datetime(2024, 6, 1), date(2024, 6, 1)
QUICK = settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)
_FACTS = ("revenue_cny", "net_profit_cny", "total_assets_cny")


@pytest.fixture(scope="module")
def store(tmp_path_factory) -> Engine:
    engine = engine_for(f"sqlite:///{tmp_path_factory.mktemp('laws')}/laws.sqlite")
    migrate(engine)
    return engine


def emptied(engine: Engine) -> None:
    with engine.begin() as connection:
        for table in ("import_finding", "cross_check", "return_row", "returns", "event", "import", "firm"):
            connection.execute(text(f'DELETE FROM "{table}"'))


def held(engine: Engine) -> int:
    with engine.connect() as connection:
        tables = ("import", "returns", "return_row", "firm", "import_finding")
        return sum(connection.scalar(text(f'SELECT count(*) FROM "{table}"')) for table in tables)


anything = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(10**12), 10**12),
    st.floats(allow_nan=False, allow_infinity=False, width=32),
    st.dates(date(1950, 1, 1), date(2090, 1, 1)),
    st.text(max_size=12),
    st.sampled_from(
        [
            "1.2亿",
            "3,500万",
            "１２．５",
            "12%",
            "(3)",
            "-",
            "无",
            "#DIV/0!",
            "=1+1",
            "1e9",
            "NaN",
            "2023年",
            "是",
            LOTUS,
            "\u200b",
        ]
    ),
)
rows_of_anything = st.lists(st.lists(anything, min_size=0, max_size=7), max_size=6)


def written(path: Path, sheets: dict[str, list[list[object]]]) -> Path | None:
    book = openpyxl.Workbook()
    book.remove(book.active)
    for name, rows in sheets.items():
        sheet = book.create_sheet(name)
        for row in rows:
            try:
                sheet.append(row)
            except IllegalCharacterError:  # no spreadsheet program writes such a letter
                return None
    book.save(path)
    return path


@QUICK
@given(finance=rows_of_anything, people=rows_of_anything, with_headings=st.booleans())
def test_any_workbook_is_stored_whole_or_refused_with_its_problems(store, finance, people, with_headings):
    emptied(store)
    heads = ([HEADINGS[FINANCE]], [HEADINGS[PEOPLE]]) if with_headings else ([], [])
    with tempfile.TemporaryDirectory() as folder:
        path = written(Path(folder) / "any.xlsx", {FINANCE: heads[0] + finance, PEOPLE: heads[1] + people})
        if path is None:
            return
        preview = importing.preview(store, ImportRequest.of(path, "city", today=TODAY, now=NOW))
        assert held(store) == 0
        options = {"by": "t", "now": NOW, "today": TODAY, "annotated_dir": Path(folder)}
        if preview.good:
            assert (
                importing.import_returns(store, ImportRequest.of(path, "city", **options)).added
                == preview.report.added
                > 0
            )
        else:
            with pytest.raises(FileNotStored) as refused:
                importing.import_returns(store, ImportRequest.of(path, "city", **options))
            assert refused.value.problems
            assert refused.value.annotated is None or refused.value.annotated.exists()
            assert held(store) == 0


amounts = st.one_of(st.none(), st.integers(-(10**8), 10**8), st.floats(-1e8, 1e8).map(lambda number: round(number, 2)))
firm_years = st.lists(
    st.tuples(st.sampled_from([LOTUS, BANYAN, KAPOK]), st.integers(2000, 2023)), min_size=1, max_size=8, unique=True
)


def _as_written(amount: float | None, style: int) -> object:
    """One of the ways in which a clerk may write an amount in 万元."""
    if amount is None:
        return ("", None, "-", "无", " ")[style]
    whole = f"{amount:.2f}"
    wide = str.maketrans("0123456789.-,", "０１２３４５６７８９．－，")
    return (amount, whole, f"{amount:,.2f}", f" {whole}万元", f"{amount:,.2f}".translate(wide))[style]


@QUICK
@given(keys=firm_years, values=st.data())
def test_every_stored_figure_is_what_the_sheet_said_in_its_unit(store, keys, values):
    emptied(store)
    stated = [[values.draw(amounts) for _ in _FACTS] for _ in keys]
    styles = [[values.draw(st.integers(0, 4)) for _ in _FACTS] for _ in keys]
    rows = [
        [*key, *[_as_written(amount, style) for amount, style in zip(line, how, strict=True)]]
        for key, line, how in zip(keys, stated, styles, strict=True)
    ]
    with tempfile.TemporaryDirectory() as folder:
        path = written(Path(folder) / "form.xlsx", {FINANCE: [HEADINGS[FINANCE], *rows]})
        importing.import_returns(store, ImportRequest.of(path, "city", by="t", now=NOW, today=TODAY))
        with store.connect() as connection:
            kept = {
                (row[0], row[1]): row[2:]
                for row in connection.execute(text(f"SELECT firm_id, year, {', '.join(_FACTS)} FROM return_row"))
            }
    assert set(kept) == set(keys)
    for key, line in zip(keys, stated, strict=True):
        for found, said in zip(kept[key], line, strict=True):
            assert (found is None) == (said is None)
            assert found is None or found == pytest.approx(said * 10_000, rel=1e-9, abs=0.01)


@settings(QUICK, max_examples=12)
@given(keys=firm_years, other=firm_years, values=st.data())
def test_an_import_and_its_undo_leave_the_facts_as_they_were(store, keys, other, values):
    from pipeline import facts

    emptied(store)
    with tempfile.TemporaryDirectory() as folder:
        for file, firms in (("first.xlsx", keys), ("second.xlsx", other)):
            rows = [[*key, *[values.draw(amounts) for _ in _FACTS]] for key in firms]
            path = written(Path(folder) / file, {FINANCE: [HEADINGS[FINANCE], *rows]})
            before = facts.as_known_on(store, date(2025, 1, 1))
            report = importing.import_returns(store, ImportRequest.of(path, "city", by="t", now=NOW, today=TODAY))
    if not report.already_stored:
        imports.undo(store, report.import_id, by="t", now=NOW)
    assert facts.as_known_on(store, date(2025, 1, 1)).equals(before)


@given(st.text(ALPHABET, min_size=8, max_size=8), st.integers(0, 999_999))
def test_one_wrong_character_in_a_credit_code_is_always_noticed(body, district):
    code = with_check_digits(f"91{district:06d}{body}")
    assert verdicts([code])[0] == FINE
    for place in range(18):
        other = ALPHABET[(ALPHABET.index(code[place]) + 1) % 31]
        assert verdicts([code[:place] + other + code[place + 1 :]])[0] != FINE


@given(st.integers(0, 1_000_000), st.integers(0, 16_383))
def test_cells_are_called_as_excel_calls_them(row, column):
    from openpyxl.utils import get_column_letter

    assert cell_name(row, column) == f"{get_column_letter(column + 1)}{row + 1}"
