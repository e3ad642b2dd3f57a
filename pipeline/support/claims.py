"""A firm claims what it is entitled to and takes its claim back; an officer accepts or rejects it.

Step 8 of the flow: entitlements.py, pots.py -> **claims.py** -> granting.py
A claim asks for at most what its rule gives on its day. Of a pot that serves who comes first, what is asked for is
reserved at once; of the others nothing, until the pot is shared out.
"""

from collections.abc import Mapping, Sequence
from datetime import date, datetime

from sqlalchemy.orm import Session

from pipeline.accounts import audit, people
from pipeline.accounts.people import Action, Person
from pipeline.errors import NotFound
from pipeline.language import N_, Label, Message
from pipeline.store.plan_tables.support import SupportClaim, SupportClaimEntry
from pipeline.store.write_lock import lock_writes
from pipeline.support.claim_rows import ACCEPTED, CLAIMED, REJECTED, STATES, WITHDRAWN, ClaimNotPossible
from pipeline.support.entitlements import (
    CAN,
    HAS,
    TO_SHOW,
    WORDS,
    Entitlement,
    FirmSupport,
    Yuan,
    both,
    known_support,
)
from pipeline.support.model import (
    EXAMPLE,
    FIRST_COME,
    NEXT,
    PROPOSED,
    REDUCED,
    Pot,
    SupportRule,
)
from pipeline.support.pots import room, waits
from pipeline.tutoring.attachments import attachments
from pipeline.tutoring.attachments.attachments import MOST_FILES, SUPPORT_CLAIM, sha256_of
from pipeline.tutoring.attachments.file_checks import CheckedFile
from pipeline.tutoring.visits import checked_note

LONGEST_SIGNATURE = 80


def claim(
    session: Session,
    person: Person,
    firm_id: str,
    rule_id: str,
    evidence: str,
    *,
    occasion: str | None = None,
    asked_fen: int | None = None,
    files: Sequence[CheckedFile] = (),
    claimed_for: str | None = None,
    today: date,
    now: datetime,
) -> SupportClaim:
    """Claim what a rule gives a firm on this day. `occasion`: for what, where there are several; `asked_fen`: less than
    the rule gives, or how much where it states the most alone; `evidence`: what shows it, in words; `claimed_for`: who
    signed the paper that somebody of the bureau enters.

    Raises ClaimNotPossible with what stands against it, NotAllowed where the firm is out of reach.
    """
    people.require(person, Action.CLAIM_SUPPORT)
    lock_writes(session)
    people.require(person, Action.CLAIM_SUPPORT, firm_id, session=session)
    signature = _signature(person, claimed_for)
    shown = checked_note(evidence, refused=ClaimNotPossible)
    each = {sha256_of(file.content): file for file in files}
    if len(each) > MOST_FILES:
        text = N_("A claim has at most %(most)s files; there are %(found)s.")
        raise ClaimNotPossible(Message(text, {"most": MOST_FILES, "found": len(each)}))
    found = known_support(session, firm_id, today)
    one = _entitlement(found, rule_id, occasion, today)
    fen = _asked(one, asked_fen)
    made = SupportClaim(
        firm_id=firm_id,
        rule_id=one.rule.id,
        once=one.rule.once,
        occasion=one.occasion or "",
        occasion_on=one.occasion_on or today,
        live=True,
        claimed_fen=fen,
        basis=dict(one.basis),
        evidence=shown,
        state=CLAIMED,
        claimed_on=today,
        claimed_by=person.name,
        claimed_for=signature,
        claimed_at=audit.utc(now),
    )
    if one.rule.pot is not None:
        _reserve(session, made, found.book.pots[one.rule.pot], today)
    session.add(made)
    session.flush()
    for file in each.values():
        attachments.keep(session, person, file, SUPPORT_CLAIM, made.id, now=now)
    step(session, person, made, CLAIMED, fen, shown, today, now)
    details = {
        "firm_id": firm_id,
        "rule_id": made.rule_id,
        "rule": both(one.rule.name),
        "occasion": made.occasion,
        "amount_fen": fen,
        "signed_by": signature,
        "file_hashes": sorted(each),
    }
    _record(session, person, "claim_support", made, details, now)
    return made


def withdraw(session: Session, person: Person, number: int, why: str, *, today: date, now: datetime) -> SupportClaim:
    """The firm, or who enters its paper, takes a claim back before it is granted; what was reserved is free again."""
    made = changing(session, person, number, Action.CLAIM_SUPPORT)
    check_state(made, (CLAIMED, ACCEPTED))
    reason = checked_note(why, refused=ClaimNotPossible)
    end(session, person, made, WITHDRAWN, reason, today, now)
    _record(session, person, "withdraw_support", made, {"firm_id": made.firm_id, "why": reason}, now)
    return made


