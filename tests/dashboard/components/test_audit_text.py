"""What an entry of the audit log says to people: firms by their names, forms, cohorts, events and sources in words."""

from typing import Any

import pytest

from dashboard.components.audit_text import details_text, firms_of, subject_text
from pipeline.intake.mapping import column_maps
from pipeline.language import CHINESE, ENGLISH, speaking

ANT = "91440703MA4UQ00A01"
NAMES = {ANT: "江海电机有限公司"}


@pytest.mark.parametrize(
    ("subject", "details", "zh", "en"),
    [
        ("case:194", {"firm_id": ANT}, "辅导档案：江海电机有限公司（第 194 号）", "case: 江海电机有限公司 (no. 194)"),
        (
            "proposal:254",
            {"firm_id": ANT},
            "评审建议：江海电机有限公司（第 254 号）",
            "proposal: 江海电机有限公司 (no. 254)",
        ),
        (
            "finding:7",
            {"firm": ANT, "year": 2024},
            "疑点单元格：江海电机有限公司（第 7 号）",
            "odd cell: 江海电机有限公司 (no. 7)",
        ),
        ("case:194", {"firm_id": "gone"}, "辅导档案：gone（第 194 号）", "case: gone (no. 194)"),
        ("case:194", {}, "辅导档案 194", "case 194"),
        ("firm:" + ANT, {}, "企业：江海电机有限公司", "firm: 江海电机有限公司"),
        # An account speaks for itself, whichever firm it is for.
        ("account:cfo", {"firm_id": ANT}, "账户 cfo", "account cfo"),
        (
            "score_run:2",
            {"cohort": "city", "as_of": "2026-05-01"},
            "评分批次：全市企业 2026-05-01",
            "score run: the city's firms 2026-05-01",
        ),
        ("map:nowhere", {}, "表样 nowhere", "form nowhere"),
        ("trail", {}, "操作留痕", "trail"),
        ("balloon:3", {"firm_id": ANT}, "balloon:3", "balloon:3"),
    ],
)
def test_a_subject_says_whom_it_is_about(subject: str, details: dict[str, Any], zh: str, en: str):
    with speaking(CHINESE):
        assert subject_text(subject, details, NAMES) == zh
    with speaking(ENGLISH):
        assert subject_text(subject, details, NAMES) == en


def test_a_form_that_is_there_is_called_by_its_title():
    with speaking(CHINESE):
        assert subject_text("map:city", {}, NAMES) == f"表样 {column_maps.title('city')}"
        assert column_maps.title("city") != "city"


def test_details_speak_in_words_and_leave_out_what_no_page_shows():
    details = {
        "firm_id": ANT,
        "before": "nurture",
        "stage": "share_reform",
        "by": "events",
        "run": 2,
        "case": 32,
        "cohort": "city",
        "event": "tutoring_filed",
        "title": "city-events",
        "source": "hnte_annual",
        "policy": "1f2e",
    }
    with speaking(CHINESE):
        said = details_text(details, NAMES)
    assert said.startswith(
        "企业：江海电机有限公司；原为：培育（已入库）；阶段：股改；变更来源：企业的上市进程事件；群组：全市企业；事件：辅导备案；"
    )
    with speaking(CHINESE):
        beside = details_text({"firm_id": ANT, "stage": "share_reform"}, NAMES, subject="case:194")
    assert beside == "阶段：股改"  # the subject names the firm
    assert not any(code in said for code in ("city", "hnte_annual", "1f2e", "32", "tutoring_filed"))


def test_many_firms_are_named_three_of_them_and_counted():
    details = {"firms": [ANT, "b", "c", "d"]}
    assert firms_of("import:3", details) == [ANT, "b", "c"]
    with speaking(CHINESE):
        assert details_text(details, NAMES) == "企业：江海电机有限公司、b、c … (4)"


def test_every_firm_that_is_named_is_asked_for_also_within_what_was_and_is():
    assert firms_of("firm:" + ANT, {}) == [ANT]
    assert firms_of("visit:2", {"was": {"firm_id": "b"}, "now": {"firm": "c"}, "firm_id": ANT}) == [ANT, "b", "c"]
    assert firms_of("sign_in", {"firms": "none", "firm_id": None}) == []
