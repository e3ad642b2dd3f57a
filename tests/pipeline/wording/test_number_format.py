"""Numbers as people read them: one minus sign and never before a nought, no share above all, units by their fact."""

import math
import re
from decimal import ROUND_HALF_UP, Context, Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.catalog import catalog
from pipeline.language import CHINESE, ENGLISH, LANGUAGES, speaking
from pipeline.wording import number_format as nf
from pipeline.wording.cohorts import cohort_label, reference_label
from scoring.features.matrix import FEATURES, shown

_NUMBERS = st.one_of(
    st.floats(-1e12, 1e12),
    st.sampled_from([0.0, -0.0, -0.04, 0.04, -0.05, -0.0499, -0.5, 0.999, 0.9996, -1e-12, 1e-12, 99.95]),
)
_WRITERS = {
    "decimal": nf.decimal,
    "one digit": lambda value: nf.decimal(value, 1),
    "signed": lambda value: nf.decimal(value, 1, signed=True),
    "plain": nf.plain,
    "percent": nf.percent,
    "signed percent": lambda value: nf.percent(value, 1, signed=True),
    "percentage points": nf.percentage_points,
    "money": nf.money,
    "money in wan": nf.money_in_wan,
    "per share": nf.per_share,
    "exact money": nf.exact_money,
    "part of a line": nf.part_of_line,
    **{
        f"fact {name}": lambda value, fact=fact: nf.fact_value(fact, value)
        for name, fact in catalog().items()
        if fact.numeric
    },
}


def _sound(text: str) -> None:
    assert "-" not in text, text  # the one minus sign is −
    assert text.count(nf.MINUS) <= 1, text
    if nf.MINUS in text or "+" in text:
        assert re.search("[1-9]", text), text  # no sign before a nought


@given(st.sampled_from(sorted(_WRITERS)), _NUMBERS, st.sampled_from(LANGUAGES))
def test_no_number_has_a_hyphen_for_a_minus_or_a_sign_before_a_nought(writer, value, tongue):
    with speaking(tongue):
        _sound(_WRITERS[writer](value))


@given(st.sampled_from(sorted(FEATURES)), st.floats(-9, 9), st.sampled_from(LANGUAGES))
def test_no_feature_has_a_hyphen_for_a_minus_or_a_sign_before_a_nought(name, value, tongue):
    _sound(shown(name, value, tongue))


@pytest.mark.parametrize(
    ("value", "digits", "text"),
    [(20.5, 0, "21"), (21.5, 0, "22"), (-20.5, 0, "−21"), (0.25, 1, "0.3"), (1.005, 2, "1.01"), (20.49, 0, "20")],
)
def test_a_half_is_rounded_away_from_nought_as_the_grids_round_it(value: float, digits: int, text: str):
    assert nf.decimal(value, digits) == text


@given(
    st.one_of(
        _NUMBERS,
        st.floats(allow_nan=False, allow_infinity=False),
        st.tuples(st.integers(-(10**8), 10**8), st.integers(0, 8)).map(lambda parts: parts[0] / 10 ** parts[1]),
        st.tuples(st.integers(-(10**7), 10**7), st.integers(1, 6)).map(
            lambda parts: (10 * parts[0] + 5) / 10 ** parts[1]
        ),
    ),
    st.integers(0, 4),
)
def test_a_number_is_rounded_as_it_is_written_whether_or_not_it_ends_in_a_half(value: float, digits: int):
    if abs(value) < 2.0**52:
        written = Decimal(repr(value)).quantize(Decimal(1).scaleb(-digits), ROUND_HALF_UP, Context(prec=400))
        assert nf.rounded(value, digits) == float(written)


@given(st.floats(0, 1))
def test_no_firm_stands_above_all_firms(rank):
    text = nf.share_below(rank)
    assert 0 <= float(text.removesuffix("%")) <= 99.9
    if rank < 0.99:
        assert abs(float(text.removesuffix("%")) / 100 - rank) <= 0.0051


@pytest.mark.parametrize(
    ("rank", "text"),
    [(1.0, "99.9%"), (0.9999, "99.9%"), (0.995, "99.5%"), (0.5, "50%"), (0.004, "0.4%"), (0.0, "0.0%")],
)
def test_the_share_of_firms_below(rank, text):
    assert nf.share_below(rank) == text


@pytest.mark.parametrize(
    ("times", "zh", "en"),
    [
        (1.0, "门槛的 100%", "100% of the line"),
        (0.063, "门槛的 6.3%", "6.3% of the line"),
        (1.99, "门槛的 199%", "199% of the line"),
        (2.0, "门槛的 2.0 倍", "2.0 times the line"),
        (15.2, "门槛的 15 倍", "15 times the line"),
        (-0.4, "门槛的 −40.0%", "−40.0% of the line"),
    ],
)
def test_a_part_of_a_line_is_a_share_below_twice_the_line(times, zh, en):
    with speaking(CHINESE):
        assert nf.part_of_line(times) == zh
    with speaking(ENGLISH):
        assert nf.part_of_line(times) == en


