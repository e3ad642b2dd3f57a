"""An analyst at the bench: measures at once, reasons worked out by a job, a training cancelled, in a real browser."""

import pytest

from pipeline.store.database import engine_for
from tests.browser.conftest import Board
from tests.dashboard import city, stored_model

pytestmark = pytest.mark.browser


@pytest.fixture
def bench(board: Board) -> Board:
    engine = engine_for(board.settings.db_url)
    stored_model.put(engine, board.settings.models)
    engine.dispose()
    return board


def test_an_analyst_reads_a_models_measures_and_sees_its_reasons_drawn(bench: Board):
    page = bench.signed_in(city.ANALYST)
    page.click("nav >> text=模型管理")
    page.click("#models-store >> text=small-2026")
    page.wait_for_selector("#model-tabs .js-plotly-plot .scatterlayer .point")
    assert "0.871" in page.inner_text("#page")
    page.click("[role=tab] >> text=模型依据")
    page.wait_for_selector("#bench-inspect-shown .js-plotly-plot .barlayer .point")
    page.wait_for_selector("#model-pair-shown .js-plotly-plot .scatterlayer .point")
    page.click("#model-feature")
    page.click("[role=option] >> text=净利润 >> nth=0")
    page.wait_for_selector("#model-dependence h3 >> text=净利润")
    page.click("[role=tab] >> text=模型说明卡")
    with page.expect_download() as card:
        page.click("text=PDF 中文")
    assert card.value.suggested_filename == "small-2026-zh.pdf"
    assert bench.wrong == []


def test_an_analyst_cancels_a_training_and_nothing_new_is_in_the_store(bench: Board):
    page = bench.signed_in(city.ANALYST)
    page.goto(f"{bench.address}/models")
    page.fill("#models-name", "half-done")
    page.click("#models-train")
    page.wait_for_selector("#models-cancel:not([disabled])")
    page.click("#models-cancel")
    page.wait_for_selector("#models-progress .overdue")
    page.reload()
    page.wait_for_selector("#models-store >> text=small-2026")
    assert "half-done" not in page.inner_text("#models-store")


@pytest.mark.parametrize("how", [{"phone": True}, {"dark": True, "english": True}])
def test_the_bench_fits_a_phone_and_speaks_english_in_the_dark(bench: Board, how: dict[str, bool]):
    page = bench.signed_in(city.ANALYST, **how)
    page.goto(f"{bench.address}/model/small-2026?tab=subgroups")
    page.wait_for_selector("#page h1 >> text=small-2026")
    wide = page.locator("html").evaluate("element => element.scrollWidth - element.clientWidth")
    assert wide <= 1
    assert ("Share selected" in page.inner_text("#page")) == bool(how.get("english"))
