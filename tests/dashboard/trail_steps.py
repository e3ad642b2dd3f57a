"""Everything that people change on the board, step by step, each with the entries that it leaves in the trail."""

import base64
import json
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from dash import Input
from sqlalchemy import select
from sqlalchemy.orm import Session

from dashboard.pages import mapping
from pipeline.own_returns.form_of_firm import typed_form
from pipeline.store.tables import (
    AuditEntry,
    Case,
    Visit,
)
from pipeline.store.tutoring_tables import Adviser, Problem, Task
from tests.cast import BANYAN, KAPOK, LOTUS
from tests.dashboard import city
from tests.dashboard.trail_board import (
    CLERK,
    CODES,
    NEW_PASSWORD,
    TAX,
    YEAR,
    Board,
    callbacks_of_the_board,
    listed,
)
from tests.pipeline.tutoring.attachments.files import pdf


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


ACTIVITY_WITHDRAWN = '{"activity":["ALL"],"type":"firm-activity-withdraw"}.n_clicks'


def entered(*left: tuple[str, str], **filled: Any) -> Step:
    """An activity of Lotus typed on its page."""
    return Step(
        "firm-activity-save.n_clicks", lambda _board: {"firm-activities-of.data": LOTUS, **_fields(filled)}, list(left)
    )


def activity_withdrawn(why: str, number: int, *left: tuple[str, str]) -> Step:
    field, name = {"type": "firm-activity-why", "activity": number}, '{"activity":["ALL"],"type":"firm-activity-why"}'
    typed = {
        f"{name}.{part}": [{"id": field, "property": part, "value": each}]
        for part, each in (("value", why), ("id", field))
    }
    button = {"type": "firm-activity-withdraw", "activity": number}
    return Step(
        ACTIVITY_WITHDRAWN, lambda _board: {"firm-activities-of.data": LOTUS, **typed, "button": button}, list(left)
    )


_LOAN = {
    "firm_activity_kind": "technology_loan",
    "firm_activity_on": "2026-03-02",
    "firm_activity_party": "某行",
    "firm_activity_amount": "5,000,000",
}


def sent(text: str, *left: tuple[str, str]) -> Step:
    """A message that the firm itself writes."""
    values = {"firm-messages-of.data": LOTUS, "firm-message-text.value": text}
    return Step("firm-message-send.n_clicks", lambda _board: dict(values), list(left), city.ENTERPRISE)


MESSAGE_WITHDRAWN = '{"message":["ALL"],"type":"firm-message-withdraw"}.n_clicks'


def message_withdrawn(why: str, number: int, *left: tuple[str, str]) -> Step:
    field, name = {"type": "firm-message-why", "message": number}, '{"message":["ALL"],"type":"firm-message-why"}'
    typed = {
        f"{name}.{part}": [{"id": field, "property": part, "value": each}]
        for part, each in (("value", why), ("id", field))
    }
    button = {"type": "firm-message-withdraw", "message": number}
    return Step(
        MESSAGE_WITHDRAWN,
        lambda _board: {"firm-messages-of.data": LOTUS, **typed, "button": button},
        list(left),
        city.ENTERPRISE,
    )


_FIELD = '{"fact":["ALL"],"type":"own-return-field"}'
RETURN_SENT = '{"return":["ALL"],"type":"own-return-send"}.n_clicks'
RETURN_WITHDRAWN = '{"return":["ALL"],"type":"own-return-withdraw"}.n_clicks'


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
    return on_return(RETURN_SENT, "own-return-why", "", number, *left, who=city.ENTERPRISE)


def return_withdrawn(why: str, number: int, *left: tuple[str, str]) -> Step:
    return on_return(RETURN_WITHDRAWN, "own-return-why", why, number, *left, who=city.ENTERPRISE)


def return_decided(way: str, note: str, number: int, *left: tuple[str, str]) -> Step:
    trigger = f'{{"return":["ALL"],"type":"handed-in-{way}"}}.n_clicks'
    return on_return(trigger, "handed-in-note", note, number, *left, who=city.OFFICER)


