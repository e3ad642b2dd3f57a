"""What a firm can claim: at each limit and date, to the fen; what it lacks, by how much; what nobody knows."""

from datetime import date, timedelta

import pytest
from sqlalchemy.orm import Session

from pipeline.accounts.people import Person, Role
from pipeline.errors import NotAllowed
from pipeline.support.entitlements import forecast, support_of_firm
from tests.cast import BANYAN, KAPOK, LOTUS, happened, state
from tests.pipeline.pools.city import CHEN, LOTUS_CLERK, found
from tests.pipeline.support.made_up import JUNE_1, READER, certified, lent, rules_in_force, three_firms

ON_SQLITE_ALONE = True
DAY = timedelta(days=1)


@pytest.fixture(autouse=True)
def rules(tmp_path):
    with rules_in_force(tmp_path):
        yield


def of(engine, firm, rule, on=JUNE_1):
    """State, occasion and fen of each entitlement of a rule."""
    with Session(engine) as session:
        told = support_of_firm(session, CHEN, firm, on).entitlements
        return [(one.state, one.occasion, one.amount_fen) for one in told if one.rule.id == rule]


def lacks(engine, firm, rule, on=JUNE_1):
    with Session(engine) as session:
        told = support_of_firm(session, CHEN, firm, on).entitlements
        return [str(word) for one in told if one.rule.id == rule for word in one.lacks]


ISSUED, EXPIRES = date(2023, 12, 18), date(2026, 12, 17)
OLD = date(2010, 3, 1)


@pytest.mark.both_databases
def test_a_first_certificate_gives_300_000_and_a_renewed_one_100_000(engine):
    found(engine)
    certified(engine, LOTUS, ISSUED, EXPIRES, registered=date(2020, 3, 1))  # cannot have had one before
    certified(engine, BANYAN, date(2020, 12, 1), date(2023, 11, 30), registered=OLD, year=2022)
    certified(engine, BANYAN, ISSUED, EXPIRES, registered=OLD)
    certified(engine, KAPOK, ISSUED, EXPIRES, registered=OLD)  # nobody knows whether it had one
    name = f"certificate:{ISSUED}"
    assert of(engine, LOTUS, "first") == [("can", name, 300_000_00)]
    assert of(engine, LOTUS, "again") == [("lacks", name, 100_000_00)]
    assert of(engine, BANYAN, "first") == [("lacks", name, 300_000_00)]
    assert of(engine, BANYAN, "again") == [("can", name, 100_000_00)]
    assert of(engine, KAPOK, "first") == [("to_show", name, 300_000_00)]
    assert of(engine, KAPOK, "again") == [("to_show", name, 100_000_00)]
    assert lacks(engine, KAPOK, "first") == ["首次认定的高企证书 ＝ 是：情况不明，由申报材料证明"]
    with Session(engine) as session:
        told = forecast(session, JUNE_1).rules
    assert (told["first"], told["again"]) == ((1, 300_000_00), (1, 100_000_00)), "what is unknown counts in no sum"


@pytest.mark.parametrize(("registered", "is_first"), [(date(2019, 12, 20), "can"), (date(2019, 12, 19), "to_show")])
def test_four_years_after_registration_a_certificate_may_be_the_second(engine, registered, is_first):
    found(engine)
    assert (ISSUED - date(2019, 12, 20)).days == 4 * 365 - 1
    certified(engine, LOTUS, ISSUED, EXPIRES, registered=registered)
    assert of(engine, LOTUS, "first")[0][0] == is_first


@pytest.mark.parametrize(
    ("issued", "there"),
    [(date(2023, 5, 31), False), (date(2023, 6, 1), True), (date(2024, 12, 31), True), (date(2025, 1, 1), False)],
)
def test_a_certificate_counts_from_the_first_to_the_last_day_of_its_rule(engine, issued, there):
    found(engine)
    on = date(2024, 12, 31)
    state(
        engine,
        LOTUS,
        2023,
        hnte_certified_on=issued,
        hnte_expires_on=EXPIRES,
        registered_on=date(2022, 1, 1),
        known_on=on,
    )
    state_, occasion, fen = of(engine, LOTUS, "first", on)[0]
    assert (state_ == "can", occasion is not None, fen == 300_000_00) == (there, there, there)


def test_a_rule_is_claimed_until_its_last_day_and_what_is_known_later_is_not_known(engine):
    found(engine)
    certified(engine, LOTUS, ISSUED, EXPIRES, registered=date(2020, 3, 1))
    assert of(engine, LOTUS, "first", date(2024, 12, 31)) != []
    assert of(engine, LOTUS, "first", date(2025, 1, 1)) == []
    assert of(engine, LOTUS, "first", date(2024, 4, 30))[0][0] == "can"
    assert of(engine, LOTUS, "first", date(2024, 4, 29))[0][:2] == ("lacks", None), "the return was not known yet"
    assert of(engine, LOTUS, "first", EXPIRES) == []


