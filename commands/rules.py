"""The listing rules of a day: show them, check firms by them, and see what a coming rule changes."""

import sys
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from commands.shared import (
    Day,
    as_json_option,
    as_of_option,
    as_of_or_today,
    cohort_option,
    command,
    database,
    exported,
    group_of,
    out_option,
    say,
    scheduler_option,
    show,
    today,
    workers_at,
)
from pipeline.language import N_, Message
from pipeline.language import gettext as _
from pipeline.rules.definition import rule_books

if TYPE_CHECKING:
    from pipeline.workers.workers import Workers

rules_of_option = click.option(
    "--rules-of", type=Day(), metavar="DAY", help=N_("The rules in force on this day; unless given, those of --as-of.")
)


class Board(click.ParamType):
    """A board's id or its name in either language, given on as its id."""

    name = "board"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        return rule_books.board_named(value)


board_option = click.option(
    "--board",
    type=Board(),
    metavar="B",
    help=N_("Only this board: main, star, chinext, bse, neeq, hkex, or recognition."),
)


@group_of("rules", N_("The listing rules in force on a day, and firms held against them."), "goldseed rules show bse")
@click.pass_context
def rules(context: click.Context) -> None:
    if context.invoked_subcommand is None:
        context.invoke(show_rules, board=None, as_of=None, as_json=False)


@command(
    rules,
    "show",
    N_("The rules in force on a day, with source and confidence."),
    "goldseed rules show bse --as-of 2024-05-01",
)
@click.argument("board", type=Board(), required=False)
@as_of_or_today
@as_json_option
def show_rules(board: str | None, as_of: date | None, as_json: bool) -> None:
    from pipeline.rules.explanation import rule_text

    day = as_of or today()
    document = [rule_text.as_json(rule) for rule in rule_text.rules_on(board, day)] if as_json else None
    show(document, as_json, lambda _nothing: rule_text.as_text(board, day))


@command(
    rules,
    "check",
    N_("Facts as known on one day against the rules in force on it, or on another day."),
    "goldseed rules check --as-of 2024-05-01 --board bse --out verdicts.csv",
)
@click.argument("firms", nargs=-1)
@as_of_option
@rules_of_option
@board_option
@cohort_option()
@out_option()
@scheduler_option
@as_json_option
def check_rules(
    firms: tuple[str, ...],
    as_of: date,
    rules_of: date | None,
    board: str | None,
    cohort: str,
    out: Path | None,
    scheduler: str | None,
    as_json: bool,
) -> None:
    if firms and scheduler:
        raise click.UsageError(_("A few firms are checked at once: leave --scheduler out, or the firms."))
    with workers_at(scheduler) as workers:
        _check(firms, as_of, rules_of, board, cohort, out, as_json, workers)


def _check(
    firms: tuple[str, ...],
    as_of: date,
    rules_of: date | None,
    board: str | None,
    cohort: str,
    out: Path | None,
    as_json: bool,
    workers: "Workers | None",
) -> None:
    from pipeline.rules.reports import check, terminal_text

    parts = check.check_in_parts(
        database(),
        as_of,
        rules_of=rules_of,
        board=board,
        cohort=cohort,
        firms=list(firms) or None,
        workers=workers,
    )
    verdicts = next(iter(parts))
    if not verdicts.rules:
        raise rule_books.NoSuchRule(Message(N_("No board has a recorded rule on %(day)s."), {"day": verdicts.rules_of}))
    for message in (*verdicts.warnings, *verdicts.not_recorded):
        say(message)
    counts = None if (firms or as_json) and not out else check.summary(parts, out)
    if out:
        exported("verdicts", out)

    if as_json:
        from pipeline.rules.reports import verdicts_json

        verdicts_json.write(parts, sys.stdout)
        return

    def lines(_verdicts: Any) -> list[str]:
        if counts is not None and not firms:
            return terminal_text.table(counts)
        return [line for firm in firms for line in terminal_text.of_firm(verdicts, firm)]

    show(verdicts, False, lines)


@command(
    rules,
    "compare",
    N_("What the rules of one day change against those of another, for every firm as known on a day."),
    "goldseed rules compare --as-of 2024-05-01 --before 2024-04-29 --after 2024-04-30",
)
@as_of_option
@click.option("--before", type=Day(), required=True, metavar="DAY", help=N_("The day of the earlier rules."))
@click.option("--after", type=Day(), required=True, metavar="DAY", help=N_("The day of the later rules."))
@board_option
@cohort_option()
@as_json_option
def compare_rules(as_of: date, before: date, after: date, board: str | None, cohort: str, as_json: bool) -> None:
    from pipeline.rules.reports import check, terminal_text

    compared = check.compare(database(), as_of, before, after, cohort=cohort, board=board)

    def lines(_compared: Any) -> list[str]:
        return [*terminal_text.table(compared.counts), "", *terminal_text.table(compared.by_district)]

    show(compared, as_json, lines)


@command(
    rules,
    "renewals",
    N_("Whose HNTE certificate runs out within 12 months and would not clearly pass, with each gap."),
    "goldseed rules renewals --as-of 2026-05-01",
)
@as_of_or_today
@cohort_option()
@as_json_option
def show_renewals(as_of: date | None, cohort: str, as_json: bool) -> None:
    from pipeline.rules.explanation import recognition
    from pipeline.rules.reports import check

    day = as_of or today()
    due = recognition.renewals(recognition.check(*check.inputs(database(), day, cohort=cohort), day))

    def lines(renewals: list[recognition.Renewal]) -> list[str]:
        return [
            f"{renewal.expires_on}  {renewal.firm_id}  {'; '.join(map(str, renewal.gaps))}" for renewal in renewals
        ] or [_("Nobody's certificate runs out within 12 months with a condition open.")]

    show(due, as_json, lines)
