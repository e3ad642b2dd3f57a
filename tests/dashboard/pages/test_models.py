"""The pages about models: who may open it, what its pages show, and that work is begun once and kept whole."""

import io
import json
import os
import re
import shutil
import signal
import time
from datetime import date, datetime
from pathlib import Path
from typing import Any
from unittest.mock import Mock

import pandas as pd
import pytest
from sqlalchemy import update
from sqlalchemy.orm import Session

from dashboard.components import metric_charts, model_charts
from dashboard.jobs import model_tasks, process, rows, ticks
from dashboard.jobs.whereabouts import alive
from dashboard.pages.models import job_panel
from dashboard.queries import model_cache
from dashboard.queries.model_cache import ModelCache
from pipeline.errors import NotFound
from pipeline.language import speaking
from pipeline.settings import ROOT
from pipeline.store.database import engine_for
from pipeline.store.tables import Import, ModelDecision, ModelFile
from scoring.evaluation import plot_data
from scoring.registry import registry, train_model
from scoring.registry.model_files import store_missing
from tests.cast import LOTUS
from tests.dashboard import city, stored_model
from tests.dashboard.conftest import Visitor, body_of

PATIENCE_SECONDS = 90


@pytest.fixture
def engine(settings: Any) -> Any:
    opened = engine_for(settings.db_url)
    yield opened
    opened.dispose()


@pytest.fixture
def model(settings: Any, engine: Any) -> str:
    return stored_model.put(engine, settings.models)


PATHS = ["/models", "/model/{}", "/download/model/{}/reliability.csv", "/download/model/{}/card.zh.md"]


@pytest.mark.parametrize("path", PATHS)
def test_only_an_analyst_opens_the_models(
    path: str, model: str, officer: Visitor, enterprise: Visitor, analyst: Visitor
):
    address = path.format(model)
    assert analyst.get(address).status_code == 200
    assert officer.get(address).status_code == 403
    assert enterprise.get(address).status_code == 403


def test_a_model_that_the_store_does_not_have_is_not_found(model: str, analyst: Visitor):
    assert analyst.show("/model/none-such").status_code == 404
    assert analyst.get("/download/model/none-such/reliability.csv").status_code == 404
    assert analyst.get(f"/download/model/{model}/none-such.csv").status_code == 404
    assert analyst.get(f"/download/model/{model}/card.fr.pdf").status_code == 404
    assert analyst.get(f"/download/model/{model}/card.zh.exe").status_code == 404


def test_a_models_page_shows_its_measures_beside_the_baseline(model: str, analyst: Visitor):
    answer = analyst.show(f"/model/{model}")
    page = answer.get_data(as_text=True)
    assert answer.status_code == 200
    assert "0.871" in page
    shown = json.dumps(answer.get_json(), ensure_ascii=False)
    assert all(words in shown for words in ("跨时间 AUC", "仅看净利润", "4 / 3.0"))


def test_every_table_of_the_measures_comes_as_csv_that_says_the_data_are_made_up(model: str, analyst: Visitor):
    for name in ("comparison", "days", "reliability", "subgroups"):
        answer = analyst.get(f"/download/model/{model}/{name}.csv")
        first, rest = answer.get_data(as_text=True).split("\n", 1)
        assert "虚构" in first
        assert len(pd.read_csv(io.StringIO(rest))) >= 2


def test_the_card_comes_in_both_languages(model: str, analyst: Visitor):
    assert analyst.get(f"/download/model/{model}/card.zh.md").get_data(as_text=True).startswith("# 模型")
    assert analyst.get(f"/download/model/{model}/card.en.md").get_data(as_text=True).startswith("# Model card")
    assert analyst.get(f"/download/model/{model}/card.zh.pdf").data.startswith(b"%PDF")


