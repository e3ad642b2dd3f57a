"""The board of the small city as the tests of its trail use it: its callbacks, fired as a browser does, and the
entries that each leaves."""

import json
from collections import Counter
from datetime import UTC, datetime
from typing import Any

from dash import Input, Output, State
from sqlalchemy import select
from sqlalchemy.orm import Session

from bench.clicks import board_opened
from dashboard.web import callbacks
from pipeline.store.tables import (
    Account,
    AuditEntry,
    Case,
    Visit,
)
from pipeline.store.tutoring_tables import Task
from tests.dashboard import city
from tests.dashboard.conftest import Visitor, body_of, signed_in

CODES = list(city.firms())
TAX = "税务局科员"
CLERK, NEW_PASSWORD = "榕动电机", "banyan-root-evening"
#: Whose returns nobody has handed in yet.
YEAR = datetime.now(UTC).year
#: An entry that is looked for: who, what was done, to what.
Left = tuple[str, str, str]


def name_of(declared: callbacks.Declared) -> str:
    return f"{declared.function.__module__.removeprefix('dashboard.')}.{declared.function.__name__}"


def callbacks_of_the_board() -> list[callbacks.Declared]:
    return [one for one in callbacks._declared if isinstance(one, callbacks.Declared)]


def listed(declared: callbacks.Declared, kind: type) -> list[tuple[Any, str]]:
    return [(one.component_id_str(), one.component_property) for one in declared.dependencies if isinstance(one, kind)]


def output_of(app: Any, declared: callbacks.Declared) -> str:
    """The name under which Dash keeps this callback."""
    (found,) = (
        output
        for output, kept in app.callback_map.items()
        if [(one["id"], one["property"]) for one in kept["inputs"]] == listed(declared, Input)
        and [(one["id"], one["property"]) for one in kept["state"]] == listed(declared, State)
        and "callback" in kept
        and all(".".join(way) in output for way in listed(declared, Output))
    )
    return found


def fired_by(trigger: str) -> callbacks.Declared:
    """The one callback that this button or field sets off."""
    (found,) = (one for one in callbacks_of_the_board() if trigger in {".".join(way) for way in listed(one, Input)})
    return found


class Board:
    """The board of the small city, with the entries that it has written since the last look."""

    def __init__(self, app: Any) -> None:
        self.app, self.engine = app, app.server.extensions["goldseed"].engine
        self.here: dict[str, Visitor] = {}
        self.walked: Counter[str] = Counter()
        self.seen = 0
        self.job: dict[str, str] = {}
        self.left()

    def left(self) -> list[Left]:
        """The entries since the last call, the oldest first."""
        with Session(self.engine) as session:
            found = session.scalars(select(AuditEntry).where(AuditEntry.id > self.seen).order_by(AuditEntry.id)).all()
            self.seen = found[-1].id if found else self.seen
            return [(one.person, one.action, one.subject) for one in found]

    def visitor(self, name: str) -> Visitor:
        if name not in self.here:
            self.here[name] = signed_in(self.app, name)
            assert self.left() == [(name, "sign_in", f"account:{name}")]
        return self.here[name]

    def fire(self, name: str, declared: callbacks.Declared, values: dict[str, Any], trigger: str) -> Any:
        if trigger == '{"board":["MATCH"],"type":"board-line"}.value':
            return self.visitor(name).call(board_opened("bse", values["firm-shown.data"]))
        body = body_of(self.app, output_of(self.app, declared), values, [trigger])
        if "match" in values:  # one of a pattern, as the browser sends it
            its_property, kind = trigger.rpartition(".")[2], json.loads(body["outputs"]["id"])["type"]
            body["inputs"] = [
                {"id": values["match"], "property": its_property, "value": "80" if its_property == "value" else 1}
            ]
            body["outputs"] = {**body["outputs"], "id": {**values["match"], "type": kind}}
            if body["state"]:
                body["state"][0] = {"id": values["match"], "property": "id", "value": values["match"]}
            pressed = json.dumps(values["match"], sort_keys=True, separators=(",", ":"))
            body["changedPropIds"] = [f"{pressed}.{its_property}"]
            return self.visitor(name).call(body)
        for place, (its_id, its_property) in enumerate(listed(declared, Input)):
            if its_id.startswith("{"):
                one = {"id": values.get("button", {}), "property": its_property, "value": 1}
                body["inputs"][place] = [one] if "button" in values else []
        for place, (its_id, _property) in enumerate(listed(declared, State)):
            if its_id.startswith("{"):
                body["state"][place] = values.get(f"{its_id}.{_property}", [])
        if "button" in values:
            body["changedPropIds"] = [json.dumps(values["button"], sort_keys=True, separators=(",", ":")) + ".n_clicks"]
        return self.visitor(name).call(body)

    def pair(self, of: type[Case] | type[Visit] | type[Task], number: int) -> list[int]:
        """Its number and version; the first version of one that is not there yet."""
        with Session(self.engine) as session:
            found = session.get(of, number)
            return [number, 1 if found is None else found.version]

    def account(self, name: str) -> Account:
        with Session(self.engine) as session:
            return session.scalars(select(Account).where(Account.name == name)).one()
