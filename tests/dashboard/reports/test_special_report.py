"""The city's one-page report: every figure as of its day, nothing of the day after, one page whatever it holds."""

import io
from collections import Counter
from dataclasses import replace
from datetime import date, datetime, timedelta

import docx
import pytest
from sqlalchemy import Engine
from sqlalchemy.orm import Session

from dashboard.reports.pool_papers import Office
from dashboard.reports.special_report import SpecialReport, month_before, special_report
from dashboard.reports.special_report_papers import (
    changes_of,
    districts_of,
    report_docx,
    report_html,
    report_pdf,
    title_of,
    why_watch,
)
from pipeline import language
from pipeline.accounts import people
from pipeline.errors import NotAllowed
from pipeline.settings import Settings
from pipeline.store.database import engine_for
from pipeline.tutoring import cases, visits
from pipeline.wording.short_text import width
from tests.cast import BANYAN, KAPOK, LOTUS, NAMES, happened
from tests.dashboard.reports.pdf_pages import page_count
from tests.demo_city import TODAY
from tests.pipeline.pools.city import ANA, CHEN, JIANGHAI, LOTUS_CLERK, found, score
from tests.pipeline.pools.membership import proposed, stayed

APRIL_1, MAY_1, MAY_10, MAY_20 = date(2024, 4, 1), date(2024, 5, 1), date(2024, 5, 10), date(2024, 5, 20)
JUNE_1, JUNE_2 = date(2024, 6, 1), date(2024, 6, 2)
BUREAU = Office("江城市金融工作局")


def at(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, 3, 0)


@pytest.fixture
def engine(sqlite_engine: Engine) -> Engine:
    """In May Lotus left the seed pool, Banyan rose to the golden one and signed its advisers, Kapok entered; on 2 June
    everything changes again."""
    engine = sqlite_engine
    found(engine)
    stayed(engine, LOTUS, "seed", APRIL_1, date(2024, 5, 25))
    stayed(engine, BANYAN, "seed", APRIL_1, MAY_20)
    stayed(engine, BANYAN, "golden", MAY_20)
    stayed(engine, KAPOK, "seed", MAY_20)
    proposed(engine, LOTUS, "enter", None, state="open")
    proposed(engine, BANYAN, "demote", JUNE_2)
    proposed(engine, KAPOK, "exit", MAY_10, state="overruled")
    score(engine, {LOTUS: 60.0, BANYAN: 70.0, KAPOK: 66.0}, as_of=APRIL_1)
    score(engine, {LOTUS: 60.0, BANYAN: 64.0, KAPOK: 66.5}, as_of=MAY_1)
    score(engine, {LOTUS: 60.0, BANYAN: 90.0, KAPOK: 40.0}, as_of=JUNE_2)
    happened(engine, BANYAN, "share_reform", date(2024, 3, 1), known_on=MAY_10)
    happened(engine, KAPOK, "tutoring_filed", MAY_20, known_on=JUNE_2)
    with Session(engine) as session, session.begin():
        cases.open_case(session, CHEN, BANYAN, APRIL_1, now=at(APRIL_1))
        cases.open_case(session, CHEN, KAPOK, MAY_20, now=at(MAY_20))
        cases.change_stage(
            session, CHEN, cases.case_of(session, BANYAN).id, "advisers", MAY_10, now=at(MAY_10), waive="从简"
        )
        visits.record_visit(session, CHEN, BANYAN, MAY_10, "账目清楚", "补缴社保", MAY_20, now=at(MAY_10))
    with Session(engine) as session, session.begin():  # the day after
        cases.change_stage(session, CHEN, cases.case_of(session, KAPOK).id, "share_reform", JUNE_2, now=at(JUNE_2))
        visits.record_visit(session, CHEN, KAPOK, JUNE_2, "去看了", "补资料", JUNE_2, now=at(JUNE_2))
    return engine


def told(engine: Engine, day: date = JUNE_1, person: people.Person = CHEN) -> SpecialReport:
    with Session(engine) as session:
        return special_report(session, person, day)