OBJECT = '{"about":["ALL"],"key":["ALL"],"type":"mine-object"}.n_clicks'
OBJECTION_WITHDRAWN = '{"objection":["ALL"],"type":"mine-objection-withdraw"}.n_clicks'


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
    return on_objection(OBJECTION_WITHDRAWN, "mine-objection-why", why, number, *left, who=city.ENTERPRISE)


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


_TOLD = {
    "agencies_adviser": str(_AGENCY),
    "agencies_reason": "数据不实",
    "agencies_evidence": "核查记录",
    "agencies_ends_on": "2099-01-01",
}
_OF_AGENCY = f"adviser:{_AGENCY}"


def next_step(what: str | None, *left: tuple[str, str], text: str = "") -> Step:
    """Of proposal no. 1."""
    filled = {"agencies_proposal": "1", "agencies_next": what, "agencies_text": text}
    return step("agencies-step.n_clicks", *left, **filled)


_AGENCY_STEPS = [
    step("agencies-propose.n_clicks", **_TOLD | {"agencies_ends_on": None}),  # until when?
    step("agencies-propose.n_clicks", **_TOLD | {"agencies_evidence": " "}),
    step("agencies-propose.n_clicks", ("propose_listing", _OF_AGENCY), **_TOLD),
    step("agencies-propose.n_clicks", **_TOLD),  # it is under way
    next_step(None),
    next_step("signed"),  # it was not heard
    next_step("heard"),  # what did it say?
    next_step("heard", ("hear_agency", _OF_AGENCY), text="系笔误"),
    next_step("signed", ("sign_listing", _OF_AGENCY)),
    next_step("signed"),  # the same person
    next_step("appealed", text="不服"),  # nothing is decided
    next_step("dropped", ("drop_listing", _OF_AGENCY), text="证据不足"),
    next_step("dropped", text="证据不足"),
]


GROWER_WITHDRAWN = '{"contact":["ALL"],"type":"growers-withdraw"}.n_clicks'


def on_grower(button: str, *left: tuple[str, str], **filled: Any) -> Step:
    """A firm without a case."""
    return Step(
        f"growers-{button}.n_clicks", lambda _board: {"growers-firm.data": CODES[9], **_fields(filled)}, list(left)
    )


def contact_withdrawn(why: str, number: int, *left: tuple[str, str]) -> Step:
    field, name = {"type": "growers-why", "contact": number}, '{"contact":["ALL"],"type":"growers-why"}'
    typed = {
        f"{name}.{part}": [{"id": field, "property": part, "value": each}]
        for part, each in (("value", why), ("id", field))
    }
    button = {"type": "growers-withdraw", "contact": number}
    return Step(GROWER_WITHDRAWN, lambda _board: {"growers-firm.data": CODES[9], **typed, "button": button}, list(left))


def on_choice(button: str, *left: tuple[str, str], number: int | None = 1, **filled: Any) -> Step:
    """Of the choice of pacesetters no. 1."""

    def values(_board: Board) -> dict[str, Any]:
        return {"pacesetters-round.data": number, "pacesetters-query.data": {}, **_fields(filled)}

    return Step(f"pacesetters-{button}.n_clicks", values, list(left))


def on_target(button: str, *left: tuple[str, str], **filled: Any) -> Step:
    return Step(f"targets-{button}.n_clicks", lambda _board: _fields(filled), list(left))


_HNTE = {"targets_target": "plan-2021-2023/hnte"}
_TARGET_STEPS = [
    on_target("enter", targets_value=1850, targets_source="年报"),  # of which target?
    on_target("enter", targets_source="年报", **_HNTE),  # how many?
    on_target("enter", targets_value=1850, targets_source=" ", **_HNTE),
    on_target(
        "enter", ("enter_baseline", "target:plan-2021-2023/hnte"), targets_value=1850, targets_source="年报", **_HNTE
    ),
    on_target("withdraw", targets_source="", **_HNTE),
    on_target("withdraw", ("withdraw_baseline", "target:plan-2021-2023/hnte"), targets_source="口径有误", **_HNTE),
    on_target("withdraw", targets_source="口径有误", **_HNTE),
]
#: What an award of the pacesetters is claimed with: up to 500,000.00, of a pot that goes by rank.
_PRIZE = {"what": "demo_pacesetter|year:2025", "amount": "300000", "evidence": "通知文件"}


