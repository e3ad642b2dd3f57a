"""A file is stored whole or not at all, once, with every figure as the sheet said in its unit."""

import signal
import subprocess
import sys
import time
from datetime import date, datetime, timedelta, timezone
from pathlib import Path

import pandas as pd
import pytest
from sqlalchemy import Engine, func, select, text
from sqlalchemy.orm import Session

from pipeline import facts
from pipeline.intake import importing
from pipeline.intake.history import imports
from pipeline.intake.importing import ImportReport, WrongImport
from pipeline.intake.reading.problems import FileNotStored
from pipeline.intake.storing.import_request import ImportRequest
from pipeline.settings import ROOT
from pipeline.store.tables import Firm, Import, Return, ReturnRow
from tests.pipeline.intake.workbooks import BANYAN, FINANCE, LOTUS, PEOPLE, good, write

NOW = datetime(2024, 6, 1, 9, 0)
TODAY = date(2024, 6, 1)
LATER = date(2025, 1, 1)


def store(engine: Engine, path: Path, map_name: str = "city", today: date = TODAY, **options) -> ImportReport:
    now = datetime(today.year, today.month, today.day, 9)
    return importing.import_returns(
        engine, ImportRequest.of(path, map_name, by="test", now=now, today=today, **options)
    )


def count(engine: Engine, table: type) -> int:
    with Session(engine) as session:
        return session.scalar(select(func.count()).select_from(table)) or 0


def known(engine: Engine, day: date = LATER, cohort: str = "city") -> pd.DataFrame:
    return facts.as_known_on(engine, day, cohort)


def test_every_sheet_of_the_form_becomes_facts_in_base_units(engine, tmp_path):
    report = store(engine, write(tmp_path / "form.xlsx"))
    assert (report.rows, report.firms, report.superseded) == (6, 2, 0)
    row = known(engine).loc[(LOTUS, 2023)]
    assert (row["revenue_cny"], row["net_profit_cny"], row["staff"], row["rd_spend_cny"]) == (
        41_002_500,
        -355_000,
        52,
        2_605_000,
    )


def test_a_sheet_of_the_form_may_be_absent(sqlite_engine, tmp_path):
    sheets = good()
    del sheets[PEOPLE]
    assert store(sqlite_engine, write(tmp_path / "form.xlsx", sheets)).rows == 3


@pytest.mark.parametrize(
    ("written", "yuan"),
    [
        ("3,200.5", 32_005_000),
        ("３２００", 32_000_000),
        ("1.2亿", 120_000_000),
        ("3,500万", 35_000_000),
        ("3500万元", 35_000_000),
        ("32000000元", 32_000_000),
        ("￥3200", 32_000_000),
        ("(210)", -2_100_000),
        ("-210", -2_100_000),
        ("－210", -2_100_000),
        ("1.2e3", 12_000_000),
        (" 12 ", 120_000),
        (0, 0),
    ],
)
def test_what_clerks_write_for_an_amount_is_understood(written, yuan, sqlite_engine, tmp_path):
    store(sqlite_engine, write(tmp_path / "form.xlsx", C2=written))
    assert known(sqlite_engine).loc[(LOTUS, 2022), "revenue_cny"] == yuan


@pytest.mark.parametrize("written", [None, "", " ", "-", "—", "——", "/", "N/A", "无", "不适用"])
def test_a_mark_for_nothing_is_unknown_and_not_nought(written, sqlite_engine, tmp_path):
    store(sqlite_engine, write(tmp_path / "form.xlsx", C2=written))
    assert pd.isna(known(sqlite_engine).loc[(LOTUS, 2022), "revenue_cny"])


@pytest.mark.parametrize("written", [2022.0, "2022", "2022年", "2022年度", "２０２２", "FY2022"])
def test_a_year_is_understood_in_the_ways_it_is_written(written, sqlite_engine, tmp_path):
    store(sqlite_engine, write(tmp_path / "form.xlsx", B2=written))
    assert (LOTUS, 2022) in known(sqlite_engine).index


