"""The page that holds the rules of two days against each other."""

import json
from typing import Any

from dashboard.components.cards import text_table
from tests.dashboard import city
from tests.dashboard.conftest import Visitor, signed_in


def words(visitor: Visitor, search: str) -> str:
    """All that the page says, as JSON."""
    return json.dumps(visitor.show("/rules", search).json, ensure_ascii=False)


def test_a_district_is_told_that_its_own_firms_are_counted_and_the_city_that_all_are(app: Any, officer: Visitor):
    days = "?before=2024-04-29&after=2026-05-01"
    assert "看规则变化对全市的影响" in words(officer, days)
    district = words(signed_in(app, city.DISTRICT_OFFICER), days)
    assert "看规则变化对江海区企业的影响" in district
    assert "全市" not in district


def test_a_rule_with_a_new_edition_is_amended_and_stands_neither_as_new_nor_as_ended(officer: Visitor):
    shown = words(officer, "?before=2024-04-29&after=2026-05-01")
    lists = {name: shown.split(name)[1].split("card-note")[0] for name in ("修订规则", "废止规则") if name in shown}
    assert "沪深主板标准一" in lists["修订规则"]
    assert "沪深主板标准一" not in lists.get("废止规则", "")
    assert lists["修订规则"].count("沪深主板标准一") == 1


def test_days_in_a_table_stay_on_one_line():
    drawn = text_table(["板块", "生效日"], [["主板", "2024-04-30"]], unbroken=frozenset({1}))
    assert "unbroken-2" in drawn.children.className


def test_each_law_is_named_once_under_the_table_and_by_its_number_in_the_rows(officer: Visitor):
    shown = words(officer, "?before=2024-04-29&after=2026-05-01")
    assert shown.count("《股票上市规则（2024年4月修订）》") == 1
    assert shown.count('"[1]"') > 1
    assert '"[1] ' in shown
