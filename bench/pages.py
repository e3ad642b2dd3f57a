"""What people wait for on the dashboard: each thing that a browser asks for, and fifty people who ask at once.

On the made-up city in a folder of its own, as an officer of the city, with two hundred firms in tutoring. A page is the
callback behind it, answered in this process: the time it takes there, and its processor time, are the server's. What is
done to all cases at once is one transaction. The people are threads that click, wait a second and click again,
over loopback, at a server of two workers.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bench.clicks import Browser, Questions, at_once, questions
from bench.measuring import Timing
from bench.program import GOLDSEED, Desk, free_port, wait_for

if TYPE_CHECKING:
    from sqlalchemy import Engine
    from sqlalchemy.orm import Session

NAME, PASSWORD = "bench", "measured-on-a-quiet-machine"
PEOPLE = (1, 20, 50)
#: Firms in tutoring.
CASES = 200
#: Firms that are looked at in turn: nobody's page is asked for twice in a row.
FIRMS = 40


def in_this_process(app: Any, asked: Questions, times: int) -> dict[str, Any]:
    """Milliseconds of each question, by the clock and of the processor, after a first one that loads what it needs."""
    from dashboard import worker_memory

    client = app.server.test_client()
    client.get("/sign-in")
    token = client.get_cookie("_csrf_token").value
    client.post("/sign-in", data={"name": NAME, "password": PASSWORD, "csrf_token": token, "next": ""})
    client.get("/")

    def ask(name: str, nth: int) -> tuple[float, float, int]:
        sent = {"X-CSRFToken": client.get_cookie("_csrf_token").value}
        start, worked = time.perf_counter(), time.process_time()
        answer = client.post("/_dash-update-component", json=asked[name](nth), headers=sent)
        took = 1000 * (time.perf_counter() - start), 1000 * (time.process_time() - worked)
        if answer.status_code != 200:
            raise RuntimeError(f"{name}: {answer.status_code}")
        return *took, len(answer.data)

    for name in asked:
        ask(name, 0)
    worker_memory.settle()  # as every worker does once it has begun
    measured = {}
    for name in asked:
        waits, works, sizes = zip(*(ask(name, nth) for nth in range(1, times + 1)), strict=True)
        measured[name] = {
            "server": Timing(list(waits)).as_dict(),
            "processor": Timing(list(works)).as_dict(),
            "kilobytes": round(sizes[-1] / 1024),
        }
        print(f"  {name}: {measured[name]}", file=sys.stderr, flush=True)
    return measured


def with_cases(session: Session, count: int, now: datetime) -> list[int]:
    """Firms in tutoring until there are so many, those with the highest points first; the numbers of their cases."""
    from sqlalchemy import select

    from pipeline.accounts import people
    from pipeline.store.tables import Case, FirmListRow
    from pipeline.tutoring import cases

    there = list(session.scalars(select(Case.id).where(Case.closed_on.is_(None)).order_by(Case.id)))
    ranked = select(FirmListRow.firm_id).where(FirmListRow.rank.is_not(None)).order_by(FirmListRow.rank)
    for firm in session.scalars(ranked.where(FirmListRow.firm_id.not_in(select(Case.firm_id)))):
        if len(there) >= count:
            break
        there.append(cases.open_case(session, people.console(), firm, now.date(), now=now).id)
    return there[:count]


def on_all_cases(engine: Engine, case_ids: list[int], now: datetime, rounds: int) -> dict[str, Any]:
    """Seconds of what is done to so many cases at once: a mentor for each, a task for each."""
    from sqlalchemy.orm import Session

    from pipeline.accounts import people
    from pipeline.tutoring import many_cases

    measured: dict[str, Timing] = {"a mentor": Timing(), "a task": Timing()}
    for nth in range(rounds):
        with Session(engine) as session, session.begin():
            found = people.named(session, NAME)
            assert found is not None
            named = dict.fromkeys(case_ids, found.id if nth % 2 == 0 else None)
            start = time.perf_counter()
            done = many_cases.assign_mentors(session, people.console(), named, "measured", now=now)
            session.flush()
            measured["a mentor"].seconds.append(time.perf_counter() - start)
            assert not done.left
        with Session(engine) as session, session.begin():
            due = now.date() + timedelta(days=30)
            start = time.perf_counter()
            many_cases.set_task(session, people.console(), case_ids, f"measured {nth}", due, "measured", now=now)
            session.flush()
            measured["a task"].seconds.append(time.perf_counter() - start)
    return {"cases": len(case_ids), **{name: timing.as_dict() for name, timing in measured.items()}}


def measure(quick: bool) -> dict[str, Any]:
    """questions: ms each, of the server and of its processor; many: s of an act on all cases; people: of so many at
    once, clicks a second, median and p95 of the wait in ms."""
    from sqlalchemy import select
    from sqlalchemy.orm import Session

    from dashboard.app import create_app
    from pipeline.accounts import people
    from pipeline.settings import from_environment
    from pipeline.store.tables import Case

    firms_in_city = 300 if quick else 2_200
    with tempfile.TemporaryDirectory() as scratch:
        desk = Desk(Path(scratch) / "city")
        desk.run("demo", "--no-serve", "--firms", str(firms_in_city), "--keep", Path(scratch) / "books")
        app = create_app(from_environment(desk.settings))
        engine = app.server.extensions["goldseed"].engine
        with Session(engine) as session, session.begin():
            now = datetime.now(UTC).replace(tzinfo=None)
            people.add(session, NAME, "officer", password=PASSWORD, by=people.console(), now=now)
            case_ids = with_cases(session, 40 if quick else CASES, now)
            in_tutoring = select(Case.firm_id).where(Case.id.in_(case_ids)).order_by(Case.id.desc())
            firms = list(session.scalars(in_tutoring.limit(FIRMS)))
        asked = questions(app.callback_map, firms)
        measured: dict[str, Any] = {"firms": firms_in_city, "workers": 2}
        measured["many"] = on_all_cases(engine, case_ids, now, 2 if quick else 4)
        measured["questions"] = in_this_process(app, asked, 5 if quick else 60)
        port = free_port()
        server = subprocess.Popen(
            [str(GOLDSEED), "serve", "--port", str(port), "--workers", "2"],
            env=desk.settings,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        try:
            wait_for(server, port)
            time.sleep(5)  # its workers load what the first visitor would wait for
            address = f"http://127.0.0.1:{port}"
            officer = Browser(address, name=NAME, password=PASSWORD)
            seconds = 5 if quick else 20
            measured["people"] = {str(count): at_once(officer, address, asked, count, seconds) for count in PEOPLE}
        finally:
            server.terminate()
            server.wait()
    return measured


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("out", type=Path)
    wanted = parser.parse_args()
    wanted.out.write_text(json.dumps(measure(wanted.quick), indent=1))
