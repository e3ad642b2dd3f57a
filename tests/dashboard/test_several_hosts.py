"""Two hosts serve one PostgreSQL database, each with its own folder of models and key file, and do as one would."""

import base64
import json
import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from http.cookiejar import CookieJar
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from sqlalchemy import Engine, select
from sqlalchemy.orm import Session

from dashboard import kept_forms
from dashboard.app import create_app
from dashboard.jobs import __main__ as jobs
from dashboard.jobs import rows
from dashboard.jobs.process import State, state
from dashboard.queries.model_cache import ModelCache, cached
from dashboard.serving import OtherKey, check_key
from dashboard.web.attempts import Attempts
from pipeline.accounts import audit, people
from pipeline.settings import ROOT, Settings
from pipeline.store.database import engine_for
from pipeline.store.tables import Account, KeptForm, ScoreRun
from pipeline.store.trail import chain
from scoring.dataset.snapshot import Snapshots
from scoring.registry import registry
from scoring.registry.model_files import store_missing
from scoring.scores import peer_changes
from scoring.scores.score_cohort import score_cohort
from tests.dashboard import city, stored_model
from tests.dashboard.conftest import Visitor, body_of, signed_in
from tests.pipeline.intake.parts import firm, number, packed, parts_of

pytestmark = pytest.mark.postgres
PATIENCE_SECONDS = 120
MODEL = "small-2026"


@pytest.fixture
def common(postgres_url: str, settings: Settings) -> Settings:
    """The settings of both hosts, over the small city on PostgreSQL; root and models are still to be told apart."""
    engine = engine_for(postgres_url)
    city.settle(engine)
    engine.dispose()
    return replace(settings, db_url=postgres_url, secret="s" * 40)


def host(common: Settings, folder: Path) -> Settings:
    return replace(common, root=folder, models=folder / "models")


@contextmanager
def boards(*hosts: Settings) -> Iterator[list[Any]]:
    apps = [create_app(one) for one in hosts]
    yield apps
    for app in apps:
        app.server.extensions["goldseed"].engine.dispose()


def engine_of(app: Any) -> Engine:
    engine: Engine = app.server.extensions["goldseed"].engine
    return engine


def test_of_attempts_with_one_password_at_two_hosts_five_are_let_through(common: Settings, tmp_path: Path):
    with boards(host(common, tmp_path / "a"), host(common, tmp_path / "b")) as apps:
        answers = []
        for attempt in range(8):
            app = apps[attempt % 2]
            answers.append(Visitor(app, app.server.test_client()).sign_in(city.OFFICER, "wrong-password-1").status_code)
        assert answers == [401] * 5 + [429] * 3
        for app in apps:  # the right one comes too late, wherever
            assert Visitor(app, app.server.test_client()).sign_in(city.OFFICER).status_code == 429


