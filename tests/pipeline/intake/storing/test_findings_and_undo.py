"""Sources are held against each other, findings wait for a person, and an import is taken back with its reasons."""

from datetime import date, datetime
from types import SimpleNamespace

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from pipeline import facts
from pipeline.accounts import audit
from pipeline.errors import NotFound
from pipeline.intake import importing
from pipeline.intake.history import imports
from pipeline.intake.history.imports import NotUndone
from pipeline.intake.plausibility import cross_checks
from pipeline.intake.storing import findings
from pipeline.intake.storing.findings import CROSS_CHECK_COLUMNS, FINDING_COLUMNS, WrongSettlement
from pipeline.intake.storing.import_request import ImportRequest
from pipeline.store.tables import AuditEntry, Import, Model, Score, ScoreRun
from tests.pipeline.intake.workbooks import BANYAN, FINANCE, LOTUS, good, write

NOW, TODAY = datetime(2024, 6, 1, 9), date(2024, 6, 1)
LATER = datetime(2024, 7, 1, 9)


def store(engine, path, source=None, now=NOW, **options):
    return importing.import_returns(
        engine, ImportRequest.of(path, "city", by="t", now=now, today=now.date(), source=source, **options)
    )


def with_agency(tmp_path, name="form.xlsx", **changes):
    sheets = {
        "企业基本信息": [
            ["统一社会信用代码", "年度", "企业名称", "申报材料编制机构"],
            [LOTUS, 2023, "莲芯（虚构）", "甲事务所（虚构）"],
        ]
    }
    return write(tmp_path / name, {**good(), **sheets}, **changes)


def test_two_sources_that_contradict_each_other_are_a_finding_with_the_agency(engine, tmp_path):
    store(engine, with_agency(tmp_path))
    report = store(engine, write(tmp_path / "tax.xlsx", C3=3900, D3=-35.2), source="tax", now=LATER)
    checks = cross_checks.list_cross_checks(engine)
    assert report.cross_checks == len(checks) == 1
    check = checks[0]
    assert (check.firm_id, check.year, check.fact) == (LOTUS, 2023, "revenue_cny")
    assert (check.own.value, check.other.value, check.own.source, check.other.source) == (
        39_000_000,
        41_002_500,
        "tax",
        "hnte_annual",
    )
    assert check.gap_share == pytest.approx(0.0488, abs=1e-4)
    assert check.prepared_by == "甲事务所（虚构）"
    assert "4.9%" in str(check.message)


def test_sources_within_the_tolerance_do_not_contradict_each_other(sqlite_engine, tmp_path):
    store(sqlite_engine, write(tmp_path / "form.xlsx"))
    assert store(sqlite_engine, write(tmp_path / "tax.xlsx", C3=4100.25 * 0.99), source="tax").cross_checks == 0


def test_the_more_trusted_source_is_believed_whichever_came_last(sqlite_engine, tmp_path):
    store(sqlite_engine, write(tmp_path / "audited.xlsx", C3=3900), source="audited")
    store(sqlite_engine, write(tmp_path / "form.xlsx"), now=LATER)
    assert facts.as_known_on(sqlite_engine, date(2025, 1, 1)).loc[(LOTUS, 2023), "revenue_cny"] == 39_000_000


def test_a_correction_closes_the_contradiction_and_its_undo_opens_it_again(engine, tmp_path):
    store(engine, write(tmp_path / "form.xlsx"))
    store(engine, write(tmp_path / "tax.xlsx", C3=3900), source="tax")
    corrected = store(engine, write(tmp_path / "form2.xlsx", C3=3900), now=LATER)
    assert cross_checks.list_cross_checks(engine) == []
    closed = cross_checks.list_cross_checks(engine, state="corrected")
    assert [(one.settled_by, one.settled_by_import) for one in closed] == [("t", corrected.import_id)]
    imports.undo(engine, corrected.import_id, by="t", now=LATER)
    assert len(cross_checks.list_cross_checks(engine)) == 1


def test_a_contradiction_is_explained_with_a_reason_that_the_trail_keeps(sqlite_engine, tmp_path):
    store(sqlite_engine, write(tmp_path / "form.xlsx"))
    store(sqlite_engine, write(tmp_path / "tax.xlsx", C3=3900), source="tax")
    number = cross_checks.list_cross_checks(sqlite_engine)[0].id
    with Session(sqlite_engine) as session, session.begin():
        with pytest.raises(WrongSettlement):
            cross_checks.settle_cross_check(session, number, "explained", " ", by="王（虚构）", now=LATER)
        with pytest.raises(NotFound):
            cross_checks.settle_cross_check(session, 99, "explained", "x", by="王（虚构）", now=LATER)
        cross_checks.settle_cross_check(session, number, "explained", "口径不同", by="王（虚构）", now=LATER)
        assert audit.verify(session) == 3
    explained = cross_checks.list_cross_checks(sqlite_engine, state="explained")
    assert (explained[0].settled_by, explained[0].settled_why) == ("王（虚构）", "口径不同")


def test_an_undone_import_contradicts_nobody(sqlite_engine, tmp_path):
    store(sqlite_engine, write(tmp_path / "form.xlsx"))
    tax = store(sqlite_engine, write(tmp_path / "tax.xlsx", C3=3900), source="tax")
    imports.undo(sqlite_engine, tax.import_id, by="t", now=LATER)
    assert cross_checks.list_cross_checks(sqlite_engine, state=None) == []


