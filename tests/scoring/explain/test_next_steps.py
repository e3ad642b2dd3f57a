"""What comes before any lever: a doubted figure, a loss, a missing act, a missing figure, the next stage."""

from datetime import date

import pandas as pd
import pytest

from pipeline.language import Label
from scoring.explain.firm_snapshot import FirmSnapshot
from scoring.explain.next_steps import NextStep, _acts, next_steps
from tests.cast import LOTUS, yearly

DAY = date(2026, 11, 28)
EARNING = {"net_profit_cny": {2024: 20e6, 2025: 30e6}, "revenue_cny": {2024: 200e6, 2025: 240e6}}
NO_EVENTS = pd.DataFrame(columns=["firm_id", "kind", "board", "occurred_on", "known_on"])


def lotus(events: tuple[str, ...] = (), labels: dict[str, object] | None = None, **facts: object) -> FirmSnapshot:
    known = yearly(LOTUS, **{**EARNING, **facts})
    stated = {"cohort": "city", "name": "莲城有限公司", "share_reform_on": pd.NaT, **(labels or {})}
    firms = pd.DataFrame({name: [value] for name, value in stated.items()}, index=pd.Index([LOTUS], name="firm_id"))
    days = pd.to_datetime([f"2025-0{place + 1}-01" for place in range(len(events))])
    happened = pd.DataFrame(
        {"firm_id": LOTUS, "kind": list(events), "board": "", "occurred_on": days, "known_on": days}
    )
    snapshot = FirmSnapshot(None, LOTUS, "莲城有限公司", "city", DAY, known, firms)
    snapshot.__dict__["events"] = happened if len(events) else NO_EVENTS
    return snapshot


def of_kind(steps: tuple[NextStep, ...], kind: str) -> list[str]:
    return [step.message.in_language("zh_CN") for step in steps if step.kind == kind]


def test_a_loss_comes_before_any_advice_and_a_profit_says_nothing_of_it():
    told = next_steps(lotus(net_profit_cny={2024: 5e6, 2025: -6.35e6}))
    (loss,) = of_kind(told, "loss")
    assert "−635 万元" in loss
    assert "扩大收入只会加大亏损" in loss
    assert of_kind(next_steps(lotus()), "loss") == []
    assert of_kind(next_steps(lotus(net_profit_cny={2024: -5e6, 2025: 1.0})), "loss") == []


def test_a_profit_that_is_a_loss_without_what_comes_once_is_told():
    (loss,) = of_kind(next_steps(lotus(net_profit_after_nonrecurring_cny={2025: -1e6})), "loss")
    assert "扣" in loss


def test_a_missing_share_reform_is_an_act_and_one_on_record_is_not():
    assert any("股改" in act for act in of_kind(next_steps(lotus()), "act"))
    for reformed in (
        lotus(labels={"name": "莲城股份有限公司"}),
        lotus(labels={"share_reform_on": pd.Timestamp("2025-03-01")}),
    ):
        assert not any("股改" in act for act in of_kind(next_steps(reformed), "act"))


def test_figures_in_doubt_come_first():
    first, *_ = next_steps(lotus(), [Label("营业收入（2025 年）", "Revenue (2025)")])
    assert first.kind == "doubt"
    assert "营业收入（2025 年）" in first.message.in_language("zh_CN")
    assert "Revenue (2025)" in first.message.in_language("en")


def test_what_nobody_stated_and_a_rule_needs_is_asked_for_by_name():
    told = next_steps(lotus(labels={"name": "莲城股份有限公司"}))
    figures = [step for step in told if step.kind == "figure"]
    assert figures
    assert all("无法判定" in step.message.in_language("zh_CN") and step.board for step in figures)
    assert all("@" not in step.message.in_language(tongue) for step in figures for tongue in ("zh_CN", "en"))


@pytest.mark.parametrize(
    ("events", "stage"),
    [
        (("share_reform",), "签约中介"),
        (("share_reform", "advisers_signed"), "辅导备案"),
        (("advisers_signed",), "股改"),
    ],
)
def test_a_firm_on_the_way_is_told_its_next_stage(events, stage):
    snapshot = lotus(events)
    told = [*of_kind(next_steps(snapshot), "stage"), *of_kind(next_steps(snapshot), "act")]
    assert any(stage in step for step in told), told


def test_a_firm_far_from_any_exchange_is_not_sent_to_advisers():
    small = lotus(net_profit_cny={2025: 1e5}, revenue_cny={2025: 10e6})
    assert of_kind(next_steps(small), "stage") == []


def test_nothing_is_told_of_a_firm_of_which_nothing_is_known():
    bare = lotus()
    assert next_steps(FirmSnapshot(None, LOTUS, None, "city", DAY, bare.facts.iloc[:0], bare.labels)) == ()


def test_what_a_firm_is_makes_no_step_and_a_quotation_does():
    asked = pd.DataFrame(
        {
            "measure": ["industry", "neeq_quoted"],
            "verdict": "not_met",
            "gap": float("nan"),
            "zh": ["国民经济行业 ∉ K", "已在新三板挂牌 ＝ 是"],
            "en": ["industry ∉ K", "is quoted on NEEQ = yes"],
            "board": "bse",
            "part": ["positioning", "structural"],
        }
    )
    (step,) = _acts(asked)
    assert step.message.in_language("zh_CN").startswith("在新三板挂牌")
