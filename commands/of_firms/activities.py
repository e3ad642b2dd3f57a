"""Dated activities of firms on the command line: look through them, count them, enter one, withdraw one."""

from datetime import date
from typing import TYPE_CHECKING, Any

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
    why_option,
)
from pipeline.activities.conditions import STATES, ActivityConditions
from pipeline.activities.in_words import described
from pipeline.activities.kinds import activity_kinds, level_names
from pipeline.language import N_, pick
from pipeline.language import gettext as _

if TYPE_CHECKING:
    from pipeline.activities.lists import ActivityLine

_KIND = click.Choice(list(activity_kinds().kinds))
_LEVEL = click.Choice(list(level_names()))


@group_of(
    "activities",
    N_("Dated activities of firms: platforms, projects, contests, rounds, loans, recognitions."),
    "goldseed activities list",
)
@as_json_option
@click.pass_context
def activities(context: click.Context, as_json: bool) -> None:
    run_first(context, list_activities, as_json=as_json)


@command(
    activities,
    "list",
    N_("Activities, the latest first."),
    "goldseed activities list --group platform --state standing --json",
)
@click.option("--firm", metavar="FIRM", help=N_("Of this firm alone."))
@click.option("--kind", type=_KIND, help=N_("Of this kind alone."))
@click.option("--group", type=click.Choice(list(activity_kinds().groups)), help=N_("Of this group of kinds alone."))
@click.option("--level", type=_LEVEL, help=N_("Of this level alone."))
@click.option("--district", metavar="CODE", help=N_("Of firms of this district alone."))
@click.option("--state", type=click.Choice(list(STATES)), help=N_("Standing on the day, or ended by then."))
@click.option("--most", type=click.IntRange(min=1), metavar="N", help=N_("So many at most."))
@as_of_or_today
@click.option("--person", "name", metavar="NAME", help=N_("As this account sees it; everything unless given."))
@as_json_option
def list_activities(
    as_json: bool,
    as_of: date | None = None,
    most: int | None = None,
    name: str | None = None,
    **narrowed: str | None,
) -> None:
    from sqlalchemy.orm import Session

    from pipeline.activities.lists import activity_lines

    person = acting(name)
    with Session(database()) as session:
        found = activity_lines(session, person, as_of or today(), ActivityConditions(**narrowed), limit=most)
    show(found, as_json, lambda lines: [_line(each) for each in lines] or [_("No activity is like this.")])


@command(
    activities,
    "counts",
    N_("How many activities of each kind, level and district there are, standing and ended."),
    "goldseed activities counts --as-of 2026-05-01 --json",
)
@as_of_or_today
@click.option("--person", "name", metavar="NAME", help=N_("As this account sees it; everything unless given."))
@as_json_option
def counts(as_json: bool, as_of: date | None = None, name: str | None = None) -> None:
    from sqlalchemy.orm import Session

    from pipeline.activities.lists import counted

    person = acting(name)
    with Session(database()) as session:
        found = counted(session, person, as_of or today())

    def lines(_found: Any) -> list[str]:
        kinds = activity_kinds().kinds
        totals: dict[str, list[int]] = {}
        for row in found.rows:
            total = totals.setdefault(row.kind, [0, 0])
            total[row.standing] += row.activities
        return [
            _(
                "%(kind)s: %(standing)s standing, %(ended)s ended",
                kind=pick(kinds[kind].name) if kind in kinds else kind,
                standing=standing,
                ended=ended,
            )
            for kind, (ended, standing) in sorted(totals.items())
        ] or [_("No activity yet.")]

    show(found, as_json, lines)


@command(
    activities,
    "add",
    N_("Enter an activity of a firm."),
    "goldseed activities add 91440703MA5CA1L08E --kind technology_loan --on 2026-03-02 --with ABC --amount 5000000",
)
@click.argument("firm", metavar="FIRM")
@click.option("--kind", type=_KIND, required=True, help=N_("The kind of activity."))
@click.option("--on", "occurred_on", type=Day(), required=True, metavar="DAY", help=N_("The day on which it happened."))
@click.option("--level", type=_LEVEL, help=N_("Its level, where the kind has levels."))
@click.option("--name", metavar="TEXT", help=N_("What it is called."))
@click.option("--with", "counterpart", metavar="TEXT", help=N_("The other party."))
@click.option("--outcome", metavar="TEXT", help=N_("What came of it."))
@click.option("--amount", metavar="RMB", help=N_("The amount in RMB."))
@click.option("--until", "ended_on", type=Day(), metavar="DAY", help=N_("Its last day."))
@click.option("--known-on", type=Day(), metavar="DAY", help=N_("The day on which it became known; today unless given."))
@as_json_option
def add_activity(firm: str, as_json: bool, amount: str | None, **about: Any) -> None:
    from sqlalchemy.orm import Session

    from pipeline.activities.entering import Entered, add, amount_of

    with Session(database()) as session, session.begin():
        entered = Entered(amount=amount_of(amount), **about)
        row = add(session, console(), firm, entered, today=today(), now=now())
        done = {"id": row.id, "firm_id": row.firm_id, "kind": row.kind}
    show(done, as_json, lambda each: _("Activity %(number)s is entered.", number=each["id"]))


@command(
    activities,
    "withdraw",
    N_("Put an activity out of force; it stays on record with the reason."),
    'goldseed activities withdraw 12 --why "entered twice"',
)
@click.argument("number", type=int, metavar="NUMBER")
@why_option
@as_json_option
def withdraw_activity(number: int, why: str, as_json: bool) -> None:
    from sqlalchemy.orm import Session

    from pipeline.activities.entering import withdraw

    with Session(database()) as session, session.begin():
        row = withdraw(session, console(), number, why, now=now())
        done = {"id": row.id, "firm_id": row.firm_id, "why": row.withdrawn_why}
    show(known_to_json(done), as_json, lambda each: _("Activity %(number)s is withdrawn.", number=each["id"]))


def _line(one: "ActivityLine") -> str:
    until = f" – {one.ended_on}" if one.ended_on else ""
    whose = f"{one.firm_id} {one.firm_name or ''}".rstrip()
    return f"{one.id:>7}  {one.occurred_on}{until}  {whose}  {described(one)}"
