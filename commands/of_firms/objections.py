"""Objections of firms on the command line; what is raised here is entered by whoever sits at it, from a paper."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from commands.shared import (
    FILE,
    NEW_FILE,
    as_json_option,
    command,
    console,
    database,
    files_to_attach,
    group_of,
    hand_out,
    known_to_json,
    now,
    run_first,
    say,
    settings,
    show,
    today,
    why_option,
)
from pipeline import language
from pipeline.language import N_
from pipeline.language import gettext as _
from pipeline.objections.subject import DECISION, FIGURE, FINDING, STATES, Subject

if TYPE_CHECKING:
    from pipeline.objections.objection_lists import ObjectionCounts

_objection = click.argument("objection", type=int, metavar="OBJECTION")


@group_of(
    "objections",
    N_("What firms say is wrong about a figure, a finding or a decision, and what they were answered."),
    "goldseed objections list",
)
@as_json_option
@click.pass_context
def objections(context: click.Context, as_json: bool) -> None:
    run_first(context, list_objections, as_json=as_json)


@command(
    objections,
    "list",
    N_("The objections, the open ones first, the one due soonest on top."),
    "goldseed objections list --state open --json",
)
@click.option("--firm", metavar="FIRM", help=N_("Of this firm alone."))
@click.option("--state", type=click.Choice(list(STATES)), help=N_("Of this state alone."))
@as_json_option
def list_objections(as_json: bool, firm: str | None = None, state: str | None = None) -> None:
    from sqlalchemy.orm import Session

    from pipeline.objections import objection_lists

    with Session(database()) as session:
        seen = objection_lists.objections(session, console(), today(), firm_id=firm, state=state)
        found = [known_to_json(each) for each in seen]
    show(
        found, as_json, lambda entries: [line for each in entries for line in _lines(each)] or [_("No objection yet.")]
    )


@command(
    objections,
    "raise",
    N_("Enter what a firm objects to on paper: a figure with its right value, a finding or a decision."),
    'goldseed objections raise 91440703MA5CA1L08E --fact revenue_cny --year 2025 --value 17200 --why "audited" '
    "--file audit.pdf --signed Chen",
)
@click.argument("firm", metavar="FIRM")
@click.option("--fact", metavar="FACT", help=N_("The figure, as `goldseed facts` names it; with --year and --value."))
@click.option("--year", type=int, help=N_("The year of the figure."))
@click.option("--value", metavar="TEXT", help=N_("The right value, as the city's form asks for it."))
@click.option("--finding", type=int, metavar="NUMBER", help=N_("A finding instead, as `goldseed findings` numbers it."))
@click.option("--decision", type=int, metavar="NUMBER", help=N_("A decided proposal instead."))
@why_option
@click.option("--file", "files", type=FILE, multiple=True, metavar="FILE", help=N_("PDF, DOCX, XLSX, JPG or PNG."))
@click.option("--signed", metavar="NAME", help=N_("Who signed the firm's paper."))
@as_json_option
def raise_objection(
    firm: str,
    fact: str | None,
    year: int | None,
    value: str | None,
    finding: int | None,
    decision: int | None,
    why: str,
    files: tuple[Path, ...],
    signed: str | None,
    as_json: bool,
) -> None:
    from pipeline.objections import objecting

    if sum(given is not None for given in (fact, finding, decision)) != 1 or (fact is None) != (year is None):
        raise click.UsageError(_("Give one of --fact with --year, --finding, --decision."))
    about = FIGURE if fact is not None else FINDING if finding is not None else DECISION
    subject = Subject(about, fact, year, finding, decision)
    good = files_to_attach(files)
    number = objecting.object_to(
        database(), console(), firm, subject, why, value, good, today=today(), now=now(), raised_for=signed
    )
    _show_one(number, as_json)


@command(
    objections,
    "accept",
    N_("What is right is corrected: a figure by an import of its source, known from today; scores follow."),
    'goldseed objections accept 12 --why "as in the audited statements"',
)
@_objection
@why_option
@as_json_option
def accept(objection: int, why: str, as_json: bool) -> None:
    _answer(objection, True, why, as_json)


@command(
    objections, "refuse", N_("What is not right gets a reason."), 'goldseed objections refuse 12 --why "consolidated"'
)
@_objection
@why_option
@as_json_option
def refuse(objection: int, why: str, as_json: bool) -> None:
    _answer(objection, False, why, as_json)


@command(
    objections,
    "withdraw",
    N_("The firm takes an open objection back; it stays on record."),
    "goldseed objections withdraw 12 --why typo",
)
@_objection
@why_option
@as_json_option
def withdraw(objection: int, why: str, as_json: bool) -> None:
    from sqlalchemy.orm import Session

    from pipeline.objections import objecting

    with Session(database()) as session, session.begin():
        objecting.withdraw(session, console(), objection, why, today=today(), now=now())
    _show_one(objection, as_json)


@command(
    objections,
    "count",
    N_("How many objections came, how long their answers took, and how many were right."),
    "goldseed objections count --json",
)
@as_json_option
def count(as_json: bool) -> None:
    from sqlalchemy.orm import Session

    from pipeline.objections import objection_lists

    with Session(database()) as session:
        found = objection_lists.counts(session, console(), today())
    show(found, as_json, _counted)


@command(
    objections,
    "fetch",
    N_("Write a file of an objection to a place of your own; it is held against what was attached."),
    "goldseed objections fetch 3 --out audit.pdf",
)
@click.argument("attachment", type=int, metavar="ATTACHMENT")
@click.option("--out", required=True, type=NEW_FILE, metavar="FILE", help=N_("Where it is written."))
def fetch(attachment: int, out: Path) -> None:
    from sqlalchemy.orm import Session

    from pipeline.objections import objection_lists

    with Session(database()) as session:
        seen, content = objection_lists.file_of(session, console(), attachment)
    hand_out(out, content, seen.file_name, "objection_file")


@click.command(
    "timeline",
    help=N_("What happened to a firm, the latest first: figures, scores, decisions, stages, visits, objections."),
    epilog="goldseed timeline 91440703MA5CA1L08E --most 20",
)
@click.argument("firm", metavar="FIRM")
@click.option("--most", type=click.IntRange(1, 10_000), metavar="COUNT", help=N_("At most so many, the latest."))
@as_json_option
def timeline(firm: str, most: int | None, as_json: bool) -> None:
    from sqlalchemy.orm import Session

    from pipeline.timeline.timeline import KIND_NAMES
    from pipeline.timeline.timeline import timeline as entries_of

    with Session(database()) as session:
        found = [known_to_json(each) for each in entries_of(session, console(), firm, today(), most)]

    def lines(entries: list[dict[str, Any]]) -> list[str]:
        return [
            f"{each['on']}  {language.pick(KIND_NAMES[each['kind']])}  {each['what']}  {each['who'] or ''}".rstrip()
            for each in entries
        ] or [_("Nothing yet.")]

    show(found, as_json, lines)


# --- within ----------------------------------------------------------------------------------------------------


def _answer(number: int, accepted: bool, why: str, as_json: bool) -> None:
    from scoring.explain.answered_objections import answer

    models = settings().models
    done = answer(database(), models, console(), number, accepted, why, today=today(), now=now())
    for message in done.said:
        say(message)
    _show_one(number, as_json)


def _show_one(number: int, as_json: bool) -> None:
    from sqlalchemy.orm import Session

    from pipeline.objections import objection_lists

    with Session(database()) as session:
        found = known_to_json(objection_lists.objection(session, console(), number, today()))
    show(found, as_json, _lines)


def _lines(each: dict[str, Any]) -> list[str]:
    state = language.pick(STATES[each["state"]])
    value = [f"       {each['shown'] or '—'} → {each['asked']}"] if each["about"] == FIGURE else []
    due = f"  → {each['due_on']}" if each["due_on"] and each["state"] == "open" else ""
    answer = [] if each["answer"] is None else [f"       {each['answered_by']} {each['answered_on']}: {each['answer']}"]
    files = [f"       + {file['id']}  {file['file_name']}  {file['size']}" for file in each["files"]]
    whose = f"{each['firm_id']} {each['firm_name'] or ''}"
    head = f"{each['id']:>5}  {each['raised_on']}  {state}{due}  {whose}  {each['what']}"
    return [head, *value, f"       {each['why']}", *files, *answer]


def _counted(found: "ObjectionCounts") -> list[str]:
    right = "—" if found.right_share is None else f"{found.right_share:.0%}"
    took = "—" if found.median_working_days is None else f"{found.median_working_days:g}"
    return [
        _("%(raised)s raised, %(open)s open (%(late)s late)", raised=found.raised, open=found.open, late=found.late),
        _("%(accepted)s accepted, %(refused)s refused, %(withdrawn)s withdrawn", **vars(found)),
        _("answered in the middle after %(days)s working days, %(late)s late", days=took, late=found.answered_late),
        _("of the answered ones right: %(share)s", share=right),
    ]