def words_of(content: bytes) -> str:
    document = docx.Document(io.BytesIO(content))
    cells = [cell.text for table in document.tables for row in table.rows for cell in row.cells]
    return "\n".join([*(paragraph.text for paragraph in document.paragraphs), *cells])


@pytest.mark.parametrize(
    ("day", "before"),
    [
        (date(2024, 3, 31), date(2024, 2, 29)),
        (date(2023, 3, 29), date(2023, 2, 28)),
        (date(2024, 1, 15), date(2023, 12, 15)),
    ],
)
def test_a_month_before_is_the_same_day_or_the_last_of_the_month(day, before):
    assert month_before(day) == before


def test_pools_are_counted_on_the_day_and_a_month_before(engine):
    report = told(engine)
    assert [(pool.pool, pool.firms, pool.before) for pool in report.pools] == [("seed", 1, 2), ("golden", 1, 0)]
    assert report.since == MAY_1


def test_changes_name_who_entered_rose_and_left_and_which_stages_were_reached(engine):
    changes = told(engine).changes
    assert [member.firm_id for member in changes.entered] == [KAPOK]
    assert [member.firm_id for member in changes.promoted] == [BANYAN]
    assert [member.firm_id for member in changes.left] == [LOTUS]
    assert changes.demoted == []
    assert [(each.firm_id, each.stage) for each in changes.reached] == [(BANYAN, "advisers")]
    assert [line[:2] for line in changes_of(told(engine))] == [
        ("新入库", 1),
        ("晋级金种子库", 1),
        ("出库", 1),
        ("签约中介", 1),
    ]


def test_stages_way_districts_and_overdue_steps_add_up(engine):
    report = told(engine)
    assert {each.stage: (each.firms, each.before) for each in report.stages if each.firms or each.before} == {
        "nurture": (1, 1),
        "advisers": (1, 0),
    }
    assert report.cases == sum(each.firms for each in report.stages) == 2
    assert [(each.step, each.in_pool, each.firms) for each in report.way][:2] == [
        ("share_reform", 1, 1),
        ("tutoring_filed", 0, 0),
    ]
    assert [(each.code, each.seed, each.golden, each.tutored, each.overdue) for each in report.districts] == [
        ("440704", 0, 1, 1, 1),
        ("440705", 1, 0, 1, 0),
    ]
    assert [(step.firm_id, step.days_late) for step in report.overdue] == [(BANYAN, 12)]


def test_decisions_within_the_month_are_taken_and_those_of_later_wait(engine):
    decisions = told(engine).decisions
    # Confirmed: Banyan's promotion and Kapok's entry on 20 May; Banyan's demotion is decided on 2 June.
    assert (decisions.confirmed, decisions.overruled, decisions.waiting, decisions.objections) == (2, 1, 2, 0)
    assert told(engine, JUNE_2).decisions.waiting == 1


def test_whom_to_watch_comes_from_the_agenda_of_that_day(engine):
    report = told(engine)
    assert report.scores_of == MAY_1
    (banyan,) = [firm for firm in report.watch if firm.line.firm_id == BANYAN]
    assert (banyan.points, banyan.pool, banyan.last_visit) == (64.0, "golden", MAY_10)
    assert [reason.kind for reason in banyan.reasons] == ["overdue", "fell"]
    assert why_watch(banyan) == "“补缴社保”已于 2024-05-20 到期、自 2024-04-01 起得分由 70.0 降至 64.0"


def test_nothing_of_the_day_after_is_in_the_report(engine):
    report, later = told(engine), told(engine, JUNE_2)
    printed = report_html(report, BUREAU, False) + words_of(report_docx(report, BUREAU, False))
    assert "补资料" not in printed
    assert "90.0" not in printed
    assert [each.in_pool for each in later.way] == [2, 1, 0, 0]  # Kapok's tutoring filing is known by then
    assert {line.stage for line in later.changes.reached} == {"share_reform", "advisers"}
    assert later.scores_of == JUNE_2
    assert {firm.line.firm_id: firm.points for firm in later.watch}[BANYAN] == 90.0


