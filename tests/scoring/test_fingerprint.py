"""The fingerprint of the code covers what makes features, models and scores: caches and model names rest on it."""

import grimp
import pytest

from scoring import fingerprint
from scoring.fingerprint import ROOMS_OF_A_SCORE, code_files, code_fingerprint

#: Imported on the way to a score, and no part of it.
NO_PART_OF_A_SCORE = {
    "scoring.errors": "the classes of errors",
    "scoring.fingerprint": "computes the fingerprint",
    "scoring.registry.cache": "stores results under a key; the key holds the fingerprint",
    "scoring.registry.registry": "finds a model and reads it from its folder",
    "scoring.scores.day_model": "stores what scoring.training.fitting re-anchored, and reads it again",
    "scoring.scores.peer_changes": "bounds suggestions, no score",
}


def in_the_fingerprint(module: str) -> bool:
    return module.split(".")[1] in ROOMS_OF_A_SCORE


@pytest.mark.parametrize("module", ["scoring.training.fitting", "scoring.scores.score_cohort"])
def test_the_fingerprint_covers_every_module_that_makes_a_score(module):
    imports = grimp.build_graph("scoring", cache_dir=None)
    uncovered = {name for name in imports.find_upstream_modules(module) if not in_the_fingerprint(name)}
    assert uncovered <= set(NO_PART_OF_A_SCORE)


def test_every_room_of_the_fingerprint_has_files():
    rooms = {file.relative_to(code_files()[0].parents[1]).parts[0] for file in code_files()}
    assert rooms == set(ROOMS_OF_A_SCORE)


def test_a_change_in_any_of_its_files_changes_the_fingerprint(monkeypatch):
    before = code_fingerprint()
    fewer = code_files()[:-1]
    monkeypatch.setattr(fingerprint, "code_files", lambda: fewer)
    assert code_fingerprint() != before
