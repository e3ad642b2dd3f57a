"""What changed in firms' standing to the boards: by their own figures, or because the rules did."""

from datetime import date

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pipeline.rules.evaluation import nearest
from pipeline.rules.reports import check
from pipeline.store.tables import CITY
from scoring.explain.standing_changes import FIGURES, NOT_RECORDED, RULES, StandingChange, standing_changes
from tests.cast import BANYAN, KAPOK, LOTUS, state

#: ChiNext's first standard asked for 50 million of two years, and from 30 April 2024 for 100 million.
APRIL_29, APRIL_30 = date(2024, 4, 29), date(2024, 4, 30)
APRIL_1 = date(2024, 4, 1)


def profits(engine, firm, *wan: float, known_on: date = APRIL_1) -> None:
    """Net profit of 2022 and 2023 in 10k yuan."""
    for year, value in zip((2022, 2023), wan, strict=True):
        names = ("net_profit_cny", "net_profit_attributable_cny", "net_profit_after_nonrecurring_cny")
        own = dict.fromkeys(names, value * 1e4)
        state(engine, firm, year, known_on=known_on, file_name=f"{firm}{known_on}", **own)


def told(engine, before: date, now: date, *firms: str) -> dict[str, list[tuple[str, str]]]:
    """firm -> (board, because) of what ChiNext changed to."""
    found = standing_changes(engine, before, now, firms, CITY)
    return {firm: [(each.board, each.because) for each in found.of(firm) if each.board == "chinext"] for firm in firms}


def test_a_line_that_rose_moves_those_between_the_old_and_the_new_one_and_nobody_else(engine):
    profits(engine, LOTUS, 3_000, 4_000)  # 70 million: above the old line, below the new one
    profits(engine, BANYAN, 7_000, 8_000)  # above both
    profits(engine, KAPOK, 100, 100)  # below both
    changed = told(engine, APRIL_29, APRIL_30, LOTUS, BANYAN, KAPOK)
    assert changed == {LOTUS: [("chinext", RULES)], BANYAN: [], KAPOK: []}


def test_a_day_earlier_the_law_was_the_same_and_changes_nothing(sqlite_engine):
    profits(sqlite_engine, LOTUS, 3_000, 4_000)
    found = standing_changes(sqlite_engine, date(2024, 4, 28), APRIL_29, [LOTUS], CITY)
    assert (found.of(LOTUS), len(found.rules)) == ([], 0)


def test_new_figures_under_the_same_rules_are_the_firms_own(sqlite_engine):
    profits(sqlite_engine, LOTUS, 100, 100)
    profits(sqlite_engine, LOTUS, 3_000, 4_000, known_on=date(2024, 4, 20))
    assert told(sqlite_engine, date(2024, 4, 10), APRIL_29, LOTUS) == {LOTUS: [("chinext", FIGURES)]}


def test_figures_that_the_law_overtakes_are_told_as_two_steps(sqlite_engine):
    profits(sqlite_engine, LOTUS, 100, 100)
    profits(sqlite_engine, LOTUS, 3_000, 4_000, known_on=date(2024, 4, 20))
    found = standing_changes(sqlite_engine, date(2024, 4, 10), APRIL_30, [LOTUS], CITY)
    steps = [each for each in found.of(LOTUS) if each.board == "chinext"]
    assert [each.because for each in steps] == [FIGURES, RULES]
    assert steps[0].now == steps[1].before
    assert "规则变化" in str(steps[1].message)
    assert set(found.rules["board"]) >= {"chinext"}


def test_what_becomes_known_after_the_later_day_is_not_read(sqlite_engine):
    profits(sqlite_engine, LOTUS, 100, 100)
    profits(sqlite_engine, LOTUS, 3_000, 4_000, known_on=APRIL_30)
    assert told(sqlite_engine, date(2024, 4, 10), APRIL_29, LOTUS) == {LOTUS: []}


def test_a_firm_of_which_nothing_was_known_before_was_not_recorded(sqlite_engine):
    profits(sqlite_engine, LOTUS, 3_000, 4_000)
    found = standing_changes(sqlite_engine, date(2024, 3, 1), APRIL_29, [LOTUS], CITY).of(LOTUS)
    assert {(each.before, each.because) for each in found} == {(NOT_RECORDED, FIGURES)}
    assert standing_changes(sqlite_engine, APRIL_1, APRIL_29, [], CITY).of_firm == {}


@pytest.mark.parametrize(
    ("before", "now", "worth"),
    [
        ("unknown", "not_met", False),
        ("not_recorded", "not_met", False),
        ("not_met", "within_20_percent", True),
        ("meets_all", "standard_only", True),
        ("meets_all", "unknown", True),
    ],
)
def test_that_what_is_not_met_was_unknown_is_not_worth_telling(before, now, worth):
    assert StandingChange("bse", FIGURES, before, now).worth_telling is worth


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.integers(-1_000, 12_000), min_size=4, max_size=4), st.integers(0, 10_000))
def test_the_steps_lead_from_what_was_so_to_what_is(sqlite_engine, wan, number):
    firm = f"firm-{number}-{'-'.join(map(str, wan))}"
    profits(sqlite_engine, firm, *wan[:2])
    profits(sqlite_engine, firm, *wan[2:], known_on=date(2024, 4, 20))
    days = (date(2024, 4, 10), date(2024, 5, 1))
    tables = [nearest.by_board(check.check(sqlite_engine, day, firms=[firm])) for day in days]
    was, is_now = (dict(zip(table["board"], table["meets"], strict=True)) for table in tables)
    steps = standing_changes(sqlite_engine, *days, [firm], CITY).of(firm)
    for each in steps:
        assert was[each.board] == each.before
        was[each.board] = each.now
    assert was == is_now
