"""Agencies that prepare returns, on the command line: `goldseed agencies`."""

from collections.abc import Iterator
from datetime import date
from typing import TYPE_CHECKING

import click

from commands.shared import (
    Day,
    acting,
    as_json_option,
    as_of_or_today,
    command,
    console,
    database,
    group_of,
    known_to_json,
    now,
    run_first,
    show,
    today,
)
from pipeline.language import N_, pick
from pipeline.language import gettext as _

if TYPE_CHECKING:
    from pipeline.agencies.comparing import AgencyCompared
    from pipeline.agencies.standing import Agencies


@group_of(
    "agencies",
    N_("Agencies that prepare returns: differences beside all others, by year, who is not filed."),
    "goldseed agencies compare",
)
@as_json_option
@click.pass_context
def agencies(context: click.Context, as_json: bool) -> None:
    run_first(context, compare_agencies, as_json=as_json)


@command(
    agencies,
    "compare",
    N_("Differences per 100 returns of each agency beside all others, its years, and who has no filing."),
    "goldseed agencies compare --as-of 2026-05-01 --json",
)
@as_of_or_today
@click.option("--person", "name", metavar="NAME", help=N_("As this account sees it; everything unless given."))
@as_json_option
def compare_agencies(as_of: date | None = None, name: str | None = None, as_json: bool = False) -> None:
    from sqlalchemy.orm import Session

    from pipeline.agencies import standing

    person = acting(name)
    with Session(database()) as session:
        found = standing.agencies(session, person, as_of or today())
    show(found, as_json, _lines)


def _lines(found: "Agencies") -> Iterator[str]:
    from pipeline.agencies import in_words

    yield in_words.summary(found)
    for one in found.compared:
        yield from _agency(one)
    if found.copies:
        yield _("The same figures in returns of different firms") + ":"
    for same in found.copies:
        yield f"  {same.agency}  {same.year}  {same.firm_id} = {same.other_firm_id}  {same.equal}"
    if found.unfiled:
        yield _("Prepares returns, has no filing in force") + ":"
    for each in found.unfiled:
        near = f"  ≈ {', '.join(each.near)}" if each.near else ""
        yield f"  {each.name}  {each.returns} / {each.firms}  {each.since}{near}"


def _agency(one: "AgencyCompared") -> Iterator[str]:
    from pipeline.agencies import in_words

    rates = _(
        "differences per 100 returns: %(own)s, all others %(others)s",
        own=in_words.rate(one.counted),
        others=in_words.rate(one.others),
    )
    slips = _("+ %(count)s slips of units", count=one.counted.slips) if one.counted.slips else ""
    verdict = pick(in_words.VERDICTS[one.verdict])
    yield "  ".join(part for part in (f"  {one.name}", rates, slips, in_words.times(one.ratio), verdict) if part)
    for year in one.years:
        yield f"      {year.year}  {in_words.rate(year.counted)}  {pick(in_words.YEAR_VERDICTS[year.verdict])}"


# --- the way to the negative list ------------------------------------------------------------------------------


@command(
    agencies,
    "proposals",
    N_("Agencies that were told that they are to go on the negative list, and each step since."),
    "goldseed agencies proposals --json",
)
@as_of_or_today
@as_json_option
def list_proposals(as_of: date | None, as_json: bool) -> None:
    _show_proposals(None, as_of or today(), as_json)


@command(
    agencies,
    "propose",
    N_("Keep that an agency was told that it is to go on the negative list."),
    'goldseed agencies propose 12 --reason "false figures" --evidence "check no. 3" --until 2027-12-31',
)
@click.argument("adviser", type=int, metavar="ADVISER")
@click.option("--reason", required=True, metavar="TEXT", help=N_("Why it is put on the list."))
@click.option("--evidence", required=True, metavar="TEXT", help=N_("What that rests on."))
@click.option("--staff", metavar="NAMES", help=N_("People of it who are named with it."))
@click.option("--until", required=True, type=Day(), metavar="DAY", help=N_("The first day that counts no more."))
@click.option(
    "--reply-until", type=Day(), metavar="DAY", help=N_("Until when it may be heard; unless given, five days.")
)
@click.option("--on", type=Day(), metavar="DAY", help=N_("The day on which it was told; unless given, today."))
@click.option("--person", "name", metavar="NAME", help=N_("Who does this; the console unless given."))
@as_json_option
def propose_listing(
    adviser: int,
    reason: str,
    evidence: str,
    staff: str | None,
    until: date,
    reply_until: date | None,
    on: date | None,
    name: str | None,
    as_json: bool,
) -> None:
    from sqlalchemy.orm import Session

    from pipeline.agencies import listings

    person, day = acting(name), on or today()
    with Session(database()) as session, session.begin():
        made = listings.propose(
            session, person, adviser, reason, evidence, until, day, now=now(), staff=staff, reply_until=reply_until
        )
        number = made.id
    _show_proposals(number, today(), as_json)


@command(
    agencies,
    "step",
    N_("Take the next step of a proposal: hear, sign, drop, or appeal and its answer."),
    'goldseed agencies step 3 --do heard --text "says the figures were mixed up"',
)
@click.argument("proposal", type=int, metavar="PROPOSAL")
@click.option(
    "--do",
    "step",
    required=True,
    type=click.Choice(["heard", "signed", "dropped", "appealed", "upheld", "lifted"]),
    help=N_("The step."),
)
@click.option("--text", metavar="TEXT", help=N_("What was said, or why; a signature needs none."))
@click.option("--on", type=Day(), metavar="DAY", help=N_("The day of the step; unless given, today."))
@click.option("--person", "name", metavar="NAME", help=N_("Who does this; the console unless given."))
@as_json_option
def take_step(proposal: int, step: str, text: str | None, on: date | None, name: str | None, as_json: bool) -> None:
    from sqlalchemy.orm import Session

    from pipeline.agencies import listings

    person = acting(name)
    with Session(database()) as session, session.begin():
        listings.take_step(session, person, proposal, step, text, on or today(), now=now())
    _show_proposals(proposal, today(), as_json)


def _show_proposals(number: int | None, on: date, as_json: bool) -> None:
    from sqlalchemy.orm import Session

    from pipeline.agencies import listings

    with Session(database()) as session:
        seen = listings.proposals(session, console(), on)
    found = [one for one in seen if number in (None, one.id)]

    def lines(_found: object) -> Iterator[str]:
        for one in found:
            yield f"{one.id:>5}  {one.agency}  {pick(listings.STATES[one.state])}  {one.reason} ({one.evidence})"
            yield from (
                f"       {each.on}  {pick(listings.STATES[each.step])}  {each.by}  {each.text or ''}".rstrip()
                for each in one.steps
            )
        if not found:
            yield _("No agency has been told so.")

    show(known_to_json(found), as_json, lines)
