"""Tables of text from the wild: what is not meant as it stands is refused at its place, never stored otherwise.

The same kinds as given files, where the folder of real data has them, and rebuilt here cell by cell.
"""

from collections.abc import Callable
from datetime import date, datetime
from pathlib import Path

import pytest
from sqlalchemy import Engine, text

from pipeline import facts
from pipeline.intake import importing
from pipeline.intake.history import imports
from pipeline.intake.reading import delimited
from pipeline.intake.reading.problems import FileNotStored
from pipeline.intake.storing.import_request import ImportRequest
from pipeline.intake.storing.reports import ImportReport
from tests.pipeline.intake.workbooks import BANYAN, CODE, FINANCE, KAPOK, LOTUS, PEOPLE, YEAR, good, write

NOW, TODAY = datetime(2026, 6, 1), date(2026, 6, 1)
MONEY = f"{CODE},{YEAR},营业收入（万元）,净利润（万元）,资产总额（万元）\n"
NAMES = f"{CODE},{YEAR},企业名称,申报材料编制机构\n"
DAYS = f"{CODE},{YEAR},企业名称,注册成立日期\n"


def brought(engine: Engine, path: Path, **options: object) -> ImportReport:
    return importing.import_returns(engine, ImportRequest.of(path, "city", by="t", now=NOW, today=TODAY, **options))


def table(folder: Path, content: str, *, encoding: str = "utf-8-sig", name: str = "table.csv") -> Path:
    path = folder / name
    path.write_bytes(content.encode(encoding))
    return path


def refused(engine: Engine, path: Path) -> FileNotStored:
    with pytest.raises(FileNotStored) as error:
        brought(engine, path)
    with engine.connect() as connection:
        assert connection.scalar(text("SELECT count(*) FROM return_row")) == 0
    assert error.value.refusal is not None
    line = imports.list_imports(engine, refused=True)[0]
    assert (line.id, line.state) == (error.value.refusal, "refused")
    return error.value


def places(error: FileNotStored) -> list[tuple[str, str | None, str | None]]:
    return [(problem.kind, problem.sheet, problem.cell) for problem in error.listed]


def stored(engine: Engine, field: str) -> list[object]:
    with engine.connect() as connection:
        return list(connection.scalars(text(f"SELECT {field} FROM return_row ORDER BY sheet_row, return_id")))


# --- the given files ---------------------------------------------------------------------------------

REFUSED = {
    "01-footnote-digit/footnote.csv": [("not_a_number", "footnote", "C2"), ("not_a_number", "footnote", "C3")],
    "01-footnote-digit/footnote.xlsx": [("not_a_number", FINANCE, "C2"), ("not_a_number", PEOPLE, "C2")],
    "02-unclosed-quote/unclosed.csv": [("open_quotation", None, None)],
    "03-row-too-long/long-row.csv": [("row_too_long", "long-row", "F14")],
    "03-row-too-long/long-row-near-top.csv": [("row_too_long", "long-row-near-top", "F2")],
    "13-dollars/dollars.csv": [("not_a_number", "dollars", "C2"), ("not_a_number", "dollars", "D2")],
}


@pytest.mark.parametrize("name", REFUSED)
def test_a_given_wrong_file_is_refused_at_its_cells(name: str, real_data: Path, sqlite_engine: Engine):
    file = real_data / "wild" / name
    if not file.exists():
        pytest.skip(f"no {file}")
    assert places(refused(sqlite_engine, file)) == REFUSED[name]


def test_the_given_days_with_midnight_are_read(real_data: Path, sqlite_engine: Engine):
    file = real_data / "wild" / "14-days-with-midnight" / "midnight.csv"
    if not file.exists():
        pytest.skip(f"no {file}")
    assert brought(sqlite_engine, file).rows == 2
    assert stored(sqlite_engine, "registered_on") == ["2015-03-05", "2015-03-05"]


def test_the_given_code_between_invisible_marks_is_the_code(real_data: Path, sqlite_engine: Engine):
    file = real_data / "wild" / "15-invisible-marks" / "invisible.xlsx"
    if not file.exists():
        pytest.skip(f"no {file}")
    brought(sqlite_engine, file)
    assert set(stored(sqlite_engine, "firm_id")) == {LOTUS, BANYAN}


# --- marks of notes, and money of other countries ------------------------------------------------------

NOTES = [
    "①",
    "²",
    "¹",
    "₁",
    "⒈",
    "⑴",
    "❶",
    "⓵",
    "㈠",
    "ª",
    "*",
    "†",
    "‡",
    "注1",
    "（注）",
    "[1]",
    "(1)",
    " ①",
    "\u20e3",
]


