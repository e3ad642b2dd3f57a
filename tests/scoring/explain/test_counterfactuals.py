"""What would raise a score: only facts a firm can act on, only as far as firms of its size went, and only what the
model confirms on the features of the changed facts."""

from collections.abc import Sequence
from datetime import date
from typing import Any

import numpy as np
import pandas as pd
import pytest

from pipeline.catalog import catalog
from scoring import fit
from scoring.explain.actions import ACTIONS, PROFITS
from scoring.explain.counterfactuals import Firm, _numbered, split_points, suggestions
from scoring.explain.suggestion import Change, Suggestion
from scoring.features.listing_lines import lines_on
from scoring.features.matrix import FEATURES
from scoring.scores.peer_changes import FeasibleChange
from tests.cast import LOTUS, yearly

#: Features, where their middle lies and how far firms lie apart.
SPREAD = {
    "net_profit": (2.9, 0.4),
    "roe": (0.1, 0.06),
    "revenue": (4.0, 0.3),
    "rd_share": (0.04, 0.02),
    "inventions": (0.7, 0.3),
    "net_profit_year_before": (2.8, 0.4),
    "years_since_founding": (10.0, 5.0),
}
NAMES = list(SPREAD)
DAY = date(2025, 5, 1)


@pytest.fixture(scope="module")
def model():
    chance = np.random.default_rng(0)
    drawn = pd.DataFrame(chance.normal(size=(800, len(NAMES))), columns=NAMES)
    hidden = drawn.sum(axis=1) + chance.normal(0, 0.7, 800)
    label = (hidden > np.quantile(hidden, 0.93)).astype(int)
    features = drawn * [apart for _middle, apart in SPREAD.values()] + [middle for middle, _apart in SPREAD.values()]
    return fit(features, label, monotone={name: FEATURES[name].direction for name in NAMES}, ranks=True)


def lotus(**other: dict[int, Any]) -> Firm:
    facts: dict[str, dict[int, Any]] = {
        "revenue_cny": {2023: 80e6, 2024: 90e6},
        "cost_cny": {2023: 60e6, 2024: 68e6},
        "net_profit_cny": {2023: 5e6, 2024: 6e6},
        "net_assets_cny": {2023: 60e6, 2024: 66e6},
        "total_assets_cny": {2023: 90e6, 2024: 99e6},
        "rd_spend_cny": {2023: 2e6, 2024: 3.2e6},
        "invention_patents": {2023: 2, 2024: 3},
        "staff": {2023: 90, 2024: 100},
    }
    labels = pd.DataFrame({"registered_on": [pd.Timestamp(2015, 3, 2)]}, index=[LOTUS])
    return Firm(yearly(LOTUS, **{**facts, **other}), labels, DAY, lines_on(DAY))


FAR = FeasibleChange({name: 3 * apart for name, (_middle, apart) in SPREAD.items()}, 100)


def steps_of(found: Sequence[Suggestion]) -> list[Change]:
    return [change for suggestion in found for change in suggestion.changes]


def test_every_suggestion_is_worth_what_it_says_on_the_features_of_the_facts_it_tells(model):
    firm = lotus()
    found = suggestions(model, firm, FAR)
    assert any(len(one.changes) == 2 for one in found)
    for one in found:
        features = firm.features_of(firm.last().assign(**one.facts))
        assert float(model.score(features[model.features]).points.iloc[0]) == pytest.approx(one.points_then)
        assert one.gain > 0
        for step in one.changes:
            assert one.facts[step.fact] == step.fact_to > step.fact_from
            assert features[step.feature].iloc[0] == pytest.approx(step.value_to)


def test_what_follows_from_a_fact_moves_with_it(model):
    profit = next(one for one in suggestions(model, lotus(), FAR) if one.changes[0].action == "profit")
    more = profit.facts["net_profit_cny"] - 6e6
    assert profit.facts["net_assets_cny"] == pytest.approx(66e6 + more)
    assert profit.facts["total_assets_cny"] == pytest.approx(99e6 + more)


