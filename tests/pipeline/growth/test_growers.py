"""Who is a fast grower: the rule at its limits, as known on a day, beside firms like it, and within whose reach."""

import json
from datetime import date

import pytest
from sqlalchemy.orm import Session

from pipeline.accounts.people import Person, Role
from pipeline.errors import NotAllowed
from pipeline.growth import in_words
from pipeline.growth.growers import Growers
from pipeline.growth.service import growers_of, served
from pipeline.kept_answers.documents import as_document, record_of
from pipeline.language import ENGLISH, speaking
from pipeline.rules.definition.rule_books import NoSuchRule
from tests.cast import BANYAN, KAPOK, LOTUS, state
from tests.pipeline.pools.city import ANA, CHEN, DISTRICTS, JIANGHAI, LOTUS_CLERK
from tests.pipeline.pools.city import found as founded

ON_SQLITE_ALONE = True
MAY_1 = date(2024, 5, 1)
EVEN = (1_000_000, 1_200_000, 1_440_000, 1_728_000)
#: 100, 120, 150, 200 as in test_rates.
GROWS = (100e4, 120e4, 150e4, 200e4)


def returns(engine, firm, revenue, staff, first=2020, **more):
    founded(engine, firm)
    for year, (money, people) in enumerate(zip(revenue, staff, strict=True), start=first):
        about = {"district_code": DISTRICTS[firm], "industry_code": "C3824", **more}
        state(engine, firm, year, revenue_cny=money, staff=people, **about)


def found(engine, person=CHEN, day=MAY_1):
    with Session(engine) as session:
        return growers_of(session, person, day)


def grower(engine, **more):
    return {one.firm_id: one for one in found(engine, **more).firms}


def test_ten_people_at_the_beginning_are_enough_and_nine_are_not(sqlite_engine):
    returns(sqlite_engine, LOTUS, GROWS, (10, 10, 10, 10))
    returns(sqlite_engine, BANYAN, GROWS, (9, 10, 10, 10))
    answer = found(sqlite_engine)
    assert [one.firm_id for one in answer.firms] == [LOTUS]
    assert (answer.looked_at, answer.unknown, answer.least_staff, answer.line) == (2, 0, 10, 0.2)
    lotus = answer.firms[0]
    assert (lotus.staff_before, lotus.size, lotus.year) == (10, "small", 2023)
    assert lotus.revenue.rate == pytest.approx(2 ** (1 / 3) - 1)
    assert (lotus.revenue.meets, lotus.staff.meets) == (True, False)
    assert not lotus.sure, "its interval reaches down to 10.4 %"


def test_a_growth_of_twenty_per_cent_is_not_more_than_twenty_and_a_little_more_is(sqlite_engine):
    returns(sqlite_engine, LOTUS, EVEN, (10, 10, 10, 10))
    returns(sqlite_engine, BANYAN, (*EVEN[:3], 1_729_000), (10, 10, 10, 10))
    assert list(grower(sqlite_engine)) == [BANYAN]


def test_staff_alone_makes_a_grower_and_even_growth_leaves_no_doubt(sqlite_engine):
    returns(sqlite_engine, LOTUS, (100, 100, 100, 100), (10, 15, 22.5, 33.75))
    lotus = grower(sqlite_engine)[LOTUS]
    assert (lotus.revenue.meets, lotus.staff.meets, lotus.sure) == (False, True, True)
    assert lotus.staff.rate == pytest.approx(0.5)
    assert lotus.fastest == pytest.approx(0.5)


def test_three_years_are_too_few_and_counted_as_unknown(sqlite_engine):
    returns(sqlite_engine, LOTUS, GROWS[1:], (10, 10, 10), first=2021)
    answer = found(sqlite_engine)
    assert (answer.firms, answer.unknown) == ((), 1)


def test_a_missing_year_between_is_no_reason_not_to_be_a_grower_but_leaves_no_interval(sqlite_engine):
    returns(sqlite_engine, LOTUS, (100e4, None, 150e4, 200e4), (10, 10, 10, 10))
    lotus = grower(sqlite_engine)[LOTUS]
    assert (lotus.revenue.low, lotus.revenue.high) == (None, None)
    assert in_words.interval(lotus.revenue) == "年份太少"


def test_what_became_known_later_is_not_read(sqlite_engine):
    returns(sqlite_engine, LOTUS, GROWS, (10, 10, 10, 10))
    assert list(grower(sqlite_engine, day=date(2024, 4, 30))) == [LOTUS]
    # On the day before its last return it has three years.
    assert found(sqlite_engine, day=date(2024, 4, 29)).unknown == 1


def test_a_district_lists_its_own_firms_and_ranks_them_in_the_city(sqlite_engine):
    returns(sqlite_engine, LOTUS, (100e4, 120e4, 150e4, 300e4), (10, 10, 10, 10))
    returns(sqlite_engine, BANYAN, GROWS, (10, 10, 10, 10))
    own = found(sqlite_engine, person=JIANGHAI)
    assert ([one.firm_id for one in own.firms], own.looked_at) == ([BANYAN], 1)
    pace = own.firms[0].revenue
    assert (pace.place, pace.of, pace.cell) == (2, 2, "city")
    assert in_words.rank(pace) == "第 2 名，共 2 家 · 全市企业"


@pytest.mark.parametrize("person", [LOTUS_CLERK, ANA, Person(20, "挂点", Role.MENTOR)])
def test_who_does_not_follow_the_plan_sees_no_growers(sqlite_engine, person):
    with pytest.raises(NotAllowed):
        found(sqlite_engine, person=person)


def test_before_the_rule_nobody_is_said_to_grow_fast(sqlite_engine):
    with pytest.raises(NoSuchRule):
        found(sqlite_engine, day=date(2007, 1, 1))


def test_a_grower_of_which_nobody_is_in_charge_says_so(sqlite_engine):
    returns(sqlite_engine, KAPOK, GROWS, (10, 10, 10, 10))
    with Session(sqlite_engine) as session:
        answer = growers_of(session, CHEN, MAY_1)
        one = served(session, CHEN, answer.firms, MAY_1)[0]
    assert (one.unnamed, one.overdue, one.open_problems) == (3, 0, 0)
    assert in_words.contact(one.levels["town"]) == "未确定"
    with speaking(ENGLISH):
        assert in_words.industry("C3824") == "C38; manufacturing"
    assert in_words.industry(None) == "—"


def test_an_answer_that_is_kept_is_the_same_when_it_is_read(sqlite_engine):
    returns(sqlite_engine, LOTUS, (100e4, None, 150e4, 200e4), (10, 15, 22, 34))
    answer = found(sqlite_engine)
    assert len(answer.firms) == 1
    assert record_of(Growers, json.loads(json.dumps(as_document(answer)))) == answer
