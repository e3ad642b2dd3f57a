"""The board of the small city as the tests of its trail use it: its callbacks, fired as a browser does, and the
entries that each leaves."""

import json
from collections import Counter
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from dash import Input, Output, State
from sqlalchemy import Engine, select, update
from sqlalchemy.orm import Session

from bench.clicks import board_opened
from dashboard import kept_forms
from dashboard.jobs import __main__ as jobs
from dashboard.jobs import process
from dashboard.pages import mapping
from dashboard.reports import firm_pdf
from dashboard.web import callbacks
from pipeline.accounts import audit, people
from pipeline.intake.mapping import proposals
from pipeline.settings import Settings
from pipeline.store.pool_tables import PoolProposal, PoolReview
from pipeline.store.tables import (
    Account,
    AuditEntry,
    Case,
    CrossCheck,
    Event,
    ImportFinding,
    Job,
    Model,
    ReturnRow,
    Visit,
)
from pipeline.store.tutoring_tables import Task
from tests.cast import KAPOK, LOTUS
from tests.dashboard import city, stored_model
from tests.dashboard.conftest import Visitor, body_of, signed_in
from tests.pipeline.opinions.review import review

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
        self._outputs: dict[int, str] = {}
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
        if id(declared) not in self._outputs:
            self._outputs[id(declared)] = output_of(self.app, declared)
        body = body_of(self.app, self._outputs[id(declared)], values, [trigger])
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


def something_to_do(app: Any, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The small city with something of each kind to do; forms are kept apart, and a file is read in this process."""
    here = app.server.extensions["goldseed"]
    engine, settings = here.engine, here.settings
    stored_model.put(engine, settings.models)
    monkeypatch.setattr(mapping.proposals, "saved", partial(proposals.saved, folder=folder))
    monkeypatch.setattr(kept_forms, "bring", partial(kept_forms.bring, folder=folder))
    for name in ("report_pdf", "reports_pdf"):
        monkeypatch.setattr(firm_pdf, name, lambda *_: b"%PDF")
    monkeypatch.setattr(process, "_begin", lambda _settings, job: _done_here(engine, settings, job))
    with Session(engine) as session, session.begin():
        odd = {"firm_id": LOTUS, "year": 2024, "kind": "growth", "field": "revenue_cny", "sheet": "年度财务"}
        session.add_all(ImportFinding(id=n, import_id=1, msgid="Look", params={}, **odd) for n in (1, 2))
        rows = session.scalars(select(ReturnRow.id).limit(2)).all()
        apart = {"value": 1.0, "other_value": 2.0, "gap_share": 1.0, "row_id": rows[0], "other_row_id": rows[1]}
        about = {"firm_id": LOTUS, "year": 2024, "found_at": city.NOW, **apart}
        session.add(CrossCheck(id=1, fact="revenue_cny", **about))
        day = session.scalars(select(Case).where(Case.firm_id == KAPOK)).one().stage_since
        session.add(Event(firm_id=KAPOK, kind="share_reform", board="", occurred_on=day, known_on=day))
        people.add(
            session, TAX, "department", department="tax", password=city.PASSWORD, by=people.console(), now=city.NOW
        )
        number = review(session, city.SCORED_ON, {CODES[9]: ("enter", "seed"), CODES[10]: ("enter", "seed")})
        assert number == 1
        session.execute(update(PoolProposal).where(PoolProposal.state == "confirmed").values(review_id=1))
        audit.touch(session, PoolProposal, PoolProposal.review_id == 1)
        audit.touch(session, PoolReview, PoolReview.id == 1)
        audit.touch(session, Model, Model.id == "small-2026")
        audit.record(session, people.console("test"), "import_stored", "import:1", {}, city.NOW)


def _done_here(engine: Engine, settings: Settings, job: str) -> None:
    """What reads or stores a file is done at once; what trains or measures a model stays waiting."""
    with Session(engine) as session:
        kind = session.get_one(Job, job).kind
    if kind in ("look", "store"):
        jobs.run(job, settings)