@pytest.mark.parametrize(
    ("fact", "value", "zh", "en"),
    [
        ("staff", 2893, "2,893 人", "2,893 people"),
        ("staff", 1, "1 人", "1 person"),
        ("invention_patents", 0, "0 件", "0 patents"),
        ("invention_patents", 1, "1 件", "1 patent"),
        ("standards_led", 2, "2 项", "2 standards"),
        ("equity_rounds", 3, "3 轮", "3 rounds"),
        ("market_makers", 6, "6 家", "6 market makers"),
        ("niche_market_rank", 5, "第 5 位", "No. 5"),
        ("market_years", 3.5, "3.5 年", "3.5 years"),
        ("receivable_days_stated", 90, "90 天", "90 days"),
        ("net_profit_cny", -6_350_000, "−635 万元", "−¥6.35 m"),
        ("net_profit_cny", -400, "−0.04 万元", "−¥400"),
        ("net_profit_cny", -0.2, "0.00 万元", "¥0"),
        ("net_profit_cny", 100_000, "10.00 万元", "¥0.10 m"),
        ("revenue_cny", 252_048_000, "2.52 亿元", "¥252.05 m"),
        ("roe_weighted", -0.0004, "0.0%", "0.0%"),
    ],
)
def test_a_fact_has_the_unit_of_what_it_counts(fact, value, zh, en):
    with speaking(CHINESE):
        assert nf.fact_value(catalog()[fact], value) == zh
    with speaking(ENGLISH):
        assert nf.fact_value(catalog()[fact], value) == en


@pytest.mark.parametrize(("text", "shown_as"), [("-3.2", "−3.2"), ("-0.00", "0.00"), ("0", "0"), ("12", "12")])
def test_a_hyphen_of_another_writer_becomes_the_one_minus_sign(text, shown_as):
    assert nf.signed_text(text) == shown_as


def test_every_count_of_the_catalogue_and_every_feature_that_counts_has_its_counting_word():
    assert [name for name, fact in catalog().items() if fact.type == "count" and fact.counting is None] == []
    for feature in FEATURES.values():
        assert (feature.unit == "count") == (feature.counts is not None)
        assert feature.counts is None or catalog()[feature.counts].counting is not None


def test_a_reason_counts_people_in_people_and_changes_of_shares_in_percentage_points():
    assert shown("staff", math.log10(204)) == "203 人"
    assert shown("inventions", math.log10(8), ENGLISH) == "7 patents"
    assert shown("gross_margin_change", -0.066) == "−6.6 个百分点"
    assert shown("gross_margin_change", 0.066, ENGLISH) == "+6.6 percentage points"
    assert shown("net_margin_swing", 0.012) == "1.2 个百分点"
    assert shown("net_margin", -0.16) == "−16.0%"


@pytest.mark.parametrize("value", [4.0, -4.0])
def test_a_feature_at_the_end_of_its_scale_is_told_as_beyond_it(value):
    assert shown("bse_first_standard", value) == ("门槛的 16 倍以上" if value > 0 else "不到门槛的 6.25%")
    assert shown("bse_first_standard", 0.0) == "门槛的 100%"


def test_cohorts_and_references_are_told_in_words():
    assert cohort_label("city").zh == "全市企业"
    assert cohort_label("tiny").en == "tiny"
    assert reference_label("city 2026-05-01").zh == "全市企业 2026-05-01"
    assert reference_label("city+neeq 2026-05-01 1f2e3d4c").en == "the city's firms, NEEQ reference firms 2026-05-01"
    assert reference_label("pooled").zh == "pooled"


@pytest.mark.parametrize(
    ("tongue", "per_share", "unit"), [(CHINESE, "−1.23 元", "万元"), (ENGLISH, "−¥1.23", "¥\u00a0m")]
)
def test_a_column_s_unit_and_an_amount_a_share_are_those_of_the_language(tongue, per_share, unit):
    with speaking(tongue):
        assert nf.per_share(-1.234) == per_share
        assert nf.money_unit().name == unit
        assert nf.decimal(123_456_789 / nf.money_unit().yuan, nf.money_unit().decimals) in ("12,346", "123.46")


@pytest.mark.parametrize(
    ("value", "zh", "en"),
    [(893_305_800, "893,305,800 元", "¥893,305,800"), (-0.5, "−0.5 元", "−¥0.5"), (None, "—", "—")],
)
def test_a_sum_is_exact_where_statements_are_held_against_each_other(value, zh, en):
    for tongue, text in ((CHINESE, zh), (ENGLISH, en)):
        with speaking(tongue):
            assert nf.exact_money(value) == text
