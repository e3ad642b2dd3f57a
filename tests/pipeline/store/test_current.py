"""The current run is of the latest day, and of that day the last one stored; the champion is the last promoted; the
place of one firm is the one that it has among all."""

from datetime import date

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Engine
from sqlalchemy.orm import Session

from pipeline.store.current import Place, champion, current_run, place_of, places_in
from pipeline.store.tables import Firm, Model, ModelDecision, Score, ScoreRun
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


def scored(session: Session, firms: list[tuple[float, str | None]]) -> int:
    """A run with a firm of each points and district, f0, f1, …, beside one run of other points; its number."""
    session.add_all(models("m"))
    session.flush()
    this, other = run("m", JUNE), run("m", JULY)
    session.add_all([this, other])
    session.add_all(Firm(id=f"f{at}", cohort="city", district_code=code) for at, (_points, code) in enumerate(firms))
    session.flush()
    for at, (points, _code) in enumerate(firms):
        of_firm = {"firm_id": f"f{at}", "probability": 0.1, "thin_data": False}
        session.add(Score(run_id=this.id, points=points, **of_firm))
        session.add(Score(run_id=other.id, points=-points, **of_firm))
    session.flush()
    return this.id


def test_equal_points_share_a_place_and_a_firm_without_a_district_has_none_there(engine: Engine):
    with Session(engine) as session:
        number = scored(session, [(70.0, "440703"), (60.0, None), (60.0, "440703"), (50.0, "440704")])
        places = [place_of(session, number, f"f{at}") for at in range(5)]
    assert places == [Place(1, 4, 1, 2), Place(2, 4, None, None), Place(2, 4, 2, 2), Place(4, 4, 1, 1), None]


POINTS = st.sampled_from([-1.5, 0.0, 49.9, 50.0, 50.000000000000007, 99.0])


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.tuples(POINTS, st.sampled_from([None, "440703", "440704"])), min_size=1, max_size=8))
def test_the_place_of_one_firm_is_the_one_it_has_among_all(engine: Engine, firms: list[tuple[float, str | None]]):
    with Session(engine) as session:
        number = scored(session, firms)
        of_all = {row[0]: Place(*row[1:5]) for row in session.execute(places_in(number))}
        assert of_all == {firm: place_of(session, number, firm) for firm in of_all}
        assert len(of_all) == len(firms)
        session.rollback()


def test_what_a_list_shows_of_a_run_is_one_reading_of_its_scores():
    """PostgreSQL knows nothing of a run that was stored in the same transaction, and joined its scores to themselves
    row by row: minutes for a province."""
    assert str(places_in(1)).count(" score ") == 1
