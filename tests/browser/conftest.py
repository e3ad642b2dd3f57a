"""The board served on this machine and Debian's Chromium in front of it; skipped with a reason where there is none."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

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


def at_rest(page: Any) -> None:
    """Wait until the page has its heading and every callback that it started has answered."""
    page.wait_for_selector("#page h1")
    page.wait_for_load_state("networkidle", timeout=PATIENCE_MS)
    page.wait_for_selector("[data-dash-is-loading=true]", state="detached", timeout=PATIENCE_MS)


@dataclass
class Board:
    """A served board. `asked`: every address that any page asked for; `wrong`: what its scripts complained about."""

    address: str
    settings: Settings
    open_context: Callable[..., Any]
    asked: list[str] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)

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
        page.on("request", lambda request: self.asked.append(request.url))
        page.on("console", lambda said: self.wrong.append(said.text) if said.type == "error" else None)
        page.on("pageerror", lambda error: self.wrong.append(str(error)))
        return page

    def signed_in(self, name: str = city.OFFICER, **how: bool) -> Any:
        page = self.visit(**how)
        page.goto(f"{self.address}/sign-in")
        page.fill("#name", name)
        page.fill("#password", city.PASSWORD)
        page.click("button.door-button")
        page.wait_for_selector("#page h1")
        return page


@pytest.fixture(scope="session")
def chromium() -> Iterator[Any]:
    playwright = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
    if not Path(CHROMIUM).exists():
        pytest.skip(f"no browser at {CHROMIUM}: apt-get install chromium")
    with playwright.sync_playwright() as started:
        browser = started.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield browser
        browser.close()


@contextmanager
def served(how: Settings, chromium: Any) -> Iterator[Board]:
    """The board of these settings on a free port; afterwards nothing but this machine may have been asked."""
    app = create_app(how)
    server = make_server("127.0.0.1", 0, app.server, threaded=True)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    contexts: list[Any] = []

    def open_context(**how: Any) -> Any:
        contexts.append(chromium.new_context(**how))
        return contexts[-1]

    opened = Board(f"http://127.0.0.1:{server.server_port}", how, open_context)
    yield opened
    for context in contexts:
        context.close()
    server.shutdown()
    thread.join()
    app.server.extensions["goldseed"].engine.dispose()
    outside = [url for url in opened.asked if not url.startswith((opened.address, "data:", "blob:"))]
    assert outside == []


@pytest.fixture
def board(chromium: Any, settings: Settings) -> Iterator[Board]:  # noqa: F811
    """The small city's board."""
    with served(settings, chromium) as opened:
        yield opened


@pytest.fixture
def postgres_board(chromium: Any, postgres_url: str, settings: Settings, tmp_path: Path) -> Iterator[Board]:  # noqa: F811
    """The same city on PostgreSQL; its secret and its count of attempts stay in the test's own folder."""
    on_postgres = replace(settings, db_url=postgres_url, root=tmp_path)
    engine = engine_for(postgres_url)
    city.settle(engine)
    engine.dispose()
    with served(on_postgres, chromium) as opened:
        yield opened
