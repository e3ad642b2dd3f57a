"""Flows between two days: hand-worked, and counts that add up whatever the firms did."""

import numpy as np
import pandas as pd
from hypothesis import given
from hypothesis import strategies as st

from pipeline.ladder.flows import Flows, RungFlow, flows_between, highest
from pipeline.ladder.rungs import rungs

ON_SQLITE_ALONE = True
NAMES = list(rungs())


def held(*firms: set[str]) -> pd.DataFrame:
    """A firm a row, with the rungs that it stands on."""
    index = pd.Index([f"firm {place}" for place in range(len(firms))])
    return pd.DataFrame([[rung in firm for rung in NAMES] for firm in firms], index=index, columns=NAMES, dtype=bool)


def flows(before: pd.DataFrame, after: pd.DataFrame) -> Flows:
    return flows_between(before, after, rungs(), 2024, "2023-12-31", "2024-12-31")


def of(found: Flows, rung: str) -> RungFlow:
    return next(each for each in found.rungs if each.rung == rung)


def test_each_way_a_firm_can_go_is_counted_as_what_it_is():
    before = held({"tech_sme"}, {"hnte"}, {"hnte", "srdi"}, set(), {"seed"}, {"hnte"})
    after = held({"tech_sme", "hnte"}, set(), {"hnte"}, {"above_scale"}, {"golden"}, {"hnte"})
    found = flows(before, after)
    assert (found.firms, found.on_ladder_begin, found.came, found.out, found.on_ladder_end) == (6, 5, 1, 1, 5)
    assert (found.up, found.down) == (2, 1)  # tech_sme to hnte, seed to golden; srdi back to hnte
    assert of(found, "hnte") == RungFlow("hnte", begin=3, entered=1, left=1, end=3, skipped=0, moved_up=0)
    assert of(found, "seed") == RungFlow("seed", begin=1, entered=0, left=1, end=0, skipped=0, moved_up=1)
    # Above scale without having been a high-tech enterprise at either end.
    assert of(found, "above_scale").skipped == 1
    # Golden from seed skips nothing.
    assert of(found, "golden").skipped == 0


def test_the_first_rung_can_be_entered_without_skipping_anything():
    assert of(flows(held(set()), held({"incubated"})), "incubated").skipped == 0


def test_the_highest_rung_is_the_last_of_the_file_whatever_is_missing_below():
    assert highest(held(set(), {"incubated"}, {"incubated", "listed"})).tolist() == [0, 1, len(NAMES)]


def test_of_no_firms_everything_is_nought():
    found = flows(held(), held())
    assert (found.firms, np.array(found.matrix).sum()) == (0, 0)


_STATES = st.lists(st.tuples(st.sets(st.sampled_from(NAMES)), st.sets(st.sampled_from(NAMES))), max_size=25)


@given(_STATES)
def test_beginning_and_what_came_less_what_left_is_the_end(firms):
    before, after = held(*(was for was, _now in firms)), held(*(now for _was, now in firms))
    found = flows(before, after)
    for each in found.rungs:
        assert each.begin + each.entered - each.left == each.end
        assert each.skipped <= each.entered
        assert each.moved_up <= each.left
    assert found.on_ladder_begin + found.came - found.out == found.on_ladder_end
    matrix = np.array(found.matrix)
    assert matrix.sum() == found.firms == len(firms)
    assert matrix[1:].sum() == found.on_ladder_begin
    assert matrix[:, 1:].sum() == found.on_ladder_end
    assert (np.triu(matrix, 1)[1:].sum(), np.tril(matrix, -1)[:, 1:].sum()) == (found.up, found.down)
    assert (matrix[0, 1:].sum(), matrix[1:, 0].sum()) == (found.came, found.out)
