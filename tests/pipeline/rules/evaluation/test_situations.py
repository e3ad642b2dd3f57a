"""A firm, a day, and what each rule says: the situations of the folder beside this file, one test each."""

from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
import yaml

from pipeline.catalog import catalog
from pipeline.rules.definition import rule_books
from pipeline.rules.definition.model import RECOGNITION
from pipeline.rules.evaluation import evaluate
from tests.pipeline.rules.firms import facts_and_firms

FOLDER = Path(__file__).parent / "situations"


def situations() -> list[tuple[str, dict[str, Any], dict[str, Any]]]:
    found = []
    for path in sorted(FOLDER.glob("*.yaml")):
        content = yaml.safe_load(path.read_text(encoding="utf-8"))
        found += [(path.stem, content["firms"][entry["firm"]], entry) for entry in content["situations"]]
    return found


SITUATIONS = situations()


def merged(firm: dict[str, Any], entry: dict[str, Any]) -> dict[str, Any]:
    """The firm with what this situation changes: years are put over each other, other values replaced."""
    found = {name: value for name, value in firm.items() if name not in entry.get("without", [])}
    for name, change in entry.get("but", {}).items():
        old = found.get(name)
        found[name] = {**old, **change} if isinstance(old, dict) and isinstance(change, dict) else change
    shift = entry.get("shift_years", 0)
    return {
        name: {year + shift: figure for year, figure in value.items()} if isinstance(value, dict) else value
        for name, value in found.items()
    }


@pytest.mark.parametrize(
    ("firm", "entry"), [(firm, entry) for _, firm, entry in SITUATIONS], ids=[e["it"] for *_, e in SITUATIONS]
)
def test_situation(firm: dict[str, Any], entry: dict[str, Any]) -> None:
    facts, firms = facts_and_firms({"Lotus": merged(firm, entry)})
    rules_of = entry.get("rules_of", entry["day"])
    found: dict[str, str] = {}
    for names in (None, [RECOGNITION]):
        for row in evaluate.check(facts, firms, entry["day"], rules_of, names).rows.to_dict("records"):
            found[str(row["rule"])] = found[f"{row['rule']}@{row['board']}"] = str(row["verdict"])
    assert {rule: found.get(rule) for rule in entry["says"]} == entry["says"]
    assert not set(entry.get("not_in_force", [])) & set(found)


def test_there_are_at_least_120_situations_and_no_two_say_the_same() -> None:
    assert len(SITUATIONS) >= 120
    sentences = [entry["it"] for *_, entry in SITUATIONS]
    assert len(set(sentences)) == len(sentences)
    assert all(entry["says"] for *_, entry in SITUATIONS)


def test_every_listing_standard_is_seen_met_and_not_met() -> None:
    seen: dict[str, set[str]] = {}
    for *_, entry in SITUATIONS:
        for rule, verdict in entry["says"].items():
            seen.setdefault(rule.partition("@")[0], set()).add(verdict)
    standards = {
        rule_id
        for book in rule_books.rule_books()
        for rule in book.rules
        if rule.part == "standard" and rule.board in ("main", "star", "chinext", "bse")
        for rule_id in rule.ids.values()
    }
    missing = {rule: seen.get(rule, set()) for rule in standards if not {"met", "not_met"} <= seen.get(rule, set())}
    assert not missing


@pytest.mark.parametrize(
    "day",
    [
        "2011-06-18",
        "2018-04-30",
        "2020-01-01",
        "2020-06-12",
        "2021-04-16",
        "2022-01-01",
        "2022-08-01",
        "2022-11-01",
        "2022-12-30",
        "2023-02-17",
        "2023-03-31",
        "2024-04-30",
        "2024-09-01",
        "2026-04-01",
        "2026-04-24",
    ],
)
def test_each_date_of_change_is_looked_at_from_both_sides(day: str) -> None:
    asked = {entry.get("rules_of", entry["day"]) for *_, entry in SITUATIONS}
    begins = date.fromisoformat(day)
    assert {begins, begins - timedelta(days=1)} <= asked


def test_situations_name_only_facts_that_somebody_could_state() -> None:
    from pipeline.rules.definition.measures import measures
    from tests.pipeline.rules.firms import SHORT

    known = (
        set(catalog()) | set(SHORT) | {name for name, measure in measures().items() if measure.how == "nobody_states"}
    )
    for _, firm, entry in SITUATIONS:
        assert set(merged(firm, entry)) <= known
