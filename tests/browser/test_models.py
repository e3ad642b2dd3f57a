"""An analyst's pages about models: measures at once, reasons computed by a job, a training cancelled; in a browser."""

import os
import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest
from playwright.sync_api import Page, Route
from sqlalchemy import Engine, select
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

from dashboard.jobs.whereabouts import alive
from pipeline.store.database import engine_for
from pipeline.store.tables import AuditEntry, Job
from scoring.registry import registry
from tests.browser.conftest import PATIENCE_MS, Site
from tests.cast import LOTUS
from tests.dashboard import city, stored_model

pytestmark = pytest.mark.browser


@pytest.fixture
def workbench(site: Site) -> Site:
    engine = engine_for(site.settings.db_url)
    stored_model.put(engine, site.settings.models)
    engine.dispose()
    return site


def test_an_analyst_reads_a_models_measures_and_sees_its_reasons_drawn(workbench: Site):
    page = workbench.signed_in(city.ANALYST)
    page.click("nav >> text=模型管理")
    page.click("#models-store >> text=small-2026")
    page.wait_for_selector("#model-tabs .js-plotly-plot .scatterlayer .point")
    assert "0.871" in page.inner_text("#page")
    page.click("[role=tab] >> text=模型依据")
    page.wait_for_selector("#models-inspect-shown .js-plotly-plot .barlayer .point")
    page.wait_for_selector("#model-pair-shown .js-plotly-plot .scatterlayer .point")
    page.click("#model-feature")
    page.click("[role=option] >> text=净利润 >> nth=0")
    page.wait_for_selector("#model-dependence h3 >> text=净利润")
    page.click("[role=tab] >> text=模型说明卡")
    with page.expect_download() as card:
        page.click("text=PDF 中文")
    assert card.value.suggested_filename == "small-2026-zh.pdf"
    assert workbench.errors == []


def test_a_plot_that_is_shown_later_fits_its_place(workbench: Site):
    page = workbench.signed_in(city.ANALYST, at="/model/small-2026?tab=card")
    page.wait_for_selector(".model-card")
    page.click("[role=tab] >> text=指标")
    page.wait_for_selector("#model-measures .js-plotly-plot .scatterlayer .point")
    page.click("[role=tab] >> text=分组表现")
    page.wait_for_selector("#model-subgroups .js-plotly-plot .point")
    page.click("[role=tab] >> text=指标")
    page.wait_for_selector("#model-measures .js-plotly-plot .scatterlayer .point")
    drawn = page.locator("#model-measures .js-plotly-plot .main-svg").first.bounding_box()
    place = page.locator("#model-measures .js-plotly-plot").first.bounding_box()
    assert abs(drawn["width"] - place["width"]) <= 1


def files_of(site: Site) -> set[str]:
    return {str(file.relative_to(site.settings.models)) for file in Path(site.settings.models).rglob("*")}


@contextmanager
def begun_slowly(page: Page, button: str) -> Iterator[None]:
    """The answer to this button comes after every tick that the page's clock still owed."""
    held: list[Route] = []

    def hold(route: Route) -> None:
        pressed = f'"{button}.n_clicks"' in (route.request.post_data or "")
        held.append(route) if pressed else route.continue_()

    page.route("**/_dash-update-component*", hold)
    yield
    page.wait_for_timeout(1_500)
    assert len(held) == 1
    held[0].continue_()
    page.unroute("**/_dash-update-component*", hold)


@contextmanager
def held_in_the_middle(site: Site, kind: str) -> Iterator[None]:
    """The job of this kind stands still while its page is looked at; afterwards it goes on, and must end."""
    ends = time.monotonic() + PATIENCE_MS / 1000
    engine = engine_for(site.settings.db_url)

    def found(state: str) -> Job | None:
        with Session(engine) as session:
            return session.scalars(select(Job).where(Job.kind == kind, Job.state == state)).one_or_none()

    while (job := found("running")) is None and time.monotonic() < ends:
        time.sleep(0.01)
    assert job is not None, "no job began"
    pid = int(job.process.partition("@")[0])
    stopped_while_it_writes_nothing(pid, engine)
    yield
    os.kill(pid, signal.SIGCONT)
    while alive(job.host, job.process) and time.monotonic() < ends:
        time.sleep(0.05)
    assert not alive(job.host, job.process), "the cancelled work goes on"
    assert found("cancelled")
    engine.dispose()


def stopped_while_it_writes_nothing(pid: int, engine: Engine) -> None:
    """Stop a process at a moment when it does not hold the one write lock of SQLite."""
    while True:
        os.kill(pid, signal.SIGSTOP)
        with engine.connect() as connection:
            connection.exec_driver_sql("PRAGMA busy_timeout=100")
            with suppress(OperationalError):
                connection.exec_driver_sql("UPDATE job SET id = id WHERE id = ''")
                return
        os.kill(pid, signal.SIGCONT)
        time.sleep(0.05)


