"""Agencies that prepare returns, on the command line: `goldseed agencies`."""

from collections.abc import Iterator
from datetime import date
from typing import TYPE_CHECKING

import click

from commands.shared import acting, as_json_option, as_of_or_today, command, database, group_of, run_first, show, today
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
