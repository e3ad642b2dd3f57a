"""Sheets for visits and tables of cases: one page a firm with what its reader may see, and what was agreed before."""

import io
from dataclasses import replace
from datetime import date, datetime

import docx
import pytest
from sqlalchemy import Engine
from sqlalchemy.orm import Session

from dashboard.reports.case_tables import as_file, case_table, visit_table
from dashboard.reports.pool_papers import Office
from dashboard.reports.visit_sheet_papers import sheet_html, sheets_docx, sheets_pdf, strongest
from dashboard.reports.visit_sheets import MOST, VisitSheet, WrongSheets, visit_sheets
from pipeline import language
from pipeline.declarations import declarations
from pipeline.errors import NotAllowed
from pipeline.language import Message
from pipeline.store.tables import FirmListRow
from pipeline.tutoring import cases, corrections, visits
from scoring.features.matrix import FEATURES
from scoring.scores.stored_scores import StoredReasons
from tests.cast import BANYAN, KAPOK, LOTUS, NAMES, state
from tests.dashboard.reports.pdf_pages import page_count
from tests.pipeline.declarations.test_declarations import PLAN
from tests.pipeline.pools.city import ANA, CHEN, JIANGHAI, LOTUS_CLERK, found, score

APRIL_1, MAY_1, MAY_10, MAY_20, JUNE_1 = (
    date(2024, 4, 1),
    date(2024, 5, 1),
    date(2024, 5, 10),
    date(2024, 5, 20),
    date(2024, 6, 1),
)
BUREAU = Office("江城市金融工作局")


def at(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, 3, 0)


@pytest.fixture
def engine(sqlite_engine: Engine) -> Engine:
    """Lotus has four visits, one of them withdrawn, and two open steps; Banyan a case; Kapok nothing."""
    engine = sqlite_engine
    found(engine)
    state(engine, LOTUS, 2023, revenue_cny=5e7, net_profit_cny=1e6)
    score(engine, {LOTUS: 61.0, BANYAN: 58.0}, as_of=MAY_1)
    with Session(engine) as session, session.begin():
        for firm in (LOTUS, BANYAN):
            cases.open_case(session, CHEN, firm, APRIL_1, now=at(APRIL_1))
        session.add_all(FirmListRow(firm_id=firm, points=60.0 + at_) for at_, firm in enumerate((LOTUS, BANYAN, KAPOK)))
        declarations.apply(session, LOTUS_CLERK, LOTUS, PLAN, MAY_1, at(MAY_1))
        for day, words, step, due in (
            (APRIL_1, "第一次", "建台账", MAY_1),
            (MAY_1, "第二次", "补缴社保", MAY_20),
            (MAY_10, "记错了", None, None),
            (MAY_20, "第三次", None, None),
        ):
            visit = visits.record_visit(session, CHEN, LOTUS, day, words, step, due, now=at(day))
            if words == "记错了":
                corrections.withdraw_visit(session, CHEN, visit.id, "不是这家", now=at(MAY_20))
            if words == "第一次":
                visits.finish_step(session, CHEN, visit.id, MAY_10, now=at(MAY_10))
    return engine


def sheets(engine: Engine, *firms: str, person=CHEN) -> list[VisitSheet]:
    with Session(engine) as session:
        return visit_sheets(session, person, firms, JUNE_1)


def words_of(content: bytes) -> str:
    document = docx.Document(io.BytesIO(content))
    cells = [cell.text for table in document.tables for row in table.rows for cell in row.cells]
    return "\n".join([*(paragraph.text for paragraph in document.paragraphs), *cells])


def test_a_sheet_tells_where_the_firm_stands_and_what_was_agreed(engine):
    (sheet,) = sheets(engine, LOTUS)
    assert (sheet.name, sheet.points, sheet.scores_of) == (NAMES[LOTUS], 61.0, MAY_1)
    assert (sheet.case.case.stage, sheet.case.days_in_stage) == ("nurture", 61)
    assert (sheet.contact.name, sheet.contact.phone) == (PLAN.contact_name, PLAN.contact_phone)
    assert [visit.findings for visit in sheet.last] == ["第三次", "第二次", "第一次"]
    assert [step.next_step for step in sheet.steps] == ["补缴社保"]
    assert [reason.kind for reason in sheet.why] == ["overdue"]
    printed = sheet_html(sheet, False)
    assert "补缴社保（期限 2024-05-20、逾期 12 天）" in printed
    assert "记错了" not in printed


def test_the_strongest_reasons_are_three_each_way_by_their_size(engine):
    names = list(FEATURES)[:9]
    points = dict(zip(names, (4.0, 3.0, 2.0, 1.0, 0.01, -0.01, -1.0, -2.0, -5.0), strict=True))
    (sheet,) = sheets(engine, LOTUS)
    raising, lowering = strongest(replace(sheet, reasons=StoredReasons(points)))
    assert [each.points for each in raising] == [4.0, 3.0, 2.0]
    assert [each.points for each in lowering] == [-5.0, -2.0, -1.0]


