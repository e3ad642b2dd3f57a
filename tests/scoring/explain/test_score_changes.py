"""Why scores moved between two stored runs: the steps add up, and nothing learnt since changes them."""

from dataclasses import replace
from datetime import date

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from pipeline.language import CHINESE
from pipeline.store.pool_tables import PoolReview
from pipeline.store.tables import ReturnRow, Score, ScoreRun
from scoring.engine.rank_transform import ReferenceDistribution
from scoring.explain.score_changes import STEPS, _Models, _split, _Values, changes_between
from scoring.explain.since_review import since_last_review
from scoring.registry import registry
from scoring.scores import score_cohort
from scoring.scores.stored_scores import stored_values
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
    engine, models = market
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
    assert (table[list(STEPS)].sum(axis=1) - moved).abs().max() < 1e-6
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


# --- the step of the rules --------------------------------------------------------------------------


@pytest.mark.parametrize("two_runs", [True], indirect=True)
def test_other_lines_of_the_law_are_a_step_of_their_own_from_what_to_what(two_runs):
    """On 30 April 2024 ChiNext's line of two years' profit rose from 50 to 100 million: what is measured against it
    halves, one doubling less."""
    engine, models = two_runs
    before, now = runs(engine)
    lines = [registry.load(engine, models, run.model_id).lines for run in (before, now)]
    assert [each.chinext_profit_of_two_years for each in lines] == [5e7, 1e8]
    changes = changes_between(engine, models, before, now, firms(engine))
    known = [name for name in changes.ruled.points if changes.ruled.before[name].notna().any()]
    apart = (changes.ruled.now - changes.ruled.before)[known].abs().max()
    assert list(apart.index[apart > 1e-9]) == ["chinext_profit"]
    # A degree is cut off at both ends, where a doubling less shows less or not at all.
    down = (changes.ruled.now["chinext_profit"] - changes.ruled.before["chinext_profit"]).dropna()
    assert down.min() == pytest.approx(-1.0)
    assert down.max() <= 0
    assert (changes.ruled.points.sum(axis=1) - changes.table["rules"]).abs().max() < 1e-6
    one = changes.of(changes.table.index[0])
    assert {move.feature for move in one.ruled} <= {"chinext_profit"}
    assert {"rules", "by_rule"} <= one.as_json().keys()


@pytest.mark.parametrize("two_runs", [False], indirect=True)
def test_between_two_scores_of_one_model_no_rule_moves_anything(two_runs):
    engine, models = two_runs
    changes = changes_between(engine, models, *runs(engine), firms(engine))
    assert (changes.table["rules"] == 0).all()
    assert changes.of(changes.table.index[0]).ruled == ()


@pytest.mark.parametrize("two_runs", [True], indirect=True)
@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(seed=st.integers(0, 10_000), spread=st.floats(0, 3), blank=st.floats(0, 0.5))
def test_the_steps_and_what_each_feature_did_add_up_whatever_firms_have_and_lines_say(two_runs, seed, spread, blank):
    engine, models = two_runs
    old, new = (registry.load(engine, models, run.model_id) for run in runs(engine))
    with Session(engine) as session:
        had = stored_values(session, runs(engine)[0], firms(engine))
    chance = np.random.default_rng(seed)

    def otherwise(table: pd.DataFrame, names: list[str]) -> pd.DataFrame:
        moved = table.reindex(columns=names) + spread * chance.normal(size=(len(table), len(names)))
        return moved.mask(chance.random(moved.shape) < blank)

    before = had[old.model.features]
    after, ruled = otherwise(had, old.model.features), otherwise(had, old.model.features)
    measured = otherwise(had, new.model.features)
    old_now, old_ruled = (
        replace(old.model, references=[ReferenceDistribution.of(table, "day")]) for table in (after, ruled)
    )
    table, own, by_lines = _split(
        _Models(old.model, old_now, old_ruled, new.model), _Values(before, after, ruled, measured)
    )
    total = table["points_now"] - table["points_before"]
    assert (table[list(STEPS)].sum(axis=1) - total).abs().max() < 1e-6
    assert (own.points.sum(axis=1) - table["new_data"]).abs().max() < 1e-6
    assert (by_lines.points.sum(axis=1) - table["rules"]).abs().max() < 1e-6