def claimed_support(*left: tuple[str, str], **filled: str) -> Step:
    """The firm hands a claim in with one file."""
    values = {
        "support-firm.data": LOTUS,
        **{f"support-{name}.value": value for name, value in (_PRIZE | filled).items()},
        "support-files.contents": [f"data:application/pdf;base64,{base64.b64encode(pdf()).decode()}"],
        "support-files.filename": ["通知.pdf"],
    }
    return Step("support-claim.n_clicks", lambda _board: dict(values), list(left), city.ENTERPRISE)


def on_support(
    way: str,
    *left: tuple[str, str],
    number: int = 1,
    who: str = city.OFFICER,
    amount: str = "",
    rank: int | None = None,
    why: str = "",
) -> Step:
    """A button of a claim to support."""
    values = {
        "support-claim-shown.data": number,
        "support-do-amount.value": amount,
        "support-do-rank.value": rank,
        "support-do-why.value": why,
    }
    if way == "withdraw":
        return Step("support-withdraw.n_clicks", lambda _board: dict(values), list(left), who)
    kind = "support-review" if way in ("accept", "reject") else "support-grant"
    button = {"button": {"type": kind, "way": way}}
    trigger = f'{{"type":"{kind}","way":["ALL"]}}.n_clicks'
    return Step(trigger, lambda _board: values | button, list(left), who)


def shared_out(*left: tuple[str, str], pot: str = "demo_pacesetters") -> Step:
    button = {"type": "support-share", "pot": pot, "begins": "2026-01-01"}
    trigger = '{"begins":["ALL"],"pot":["ALL"],"type":"support-share"}.n_clicks'
    return Step(trigger, lambda _board: {"button": button}, list(left))


