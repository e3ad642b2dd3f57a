"""Scores as the database keeps them: a narrow row a firm, and apart from it why, as numbers in the order of the run's
features, to the bit.

A run that takes over scores of an earlier one has their rows, and reads why in the run in which they were worked out.
"""

import math
import struct
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from sqlalchemy import and_, bindparam, delete, func, insert, literal, select
from sqlalchemy.orm import Session

from pipeline.accounts import audit
from pipeline.store.many_ids import one_of
from pipeline.store.many_rows import insert_rows
from pipeline.store.tables import Score, ScoreReasons, ScoreRun

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd

    from scoring.engine.readiness_model import Scores

_ROWS_AT_ONCE = 20_000
#: From this share of a score's reasons (in absolute points) resting on missing values, its data are called thin.
LOW_COVERAGE_SHARE = 0.4
_COLUMNS = ("points", "low_points", "high_points", "probability", "thin_data")


@dataclass(frozen=True)
class StoredReasons:
    """`points`: feature -> its reason in points; `values`: feature -> what the firm had, NaN unknown; None where the
    run is of a program that did not store them."""

    points: Mapping[str, float] = field(default_factory=dict)
    values: Mapping[str, float] | None = None


def score_columns(
    scored: "Scores", features: "pd.DataFrame", probability: "np.ndarray | pd.Series"
) -> "dict[str, pd.Series | np.ndarray]":
    """The columns of a stored score, by name: of firms scored on these features, NaN unknown."""
    return {
        "points": scored.points,
        "low_points": scored.low_points,
        "high_points": scored.high_points,
        "probability": probability,
        "thin_data": low_coverage(scored.reasons, features),
    }


def low_coverage(reasons: "pd.DataFrame", features: "pd.DataFrame") -> "pd.Series":
    """True where much of the score rests on missing values."""
    size = reasons.abs()
    total = size.sum(axis=1)
    missing = size.where(features.isna(), 0.0).sum(axis=1)
    return (missing > LOW_COVERAGE_SHARE * total) & (total > 0)


def store_scores(
    session: Session, run: ScoreRun, table: "pd.DataFrame", reasons: "pd.DataFrame", values: "pd.DataFrame"
) -> None:
    """Store a run with the scores of its firms, index firm_id: the columns of `score_columns`, the reasons, a column a
    feature, and the values that they had."""
    session.add(run)
    session.flush()
    for at in range(0, len(table), _ROWS_AT_ONCE):
        some = table.iloc[at : at + _ROWS_AT_ONCE]
        columns = ([run.id] * len(some), some.index, *(some[name].tolist() for name in _COLUMNS))
        insert_rows(session.connection(), Score, ("run_id", "firm_id", *_COLUMNS), zip(*columns, strict=True))
    audit.touch(session, Score, Score.run_id == run.id)
    store_reasons(session, run, reasons, values)


def store_reasons(session: Session, run: ScoreRun, points: "pd.DataFrame", values: "pd.DataFrame | None") -> None:
    """Store the reasons of a run's firms, index firm_id, a column a feature, and the values they had; sets
    `run.features`."""
    run.features = [str(name) for name in points.columns]
    for at in range(0, len(points), _ROWS_AT_ONCE):
        some = points.iloc[at : at + _ROWS_AT_ONCE]
        had = [None] * len(some) if values is None else _packed(values.loc[some.index, run.features])
        rows = zip([run.id] * len(some), some.index, _packed(some), had, strict=True)
        insert_rows(session.connection(), ScoreReasons, ("run_id", "firm_id", "points", "values"), rows)
    audit.touch(session, ScoreReasons, ScoreReasons.run_id == run.id)


def take_over(session: Session, run: ScoreRun, base: ScoreRun, left_out: Sequence[str]) -> None:
    """Take over the scores of `base` into a stored run: of the firms that have none in it yet, without `left_out`."""
    has_one = select(Score.firm_id).where(Score.run_id == run.id)
    worked_out_in = func.coalesce(Score.worked_out_in, Score.run_id)
    taken = select(literal(run.id), Score.firm_id, *(getattr(Score, name) for name in _COLUMNS), worked_out_in).where(
        Score.run_id == base.id, Score.firm_id.not_in(has_one)
    )
    names = ["run_id", "firm_id", *_COLUMNS, "worked_out_in"]
    session.execute(insert(Score).from_select(names, taken.order_by(Score.id)))
    session.execute(delete(Score).where(Score.run_id == run.id, one_of(Score.firm_id, left_out)))


def stored_reasons(session: Session, run: ScoreRun, firm_id: str) -> StoredReasons | None:
    """The reasons of a firm in a run; None where none are stored."""
    return stored_reasons_of_each(session, run, [firm_id]).get(firm_id)


def stored_reasons_of_each(session: Session, run: ScoreRun, firms: Sequence[str]) -> dict[str, StoredReasons]:
    """The reasons of each of a few firms in a run, those left out of which none are stored."""
    rows = session.execute(_REASONS, {"run": run.id, "firms": list(firms)})
    names = run.features
    if names is None:
        return {}
    found = {}
    for row in rows:
        points = {name: own for name, own in _read(names, row.points).items() if not math.isnan(own)}
        found[row.firm_id] = StoredReasons(points, None if row.values is None else _read(names, row.values))
    return found


_REASONS = (
    select(Score.firm_id, ScoreReasons.points, ScoreReasons.values)
    .join(
        Score,
        and_(
            Score.firm_id == ScoreReasons.firm_id,
            ScoreReasons.run_id == func.coalesce(Score.worked_out_in, Score.run_id),
        ),
    )
    .where(Score.run_id == bindparam("run"), Score.firm_id.in_(bindparam("firms", expanding=True)))
)


def stored_values(session: Session, run: ScoreRun, firms: Sequence[str]) -> "pd.DataFrame | None":
    """The feature values that these firms had in a run: index firm_id, a column a feature, NaN unknown; without the
    firms that it does not score. None where they were not stored."""
    import numpy as np
    import pandas as pd

    names = run.features or []
    worked_out_in = func.coalesce(Score.worked_out_in, Score.run_id)
    statement = (
        select(Score.firm_id, ScoreReasons.values)
        .outerjoin(ScoreReasons, and_(Score.firm_id == ScoreReasons.firm_id, ScoreReasons.run_id == worked_out_in))
        .where(Score.run_id == run.id, one_of(Score.firm_id, firms))
    )
    found = session.execute(statement).all()
    if any(row.values is None for row in found):
        return None
    rows = [np.frombuffer(row.values, dtype="<f8") for row in found]
    ids = [row.firm_id for row in found]
    table = np.array(rows, dtype="float64").reshape(len(ids), len(names))
    return pd.DataFrame(table, index=pd.Index(ids, name="firm_id", dtype=object), columns=names).sort_index()


def _packed(table: "pd.DataFrame") -> list[bytes]:
    return [row.tobytes() for row in table.to_numpy(dtype="<f8")]


def _read(names: Sequence[str], numbers: bytes) -> dict[str, float]:
    return dict(zip(names, struct.unpack(f"<{len(names)}d", numbers), strict=True))
