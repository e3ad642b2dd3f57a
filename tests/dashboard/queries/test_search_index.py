"""A search of the firm list reads an index where there is one, and finds what reading every row finds."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Connection, Engine, create_engine, event, func, insert, inspect, make_url, select, text, update
from sqlalchemy.orm import Session

from dashboard.queries.lists import firm_list
from dashboard.queries.lists.grid_filters import GridQuery
from pipeline.accounts.people import Person, Role
from pipeline.store.database import engine_for, open_database
from pipeline.store.engines.search_index import NAME, NAME_DOUBLED, make_search_index, signs_of
from pipeline.store.tables import Firm, FirmListRow
from pipeline.wording.spelling import words_of
from scoring.firm_list import keeper
from scoring.firm_list.stored_rows import search_text
from tests.dashboard import city

OFFICER = Person(1, "officer", Role.OFFICER)
OF_A_DISTRICT = Person(2, "district", Role.OFFICER, district_code="440704")
#: What the two databases and Python may take differently: patterns, quotes, capitals that fold into two signs or none.
SIGNS = "江门光电科技aA0%_*?[]^/\\'\"ÉéİıßＡａ　 -\n."
names = st.text(alphabet=SIGNS, min_size=1, max_size=12)


@st.composite
def lists(draw: st.DrawFn) -> tuple[list[str], str]:
    """Names of firms, and a search that often stands in one of them."""
    known = draw(st.lists(names, min_size=1, max_size=5))
    name = draw(st.sampled_from(known))
    start = draw(st.integers(0, len(name)))
    part = name[start : start + draw(st.integers(1, 6))]
    return known, draw(st.sampled_from([part, part.upper(), part.lower(), f"{part} {name[:2]}", draw(names)]))


def store(connection: Connection, known: list[str]) -> dict[str, str]:
    """Rows of the list that have no more than a name; firm_id -> what a search looks through."""
    rows = {f"91440700XN{place:08}": name for place, name in enumerate(known)}
    searched = {firm: search_text(firm, name, "C39") for firm, name in rows.items()}
    connection.execute(insert(Firm), [{"id": firm, "cohort": "city", "name": name} for firm, name in rows.items()])
    listed = [
        {"firm_id": firm, "name": rows[firm], "search": text, "signs": signs_of(text)}
        for firm, text in searched.items()
    ]
    connection.execute(insert(FirmListRow), listed)
    return searched


def found(session: Session, search: str, person: Person = OFFICER) -> list[str]:
    rows = firm_list.rows(session, person, city.SCORED_ON, GridQuery(search=search), 0, 100, more=())
    return [row["firm_id"] for row in rows]


@contextmanager
def index_preferred(connection: Connection) -> Iterator[None]:
    """Of few rows PostgreSQL would read every one."""
    if connection.dialect.name == "postgresql":
        connection.execute(text("SET LOCAL enable_seqscan = off"))
        connection.execute(text("SET LOCAL enable_indexonlyscan = off"))
        connection.execute(text("SET LOCAL enable_indexscan = off"))
    yield


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(listed=lists())
def test_a_search_finds_the_rows_that_hold_its_words_with_the_index_as_without(
    engine: Engine, listed: tuple[list[str], str]
):
    known, search = listed
    words = words_of(search)
    with engine.connect() as connection:
        searched = store(connection, known)
        plainly = select(FirmListRow.firm_id).order_by(FirmListRow.firm_id)
        for word in words:
            plainly = plainly.where(func.coalesce(FirmListRow.search, "").contains(word, autoescape=True))
        reading_all = list(connection.scalars(plainly))
        with index_preferred(connection):
            by_index = found(Session(connection), search)
        connection.rollback()
    assert by_index == reading_all
    assert by_index == [firm for firm, text in searched.items() if all(word in text for word in words)]


def test_the_signs_of_a_text_are_a_bit_each_but_for_ascii_and_what_most_names_hold():
    assert signs_of("江") == 1 << 23  # 27743 = 440 * 63 + 23
    assert signs_of("江海江") == 1 << 23 | 1 << 51  # 28023 = 444 * 63 + 51
    assert signs_of("jm 有限公司 c39") == 0


@given(text_=st.text(max_size=20), start=st.integers(0, 20), length=st.integers(0, 6))
def test_whatever_stands_in_a_text_has_no_sign_that_the_text_lacks(text_: str, start: int, length: int):
    inside = signs_of(text_[start : start + length])
    assert signs_of(text_) & inside == inside
    assert 0 <= signs_of(text_) < 2**63


def test_a_row_that_shares_the_bits_of_a_word_is_still_read_and_one_whose_bits_are_not_known_is_found(engine: Engine):
    alike = chr(ord("江") + 63)
    with engine.connect() as connection:
        store(connection, ["江门光电", f"{alike}门光电"])
        connection.execute(update(FirmListRow).where(FirmListRow.name == "江门光电").values(signs=None))
        assert signs_of(alike) == signs_of("江")
        assert found(Session(connection), "江门") == ["91440700XN00000000"]
        assert found(Session(connection), f"{alike}门") == ["91440700XN00000001"]
        connection.rollback()


def plans(engine: Engine, ask: Callable[[Session], Any]) -> list[str]:
    """How the database means to answer each question of `ask`, where it takes the index when it can."""
    asked: list[tuple[str, Any]] = []

    def note(_connection: Any, _cursor: Any, statement: str, parameters: Any, *_rest: Any) -> None:
        if statement.startswith("SELECT"):
            asked.append((statement, parameters))

    with engine.connect() as connection, index_preferred(connection):
        event.listen(connection, "before_cursor_execute", note)
        ask(Session(connection))
        event.remove(connection, "before_cursor_execute", note)
        how = "EXPLAIN QUERY PLAN " if engine.dialect.name == "sqlite" else "EXPLAIN "
        answers = [connection.exec_driver_sql(how + statement, parameters).all() for statement, parameters in asked]
    return [" | ".join(str(row[-1]) for row in answer) for answer in answers]


def test_a_search_on_sqlite_reads_no_more_than_the_index_of_the_list_s_order(sqlite_engine: Engine):
    keys, _rows = plans(sqlite_engine, lambda session: found(session, "光电"))
    assert keys == "SCAN firm_list_row USING COVERING INDEX ix_firm_list_row_points"
    (count,) = plans(sqlite_engine, lambda session: count_of(session, "光电"))
    assert count == "SCAN firm_list_row USING COVERING INDEX ix_firm_list_row_points"
    keys, _rows = plans(sqlite_engine, lambda session: found(session, "光电", OF_A_DISTRICT))
    by_district = "COVERING INDEX ix_firm_list_row_district_code_points (district_code=?)"
    assert keys == f"SEARCH firm_list_row USING {by_district}"


@pytest.mark.postgres
def test_a_search_of_three_signs_on_postgresql_reads_the_trigram_index(postgres_url: str):
    engine = engine_for(postgres_url)
    keys, _rows = plans(engine, lambda session: found(session, "光电子"))
    assert f"Bitmap Index Scan on {NAME}" in keys
    (count,) = plans(engine, lambda session: count_of(session, "光电子"))
    assert f"Bitmap Index Scan on {NAME}" in count
    engine.dispose()


def count_of(session: Session, search: str) -> int:
    return firm_list.count_fitting(session, OFFICER, city.SCORED_ON, GridQuery(search=search))


@pytest.mark.postgres
def test_a_search_of_two_signs_on_postgresql_reads_the_index_that_has_each_sign_twice(postgres_url: str):
    engine = engine_for(postgres_url)
    keys, _rows = plans(engine, lambda session: found(session, "光电"))
    assert f"Bitmap Index Scan on {NAME_DOUBLED}" in keys
    engine.dispose()


@pytest.mark.postgres
def test_who_may_create_no_extension_opens_the_database_and_searches_and_the_index_comes_with_the_right(
    postgres_url: str, caplog: pytest.LogCaptureFixture
):
    administrator = create_engine(postgres_url, isolation_level="AUTOCOMMIT")
    as_clerk = make_url(postgres_url).update_query_dict({"options": "-c role=goldseed_clerk"})
    with administrator.connect() as connection:
        connection.execute(text("DROP SCHEMA public CASCADE"))
        connection.execute(text("CREATE SCHEMA public"))
        connection.execute(text("DROP ROLE IF EXISTS goldseed_clerk"))
        connection.execute(text("CREATE ROLE goldseed_clerk"))
        connection.execute(text("GRANT ALL ON SCHEMA public TO goldseed_clerk"))
    clerk = open_database(as_clerk.render_as_string(hide_password=False))
    try:
        assert NAME not in indexes(clerk)
        assert "CREATE EXTENSION pg_trgm" in caplog.text
        with clerk.connect() as connection:
            store(connection, ["莲芯光电子", "榕树机械"])
            assert found(Session(connection), "光电子") == ["91440700XN00000000"]
        with administrator.connect() as connection:
            connection.execute(text("CREATE EXTENSION pg_trgm"))
        keeper.rebuild(clerk, city.SCORED_ON)
        assert {NAME, NAME_DOUBLED} <= indexes(clerk)
    finally:
        clerk.dispose()
        with administrator.connect() as connection:
            connection.execute(text("DROP OWNED BY goldseed_clerk CASCADE"))
            connection.execute(text("DROP ROLE goldseed_clerk"))
        administrator.dispose()


def indexes(engine: Engine) -> set[str | None]:
    return {index["name"] for index in inspect(engine).get_indexes("firm_list_row")}


def test_an_index_that_is_there_is_not_made_again(engine: Engine):
    before = indexes(engine)
    with engine.begin() as connection:
        assert make_search_index(connection)
    assert indexes(engine) == before
