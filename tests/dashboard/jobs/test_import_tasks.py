"""A look at a file ends with its result, whatever becomes of the marked copy."""

from datetime import UTC, datetime
from io import BytesIO
from pathlib import Path
from typing import Any
from unittest.mock import Mock

import openpyxl
import pytest
from sqlalchemy import Engine, select
from sqlalchemy.orm import Session

from dashboard.jobs import __main__ as jobs
from dashboard.jobs import import_tasks, rows
from pipeline.intake.storing import annotated_workbook
from pipeline.intake.storing.annotated_workbook import RED
from pipeline.settings import ROOT, Settings
from pipeline.store.plan_tables.activities import FirmActivity
from pipeline.store.tables import Job
from tests.dashboard.jobs.asked import account, asked, row_of
from tests.pipeline.intake import parts
from tests.pipeline.intake.parts import firm, number, packed, parts_of, text
from tests.pipeline.intake.workbooks import CODE, FINANCE, LOTUS, write


def looked_at(settings: Settings, folder: Path, revenue: str) -> dict[str, Any]:
    """The answer of a look at a form with styles that openpyxl cannot read (none has fonts or fills)."""
    (folder / "upload").mkdir()
    contents = parts_of(firm(revenue, number(210), number(5100)))
    contents[parts.STYLES] = contents[parts.STYLES].replace(b"<cellXfs>", b"<fills><fill/></fills><cellXfs>")
    packed(folder / "upload" / "form.xlsx", contents)
    return import_tasks.look(
        settings, folder, lambda _share, _text: None, file="form.xlsx", map_name="city", known_on=None, account=1
    )


def test_a_wrong_file_with_odd_styles_has_its_problems_and_a_plain_copy(settings: Settings, tmp_path: Path):
    answer = looked_at(settings, tmp_path, text("约3200"))
    assert [problem["cell"] for problem in answer["problems"]] == ["C2"]
    assert answer["refusal"] == "R1"
    assert answer["mended"]
    assert openpyxl.load_workbook(tmp_path / "mended.xlsx")[FINANCE]["C2"].fill.fgColor.rgb == RED


def test_a_good_file_with_odd_styles_can_be_stored(settings: Settings, tmp_path: Path):
    answer = looked_at(settings, tmp_path, number(3200.5))
    assert answer["good"]


def test_a_file_of_activities_is_looked_at_and_stored_like_any_other(sqlite_engine: Engine, sqlite_url: str, tmp_path):
    settings = Settings(root=ROOT, db_url=sqlite_url, models=tmp_path, secret=None, language="zh_CN")
    account(sqlite_engine, role="officer")
    rows_of_form = [[CODE, "事项类型", "事项名称", "发生日期"], [LOTUS, "产学研协同创新中心", None, "2024-03-01"]]
    about = {"file": "activities.xlsx", "map_name": "city-activities", "known_on": None, "account": 1}
    (tmp_path / rows.UPLOAD).mkdir()
    file = write(tmp_path / rows.UPLOAD / "activities.xlsx", {"活动": rows_of_form})
    seen = import_tasks.look(settings, tmp_path, lambda _share, _text: None, **about)
    assert [problem["cell"] for problem in seen["problems"]] == ["C2"]
    rows_of_form[1][2] = "莲芯中心"
    write(file, {"活动": rows_of_form})
    assert import_tasks.look(settings, tmp_path, lambda _share, _text: None, **about)["good"]
    look = asked(sqlite_engine, owner=1, files={f"upload/{file.name}": file.read_bytes()})
    answer = import_tasks.store(settings, tmp_path, Mock(), source=look, **about)
    assert answer["import_id"] == 1
    with Session(sqlite_engine) as session:
        assert session.scalars(select(FirmActivity.name)).all() == ["莲芯中心"]


def test_what_one_host_has_looked_at_another_stores(engine: Engine, db_url: str, tmp_path: Path):
    settings = Settings(root=ROOT, db_url=db_url, models=tmp_path / "models", secret=None, language="zh_CN")

    def done(kind: str, files: dict[str, bytes], **arguments: str | None) -> Job:
        work = rows.Work(kind, 1, "zh_CN", {**about, **arguments})
        job = rows.ask(engine, work, datetime.now(UTC), files)
        jobs.run(job, settings)
        return row_of(engine, job)

    account(engine, role="officer")
    about = {"file": "form.xlsx", "map_name": "city", "known_on": None, "account": 1}
    for revenue, good in ((text("约3200"), False), (number(3200.5), True)):
        form = packed(tmp_path / "form.xlsx", parts_of(firm(revenue, number(210), number(5100)))).read_bytes()
        look = done("look", {"upload/form.xlsx": form})
        assert (look.state, look.result["good"]) == ("done", good)
        marked = rows.file(engine, look.id, rows.MENDED)
        assert (marked is not None) == bool(look.result.get("mended"))
        if not good:
            assert openpyxl.load_workbook(BytesIO(marked))[FINANCE]["C2"].fill.fgColor.rgb == RED
    stored = done("store", {}, source=look.id)
    assert (stored.state, stored.storing, stored.result["import_id"]) == ("done", True, 1)
    assert rows.file(engine, stored.id, "upload/form.xlsx") is None  # it is kept once
    gone = done("store", {}, source="0" * 24)
    assert gone.state == "failed"


@pytest.mark.parametrize("failing", ["content", "write"])
def test_a_copy_that_cannot_be_made_is_said_beside_the_problems(failing, settings: Settings, tmp_path, monkeypatch):
    def fail(*_given: Any) -> bytes:
        raise MemoryError

    if failing == "content":
        monkeypatch.setattr(annotated_workbook, "_in_own_formats", fail)
        monkeypatch.setattr(annotated_workbook, "_plain", fail)
    else:
        (tmp_path / "mended.xlsx").mkdir()
    answer = looked_at(settings, tmp_path, text("约3200"))
    assert answer["problems_count"] == 1
    assert "mended" not in answer
    assert answer["no_copy"].startswith("标注错误单元格的副本未能生成")