def test_reasons_are_computed_by_one_job_and_cached(model: str, settings: Any, engine: Any, analyst: Visitor):
    output = "..models-inspect-shown.children...models-inspect-tick.max_intervals...models-inspect-job.data.."

    def tick(job: str | None) -> dict[str, Any]:
        given = {
            "models-inspect-tick.n_intervals": 1,
            "models-inspect-job.data": job,
            "models-inspect-about.data": {"model": model},
        }
        found: dict[str, Any] = analyst.call(body_of(analyst.app, output, given)).get_json()["response"]
        return found

    answer = tick(None)
    job = answer["models-inspect-job"]["data"]
    assert answer["models-inspect-tick"]["max_intervals"] == 3
    assert tick(None)["models-inspect-job"]["data"] == job  # a page opened twice waits for the same work
    assert analyst.get(f"/download/model/{model}/importance.csv").status_code == 404
    ends = time.monotonic() + PATIENCE_SECONDS
    while "max_intervals" in (answer := tick(job)).get("models-inspect-tick", {}) and time.monotonic() < ends:
        time.sleep(0.3)
    assert "model-dependence" in json.dumps(answer)
    importance = csv_of(analyst, f"/download/model/{model}/importance.csv")
    assert set(importance["feature"]) == set(stored_model.NAMES)
    dependence = csv_of(analyst, f"/download/model/{model}/dependence.csv?feature=staff&other=assets")
    assert list(dependence.columns) == ["firm_id", "value", "points", "other_value"]
    assert analyst.get(f"/download/model/{model}/dependence.csv?feature=none").status_code == 404
    assert len(csv_of(analyst, f"/download/model/{model}/pair.csv")) == 10  # two of the twelve have filed already
    assert len(csv_of(analyst, f"/download/model/{model}/beeswarm.csv")) == 10
    cache = ModelCache(engine, settings.models, model)
    cached = cache.inspection_path()
    with Session(engine) as session, session.begin():
        session.get_one(Import, 1).state = "undone"
    assert cache.inspection_path() != cached  # it rested on that import


def csv_of(analyst: Visitor, address: str) -> pd.DataFrame:
    return pd.read_csv(io.StringIO(analyst.get(address).get_data(as_text=True).split("\n", 1)[1]))


def test_a_model_that_was_changed_in_the_database_is_answered_with_a_letter(
    model: str, settings: Any, engine: Any, analyst: Visitor
):
    store_missing(engine, settings.models, now=datetime(2026, 5, 2), by="clerk")
    shutil.rmtree(settings.models / model)  # as on a host that has never had it
    assert analyst.get(f"/download/model/{model}/card.zh.md").status_code == 200
    shutil.rmtree(settings.models / model)
    with engine.begin() as connection:
        connection.execute(update(ModelFile).where(ModelFile.name == "calibration.json").values(content=b"changed"))
    for answer in (analyst.get(f"/download/model/{model}/card.zh.md"), analyst.show(f"/model/{model}")):
        assert answer.status_code == 500
        assert "calibration.json" in answer.text


def test_what_a_page_of_ours_never_sends_begins_no_job(model: str, analyst: Visitor):
    output = "..models-inspect-shown.children...models-inspect-tick.max_intervals...models-inspect-job.data.."
    for about, status in (({"model": 7}, 400), ({"model": "../secret"}, 200), ({}, 200)):
        given = {"models-inspect-job.data": None, "models-inspect-about.data": about}
        answer = analyst.call(body_of(analyst.app, output, given))
        assert answer.status_code == status
        if status == 200:
            assert answer.get_json()["response"].get("models-inspect-job", {}).get("data") is None


def test_the_models_refuse_an_officers_call(model: str, officer: Visitor):
    output = "..models-watch-shown.children...models-watch-tick.max_intervals...models-watch-job.data.."
    assert officer.call(body_of(officer.app, output, {"models-watch-about.data": {"model": model}})).status_code == 403


