"""Departments and the public notice on the command line: ask, enter answers on paper, publish, object and answer.

Below `goldseed pools`, whose group stands in reviews.py.
"""

import csv
import io
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from commands.pools.reviews import pools
from commands.shared import FILE, Day, as_json_option, command, console, database, now, say, show, today
from pipeline import language
from pipeline.accounts.departments import department_name
from pipeline.language import N_, Message
from pipeline.language import gettext as _

if TYPE_CHECKING:
    from pipeline.opinions.notices import Notice
    from pipeline.opinions.requests import DepartmentList, OpinionState

__all__ = ["pools"]  # for cli.py, with the commands of this file in it

_review = click.argument("review", type=int, metavar="REVIEW")
_on = click.option("--on", type=Day(), metavar="DAY", help=N_("The day on which it happened; today unless given."))
_FIELDS = ("firm_id", "answer", "note")
_working_days = N_("So many working days after that day are given.")


@command(
    pools,
    "ask",
    N_("Ask departments about the candidates of a review."),
    "goldseed pools ask 3 --departments tax,courts --working-days 10",
)
@_review
@click.option("--departments", required=True, metavar="ID,ID,…", help=N_("The departments, with commas between."))
@click.option("--working-days", default=10, show_default=True, type=int, metavar="N", help=_working_days)
@_on
@as_json_option
def ask(review: int, departments: str, working_days: int, on: date | None, as_json: bool) -> None:
    from sqlalchemy.orm import Session

    from pipeline.opinions import requests

    wanted = [each.strip() for each in departments.split(",") if each.strip()]
    with Session(database()) as session, session.begin():
        made = requests.ask(session, console(), review, wanted, on or today(), now(), working_days=working_days)
        lists = [requests.list_of(session, console(), each.id) for each in made]
    for caution in dict.fromkeys(str(each.caution) for each in lists if each.caution):
        say(caution)
    show([_list(each) for each in lists], as_json, lambda found: [_list_text(each) for each in found])


@command(
    pools,
    "answer",
    N_("Enter what a department answered on paper, from a table with the columns firm_id, answer and note."),
    'goldseed pools answer 5 --file answers.csv --paper-of "Wang Fang"',
)
@click.argument("request", type=int, metavar="REQUEST")
@click.option("--file", "file", required=True, type=FILE, help=N_("A CSV table: firm_id, answer, note."))
@click.option("--paper-of", "signed_by", required=True, metavar="NAME", help=N_("Who signed the paper."))
@_on
@as_json_option
def answer(request: int, file: Path, signed_by: str, on: date | None, as_json: bool) -> None:
    from sqlalchemy.orm import Session

    from pipeline.opinions import requests
    from pipeline.opinions.requests import WrongAnswers

    answers, faults = _read(file)
    with Session(database()) as session, session.begin():
        try:
            stored = requests.enter_paper(session, console(), request, answers, on or today(), now(), signed_by)
        except WrongAnswers as error:
            faults += error.problems
        if faults:
            raise WrongAnswers(Message(N_("%(file)s: nothing was stored."), {"file": file.name}), faults)
        document = {
            "request": request,
            "answers": [{"firm_id": one.firm_id, "answer": one.answer, "note": one.note} for one in stored],
        }
    show(document, as_json, lambda each: _("%(count)s answers were stored.", count=len(each["answers"])))


@command(
    pools,
    "opinions",
    N_("What departments were asked about the candidates of a review, and what they answered."),
    "goldseed pools opinions 3 --json",
)
@_review
@as_json_option
def opinions(review: int, as_json: bool) -> None:
    from sqlalchemy.orm import Session

    from pipeline.opinions import notices, requests

    with Session(database()) as session:
        state = requests.state_of(session, console(), review)
        document = _state(state, today()) | {"notice": _notice(notices.notice_of(session, review))}
    show(document, as_json, _state_text)


