"""What people wait for on the dashboard: each thing that a browser asks for, and fifty people who ask at once.

On the made-up city in a folder of its own, as an officer of the city. A page is the callback behind it, answered in
this process: its processor time is the server's work. The people are threads that click, wait a second and click again,
over loopback, at a server of two workers.
"""

from __future__ import annotations

import argparse
import http.cookiejar
import json
import random
import subprocess
import sys
import tempfile
import threading
import time
import urllib.parse
import urllib.request
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from bench.measuring import Timing
from bench.program import GOLDSEED, Desk, free_port, wait_for

NAME, PASSWORD = "bench", "measured-on-a-quiet-machine"
PEOPLE = (1, 20, 50)
#: Firms that are looked at in turn: nobody's page is asked for twice in a row.
FIRMS = 40


class Browser:
    """What a browser of the dashboard sends: callbacks as JSON, cookies and the token kept. `like`: a browser that is
    signed in already, and whose session it shares."""

    def __init__(self, address: str, like: Browser | None = None) -> None:
        self._address = address
        self._cookies = http.cookiejar.CookieJar()
        self._opener = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(self._cookies))
        if like is not None:
            for cookie in like._cookies:
                self._cookies.set_cookie(cookie)
            return
        self._opener.open(f"{address}/sign-in", timeout=60).read()
        form = urllib.parse.urlencode({"name": NAME, "password": PASSWORD, "csrf_token": self._token(), "next": ""})
        self._opener.open(f"{address}/sign-in", data=form.encode(), timeout=60).read()

    def _token(self) -> str:
        return next((one.value or "" for one in self._cookies if one.name == "_csrf_token"), "")

    def ask(self, body: dict[str, Any]) -> int:
        """Run a callback; returns the bytes of the answer."""
        headers = {"Content-Type": "application/json", "X-CSRFToken": self._token()}
        request = urllib.request.Request(
            f"{self._address}/_dash-update-component", data=json.dumps(body).encode(), headers=headers
        )
        with self._opener.open(request, timeout=120) as answer:
            return len(answer.read())


def body_of(callbacks: dict[str, Any], output: str, values: dict[str, Any]) -> dict[str, Any]:
    """The JSON that Dash sends for a callback: `values` by "id.property"."""
    declared = callbacks[output]

    def filled(wanted: list[dict[str, Any]]) -> list[dict[str, Any]]:
        return [{**one, "value": values.get(f"{one['id']}.{one['property']}")} for one in wanted]

    outputs = [
        dict(zip(("id", "property"), name.rsplit(".", 1), strict=True)) for name in output.strip(".").split("...")
    ]
    return {
        "output": output,
        "outputs": outputs if output.startswith("..") else outputs[0],
        "inputs": filled(declared["inputs"]),
        "state": filled(declared["state"]),
        "changedPropIds": [f"{one['id']}.{one['property']}" for one in declared["inputs"]][:1],
    }


def questions(callbacks: dict[str, Any], firms: list[str]) -> dict[str, Callable[[int], dict[str, Any]]]:
    """What an officer asks for, each as the body of its n-th question."""

    def page(path: str, search: str = "") -> dict[str, Any]:
        return body_of(callbacks, "page.children", {"address.pathname": path, "address.search": search})

    def block(**asked: Any) -> dict[str, Any]:
        output = next(name for name in callbacks if "firms-grid.getRowsResponse" in name)
        request = {"startRow": 0, "endRow": 100, "sortModel": [], "filterModel": {}, **asked}
        return body_of(callbacks, output, {"firms-grid.getRowsRequest": request})

    by_revenue = [{"colId": "revenue_cny", "sort": "desc"}]
    for_light = {"words": {"filterType": "text", "type": "contains", "filter": "光电"}}
    return {
        "overview": lambda _nth: page("/"),
        "firms": lambda _nth: page("/firms"),
        "firms: first block": lambda _nth: block(),
        "firms: sorted by revenue": lambda _nth: block(sortModel=by_revenue),
        "firms: search": lambda _nth: block(filterModel=for_light),
        "firm": lambda nth: page(f"/firm/{firms[nth % len(firms)]}"),
        "firm: its boards": lambda nth: body_of(
            callbacks, "firm-boards.children", {"firm-shown.data": firms[nth % len(firms)]}
        ),
        "pools": lambda _nth: page("/pools"),
        "cases": lambda _nth: page("/cases"),
        "cross-checks": lambda _nth: page("/checks"),
    }


def in_this_process(app: Any, asked: dict[str, Callable[[int], dict[str, Any]]], times: int) -> dict[str, Any]:
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


def at_once(
    officer: Browser, address: str, asked: dict[str, Callable[[int], dict[str, Any]]], people: int, seconds: float
) -> dict[str, Any]:
    """So many people click for so long, with half a second to one and a half between clicks."""
    browsers = [Browser(address, officer) for _ in range(people)]
    names = list(asked)
    waits: list[float] = []
    end = time.perf_counter() + seconds

    def click(browser: Browser, seed: int) -> None:
        chance = random.Random(seed)
        time.sleep(chance.uniform(0, 1))
        while time.perf_counter() < end:
            body = asked[chance.choice(names)](chance.randrange(1_000))
            start = time.perf_counter()
            browser.ask(body)
            waits.append(1000 * (time.perf_counter() - start))
            time.sleep(chance.uniform(0.5, 1.5))

    threads = [threading.Thread(target=click, args=(browser, seed)) for seed, browser in enumerate(browsers)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    ordered = sorted(waits)
    found = {
        "clicks": len(ordered),
        "clicks_a_second": round(len(ordered) / seconds, 1),
        "median_ms": round(ordered[len(ordered) // 2]),
        "p95_ms": round(ordered[int(0.95 * len(ordered))]),
    }
    print(f"  {people} people: {found}", file=sys.stderr, flush=True)
    return found


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
            officer = Browser(address)
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