def test_a_promotion_needs_a_second_person_of_the_bureau(model: str, engine: Any, analyst: Visitor):
    def promote(chosen: str, second: str | None, password: str | None) -> str:
        output = next(one for one in analyst.app.callback_map if one.startswith("..models-promoted.children"))
        given = {
            "models-promote-do.n_clicks": 1,
            "models-promote.value": chosen,
            "models-why.value": "跨时间检验更好",
            "models-second.value": second,
            "models-second-password.value": password,
        }
        return json.dumps(analyst.call(body_of(analyst.app, output, given)).get_json(), ensure_ascii=False)

    promote(model, None, None)  # the first comes into office alone
    other = stored_model.put(engine, Path(analyst.app.server.extensions["goldseed"].settings.models), "small-2027")
    assert "第二人" in promote(other, None, None)
    assert "第二人" in promote(other, city.ENTERPRISE, city.PASSWORD)
    assert "第二人" in promote(other, city.OFFICER, "wrong-password")
    assert "第二人" in promote(other, city.ANALYST, city.PASSWORD)
    assert registry.champion(engine) == model
    assert "small-2027" in promote(other, city.OFFICER, city.PASSWORD)
    assert registry.champion(engine) == other
    with Session(engine) as session:
        last = session.query(ModelDecision).order_by(ModelDecision.id.desc()).first()
        assert (last.decided_by, last.seconded_by) == (city.ANALYST, city.OFFICER)


# --- below the pages -------------------------------------------------------------------------------


def test_a_training_that_has_begun_to_be_stored_is_not_ended_half_way(monkeypatch: pytest.MonkeyPatch, settings: Any):
    seen: list[Any] = []

    def trained(*_args: Any, progress: Any, **_more: Any) -> Any:
        for share in (0.4, 0.95):
            progress(share, "…")
            seen.append(signal.getsignal(signal.SIGTERM))
        return type("Trained", (), {"id": "new", "warnings": []})

    monkeypatch.setattr(train_model, "train", trained)
    monkeypatch.setattr(model_tasks, "inspect", lambda *_args, **_more: None)
    told: list[Any] = []
    progress = Mock(side_effect=lambda share, _says: told.append(share))
    progress.begin_storing.side_effect = lambda: told.append("storing")
    before = signal.getsignal(signal.SIGTERM)
    try:
        model_tasks.train(
            settings,
            Path("/nowhere"),
            progress,
            as_of="2026-05-01",
            cohorts=["city"],
            event="listed",
            within_months=24,
            seed=0,
            name=None,
            by="分析员",
        )
    finally:
        signal.signal(signal.SIGTERM, before)
    assert seen == [before, signal.SIG_IGN]
    assert told[:1] + told[2:] == pytest.approx([0.4 * 0.89, 0.95 * 0.89])
    assert told[1] == "storing"  # before anything is


def test_a_cancelled_training_leaves_no_folder_and_no_row(settings: Any, engine: Any, monkeypatch: pytest.MonkeyPatch):
    before = {model.id for model in registry.list_models(engine)}
    job = process.start(
        settings,
        engine,
        1,
        "train",
        as_of="2026-05-01",
        cohorts=["city"],
        event="tutoring_filed",
        within_months=24,
        seed=0,
        name="half",
        by="分析员",
    )
    ends = time.monotonic() + PATIENCE_SECONDS
    while process.state(engine, 1, job).state == "waiting" and time.monotonic() < ends:
        time.sleep(0.01)
    row = rows.read(engine, job, 1)
    assert process.cancel(engine, 1, job)
    assert process.state(engine, 1, job).state == "cancelled"
    while alive(row.host, row.process) and time.monotonic() < ends:
        time.sleep(0.1)
    assert alive(row.host, row.process) is False, "the cancelled work goes on"
    assert process.state(engine, 1, job).state == "cancelled"
    assert {model.id for model in registry.list_models(engine)} == before
    assert not list(Path(settings.models).glob("half*"))


def test_a_result_is_cached_for_what_it_depends_on(model: str, settings: Any, engine: Any):
    cache = ModelCache(engine, settings.models, model)
    path = cache.result_path("watch", "city", "2026-05-01")
    assert path != cache.result_path("watch", "city", "2026-05-02")
    assert model_cache.cached(path) is None
    model_cache.write_cached(path, {"verdict": "no", "day": date(2026, 5, 1)})
    assert model_cache.cached(path) == {"verdict": "no", "day": "2026-05-01"}
    assert [file.name for file in path.parent.iterdir()] == [path.name]
    with pytest.raises(NotFound):
        ModelCache(engine, settings.models, "../models").result_path("watch", "city", "2026-05-01")


def test_a_clock_asks_once_more_only_after_an_answer():
    assert ticks.next_tick(None) == 1
    assert ticks.next_tick(3) == 4


