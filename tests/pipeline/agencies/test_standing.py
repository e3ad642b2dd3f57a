"""The agencies of a stored city: under one name, filed or not, drawn for spot checks, marked once they are listed."""

from datetime import date, datetime

import pytest
from sqlalchemy.orm import Session

from pipeline.advisers import register, spot_checks
from pipeline.advisers.drawing import WrongDraw
from pipeline.advisers.register import Filing
from pipeline.agencies.marks import marks
from pipeline.agencies.standing import Agencies, agencies
from pipeline.agencies.unfiled import near
from pipeline.errors import NotAllowed
from pipeline.kept_answers.documents import as_document, record_of
from pipeline.store.tables import CITY, CrossCheck, Import, Return, ReturnRow
from pipeline.tutoring.negative_list import entries
from tests.cast import BANYAN, KAPOK, LOTUS
from tests.pipeline.pools.city import ANA, CHEN, JIANGHAI, LOTUS_CLERK, found

DAY, NOW = date(2024, 6, 3), datetime(2024, 6, 3, 1, 0)
YEARS = range(2019, 2024)
BY = {LOTUS: "甲　企服 ", BANYAN: "甲企服", KAPOK: "丁咨询"}

ON_SQLITE_ALONE = True


@pytest.fixture
def session(engine):
    """Five years of three firms in two sources; the annual returns say who prepared them."""
    found(engine)
    with Session(engine) as session:
        for source in ("hnte_annual", "audited"):
            about = {"kind": "returns", "map_name": "city", "cohort": CITY, "rows": 15, "imported_by": "test"}
            brought = Import(file_name=source, sha256=source, source=source, imported_at=NOW, **about)
            form = Return(brought_by=brought, source=source, sheet="年度财务")
            session.add_all([brought, form])
            session.flush()
            session.add_all(
                ReturnRow(
                    firm_id=firm,
                    return_id=form.id,
                    sheet_row=year,
                    year=year,
                    months=12,
                    known_on=date(year + 1, 5, 1),
                    prepared_by=by if source == "hnte_annual" else None,
                )
                for firm, by in BY.items()
                for year in YEARS
            )
        session.flush()
        yield session


def agency(session, name):
    return register.register(session, CHEN, "agency", name, now=NOW).id


def differ(session, firm, year, fact, value, other):
    rows = session.query(ReturnRow.id).filter_by(firm_id=firm, year=year).order_by(ReturnRow.id).all()
    about = {"firm_id": firm, "year": year, "fact": fact, "value": value, "other_value": other, "gap_share": 0.5}
    session.add(CrossCheck(row_id=rows[0].id, other_row_id=rows[1].id, found_at=NOW, **about))
    session.flush()


def named(found):
    return {one.name: one.counted for one in found.compared}


@pytest.mark.both_databases
def test_two_spellings_are_two_agencies_until_a_person_merges_them(session):
    first, second = agency(session, "甲 企服"), agency(session, "甲企服")
    assert {name: one.returns for name, one in named(agencies(session, CHEN, DAY)).items()} == {
        "甲 企服": 5,
        "甲企服": 5,
        "丁咨询": 5,
    }
    register.merge(session, CHEN, second, first, "同一家", now=NOW)
    found = agencies(session, CHEN, DAY)
    assert named(found)["甲 企服"].returns == 10
    assert named(found)["甲 企服"].firms == 2
    assert record_of(Agencies, as_document(found)) == found


def test_ten_thousand_times_as_much_is_a_slip_of_units_and_nine_thousand_a_difference(session):
    differ(session, LOTUS, 2020, "revenue_cny", 123.0, 1_230_000.0)
    differ(session, LOTUS, 2021, "revenue_cny", 123.0, 1_107_000.0)
    differ(session, LOTUS, 2022, "revenue_cny", -123.0, 1_230_000.0)
    counted = named(agencies(session, CHEN, DAY))["甲 企服"]
    assert (counted.returns, counted.slips, counted.differences) == (5, 1, 2)


def test_who_has_no_filing_in_force_is_told_with_returns_firms_and_the_first_day(session):
    number = agency(session, "甲 企服")
    told = {one.name: one for one in agencies(session, CHEN, DAY).unfiled}
    assert set(told) == {"甲 企服", "甲企服", "丁咨询"}
    assert (told["丁咨询"].returns, told["丁咨询"].firms, told["丁咨询"].since) == (5, 1, date(2020, 5, 1))
    assert (told["丁咨询"].adviser_id, told["甲 企服"].adviser_id) == (None, number)
    assert (list(told["甲企服"].near), list(told["丁咨询"].near)) == (["甲 企服"], [])
    filing = Filing("bureau", "备 1", date(2024, 1, 1), DAY)
    register.file(session, CHEN, number, filing, now=NOW)
    assert "甲 企服" not in {one.name for one in agencies(session, CHEN, DAY).unfiled}
    tomorrow = date(2024, 6, 4)
    assert "甲 企服" in {one.name for one in agencies(session, CHEN, tomorrow).unfiled}


