"""The dashboard served on this machine, and Debian's Chromium in front of it; skipped where there is no Chromium."""

import itertools
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
    # Pages of one context share a process, which remembers the scripts that it has read (see Door).
    "--process-per-site",
]
PATIENCE_MS = 30_000
DESK, PHONE = {"width": 1440, "height": 900}, {"width": 390, "height": 844}
#: A page is at rest when nothing was asked for so long: longer than any input holds its words back (200 ms).
QUIET_S = 0.3
#: How many times slower the browser computes, to find tests that count on speed; answers then come late, too.
SLOWED = float(os.environ.get("GOLDSEED_SLOWED_BROWSER", "1"))

#: What a wait that ran out says. It alone is tried a second time: whether a machine was too busy, or a test too hasty,
#: shows in the summary as a rerun; a wrong word or figure on a page fails at once.
RAN_OUT = [r"Timeout \d+ms exceeded", "Locator expected", "not at rest"]

#: How often a page looks whether it is quiet.
_LOOKS_MS = 25
#: Counts, inside the page, what it asks and has not been answered, and every question that began meanwhile.
_COUNTING = """
    window.asked = {begun: 0, open: 0};
    const ask = window.fetch;
    window.fetch = async function (...what) {
        window.asked.begun += 1;
        window.asked.open += 1;
        try { return await ask.apply(this, what); } finally { window.asked.open -= 1; }
    };
"""
#: Whether the page has been quiet for so long since this wait began, with no chart wider than its card. Time in which
#: it was too busy to look does not count: what a timer of its own still holds back comes after it.
_QUIET = f"""([wait, enough]) => {{
    const now = performance.now(), asked = window.asked;
    const rest = window.rest?.wait === wait ? window.rest : (window.rest = {{wait, quiet: 0, seen: now, begun: -1}});
    const busy = asked.open || asked.begun !== rest.begun
        || !document.querySelector("#page h1") || document.querySelector("[data-dash-is-loading=true]")
        || [...document.querySelectorAll(".js-plotly-plot .main-svg")].some(
            drawn => drawn.clientWidth > drawn.closest(".js-plotly-plot").clientWidth + 1);
    rest.quiet = busy ? 0 : rest.quiet + Math.min(now - rest.seen, {2 * _LOOKS_MS});
    rest.seen = now;
    rest.begun = asked.begun;
    return rest.quiet >= enough;
}}"""
_waits = itertools.count()
_under_way: WeakKeyDictionary[Any, set[Any]] = WeakKeyDictionary()


def _count_requests(page: Any) -> None:
    """Keep what this page has asked for and not been answered."""
    asked = _under_way.setdefault(page, set())
    page.on("request", lambda request: asked.add(request))
    page.on("requestfinished", lambda request: asked.discard(request))
    page.on("requestfailed", lambda request: asked.discard(request))


def at_rest(page: Any) -> None:
    """Wait until the page has its heading, has asked for nothing for a while, and waits for no answer."""
    ends = time.monotonic() + PATIENCE_MS / 1000
    while True:
        page.wait_for_function(_QUIET, arg=[next(_waits), QUIET_S * SLOWED * 1000], polling=_LOOKS_MS)
        if not _under_way[page]:
            return
        while _under_way[page]:  # a picture or a script, which the page itself does not count
            assert time.monotonic() < ends, f"not at rest: {[one.url for one in _under_way[page]]}"
            page.wait_for_timeout(_LOOKS_MS)


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


def load_again(page: Any, theme: str, language: str) -> None:
    """The same person goes on in another theme and language, which the first HTML of a page must say."""
    chosen = {"goldseed_theme": theme, "goldseed_language": language}
    root = page.evaluate("location.origin")  # of all pages, not of those beside this one
    page.context.add_cookies([{"name": name, "value": value, "url": root} for name, value in chosen.items()])
    page.reload()
    said = page.evaluate("[document.documentElement.dataset.mantineColorScheme, document.documentElement.lang]")
    assert said == [theme, language.replace("_", "-")]


def rows_are(page: Any, grid: str, count: int) -> None:
    """Wait until a grid shows so many firms; a row that still waits for its block has no name to follow."""
    from playwright.sync_api import expect

    expect(page.locator(f"{grid} .ag-row .cell-link")).to_have_count(count, timeout=PATIENCE_MS)


