"""What people wait for on the dashboard: each thing that a browser asks for, and fifty people who ask at once.

On the made-up city in a folder of its own, as an officer of the city. A page is the callback behind it, answered in
this process: its processor time is the server's work. The people are threads that click, wait a second and click again,
over loopback, at a server of two workers.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from bench.clicks import Browser, Questions, at_once, questions
from bench.measuring import Timing
from bench.program import GOLDSEED, Desk, free_port, wait_for

NAME, PASSWORD = "bench", "measured-on-a-quiet-machine"
PEOPLE = (1, 20, 50)
#: Firms that are looked at in turn: nobody's page is asked for twice in a row.
FIRMS = 40


def in_this_process(app: Any, asked: Questions, times: int) -> dict[str, Any]:
    """Milliseconds of processor time of each question, after a first one that loads what it needs."""
    client = app.server.test_client()
    client.get("/sign-in")
    token = client.get_cookie("_csrf_token").value
    client.post("/sign-in", data={"name": NAME, "password": PASSWORD, "csrf_token": token, "next": ""})
    client.get("/")
    measured = {}
    for name, body in asked.items():
        took = []
        for nth in range(times + 1):
            sent = {"X-CSRFToken": client.get_cookie("_csrf_token").value}
            start = time.process_time()
            answer = client.post("/_dash-update-component", json=body(nth), headers=sent)
            took.append(1000 * (time.process_time() - start))
            if answer.status_code != 200:
                raise RuntimeError(f"{name}: {answer.status_code}")
        measured[name] = {**Timing(took[1:]).as_dict(), "kilobytes": round(len(answer.data) / 1024)}
        print(f"  {name}: {measured[name]}", file=sys.stderr, flush=True)
    return measured


def measure(quick: bool) -> dict[str, Any]:
    """processor: ms a question; people: of so many at once, clicks a second, median and p95 of the wait in ms."""
    from sqlalchemy import select
    from sqlalchemy.orm import Session

    from dashboard.app import create_app
    from pipeline.accounts import people
    from pipeline.settings import from_environment
    from pipeline.store.tables import Score

    firms_in_city = 300 if quick else 2_200
    with tempfile.TemporaryDirectory() as scratch:
        desk = Desk(Path(scratch) / "city")
        desk.run("demo", "--no-serve", "--firms", str(firms_in_city), "--keep", Path(scratch) / "books")
        app = create_app(from_environment(desk.settings))
        engine = app.server.extensions["goldseed"].engine
        with Session(engine) as session, session.begin():
            now = datetime.now(UTC).replace(tzinfo=None)
            people.add(session, NAME, "officer", password=PASSWORD, by=people.console(), now=now)
            firms = list(session.scalars(select(Score.firm_id).order_by(Score.points.desc()).limit(FIRMS)))
        asked = questions(app.callback_map, firms)
        measured: dict[str, Any] = {"firms": firms_in_city, "workers": 2}
        measured["processor"] = in_this_process(app, asked, 5 if quick else 15)
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