@command(
    pools,
    "notice",
    N_("Make the candidates of a review public for some working days."),
    "goldseed pools notice 3 --working-days 5",
)
@_review
@click.option("--working-days", default=5, show_default=True, type=int, metavar="N", help=_working_days)
@click.option("--proposal", "proposals", multiple=True, type=int, metavar="NUMBER", help=N_("Only these proposals."))
@_on
@as_json_option
def notice(review: int, working_days: int, proposals: tuple[int, ...], on: date | None, as_json: bool) -> None:
    from sqlalchemy.orm import Session

    from pipeline.opinions import notices

    with Session(database()) as session, session.begin():
        chosen = list(proposals) or None
        notices.publish(
            session, console(), review, on or today(), now(), working_days=working_days, proposal_ids=chosen
        )
        made = notices.notice_of(session, review)
        document = _notice(made)
    if made is not None and made.caution is not None:
        say(made.caution)
    show(document, as_json, lambda each: _notice_text(each))


@command(
    pools,
    "object",
    N_("Record an objection to a firm of a public notice."),
    'goldseed pools object 2 91XXXXXXMA5CA1L08E --from "a former supplier" --content "unpaid bills"',
)
@click.argument("notice", type=int, metavar="NOTICE")
@click.argument("firm", metavar="FIRM")
@click.option("--from", "from_whom", required=True, metavar="TEXT", help=N_("Who objects."))
@click.option("--content", required=True, metavar="TEXT", help=N_("What is objected."))
@_on
@as_json_option
def object_to(notice: int, firm: str, from_whom: str, content: str, on: date | None, as_json: bool) -> None:
    from sqlalchemy.orm import Session

    from pipeline.opinions import notices

    with Session(database()) as session, session.begin():
        made = notices.object_to(session, console(), notice, firm, from_whom, content, on or today(), now())
        document = _objection_of(session, made.id)
    show(document, as_json, _objection_text)


@command(
    pools,
    "answer-objection",
    N_("Answer an objection: it is upheld, or it is not."),
    'goldseed pools answer-objection 4 --not-upheld --answer "the bills were paid in May"',
)
@click.argument("objection", type=int, metavar="OBJECTION")
@click.option("--upheld/--not-upheld", "upheld", required=True, help=N_("Whether the objection is right."))
@click.option("--answer", "text", required=True, metavar="TEXT", help=N_("What the bureau answers."))
@_on
@as_json_option
def answer_objection(objection: int, upheld: bool, text: str, on: date | None, as_json: bool) -> None:
    from sqlalchemy.orm import Session

    from pipeline.opinions import notices

    with Session(database()) as session, session.begin():
        notices.answer_objection(session, console(), objection, upheld, text, on or today(), now())
        document = _objection_of(session, objection)
    show(document, as_json, _objection_text)


# --- within ----------------------------------------------------------------------------------------


def _read(file: Path) -> tuple[dict[str, tuple[str | None, str | None]], list[object]]:
    """The answers of a table, and what is wrong with the table itself. Raises WrongAnswers where it is none."""
    from pipeline.opinions.requests import WrongAnswers

    content = file.read_bytes()
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:  # what a spreadsheet in Chinese saves
        text = content.decode("gb18030", errors="replace")
    rows = csv.DictReader(io.StringIO(text, newline=""))
    headings = [(each or "").strip() for each in rows.fieldnames or []]
    if missing := [each for each in _FIELDS if each not in headings]:
        message = N_("%(file)s lacks the columns %(missing)s. Its first line names them: firm_id,answer,note.")
        raise WrongAnswers(Message(message, {"file": file.name, "missing": ", ".join(missing)}))
    rows.fieldnames = headings
    answers: dict[str, tuple[str | None, str | None]] = {}
    faults: list[object] = []
    for row in rows:
        firm = (row["firm_id"] or "").strip()
        if not firm:
            if any((row[name] or "").strip() for name in _FIELDS):
                faults.append(Message(N_("Line %(line)s: no firm_id."), {"line": rows.line_num}))
            continue
        if firm in answers:
            faults.append(
                Message(N_("Line %(line)s: %(firm)s stands there twice."), {"line": rows.line_num, "firm": firm})
            )
        answers[firm] = (row["answer"], row["note"])
    return answers, faults