@pytest.mark.parametrize("mark", NOTES)
def test_a_figure_with_the_mark_of_a_note_is_no_bigger_figure(mark: str, sqlite_engine: Engine, tmp_path: Path):
    path = table(tmp_path, f"{MONEY}{LOTUS},2023,3200{mark},210,5100\n{BANYAN},2023,3200,210,5100\n")
    assert places(refused(sqlite_engine, path)) == [("not_a_number", "table", "C2")]


@pytest.mark.parametrize("mark", ["①", "¹", "⒈"])
def test_a_year_a_day_a_headcount_and_a_code_with_a_mark_are_refused_as_well(
    mark: str, sqlite_engine: Engine, tmp_path: Path
):
    sheets = good()
    sheets[PEOPLE][1][2] = f"45{mark}"
    sheets[PEOPLE][2][1] = f"202{mark}"
    sheets[PEOPLE][3][0] = f"{BANYAN[:-1]}{mark}"
    error = refused(sqlite_engine, write(tmp_path / "form.xlsx", sheets))
    assert places(error) == [("not_a_number", PEOPLE, "C2"), ("not_a_year", PEOPLE, "B3"), ("wrong_code", PEOPLE, "A4")]
    path = table(tmp_path, f"{DAYS}{LOTUS},2023,莲芯,2015-03-1{mark}\n")
    assert places(refused(sqlite_engine, path)) == [("not_a_day", "table", "D2")]


@pytest.mark.parametrize(
    "written", ["３２００", "３，２００", "￥3200", "¥3,200", "3200.0", "3 200", "3200 万元", "32000000元", "0.32亿"]
)
def test_full_width_digits_yuan_signs_and_thousands_are_read(written: str, sqlite_engine: Engine, tmp_path: Path):
    brought(sqlite_engine, table(tmp_path, f'{MONEY}{LOTUS},2023,"{written}",210,5100\n'))
    assert stored(sqlite_engine, "revenue_cny") == [32_000_000]


FOREIGN = [
    "$3200",
    "＄210",
    "US$3200",
    "HK$3200",
    "€3200",
    "£3200",
    "₩3200",
    "USD3200",
    "3200USD",
    "JP¥3200",
    "3200港元",
    "3200美元",
    "3200日元",
    "3200 eur",
]


@pytest.mark.parametrize("written", FOREIGN)
def test_an_amount_in_the_money_of_another_country_is_none_in_yuan(written: str, sqlite_engine: Engine, tmp_path: Path):
    error = refused(sqlite_engine, table(tmp_path, f"{MONEY}{LOTUS},2023,{written},210,5100\n"))
    assert places(error) == [("not_a_number", "table", "C2")]
    assert "外币" in str(error.listed[0])


ODD = [
    "3,20",
    "1,2345",
    "0,500",
    "1.234,56",
    "3.200.500",
    "3200-",
    "(-3200)",
    "3200 1",
    "3200\t5",
    "5万人",
    "12%",
    "3200½",
    "１２%",
    "3200..5",
]


@pytest.mark.parametrize("written", ODD)
def test_what_may_mean_another_figure_is_refused(written: str, sqlite_engine: Engine, tmp_path: Path):
    error = refused(sqlite_engine, table(tmp_path, f'{MONEY}{LOTUS},2023,"{written}",210,5100\n'))
    assert places(error) == [("not_a_number", "table", "C2")]


def test_yuan_among_people_and_a_share_in_ten_thousands_are_refused(sqlite_engine: Engine, tmp_path: Path):
    sheets = good()
    sheets[PEOPLE][1][2] = "￥45"
    assert places(refused(sqlite_engine, write(tmp_path / "form.xlsx", sheets))) == [("not_a_number", PEOPLE, "C2")]
    path = table(tmp_path, f"{MONEY[:-1]},资产负债率（填报）（%）\n{LOTUS},2023,3200,210,5100,3万\n")
    assert places(refused(sqlite_engine, path)) == [("not_a_number", "table", "F2")]


# --- quotation marks -----------------------------------------------------------------------------------

SWALLOWED = {
    "never closed": f'{LOTUS},2023,莲芯,"甲所\n{BANYAN},2023,榕动,乙所\n{KAPOK},2023,木棉,丙所\n',
    "closed at the end of a later line": f'{LOTUS},2023,莲芯,"甲所\n{BANYAN},2023,榕动,乙所"\n{KAPOK},2023,木棉,丙所\n',
    "closed where a later one is opened": f'{LOTUS},2023,莲芯,"甲\n{BANYAN},2023,榕动,"乙"\n{KAPOK},2023,木棉,丙\n',
    "closed inside a later line": f'{LOTUS},2023,"莲芯,甲所\n{BANYAN},2023",乙所\n{KAPOK},2023,木棉,丙所\n',
    "opened at the code": f'"{LOTUS},2023,莲芯,甲所\n{BANYAN},2023,榕动,乙所"\n{KAPOK},2023,木棉,丙所\n',
}


