"""How long cases stay in each stage: medians by hand, those that still wait among them."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy.orm import Session

from pipeline.errors import NotAllowed
from pipeline.store.tables import Case, CaseStage, Firm
from pipeline.tutoring.counts.stage_times import median_stay, stage_times
from tests.pipeline.pools.city import ANA, CHEN, JIANGHAI, NOW


def test_the_median_counts_those_that_still_wait():
    # Kaplan-Meier by hand: 7 at risk; 10: 6/7, 20: 5/7, one is cut short at 25, 30: 15/28, 40: 15/42. Without those
    # that wait it would be 30: too short.
    assert median_stay([10, 20, 25, 30, 40, 50, 60], [True, True, False, True, True, True, False]) == 40


@pytest.mark.parametrize(
    ("waiting", "median"),
    [(4, 50), (5, 50), (6, None)],  # 9: 4/9; 10: 5/10; 11: 6/11
)
def test_no_median_is_given_where_fewer_than_half_have_left(waiting, median):
    assert median_stay([10, 20, 30, 40, 50] + [100] * waiting, [True] * 5 + [False] * waiting) == median


def test_no_median_is_given_where_fewer_than_five_have_left():
    assert median_stay([10, 20, 30, 40], [True] * 4) is None
    assert median_stay([10, 20, 30, 40, 50], [True] * 5) == 30
    assert median_stay([], []) is None


@given(st.lists(st.integers(0, 900), min_size=5, max_size=30))
def test_where_all_have_left_it_is_the_median_that_half_have_reached(days):
    median = median_stay(days, [True] * len(days))
    assert sum(day <= median for day in days) >= len(days) / 2
    assert sum(day < median for day in days) < len(days) / 2


@pytest.fixture
def session(engine):
    """Seven firms in share reform since 2023: five left after 100 to 500 days, one waits, one was closed."""
    with Session(engine) as session, session.begin():
        for number, days in enumerate((100, 200, 300, 400, 500, None, None)):
            firm = f"F{number}"
            session.add(Firm(id=firm, cohort="city", name=firm, district_code="440704" if number < 3 else "440703"))
            session.flush()
            case = Case(firm_id=firm, opened_on=date(2023, 1, 1), stage="share_reform", stage_since=date(2023, 1, 1))
            session.add(case)
            session.flush()
            entries = [("share_reform", date(2023, 1, 1))]
            if days:
                entries.append(("tutoring_filed", date.fromordinal(date(2023, 1, 1).toordinal() + days)))
            for stage, on in entries:
                session.add(CaseStage(case_id=case.id, stage=stage, entered_on=on, recorded_by="t", recorded_at=NOW))
            if number == 6:
                case.closed_on, case.outcome = date(2023, 2, 20), "pool_exit"
    with Session(engine) as session:
        yield session


def test_stays_are_counted_of_all_by_year_and_by_district(session):
    found = {(one.stage, one.year, one.district_code): one for one in stage_times(session, CHEN, date(2024, 6, 1))}
    whole = found["share_reform", None, None]
    # At risk 7; cut short at 50: 6 left; 100: 5/6, 200: 4/6, 300: 3/6.
    assert (whole.left, whole.not_left, whole.median_days) == (5, 2, 300)
    assert found["share_reform", 2023, None] == whole.__class__("share_reform", 2023, None, 5, 2, 300)
    jianghai = found["share_reform", None, "440704"]
    assert (jianghai.left, jianghai.not_left, jianghai.median_days) == (3, 0, None)  # three stays: too few
    assert found["tutoring_filed", None, None].not_left == 5


def test_on_an_earlier_day_only_what_had_happened_counts(session):
    times = stage_times(session, CHEN, date(2023, 5, 1))
    found = {one.stage: one for one in times if one.year is None and one.district_code is None}
    assert (found["share_reform"].left, found["share_reform"].not_left) == (1, 6)
    assert list(found) == ["share_reform", "tutoring_filed"]


def test_a_person_counts_the_firms_that_they_reach_alone(session):
    mine = [one for one in stage_times(session, JIANGHAI, date(2024, 6, 1)) if one.district_code]
    assert {one.district_code for one in mine} == {"440704"}
    with pytest.raises(NotAllowed):
        stage_times(session, ANA, date(2024, 6, 1))
