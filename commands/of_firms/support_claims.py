"""Claims to support on the command line: what is claimed here is entered by whoever sits at it, from a paper."""

from datetime import date
from pathlib import Path
from typing import Any

import click

from commands.of_firms.support import claim_lines, support
from commands.shared import (
    FILE,
    NEW_FILE,
    Day,
    acting,
    as_json_option,
    by_option,
    command,
    console,
    database,
    exported,
    files_to_attach,
    hand_out,
    known_to_json,
    now,
    show,
    today,
    why_option,
)
from pipeline import language
from pipeline.atomic_files import write_atomically
from pipeline.language import N_
from pipeline.language import gettext as _
from pipeline.support.claim_rows import STATES, STEPS, ClaimNotPossible, fen_in

_claim = click.argument("claim", type=int, metavar="CLAIM")
_FORMS = ("xlsx", "csv")


class _Yuan(click.ParamType):
    """An amount in yuan, to the fen; kept as whole fen."""

    name = "amount"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> int:
        if isinstance(value, int):
            return value
        try:
            return fen_in(str(value))
        except ClaimNotPossible as error:
            self.fail(str(error), param, ctx)


_on = click.option("--on", type=Day(), metavar="DAY", help=N_("The day on which it happened; today unless given."))


@command(support, "claims", N_("The claims, the latest first."), "goldseed support claims --state claimed --json")
@click.option("--firm", metavar="FIRM", help=N_("Of this firm alone."))
@click.option("--state", type=click.Choice(list(STATES)), help=N_("Of this state alone."))
@as_json_option
def list_claims(firm: str | None, state: str | None, as_json: bool) -> None:
    from sqlalchemy.orm import Session

    from pipeline.support import claim_lists

    with Session(database()) as session:
        found = claim_lists.claims(session, console(), firm_id=firm, state=state)

    def lines(_found: Any) -> list[str]:
        return [line for one in found for line in claim_lines(one)] or [_("No claim yet.")]

    show(list(found), as_json, lines)


@command(support, "show", N_("A claim with its steps and files."), "goldseed support show 12 --json")
@_claim
@as_json_option
def show_claim(claim: int, as_json: bool) -> None:
    _show_one(claim, as_json)


@command(
    support,
    "claim",
    N_("Enter what a firm claims on paper; what it can claim, `goldseed support FIRM` says."),
    'goldseed support claim 91440703MA5CA1L08E hnte_first --evidence "certificate" --file cert.pdf --signed Chen',
)
@click.argument("firm", metavar="FIRM")
@click.argument("rule", metavar="RULE")
@click.option("--evidence", required=True, metavar="TEXT", help=N_("What shows it, in words."))
@click.option("--for", "occasion", metavar="OCCASION", help=N_("For what, where there are several."))
@click.option("--amount", type=_Yuan(), metavar="AMOUNT", help=N_("Less than the rule gives; or how much of its most."))
@click.option("--file", "files", type=FILE, multiple=True, metavar="FILE", help=N_("PDF, DOCX, XLSX, JPG or PNG."))
@click.option("--signed", metavar="NAME", help=N_("Who signed the firm's paper."))
@by_option
@as_json_option
def claim_support(
    firm: str,
    rule: str,
    evidence: str,
    occasion: str | None,
    amount: int | None,
    files: tuple[Path, ...],
    signed: str | None,
    by: str | None,
    as_json: bool,
) -> None:
    from sqlalchemy.orm import Session

    from pipeline.support import claims

    good, person = files_to_attach(files), acting(by)
    with Session(database()) as session, session.begin():
        number = claims.claim(
            session,
            person,
            firm,
            rule,
            evidence,
            occasion=occasion,
            asked_fen=amount,
            files=good,
            claimed_for=signed,
            today=today(),
            now=now(),
        ).id
    _show_one(number, as_json)