def test_a_tick_spent_while_a_job_is_started_does_not_stop_the_clock():
    assert ticks.first_tick(None) > 1  # the tick that the page owed from its beginning
    assert ticks.first_tick(3) > 4


def test_dots_need_no_webgl_since_the_pages_allow_no_script_from_text():
    model = stored_model.small_model()
    firms = pd.DataFrame(
        [[1.0] * 6, [2.0] * 6, [float("nan")] * 6],
        columns=stored_model.NAMES,
        index=pd.Index(["A", "B", "C"], name="firm_id"),
    )
    reasons = model.score(firms).reasons
    rows = plot_data.dependence_of(reasons, firms, "net_profit", "staff")
    figures = [
        model_charts.beeswarm(plot_data.beeswarm_of(reasons, firms), dark=False),
        model_charts.dependence("net_profit", rows, plot_data.trend_of(rows), True, "staff"),
        model_charts.importance(plot_data.importance_of(reasons), dark=False),
    ]
    assert {trace["type"] for figure in figures for trace in figure["data"]} <= {"scatter", "bar"}
    json.dumps(figures, allow_nan=False)


def test_bars_of_one_name_stay_two_bars():
    assert len(set(model_charts.unique(["Staff", "Staff", "Revenue"]))) == 3


def test_a_value_without_an_interval_is_drawn_without_one_and_an_unknown_one_not_at_all():
    found = [("ours", {"value": 0.9, "low": None, "high": None}), ("theirs", {"value": None})]
    (trace,) = metric_charts.intervals(found, dark=False)["data"]
    assert trace["x"] == [0.9]
    assert trace["error_x"]["array"] == [0.0]


def test_precision_over_dates_counts_every_date_alike():
    table = pd.DataFrame({"as_of": ["1", "2"], "model": ["goldseed"] * 2, "count": [10, 10], "precision": [0.2, 0.4]})
    with speaking("en"):
        (trace,) = metric_charts.precision(table, dark=False)["data"]
    assert trace["name"] == "this model"
    assert trace["y"] == pytest.approx([0.3])


def test_a_word_that_no_page_of_ours_sends_is_refused():
    from werkzeug.exceptions import BadRequest

    for about in ({}, {"model": 3}, {"model": ""}, {"model": "x" * 300}):
        with pytest.raises(BadRequest):
            job_panel.text_in(about, "model")


def test_a_name_that_leads_out_of_the_store_is_no_name():
    assert registry.good_name("city-2026")
    assert not any(registry.good_name(name) for name in ("", "..", "../x", ".hidden", "a/b", "a" + os.sep))


# --- the expected number of events ---------------------------------------------------------------


def test_the_expected_number_is_shown_and_set_by_those_who_may_score(officer: Visitor, enterprise: Visitor):
    assert "17.0" in json.dumps(officer.show("/expected").get_json(), ensure_ascii=False)
    assert enterprise.show("/expected").status_code == 403
    output = next(one for one in officer.app.callback_map if one.startswith("..expected-told.children"))

    def set_to(whom: Visitor, events: float | str, why: str) -> Any:
        given = {
            "expected-do.n_clicks": 1,
            "expected-run.data": 1,
            "expected-events.value": events,
            "expected-why.value": why,
        }
        return whom.call(body_of(whom.app, output, given))

    assert set_to(enterprise, 5, "不可").status_code == 403
    assert "未更改" in json.dumps(set_to(officer, 5, "").get_json(), ensure_ascii=False)
    for wrong in ("many", "", 12):
        assert "不可能" in json.dumps(set_to(officer, wrong, "依据").get_json(), ensure_ascii=False)
    told = json.dumps(set_to(officer, 5, "以往三年平均").get_json(), ensure_ascii=False)
    assert "林科员" in told
    assert "以往三年平均" in told
    firm = json.dumps(officer.show(f"/firm/{LOTUS}").get_json(), ensure_ascii=False)
    assert "预计 5.0 家" in firm  # beside the probability
    assert "/expected" in firm
    assert "/expected" not in json.dumps(enterprise.show(f"/firm/{LOTUS}").get_json(), ensure_ascii=False)