def test_a_share_that_excel_shows_in_percent_is_not_divided_again(sqlite_engine, tmp_path):
    sheets = good()
    del sheets[PEOPLE]
    sheets[FINANCE] = [
        [*row, more] for row, more in zip(sheets[FINANCE], ["毛利率（填报）（%）", 35.5, 0.355, "35.5%"], strict=True)
    ]

    def edit(book):
        book[FINANCE]["F3"].number_format = "0.0%"

    path = write(tmp_path / "form.xlsx", sheets)
    import openpyxl

    book = openpyxl.load_workbook(path)
    edit(book)
    book.save(path)
    store(sqlite_engine, path)
    assert known(sqlite_engine)["gross_margin_stated"].dropna().tolist() == [0.355, 0.355, 0.355]


def test_titles_above_the_headings_and_blank_rows_below_are_read_over(sqlite_engine, tmp_path):
    sheets = good()
    sheets[FINANCE] = [["江门市填报表（虚构）"], [], *sheets[FINANCE], [], [None, None, " "]]
    report = store(sqlite_engine, write(tmp_path / "form.xlsx", sheets))
    assert report.rows == 6
    with Session(sqlite_engine) as session:
        rows = session.execute(select(ReturnRow.sheet_row).join(Return).where(Return.sheet == FINANCE)).scalars().all()
    assert rows == [4, 5, 6]  # as Excel counts


def test_the_same_figures_in_csv_of_each_encoding_give_the_same_facts(sqlite_engine, tmp_path):
    lines = "\n".join(",".join(str(cell) for cell in row) for row in good()[FINANCE])
    for encoding in ("utf-8", "utf-8-sig", "gb18030", "utf-16"):
        path = tmp_path / f"{encoding}.csv"
        path.write_bytes(lines.encode(encoding))
        store(sqlite_engine, path, cohort=encoding.replace("-", ""), source="survey")
    assert count(sqlite_engine, ReturnRow) == 4 * 3


def test_the_same_file_again_changes_nothing_and_says_so(engine, tmp_path):
    path = write(tmp_path / "form.xlsx")
    first = store(engine, path)
    again = store(engine, path)
    assert (again.already_stored, again.import_id, again.added) == (True, first.import_id, 0)
    assert str(first.import_id) in str(again)
    assert (count(engine, Import), count(engine, ReturnRow)) == (1, 6)


def test_after_an_undo_the_same_file_may_come_again(engine, tmp_path):
    path = write(tmp_path / "form.xlsx")
    imports.undo(engine, store(engine, path).import_id, by="test", now=NOW)
    assert known(engine).empty
    again = store(engine, path)
    assert not again.already_stored
    assert len(known(engine)) == 3


def test_a_dry_run_says_what_would_come_and_stores_nothing(sqlite_engine, tmp_path):
    report = store(sqlite_engine, write(tmp_path / "form.xlsx"), dry_run=True)
    assert (report.added, report.firms, report.import_id) == (6, 2, None)
    assert count(sqlite_engine, Import) == count(sqlite_engine, Firm) == count(sqlite_engine, ReturnRow) == 0


def test_a_correction_adds_its_rows_and_is_known_from_the_day_it_came(engine, tmp_path):
    store(engine, write(tmp_path / "form.xlsx"))
    report = store(engine, write(tmp_path / "corrected.xlsx", C2=3300), today=date(2024, 9, 1))
    assert report.superseded == 6
    assert known(engine, date(2024, 8, 31)).loc[(LOTUS, 2022), "revenue_cny"] == 32_005_000
    assert known(engine, date(2024, 9, 1)).loc[(LOTUS, 2022), "revenue_cny"] == 33_000_000
    said = facts.statements_of(engine, LOTUS, LATER)
    said = said[(said["fact"] == "revenue_cny") & (said["year"] == 2022)]
    assert list(zip(said["value"], said["believed"], said["file_name"], strict=True)) == [
        (33_000_000, True, "corrected.xlsx"),
        (32_005_000, False, "form.xlsx"),
    ]