@pytest.mark.parametrize(
    ("deducted", "fen"),
    [
        (400_000.00, 100_000_00),
        (600_000.02, 150_000_01),  # 150,000.005: a half goes up
        (600_000.01, 150_000_00),  # 150,000.0025
        (799_999.98, 200_000_00),  # 199,999.995, and not the cap
        (799_999.94, 199_999_99),  # 199,999.985
        (800_000.04, 200_000_00),  # the cap
    ],
)
def test_a_quarter_of_the_super_deduction_to_the_fen_up_to_the_cap(engine, deducted, fen):
    found(engine)
    state(engine, LOTUS, 2023, revenue_cny=20e6, super_deduction_cny=deducted, known_on=date(2024, 4, 30))
    assert of(engine, LOTUS, "rd") == [("can", "year:2023", fen)]


def test_each_year_of_the_rule_is_claimed_apart_and_one_before_it_is_none(engine):
    found(engine)
    for year in (2022, 2023):
        state(engine, LOTUS, year, revenue_cny=20e6, super_deduction_cny=4e5, known_on=date(year + 1, 4, 30))
    assert [occasion for _state, occasion, _fen in of(engine, LOTUS, "rd")] == ["year:2023"]


def test_what_is_missing_is_told_by_how_much_and_what_nobody_states_as_that(engine):
    found(engine)
    state(engine, LOTUS, 2023, revenue_cny=9_400_000.0, super_deduction_cny=4e5, known_on=date(2024, 4, 30))
    state(engine, BANYAN, 2023, revenue_cny=20e6, known_on=date(2024, 4, 30))
    assert of(engine, LOTUS, "rd") == [("lacks", "year:2023", 100_000_00)]
    assert lacks(engine, LOTUS, "rd") == ["最近一年营业收入还差 60 万元（940 / 1,000 万元）"]
    assert lacks(engine, BANYAN, "rd") == ["2023-01-01 至 2024-06-01 期间各年报表均未填报研发费用加计扣除额。"]


def test_interest_runs_over_the_days_of_the_loan_at_360_a_year(engine):
    found(engine)
    with Session(engine) as session, session.begin():
        half = lent(session, LOTUS, date(2024, 1, 10), date(2024, 7, 9), 5_000_000_00)  # 181 days
        longer = lent(session, LOTUS, date(2024, 2, 1), date(2026, 2, 1), 1_000_000_00)  # 360 days count
        large = lent(session, LOTUS, date(2024, 3, 1), date(2025, 3, 1), 20_000_000_00)
        early = lent(session, LOTUS, date(2023, 12, 31), date(2024, 12, 31), 1_000_000_00)
        open_ = lent(session, LOTUS, date(2024, 4, 1), None, 1_000_000_00)
        numbers = [one.id for one in (half, longer, large, early, open_)]
    told = {occasion: (state_, fen) for state_, occasion, fen in of(engine, LOTUS, "interest")}
    assert told == {
        f"activity:{numbers[0]}": ("can", 43_364_58),  # 5 m x 3.45 % x 1/2 x 181/360 = 43,364.5833
        f"activity:{numbers[1]}": ("can", 17_250_00),
        f"activity:{numbers[2]}": ("can", 100_000_00),
        f"activity:{numbers[4]}": ("lacks", None),
    }, "the loan of the year before is none"


def test_an_award_for_a_stage_waits_for_its_event(engine):
    found(engine)
    happened(engine, LOTUS, "tutoring_filed", date(2024, 5, 20))
    happened(engine, BANYAN, "tutoring_filed", date(2023, 12, 31))
    assert of(engine, LOTUS, "tutoring") == [("can", "event:tutoring_filed", 500_000_00)]
    assert of(engine, LOTUS, "tutoring", date(2024, 5, 19)) == [("lacks", None, None)]
    assert of(engine, BANYAN, "tutoring") == [("lacks", None, None)]
    assert lacks(engine, BANYAN, "tutoring") == ["2024-01-01 至 2024-06-01 期间没有辅导备案的记录。"]


def test_examples_of_elsewhere_and_what_is_proposed_or_over_are_no_entitlement(engine):
    three_firms(engine)
    happened(engine, LOTUS, "listed", date(2024, 5, 20))
    with Session(engine) as session:
        told = support_of_firm(session, CHEN, LOTUS, JUNE_1)
        assert {"elsewhere", "planned", "over"}.isdisjoint(one.rule.id for one in told.entitlements)
        assert [rule.id for rule in told.ended] == ["over"]


def test_a_firm_and_its_reader_see_their_own_and_nobody_else(engine):
    three_firms(engine)
    tax = Person(77, "税务局", Role.DEPARTMENT, department="tax")
    with Session(engine) as session:
        assert support_of_firm(session, LOTUS_CLERK, LOTUS, JUNE_1).entitlements
        assert support_of_firm(session, READER, LOTUS, JUNE_1).entitlements
        for stranger in (LOTUS_CLERK, READER, tax, Person(78, "挂点", Role.MENTOR)):
            with pytest.raises(NotAllowed):
                support_of_firm(session, stranger, BANYAN, JUNE_1)


def test_the_forecast_is_the_sum_of_what_each_firm_can_claim_now(engine):
    three_firms(engine)
    certified(engine, LOTUS, ISSUED, EXPIRES, registered=date(2020, 3, 1), revenue_cny=20e6)
    with Session(engine) as session:
        whole = forecast(session, JUNE_1)
        each = [support_of_firm(session, CHEN, firm, JUNE_1) for firm in (LOTUS, BANYAN, KAPOK)]
    assert whole.rules["rd"] == (3, 200_000_01)
    assert sum(fen for _count, fen in whole.rules.values()) == sum(one.can_fen for one in each)
