"""Features measure against the lines of the model's own day: what was not law then is not known."""

import json
import math
from dataclasses import replace
from datetime import date
from pathlib import Path

import pandas as pd
import pytest
from sqlalchemy import Engine

from scoring.features.history import doublings_from
from scoring.features.listing_lines import DAY_OF_MODELS_WITHOUT_LINES, ListingLines, lines_on
from scoring.features.matrix import features_on
from scoring.registry import registry, train_model
from scoring.scores import score_cohort
from tests.cast import LOTUS, yearly
from tests.scoring.panels import NOW, a_market

DAY = date(2023, 5, 1)


@pytest.mark.parametrize(("day", "line"), [(date(2024, 4, 29), 50e6), (date(2024, 4, 30), 100e6)])
def test_chinexts_profit_line_is_that_of_the_day_and_not_of_the_day_after(day, line):
    assert lines_on(day).chinext_profit_of_two_years == line


def test_before_the_beijing_exchange_had_rules_their_features_are_unknown_and_the_others_are_not():
    facts = yearly(LOTUS, revenue_cny={2019: 8e7, 2020: 3e8}, net_profit_cny={2019: 2e7, 2020: 4e7})
    eve, opening = (lines_on(day) for day in (date(2021, 11, 14), date(2021, 11, 15)))
    before, after = (features_on(facts, pd.DataFrame(), date(2021, 12, 1), lines).iloc[0] for lines in (eve, opening))
    for name in ("bse_first_standard", "bse_conditions"):
        assert math.isnan(before[name])
    assert after["bse_conditions"] == 5  # profit of both years, of the last, revenue twice, growth; no return on equity
    assert before["revenue"] == after["revenue"]
    assert not math.isnan(before["chinext_profit"])


def test_a_distance_is_counted_in_doublings_of_the_line():
    facts = yearly(LOTUS, net_profit_cny={2022: 40e6, 2023: 60e6})
    lines = lines_on(date(2024, 5, 1))
    row = features_on(facts, pd.DataFrame(), date(2024, 5, 1), lines).iloc[0]
    assert row["chinext_profit"] == 0.0  # 100 M of two years is the line
    moved = replace(lines, chinext_profit_of_two_years=50e6)
    assert features_on(facts, pd.DataFrame(), date(2024, 5, 1), moved).iloc[0]["chinext_profit"] == 1.0


def test_a_line_that_nobody_knows_gives_no_distance():
    assert doublings_from(pd.Series([5.0, -1.0]), math.nan).isna().all()


def test_lines_come_back_from_json_as_they_were():
    for day in (date(2020, 1, 1), date(2026, 5, 1)):
        lines = lines_on(day)
        again = ListingLines.from_json(json.loads(json.dumps(lines.as_json())))
        assert again.as_json() == lines.as_json()


def test_a_model_keeps_the_lines_it_was_trained_with(sqlite_engine: Engine, tmp_path: Path, monkeypatch):
    """A change of the law after the training moves no score of it; a model without lines has those of its time."""
    a_market(sqlite_engine)
    more = {"cohorts": ["neeq"], "within_months": 12, "now": NOW, "measured": False}
    trained = train_model.train(sqlite_engine, tmp_path, DAY, **more)
    stored = registry.load(sqlite_engine, tmp_path, trained.id)
    assert stored.lines == lines_on(DAY)
    assert json.loads((trained.folder / "about.json").read_text("utf-8"))["listing_lines"]["rules"]
    before = score_cohort.score_cohort(sqlite_engine, tmp_path, DAY, cohort="neeq", now=NOW)
    later = replace(lines_on(DAY), bse_profit_last_year=250e6, bse_roe=0.2)
    for module in (registry, train_model):
        monkeypatch.setattr(module, "lines_on", lambda _day: later)
    after = score_cohort.score_cohort(sqlite_engine, tmp_path, DAY, cohort="neeq", now=NOW)
    assert after["points"].tolist() == before["points"].tolist()
    bare = replace(stored, model=replace(stored.model, about={}))
    # As lines_on gives them for the day of models without lines, which knew nothing of what follows from returns.
    assert bare.lines == replace(later, derives=False)
    monkeypatch.undo()
    assert bare.lines == replace(lines_on(DAY_OF_MODELS_WITHOUT_LINES), derives=False)
    assert bare.lines.chinext_profit_of_two_years == 100e6
