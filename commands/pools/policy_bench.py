"""A policy of the pools: try it, and put it in force."""

from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from commands.pools.reviews import pools
from commands.shared import (
    FILE,
    Day,
    Days,
    as_json_option,
    as_of_option,
    command,
    console,
    database,
    now,
    show,
    today,
    why_option,
)
from pipeline import language
from pipeline.errors import WrongFile
from pipeline.language import N_, Message
from pipeline.language import gettext as _
from pipeline.pools.model import ACTIONS

if TYPE_CHECKING:
    from scoring.policy_bench.simulate import Simulation

_FIRMS_SHOWN = 40


@command(
    pools,
    "simulate",
    N_("What a policy of the pools would change, and what it would have chosen before; nothing is written."),
    "goldseed pools simulate --as-of 2026-05-01 --policy policy.yaml --places 30",
)
@as_of_option
@click.option(
    "--policy", "file", type=FILE, metavar="FILE", help=N_("The policy to try; the one in force unless given.")
)
@click.option("--places", type=click.IntRange(1), metavar="N", help=N_("Places in the golden-seed pool."))
@click.option(
    "--mentors",
    type=click.IntRange(1),
    metavar="N",
    help=N_("Mentors; with --firms-each the seed pool takes no more firms than they can look after."),
)
@click.option("--firms-each", type=click.IntRange(1), metavar="M", help=N_("Firms that each mentor can look after."))
@click.option("--past-days", type=Days(), metavar="DAY,DAY…", help=N_("Past days; the last five 1 Mays unless given."))
@as_json_option
def simulate(
    as_of: date,
    file: Path | None,
    places: int | None,
    mentors: int | None,
    firms_each: int | None,
    past_days: list[date] | None,
    as_json: bool,
) -> None:
    if (mentors is None) != (firms_each is None):
        raise click.UsageError(_("Give --mentors and --firms-each together."))
    from scoring.policy_bench import simulate as bench
    from scoring.policy_bench.changed_text import Changes

    simulation = bench.simulate(
        database(),
        as_of,
        text=None if file is None else _text(file),
        name="policy" if file is None else file.name,
        changes=Changes(golden_places=places, mentors=mentors, firms_each=firms_each),
        days=past_days,
    )
    show(simulation if as_json else simulation.as_json(), as_json, lambda _document: _lines(simulation))


@command(
    pools,
    "adopt",
    N_("Put a policy of the pools in force from a day on; it is held against the city first."),
    'goldseed pools adopt policy.yaml --from 2027-01-01 --why "meeting of the bureau of 20 December"',
)
@click.argument("file", type=FILE)
@click.option("--from", "begins", type=Day(), required=True, metavar="DAY", help=N_("The first day of the policy."))
@why_option
@as_json_option
def adopt(file: Path, begins: date, why: str, as_json: bool) -> None:
    from sqlalchemy.orm import Session

    from pipeline.pools import in_force
    from scoring.policy_bench.what_if import letter_of

    text = _text(file)
    with Session(database()) as session:
        letter = letter_of(session, today(), text, file.name, begins)
    letter.raise_refused(file.name)
    with Session(database()) as session, session.begin():
        adopted = in_force.adopt(session, text, begins, why, console(), None, now())
        document: dict[str, Any] = {
            "id": adopted.id,
            "begins_on": adopted.begins_on,
            "policy": adopted.fingerprint,
            "warned": letter.as_json()["warned"],
        }

    def lines(each: dict[str, Any]) -> list[str]:
        said = _("The policy holds from %(day)s on.", day=each["begins_on"].isoformat())
        return [said, *(f"  - {warning}" for warning in each["warned"])]

    show(document, as_json, lines)


def _text(file: Path) -> str:
    try:
        return file.read_text(encoding="utf-8")
    except UnicodeDecodeError:
        raise WrongFile(Message(N_("%(file)s cannot be read: it is not UTF-8."), {"file": file.name})) from None


def _lines(simulation: "Simulation") -> Iterator[str]:
    from scoring.policy_bench import in_words

    found = simulation.found
    yield from map(str, [*simulation.said, *found.told])
    for why in found.letter.refused:
        yield language.headed(_("Cannot be in force"), why)
    for why in found.letter.warned:
        yield language.headed(_("Look at this"), why)
    for pool, (current, after_force, after) in found.sizes.items():
        yield in_words.size(pool, current, after_force, after, found)
    for action in ACTIONS:
        counted = found.firms["action"].eq(action).sum(), found.firms["action_in_force"].eq(action).sum()
        yield _(
            "%(action)s: %(tried)s by this policy, %(force)s by the one in force",
            action=in_words.action(action),
            tried=counted[0],
            force=counted[1],
        )
    for by in ("district_code", "section"):
        for group, row in found.counts(by).iterrows():
            moves = language.listed(f"{in_words.action(name)} {row[name]}" for name in ACTIONS if row[name])
            if moves:
                yield language.headed(in_words.group(by, str(group)), moves)
    yield from in_words.expected(simulation)
    moved = found.firms[found.firms["action"].notna()]
    for firm, row in moved.head(_FIRMS_SHOWN).iterrows():
        points = "" if row["points"] != row["points"] else f"{row['points']:.1f}"
        yield f"{row['from_pool'] or '-':<8} {row['action']:<8} {firm:<20} {points:>6}  {row['reason']}"
    if len(moved) > _FIRMS_SHOWN:
        yield _("… and %(count)s more; --json has them all", count=len(moved) - _FIRMS_SHOWN)
    for day in simulation.past:
        yield from in_words.past_day(day)
