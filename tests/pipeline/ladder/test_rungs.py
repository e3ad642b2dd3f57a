"""The file of the ladder: every rung of the plan is in it, and what it says wrongly is refused."""

from pathlib import Path

import pytest

from pipeline.ladder.rungs import rungs
from pipeline.pools.model import GOLDEN, SEED
from pipeline.rules.definition.model import RECOGNITION
from pipeline.rules.definition.rule_books import rule_books
from pipeline.tutoring.stages import EVENTS

ON_SQLITE_ALONE = True
ORDER = ["incubated", "tech_sme", "hnte", "above_scale", "srdi", "little_giant", "seed", "golden", "listed"]


def test_the_ladder_has_the_rungs_of_the_plan_from_the_incubator_to_the_exchange():
    assert list(rungs()) == ORDER


def test_every_rule_pool_and_event_that_it_names_is_there():
    named = {rule.name for book in rule_books() for rule in book.rules if rule.board == RECOGNITION}
    for rung in rungs().values():
        assert set(rung.rules) <= named, rung.id
        for sign in rung.signs:
            assert sign.what != "pool" or sign.name in (SEED, GOLDEN)
            assert sign.what != "event" or sign.name in EVENTS


@pytest.mark.parametrize(
    "wrong",
    [
        "{zh: 甲, en: a, held: []}",
        "{zh: 甲, en: a, held: [{activity: no_such_kind}]}",
        "{zh: 甲, en: a, held: [{fact: no_such_fact}]}",
        "{zh: 甲, en: a, held: [{fact: srdi_provincial, pool: seed}]}",
        "{zh: 甲, en: a, held: [{pool: seed, lasts: {weeks: 3}}]}",
        "{zh: 甲, en: a, held: [{pool: seed}], colour: red}",
    ],
)
def test_a_rung_that_says_something_unknown_is_refused(tmp_path: Path, wrong: str):
    file = tmp_path / "ladder.yaml"
    file.write_text(f"rungs:\n  r: {wrong}\n", encoding="utf-8")
    with pytest.raises(ValueError, match=r"ladder\.yaml, r"):
        rungs(file)
