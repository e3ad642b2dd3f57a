"""The same firms under the rules of two days: who gains, who loses, by board and district."""

import json
from datetime import date

from pipeline.rules.reports import compare_regimes
from tests.pipeline.rules.firms import facts_and_firms

CITY = {
    "Lotus": {"name": "莲芯", "district_code": "440703", "profit": {2022: 2000, 2023: 3000}},
    "Kapok": {"name": "木棉", "district_code": "440705", "profit": {2022: 2000, 2023: 3000}},
    "Banyan": {"name": "榕动", "district_code": "440703", "profit": {2022: 8000, 2023: 8000}},
    "Lychee": {
        "name": "荔枝",
        "district_code": "440703",
        "profit": {2022: -1, 2023: -1},
        "revenue": {2021: 20000, 2022: 25000, 2023: 33800},
        "value": {2023: 300000},
        "chinext_std4_industry": 1,
        "rd": {2021: 1, 2022: 1, 2023: 1},
    },
}


def compared(before: date, after: date) -> compare_regimes.Comparison:
    return compare_regimes.compare(*facts_and_firms(CITY), date(2024, 6, 1), before, after)


def test_the_rise_of_april_2024_drops_the_firms_between_the_lines() -> None:
    found = compared(date(2024, 4, 29), date(2024, 4, 30))
    chinext = found.firms[found.firms["board"] == "chinext"].set_index("firm_id")["change"]
    assert chinext.to_dict() == {
        "Lotus": "may_lose" if chinext["Lotus"] == "may_lose" else "loses",
        "Kapok": "loses",
        "Banyan": "stays",
        "Lychee": "stays",
    }
    counts = found.counts.set_index("board").loc["chinext"]
    assert (counts["met_before"], counts["met_after"], counts["loses"]) == (3, 1, 2)


def test_the_same_is_counted_by_district() -> None:
    found = compared(date(2024, 4, 29), date(2024, 4, 30)).by_district
    loses = found[found["board"] == "chinext"].set_index("district_code")["loses"]
    assert loses.to_dict() == {"440703": 1, "440705": 1}


def test_a_coming_standard_gives_a_firm_a_board() -> None:
    found = compared(date(2026, 4, 23), date(2026, 4, 24))
    gained = found.firms[found.firms["change"] == "gains"]
    assert gained[["firm_id", "board", "standard_after"]].to_numpy().tolist() == [
        ["Lychee", "chinext", "chinext-2026-S4"]
    ]
    assert "chinext-2026-S4" in found.new_rules


def test_changed_thresholds_are_listed_with_their_law() -> None:
    changed = compared(date(2024, 4, 29), date(2024, 4, 30)).changed_thresholds
    line = changed[(changed["rule"] == "main-2024-S1") & (changed["window"] == "latest")].iloc[0]
    assert (line["before"], line["after"], line["unit"], line["begins"]) == (6000, 10000, "10k CNY", "2024-04-30")
    new = changed[(changed["rule"] == "chinext-2024-S1") & (changed["window"] == "latest")].iloc[0]
    assert (new["before"], new["after"]) == (None, 6000)


def test_nothing_changes_between_two_days_of_one_edition() -> None:
    found = compared(date(2024, 5, 1), date(2024, 5, 2))
    assert set(found.firms["change"]) == {"stays"}
    assert found.changed_thresholds.empty


def test_a_board_that_did_not_exist_yet_is_not_recorded() -> None:
    found = compared(date(2021, 11, 14), date(2021, 11, 15))
    bse = found.firms[found.firms["board"] == "bse"]
    assert set(bse["before"]) == {"not_recorded"}
    assert set(bse["change"]) == {"not_recorded"}


def test_the_comparison_is_one_document() -> None:
    document = compared(date(2024, 4, 29), date(2024, 4, 30)).as_json()
    assert {"before", "after", "counts", "by_district", "firms", "new_rules", "changed_thresholds"} <= set(document)


def test_a_comparison_that_is_kept_is_the_same_when_it_is_read_again() -> None:
    found = compared(date(2024, 4, 29), date(2024, 4, 30)).of_moved()
    assert set(found.firms["change"]) <= {"gains", "loses", "may_gain", "may_lose"}
    document = json.loads(json.dumps(found.as_json(), allow_nan=False))
    read = compare_regimes.Comparison.from_json(document)
    assert read.as_json() == found.as_json() == document
    nobody = compared(date(2024, 5, 1), date(2024, 5, 2)).of_moved()
    again = compare_regimes.Comparison.from_json(json.loads(json.dumps(nobody.as_json())))
    assert (len(again.firms), len(again.changed_thresholds)) == (0, 0)
    assert list(again.firms) == list(nobody.firms)