def test_a_year_first_stated_counts_as_known_on_30_april_of_the_next(sqlite_engine, tmp_path):
    store(sqlite_engine, write(tmp_path / "form.xlsx"), today=date(2025, 6, 1))
    assert (LOTUS, 2023) not in known(sqlite_engine, date(2024, 4, 29)).index
    assert (LOTUS, 2023) in known(sqlite_engine, date(2024, 4, 30)).index


def test_a_given_day_is_the_day_from_which_a_file_is_known(sqlite_engine, tmp_path):
    store(sqlite_engine, write(tmp_path / "form.xlsx"), known_on=date(2024, 5, 20))
    assert known(sqlite_engine, date(2024, 5, 19)).empty
    assert len(known(sqlite_engine, date(2024, 5, 20))) == 3


def test_a_file_cannot_be_known_before_its_year_is_over(sqlite_engine, tmp_path):
    with pytest.raises(FileNotStored) as refused:
        store(sqlite_engine, write(tmp_path / "form.xlsx"), known_on=date(2023, 5, 20))
    assert [problem.cell for problem in refused.value.problems] == ["B3", "B4", "B3", "B4"]


def test_a_file_cannot_be_known_from_a_day_to_come(sqlite_engine, tmp_path):
    with pytest.raises(WrongImport):
        store(sqlite_engine, write(tmp_path / "form.xlsx"), known_on=date(2024, 6, 2))


def test_an_unknown_source_is_refused_with_those_there_are(sqlite_engine, tmp_path):
    with pytest.raises(WrongImport, match="hnte_annual"):
        store(sqlite_engine, write(tmp_path / "form.xlsx"), source="hearsay")


@pytest.mark.parametrize("cohort", ["a b", "x" * 31, "neeq:2"])
def test_a_cohort_that_cannot_stand_in_a_firms_id_is_refused(cohort, sqlite_engine, tmp_path):
    with pytest.raises(WrongImport):
        store(sqlite_engine, write(tmp_path / "form.xlsx"), cohort=cohort)


def test_a_map_of_events_is_not_for_returns(sqlite_engine, tmp_path):
    with pytest.raises(WrongImport, match="import-events"):
        store(sqlite_engine, write(tmp_path / "form.xlsx"), "city-events")


def test_undo_gives_back_what_the_undone_import_had_superseded(engine, tmp_path):
    store(engine, write(tmp_path / "form.xlsx"))
    before = known(engine)
    corrected = store(engine, write(tmp_path / "corrected.xlsx", C2=3300, A4=LOTUS, B4=2021))
    assert not known(engine).equals(before)
    imports.undo(engine, corrected.import_id, by="test", now=NOW)
    pd.testing.assert_frame_equal(known(engine), before)


def test_undo_gives_a_firm_its_earlier_name_back(sqlite_engine, tmp_path):
    for file, name in (("a.csv", "莲芯（虚构）"), ("b.csv", "莲心（虚构）")):
        (tmp_path / file).write_text(f"统一社会信用代码,年度,企业名称\n{LOTUS},2023,{name}\n", encoding="utf-8")
        report = store(sqlite_engine, tmp_path / file)
    with Session(sqlite_engine) as session:
        assert session.get(Firm, LOTUS).name == "莲心（虚构）"
    imports.undo(sqlite_engine, report.import_id, by="test", now=NOW)
    with Session(sqlite_engine) as session:
        assert session.get(Firm, LOTUS).name == "莲芯（虚构）"


def test_half_years_are_stored_and_never_read_as_years(sqlite_engine, real_data):
    report = store(sqlite_engine, real_data / "prospectuses" / "returns.csv", "prospectus", today=date(2026, 1, 1))
    assert report.rows == 14
    with Session(sqlite_engine) as session:
        assert session.scalar(select(func.count()).where(ReturnRow.months == 6)) == 2
    frame = known(sqlite_engine, date(2026, 1, 1))
    assert len(frame) == 12
    assert frame.loc[("913410045986552970", 2023), "roe_weighted"] == pytest.approx(0.4645)
    assert ("913410045986552970", 2024) not in frame.index


