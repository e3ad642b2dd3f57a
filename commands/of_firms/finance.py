"""What firms seek and what fits them, on the command line: `goldseed finance`."""

from collections.abc import Iterator
from datetime import date
from typing import TYPE_CHECKING

import click

from commands.shared import acting, as_json_option, as_of_or_today, database, show, today
from pipeline.language import N_
from pipeline.language import gettext as _

if TYPE_CHECKING:
    from pipeline.finance.overview import Finance


@click.command(
    "finance",
    help=N_(
        "What firms seek, the boards and instruments that fit, rounds and loans by year, meetings, regional board."
    ),
    epilog="goldseed finance --as-of 2026-05-01 --json",
)
@as_of_or_today
@click.option("--person", "name", metavar="NAME", help=N_("As this account sees it; everything unless given."))
@as_json_option
def finance(as_of: date | None, name: str | None, as_json: bool) -> None:
    from sqlalchemy.orm import Session

    from pipeline.finance import overview

    person = acting(name)
    with Session(database()) as session:
        found = overview.finance(session, person, as_of or today())
    show(found, as_json, _lines)


def _lines(found: "Finance") -> Iterator[str]:
    from pipeline.finance import in_words

    yield in_words.sought(found)
    for one in found.sought:
        yield f"  {one.firm_id} {one.firm_name or ''}  {in_words.form(one)}  {in_words.boards(one.boards)}"
        for fit in one.instruments:
            yield f"      {in_words.instrument(fit)}"
    yield _("By year and kind:")
    yield from (f"  {in_words.total(one)}" for one in found.totals)
    yield in_words.met(found)
    yield in_words.regional(found)
    for quoted in found.quoted:
        yield f"  {quoted.since}  {quoted.firm_id} {quoted.firm_name or ''}"