def review(
    session: Session,
    person: Person,
    number: int,
    accept: bool,
    why: str,
    *,
    amount_fen: int | None = None,
    rank: int | None = None,
    today: date,
    now: datetime,
) -> SupportClaim:
    """Accept a claim, for less than it asks for where the papers show less, or reject it; with a reason. `rank`: its
    place, where its pot goes by rank. Raises ClaimNotPossible for a claim that is reviewed already, or an amount above
    what is claimed."""
    made = changing(session, person, number, Action.REVIEW_SUPPORT)
    check_state(made, (CLAIMED,))
    reason = checked_note(why, refused=ClaimNotPossible)
    made.reviewed_by, made.reviewed_on = person.name, today
    details = {"firm_id": made.firm_id, "why": reason}
    if not accept:
        end(session, person, made, REJECTED, reason, today, now)
        _record(session, person, "reject_support", made, details, now)
        return made
    most = made.claimed_fen
    fen = most if amount_fen is None else amount_fen
    if not 0 < fen <= most:
        text = N_("Accepted is more than nought and at most what is claimed, %(most)s; %(found)s was written.")
        raise ClaimNotPossible(Message(text, {"most": Yuan(most), "found": Yuan(fen)}))
    if rank is not None and rank < 1:
        raise ClaimNotPossible(Message(N_("The first place is 1; %(found)s was written."), {"found": rank}))
    made.claimed_fen, made.rank, made.state = fen, rank, ACCEPTED
    if made.pot is None:
        made.allotted_fen = fen
    elif made.allotted_fen is not None:
        made.allotted_fen = min(made.allotted_fen, fen)
    step(session, person, made, ACCEPTED, fen, reason, today, now)
    _record(session, person, "accept_support", made, {**details, "amount_fen": fen, "rank": rank}, now)
    return made


# --- shared with granting.py and paying.py ---------------------------------------------------------


def changing(session: Session, person: Person, number: int, action: Action) -> SupportClaim:
    """A claim that this person may change, locked. Raises NotFound for one that is not there or out of reach."""
    people.require(person, action)
    lock_writes(session)
    made = session.get(SupportClaim, number, populate_existing=True)
    none = NotFound(Message(N_("There is no claim %(number)s."), {"number": number}))
    people.require_there(session, person, action, None if made is None else made.firm_id, none)
    assert made is not None
    return made


def check_state(made: SupportClaim, wanted: Sequence[str]) -> None:
    """Raise ClaimNotPossible unless the claim is in one of these states."""
    if made.state not in wanted:
        text = N_("Claim %(number)s is %(state)s; this can be done while it is %(wanted)s.")
        states = {"state": STATES[made.state], "wanted": [STATES[name] for name in wanted]}
        raise ClaimNotPossible(Message(text, {"number": made.id, **states}))


def step(
    session: Session,
    person: Person,
    made: SupportClaim,
    kind: str,
    fen: int | None,
    note: str | None,
    on: date,
    now: datetime,
) -> None:
    session.add(
        SupportClaimEntry(
            claim_id=made.id, step=kind, amount_fen=fen, note=note, on=on, by=person.name, at=audit.utc(now)
        )
    )
    session.flush()


def end(
    session: Session, person: Person, made: SupportClaim, state: str, why: str | None, on: date, now: datetime
) -> None:
    """The claim stands no more: what was reserved is free, and the same may be claimed again."""
    made.state, made.live, made.allotted_fen = state, None, None
    step(session, person, made, state, None, why, on, now)


# --- within ----------------------------------------------------------------------------------------


def _record(
    session: Session, person: Person, action: str, made: SupportClaim, details: Mapping[str, object], now: datetime
) -> None:
    said = {name: value for name, value in details.items() if value not in (None, [])}
    audit.record(session, person, action, f"support_claim:{made.id}", said, now)


def _signature(person: Person, claimed_for: str | None) -> str | None:
    """Who signed the paper that somebody else enters; of the firm's own account nobody."""
    given = (claimed_for or "").strip()
    if person.policy.speaks_for_one_firm:
        if given:
            raise ClaimNotPossible(Message(N_("Only a paper is signed by somebody else.")))
        return None
    if not given and not person.policy.acts_alone:
        raise ClaimNotPossible(Message(N_("It is the firm that claims: say who signed its paper.")))
    return None if not given else checked_note(given, LONGEST_SIGNATURE, ClaimNotPossible)


