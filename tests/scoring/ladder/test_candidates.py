"""First-time candidates: by a model where recognitions carry one, else by the rule; and what no model may know."""

from datetime import date
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from sqlalchemy import Engine
from sqlalchemy.orm import Session

from pipeline.accounts.people import Person
from pipeline.accounts.roles import Role
from pipeline.errors import NotAllowed
from pipeline.kept_answers.documents import as_document, record_of
from pipeline.ladder.certificates import HNTE_RECOGNISED
from pipeline.rules.explanation import recognition
from pipeline.store.tables import CITY
from scoring.dataset.panel import Panels
from scoring.dataset.snapshot import Snapshots
from scoring.errors import CannotTrain, NotScored
from scoring.features.listing_lines import lines_on
from scoring.ladder import in_words
from scoring.ladder.candidates import BY_MODEL, BY_RULE, Candidates, candidates, ranked
from scoring.registry import registry, train_model
from scoring.scores.score_cohort import score_cohort
from tests.cast import BANYAN, KAPOK, LOTUS
from tests.pipeline.ladder.city import DISTRICT, OFFICER, good
from tests.pipeline.rules.explanation.test_recognition import GOOD
from tests.pipeline.rules.firms import facts_and_firms
from tests.scoring.conftest import built_on
from tests.scoring.panels import NOW, _row, store

ON_SQLITE_ALONE = True
YEARS = range(2018, 2025)
DAY = date(2025, 5, 1)
RULE_DAY = date(2024, 6, 1)


def a_city_without_certificates(engine: Engine, firms: int = 110, chance_of_one: float = 0.05) -> dict[str, int]:
    """Firms of the city whose first certificate, each in December, follows a hidden quality: firm -> its year."""
    chance = np.random.default_rng(1)
    quality = chance.normal(0, 1, firms)
    ids = [f"city:{100000 + place}" for place in range(firms)]
    rows, certified = [], {}
    for place, firm in enumerate(ids):
        for year in YEARS:
            revenue = float(np.exp(16 + 0.5 * quality[place] + chance.normal(0, 0.2)))
            row = _row(firm, year, revenue, 0.06 + 0.04 * quality[place], float(chance.uniform(0.2, 0.7)))
            if firm not in certified and chance.random() < chance_of_one * np.exp(1.2 * quality[place]):
                certified[firm] = year
            first = certified.get(firm)
            rows.append(row | {"hnte_certified_on": None if first is None else date(first, 12, 9)})
    store(engine, CITY, ids, rows)
    return certified


@pytest.fixture(scope="module")
def uncertified(tmp_path_factory: pytest.TempPathFactory, sqlite_template: Path):
    """A city in which many were recognised, with a model of it: engine, folder of models, model, first years."""
    with built_on(sqlite_template, tmp_path_factory.mktemp("uncertified")) as (engine, folder):
        certified = a_city_without_certificates(engine)
        how = {"cohorts": [CITY], "event": HNTE_RECOGNISED, "within_months": 12, "now": NOW, "measured": False}
        trained = train_model.train(engine, folder / "models", DAY, **how)
        yield engine, folder / "models", trained.id, certified


def told(engine: Engine, models: Path, day: date = DAY, person=OFFICER) -> Candidates:
    with Session(engine) as session:
        return candidates(session, person, day, models)


def panels(engine: Engine) -> Panels:
    return Panels(Snapshots(engine, [CITY]), HNTE_RECOGNISED, 12, lines_on(DAY))


def test_recognitions_are_counted_within_the_year_after_a_day_among_firms_that_had_none(uncertified):
    engine, _models, _model, certified = uncertified
    rates = panels(engine).known_rates(DAY)
    # On 1 May 2023 whoever was recognised by December 2022 was no longer at risk; those of December 2023 came.
    came = sum(year == 2023 for year in certified.values())
    at_risk = 110 - sum(year <= 2022 for year in certified.values())
    assert rates[date(2023, 5, 1)] == (came, at_risk)


def test_a_certificate_that_was_stated_later_than_the_day_is_not_known_on_it(uncertified):
    engine, _models, _model, certified = uncertified
    firm = next(firm for firm, year in certified.items() if year == 2023)
    before, after = (firm in panels(engine).eligible(day).index for day in (date(2024, 4, 29), date(2024, 4, 30)))
    # Of December 2023, and in the return that became known on 30 April 2024.
    assert (before, after) == (True, False)


def test_with_a_model_candidates_are_those_without_a_certificate_by_its_points(uncertified):
    engine, models, model, certified = uncertified
    found = told(engine, models)
    assert (found.ranked_by, found.model, found.model_as_of) == (BY_MODEL, model, DAY)
    assert {each.firm_id for each in found.firms}.isdisjoint(certified)
    assert found.at_risk == 110 - len(certified) == len(found.firms)
    points = [each.points for each in found.firms]
    assert points == sorted(points, reverse=True)
    assert all(0 < each.probability < 1 for each in found.firms)
    assert "2025-05-01" in str(found.why)
    assert f"模型：{model}" in "\n".join(in_words.lines(found))
    assert record_of(Candidates, as_document(found)).as_json() == found.as_json()