def test_real_returns_are_stored_with_every_figure_in_its_unit(engine, real_data):
    report = store(engine, real_data / "neeq" / "returns.csv", "neeq", today=date(2026, 11, 1), cohort="neeq")
    raw = pd.read_csv(real_data / "neeq" / "returns.csv", dtype={"证券代码": str})
    assert (report.rows, report.firms) == (len(raw), raw["证券代码"].nunique())
    frame = known(engine, date(2026, 11, 1), "neeq")
    raw.index = pd.MultiIndex.from_arrays(["neeq:" + raw["证券代码"], raw["会计年度"]], names=["firm_id", "year"])
    for heading, fact, unit in (
        ("营业收入(万元)", "revenue_cny", 1e4),
        ("净利润(万元)", "net_profit_cny", 1e4),
        ("毛利率(%)", "gross_margin_stated", 0.01),
        ("流动比率", "current_ratio_stated", 1),
    ):
        pd.testing.assert_series_equal(
            frame[fact], (raw[heading] * unit).sort_index(), check_names=False, check_dtype=False, rtol=1e-12
        )


def test_real_listings_come_as_events_and_add_the_firm_that_has_no_figures(engine, real_data):
    store(engine, real_data / "neeq" / "returns.csv", "neeq", today=date(2026, 11, 1), cohort="neeq")
    listed = importing.import_events(
        engine,
        ImportRequest.of(
            real_data / "neeq" / "listings.csv",
            "neeq-listings",
            by="test",
            now=datetime(2026, 11, 1),
            today=date(2026, 11, 1),
            cohort="neeq",
        ),
    )
    assert (listed.added, listed.new_firms) == (74, 1)
    events = facts.events_as_known_on(engine, date(2026, 11, 1), "neeq")
    assert set(events["kind"]) == {"listed"}
    assert len(facts.events_as_known_on(engine, date(2020, 7, 26), "neeq")) == 0


def test_an_event_on_record_is_not_stored_again_from_another_file(engine, tmp_path):
    lines = f"统一社会信用代码,事项,板块,发生日期\n{LOTUS},完成股改,,2022-03-04\n"
    (tmp_path / "a.csv").write_text(lines, encoding="utf-8")
    (tmp_path / "b.csv").write_text(lines + f"{BANYAN},辅导备案,北交所,2023-05-06\n", encoding="utf-8")
    added = [
        importing.import_events(
            engine, ImportRequest.of(tmp_path / file, "city-events", by="test", now=NOW, today=NOW.date())
        ).added
        for file in ("a.csv", "b.csv")
    ]
    assert added == [1, 1]
    assert len(facts.events_as_known_on(engine, LATER)) == 2


def test_an_event_that_two_files_state_outlives_the_undo_of_either(engine, tmp_path):
    lines = f"统一社会信用代码,事项,板块,发生日期\n{LOTUS},完成股改,,2022-03-04\n"
    numbers = []
    for file in ("a.csv", "b.csv"):
        (tmp_path / file).write_text(lines + "\n" * len(numbers), encoding="utf-8")
        report = importing.import_events(
            engine, ImportRequest.of(tmp_path / file, "city-events", by="test", now=NOW, today=NOW.date())
        )
        numbers.append(report.import_id)
    imports.undo(engine, numbers[0], by="test", now=NOW)
    assert len(facts.events_as_known_on(engine, LATER)) == 1
    imports.undo(engine, numbers[1], by="test", now=NOW)
    assert len(facts.events_as_known_on(engine, LATER)) == 0


def test_an_event_dated_by_its_month_counts_as_known_at_the_end_of_it(sqlite_engine, tmp_path):
    heads = "credit_code,code,event,board,occurred_on,precision"
    lines = [
        f"{LOTUS},1,share_reform,,2022-03,month",
        f"{BANYAN},2,share_reform,,2021,year",
        f"{BANYAN},2,listed,,2022-03-04,day",
    ]
    (tmp_path / "e.csv").write_text("\n".join([heads, *lines]), encoding="utf-8")
    importing.import_events(
        sqlite_engine, ImportRequest.of(tmp_path / "e.csv", "prospectus-events", by="test", now=NOW, today=NOW.date())
    )
    events = facts.events_as_known_on(sqlite_engine, LATER)
    assert sorted(str(day.date()) for day in events["known_on"]) == ["2021-12-31", "2022-03-04", "2022-03-31"]