def test_findings_are_shown_with_their_import_and_settled_by_a_person(engine, tmp_path):
    report = store(engine, write(tmp_path / "form.xlsx", C3=41_002_500))
    shown = imports.details(engine, report.import_id)
    assert shown.problems == []
    kinds = {(one.firm_id, one.year, one.kind, one.field) for one in shown.warnings}
    assert (LOTUS, 2023, "unit_yuan_for_wan", "revenue_cny") in kinds
    first = findings.list_findings(engine, kinds=["unit_"])[0]
    assert (first.cell, first.found, first.file) == ("C3", "41002500", "form.xlsx")
    with Session(engine) as session, session.begin():
        findings.settle_finding(session, first.id, "explained", "已核实", by="王（虚构）", now=LATER)
    assert findings.list_findings(engine, kinds=["unit_"]) == []
    assert findings.list_findings(engine, state="explained")[0].settled_why == "已核实"
    assert findings.list_findings(engine, firm_id=BANYAN, state=None) == []


def test_a_corrected_return_settles_the_finding_of_the_wrong_one(engine, tmp_path):
    store(engine, write(tmp_path / "form.xlsx", C3=41_002_500))
    store(engine, write(tmp_path / "form2.xlsx"), now=LATER)
    assert findings.list_findings(engine, kinds=["unit_"]) == []
    assert len(findings.list_findings(engine, kinds=["unit_"], state="corrected")) == 1


def test_an_export_runs_no_formula(sqlite_engine, tmp_path):
    line = {"firm_id": LOTUS, "firm_name": "=HYPERLINK(1)", "message": "-2+3", "year": 2023, "gap_share": -0.5}
    rows = [SimpleNamespace(as_json=lambda: line)]
    text = findings.export_csv(rows, FINDING_COLUMNS).decode("utf-8-sig")
    assert "'=HYPERLINK(1)" in text
    assert "'-2+3" in text
    assert "-0.5" in findings.export_csv(rows, CROSS_CHECK_COLUMNS).decode("utf-8-sig").split("\r\n")[1]


def scored(engine, as_of: date) -> None:
    with Session(engine) as session, session.begin():
        session.add(
            Model(
                id="m",
                trained_at=LATER,
                as_of=as_of,
                cohorts=["neeq"],
                event="listed",
                within_months=24,
                fingerprint="x",
                measures={},
            )
        )
        run = ScoreRun(
            model_id="m",
            cohort="city",
            as_of=as_of,
            scored_at=LATER,
            data_fingerprint="x",
            base_points=50,
            reference="r",
        )
        session.add(run)
        session.flush()
        session.add(Score(run_id=run.id, firm_id=LOTUS, points=50, probability=0.1))


def test_an_import_on_which_scores_rest_stays_unless_somebody_gives_a_reason(engine, tmp_path):
    report = store(engine, write(tmp_path / "form.xlsx"))
    scored(engine, TODAY)
    for options in ({}, {"why": "x"}, {"force": True}, {"force": True, "why": " "}):
        with pytest.raises(NotUndone):
            imports.undo(engine, report.import_id, by="t", now=LATER, **options)
    assert len(facts.as_known_on(engine, TODAY)) == 3
    undone = imports.undo(engine, report.import_id, by="王（虚构）", now=LATER, force=True, why="整份填错")
    assert undone.rested_on_it
    with Session(engine) as session:
        entry = session.scalars(select(AuditEntry).where(AuditEntry.action == "import_undone")).one()
        assert (entry.person, entry.action, entry.details["why"], entry.details["forced"]) == (
            "王（虚构）",
            "import_undone",
            "整份填错",
            True,
        )
        assert session.get(Import, report.import_id).undone_why == "整份填错"


def test_an_import_made_after_the_scores_can_be_undone_without_a_reason(sqlite_engine, tmp_path):
    store(sqlite_engine, write(tmp_path / "form.xlsx"))
    scored(sqlite_engine, TODAY)
    later = store(sqlite_engine, write(tmp_path / "form2.xlsx", C2=3300), now=datetime(2024, 8, 1))
    assert imports.undo(sqlite_engine, later.import_id, by="t", now=datetime(2024, 8, 2)).state == "undone"


def test_scores_of_a_day_on_which_nothing_of_it_was_known_do_not_hold_an_import(sqlite_engine, tmp_path):
    report = store(sqlite_engine, write(tmp_path / "form.xlsx"), known_on=date(2024, 5, 20))
    scored(sqlite_engine, date(2024, 5, 1))
    assert imports.undo(sqlite_engine, report.import_id, by="t", now=LATER).rows == 6


def test_what_is_undone_stays_on_record_and_cannot_be_undone_twice(sqlite_engine, tmp_path):
    number = store(sqlite_engine, write(tmp_path / "form.xlsx")).import_id
    imports.undo(sqlite_engine, number, by="t", now=LATER)
    assert [(one.id, one.state, one.rows) for one in imports.list_imports(sqlite_engine)] == [(number, "undone", 6)]
    with pytest.raises(NotUndone):
        imports.undo(sqlite_engine, number, by="t", now=LATER)
    with pytest.raises(NotFound):
        imports.undo(sqlite_engine, 99, by="t", now=LATER)


def test_the_firms_own_sheet_names_stay_with_the_figures(sqlite_engine, tmp_path):
    store(sqlite_engine, write(tmp_path / "form.xlsx"))
    said = facts.statements_of(sqlite_engine, LOTUS, date(2025, 1, 1))
    assert set(said.loc[said["fact"] == "revenue_cny", "sheet"]) == {FINANCE}
