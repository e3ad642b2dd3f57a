"""A score names the figures it rests on that seem to stand in another unit, by what was known on its day."""

from datetime import date

import pytest

from scoring.registry import train_model
from scoring.scores import doubts, score_cohort
from tests.cast import state
from tests.scoring.panels import NOW, a_market, explained

BEFORE, DAY = date(2023, 4, 29), date(2023, 5, 1)


@pytest.fixture
def slipped(sqlite_engine, tmp_path):
    """A market and its model; one firm gave the revenue of 2021 in yuan where 10k yuan were asked."""
    firm = a_market(sqlite_engine)[3]
    train_model.train(
        sqlite_engine, tmp_path / "models", DAY, cohorts=["neeq"], within_months=12, now=NOW, measured=False
    )
    state(sqlite_engine, firm, 2021, cohort="neeq", source="audited", revenue_cny=3e12, known_on=DAY)
    return sqlite_engine, tmp_path / "models", firm


def test_the_row_of_the_firm_names_the_figure_and_other_rows_are_blank(slipped):
    engine, models, firm = slipped
    table = score_cohort.score_cohort(engine, models, DAY, cohort="neeq", now=NOW)
    told = table.set_index("firm_id")["figures_in_doubt"]
    assert told[firm] == "revenue_cny 2021"
    assert (told.drop(firm) == "").all()
    assert any("figures_in_doubt" in warning for warning in table.attrs["warnings"])


def test_on_the_day_before_it_was_known_nobody_doubts_it(slipped):
    engine, _models, firm = slipped
    assert doubts.by_firm(doubts.doubts_on(engine, BEFORE, "neeq")) == {}
    assert doubts.by_firm(doubts.doubts_on(engine, DAY, "neeq")) == {firm: ["revenue_cny 2021"]}


def test_an_explanation_names_it_in_both_languages(slipped):
    engine, models, firm = slipped
    told = explained(engine, models, firm, DAY, suggestions=False)
    assert told["figures_in_doubt"] == [{"fact": "revenue_cny", "year": 2021, "zh": "营业收入", "en": "Revenue"}]
    assert any("营业收入（2021 年）" in warning for warning in told["warnings"]["zh"])
    assert any("Revenue (2021)" in warning for warning in told["warnings"]["en"])