def test_its_card_says_what_it_foresees(uncertified):
    engine, models, model, _certified = uncertified
    assert "首次认定高新技术企业" in registry.show(engine, models, model).card_zh


def test_a_model_that_knows_later_outcomes_is_not_taken(uncertified):
    engine, models, _model, _certified = uncertified
    found = told(engine, models, date(2025, 4, 30))
    assert (found.ranked_by, found.model) == (BY_RULE, None)
    assert found.events >= found.needed
    assert "还没有训练模型" in str(found.why)


def test_it_never_scores_readiness(uncertified):
    engine, models, model, _certified = uncertified
    with pytest.raises(registry.NotPromoted, match="首次认定高新技术企业"):
        registry.promote(engine, model, why="想试试", by="李", now=NOW)
    assert registry.champion(engine) is None
    with pytest.raises(NotScored, match="ladder candidates"):
        score_cohort(engine, models, DAY, model_id=model, now=NOW)
    # Nor is it taken where no model is named, although it is the only one.
    with pytest.raises(Exception, match="goldseed train"):
        registry.model_for(engine, models, DAY, CITY)


def test_with_too_few_recognitions_there_is_no_model_and_the_page_says_how_few(sqlite_engine, tmp_path):
    certified = a_city_without_certificates(sqlite_engine, firms=30, chance_of_one=0.003)
    found = told(sqlite_engine, tmp_path)
    assert (found.ranked_by, found.model, found.events) == (BY_RULE, None, len(certified))
    assert str(found.why).startswith(f"可供学习的首次认定只有 {len(certified)} 例，至少需要 5 例：没有模型。")
    assert "不是预测" in str(found.why)
    with pytest.raises(CannotTrain):
        train_model.train(
            sqlite_engine, tmp_path, DAY, cohorts=[CITY], event=HNTE_RECOGNISED, within_months=12, now=NOW
        )


def test_another_event_is_still_trained_without_them(sqlite_engine):
    a_city_without_certificates(sqlite_engine, firms=5)
    kinds = Panels(Snapshots(sqlite_engine, [CITY]), "listed", 12, lines_on(DAY)).known_events()["kind"]
    assert HNTE_RECOGNISED not in set(kinds)


# --- by the rule -----------------------------------------------------------------------------------

BY_HAND = {
    "two open": GOOD | {"innovation_score": {2023: 62}, "scientific_staff": {2023: 9}},
    "one open": GOOD | {"scientific_staff": {2023: 9}, "innovation_score": {2023: 75}},
    "one open, better": GOOD | {"scientific_staff": {2023: 9}, "innovation_score": {2023: 90}},
    "met": GOOD,
    "one unknown": GOOD | {"major_incident_12m": {2023: None}, "innovation_score": {2023: 99}},
}


def test_the_rule_puts_the_fewest_open_conditions_first_and_of_as_many_the_higher_innovation_score():
    verdicts = recognition.check(*facts_and_firms(BY_HAND), RULE_DAY)
    found = ranked(verdicts, {firm: (firm, "440703") for firm in BY_HAND}, None)
    # An unknown condition counts as two, so its 99 points put it before the two that are open and behind the one.
    assert [each.firm_id for each in found] == ["met", "one open, better", "one open", "one unknown", "two open"]
    assert [each.verdict for each in found] == ["met", "not_met", "not_met", "unknown", "not_met"]
    assert [each.missing for each in found] == [0, 1, 1, 2, 2]
    assert found[1].condition.zh == "最近一年科技人员占比还差 1 个百分点（9% / 10%）"
    assert found[4].condition is None
    assert {each.points for each in found} == {None}


def test_a_firm_without_points_comes_after_those_that_have_some():
    verdicts = recognition.check(*facts_and_firms(BY_HAND), RULE_DAY)
    scores = pd.DataFrame({"points": [40.0, 60.0], "probability": [0.1, 0.4]}, index=["met", "two open"])
    found = ranked(verdicts, {firm: (firm, "") for firm in BY_HAND}, scores)
    assert [each.firm_id for each in found][:3] == ["two open", "met", "one open, better"]


def test_a_district_sees_its_own_candidates_and_a_department_none(sqlite_engine, tmp_path):
    for firm in (LOTUS, BANYAN, KAPOK):
        good(sqlite_engine, firm)
    assert [each.firm_id for each in told(sqlite_engine, tmp_path, RULE_DAY, DISTRICT).firms] == [BANYAN]
    assert told(sqlite_engine, tmp_path, RULE_DAY).at_risk == 3
    with pytest.raises(NotAllowed):
        told(sqlite_engine, tmp_path, RULE_DAY, Person(0, "税", Role.DEPARTMENT))