@command(
    support,
    "withdraw",
    N_("The firm takes a claim back before it is granted; it stays on record."),
    "goldseed support withdraw 12 --why typo",
)
@_claim
@why_option
@by_option
@as_json_option
def withdraw(claim: int, why: str, by: str | None, as_json: bool) -> None:
    from sqlalchemy.orm import Session

    from pipeline.support import claims

    person = acting(by)
    with Session(database()) as session, session.begin():
        claims.withdraw(session, person, claim, why, today=today(), now=now())
    _show_one(claim, as_json)


@command(
    support,
    "review",
    N_("Accept a claim, for less where its papers show less, or reject it."),
    'goldseed support review 12 --accept --why "papers complete"',
)
@_claim
@click.option("--accept/--reject", "accept", required=True, help=N_("What is decided."))
@click.option("--amount", type=_Yuan(), metavar="AMOUNT", help=N_("Accepted for so much; all of it unless given."))
@click.option("--rank", type=click.IntRange(1), metavar="PLACE", help=N_("Its place, where its pot goes by rank."))
@why_option
@by_option
@as_json_option
def review(
    claim: int, accept: bool, amount: int | None, rank: int | None, why: str, by: str | None, as_json: bool
) -> None:
    from sqlalchemy.orm import Session

    from pipeline.support import claims

    person = acting(by)
    with Session(database()) as session, session.begin():
        claims.review(session, person, claim, accept, why, amount_fen=amount, rank=rank, today=today(), now=now())
    _show_one(claim, as_json)


@command(
    support,
    "share",
    N_("Set the money of a pot aside for the accepted claims of a period: as they came, by rank, or pro rata."),
    "goldseed support share rd_subsidy 2026-01-01",
)
@click.argument("pot", metavar="POT")
@click.argument("begins", type=Day(), metavar="DAY")
@by_option
@as_json_option
def share(pot: str, begins: date, by: str | None, as_json: bool) -> None:
    from sqlalchemy.orm import Session

    from pipeline.support import granting
    from pipeline.support.entitlements import money_to_the_fen, yuan

    person = acting(by)
    with Session(database()) as session, session.begin():
        done = granting.share_out(session, person, pot, begins, today=today(), now=now())
    total = sum(done.given.values())
    found = {
        "given": {number: yuan(fen) for number, fen in done.given.items()},
        "total_cny": yuan(total),
        "moved": list(done.moved),
        "refused": list(done.refused),
    }
    text = _(
        "%(count)s claims have %(total)s set aside; %(moved)s wait for the next period, %(refused)s got nothing.",
        count=len(done.given),
        total=money_to_the_fen(total),
        moved=len(done.moved),
        refused=len(done.refused),
    )
    show(found, as_json, lambda _found: text)


@command(
    support,
    "sign",
    N_("Sign a claim that has money set aside; the second person's signature grants it."),
    "goldseed support sign 12 --by officer",
)
@_claim
@by_option
@as_json_option
def sign(claim: int, by: str | None, as_json: bool) -> None:
    from sqlalchemy.orm import Session

    from pipeline.support import granting

    person = acting(by)
    with Session(database()) as session, session.begin():
        granting.sign(session, person, claim, today=today(), now=now())
    _show_one(claim, as_json)


@command(
    support,
    "pay",
    N_("Record that a granted claim was paid: all that is left of it unless an amount is given."),
    "goldseed support pay 12 --on 2026-05-20 --voucher 2026-0117",
)
@_claim
@_on
@click.option("--amount", type=_Yuan(), metavar="AMOUNT", help=N_("A part of it."))
@click.option("--voucher", metavar="TEXT", help=N_("The number of the payment."))
@by_option
@as_json_option
def pay(claim: int, on: date | None, amount: int | None, voucher: str | None, by: str | None, as_json: bool) -> None:
    from sqlalchemy.orm import Session

    from pipeline.support import paying

    person = acting(by)
    with Session(database()) as session, session.begin():
        paying.pay(session, person, claim, on or today(), amount_fen=amount, voucher=voucher, now=now())
    _show_one(claim, as_json)


