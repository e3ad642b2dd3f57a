"""The ways into the pools on the command line: a district nominates, a firm applies, either is withdrawn."""

from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from commands.pools.reviews import pools
from commands.shared import FILE, Day, as_json_option, command, console, database, now, show, today, why_option
from pipeline import language
from pipeline.declarations.content import WrongApplication, application_of
from pipeline.language import N_, Message
from pipeline.language import gettext as _
from pipeline.strict_yaml import load_strictly
from pipeline.tutoring.event_boards import board_name

if TYPE_CHECKING:
    from pipeline.store.pool_tables import Declaration

_firm = click.argument("firm", metavar="FIRM")
_on = click.option("--on", type=Day(), metavar="DAY", help=N_("The day of the declaration; today unless given."))
_paper_of = click.option("--paper-of", "signed_by", metavar="NAME", help=N_("It came on paper: who signed it."))


@command(
    pools,
    "nominate",
    N_("A district nominates a firm for the pools; the newer nomination replaces the earlier."),
    'goldseed pools nominate 91XXXXXXMA5CA1L08E --why "leads its market" --paper-of "the district"',
)
@_firm
@why_option
@_on
@_paper_of
@as_json_option
def nominate(firm: str, why: str, on: date | None, signed_by: str | None, as_json: bool) -> None:
    from sqlalchemy.orm import Session

    from pipeline.declarations import declarations

    paper = signed_by is not None
    with Session(database()) as session, session.begin():
        made = declarations.nominate(
            session, console(), firm, why, on or today(), now(), declared_by=signed_by, on_paper=paper
        )
        document = as_document(made)
    show(document, as_json, _line)


@command(
    pools,
    "apply",
    N_("A firm applies for the pools: a YAML file says what it declares; the newer replaces the earlier."),
    'goldseed pools apply 91XXXXXXMA5CA1L08E --file application.yaml --paper-of "Li Lei"',
)
@_firm
@click.option("--file", "file", required=True, type=FILE, metavar="FILE", help=N_("What the firm declares."))
@_on
@_paper_of
@as_json_option
def apply(firm: str, file: Path, on: date | None, signed_by: str | None, as_json: bool) -> None:
    from sqlalchemy.orm import Session

    from pipeline.declarations import declarations

    day, paper = on or today(), signed_by is not None
    application = application_of(_read(file), day)
    with Session(database()) as session, session.begin():
        made = declarations.apply(
            session, console(), firm, application, day, now(), declared_by=signed_by, on_paper=paper
        )
        document = as_document(made)
    show(document, as_json, _line)


@command(
    pools,
    "withdraw",
    N_("Withdraw a nomination or an application; of an application it means that the plan is dropped."),
    'goldseed pools withdraw 12 --why "postponed by its owners"',
)
@click.argument("number", type=int)
@why_option
@click.option("--on", type=Day(), metavar="DAY", help=N_("The day of the withdrawal; today unless given."))
@as_json_option
def withdraw(number: int, why: str, on: date | None, as_json: bool) -> None:
    from sqlalchemy.orm import Session

    from pipeline.declarations import declarations

    with Session(database()) as session, session.begin():
        made = declarations.withdraw(session, console(), number, why, on or today(), now())
        document = as_document(made)
    show(document, as_json, _line)


@command(
    pools,
    "declarations",
    N_("The nominations and applications in force; of one firm all, those withdrawn among them."),
    "goldseed pools declarations 91XXXXXXMA5CA1L08E --json",
)
@click.argument("firm", metavar="[FIRM]", required=False)
@as_json_option
def list_declarations(firm: str | None, as_json: bool) -> None:
    from sqlalchemy.orm import Session

    from pipeline.declarations import declarations

    with Session(database()) as session:
        if firm is None:
            listed = [
                as_document(line.declaration) | {"firm": line.firm_name, "firm_district": line.district_code}
                for line in declarations.open_declarations(session, console(), today())
            ]
        else:
            listed = [as_document(made) for made in declarations.declarations_of(session, console(), firm)]
    show(listed, as_json, lambda entries: [_line(each) for each in entries] or [_("Nothing is declared.")])


def as_document(made: "Declaration") -> dict[str, Any]:
    """A declaration as the commands print it."""
    from pipeline.declarations import declarations

    return {
        "id": made.id,
        "firm_id": made.firm_id,
        "kind": made.kind,
        "declared_on": made.declared_on,
        "declared_by": made.declared_by,
        "district_code": made.district_code,
        "on_paper": made.on_paper,
        "why": made.why,
        "content": made.content,
        "recorded_by": made.recorded_by,
        "withdrawn_on": made.withdrawn_on,
        "withdrawn_by": made.withdrawn_by,
        "withdrawn_why": str(declarations.why_ended(made)) or None,
    }


def _line(each: dict[str, Any]) -> str:
    from pipeline.declarations.declarations import KINDS

    board, filing = each["content"].get("target_board"), each["content"].get("filing_on")
    what = each["why"] or language.joined(part for part in (board_name(board or ""), filing) if part)
    text = f"{each['id']:>5}  {each['declared_on']}  {each['firm_id']:<20} {language.pick(KINDS[each['kind']])}"
    text += f"  {each['declared_by']}  {what}"
    if each["withdrawn_on"]:
        text += f"  ✗ {each['withdrawn_on']} {each['withdrawn_by']}: {each['withdrawn_why']}"
    return text


def _read(file: Path) -> Any:
    """The content of a YAML file. Raises WrongApplication where it is none."""
    problems: list[Message] = []
    try:
        content = load_strictly(file, problems)
    except UnicodeDecodeError:
        problems.append(Message(N_("%(file)s is not written in UTF-8. Save it as UTF-8."), {"file": file.name}))
    if problems:
        raise WrongApplication(Message(N_("The application is not taken yet; put this right:")), problems)
    return content


@command(
    pools,
    "enter",
    N_("Take over the list of the pools that was kept before: columns code, pool, date; the whole of it or nothing."),
    'goldseed pools enter members.xlsx --why "our list of 2025, decided on 20 December 2024"',
)
@click.argument("file", metavar="FILE", type=FILE)
@why_option
@as_json_option
def enter(file: Path, why: str, as_json: bool) -> None:
    from sqlalchemy.orm import Session

    from pipeline.pools.kept_lists import entering, reading

    with Session(database()) as session, session.begin():
        entered = entering.enter(session, reading.read_list(file, today()), why, console(), today(), now())
    show(entered, as_json, lambda one: [str(one.message)])