def test_equal_amounts_of_two_firms_are_told_once_both_are_within_reach(session):
    rows = ReturnRow.__table__
    agency(session, "甲企服")
    session.execute(rows.update().where(rows.c.firm_id == LOTUS).values(prepared_by="甲企服"))
    amounts = {"revenue_cny": 12_345.0, "net_profit_cny": 1_234.0, "total_assets_cny": 23_456.0}
    named_ = [name for name in amounts if name in rows.c]
    assert len(named_) == 3
    session.execute(rows.update().where(rows.c.year == 2022).values(**amounts))
    [pair] = agencies(session, CHEN, DAY).copies
    assert (pair.agency, pair.year, {pair.firm_id, pair.other_firm_id}, pair.equal) == (
        "甲企服",
        2022,
        {LOTUS, BANYAN},
        3,
    )
    assert agencies(session, JIANGHAI, DAY).copies == []


def test_names_resemble_each_other_from_three_quarters_on():
    assert near("晨砾企业咨询", ["晨砾企业咨询部", "晨砾", "穹泓科技"]) == ["晨砾企业咨询部"]
    assert near("甲乙丙丁", ["甲乙丙戊", "甲乙戊己"]) == ["甲乙丙戊"]  # 2 * 3 / 8, 2 * 2 / 8


def test_a_district_counts_its_own_firms_and_nobody_else_sees_any(session):
    assert set(named(agencies(session, JIANGHAI, DAY))) == {"甲企服"}
    for person in (ANA, LOTUS_CLERK):
        with pytest.raises(NotAllowed):
            agencies(session, person, DAY)


@pytest.mark.both_databases
def test_returns_of_agencies_are_drawn_again_by_the_same_seed_and_what_was_found_is_kept(session):
    agency(session, "甲 企服"), agency(session, "丁咨询")
    first, second = (
        spot_checks.draw_check(session, CHEN, "returns", "agency", 2, "抽查", DAY, now=NOW, seed="7") for _each in "ab"
    )
    assert first.frame == second.frame
    assert len(first.frame) == 2  # the latest year of each firm; 甲企服 is not in the register
    seen = spot_checks.spot_checks(session, CHEN, DAY)[0]
    assert {(item.firm_id, item.adviser) for item in seen.items} == {(LOTUS, "甲 企服"), (KAPOK, "丁咨询")}
    assert seen.repeats
    item = seen.items[0]
    spot_checks.record_result(session, CHEN, item.id, "differences", "研发费用不符", DAY, now=NOW)
    kept = spot_checks.spot_checks(session, CHEN, DAY)[0]
    assert (kept.open, kept.with_findings) == (1, 1)
    assert spot_checks.spot_checks(session, JIANGHAI, DAY)[0].items == []
    by_district = spot_checks.draw_check(session, CHEN, "returns", "district", 2, "抽查", DAY, now=NOW)
    assert sorted(stratum for _number, stratum in by_district.frame) == ["440703", "440705"]
    by_size = spot_checks.draw_check(session, CHEN, "returns", "size", 2, "抽查", DAY, now=NOW)
    assert [stratum for _number, stratum in by_size.frame] == ["unknown", "unknown"]
    with pytest.raises(WrongDraw):
        spot_checks.draw_check(session, CHEN, "returns", "kind", 2, "抽查", DAY, now=NOW)


@pytest.mark.parametrize(
    ("revenue", "size"),
    [
        (400_000_000, "large"),
        (399_999_999.99, "medium"),
        (20_000_000, "medium"),
        (19_999_999, "small"),
        (2_999_999, "micro"),
        (-1, "micro"),
        (None, "unknown"),
    ],
)
def test_sizes_begin_at_the_lines_of_industry(revenue, size):
    assert spot_checks.size_of(revenue) == size


def test_returns_of_a_listed_agency_are_marked_for_whoever_follows_the_plan(session):
    number, texts = agency(session, "甲 企服"), [BY[LOTUS], BY[KAPOK], None]
    assert marks(session, CHEN, texts, DAY) == {}
    end = date(2025, 1, 1)
    entries.enter(session, CHEN, number, "不实", "据", DAY, end, now=NOW, decided_by_two=True)
    found = marks(session, CHEN, texts, DAY)
    assert list(found) == [BY[LOTUS]]
    assert "2025-01-01" in str(found[BY[LOTUS]])
    assert marks(session, CHEN, texts, end) == {}
    assert marks(session, LOTUS_CLERK, texts, DAY) == marks(session, ANA, texts, DAY) == {}
