"""Why scores moved between two stored runs: the steps add up, and nothing learnt since changes them."""

from datetime import date

import pandas as pd
import pytest
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from pipeline.language import CHINESE
from pipeline.store.pool_tables import PoolReview
from pipeline.store.tables import ReturnRow, Score, ScoreRun
from scoring.explain.score_changes import changes_between
from scoring.explain.since_review import since_last_review
from scoring.scores import score_cohort
from tests.scoring.scores.test_scores import DAY, NOW, market, trained

__all__ = ["market"]

LATER = date(2024, 5, 1)


def runs(engine) -> tuple[ScoreRun, ScoreRun]:
    with Session(engine, expire_on_commit=False) as session:
        before, now = session.scalars(select(ScoreRun).order_by(ScoreRun.id))
        return before, now


def firms(engine) -> list[str]:
    with Session(engine) as session:
        return sorted(session.scalars(select(Score.firm_id).distinct()))


@pytest.fixture
def two_runs(market, request):
    """Scored on two days, by one model or, where the test says so, by another on the second day."""
    engine, models, _ = market
    first = trained(engine, models)
    score_cohort.score_cohort(engine, models, DAY, cohort="neeq", now=NOW, model_id=first.id)
    second = trained(engine, models, LATER) if getattr(request, "param", False) else first
    score_cohort.score_cohort(engine, models, LATER, cohort="neeq", now=NOW, model_id=second.id)
    return engine, models


@pytest.mark.parametrize("two_runs", [False, True], indirect=True, ids=["one model", "another model"])
def test_the_steps_add_up_to_what_the_stored_points_moved_by(two_runs):
    engine, models = two_runs
    before, now = runs(engine)
    changes = changes_between(engine, models, before, now, firms(engine))
    table = changes.table
    moved = table["points_now"] - table["points_before"]
    assert len(table)
    assert table.notna().all(axis=None)
    assert (table[["new_data", "moved_field", "new_model"]].sum(axis=1) - moved).abs().max() < 1e-6
    assert (changes.moves.sum(axis=1) - table["new_data"]).abs().max() < 1e-6
    assert (table["new_model"].abs().max() > 0.01) == (before.model_id != now.model_id)
    with Session(engine) as session:
        stored = dict(session.execute(select(Score.firm_id, Score.points).where(Score.run_id == now.id)).all())
    assert table["points_now"].to_dict() == pytest.approx({firm: stored[firm] for firm in table.index}, abs=0)


def test_a_feature_whose_value_did_not_change_moved_nothing_of_its_own(two_runs):
    engine, models = two_runs
    changes = changes_between(engine, models, *runs(engine), firms(engine))
    same = (changes.values_before == changes.values_now) | (changes.values_before.isna() & changes.values_now.isna())
    unchanged = same.all(axis=1)
    assert changes.table.loc[unchanged, "new_data"].abs().max() < 1e-9 if unchanged.any() else same.any(axis=None)


def test_what_is_corrected_after_the_scores_were_stored_does_not_change_why_they_moved(two_runs):
    engine, models = two_runs
    every = firms(engine)
    first = changes_between(engine, models, *runs(engine), every)
    with Session(engine) as session, session.begin():
        session.execute(update(ReturnRow).values(revenue_cny=ReturnRow.revenue_cny * 3))
    again = changes_between(engine, models, *runs(engine), every)
    pd.testing.assert_frame_equal(first.table, again.table)


def test_without_the_old_model_the_change_is_told_and_its_parts_are_unknown(two_runs, monkeypatch):
    engine, models = two_runs

    def gone(*_arguments):
        raise FileNotFoundError

    monkeypatch.setattr("scoring.explain.score_changes.with_ranks_of", gone)
    changes = changes_between(engine, models, *runs(engine), firms(engine))
    change = changes.of(changes.table.index[0])
    assert (change.new_data, change.moves) == (None, ())
    assert "：" not in change.told().in_language(CHINESE)
    assert change.as_json()["by_feature"] == []


def test_a_firm_without_one_of_the_two_scores_is_left_out(two_runs):
    engine, models = two_runs
    one, *others = firms(engine)
    with Session(engine) as session, session.begin():
        session.delete(session.scalars(select(Score).where(Score.firm_id == one)).first())
    changes = changes_between(engine, models, *runs(engine), [one, *others])
    assert changes.of(one) is None
    assert changes.of(others[0]) is not None


def test_a_review_is_held_against_the_last_one_on_other_scores(two_runs):
    engine, models = two_runs
    before, now = runs(engine)
    one = firms(engine)[0]
    with Session(engine) as session, session.begin():
        session.add_all(_review(*pair) for pair in ((1, before), (2, before), (3, now), (4, now)))
    assert since_last_review(engine, models, 2, [one]).last is None
    told = since_last_review(engine, models, 4, [one])
    assert (told.last, told.of(one).now) == (DAY, LATER)
    assert str(told.told(one)).startswith(f"{DAY.isoformat()} 为 ")
    assert "没有评分" in str(told.told("nobody"))
    unknown, first = (since_last_review(engine, models, number, [one]) for number in (9, 1))
    assert unknown.told(one) == first.told(one)


def _review(number: int, run: ScoreRun) -> PoolReview:
    return PoolReview(
        id=number,
        as_of=run.as_of,
        made_at=NOW,
        made_by="陈主任",
        run_id=run.id,
        model_id=run.model_id,
        policy="",
        policy_fingerprint="-",
        rules_fingerprint="-",
        data_fingerprint="-",
        audit_id=0,
        counts={},
        found_hash="-",
    )
