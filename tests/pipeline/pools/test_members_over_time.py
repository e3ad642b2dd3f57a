"""The pools over time: who was in on a day, who came and went, how long firms stay, what became of them."""

from datetime import date, timedelta

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy.orm import Session

from pipeline.accounts import people
from pipeline.errors import NotAllowed
from pipeline.pool_history import members_over_time as over_time
from pipeline.pool_history.members_over_time import ANY, History
from pipeline.pool_history.proportions import paired_difference, wilson
from tests.cast import BANYAN, KAPOK, LOTUS, happened
from tests.pipeline.pools.city import CHEN, JIANGHAI, LOTUS_CLERK, found, score
from tests.pipeline.pools.membership import stayed

ON = date(2026, 6, 30)
JAN_1 = date(2024, 1, 1)


def frame(*rows: tuple) -> pd.DataFrame:
    """Memberships: (firm, pool, entered, left or None) or with a run behind them."""
    columns = ["firm_id", "pool", "entered_on", "left_on", "run_id"]
    made = pd.DataFrame([(*row, np.nan)[:5] for row in rows], columns=columns)
    for name in ("entered_on", "left_on"):
        made[name] = pd.to_datetime(made[name]).astype("datetime64[s]")
    return made.astype({"run_id": "float64"})


# --- who was in ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("day", "inside"),
    [
        (date(2024, 4, 30), {}),
        (date(2024, 5, 1), {"a": "seed"}),
        (date(2024, 9, 9), {"a": "seed"}),
        (date(2024, 9, 10), {"a": "golden"}),
        (date(2025, 2, 28), {"a": "golden"}),
        (date(2025, 3, 1), {}),
    ],
)
def test_a_firm_is_in_from_the_day_it_entered_and_out_on_the_day_it_left(day, inside):
    memberships = frame(
        ("a", "seed", date(2024, 5, 1), date(2024, 9, 10)), ("a", "golden", date(2024, 9, 10), date(2025, 3, 1))
    )
    assert over_time.in_pools_on(memberships, day).to_dict() == inside


def test_a_move_from_one_pool_to_the_other_is_one_stay_and_a_day_between_makes_two():
    memberships = frame(
        ("a", "seed", date(2024, 5, 1), date(2024, 9, 10)),
        ("a", "golden", date(2024, 9, 10), None),
        ("b", "seed", date(2024, 5, 1), date(2024, 9, 10)),
        ("b", "golden", date(2024, 9, 11), None),
    )
    stays = over_time.stays_of(memberships)
    assert [(row.firm_id, f"{row.entered_on:%m-%d}", pd.isna(row.left_on)) for row in stays.itertuples()] == [
        ("a", "05-01", True),
        ("b", "05-01", False),
        ("b", "09-11", True),
    ]


def test_each_year_counts_who_came_rose_fell_and_went_and_who_was_in_at_its_end():
    memberships = frame(
        ("a", "seed", date(2024, 5, 1), date(2025, 5, 1)),
        ("a", "golden", date(2025, 5, 1), date(2026, 2, 1)),
        ("a", "seed", date(2026, 2, 1), None),
        ("b", "seed", date(2024, 5, 1), date(2024, 12, 31)),
        ("c", "seed", date(2024, 12, 31), None),
    )
    years = over_time.changes_by_year(memberships, ON)
    told = [(y.year, y.entries, y.promotions, y.demotions, y.exits, y.seed, y.golden) for y in years]
    assert told == [(2026, 0, 0, 1, 0, 2, 0), (2025, 0, 1, 0, 0, 1, 1), (2024, 3, 0, 0, 1, 2, 0)]


def test_no_membership_at_all_gives_no_year_and_no_curve():
    assert over_time.changes_by_year(frame(), ON) == []
    assert over_time.stay_of(frame(), ANY, ON).curve == []


# --- how long they stay ----------------------------------------------------------------------------


