"""Callbacks behind their policy: what was not clicked does nothing, whoever's page fired it."""

import json
import sqlite3
from typing import Any

import pytest
from dash import Input
from sqlalchemy import select
from sqlalchemy.orm import Session

from dashboard.web import callbacks
from pipeline.accounts.people import may, person_from
from pipeline.settings import Settings
from pipeline.store.database import engine_for
from pipeline.store.tables import Account
from tests.cast import LOTUS
from tests.dashboard import city
from tests.dashboard.conftest import Visitor, body_of, signed_in

CLICKS = ("n_clicks", "n_submit")


MATCHED = '["MATCH"]'


def clicked_alone(app: Any) -> list[str]:
    """Every callback that nothing but clicks sets off."""
    return [
        output
        for output, declared in app.callback_map.items()
        if "callback" in declared
        and declared["inputs"]
        and all(one["property"] in CLICKS for one in declared["inputs"])
    ]


def contents(settings: Settings) -> dict[str, list[Any]]:
    """Everything that the database holds, but who is signed in since when."""
    with sqlite3.connect(settings.db_url.removeprefix("sqlite:///")) as found:
        tables = [name for (name,) in found.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
        return {name: found.execute(f'SELECT * FROM "{name}"').fetchall() for name in tables if name != "rate_limit"}


def unclicked(app: Any, output: str, changed: list[str]) -> dict[str, Any]:
    """The request of a page that put the buttons there, with everything else filled in."""
    body = body_of(app, output, {"firm-id.data": LOTUS, "firm-case.data": [1, 1], "firm-shown.data": LOTUS}, changed)
    for place, declared in enumerate(app.callback_map[output]["inputs"]):
        if MATCHED in declared["id"]:
            body["inputs"][place] = {"id": one_of(declared["id"]), "property": declared["property"]}
        elif "{" in declared["id"]:
            one = {"id": {"type": json.loads(declared["id"])["type"], "visit": 1}, "property": declared["property"]}
            body["inputs"][place] = [one]
    for place, declared in enumerate(app.callback_map[output]["state"]):
        if "{" in declared["id"]:
            body["state"][place] = []  # none of the fields of a kind is on the page
    if MATCHED in output:
        body["outputs"]["id"] = one_of(body["outputs"]["id"])
    return body


def one_of(pattern: str) -> dict[str, Any]:
    """The id of one that a pattern matches."""
    return {name: 1 if part == ["MATCH"] else part for name, part in json.loads(pattern).items()}


@pytest.mark.parametrize("name", [city.OFFICER, city.ANALYST, city.ENTERPRISE])
@pytest.mark.parametrize("inserted", [True, False], ids=["inserted", "out of nothing"])
def test_no_callback_does_anything_without_a_click(app: Any, settings: Settings, name: str, inserted: bool):
    visitor = signed_in(app, name)
    outputs = clicked_alone(app)
    assert len(outputs) >= 20
    before = contents(settings)
    answers = {}
    for output in outputs:
        body = unclicked(app, output, [])
        flat = [one for part in body["inputs"] for one in (part if isinstance(part, list) else [part])]
        if inserted:
            body["changedPropIds"] = [
                f"{one['id'] if isinstance(one['id'], str) else json.dumps(one['id'])}.{one['property']}"
                for one in flat
                for one in flat
            ]
        answers[output] = visitor.call(body).status_code
    assert set(answers.values()) <= {204, 403}, {output: code for output, code in answers.items() if code > 204}
    assert contents(settings) == before
    with Session(engine_for(settings.db_url)) as session:
        person = person_from(session.scalars(select(Account).where(Account.name == name)).one())
    policies = app.server.extensions["goldseed"].policies
    for output, code in answers.items():
        allowed = policies[output] is None or may(person, policies[output])
        assert code == (204 if allowed else 403), output


def test_a_click_beside_buttons_that_were_not_clicked_is_heard(app: Any, officer: Visitor):
    output = next(name for name in clicked_alone(app) if "pools-decided.children" in name and "selectedRows" in name)
    assert [one["property"] for one in app.callback_map[output]["inputs"]] == ["n_clicks"] * 3
    body = body_of(app, output, {"pools-confirm.n_clicks": 1}, ["pools-confirm.n_clicks"])
    assert officer.call(body).status_code == 200


def test_a_click_of_before_does_not_speak_for_a_button_that_was_put_there_since(app: Any, officer: Visitor):
    output = next(name for name in clicked_alone(app) if "pools-decided.children" in name and "selectedRows" in name)
    body = body_of(app, output, {"pools-confirm.n_clicks": 1}, ["pools-overrule.n_clicks"])
    assert officer.call(body).status_code == 204


def test_every_input_of_the_board_that_counts_clicks_is_known():
    inputs = {
        one.component_property
        for declared in callbacks._declared
        for one in declared.dependencies
        if isinstance(one, Input)
    }
    assert {name for name in inputs if "click" in name or "submit" in name} <= set(CLICKS)
