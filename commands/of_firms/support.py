"""What a firm is entitled to and what else the city can give it, the rules of support, and the pots."""

import re
from collections.abc import Iterator
from datetime import date
from typing import TYPE_CHECKING, Any

import click

from commands.shared import (
    as_json_option,
    as_of_or_today,
    command,
    console,
    database,
    run_first,
    show,
    today,
)
from pipeline import language
from pipeline.language import N_
from pipeline.language import gettext as _
from pipeline.support.claim_rows import STATES
from pipeline.support.model import RULE_STATES
from pipeline.wording.number_format import money

if TYPE_CHECKING:
    from pipeline.offers.for_firm import Given
    from pipeline.support.entitlements import FirmSupport
    from pipeline.support.model import Formula
    from pipeline.support.pots import PotPosition

#: A credit code, or the code of a firm of a reference cohort.
_FIRM = re.compile(r"[0-9A-Z]{18}|[a-z]+:\S+")


class _FirmOrCommand(click.Group):
    """A group in which a firm's code stands for what the firm is entitled to."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        named = next((word for word in args if word in self.commands or _FIRM.fullmatch(word)), None)
        if named is not None and named not in self.commands:
            args.insert(0, "firm")
        return super().parse_args(ctx, args)


@click.group(
    "support",
    cls=_FirmOrCommand,
    help=N_(
        "What a firm is entitled to (name it), the pots that pay it, and claims from the first paper to the payment."
    ),
    epilog="goldseed support 91440703MA5CA1L08E --json",
    invoke_without_command=True,
)
@as_of_or_today
@as_json_option
@click.pass_context
def support(context: click.Context, as_of: date | None, as_json: bool) -> None:
    run_first(context, show_pots, as_of=as_of, as_json=as_json)


@command(
    support,
    "firm",
    N_("What a firm can claim now, what it lacks, its labels, what else the city gives it, and its claims."),
    "goldseed support 91440703MA5CA1L08E --as-of 2026-05-01 --json",
)
@click.argument("firm", metavar="FIRM")
@as_of_or_today
@as_json_option
def support_of_firm(firm: str, as_of: date | None, as_json: bool) -> None:
    from sqlalchemy.orm import Session

    from pipeline.offers.for_firm import what_the_city_gives
    from pipeline.support import claim_lists, entitlements

    day = as_of or today()
    with Session(database()) as session:
        given = what_the_city_gives(session, console(), firm, day)
        found = entitlements.support_of_firm(session, console(), firm, day)
        claims = claim_lists.claims(session, console(), firm_id=firm)

    def lines(_found: Any) -> Iterator[str]:
        yield from _given_lines(given)
        yield from _support_lines(found)
        for one in claims:
            yield from claim_lines(one)

    show({**given.as_json(), **found.as_json(), "claims": list(claims)}, as_json, lines)


@command(support, "rules", N_("Every rule of support, with its state and source."), "goldseed support rules --json")
@as_of_or_today
@as_json_option
def show_rules(as_of: date | None, as_json: bool) -> None:
    from sqlalchemy.orm import Session

    from pipeline.support.entitlements import both
    from pipeline.support.in_force import support_book

    day = as_of or today()
    with Session(database()) as session:
        book = support_book(session)
    found = [
        {
            "rule": rule.id,
            "name": both(rule.name),
            "place": None if rule.place is None else both(rule.place),
            "state": rule.state,
            "holds": rule.holds_on(day),
            "per": rule.per,
            "what": rule.what,
            "amount": formula_text(rule.formula),
            "from": rule.begins,
            "until": rule.until,
            "claim_by": rule.claim_by,
            "pot": rule.pot,
            "evidence": [both(one) for one in rule.evidence],
            "law": rule.law,
            "dated": rule.dated,
            "source": list(rule.source),
            "confidence": rule.confidence,
        }
        for rule in book.rules.values()
    ]

    def lines(_found: Any) -> Iterator[str]:
        if not book.rules:
            yield _("The city names no rules of support.")
        for rule in book.rules.values():
            place = "" if rule.place is None else language.pick(rule.place)
            yield language.joined(
                filter(
                    None,
                    [
                        f"{rule.id}  {language.pick(rule.name)}",
                        language.pick(RULE_STATES[rule.state]),
                        place,
                        formula_text(rule.formula),
                        f"{rule.begins} – {rule.until or ''}".rstrip(),
                        f"{rule.law} ({rule.dated})",
                    ],
                )
            )

    show({"made_up_rules": book.made_up, "rules": found}, as_json, lines)


@command(
    support,
    "pots",
    N_("What stands against each pot by year, and what could still be claimed of it now."),
    "goldseed support pots --json",
)
@as_of_or_today
@as_json_option
def show_pots(as_of: date | None = None, as_json: bool = False) -> None:
    from sqlalchemy.orm import Session

    from pipeline.support import pots
    from pipeline.support.entitlements import forecast

    day = as_of or today()
    with Session(database()) as session:
        found = pots.positions(session, console(), day, forecast(session, day))

    def lines(positions: Any) -> Iterator[str]:
        if not positions:
            yield _("No pot has money yet.")
        for one in positions:
            yield from _pot_lines(one)

    show(list(found), as_json, lines)


# --- in words --------------------------------------------------------------------------------------


def formula_text(formula: "Formula") -> str:
    """How an amount is worked out, in one line."""
    from pipeline.support.in_words import formula_text as told

    return told(formula)


def claim_lines(one: Any) -> Iterator[str]:
    from pipeline.support.entitlements import money_to_the_fen

    yield language.joined(
        [
            f"{one.id:>5}  {one.firm_name or one.firm_id}",
            language.pick(one.rule),
            language.pick(STATES[one.state]),
            money_to_the_fen(one.claimed_fen if one.allotted_fen is None else one.allotted_fen),
            f"{one.claimed_on}",
        ]
    )


def _pot_lines(one: "PotPosition") -> Iterator[str]:
    from pipeline.support.entitlements import money_to_the_fen

    yield f"{one.pot.id}  {language.pick(one.pot.name)}  {one.period.begins} – {one.period.until}"
    about = {
        "amount": money_to_the_fen(one.period.amount_fen),
        "committed": money_to_the_fen(one.committed),
        "room": money_to_the_fen(one.room),
        "paid": money_to_the_fen(one.paid),
        "back": money_to_the_fen(one.clawed_back),
    }
    yield "  " + _(
        "set aside %(amount)s, reserved %(committed)s, left %(room)s, paid %(paid)s, clawed back %(back)s", **about
    )
    if one.waiting:
        yield "  " + _(
            "%(count)s claims for %(fen)s wait for money", count=one.waiting, fen=money_to_the_fen(one.waiting_fen)
        )
    if one.could is not None:
        yield "  " + _("could still be claimed now, as far as known: %(fen)s", fen=money_to_the_fen(one.could))


def _given_lines(given: "Given") -> Iterator[str]:
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


def _support_lines(found: "FirmSupport") -> Iterator[str]:
    from pipeline.support.entitlements import ENTITLEMENT_STATES, money_to_the_fen

    for one in found.entitlements:
        state = language.pick(ENTITLEMENT_STATES[one.state])
        amount = money_to_the_fen(one.amount_fen)
        if one.rule.formula.asks_for_amount:
            amount = _("at most %(amount)s", amount=amount)
        yield language.joined(
            [f"  {language.pick(one.rule.name)}", state, amount, one.occasion or "", str(one.worked_out or "")]
        )
        yield from (f"      {each}" for each in one.lacks)
