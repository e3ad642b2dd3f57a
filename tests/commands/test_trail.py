"""On the command line: whatever is done leaves exactly its entry, and the trail is held against the records."""

import csv
import errno
import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result
from sqlalchemy import insert, select, update
from sqlalchemy.exc import DataError, InternalError, OperationalError
from sqlalchemy.orm import Session

import cli
from pipeline.settings import Settings
from pipeline.store import database
from pipeline.store.database import engine_for
from pipeline.store.engines.full_disk import DiskFull, DiskReadOnly, disk_trouble, value_trouble
from pipeline.store.many_rows import insert_rows
from pipeline.store.tables import AuditEntry, Firm, Visit
from tests.cast import LOTUS
from tests.demo_city import AS_OF, copy_of
from tests.demo_city import goldseed as run
from tests.pipeline.intake.workbooks import write

Command = Callable[..., Result]


@pytest.fixture
def goldseed(sqlite_url: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Command:
    monkeypatch.setenv("GOLDSEED_DB_URL", sqlite_url)
    monkeypatch.setenv("GOLDSEED_MODELS", str(tmp_path / "models"))
    return lambda *arguments: CliRunner().invoke(cli.goldseed, list(map(str, arguments)))


def actions(url: str) -> list[str]:
    engine = engine_for(url)
    with Session(engine) as session:
        found = list(session.scalars(select(AuditEntry.action).order_by(AuditEntry.id)))
    engine.dispose()
    return found


def test_each_command_that_changes_something_leaves_its_entry_and_no_other(
    goldseed: Command, sqlite_url: str, tmp_path: Path
):
    wrong, form, events = tmp_path / "wrong.csv", write(tmp_path / "form.xlsx"), tmp_path / "events.csv"
    wrong.write_text("统一社会信用代码,年度,企业名称\n123,2023,甲\n", encoding="utf-8")
    with events.open("w", encoding="utf-8", newline="") as stream:
        head = ["统一社会信用代码", "企业名称", "事项", "板块", "发生日期", "获知日期"]
        csv.writer(stream).writerows([head, [LOTUS, "莲芯传感（虚构）", "完成股改", "", "2024-05-20", "2024-05-20"]])
    walk: list[tuple[list[object], list[str]]] = [
        (["import", wrong, "--map", "city"], ["import_refused"]),
        (["import", form, "--map", "city", "--dry-run"], []),
        (["import", form, "--map", "city"], ["import_stored"]),
        (["import", form, "--map", "city"], []),  # the same file again changes nothing
        (["import-events", events, "--map", "city-events"], ["import_stored"]),
        (["people", "add", "李雷", "--role", "officer"], ["add_person"]),
        (["people", "password", "李雷"], ["set_password"]),
        (["cases", "open", LOTUS], ["open_case"]),
        (["people", "disable", "李雷"], ["disable_person"]),
        (["imports", "undo", "1"], ["import_undone"]),
        (["status", "--json"], []),
        (["audit", "verify"], []),
        (["audit", "head", "--out", tmp_path / "head.txt"], []),
        (["audit", "seal", "--why", "backup put back"], ["seal_trail"]),
    ]
    for arguments, left in walk:
        before = len(actions(sqlite_url))
        done = goldseed(*arguments)
        found = [
            action for action in actions(sqlite_url)[before:] if action != "change_stage"
        ]  # where events move cases
        assert found == left, (arguments, done.output)
        assert goldseed("audit", "verify").exit_code == 0, (arguments, goldseed("audit", "verify").output)
    noted = (tmp_path / "head.txt").read_text().split()[0]
    assert goldseed("audit", "verify", "--head", noted).exit_code == 0


def test_models_scores_and_files_that_are_written_leave_their_entries(demo: Settings, tmp_path: Path):
    settings = copy_of(demo, tmp_path / "copy")
    before = len(actions(settings.db_url))
    run(settings, "train", "--as-of", AS_OF, "--event", "tutoring_filed", "--within", "24", "--name", "another")
    run(settings, "score", "--as-of", AS_OF, "--model", "another", "--out", str(tmp_path / "scores.csv"))
    run(settings, "models", "promote", "another", "--why", "better", "--second", "Li Lei")
    assert actions(settings.db_url)[before:] == ["train_model", "store_scores", "export", "promote_model"]
    assert json.loads(run(settings, "audit", "verify", "--json"))["entries"] == before + 4
    engine = engine_for(settings.db_url)
    with engine.begin() as connection:
        connection.execute(update(Visit).where(Visit.id == 1).values(findings="other"))
    engine.dispose()
    with pytest.raises(AssertionError, match="走访 1"):
        run(settings, "audit", "verify")


@pytest.mark.parametrize("tongue", ["zh_CN", "en"])
def test_a_full_disk_is_told_as_such_without_a_traceback(
    sqlite_url: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tongue: str
):
    def no_room(*_: object, **__: object) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setenv("GOLDSEED_DB_URL", sqlite_url)
    monkeypatch.setenv("GOLDSEED_LANG", tongue)
    monkeypatch.setattr("sys.argv", ["goldseed", "people", "add", "x", "--role", "officer"])
    monkeypatch.setattr("pipeline.store.trail.chain.append", no_room)
    with pytest.raises(SystemExit) as left:
        cli.main()
    said = capsys.readouterr().err
    assert left.value.code == 2
    assert ("磁盘已满" if tongue == "zh_CN" else "The disk is full") in said
    assert "Traceback" not in said


def test_a_read_only_database_is_not_said_to_need_a_start(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    for words, letter in (
        ("database or disk is full", DiskFull),
        ("attempt to write a readonly database", DiskReadOnly),
    ):

        def refuses(_engine: object, said: str = words) -> None:
            raise OperationalError("", {}, Exception(said))

        monkeypatch.setattr(database, "schema_revision", refuses)
        with pytest.raises(letter):
            database.open_database(f"sqlite:///{tmp_path}/x.sqlite")


@pytest.mark.parametrize(
    ("state", "words", "letter"),
    [
        ("53100", "无法扩展文件：设备上没有空间", DiskFull),
        ("25006", "不能在一个只读模式的事务中执行INSERT", DiskReadOnly),
        ("25P02", "当前事务被终止", None),
    ],
)
def test_a_server_that_speaks_another_language_is_understood_by_its_codes(state: str, words: str, letter: Any):
    said = type("Said", (Exception,), {"sqlstate": state})(words)
    trouble = disk_trouble(InternalError("INSERT", {}, said))
    assert trouble is None if letter is None else isinstance(trouble, letter)


def test_other_errors_than_a_full_disk_stay_our_own_fault():
    assert disk_trouble(OSError(errno.ENOENT, "no such file")) is None
    assert disk_trouble(ValueError("the disk is full")) is None
    assert disk_trouble(OperationalError("", {}, Exception("database is locked"))) is None


def test_a_value_that_the_database_refuses_is_told_in_words_without_rows_of_figures(postgres_url: str):
    engine = engine_for(postgres_url)
    long = [{"id": f"f{number}", "cohort": "x" * 41} for number in range(2)]
    with pytest.raises(DataError) as inserted, engine.begin() as connection:
        connection.execute(insert(Firm), long)
    with pytest.raises(Exception) as copied, engine.begin() as connection:
        insert_rows(connection, Firm, ["id", "cohort"], [("f", "x" * 41)])
    engine.dispose()
    for refused in (inserted.value, copied.value):
        letter = value_trouble(refused)
        assert letter is not None
        assert letter.exit_code == 1
        assert "(40)" in str(letter)  # the server says it in a language of its own
        assert "xxxx" not in str(letter)


def test_other_errors_than_a_refused_value_stay_our_own_fault():
    assert value_trouble(ValueError("value too long")) is None
    assert value_trouble(OperationalError("", {}, Exception("value too long"))) is None
