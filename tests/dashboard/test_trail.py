"""On the board: whatever is done leaves exactly its own entries in the trail, and looking leaves none.

Every callback and every address stands in one of two lists, the walk or the looks; a new one that stands in neither
fails the test.
"""

import base64
import json
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
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
from pipeline.messages.writing import write as write_message
from pipeline.objections.objecting import object_to
from pipeline.objections.subject import FIGURE, Subject
from pipeline.own_returns import handing_in
from pipeline.own_returns.form_of_firm import typed_form
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
from pipeline.store.tutoring_tables import Adviser, Problem, Task
from pipeline.tutoring.attachments import attachments
from pipeline.tutoring.attachments.file_checks import checked
from tests.cast import BANYAN, KAPOK, LOTUS
from tests.dashboard import city, stored_model
from tests.dashboard.conftest import Visitor, body_of, signed_in
from tests.pipeline.intake.workbooks import write
from tests.pipeline.opinions.review import review
from tests.pipeline.tutoring.attachments.files import pdf

CODES = list(city.firms())
TAX = "税务局科员"
CLERK, NEW_PASSWORD = "榕动电机", "banyan-root-evening"
#: Whose returns nobody has handed in yet.
YEAR = datetime.now(UTC).year
#: An entry that is looked for: who, what was done, to what.
Left = tuple[str, str, str]


# --- the callbacks of the board --------------------------------------------------------------------


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
            one = {"id": values["match"], "property": "value", "value": "80"}
            body |= {
                "inputs": [one],
                "outputs": {**body["outputs"], "id": {**values["match"], "type": "own-return-said"}},
            }
            body["state"][0] = {"id": values["match"], "property": "id", "value": values["match"]}
            body["changedPropIds"] = [json.dumps(values["match"], sort_keys=True, separators=(",", ":")) + ".value"]
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