def test_a_report_before_anything_was_known_is_empty_and_still_a_page(engine):
    report = told(engine, date(2020, 1, 1))
    assert (report.in_pools, report.cases, report.watch, report.overdue, report.scores_of) == (0, 0, [], [], None)
    assert page_count(report_pdf(report, BUREAU, False)) == 1
    assert "没有变动" in words_of(report_docx(report, BUREAU, False))


def test_an_officer_of_a_district_gets_its_firms_alone_and_the_title_says_so(engine):
    report = told(engine, person=JIANGHAI)
    assert (report.in_pools, report.cases, [line.code for line in report.districts]) == (1, 1, ["440704"])
    assert title_of(report) == "上市后备企业培育情况专报（江海区）"
    printed = report_html(report, BUREAU, False) + words_of(report_docx(report, BUREAU, False))
    assert "江海区" in printed
    assert not any(NAMES[firm] in printed or firm in printed for firm in (LOTUS, KAPOK))
    assert title_of(told(engine)) == "上市后备企业培育情况专报"


@pytest.mark.parametrize("person", [LOTUS_CLERK, ANA])
def test_who_may_not_read_findings_gets_no_report(engine, person):
    with pytest.raises(NotAllowed):
        told(engine, person=person)


def test_the_paper_holds_the_figures_and_the_name_of_the_bureau(engine):
    words = words_of(report_docx(told(engine), BUREAU, True))
    assert "在库企业2家：种子库1家（−1），金种子库1家（+1）" in words
    assert "在辅导企业2家，其中培育（已入库）1家（±0）、签约中介1家（+1）" in words
    assert "江城市金融工作局" in words
    assert "新入库1家：木棉软件（虚构）" in words
    assert "虚构" in words
    assert "本月确认评审建议 2 项，否决 1 项。" in words


@pytest.mark.parametrize("tongue", ["zh_CN", "en"])
def test_it_is_one_page_with_the_longest_names_and_as_many_lines_as_there_can_be(engine, tongue):
    with language.speaking(tongue):
        report = told(engine)
        (firm, *_others) = report.watch
        long = replace(firm, line=replace(firm.line, firm_name="莲" * 200), reasons=tuple(firm.reasons) * 8)
        member = replace(report.changes.entered[0], firm_name="莲 " * 99)
        stages = [replace(each, firms=1_000_000 + place) for place, each in enumerate(report.stages)]
        step = report.overdue[0]._replace(firm_name="榕" * 200, next_step="补缴社保\n" * 500)
        reached = [replace(report.changes.reached[0], stage=each.stage, firm_name="榕" * 90) for each in report.stages]
        full = replace(
            report,
            stages=stages,
            watch=[long] * 10,
            overdue=[step] * 9_000,
            districts=[replace(report.districts[0], code=str(place), seed=place) for place in range(40)],
            changes=replace(
                report.changes,
                **dict.fromkeys(("entered", "promoted", "demoted", "left"), [member] * 4_000),
                reached=reached,
            ),
        )
        assert page_count(report_pdf(full, BUREAU, True)) == 1
        assert len(districts_of(full)) == 8
        assert width(why_watch(long)) <= 140


@pytest.mark.parametrize("day", [TODAY, TODAY - timedelta(days=200)])
def test_it_is_one_page_of_the_demo_city_in_both_languages_and_its_sums_agree(demo: Settings, day):
    engine = engine_for(demo.db_url)
    report = told(engine, day, people.console())
    for tongue in ("zh_CN", "en"):
        with language.speaking(tongue):
            assert page_count(report_pdf(report, BUREAU, True)) == 1
    assert report.cases == sum(each.firms for each in report.stages) == sum(each.tutored for each in report.districts)
    assert report.in_pools == sum(each.seed + each.golden for each in report.districts)
    moved = report.changes
    assert sum(pool.before for pool in report.pools) + len(moved.entered) - len(moved.left) == report.in_pools
    assert Counter(step.firm_id for step in report.overdue).total() == sum(each.overdue for each in report.districts)
    engine.dispose()
