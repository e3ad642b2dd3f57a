"""Labels of the state: certificates that run out, and what stands in the way of renewing them."""

from datetime import date
from typing import Any

from pipeline.rules.evaluation.verdicts import Verdicts
from pipeline.rules.explanation import recognition
from tests.pipeline.rules.firms import facts_and_firms

DAY = date(2024, 6, 1)
GOOD: dict[str, Any] = {
    "registered_on": date(2015, 1, 1),
    "revenue": {2021: 2000, 2022: 3000, 2023: 5000},
    "profit": {2023: 100},
    "rd_expense_hnte_cny": {2021: 1e6, 2022: 1.5e6, 2023: 2.5e6},
    "rd_expense_domestic_cny": {2021: 1e6, 2022: 1.5e6, 2023: 2.5e6},
    "staff": {2023: 100},
    "scientific_staff": {2023: 10},
    "total_income_cny": {2023: 5e7},
    "hitech_income_cny": {2023: 4e7},
    "class1_ip": {2023: 1},
    "innovation_score": {2023: 80},
    "major_incident_12m": {2023: 0},
    "hnte_field": "新材料",
}
CITY = {
    "Lotus": {**GOOD, "hnte_expires_on": date(2025, 6, 1), "scientific_staff": {2023: 9}},
    "Kapok": {**GOOD, "hnte_expires_on": date(2025, 6, 2), "scientific_staff": {2023: 9}},
    "Banyan": {**GOOD, "hnte_expires_on": date(2024, 12, 31)},
    "Lychee": {**GOOD, "hnte_expires_on": date(2024, 5, 31)},
    "Longan": {**GOOD, "hnte_certified_on": date(2021, 12, 1)},
}


def city() -> Verdicts:
    return recognition.check(*facts_and_firms(CITY), DAY)


def test_a_certificate_that_runs_out_within_twelve_months_must_be_renewed() -> None:
    table = recognition.expiry(city())
    assert table["renew"].to_dict() == {"Lotus": True, "Kapok": False, "Banyan": True, "Lychee": False, "Longan": True}
    assert table.loc["Lychee", "state"] == "expired"


def test_a_certificate_without_an_end_lasts_three_years() -> None:
    assert recognition.expiry(city()).loc["Longan", "expires_on"].date() == date(2024, 11, 30)


def test_who_must_renew_and_would_fail_is_named_with_the_condition() -> None:
    due = recognition.renewals(city())
    assert [(renewal.firm_id, renewal.verdict) for renewal in due] == [("Lotus", "not_met")]
    assert [str(gap) for gap in due[0].gaps] == ["高新技术企业认定：最近一年科技人员占比还差 1 个百分点（9% / 10%）"]


def test_only_the_r_and_d_line_of_the_firms_own_tier_is_asked_for() -> None:
    facts, firms = facts_and_firms({"Lotus": {**GOOD, "rd_expense_hnte_cny": {2021: 0, 2022: 0, 2023: 1e6}}})
    found = recognition.of_firm(recognition.check(facts, firms, DAY), "Lotus")
    hnte = next(label for label in found if label.rule == "hnte-2016")
    said = [str(gap) for gap in hnte.gaps]
    assert said == [
        "高新技术企业认定：最近三年（实际经营不满三年的按实际经营年度）累计"
        "研究开发费用占销售收入比例（高企口径）还差 4 个百分点（1% / 5%）"
    ]


def test_a_label_says_what_the_firm_holds_beside_what_the_conditions_say() -> None:
    facts, firms = facts_and_firms(
        {"Lotus": {**GOOD, "srdi_provincial": {2023: 1}, "hnte_expires_on": date(2025, 1, 1)}}
    )
    labels = recognition.of_firm(recognition.check(facts, firms, DAY), "Lotus")
    stated = {label.rule: label.states_it for label in labels}
    assert (stated["hnte-2016"], stated["srdi_prov_2022"], stated["tech_sme"]) == (True, True, None)
