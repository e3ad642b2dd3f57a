"""The fingerprint of the code covers what makes features, models and scores: caches and model names rest on it."""

import grimp
import pytest

from scoring import fingerprint
from scoring.fingerprint import ROOMS_OF_A_DAY, ROOMS_OF_A_SCORE, code_files, code_fingerprint

#: Imported on the way to a score, and no part of it.
NO_PART_OF_A_SCORE = {
    "scoring.errors": "the classes of errors",
    "scoring.evaluation.baselines_ahead": "what a model's card warns of",
    "scoring.scores.doubts": "warns beside a score, and moves no point",
    "scoring.fingerprint": "computes the fingerprint",
    "scoring.registry.cache": "stores results under a key; the key holds the fingerprint",
    "scoring.registry.model_files": "brings a model's files to this host, held against their hashes",
    "scoring.registry.registry": "finds a model and reads it from its folder",
    "scoring.scores.day_model": "stores what scoring.training.fitting re-anchored, and reads it again",
    "scoring.scores.stored_scores": "keeps what was worked out, and reads it again",
    "scoring.scores.data_fingerprint": "names the features that were scored, and changes none",
    "scoring.scores.peer_changes": "bounds suggestions, no score; what it caches is covered below",
}


def in_the_fingerprint(module: str) -> bool:
    return module.split(".")[1] in ROOMS_OF_A_SCORE


@pytest.mark.parametrize("module", ["scoring.training.fitting", "scoring.scores.score_cohort"])
def test_the_fingerprint_covers_every_module_that_makes_a_score(module):
    imports = grimp.build_graph("scoring", cache_dir=None)
    uncovered = {name for name in imports.find_upstream_modules(module) if not in_the_fingerprint(name)}
    assert uncovered <= set(NO_PART_OF_A_SCORE)


def test_what_is_cached_of_a_day_is_covered_by_the_key_of_the_cache():
    imports = grimp.build_graph("scoring", cache_dir=None)
    writers = {"scoring.scores.peer_changes", "scoring.scores.day_model"}
    makers = writers.union(*(imports.find_upstream_modules(writer) for writer in writers))
    uncovered = {module for module in makers if module.split(".")[1] not in ROOMS_OF_A_DAY}
    assert uncovered <= {"scoring.errors", "scoring.fingerprint", "scoring.evaluation.baselines_ahead"}
    assert code_fingerprint(ROOMS_OF_A_DAY) != code_fingerprint()


@pytest.mark.parametrize("rooms", [ROOMS_OF_A_SCORE, ROOMS_OF_A_DAY])
def test_every_room_of_the_fingerprint_has_files(rooms):
    found = {file.relative_to(code_files()[0].parents[1]).parts[0] for file in code_files(rooms)}
    assert found == set(rooms)


def test_a_change_in_any_of_its_files_changes_the_fingerprint(monkeypatch):
    before = code_fingerprint()
    fewer = code_files()[:-1]
    monkeypatch.setattr(fingerprint, "code_files", lambda _rooms: fewer)
    assert code_fingerprint() != before