@command(
    support,
    "clawback",
    N_("Record that so much of what was paid was taken back."),
    'goldseed support clawback 12 --amount 100000 --why "certificate revoked"',
)
@_claim
@click.option("--amount", type=_Yuan(), required=True, metavar="AMOUNT", help=N_("How much."))
@_on
@why_option
@by_option
@as_json_option
def clawback(claim: int, amount: int, on: date | None, why: str, by: str | None, as_json: bool) -> None:
    from sqlalchemy.orm import Session

    from pipeline.support import paying

    person = acting(by)
    with Session(database()) as session, session.begin():
        paying.claw_back(session, person, claim, amount, why, on or today(), now=now())
    _show_one(claim, as_json)


@command(
    support,
    "paid",
    N_("What was paid and clawed back, with its total to the fen; as a table with --out."),
    "goldseed support paid --year 2026 --out paid.xlsx",
)
@click.option("--year", type=click.IntRange(2000, 2100), metavar="YEAR", help=N_("Of this year alone."))
@click.option("--out", type=NEW_FILE, metavar="OUT.xlsx", help=N_("Write a table (xlsx or csv) to this file."))
@as_json_option
def paid(year: int | None, out: Path | None, as_json: bool) -> None:
    from sqlalchemy.orm import Session

    from dashboard.pages.support.paid_table import paid_file
    from pipeline import demo_data
    from pipeline.support import claim_lists
    from pipeline.support.entitlements import money_to_the_fen, yuan

    form = None if out is None else out.suffix.removeprefix(".").lower()
    if form is not None and form not in _FORMS:
        raise click.UsageError(_("Name a file that ends in .xlsx or .csv."))
    with Session(database()) as session:
        found = claim_lists.paid_list(session, console(), year)
        made_up = demo_data.holds_demo_firms(session)
    total = sum(one.amount_fen for one in found)
    if out is not None and form is not None:
        content = paid_file(found, form, made_up)
        write_atomically(out, lambda unfinished: unfinished.write_bytes(content))
        exported("support_paid", out, rows=len(found))
    lines = [
        language.joined(
            [
                f"{one.on}",
                one.firm_name or one.firm_id,
                language.pick(one.rule),
                money_to_the_fen(one.amount_fen),
                one.voucher or one.why or "",
            ]
        )
        for one in found
    ]
    lines.append(_("Total: %(total)s", total=money_to_the_fen(total)))
    show({"payments": list(found), "total_cny": yuan(total)}, as_json, lambda _found: lines)


@command(
    support,
    "read",
    N_("Hand out a file of a claim, as it was attached."),
    "goldseed support read 7 --out certificate.pdf",
)
@click.argument("number", type=int, metavar="FILE-NUMBER")
@click.option("--out", type=NEW_FILE, required=True, metavar="FILE", help=N_("Where to write it."))
def read_file(number: int, out: Path) -> None:
    from sqlalchemy.orm import Session

    from pipeline.support import claim_lists

    with Session(database()) as session:
        seen, content = claim_lists.file_of(session, console(), number)
    hand_out(out, content, seen.file_name, "support_file")


def _show_one(number: int, as_json: bool) -> None:
    from sqlalchemy.orm import Session

    from pipeline.support import claim_lists
    from pipeline.support.entitlements import money_to_the_fen

    with Session(database()) as session:
        seen = claim_lists.claim_seen(session, console(), number)

    def lines(_seen: Any) -> list[str]:
        told = list(claim_lines(seen.line))
        for one in seen.steps:
            amount = "" if one.amount_fen is None else money_to_the_fen(one.amount_fen)
            said = [f"       {one.on}", language.pick(STEPS[one.step]), one.by, amount, one.note or ""]
            told.append(language.joined(filter(None, said)))
        told += [f"       {file.id}  {file.file_name}" for file in seen.files]
        return told

    show(known_to_json(seen), as_json, lines)