def test_a_firm_without_a_case_a_score_or_a_return_has_a_sheet_too(engine):
    (sheet,) = sheets(engine, KAPOK)
    assert (sheet.case, sheet.points, sheet.contact, sheet.best, list(sheet.why)) == (None, None, None, None, [])
    assert page_count(sheets_pdf([sheet], False)) == 1
    assert "没有走访记录" in words_of(sheets_docx([sheet], BUREAU, False))


def test_sheets_come_in_the_order_named_each_firm_once_and_a_page_each(engine):
    found_ = sheets(engine, BANYAN, LOTUS, BANYAN)
    assert [sheet.firm_id for sheet in found_] == [BANYAN, LOTUS]
    for tongue in ("zh_CN", "en"):
        with language.speaking(tongue):
            assert page_count(sheets_pdf(found_, True)) == 2
    words = words_of(sheets_docx(found_, BUREAU, False))
    assert words.count("企业走访表") == 2
    assert words.index(NAMES[BANYAN]) < words.index(NAMES[LOTUS])


def test_a_sheet_is_one_page_however_much_there_is_to_say(engine):
    (sheet,) = sheets(engine, LOTUS)
    (why,), (step,), visit = sheet.why, sheet.steps, sheet.last[0]
    full = replace(
        sheet,
        name="莲" * 200,
        gaps=[Message("缺" * 400)] * 40,
        why=[why] * 9,
        steps=[replace(step, next_step="补缴社保\n" * 400)] * 30,
        last=[replace(visit, findings="看了账目。\n" * 900, next_step="补" * 900)] * 3,
    )
    assert page_count(sheets_pdf([full, full], True)) == 2


@pytest.mark.parametrize("count", [0, MOST + 1])
def test_no_firm_and_too_many_are_refused(engine, count):
    with pytest.raises(WrongSheets, match="1 至"):
        sheets(engine, *(f"firm-{number}" for number in range(count)))


def test_nobody_gets_a_sheet_of_a_firm_that_is_not_theirs(engine):
    assert len(sheets(engine, BANYAN, person=JIANGHAI)) == 1
    for person, firm in ((JIANGHAI, LOTUS), (LOTUS_CLERK, BANYAN), (ANA, LOTUS)):
        with pytest.raises(NotAllowed):
            sheets(engine, firm, person=person)


def test_findings_and_why_to_go_there_are_for_who_may_read_them(engine):
    (sheet,) = sheets(engine, LOTUS, person=LOTUS_CLERK)
    assert [visit.findings for visit in sheet.last] == [None, None, None]
    assert list(sheet.why) == []
    printed = sheet_html(sheet, False) + words_of(sheets_docx([sheet], BUREAU, False))
    assert not any(words in printed for words in ("第一次", "第二次", "第三次"))
    assert "补缴社保" in printed  # steps are the firm's to know


# --- the tables ------------------------------------------------------------------------------------


def test_a_case_is_a_row_with_its_last_visit_and_the_step_that_is_due(engine):
    with Session(engine) as session:
        _title, heads, rows = case_table(session, CHEN, JUNE_1)
    of_firm = {row[1]: dict(zip(heads, row, strict=True)) for row in rows}
    assert set(of_firm) == {LOTUS, BANYAN}
    lotus = of_firm[LOTUS]
    assert (lotus["企业"], lotus["市（区）"], lotus["最近走访"]) == (NAMES[LOTUS], "蓬江区", MAY_20)
    assert (lotus["下一步"], lotus["期限"], lotus["得分"]) == ("补缴社保", MAY_20, 60.0)
    assert (lotus["市级挂点领导"], lotus["镇级挂点领导"]) == (None, None)
    assert (of_firm[BANYAN]["最近走访"], of_firm[BANYAN]["下一步"]) == (None, None)


def test_a_visit_is_a_row_without_those_withdrawn_and_a_step_says_when_it_was_done(engine):
    with Session(engine) as session:
        _title, heads, rows = visit_table(session, CHEN, JUNE_1)
    told = [dict(zip(heads, row, strict=True)) for row in rows]
    assert [(each["走访日期"], each["走访情况"]) for each in told] == [
        (MAY_20, "第三次"),
        (MAY_1, "第二次"),
        (APRIL_1, "第一次"),
    ]
    assert [(each["下一步"], each["完成日期"]) for each in told] == [
        (None, None),
        ("补缴社保", None),
        ("建台账", MAY_10),
    ]


def test_tables_keep_to_the_district_and_to_those_who_may_export(engine):
    with Session(engine) as session:
        assert [row[1] for row in case_table(session, JIANGHAI, JUNE_1)[2]] == [BANYAN]
        assert visit_table(session, JIANGHAI, JUNE_1)[2] == []
        for table in (case_table, visit_table):
            for person in (LOTUS_CLERK, ANA):
                with pytest.raises(NotAllowed):
                    table(session, person, JUNE_1)


def test_a_table_in_english_has_english_heads_and_a_csv_its_mark(engine):
    with Session(engine) as session, language.speaking("en"):
        table = visit_table(session, CHEN, JUNE_1)
    assert table[1][:3] == ["Firm", "Credit code", "District"]
    assert as_file(table, "csv", False).startswith(b"\xef\xbb\xbf")
