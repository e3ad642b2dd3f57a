"""A year of the bureau at the size of a city, a province, a nation: every command as typed, then people who click.

Each command is a process of its own with a limit; what rests on a command that came to no end is left out, and the
report says so. On SQLite, and on PostgreSQL where there is one. Databases are made where TMPDIR says.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from bench import synthetic_firms
from bench.clicks import Browser, at_once, questions
from bench.measuring import machine
from bench.program import EVENT, GOLDSEED, LAST_DAY, Desk, free_port, wait_for
from bench.steps import DONE, Measured, measured
from bench.synthetic_firms import FIRMS_A_CHUNK, FORMS, MOST_FIRMS, Table, write_firms
from bench.workers import Watch

FIRMS = {"city": 2_200, "province": 75_000, "nation": 500_000}
QUICK_FIRMS = 300
#: Seconds that one command may take.
LIMITS = {"city": 300.0, "province": 1_800.0, "nation": 14_400.0}
PEOPLE = (20, 50)
WORKERS = 2
NAME, PASSWORD = "bench", "measured-on-a-quiet-machine"
#: Asked for in the load: the first page, the list in every way, firms and pools.
CLICKED = (
    "overview",
    "firms",
    "firms: first block",
    "firms: a later block",
    "firms: sorted by revenue",
    "firms: search",
    "firms: filter",
    "firm",
    "firm: a board opened",
    "firm: its labels",
    "pools",
)
#: Firms that are looked at in turn.
_FIRMS_SHOWN = 40
#: A model for a size at which none is trained comes from so many firms of a reference cohort.
SAMPLE_FIRMS, SAMPLE = 2_200, "sample"
_FEW_ROWS = 100
_SECONDS_TO_STOP = 60


@dataclass(frozen=True)
class Step:
    """A command, and the names of those without which it is not tried."""

    name: str
    command: tuple[str | Path, ...]
    rests_on: tuple[str, ...] = ()


def run_steps(steps: list[Step], run: Callable[[Step], Measured]) -> dict[str, dict[str, Any]]:
    """What each came to, by its name; of a step not tried, `rests_on`: the step that stopped it."""
    found: dict[str, dict[str, Any]] = {}
    for step in steps:
        lacking = next((name for name in step.rests_on if found[name]["ended"] != DONE), None)
        if lacking is not None:
            found[step.name] = {"ended": "left out", "rests_on": lacking}
        else:
            found[step.name] = run(step).as_dict()
        print(f"    {step.name}: {found[step.name]}", file=sys.stderr, flush=True)
    return found


def steps_of(tables: list[Table], sample: list[Table], few: Path) -> list[Step]:
    """The commands of a year. `sample`: the tables of the firms to train on, if not on all; `few`: the rows that come
    in later."""

    def files(source: str | None, of: list[Table]) -> list[Path]:
        return [table.path for table in of if table.source == source]

    def rows(source: str | None) -> str:
        return f"{sum(table.rows for table in tables if table.source == source):,} rows"

    sources = list(dict.fromkeys(source for source, _ in FORMS))
    new = "status of a new database"
    steps = [Step(new, ("status",))]
    for source in sources:
        command = ("import", *files(source, tables), "--map", "city", "--source", source)
        steps.append(Step(f"import, {source}: {rows(source)}", command, (new,)))
    imports = tuple(step.name for step in steps[1:])
    events = f"import of events: {rows(None)}"
    steps.append(Step(events, ("import-events", *files(None, tables), "--map", "city-events"), imports[:1]))
    train = ("train", "--as-of", LAST_DAY, *EVENT, "--name", NAME)
    if sample:
        first = len(steps)
        for source in sources:
            command = ("import", *files(source, sample), "--map", "city", "--source", source, "--cohort", SAMPLE)
            steps.append(Step(f"import of the firms to train on, {source}", command, imports))
        to_train = ("import-events", *files(None, sample), "--map", "city-events", "--cohort", SAMPLE)
        steps.append(Step("import of their events", to_train, (steps[first].name,)))
        steps.append(Step("train", (*train, "--cohort", SAMPLE), (steps[-1].name,)))
    else:
        steps.append(Step("train", train, (*imports, events)))
    promote = ("models", "promote", NAME, "--why", "the model of the bench")
    steps += [
        Step("models promote", promote, ("train",)),
        Step("score", ("score", "--as-of", LAST_DAY), ("models promote", *imports)),
        Step("rules check", ("rules", "check", "--as-of", LAST_DAY), imports),
        Step("pools propose", ("pools", "propose", "--as-of", LAST_DAY), ("score",)),
        Step("pools simulate", ("pools", "simulate", "--as-of", LAST_DAY), ("pools propose",)),
        Step("lists rebuild", ("lists", "rebuild"), imports),
        Step(f"import of {_FEW_ROWS} more rows", ("import", few, "--map", "city", "--source", "audited"), imports),
        Step("status", ("status",), imports),
    ]
    return steps


def measure(size: str, *, quick: bool, train: bool, seconds: float, limit: float | None) -> dict[str, Any]:
    """What report.py shows of a size: see size_report.py. `train`: on all firms, else on a sample."""
    firms = QUICK_FIRMS if quick else FIRMS[size]
    most = LIMITS[size] if limit is None else limit
    found: dict[str, Any] = {
        "size": size,
        "firms": firms,
        "limit": most,
        "trained_on": None if train else SAMPLE_FIRMS,
        "machine": {**machine(("pandas", "lightgbm", "sqlalchemy", "dash")), "memory_mb": memory_mb()},
    }
    with tempfile.TemporaryDirectory(prefix="goldseed-bench-") as scratch:
        folder = Path(scratch)
        made = measured(
            [sys.executable, "-m", "bench.synthetic_firms", folder / "firms", "--firms", str(firms)], os.environ, most
        )
        if made.ended != DONE:
            raise RuntimeError(f"The tables of {firms:,} firms were not written in {most:,.0f} s: {made.said}")
        tables = synthetic_firms.written(folder / "firms")
        sample = [] if train else write_firms(folder / "sample", SAMPLE_FIRMS, first=MOST_FIRMS - FIRMS_A_CHUNK)
        few = _few_rows(tables, folder)
        found["tables"] = {
            **made.as_dict(),
            "rows": sum(table.rows for table in tables if table.source),
            "megabytes": round(sum(table.path.stat().st_size for table in tables) / 1e6),
        }
        found["databases"] = {}
        found["left_out"] = {}
        for name, there in (("SQLite", _sqlite), ("PostgreSQL", _postgres)):
            print(f"  {firms:,} firms on {name}", file=sys.stderr, flush=True)
            with there(folder) as places:
                if isinstance(places, str):
                    found["left_out"][name] = places
                    continue
                found["databases"][name] = _on(places, steps_of(tables, sample, few), tables, seconds, most)
    return found


@dataclass(frozen=True)
class _Places:
    """A desk with an empty database, the address of another one for the peer, and MB of the database."""

    desk: Desk
    peer: str
    size: Callable[[], float]


@contextmanager
def _sqlite(folder: Path) -> Iterator[_Places | str]:
    desk = Desk(folder / "sqlite")

    def size() -> float:
        files = (desk.folder / f"goldseed.sqlite{end}" for end in ("", "-wal"))
        return sum(file.stat().st_size for file in files if file.exists()) / 1e6

    yield _Places(desk, f"sqlite:///{folder / 'peer.sqlite'}", size)
    # Gigabytes of a nation, before the next database is filled.
    shutil.rmtree(desk.folder)
    (folder / "peer.sqlite").unlink(missing_ok=True)


@contextmanager
def _postgres(folder: Path) -> Iterator[_Places | str]:
    from sqlalchemy import create_engine, text
    from sqlalchemy.engine import make_url

    from tests import postgres_server

    if reason := postgres_server.why_not():
        yield reason
        return
    with postgres_server.postgres_server(durable=True) as url:
        names = [f"goldseed_bench_{os.getpid()}{end}" for end in ("", "_peer")]
        administration = create_engine(url, isolation_level="AUTOCOMMIT")
        with administration.connect() as connection:
            for name in names:
                connection.execute(text(f"CREATE DATABASE {name}"))
        ours, peer = (make_url(url).set(database=name).render_as_string(hide_password=False) for name in names)

        def size() -> float:
            with administration.connect() as connection:
                return connection.scalar(text("SELECT pg_database_size(:name)"), {"name": names[0]}) / 1e6

        try:
            yield _Places(Desk(folder / "postgres", ours), peer, size)
        finally:
            with administration.connect() as connection:
                for name in names:
                    connection.execute(text(f"DROP DATABASE {name} WITH (FORCE)"))
            administration.dispose()


def _on(places: _Places, steps: list[Step], tables: list[Table], seconds: float, limit: float) -> dict[str, Any]:
    settings = places.desk.settings
    found: dict[str, Any] = {
        "steps": run_steps(steps, lambda step: measured([GOLDSEED, *step.command], settings, limit)),
        "megabytes": round(places.size()),
    }
    returns = [table.path for table in tables if table.source]
    stored = measured([sys.executable, "-m", "bench.to_sql", places.peer, *returns], os.environ, limit)
    found["to_sql"] = stored.as_dict()
    print(f"    pandas to_sql: {found['to_sql']}", file=sys.stderr, flush=True)
    if found["steps"]["pools propose"]["ended"] == DONE:
        found["load"] = _load(settings, seconds, limit)
    return found


def _load(settings: Mapping[str, str], seconds: float, limit: float) -> dict[str, Any]:
    """ready: seconds until the server answers; people: at_once() of so many, with processor time and memory of the
    workers; `ended` tells where it came to no load."""
    account = measured([GOLDSEED, "people", "add", NAME, "--role", "officer", "--json"], settings, min(limit, 60))
    if account.ended != DONE:
        return account.as_dict()
    _first_sign_in(settings)
    port = free_port()
    start = time.perf_counter()
    server = subprocess.Popen(
        [str(GOLDSEED), "serve", "--port", str(port), "--workers", str(WORKERS)],
        env=dict(settings),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        wait_for(server, port, limit)
        found: dict[str, Any] = {"ended": DONE, "ready": time.perf_counter() - start, "workers": WORKERS, "people": {}}
        time.sleep(5)  # the workers load what the first visitor would wait for
        address = f"http://127.0.0.1:{port}"
        officer = Browser(address, name=NAME, password=PASSWORD)
        asked = questions(officer.callbacks(), _best_firms(settings["GOLDSEED_DB_URL"]))
        asked = {name: asked[name] for name in CLICKED}
        for people in PEOPLE:
            with Watch(server.pid) as watch:
                clicked = at_once(officer, address, asked, people, seconds)
            found["people"][str(people)] = {**clicked, **watch.as_dict()}
    except (OSError, RuntimeError) as error:
        return {"ended": "failed", "said": str(error)}
    finally:
        server.terminate()
        try:
            server.wait(_SECONDS_TO_STOP)
        except subprocess.TimeoutExpired:
            server.kill()
            server.wait()
    return found


def _first_sign_in(settings: Mapping[str, str]) -> None:
    """What its owner does with the password that was printed: set another. Sealed with the key of the desk: with
    PostgreSQL no server begins on a trail that another key has sealed last."""
    from sqlalchemy.orm import Session

    from pipeline.accounts import people
    from pipeline.store.database import engine_for

    os.environ["GOLDSEED_TRAIL_KEY"] = settings["GOLDSEED_TRAIL_KEY"]
    engine = engine_for(settings["GOLDSEED_DB_URL"])
    with Session(engine) as session, session.begin():
        people.set_password(session, NAME, PASSWORD, by=people.console(), now=datetime.now(UTC))
    engine.dispose()


def _best_firms(db_url: str) -> list[str]:
    from sqlalchemy import select
    from sqlalchemy.orm import Session

    from pipeline.store.database import engine_for
    from pipeline.store.tables import Score

    engine = engine_for(db_url)
    with Session(engine) as session:
        firms = list(session.scalars(select(Score.firm_id).order_by(Score.points.desc()).limit(_FIRMS_SHOWN)))
    engine.dispose()
    return firms


def _few_rows(tables: list[Table], folder: Path) -> Path:
    """The first rows of the yearly figures again, to come in as those of an auditor."""
    figures = next(table.path for table in tables if table.path.name.endswith(f"{FORMS[1][1]}_000000.csv"))
    path = folder / figures.name.replace(FORMS[1][0], "audited")
    with figures.open(encoding="utf-8-sig", newline="") as stream:
        lines = [next(stream) for _ in range(2 + _FEW_ROWS)]
    path.write_text("".join(lines), encoding="utf-8-sig", newline="")
    return path


def memory_mb() -> int:
    """Of this machine."""
    return round(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 1e6)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--size", choices=tuple(FIRMS), default="city")
    parser.add_argument("--no-train", dest="train", action="store_false")
    parser.add_argument("--seconds", type=float, default=20.0)
    parser.add_argument("--limit", type=float)
    parser.add_argument("out", type=Path)
    wanted = vars(parser.parse_args())
    out = wanted.pop("out")
    out.write_text(json.dumps(measure(**wanted), indent=1))
