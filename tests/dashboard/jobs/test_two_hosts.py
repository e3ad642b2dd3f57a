"""Two dashboards over one PostgreSQL database, as two hosts behind a proxy that sends a visitor now here, now there."""

import base64
import io
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from dashboard.app import create_app
from pipeline.settings import Settings
from pipeline.store.database import engine_for
from pipeline.store.tables import Import, Job
from tests.dashboard import city
from tests.dashboard.conftest import Visitor, body_of, signed_in
from tests.pipeline.intake.parts import firm, number, packed, parts_of, text

pytestmark = pytest.mark.postgres
PATIENCE_SECONDS = 60


@pytest.fixture
def hosts(postgres_url: str, settings: Settings, tmp_path: Path) -> Iterator[list[Visitor]]:
    """An officer who is signed in at both; each has folders of its own."""
    common = replace(settings, db_url=postgres_url, secret="s" * 40)
    engine = engine_for(postgres_url)
    city.settle(engine)
    engine.dispose()
    apps = []
    for name in ("here", "there"):
        (tmp_path / name).mkdir()
        apps.append(create_app(replace(common, root=tmp_path / name, models=tmp_path / name / "models")))
    yield [signed_in(app, city.OFFICER) for app in apps]
    for app in apps:
        app.server.extensions["goldseed"].engine.dispose()


def answer(visitor: Visitor, part: str, **values: Any) -> Any:
    """What a callback of the imports gives, by its outputs; `values`: with __ for the dot before a property."""
    output = next(name for name in visitor.app.callback_map if part in name)
    filled = {name.replace("__", ".").replace("_", "-"): value for name, value in values.items()}
    given = visitor.call(body_of(visitor.app, output, filled))
    assert given.status_code == 200, given.data
    return given.get_json()["response"]


def followed(visitor: Visitor, job: Any) -> str:
    """What a host shows of a job when it has ended."""
    ends = time.monotonic() + PATIENCE_SECONDS
    while time.monotonic() < ends:
        shown = answer(visitor, "imports-list.children", imports_tick__n_intervals=1, imports_job__data=job)
        if shown.get("imports-tick", {}).get("disabled"):
            return str(shown)
        time.sleep(0.2)
    raise AssertionError("it does not end")


def test_a_file_that_one_host_was_sent_is_followed_marked_and_stored_at_the_other(hosts: list[Visitor], tmp_path: Path):
    here, there = hosts
    for revenue, expected in ((text("约3200"), "约3200"), (number(3200.5), "imports-store")):
        form = packed(tmp_path / "form.xlsx", parts_of(firm(revenue, number(210), number(5100)))).read_bytes()
        sent = {
            "imports_file__contents": "data:;base64," + base64.b64encode(form).decode(),
            "imports_file__filename": "企业.xlsx",
            "imports_map__value": "city",
        }
        begun = answer(here, "..imports-job.data...imports-tick.disabled...imports-progress.children", **sent)
        job = begun["imports-job"]["data"]
        assert expected in followed(there, job)
        if expected == "约3200":
            marked = there.get(f"/download/mended/{job['id']}")
            assert marked.status_code == 200
            assert openpyxl.load_workbook(io.BytesIO(marked.data)).sheetnames
    stored = next(name for name, one in there.app.callback_map.items() if one["inputs"][0]["id"] == "imports-store")
    begun = there.call(body_of(there.app, stored, {"imports-store.n_clicks": 1, "imports-job.data": job})).get_json()[
        "response"
    ]
    followed(here, begun["imports-job"]["data"])
    with Session(here.app.server.extensions["goldseed"].engine) as session:
        assert session.scalars(select(Import.file_name).order_by(Import.id.desc())).first() == "企业.xlsx"
        assert sorted(session.scalars(select(Job.kind))) == ["look", "look", "store"]
