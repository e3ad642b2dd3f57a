"""What came before a success, beside firms to which it had not come."""

from datetime import date

import click

from commands.shared import as_json_option, as_of_or_today, console, database, show, today
from pipeline.language import N_


@click.command(
    "effect",
    help=N_(
        "What came before a firm reached its next stage or its points rose, beside firms to which it had not come: no "
        "cause, but counts with their intervals."
    ),
    epilog="goldseed effect --as-of 2026-05-01 --json",
)
@as_of_or_today
@as_json_option
def effect(as_of: date | None, as_json: bool) -> None:
    from sqlalchemy.orm import Session

    from pipeline.effect import effect as before
    from pipeline.effect import in_words

    with Session(database()) as session:
        found = before.effect(session, console(), as_of or today())
    show(found, as_json, in_words.lines)
