"""What every test can ask for: an empty database of either kind, and the real data where there are any."""

import gc
import itertools
import os
import shutil
from collections.abc import Iterator
from functools import cache, partial
from pathlib import Path

import pytest
from argon2 import PasswordHasher
from sqlalchemy import Connection, Engine, create_engine, text
from sqlalchemy.engine import make_url

from pipeline import language
from pipeline.accounts import people
from pipeline.city.in_force import set_city
from pipeline.pools import in_force
from pipeline.pools.policy import POINTS_ONLY_FILE
from pipeline.settings import ROOT
from pipeline.store.database import engine_for, migrate
from pipeline.store.tables import Base
from tests import postgres_server
from tests.demo_city import demo

__all__ = ["demo"]  # a fixture that lives in a file of its own

#: What hashes passwords in earnest, see passwords_cost_little.
shipped_hasher = people._hasher
_numbers = itertools.count()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """What takes minutes comes first, a browser's walks and those of the whole program: else one of two processes waits
    for the other at the end."""

    def place(item: pytest.Item) -> int:
        return 0 if item.get_closest_marker("browser") else 1 if item.path.parent.name == "tests" else 2

    items.sort(key=place)


def pytest_collection_finish() -> None:
    """What was imported and collected stays to the end: the collector of garbage, which would walk these 650,000
    objects again and again (a tenth of the time), is told so once."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(10_000, 20, 50)


@pytest.fixture(autouse=True)
def in_chinese() -> Iterator[None]:
    """Each test begins in the default language and city, whatever the one before set."""
    language.set_default_language(language.CHINESE)
    yield
    set_city(None)
    language.set_default_language(language.CHINESE)


@pytest.fixture(scope="session", autouse=True)
def key_of_the_trail(tmp_path_factory: pytest.TempPathFactory) -> None:
    """The tests seal with a key of their own, not with that of the installation; all processes with the same one, since
    they share the city of demo_city.py."""
    base = tmp_path_factory.getbasetemp()
    folder = (base.parent if os.environ.get("PYTEST_XDIST_WORKER") else base) / "secret"
    folder.mkdir(exist_ok=True)
    os.environ["GOLDSEED_TRAIL_KEY"] = str(folder / "trail-key")


@pytest.fixture(scope="session", autouse=True)
def passwords_cost_little() -> Iterator[None]:
    """A hash of argon2 is meant to cost 64 MiB and a third of a second; the tests sign in a thousand times. A hash says
    itself what it cost, so a server of its own checks these as quickly."""
    people._hasher.cache_clear()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(people, "_hasher", cache(partial(PasswordHasher, time_cost=1, memory_cost=8, parallelism=1)))
        yield


@pytest.fixture(scope="session", autouse=True)
def points_decide_alone() -> Iterator[None]:
    """The made-up cities of the tests have few facts: their pools go by points, unless a test says otherwise."""
    shipped, in_force.POLICY_FILE = in_force.POLICY_FILE, POINTS_ONLY_FILE
    yield
    in_force.POLICY_FILE = shipped


@pytest.fixture(scope="session")
def real_data() -> Path:
    """The folder of real data: GOLDSEED_REAL_DATA, or the folder beside the checkout."""
    folder = Path(os.environ.get("GOLDSEED_REAL_DATA") or ROOT.parent / "shared" / "data")
    if not (folder / "neeq" / "returns.csv").exists():
        pytest.skip(f"no real data at {folder} (set GOLDSEED_REAL_DATA)")
    return folder


@pytest.fixture(scope="session")
def real_facts(real_data: Path) -> Path:
    """The folder of collected rule facts, beside the real data."""
    folder = real_data.parent / "facts"
    if not (folder / "rules.yaml").exists():
        pytest.skip(f"no collected facts at {folder}")
    return folder


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    file = tmp_path_factory.mktemp("template") / "empty.sqlite"
    engine = engine_for(f"sqlite:///{file}")
    migrate(engine)
    with engine.begin() as connection:
        _hold_to_lengths(connection)
    with engine.connect() as connection:
        connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
    engine.dispose()
    return file


def _hold_to_lengths(connection: Connection) -> None:
    """SQLite takes a text longer than its column, PostgreSQL none: here SQLite refuses it too, in every test."""
    for table in Base.metadata.sorted_tables:
        lengths = {one.name: one.type.length for one in table.columns if getattr(one.type, "length", None)}
        for event in ("INSERT", "UPDATE") if lengths else ():
            too_long = " OR ".join(f'length(NEW."{name}") > {length}' for name, length in lengths.items())
            connection.exec_driver_sql(
                f'CREATE TRIGGER "lengths_{table.name}_{event}" BEFORE {event} ON "{table.name}" WHEN {too_long} '
                f"BEGIN SELECT RAISE(ABORT, 'a text is longer than its column in {table.name}'); END"
            )


@pytest.fixture(scope="session")
def postgres() -> Iterator[str]:
    """A server with a migrated database `template_goldseed`; skipped with a reason where none can run."""
    if reason := postgres_server.why_not():
        pytest.skip(reason)
    with postgres_server.postgres_server() as url:
        with administration(url) as connection:
            connection.execute(text("CREATE DATABASE template_goldseed"))
        engine = engine_for(database_on(url, "template_goldseed"))
        migrate(engine)
        engine.dispose()
        yield url


@pytest.fixture
def sqlite_url(tmp_path: Path, sqlite_template: Path) -> str:
    """The address of an empty, migrated SQLite database."""
    file = tmp_path / "goldseed.sqlite"
    shutil.copyfile(sqlite_template, file)
    return f"sqlite:///{file}"


@pytest.fixture
def postgres_url(postgres: str) -> Iterator[str]:
    """The address of an empty, migrated PostgreSQL database, dropped afterwards."""
    name = f"test_{os.getpid()}_{next(_numbers)}"
    with administration(postgres) as connection:
        connection.execute(text(f"CREATE DATABASE {name} TEMPLATE template_goldseed"))
    yield database_on(postgres, name)
    with administration(postgres) as connection:
        connection.execute(text(f"DROP DATABASE {name} WITH (FORCE)"))


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """A test with `db_url` runs once on SQLite and once on PostgreSQL; in a module that says `ON_SQLITE_ALONE = True`,
    whose statements others run on both, only where the test is marked `both_databases`."""
    given = any("db_url" in str(mark.args[:1]) for mark in metafunc.definition.iter_markers("parametrize"))
    if "db_url" in metafunc.fixturenames and not given:
        alone = getattr(metafunc.module, "ON_SQLITE_ALONE", False)
        both = not alone or metafunc.definition.get_closest_marker("both_databases") is not None
        other = [pytest.param("postgres", marks=pytest.mark.postgres)] if both else []
        metafunc.parametrize("db_url", ["sqlite", *other], indirect=True)


@pytest.fixture
def db_url(request: pytest.FixtureRequest) -> str:
    """The address of an empty database, see pytest_generate_tests."""
    return request.getfixturevalue(f"{request.param}_url")


@pytest.fixture
def engine(db_url: str) -> Iterator[Engine]:
    """An open, empty database, see pytest_generate_tests."""
    opened = engine_for(db_url)
    yield opened
    opened.dispose()


@pytest.fixture
def sqlite_engine(sqlite_url: str) -> Iterator[Engine]:
    """An open, empty SQLite database, for what does not depend on the kind of database."""
    opened = engine_for(sqlite_url)
    yield opened
    opened.dispose()


def administration(url: str):  # type: ignore[no-untyped-def]
    return create_engine(url, isolation_level="AUTOCOMMIT").connect()


def database_on(url: str, name: str) -> str:
    return make_url(url).set(database=name).render_as_string(hide_password=False)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """A test that was tried again says what its first try said."""
    for report in terminalreporter.stats.get("rerun", []):
        terminalreporter.section(f"first try of {report.nodeid}")
        terminalreporter.line(report.longreprtext)
