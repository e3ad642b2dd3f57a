"""Files of one command share a transaction, and each is stored whole or not at all all the same."""

import subprocess
import sys
from collections.abc import Iterator
from datetime import date, datetime
from pathlib import Path

import pytest
from sqlalchemy import Engine, event, select
from sqlalchemy.orm import Session

from pipeline.accounts import people
from pipeline.accounts.people import Person
from pipeline.accounts.roles import Role
from pipeline.intake import importing
from pipeline.intake.importing import WrongImport
from pipeline.intake.reading.problems import FileNotStored
from pipeline.intake.storing.import_request import ImportRequest
from pipeline.settings import ROOT
from pipeline.store.tables import AuditEntry, Import, ReturnRow
from pipeline.store.trail import chain
from tests.pipeline.intake.workbooks import BANYAN, FINANCE, HEADINGS, LOTUS, PEOPLE, write

NOW, TODAY = datetime(2024, 6, 1, 9), date(2024, 6, 1)


def finance(folder: Path, name: str, *rows: list[object]) -> Path:
    return write(folder / f"{name}.xlsx", {FINANCE: [HEADINGS[FINANCE], *rows]})


def staff(folder: Path, name: str, *rows: list[object]) -> Path:
    return write(folder / f"{name}.xlsx", {PEOPLE: [HEADINGS[PEOPLE], *rows]})


def request(path: Path, **options: object) -> ImportRequest:
    return ImportRequest.of(path, "city", **{"by": "test", "now": NOW, "today": TODAY, **options})


def stored(engine: Engine) -> list[str]:
    with Session(engine) as session:
        return list(session.scalars(select(Import.file_name).order_by(Import.id)))


@pytest.fixture
def transactions(engine: Engine) -> Iterator[list[str]]:
    """The files that were stored when each transaction that wrote was about to end."""
    ended: list[str] = []

    def note(connection) -> None:
        if connection.info.get(chain.ADDED):
            ended.append(",".join(connection.scalars(select(Import.file_name).order_by(Import.id))))

    event.listen(engine, "commit", note, insert=True)
    yield ended
    event.remove(engine, "commit", note)


@pytest.mark.both_databases
def test_a_file_a_sheet_is_one_transaction_and_the_trail_has_an_entry_for_each(engine, tmp_path, transactions):
    first = finance(tmp_path, "money", [LOTUS, 2022, 3200.5, 210, 5100])
    second = staff(tmp_path, "people", [LOTUS, 2022, 45, 180])
    reports = list(importing.import_each(engine, map(request, (first, second))))
    assert [(one.file, one.import_id, one.rows, one.new_firms) for one in reports] == [
        ("money.xlsx", 1, 1, 1),
        ("people.xlsx", 2, 1, 0),
    ]
    assert transactions == ["money.xlsx,people.xlsx"]
    with Session(engine) as session:
        subjects = list(session.scalars(select(AuditEntry.subject).order_by(AuditEntry.id)))
    assert subjects == ["import:1", "import:2"]


def test_so_many_rows_and_no_more_share_a_transaction(engine, tmp_path, transactions, monkeypatch):
    monkeypatch.setattr(importing, "ROWS_TOGETHER", 3)
    files = [
        finance(tmp_path, "a", [LOTUS, 2022, 3200.5, 210, 5100], [LOTUS, 2023, 4100, 30, 5600]),
        staff(tmp_path, "b", [LOTUS, 2022, 45, 180]),
        staff(tmp_path, "c", [LOTUS, 2023, 52, 260.5]),
    ]
    assert len(list(importing.import_each(engine, map(request, files)))) == 3
    assert transactions == ["a.xlsx,b.xlsx", "a.xlsx,b.xlsx,c.xlsx"]


def test_a_refused_file_among_them_is_told_in_its_place_and_takes_none_with_it(engine, tmp_path):
    wrong = staff(tmp_path, "wrong", [LOTUS, "next year", 45, 180])
    files = [
        finance(tmp_path, "before", [LOTUS, 2022, 3200.5, 210, 5100]),
        wrong,
        staff(tmp_path, "after", [LOTUS, 2022, 45, 180]),
    ]
    before, refused, after = importing.import_each(engine, map(request, files))
    assert (before.file, after.file) == ("before.xlsx", "after.xlsx")
    assert isinstance(refused, FileNotStored)
    assert [one.kind for one in refused.listed] == ["not_a_year"]
    assert stored(engine) == ["before.xlsx", "after.xlsx"]