@pytest.mark.parametrize("encoding", ["utf-8", "gb18030", "utf-16"])
@pytest.mark.parametrize("how", SWALLOWED)
@pytest.mark.parametrize("separator", [",", "\t", ";"])
def test_no_firm_vanishes_into_a_cell_whose_quotation_mark_is_open(
    how: str, encoding: str, separator: str, sqlite_engine: Engine, tmp_path: Path
):
    content = (NAMES + SWALLOWED[how]).replace(",", separator)
    error = refused(sqlite_engine, table(tmp_path, content, encoding=encoding))
    assert places(error) == [("open_quotation", None, None)]
    assert "第 2 行" in str(error.listed[0])


def test_the_line_is_counted_as_an_editor_counts_it(sqlite_engine: Engine, tmp_path: Path):
    """A rightly quoted cell of two lines stands before it; lines end as on Windows, and as on old Macs."""
    content = f'{NAMES}{LOTUS},2023,莲芯,"甲所\n二部"\n{BANYAN},2023,榕动,"乙所\n{KAPOK},2023,木棉,丙所\n'
    for ending in ("\n", "\r\n", "\r"):
        path = table(tmp_path, content.replace("\n", ending))
        assert "第 4 行" in str(refused(sqlite_engine, path).listed[0])


def test_a_quoted_cell_may_hold_line_breaks_separators_and_quotation_marks(sqlite_engine: Engine, tmp_path: Path):
    content = (
        f'{NAMES}{LOTUS},2023,莲芯（虚构）,"甲事务所\n广州，天河\n"\n'
        f'{BANYAN},2023,"榕动""一号"", 虚构",5"管材事务所\n{KAPOK},2023,木棉（虚构）,"丙事务所\r\n邮编 529000"\n'
    )
    assert brought(sqlite_engine, table(tmp_path, content)).rows == 3
    assert stored(sqlite_engine, "prepared_by") == ["甲事务所\n广州，天河", '5"管材事务所', "丙事务所\n邮编 529000"]
    assert stored(sqlite_engine, "name")[1] == '榕动"一号", 虚构'


def test_rows_in_a_cell_are_refused_in_a_workbook_too(sqlite_engine: Engine, tmp_path: Path):
    """As Excel saves a table of text that it had opened with the mark."""
    rows = [[CODE, YEAR, "企业名称", "申报材料编制机构"], [LOTUS, 2023, "莲芯", f"甲所\n{BANYAN},2023,榕动,乙所"]]
    error = refused(sqlite_engine, write(tmp_path / "form.xlsx", {"企业基本信息": rows}))
    assert places(error) == [("rows_in_a_cell", "企业基本信息", "D2")]


# --- rows that have slid ---------------------------------------------------------------------------------


@pytest.mark.parametrize("before", [0, 1, 9, 25])
def test_a_row_with_more_cells_than_headings_is_refused_wherever_it_stands(
    before: int, sqlite_engine: Engine, tmp_path: Path
):
    rows = "".join(f"{LOTUS},{2000 + number % 20},3200.5,210,5100\n" for number in range(min(before, 20)))
    slid = table(tmp_path, f"{MONEY}{rows}{BANYAN},2023,3,200.5,210,5,100\n")
    assert places(refused(sqlite_engine, slid)) == [("row_too_long", "table", f"F{min(before, 20) + 2}")]


def test_a_row_that_has_slid_over_a_blank_is_refused_though_its_count_fits(sqlite_engine: Engine, tmp_path: Path):
    path = table(tmp_path, f"{MONEY}{LOTUS},2023,3,200.5,,5100\n")
    assert places(refused(sqlite_engine, path)) == [("row_too_long", "table", "F2")]


def test_a_workbook_whose_row_has_slid_is_refused_as_well(sqlite_engine: Engine, tmp_path: Path):
    path = write(tmp_path / "form.xlsx", C3=4, D3=100.25, E3=-35.5, F3=5600)
    assert places(refused(sqlite_engine, path)) == [("row_too_long", FINANCE, "F3")]


