"""Targets of the city's plans on the command line: how they stand, the firms of a number, baselines."""

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
)
from dashboard.components import terms
from pipeline.language import N_, headed, pick
from pipeline.language import gettext as _
from pipeline.wording.number_format import decimal

_plan = click.argument("plan", metavar="PLAN")
_target = click.argument("target", metavar="TARGET")
_district = click.option("--district", default="", metavar="CODE", help=N_("Of a district; the city's unless given."))


@click.group(
    "targets",
    help=N_(
        "How the targets of the city's plans stand on a day: goal, baseline, count, forecast, district by district."
    ),
    epilog="goldseed targets --as-of 2026-05-01 --json",
    invoke_without_command=True,
)
@click.option("--plan", "plan_id", metavar="PLAN", help=N_("This plan alone."))
@as_of_or_today
@by_option
@as_json_option
@click.pass_context
def targets(context: click.Context, plan_id: str | None, as_of: date | None, by: str | None, as_json: bool) -> None:
    if context.invoked_subcommand is not None:
        return
    from sqlalchemy.orm import Session

    from pipeline.targets import in_words
    from pipeline.targets.standing import STATES, standing

    with Session(database()) as session:
        found = standing(session, acting(by), as_of or today(), plan_id)

    def lines(_document: Any) -> Iterator[str]:
        for plan in found.plans:
            yield pick(plan.name)
            for target in plan.targets:
                yield f"  {headed(pick(target.name), _(STATES[target.state]))}"
                for head, said in (
                    (_("Goal"), in_words.goals(target)),
                    (_("Baseline"), in_words.baseline(target)),
                    (_("Counted"), in_words.count(target.now)),
                    (_("Forecast"), in_words.foreseen(target.forecast)),
                ):
                    yield f"    {headed(head, said)}"
                for each in target.districts:
                    counted = "" if each.count is None else decimal(each.count)
                    goal = "" if each.goal is None else f" / {decimal(each.goal)}"
                    name = terms.district(each.district) or _("none of the city's")
                    yield f"      {name:<12} {counted}{goal}"

    show(found.as_json(), as_json, lines)


@command(
    targets,
    "firms",
    N_("The firms behind the number of a target on a day."),
    "goldseed targets firms plan-2021-2023 hnte --day 2023-12-31",
)
@_plan
@_target
@click.option("--day", type=Day(), metavar="DAY", help=N_("As things stood on this day; today unless given."))
@as_of_or_today
@by_option
@as_json_option
def list_firms(plan: str, target: str, day: date | None, as_of: date | None, by: str | None, as_json: bool) -> None:
    from sqlalchemy.orm import Session

    from pipeline.targets.standing import firms_behind

    known = as_of or today()
    with Session(database()) as session:
        found = firms_behind(session, acting(by), plan, target, day or known, known)

    def lines(_document: Any) -> Iterator[str]:
        for firm in found:
            yield f"{firm.firm_id:<20} {terms.district(firm.district):<12} {firm.name or ''}"

    show([known_to_json(each) for each in found], as_json, lines)


@command(
    targets,
    "baseline",
    N_("Enter the count of a target on its plan's baseline day, where no facts of it are stored."),
    'goldseed targets baseline plan-2021-2023 hnte 1850 --source "the annual report of 2020"',
)
@_plan
@_target
@click.argument("value", type=int, metavar="COUNT")
@click.option("--source", required=True, metavar="TEXT", help=N_("Which document says so."))
@_district
@as_json_option
def enter_baseline(plan: str, target: str, value: int, source: str, district: str, as_json: bool) -> None:
    from sqlalchemy.orm import Session

    from pipeline.targets import baselines

    with Session(database()) as session, session.begin():
        number = baselines.enter(session, console(), plan, target, value, source, now(), district)
    show({"baseline": number, "value": value}, as_json, lambda _done: _("The baseline is entered."))


@command(
    targets,
    "withdraw-baseline",
    N_("Withdraw a baseline that was entered; it stays on record."),
    'goldseed targets withdraw-baseline plan-2021-2023 hnte --why "another count"',
)
@_plan
@_target
@click.option("--why", required=True, metavar="TEXT", help=N_("The reason, kept with it."))
@_district
@as_json_option
def withdraw_baseline(plan: str, target: str, why: str, district: str, as_json: bool) -> None:
    from sqlalchemy.orm import Session

    from pipeline.targets import baselines

    with Session(database()) as session, session.begin():
        baselines.withdraw(session, console(), plan, target, why, now(), district)
    show({"withdrawn": f"{plan}/{target}"}, as_json, lambda _done: _("The baseline is withdrawn."))
