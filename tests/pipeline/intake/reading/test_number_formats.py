"""What a format shows of a number, and which figure that is under the heading."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.intake.reading.number_formats import built_in, of_code

WAN, QIAN, YUAN, PERCENT = 1e4, 1e3, 1.0, 0.01
SURE: list[tuple[str, float, str, float, float]] = [
    # code, kept, kind, factor of the heading, figure in the heading's unit
    ('0!.0,"万"', 8_765_432, "money", WAN, 876.5432),
    ('0!.0,"万"', 8_765_432, "money", YUAN, 8_765_432),
    ('0!.0,"万元"', 8_765_432, "money", WAN, 876.5432),
    ("0!.0000", 8_765_432, "money", WAN, 876.5432),
    ('#,##0!.00,,"亿"', 1_234_000_000, "money", WAN, 123_400),
    ("#,##0,", 8_765_432, "money", QIAN, 8765.432),
    ("#,##0,,", 8_765_432, "money", 1e6, 8.765432),
    ('0.0,,"M"', 8_765_432, "money", WAN, 876.5432),
    ('0.0"万"', 876.5, "money", WAN, 876.5),
    ('[$¥-804]#,##0.00"万元"', 876.5, "money", WAN, 876.5),
    ("0.0%", 0.125, "ratio", PERCENT, 0.125),
    ('0.0"%"', 12.5, "ratio", PERCENT, 12.5),
    (r"0.0\%", 12.5, "ratio", PERCENT, 12.5),
    ("[<1]0.00%;0.00", 0.5, "ratio", PERCENT, 0.5),
    ("[<1]0.00%;0.00", 42.5, "ratio", PERCENT, 42.5),
    ("0.00;-0.00;0.0%", 6.6, "ratio", PERCENT, 6.6),
    ("0.00;-0.00;0.0%", 0, "ratio", PERCENT, 0),
    ('[>=10000]0!.0,"万";0', 45_000, "count", 1.0, 45_000),
]
IN_PERCENT = {("0.0%", 0.125), ("[<1]0.00%;0.00", 0.5), ("0.00;-0.00;0.0%", 0)}
UNSURE: list[tuple[str, float, str, float, str]] = [
    # code, kept, kind, factor, what is seen
    ("#,##0,", 8_765_432, "money", WAN, "8765"),
    ("#,##0,,", 8_765_432, "money", WAN, "9"),
    ('0.0,"k"', 45_300, "ratio", PERCENT, "45.3k"),
    ("#,##0,", 45_300, "count", 1.0, "45"),
    ('0"千元"', 3200, "money", WAN, "3200千元"),
    ('0"万元"', 3200, "money", YUAN, "3200万元"),
    ('[>=10000]0!.0,"万";0', 5000, "money", WAN, "5000"),
    ("0;0", -35, "money", WAN, "-35"),
    ("-0", 35, "money", WAN, "-35"),
    ('0"00"', 32, "money", WAN, "3200"),
    (";;;", 35, "money", WAN, ""),
    ('"暂无"', 35, "money", WAN, "暂无"),
    ("0%%", 0.1, "ratio", PERCENT, "1000%%"),
    ("0,%", 125, "ratio", PERCENT, "12%"),
    ('0.0"%"', 12.5, "money", WAN, "12.5%"),
    ('0"千克"', 32, "money", WAN, "32千克"),
]
SHOWN_AS_KEPT = [
    "General", "0", "0.00", "#,##0.00_ ;-#,##0.00 ", "#,##0;[Red]#,##0", "0.00_);(0.00)", "0.0_%", "0.0_%_);(0.0_%)",
    "0.0*%", "¥#,##0.00", '_ "¥"* #,##0.00_ ;_ "¥"* -#,##0.00_ ;_ "¥"* "-"??_ ;_ @_ ', "[$¥-804]#,##0.00",
    "[$￥-804]#,##0", "RMB".join(['"', '" 0.00']), "@", "0.00E+00", "# ?/?", "[DBNum1][$-804]General", "0000000000",
    '"约"0', "0;-0;;@", '#,##0;-#,##0;"-"', "[Red]0.0", "[Blue]0.0;[Red]-0.0",
    '"(含税)"0.00', '"负债"0', '0;"负"0', "0;△0", '0"."', '0"m²"',
    "G/通用格式", '0"人"', "#,##0.00;[红色]-#,##0.00",
]  # fmt: skip


@pytest.mark.parametrize(("code", "kept", "kind", "factor", "figure"), SURE)
def test_a_figure_is_read_as_its_format_shows_it_where_that_is_sure(code, kept, kind, factor, figure):
    read = of_code(code)
    assert read is not None
    meant = read.meant(float(kept), kind, factor)
    assert meant.figure == pytest.approx(figure, rel=1e-12)
    assert meant.percent == ((code, kept) in IN_PERCENT)


@pytest.mark.parametrize(("code", "kept", "kind", "factor", "seen"), UNSURE)
def test_a_figure_of_which_nobody_can_tell_the_size_is_none(code, kept, kind, factor, seen):
    read = of_code(code)
    assert read is not None
    meant = read.meant(float(kept), kind, factor)
    assert meant.figure is None
    assert meant.shown == seen


@pytest.mark.parametrize("code", SHOWN_AS_KEPT)
def test_a_format_that_shows_the_number_itself_is_passed_over(code):
    assert of_code(code) is None


@pytest.mark.parametrize(
    "code",
    ["[$$-409]#,##0.00", "$#,##0", '"US$"#,##0', "[$€-2] #,##0", "[$HKD] 0", r"\$0", '0"美元"', "[$¥-411]#,##0",
     "[$￥-411]0", "€0", '0.0,,"港元"'],
)  # fmt: skip
def test_an_amount_in_another_countrys_money_is_none_in_yuan(code):
    read = of_code(code)
    assert read is not None
    meant = read.meant(3200.0, "money", WAN)
    assert meant.figure is None
    assert meant.foreign


@pytest.mark.parametrize(
    "code",
    ["yyyy-mm-dd", 'yyyy"年"m"月"d"日"', "[$-804]yyyy/m/d", "h:mm", "[h]:mm:ss",
     "上午/下午h\"时\"", "mmm", "aaaa", "ge.m.d"],
)  # fmt: skip
def test_a_format_of_days_or_times_is_known(code):
    read = of_code(code)
    assert read is not None
    assert read.is_day(45_000)
    assert read.meant(45_000.0, "money", WAN).figure is None


@pytest.mark.parametrize("code", ['0"days"', r"0\d", "0_d", "[Red]0", "[$HKD] 0", "!d0"])
def test_letters_of_days_among_words_make_no_day(code):
    read = of_code(code)
    assert read is None or not read.is_day(45_000)


def test_the_numbers_of_built_in_formats_stand_for_their_codes():
    percent = built_in(10)
    assert percent is not None
    assert percent.meant(0.125, "ratio", PERCENT).percent
    assert all(built_in(number) is None for number in (0, 1, 2, 3, 4, 5, 8, 11, 37, 44, 48, 49, 163))
    for number in (14, 22, 31, 45, 57):  # 31 and 57: 年月日 of a Chinese Excel
        days = built_in(number)
        assert days is not None
        assert days.is_day(45_000)


def test_a_column_of_words_refuses_only_numbers_that_are_not_seen():
    words, plain = of_code('[=1]"是";[=0]"否"'), of_code('0"年"')
    assert words is not None
    assert words.hides_number(1)
    assert plain is None or not plain.hides_number(2023)


@pytest.mark.parametrize(
    ("code", "always"),
    [("0%", True), ("0.0%;-0.0%", True), ("0.0%;[Red]0.0%", True), ("[<1]0%;0", False), ("0.0%;0.0%", False),
     ("0%;-0%;0", False), ("0%%", False), ("0,%", False), ('0"%"', False)],
)  # fmt: skip
def test_a_format_that_shows_percentages_alone_is_known_as_such(code, always):
    read = of_code(code)
    assert read is not None
    assert read.always_percent is always
    if always:
        assert all(read.meant(kept, "ratio", PERCENT).percent for kept in (-0.5, 0.0, 0.125, 42.5))


@given(
    code=st.text(st.sampled_from('0#?.,%;"\\!_*[]<>=@$-()/:ymdhsEe+ 万亿元¥€RedGnral19'), max_size=24),
    kept=st.floats(allow_nan=False),
    kind=st.sampled_from(["money", "count", "ratio", "number"]),
    factor=st.sampled_from([1.0, 1e4, -1e4, 0.01]),
)
def test_no_format_whatever_stands_in_it_ends_the_reading_or_gives_a_third_figure(code, kept, kind, factor):
    read = of_code(code)
    if read is None:
        return
    meant = read.meant(kept, kind, factor)
    assert isinstance(meant.shown, str)
    assert {type(read.is_day(kept)), type(read.hides_number(kept))} == {bool}
    if meant.figure is not None and meant.figure != kept:  # then the cell keeps base units
        assert meant.figure == kept / abs(factor)
