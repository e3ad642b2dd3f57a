"""The two pools: who is in, reviews and decisions, how a firm stands to the conditions."""

from collections.abc import Sequence
from datetime import date
from typing import TYPE_CHECKING, Any

import click

from commands.shared import (
    Day,
    as_json_option,
    as_of_option,
    command,
    console,
    database,
    group_of,
    now,
    run_first,
    say,
    scheduler_option,
    settings,
    show,
    today,
    why_option,
    workers_at,
)
from pipeline import language
from pipeline.language import N_, Label
from pipeline.language import gettext as _

if TYPE_CHECKING:
    from sqlalchemy import Engine

    from pipeline.store.pool_tables import PoolProposal, PoolReview
    from scoring.explain.since_review import SinceReview


@group_of("pools", N_("The seed pool and the golden-seed pool: members, proposals, decisions."), "goldseed pools list")
@as_json_option
@click.pass_context
def pools(context: click.Context, as_json: bool) -> None:
    run_first(context, list_pools, as_json=as_json)


@command(
    pools,
    "propose",
    N_("Propose entries, promotions, demotions and exits from the latest scores; a person decides."),
    "goldseed pools propose --as-of 2024-05-01",
)
@as_of_option
@scheduler_option
@as_json_option
def propose(as_of: date, scheduler: str | None, as_json: bool) -> None:
    from sqlalchemy.orm import Session

    from pipeline.pools import reviews
    from pipeline.pools.in_force import policy_in_force
    from pipeline.pools.inputs import asks_for_facts

    if scheduler:
        with Session(database()) as session:
            if not asks_for_facts(policy_in_force(session, as_of)):
                say(_("The pools' policy asks for no figure of the firms beside their points: no worker is needed."))
                scheduler = None
    engine = database()
    with workers_at(scheduler) as workers:
        with Session(engine, expire_on_commit=False) as session, session.begin():
            made = reviews.propose(session, as_of, now(), console(), workers)
        with Session(engine) as session:
            for words in reviews.outlook(session, as_of, console(), workers).told():
                say(words)
    proposals = _proposals(engine, made)
    show(proposals, as_json, lambda entries: [_line(each) for each in entries] or [_("Nothing to propose.")])


@command(pools, "list", N_("Who is in which pool, and what is proposed."), "goldseed pools list --json")
@as_json_option
def list_pools(as_json: bool) -> None:
    from sqlalchemy.orm import Session

    from pipeline.pools import reviews

    engine = database()
    with Session(engine) as session:
        document = {
            "members": reviews.members(session, today()),
            "proposals": _proposals(engine, [each for each, _firm in reviews.open_proposals(session, console())]),
        }

    def lines(listed: dict[str, Any]) -> list[str]:
        members = [
            f"{each.pool:<8} {each.firm_id:<20} {each.entered_on}  {each.firm_name}" for each in listed["members"]
        ]
        return [*members, *(_line(each) for each in listed["proposals"])]

    show(document, as_json, lines)


@command(
    pools,
    "decide",
    N_("Confirm or overrule a proposal, with a reason that is kept."),
    'goldseed pools decide 12 --confirm --why "visited, plans are sound"',
)
@click.argument("number", type=int)
@click.option("--confirm", is_flag=True, help=N_("It is done as proposed."))
@click.option("--overrule", is_flag=True, help=N_("It is not done."))
@click.option(
    "--defer", "--defer-until", "until", type=Day(), metavar="DAY", help=N_("It is left for later, until this day.")
)
@why_option
@as_json_option
def decide(number: int, confirm: bool, overrule: bool, until: date | None, why: str, as_json: bool) -> None:
    from sqlalchemy.orm import Session

    from pipeline.pools import deciding

    if confirm + overrule + (until is not None) != 1:
        raise click.UsageError(_("Say which it is: --confirm, --overrule or --defer."))
    with Session(database()) as session, session.begin():
        if until is not None:
            decided = deciding.defer(session, number, until, why, console(), today(), now())
        else:
            decided = deciding.decide(session, number, confirm, why, console(), today(), now())
        document = _proposal(decided)
    show(document, as_json, _line)


@command(pools, "reviews", N_("Every review on record, the newest first."), "goldseed pools reviews --json")
@as_json_option
def list_reviews(as_json: bool) -> None:
    from sqlalchemy.orm import Session

    from pipeline.pools import reviews

    with Session(database()) as session:
        listed = [_review(each) for each in reviews.reviews_made(session, console())]

    def lines(entries: list[dict[str, Any]]) -> list[str]:
        return [_REVIEW_LINE.format(**each) for each in entries] or [_("No review was made yet.")]

    show(listed, as_json, lines)