def _entitlement(found: FirmSupport, rule_id: str, occasion: str | None, on: date) -> Entitlement:
    """What is claimed, where it can be; else the letter with what stands against it."""
    rule = found.book.rules.get(rule_id)
    if rule is None:
        names = [one.rule.id for one in found.entitlements if one.state in (CAN, TO_SHOW)]
        text = N_("There is no rule %(rule)s. What this firm can claim now: %(rules)s.")
        raise ClaimNotPossible(Message(text, {"rule": rule_id, "rules": names or "—"}))
    if not rule.holds_on(on):
        raise ClaimNotPossible(_not_in_force(rule, on))
    of_rule = [one for one in found.entitlements if one.rule.id == rule_id]
    if occasion is not None:
        of_rule = [one for one in of_rule if one.occasion == occasion]
        if not of_rule:
            raise ClaimNotPossible(
                Message(N_("There is nothing called %(occasion)s to claim it for."), {"occasion": occasion})
            )
    open_ = [one for one in of_rule if one.state in (CAN, TO_SHOW)]
    if len(open_) > 1:
        text = N_("It can be claimed for several things, say for which: %(occasions)s.")
        raise ClaimNotPossible(Message(text, {"occasions": [one.occasion for one in open_]}))
    if open_:
        return open_[0]
    claimed = next((one for one in of_rule if one.state == HAS), None)
    if claimed is not None:
        text = N_("This is claimed already, by claim %(number)s; nothing is granted twice for the same thing.")
        raise ClaimNotPossible(Message(text, {"number": claimed.claim}))
    if any(one.state == WORDS for one in of_rule):
        raise ClaimNotPossible(Message(N_("No amount is stated for it, so it cannot be claimed here: ask the bureau.")))
    lacks = [word for one in of_rule for word in one.lacks]
    if not lacks:
        raise ClaimNotPossible(Message(N_("This firm cannot claim it.")))
    raise ClaimNotPossible(Message(N_("This firm cannot claim it yet: %(lacks)s"), {"lacks": lacks}))


def _not_in_force(rule: SupportRule, on: date) -> Message:
    about = {"rule": rule.name, "day": on.isoformat()}
    if rule.state == EXAMPLE:
        text = N_("%(rule)s is an example of %(place)s: it can be claimed there alone.")
        return Message(text, {**about, "place": rule.place or Label("外地", "elsewhere")})
    if rule.state == PROPOSED:
        return Message(N_("%(rule)s is proposed and not in force: nothing can be claimed on it."), about)
    if rule.ended_by(on):
        return Message(
            N_("%(rule)s could be claimed until %(until)s; on %(day)s it is over."),
            {**about, "until": f"{rule.claim_by or rule.until}"},
        )
    if on < rule.begins and rule.state != PROPOSED:
        return Message(N_("%(rule)s begins on %(begins)s."), {**about, "begins": rule.begins.isoformat()})
    return Message(N_("%(rule)s is not known to be in force on %(day)s: nothing can be claimed on it."), about)


def _asked(one: Entitlement, asked_fen: int | None) -> int:
    """How much is claimed. Raises ClaimNotPossible for more than the rule gives."""
    most = one.amount_fen
    assert most is not None
    if asked_fen is None and one.rule.formula.asks_for_amount:
        text = N_("The rule states the most alone, %(most)s: say how much is claimed.")
        raise ClaimNotPossible(Message(text, {"most": Yuan(most)}))
    fen = most if asked_fen is None else asked_fen
    if not 0 < fen <= most:
        text = N_("One claims more than nought and at most what the rule gives, %(most)s; %(found)s was written.")
        raise ClaimNotPossible(Message(text, {"most": Yuan(most), "found": Yuan(fen)}))
    return fen


def _reserve(session: Session, made: SupportClaim, pot: Pot, on: date) -> None:
    """Which money pays the claim; of a pot that serves who comes first it is reserved at once, as far as there is
    any."""
    period = pot.period_on(on)
    if period is None:
        text = N_("No money is set aside in %(pot)s for %(day)s, so nothing can be claimed from it.")
        raise ClaimNotPossible(Message(text, {"pot": pot.name, "day": on.isoformat()}))
    made.pot, made.pot_from = pot.id, period.begins
    if pot.order != FIRST_COME:
        return
    left = 0 if waits(session, pot.id, period.begins) else room(session, pot, period)
    if left >= made.claimed_fen:
        made.allotted_fen = made.claimed_fen
    elif pot.when_empty == REDUCED and left > 0:
        made.allotted_fen = left
    elif pot.when_empty == NEXT:
        later = pot.period_after(period)
        made.pot_from = (later or period).begins
    else:
        about = {"pot": pot.name, "room": Yuan(left), "asked": Yuan(made.claimed_fen)}
        text = N_("Nothing was stored: of %(pot)s %(room)s is left, and %(asked)s is claimed.")
        raise ClaimNotPossible(Message(text, about))
