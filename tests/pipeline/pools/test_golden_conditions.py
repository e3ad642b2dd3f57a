"""The shipped policy of the golden-seed pool: each condition with its near miss; what is unknown confirms nothing."""

from datetime import date

import pandas as pd
import pytest

from pipeline.pools.evaluating import Evaluated
from pipeline.pools.inputs import Inputs, about_firms
from pipeline.pools.policy import POLICY_FILE, policy_book
from pipeline.pools.proposing import proposals
from pipeline.pools.standing import standing
from pipeline.rules.evaluation.conditions import WORDS

DAY = date(2026, 5, 1)
POLICY = policy_book(POLICY_FILE).on(DAY)
FIT = "Fit"
#: A firm of the seed pool that meets all that the golden-seed pool asks.
BROUGHT = {
    "in_city": 1.0,
    "unlisted": 1.0,
    "seed_member": 1.0,
    "pool_months": 12.0,
    "advisers_signed": 1.0,
    "neeq_innovation": 0.0,
    "nominated": 1.0,
    "plan_dropped": 0.0,
    "target_board_named": 1.0,
    "months_to_filing": 24.0,
    "reform_months_from_entry": 20.0,
    "target_board_industry_open": 1.0,
    "tutoring_filed": 0.0,
    "application_accepted": 0.0,
}
YEARS = {
    2024: {"net_profit_cny": 1.2e7, "net_profit_after_nonrecurring_cny": 1.3e7, "revenue_cny": 5e7},
    2025: {"net_profit_cny": 1.3e7, "net_profit_after_nonrecurring_cny": 1.2e7, "revenue_cny": 6e7},
}
RECORD = {
    "major_violation_36m": 0.0,
    "compliance_clean_2y": 1.0,
    "dishonest_debtor": 0.0,
    "major_incident_12m": 0.0,
    "srdi_provincial": 1.0,
}


def inputs(brought=None, years=None, record=None, pool="seed", points=70.0, **about) -> Inputs:
    """What is known of one firm, with something of it changed."""
    members = pd.Series({FIT: pool} if pool else {}, dtype=object)
    firms = about_firms(pd.Series({FIT: points}), members)
    firms = firms.assign(district_code="440703", **{**BROUGHT, "seed_member": float(pool == "seed"), **(brought or {})})
    firms = firms.assign(**about)
    facts = {
        (FIT, year): {**figures, **RECORD, **(record or {}), **(years or {}).get(year, {})}
        for year, figures in YEARS.items()
    }
    table = pd.DataFrame.from_dict(facts, orient="index")
    table.index = pd.MultiIndex.from_tuples(table.index, names=["firm_id", "year"])
    own = pd.DataFrame({"share_reform_on": pd.to_datetime([None]), "name": ["榕动电机有限公司"]}, index=[FIT])
    return Inputs(DAY, firms, table, own.rename_axis("firm_id"))


def moved(known: Inputs) -> list[tuple[str, str, str | None]]:
    changes = proposals(known, POLICY).changes
    return [(row.action, row.reason, row.to_pool) for row in changes.itertuples()]


RISES = [("promote", "promote_conditions", "golden")]


def test_who_meets_every_condition_rises():
    assert moved(inputs()) == RISES


