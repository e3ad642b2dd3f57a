"""The data version changes whenever what the database states does, and only then."""

from datetime import date

from sqlalchemy import Engine, update
from sqlalchemy.orm import Session

from pipeline.store.data_version import data_version
from pipeline.store.tables import Event, Import, Return
from tests.cast import LOTUS, happened, state


def test_an_import_and_its_undoing_change_the_version_of_returns_and_leave_that_of_events(engine: Engine):
    versions = [data_version(engine)]
    brought = state(engine, LOTUS, 2023, revenue_cny=1.0)
    versions.append(data_version(engine))
    with Session(engine) as session, session.begin():
        session.execute(update(Import).where(Import.id == brought).values(state="undone"))
        session.execute(update(Return).where(Return.import_id == brought).values(in_force=False))
    versions.append(data_version(engine))
    assert len({version.returns for version in versions}) == 3
    assert len({version.events for version in versions}) == 1


def test_a_stage_taken_back_and_entered_again_on_another_day_changes_the_version_of_events(engine: Engine):
    happened(engine, lotus(engine), "listed", date(2024, 3, 1))
    before = data_version(engine)
    with Session(engine) as session, session.begin():
        session.execute(update(Event).values(in_force=False))
    happened(engine, LOTUS, "listed", date(2024, 3, 2))
    after = data_version(engine)
    assert before.events != after.events
    assert before.returns == after.returns


def test_an_event_of_a_kind_nobody_asked_for_leaves_the_version_as_it_is(engine: Engine):
    lotus(engine)
    before = data_version(engine, {"listed"})
    happened(engine, LOTUS, "share_reform", date(2024, 3, 1))
    assert data_version(engine, {"listed"}) == before
    assert data_version(engine) != before


def test_engine_connection_and_session_give_one_version(engine: Engine):
    lotus(engine)
    with engine.connect() as connection, Session(engine) as session:
        assert data_version(engine) == data_version(connection) == data_version(session)


def lotus(engine: Engine) -> str:
    state(engine, LOTUS, 2023, revenue_cny=1.0)
    return LOTUS