_SUPPORT_STEPS = [
    claimed_support(what=""),  # what?
    claimed_support(amount="许多"),
    claimed_support(amount="500000.01"),
    claimed_support(what="demo_hnte_first|"),
    claimed_support(("claim_support", "support_claim:1")),
    claimed_support(),  # a second click
    on_support("withdraw", who=city.ENTERPRISE),  # why?
    on_support("withdraw", ("withdraw_support", "support_claim:1"), who=city.ENTERPRISE, why="填错"),
    claimed_support(("claim_support", "support_claim:2")),
    on_support("reject", ("reject_support", "support_claim:2"), number=2, why="附件不清"),
    claimed_support(("claim_support", "support_claim:3")),
    shared_out(),  # it is not reviewed yet
    on_support("accept", number=3, why=" "),
    on_support("accept", number=3, amount="300000.01", why="齐全"),
    on_support("accept", ("accept_support", "support_claim:3"), number=3, amount="200000", rank=1, why="齐全"),
    on_support("sign", number=3),  # no money is set aside yet
    shared_out(pot="nothing"),
    shared_out(("share_out_support", "support_pot:demo_pacesetters")),
    shared_out(),
    on_support("pay", number=3),
    on_support("sign", ("sign_support", "support_claim:3"), number=3),
    on_support("sign", number=3),  # the same person
    on_support("sign", ("grant_support", "support_claim:3"), number=3, who=city.SECOND_OFFICER),
    on_support("withdraw", number=3, who=city.ENTERPRISE, why="填错"),
    on_support("pay", ("pay_support", "support_claim:3"), number=3, why="2026-0117"),
    on_support("back", number=3, amount="1", why=""),
    on_support("back", ("claw_back_support", "support_claim:3"), number=3, amount="0.01", why="多付"),
]
_TOWN = {"growers_leader_level": "town", "growers_leader_name": "何镇长"}
_SIGNED = {"pacesetters_second": city.ANALYST, "pacesetters_second_password": city.PASSWORD}
_NAMES = {"pacesetters_decided": "2", "pacesetters_decision_why": "综合评议"}
_OBJECTED = {"pacesetters_objected": "2", "pacesetters_from": "某公司", "pacesetters_content": "数据不实"}
_GROWTH_STEPS = [
    on_grower("contact-save", growers_contact_level="town", growers_contact_note="走访"),  # who?
    on_grower("leader-save", ("name_firm_leader", f"firm:{CODES[9]}"), **_TOWN),
    on_grower("leader-save", **_TOWN),
    on_grower(
        "contact-save", ("record_contact", "contact:1"), growers_contact_level="town", growers_contact_note="走访"
    ),
    on_grower("contact-save", growers_contact_level="town", growers_contact_note=" "),
    contact_withdrawn("", 1),
    contact_withdrawn("登错", 1, ("withdraw_contact", "contact:1")),
    contact_withdrawn("登错", 1),
    on_choice("begin", number=None, pacesetters_year=26),
    on_choice(
        "begin",
        ("begin_pacesetters", "pacesetter_round:1"),
        number=None,
        pacesetters_year=2026,
        pacesetters_as_of="2026-05-01",
    ),
    on_choice("back", pacesetters_back_why=""),
    on_choice("back", ("withdraw_pacesetters", "pacesetter_round:1"), pacesetters_back_why="口径有误"),
    on_choice(
        "begin",
        ("begin_pacesetters", "pacesetter_round:2"),
        number=None,
        pacesetters_year=2026,
        pacesetters_as_of="2026-05-01",
    ),
    on_choice("nominate", number=2, pacesetters_why="科技性突出"),  # which?
    on_choice(
        "nominate",
        ("nominate_pacesetter", "nomination:1"),
        number=2,
        pacesetters_firm=LOTUS,
        pacesetters_why="科技性突出",
    ),
    on_choice("withdraw", number=2, pacesetters_wrong="1", pacesetters_wrong_why=" "),
    on_choice(
        "withdraw",
        ("withdraw_pacesetter", "nomination:1"),
        number=2,
        pacesetters_wrong="1",
        pacesetters_wrong_why="企业放弃",
    ),
    on_choice("publish", number=2, pacesetters_public_on="2026-05-06", pacesetters_days=5),  # whom?
    on_choice(
        "nominate",
        ("nominate_pacesetter", "nomination:2"),
        number=2,
        pacesetters_firm=LOTUS,
        pacesetters_why="科技性突出",
    ),
    on_choice(
        "publish",
        ("publish_pacesetters", "pacesetter_round:2"),
        number=2,
        pacesetters_public_on="2026-05-06",
        pacesetters_days=5,
    ),
    on_choice("publish", number=2, pacesetters_public_on="2026-05-06", pacesetters_days=5),
    on_choice("object", number=2, **_OBJECTED | {"pacesetters_from": ""}),
    on_choice("object", ("object_pacesetter", "pacesetter_objection:1"), number=2, **_OBJECTED),
    on_choice("answer-save", number=2, pacesetters_objection="1", pacesetters_answer="不成立"),  # upheld?
    on_choice("name", number=2, **_NAMES, **_SIGNED),  # not answered
    on_choice(
        "answer-save",
        ("answer_pacesetter", "pacesetter_objection:1"),
        number=2,
        pacesetters_objection="1",
        pacesetters_upheld="no",
        pacesetters_answer="不成立",
    ),
    on_choice("name", number=2, **_NAMES, **_SIGNED | {"pacesetters_second_password": "wrong"}),
    on_choice("name", ("decide_pacesetter", "nomination:2"), number=2, **_NAMES, **_SIGNED),
    on_choice("not-name", number=2, **_NAMES),  # it is named
    on_choice("revoke", number=2, **_NAMES),  # who signs beside?
    on_choice("revoke", ("revoke_pacesetter", "nomination:2"), number=2, **_NAMES, **_SIGNED),
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
        *_AGENCY_STEPS,
        *_GROWTH_STEPS,
        *_TARGET_STEPS,
        *_SUPPORT_STEPS,
        entered(**_LOAN | {"firm_activity_kind": None}),
        entered(**_LOAN | {"firm_activity_amount": ""}),
        entered(("add_activity", "activity:1"), **_LOAN),
        entered(**_LOAN),  # the same again
        activity_withdrawn(" ", 1),
        activity_withdrawn("登错", 1, ("withdraw_activity", "activity:1")),
        activity_withdrawn("登错", 1),
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
