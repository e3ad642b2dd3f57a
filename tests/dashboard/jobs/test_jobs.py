"""Jobs in a process of their own: progress, cancelling, and that each belongs to one person."""

import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine

from dashboard.jobs import process
from dashboard.web.uploads import safe_name
from pipeline.errors import NotFound
from pipeline.settings import Settings
from pipeline.store.database import engine_for


@pytest.fixture
def engine(settings: Settings) -> Iterator[Engine]:
    opened = engine_for(settings.db_url)
    yield opened
    opened.dispose()


def finished(engine: Engine, owner: int, job: str, seconds: float = 60) -> process.State:
    until = time.monotonic() + seconds
    while (state := process.state(engine, owner, job)).running and time.monotonic() < until:
        time.sleep(0.1)
    return state


def looking_at(settings: Settings, engine: Engine, content: bytes, owner: int = 1) -> str:
    about = {"file": "lotus.csv", "map_name": "city", "known_on": None, "account": owner}
    return process.start(settings, engine, owner, "look", upload=("lotus.csv", content), **about)


def test_a_look_at_a_wrong_file_ends_with_what_is_to_be_mended(settings: Settings, engine: Engine):
    job = looking_at(settings, engine, "甲,乙\n1,2\n".encode())
    found = finished(engine, 1, job)
    assert found.state == "done"
    assert not found.result["good"]
    assert found.result["problems_count"] > 0
    assert found.result["mended"]
    copy = process.mended_file(engine, 1, job)
    assert copy is not None
    assert copy[:2] == b"PK"


def test_somebody_else_does_not_learn_of_the_work(settings: Settings, engine: Engine):
    job = looking_at(settings, engine, b"1,2\n")
    for of_mine in (process.state, process.cancel, process.mended_file):
        with pytest.raises(NotFound):
            of_mine(engine, 2, job)
    finished(engine, 1, job)


def test_work_that_is_asked_for_twice_runs_once(settings: Settings, engine: Engine, monkeypatch: pytest.MonkeyPatch):
    begun: list[str] = []
    monkeypatch.setattr(process, "_begin", lambda _settings, job: begun.append(job))
    jobs = [process.start_or_join(settings, engine, 1, "train", seed=seed) for seed in (0, 0, 1)]
    assert jobs[0] == jobs[1] != jobs[2]
    assert begun == [jobs[0], jobs[2]]


@pytest.mark.parametrize("job", ["", "..", "../../etc", "0" * 24, "../" + "0" * 21, "\0" * 24])
def test_an_id_that_is_none_is_not_there(engine: Engine, job: str):
    with pytest.raises(NotFound):
        process.state(engine, 1, job)


def test_work_that_is_cancelled_says_so_and_is_not_begun(settings: Settings, engine: Engine):
    job = looking_at(settings, engine, b"1,2\n")
    assert process.cancel(engine, 1, job)
    assert process.state(engine, 1, job).state == "cancelled"
    assert process.cancel(engine, 1, job)  # twice is no matter


def test_work_that_fails_of_itself_is_told_as_failed(settings: Settings, engine: Engine):
    found = finished(engine, 1, process.start(settings, engine, 1, "no such work"))
    assert found.state == "failed"
    assert found.says == "任务中途结束，没有存入任何内容，请重新开始。"


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("../../x.xlsx", "x.xlsx"),
        ("C:\\a\\企业 年报.xlsx", "企业 年报.xlsx"),
        ("a\x00b.csv", "a_b.csv"),
        ("..", "file"),
    ],
)
def test_a_file_name_never_leads_to_another_folder(given: str, kept: str):
    assert safe_name(given) == kept


def test_an_enterprise_cannot_upload(app: Any, enterprise: Any):
    from tests.dashboard.conftest import body_of

    output = next(name for name in app.callback_map if name.startswith("..imports-job.data...imports-tick.disabled..."))
    assert enterprise.call(body_of(app, output, {"imports-file.contents": "data:,eA=="})).status_code == 403
    assert enterprise.get("/imports").status_code == 403
    assert enterprise.get("/download/mended/" + "0" * 24).status_code == 403


def test_the_empty_form_comes_as_a_workbook(officer: Any, tmp_path: Path):
    answer = officer.get("/download/template.xlsx")
    assert answer.status_code == 200
    assert answer.data[:2] == b"PK"