def test_a_single_change_stands_just_over_one_of_the_models_own_thresholds(model):
    reference = model.references[-1]
    for one in suggestions(model, lotus(), FAR):
        if len(one.changes) > 1:
            continue
        (step,) = one.changes
        thresholds = split_points(model.text)[model.features.index(step.feature)]
        lines = np.array([reference.value_at(step.feature, rank) for rank in thresholds])
        passed = lines[(lines > step.value_from) & (lines <= step.value_to)]
        assert len(passed)
        # Whole 万元 and whole patents: less than one step of the fact past the line.
        firm = lotus()
        size = 1.0 if step.action == "inventions" else 10_000.0
        if step.action in ("profit", "inventions"):
            short = firm.last()
            ACTIONS[step.action].apply(short, np.array([step.fact_to - size - step.fact_from]))
            assert firm.features_of(short)[step.feature].iloc[0] <= passed.max() * (1 + 2e-6)


def test_nobody_is_told_to_get_older_to_move_or_to_change_the_past(model):
    steps = steps_of(suggestions(model, lotus(), FAR))
    assert steps
    assert {step.feature for step in steps} <= {name for name in NAMES if FEATURES[name].actionable}
    facts = {fact for one in suggestions(model, lotus(), FAR) for fact in one.facts}
    assert not facts & {"registered_on", "district_code", "staff"}


def test_nothing_beyond_what_firms_of_its_size_did_is_suggested(model):
    near = FeasibleChange({"roe": 0.01}, 100)
    steps = steps_of(suggestions(model, lotus(), near))
    assert steps
    assert all(step.feature == "roe" and step.value_to - step.value_from <= 0.01 for step in steps)


def test_what_follows_stays_within_reach_too(model):
    """Return on equity could rise by 0.1, but the profit behind it by no more than 2 %."""
    bounded = FeasibleChange({"roe": 0.1, "net_profit": 0.009}, 100)
    for one in suggestions(model, lotus(), bounded):
        assert one.facts["net_profit_cny"] <= 6e6 * 1.022
    assert (
        max(one.facts["net_profit_cny"] for one in suggestions(model, lotus(), FeasibleChange({"roe": 0.1}, 100)))
        > 6.2e6
    )


def test_what_is_unknown_is_not_moved(model):
    blind = lotus(invention_patents={2023: None, 2024: None})
    assert "inventions" in {step.action for step in steps_of(suggestions(model, lotus(), FAR))}
    assert "inventions" not in {step.action for step in steps_of(suggestions(model, blind, FAR))}


def test_a_pair_brings_more_than_either_alone_and_never_the_same_money_twice(model):
    found = suggestions(model, lotus(), FAR)
    singles = {one.changes[0].action: one.gain for one in found if len(one.changes) == 1}
    pairs = [one for one in found if len(one.changes) == 2]
    assert pairs
    for pair in pairs:
        assert all(pair.gain > singles[step.action] for step in pair.changes)
        assert {step.action for step in pair.changes} != {"revenue", "profit"}


LOSING = {
    "net_profit_cny": {2023: 5e6, 2024: -6.35e6},
    "net_profit_attributable_cny": {2023: 5e6, 2024: -6.35e6},
}


def _harm_of(firm: Firm, found: Sequence[Suggestion]) -> list[Suggestion]:
    last = firm.last().iloc[0]
    return [
        one
        for one in found
        for fact in PROFITS
        if fact in last and one.facts.get(fact, last[fact]) < min(last[fact], 0)
    ]


@pytest.mark.parametrize(
    "profits",
    [
        LOSING,
        # A profit, but a loss without what comes once: sales at these margins enlarge that loss.
        {"net_profit_after_nonrecurring_cny": {2023: 5e6, 2024: -1e6}},
        {**LOSING, "net_profit_cny": {2023: 5e6, 2024: 1e6}},
    ],
)
def test_nothing_is_told_that_makes_a_loss_larger(model, profits):
    firm = lotus(**profits)
    found = suggestions(model, firm, FAR)
    assert _harm_of(firm, found) == []
    actions = {step.action for step in steps_of(found)}
    assert not actions & {"revenue", "rd"}
    assert actions  # what does no harm is still told


