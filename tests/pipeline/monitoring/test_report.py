"""The report of a small city: what came and left by hand, sums that add up, and the same when it is made again."""

import json
from datetime import date, datetime

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from pipeline.accounts.people import Person
from pipeline.accounts.roles import Role
from pipeline.errors import NotAllowed
from pipeline.kept_answers.documents import as_document, record_of
from pipeline.ladder.in_words import rung_name
from pipeline.monitoring.report import Report, report
from pipeline.monitoring.tables import firms_behind, place_name, tables
from pipeline.store.plan_tables.support import SupportClaim, SupportClaimEntry
from pipeline.store.tables import Firm
from pipeline.tutoring import cases, visits
from tests.cast import BANYAN, KAPOK, LOTUS, happened, state
from tests.pipeline.ladder.city import DISTRICT, OFFICER, did, good
from tests.pipeline.pools.city import CHEN

ON_SQLITE_ALONE = True
#: A day in the second month of the second quarter.
DAY = date(2024, 5, 20)
NOW = datetime(2024, 5, 20, 4, 0)


def fill(engine):
    """Lotus's certificate ended in April, Banyan has one since May; Kapok's loan and claim are of the quarter, a visit
    of the month."""
    good(engine, LOTUS, hnte_certified_on=date(2021, 4, 11), hnte_expires_on=date(2024, 4, 10))
    good(engine, BANYAN)
    good(engine, KAPOK)
    state(
        engine,
        BANYAN,
        2023,
        hnte_certified_on=date(2024, 5, 2),
        hnte_expires_on=date(2027, 5, 1),
        known_on=date(2024, 5, 6),
        source="audited",
    )
    did(engine, KAPOK, "technology_loan", date(2024, 4, 2), counterpart="银行", amount_fen=100_000_001)
    did(engine, KAPOK, "tech_sme_listed", date(2023, 6, 1))  # until the end of March
    happened(engine, LOTUS, "tutoring_filed", date(2024, 2, 3))
    with Session(engine) as session, session.begin():
        session.get_one(Firm, KAPOK).district_code = None  # nobody has stated it
        claim = SupportClaim(
            firm_id=KAPOK,
            rule_id="rd",
            once="rd",
            occasion="year:2023",
            occasion_on=DAY,
            live=True,
            claimed_fen=7,
            basis={},
            evidence="x",
            state="claimed",
            claimed_on=date(2024, 5, 3),
            claimed_by="x",
            claimed_at=NOW,
        )
        session.add(claim)
        session.flush()
        session.add(
            SupportClaimEntry(claim_id=claim.id, step="claimed", amount_fen=7, on=date(2024, 5, 3), by="x", at=NOW)
        )
        case = cases.open_case(session, CHEN, LOTUS, date(2024, 3, 1), now=NOW)
        assert case.firm_id == LOTUS
        visits.record_visit(session, CHEN, LOTUS, date(2024, 5, 7), "情况", now=NOW)


@pytest.fixture
def small(engine):
    fill(engine)
    return engine


def told(engine, person=OFFICER, day=DAY) -> Report:
    with Session(engine) as session:
        return report(session, person, day)


def as_text(document):
    return json.dumps(document, default=str, ensure_ascii=False, sort_keys=True)


def of_rung(found, rung):
    return next(one for one in found.states if one.rung == rung)


def what(found, name):
    return next(one for one in found.happened if one.what == name)


@pytest.mark.both_databases
def test_who_came_and_who_left_within_the_month_the_quarter_and_the_year(small):
    found = told(small)
    hnte = of_rung(found, "hnte").whole
    assert hnte.now == 1
    changes = {kind: (one.begin, one.came, one.left) for kind, one in hnte.periods.items()}
    assert changes == {"month": (0, 1, 0), "quarter": (1, 1, 1), "year": (1, 1, 1)}
    moves = {(one.firm_id, one.came): (list(one.periods), str(one.why)) for one in found.moves if one.rung == "hnte"}
    assert moves == {
        (BANYAN, True): (["month", "quarter", "year"], "自 2024-05-02"),
        (LOTUS, False): (["quarter", "year"], "至 2024-04-10"),
    }
    tech = of_rung(found, "tech_sme").whole
    assert {kind: (one.begin, one.left) for kind, one in tech.periods.items()} == {
        "month": (0, 0),
        "quarter": (1, 1),
        "year": (1, 1),
    }


