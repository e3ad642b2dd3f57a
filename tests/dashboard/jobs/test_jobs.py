"""Jobs in a process of their own: progress, cancelling, and that each belongs to one person."""

import time
from pathlib import Path
from typing import Any

import pytest

from dashboard.jobs import process
from dashboard.web.uploads import safe_name
from pipeline.errors import NotFound
from pipeline.settings import Settings


def finished(settings: Settings, owner: int, job: str, seconds: float = 40) -> process.State:
    until = time.monotonic() + seconds
    while (state := process.state(settings, owner, job)).running and time.monotonic() < until:
        time.sleep(0.1)
    return state


def looking_at(settings: Settings, content: bytes, owner: int = 1) -> str:
    folder = process.new_folder(settings, owner)
    (folder / "upload").mkdir()
    (folder / "upload" / "lotus.csv").write_bytes(content)
    return process.start(settings, folder, "look", file="lotus.csv", map_name="city", known_on=None)


def test_a_look_at_a_wrong_file_ends_with_what_is_to_be_mended(settings: Settings):
    found = finished(settings, 1, looking_at(settings, "甲,乙\n1,2\n".encode()))
    assert found.state == "done"
    assert not found.result["good"]
    assert found.result["problems_count"] > 0


def test_somebody_else_does_not_learn_of_the_work(settings: Settings):
    job = looking_at(settings, b"1,2\n")
    with pytest.raises(NotFound):
        process.state(settings, 2, job)
    finished(settings, 1, job)


def test_running_work_is_found_by_the_same_arguments_of_the_same_person_alone(settings: Settings):
    job = looking_at(settings, b"1,2\n")
    same = {"file": "lotus.csv", "map_name": "city", "known_on": None}
    assert process.running(settings, 1, "look", **same) == job
    assert process.running(settings, 1, "look", **{**same, "file": "reed.csv"}) is None
    assert process.running(settings, 1, "store", **same) is None
    assert process.running(settings, 2, "look", **same) is None
    finished(settings, 1, job)
    assert process.running(settings, 1, "look", **same) is None


@pytest.mark.parametrize("job", ["", "..", "../../etc", "0" * 24, "../" + "0" * 21])
def test_an_id_that_is_none_is_not_there(settings: Settings, job: str):
    process.new_folder(settings, 1)
    with pytest.raises(NotFound):
        process.state(settings, 1, job)


def test_work_that_is_cancelled_says_so(settings: Settings):
    job = looking_at(settings, b"1,2\n")
    process.cancel(settings, 1, job)
    time.sleep(0.3)
    assert process.state(settings, 1, job).state == "cancelled"


def test_work_whose_process_was_killed_is_told_as_failed(settings: Settings, monkeypatch: pytest.MonkeyPatch):
    folder = process.new_folder(settings, 1)
    job = process.start(settings, folder, "no such work")
    found = finished(settings, 1, job)
    assert found.state == "failed"
    assert found.says


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
