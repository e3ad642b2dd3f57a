"""Pacesetters on the command line: the ranking of a day, and the choice of a year from nomination to decision."""

from collections.abc import Callable, Iterator
from datetime import date
from typing import TYPE_CHECKING, Any

import click

from commands.shared import (
    acting,
    as_json_option,
    as_of_option,
    as_of_or_today,
    by_option,
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
from commands.tutoring.cases import on_option
from pipeline.language import N_, pick
from pipeline.language import gettext as _
from pipeline.wording import number_format

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from pipeline.pacesetters.ranking import StageRanking

_round = click.argument("choice", type=int, metavar="CHOICE")
_nomination = click.argument("nomination", type=int, metavar="NOMINATION")
_signed = click.option("--signed-by", metavar="NAME", help=N_("The account of the second person, where one is needed."))


@group_of(
    "pacesetters",
    N_("The yearly choice of pacesetters: ranking, nominations, notice, objections, decisions."),
    "goldseed pacesetters rank --as-of 2026-05-01",
)
@click.pass_context
def pacesetters(context: click.Context) -> None:
    run_first(context, rank)


@command(
    pacesetters,
    "rank",
    N_("The ranking of a day by stage of life: totals, what makes them, near ties, what each weight does."),
    "goldseed pacesetters rank --as-of 2026-05-01 --json",
)
@as_of_or_today
@by_option
@as_json_option
def rank(as_of: date | None = None, by: str | None = None, as_json: bool = False) -> None:
    from sqlalchemy.orm import Session

    from pipeline.pacesetters import in_words
    from pipeline.pacesetters.choices import ranking_of

    person = acting(by)
    with Session(database()) as session:
        found = ranking_of(session, person, as_of or today())

    def lines(_found: Any) -> Iterator[str]:
        yield in_words.source()
        yield from in_words.how(found)
        for stage in found.stages:
            yield from _stage_lines(stage)

    show(found, as_json, lines)


def _stage_lines(stage: "StageRanking") -> Iterator[str]:
    from pipeline.pacesetters import in_words

    yield ""
    yield f"{in_words.stage(stage.stage)}  {in_words.counted(stage)}"
    if not stage.ranked:
        return
    yield in_words.border(stage)
    for firm in stage.firms[: 2 * stage.places]:
        marks = [_("tie")] * firm.tied + [_("near tie")] * firm.near
        total = number_format.decimal(firm.total, 2)
        yield f"{firm.place:>5}  {total:>6}  {firm.firm_id:<20} {firm.name or ''}  {' '.join(marks)}"
    for shift in stage.shifts:
        if shift.entering:
            enter = in_words.firms_named(shift.enter, shift.entering, stage.names)
            leave = in_words.firms_named(shift.leave, shift.leaving, stage.names)
            yield f"  {in_words.shift(shift)}  + {enter}  - {leave}"


@command(pacesetters, "list", N_("Every choice with its nominations."), "goldseed pacesetters list --json")
@as_of_or_today
@as_json_option
def list_choices(as_of: date | None, as_json: bool) -> None:
    _show(as_of or today(), as_json)


@command(
    pacesetters,
    "begin",
    N_("Begin the choice of a year from the ranking of a day."),
    "goldseed pacesetters begin --year 2026 --as-of 2026-05-01",
)
@click.option("--year", required=True, type=click.IntRange(2000, 2199), help=N_("The year of the choice."))
@as_of_option
@as_json_option
def begin(year: int, as_of: date, as_json: bool) -> None:
    from pipeline.pacesetters import choosing

    _change(as_json, lambda session: choosing.begin_round(session, console(), year, as_of, now=now()))


@command(
    pacesetters,
    "take-back",
    N_("A choice was begun by mistake."),
    'goldseed pacesetters take-back 1 --why "口径有误"',
)
@_round
@why_option
@as_json_option
def take_back(choice: int, why: str, as_json: bool) -> None:
    from pipeline.pacesetters import choosing

    _change(as_json, lambda session: choosing.withdraw_round(session, console(), choice, why, now=now()))


@command(
    pacesetters,
    "nominate",
    N_("Recommend a firm of the ranking."),
    'goldseed pacesetters nominate 1 91440703MA5CA1L08E --why "科技性突出"',
)
@_round
@click.argument("firm", metavar="FIRM")
@why_option
@by_option
@as_json_option
def nominate(choice: int, firm: str, why: str, by: str | None, as_json: bool) -> None:
    from pipeline.pacesetters import choosing

    _change(as_json, lambda session: choosing.nominate(session, acting(by), choice, firm, why, now=now()))


@command(
    pacesetters,
    "withdraw",
    N_("Take a nomination back, before the notice."),
    'goldseed pacesetters withdraw 3 --why "企业放弃"',
)
@_nomination
@why_option
@as_json_option
def withdraw(nomination: int, why: str, as_json: bool) -> None:
    from pipeline.pacesetters import choosing

    _change(as_json, lambda session: choosing.withdraw_nomination(session, console(), nomination, why, now=now()))


@command(
    pacesetters,
    "publish",
    N_("Make the nominated firms public for some working days."),
    "goldseed pacesetters publish 1 --on 2026-05-08",
)
@_round
@on_option
@click.option(
    "--working-days", type=int, metavar="DAYS", help=N_("How many working days; as the weights say unless given.")
)
@as_json_option
def publish(choice: int, on: date | None, working_days: int | None, as_json: bool) -> None:
    from pipeline.pacesetters import choosing

    _change(
        as_json,
        lambda session: choosing.publish(
            session, console(), choice, on or today(), now=now(), working_days=working_days
        ),
    )


@command(
    pacesetters,
    "object",
    N_("Record an objection to a nominated firm."),
    'goldseed pacesetters object 3 --from "某公司" --text "数据不实"',
)
@_nomination
@click.option("--from", "from_whom", required=True, metavar="TEXT", help=N_("Who objects."))
@click.option("--text", "content", required=True, metavar="TEXT", help=N_("What is objected."))
@on_option
@as_json_option
def object_to(nomination: int, from_whom: str, content: str, on: date | None, as_json: bool) -> None:
    from pipeline.pacesetters import deciding

    _change(
        as_json,
        lambda session: deciding.object_to(
            session, console(), nomination, from_whom, content, on or today(), now=now()
        ),
    )


@command(
    pacesetters,
    "answer",
    N_("Answer an objection."),
    'goldseed pacesetters answer 1 --not-upheld --text "经核实数据无误"',
)
@click.argument("objection", type=int, metavar="OBJECTION")
@click.option("--upheld/--not-upheld", required=True, help=N_("Whether the objection is upheld."))
@click.option("--text", "answer", required=True, metavar="TEXT", help=N_("Reasons of the answer."))
@on_option
@as_json_option
def answer_objection(objection: int, upheld: bool, answer: str, on: date | None, as_json: bool) -> None:
    from pipeline.pacesetters import deciding

    _change(
        as_json,
        lambda session: deciding.answer_objection(
            session, console(), objection, upheld, answer, on or today(), now=now()
        ),
    )


@command(
    pacesetters,
    "decide",
    N_("Name a nominated firm pacesetter, or not, after the notice."),
    'goldseed pacesetters decide 3 --name --why "综合评议" --signed-by analyst',
)
@_nomination
@click.option("--name/--not-name", "named", required=True, help=N_("Whether it is named."))
@why_option
@on_option
@_signed
@as_json_option
def decide(nomination: int, named: bool, why: str, on: date | None, signed_by: str | None, as_json: bool) -> None:
    from pipeline.pacesetters import deciding

    _change(
        as_json,
        lambda session: deciding.decide(
            session, console(), nomination, named, why, on or today(), now=now(), signed_by=signed_by
        ),
    )


@command(
    pacesetters,
    "revoke",
    N_("A firm is pacesetter no more."),
    'goldseed pacesetters revoke 3 --why "发生重大违法" --signed-by analyst',
)
@_nomination
@why_option
@on_option
@_signed
@as_json_option
def revoke(nomination: int, why: str, on: date | None, signed_by: str | None, as_json: bool) -> None:
    from pipeline.pacesetters import deciding

    _change(
        as_json,
        lambda session: deciding.revoke(
            session, console(), nomination, why, on or today(), now=now(), signed_by=signed_by
        ),
    )


@command(
    pacesetters,
    "replay",
    N_("Work the ranking of a choice out anew; exit code 1 where it is another."),
    "goldseed pacesetters replay 1 --json",
)
@_round
@as_json_option
def replay(choice: int, as_json: bool) -> None:
    from sqlalchemy.orm import Session

    from pipeline.pacesetters import choices

    with Session(database()) as session:
        found = choices.replay(session, console(), choice)

    def line(_found: Any) -> str:
        if found.same and found.sealed:
            return _("The ranking of %(ranked)s firms is the same as then.", ranked=found.ranked)
        differing = _("%(differing)s firms stand elsewhere than then.", differing=found.differing)
        return "\n".join([differing, *found.differences])

    show(found, as_json, line)
    if not (found.same and found.sealed):
        raise click.exceptions.Exit(1)


@command(
    pacesetters,
    "firm",
    N_("For which years a firm was named, and its own indicators."),
    "goldseed pacesetters firm 91440703MA5CA1L08E --json",
)
@click.argument("firm", metavar="FIRM")
@as_of_or_today
@by_option
@as_json_option
def of_firm(firm: str, as_of: date | None, by: str | None, as_json: bool) -> None:
    from sqlalchemy.orm import Session

    from pipeline.pacesetters import choices, in_words

    with Session(database()) as session:
        found = choices.of_firm(session, acting(by), firm, as_of or today())

    def lines(_found: Any) -> Iterator[str]:
        yield ", ".join(str(year) for year in found.years) or _("Not named so far.")
        for one in found.indicators:
            yield f"{in_words.indicator(one.indicator)}  {in_words.value(one.indicator, one.value)}"

    show(found, as_json, lines)


def _change(as_json: bool, act: "Callable[[Session], Any]") -> None:
    """Do it, and show the choices as they stand then."""
    from sqlalchemy.orm import Session

    with Session(database()) as session, session.begin():
        act(session)
    _show(today(), as_json)


def _show(on: date, as_json: bool) -> None:
    from sqlalchemy.orm import Session

    from pipeline.pacesetters import choices, in_words

    with Session(database()) as session:
        found = choices.rounds(session, console(), on)

    def lines(_found: Any) -> Iterator[str]:
        for one in found:
            yield f"{one.id:>4}  {one.year}  {in_words.round_line(one)}"
            for each in one.nominations:
                state = pick(in_words.STATES[each.state])
                yield f"      {each.id:>4}  {state}  {each.place:>4}  {each.firm_id:<20} {each.firm_name or ''}"
        if not found:
            yield _("No choice of pacesetters has begun yet.")

    show([known_to_json(one) for one in found], as_json, lines)
