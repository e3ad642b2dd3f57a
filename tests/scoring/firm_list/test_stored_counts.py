"""The counts of the first page are those of the rows, whichever rows are written; the state machine of the keeper holds
them against each other after every change."""

import math
import statistics
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Engine, delete, insert, select, update

from pipeline.store.tables import Firm, FirmListCount, FirmListRow
from scoring.firm_list import stored_counts
from scoring.firm_list.keeper import keep_lists, prove, rebuild
from scoring.firm_list.stored_counts import counts_follow, differing_counts, recount
from scoring.scores.points_spread import spread_of_counts
from tests.pipeline.intake.workbooks import write
from tests.scoring.firm_list.test_keeper import JUNE_1, bring

FIRMS = [f"firm-{place}" for place in range(6)]
ROWS = st.fixed_dictionaries(
    {
        "firm_id": st.sampled_from(FIRMS),
        "district_code": st.sampled_from([None, "440703"]),
        "pool": st.sampled_from([None, "seed", "golden"]),
        "stands": st.sampled_from([None, "share_reform"]),
        "points": st.sampled_from([None, -0.5, 0.0, 0.99, 50.0, 99.5]),
    }
)


@pytest.fixture
def filled(engine: Engine) -> Engine:
    with engine.begin() as connection:
        connection.execute(insert(Firm), [{"id": firm, "cohort": "city"} for firm in FIRMS])
    return engine


def counts(engine: Engine) -> list[tuple[object, ...]]:
    with engine.connect() as connection:
        return [tuple(row) for row in connection.execute(select(FirmListCount.__table__).order_by("points_from"))]


def test_rows_that_are_alike_are_one_count_and_a_negative_point_is_rounded_down(filled: Engine):
    rows = [{"firm_id": firm, "points": points} for firm, points in zip(FIRMS, [50.0, 50.9, 51.0, -0.5], strict=False)]
    with filled.begin() as connection:
        connection.execute(insert(FirmListRow), [*rows, {"firm_id": FIRMS[5], "points": None}])
        recount(connection)
    assert counts(filled) == [
        ("", "", "", "", True, -1, 1),
        ("", "", "", "", False, 0, 1),
        ("", "", "", "", True, 50, 2),
        ("", "", "", "", True, 51, 1),
    ]


@pytest.mark.parametrize("many", [0, 5_000])
@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(changes=st.lists(st.one_of(ROWS, st.sampled_from(FIRMS)), max_size=12))
def test_the_counts_follow_rows_that_come_move_and_go(
    filled: Engine, changes: list[dict[str, object] | str], many: int, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(stored_counts, "_MANY_ROWS", many)
    with filled.begin() as connection:
        connection.execute(delete(FirmListRow))
        recount(connection)
        for change in changes:
            firm = change if isinstance(change, str) else str(change["firm_id"])
            with counts_follow(connection, [firm]):
                there = connection.scalar(select(FirmListRow.firm_id).where(FirmListRow.firm_id == firm))
                if isinstance(change, str):
                    connection.execute(delete(FirmListRow).where(FirmListRow.firm_id == firm))
                elif there is None:
                    connection.execute(insert(FirmListRow).values(**change))
                else:
                    connection.execute(update(FirmListRow).where(FirmListRow.firm_id == firm).values(**change))
            assert differing_counts(connection) == 0


def test_a_count_that_somebody_changed_by_hand_is_found_and_mended(engine: Engine, tmp_path: Path):
    keep_lists(engine, lambda: JUNE_1)
    bring(engine, write(tmp_path / "first.xlsx"))
    assert prove(engine).differing == 0
    with engine.begin() as connection:
        connection.execute(update(FirmListCount).values(firms=FirmListCount.firms + 1))
    assert ("", "firm_list_count") in prove(engine).differences
    rebuild(engine, JUNE_1)
    assert prove(engine).differing == 0


@settings(max_examples=60, deadline=None)
@given(points=st.lists(st.floats(-30, 120).map(lambda value: round(value, 1)), min_size=1, max_size=9))
def test_the_spread_of_counted_points_is_that_of_the_points(points: list[float]):
    counted = {edge: sum(math.floor(each) == edge for each in points) for edge in sorted(map(math.floor, points))}
    spread = spread_of_counts(counted, lambda edge, place: sorted(p for p in points if edge <= p < edge + 1)[place])
    assert spread is not None
    assert spread.median == statistics.median(points)
    assert spread.below_50 == sum(each < 50 for each in points) / len(points)
