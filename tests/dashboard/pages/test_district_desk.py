"""The desk of a district over HTTP: its officer hands in, settles and takes back for its own firms, and no address,
list or file of the intake has a byte of another district."""

import base64
import json
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from sqlalchemy import select
from sqlalchemy.orm import Session

from cli import goldseed
from dashboard.jobs import __main__ as jobs
from dashboard.jobs import process
from pipeline.accounts import people
from pipeline.intake import importing
from pipeline.intake.storing.import_request import ImportRequest
from pipeline.settings import Settings
from pipeline.store.tables import Account, CrossCheck, Import, ImportFinding, ReturnRow
from tests.cast import BANYAN, LOTUS
from tests.dashboard import city
from tests.dashboard.conftest import Visitor, body_of, signed_in
from tests.pipeline.intake.test_districts_hand_in import form

NOW = datetime(2026, 5, 6, 9)
SECRET = "莲芯的秘密"


@pytest.fixture
def board(app: Any, settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Lotus's district (440703) has brought a file, was refused another, and has a finding and a contradiction; jobs
    are done here."""
    monkeypatch.setattr(process, "_begin", lambda _settings, job: jobs.run(job, settings))
    engine = app.server.extensions["goldseed"].engine
    with Session(engine) as session, session.begin():
        people.add(
            session, "蓬江科员", "officer", district_code="440703", password=city.PASSWORD, by=people.console(), now=NOW
        )
    with Session(engine) as session:
        clerk = people.person_from(session.scalars(select(Account).where(Account.name == "蓬江科员")).one())
    for file, rows in ((f"{SECRET}.xlsx", [(LOTUS, None, None)]), (f"{SECRET}错.xlsx", [(BANYAN, SECRET, None)])):
        request = ImportRequest.of(form(tmp_path / file, *rows), "city", by=clerk, now=NOW, today=NOW.date())
        importing.preview(engine, request)
        if "错" not in file:
            importing.import_returns(engine, request)
    with Session(engine) as session, session.begin():
        row, other = session.scalars(select(ReturnRow.id).where(ReturnRow.firm_id == LOTUS).limit(2)).all()
        about = {"firm_id": LOTUS, "year": 2023, "state": "open"}
        session.add(
            ImportFinding(
                import_id=2, kind="balance", field="revenue_cny", sheet=SECRET, msgid="x", params={}, found="1", **about
            )
        )
        figures = {"value": 1.0, "other_value": 9.0, "gap_share": 0.9, "found_at": NOW, "prepared_by": SECRET}
        session.add(CrossCheck(fact="revenue_cny", row_id=row, other_row_id=other, **figures, **about))
    return app


def asked(visitor: Visitor, part: str, values: dict[str, Any], click: str | None = None) -> Any:
    """The answer of the callback one of whose outputs is `part`, or that a click fires."""
    board = visitor.app
    names = (
        [name for name in board.callback_map if part in name]
        if click is None
        else [
            name
            for name, declared in board.callback_map.items()
            if any(f"{one['id']}.{one['property']}" == click for one in declared["inputs"])
        ]
    )
    filled = values if click is None else {**values, click: 1}
    return visitor.call(body_of(board, names[0], filled, None if click is None else [click]))


def words(answer: Any) -> str:
    """The answer as its reader sees it."""
    return json.dumps(answer.json, ensure_ascii=False) if answer.is_json else answer.get_data(as_text=True)


def brought(visitor: Visitor, path: Path) -> tuple[dict[str, str], str]:
    """The job that looks at a file, and what is told when it is done."""
    content = "data:;base64," + base64.b64encode(path.read_bytes()).decode()
    values = {"imports-file.contents": content, "imports-file.filename": path.name, "imports-map.value": "city"}
    job = asked(visitor, "imports-job.data...imports-tick.disabled", values).json["response"]["imports-job"]["data"]
    return job, followed(visitor, job)


def followed(visitor: Visitor, job: dict[str, str]) -> str:
    return words(asked(visitor, "imports-list.children", {"imports-job.data": job, "imports-tick.n_intervals": 1}))


def taken_back(visitor: Visitor, number: object) -> Any:
    values = {"imports-grid.selectedRows": [{"id": str(number)}], "imports-undo-why.value": "填错"}
    return asked(visitor, "", {**values, "imports-undo-force.checked": True}, "imports-undo.n_clicks")


def settled(visitor: Visitor, kind: str) -> Any:
    values = {"selectedRows": [{"id": 1}]}
    filled = {f"checks-{kind}.{name}": value for name, value in values.items()}
    filled |= {f"checks-{kind}-state.value": "explained", f"checks-{kind}-why.value": "核实"}
    return asked(visitor, "", {**filled, f"checks-{kind}-shown.value": "all"}, f"checks-{kind}-save.n_clicks")


def listed(visitor: Visitor, kind: str) -> Any:
    values = {f"checks-{kind}-shown.value": "all", "checks-tabs.value": kind}
    return asked(visitor, f"checks-{kind}.rowData...checks-{kind}.columnDefs", values)


def test_a_district_looks_stores_and_takes_back_and_is_refused_what_is_not_its_own(board: Any, tmp_path: Path):
    district = signed_in(board, city.DISTRICT_OFFICER)  # of 440704, Banyan's
    mixed = form(tmp_path / "both.xlsx", (BANYAN, "榕动电机", None), (LOTUS, "莲芯传感", None))
    job, told = brought(district, mixed)
    assert "莲芯传感 不是江海区的企业" in told
    assert "榕动电机 不是" not in told
    assert district.get(f"/download/mended/{job['id']}").status_code == 200
    assert signed_in(board, "蓬江科员").get(f"/download/mended/{job['id']}").status_code == 404
    job, _told = brought(district, form(tmp_path / "own.xlsx", (BANYAN, "榕动电机（虚构）", None)))
    began = asked(district, "", {"imports-job.data": job}, "imports-store.n_clicks")
    followed(district, began.json["response"]["imports-job"]["data"])
    with Session(board.server.extensions["goldseed"].engine) as session:
        own = session.scalars(select(Import).where(Import.district_code == "440704")).one().id
    assert "没有" in words(taken_back(district, 2))  # as if it were not there
    assert "已撤销" in words(taken_back(district, own))
    with Session(board.server.extensions["goldseed"].engine) as session:
        assert [session.get_one(Import, number).state for number in (2, own)] == ["stored", "undone"]


def test_no_address_list_or_file_of_the_intake_has_a_byte_of_another_district(board: Any):
    district, owner = signed_in(board, city.DISTRICT_OFFICER), signed_in(board, "蓬江科员")
    looks: dict[str, Any] = {
        "imports": lambda who: who.show("/imports"),
        "checks": lambda who: who.show("/checks"),
        "sources": lambda who: who.show("/checks", "?tab=sources"),
        "cells.csv": lambda who: who.get("/download/cells.csv"),
        "sources.csv": lambda who: who.get("/download/sources.csv"),
        "refused": lambda who: asked(who, "imports-refused.children", {"imports-grid.selectedRows": [{"id": "R1"}]}),
        "cells shown": lambda who: listed(who, "cells"),
        "sources shown": lambda who: listed(who, "sources"),
    }
    acts: dict[str, Any] = {
        "cells settled": lambda who: settled(who, "cells"),
        "sources settled": lambda who: settled(who, "sources"),
        "taken back": lambda who: taken_back(who, 2),
    }
    for name, ask in {**looks, **acts}.items():
        answer = ask(district)
        assert answer.status_code == 200, name
        assert not [byte for byte in (SECRET, LOTUS, "莲芯") if byte in words(answer)], name
    with Session(board.server.extensions["goldseed"].engine) as session:  # nor has it changed one
        assert session.get_one(ImportFinding, 1).state == session.get_one(CrossCheck, 1).state == "open"
        assert session.get_one(Import, 2).state == "stored"
    # The near miss: its own officer finds the name in every one of them, and settles.
    assert [name for name, ask in looks.items() if SECRET not in words(ask(owner))] == []
    assert "已处理 1 项" in words(settled(owner, "cells"))


def test_progress_of_returns_is_side_by_side_for_the_city_and_its_own_for_a_district(
    app: Any, settings: Settings, monkeypatch: pytest.MonkeyPatch
):
    year = settings.today().year  # nobody has handed in yet
    officer, district = signed_in(app, city.OFFICER), signed_in(app, city.DISTRICT_OFFICER)
    at = f"?year={year}"
    whole, own = (words(who.show("/returns-progress", at)) for who in (officer, district))
    assert "莲芯传感" in whole
    assert "全部市（区）" in whole
    assert "榕动电机" in own
    others = [f"?year={year}&district=440703", "?year=1&district=x&state=x", "?year=２０２５"]
    files = [f"/download/returns-progress.{form}?year={year}&district=440703" for form in ("csv", "xlsx")]
    told = [own, *(words(district.show("/returns-progress", query)) for query in others)]
    told += [district.get(file).get_data().decode("utf-8", "replace") for file in files]
    assert not [byte for byte in (LOTUS, "莲芯", "returns-due-save") for one in told if byte in one]
    assert LOTUS in officer.get(files[0]).text
    assert signed_in(app, city.ENTERPRISE).get(files[0]).status_code == 403
    for day, said in ((f"{year + 1}-05-15", "统一设定"), (f"{year}-01-01", "统一设定")):
        values = {"returns-due-day.value": day, "returns-shown.data": [year, None, None]}
        assert said in words(asked(district, "", values, "returns-due-save.n_clicks"))
    chosen = {"returns-shown.data": [year, None, None], "returns-words.value": "请报送"}
    marked = {**chosen, "returns-grid.selectedRows": [{"id": BANYAN}, {"id": LOTUS}]}
    assert "不在" in words(asked(district, "", marked, "returns-ask.n_clicks"))
    marked["returns-grid.selectedRows"] = [{"id": BANYAN}]
    answer = asked(district, "", marked, "returns-ask.n_clicks")
    assert "已催报 1 家" in words(answer)
    rows = answer.json["response"]["returns-grid"]["rowData"]
    monkeypatch.setenv("GOLDSEED_DB_URL", settings.db_url)
    ran = CliRunner().invoke(
        goldseed, ["intake", "progress", "--year", str(year), "--person", city.DISTRICT_OFFICER, "--json"]
    )
    document = json.loads(ran.stdout)
    assert [one["firm_id"] for one in document["firms"]] == [row["id"] for row in rows]
    assert [one["asked_at"] is not None for one in document["firms"]] == [bool(row["asked"]) for row in rows]
    assert [one["district_code"] for one in document["districts"]] == ["440704"]