def test_what_happened_is_counted_with_firms_and_money_of_each_period(small):
    found = told(small)
    assert {kind: (one.count, one.fen) for kind, one in what(found, "technology_loan").whole.periods.items()} == {
        "month": (0, None),
        "quarter": (1, 100_000_001),
        "year": (1, 100_000_001),
    }
    counts = {name: [one.count for one in what(found, name).whole.periods.values()] for name in ("tutoring_filed", "")}
    assert counts == {"tutoring_filed": [0, 0, 1], "": [1, 1, 1]}
    assert [one.fen for one in what(found, "claimed").whole.periods.values()] == [7, 7, 7]
    assert what(found, "claimed").behind == [(KAPOK, date(2024, 5, 3), 7)]


def test_districts_and_those_of_none_add_up_to_the_city(small):
    found = told(small)
    for one in found.states:
        assert sum(of.now for of in one.districts) == one.whole.now == len(one.firms)
        for kind, change in one.whole.periods.items():
            assert change.begin + change.came - change.left == one.whole.now
            for name in ("begin", "came", "left", "begin_then"):
                assert sum(getattr(of.periods[kind], name) for of in one.districts) == getattr(change, name)
    for one in found.happened:
        for kind, whole in one.whole.periods.items():
            assert sum(of.periods[kind].count for of in one.districts) == whole.count
            assert sum(of.periods[kind].fen or 0 for of in one.districts) == (whole.fen or 0)
    assert {of.district for of in found.states[0].districts} == {"", "440703", "440704"}


def test_a_past_report_made_again_says_the_same_whatever_came_to_be_known_since(small):
    before = as_text(told(small).as_json())
    did(small, LOTUS, "equity_round", date(2024, 5, 10), known_on=date(2024, 5, 21), amount_fen=5, level="a")
    happened(small, BANYAN, "tutoring_filed", date(2024, 5, 11), known_on=date(2024, 6, 1))
    state(
        small,
        KAPOK,
        2022,
        hnte_certified_on=date(2022, 1, 1),
        hnte_expires_on=date(2024, 12, 31),
        known_on=date(2024, 5, 21),
        source="audited",
    )
    with Session(small) as session, session.begin():
        visits.record_visit(session, CHEN, LOTUS, date(2024, 5, 8), "补记", now=datetime(2024, 5, 21, 4, 0))
        number = session.scalars(select(SupportClaim.id)).one()
        later = {"on": date(2024, 5, 4), "by": "x", "at": datetime(2024, 5, 22)}
        session.add(SupportClaimEntry(claim_id=number, step="payment", amount_fen=7, **later))
    assert as_text(told(small).as_json()) == before


def test_what_came_to_be_known_later_is_told_beside_what_was_known_then(small):
    state(
        small,
        KAPOK,
        2022,
        hnte_certified_on=date(2022, 1, 1),
        hnte_expires_on=date(2024, 12, 31),
        known_on=date(2024, 5, 15),
        source="audited",
    )
    change = of_rung(told(small), "hnte").whole.periods["year"]
    assert (change.begin, change.begin_then) == (2, 0), "of Lotus's certificate too nothing was known before"
    note = next(one.note for one in tables(told(small)) if one.id == "rungs")
    assert "2024 期初为 2，当时已知 0" in note


def test_a_district_is_told_of_its_own_firms_alone(small):
    found = told(small, DISTRICT)
    assert {firm for one in found.states for firm in one.firms} == {BANYAN}
    assert LOTUS not in json.dumps(as_document(found))
    assert KAPOK not in json.dumps(as_document(found))
    assert found.firms == 1


@pytest.mark.parametrize("role", [Role.ANALYST, Role.MENTOR, Role.ADMIN, Role.ENTERPRISE])
def test_whoever_may_not_see_the_plan_is_told_nothing(small, role):
    with pytest.raises(NotAllowed):
        told(small, Person(9, "x", role, firm_id=LOTUS if role == Role.ENTERPRISE else None))


def test_what_is_kept_for_a_page_is_read_again_as_it_was(small):
    found = told(small)
    again = record_of(Report, json.loads(json.dumps(as_document(found))))
    assert as_text(again.as_json()) == as_text(found.as_json())
    assert [one.rows for one in tables(again)] == [one.rows for one in tables(found)]


def test_every_number_leads_to_its_firms(small):
    found, behind = told(small), firms_behind(told(small)).rows
    for one in found.states:
        named = [row[2] for row in behind if row[:2] == [rung_name(one.rung), "在册"]]
        assert sorted(named) == sorted(one.firms)
    loan = ["科技贷款", "2024-04-02", KAPOK, found.names[KAPOK][0], place_name(""), "", "1,000,000.01 元"]
    assert loan in behind