@dataclass
class Site:
    """A served dashboard. `requested`: every address that any page requested; `errors`: errors of its scripts."""

    address: str
    settings: Settings
    open_context: Callable[[], Any]
    requested: list[str] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)

    def visit(self, *, phone: bool = False, dark: bool = False, english: bool = False) -> Any:
        """A fresh browser window, signed in as nobody."""
        context = self.open_context()
        for name, value in (
            ("goldseed_theme", "dark" if dark else "light"),
            ("goldseed_language", "en" if english else "zh_CN"),
        ):
            context.add_cookies([{"name": name, "value": value, "url": self.address}])
        page = context.new_page()
        page.set_default_timeout(PATIENCE_MS)
        if phone:
            page.set_viewport_size(PHONE)
        page.add_init_script(_COUNTING)
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


class Door:
    """A port of this machine behind which one dashboard after the other is served, and the browser's windows onto it. A
    page takes two seconds to read its scripts; a window that has read them before, from this very address, a third."""

    def __init__(self, browser: Any) -> None:
        self.browser = browser
        self.application: Any = None
        self.windows: list[Any] = []
        self.server = make_server(
            "127.0.0.1", 0, lambda environ, start: self.application(environ, start), threaded=True
        )
        self.address = f"http://127.0.0.1:{self.server.server_port}"
        self.thread = threading.Thread(target=self.server.serve_forever, daemon=True)
        self.thread.start()

    def window(self) -> Any:
        """A browser context without anything that another test has left in it."""
        if self.windows:
            return self.windows.pop()
        context = self.browser.new_context(viewport=DESK, locale="zh-CN")
        context.new_page().goto(f"{self.address}/assets/favicon.svg")  # stays, and with it what the process has read
        return context

    def take_back(self, context: Any) -> None:
        keeper, *others = context.pages
        for page in others:
            page.close()
        context.clear_cookies()
        wiped = {"origin": self.address, "storageTypes": "local_storage,indexeddb,cache_storage,service_workers"}
        context.new_cdp_session(keeper).send("Storage.clearDataForOrigin", wiped)
        self.windows.append(context)

    def close(self) -> None:
        self.server.shutdown()
        self.thread.join()
        self.server.server_close()


@dataclass
class Doors:
    """As many doors as there are dashboards open at once."""

    browser: Any
    free: list[Door] = field(default_factory=list)

    @contextmanager
    def one(self) -> Iterator[Door]:
        door = self.free.pop() if self.free else Door(self.browser)
        yield door
        self.free.append(door)


@pytest.fixture(scope="session")
def chromium() -> Iterator[Doors]:
    playwright = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
    if not Path(CHROMIUM).exists():
        pytest.skip(f"no browser at {CHROMIUM}: apt-get install chromium")
    with playwright.sync_playwright() as started:
        browser = started.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        doors = Doors(browser)
        yield doors
        browser.close()
        for door in doors.free:
            door.close()


def _answering_late(application: Callable[..., Any]) -> Callable[..., Any]:
    """The application as it is met over a slow line: answers come late, and not in the order of the questions."""

    def late(environ: Any, start: Any) -> Any:
        time.sleep(random.uniform(0, 0.1) * SLOWED)
        return application(environ, start)

    return late


@contextmanager
def served(how: Settings, doors: Doors) -> Iterator[Site]:
    """The dashboard of these settings behind a door; afterwards nothing but this machine may have been asked."""
    app = create_app(how)
    with doors.one() as door:
        door.application = _answering_late(app.server) if SLOWED > 1 else app.server
        contexts: list[Any] = []

        def open_context() -> Any:
            contexts.append(door.window())
            return contexts[-1]

        opened = Site(door.address, how, open_context)
        yield opened
        for context in contexts:
            door.take_back(context)
    app.server.extensions["goldseed"].engine.dispose()
    outside = [url for url in opened.requested if not url.startswith((opened.address, "data:", "blob:"))]
    assert outside == []


@pytest.fixture
def site(chromium: Doors, settings: Settings) -> Iterator[Site]:  # noqa: F811
    """The small city's dashboard."""
    with served(settings, chromium) as opened:
        yield opened


@pytest.fixture
def postgres_site(chromium: Doors, postgres_url: str, settings: Settings, tmp_path: Path) -> Iterator[Site]:  # noqa: F811
    """The same city on PostgreSQL; its secret and its count of attempts stay in the test's own folder."""
    on_postgres = replace(settings, db_url=postgres_url, root=tmp_path)
    engine = engine_for(postgres_url)
    city.settle(engine)
    engine.dispose()
    with served(on_postgres, chromium) as opened:
        yield opened
