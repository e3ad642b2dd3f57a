"""Events that come in move the tutoring cases of their firms, whoever brings them; another cohort's move none."""

from datetime import date, datetime
from unittest.mock import Mock

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from dashboard.jobs import import_tasks
from pipeline.intake import importing
from pipeline.intake.importing import ImportRequest
from pipeline.settings import ROOT, Settings
from pipeline.store.tables import AuditEntry, Case
from pipeline.tutoring import cases
from tests.cast import BANYAN, LOTUS
from tests.dashboard.jobs.asked import account, asked
from tests.pipeline.pools.city import CHEN, MAY_1, found

TODAY, NOW = date(2024, 6, 1), datetime(2024, 6, 1, 9, 0)


@pytest.fixture
def city(engine):
    found(engine)
    with Session(engine) as session, session.begin():
        for firm in (LOTUS, BANYAN):
            cases.open_case(session, CHEN, firm, MAY_1, now=NOW)
    return engine


def events(folder, *rows, name="events.csv"):
    heading = "统一社会信用代码,企业名称,事项,板块,发生日期,获知日期"
    file = folder / name
    file.write_text("\n".join([heading, *(",".join(row) for row in rows)]), encoding="utf-8")
    return file


def share_reform(folder, on="2024-05-20", name="events.csv"):
    return events(folder, (LOTUS, "莲芯传感（虚构）", "完成股改", "", on, on), name=name)


def brought(engine, file, **options):
    request = ImportRequest.of(file, "city-events", by="陈主任", now=NOW, today=TODAY, **options)
    return importing.import_events(engine, request)


def stages(engine):
    with Session(engine) as session:
        return dict(session.execute(select(Case.firm_id, Case.stage)).all())


def test_a_file_of_events_moves_the_case_of_its_firm_and_says_so(city, tmp_path):
    report = brought(city, share_reform(tmp_path))
    assert report.moved_cases == 1
    assert str(report.notices[-1]) == "1 份辅导档案已按事件移到相应阶段。"
    assert stages(city) == {LOTUS: "share_reform", BANYAN: "nurture"}
    with Session(city) as session:
        entry = session.scalars(select(AuditEntry).order_by(AuditEntry.id.desc())).first()
        assert (entry.person, entry.action, entry.details["by"]) == ("陈主任", "change_stage", "events")


def test_a_look_at_a_file_moves_nothing(city, tmp_path):
    assert brought(city, share_reform(tmp_path), dry_run=True).moved_cases == 0
    assert stages(city)[LOTUS] == "nurture"


def test_the_job_of_the_board_moves_cases_as_the_command_line_does(sqlite_engine, sqlite_url, tmp_path):
    found(sqlite_engine)
    with Session(sqlite_engine) as session, session.begin():
        cases.open_case(session, CHEN, LOTUS, MAY_1, now=NOW)
    file = share_reform(tmp_path)
    settings = Settings(root=ROOT, db_url=sqlite_url, models=tmp_path, secret=None, language="zh_CN")
    look = asked(
        sqlite_engine, owner=account(sqlite_engine, role="officer"), files={f"upload/{file.name}": file.read_bytes()}
    )
    answer = import_tasks.store(
        settings,
        tmp_path,
        Mock(),
        source=look,
        file=file.name,
        map_name="city-events",
        known_on=None,
        account=1,
    )
    assert any("1 份辅导档案已按事件移到相应阶段" in notice for notice in answer["notices"])
    assert stages(sqlite_engine)[LOTUS] == "share_reform"


def test_the_same_file_again_stores_nothing_and_lets_cases_catch_up_that_were_left_behind(city, tmp_path):
    brought(city, share_reform(tmp_path))
    with Session(city) as session, session.begin():
        session.scalars(select(Case).where(Case.firm_id == BANYAN)).one().closed_on = TODAY
    report = brought(city, share_reform(tmp_path))
    assert (report.already_stored, report.moved_cases) == (True, 0)


def test_events_of_a_reference_cohort_move_no_case_of_the_city(city, tmp_path):
    report = brought(city, share_reform(tmp_path), cohort="elsewhere")
    assert report.added == 1
    assert report.moved_cases == 0
    assert stages(city)[LOTUS] == "nurture"
    with Session(city) as session:
        assert [line.says_otherwise for line in cases.open_cases(session, CHEN, TODAY)] == [None, None]
        assert cases.stage_by_events(session, LOTUS, TODAY)[0] == "nurture"


@pytest.mark.parametrize("day", ["2024-05-20", "2024-05-21"])
def test_the_citys_own_file_moves_it_also_where_it_states_the_very_same_event(city, tmp_path, day):
    brought(city, share_reform(tmp_path), cohort="elsewhere")
    assert brought(city, share_reform(tmp_path, on=day, name="ours.csv")).added == 1
    assert stages(city)[LOTUS] == "share_reform"


def test_a_filing_that_was_accepted_is_not_a_tutoring_that_was_passed(city, tmp_path):
    rows = [("完成股改", "2024-05-02"), ("辅导备案", "2024-05-10"), ("辅导备案受理", "2024-05-15")]
    file = events(tmp_path, *((LOTUS, "莲芯传感（虚构）", what, "北交所", day, day) for what, day in rows))
    brought(city, file)
    assert stages(city)[LOTUS] == "tutoring_accepted"
    with Session(city) as session:
        boards = session.scalars(select(importing.store.Event.board).distinct()).all()
    assert boards == ["bse"]


def test_an_event_that_the_program_does_not_know_is_refused_at_its_cell(city, tmp_path):
    file = tmp_path / "stated.csv"
    file.write_text(f"credit_code,event,occurred_on\n{LOTUS},walked_on_the_moon,2024-05-02\n", encoding="utf-8")
    request = ImportRequest.of(file, "prospectus-events", by="t", now=NOW, today=TODAY)
    preview = importing.preview(city, request)
    (problem,) = preview.problems
    assert (problem.kind, problem.cell) == ("unknown_word", "B2")
