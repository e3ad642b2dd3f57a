"""Nobody meets a control that would refuse him: every button, field and link of every page is one that he may use."""

from collections.abc import Iterator
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session
from werkzeug.exceptions import NotFound as NoSuchPath

from pipeline.accounts import people
from pipeline.accounts.people import Action
from pipeline.settings import Settings
from pipeline.store.database import engine_for
from pipeline.store.tables import Account, AuditEntry, Case
from tests.cast import BANYAN, LOTUS
from tests.dashboard import city
from tests.dashboard.conftest import Visitor, body_of, signed_in

PEOPLE = (city.OFFICER, city.DISTRICT_OFFICER, city.ENTERPRISE, city.ANALYST)


def parts(shown: Any) -> Iterator[dict[str, Any]]:
    """The properties of every component of a page, as Dash sends it."""
    if isinstance(shown, list):
        for one in shown:
            yield from parts(one)
    elif isinstance(shown, dict):
        if isinstance(shown.get("props"), dict):
            yield shown["props"]
        for one in shown.values():
            yield from parts(one)


def person(settings: Settings, name: str) -> people.Person:
    with Session(engine_for(settings.db_url)) as session:
        return people.person_from(session.scalars(select(Account).where(Account.name == name)).one())


def pages(app: Any, who: people.Person) -> list[str]:
    """Every page that this person may open."""
    mine = BANYAN if who.district_code else LOTUS
    return [
        page.path.replace("<firm_id>", mine)
        for page in app.server.extensions["goldseed-routes"].pages
        if page.opens_to(who) and "<model_id>" not in page.path
    ]


def controls(app: Any) -> dict[str, set[Action | None]]:
    """What each control that sets off a callback asks of who uses it, by the control's id (or its kind, of many)."""
    asked: dict[str, set[Action | None]] = {}
    policies = app.server.extensions["goldseed"].policies
    for output, declared in app.callback_map.items():
        for one in declared["inputs"] if "callback" in declared else ():
            asked.setdefault(one["id"], set()).add(policies[output])
    return asked


def of_kind(part_id: Any, asked: dict[str, set[Action | None]]) -> set[Action | None]:
    if isinstance(part_id, dict):
        kind = f'"type":"{part_id.get("type")}"'
        return set().union(*(actions for name, actions in asked.items() if kind in name.replace(" ", "")))
    return asked.get(part_id, set())


def leads_somewhere(app: Any, address: str) -> bool:
    """Whether there is a page or a download at an address; what it shows may still be missing here, as a model is."""
    try:
        app.server.extensions["goldseed-routes"].match(address.split("?")[0])
    except NoSuchPath:
        return False
    return True


def refused(visitor: Visitor, who: people.Person, app: Any, path: str) -> list[str]:
    """The controls of a page that this person may not use, and its links that lead to a refusal."""
    answer = visitor.show(path)
    assert answer.status_code == 200, path
    found, asked = [], controls(app)
    for props in parts(answer.json):
        for action in of_kind(props.get("id"), asked):
            if action is not None and not people.may(who, action):
                found.append(f"{path}: {props['id']} asks for {action}")
        href = props.get("href")
        if isinstance(href, str) and href.startswith("/") and not href.startswith("/assets"):
            client: FlaskClient = visitor.client
            address = href.split("#")[0]
            if client.get(address).status_code == 403 or not leads_somewhere(app, address):
                found.append(f"{path}: a link to {href}")
    return found


@pytest.mark.parametrize("name", PEOPLE)
def test_every_control_of_every_page_is_one_that_its_reader_may_use(app: Any, settings: Settings, name: str):
    who, visitor = person(settings, name), signed_in(app, name)
    opened = pages(app, who)
    assert len(opened) >= 4
    assert [one for path in opened for one in refused(visitor, who, app, path)] == []


def test_the_walk_finds_the_controls_of_an_officer(app: Any, settings: Settings, officer: Visitor):
    ids = {str(props.get("id")) for props in parts(officer.show(f"/firm/{LOTUS}").json)}
    assert {"firm-visit-save", "firm-stage-save", "firm-case-close"} <= ids
    assert {"pools-confirm", "pools-review"} <= {str(one.get("id")) for one in parts(officer.show("/pools").json)}


def test_a_firm_without_an_open_case_offers_to_open_one_and_no_visit(app: Any, settings: Settings, officer: Visitor):
    with Session(engine_for(settings.db_url)) as session, session.begin():
        case = session.scalars(select(Case).where(Case.firm_id == LOTUS)).one()
        case.closed_on, case.outcome = case.stage_since, "pool_exit"
    shown = {str(props.get("id")): props for props in parts(officer.show(f"/firm/{LOTUS}").json)}
    assert {"firm-case-open", "firm-case-reopen"} <= set(shown)
    assert "firm-stage-save" not in shown
    assert shown["firm-visit-new"]["style"] == {"display": "none"}
    output = next(name for name in app.callback_map if "firm-tutoring" in name and name.count("firm-visit") == 2)
    assert output


def test_an_enterprise_sees_its_tutoring_without_any_form(app: Any, enterprise: Visitor):
    ids = {str(props.get("id")) for props in parts(enterprise.show(f"/firm/{LOTUS}").json)}
    assert "firm-tutoring" in ids
    assert not {"firm-visit-save", "firm-visit-new", "firm-stage-save", "firm-case-open"} & ids


def test_a_decision_answers_with_everything_on_the_page_that_rests_on_it(app: Any, officer: Visitor):
    output = next(name for name in app.callback_map if "pools-decided" in name and "selectedRows" in name)
    rows = next(one for one in parts(officer.show("/pools").json) if one.get("id") == "pools-proposals")["rowData"]
    values = {
        "pools-confirm.n_clicks": 1,
        "pools-proposals.selectedRows": rows[:1],
        "pools-why.value": "材料齐全",
        "pools-shown.data": "",
    }
    told = officer.call(body_of(app, output, values, ["pools-confirm.n_clicks"])).json["response"]
    assert len(told["pools-proposals"]["rowData"]) == len(rows) - 1
    assert rows[0]["name"] in {row["name"] for row in told["pools-members"]["rowData"]}
    assert "5" in told["pools-counts"]["children"]
    assert told["pools-why"]["value"] == ""
    assert told["pools-outlook"]["children"]
    again = officer.call(body_of(app, output, values, ["pools-confirm.n_clicks"])).json["response"]
    assert "已确认" in str(again["pools-decided"]["children"])


def test_a_review_says_who_waits_and_why(app: Any, settings: Settings, officer: Visitor):
    output = next(
        name
        for name in app.callback_map
        if "pools-decided" in name and "pools-counts" in name and "selected" not in name
    )
    told = officer.call(body_of(app, output, {"pools-review.n_clicks": 1}, ["pools-review.n_clicks"])).json["response"]
    said = str(told["pools-decided"]["children"])
    assert "项" in said
    assert "没有其他企业" in said or "候补" in said
    again = officer.call(body_of(app, output, {"pools-review.n_clicks": 2}, ["pools-review.n_clicks"])).json["response"]
    assert "刚刚已发起过评审" in str(again["pools-decided"]["children"])
    with Session(engine_for(settings.db_url)) as session:
        made = session.scalars(select(AuditEntry.id).where(AuditEntry.action == "propose_pools")).all()
    assert len(made) == 1
