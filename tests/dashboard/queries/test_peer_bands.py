"""Peers as bands of points: no band of fewer than ten firms, none of them lost, the own one marked."""

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from dashboard.queries.peer_bands import FEWEST_FIRMS, Band, bands_of


def test_bands_of_five_points_take_in_the_next_until_there_are_ten_firms():
    counted = {41: 12, 44: 3, 45: 4, 52: 5, 57: 30, 63: 2}
    # 4 and 5 firms are too few by themselves, and so are the 2 on top, which join the last band.
    assert bands_of(counted, 52.9) == [Band(40, 45, 15, False), Band(45, 65, 41, True)]


def test_fewer_than_two_bands_say_nothing():
    assert bands_of({50: 19}, 50.5) == []
    assert bands_of({40: 9, 60: 9}, 60.5) == []
    assert bands_of({}, 50.0) == []
    assert len(bands_of({40: 10, 60: 10}, 60.5)) == 2


@given(st.dictionaries(st.integers(-20, 130), st.integers(1, 40), max_size=60), st.data())
def test_every_firm_stands_in_one_band_of_ten_and_the_own_one_is_marked_once(counted, data):
    points = data.draw(st.sampled_from(sorted(counted))) + 0.5 if counted else 50.0
    bands = bands_of(counted, points)
    if not bands:
        return
    assert sum(band.firms for band in bands) == sum(counted.values())
    assert all(band.firms >= FEWEST_FIRMS for band in bands)
    assert all(one.high <= other.low for one, other in pairwise(bands))
    assert sum(band.mine for band in bands) == 1