def test_what_cannot_be_meant_ends_the_command_after_the_files_before_it_were_stored_and_told(engine, tmp_path):
    good = finance(tmp_path, "good", [LOTUS, 2022, 3200.5, 210, 5100])
    outcomes = importing.import_each(engine, iter([request(good), request(good, known_on=date(2024, 6, 2))]))
    assert next(outcomes).file == "good.xlsx"
    assert stored(engine) == ["good.xlsx"]
    with pytest.raises(WrongImport):
        next(outcomes)


def test_a_file_restates_what_the_one_before_it_brought_a_moment_ago(engine, tmp_path):
    first = finance(tmp_path, "first", [LOTUS, 2022, 3200.5, 210, 5100])
    mended = finance(tmp_path, "mended", [LOTUS, 2022, 3300.5, 210, 5100])
    _first, second, again = importing.import_each(engine, map(request, (first, mended, first)))
    assert second.superseded == 1
    assert again.already_stored
    assert stored(engine) == ["first.xlsx", "mended.xlsx"]


def test_a_dry_run_of_several_compares_each_with_what_is_stored_alone(engine, tmp_path):
    files = [finance(tmp_path, name, [LOTUS, 2022, 3200.5 + place, 210, 5100]) for place, name in enumerate("ab")]
    reports = list(importing.import_each(engine, (request(file, dry_run=True) for file in files)))
    assert [(one.new_firms, one.superseded) for one in reports] == [(0, 0), (0, 0)]
    assert stored(engine) == []


def test_a_district_s_file_is_checked_when_the_one_before_it_is_stored(engine, tmp_path, monkeypatch):
    """The first file of the two brings the firm in; of the second it is a known firm of the district."""
    officer = Person(2, "蓬江科员", Role.OFFICER, district_code="440703")
    with Session(engine) as session, session.begin():
        people.add(session, officer.name, "officer", district_code="440703", by=people.console(), now=NOW)
    files = [
        finance(tmp_path, "a", [LOTUS, 2022, 3200.5, 210, 5100]),
        staff(tmp_path, "b", [LOTUS, 2022, 45, 180]),
    ]
    checked_beside: list[list[str]] = []
    as_before = importing.validation.check_returns

    def noted(*about):
        checked_beside.append(stored(engine))
        return as_before(*about)

    monkeypatch.setattr(importing.validation, "check_returns", noted)
    outcomes = list(importing.import_each(engine, (request(file, by=officer) for file in files)))
    assert checked_beside == [[], ["a.xlsx"]]
    assert [type(one).__name__ for one in outcomes] == ["ImportReport", "ImportReport"]
    assert stored(engine) == ["a.xlsx", "b.xlsx"]
    assert outcomes[1].new_firms == 0


_KILLED = """
import sys
from datetime import date, datetime
from pathlib import Path
from pipeline.intake import importing
from pipeline.store.database import engine_for

stored = []

def halt(done, step):
    if step == "store":
        stored.append(done)
        if len(stored) == 2:  # rows of the second file are in the transaction
            print("half way", flush=True)
            sys.stdin.read()

requests = (
    importing.ImportRequest.of(Path(path), "city", by="test", now=datetime(2024, 6, 1), today=date(2024, 6, 1))
    for path in sys.argv[2:]
)
list(importing.import_each(engine_for(sys.argv[1]), requests, halt))
"""


def test_killed_in_the_second_of_two_files_nothing_of_either_is_there_and_both_can_come_again(
    sqlite_engine, sqlite_url, tmp_path
):
    files = [
        finance(tmp_path, "a", [LOTUS, 2022, 3200.5, 210, 5100]),
        finance(tmp_path, "b", [BANYAN, 2022, 15800, 1900, 22000]),
    ]
    command = [sys.executable, "-c", _KILLED, sqlite_url, *map(str, files)]
    with subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as dying:
        assert dying.stdout is not None
        assert dying.stdout.readline().strip() == "half way"
        dying.kill()
    assert stored(sqlite_engine) == []
    assert len(list(importing.import_each(sqlite_engine, map(request, files)))) == 2
    with Session(sqlite_engine) as session:
        assert sorted(session.scalars(select(ReturnRow.firm_id))) == sorted([LOTUS, BANYAN])