def test_a_figure_under_no_heading_is_refused_and_a_remark_beside_the_table_is_said(
    sqlite_engine: Engine, tmp_path: Path
):
    error = refused(sqlite_engine, write(tmp_path / "form.xlsx", H3=5600))
    assert places(error) == [("row_too_long", FINANCE, "H3")]
    report = brought(sqlite_engine, write(tmp_path / "form.xlsx", G4="已核对"))
    assert [str(notice) for notice in report.notices] == [f"工作表“{FINANCE}”：没有表头的列未读取：G。"]


def test_blank_cells_at_the_end_of_a_row_and_a_column_of_numbers_before_it_are_harmless(
    sqlite_engine: Engine, tmp_path: Path
):
    content = f",{MONEY}1,{LOTUS},2023,3200.5,210,5100,,, ,\n2,{BANYAN},2023,3200.5,210,,,,\n3,{KAPOK},2023,1,1,1\n"
    assert brought(sqlite_engine, table(tmp_path, content)).rows == 3
    assert stored(sqlite_engine, "revenue_cny") == [32_005_000, 32_005_000, 10_000]


def test_a_lone_row_with_a_cell_left_out_is_refused_and_rows_that_all_end_early_are_not(
    sqlite_engine: Engine, tmp_path: Path
):
    full = f"{LOTUS},2022,3200.5,210,5100\n"
    path = table(tmp_path, f"{MONEY}{full}{BANYAN},2023,210,5100\n{LOTUS},2023,1,1,1\n")
    error = refused(sqlite_engine, path)
    assert places(error) == [("row_too_short", "table", "E3")]
    assert error.listed[0].firm == BANYAN
    path = table(tmp_path, f"{MONEY}{full}{BANYAN},2023,210,51\n{KAPOK},2023,210,51\n")
    assert brought(sqlite_engine, path).rows == 3


# --- days, and signs that nobody sees ----------------------------------------------------------------------

MIDNIGHT = [
    "2015/3/5 0:00",
    "2015-03-05 0:00:00",
    "2015/3/5 00:00",
    "2015-03-05T00:00:00Z",
    "2015-03-05T00:00:00.000",
    "2015年3月5日 00:00",
    "2015/3/5 上午 12:00:00",
    "20150305 0:00",
    "2015-03-05T00:00:00+08:00",
]


@pytest.mark.parametrize("written", MIDNIGHT)
def test_a_day_with_midnight_behind_it_is_the_day(written: str, sqlite_engine: Engine, tmp_path: Path):
    report = brought(sqlite_engine, table(tmp_path, f"{DAYS}{LOTUS},2023,莲芯,{written}\n"))
    assert stored(sqlite_engine, "registered_on") == ["2015-03-05"]
    assert report.notices == []


@pytest.mark.parametrize(
    "written", ["2015/3/5 14:30", "2015-03-05T14:30:05", "2015/3/5 下午2:30", "2015-03-05T14:30:00+08:00"]
)
def test_the_day_alone_is_read_of_a_day_with_a_time_and_that_is_said(
    written: str, sqlite_engine: Engine, tmp_path: Path
):
    report = brought(sqlite_engine, table(tmp_path, f"{DAYS}{LOTUS},2023,莲芯,{written}\n"))
    assert stored(sqlite_engine, "registered_on") == ["2015-03-05"]
    assert [str(notice) for notice in report.notices] == ["工作表“table”：1 个日期带有时刻，只读取了日期。"]


def test_a_day_cell_with_a_time_is_said_like_a_written_one(sqlite_engine: Engine, tmp_path: Path):
    rows = [[CODE, YEAR, "企业名称", "注册成立日期"], [LOTUS, 2023, "莲芯", datetime(2015, 3, 5, 14, 30)]]
    report = brought(sqlite_engine, write(tmp_path / "form.xlsx", {"企业基本信息": rows}))
    assert stored(sqlite_engine, "registered_on") == ["2015-03-05"]
    assert len(report.notices) == 1


@pytest.mark.parametrize(
    "written", ["2015-03-05T16:00:00Z", "2015/3/5 25:00", "2015/3/5 0:00①", "0:00", "2015-03-05T20:00:00-05:00"]
)
def test_a_time_that_may_be_of_another_day_here_is_refused(written: str, sqlite_engine: Engine, tmp_path: Path):
    error = refused(sqlite_engine, table(tmp_path, f"{DAYS}{LOTUS},2023,莲芯,{written}\n"))
    assert places(error) == [("not_a_day", "table", "D2")]


UNSEEN = [
    "\u202d{}\u202c",
    "\u200e{}",
    "{}\u2060",
    "\u00ad{}\u00ad",
    "\u2066{}\u2069",
    "\u180e{}",
    "{}\ufe0f",
    "\u00a0{}\u202f",
    "\ufeff{}\u200b",
]