def test_an_analyst_cancels_a_training_and_nothing_of_it_is_left(workbench: Site):
    page = workbench.signed_in(city.ANALYST, at="/models")
    before = files_of(workbench)
    page.fill("#models-name", "half-done")
    with begun_slowly(page, "models-train"):
        page.click("#models-train")
    with held_in_the_middle(workbench, "train"):
        page.wait_for_selector("#models-cancel:not([disabled])")
        page.click("#models-cancel")
        page.wait_for_selector("#models-progress >> text=已取消，没有存入任何内容。")
    page.reload()
    page.wait_for_selector("#models-store >> text=small-2026")
    assert "half-done" not in page.inner_text("#models-store")
    assert files_of(workbench) == before


def test_an_analyst_cancels_a_backtest_and_nothing_of_it_is_left(workbench: Site):
    page = workbench.signed_in(city.ANALYST, at="/model/small-2026")
    page.wait_for_selector("#backtest-dates")
    before = files_of(workbench)
    page.fill("#backtest-dates", "2024-05-01, 2025-05-01")
    with begun_slowly(page, "backtest-do"):
        page.click("#backtest-do")
    with held_in_the_middle(workbench, "backtest"):
        page.wait_for_selector("#models-backtest-shown [role=progressbar]")
        page.click("#backtest-cancel")
        page.wait_for_selector("#models-backtest-shown >> text=已取消，没有存入任何内容。")
    assert files_of(workbench) == before
    assert page.locator("#models-backtest-shown .js-plotly-plot").count() == 0


def test_a_champion_is_promoted_with_a_second_signature_at_the_desk(workbench: Site):
    engine = engine_for(workbench.settings.db_url)
    stored_model.put(engine, workbench.settings.models, "small-2027")
    registry.promote(engine, "small-2026", why="第一个模型", by="console", now=city.NOW)
    page = workbench.signed_in(city.ANALYST, at="/models")
    page.wait_for_selector("#models-store tr:has-text('small-2026') >> text=在用")

    def promote(second: str, password: str) -> None:
        page.fill("#models-second", second)
        page.fill("#models-second-password", password)
        page.click("#models-promote-do")

    page.click("#models-promote")
    page.click("[role=option] >> text=small-2027")
    page.fill("#models-why", "跨时间检验更好")
    promote(city.ANALYST, city.PASSWORD)  # nobody seconds himself
    page.wait_for_selector("#models-promoted .overdue")
    assert registry.champion(engine) == "small-2026"
    promote(city.OFFICER, city.PASSWORD)
    page.wait_for_selector("#models-promoted .raises")
    page.wait_for_selector("#models-store tr:has-text('small-2027') >> text=在用")
    assert page.input_value("#models-second-password") == ""
    assert registry.champion(engine) == "small-2027"
    with Session(engine) as session:
        line = session.scalars(select(AuditEntry).order_by(AuditEntry.id.desc())).first()
    assert (line.action, line.subject, line.person) == ("promote_model", "model:small-2027", city.ANALYST)
    assert line.details["seconded_by"] == city.OFFICER
    page.reload()
    office = page.locator("section:has-text('跨时间检验更好')").last
    assert all(name in office.inner_text() for name in ("small-2027", city.ANALYST, city.OFFICER))
    engine.dispose()


def test_an_analyst_sets_the_expected_number_and_the_points_stay(workbench: Site):
    page = workbench.signed_in(city.ANALYST, at=f"/firm/{LOTUS}")
    page.wait_for_selector("text=预计 17.0 家")
    points = page.inner_text(".score-big")
    page.click("a >> text=另设数字")
    page.wait_for_selector("#expected-events")
    page.fill("#expected-events", "5")
    page.fill("#expected-why", "以往三年平均")
    page.click("#expected-do")
    page.wait_for_selector("#expected-told >> text=以往三年平均")
    page.goto(f"{workbench.address}/firm/{LOTUS}")
    page.wait_for_selector("text=预计 5.0 家")
    assert page.inner_text(".score-big") == points
    assert workbench.errors == []


@pytest.mark.parametrize("how", [{"phone": True}, {"dark": True, "english": True}])
def test_the_workbench_fits_a_phone_and_speaks_english_in_the_dark(workbench: Site, how: dict[str, bool]):
    page = workbench.signed_in(city.ANALYST, **how, at="/model/small-2026?tab=subgroups")
    page.wait_for_selector("#page h1 >> text=small-2026")
    wide = page.locator("html").evaluate("element => element.scrollWidth - element.clientWidth")
    assert wide <= 1
    assert ("Share selected" in page.inner_text("#page")) == bool(how.get("english"))