# --- what the first plot waits for ---------------------------------------------------------------


def test_a_tab_that_nobody_opened_is_not_drawn_and_is_drawn_once(model: str, analyst: Visitor):
    first = json.dumps(analyst.show(f"/model/{model}").get_json(), ensure_ascii=False)
    assert "1–4 亿元" not in first
    assert "model-card" in first
    assert "1–4 亿元" in json.dumps(analyst.show(f"/model/{model}", "?tab=subgroups").get_json(), ensure_ascii=False)
    output = next(one for one in analyst.app.callback_map if "model-subgroups.children" in one)

    def opened(tab: str, filled: list[str]) -> Any:
        given = {"model-tabs.value": tab, "model-id.data": model, "model-filled.data": filled}
        return analyst.call(body_of(analyst.app, output, given))

    answer = opened("subgroups", ["measures"]).get_json()["response"]
    assert answer["model-filled"]["data"] == ["measures", "subgroups"]
    assert "1–4 亿元" in json.dumps(answer["model-subgroups"], ensure_ascii=False)
    assert "model-card" not in answer
    assert "model-subgroups" not in opened("subgroups", ["measures", "subgroups"]).get_json()["response"]


def test_the_bundle_of_plots_is_of_plotlys_own_version_and_asked_for_in_the_head(analyst: Visitor):
    import plotly

    whole = Path(plotly.__file__).parent / "package_data" / "plotly.min.js"
    version = re.search(r"plotly\.js v([\d.]+)", whole.read_text("utf-8")[:200]).group(1)
    head = analyst.get("/").get_data(as_text=True)
    (address,) = re.findall(r'<script defer src="([^"]+)"', head)
    assert f"plotly-finance-{version}.min.js" in address
    answer = analyst.get(address)
    assert answer.status_code == 200
    assert "immutable" in answer.headers["Cache-Control"]
    assert f"v{version}" in answer.get_data(as_text=True)[:300]


def test_the_bundle_knows_every_kind_of_plot_that_is_drawn():
    kinds = {"scatter", "bar", "waterfall"}
    other = {"category", "line", "log", "data"}  # of axes, shapes and error bars
    for file in (ROOT / "dashboard" / "components").glob("*charts.py"):
        drawn = set(re.findall(r'"type": "(\w+)"', file.read_text("utf-8"))) - other
        assert drawn <= kinds, file


def test_a_page_itself_is_kept_by_no_browser(analyst: Visitor):
    assert analyst.get("/").headers["Cache-Control"] == "no-store"
    assert "immutable" not in analyst.get("/assets/icons/robot.svg").headers["Cache-Control"]


def test_lift_and_precision_come_from_the_training_until_somebody_judges_over_other_dates(
    model: str, settings: Any, engine: Any, analyst: Visitor
):
    output = "..models-backtest-shown.children...models-backtest-tick.max_intervals...models-backtest-job.data.."

    def look() -> str:
        given = {"models-backtest-tick.n_intervals": 1, "models-backtest-about.data": {"model": model}}
        return json.dumps(analyst.call(body_of(analyst.app, output, given)).get_json(), ensure_ascii=False)

    assert analyst.get(f"/download/model/{model}/lift.csv").status_code == 404
    assert "2023-05-01" not in look()
    rows = [(f"firm-{place}", "2023-05-01", "goldseed", place / 10, place > 7) for place in range(10)]
    scores = pd.DataFrame(rows, columns=["firm_id", "as_of", "model", "probability", "label"]).astype({"label": int})
    scores.to_csv(settings.models / model / "backtest.csv", index=False)
    lift = csv_of(analyst, f"/download/model/{model}/lift.csv").set_index("share")["found"]
    assert lift[0.2] == 1.0  # both events are among the two highest of ten
    assert lift[0.1] == 0.5
    assert "2023-05-01" in look()
    judged = scores.assign(label=(scores.index < 2).astype(int))
    ModelCache(engine, settings.models, model).write_backtest(judged, {"dates": [], "models": {}})
    assert csv_of(analyst, f"/download/model/{model}/lift.csv").set_index("share")["found"][0.2] == 0.0
