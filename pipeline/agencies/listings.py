"""Before an agency goes on the negative list: it is told and heard, two sign, and it may appeal.

It is told what is held against it and may be heard for at least REPLY_WORKING_DAYS working days (Administrative Penalty
Law of 2021, articles 44, 45 and 64). Nobody signs before it was heard or those days are over; the second to sign is
another person, and with that the entry begins. Within APPEAL_DAYS of it the agency may appeal (Administrative
Reconsideration Law of 2023, article 20); who signed does not answer that. Being lifted on appeal, the entry never was.
Whether either law is held to apply to such a list is for the bureau to say; here its terms are the least that is given.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from types import MappingProxyType

from sqlalchemy import select
from sqlalchemy.orm import Session

from pipeline.accounts import audit, people
from pipeline.accounts.people import Action, Person
from pipeline.errors import NotAllowed, NotFound, ShownToPeople
from pipeline.language import N_, Label, Message
from pipeline.opinions.working_days import working_day_after
from pipeline.store.plan_tables.agencies import ListingProposal, ListingStep
from pipeline.store.tutoring_tables import Adviser, NegativeEntry
from pipeline.store.write_lock import lock_writes
from pipeline.tutoring.advisers import changed, changing, reason, right_id, written
from pipeline.tutoring.negative_list import entries

REPLY_WORKING_DAYS = 5
APPEAL_DAYS = 60
AGENCY = "agency"
NOTICED, HEARD, SIGNED, LISTED, DROPPED = "noticed", "heard", "signed", "listed", "dropped"
APPEALED, UPHELD, LIFTED = "appealed", "upheld", "lifted"
#: What can be done, from which states, and the state after it; of a signature: once it is the second.
_FROM: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        HEARD: (NOTICED, SIGNED),
        SIGNED: (NOTICED, SIGNED),
        DROPPED: (NOTICED, SIGNED),
        APPEALED: (LISTED,),
        UPHELD: (APPEALED,),
        LIFTED: (APPEALED,),
    }
)
_ACTIONS: Mapping[str, str] = MappingProxyType(
    {
        HEARD: "hear_agency",
        SIGNED: "sign_listing",
        LISTED: "decide_listing",
        DROPPED: "drop_listing",
        APPEALED: "appeal_listing",
        UPHELD: "uphold_listing",
        LIFTED: "reverse_listing",
    }
)
STEPS: Mapping[str, Label] = MappingProxyType(
    {
        HEARD: Label("记录机构陈述申辩", "keep what the agency says"),
        SIGNED: Label("签署", "sign"),
        DROPPED: Label("撤销拟列入", "drop the proposal"),
        APPEALED: Label("记录机构申诉", "keep its appeal"),
        UPHELD: Label("维持列入", "uphold the entry"),
        LIFTED: Label("申诉成立，撤销列入", "lift it: the appeal is right"),
    }
)
STATES: Mapping[str, Label] = MappingProxyType(
    {
        NOTICED: Label("已告知，待陈述申辩", "told, may be heard"),
        HEARD: Label("已陈述申辩", "heard"),
        SIGNED: Label("一人已签", "signed by one"),
        LISTED: Label("已列入", "listed"),
        DROPPED: Label("已撤销拟列入", "dropped"),
        APPEALED: Label("申诉中", "appealed"),
        UPHELD: Label("申诉后维持", "upheld on appeal"),
        LIFTED: Label("申诉后撤销", "lifted on appeal"),
    }
)


class WrongStep(ShownToPeople):
    """A step of a proposal that cannot be taken like this."""


@dataclass(frozen=True)
class StepSeen:
    step: str
    text: str | None
    on: date
    by: str


@dataclass(frozen=True)
class ProposalSeen:
    """A proposal as known on a day. `state`: as it was then."""

    id: int
    adviser_id: int
    agency: str
    reason: str
    evidence: str
    staff: str | None
    ends_on: date
    noticed_on: date
    reply_until: date
    state: str
    steps: Sequence[StepSeen]


def propose(
    session: Session,
    person: Person,
    adviser_id: int,
    why: str,
    evidence: str,
    ends_on: date,
    on: date,
    *,
    now: datetime,
    staff: str | None = None,
    reply_until: date | None = None,
) -> ListingProposal:
    """The agency was told on the day. `reply_until` None: the last of REPLY_WORKING_DAYS.

    Raises WrongStep for an adviser of another kind, fewer days to be heard, an end within them, or while another
    proposal is open; WrongAdviser without reason or evidence.
    """
    audit.check_day(on, now)
    agency = changing(session, person, adviser_id)
    if agency.kind != AGENCY:
        raise WrongStep(
            Message(N_("%(name)s prepares no returns: enter it on the list itself."), {"name": agency.name})
        )
    why = reason(why)
    evidence = written(evidence, Message(N_("Say what the entry rests on: a paper, its number, what it shows.")))
    least = working_day_after(on, REPLY_WORKING_DAYS).day
    until = reply_until or least
    if until < least:
        text = N_("The agency may be heard for %(days)s working days at least: until %(least)s, not %(given)s.")
        given = {"days": REPLY_WORKING_DAYS, "least": least.isoformat(), "given": until.isoformat()}
        raise WrongStep(Message(text, given))
    if ends_on <= until:
        text = N_("The entry has to end after %(day)s, until when the agency may be heard.")
        raise WrongStep(Message(text, {"day": until.isoformat()}))
    going_on = select(ListingProposal.id).where(
        ListingProposal.adviser_id == agency.id, ListingProposal.state.in_((NOTICED, SIGNED))
    )
    if (other := session.scalar(going_on.limit(1))) is not None:
        raise WrongStep(Message(N_("Proposal %(number)s about it is open: decide that first."), {"number": other}))
    made = ListingProposal(
        adviser_id=agency.id,
        reason=why,
        evidence=evidence,
        staff=(staff or "").strip() or None,
        ends_on=ends_on,
        noticed_on=on,
        reply_until=until,
        state=NOTICED,
    )
    session.add(made)
    session.flush()
    _keep(session, person, made, NOTICED, None, on, now)
    details = {"proposal": made.id, "why": why, "ends_before": ends_on, "on": on}
    changed(session, person, agency, "propose_listing", details, now)
    return made


def take_step(
    session: Session, person: Person, number: int, step: str, text: str | None, on: date, *, now: datetime
) -> ListingProposal:
    """Take one of STEPS with a proposal; all but a signature say something in `text`.

    Raises WrongStep for a step that its state does not allow, a signature before the agency was heard, or an appeal too
    late; NotAllowed where one person signs twice, or answers the appeal against what it signed.
    """
    people.require(person, Action.KEEP_ADVISERS)
    audit.check_day(on, now)
    lock_writes(session)
    made = session.get(ListingProposal, number, populate_existing=True)
    if made is None:
        raise NotFound(Message(N_("There is no proposal %(number)s for the negative list."), {"number": number}))
    _check_step(session, made, step, on)
    agency = changing(session, person, _right(session, made.adviser_id))
    said = (text or "").strip() or None
    if step != SIGNED:
        said = written(text, Message(N_("Write what was said, or why.")))
    taken = step
    if step == SIGNED:
        _check_heard(session, made, on)
        taken = _signed(session, person, made, agency, on, now)
    elif step == APPEALED:
        _check_in_time(session, made, on)
    elif step in (UPHELD, LIFTED):
        _check_other(person, made)
        if step == LIFTED and made.entry_id is not None:
            begun = session.get_one(NegativeEntry, made.entry_id).begins_on
            entries.lift(session, person, made.entry_id, said or "", begun, now=now)
    if step != HEARD:
        made.state = taken
    _keep(session, person, made, taken, said, on, now)
    changed(session, person, agency, _ACTIONS[taken], {"proposal": made.id, "on": on, "why": said}, now)
    return made


def proposals(session: Session, person: Person, on: date) -> list[ProposalSeen]:
    """Those by the day, the latest first, each as it stood then."""
    people.require(person, Action.SEE_PLAN)
    end = audit.end_of(on)
    steps: dict[int, list[StepSeen]] = {}
    known = select(ListingStep).where(ListingStep.at < end, ListingStep.on <= on).order_by(ListingStep.id)
    for each in session.scalars(known):
        steps.setdefault(each.proposal_id, []).append(StepSeen(each.step, each.text, each.on, each.by))
    names = {row.id: row.name for row in session.execute(select(Adviser.id, Adviser.name))}
    rights: dict[int, int] = {row[0]: row[1] for row in session.execute(select(Adviser.id, right_id(end)))}
    found = session.scalars(select(ListingProposal).order_by(ListingProposal.id.desc()))
    return [
        ProposalSeen(
            one.id,
            rights[one.adviser_id],
            names[rights[one.adviser_id]],
            one.reason,
            one.evidence,
            one.staff,
            one.ends_on,
            one.noticed_on,
            one.reply_until,
            next(each.step for each in reversed(steps[one.id]) if each.step != HEARD),
            steps[one.id],
        )
        for one in found
        if one.id in steps
    ]


def agencies_of_register(session: Session, person: Person, on: date) -> list[tuple[int, str]]:
    """Those known on the day, by name: number and name."""
    people.require(person, Action.SEE_PLAN)
    end = audit.end_of(on)
    known = (
        select(Adviser.id, Adviser.name)
        .where(Adviser.kind == AGENCY, Adviser.added_at < end, right_id(end) == Adviser.id)
        .order_by(Adviser.name)
    )
    return [(row.id, row.name) for row in session.execute(known)]


# --- within ----------------------------------------------------------------------------------------


def _check_step(session: Session, made: ListingProposal, step: str, on: date) -> None:
    if step not in _FROM:
        text = N_("%(step)s is no step of a proposal. Write one of: %(steps)s.")
        raise WrongStep(Message(text, {"step": step[:40], "steps": list(STEPS)}))
    if made.state not in _FROM[step]:
        text = N_("Proposal %(number)s is at: %(state)s. This cannot be done there: %(step)s.")
        raise WrongStep(Message(text, {"number": made.id, "state": STATES[made.state], "step": STEPS[step]}))
    last = session.scalar(
        select(ListingStep.on).where(ListingStep.proposal_id == made.id).order_by(ListingStep.on.desc()).limit(1)
    )
    if last is not None and on < last:
        text = N_("The step before was taken on %(day)s; this one cannot be earlier.")
        raise WrongStep(Message(text, {"day": last.isoformat()}))


def _check_heard(session: Session, made: ListingProposal, on: date) -> None:
    heard = select(ListingStep.id).where(ListingStep.proposal_id == made.id, ListingStep.step == HEARD).limit(1)
    if on <= made.reply_until and session.scalar(heard) is None:
        text = N_("The agency may be heard until %(day)s. Keep what it says, or sign after that day.")
        raise WrongStep(Message(text, {"day": made.reply_until.isoformat()}))


def _signed(session: Session, person: Person, made: ListingProposal, agency: Adviser, on: date, now: datetime) -> str:
    """The step that the signature is: the first alone, or with the second the entry on the list."""
    if made.first_signed_by is None:
        made.first_signed_by = person.name
        return SIGNED
    if made.first_signed_by == person.name:
        text = N_("%(name)s has signed this proposal already: a second person signs it.")
        raise NotAllowed(Message(text, {"name": person.name}))
    made.second_signed_by = person.name
    entry = entries.enter(
        session, person, agency.id, made.reason, made.evidence, on, made.ends_on, now=now, decided_by_two=True
    )
    made.entry_id = entry.id
    return LISTED


def _check_in_time(session: Session, made: ListingProposal, on: date) -> None:
    begun = session.get_one(NegativeEntry, made.entry_id).begins_on
    last = begun + timedelta(days=APPEAL_DAYS)
    if on > last:
        raise WrongStep(Message(N_("An appeal was possible until %(day)s."), {"day": last.isoformat()}))


def _check_other(person: Person, made: ListingProposal) -> None:
    if person.name in (made.first_signed_by, made.second_signed_by):
        text = N_("%(name)s has signed this entry: another person answers the appeal.")
        raise NotAllowed(Message(text, {"name": person.name}))


def _right(session: Session, adviser_id: int) -> int:
    found = session.get_one(Adviser, adviser_id)
    return found.merged_into or found.id


def _keep(
    session: Session, person: Person, made: ListingProposal, step: str, text: str | None, on: date, now: datetime
) -> None:
    session.add(ListingStep(proposal_id=made.id, step=step, text=text, on=on, by=person.name, at=audit.utc(now)))
    session.flush()