@pytest.fixture
def board(app: Any, settings: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Board:
    """The small city with something of each kind to do; forms are kept apart, and a file is read in this process."""
    stored_model.put(app.server.extensions["goldseed"].engine, settings.models)
    monkeypatch.setattr(mapping.proposals, "saved", partial(proposals.saved, folder=tmp_path))
    monkeypatch.setattr(kept_forms, "bring", partial(kept_forms.bring, folder=tmp_path))
    for name in ("report_pdf", "reports_pdf"):
        monkeypatch.setattr(firm_pdf, name, lambda *_: b"%PDF")
    engine = app.server.extensions["goldseed"].engine
    monkeypatch.setattr(process, "_begin", lambda _settings, job: _done_here(engine, settings, job))
    with Session(app.server.extensions["goldseed"].engine) as session, session.begin():
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
    return Board(app)


def _done_here(engine: Engine, settings: Settings, job: str) -> None:
    """What reads or stores a file is done at once; what trains or measures a model stays waiting."""
    with Session(engine) as session:
        kind = session.get_one(Job, job).kind
    if kind in ("look", "store"):
        jobs.run(job, settings)


# --- the walk --------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Step:
    """One thing that a person does: what sets the callback off, what else is filled in, and which entries it leaves,
    as action and subject."""

    trigger: str
    filled: Callable[[Board], dict[str, Any]]
    left: list[tuple[str, str]] = field(default_factory=list)
    who: str = city.OFFICER

    def __str__(self) -> str:
        return f"{self.trigger} -> {self.left}"


def step(trigger: str, *left: tuple[str, str], who: str = city.OFFICER, **filled: Any) -> Step:
    """`filled`: id with underscores and without the property, which is value where nothing else is said."""
    return Step(trigger, lambda _board: _fields(filled), list(left), who)


def _fields(filled: dict[str, Any]) -> dict[str, Any]:
    known = {"firm_id": "data", "chosen": "selectedRows", "opinions_review": "data", "returns_shown": "data"}
    return {f"{name.replace('_', '-')}.{known.get(name, 'value')}": value for name, value in filled.items()}


def on_case(button: str, *left: tuple[str, str], number: int = 1, firm: str = LOTUS, **filled: Any) -> Step:
    def values(board: Board) -> dict[str, Any]:
        seen = board.pair(Case, number)
        return {"firm-id.data": firm, "firm-case.data": seen, "firm-case-ended.data": seen, **_fields(filled)}

    return Step(f"{button}.n_clicks", values, list(left))


def on_board(number: int, stage: str, *left: tuple[str, str]) -> Step:
    def values(board: Board) -> dict[str, Any]:
        return {"board-case.data": board.pair(Case, number), "board-query.data": {}, "board-stage.value": stage}

    return Step("board-stage-save.n_clicks", values, list(left))


def on_task(button: str, *left: tuple[str, str], **filled: Any) -> Step:
    """The first task of Lotus, as it is then; two others were set together."""

    def values(board: Board) -> dict[str, Any]:
        edited = board.pair(Task, 3) if button != "add" else None
        return {"firm-tasks-of.data": LOTUS, "firm-task-edited.data": edited, **_fields(filled)}

    return Step(f"firm-task-{button}.n_clicks", values, list(left))


def on_visit(button: str, *left: tuple[str, str], number: int = 1, **filled: Any) -> Step:
    def values(board: Board) -> dict[str, Any]:
        return {"firm-id.data": LOTUS, "firm-visit-edited.data": board.pair(Visit, number), **_fields(filled)}

    return Step(f"{button}.n_clicks", values, list(left))


def attached(name: str, content: bytes, *left: tuple[str, str]) -> Step:
    """A file dropped on the form of the visit recorded last."""

    def values(board: Board) -> dict[str, Any]:
        sent = f"data:application/octet-stream;base64,{base64.b64encode(content).decode()}"
        about = {"firm-visit-attach.contents": [sent], "firm-visit-attach.filename": [name]}
        return {"firm-id.data": LOTUS, "firm-visit-edited.data": board.pair(Visit, 7), **about}

    return Step("firm-visit-attach.contents", values, list(left))


def labelled(wanted: list[str], *left: tuple[str, str], seen: list[str] | None = None) -> Step:
    """Labels of Lotus saved on its page, which had shown those that were seen."""
    values = {"firm-label-of.data": LOTUS, "firm-label-seen.data": seen or [], "firm-label-wanted.value": wanted}
    return Step("firm-label-save.n_clicks", lambda _board: dict(values), list(left))


def sent(text: str, *left: tuple[str, str]) -> Step:
    """A message that the firm itself writes."""
    values = {"firm-messages-of.data": LOTUS, "firm-message-text.value": text}
    return Step("firm-message-send.n_clicks", lambda _board: dict(values), list(left), city.ENTERPRISE)


_MESSAGE_WITHDRAWN = '{"message":["ALL"],"type":"firm-message-withdraw"}.n_clicks'


def message_withdrawn(why: str, number: int, *left: tuple[str, str]) -> Step:
    field, name = {"type": "firm-message-why", "message": number}, '{"message":["ALL"],"type":"firm-message-why"}'
    typed = {
        f"{name}.{part}": [{"id": field, "property": part, "value": each}]
        for part, each in (("value", why), ("id", field))
    }
    button = {"type": "firm-message-withdraw", "message": number}
    return Step(
        _MESSAGE_WITHDRAWN,
        lambda _board: {"firm-messages-of.data": LOTUS, **typed, "button": button},
        list(left),
        city.ENTERPRISE,
    )


_FIELD = '{"fact":["ALL"],"type":"own-return-field"}'
_RETURN_SENT = '{"return":["ALL"],"type":"own-return-send"}.n_clicks'
_RETURN_WITHDRAWN = '{"return":["ALL"],"type":"own-return-withdraw"}.n_clicks'


def return_typed(said: dict[str, str], *left: tuple[str, str]) -> Step:
    ids = [{"type": "own-return-field", "fact": fact} for fact in said]
    typed = {
        f"{_FIELD}.{part}": [
            {"id": one, "property": part, "value": said[one["fact"]] if part == "value" else one} for one in ids
        ]
        for part in ("value", "id")
    }
    about = {"own-return-of.data": LOTUS, "own-return-year.value": "2024"}
    return Step("own-return-typed.n_clicks", lambda _board: {**about, **typed}, list(left), city.ENTERPRISE)


def return_uploaded(name: str, said: dict[str, str], *left: tuple[str, str]) -> Step:
    sent = f"data:,{base64.b64encode(typed_form(LOTUS, 2024, said).content).decode()}"
    about = {"own-return-of.data": LOTUS, "own-return-year.value": "2024"}
    about |= {"own-return-file.contents": sent, "own-return-file.filename": name}
    return Step("own-return-file.contents", lambda _board: dict(about), list(left), city.ENTERPRISE)


def on_return(trigger: str, field: str, words: str, number: int, *left: tuple[str, str], who: str) -> Step:
    """A button in the line of a firm's own return, with the words in its field."""
    named, all_named = {"type": field, "return": number}, f'{{"return":["ALL"],"type":"{field}"}}'
    typed = {
        f"{all_named}.{part}": [{"id": named, "property": part, "value": each}]
        for part, each in (("value", words), ("id", named))
    }
    button = {"type": json.loads(trigger.removesuffix(".n_clicks"))["type"], "return": number}
    return Step(trigger, lambda _board: {"own-return-of.data": LOTUS, "button": button, **typed}, list(left), who)


def return_sent(number: int, *left: tuple[str, str]) -> Step:
    return on_return(_RETURN_SENT, "own-return-why", "", number, *left, who=city.ENTERPRISE)


def return_withdrawn(why: str, number: int, *left: tuple[str, str]) -> Step:
    return on_return(_RETURN_WITHDRAWN, "own-return-why", why, number, *left, who=city.ENTERPRISE)


def return_decided(way: str, note: str, number: int, *left: tuple[str, str]) -> Step:
    trigger = f'{{"return":["ALL"],"type":"handed-in-{way}"}}.n_clicks'
    return on_return(trigger, "handed-in-note", note, number, *left, who=city.OFFICER)


_OBJECT = '{"about":["ALL"],"key":["ALL"],"type":"mine-object"}.n_clicks'
_OBJECTION_WITHDRAWN = '{"objection":["ALL"],"type":"mine-objection-withdraw"}.n_clicks'


def objected(fact: str, said: str, *left: tuple[str, str]) -> Step:
    """The firm itself objects to a figure of the last year."""
    file = f"data:application/pdf;base64,{base64.b64encode(pdf()).decode()}"
    values = {
        "mine-objections-of.data": LOTUS,
        "mine-object-about.data": {"about": "figure", "key": f"{fact}:2025"},
        "mine-object-value.value": said,
        "mine-object-why.value": "与审计报告不符",
        "mine-object-files.contents": [file],
        "mine-object-files.filename": ["审计报告.pdf"],
    }
    return Step("mine-object-send.n_clicks", lambda _board: dict(values), list(left), city.ENTERPRISE)


def on_objection(trigger: str, field: str, words: str, number: int, *left: tuple[str, str], who: str) -> Step:
    """A button in the line of an objection, with the words in its field."""
    named, all_named = {"type": field, "objection": number}, f'{{"objection":["ALL"],"type":"{field}"}}'
    typed = {
        f"{all_named}.{part}": [{"id": named, "property": part, "value": each}]
        for part, each in (("value", words), ("id", named))
    }
    button = {"type": json.loads(trigger.removesuffix(".n_clicks"))["type"], "objection": number}
    about = {"mine-objections-of.data": LOTUS, "button": button}
    return Step(trigger, lambda _board: {**about, **typed}, list(left), who)


def objection_withdrawn(why: str, number: int, *left: tuple[str, str]) -> Step:
    return on_objection(_OBJECTION_WITHDRAWN, "mine-objection-why", why, number, *left, who=city.ENTERPRISE)


def objection_answered(done: str, why: str, number: int, *left: tuple[str, str]) -> Step:
    trigger = f'{{"objection":["ALL"],"type":"objection-{done}"}}.n_clicks'
    return on_objection(trigger, "objection-answer", why, number, *left, who=city.OFFICER)


def file_withdrawn(why: str, number: int, *left: tuple[str, str]) -> Step:
    about = {"firm-id.data": LOTUS, "firm-visit-why.value": why}
    button = {"type": "firm-attachment-withdraw", "file": number}
    trigger = '{"file":["ALL"],"type":"firm-attachment-withdraw"}.n_clicks'
    return Step(trigger, lambda _board: {**about, "button": button}, list(left))


def on_problem(button: str, *left: tuple[str, str], number: int = 1, **filled: Any) -> Step:
    def values(board: Board) -> dict[str, Any]:
        with Session(board.engine) as session:
            found = session.get(Problem, number)
        seen = [number, found.version if found else 1]
        return {"problems-shown.data": seen, "problems-query.data": {}, **_fields(filled)}

    return Step(f"{button}.n_clicks", values, list(left))


def on_adviser(button: str, *left: tuple[str, str], number: int, **filled: Any) -> Step:
    def values(board: Board) -> dict[str, Any]:
        with Session(board.engine) as session:
            found = session.get(Adviser, number)
        seen = [number, found.version if found else 1]
        return {"advisers-shown.data": seen, "advisers-query.data": {}, **_fields(filled)}

    return Step(f"{button}.n_clicks", values, list(left))


def done(number: int, *left: tuple[str, str]) -> Step:
    def values(board: Board) -> dict[str, Any]:
        visit, seen = board.pair(Visit, number)
        return {"firm-id.data": LOTUS, "button": {"type": "firm-step-done", "visit": visit, "seen": seen}}

    return Step(_STEP_DONE, values, list(left))


def declared(button: str, *left: tuple[str, str], number: int = 0, who: str = city.OFFICER, **filled: Any) -> Step:
    """Something declared of Lotus; `number`: of the declaration that is withdrawn."""
    kind = "nomination" if "nomination" in button else "application"
    of_it = {f"firm-declared-{kind}.data": number} if number else {}
    typed = {name: value for name, value in filled.items() if "." in name}
    rest = _fields({name: value for name, value in filled.items() if "." not in name})
    return Step(
        f"{button}.n_clicks", lambda _board: {"firm-shown.data": LOTUS, **of_it, **typed, **rest}, list(left), who
    )


def marked(trigger: str, grid: str, rows: list[dict[str, Any]], *left: tuple[str, str], **filled: Any) -> Step:
    return Step(trigger, lambda _board: {f"{grid}.selectedRows": rows, **_fields(filled)}, list(left))


def asked_for_return(*left: tuple[str, str]) -> Step:
    values = {"returns_words": "请报送", "returns_shown": [YEAR, None, None]}
    return marked("returns-ask.n_clicks", "returns-grid", [{"id": KAPOK}], *left, **values)


def together(button: str, *left: tuple[str, str], numbers: tuple[int, ...] = (2, 4), **filled: Any) -> Step:
    """Done to several cases that are marked in the list; undone is what was done last."""

    def values(board: Board) -> dict[str, Any]:
        pairs = [board.pair(Case, number) for number in numbers]
        with Session(board.engine) as session:
            last = session.scalars(select(AuditEntry).order_by(AuditEntry.id.desc())).first()
        rows = [{"case_id": number, "version": seen} for number, seen in pairs]
        of_act = {"cases-act.data": last.details.get("act") if last else None, "cases-query.data": {}}
        to_each = {"cases-proposed.data": {str(number): 1 for number in numbers}}
        return {"cases-grid.selectedRows": rows, **of_act, **to_each, **_fields(filled)}

    return Step(f"{button}.n_clicks", values, list(left))


def upload(name: str, content: bytes, *left: tuple[str, str]) -> Step:
    sent = f"data:,{base64.b64encode(content).decode()}"
    values = {"imports-file.contents": sent, "imports-file.filename": name, "imports-map.value": "city"}
    return Step("imports-file.contents", lambda _board: values, list(left))


def store(*left: tuple[str, str]) -> Step:
    return Step("imports-store.n_clicks", lambda board: {"imports-job.data": board.job}, list(left))


def opinions(
    kind: str,
    trigger: str,
    word: str,
    *left: tuple[str, str],
    who: str = city.OFFICER,
    firm: str = CODES[9],
    **filled: Any,
) -> Step:
    """A firm's answer is typed in the rows of the first list."""

    def values(_board: Board) -> dict[str, Any]:
        one = {"type": f"{kind}-answer", "request": 1, "firm": firm}
        ids = {part: f'{{"firm":["ALL"],"request":["ALL"],"type":"{kind}-{part}"}}' for part in ("answer", "note")}
        rows = [(f"{ids['answer']}.id", one), (f"{ids['answer']}.value", word), (f"{ids['note']}.value", "")]
        sent = {name: [{"id": one, "property": name.rpartition(".")[2], "value": value}] for name, value in rows}
        return sent | {f"{kind}-shown.data": {}} | _fields({"opinions_review": 1, **filled})

    return Step(trigger, values, list(left), who)


def kept(name: str, *left: tuple[str, str]) -> Step:
    """A form is mapped and kept; what the headings mean is written in Chinese on the page."""
    named = mapping.targets
    rows = [("信用代码", "firm", ""), ("年度", "year", ""), ("收入", "revenue_cny", "万元")]

    def values(_board: Board) -> dict[str, Any]:
        filled = [
            {"sheet": "年报", "heading": heading, "target": named()[target], "unit": unit}
            for heading, target, unit in rows
        ]
        return {"mapping-grid.rowData": filled, **_fields({"mapping_name": name, "mapping_title": "税务表", **_SOURCE})}

    return Step("mapping-save.n_clicks", values, list(left))


_SOURCE = {"mapping_source": "tax"}
_STEP_DONE = next(
    f"{its_id}.n_clicks"
    for one in callbacks_of_the_board()
    for its_id, _property in listed(one, Input)
    if "firm-step-done" in its_id
)
_STEP = {"firm_step_text": "补说明", "firm_step_due": "2026-12-31"}
_APPLICATION = {
    "firm-apply-by.value": "岑霁云",
    "firm-apply-intends.checked": True,
    "firm-apply-board.value": "bse",
    "firm-apply-contact.value": "岑霁云",
    "firm-apply-phone.value": "0750-0001234",
    "firm-apply-truth.checked": True,
}
_PROMOTED = {"models_promote": "small-2026", "models_why": "更好", "models_second": city.OFFICER}
_ADOPTED = {"policy_begins": "2099-01-01", "policy_why": "局务会", "policy_second": city.ANALYST}
_OBJECTION = {"opinions_review": 1, "opinions_object_from": "某供应商", "opinions_object_content": "拖欠货款"}
_REPLY = {"opinions_review": 1, "opinions_reply_to": "1", "opinions_reply_text": " "}
_PROBLEM = {
    "problems_firms": [LOTUS],
    "problems_kind": "land",
    "problems_text": "厂房无产权证",
    "problems_due": "2026-03-31",
    "problems_on": "2026-03-01",
}
_FIRM = {"accounts_role": "enterprise", "accounts_firm": BANYAN}
_READS = {"accounts_to_role": "enterprise_reader", "accounts_to_firm": BANYAN}


_NEW = {"advisers_new_kind": "agency", "advisers_new_name": "甲企服"}
_FILED = {"advisers_authority": "mof", "advisers_number": "备 1", "advisers_filed_on": "2026-01-05"}
_JUDGED = {
    "advisers_firm": LOTUS,
    "advisers_year": datetime.now(UTC).year,
    "advisers_competence": "4",
    "advisers_diligence": "4",
    "advisers_promptness": "5",
}
_LISTED = {"advisers_reason": "虚假记载", "advisers_evidence": "决定书", "advisers_begins_on": "2026-01-05"}
_DRAWN = {"advisers_draw_subject": "advisers", "advisers_draw_strata": "kind", "advisers_draw_why": "季度抽查"}
#: The second adviser is the broker of Lotus then; the agency is registered here.
_BROKER, _AGENCY = 2, 3
_ADVISER_STEPS = [
    step("advisers-new.n_clicks", **_NEW | {"advisers_new_name": " "}),
    step("advisers-new.n_clicks", ("register_adviser", f"adviser:{_AGENCY}"), **_NEW),
    step("advisers-new.n_clicks", **_NEW),  # the same again
    step(
        "advisers-new.n_clicks", ("register_adviser", f"adviser:{_AGENCY + 1}"), **_NEW | {"advisers_new_name": "甲企"}
    ),
    on_adviser("advisers-file", number=_AGENCY, **_FILED | {"advisers_filed_on": None}),
    on_adviser("advisers-file", ("file_adviser", f"adviser:{_AGENCY}"), number=_AGENCY, **_FILED),
    on_adviser("advisers-filing-correct", number=_AGENCY, **_FILED, advisers_filing="1", advisers_filing_why="抄错"),
    on_adviser(
        "advisers-filing-correct",
        ("correct_filing", f"adviser:{_AGENCY}"),
        number=_AGENCY,
        **_FILED | {"advisers_number": "备 2"},
        advisers_filing="1",
        advisers_filing_why="抄错",
    ),
    on_adviser("advisers-filing-withdraw", number=_AGENCY, advisers_filing="2", advisers_filing_why=""),
    on_adviser(
        "advisers-filing-withdraw",
        ("withdraw_filing", f"adviser:{_AGENCY}"),
        number=_AGENCY,
        advisers_filing="2",
        advisers_filing_why="误登",
    ),
    on_adviser("advisers-evaluate", number=_BROKER, **_JUDGED | {"advisers_diligence": None}),
    on_adviser("advisers-evaluate", ("evaluate_adviser", f"adviser:{_BROKER}"), number=_BROKER, **_JUDGED),
    on_adviser("advisers-evaluate", number=_AGENCY, **_JUDGED),  # it has not worked for Lotus
    on_adviser("advisers-evaluation-correct", number=_BROKER, **_JUDGED, advisers_evaluation="1"),
    on_adviser(
        "advisers-evaluation-correct",
        ("correct_evaluation", f"adviser:{_BROKER}"),
        number=_BROKER,
        **_JUDGED | {"advisers_diligence": "1"},
        advisers_evaluation="1",
        advisers_evaluation_why="重评",
    ),
    on_adviser(
        "advisers-evaluation-withdraw",
        ("withdraw_evaluation", f"adviser:{_BROKER}"),
        number=_BROKER,
        advisers_evaluation="2",
        advisers_evaluation_why="误登",
    ),
    on_adviser("advisers-list", number=_BROKER, **_LISTED),  # until when?
    on_adviser(
        "advisers-list",
        ("list_adviser", f"adviser:{_BROKER}"),
        number=_BROKER,
        **_LISTED,
        advisers_ends_on="2099-01-01",
    ),
    on_adviser("advisers-reply", number=_BROKER, advisers_entry="1", advisers_entry_text=""),
    on_adviser(
        "advisers-reply",
        ("reply_of_adviser", f"adviser:{_BROKER}"),
        number=_BROKER,
        advisers_entry="1",
        advisers_entry_text="已整改",
    ),
    on_adviser("advisers-extend", number=_BROKER, advisers_entry="1", advisers_entry_text="未整改"),
    on_adviser(
        "advisers-extend",
        ("extend_listing", f"adviser:{_BROKER}"),
        number=_BROKER,
        advisers_entry="1",
        advisers_entry_text="未整改",
        advisers_later="2100-01-01",
    ),
    on_adviser(
        "advisers-lift",
        ("lift_listing", f"adviser:{_BROKER}"),
        number=_BROKER,
        advisers_entry="1",
        advisers_entry_text="申诉成立",
    ),
    on_adviser("advisers-lift", number=_BROKER, advisers_entry="1", advisers_entry_text="申诉成立"),
    on_adviser("advisers-correct", number=_AGENCY, advisers_name="甲企服", advisers_own_why="更名"),
    on_adviser(
        "advisers-correct",
        ("correct_adviser", f"adviser:{_AGENCY}"),
        number=_AGENCY,
        advisers_name="甲企业服务",
        advisers_own_why="更名",
    ),
    on_adviser("advisers-merge", number=_AGENCY, advisers_wrong=str(_BROKER), advisers_own_why="同一家"),
    on_adviser(
        "advisers-merge",
        ("merge_advisers", f"adviser:{_AGENCY}"),
        number=_AGENCY,
        advisers_wrong=str(_AGENCY + 1),
        advisers_own_why="同一家",
    ),
    step("advisers-draw.n_clicks", advisers_draw_size=99, **_DRAWN),
    step("advisers-draw.n_clicks", ("draw_spot_check", "spot_check:1"), advisers_draw_size=2, **_DRAWN),
    step("advisers-result-save.n_clicks", advisers_item="1", advisers_result="differences"),  # which?
    step(
        "advisers-result-save.n_clicks",
        ("record_spot_check", "spot_check:1"),
        advisers_item="1",
        advisers_result="clean",
    ),
]


#: A firm that is in no pool.
OUTSIDE = city.credit_code(108)


def steps(form: bytes) -> list[Step]:
    """Everything that a callback changes; after each what is refused, which leaves nothing."""
    return [
        on_case("firm-stage-save", firm_stage="tutoring_filed"),  # which broker?
        on_case("firm-stage-save", ("change_stage", "case:1"), firm_stage="tutoring_filed", firm_broker="甲证券"),
        on_case("firm-stage-save", firm_stage="tutoring_filed"),
        on_case("firm-signed-save", ("name_advisers", "case:1"), firm_signed_broker="乙证券"),
        on_case("firm-signed-save", firm_signed_broker="乙证券"),
        on_case("firm-case-back", firm_case_outcome="withdrawn", firm_case_close_why="更换券商"),
        on_case(
            "firm-case-back",
            ("go_back", "case:1"),
            firm_case_outcome="tutoring_terminated",
            firm_case_close_why="更换券商",
        ),
        on_case("firm-case-take-back", ("take_back", "case:1"), firm_case_right_why="登记有误"),
        on_case("firm-stage-save", firm_stage=None),
        on_case(
            "firm-case-correct",
            ("take_back", "case:1"),
            ("change_stage", "case:1"),
            firm_case_right_stage="tutoring_filed",
            firm_case_right_on="2026-05-06",
            firm_case_right_why="登记有误",
        ),
        on_case("firm-case-correct", firm_case_right_stage="tutoring_filed", firm_case_right_why=" "),
        on_case("firm-case-take-back", ("take_back", "case:1"), firm_case_right_why="登记有误"),
        on_case("firm-case-take-back", firm_case_right_why=""),
        on_case("firm-mentor-save", ("assign_mentor", "case:1"), firm_mentor="1"),
        on_case("firm-mentor-save", firm_mentor="999"),
        on_case("firm-leader-save", ("name_leader", "case:1"), firm_level="city", firm_leader_name="何副市长"),
        on_case("firm-leader-save"),
        sent(" "),
        sent("已报送", ("write_message", "message:1")),
        sent("已报送"),  # a second click
        message_withdrawn("", 1),
        message_withdrawn("写错", 1, ("withdraw_message", "message:1")),
        message_withdrawn("写错", 1),
        labelled(["甲,乙"]),
        labelled(["重点督办", "领导关注"], ("put_label", f"firm:{LOTUS}"), ("put_label", f"firm:{LOTUS}")),
        labelled(["重点督办"], ("take_label", f"firm:{LOTUS}"), seen=["重点督办", "领导关注"]),
        labelled(["重点督办"], seen=["重点督办", "领导关注"]),  # somebody else was faster
        labelled(["重点督办"]),  # stands already
        on_case("firm-case-follow", ("change_stage", "case:3"), number=3, firm=KAPOK),
        on_case("firm-case-follow", number=3, firm=KAPOK),
        on_case("firm-case-close", firm_case_outcome=None),
        on_case("firm-case-close", firm_case_outcome="moved_away", firm_case_close_why=""),
        on_case(
            "firm-case-close", ("close_case", "case:1"), firm_case_outcome="moved_away", firm_case_close_why="撤回"
        ),
        on_case("firm-case-reopen", firm_case_reopen_why=""),
        on_case("firm-case-reopen", ("take_back", "case:1"), firm_case_reopen_why="登记有误"),
        step("firm-case-open.n_clicks", ("open_case", "case:7"), firm_id=CODES[8]),
        step("firm-case-open.n_clicks", firm_id=CODES[8]),
        step("firm-visit-save.n_clicks", ("record_visit", "visit:7"), firm_id=LOTUS, firm_visit_findings="社保已补齐"),
        step("firm-visit-save.n_clicks", firm_id=LOTUS, firm_visit_findings=" "),
        attached("纪要.pdf", pdf(), ("attach_file", "visit:7")),
        attached("纪要.pdf", pdf()),
        attached("程序.pdf", b"MZ"),
        file_withdrawn("", 1),
        file_withdrawn("传错", 1, ("withdraw_attachment", "visit:7")),
        file_withdrawn("传错", 1),
        done(1, ("finish_step", "visit:1")),
        done(1),
        on_visit("firm-step-reopen", firm_visit_why=""),
        on_visit("firm-step-reopen", ("reopen_step", "visit:1"), firm_visit_why="尚未办结"),
        on_visit("firm-step-change", ("change_step", "visit:1"), firm_visit_why="写错", **_STEP),
        on_visit("firm-step-change", firm_visit_why="写错", **_STEP),
        on_visit("firm-step-withdraw", firm_visit_why=""),
        on_visit("firm-step-withdraw", ("withdraw_step", "visit:1"), firm_visit_why="不必办"),
        on_visit(
            "firm-visit-correct",
            ("correct_visit", "visit:1"),
            firm_visit_right_on="2026-03-12",
            firm_visit_right_findings="人数已核对",
            firm_visit_why="写错",
        ),
        on_visit("firm-visit-correct", firm_visit_right_findings="", firm_visit_why="写错"),
        on_visit("firm-visit-withdraw", firm_visit_why=" "),
        on_visit("firm-visit-withdraw", ("withdraw_visit", "visit:1"), firm_visit_why="记错企业"),
        together("cases-assign", cases_mentor="1", cases_why=" "),
        together("cases-assign", cases_mentor=None, cases_why="按片区分工"),
        together("cases-assign", cases_mentor="none", cases_why="按片区分工"),
        together(
            "cases-assign",
            ("assign_mentor", "case:2"),
            ("assign_mentor", "case:4"),
            cases_mentor="1",
            cases_why="按片区分工",
        ),
        together("cases-undo", ("assign_mentor", "case:2"), ("assign_mentor", "case:4")),
        together("cases-confirm", ("assign_mentor", "case:4"), numbers=(4,), cases_why="按片区分工"),
        together("cases-confirm", numbers=(4,), cases_why="按片区分工"),
        together(
            "cases-lead",
            ("name_leader", "case:4"),
            numbers=(4,),
            cases_level="town",
            cases_leader_name="李镇长",
            cases_why="按片区分工",
        ),
        together("cases-lead", numbers=(4,), cases_level="province", cases_why="按片区分工"),
        together("cases-move", numbers=(4,), cases_stage="listed", cases_why="批量登记"),
        together("cases-set-task", numbers=(4,), cases_task="交章程", cases_why="统一要求"),  # by when?
        together(
            "cases-set-task",
            ("add_task", "task:1"),
            ("add_task", "task:2"),
            cases_task="交章程",
            cases_task_due="2099-06-01",
            cases_why="统一要求",
        ),
        together("cases-undo", ("withdraw_task", "task:1"), ("withdraw_task", "task:2")),
        on_board(6, "tutoring_filed"),  # does not follow
        on_board(6, "advisers"),  # whose names?
        on_board(6, "share_reform", ("change_stage", "case:6")),
        step("firms-view-save.n_clicks", firms_view_name=" "),
        step("firms-view-save.n_clicks", ("save_view", "view:1"), firms_view_name="我的视图"),
        step("firms-view-delete.n_clicks", firms_view=None),
        step("firms-view-delete.n_clicks", ("delete_view", "view:1"), firms_view="1?pool=golden"),
        Step("today-keep.n_clicks", lambda _board: {"today-chosen.value": ["nobody"]}, []),
        Step(
            "today-keep.n_clicks",
            lambda _board: {"today-chosen.value": [LOTUS]},
            [("choose_visits", f"account:{city.OFFICER}")],
        ),
        Step("today-propose.n_clicks", lambda _board: {}, [("choose_visits", f"account:{city.OFFICER}")]),
        on_task("add", firm_task_what="补审计报告"),  # by when?
        on_task("add", ("add_task", "task:3"), firm_task_what="补审计报告", firm_task_due="2099-06-01"),
        on_task("add", firm_task_what="补审计报告", firm_task_due="2099-06-01"),  # the same again
        on_task("postpone", firm_task_new_due="2099-07-01"),  # why?
        on_task("postpone", ("postpone_task", "task:3"), firm_task_new_due="2099-07-01", firm_task_note="会计师延后"),
        on_task("hand-over", ("hand_over_task", "task:3"), firm_task_new_owner="1"),
        on_task("hand-over", firm_task_new_owner="999"),
        on_task("comment", ("comment_task", "task:3"), firm_task_note="已到一半"),
        on_task("comment", firm_task_note=" "),
        on_task("finish", ("finish_task", "task:3"), firm_task_note="已报送"),
        on_task("finish", firm_task_note="已报送"),
        on_task("reopen", ("reopen_task", "task:3"), firm_task_note="缺一页"),
        on_task("reopen", firm_task_note="缺一页"),
        on_task("withdraw", firm_task_note=""),
        on_task("withdraw", ("withdraw_task", "task:3"), firm_task_note="不必办"),
        Step("firm-plan-adopt.n_clicks", lambda _board: {"firm-tasks-of.data": LOTUS}, []),  # nothing ticked
        Step(
            "firm-plan-adopt.n_clicks",
            lambda _board: {"firm-tasks-of.data": LOTUS, "firm-plan-ticked.value": ["达到阶段：辅导验收"]},
            [("add_task", "task:4")],
        ),
        step("problems-record.n_clicks", **_PROBLEM | {"problems_due": None}),
        step("problems-record.n_clicks", **_PROBLEM | {"problems_firms": []}),
        step("problems-record.n_clicks", ("record_problem", "problem:1"), **_PROBLEM),
        step("problems-record.n_clicks", **_PROBLEM),  # the same again
        step("problems-raise.n_clicks", ("raise_problem", "problem:1")),
        step("problems-raise.n_clicks"),
        on_problem("problems-entry-save", problems_entry_kind="minutes", problems_entry_text=" "),
        on_problem(
            "problems-entry-save",
            ("add_to_problem", "problem:1"),
            problems_entry_kind="minutes",
            problems_entry_text="已协调",
        ),
        on_problem("problems-postpone", problems_why="待审批"),
        on_problem("problems-postpone", problems_why=" ", problems_later="2099-01-01"),
        on_problem(
            "problems-postpone", ("postpone_problem", "problem:1"), problems_why="待审批", problems_later="2099-01-01"
        ),
        on_problem("problems-hand", problems_owner="bureau", problems_why="改派"),
        on_problem("problems-hand", ("hand_over_problem", "problem:1"), problems_owner="tax", problems_why="改派"),
        on_problem("problems-join", problems_other=None),
        on_problem("problems-join", ("add_firm_to_problem", "problem:1"), problems_other=BANYAN),
        on_problem("problems-join", problems_other=BANYAN),
        on_problem("problems-leave", problems_leaving=BANYAN, problems_why=""),
        on_problem("problems-leave", ("leave_problem", "problem:1"), problems_leaving=BANYAN, problems_why="不涉及"),
        on_problem("problems-leave", problems_leaving=LOTUS, problems_why="不涉及"),
        on_problem("problems-reopen", problems_why="未办妥"),
        on_problem("problems-resolve", problems_why=""),
        on_problem("problems-resolve", ("resolve_problem", "problem:1"), problems_why="已办证"),
        on_problem("problems-resolve", problems_why="已办证"),
        on_problem("problems-reopen", ("reopen_problem", "problem:1"), problems_why="未办妥"),
        on_problem("problems-withdraw", problems_why=" "),
        on_problem("problems-withdraw", ("withdraw_problem", "problem:1"), problems_why="登记有误"),
        on_problem("problems-withdraw", problems_why="登记有误"),
        *_ADVISER_STEPS,
        declared("firm-nominate-save", firm_nominate_why="细分市场领先"),  # whose paper?
        declared(
            "firm-nominate-save",
            ("nominate", "declaration:1"),
            firm_nominate_by="蓬江区金融办",
            firm_nominate_why="细分市场领先",
        ),
        declared("firm-apply-save", **{**_APPLICATION, "firm-apply-truth.checked": False}),
        declared("firm-apply-save", ("apply", "declaration:2"), **_APPLICATION),
        declared("firm-apply-save", **_APPLICATION),  # the same again
        declared("firm-declared-nomination-withdraw", number=1, firm_declared_nomination_why=" "),
        declared(
            "firm-declared-nomination-withdraw",
            ("withdraw_declaration", "declaration:1"),
            number=1,
            firm_declared_nomination_why="材料有误",
        ),
        declared("firm-declared-application-withdraw", number=2, firm_declared_application_why=""),
        declared(
            "firm-declared-application-withdraw",
            ("withdraw_declaration", "declaration:2"),
            number=2,
            firm_declared_application_why="暂缓上市",
        ),
        declared("firm-apply-save", ("apply", "declaration:3"), who=city.ENTERPRISE, **_APPLICATION),
        marked(
            "checks-cells-save.n_clicks",
            "checks-cells",
            [{"id": 1}, {"id": 2}],
            ("finding_settled", "finding:1"),
            ("finding_settled", "finding:2"),
            checks_cells_state="explained",
            checks_cells_why="已核实",
        ),
        marked("checks-cells-save.n_clicks", "checks-cells", [{"id": 1}], checks_cells_state="explained"),
        marked(
            "checks-sources-save.n_clicks",
            "checks-sources",
            [{"id": 1}],
            ("cross_check_settled", "cross_check:1"),
            checks_sources_state="explained",
            checks_sources_why="口径不同",
        ),
        marked("checks-sources-save.n_clicks", "checks-sources", [{"id": 99}], checks_sources_state="explained"),
        upload("notes.txt", b"x"),
        upload("wrong.csv", "统一社会信用代码,年度,企业名称\n123,2023,甲\n".encode(), ("import_refused", "import:R1")),
        store(),
        upload("form.xlsx", form),
        store(("import_stored", "import:2")),
        store(),  # the same file again
        marked("imports-undo.n_clicks", "imports-grid", [{"id": "2"}], ("import_undone", "import:2")),
        marked("imports-undo.n_clicks", "imports-grid", [{"id": "2"}]),
        marked("imports-undo.n_clicks", "imports-grid", [{"id": "R1"}]),
        kept("tax-2025", ("keep_column_map", "map:tax-2025")),
        kept("tax-2025"),
        kept("No Name"),
        step("opinions-ask.n_clicks", opinions_review=1, opinions_ask_departments=[], opinions_ask_days=10),
        step(
            "opinions-ask.n_clicks",
            ("ask_opinions", "opinion_request:1"),
            opinions_review=1,
            opinions_ask_departments=["tax"],
            opinions_ask_days=10,
        ),
        opinions("opinions", "opinions-save.n_clicks", "not_clean", who=TAX),  # without a note
        opinions("opinions", "opinions-save.n_clicks", "clean", ("answer_opinions", "opinion_request:1"), who=TAX),
        opinions("opinions", "opinions-save.n_clicks", "clean", who=TAX),  # the same again
        opinions("opinions-paper", "opinions-paper-save.n_clicks", "clean", opinions_paper_list="1", firm=CODES[10]),
        opinions(
            "opinions-paper",
            "opinions-paper-save.n_clicks",
            "clean",
            ("enter_paper_opinions", "opinion_request:1"),
            opinions_paper_list="1",
            opinions_paper_signed="王局长",
            firm=CODES[10],
        ),
        step("opinions-publish.n_clicks", opinions_review=1, opinions_notice_days=0),
        step("opinions-publish.n_clicks", ("publish_notice", "notice:1"), opinions_review=1, opinions_notice_days=5),
        step("opinions-publish.n_clicks", opinions_review=1, opinions_notice_days=5),
        step("opinions-object.n_clicks", opinions_object_firm=CODES[8], **_OBJECTION),
        step(
            "opinions-object.n_clicks",
            ("record_objection", "objection:1"),
            opinions_object_firm=CODES[9],
            **_OBJECTION,
        ),
        step("opinions-object.n_clicks", opinions_object_firm=CODES[9], **_OBJECTION),
        step("opinions-reply.n_clicks", opinions_reply_upheld="yes", **_REPLY),
        step(
            "opinions-reply.n_clicks",
            ("answer_objection", "objection:1"),
            opinions_reply_upheld="no",
            **_REPLY | {"opinions_reply_text": "货款已付"},
        ),
        marked("pools-confirm.n_clicks", "pools-proposals", [{"id": 7}], pools_why=" "),
        marked("pools-defer.n_clicks", "pools-proposals", [{"id": 7}], pools_why="待核实"),
        marked(
            "pools-defer.n_clicks",
            "pools-proposals",
            [{"id": 7}],
            ("defer_proposal", "proposal:7"),
            pools_why="待核实",
            pools_defer_until="2099-01-01",
        ),
        marked(
            "pools-confirm.n_clicks",
            "pools-proposals",
            [{"id": 7}],
            ("open_case", "case:8"),
            ("confirm_proposal", "proposal:7"),
            pools_why="符合",
        ),
        marked("pools-confirm.n_clicks", "pools-proposals", [{"id": 7}], pools_why="符合"),
        marked(
            "pools-overrule.n_clicks",
            "pools-proposals",
            [{"id": 8}],
            ("overrule_proposal", "proposal:8"),
            pools_why="观察",
        ),
        step("pools-list-enter.n_clicks", pools_list_lines=f"{LOTUS} 种子库 2025-05-20", pools_list_why="旧名单"),
        step("pools-list-enter.n_clicks", pools_list_lines=f"{OUTSIDE} 种子库 2025-05-20"),
        step(
            "pools-list-enter.n_clicks",
            ("open_case", "case:9"),
            ("enter_pool_list", "pools:TODAY"),
            pools_list_lines=f"{OUTSIDE} 种子库 2025-05-20",
            pools_list_why="旧名单",
        ),
        step("pools-review.n_clicks", ("propose_pools", "review:TODAY")),
        step("pools-review.n_clicks"),
        step("expected-do.n_clicks", ("set_expected_events", "score_run:1"), expected_events=9, expected_why="按近年"),
        step("expected-do.n_clicks", expected_events=8, expected_why=""),
        step("models-promote-do.n_clicks", models_second_password="wrong", who=city.ANALYST, **_PROMOTED),
        step(
            "models-promote-do.n_clicks",
            ("promote_model", "model:small-2026"),
            models_second_password=city.PASSWORD,
            who=city.ANALYST,
            **_PROMOTED,
        ),
        step("policy-adopt.n_clicks", policy_second_password="wrong", **_ADOPTED),
        step(
            "policy-adopt.n_clicks",
            ("adopt_policy", "policy:1"),
            policy_second_password=city.PASSWORD,
            **_ADOPTED,
        ),
        step("accounts-add.n_clicks", ("add_person", f"account:{CLERK}"), accounts_name=CLERK, **_FIRM),
        step("accounts-add.n_clicks", accounts_name=CLERK, **_FIRM),
        step("accounts-add.n_clicks", accounts_name="新人", accounts_role="analyst"),
        *(
            marked(f"accounts-{button}.n_clicks", "accounts-grid", [{"name": CLERK}], (action, f"account:{CLERK}"))
            for button, action in (
                ("password", "set_password"),
                ("disable", "disable_person"),
                ("enable", "enable_person"),
                ("invite", "invite_person"),
            )
        ),
        objected("staff", "约八十"),
        objected("staff", "80", ("raise_objection", "firm_objection:1")),
        objected("staff", "80"),
        objection_answered("refuse", "", 1),
        objection_answered("refuse", "口径不同", 1, ("refuse_objection", "firm_objection:1")),
        objection_answered("accept", "属实", 1),
        objected("staff", "80", ("raise_objection", "firm_objection:2")),
        objection_withdrawn("写错", 2, ("withdraw_objection", "firm_objection:2")),
        objection_withdrawn("写错", 2),
        objected("staff", "81", ("raise_objection", "firm_objection:3")),
        objection_answered(
            "accept",
            "属实",
            3,
            ("accept_objection", "firm_objection:3"),
            ("import_stored", "import:3"),
            ("correct_by_objection", "firm_objection:3"),
        ),
        return_typed({"staff": "约八十"}),
        return_typed({"staff": "80"}, ("draft_return", "own_return:1")),
        return_typed({"staff": "80"}),
        return_withdrawn("", 1),
        return_withdrawn("先不报", 1, ("withdraw_return", "own_return:1")),
        return_uploaded("自报.txt", {"staff": "81"}),
        return_uploaded("自报.xlsx", {"staff": "81"}, ("draft_return", "own_return:2")),
        return_sent(2, ("send_return", "own_return:2")),
        return_sent(2),
        return_decided("back", "缺数据", 2, ("give_back_return", "own_return:2")),
        return_decided("pass", "已核对", 2),
        return_typed({"staff": "82"}, ("draft_return", "own_return:3")),
        return_sent(3, ("send_return", "own_return:3")),
        return_decided("pass", "已核对", 3, ("pass_return", "own_return:3")),
        return_decided(
            "accept",
            "",
            3,
            ("accept_return", "own_return:3"),
            ("import_stored", "import:4"),
            ("store_return", "own_return:3"),
        ),
        marked(
            "accounts-move.n_clicks",
            "accounts-grid",
            [{"name": CLERK}],
            ("change_role", f"account:{CLERK}"),
            **_READS,
        ),
        marked(
            "accounts-contact.n_clicks",
            "accounts-grid",
            [{"name": CLERK}],
            ("change_contact", f"account:{CLERK}"),
            accounts_to_phone="0750-3887000",
        ),
        step("account-contact-save.n_clicks", account_phone="call me"),
        step(
            "account-contact-save.n_clicks",
            ("change_contact", f"account:{city.OFFICER}"),
            account_phone="0750-3887001",
        ),
        marked("accounts-disable.n_clicks", "accounts-grid", [{"name": city.OFFICER}]),
        # With a right code: tests/dashboard/web/test_second_step.py.
        marked("accounts-no-step.n_clicks", "accounts-grid", [{"name": CLERK}]),
        # With somebody who waits: tests/dashboard/web/test_city_accounts.py.
        marked("accounts-bind.n_clicks", "accounts-grid", [{"name": CLERK}], accounts_waiting="1"),
        marked("accounts-unbind.n_clicks", "accounts-grid", [{"name": CLERK}]),
        step("account-step-begin.n_clicks"),
        step("account-step-confirm.n_clicks", account_step_code="wrong"),
        step("account-step-off.n_clicks", account_step_password=city.PASSWORD, account_step_code="wrong"),
        step("returns-due-save.n_clicks", returns_due_day=f"{YEAR}-05-15", returns_shown=[YEAR, None, None]),
        step(
            "returns-due-save.n_clicks",
            ("set_return_due", f"returns:{YEAR}"),
            returns_due_day=f"{YEAR + 1}-05-15",
            returns_shown=[YEAR, None, None],
        ),
        asked_for_return(("ask_for_returns", f"returns:{YEAR}")),
        asked_for_return(),  # within seven days
        step("account-digest-save.n_clicks", account_often="daily", account_address="nobody"),
        step(
            "account-digest-save.n_clicks",
            ("choose_digest", f"account:{city.OFFICER}"),
            account_often="daily",
            account_address="lin@city.cn",
        ),
        step("account-calendar-make.n_clicks", ("make_calendar_address", f"account:{city.OFFICER}")),
        step("account-calendar-revoke.n_clicks", ("revoke_calendar_address", f"account:{city.OFFICER}")),
        step("account-calendar-revoke.n_clicks"),
        step("account-save.n_clicks", account_old="wrong", account_new=NEW_PASSWORD, account_again=NEW_PASSWORD),
        step(
            "account-save.n_clicks",
            ("set_password", f"account:{city.ENTERPRISE}"),
            account_old=city.PASSWORD,
            account_new=NEW_PASSWORD,
            account_again=NEW_PASSWORD,
            who=city.ENTERPRISE,
        ),
    ]


def test_each_callback_that_changes_something_leaves_its_entries_and_no_others(board: Board, tmp_path: Path):
    wrong = []
    today = str(board.app.server.extensions["goldseed"].settings.today())
    for each in steps(write(tmp_path / "form.xlsx").read_bytes()):
        board.visitor(each.who)
        declared = fired_by(each.trigger)
        values = {"expected-run.data": 1, each.trigger: 1, **each.filled(board)}
        answer = board.fire(each.who, declared, values, each.trigger)
        if each.trigger in ("imports-file.contents", "imports-store.n_clicks") and answer.status_code == 200:
            job = answer.json["response"]["imports-job"]["data"]
            board.job = {"id": "", "look": job["look" if "look" in job else "id"]} if job else board.job
        wanted = [(each.who, action, subject.replace("TODAY", today)) for action, subject in each.left]
        found = board.left()
        if found != wanted or answer.status_code not in (200, 204, 400):
            wrong.append(f"{each} : {found} {answer.status_code} {answer.text[:200]}")
    assert not wrong, "\n".join(wrong)
    with Session(board.engine) as session:
        audit.verify_all(session)


#: What a firm's own account may do too.
_OF_EVERYBODY = {
    "account-contact-save.n_clicks",
    "account-step-begin.n_clicks",
    "account-step-confirm.n_clicks",
    "account-step-off.n_clicks",
    "account-save.n_clicks",
    "account-digest-save.n_clicks",
    "account-calendar-make.n_clicks",
    "account-calendar-revoke.n_clicks",
    "firm-apply-save.n_clicks",
    "firms-view-save.n_clicks",
    "firms-view-delete.n_clicks",
    "firm-declared-application-withdraw.n_clicks",
    "firm-message-send.n_clicks",
    _MESSAGE_WITHDRAWN,
    "mine-object-send.n_clicks",
    _OBJECTION_WITHDRAWN,
    "own-return-typed.n_clicks",
    "own-return-file.contents",
    _RETURN_SENT,
    _RETURN_WITHDRAWN,
}


def test_what_a_person_may_not_do_leaves_no_entry(board: Board):
    board.visitor(city.ENTERPRISE)
    for each in steps(b""):
        if each.who != city.ENTERPRISE and each.trigger not in _OF_EVERYBODY:
            values = {"expected-run.data": 1, each.trigger: 1, **each.filled(board)}
            answer = board.fire(city.ENTERPRISE, fired_by(each.trigger), values, each.trigger)
            assert answer.status_code == 403, each
            assert board.left() == [], each


# --- looks -----------------------------------------------------------------------------------------

_ABOUT = {"model": "small-2026", "other": "small-2026", "cohort": "city", "day": "2026-05-01"}
_EXAMPLE = "data:," + base64.b64encode("信用代码,年度\n1,2024\n".encode()).decode()
#: What only looks: what sets it off, and what else is on the page.
LOOKS: dict[str, dict[str, Any]] = {
    "address.pathname": {"address.pathname": "/pools"},
    "everywhere.value": {"everywhere.value": "莲芯"},
    # What a person has read is no decision.
    "reminders-all.n_clicks": {},
    "accounts-firm.searchValue": {"accounts-firm.searchValue": "莲"},
    "accounts-to-firm.searchValue": {"accounts-to-firm.searchValue": "莲"},
    "accounts-grid.selectedRows": {"accounts-grid.selectedRows": [{"name": city.OFFICER}]},
    "trail-person.value": {"trail-person.value": city.OFFICER},
    "trail-csv.id": {"trail-csv.id": "trail-csv", "address.pathname": "/trail"},
    "checks-cells-shown.value": {"checks-cells-shown.value": "open", "checks-tabs.value": "cells"},
    "checks-sources-shown.value": {"checks-sources-shown.value": "open", "checks-tabs.value": "sources"},
    "comparison-do.n_clicks": {"comparison-before.value": "2025-05-01", "comparison-after.value": "2026-05-01"},
    "firms-grid.getRowsRequest": {"firms-grid.getRowsRequest": {"startRow": 0, "endRow": 5}},
    "imports-tick.n_intervals": {"imports-tick.n_intervals": 1, "imports-job.data": {"id": "none"}},
    "imports-grid.selectedRows": {"imports-grid.selectedRows": [{"id": "1"}]},
    "mapping-file.contents": {"mapping-file.contents": _EXAMPLE, "mapping-file.filename": "form.csv"},
    '{"type":"firm-visit-edit","visit":["ALL"]}.n_clicks': {"button": {"type": "firm-visit-edit", "visit": 1}},
    "firm-visit-leave.n_clicks": {},
    "firm-visit-files.filename": {"firm-visit-files.filename": ["纪要.pdf"]},
    "visits-show.n_clicks": {"visits-district.value": "440703", "visits-kept.data": {"step": "open"}},
    '{"task":["ALL"],"type":"firm-task-edit"}.n_clicks': {
        "firm-tasks-of.data": LOTUS,
        "button": {"type": "firm-task-edit", "task": 1},
    },
    "firm-task-leave.n_clicks": {},
    "firm-plan-propose.n_clicks": {"firm-tasks-of.data": LOTUS},
    "firm-stage.value": {"firm-stage.value": "tutoring_filed", "firm-case.data": [1, 1]},
    "board-stage.value": {"board-stage.value": "advisers", "board-case.data": [6, 1]},
    "board-asked.data": {"board-asked.data": {"case": 6, "seen": 1, "stage": "advisers"}},
    "firm-scored.data": {},
    "firm-raise-do.n_clicks": {},
    "firm-moved-do.n_clicks": {},
    "firm-stated-do.n_clicks": {},
    "firm-stated-fact.value": {"firm-stated-fact.value": "revenue_cny"},
    "firm-shown.data": {},
    "firm-pools-shown.data": {"firm-pools-shown.data": LOTUS},
    "firm-messages-of.data": {"firm-messages-of.data": LOTUS, "address.hash": "#messages"},
    '{"most":["ALL"],"type":"firm-messages-show"}.n_clicks': {
        "firm-messages-of.data": LOTUS,
        "button": {"type": "firm-messages-show", "most": 30},
    },
    "firm-message-files.filename": {"firm-message-files.filename": ["表.pdf"]},
    _OBJECT: {
        "mine-objections-of.data": LOTUS,
        "button": {"type": "mine-object", "about": "figure", "key": "staff:2025"},
    },
    "mine-object-cancel.n_clicks": {},
    "own-return-year.value": {"own-return-year.value": "2024"},
    '{"fact":["MATCH"],"type":"own-return-field"}.value': {
        "match": {"type": "own-return-field", "fact": "staff"},
        "own-return-of.data": LOTUS,
        "own-return-year.value": "2024",
    },
    "mine-object-value.value": {
        "mine-objections-of.data": LOTUS,
        "mine-object-about.data": {"about": "figure", "key": "staff:2025"},
        "mine-object-value.value": "80",
    },
    "mine-object-files.filename": {"mine-object-files.filename": ["表.pdf"]},
    "review-replay.n_clicks": {"review-shown.data": 1},
    '{"board":["MATCH"],"type":"board-line"}.value': {},
    "pools-shown.data": {"pools-shown.data": ""},
    "problems-firms.searchValue": {"problems-firms.searchValue": "莲", "problems-firms.value": [BANYAN]},
    "problems-other.searchValue": {"problems-other.searchValue": "莲"},
    '{"problem":["ALL"],"type":"problems-open"}.n_clicks': {"button": {"type": "problems-open", "problem": 1}},
    "advisers-firm.searchValue": {"advisers-firm.searchValue": "莲"},
    "compare-firm.searchValue": {"compare-firm.searchValue": "莲"},
    "compare-firm.value": {"compare-firm.value": LOTUS, "compare-firms.data": [BANYAN]},
    "cases-propose.n_clicks": {"cases-grid.selectedRows": [{"case_id": 2, "version": 1}]},
    "opinions-paper-list.value": {"opinions-paper-list.value": "1"},
    "pools-list-file.filename": {"pools-list-file.filename": "list.xlsx"},
    "policy-file.contents": {"policy-file.contents": "data:text/yaml;base64,eno6IDE="},
    "policy-try.n_clicks": {},
    "policy-tick.n_intervals": {"policy-job.data": None},
    "models-backtest-tick.n_intervals": {"models-backtest-about.data": _ABOUT},
    "backtest-do.n_clicks": {"backtest-dates.value": "2024-05-01", "models-backtest-about.data": _ABOUT},
    "backtest-cancel.n_clicks": {"models-backtest-job.data": "none"},
    "models-watch-tick.n_intervals": {"models-watch-about.data": _ABOUT},
    "models-inspect-tick.n_intervals": {"models-inspect-about.data": _ABOUT},
    "model-feature.value": {"model-feature.value": "revenue"},
    "model-pair.value": {"model-pair.value": "assets staff"},
    "model-tabs.value": {
        "model-tabs.value": "drift",
        "models-inspect-about.data": _ABOUT,
        "models-watch-about.data": _ABOUT,
    },
    "models-compare-tick.n_intervals": {"models-compare-about.data": _ABOUT},
    "models-compare.n_clicks": {"models-a.value": "small-2026", "models-b.value": "small-2026"},
    # A training that has begun has changed nothing yet: the model that it stores has its entry (tests/commands).
    "models-train.n_clicks": {
        "models-as-of.value": "2026-05-01",
        "models-cohorts.value": ["city"],
        "models-event.value": "tutoring_filed",
        "models-within.value": "24",
    },
    "models-tick.n_intervals": {"models-job.data": "none"},
    "models-cancel.n_clicks": {"models-job.data": "none"},
    "models-promote.value": {"models-promote.value": "small-2026"},
}
_ON_THE_PAGE = {
    "firm-id.data": LOTUS,
    "firm-shown.data": LOTUS,
    "firm-scored.data": LOTUS,
    "model-id.data": "small-2026",
}


def test_every_callback_is_walked_or_named_among_those_that_only_look(tmp_path: Path):
    walked = {each.trigger for each in steps(b"")}
    for declared in callbacks_of_the_board():
        ways = {".".join(way) for way in listed(declared, Input)}
        assert bool(ways & walked) != bool(ways & LOOKS.keys()), (name_of(declared), ways)
        # Each button of a callback that changes something is pressed.
        clicks = {way for way in ways if way.endswith(".n_clicks")}
        assert not ways & walked or clicks <= walked, (name_of(declared), clicks - walked)


def test_looking_leaves_no_entry_and_neither_does_a_look_that_is_refused(board: Board):
    people_here = (city.OFFICER, city.ANALYST, city.ENTERPRISE)
    for who in people_here:
        board.visitor(who)
    for trigger, filled in LOOKS.items():
        pressed = {trigger: 1} if trigger.endswith(("clicks", "intervals")) else {}
        found = [one for one in callbacks_of_the_board() if trigger in {".".join(way) for way in listed(one, Input)}]
        assert found, trigger
        for declared in found:
            values = {**_ON_THE_PAGE, **pressed, **filled}
            codes = {board.fire(who, declared, values, trigger).status_code for who in people_here}
            # 404: what a plot is drawn from has not been worked out yet.
            assert codes & {200, 404}, (trigger, codes)
            assert codes <= {200, 403, 404}, (trigger, codes)
            assert board.left() == [], trigger


# --- addresses -------------------------------------------------------------------------------------

#: What goes out at each address of a download, and under which name it stands in the trail; empty: an empty form.
DOWNLOADS = {
    "/download/firms.csv": "firms",
    f"/firm/{LOTUS}/report.pdf": "report",
    "/download/mended/JOB": "marked_workbook",
    "/download/template.xlsx": "",
    "/download/cells.csv": "findings",
    "/download/sources.csv": "contradictions",
    "/download/model/small-2026/reliability.csv": "model_data",
    "/download/model/small-2026/card.zh.md": "model_card",
    "/download/trail.csv": "trail",
    "/pools/paper/1/decision.docx": "pool_paper",
    "/pools/papers/1.zip": "pool_paper",
    "/pools/report.xlsx": "pool_report",
    "/download/special-report.docx": "special_report",
    f"/download/visit-sheet.docx?firms={LOTUS}": "visit_sheet",
    "/download/cases.csv": "cases",
    "/download/visits-of-week.ics": "week",
    "/download/visits.xlsx": "visits",
    "/download/returns-progress.xlsx": "returns_progress",
    "/download/attachment/1": "attachment",
    "/download/message-file/2": "message_file",
    "/download/objection-file/3": "objection_file",
    "/download/own-return/1": "own_return",
    f"/download/own-return/form/{KAPOK}/2024.xlsx": "own_form",
    f"/download/firm.pdf?firms={LOTUS}": "report",
}


def test_each_download_leaves_the_entry_of_who_took_what_and_a_refused_one_leaves_none(board: Board):
    officer, routes = board.visitor(city.OFFICER), board.app.server.extensions["goldseed-routes"]
    with Session(board.engine) as session, session.begin():
        attachments.attach(session, people.console("test"), 1, checked("纪要.pdf", pdf()), now=city.NOW)
        write_message(session, people.console("test"), KAPOK, "见附件", [checked("表.pdf", pdf())], now=city.NOW)
    proof = [checked("审计报告.pdf", pdf())]
    about, day = Subject(FIGURE, "staff", 2025), city.NOW.date()
    object_to(board.engine, people.console("test"), KAPOK, about, "更正", "80", proof, today=day, now=city.NOW)
    form = typed_form(KAPOK, 2024, {"staff": "80"})
    number = handing_in.keep_draft(board.engine, people.console("test"), form, today=day, now=city.NOW)
    with Session(board.engine) as session, session.begin():
        handing_in.send(session, people.console("test"), number, now=city.NOW)
    board.left()
    wrong = upload("wrong.csv", "统一社会信用代码,年度,企业名称\n123,2023,甲\n".encode())
    answer = board.fire(city.OFFICER, fired_by(wrong.trigger), wrong.filled(board), wrong.trigger)
    job = answer.json["response"]["imports-job"]["data"]
    job = job.get("look") or job["id"]
    assert [action for _person, action, _subject in board.left()] == ["import_refused"]
    paths = {path.replace("JOB", job): what for path, what in DOWNLOADS.items()}
    assert {routes.match(path.partition("?")[0])[0].path for path in paths} == {one.path for one in routes.downloads}
    analyst = board.visitor(city.ANALYST)
    for path, what in paths.items():
        who, person = (city.ANALYST, analyst) if "/model/" in path else (city.OFFICER, officer)
        wanted = [(who, "export", f"export:{what}")] if what else []
        assert person.get(path).status_code == 200, path
        assert board.left() == wanted, path
        in_part = person.get(path, Range="bytes=0-")
        assert in_part.status_code in (200, 206), path
        assert board.left() == wanted, path
        assert person.client.head(path).status_code == 200, path
        assert board.left() == [], path
    stranger = Visitor(board.app, board.app.server.test_client())
    board.visitor(city.ENTERPRISE)
    for path in [*paths, f"/firm/{KAPOK}/report.pdf", f"/download/firm.pdf?firms={LOTUS},{KAPOK}"]:
        assert stranger.get(path).status_code in (302, 303, 401, 403), path
        if LOTUS not in path or KAPOK in path:  # the report about the firm itself is the firm's
            assert board.visitor(city.ENTERPRISE).get(path).status_code in (403, 404), path
    for path in ("/download/mended/none", "/download/model/none/reliability.csv", "/download/model/small-2026/x.csv"):
        assert {one.get(path).status_code for one in (officer, analyst)} <= {403, 404}, path
    assert board.left() == []


def test_coming_and_going_leave_entries_and_the_other_addresses_leave_none(board: Board):
    came = Visitor(board.app, board.app.server.test_client())
    assert came.sign_in(city.ANALYST, "wrong").status_code == 401
    assert board.left() == []
    assert came.sign_in(city.ANALYST).status_code == 303
    assert board.left() == [(city.ANALYST, "sign_in", f"account:{city.ANALYST}")]
    came.get("/")
    for path in ("/language/en", "/theme/dark"):
        assert came.post(path).status_code in (302, 303), path
    for path in ("/alive", "/sign-in", "/_dash-layout", "/_dash-dependencies"):
        assert came.get(path).status_code == 200, path
    assert board.left() == []
    assert came.post("/sign-out").status_code == 303
    assert board.left() == [(city.ANALYST, "sign_out", f"account:{city.ANALYST}")]
    stranger = Visitor(board.app, board.app.server.test_client())
    codes = [stranger.sign_in(city.DISTRICT_OFFICER, "wrong").status_code for _ in range(25)]
    assert codes[0] == 401
    assert codes[-1] == 429
    assert board.left() == [("goldseed", "sign_in_refused", f"account:{city.DISTRICT_OFFICER}")]


#: Addresses that are no page and no download.
_OTHERS = {
    "/sign-in",
    "/sign-in/code",
    "/sign-in/city/<kind>",
    "/sign-in/city/<kind>/back",
    "/sign-in/proxy",
    "/invitation/<token>/with/<kind>",
    "/sign-out",
    "/language/<chosen>",
    "/theme/<chosen>",
    "/alive",
    "/calendar/<token>.ics",
    "/invitation/<token>",
}


def test_every_address_of_the_board_is_a_page_a_download_or_named_here(board: Board):
    routes = board.app.server.extensions["goldseed-routes"]
    known = {one.path for one in routes.downloads} | _OTHERS | {"/", "/<path:path>"}
    ours = {str(rule) for rule in board.app.server.url_map.iter_rules()}
    of_dash = {path for path in ours if path.startswith(("/_", "/assets/"))}
    assert ours - of_dash == known
    officer = board.visitor(city.OFFICER)
    for page in routes.pages:
        path = page.path.replace("<firm_id>", LOTUS).replace("<model_id>", "small-2026")
        assert officer.show(path).status_code in (200, 403), path
        assert officer.get(path).status_code in (200, 403), path
    assert board.left() == []