def five_firms() -> pd.DataFrame:
    """Left after 100, 200 and 300 days; still in after 250 and 400."""
    followed = [("a", 100, True), ("b", 200, True), ("c", 250, False), ("d", 300, True), ("e", 400, False)]
    day = ON
    return frame(
        *(
            (firm, "seed", day - timedelta(days=days + 50 * out), day - timedelta(days=50) if out else None)
            for firm, days, out in followed
        )
    )


def test_kaplan_and_meier_of_five_firms_is_what_a_hand_works_out():
    stay = over_time.stay_of(five_firms(), "seed", ON)
    # At 100 days 4/5 are left, at 200 3/5; one of 250 days is lost from sight, so at 300 1 of 2 goes: 3/5 · 1/2.
    month = 365.2425 / 12
    days = {round(months * month): share for months, share, _low, _high in stay.curve}
    assert days == {
        0: 1.0,
        100: pytest.approx(0.8),
        200: pytest.approx(0.6),
        250: pytest.approx(0.6),
        300: pytest.approx(0.3),
        400: pytest.approx(0.3),
    }
    assert (stay.stays, stay.ended, stay.few) == (5, 3, True)
    assert stay.median_months == pytest.approx(300 / month)


def test_the_band_of_the_curve_is_greenwoods_on_the_log_log_scale():
    stay = over_time.stay_of(five_firms(), "seed", ON)
    _months, share, low, high = stay.curve[1]
    # Greenwood: sum d / (n (n - d)) = 1/20; se of log(-log S) = sqrt(1/20) / |log 0.8| = 1.00208
    power = np.exp(1.959964 * np.sqrt(1 / 20) / abs(np.log(0.8)))
    assert (low, high) == (pytest.approx(0.8**power, abs=1e-6), pytest.approx(0.8 ** (1 / power), abs=1e-6))
    assert low < share < high


def test_where_fewer_than_half_have_left_there_is_no_median():
    memberships = frame(("a", "seed", JAN_1, None), ("b", "seed", JAN_1, None), ("c", "seed", JAN_1, ON))
    stay = over_time.stay_of(memberships, "seed", ON + timedelta(days=1))
    assert (stay.ended, stay.median_months) == (1, None)
    nobody = over_time.stay_of(memberships[:2], "seed", ON)
    assert (nobody.ended, nobody.median_months, [step[1] for step in nobody.curve]) == (0, None, [1.0, 1.0])


def test_who_rose_to_the_golden_pool_has_left_the_seed_pool_and_neither_of_the_two():
    memberships = frame(("a", "seed", JAN_1, date(2025, 1, 1)), ("a", "golden", date(2025, 1, 1), None))
    assert over_time.stay_of(memberships, "seed", ON).ended == 1
    assert over_time.stay_of(memberships, ANY, ON).ended == 0


# --- shares ----------------------------------------------------------------------------------------


def test_wilsons_interval_of_one_in_ten_is_that_of_the_books():
    share = wilson(1, 10)
    assert (share.share, share.low, share.high) == (
        0.1,
        pytest.approx(0.01788, abs=1e-5),
        pytest.approx(0.40415, abs=1e-5),
    )
    assert share.few


def test_wilson_of_none_reaches_nought_and_of_no_firm_says_nothing():
    assert (wilson(0, 10).low, wilson(0, 10).high) == (0.0, pytest.approx(0.27753, abs=1e-5))
    assert (wilson(0, 0).share, wilson(0, 0).low) == (None, None)
    with pytest.raises(ValueError, match="3 events of 2 firms"):
        wilson(3, 2)


def test_few_are_nine_events_and_not_ten():
    assert (wilson(9, 40).few, wilson(10, 40).few) == (True, False)


@given(st.integers(0, 60).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))))
def test_wilson_holds_the_share_within_nought_and_one_and_is_the_mirror_of_those_without(counts):
    events, firms = counts
    one, other = wilson(events, firms), wilson(firms - events, firms)
    if firms:
        assert 0 <= one.low <= one.share <= one.high <= 1
        assert one.low == pytest.approx(1 - other.high, abs=1e-12)


