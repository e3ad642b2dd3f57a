"""However returns are cut into forms, the frame is what the rule of trust says when told one cell at a time."""

from datetime import date, timedelta

import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Engine, delete, insert, select
from sqlalchemy.orm import Session

from pipeline import facts
from pipeline.catalog import catalog
from pipeline.fact_columns import cells as columns_of_rows
from pipeline.fact_columns import kept_columns, merging
from pipeline.sources import trust
from pipeline.store.database import engine_for, migrate
from pipeline.store.firm_selection import FirmRange
from pipeline.store.tables import Firm, Import, Return, ReturnColumns, ReturnRow
from tests.cast import BANYAN, KAPOK, LOTUS, NOW

DAY = date(2024, 5, 1)
#: One fact of each type, and one whose order of trust is its own.
FACTS = ("name", "revenue_cny", "staff", "little_giant", "share_reform_on", "tax_paid_cny")


@pytest.fixture(scope="module")
def store(tmp_path_factory) -> Engine:
    engine = engine_for(f"sqlite:///{tmp_path_factory.mktemp('columns')}/columns.sqlite")
    migrate(engine)
    with Session(engine) as session, session.begin():
        firms = ((LOTUS, "city"), (BANYAN, "city"), (KAPOK, "neeq"))
        session.add_all(Firm(id=firm, cohort=cohort, name=firm) for firm, cohort in firms)
    return engine


_cells = st.fixed_dictionaries(
    {},
    optional={
        "name": st.sampled_from(["旧名", "新名", ""]),
        "revenue_cny": st.sampled_from([0.0, -1.5, 9e6]),
        "staff": st.integers(0, 3),
        "little_giant": st.booleans(),
        "share_reform_on": st.sampled_from([date(2021, 3, 1), date(2022, 3, 1)]),
        "tax_paid_cny": st.sampled_from([1.0, 2.0]),
    },
)
_rows = st.lists(
    st.tuples(
        st.sampled_from([LOTUS, BANYAN, KAPOK]),
        st.integers(2021, 2023),
        st.sampled_from([12, 12, 12, 6]),
        st.integers(-3, 1).map(lambda days: DAY + timedelta(days)),
        _cells,
    ),
    max_size=4,
    unique_by=lambda row: row[:3],
)
_returns = st.lists(
    st.tuples(st.sampled_from(list(trust().sources)), st.booleans(), st.booleans(), _rows), min_size=1, max_size=6
)


def _stored(engine: Engine, returns) -> None:
    with engine.begin() as connection:
        for table in (ReturnColumns, ReturnRow, Return, Import):
            connection.execute(delete(table))
        about = {"kind": "returns", "file_name": "f", "sha256": "0", "map_name": "city", "cohort": "city"}
        about |= {"source": "tax", "rows": 1, "imported_at": NOW, "imported_by": "t"}
        connection.execute(insert(Import).values(id=1, **about))
        for number, (source, in_force, said, rows) in enumerate(returns, 1):
            stated = [fact for fact in FACTS if any(fact in cells for *_key, cells in rows)] if said else None
            of = {"id": number, "import_id": 1, "source": source, "sheet": "s", "in_force": in_force, "stated": stated}
            connection.execute(insert(Return).values(**of))
            for firm, year, months, known_on, cells in rows:
                key = {"firm_id": firm, "year": year, "months": months, "known_on": known_on}
                connection.execute(insert(ReturnRow).values(return_id=number, sheet_row=2, **key, **cells))


def _told_cell_by_cell(engine: Engine, firms) -> dict[tuple[str, int], dict[str, object]]:
    """The rule of data/sources.yaml as it is written: the most trusted source, then the latest known, then the last."""
    with Session(engine) as session:
        rows = session.execute(
            select(ReturnRow, Return.source)
            .join(Return, Return.id == ReturnRow.return_id)
            .where(Return.in_force, ReturnRow.known_on <= DAY, ReturnRow.months == 12, ReturnRow.firm_id.in_(firms))
        ).all()
    told: dict[tuple[str, int], dict[str, object]] = {}
    for key in sorted({(row.firm_id, row.year) for row, _source in rows}):
        told[key] = {}
        for fact in FACTS:
            stated = [
                (-trust().order_of(fact).index(source), row.known_on, row.id, getattr(row, fact))
                for row, source in rows
                if (row.firm_id, row.year) == key and getattr(row, fact) is not None
            ]
            told[key][fact] = max(stated)[-1] if stated else None
    return told


