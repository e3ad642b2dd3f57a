"""How far two sources are apart is said as people say it: a share up to twice, then how many times."""

from datetime import datetime

import pytest

from pipeline.intake.plausibility.cross_checks import ListedCrossCheck, Statement
from pipeline.language import CHINESE, ENGLISH, Message
from tests.cast import LOTUS, NAMES


def apart(one: float, other: float, fact: str = "revenue_cny") -> ListedCrossCheck:
    larger = max(abs(one), abs(other))
    stated = [Statement(source, value, "f.xlsx", "s", 2) for source, value in (("tax", one), ("hnte_annual", other))]
    return ListedCrossCheck(
        id=1, firm_id=LOTUS, firm_name=NAMES[LOTUS], year=2023, fact=fact, own=stated[0], other=stated[1],
        gap_share=abs(one - other) / larger, prepared_by=None, found_at=datetime(2024, 6, 1), state="open",
        settled_by=None, settled_at=None, settled_why=None, settled_by_import=None, settled_by_file=None,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("one", "other", "said", "times"),
    [
        (39_000_000, 41_002_500, "4.9%", 1.0513),
        (100, 199, "49.7%", 1.99),
        (100, 210, "2.1 倍", 2.1),
        (-100, -350, "3.5 倍", 3.5),
        (2_722_80_000_000, 27_230_000, "9,999 倍（疑为元/万元）", 9999),
        (41_002_500, 41_002, "1,000 倍（疑为元/千元）", 1000),
        (1e12, 1e4, "100,000,000 倍（疑为元/亿元）", 1e8),
        (5000, 1, "5,000 倍", 5000),
        (-6_350_000, 6_350_000, "正负相反", None),
        (0, 6_350_000, "一方为 0", None),
    ],
)
def test_a_gap_is_a_share_or_how_many_times(one: float, other: float, said: str, times: float | None):
    for check in (apart(one, other), apart(other, one)):
        assert str(check.gap) == said
        assert check.times == (None if times is None else pytest.approx(times, rel=1e-3))
        assert said in str(check.message)
        assert check.as_json()["gap"] == said


def test_shares_a_hundred_times_apart_are_suspected_as_per_cent_and_people_of_nothing():
    assert str(apart(0.125, 12.5, "debt_ratio_stated").gap) == "100 倍（疑为%/1）"
    assert str(apart(45, 45_000, "staff").gap) == "1,000 倍"


def test_the_gap_is_said_in_english_too():
    gap = apart(1e8, 1e4).gap
    assert isinstance(gap, Message)
    assert gap.in_language(ENGLISH) == "10,000 times (元/万元?)"
    assert gap.in_language(CHINESE) == "10,000 倍（疑为元/万元）"
