"""Who meets a rung's conditions and who is one condition away: one, two, and one that nobody knows."""

import pandas as pd

from pipeline.ladder import met
from pipeline.ladder.calendar import due_of, months_of
from pipeline.ladder.rungs import rungs
from pipeline.rules.evaluation.conditions import WORDS
from pipeline.rules.explanation import recognition
from tests.pipeline.rules.explanation.test_recognition import DAY, GOOD
from tests.pipeline.rules.firms import facts_and_firms

ON_SQLITE_ALONE = True
FIRMS = {
    "met": GOOD,
    "one": GOOD | {"innovation_score": {2023: 62}},
    "nearer": GOOD | {"innovation_score": {2023: 69}},
    "two": GOOD | {"innovation_score": {2023: 62}, "scientific_staff": {2023: 9}},
    "unknown": GOOD | {"innovation_score": {2023: None}},
    "one and unknown": GOOD | {"scientific_staff": {2023: 9}, "major_incident_12m": {2023: None}},
}
HNTE = rungs()["hnte"]


def verdicts(said=FIRMS):
    return recognition.check(*facts_and_firms(said), DAY)


def nobody(*on_it: str) -> pd.Series:
    return pd.Series({firm: firm in on_it for firm in FIRMS})


def test_one_condition_away_is_exactly_one_not_met_and_none_unknown_the_nearest_first():
    found = met.one_away(verdicts(), HNTE, nobody())
    assert list(found) == ["nearer", "one"]
    assert found["one"].zh == "企业创新能力评价得分还差 8 分（62 / 70 分）"
    assert found["one"].en == "innovation capability score lacks 8 points (62 / 70 points)"


def test_who_stands_on_the_rung_is_not_one_condition_away_from_it():
    assert list(met.one_away(verdicts(), HNTE, nobody("nearer"))) == ["one"]


def test_unknown_is_unknown_and_a_firm_of_which_nothing_is_known_too():
    states = met.states(verdicts(), rungs(), pd.Index([*FIRMS, "stranger"]))["hnte"]
    assert {firm: WORDS[state] for firm, state in states.items()} == {
        "met": "met",
        "one": "not_met",
        "nearer": "not_met",
        "two": "not_met",
        "unknown": "unknown",
        "one and unknown": "not_met",
        "stranger": "unknown",
    }


def test_a_rung_without_a_rule_says_nothing_of_who_meets_it():
    assert set(met.states(verdicts(), rungs(), pd.Index(list(FIRMS)))) == {
        "tech_sme",
        "hnte",
        "above_scale",
        "srdi",
        "little_giant",
    }
    assert met.one_away(verdicts(), rungs()["seed"], nobody()) == {}


# --- the calendar ----------------------------------------------------------------------------------

ENDING = {
    "today": GOOD | {"hnte_expires_on": DAY},
    "yesterday": GOOD | {"hnte_expires_on": DAY.replace(day=1, month=5)},
    "month's last": GOOD | {"hnte_expires_on": pd.Timestamp("2024-06-30").date(), "innovation_score": {2023: 62}},
    "next month": GOOD | {"hnte_expires_on": pd.Timestamp("2024-07-01").date(), "innovation_score": {2023: None}},
    "in a year": GOOD | {"hnte_expires_on": pd.Timestamp("2025-06-01").date()},
    "a day later": GOOD | {"hnte_expires_on": pd.Timestamp("2025-06-02").date()},
    "none": GOOD,
}


def test_certificates_are_in_the_month_of_their_last_day_up_to_a_year_ahead():
    due = due_of(verdicts(ENDING), {"today": ("今日公司", "440703")})
    assert [(each.firm_id, each.month, each.verdict) for each in due] == [
        ("today", "2024-06", "met"),
        ("month's last", "2024-06", "not_met"),
        ("next month", "2024-07", "unknown"),
        ("in a year", "2025-06", "met"),
    ]
    assert (due[0].name, due[0].district, due[1].name) == ("今日公司", "440703", "month's last")
    counts = [(each.month, each.ending, each.met, each.not_met, each.unknown) for each in months_of(due)]
    assert counts == [("2024-06", 2, 1, 1, 0), ("2024-07", 1, 0, 0, 1), ("2025-06", 1, 1, 0, 0)]


def test_what_renewal_lacks_is_said_without_the_name_of_the_rule_and_unknowns_too():
    due = {each.firm_id: [gap.zh for gap in each.gaps] for each in due_of(verdicts(ENDING), {})}
    assert due["month's last"] == ["企业创新能力评价得分还差 8 分（62 / 70 分）"]
    (unknown,) = due["next month"]
    assert unknown.startswith("企业创新能力评价得分 ＞ 70 分：无法判断，缺：")
    assert due["today"] == []