def test_more_sales_and_more_research_are_told_to_a_firm_that_earns(model):
    firm = lotus(net_profit_cny={2023: 5e6, 2024: 1e5})
    assert "revenue" in {step.action for step in steps_of(suggestions(model, firm, FAR))}
    # 85 % of what research costs more would turn this profit into a loss.
    told = [one for one in suggestions(model, firm, FAR) if any(step.action == "rd" for step in one.changes)]
    assert all(one.facts["net_profit_cny"] >= 0 for one in told)


def test_growing_sales_at_a_loss_grow_the_loss():
    firm = lotus(**LOSING)
    version = firm.last()
    ACTIONS["revenue"].apply(version, np.array([9e7]))
    assert version["net_profit_cny"].iloc[0] == pytest.approx(-12.7e6)


def test_nothing_is_told_that_the_intake_would_ask_about(model):
    # Income of 90 M of which 88 M are high-tech: the share has no room above the whole.
    firm = lotus(hitech_income_cny={2023: 70e6, 2024: 88e6}, rd_spend_cny={2023: 1e4, 2024: 2e4})
    for one in suggestions(model, firm, FAR):
        version = {**firm.last().iloc[0].to_dict(), **one.facts}
        assert not version["hitech_income_cny"] > version["revenue_cny"]
        assert not version["rd_spend_cny"] > 10 * 2e4
        for fact, value in one.facts.items():
            high = catalog()[fact].high
            assert high is None or value <= high


def test_no_advice_shrinks_the_firm_its_research_or_its_staff(model):
    firm = lotus()
    last = firm.last().iloc[0]
    for one in suggestions(model, firm, FAR):
        for fact in ("revenue_cny", "rd_spend_cny", "staff", "invention_patents"):
            assert one.facts.get(fact, last[fact]) >= last[fact]


def test_combinations_come_after_the_single_actions_and_name_them_by_number(model):
    found = _numbered(suggestions(model, lotus(), FAR))
    singles = [one for one in found if not one.combines]
    combined = found[len(singles) :]
    assert combined
    assert all(one.combines for one in combined)
    for one in combined:
        parts = [singles[number - 1].changes[0] for number in one.combines]
        assert {(part.action, part.fact_to) for part in parts} == {(step.action, step.fact_to) for step in one.changes}
        numbers = "、".join(map(str, one.combines))
        assert one.in_language("zh_CN").startswith(f"第 {numbers} 项一并采取：分数提高")
        assert one.as_json()["kind"] == "combination"
    assert {one.as_json()["kind"] for one in singles} == {"single"}


def test_a_combination_with_an_action_that_is_not_told_is_not_told(model):
    found = suggestions(model, lotus(), FAR)
    pair = next(one for one in found if len(one.changes) == 2)
    without = [one for one in found if one.changes[0].action != pair.changes[0].action or len(one.changes) == 2]
    assert pair.changes not in [one.changes for one in _numbered(without)]


def test_a_suggestion_names_the_fact_in_its_unit_in_both_languages(model):
    found = suggestions(model, lotus(), FAR)
    profit = next(one for one in found if one.changes[0].action == "profit")
    (step,) = profit.changes
    assert step.fact_to % 10_000 == 0  # what is told is what was scored
    assert profit.in_language("en").startswith(f"Net profit from ¥6.00 m to ¥{step.fact_to / 1e6:,.2f} m")
    assert profit.in_language("zh_CN").startswith(f"净利润由 600 万元 提高到 {step.fact_to / 1e4:,.0f} 万元")
    patents = next(one for one in found if one.changes[0].action == "inventions")
    assert (
        f"Invention patents in force from 3 patents to {patents.changes[0].fact_to:.0f} patents"
        in patents.in_language("en")
    )


def test_the_thresholds_are_the_trees_own(model):
    text = model.text
    for column, thresholds in split_points(text).items():
        assert 0 <= column < len(NAMES)
        assert (np.diff(thresholds) > 0).all()
        written = {
            float(one) for line in text.split("\n") if line.startswith("threshold=") for one in line[10:].split()
        }
        assert set(thresholds) <= written