@pytest.mark.parametrize(
    ("known", "rises"),
    [
        ({"years": {2024: {"net_profit_cny": 1.1999e7}}}, False),  # each of two years, the lower of both profits
        ({"years": {2024: {"net_profit_cny": 0.0}, 2025: {"net_profit_cny": 2e7}}}, False),  # the lower one decides
        ({"years": {2024: {"net_profit_cny": 0.0}, 2025: dict.fromkeys(list(YEARS[2025])[:2], 2e7)}}, True),
        ({"brought": {"advisers_signed": 0.0}}, False),
        ({"brought": {"advisers_signed": float("nan")}}, False),
        ({"brought": {"months_to_filing": 36.0}}, True),
        ({"brought": {"months_to_filing": 36.1}}, False),
        ({"brought": {"reform_months_from_entry": 24.1}}, False),
        ({"brought": {"target_board_named": float("nan")}}, False),
        ({"brought": {"target_board_industry_open": 0.0}}, False),
        ({"brought": {"nominated": 0.0}}, False),
        ({"brought": {"in_city": 0.0}}, False),
        ({"record": {"major_violation_36m": 1.0}}, False),
        ({"record": {"compliance_clean_2y": float("nan")}}, False),
        ({"record": {"srdi_provincial": 0.0}}, False),
        ({"record": {"srdi_provincial": 0.0, "little_giant": 1.0}}, True),
    ],
)
def test_each_condition_has_its_near_miss_and_what_nobody_knows_confirms_nothing(known, rises):
    assert (moved(inputs(**known)) == RISES) == rises


@pytest.mark.parametrize("way", ["tutoring_filed", "application_accepted", "neeq_innovation"])
def test_who_is_in_tutoring_in_review_or_in_the_innovation_tier_comes_straight_in_if_its_record_is_clean(way):
    straight = {way: 1.0, "nominated": 0.0, "months_to_filing": float("nan")}
    assert moved(inputs(straight, pool=None)) == [("enter", "straight_conditions", "golden")]
    assert moved(inputs(straight)) == [("promote", "straight_conditions", "golden")]
    stained = moved(inputs(straight, record={"major_violation_36m": 1.0}, pool=None))
    assert stained == [("enter", "enter", "seed")]


@pytest.mark.parametrize(
    ("known", "leaves"),
    [
        ({"brought": {"plan_dropped": 1.0}}, True),
        ({"brought": {"pool_months": 24.0}}, False),
        ({"brought": {"pool_months": 24.1}}, True),
        ({"brought": {"pool_months": 24.1, "tutoring_filed": 1.0}}, False),
        ({"record": {"major_violation_36m": 1.0}}, True),
        ({"record": {"major_violation_36m": float("nan")}}, False),
    ],
)
def test_a_golden_firm_falls_back_for_what_the_policy_names_and_not_for_what_is_unknown(known, leaves):
    found = moved(inputs(pool="golden", **known))
    assert found == ([("demote", "demote_conditions", "seed")] if leaves else [])


def test_points_take_nobody_out_whose_tutoring_is_under_way_and_a_stain_does():
    assert moved(inputs(pool="golden", points=50.0)) == [("exit", "exit_conditions", None)]
    assert moved(inputs(pool="golden", points=50.0, held=True)) == []
    stained = moved(inputs(pool="golden", record={"dishonest_debtor": 1.0}, held=True))
    assert stained == [("exit", "exit_conditions", None)]


@pytest.mark.parametrize(
    ("until", "known", "found"),
    [
        (date(2026, 5, 2), {}, []),
        (DAY, {}, [("renew", "renew", "golden")]),
        (DAY, {"points": 57.0}, [("renew", "renew", "golden")]),  # the exit line, not the entry line, guards who is in
        (DAY, {"brought": {"nominated": 0.0}}, [("demote", "demote_expired", "seed")]),
        (DAY, {"brought": {"target_board_named": float("nan")}}, []),
    ],
)
def test_a_membership_that_has_run_out_is_renewed_ends_or_waits_for_what_nobody_knows(until, known, found):
    asked = inputs(pool="golden", valid_until=until, **known)
    assert moved(asked) == found
    standing_ = list(proposals(asked, POLICY).found["standing"])
    assert ("renewal_unknown" in standing_) == (found == [] and until == DAY)


