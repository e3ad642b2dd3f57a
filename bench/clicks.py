"""People at the dashboard: what a browser sends, and so many of them who click about for so long.

One client for all measurements: callbacks are posted as JSON with cookies and token, as a browser posts them.
"""

from __future__ import annotations

import http.client
import http.cookiejar
import json
import random
import sys
import threading
import time
import urllib.parse
import urllib.request
from collections.abc import Callable
from typing import Any

from pipeline.rules.definition.model import BOARDS

Questions = dict[str, Callable[[int], dict[str, Any]]]


#: Longer nobody waits: a click without an answer by then counts as unanswered.
SECONDS_TO_ANSWER = 30.0


class Browser:
    """What a browser of the dashboard sends: callbacks as JSON, cookies and the token kept. `like`: a browser that is
    signed in already, and whose session it shares; without it, `name` and `password` are those of an account."""

    def __init__(self, address: str, *, name: str = "", password: str = "", like: Browser | None = None) -> None:
        self._address = address
        self._cookies = http.cookiejar.CookieJar()
        self._opener = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(self._cookies))
        if like is not None:
            for cookie in like._cookies:
                self._cookies.set_cookie(cookie)
            return
        self._opener.open(f"{address}/sign-in", timeout=60).read()
        form = urllib.parse.urlencode({"name": name, "password": password, "csrf_token": self._token(), "next": ""})
        self._opener.open(f"{address}/sign-in", data=form.encode(), timeout=60).read()

    def callbacks(self) -> dict[str, Any]:
        """The callbacks of the dashboard by their output, as it tells every browser."""
        with self._opener.open(f"{self._address}/_dash-dependencies", timeout=60) as answer:
            return {one["output"]: one for one in json.load(answer)}

    def _token(self) -> str:
        return next((one.value or "" for one in self._cookies if one.name == "_csrf_token"), "")

    def ask(self, body: dict[str, Any]) -> int:
        """Run a callback; returns the bytes of the answer. Raises OSError for an error, or no answer in time."""
        headers = {"Content-Type": "application/json", "X-CSRFToken": self._token()}
        request = urllib.request.Request(
            f"{self._address}/_dash-update-component", data=json.dumps(body).encode(), headers=headers
        )
        with self._opener.open(request, timeout=SECONDS_TO_ANSWER) as answer:
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


def board_opened(board: str, firm: str) -> dict[str, Any]:
    """The JSON that Dash sends when a board's line on a firm's page is opened."""
    line = {"type": "board-line", "board": board}
    return {
        "output": '{"board":["MATCH"],"type":"board-panel"}.children',
        "outputs": {"id": {"type": "board-panel", "board": board}, "property": "children"},
        "inputs": [{"id": line, "property": "value", "value": board}],
        "state": [
            {"id": line, "property": "id", "value": line},
            {"id": "firm-shown", "property": "data", "value": firm},
        ],
        "changedPropIds": [f'{{"board":"{board}","type":"board-line"}}.value'],
    }


def questions(callbacks: dict[str, Any], firms: list[str]) -> Questions:
    """What an officer asks for, each as the body of its n-th question."""

    def page(path: str, search: str = "") -> dict[str, Any]:
        return body_of(callbacks, "page.children", {"address.pathname": path, "address.search": search})

    def block(**asked: Any) -> dict[str, Any]:
        output = next(name for name in callbacks if "firms-grid.getRowsResponse" in name)
        request = {"startRow": 0, "endRow": 100, "sortModel": [], "filterModel": {}, **asked}
        return body_of(callbacks, output, {"firms-grid.getRowsRequest": request})

    by_revenue = [{"colId": "revenue_cny", "sort": "desc"}]
    by_staff = {"staff": {"filterType": "number", "type": "greaterThan", "filter": 100}}
    for_light = {"words": {"filterType": "text", "type": "contains", "filter": "光电"}}
    return {
        "overview": lambda _nth: page("/"),
        "firms": lambda _nth: page("/firms"),
        "firms: first block": lambda _nth: block(),
        "firms: a later block": lambda _nth: block(startRow=1_000, endRow=1_100),
        "firms: sorted by revenue": lambda _nth: block(sortModel=by_revenue),
        "head: search": lambda nth: body_of(
            callbacks, "everywhere-found.children", {"everywhere.value": ("海洋", "科技", "guangdian", "jmhy")[nth % 4]}
        ),
        "firms: search": lambda _nth: block(filterModel=for_light),
        "firms: filter": lambda _nth: block(filterModel=by_staff),
        "firm": lambda nth: page(f"/firm/{firms[nth % len(firms)]}"),
        "firm: a board opened": lambda nth: board_opened(BOARDS[nth % len(BOARDS)], firms[nth % len(firms)]),
        "firm: its labels": lambda nth: body_of(
            callbacks, "firm-labels.children", {"firm-shown.data": firms[nth % len(firms)]}
        ),
        "pools": lambda _nth: page("/pools"),
        "cases": lambda _nth: page("/cases"),
        "today, of all cases": lambda _nth: page("/today", "?of=all"),
        "stage board": lambda _nth: page("/board"),
        "compare five": lambda nth: page(
            "/compare", "?firms=" + ",".join(firms[(nth + at) % len(firms)] for at in range(5))
        ),
        "cross-checks": lambda _nth: page("/checks"),
        "progress of returns": lambda _nth: page("/returns-progress"),
    }


def at_once(officer: Browser, address: str, asked: Questions, people: int, seconds: float) -> dict[str, Any]:
    """So many people click for so long, with half a second to one and a half between clicks, a second in the mean.

    clicks answered, clicks a second, median and p95 of the wait in ms, and what was asked and not answered: refused, an
    error, or nothing within SECONDS_TO_ANSWER, by which the whole takes no longer than `seconds` and that.
    """
    browsers = [Browser(address, like=officer) for _ in range(people)]
    names = list(asked)
    waits: list[float] = []
    unanswered: list[str] = []
    end = time.perf_counter() + seconds

    def click(browser: Browser, seed: int) -> None:
        chance = random.Random(seed)
        time.sleep(chance.uniform(0, 1))
        while time.perf_counter() < end:
            name = chance.choice(names)
            body = asked[name](chance.randrange(1_000))
            start = time.perf_counter()
            try:
                browser.ask(body)
            except (OSError, http.client.HTTPException):
                unanswered.append(name)
            else:
                waits.append(1000 * (time.perf_counter() - start))
            time.sleep(chance.uniform(0.5, 1.5))

    threads = [threading.Thread(target=click, args=(browser, seed)) for seed, browser in enumerate(browsers)]
    start = time.perf_counter()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    took = time.perf_counter() - start
    found = {**summary(waits, took), "unanswered": sorted(unanswered)}
    print(f"  {people} people: {found}", file=sys.stderr, flush=True)
    return found


def summary(waits: list[float], seconds: float) -> dict[str, Any]:
    """Of waits in ms: how many, how many a second, their median and the one that 95 of 100 do not exceed."""
    ordered = sorted(waits)
    return {
        "clicks": len(ordered),
        "clicks_a_second": round(len(ordered) / seconds, 1),
        "median_ms": round(ordered[len(ordered) // 2]) if ordered else None,
        "p95_ms": round(ordered[min(int(0.95 * len(ordered)), len(ordered) - 1)]) if ordered else None,
    }
