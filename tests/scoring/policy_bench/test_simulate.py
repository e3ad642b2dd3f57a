"""A whole run of the bench over a small city: what it tells, and that it touches nothing."""

from concurrent.futures import Future
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from datetime import date, datetime

import pytest
from click.testing import CliRunner
from sqlalchemy import select
from sqlalchemy.orm import Session

import cli
from pipeline.pools.policy import POINTS_ONLY_FILE, RULES_ONLY_FILE
from pipeline.store.database import engine_for
from pipeline.store.tables import CITY, Base, Firm, Model, Score, ScoreRun
from scoring.policy_bench.changed_text import Changes
from scoring.policy_bench.simulate import simulate
from tests.cast import BANYAN, KAPOK, LOTUS, state

DAY, NOW = date(2024, 5, 1), datetime(2024, 6, 1, 9, 0)
TEXT = POINTS_ONLY_FILE.read_text(encoding="utf-8")


def rows_of(engine):
    with Session(engine) as session:
        return {table.name: sorted(map(repr, session.execute(select(table)))) for table in Base.metadata.sorted_tables}


def score(engine, points):
    """A run of a model gave these firms of the city their points, each with a chance of one in ten."""
    about = {"event": "listed", "within_months": 24, "fingerprint": "f" * 64, "measures": {}}
    run = {"expected_events": None, "reference": "city", "base_points": 50.0, "data_fingerprint": "d" * 64}
    with Session(engine) as session, session.begin():
        session.add(Model(id="m1", trained_at=NOW, as_of=DAY, cohorts=[CITY], **about))
        session.add_all(Firm(id=firm, cohort=CITY, name=firm, district_code="440703") for firm in points)
        session.flush()
        stored = ScoreRun(model_id="m1", cohort=CITY, as_of=DAY, scored_at=NOW, **run)
        session.add(stored)
        session.flush()
        session.add_all(
            Score(run_id=stored.id, firm_id=firm, points=value, probability=0.1, thin_data=False)
            for firm, value in points.items()
        )


def test_a_what_if_tells_who_enters_and_leaves_every_table_as_it_was(engine):
    score(engine, {LOTUS: 70.0, BANYAN: 61.0, KAPOK: 59.0})
    before = rows_of(engine)
    changes = Changes({"seed/enter/all/0": 65.0})
    found = simulate(engine, DAY, text=TEXT, changes=changes, days=[date(2020, 5, 1)])
    assert rows_of(engine) == before
    assert list(found.found.entering) == [LOTUS]
    assert found.found.sizes == {"seed": (0, found.found.sizes["seed"][1], 1), "golden": (0, 0, 0)}
    assert found.expected["seed"].expected == 0.1
    assert [day.why_not is None for day in found.past] == [False]
    assert found.as_json()["by_district"]


def test_a_city_that_no_model_scores_is_tried_by_the_rules_alone_and_unknown_points_let_nobody_in(
    sqlite_url, monkeypatch
):
    engine = engine_for(sqlite_url)
    for firm, profit in ((LOTUS, 12e6), (BANYAN, 30e6), (KAPOK, 9.99e6)):
        figures = ("net_profit_cny", "net_profit_attributable_cny", "net_profit_after_nonrecurring_cny")
        certificate = {"hnte_certified_on": date(2022, 1, 1), "hnte_expires_on": date(2028, 1, 1)}
        state(engine, firm, 2023, known_on=DAY, **dict.fromkeys(figures, profit), **certificate)
    with Session(engine) as session, session.begin():
        for firm in session.scalars(select(Firm)):
            firm.district_code = "440703"
    rules_only = RULES_ONLY_FILE.read_text(encoding="utf-8")
    found = simulate(engine, DAY, text=rules_only, days=[DAY, date(2022, 5, 1)])
    assert sorted(found.found.entering) == sorted([LOTUS, BANYAN])  # Kapok's profit is a little too low
    assert (found.found.run, found.expected, found.found.letter.refused) == (None, {}, ())
    document = found.as_json()
    assert document["expected"] == dict.fromkeys(("event", "within_months", "count", "low", "high"))
    assert [day.why_not for day in found.past] == [None, None]
    assert [[(one.which, len(one.firms)) for one in day.lists if one.pool == "all"] for day in found.past] == [
        [("policy", 2), ("net_profit", 2)],
        [("policy", 0), ("net_profit", 0)],  # nothing was known of them then
    ]
    said = "\n".join(map(str, document["notes"]))
    assert "只按规则" in said
    assert "入库要求评分" not in said

    asks = simulate(engine, DAY, text=TEXT, days=[])
    assert (list(asks.found.entering), asks.found.letter.refused) == ([], ())
    assert any("评分不明" in str(word) for word in asks.found.letter.warned)
    points = asks.found.conditions
    assert set(points["verdict"]) <= {"unknown", "met", "not_met"}
    monkeypatch.setenv("GOLDSEED_DB_URL", sqlite_url)
    answer = CliRunner().invoke(cli.goldseed, ["pools", "simulate", "--as-of", str(DAY), "--past-days", str(DAY)])
    assert answer.exit_code == 0, answer.output
    assert "无法预计" in answer.output
    assert "nan" not in answer.output.lower()
    engine.dispose()


@pytest.mark.parametrize("cores", [1, 2])
def test_past_days_come_out_in_the_order_that_was_asked_for_however_many_cores_there_are(engine, monkeypatch, cores):
    monkeypatch.setattr("os.cpu_count", lambda: cores)
    score(engine, {LOTUS: 70.0, BANYAN: 61.0, KAPOK: 59.0})
    days = [DAY, date(2021, 5, 1), date(2023, 5, 1)]
    past = simulate(engine, DAY, text=TEXT, days=days).past
    assert [day.day for day in past] == days
    assert [len(day.lists) > 0 for day in past] == [True, False, False]
    assert [list(chosen.firms) for chosen in past[0].lists if chosen.which == "policy"] == [[LOTUS, BANYAN], [LOTUS]]


def test_a_process_that_is_gone_costs_time_and_no_day(engine, monkeypatch):
    def broken(_engine):
        @contextmanager
        def nobody():
            future: Future = Future()
            future.set_exception(BrokenProcessPool("killed"))
            yield lambda *_arguments: future

        return nobody()

    monkeypatch.setattr("scoring.policy_bench.simulate.alongside", broken)
    score(engine, {LOTUS: 70.0, BANYAN: 61.0, KAPOK: 59.0})
    past = simulate(engine, DAY, text=TEXT, days=[date(2021, 5, 1), DAY]).past
    assert [(day.day, len(day.lists) > 0) for day in past] == [(date(2021, 5, 1), False), (DAY, True)]
