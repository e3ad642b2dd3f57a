"""The growth ladder: rungs and flows, certificates that end, first-time candidates, and letters to firms."""

from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import click

from commands.shared import (
    as_json_option,
    as_of_or_today,
    command,
    console,
    database,
    exported,
    group_of,
    run_first,
    settings,
    show,
    today,
)
from pipeline.ladder.rungs import rungs
from pipeline.language import CHINESE, LANGUAGES, N_
from pipeline.language import gettext as _

_MONTH_FORMAT = "%Y-%m"


@group_of(
    "ladder",
    N_("The growth ladder: who stands on which rung, who came up, and who is one condition away."),
    "goldseed ladder --as-of 2026-05-01",
)
@as_of_or_today
@as_json_option
@click.pass_context
def ladder(context: click.Context, as_of: date | None, as_json: bool) -> None:
    run_first(context, show_ladder, as_of=as_of, as_json=as_json)


@command(
    ladder,
    "show",
    N_("Rungs with their firms, the flows of the last years, who is one condition away and which, and incubators."),
    "goldseed ladder show --as-of 2026-05-01 --json",
)
@as_of_or_today
@as_json_option
def show_ladder(as_of: date | None, as_json: bool) -> None:
    from pipeline.ladder import in_words

    show(_ladder(as_of or today()), as_json, in_words.lines)


@command(
    ladder,
    "calendar",
    N_("Which HNTE certificates end within 12 months, month by month, and what renewal would lack today."),
    "goldseed ladder calendar --as-of 2026-05-01",
)
@as_of_or_today
@as_json_option
def calendar(as_of: date | None, as_json: bool) -> None:
    from pipeline.ladder import in_words

    found = _ladder(as_of or today())
    show(found.calendar_as_json() if as_json else found, as_json, in_words.calendar_lines)


@command(
    ladder,
    "candidates",
    N_(
        "Firms that never were high-tech enterprises, the likeliest to be recognised first: by a model, or by the rule."
    ),
    "goldseed ladder candidates --as-of 2026-05-01",
)
@as_of_or_today
@as_json_option
def candidates(as_of: date | None, as_json: bool) -> None:
    from sqlalchemy.orm import Session

    from scoring.ladder import candidates as first_time
    from scoring.ladder import in_words

    with Session(database()) as session:
        found = first_time.candidates(session, console(), as_of or today(), settings().models)
    show(found, as_json, in_words.lines)


@command(
    ladder,
    "letters",
    N_("Write a letter for each firm whose certificate ends within 12 months, or that is one condition away."),
    "goldseed ladder letters --kind renewal --out letters",
)
@click.option(
    "--kind",
    type=click.Choice(["renewal", "one_away"]),
    required=True,
    help=N_("renewal: the certificate ends; one_away: one condition of a rung is missing."),
)
@click.option(
    "--out",
    type=click.Path(file_okay=False, path_type=Path),
    required=True,
    metavar="FOLDER",
    help=N_("The folder of the letters, one DOCX a firm; made where there is none."),
)
@click.option("--rung", metavar="RUNG", help=N_("one_away: of this rung alone, e.g. hnte."))
@click.option(
    "--month", type=click.DateTime([_MONTH_FORMAT]), metavar="YYYY-MM", help=N_("renewal: ending in this month alone.")
)
@click.option(
    "--language", type=click.Choice(LANGUAGES), default=CHINESE, show_default=True, help=N_("The letters' language.")
)
@as_of_or_today
@as_json_option
def letters(
    kind: str, out: Path, rung: str | None, month: Any, language: str, as_of: date | None, as_json: bool
) -> None:
    from sqlalchemy.orm import Session

    from dashboard.reports.ladder import letters as papers
    from dashboard.reports.pool_papers import Office
    from pipeline import demo_data

    if rung is not None and rung not in rungs():
        there = ", ".join(name for name, each in rungs().items() if each.rules)
        raise click.UsageError(_("%(rung)s is no rung. There are: %(there)s.", rung=rung, there=there))
    day = as_of or today()
    found = _ladder(day)
    chosen = (
        papers.renewal_letters(found, None if month is None else month.strftime(_MONTH_FORMAT))
        if kind == papers.RENEWAL
        else papers.one_away_letters(found, rung)
    )
    with Session(database()) as session:
        made_up = demo_data.holds_demo_firms(session)
    office, written = Office(settings().bureau, settings().templates), []
    out.mkdir(parents=True, exist_ok=True)
    for each in chosen:
        file = out / papers.file_name(each)
        file.write_bytes(papers.letters_docx([each], day, today(), office, language, made_up))
        written.append(file)
    if written:
        exported("ladder_letters", out, rows=len(written))

    def lines(_written: Any) -> Iterator[str]:
        yield _("%(folder)s: %(count)s letters.", folder=out, count=len(written))

    show([str(file) for file in written], as_json, lines)


def _ladder(day: date) -> Any:
    from sqlalchemy.orm import Session

    from pipeline.ladder.ladder import ladder as whole

    with Session(database()) as session:
        return whole(session, console(), day)