@command(
    pools,
    "review",
    N_("One review: what it proposed and why, what moved the points, what was decided, whom it found beside that."),
    "goldseed pools review 3 --json",
)
@click.argument("number", type=int)
@as_json_option
def show_review(number: int, as_json: bool) -> None:
    from sqlalchemy.orm import Session

    from pipeline.pools import reviews

    engine = database()
    with Session(engine) as session:
        review = reviews.review_of(session, console(), number)
        decided = [each for each, _firm in reviews.decisions_of(session, console(), number)]
        found = [each for each, _firm in reviews.found_in(session, console(), number)]
        since = _since(engine, number, [*(each.firm_id for each in decided), *(each.firm_id for each in found)])
        document = {
            **_review(review),
            "last_review": since.last,
            "proposals": [_proposal(each, since) for each in decided],
            "found": [
                {
                    "firm_id": each.firm_id,
                    "pool": each.pool,
                    "standing": each.standing,
                    "place": each.place,
                    "points": each.points,
                    "conditions": [language.pick(Label(**label)) for label in each.details.get("conditions", [])],
                    **_moved(each.firm_id, since),
                }
                for each in found
            ],
        }

    def lines(whole: dict[str, Any]) -> list[str]:
        beside = [
            "{standing:<16} {pool:<8} {firm_id:<20} {conditions}".format(
                **each | {"conditions": language.listed(each["conditions"])}
            )
            for each in whole["found"]
        ]
        return [_REVIEW_LINE.format(**whole), *map(_line, whole["proposals"]), *beside]

    show(document, as_json, lines)


@command(
    pools,
    "replay",
    N_("Work a past review out again, and tell what is known otherwise of its day now; exit code 1 where it differs."),
    "goldseed pools replay 3 --json",
)
@click.argument("number", type=int)
@as_json_option
def replay(number: int, as_json: bool) -> None:
    from sqlalchemy.orm import Session

    from pipeline.pools.replay import replay as work_out_again

    with Session(database()) as session:
        again = work_out_again(session, number, console())

    def lines(_document: Any) -> list[str]:
        changed = ["{firm_id:<20} {year:<5} {name:<32} {then} → {now}".format(**one) for one in again.changed]
        return [str(again.message), *changed]

    show(again, as_json, lines)
    if not again.holds:
        raise click.exceptions.Exit(1)


@command(
    pools,
    "conditions",
    N_("How a firm stands to the conditions of the pools: what is met, what is missing, whom to ask."),
    "goldseed pools conditions 91XXXXXXXN47982448",
)
@click.argument("firm_id", metavar="FIRM")
@as_of_option
@as_json_option
def conditions(firm_id: str, as_of: date, as_json: bool) -> None:
    from sqlalchemy.orm import Session

    from pipeline.pools.standing import standing_of_firm

    with Session(database()) as session:
        standings = standing_of_firm(session, console(), firm_id, as_of)
    document = [
        {
            "conditions": standing.name,
            "part": part.id,
            "name": language.pick(part.label),
            "verdict": part.verdict,
            "missing": [str(sentence) for sentence in part.missing],
            "source": part.source,
            "confidence": part.confidence,
        }
        for standing in standings
        for part in standing.parts
    ]

    def lines(entries: list[dict[str, Any]]) -> list[str]:
        line = "{conditions:<16} {verdict:<8} {name}"
        return [
            text
            for each in entries
            for text in (line.format(**each), *(f"{'':<26}{sentence}" for sentence in each["missing"]))
        ]

    show(document, as_json, lines)


_REVIEW_LINE = "{review:>6}  {as_of}  {made_by:<20} {policy:.12}"


def _review(review: "PoolReview") -> dict[str, Any]:
    return {
        "review": review.id,
        "as_of": review.as_of,
        "made_at": review.made_at,
        "made_by": review.made_by,
        "run": review.run_id,
        "model": review.model_id,
        "policy": review.policy_fingerprint,
        **review.counts,
    }


def _since(engine: "Engine", review: int, firms: Sequence[str]) -> "SinceReview":
    from scoring.explain.since_review import since_last_review

    return since_last_review(engine, settings().models, review, firms)


def _moved(firm_id: str, since: "SinceReview | None") -> dict[str, Any]:
    """What a firm's points have done since the review before, as numbers and in a sentence."""
    if since is None:
        return {"since_last_review": None, "what_moved": None}
    return {"since_last_review": since.of(firm_id), "what_moved": since.told(firm_id)}


def _proposals(engine: "Engine", proposals: Sequence["PoolProposal"]) -> list[dict[str, Any]]:
    """Proposals of whichever reviews, each with what moved the points since the review before its own."""
    from scoring.explain.since_review import since_reviews

    since = since_reviews(engine, settings().models, [(each.review_id, each.firm_id) for each in proposals])
    return [_proposal(each, since.get(each.review_id or 0)) for each in proposals]


def _proposal(proposal: "PoolProposal", since: "SinceReview | None" = None) -> dict[str, Any]:
    from pipeline.pools import deciding

    return {
        "id": proposal.id,
        "as_of": proposal.as_of,
        "firm_id": proposal.firm_id,
        "action": proposal.action,
        "from_pool": proposal.from_pool,
        "to_pool": proposal.to_pool,
        "points": proposal.points,
        **_moved(proposal.firm_id, since),
        "reason": str(deciding.reason_of(proposal)),
        "model": proposal.model_id,
        "state": proposal.state,
        "why": proposal.why,
        "review": proposal.review_id,
        "signed_by": proposal.signed_by,
        "deferred_until": proposal.deferred_until,
        "deferred_why": proposal.deferred_why,
    }


def _line(proposal: dict[str, Any]) -> str:
    line = "{id:>6}  {state:<10} {action:<8} {firm_id:<20} {reason}".format(**proposal)
    return f"{line}  {proposal['what_moved']}" if proposal["what_moved"] else line