def test_where_a_database_of_several_hosts_cannot_count_an_attempt_the_password_is_not_looked_at(
    common: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    asked: list[str] = []
    with boards(host(common, tmp_path)) as (app,):
        with engine_of(app).begin() as connection:
            name = connection.exec_driver_sql("SELECT current_database()").scalar()
            connection.exec_driver_sql(f'ALTER DATABASE "{name}" SET default_transaction_read_only = on')
        engine_of(app).dispose()
        monkeypatch.setattr(people, "check_password", lambda *about: asked.append(about[1]))
        answer = Visitor(app, app.server.test_client()).sign_in(city.OFFICER)
        assert answer.status_code == 507
        assert "只能读取" in answer.text
        assert asked == []
        assert Attempts(engine_of(app)).wrong_before(city.OFFICER) == 0


def test_a_model_promoted_at_one_host_is_scored_with_and_shown_by_the_other(common: Settings, tmp_path: Path):
    here, there = host(common, tmp_path / "a"), host(common, tmp_path / "b")
    with boards(here, there) as apps:
        engine = engine_of(apps[0])
        stored_model.put(engine, here.models, MODEL)
        store_missing(engine, here.models, now=city.NOW, by="clerk")
        registry.promote(engine, MODEL, why="更准", by=city.ANALYST, now=city.NOW)
        score_cohort(engine_of(apps[1]), there.models, stored_model.DAY, now=city.NOW)
        with Session(engine) as session:
            assert session.scalars(select(ScoreRun.model_id).order_by(ScoreRun.id.desc())).first() == MODEL
        cards = [signed_in(app, city.ANALYST).get(f"/download/model/{MODEL}/card.zh.md").data for app in apps]
        assert cards[0] == cards[1]
        assert cards[0].startswith("# 模型".encode())
    for name in ("model.txt", "references.json"):
        assert (there.models / MODEL / name).read_bytes() == (here.models / MODEL / name).read_bytes()


def test_work_on_a_model_that_one_host_was_asked_for_is_done_by_the_other_and_shown_by_both(
    common: Settings, tmp_path: Path
):
    here, there = host(common, tmp_path / "a"), host(common, tmp_path / "b")
    with boards(here, there) as apps:
        engine = engine_of(apps[0])
        stored_model.put(engine, here.models, MODEL)
        store_missing(engine, here.models, now=city.NOW, by="clerk")
        with Session(engine) as session:
            owner = session.scalars(select(Account.id).where(Account.name == city.ANALYST)).one()
        work = rows.Work("inspect", owner, "zh_CN", {"model": MODEL})
        job = rows.ask(engine, work, audit.utc(city.NOW), {})  # as the first host's page asks for it
        jobs.run(job, there)
        assert isinstance(found := state(engine, owner, job), State)
        assert found.state == "done", found.says
        assert not (here.models / MODEL / "plots").exists()
        shown = [signed_in(app, city.ANALYST).get(f"/download/model/{MODEL}/importance.csv") for app in apps]
        assert [answer.status_code for answer in shown] == [200, 200]
        assert shown[0].data.split(b"\n")[1:] == shown[1].data.split(b"\n")[1:]


def test_the_last_backtest_and_the_newest_results_are_everybody_s(common: Settings, tmp_path: Path):
    engine = engine_for(common.db_url)
    stored_model.put(engine, tmp_path / "a", MODEL)
    store_missing(engine, tmp_path / "a", now=city.NOW, by="clerk")
    here, there = (ModelCache(engine, tmp_path / name, MODEL) for name in ("a", "b"))
    assert there.backtest_scores() is None
    for writer, reader, share in ((here, there, 0.25), (there, here, 0.5)):
        about = {"firm_id": ["1"], "as_of": ["2025-05-01"], "model": ["goldseed"], "probability": [share], "label": [1]}
        writer.write_backtest(pd.DataFrame(about), {"share": share})
        assert reader.backtest_metrics() == {"share": share}
        scores = reader.backtest_scores()
        assert scores is not None
        assert scores["probability"].tolist() == [share]
    for place, writer in enumerate((here, there, here)):
        writer.write_result(writer.result_path("watch", str(place)), {"number": place}, alone=True)
        assert there.latest_result("watch") == here.latest_result("watch") == {"number": place}
    there.write_result(there.result_path("compare", "other"), {"number": 7})
    assert cached(here.result_path("compare", "other")) == {"number": 7}
    assert here.latest_result("watch") == {"number": 2}
    engine.dispose()


def test_the_bounds_of_suggestions_are_those_that_one_host_worked_out(
    common: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    engine = engine_for(common.db_url)
    stored_model.put(engine, tmp_path / "a", MODEL)
    store_missing(engine, tmp_path / "a", now=city.NOW, by="clerk")
    stored = registry.load(engine, tmp_path / "b", MODEL)
    snapshots = Snapshots(engine, ["city"]).versioned(stored.event)
    day = stored_model.DAY
    made = peer_changes.peer_changes_on(tmp_path / "a", stored, snapshots, day)
    assert made.firms == 12
    monkeypatch.setattr(peer_changes, "_computed", lambda *_: pytest.fail("read all firms again"))
    for fetched in (
        peer_changes.peer_changes_on(tmp_path / "b", stored, snapshots, day),
        peer_changes.stored_peer_changes(engine, tmp_path / "c", stored, ["city"], day),
    ):
        assert fetched is not None
        np.testing.assert_array_equal(fetched.table, made.table)
    engine.dispose()


def test_a_form_that_was_mapped_at_one_host_is_known_at_the_other(common: Settings, tmp_path: Path):
    engine = engine_for(common.db_url)
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
    file = tmp_path / "a" / "tax-2025.yaml"
    file.write_text("zh: 税表\n", "utf-8")
    with Session(engine) as session, session.begin():
        audit.record(session, people.console("clerk"), "keep_column_map", "map:tax-2025", {}, city.NOW)
        audit.record(session, people.console("clerk"), "keep_column_map", "map:../../etc/passwd", {}, city.NOW)
    about = {"now": city.NOW, "by": "clerk"}
    assert kept_forms.store_missing(engine, folder=tmp_path / "b", **about) == []  # of a program that shared none
    assert kept_forms.store_missing(engine, folder=tmp_path / "a", **about) == ["tax-2025"]
    assert kept_forms.store_missing(engine, folder=tmp_path / "a", **about) == []
    kept_forms.bring(engine, tmp_path / "b")
    assert (tmp_path / "b" / "tax-2025.yaml").read_text("utf-8") == "zh: 税表\n"
    file.write_text("zh: 另一张\n", "utf-8")
    kept_forms.bring(engine, tmp_path / "a")
    assert file.read_text("utf-8") == "zh: 另一张\n"  # what is there stays
    with Session(engine) as session:
        assert session.get_one(KeptForm, "tax-2025").kept_by == "clerk"
        assert audit.verify_all(session)
    engine.dispose()


def test_a_host_with_a_trail_key_of_its_own_is_not_served(
    common: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    engine = engine_for(common.db_url)
    check_key(engine)
    for key in (None, "0" * 64):
        if key is not None:
            (tmp_path / "other-key").write_text(key)
        monkeypatch.setenv("GOLDSEED_TRAIL_KEY", str(tmp_path / "other-key"))
        with pytest.raises(OtherKey) as told:
            check_key(engine)
        assert "GOLDSEED_TRAIL_KEY" in str(told.value)
    engine.dispose()


# --- two serving processes ---------------------------------------------------------------------------


@dataclass
class Browser:
    """Cookies are those of one visitor, whichever host answers."""

    cookies: CookieJar

    def ask(self, address: str, data: bytes | None = None, **headers: str) -> tuple[int, str, bytes]:
        """Status, address after redirects, and content."""
        opener = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(self.cookies))
        try:
            with opener.open(urllib.request.Request(address, data, headers), timeout=PATIENCE_SECONDS) as answer:
                return answer.status, answer.url, answer.read()
        except urllib.error.HTTPError as error:
            return error.code, address, error.read()

    @property
    def token(self) -> str:
        return next(cookie.value or "" for cookie in self.cookies if cookie.name == "_csrf_token")

    def sign_in(self, site: str, name: str, password: str = city.PASSWORD) -> int:
        self.ask(f"{site}/sign-in")
        form = {"name": name, "password": password, "csrf_token": self.token, "next": ""}
        return self.ask(f"{site}/sign-in", urllib.parse.urlencode(form).encode())[0]

    def call(self, site: str, body: dict[str, Any]) -> dict[str, Any]:
        """Run a callback as Dash's own script does."""
        headers = {"X-CSRFToken": self.token, "Content-Type": "application/json"}
        status, _url, content = self.ask(f"{site}/_dash-update-component", json.dumps(body).encode(), **headers)
        assert status == 200, content
        found: dict[str, Any] = json.loads(content)["response"]
        return found


@contextmanager
def served(common: Settings, folder: Path) -> Iterator[str]:
    """`goldseed serve` as on a host of its own; its address."""
    shutil.copyfile(os.environ["GOLDSEED_TRAIL_KEY"], folder / "trail-key")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    places = {
        "GOLDSEED_DB_URL": common.db_url,
        "GOLDSEED_MODELS": str(folder / "models"),
        "GOLDSEED_SECRET": str(common.secret),
        "GOLDSEED_TRAIL_KEY": str(folder / "trail-key"),
        "PYTHONPATH": str(ROOT),
    }
    command = [sys.executable, "-m", "cli", "serve", "--port", str(port)]
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(command, cwd=ROOT, env={**os.environ, **places}, stdout=log, stderr=log)
    try:
        yield f"http://127.0.0.1:{port}"
    finally:
        process.terminate()
        process.wait(timeout=PATIENCE_SECONDS)


def until(ready: Any, what: str) -> Any:
    ends = time.monotonic() + PATIENCE_SECONDS
    while time.monotonic() < ends:
        try:
            if found := ready():
                return found
        except OSError:
            pass
        time.sleep(0.2)
    raise AssertionError(what)


def test_who_signed_in_at_one_server_works_on_at_the_other_and_sees_the_work_and_the_models_of_the_first(
    common: Settings, tmp_path: Path
):
    folders = [tmp_path / "a", tmp_path / "b"]
    for folder in folders:
        folder.mkdir()
    engine = engine_for(common.db_url)
    stored_model.put(engine, folders[0] / "models", MODEL)  # by a program that kept models in folders alone
    declared = create_app(replace(common, root=tmp_path, models=tmp_path))  # for the form of a callback alone
    with served(common, folders[0]) as here, served(common, folders[1]) as there:
        for site in (here, there):
            until(lambda site=site: Browser(CookieJar()).ask(f"{site}/alive")[0] == 200, "it does not answer")
        officer = Browser(CookieJar())
        assert officer.sign_in(here, city.OFFICER) == 200
        assert officer.ask(f"{there}/imports")[1] == f"{there}/imports"  # and not the form to sign in with

        form = packed(tmp_path / "form.xlsx", parts_of(firm(number(3200.5), number(210), number(5100)))).read_bytes()
        sent = {
            "imports-file.contents": "data:;base64," + base64.b64encode(form).decode(),
            "imports-file.filename": "企业.xlsx",
            "imports-map.value": "city",
        }
        output = "..imports-job.data...imports-tick.disabled...imports-progress.children"
        job = officer.call(here, body(declared, output, sent))["imports-job"]["data"]
        follow(declared, officer, there, job)
        with Session(engine) as session:
            chain.check_chain(session)  # the entries of both

        analyst = Browser(CookieJar())
        analyst.sign_in(there, city.ANALYST)
        status, _url, card = analyst.ask(f"{there}/download/model/{MODEL}/card.zh.pdf")
        assert (status, card[:4]) == (200, b"%PDF")  # the first host has stored it when it began
    engine_of(declared).dispose()
    engine.dispose()


def body(app: Any, part: str, values: dict[str, Any]) -> dict[str, Any]:
    return body_of(app, next(name for name in app.callback_map if part in name), values)


def follow(app: Any, browser: Browser, site: str, job: Any) -> None:
    """Until the job has ended, as this host sees it."""
    asked = body(app, "imports-list.children", {"imports-tick.n_intervals": 1, "imports-job.data": job})
    until(lambda: browser.call(site, asked).get("imports-tick", {}).get("disabled"), "it does not end")
