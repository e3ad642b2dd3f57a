"""What the city can give a firm, on the command line."""

from collections.abc import Iterator
from typing import Any

import click

from commands.shared import as_json_option, console, database, show, today
from pipeline import language
from pipeline.language import N_
from pipeline.language import gettext as _
from pipeline.wording.number_format import money


@click.command(
    "support",
    help=N_("What the city can give a firm: what it has, what is missing for more, its labels, and offers in force."),
    epilog="goldseed support 91440703MA5CA1L08E --json",
)
@click.argument("firm", metavar="FIRM")
@as_json_option
def support(firm: str, as_json: bool) -> None:
    from sqlalchemy.orm import Session

    from pipeline.offers.for_firm import Given, what_the_city_gives

    with Session(database()) as session:
        found = what_the_city_gives(session, console(), firm, today())

    def lines(_found: Any) -> Iterator[str]:
        yield from _lines(found)

    def _lines(given: Given) -> Iterator[str]:
        for head, words in (
            (_("What we have today"), given.has),
            (_("What we would have in a pool"), given.could),
            *((language.headed(_("Still open"), language.pick(way)), open_) for way, open_ in given.missing),
            (_("Labels that we hold, and certificates"), [one.message for one in given.labels]),
        ):
            if words:
                yield head
                yield from (f"  - {each}" for each in words)
        yield _("Subsidies and services")
        for one in given.offers:
            offer = one.offer
            amount = language.pick(offer.amount) if offer.amount is not None else money(offer.amount_cny)
            days = f"{offer.begins} – {offer.until or ''}".rstrip()
            yield f"  {one.state:<8} {language.pick(offer.name)}  {amount}  {days}  {offer.source}"
            yield from (f"           {each}" for each in one.lacks)
        yield from (f"  {each}" for each in given.told)

    show(found, as_json, lines)
