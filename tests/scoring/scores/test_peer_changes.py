"""How far firms of a size and an industry went within two years: the bounds of suggestions."""

from datetime import date
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

from pipeline.store.data_version import DataVersion
from scoring.dataset.snapshot import Snapshots
from scoring.scores import peer_changes
from scoring.scores.peer_changes import MOVED, PeerChanges, divisions_of, peer_changes_on


def a_hundred(divisions: list[float] | None = None, sizes: np.ndarray | None = None) -> PeerChanges:
    """Firm 0 ... firm 99, whose return on equity rose by 0.00 ... 0.99."""
    earlier = pd.DataFrame({"revenue": np.zeros(100) if sizes is None else sizes, "roe": np.zeros(100)})
    later = pd.DataFrame({"revenue": earlier["revenue"], "roe": np.arange(100) / 100})
    return PeerChanges.between(earlier, later, pd.Series([np.nan] * 100 if divisions is None else divisions))


def test_reach_is_what_nine_in_ten_firms_of_the_size_did_not_exceed():
    change = a_hundred().feasible(0.0, np.nan)
    assert change.up == {"roe": pytest.approx(0.891)}  # not revenue, which no firm changed
    assert change.firms == 100


@pytest.mark.parametrize(("of_its_trade", "furthest", "firms"), [(30, 0.261, 30), (29, 0.891, 100)])
def test_reach_is_of_the_firms_own_industry_where_it_has_thirty_of_its_size_and_not_with_one_fewer(
    of_its_trade, furthest, firms
):
    change = a_hundred([38.0] * of_its_trade + [26.0] * (100 - of_its_trade)).feasible(0.0, 38.0)
    assert change.up["roe"] == pytest.approx(furthest)
    assert change.firms == firms


def test_a_firm_without_an_industry_has_no_peers_of_no_industry():
    moves = a_hundred([np.nan] * 40 + [26.0] * 60)
    assert moves.feasible(0.0, np.nan).firms == 100


@pytest.mark.parametrize(("apart", "firms"), [(1 / 3, 30), (1 / 3 + 1e-9, 100)])
def test_a_third_of_a_decade_apart_is_its_size_and_a_little_more_is_not(apart, firms):
    sizes = np.array([apart, -apart] * 15 + [5.0] * 70)
    assert a_hundred(sizes=sizes).feasible(0.0, np.nan).firms == firms


def test_a_firm_of_unknown_size_is_held_against_all_and_is_of_nobodys_size():
    sizes = np.array([0.0] * 40 + [np.nan] * 60)
    assert a_hundred(sizes=sizes).feasible(np.nan, np.nan).firms == 100
    assert a_hundred(sizes=sizes).feasible(0.0, np.nan).firms == 40


def test_only_firms_known_on_both_days_count_and_only_features_that_thirty_knew():
    known = {"revenue": 60, "roe": 30, "net_margin": 29}  # of how many firms it was known at the beginning
    earlier = pd.DataFrame({name: [0.0] * firms + [np.nan] * (60 - firms) for name, firms in known.items()})
    later = pd.DataFrame(0.5, index=range(60), columns=list(known))
    nowhere = pd.Series(np.nan, earlier.index)
    assert PeerChanges.between(earlier, later, nowhere).feasible(0.0, np.nan).up == {"revenue": 0.5, "roe": 0.5}
    fewer = PeerChanges.between(earlier, later.drop(index=0), nowhere)
    assert fewer.firms == 59
    assert fewer.feasible(0.0, np.nan).up == {"revenue": 0.5}


def test_reach_from_the_sorted_table_is_the_quantile_over_all_firms_of_the_size():
    chance = np.random.default_rng(0)
    index = [f"firm-{place}" for place in range(700)]
    earlier, later = (
        pd.DataFrame(chance.normal(size=(700, len(MOVED))), index, list(MOVED)).mask(
            chance.random((700, len(MOVED))) < 0.1
        )
        for _ in range(2)
    )
    divisions = pd.Series(chance.choice([26.0, 35.0, 38.0, np.nan], 700), index)
    moves = PeerChanges.between(earlier, later, divisions)
    for firm in index[:40]:
        size = float(later.at[firm, "revenue"])
        near = (earlier["revenue"] - size).abs() <= 1 / 3
        own = near & (divisions == divisions[firm])
        peers = own if own.sum() >= 30 else near if near.sum() >= 30 else near | True
        rise = (later - earlier)[peers]
        up = rise.loc[:, rise.notna().sum() >= 30].quantile(0.9)
        assert moves.feasible(size, float(divisions[firm])).up == up[up > 0].to_dict()


def test_the_division_is_the_two_digits_of_the_industrys_code():
    codes = pd.Series(["C3824", "3824", "C", None], dtype="str")
    assert divisions_of(codes).tolist()[:2] == [38.0, 38.0]
    assert divisions_of(codes)[2:].isna().all()
    assert divisions_of(codes[3:]).isna().all()


def test_the_files_of_earlier_days_are_let_go(sqlite_engine, tmp_path, monkeypatch):
    monkeypatch.setattr(peer_changes, "_computed", lambda snapshots, lines, day, earlier: a_hundred())
    stored = SimpleNamespace(id="model", lines=None)
    snapshots = Snapshots(sqlite_engine, ["city"], DataVersion("returns", "events"))
    for day in range(1, 12):
        peer_changes_on(tmp_path, stored, snapshots, date(2024, 5, day))
    left = sorted(file.name for file in (tmp_path / "model" / "reach").iterdir())
    assert len(left) == peer_changes._CACHED_FILES
    assert left[-1].startswith("2024-05-11-")