@settings(max_examples=120, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(returns=_returns)
def test_every_cell_is_the_latest_statement_of_the_most_trusted_source(store, returns):
    _stored(store, returns)
    frame = facts.as_known_on(store, DAY, columns=FACTS)
    told = _told_cell_by_cell(store, [LOTUS, BANYAN])
    assert list(frame.index) == list(told)
    for key, cells in told.items():
        for fact, said in cells.items():
            found = frame.loc[key, fact]
            if said is None:
                assert pd.isna(found)
            else:
                assert found == (pd.Timestamp(said) if isinstance(said, date) else said)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(returns=_returns, most=st.integers(1, 3), alike=st.sampled_from([0.0, 0.75, 1.1]))
def test_the_frame_does_not_depend_on_which_returns_are_read_together(store, returns, most, alike):
    _stored(store, returns)
    usual = facts.as_known_on(store, DAY, cohort=None, columns=FACTS)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(merging, "_MOST_RETURNS", most)
        patch.setattr(merging, "_ALIKE", alike)
        patch.setattr(columns_of_rows, "ROWS_AT_ONCE", 2)
        pd.testing.assert_frame_equal(facts.as_known_on(store, DAY, cohort=None, columns=FACTS), usual)
        pd.testing.assert_frame_equal(
            facts.as_known_on(store, DAY, cohort=None, firms=[LOTUS, KAPOK], columns=FACTS),
            usual[usual.index.get_level_values("firm_id").isin([LOTUS, KAPOK])],
        )


def test_a_year_shows_also_where_nothing_of_what_is_asked_was_stated(store):
    rows = [(LOTUS, 2022, 12, DAY, {"staff": 3}), (LOTUS, 2023, 12, DAY, {"revenue_cny": 9e6})]
    _stored(store, [("tax", True, True, rows[:1]), ("audited", True, True, rows[1:])])
    asked = facts.as_known_on(store, DAY, columns=["revenue_cny"])["revenue_cny"]
    assert list(asked.index) == [(LOTUS, 2022), (LOTUS, 2023)]
    assert asked.isna().tolist() == [True, False]


def test_a_fact_that_a_return_is_said_not_to_state_is_never_read_and_one_unsaid_is(store):
    row = (LOTUS, 2023, 12, DAY, {"revenue_cny": 9e6})
    _stored(store, [("tax", True, False, [row])])
    assert facts.as_known_on(store, DAY).loc[(LOTUS, 2023), "revenue_cny"] == 9e6
    with store.begin() as connection:
        connection.execute(Return.__table__.update().values(stated=["staff"]))
    assert pd.isna(facts.as_known_on(store, DAY).loc[(LOTUS, 2023), "revenue_cny"])
    assert pd.isna(facts.as_known_on(store, DAY, firms=[LOTUS]).loc[(LOTUS, 2023), "revenue_cny"])


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(returns=_returns, few=st.sampled_from([0, 50]))
def test_what_holds_for_a_firm_is_the_last_that_is_not_blank_however_many_are_asked_for(store, returns, few):
    _stored(store, returns)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(merging, "_FEW_FIRMS", few)
        known, held = facts.facts_and_firms(store, DAY, None, [LOTUS, BANYAN, KAPOK], FACTS)
    labels = [name for name in held if name != "cohort"]
    pd.testing.assert_frame_equal(held[labels], known[labels].groupby(level="firm_id").last())
    assert held["cohort"].to_dict() == {firm: "neeq" if firm == KAPOK else "city" for firm in held.index}


def test_the_columns_stand_in_the_order_of_the_catalogue_whatever_the_order_asked(store):
    _stored(store, [])
    assert list(facts.as_known_on(store, DAY, columns=list(reversed(FACTS)))) == [f for f in catalog() if f in FACTS]


def _keep(engine: Engine, returns, which=lambda number: True) -> None:
    """Columns of these returns, in parts of two rows."""
    with engine.begin() as connection, pytest.MonkeyPatch.context() as patch:
        patch.setattr(kept_columns, "LEAST_ROWS", 1)
        patch.setattr(kept_columns, "ROWS_OF_A_PART", 2)
        patch.setattr(kept_columns, "_ROWS_AT_ONCE", 3)
        for number, (_source, _in_force, _said, rows) in enumerate(returns, 1):
            if which(number):
                kept_columns.keep_columns(connection, number, len(rows))


def _told(engine: Engine) -> list[pd.DataFrame]:
    """All firms in every way in which they are read at once."""
    before = DAY - timedelta(2)
    ranges = [FirmRange(LOTUS, LOTUS), FirmRange(*sorted([LOTUS, BANYAN]))]
    return [
        facts.as_known_on(engine, DAY, columns=FACTS),
        facts.as_known_on(engine, before, cohort=None, columns=FACTS),
        facts.as_known_on(engine, DAY, cohort="neeq", columns=["staff"]),
        *(facts.as_known_on(engine, DAY, firms=firms, columns=FACTS) for firms in ranges),
        *facts.as_known_on_days(engine, [before, DAY], "city", FACTS),
        *facts.facts_and_firms(engine, DAY, None, None, ["revenue_cny"]),
    ]


@settings(max_examples=80, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(returns=_returns, kept=st.sets(st.integers(1, 6)))
def test_what_is_read_from_columns_is_what_is_read_row_by_row(store, returns, kept):
    _stored(store, returns)
    by_rows = _told(store)
    _keep(store, returns, kept.__contains__)
    for found, expected in zip(_told(store), by_rows, strict=True):
        pd.testing.assert_frame_equal(found, expected)


ROWS = [(firm, year, 12, DAY, {"revenue_cny": 9e6 + year}) for firm in (LOTUS, BANYAN) for year in (2021, 2022)]


@pytest.mark.parametrize(
    "change",
    [
        ReturnColumns.__table__.update().values(content=b"something else").where(ReturnColumns.part == 0),
        ReturnColumns.__table__.delete().where(ReturnColumns.part == 1),
        Return.__table__.update().values(kept_columns=["0" * 64, "1" * 64]),
    ],
    ids=["another part", "a part that is gone", "other fingerprints"],
)
def test_columns_that_are_not_those_that_were_kept_are_not_read(store, change, caplog):
    _stored(store, [("tax", True, True, ROWS)])
    _keep(store, [("tax", True, True, ROWS)])
    with store.begin() as connection:
        connection.execute(change)
    frame = facts.as_known_on(store, DAY, columns=["revenue_cny"])
    assert frame["revenue_cny"].to_dict() == {(firm, year): 9e6 + year for firm, year, *_rest in ROWS}
    assert "return 1" in caplog.text


def test_columns_are_read_and_not_their_rows(store):
    """What stands in the rows now is another figure: nobody looks."""
    _stored(store, [("tax", True, True, ROWS)])
    _keep(store, [("tax", True, True, ROWS)])
    with store.begin() as connection:
        connection.execute(ReturnRow.__table__.update().values(revenue_cny=1.0))
    frame = facts.as_known_on(store, DAY, columns=["revenue_cny"])
    assert frame["revenue_cny"].tolist() == [9e6 + year for _firm, year, *_rest in sorted(ROWS)]
    assert facts.as_known_on(store, DAY, firms=[LOTUS], columns=["revenue_cny"])["revenue_cny"].tolist() == [1.0, 1.0]


def test_a_return_that_is_taken_back_is_not_read_from_its_columns_either(store):
    _stored(store, [("tax", True, True, ROWS)])
    _keep(store, [("tax", True, True, ROWS)])
    with store.begin() as connection:
        connection.execute(Return.__table__.update().values(in_force=False))
    assert facts.as_known_on(store, DAY, columns=["revenue_cny"]).empty


def test_a_small_return_has_no_columns(store):
    _stored(store, [("tax", True, True, ROWS)])
    with store.begin() as connection:
        kept_columns.keep_columns(connection, 1, kept_columns.LEAST_ROWS - 1)
        assert connection.scalar(select(Return.kept_columns)) is None
        kept_columns.keep_columns(connection, 1, kept_columns.LEAST_ROWS)
        assert len(connection.scalar(select(Return.kept_columns))) == 1
