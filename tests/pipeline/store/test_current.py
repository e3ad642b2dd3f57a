"""The current run is of the latest day, and of that day the last one stored; the champion is the last promoted."""

from datetime import date

from sqlalchemy import Engine
from sqlalchemy.orm import Session

from pipeline.store.current import champion, current_run
from pipeline.store.tables import Model, ModelDecision, ScoreRun
from tests.cast import NOW

JUNE, JULY = date(2024, 6, 30), date(2024, 7, 31)


def models(*names: str) -> list[Model]:
    return [
        Model(
            id=name,
            trained_at=NOW,
            as_of=JUNE,
            cohorts=["neeq"],
            event="listed",
            within_months=12,
            fingerprint="-",
            measures={},
        )
        for name in names
    ]


def run(model_id: str, as_of: date, cohort: str = "city") -> ScoreRun:
    return ScoreRun(
        model_id=model_id,
        cohort=cohort,
        as_of=as_of,
        scored_at=NOW,
        data_fingerprint="-",
        base_points=50,
        reference="-",
    )


def promoted(model_id: str) -> ModelDecision:
    return ModelDecision(model_id=model_id, action="promote", why="-", decided_by="Ana", decided_at=NOW)


def test_an_empty_database_has_neither_a_champion_nor_a_run(engine: Engine):
    with Session(engine) as session:
        assert (champion(session), current_run(session)) == (None, None)


def test_the_champion_is_the_model_decided_on_last_even_where_that_is_a_way_back(engine: Engine):
    with Session(engine) as session:
        session.add_all(models("old", "new"))
        session.flush()
        for name in ("old", "new", "old"):
            session.add(promoted(name))
            session.flush()
        assert champion(session) == "old"


def test_the_run_of_the_latest_day_counts_and_not_the_one_stored_last(engine: Engine):
    with Session(engine) as session:
        session.add_all(models("a", "b", "c", "d"))
        session.flush()
        for one in (run("a", JULY), run("b", JULY), run("c", JUNE), run("d", JULY, cohort="neeq")):
            session.add(one)
            session.flush()
        assert current_run(session).model_id == "b"
        assert current_run(session, "neeq").model_id == "d"
        assert current_run(session, as_of=JUNE).model_id == "c"
        assert current_run(session, model_id="a").model_id == "a"
        assert current_run(session, between=(date(2024, 6, 1), JUNE)).model_id == "c"
        assert current_run(session, between=(JUNE, JULY), model_id="c").model_id == "c"
        assert current_run(session, as_of=JUNE, model_id="a") is None
