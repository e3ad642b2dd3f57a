"""The people of the load test: they ask as a browser asks, and who gets no answer is counted."""

import json
import os
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from bench import clicks, sizes, workers
from dashboard.app import create_app
from pipeline.settings import from_environment


class Dashboard(BaseHTTPRequestHandler):
    """Signs everybody in, tells one token, and answers callbacks but those for /broken."""

    asked: list[tuple[str | None, dict[str, Any]]]

    def do_GET(self) -> None:
        self.answer(200, b"[]", ("Set-Cookie", "_csrf_token=t1; Path=/"))

    def do_POST(self) -> None:
        sent = self.rfile.read(int(self.headers["Content-Length"]))
        if self.path == "/sign-in":
            return self.answer(200, b"")
        body = json.loads(sent)
        type(self).asked.append((self.headers["X-CSRFToken"], body))
        return self.answer(500 if body["page"] == "/broken" else 200, b"{}")

    def answer(self, code: int, content: bytes, *headers: tuple[str, str]) -> None:
        self.send_response(code)
        for header in (*headers, ("Content-Length", str(len(content)))):
            self.send_header(*header)
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *_: Any) -> None:
        pass


@pytest.fixture
def address() -> Iterator[str]:
    Dashboard.asked = []
    server = ThreadingHTTPServer(("127.0.0.1", 0), Dashboard)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


def test_people_click_with_the_token_of_the_session_and_errors_are_no_answers(address: str):
    officer = clicks.Browser(address, name="bench", password="p")
    asked: clicks.Questions = {"good": lambda _nth: {"page": "/"}, "bad": lambda _nth: {"page": "/broken"}}
    found = clicks.at_once(officer, address, asked, people=8, seconds=2)
    assert {token for token, _ in Dashboard.asked} == {"t1"}
    broken = sum(body["page"] == "/broken" for _, body in Dashboard.asked)
    assert found["unanswered"] == ["bad"] * broken
    assert found["clicks"] == len(Dashboard.asked) - broken
    assert broken > 0 < found["clicks"]


def test_waits_are_summed_up():
    found = clicks.summary([float(wait) for wait in range(100, 0, -1)], seconds=20)
    assert found == {"clicks": 100, "clicks_a_second": 5.0, "median_ms": 51, "p95_ms": 96}
    assert clicks.summary([7.0], 1)["p95_ms"] == 7
    assert clicks.summary([], 20) == {"clicks": 0, "clicks_a_second": 0.0, "median_ms": None, "p95_ms": None}


def test_a_callback_is_asked_for_as_dash_asks():
    one = {"inputs": [{"id": "address", "property": "pathname"}], "state": [{"id": "theme", "property": "data"}]}
    two = {"inputs": [{"id": "grid", "property": "getRowsRequest"}], "state": []}
    callbacks = {"page.children": one, "..grid.getRowsResponse...count.children..": two}
    body = clicks.body_of(callbacks, "page.children", {"address.pathname": "/firms"})
    assert body["outputs"] == {"id": "page", "property": "children"}
    assert body["inputs"] == [{"id": "address", "property": "pathname", "value": "/firms"}]
    assert body["state"] == [{"id": "theme", "property": "data", "value": None}]
    assert body["changedPropIds"] == ["address.pathname"]
    several = clicks.body_of(callbacks, "..grid.getRowsResponse...count.children..", {})
    assert several["outputs"] == [
        {"id": "grid", "property": "getRowsResponse"},
        {"id": "count", "property": "children"},
    ]


def test_the_dashboard_still_has_all_that_is_asked_for(sqlite_url: str, tmp_path: Path):
    settings = {"GOLDSEED_DB_URL": sqlite_url, "GOLDSEED_MODELS": str(tmp_path / "models")}
    asked = clicks.questions(create_app(from_environment(settings)).callback_map, ["91440703MA5CA1L08E"])
    assert set(sizes.CLICKED) <= set(asked)
    for name, body in asked.items():
        given = [one["value"] for one in body(3)["inputs"] if one["value"] is not None]
        assert given, f"{name}: no input of the callback was filled"


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="the system has no /proc")
def test_a_watch_sees_the_workers_that_a_server_has_started():
    work = "held = b'1' * 90_000_000\nwhile True: sum(range(10_000))"
    server = f"import subprocess, sys\nsubprocess.run([sys.executable, '-c', {work!r}], timeout=30)"
    with subprocess.Popen([sys.executable, "-c", server]) as running:
        try:
            while not (children := workers.children_of(running.pid)):
                assert running.poll() is None
                time.sleep(0.05)
            with workers.Watch(running.pid) as watch:
                while not any(now > 90 for _, now, _ in watch.looks):
                    assert running.poll() is None
                    time.sleep(0.05)
            assert watch.processor > 0
            assert all(peak >= now for _, now, peak in watch.looks)
            seconds = [second for second, *_ in watch.looks]
            assert seconds == sorted(seconds)
        finally:
            for pid in (*children, running.pid):
                os.kill(pid, 9)
    assert workers.memory_of(running.pid) == (0.0, 0.0)
