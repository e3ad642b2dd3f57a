"""Labels on the page of a firm and in the list: who sees and saves them, and that the command line does the same."""

import csv
import io
import json
from typing import Any

import pytest
from click.testing import CliRunner
from sqlalchemy import Engine, select
from sqlalchemy.orm import Session

import cli
from pipeline.accounts import people
from pipeline.labels import firm_labels
from pipeline.store.tables import AuditEntry
from tests.cast import BANYAN, LOTUS
from tests.dashboard import city
from tests.dashboard.conftest import Visitor, body_of, signed_in

CLERK = "税务局科员"
FIELD, COLUMN = "firm-label-wanted", '"field":"labels"'


@pytest.fixture
def engine(app: Any) -> Engine:
    found: Engine = app.server.extensions["goldseed"].engine
    return found


def saved(visitor: Visitor, firm: str, wanted: list[str], seen: list[str] | None = None) -> Any:
    values = {"firm-label-of.data": firm, "firm-label-seen.data": seen or [], "firm-label-wanted.value": wanted}
    callbacks = visitor.app.callback_map.items()
    output = next(name for name, one in callbacks if "firm-label-save" in str(one["inputs"]))
    return visitor.call(body_of(visitor.app, output, values | {"firm-label-save.n_clicks": 1}))


def standing(engine: Engine, firm: str = LOTUS) -> list[str]:
    with Session(engine) as session:
        return firm_labels.labels_of(session, people.console(), [firm])[firm]


def exported(visitor: Visitor, **query: str) -> list[list[str]]:
    answer = visitor.client.get("/download/firms.csv", query_string=query)
    return list(csv.reader(io.StringIO(answer.text.lstrip("\ufeff"))))


def test_what_the_page_saves_the_commands_save_and_the_list_shows_and_filters_it(
    engine: Engine, officer: Visitor, monkeypatch: pytest.MonkeyPatch
):
    def labels(*arguments: str) -> Any:
        answer = CliRunner().invoke(cli.goldseed, ["labels", *arguments, "--json"])
        return json.loads(answer.stdout) if answer.exit_code == 0 else str(answer.exception)

    monkeypatch.setenv("GOLDSEED_DB_URL", engine.url.render_as_string(hide_password=False))
    assert FIELD in officer.show(f"/firm/{LOTUS}").text
    assert "领导关注" in saved(officer, LOTUS, ["重点督办", "领导关注"]).text
    assert labels("put", "重点督办", LOTUS, BANYAN) == {"put": [BANYAN]}
    assert labels() == labels("list") == [{"label": "重点督办", "firms": 2}, {"label": "领导关注", "firms": 1}]
    assert labels("take", "领导关注", LOTUS) == {"taken": [LOTUS]}
    assert "领导关注" in labels("take", "领导关注", LOTUS)
    assert "31" in labels("put", "长" * 31, LOTUS)
    with Session(engine) as session:
        entries = session.scalars(select(AuditEntry).where(AuditEntry.action.endswith("_label"))).all()
        told = [(one.action, one.subject, one.details["label"], one.person == city.OFFICER) for one in entries]
    assert told == [
        ("put_label", f"firm:{LOTUS}", "重点督办", True),
        ("put_label", f"firm:{LOTUS}", "领导关注", True),
        ("put_label", f"firm:{BANYAN}", "重点督办", False),
        ("take_label", f"firm:{LOTUS}", "领导关注", False),
    ]
    # The page showed none: what was put meanwhile stays, and what is wrong stores nothing.
    saved(officer, LOTUS, ["另一个"])
    assert "逗号" in json.dumps(saved(officer, LOTUS, ["第三", "甲,乙"]).json, ensure_ascii=False)
    assert standing(engine) == ["另一个", "重点督办"]
    saved(officer, LOTUS, ["重点督办"], seen=["另一个", "重点督办"])
    assert standing(engine) == ["重点督办"]

    page = officer.show(f"/firm/{LOTUS}").text
    assert "firms?filter=%7B%22labels%22" in page, "a pill leads to the firms that have it"
    assert COLUMN in officer.show("/firms").text
    ticked = json.dumps({"labels": {"filterType": "text", "type": "equals", "filter": "重点督办"}})
    heading, *rows = exported(officer, filter=ticked, columns="labels")
    assert {row[heading.index("标签")] for row in rows} == {"重点督办"}
    assert len(rows) == 2
    assert "标签" not in exported(officer)[0]
    kept = officer.show("/firms", f"?filter={ticked}&columns=labels").text
    assert '"value":["重点督办"]' in kept.replace(" ", "")


def test_neither_firm_analyst_nor_department_learns_of_a_label_and_a_district_ends_where_it_ends(
    app: Any, engine: Engine, officer: Visitor, enterprise: Visitor, analyst: Visitor
):
    with Session(engine) as session, session.begin():
        by = people.console()
        people.add(session, CLERK, "department", department="tax", password=city.PASSWORD, by=by, now=city.NOW)
        firm_labels.put(session, by, [LOTUS, BANYAN], "暗中关注", city.NOW)
    ticked = json.dumps({"labels": {"filterType": "text", "type": "equals", "filter": "暗中关注"}})
    department = signed_in(app, CLERK)
    assert "暗中关注" in officer.show(f"/firm/{LOTUS}").text
    for visitor in (enterprise, analyst, department):
        for page in (f"/firm/{LOTUS}", "/firms"):
            text = visitor.show(page).text
            assert all(word not in text for word in ("暗中关注", FIELD, COLUMN)), page
        assert saved(visitor, LOTUS, []).status_code == 403
    assert len(exported(analyst, filter=ticked, columns="labels")) == len(exported(analyst))
    assert "标签" not in exported(analyst, columns="labels")[0]
    district = signed_in(app, city.DISTRICT_OFFICER)  # Banyan's
    for wanted, seen in (([], ["暗中关注"]), (["别的"], [])):
        refused = json.dumps(saved(district, LOTUS, wanted, seen).json, ensure_ascii=False)
        assert "overdue" in refused
        assert "暗中关注" not in refused
    assert saved(district, BANYAN, [], seen=["暗中关注"]).status_code == 200
    assert (standing(engine), standing(engine, BANYAN)) == (["暗中关注"], [])