@pytest.mark.parametrize("around", UNSEEN)
def test_signs_that_nobody_sees_change_nothing_around_and_inside_a_cell(
    around: str, sqlite_engine: Engine, tmp_path: Path
):
    def hidden(word: object) -> str:
        return around.format(word)

    inside = around.replace("{}", "").strip()
    sheets = {
        hidden(sheet): [[hidden(cell) for cell in rows[0]], *[[hidden(cell) for cell in row] for row in rows[1:]]]
        for sheet, rows in good().items()
    }
    money = sheets[hidden(FINANCE)]
    money[1][0], money[1][2] = f"{LOTUS[:4]}{inside}{LOTUS[4:]}", f"32{inside}00.5"
    money[0][2] = f"营业{inside}收入（万元）"
    brought(sqlite_engine, write(tmp_path / "form.xlsx", sheets))
    kept = facts.as_known_on(sqlite_engine, TODAY)
    assert kept.loc[(LOTUS, 2022), "revenue_cny"] == 32_005_000
    assert kept.loc[(BANYAN, 2023), "staff"] == 210
    assert len(kept) == 3


def test_a_name_is_kept_without_signs_that_nobody_sees(sqlite_engine: Engine, tmp_path: Path):
    brought(sqlite_engine, table(tmp_path, f"{DAYS}{LOTUS},2023,莲\u200b芯\u202e（虚构）\u00ad,2015-03-05\n"))
    assert stored(sqlite_engine, "name") == ["莲芯（虚构）"]


def test_a_figure_that_is_shown_turned_round_is_refused_with_the_reason(sqlite_engine: Engine, tmp_path: Path):
    error = refused(sqlite_engine, table(tmp_path, f"{MONEY}{LOTUS},2023,\u202e3200\u202c,210,5100\n"))
    assert "不可见字符" in str(error.listed[0])
    assert "\u202e" not in str(error.listed[0])


@pytest.mark.parametrize("mark", ["①", "²", "*", "[1]", "（注）", "注1"])
def test_a_heading_with_the_mark_of_a_note_finds_its_column(mark: str, sqlite_engine: Engine, tmp_path: Path):
    brought(sqlite_engine, table(tmp_path, f"{MONEY[:-1]}{mark}\n{LOTUS},2023,3200.5,210,5100\n"))
    assert stored(sqlite_engine, "total_assets_cny") == [51_000_000]


# --- tables that no sheet holds ------------------------------------------------------------------------------


def wide() -> str:
    return MONEY[:-1] + "," * 200_000 + "\n" + f"{LOTUS},2023,1,1,1\n"


def long() -> str:
    return MONEY + f"{LOTUS},2023,1,1,1\n" + "\n" * 1_000


@pytest.mark.parametrize("make", [wide, long])
def test_a_table_that_no_sheet_holds_gets_a_letter(
    make: Callable[[], str], sqlite_engine: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(delimited, "MOST_ROWS", 1_001)
    path = table(tmp_path, make())
    error = refused(sqlite_engine, path)
    assert places(error) == [("file", None, None)]
    preview = importing.preview(sqlite_engine, ImportRequest.of(path, "city", by="t", now=NOW, today=TODAY))
    assert (preview.good, preview.refusal) == (False, "R2")


@pytest.mark.parametrize(
    ("cell", "kinds"), [("甲" * 40_000, {"too_long"}), ("甲" * 200_000, {"file"}), ("7" * 40_000, set())]
)
def test_a_cell_that_no_sheet_holds_gets_a_letter_and_a_copy(
    cell: str, kinds: set[str], sqlite_engine: Engine, tmp_path: Path
):
    path = table(tmp_path, f"{DAYS}{LOTUS},2023,{cell},{'2015-03-05' if kinds else cell}\n")
    with pytest.raises(FileNotStored) as error:
        brought(sqlite_engine, path, annotated_dir=tmp_path / "marked")
    assert error.value.refusal == "R1"
    assert {problem.kind for problem in error.value.listed} == (kinds or {"too_long", "not_a_day"})


def test_a_fault_in_the_annotated_copy_leaves_the_refusal_its_line(
    sqlite_engine: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    from pipeline.intake.storing import annotated_workbook

    def broken(*_args: object) -> bytes:
        raise ValueError("Invalid column index 200000")

    monkeypatch.setattr(annotated_workbook, "_plain", broken)
    path = table(tmp_path, f"{MONEY}{LOTUS},2023,x,210,5100\n")
    with pytest.raises(FileNotStored) as error:
        brought(sqlite_engine, path, annotated_dir=tmp_path / "marked")
    assert (error.value.refusal, error.value.annotated) == ("R1", None)
