"""Reasons and feature values as the database keeps them: numbers in the order of the run's features, to the bit."""

import math
import struct
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from sqlalchemy import insert, select
from sqlalchemy.orm import Session

from pipeline.store.tables import ScoreReasons, ScoreRun

if TYPE_CHECKING:
    import pandas as pd

_ROWS_AT_ONCE = 20_000


@dataclass(frozen=True)
class StoredReasons:
    """`points`: feature -> its reason in points; `values`: feature -> what the firm had, NaN unknown; None where the
    run is of a program that did not store them."""

    points: Mapping[str, float] = field(default_factory=dict)
    values: Mapping[str, float] | None = None


def store_reasons(session: Session, run: ScoreRun, points: "pd.DataFrame", values: "pd.DataFrame | None") -> None:
    """Store the reasons of a run's firms, index firm_id, a column a feature, and the values they had; sets
    `run.features`."""
    run.features = [str(name) for name in points.columns]
    packed = _packed(points)
    kept = [None] * len(points) if values is None else _packed(values.reindex(points.index)[list(points.columns)])
    rows = [
        {"run_id": run.id, "firm_id": firm, "points": own, "values": had}
        for firm, own, had in zip(points.index, packed, kept, strict=True)
    ]
    for at in range(0, len(rows), _ROWS_AT_ONCE):
        session.execute(insert(ScoreReasons), rows[at : at + _ROWS_AT_ONCE])


def stored_reasons(session: Session, run: ScoreRun, firm_id: str) -> StoredReasons | None:
    """The reasons of a firm in a run; None where none are stored."""
    found = session.execute(
        select(ScoreReasons.points, ScoreReasons.values).where(
            ScoreReasons.run_id == run.id, ScoreReasons.firm_id == firm_id
        )
    ).one_or_none()
    if found is None or run.features is None:
        return None
    values = None if found.values is None else _read(run.features, found.values)
    points = {name: own for name, own in _read(run.features, found.points).items() if not math.isnan(own)}
    return StoredReasons(points, values)


def _packed(table: "pd.DataFrame") -> list[bytes]:
    return [row.tobytes() for row in table.to_numpy(dtype="<f8")]


def _read(names: Sequence[str], numbers: bytes) -> dict[str, float]:
    return dict(zip(names, struct.unpack(f"<{len(names)}d", numbers), strict=True))