def _list(one: "DepartmentList") -> dict[str, Any]:
    return {
        "request": one.request_id,
        "department": one.department,
        "asked_on": one.asked_on,
        "due_on": one.due_on,
        "firms": len(one.firms),
        "open": one.open,
    }


def _list_text(one: dict[str, Any]) -> str:
    answered = _("%(count)s of %(firms)s answered", count=one["firms"] - one["open"], firms=one["firms"])
    due = _("due on %(day)s", day=one["due_on"])
    late = "  ! " + _("overdue") if one.get("overdue") else ""
    return f"{one['request']:>5}  {department_name(one['department'])}  {due}  {answered}{late}"


def _state(state: "OpinionState", on: date) -> dict[str, Any]:
    return {
        "review": state.review_id,
        "departments": [_list(one) | {"overdue": one.overdue(on)} for one in state.asked],
        "firms": [
            {
                "firm_id": firm,
                "firm": state.names.get(firm),
                "answers": {
                    one.department: {
                        "answer": one.answer,
                        "note": one.note,
                        "answered_on": one.answered_on,
                        "answered_by": one.answered_by,
                        "on_paper": one.on_paper,
                    }
                    for one in answers.values()
                },
            }
            for firm, answers in state.answers.items()
        ],
    }


def _state_text(state: dict[str, Any]) -> list[str]:
    from pipeline.opinions.requests import ANSWERS

    lines = [_list_text(one) for one in state["departments"]] or [_("No department was asked for this review.")]
    for firm in state["firms"]:
        said = [
            language.headed(
                department_name(name),
                (language.pick(ANSWERS[one["answer"]]) if one["answer"] in ANSWERS else _("no answer yet"))
                + (f" – {one['note']}" if one["note"] else ""),
            )
            for name, one in firm["answers"].items()
        ]
        lines.append(f"{firm['firm_id']:<20} {firm['firm']}  {language.joined(said)}")
    if state["notice"]:
        lines.append(_notice_text(state["notice"]))
        lines += [_objection_text(one) for one in state["notice"]["objections"]]
    return lines


def _notice(one: "Notice | None") -> dict[str, Any] | None:
    if one is None:
        return None
    return {
        "notice": one.id,
        "review": one.review_id,
        "begins_on": one.begins_on,
        "ends_on": one.ends_on,
        "working_days": one.working_days,
        "firms": [
            {"firm_id": each.firm_id, "firm": each.name, "proposal": each.proposal_id, "action": each.action}
            for each in one.firms
        ],
        "objections": [_objection(each) for each in one.objections],
    }


def _notice_text(one: dict[str, Any] | None) -> str:
    if one is None:
        return ""
    return _(
        "Public notice no. %(notice)s of %(firms)s firms: %(begins_on)s to %(ends_on)s.",
        **one | {"firms": len(one["firms"])},
    )


def _objection(one: Any) -> dict[str, Any]:
    return {
        "objection": one.id,
        "firm_id": one.firm_id,
        "received_on": one.received_on,
        "from_whom": one.from_whom,
        "content": one.content,
        "late": one.late,
        "upheld": one.upheld,
        "answer": one.answer,
        "answered_on": one.answered_on,
        "answered_by": one.answered_by,
    }


def _objection_of(session: Any, number: int) -> dict[str, Any]:
    from pipeline.opinions import notices
    from pipeline.store.pool_tables import NoticeObjection, PublicNotice

    kept = session.get_one(NoticeObjection, number)
    notice = notices.notice_of(session, session.get_one(PublicNotice, kept.notice_id).review_id)
    found = [] if notice is None else [one for one in notice.objections if one.id == number]
    return _objection(found[0])


def _objection_text(one: dict[str, Any]) -> str:
    state = _("not answered") if one["upheld"] is None else _("upheld") if one["upheld"] else _("not upheld")
    late = f" ({_('late')})" if one["late"] else ""
    text = f"{one['objection']:>5}  {one['received_on']}{late}  {one['firm_id']}  {one['from_whom']}: {one['content']}"
    return f"{text}  → {state}{': ' + one['answer'] if one['answer'] else ''}"