def test_newcombes_interval_of_pairs_is_that_of_his_paper():
    # 36 both, 12 the first alone, 2 the second alone, none neither: 0.2 [0.0569, 0.3404]
    found_ = paired_difference(36, 12, 2, 0)
    assert found_.difference == pytest.approx(0.2)
    assert (found_.low, found_.high) == (pytest.approx(0.0569, abs=1e-4), pytest.approx(0.3404, abs=1e-4))


@given(st.tuples(*[st.integers(0, 30)] * 4))
def test_the_difference_of_pairs_turned_round_is_its_negative(cells):
    both, first, second, neither = cells
    one, other = paired_difference(both, first, second, neither), paired_difference(both, second, first, neither)
    if sum(cells):
        assert one.low <= one.difference <= one.high
        assert (one.low, one.high) == (pytest.approx(-other.high, abs=1e-9), pytest.approx(-other.low, abs=1e-9))
    else:
        assert one.difference is None


# --- beside firms that scored alike ----------------------------------------------------------------


def scored(**points: float) -> pd.DataFrame:
    return pd.DataFrame([(1, firm, value) for firm, value in points.items()], columns=["run_id", "firm_id", "points"])


def pairs_of(memberships: pd.DataFrame, scores: pd.DataFrame) -> list[tuple[str, str]]:
    history = History(memberships, scores, pd.DataFrame(columns=["firm_id", "step", "day"]))
    found_ = over_time.matched(history, over_time.stays_of(memberships).drop_duplicates("firm_id"))
    return list(zip(found_["firm_id"], found_["other_id"], strict=True))


def test_the_nearest_firm_of_the_same_run_is_taken_up_to_one_point_away():
    memberships = frame(("a", "seed", JAN_1, None, 1))
    assert pairs_of(memberships, scored(a=60.0, b=61.0, c=58.9)) == [("a", "b")]
    assert pairs_of(memberships, scored(a=60.0, b=61.25, c=58.75)) == []
    assert pairs_of(memberships, scored(a=60.0, b=60.5, c=59.75)) == [("a", "c")]


def test_of_two_that_are_equally_near_the_lower_id_is_taken_and_each_is_taken_once():
    memberships = frame(("a", "seed", JAN_1, None, 1), ("b", "seed", JAN_1, None, 1))
    assert pairs_of(memberships, scored(a=60.0, b=60.0, d=60.5, c=59.5)) == [("a", "c"), ("b", "d")]
    assert pairs_of(memberships, scored(a=60.0, b=60.0, c=59.5)) == [("a", "c")]


def test_a_firm_that_was_in_a_pool_or_was_let_in_on_the_same_run_is_no_match():
    later = date(2024, 3, 1)
    memberships = frame(
        ("a", "seed", JAN_1, None, 1),
        ("b", "seed", later, None, 1),
        ("c", "seed", date(2023, 1, 1), date(2024, 3, 2), 9),
    )
    assert pairs_of(memberships, scored(a=60.0, b=60.0, c=60.0)) == []
    gone = frame(("a", "seed", JAN_1, None, 1), ("c", "seed", date(2023, 1, 1), JAN_1, 9))
    assert pairs_of(gone, scored(a=60.0, c=60.0)) == [("a", "c")]


def outcome(reached: list[tuple[str, date]], years: int = 1, on: date = ON) -> over_time.Outcome:
    entered = pd.DataFrame({"firm_id": ["a", "b"], "entered_on": pd.to_datetime([JAN_1, JAN_1])})
    pairs = pd.DataFrame({"firm_id": ["a", "b"], "other_id": ["x", "y"], "entered_on": pd.to_datetime([JAN_1, JAN_1])})
    rows = pd.DataFrame(
        [(firm, "filed", pd.Timestamp(day)) for firm, day in reached], columns=["firm_id", "step", "day"]
    ).astype({"day": "datetime64[s]"})
    return over_time.outcomes_of(entered, pairs, rows, "filed", years, on)


