"""Returns that firms hand in themselves, on the command line; who sits here acts for firm, district or city."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from commands.shared import (
    FILE,
    NEW_FILE,
    as_json_option,
    bring_scores_up_to_date,
    command,
    console,
    database,
    group_of,
    hand_out,
    known_to_json,
    now,
    run_first,
    say,
    show,
    today,
    why_option,
)
from pipeline import language
from pipeline.atomic_files import write_atomically
from pipeline.language import N_
from pipeline.language import gettext as _
from pipeline.own_returns.state import STATES

if TYPE_CHECKING:
    from pipeline.intake.storing.reports import Preview

_return = click.argument("number", type=int, metavar="RETURN")
_note_option = click.option("--note", required=True, metavar="TEXT", help=N_("What the firm and the city read."))


@group_of(
    "returns",
    N_("What firms hand in themselves: drafts, what was sent, and what the city accepted."),
    "goldseed returns list",
)
@as_json_option
@click.pass_context
def returns(context: click.Context, as_json: bool) -> None:
    run_first(context, list_returns, as_json=as_json)


@command(returns, "list", N_("The returns, those that wait first."), "goldseed returns list --state sent --json")
@click.option("--firm", metavar="FIRM", help=N_("Of this firm alone."))
@click.option("--state", type=click.Choice(list(STATES)), help=N_("Of this state alone."))
@as_json_option
def list_returns(as_json: bool, firm: str | None = None, state: str | None = None) -> None:
    from sqlalchemy.orm import Session

    from pipeline.own_returns import return_lists

    with Session(database()) as session:
        lines = return_lists.returns(session, console(), firm_id=firm, state=state)
        found = [known_to_json(each) for each in lines]

    def text(entries: list[dict[str, Any]]) -> list[str]:
        return [line for each in entries for line in _lines(each)] or [_("Nothing was handed in yet.")]

    show(found, as_json, text)


@command(
    returns,
    "form",
    N_("The form of a firm and year with what is known filled in."),
    "goldseed returns form 91440703MA5CA1L08E --year 2025 --out form.xlsx",
)
@click.argument("firm", metavar="FIRM")
@click.option("--year", type=int, required=True, help=N_("Of which year."))
@click.option("--out", required=True, type=NEW_FILE, metavar="FILE", help=N_("Where it is written."))
def write_form(firm: str, year: int, out: Path) -> None:
    from sqlalchemy.orm import Session

    from pipeline.own_returns.form_of_firm import known_form

    with Session(database()) as session:
        content = known_form(session, console(), firm, year, language.language(), today())
    hand_out(out, content, out.name, "own_form")


@command(
    returns,
    "hand-in",
    N_("Check a filled-in form of a firm and keep it as its draft; every problem is named, and nothing kept."),
    "goldseed returns hand-in 91440703MA5CA1L08E form.xlsx --year 2025 --marked marked.xlsx",
)
@click.argument("firm", metavar="FIRM")
@click.argument("file", type=FILE)
@click.option("--year", type=int, required=True, help=N_("Of which year."))
@click.option("--marked", type=NEW_FILE, metavar="FILE", help=N_("Where a wrong one is written with its cells marked."))
@as_json_option
def hand_in(firm: str, file: Path, year: int, marked: Path | None, as_json: bool) -> None:
    from pipeline.own_returns.form_of_firm import OwnForm
    from pipeline.own_returns.handing_in import ReturnRefused, keep_draft

    form = OwnForm(firm, year, file.name, file.read_bytes())
    try:
        number = keep_draft(database(), console(), form, today=today(), now=now())
    except ReturnRefused as error:
        for problem in error.problems:
            say(problem)
        content = error.marked
        if marked is not None and content is not None:
            write_atomically(marked, lambda unfinished: unfinished.write_bytes(content))
        raise
    _show_one(number, as_json)


@command(returns, "look", N_("What a return corrects and adds, and what looks odd."), "goldseed returns look 3 --json")
@_return
@as_json_option
def look(number: int, as_json: bool) -> None:
    from pipeline.own_returns.deciding import look_at

    seen = look_at(database(), console(), number, today=today(), now=now())
    show(seen.as_json(), as_json, lambda _found: [str(line) for line in _told(seen)])


@command(returns, "send", N_("Send a draft to the firm's district."), "goldseed returns send 3")
@_return
@as_json_option
def send(number: int, as_json: bool) -> None:
    from pipeline.own_returns import handing_in

    _change(lambda session: handing_in.send(session, console(), number, now=now()), number, as_json)


@command(
    returns,
    "withdraw",
    N_("Take a return back before it is accepted."),
    'goldseed returns withdraw 3 --why "wrong year"',
)
@_return
@why_option
@as_json_option
def withdraw(number: int, why: str, as_json: bool) -> None:
    from pipeline.own_returns import handing_in

    _change(lambda session: handing_in.withdraw(session, console(), number, why, now=now()), number, as_json)


@command(returns, "pass", N_("The district passes it on to the city."), 'goldseed returns pass 3 --note "looked at"')
@_return
@_note_option
@as_json_option
def pass_on(number: int, note: str, as_json: bool) -> None:
    from pipeline.own_returns import deciding

    _change(lambda session: deciding.pass_on(session, console(), number, note, now=now()), number, as_json)


@command(
    returns,
    "give-back",
    N_("Give it back to the firm, with what has to be mended."),
    'goldseed returns give-back 3 --note "staff of the year is missing"',
)
@_return
@_note_option
@as_json_option
def give_back(number: int, note: str, as_json: bool) -> None:
    from pipeline.own_returns import deciding

    _change(lambda session: deciding.give_back(session, console(), number, note, now=now()), number, as_json)


@command(returns, "accept", N_("Store it as an import, known from today; scores follow."), "goldseed returns accept 3")
@_return
@as_json_option
def accept(number: int, as_json: bool) -> None:
    from pipeline.own_returns import deciding

    deciding.accept(database(), console(), number, today=today(), now=now())
    bring_scores_up_to_date()
    _show_one(number, as_json)


# --- within ----------------------------------------------------------------------------------------------------


def _change(change: Any, number: int, as_json: bool) -> None:
    from sqlalchemy.orm import Session

    with Session(database()) as session, session.begin():
        change(session)
    _show_one(number, as_json)


def _told(seen: "Preview") -> list[object]:
    if seen.report is None:
        return [seen.message, *seen.problems]
    changes = seen.report.restated.changes
    return [*seen.report.restated.messages, *(each.change for each in changes), *seen.warnings]


def _show_one(number: int, as_json: bool) -> None:
    from sqlalchemy.orm import Session

    from pipeline.own_returns import return_lists

    with Session(database()) as session:
        line = next(each for each in return_lists.returns(session, console()) if each.id == number)
        found = known_to_json(line)
    show(found, as_json, _lines)


def _lines(each: dict[str, Any]) -> list[str]:
    state = language.pick(STATES[each["state"]])
    stored = "" if each["import_id"] is None else f"  → {each['import_id']}"
    note = [] if not each["note"] else [f"       {each['note']}"]
    return [f"{each['id']:>5}  {each['year']}  {each['firm_id']} {each['firm_name'] or ''}  {state}{stored}", *note]
