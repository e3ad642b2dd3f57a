"""What a firm declares: read from its document and written back, and everything that is wrong said in one letter."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.declarations.content import (
    ADVISER_ROLES,
    TARGET_BOARDS,
    Adviser,
    Application,
    WrongApplication,
    application_of,
)

ON = date(2024, 5, 20)
WHOLE = {
    "intends_to_list": True,
    "target_board": "bse",
    "reform_on": "2024-12-31",
    "filing_on": date(2026, 3, 31),
    "advisers": [{"role": "broker", "name": " 砾垣证券（虚构） ", "signed_on": "2024-05-20"}],
    "contact": {"name": "岑霁云", "phone": "0750-0001234"},
    "truth": True,
}


def letter(**changed) -> list[str]:
    with pytest.raises(WrongApplication) as refused:
        application_of({**WHOLE, **changed}, ON)
    return [str(problem) for problem in refused.value.problems]


def test_a_whole_application_is_read_with_its_days_as_days_and_its_texts_trimmed():
    read = application_of(WHOLE, ON)
    assert (read.reform_on, read.filing_on) == (date(2024, 12, 31), date(2026, 3, 31))
    assert read.advisers == (Adviser("broker", "砾垣证券（虚构）", ON),)
    assert list(read.as_json()) == list(WHOLE)


DAYS = st.none() | st.dates(ON, date(2034, 12, 31))
LINES = st.text("岑霁云 abc0-", min_size=1, max_size=100).filter(lambda text: text.strip() == text)


@given(
    board=st.sampled_from([None, *TARGET_BOARDS]),
    days=st.tuples(DAYS, DAYS).map(lambda two: sorted(two, key=lambda day: day or ON)),
    advisers=st.lists(st.sampled_from(list(ADVISER_ROLES)), unique=True),
    name=LINES,
    signed=st.none() | st.dates(date(2020, 1, 1), ON),
)
def test_what_is_written_is_read_back_the_same(board, days, advisers, name, signed):
    said = Application(
        True, board, *days, tuple(Adviser(role, name, signed) for role in advisers), name, "0750-1", True
    )
    assert application_of(said.as_json(), ON) == said


def test_everything_that_is_wrong_stands_in_one_letter():
    told = letter(
        target_board="neeq",
        reform_on="2024-05-19",
        filing_on="2024-13-01",
        advisers=[
            {"role": "broker", "name": "甲", "signed_on": "2024-05-21"},
            {"role": "broker", "name": "乙", "signed_on": None},
        ],
        contact={"name": " ", "phone": "1" * 41},
        truth=False,
        colour="green",
    )
    for part in ("colour", "2024-13-01", "neeq", "2024-05-19", "保荐券商", "2024-05-21", "联系人姓名", "41", "承诺"):
        assert sum(part in line for line in told) >= 1, part
    assert len(told) == 9


@pytest.mark.parametrize(
    ("changed", "named"),
    [
        ({"filing_on": "2024-12-30"}, "早于计划股改时间"),
        ({"filing_on": "2035-01-01"}, "核对年份"),
        ({"intends_to_list": False}, "未表示上市意愿"),
        ({"intends_to_list": "yes"}, "true"),
        ({"contact": {"name": "岑", "phone": 7503500000}}, "7503500000"),
        ({"contact": "岑"}, "联系人"),
        ({"advisers": "砾垣"}, "中介机构"),
        ({"advisers": [{"role": "agent", "name": "甲", "signed_on": None}]}, "agent"),
        ({"advisers": [{"role": "broker", "name": "甲"}]}, "advisers[1].signed_on"),
        ({"advisers": [{"role": "broker", "name": "甲\n乙", "signed_on": None}]}, "一行"),
    ],
)
def test_one_thing_wrong_is_told_once(changed, named):
    told = letter(**changed)
    assert len(told) == 1
    assert named in told[0]


def test_a_plan_may_begin_on_the_day_itself_and_lie_ten_years_ahead():
    read = application_of({**WHOLE, "reform_on": ON.isoformat(), "filing_on": "2034-12-31"}, ON)
    assert read.reform_on == ON


def test_a_firm_that_does_not_intend_to_be_listed_names_no_board_and_no_day():
    nothing = {"intends_to_list": False, "target_board": None, "reform_on": None, "filing_on": None, "advisers": []}
    assert application_of({**WHOLE, **nothing}, ON).intends_to_list is False


@pytest.mark.parametrize("content", [None, [], "apply", 3])
def test_what_is_no_list_of_parts_is_told_the_parts(content):
    with pytest.raises(WrongApplication, match="intends_to_list"):
        application_of(content, ON)


def test_an_empty_document_is_told_each_part_once():
    with pytest.raises(WrongApplication) as refused:
        application_of({}, ON - timedelta(days=1))
    assert len(refused.value.problems) == len(WHOLE)
