"""What waits today, on the command line."""

from pathlib import Path
from typing import Any

import click

from commands.shared import NEW_FILE, as_json_option, console, database, exported, now, show, today
from commands.tutoring.names import account_id
from pipeline import language
from pipeline.errors import NotFound
from pipeline.language import N_, Message
from pipeline.language import gettext as _


@click.command(
    "today",
    help=N_("What waits today: steps overdue and due, firms that ask for attention, whom to visit this week and why."),
    epilog='goldseed today --person "Li Lei" --json',
)
@click.option("--person", "name", metavar="NAME", help=N_("Of the cases of this account; of all unless given."))
@click.option(
    "--visit", "firms", multiple=True, metavar="FIRM", help=N_("Keep these as the account's visits of the week.")
)
@click.option("--propose", is_flag=True, help=N_("Let the program propose the account's visits of the week again."))
@click.option("--ics", type=NEW_FILE, metavar="FILE.ics", help=N_("Write the week for a calendar."))
@as_json_option
def whats_on(name: str | None, firms: tuple[str, ...], propose: bool, ics: Path | None, as_json: bool) -> None:
    from sqlalchemy.orm import Session

    from dashboard.reports.week_calendar import week_calendar
    from pipeline.accounts import people
    from pipeline.tutoring.agenda.agenda import agenda
    from pipeline.tutoring.agenda.choice import choose
    from scoring.firm_list.keeper import make_current

    engine = database()
    make_current(engine, today())
    with Session(engine) as session:
        number = account_id(session, name)
        person = console() if number is None else people.person_of(session, number)
        if person is None:
            raise NotFound(Message(N_("There is no account named %(name)s."), {"name": name}))
        if firms or propose:
            choose(session, person, [] if propose else firms, today(), now=now())
            session.commit()
        found = agenda(session, person, today(), mine=None if name is None else True)
    if ics is not None:
        ics.write_bytes(week_calendar(found, now()))
        exported("week", ics)

    def lines(_found: Any) -> list[str]:
        steps = [
            f"{step.due_on}  {step.firm_id:<20} {step.next_step}  {step.owner or ''}"
            for step in (*found.overdue, *found.this_week)
        ]
        visits = [
            f"{firm.weight:>3}  {firm.line.firm_id:<20} {firm.line.firm_name or ''}  "
            + language.listed([str(reason.message) for reason in firm.reasons])
            for firm in found.visits
        ]
        return [*steps, *visits] or [_("No firm asks for attention.")]

    show(found, as_json, lines)