def test_a_step_counts_from_the_day_after_the_entry_to_the_last_day_of_the_year():
    assert outcome([("a", date(2025, 1, 1))]).chosen.events == 1
    assert outcome([("a", date(2025, 1, 2))]).chosen.events == 0
    assert outcome([("x", date(2025, 1, 1))]).others.events == 1


def test_who_had_come_so_far_on_the_day_of_the_entry_is_not_counted_nor_is_the_pair():
    of_a = outcome([("a", JAN_1)])
    assert (of_a.all_chosen.firms, of_a.pairs) == (1, 1)
    of_x = outcome([("x", JAN_1)])
    assert (of_x.all_chosen.firms, of_x.pairs) == (2, 1)


def test_firms_whose_years_are_not_over_are_told_apart():
    early = outcome([("a", date(2024, 2, 1))], on=date(2024, 12, 31))
    assert (early.all_chosen.firms, early.too_recent, early.pairs) == (0, 2, 0)
    over = outcome([("a", date(2024, 2, 1))], on=date(2025, 1, 1))
    assert (over.all_chosen.firms, over.all_chosen.events, over.too_recent, over.pairs) == (2, 1, 0, 2)
    assert over.difference.difference == 0.5
    assert over.few


# --- from the database -----------------------------------------------------------------------------


def told(engine, on: date, person=CHEN) -> over_time.OverTime:
    with Session(engine) as session:
        return over_time.over_time(session, on, person)


def test_what_became_known_later_is_not_counted_before(engine):
    found(engine)
    run = score(engine, {LOTUS: 60.0, BANYAN: 60.5, KAPOK: 10.0}, as_of=date(2023, 12, 1))
    stayed(engine, LOTUS, "seed", JAN_1, date(2025, 6, 1), run)
    happened(engine, LOTUS, "filed", date(2024, 6, 1), known_on=date(2025, 3, 1))
    before = told(engine, date(2025, 2, 28))
    after = told(engine, date(2025, 3, 1))
    filed = [next(one for one in each.outcomes if (one.step, one.years) == ("filed", 1)) for each in (before, after)]
    assert [(one.all_chosen.firms, one.all_chosen.events, one.pairs) for one in filed] == [(1, 0, 1), (1, 1, 1)]
    assert [one.difference.difference for one in filed] == [0.0, 1.0]
    assert [told(engine, day).stays[0].ended for day in (date(2025, 5, 31), date(2025, 6, 1))] == [0, 1]


def test_a_firm_that_is_listed_has_come_to_every_step_before(engine):
    found(engine)
    stayed(engine, LOTUS, "seed", JAN_1)
    happened(engine, LOTUS, "listed", date(2024, 6, 1))
    outcomes = [one for one in told(engine, date(2025, 1, 1)).outcomes if one.years == 1]
    assert [(one.step, one.all_chosen.events) for one in outcomes] == [
        ("tutoring_filed", 1),
        ("filed", 1),
        ("listed", 1),
    ]


def test_an_officer_of_a_district_is_told_of_its_firms_alone_and_a_firm_of_none(engine):
    found(engine)
    stayed(engine, LOTUS, "seed", JAN_1)
    stayed(engine, BANYAN, "seed", JAN_1)
    assert (told(engine, ON).entered, told(engine, ON, JIANGHAI).entered) == (2, 1)
    with pytest.raises(NotAllowed):
        told(engine, ON, LOTUS_CLERK)


def test_the_warning_stands_first_and_figures_of_few_say_so(engine):
    found(engine)
    stayed(engine, LOTUS, "seed", JAN_1)
    document = told(engine, ON, people.console()).as_json()
    assert next(iter(document)) == "warning"
    assert "No proof of cause" in document["warning"]
    assert {one["fewer_than_ten_events"] for one in (*document["stays"], *document["outcomes"])} == {True}
