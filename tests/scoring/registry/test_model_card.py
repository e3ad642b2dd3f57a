"""A model's card says on how many rows its settings were searched, in both languages."""

from dataclasses import replace

import pytest

from scoring import ReadinessModel, fit
from scoring.registry.model_card import card
from tests.scoring.panels import ratios


@pytest.fixture(scope="module")
def model() -> ReadinessModel:
    return fit(*ratios(400, 4, share=0.1))


def told(model: ReadinessModel, language: str, **about: int | None) -> list[str]:
    changed = {name: value for name, value in {**model.about, **about}.items() if value is not None}
    return card("m", replace(model, about=changed), {}, language).splitlines()


@pytest.mark.parametrize(
    ("language", "all_rows", "a_draw"),
    [
        (
            "en",
            "- Settings and calibration rest on all 400 rows.",
            "- Settings and calibration rest on 60,000 of the 1,400,000 rows: a draw, weighted so that the share of "
            "events stays. The trees were trained on all of them.",
        ),
        (
            "zh_CN",
            "- 参数的选择与概率校准用到全部 400 行。",
            "- 参数的选择与概率校准用到 1,400,000 行中的 60,000 行：随机抽样并加权，使事件占比不变；"
            "最终的树用全部行训练。",
        ),
    ],
)
def test_the_card_tells_on_how_many_rows_the_settings_rest(model, language, all_rows, a_draw):
    assert all_rows in told(model, language)
    assert all_rows in told(model, language, rows_searched=None)  # of a model trained before the number was kept
    drawn = told(model, language, rows=1_400_000, rows_searched=60_000)
    assert a_draw in drawn
    assert all_rows not in drawn
