"""The dashboard served on this machine, and Debian's Chromium in front of it; skipped where there is no Chromium."""

import os
import random
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any
from weakref import WeakKeyDictionary

import pytest
from werkzeug.serving import make_server

from dashboard.app import create_app
from pipeline.settings import Settings
from pipeline.store.database import engine_for
from tests.dashboard import city
from tests.dashboard.conftest import settings, settled_city  # noqa: F401 - fixtures

CHROMIUM = "/usr/bin/chromium"
FLAGS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--lang=zh-CN",
]
PATIENCE_MS = 30_000
#: A page is at rest when nothing was asked for so long: longer than any input holds its words back (200 ms).
QUIET_S = 0.5
#: How many times slower the browser computes, to find tests that count on speed; answers then come late, too.
SLOWED = float(os.environ.get("GOLDSEED_SLOWED_BROWSER", "1"))

#: What a wait that ran out says. It alone is tried a second time: whether a machine was too busy, or a test too hasty,
#: shows in the summary as a rerun; a wrong word or figure on a page fails at once.
RAN_OUT = [r"Timeout \d+ms exceeded", "Locator expected", "not at rest"]

_under_way: WeakKeyDictionary[Any, set[Any]] = WeakKeyDictionary()


def _count_requests(page: Any) -> None:
    """Keep what this page has asked for and not been answered."""
    asked = _under_way.setdefault(page, set())
    page.on("request", lambda request: asked.add(request))
    page.on("requestfinished", lambda request: asked.discard(request))
    page.on("requestfailed", lambda request: asked.discard(request))


def at_rest(page: Any) -> None:
    """Wait until the page has its heading, has asked for nothing for a while, and waits for no answer."""
    page.wait_for_selector("#page h1")
    ends = time.monotonic() + PATIENCE_MS / 1000
    quiet_since = time.monotonic()
    while time.monotonic() - quiet_since < QUIET_S * SLOWED:
        page.wait_for_timeout(50)
        if _under_way[page] or page.locator("[data-dash-is-loading=true]").count():
            quiet_since = time.monotonic()
        assert time.monotonic() < ends, f"not at rest: {[one.url for one in _under_way[page]]}"


def follow(page: Any, address: str) -> None:
    """Go on to another page of the dashboard as its links do, which load nothing anew, and wait until it is at rest."""
    page.evaluate(
        """address => {
            history.pushState({}, "", address);
            dispatchEvent(new CustomEvent("_dashprivate_pushstate"));
            scrollTo(0, 0);
        }""",
        address,
    )
    at_rest(page)


def rows_are(page: Any, grid: str, count: int) -> None:
    """Wait until a grid shows so many firms; a row that still waits for its block has no name to follow."""
    from playwright.sync_api import expect

    expect(page.locator(f"{grid} .ag-row .cell-link")).to_have_count(count, timeout=PATIENCE_MS)


@dataclass
class Site:
    """A served dashboard. `requested`: every address that any page requested; `errors`: errors of its scripts."""

    address: str
    settings: Settings
    open_context: Callable[..., Any]
    requested: list[str] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)

    def visit(self, *, phone: bool = False, dark: bool = False, english: bool = False) -> Any:
        """A fresh browser window, signed in as nobody."""
        size = {"width": 390, "height": 844} if phone else {"width": 1440, "height": 900}
        context = self.open_context(viewport=size, locale="zh-CN")
        for name, value in (
            ("goldseed_theme", "dark" if dark else "light"),
            ("goldseed_language", "en" if english else "zh_CN"),
        ):
            context.add_cookies([{"name": name, "value": value, "url": self.address}])
        page = context.new_page()
        page.set_default_timeout(PATIENCE_MS)
        _count_requests(page)
        if SLOWED > 1:
            context.new_cdp_session(page).send("Emulation.setCPUThrottlingRate", {"rate": SLOWED})
        page.on("request", lambda request: self.requested.append(request.url))
        page.on("console", lambda said: self.errors.append(said.text) if said.type == "error" else None)
        page.on("pageerror", lambda error: self.errors.append(str(error)))
        return page

    def signed_in(self, name: str = city.OFFICER, *, at: str | None = None, **how: bool) -> Any:
        """A window in which somebody has signed in and opened the page `at`, None: the one they come to. The form is
        sent without being drawn: the browser takes two seconds for each page, and how it looks is asked by tests of its
        own."""
        page = self.visit(**how)
        asks = page.context.request
        asks.get(f"{self.address}/sign-in")
        token = next(one["value"] for one in page.context.cookies() if one["name"] == "_csrf_token")
        form = {"name": name, "password": city.PASSWORD, "csrf_token": token, "next": ""}
        answer = asks.post(f"{self.address}/sign-in", form=form, headers={"Referer": self.address}, max_redirects=0)
        assert answer.status == 303, answer.text()
        page.goto(self.address + (at or answer.headers["location"]))
        page.wait_for_selector("#page h1")
        return page


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if item.get_closest_marker("browser"):
            item.add_marker(pytest.mark.flaky(reruns=1, only_rerun=RAN_OUT))


@pytest.fixture(scope="session")
def chromium() -> Iterator[Any]:
    playwright = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
    if not Path(CHROMIUM).exists():
        pytest.skip(f"no browser at {CHROMIUM}: apt-get install chromium")
    with playwright.sync_playwright() as started:
        browser = started.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield browser
        browser.close()


def _answering_late(application: Callable[..., Any]) -> Callable[..., Any]:
    """The application as it is met over a slow line: answers come late, and not in the order of the questions."""

    def late(environ: Any, start: Any) -> Any:
        time.sleep(random.uniform(0, 0.1) * SLOWED)
        return application(environ, start)

    return late


@contextmanager
def served(how: Settings, chromium: Any) -> Iterator[Site]:
    """The dashboard of these settings on a free port; afterwards nothing but this machine may have been asked."""
    app = create_app(how)
    application = _answering_late(app.server) if SLOWED > 1 else app.server
    server = make_server("127.0.0.1", 0, application, threaded=True)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    contexts: list[Any] = []

    def open_context(**how: Any) -> Any:
        contexts.append(chromium.new_context(**how))
        return contexts[-1]

    opened = Site(f"http://127.0.0.1:{server.server_port}", how, open_context)
    yield opened
    for context in contexts:
        context.close()
    server.shutdown()
    thread.join()
    app.server.extensions["goldseed"].engine.dispose()
    outside = [url for url in opened.requested if not url.startswith((opened.address, "data:", "blob:"))]
    assert outside == []


@pytest.fixture
def site(chromium: Any, settings: Settings) -> Iterator[Site]:  # noqa: F811
    """The small city's dashboard."""
    with served(settings, chromium) as opened:
        yield opened


@pytest.fixture
def postgres_site(chromium: Any, postgres_url: str, settings: Settings, tmp_path: Path) -> Iterator[Site]:  # noqa: F811
    """The same city on PostgreSQL; its secret and its count of attempts stay in the test's own folder."""
    on_postgres = replace(settings, db_url=postgres_url, root=tmp_path)
    engine = engine_for(postgres_url)
    city.settle(engine)
    engine.dispose()
    with served(on_postgres, chromium) as opened:
        yield opened
