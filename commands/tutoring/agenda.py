"""What waits today, on the command line."""

from typing import Any

import click

from commands.shared import as_json_option, console, database, show, today
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
@as_json_option
def whats_on(name: str | None, as_json: bool) -> None:
    from sqlalchemy.orm import Session

    from pipeline.accounts import people
    from pipeline.tutoring.agenda import agenda
    from scoring.firm_list.keeper import make_current

    engine = database()
    make_current(engine, today())
    with Session(engine) as session:
        number = account_id(session, name)
        person = console() if number is None else people.person_of(session, number)
        if person is None:
            raise NotFound(Message(N_("There is no account named %(name)s."), {"name": name}))
        found = agenda(session, person, today(), mine=None if name is None else True)

    def lines(_found: Any) -> list[str]:
        steps = [
            f"{step.due_on}  {step.firm_id:<20} {step.next_step}  {step.owner or ''}"
            for step in (*found.overdue, *found.this_week)
        ]
        firms = [
            f"{firm.weight:>3}  {firm.line.firm_id:<20} {firm.line.firm_name or ''}  "
            + language.listed([str(reason.message) for reason in firm.reasons])
            for firm in found.visits
        ]
        return [*steps, *firms] or [_("No firm asks for attention.")]

    show(found, as_json, lines)