def test_formats_far_outside_the_table_do_no_harm(sqlite_engine, tmp_path):
    from openpyxl.styles import Font

    from tests.pipeline.intake.workbooks import edited

    def format_far_out(book):
        book[FINANCE]["XFD1048576"].font = Font(bold=True)

    assert store(sqlite_engine, edited(tmp_path / "form.xlsx", format_far_out)).rows == 6


def test_a_moment_with_a_zone_is_kept_as_utc_on_both_databases(engine, tmp_path):
    shanghai = datetime(2024, 6, 1, 9, tzinfo=timezone(timedelta(hours=8)))
    importing.import_returns(
        engine, ImportRequest.of(write(tmp_path / "form.xlsx"), "city", by="test", now=shanghai, today=TODAY)
    )
    assert imports.list_imports(engine)[0].imported_at == datetime(2024, 6, 1, 1)


def test_an_event_whose_day_a_prospectus_does_not_state_is_left_out_and_said(sqlite_engine, tmp_path):
    lines = [
        "credit_code,code,event,board,occurred_on,precision",
        f"{LOTUS},1,share_reform,,2022-03-04,day",
        f"{LOTUS},1,listed,,,",
    ]
    (tmp_path / "e.csv").write_text("\n".join(lines), encoding="utf-8")
    report = importing.import_events(
        sqlite_engine, ImportRequest.of(tmp_path / "e.csv", "prospectus-events", by="test", now=NOW, today=NOW.date())
    )
    assert report.added == 1
    assert "1" in str(report.notices[0])


def test_real_firms_of_a_reference_cohort_stay_out_of_the_city_also_where_nobody_says_so(sqlite_engine, real_data):
    assert store(sqlite_engine, real_data / "neeq" / "returns.csv", "neeq", today=date(2026, 11, 1)).cohort == "neeq"


def test_a_table_that_does_not_begin_in_the_corner_is_found(sqlite_engine, tmp_path):
    sheets = {name: [[], [], *[[None, None, *row] for row in rows]] for name, rows in good().items()}
    store(sqlite_engine, write(tmp_path / "form.xlsx", sheets))
    with pytest.raises(FileNotStored) as refused:
        store(sqlite_engine, write(tmp_path / "wrong.xlsx", sheets, E4="约3200"))
    assert [problem.cell for problem in refused.value.problems] == ["E4"]


_KILLED = """
import sys
from datetime import date, datetime
from pathlib import Path
from pipeline.intake import importing
from pipeline.intake.storing import store
from pipeline.store.database import engine_for

def halt(done, stage):
    if stage == "store":
        print("half way", flush=True)
        sys.stdin.read()

store._ROWS_AT_ONCE = 2
request = importing.ImportRequest.of(
    Path(sys.argv[2]), "city", by="test", now=datetime(2024, 6, 1), today=date(2024, 6, 1)
)
importing.import_returns(engine_for(sys.argv[1]), request, halt)
"""


def test_a_killed_import_leaves_nothing_behind_and_can_be_run_again(db_url, engine, tmp_path):
    path = write(tmp_path / "form.xlsx")
    dying = subprocess.Popen(
        [sys.executable, "-c", _KILLED, db_url, str(path)],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert dying.stdout.readline().strip() == "half way"
    dying.send_signal(signal.SIGKILL)
    dying.wait(timeout=30)
    for stream in (dying.stdin, dying.stdout):
        stream.close()
    for table in (Import, Return, ReturnRow, Firm):
        assert count(engine, table) == 0
    if engine.dialect.name == "postgresql":
        _wait_until_the_server_noticed(engine)
    assert store(engine, path).rows == 6
    assert count(engine, ReturnRow) == 6


def _wait_until_the_server_noticed(engine: Engine) -> None:
    """A killed client's lock ends when PostgreSQL finds its socket closed."""
    for _ in range(100):
        with engine.connect() as connection:
            if not connection.scalar(text("SELECT count(*) FROM pg_locks WHERE locktype = 'advisory'")):
                return
        time.sleep(0.1)
