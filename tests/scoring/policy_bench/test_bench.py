"""The bench: what becomes of a text that is changed, the numbers that it tells, and what a policy is refused for."""

from datetime import date

import numpy as np
import pandas as pd
import pytest

from pipeline.errors import WrongFile
from pipeline.pool_history.proportions import wilson
from pipeline.pools.inputs import Inputs, about_firms
from pipeline.pools.policy import POINTS_ONLY_FILE, POLICY_FILE, policy_book_of
from scoring.policy_bench.changed_text import Changes, NoSuchLine, changeable_lines, changed_text
from scoring.policy_bench.checks import check_policy
from scoring.policy_bench.expected import distribution, interval_of
from scoring.policy_bench.past_days import last_first_of_may

TEXT = POINTS_ONLY_FILE.read_text(encoding="utf-8")
DAY = date(2026, 5, 1)


def on(text: str, day: date = DAY):
    return policy_book_of(text, "test").on(day)


def inputs(points: dict[str, float]) -> Inputs:
    about = about_firms(pd.Series(points, dtype="float64").sort_index())
    return Inputs(DAY, about.assign(district_code="440703"))


def test_a_changed_line_begins_on_its_day_and_the_old_one_stays_before_it():
    text, said = changed_text(TEXT, Changes({"seed/enter/all/0": 62}, golden_places=30), DAY)
    assert (on(text).seed.enter_points, on(text).golden.cap, said) == (62, 30, [])
    before = on(text, date(2026, 4, 30))
    assert (before.seed.enter_points, before.golden.cap) == (60, 50)
    assert before.fingerprint == on(TEXT).fingerprint


def test_a_policy_without_changes_stays_the_text_that_it_was_to_the_letter():
    assert changed_text(TEXT, Changes(), DAY) == (TEXT, [])


@pytest.mark.parametrize(("mentors", "each", "places"), [(20, 6, 120), (25, 6, 150), (26, 6, 150)])
def test_the_seed_pool_takes_its_places_or_what_mentors_can_look_after_whichever_are_fewer(mentors, each, places):
    text, said = changed_text(TEXT, Changes(mentors=mentors, firms_each=each), DAY)
    assert on(text).seed.cap == places
    assert len(said) == 1


def test_a_line_that_the_policy_does_not_have_is_no_line_to_change():
    for key in ("seed/enter/all/7", "seed/cap", "nothing", "seed/enter/all/x"):
        with pytest.raises(NoSuchLine):
            changed_text(TEXT, Changes({key: 1}), DAY)


def test_every_number_of_the_bureaus_own_policy_can_be_changed_where_it_stands():
    text = POLICY_FILE.read_text(encoding="utf-8")
    lines = changeable_lines(text, DAY)
    assert "seed/enter/all/0" in {line.key for line in lines}
    assert len(lines) > 8
    changed, _said = changed_text(text, Changes({line.key: line.value for line in lines}), DAY)
    assert on(changed).fingerprint == on(text).fingerprint


def test_two_conditions_that_exclude_each_other_are_refused_and_two_that_leave_room_are_not():
    line = '      - {fact: points, is: ">=", unit: points, values: {2021-01-01: {value: 60'
    assert line in TEXT

    def with_most(most: int) -> str:
        more = f'      - {{fact: points, is: "<", unit: points, values: {{2021-01-01: {most}}}}}\n'
        return TEXT.replace(line, more + line)

    with pytest.raises(WrongFile) as refused:
        on(with_most(60))
    assert len(refused.value.problems) == 1
    assert on(with_most(61)).seed.enter_points == 60


def test_a_policy_that_admits_nobody_is_refused_and_one_that_admits_everybody_is_warned_of():
    nobody = check_policy(on(TEXT), inputs({"A": 50, "B": 59.9}))
    assert (len(nobody.refused), nobody.warned) == (1, ())
    one_in = check_policy(on(TEXT), inputs({"A": 50, "B": 60.0}))
    assert one_in.refused == ()
    everybody = check_policy(on(TEXT), inputs({"A": 60, "B": 70}))
    assert everybody.refused == ()
    assert any("2" in str(word) for word in everybody.warned)
    assert len(everybody.warned) > len([word for word in one_in.warned if "2" in str(word)])


def test_a_policy_whose_exit_catches_most_who_enter_is_refused():
    caught = TEXT.replace(
        '      - {fact: points, is: "<", unit: points, values: {2021-01-01: {value: 56',
        '      - {fact: points, is: ">=", unit: points, values: {2021-01-01: 60}}\n'
        '      - {fact: points, is: "<", unit: points, values: {2021-01-01: {value: 56',
    )
    assert len(check_policy(on(caught), inputs({"A": 62, "B": 50})).refused) == 1
    assert check_policy(on(TEXT), inputs({"A": 62, "B": 50})).refused == ()


def test_the_number_of_events_has_the_distribution_of_independent_events_of_their_own():
    assert distribution(np.array([0.5, 0.5])) == pytest.approx([0.25, 0.5, 0.25])
    assert distribution(np.array([0.1, 0.2, 0.3])) == pytest.approx([0.504, 0.398, 0.092, 0.006])
    assert interval_of(np.array([1.0, 1.0, 0.0])) == (2, 2)
    assert interval_of(np.array([])) == (0, 0)
    assert interval_of(np.full(3_000, 0.5)) == (1446, 1554)


def test_a_share_has_its_interval_by_wilson():
    five = wilson(5, 10)
    assert (five.low, five.high) == (pytest.approx(0.2366, abs=1e-4), pytest.approx(0.7634, abs=1e-4))
    none = wilson(0, 10)
    assert (none.low, none.high) == (0.0, pytest.approx(0.2775, abs=1e-4))
    assert (wilson(10, 10).high, wilson(0, 0).share) == (1.0, None)
    with pytest.raises(ValueError, match="11 events of 10"):
        wilson(11, 10)


def test_the_past_days_are_first_mays_that_are_over():
    assert last_first_of_may(date(2026, 5, 1), 2) == [date(2025, 5, 1), date(2024, 5, 1)]
    assert last_first_of_may(date(2026, 5, 2), 1) == [date(2026, 5, 1)]
