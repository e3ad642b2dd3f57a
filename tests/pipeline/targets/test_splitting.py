"""Goals over districts and years: whole numbers that add up, and a straight line."""

from datetime import date

from hypothesis import given
from hypothesis import strategies as st

from pipeline.targets.splitting import equal_steps, on_the_line, quarter_ends, shared_out


def test_largest_remainders_by_hand():
    # 10 x 5/13, 5/13, 3/13 = 3.85, 3.85, 2.31: whole 3, 3, 2; the two left go to a and b.
    assert shared_out(10, {"a": 5, "b": 5, "c": 3}) == {"a": 4, "b": 4, "c": 2}
    assert shared_out(1, {"a": 1, "b": 1}) == {"a": 1, "b": 0}, "of equal ones the first name"
    assert shared_out(7, {"a": 0, "b": 0}) == {"a": 4, "b": 3}
    assert shared_out(7, {}) == {}


@given(st.integers(0, 100_000), st.dictionaries(st.text("abcdefg", min_size=1), st.integers(0, 5_000), min_size=1))
def test_parts_add_up_to_the_whole_and_differ_from_their_share_by_less_than_one(total, weights):
    parts = shared_out(total, weights)
    assert sum(parts.values()) == total
    whole = sum(weights.values())
    if whole:
        assert all(abs(parts[name] - total * weight / whole) < 1 for name, weight in weights.items())


def test_a_year_asks_for_its_share_of_the_way_rounded_up_and_the_last_for_all():
    steps = equal_steps(1850, 2200, date(2020, 12, 31), date(2023, 12, 31))
    assert steps == {date(2021, 12, 31): 1967, date(2022, 12, 31): 2084, date(2023, 12, 31): 2200}
    assert (
        on_the_line(1850, 2200, date(2020, 12, 31), date(2023, 12, 31), date(2021, 12, 31)) == 1850 + 350 * 365 / 1095
    )
    assert on_the_line(10, 20, date(2020, 12, 31), date(2021, 12, 31), date(2030, 1, 1)) == 20


def test_quarters_end_on_their_last_days():
    assert quarter_ends(date(2020, 12, 31), date(2021, 6, 30)) == [
        date(2020, 12, 31),
        date(2021, 3, 31),
        date(2021, 6, 30),
    ]
