"""What every issuer had to show under each regime: met, not met and unknown, on its first and on its last day."""

from datetime import date, timedelta
from typing import Any

import pandas as pd
import pytest

from pipeline.rules import check
from pipeline.rules.definition.rule_books import NoSuchRule
from tests.pipeline.rules.firms import facts_and_firms

#: Today is the day of the facts; the regimes are asked for as they were.
TODAY = date(2024, 6, 1)
#: Fact -> what is enough, and what is just not.
_THREE_YEARS = {"registered_on": (date(2021, 6, 1), date(2021, 6, 2))}
_JOINT_STOCK = {"name": ("玉兰传感股份有限公司", "玉兰传感有限公司")}
_NO_NOTE = {"audit_opinion": ("standard_unqualified", "unqualified")}
_NO_RESERVATION = {"audit_opinion": ("unqualified", "qualified")}
_CONTROL = {"internal_control_opinion": ("unqualified", "qualified")}
_INDEPENDENT = {"independence_ok": (1, 0)}
_CLEAN = {"major_violation_36m": (0, 1), "management_penalty_36m": (0, 1)}
_BARS = {"dishonest_debtor": (0, 1), "public_censure_12m": (0, 1)}


def _stable(years: float, staff: bool = False) -> dict[str, tuple[Any, Any]]:
    names = ["management_stable_years", "controller_unchanged_years", *(["core_tech_staff_stable_years"] * staff)]
    return dict.fromkeys(names, (years, years - 0.1))


_REGISTERED = _JOINT_STOCK | _THREE_YEARS | _NO_NOTE | _CONTROL | _INDEPENDENT | _CLEAN
#: Board, name of the rule, first day, last day (None: still in force), what it asks.
REGIMES: list[tuple[str, str, str, str | None, dict[str, tuple[Any, Any]]]] = [
    (
        "main",
        "csrc-32",
        "2006-05-18",
        "2023-02-16",
        _JOINT_STOCK | _THREE_YEARS | _NO_RESERVATION | _CONTROL | _stable(3) | _CLEAN,
    ),
    (
        "chinext",
        "csrc-99",
        "2014-05-14",
        "2020-06-11",
        _JOINT_STOCK | _THREE_YEARS | _NO_NOTE | _CONTROL | _stable(2) | _CLEAN,
    ),
    ("star", "csrc-153", "2019-03-01", "2023-02-16", _REGISTERED | _stable(2, staff=True)),
    ("chinext", "csrc-167", "2020-06-12", "2023-02-16", _REGISTERED | _stable(2)),
    ("main", "csrc-205", "2023-02-17", None, _REGISTERED | _stable(3)),
    ("star", "csrc-205", "2023-02-17", None, _REGISTERED | _stable(2, staff=True)),
    ("chinext", "csrc-205", "2023-02-17", None, _REGISTERED | _stable(2)),
    (
        "bse",
        "csrc-bse",
        "2021-11-15",
        None,
        _NO_RESERVATION | {"going_concern_ok": (1, 0), "major_violation_36m": (0, 1), "penalty_12m": (0, 1)},
    ),
    ("bse", "bse-bars", "2021-11-15", None, _stable(2) | _BARS),
]


#: The first day of any rule of a board.
FIRST = {
    "main": date(2006, 5, 18),
    "chinext": date(2014, 5, 14),
    "star": date(2019, 3, 1),
    "bse": date(2021, 11, 15),
}


def days(first: str, last: str | None) -> list[date]:
    return [date.fromisoformat(first), date.fromisoformat(last) if last else date(2026, 11, 28)]


CASES = [
    pytest.param(board, rule, day, asked, fact, id=f"{board} {rule} {day} {fact}")
    for board, rule, first, last, asked in REGIMES
    for day in days(first, last)
    for fact in asked
]


def said_of(board: str, rule: str, day: date, *firms: dict[str, Any]) -> list[str | None]:
    """The verdicts of a rule by its stable name; None where it is not in force."""
    known = {f"firm {place}": {"revenue": {2023: 5000}, **firm} for place, firm in enumerate(firms)}
    table = check(*facts_and_firms(known), TODAY, rules_of=day, boards=[board]).frame()
    verdicts = table[table["name"] == rule].set_index("firm_id")["verdict"]
    assert set(table.loc[table["name"] == rule, "part"]) <= {"precondition"}
    return [verdicts.get(firm) for firm in known]


@pytest.mark.parametrize(("board", "rule", "day", "asked", "fact"), CASES)
def test_each_condition_of_a_regime_is_met_just_not_met_and_unknown(
    board: str, rule: str, day: date, asked: dict[str, tuple[Any, Any]], fact: str
) -> None:
    enough = {name: good for name, (good, _bad) in asked.items()}
    firms = [enough, {**enough, fact: asked[fact][1]}, {name: value for name, value in enough.items() if name != fact}]
    assert said_of(board, rule, day, *firms) == ["met", "not_met", "unknown"]


@pytest.mark.parametrize(("board", "rule", "first", "last"), [case[:4] for case in REGIMES])
def test_a_regime_holds_from_its_day_to_its_last_and_not_beside(
    board: str, rule: str, first: str, last: str | None
) -> None:
    beside = [date.fromisoformat(first) - timedelta(days=1)]
    if last:
        beside.append(date.fromisoformat(last) + timedelta(days=1))
    for day in days(first, last):
        assert said_of(board, rule, day, {}) == ["unknown"]
    for day in beside:
        if day < FIRST[board]:
            with pytest.raises(NoSuchRule, match=f"最早的一条从 {FIRST[board]} 起"):
                said_of(board, rule, day, {})
        else:
            assert said_of(board, rule, day, {}) == [None]


def test_the_boards_of_2022_all_have_a_precondition_and_a_young_firm_does_not_meet_the_main_boards() -> None:
    facts, firms = facts_and_firms(
        {
            "young": {"revenue": {2021: 9000}, "registered_on": date(2020, 11, 20)},
            "old": {"revenue": {2021: 9000}, "registered_on": date(2010, 1, 1)},
        }
    )
    table = check(facts, firms, date(2022, 6, 1)).frame()
    preconditions = table[table["part"] == "precondition"]
    assert {"main", "star", "chinext", "bse"} <= set(preconditions["board"])
    by_firm: pd.Series = preconditions[preconditions["name"] == "csrc-32"].set_index("firm_id")["verdict"]
    assert by_firm.to_dict() == {"young": "not_met", "old": "unknown"}
