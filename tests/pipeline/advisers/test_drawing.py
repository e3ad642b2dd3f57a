"""A draw can be repeated by anybody, and every group has its share."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.advisers.drawing import WrongDraw, allocation, draw, hash_of

FRAME = [(1, "broker"), (2, "broker"), (3, "law_firm"), (4, "auditor"), (5, "auditor"), (6, "auditor")]


def test_shares_follow_the_sizes_by_largest_remainder_and_none_goes_without():
    assert allocation({"a": 50, "b": 30, "c": 20}, 10) == {"a": 5, "b": 3, "c": 2}
    assert allocation({"a": 6, "b": 3, "c": 1}, 4) == {"a": 2, "b": 1, "c": 1}  # quotas 2.4, 1.2, 0.4
    assert allocation({"a": 96, "b": 2, "c": 2}, 5) == {"a": 3, "b": 1, "c": 1}  # two groups take more than their quota
    assert allocation({"a": 2, "b": 1}, 3) == {"a": 2, "b": 1}


@pytest.mark.parametrize("size", [0, 2, 7])
def test_fewer_than_the_groups_or_more_than_there_are_cannot_be_drawn(size):
    with pytest.raises(WrongDraw, match="6"):
        draw(FRAME, size, "seed")


@st.composite
def frames(drawing):
    strata = drawing(st.lists(st.sampled_from("abcdef"), min_size=1, max_size=60))
    frame = list(enumerate(strata, start=1))
    size = drawing(st.integers(len(set(strata)), len(frame)))
    return frame, size, drawing(st.text(min_size=1, max_size=20))


@given(frames())
def test_any_draw_is_repeated_without_repetition_and_within_its_groups(asked):
    frame, size, seed = asked
    drawn = draw(frame, size, seed)
    assert drawn == draw(frame, size, seed)
    assert len(set(drawn)) == len(drawn) == size
    assert set(drawn) <= set(frame)
    sizes = {stratum: sum(one == stratum for _number, one in frame) for _number, stratum in frame}
    shares = allocation(sizes, size)
    assert {stratum: sum(one == stratum for _number, one in drawn) for stratum in sizes} == shares
    assert sum(shares.values()) == size
    assert all(1 <= shares[stratum] <= count for stratum, count in sizes.items())
    assert all(abs(shares[stratum] - size * count / len(frame)) < 1 for stratum, count in sizes.items()) or any(
        size * count < len(frame) for count in sizes.values()
    )


def test_another_seed_draws_others_and_each_as_often():
    drawn = [draw(FRAME, 4, f"seed {number}") for number in range(600)]
    often = {number: sum((number, stratum) in each for each in drawn) for number, stratum in FRAME}
    assert often[3] == 600  # the only one of its group
    assert all(abs(often[number] - 600 * share) < 60 for number, share in [(1, 0.5), (2, 0.5), (4, 2 / 3), (6, 2 / 3)])


def test_a_frame_that_was_changed_has_another_hash():
    assert hash_of(FRAME) == hash_of([list(item) for item in FRAME])  # type: ignore[misc]
    assert hash_of(FRAME) != hash_of(FRAME[::-1])
