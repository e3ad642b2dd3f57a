"""Fast growers on the command line: the list of a day, the leaders of three levels and their contacts."""

from collections.abc import Iterator
from datetime import date
from typing import Any

import click

from commands.shared import (
    Day,
    acting,
    as_json_option,
    as_of_or_today,
    by_option,
    command,
    console,
    database,
    known_to_json,
    now,
    show,
    today,
    why_option,
)
from pipeline.language import N_, headed, pick
from pipeline.language import gettext as _
from pipeline.wording import number_format

_firm = click.argument("firm", metavar="FIRM")
_level = click.option(
    "--level", required=True, type=click.Choice(["city", "county", "town"]), help=N_("The level of the leader.")
)


@click.group(
    "growers",
    help=N_("Fast growers of a day, how sure that is, their leaders of three levels, and who is late with a contact."),
    epilog="goldseed growers --as-of 2026-05-01 --json",
    invoke_without_command=True,
)
@as_of_or_today
@by_option
@as_json_option
@click.pass_context
def growers(context: click.Context, as_of: date | None, by: str | None, as_json: bool) -> None:
    if context.invoked_subcommand is not None:
        return
    from sqlalchemy.orm import Session

    from pipeline.growth import in_words
    from pipeline.growth.service import growers_of, served

    person = acting(by)
    with Session(database()) as session:
        found = growers_of(session, person, as_of or today())
        rows = served(session, person, found.firms, found.as_of)

    def lines(_found: Any) -> Iterator[str]:
        yield in_words.rule(found)
        yield in_words.counted(found)
        yield in_words.caution(found)
        for one in rows:
            grower = one.grower
            late = _("%(count)s levels late", count=one.overdue) if one.overdue else ""
            yield (
                f"{grower.firm_id:<20} {number_format.percent(grower.revenue.rate):>9} "
                f"{in_words.interval(grower.revenue)}  {in_words.rank(grower.revenue)}  "
                f"{number_format.percent(grower.staff.rate):>9}  {grower.name or ''}  {late}"
            )

    document = {
        "as_of": found.as_of,
        "looked_at": found.looked_at,
        "unknown": found.unknown,
        "line": found.line,
        "years": found.years,
        "sure": found.sure,
        "growers": rows,
    }
    show(document, as_json, lines)


@command(
    growers,
    "contacts",
    N_("The leaders of one firm, level by level, and every contact."),
    "goldseed growers contacts 91440703MA5CA1L08E --json",
)
@_firm
@as_of_or_today
@as_json_option
def list_contacts(firm: str, as_of: date | None, as_json: bool) -> None:
    _show(firm, as_of or today(), as_json)


@command(
    growers,
    "leader",
    N_("Name who of a level stands by a firm; without --name nobody any more."),
    'goldseed growers leader 91440703MA5CA1L08E --level town --name "何镇长"',
)
@_firm
@_level
@click.option("--name", metavar="NAME", help=N_("The leader's name."))
@click.option("--post", metavar="TEXT", help=N_("The leader's post."))
@click.option("--why", metavar="TEXT", help=N_("Why somebody is replaced."))
@as_json_option
def name_leader(firm: str, level: str, name: str | None, post: str | None, why: str | None, as_json: bool) -> None:
    from sqlalchemy.orm import Session

    from pipeline.growth import contacts

    with Session(database()) as session, session.begin():
        contacts.name_contact(session, console(), firm, level, now=now(), name=name, post=post, why=why)
    _show(firm, today(), as_json)


@command(
    growers,
    "contact",
    N_("Record that the leader of a level was in touch with a firm."),
    'goldseed growers contact 91440703MA5CA1L08E --level town --note "走访"',
)
@_firm
@_level
@click.option("--note", required=True, metavar="TEXT", help=N_("What it was about."))
@click.option("--on", "on", type=Day(), metavar="DAY", help=N_("The day of the contact; today unless given."))
@as_json_option
def record_contact(firm: str, level: str, note: str, on: date | None, as_json: bool) -> None:
    from sqlalchemy.orm import Session

    from pipeline.growth import contacts

    with Session(database()) as session, session.begin():
        contacts.record_contact(session, console(), firm, level, on or today(), note, now=now())
    _show(firm, today(), as_json)


@command(
    growers,
    "withdraw-contact",
    N_("A contact was recorded by mistake."),
    'goldseed growers withdraw-contact 3 --why "登错企业"',
)
@click.argument("contact", type=int, metavar="CONTACT")
@why_option
@as_json_option
def withdraw_contact(contact: int, why: str, as_json: bool) -> None:
    from sqlalchemy.orm import Session

    from pipeline.growth import contacts

    with Session(database()) as session, session.begin():
        firm = contacts.withdraw_contact(session, console(), contact, why, now=now()).firm_id
    _show(firm, today(), as_json)


def _show(firm: str, on: date, as_json: bool) -> None:
    from sqlalchemy.orm import Session

    from pipeline.growth import contacts, in_words
    from pipeline.tutoring.mentors import leaders

    with Session(database()) as session:
        found = contacts.contacts_of(session, console(), firm, on)
        states = contacts.standing(session, console(), [firm], on).get(firm, {})

    def lines(_found: Any) -> Iterator[str]:
        for level, state in states.items():
            yield headed(pick(leaders.LEVELS[level]), in_words.contact(state))
        for one in found:
            number = "" if one.id is None else str(one.id)
            yield f"{number:>6}  {one.on}  {pick(leaders.LEVELS[one.level])}  {one.leader}  {one.note or ''}"

    document = {
        "firm_id": firm,
        "levels": {level: {**known_to_json(state), "overdue": state.overdue} for level, state in states.items()},
        "contacts": found,
    }
    show(document, as_json, lines)
