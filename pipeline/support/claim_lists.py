"""Claims as lists and pages show them, with their steps, files and payments; the list of what was paid.

Read by pages and commands; beside claims.py, granting.py and paying.py, which change them.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session

from pipeline.accounts import people
from pipeline.accounts.people import Action, Person
from pipeline.errors import NotFound
from pipeline.json_values import JsonObject
from pipeline.language import N_, Label, Message
from pipeline.store.attachment_tables import Attachment
from pipeline.store.plan_tables.support import SupportClaim, SupportClaimEntry, SupportPayment
from pipeline.store.tables import Firm
from pipeline.support.claim_rows import CLAWED_BACK, PAID, STATES
from pipeline.support.entitlements import both, yuan
from pipeline.support.in_force import support_book
from pipeline.support.model import SupportBook
from pipeline.tutoring.attachments import attachments


@dataclass(frozen=True)
class ClaimFile:
    id: int
    file_name: str
    media_type: str
    size: int


@dataclass(frozen=True)
class ClaimLine:
    """A claim as a list shows it; amounts in fen. `rule`: what its rule is called, its id where the file has it no
    more."""

    id: int
    firm_id: str
    firm_name: str | None
    district_code: str | None
    rule_id: str
    rule: Label
    occasion: str
    occasion_on: date
    pot: str | None
    pot_from: date | None
    claimed_fen: int
    allotted_fen: int | None
    paid_fen: int
    clawed_back_fen: int
    state: str
    rank: int | None
    claimed_on: date
    claimed_by: str
    claimed_for: str | None
    first_signed_by: str | None
    second_signed_by: str | None
    granted_on: date | None
    evidence: str

    def as_json(self) -> JsonObject:
        return {
            "id": self.id,
            "firm_id": self.firm_id,
            "firm_name": self.firm_name,
            "rule": self.rule_id,
            "name": both(self.rule),
            "occasion": self.occasion,
            "pot": self.pot,
            "pot_from": self.pot_from,
            "state": self.state,
            "claimed_cny": yuan(self.claimed_fen),
            "allotted_cny": yuan(self.allotted_fen),
            "paid_cny": yuan(self.paid_fen),
            "clawed_back_cny": yuan(self.clawed_back_fen),
            "rank": self.rank,
            "claimed_on": self.claimed_on,
            "claimed_by": self.claimed_by,
            "claimed_for": self.claimed_for,
            "signed_by": [name for name in (self.first_signed_by, self.second_signed_by) if name],
            "granted_on": self.granted_on,
            "evidence": self.evidence,
        }


@dataclass(frozen=True)
class ClaimStep:
    step: str
    amount_fen: int | None
    note: str | None
    on: date
    by: str


@dataclass(frozen=True)
class ClaimSeen:
    line: ClaimLine
    steps: Sequence[ClaimStep]
    files: Sequence[ClaimFile]

    def as_json(self) -> JsonObject:
        return {
            **self.line.as_json(),
            "steps": [
                {"step": one.step, "amount_cny": yuan(one.amount_fen), "note": one.note, "on": one.on, "by": one.by}
                for one in self.steps
            ],
            "files": [{"id": one.id, "name": one.file_name, "size": one.size} for one in self.files],
        }


@dataclass(frozen=True)
class PaidLine:
    """One payment, or what was clawed back: then below nought."""

    id: int
    claim: int
    firm_id: str
    firm_name: str | None
    rule: Label
    amount_fen: int
    on: date
    voucher: str | None
    why: str | None
    by: str

    def as_json(self) -> JsonObject:
        return {
            "id": self.id,
            "claim": self.claim,
            "firm_id": self.firm_id,
            "firm_name": self.firm_name,
            "rule": both(self.rule),
            "amount_fen": self.amount_fen,
            "amount_cny": yuan(self.amount_fen),
            "on": self.on,
            "voucher": self.voucher,
            "why": self.why,
            "by": self.by,
        }


def claims(
    session: Session,
    person: Person,
    *,
    firm_id: str | None = None,
    state: str | None = None,
    most: int | None = None,
) -> Sequence[ClaimLine]:
    """The claims that this person sees, the latest first; of one firm or state alone."""
    people.require(person, Action.SEE_SUPPORT)
    wanted = _reaching(select(SupportClaim, Firm.name, Firm.district_code), person).order_by(SupportClaim.id.desc())
    if firm_id is not None:
        wanted = wanted.where(SupportClaim.firm_id == firm_id)
    if state is not None:
        wanted = wanted.where(SupportClaim.state == state)
    rows = session.execute(wanted if most is None else wanted.limit(most)).all()
    return _lines(session, rows)


def counts(session: Session, person: Person) -> dict[str, tuple[int, int]]:
    """How many claims this person sees are in each state, and what they ask for in fen; every state is there."""
    people.require(person, Action.SEE_SUPPORT)
    of = SupportClaim
    summed = _reaching(select(of.state, func.count(), func.sum(of.claimed_fen)), person).group_by(of.state)
    found = {state: (int(count), int(fen)) for state, count, fen in session.execute(summed)}
    return {state: found.get(state, (0, 0)) for state in STATES}


def claim_seen(session: Session, person: Person, number: int) -> ClaimSeen:
    """A claim with everything about it. Raises NotFound where it is not there or out of reach."""
    people.require(person, Action.SEE_SUPPORT)
    wanted = _reaching(select(SupportClaim, Firm.name, Firm.district_code), person)
    rows = session.execute(wanted.where(SupportClaim.id == number)).all()
    if not rows:
        raise NotFound(Message(N_("There is no claim %(number)s."), {"number": number}))
    of = SupportClaimEntry
    steps = [
        ClaimStep(row.step, row.amount_fen, row.note, row.on, row.by)
        for row in session.scalars(select(of).where(of.claim_id == number).order_by(of.id))
    ]
    files = session.scalars(
        select(Attachment)
        .where(Attachment.support_claim_id == number, Attachment.withdrawn_at.is_(None))
        .order_by(Attachment.id)
    )
    kept = [ClaimFile(row.id, row.file_name, row.media_type, row.size) for row in files]
    return ClaimSeen(_lines(session, rows)[0], steps, kept)


def file_of(session: Session, person: Person, number: int) -> tuple[ClaimFile, bytes]:
    """A file of a claim with its bytes. Raises NotFound where there is none or it is not theirs to read."""
    wanted = (
        select(Attachment)
        .join(SupportClaim, SupportClaim.id == Attachment.support_claim_id)
        .join(Firm, Firm.id == SupportClaim.firm_id)
        .where(Attachment.id == number, people.visible_firms(person, Action.SEE_SUPPORT))
    )
    people.require(person, Action.SEE_SUPPORT)
    row = session.scalars(wanted).first()
    if row is None:
        raise attachments.none_there(number)
    return ClaimFile(row.id, row.file_name, row.media_type, row.size), attachments.bytes_of(session, row)


def paid_list(session: Session, person: Person, year: int | None = None) -> Sequence[PaidLine]:
    """Every payment and what was clawed back, by day; of one year or of all."""
    people.require(person, Action.SEE_SUPPORT)
    of = SupportPayment
    wanted = _reaching(
        select(of, SupportClaim.firm_id, SupportClaim.rule_id, Firm.name).join(
            SupportClaim, SupportClaim.id == of.claim_id
        ),
        person,
        joined=True,
    )
    if year is not None:
        wanted = wanted.where(of.on >= date(year, 1, 1), of.on <= date(year, 12, 31))
    book = support_book(session)
    return [
        PaidLine(
            row.id,
            row.claim_id,
            firm_id,
            name,
            _rule_name(book, rule_id),
            row.amount_fen if row.kind == PAID else -row.amount_fen,
            row.on,
            row.voucher,
            row.why,
            row.by,
        )
        for row, firm_id, rule_id, name in session.execute(wanted.order_by(of.on, of.id))
    ]


# --- within ----------------------------------------------------------------------------------------


def _reaching(statement: Any, person: Person, joined: bool = False) -> Select[Any]:
    """A statement over claims, of the firms that this person reaches."""
    if not joined:
        statement = statement.select_from(SupportClaim)
    narrowed: Select[Any] = statement.join(Firm, Firm.id == SupportClaim.firm_id)
    return narrowed.where(people.visible_firms(person, Action.SEE_SUPPORT))


def _lines(session: Session, rows: Sequence[Any]) -> list[ClaimLine]:
    of = SupportPayment
    numbers = [row.id for row, _name, _district in rows]
    summed = select(of.claim_id, of.kind, func.sum(of.amount_fen)).where(of.claim_id.in_(numbers))
    money = {(number, kind): int(fen) for number, kind, fen in session.execute(summed.group_by(of.claim_id, of.kind))}
    book = support_book(session)
    return [
        ClaimLine(
            id=row.id,
            firm_id=row.firm_id,
            firm_name=name,
            district_code=district,
            rule_id=row.rule_id,
            rule=_rule_name(book, row.rule_id),
            occasion=row.occasion,
            occasion_on=row.occasion_on,
            pot=row.pot,
            pot_from=row.pot_from,
            claimed_fen=row.claimed_fen,
            allotted_fen=row.allotted_fen,
            paid_fen=money.get((row.id, PAID), 0),
            clawed_back_fen=money.get((row.id, CLAWED_BACK), 0),
            state=row.state,
            rank=row.rank,
            claimed_on=row.claimed_on,
            claimed_by=row.claimed_by,
            claimed_for=row.claimed_for,
            first_signed_by=row.first_signed_by,
            second_signed_by=row.second_signed_by,
            granted_on=row.granted_on,
            evidence=row.evidence,
        )
        for row, name, district in rows
    ]


def _rule_name(book: SupportBook, rule_id: str) -> Label:
    rule = book.rules.get(rule_id)
    return Label(rule_id, rule_id) if rule is None else rule.name