def test_a_firm_that_only_something_unknown_holds_up_is_named_with_what_to_ask():
    asked = inputs({"target_board_named": float("nan"), "months_to_filing": float("nan")})
    (line,) = proposals(asked, POLICY).found.query("standing == 'unknown'").itertuples()
    assert (line.firm_id, line.pool) == (FIT, "golden")
    assert [label.zh for label in line.conditions] == ["已明确目标板块 ＝ 是", "距计划申报时间 ≤ 36 个月"]
    (plan,) = [
        part
        for one in standing(asked, POLICY, FIT)
        if one.name == "golden_enter"
        for part in one.parts
        if part.verdict == "unknown"
    ]
    assert plan.label.zh == "上市计划明确"
    assert [str(sentence) for sentence in plan.missing] == [
        "已明确目标板块 ＝ 是：不详，请向企业（入库申请）核实",
        "距计划申报时间 ≤ 36 个月：不详，请向企业（入库申请）核实",
    ]


def test_the_firm_itself_is_told_where_to_state_what_an_officer_would_ask_it():
    asked = inputs({"target_board_named": float("nan")}, record={"compliance_clean_2y": float("nan")})
    missing = [
        str(sentence)
        for one in standing(asked, POLICY, FIT, to_the_firm=True)
        if one.name == "golden_enter"
        for part in one.parts
        for sentence in part.missing
    ]
    assert "已明确目标板块 ＝ 是：不详，请在入库申请中填写" in missing
    assert any(each.endswith("不详，请在本企业报表中填报，或请市场监管、税务等部门核实") for each in missing)
    assert not any("请向企业" in each for each in missing)


def test_what_a_firm_is_shown_says_the_same_as_what_decides():
    for known in ({}, {"brought": {"nominated": 0.0}}, {"record": {"compliance_clean_2y": float("nan")}}):
        asked = inputs(**known)
        shown = {one.name: one.verdict for one in standing(asked, POLICY, FIT)}
        decided = Evaluated(asked, POLICY)
        assert shown == {name: WORDS[decided.state(name).iloc[0]] for name in shown}


def test_two_reviews_in_a_row_are_needed_where_the_policy_says_so():
    text = POLICY_FILE.read_text(encoding="utf-8") + (
        "reviews_to_leave: {zh: 连续次数, en: Reviews in a row, unit: reviews, values: {2021-01-01: 2}}\n"
    )
    from pipeline.pools.policy import policy_book_of

    twice = policy_book_of(text, "twice").on(DAY)
    low = inputs(points=50.0, brought={"nominated": 0.0})
    first = proposals(low, twice)
    assert first.changes.empty
    assert list(first.found.query("standing == 'warned'")["firm_id"]) == [FIT]
    again = inputs(points=50.0, brought={"nominated": 0.0}, warned=1)
    assert list(proposals(again, twice).changes["reason"]) == ["exit_conditions"]


def test_a_floor_gives_a_district_its_places_first_and_no_more_than_it_has_worthy_firms():
    text = (
        POLICY_FILE.read_text(encoding="utf-8")
        .replace(
            "  cap:\n    zh: 种子库容量",
            '  floors: {zh: 各区保底, en: Floors, unit: firms, values: {2021-01-01: {value: {"440785": 2}}}}\n'
            "  cap:\n    zh: 种子库容量",
        )
        .replace("{value: 150,", "{value: 3,")
    )
    from pipeline.pools.policy import policy_book_of

    policy = policy_book_of(text, "floors").on(DAY)
    points = pd.Series({"A": 70.0, "B": 69.0, "C": 68.0, "D": 61.0, "E": 60.5, "F": 59.0})
    firms = about_firms(points).assign(**{**BROUGHT, "tutoring_filed": 0.0, "seed_member": 0.0})
    firms["district_code"] = ["440703", "440703", "440703", "440785", "440785", "440785"]
    facts = inputs()
    chosen = proposals(Inputs(DAY, firms, facts.facts, facts.firm_facts.iloc[:0]), policy).changes
    assert sorted(chosen.index[chosen["action"] == "enter"]) == ["A", "D", "E"]
    firms["district_code"] = ["440703", "440703", "440703", "440703", "440785", "440784"]
    chosen = proposals(Inputs(DAY, firms, facts.facts, facts.firm_facts.iloc[:0]), policy).changes
    assert sorted(chosen.index[chosen["action"] == "enter"]) == ["A", "B", "E"]
