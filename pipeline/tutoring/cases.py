"""The tutoring of one firm: opened when it enters a pool, moved from stage to stage, closed with an outcome.

A stage is recorded by the day on which it was reached and becomes an event, which later training reads. A
wrong entry is taken back with a reason and stays on record. The audit log has every change. Who changes a case says
which version of it he saw (`seen`): what somebody else has changed meanwhile is not overwritten, he is told of it.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import lru_cache
from typing import Any, NamedTuple

from sqlalchemy import Select, bindparam, select, true
from sqlalchemy.orm import Session
from sqlalchemy.orm.attributes import flag_modified

from pipeline.accounts import audit, people
from pipeline.accounts.people import Action, Person
from pipeline.errors import NotFound, ShownToPeople
from pipeline.language import N_, Label, Message
from pipeline.store.many_ids import KEPT_STATEMENTS, one_of_those
from pipeline.store.tables import Account, Case, CaseStage, Event, Firm
from pipeline.store.write_lock import lock_writes
from pipeline.tutoring import advisers as advising
from pipeline.tutoring import gates, renamings
from pipeline.tutoring.gates import Lack
from pipeline.tutoring.meanwhile import check_seen
from pipeline.tutoring.mentoring import can_mentor
from pipeline.tutoring.negative_list import listed
from pipeline.tutoring.negative_list.listed import Listed
from pipeline.tutoring.stages import BUILT, EXITS, LAST, STAGE_OF, STAGES, Stage, outcomes_from, reached, ways_back_from
from pipeline.tutoring.stated import (
    Stated,
    days_stated,
    listing_of,
    moving_events,
    stage_by_events,
    stages_stated,
    state_event,
    withdraw_event,
)

NONE = Label("无", "none")


class CaseNotPossible(ShownToPeople):
    """A step that the case cannot take from where it stands."""


class CaseSeen(NamedTuple):
    """What the row of a case says, for lists: a row of its own for each of hundreds costs more than all that is read of
    it. What changes a case asks for the row."""

    id: int
    firm_id: str
    opened_on: date
    closed_on: date | None
    outcome: str | None
    closed_why: str | None
    stage: str
    stage_since: date
    mentor_id: int | None
    version: int


@dataclass(frozen=True)
class CaseLine:
    """A case as lists show it, with the names that go with it. `says_otherwise`: what the firm's events say, where a
    case that is open stands elsewhere; `on_list`: the firm's advisers on the negative list, where it is open."""

    case: CaseSeen
    firm_id: str
    firm_name: str | None
    district_code: str | None
    mentor: str | None
    days_in_stage: int
    says_otherwise: Stated | None = None
    on_list: Sequence[Listed] = ()


@dataclass(frozen=True)
class Move:
    """One entry of a case's stages. `before`: the stage it came from, None the opening; `days`: spent in the stage
    until the next, the end or the day of asking; None: it was taken back."""

    entry: CaseStage
    before: str | None
    days: int | None


# --- what changes a case ---------------------------------------------------------------------------


def open_case(
    session: Session, person: Person, firm_id: str, on: date, *, now: datetime, mentor_id: int | None = None
) -> Case:
    """Open the firm's case on the day, at the stage that its events known by then say.

    Raises CaseNotPossible where the firm has an open case, or is listed already.
    """
    people.require(person, Action.KEEP_CASES)
    audit.check_day(on, now)
    lock_writes(session)
    people.require(person, Action.KEEP_CASES, firm_id, session=session)
    if case_of(session, firm_id) is not None:
        raise CaseNotPossible(Message(N_("This firm has an open tutoring case already.")))
    stage, since, event_id = stage_by_events(session, firm_id, on)
    if stage == LAST:
        raise CaseNotPossible(Message(N_("This firm is listed already: there is nothing left to tutor.")))
    case = Case(firm_id=firm_id, opened_on=on, stage=stage, stage_since=since)
    session.add(case)
    session.flush()
    _enter(session, case, stage, since, event_id, person, now)
    _record(session, person, "open_case", case, {"on": on, "stage": stage}, now)
    if mentor_id is not None:
        assign_mentor(session, person, case.id, mentor_id, now=now)
    return case


def change_stage(
    session: Session,
    person: Person,
    case_id: int,
    stage: str,
    on: date,
    *,
    now: datetime,
    seen: int | None = None,
    advisers: Mapping[str, str | None] | None = None,
    waive: str | None = None,
    about: Mapping[str, str] | None = None,
) -> Case:
    """The firm reached this stage on this day; being listed closes the case. `advisers`: those it has signed with, by
    kind; `waive`: why it may enter without what the stage needs (gates.py); `about`: what the trail says beside.

    Raises CaseNotPossible for a closed case, a stage that does not follow the present one or that the case
    has been in, a day before the present stage began, or what the stage needs and nobody waived; ChangedMeanwhile where
    the case is no longer of the version `seen`.
    """
    case = _changing(session, person, case_id, on, now, seen)
    wanted = _stage(stage)
    been = _been(_standing(session, case))
    following = [STAGES[name] for name in STAGES[case.stage].follows if name not in been]
    if wanted not in following:
        raise CaseNotPossible(
            Message(
                N_("%(stage)s does not follow %(present)s. What can follow: %(following)s."),
                {"stage": wanted, "present": STAGES[case.stage], "following": following or NONE},
            )
        )
    if on < case.stage_since:
        raise CaseNotPossible(
            Message(
                N_("%(present)s was reached on %(since)s, so %(stage)s cannot have been reached on %(on)s."),
                {"present": STAGES[case.stage], "since": f"{case.stage_since}", "stage": wanted, "on": f"{on}"},
            )
        )
    given = advising.named(advisers or {})
    lacks = _lacking(session, case, stage, on, given, now)
    waived = (waive or "").strip() or None
    if lacks and waived is None:
        raise CaseNotPossible(
            Message(
                N_("%(stage)s needs what is not there: %(lacks)s. Give it, or write why the firm may go without."),
                {"stage": wanted, "lacks": [lack.message for lack in lacks]},
            )
        )
    before = case.stage
    event_id = state_event(session, case.firm_id, wanted.event, on, now)
    case.stage, case.stage_since = stage, on
    if stage == LAST:
        case.closed_on, case.outcome = on, LAST
    entry = _enter(session, case, stage, on, event_id, person, now)
    if lacks:
        entry.lacked, entry.why = [lack.id for lack in lacks], waived
    advising.engage(session, person, case.firm_id, given, on, now=now, stage_id=entry.id)
    session.flush()
    details = {"before": before, "stage": stage, "on": on, **given, "lacked": entry.lacked, "waived": entry.why}
    _record(session, person, "change_stage", case, {**details, **(about or {})}, now)
    if wanted.event == renamings.REFORM:
        renamings.settle_of_firm(session, case.firm_id, person, now)
    return case


def close_case(
    session: Session,
    person: Person,
    case_id: int,
    outcome: str,
    why: str,
    on: date,
    *,
    now: datetime,
    seen: int | None = None,
) -> Case:
    """Close a case by one of the ways out of its stage (stages.EXITS), with a written reason."""
    case = _changing(session, person, case_id, on, now, seen)
    if outcome not in outcomes_from(case.stage):
        raise CaseNotPossible(
            Message(
                N_("From %(present)s a case cannot end as %(outcome)s. Ways out: %(ways)s."),
                {
                    "present": STAGES[case.stage],
                    "outcome": EXITS.get(outcome, outcome),
                    "ways": [EXITS[name] for name in outcomes_from(case.stage)] or NONE,
                },
            )
        )
    if on < case.stage_since:
        raise CaseNotPossible(
            Message(
                N_("%(present)s was reached on %(since)s: a case cannot end before that."),
                {"present": STAGES[case.stage], "since": f"{case.stage_since}"},
            )
        )
    case.closed_on, case.outcome, case.closed_why = on, outcome, _reason(why)
    state_event(session, case.firm_id, EXITS[outcome].event, on, now)
    session.flush()
    _record(session, person, "close_case", case, {"outcome": outcome, "on": on, "why": why}, now)
    return case


def go_back(
    session: Session,
    person: Person,
    case_id: int,
    outcome: str,
    why: str,
    on: date,
    *,
    now: datetime,
    seen: int | None = None,
) -> Case:
    """A way out that does not end the tutoring: the firm stays, at what share reform and advisers have built.

    The way out becomes an event as when a case is closed. Raises as `close_case`, and where the way out ends the
    tutoring for good.
    """
    case = _changing(session, person, case_id, on, now, seen)
    if outcome not in (ways := ways_back_from(case.stage)):
        raise CaseNotPossible(
            Message(
                N_("From %(present)s a case does not go back by %(outcome)s. Ways back: %(ways)s."),
                {
                    "present": STAGES[case.stage],
                    "outcome": EXITS.get(outcome, outcome),
                    "ways": [EXITS[name] for name in ways] or NONE,
                },
            )
        )
    if on < case.stage_since:
        raise CaseNotPossible(
            Message(
                N_("%(present)s was reached on %(since)s: a case cannot go back before that."),
                {"present": STAGES[case.stage], "since": f"{case.stage_since}"},
            )
        )
    why, before = _reason(why), case.stage
    event_id = state_event(session, case.firm_id, EXITS[outcome].event, on, now)
    built = [entry.stage for entry in _standing(session, case) if entry.stage in BUILT]
    stage = built[-1] if built else stage_by_events(session, case.firm_id, max(on, audit.utc(now).date()))[0]
    case.stage, case.stage_since = stage, on
    entry = _enter(session, case, stage, on, event_id, person, now)
    entry.back_by, entry.why = outcome, why
    session.flush()
    _record(
        session,
        person,
        "go_back",
        case,
        {"before": before, "stage": stage, "outcome": outcome, "on": on, "why": why},
        now,
    )
    return case


def name_advisers(
    session: Session,
    person: Person,
    case_id: int,
    advisers: Mapping[str, str | None],
    on: date,
    *,
    now: datetime,
    seen: int | None = None,
) -> Case:
    """Since this day these advise the firm (kind -> name), whatever its stage; who they replace advises it no more.

    Raises CaseNotPossible where no name is given or all of them advise it already.
    """
    case = _changing(session, person, case_id, on, now, seen)
    given = advising.named(advisers)
    if not given:
        raise CaseNotPossible(Message(N_("Name one or more advisers.")))
    fresh = advising.engage(session, person, case.firm_id, given, on, now=now)
    if not fresh:
        raise CaseNotPossible(Message(N_("These advise the firm already; nothing has been changed.")))
    seen_anew(session, case)
    _record(session, person, "name_advisers", case, {**{one.kind: one.name for one in fresh}, "on": on}, now)
    return case


def graduate(session: Session, person: Person, case_id: int, *, now: datetime) -> Case:
    """Close the case of a firm whose listing a file has stated, whatever stages nobody recorded in between."""
    lock_writes(session)
    case = _open(_fresh(session, person, case_id))
    listing = listing_of(session, case.firm_id)
    if listing is None:
        raise CaseNotPossible(Message(N_("No event says that this firm is listed.")))
    on, before = max(listing.occurred_on, case.stage_since, case.opened_on), case.stage
    case.stage, case.stage_since, case.closed_on, case.outcome = LAST, on, on, LAST
    _enter(session, case, LAST, on, None, person, now)
    _record(session, person, "change_stage", case, {"before": before, "stage": LAST, "on": on}, now)
    return case


def catch_up(session: Session, person: Person, on: date, *, now: datetime, case_id: int | None = None) -> list[Case]:
    """Move the open cases (or one of them) along to what files have stated by the day; returns those that moved.

    A stage that is further than the case's is entered on the day its event says, with those that files state
    in between; a listing closes the case. What happened before the last way out counts only where it survives one. A
    stage that an officer has taken back is not entered again for the same day. A way out that a file states waits for a
    person's `close_case`.
    """
    people.require(person, Action.KEEP_CASES)
    audit.check_day(on, now)
    lock_writes(session)
    reach = people.visible_firms(person, Action.KEEP_CASES)
    still_open = select(Case).join(Firm, Firm.id == Case.firm_id).where(Case.closed_on.is_(None), reach)
    if case_id is not None:
        still_open = still_open.where(Case.id == case_id)
    stated = stages_stated(session.scalars(moving_events(still_open.with_only_columns(Case.firm_id), on)))
    entered: dict[int, list[CaseStage]] = {}
    recorded = select(CaseStage).where(CaseStage.case_id.in_(still_open.with_only_columns(Case.id)))
    for entry in session.scalars(recorded.order_by(CaseStage.id)):
        entered.setdefault(entry.case_id, []).append(entry)
    moved = []
    for case in session.scalars(still_open.order_by(Case.id).execution_options(populate_existing=True)).all():
        before = case.stage
        settled = _been([entry for entry in entered.get(case.id, []) if entry.taken_back_at is None])
        wrong = {(entry.stage, entry.entered_on) for entry in entered.get(case.id, []) if entry.taken_back_at}
        for event in stated[case.firm_id].events if case.firm_id in stated else ():
            stage, day = STAGE_OF[event.kind], event.occurred_on
            if stage in settled or reached(case.stage, stage) or (stage, day) in wrong:
                continue
            settled.add(stage)
            case.stage, case.stage_since = stage, day
            if stage == LAST:
                case.closed_on, case.outcome = max(day, case.opened_on), LAST
            _enter(session, case, stage, day, None, person, now)
        if case.stage != before:
            details = {"before": before, "stage": case.stage, "on": case.stage_since, "by": "events"}
            _record(session, person, "change_stage", case, details, now)
            moved.append(case)
    return moved


def take_back(
    session: Session, person: Person, case_id: int, why: str, *, now: datetime, seen: int | None = None
) -> Case:
    """Take back what was recorded last by mistake: the case's end, or its last stage.

    The entry stays on record with the reason; the event it made is no longer in force. Raises
    CaseNotPossible where nothing but the opening is left, or the firm has a newer open case.
    """
    lock_writes(session)
    case = _fresh(session, person, case_id, seen)
    why = _reason(why)
    taken: dict[str, object] = {"why": why}
    if case.closed_on is not None:
        if case_of(session, case.firm_id) is not None:
            raise CaseNotPossible(Message(N_("This firm has a newer open case, so the old one stays closed.")))
        taken |= {"outcome": case.outcome, "on": case.closed_on}
        if case.outcome != LAST:
            withdraw_event(session, case.firm_id, EXITS[str(case.outcome)].event, case.closed_on)
            case.closed_on = case.outcome = case.closed_why = None
            session.flush()
            _record(session, person, "take_back", case, taken, now)
            return case
        case.closed_on = case.outcome = None
    standing = _standing(session, case)
    if len(standing) < 2:
        raise CaseNotPossible(Message(N_("Nothing has been recorded since the case was opened.")))
    wrong, right = standing[-1], standing[-2]
    wrong.taken_back_by, wrong.taken_back_at, wrong.taken_back_why = person.name, audit.utc(now), why
    if wrong.event_id is not None:
        session.get_one(Event, wrong.event_id).in_force = False
    advising.take_back_with(session, person, wrong.id, why, now=now)
    case.stage, case.stage_since = right.stage, right.entered_on
    session.flush()
    _record(session, person, "take_back", case, {**taken, "stage": wrong.stage, "on": wrong.entered_on}, now)
    if STAGES[wrong.stage].event == renamings.REFORM:
        renamings.reopen_of_firm(session, case.firm_id, person, now)
    return case


def correct_stage(
    session: Session,
    person: Person,
    case_id: int,
    stage: str,
    on: date,
    why: str,
    *,
    now: datetime,
    seen: int | None = None,
    advisers: Mapping[str, str | None] | None = None,
    waive: str | None = None,
) -> Case:
    """What was recorded last was another stage, or another day: take it back with the reason and record what was
    reached. For the same stage the advisers that were named with it hold from the right day, and what was waived stays
    waived.

    Raises as `take_back` and `change_stage`; then nothing is changed, where the caller's transaction ends with it.
    """
    audit.check_day(on, now)
    lock_writes(session)
    case = _fresh(session, person, case_id, seen)
    if case.outcome != LAST:
        _open(case)
    wrong = _standing(session, case)[-1]
    kept: list[int] = []
    if wrong.stage == stage and wrong.back_by is None:
        kept, waive = advising.keep_with(session, wrong.id), waive or wrong.why
    take_back(session, person, case_id, why, now=now)
    case = change_stage(session, person, case_id, stage, on, now=now, advisers=advisers, waive=waive)
    advising.date_with(session, kept, _standing(session, case)[-1].id, on)
    return case


def assign_mentor(
    session: Session,
    person: Person,
    case_id: int,
    mentor_id: int | None,
    *,
    now: datetime,
    seen: int | None = None,
    about: Mapping[str, str] | None = None,
) -> Case:
    """Name the account that looks after the case; None: nobody for the present. `about`: what the trail says beside.

    Raises CaseNotPossible for a closed case, the mentor that it has, or an account that may not record visits to this
    firm.
    """
    lock_writes(session)
    case = case_to_change(session, person, case_id, seen)
    if case.mentor_id == mentor_id:
        raise CaseNotPossible(Message(N_("The case has this mentor already; nothing has been changed.")))
    mentor = None if mentor_id is None else session.get(Account, mentor_id)
    if mentor_id is not None and (mentor is None or not can_mentor(session, mentor, case.firm_id)):
        raise CaseNotPossible(Message(N_("A mentor is an account that may record visits to this firm.")))
    before = None if case.mentor_id is None else session.get_one(Account, case.mentor_id).name
    case.mentor_id = mentor_id
    session.flush()
    details = {"mentor": mentor.name if mentor else None, "mentor_before": before, **(about or {})}
    _record(session, person, "assign_mentor", case, details, now)
    return case


# --- what is known of cases ------------------------------------------------------------------------


def case_of(session: Session, firm_id: str) -> Case | None:
    """The firm's open case, if it has one."""
    return session.scalar(_OPEN, {"firm": firm_id})


_OPEN = select(Case).where(Case.firm_id == bindparam("firm"), Case.closed_on.is_(None))
_ENTRIES = select(CaseStage).where(CaseStage.case_id == bindparam("case")).order_by(CaseStage.id)


def open_cases(session: Session, person: Person, on: date, firm_ids: Collection[str] | None = None) -> list[CaseLine]:
    """The open cases of the firms that this person reaches (of `firm_ids` alone, where they are named), those longest
    in their stage first."""
    return _lines(session, person, on, firm_ids, ended=False)


def cases_of(session: Session, person: Person, firm_id: str, on: date) -> list[CaseLine]:
    """Every case of one firm, the newest first. Raises NotAllowed where the person may not see it."""
    people.require(person, Action.SEE_CASES, firm_id, session=session)
    found = _lines(session, person, on, [firm_id], ended=True)
    return sorted(found, key=lambda line: line.case.opened_on, reverse=True)


def history(session: Session, person: Person, case_id: int) -> list[CaseStage]:
    """The stages of a case in the order in which they were recorded, those taken back among them."""
    _there(session, person, case_id)
    return list(session.scalars(_ENTRIES, {"case": case_id}))


def _there(session: Session, person: Person, case_id: int) -> Case:
    """The case, for whoever may see it."""
    case = session.get(Case, case_id)
    people.require_there(session, person, Action.SEE_CASES, None if case is None else case.firm_id, no_case(case_id))
    assert case is not None
    return case


def moves(session: Session, person: Person, case_id: int, on: date) -> list[Move]:
    """The entries of `history`, each with where the case came from and how many days it stayed."""
    closed_on = _there(session, person, case_id).closed_on
    entries = session.scalars(_ENTRIES, {"case": case_id}).all()
    standing = [entry for entry in entries if entry.taken_back_at is None]
    ends = [*(entry.entered_on for entry in standing[1:]), closed_on or on]
    stayed = {entry.id: (end - entry.entered_on).days for entry, end in zip(standing, ends, strict=True)}
    found: list[Move] = []
    last: str | None = None
    for entry in entries:
        found.append(Move(entry, last, stayed.get(entry.id)))
        last = entry.stage if entry.taken_back_at is None else last
    return found


def possible_stages(
    session: Session, case: Case | CaseSeen, recorded: Sequence[CaseStage] | None = None
) -> list[Stage]:
    """What can follow the case's present stage; none for a closed case. `recorded`: its `history`, where that is known
    already."""
    if case.closed_on is not None:
        return []
    been = _been(_standing(session, case, recorded))
    return [STAGES[name] for name in STAGES[case.stage].follows if name not in been]


def needs_of(session: Session, case: Case, stage: str, on: date, *, now: datetime) -> list[Lack]:
    """What the firm lacks for the stage, if it reached it on this day and nothing more were given."""
    return _lacking(session, case, stage, on, {}, now)


def stages_instead(session: Session, case: Case | CaseSeen, recorded: Sequence[CaseStage] | None = None) -> list[Stage]:
    """What an open case could have reached instead of what was recorded last, the present stage among it; none where
    nothing has been recorded since the opening. `recorded`: its `history`, where that is known already."""
    standing = _standing(session, case, recorded)
    if case.closed_on is not None or len(standing) < 2:
        return []
    been = _been(standing[:-1])
    return [STAGES[name] for name in STAGES[standing[-2].stage].follows if name not in been]


# --- within ----------------------------------------------------------------------------------------


@lru_cache(maxsize=KEPT_STATEMENTS)
def _lines_and_events(person: Person, on: date, ended: bool, some: bool) -> tuple[Select[Any], Select[Event]]:
    """The cases that the person reaches, those that have ended among them or not, and what the events known by the day
    say of the open ones; of `firms` alone where it is asked of some."""
    which = [one_of_those(Case.firm_id, "firms")] if some else []
    still_open = Case.closed_on.is_(None)
    lines = (
        select(*(getattr(Case, name) for name in CaseSeen._fields), Firm.name, Firm.district_code, Account.name)
        .join(Firm, Firm.id == Case.firm_id)
        .outerjoin(Account, Account.id == Case.mentor_id)
        .where(*which, true() if ended else still_open, people.visible_firms(person, Action.SEE_CASES))
        .order_by(Case.stage_since, Case.id)
    )
    return lines, moving_events(select(Case.firm_id).where(*which, still_open), on)


def _lines(
    session: Session, person: Person, on: date, firm_ids: Collection[str] | None, *, ended: bool
) -> list[CaseLine]:
    given = {} if firm_ids is None else {"firms": list(firm_ids)}
    statement, moving = _lines_and_events(person, on, ended, firm_ids is not None)
    stated, flagged = stages_stated(session.scalars(moving, given)), listed.flagged(session, person, on, firm_ids)
    lines = []
    for *of_case, name, district, mentor in session.execute(statement, given):
        case = CaseSeen(*of_case)
        days = ((case.closed_on or on) - case.stage_since).days
        otherwise = _otherwise(case, stated.get(case.firm_id))
        on_list = flagged.get(case.firm_id, ()) if case.closed_on is None else ()
        lines.append(CaseLine(case, case.firm_id, name, district, mentor, days, otherwise, on_list))
    return lines


def _otherwise(case: CaseSeen, stated: Stated | None) -> Stated | None:
    """What the events say, where they put an open case elsewhere."""
    stated = stated or Stated((), None)
    return None if case.closed_on is not None or stated.agrees_with(case.stage) else stated


def _changing(session: Session, person: Person, case_id: int, on: date, now: datetime, seen: int | None = None) -> Case:
    audit.check_day(on, now)
    lock_writes(session)
    return case_to_change(session, person, case_id, seen)


def case_to_change(session: Session, person: Person, case_id: int, seen: int | None = None) -> Case:
    """The open case as it stands now, for one who may keep it and holds the write lock; raises CaseNotPossible for a
    closed one, ChangedMeanwhile where it is no longer of the version `seen`."""
    return _open(_fresh(session, person, case_id, seen))


def seen_anew(session: Session, case: Case) -> None:
    """Something that belongs to the case has changed: a new version of it, so that who saw the old one is told."""
    flag_modified(case, "stage")
    session.flush()


def _fresh(session: Session, person: Person, case_id: int, seen: int | None = None) -> Case:
    """The case as it stands now, for one who may keep it. Without the right nobody learns whether it exists."""
    case = session.get(Case, case_id, populate_existing=True)
    people.require_there(session, person, Action.KEEP_CASES, None if case is None else case.firm_id, no_case(case_id))
    assert case is not None
    check_seen(session, f"case:{case.id}", case.version, seen)
    return case


def _open(case: Case) -> Case:
    if case.closed_on is not None:
        raise CaseNotPossible(
            Message(
                N_("This case was closed on %(on)s (%(outcome)s)."),
                {"on": f"{case.closed_on}", "outcome": outcome_label(case.outcome)},
            )
        )
    return case


def outcome_label(outcome: str | None) -> Label:
    """How a case ended, in words."""
    found = STAGES[LAST] if outcome == LAST else EXITS.get(outcome or "")
    return Label(found.zh, found.en) if found else Label(outcome or "", outcome or "")


def no_case(case_id: int) -> NotFound:
    return NotFound(Message(N_("There is no tutoring case %(case)s."), {"case": case_id}))


def _stage(name: str) -> Stage:
    if name not in STAGES:
        raise CaseNotPossible(
            Message(
                N_("%(stage)s is not a stage. Write one of: %(stages)s."),
                {"stage": name, "stages": ", ".join(STAGES)},
            )
        )
    return STAGES[name]


def _standing(session: Session, case: Case | CaseSeen, recorded: Sequence[CaseStage] | None = None) -> list[CaseStage]:
    """The stages of a case that were not taken back, oldest first."""
    if recorded is not None:
        return [entry for entry in recorded if entry.taken_back_at is None]
    mine = select(CaseStage).where(CaseStage.case_id == case.id, CaseStage.taken_back_at.is_(None))
    return list(session.scalars(mine.order_by(CaseStage.id)))


def _been(standing: Sequence[CaseStage]) -> set[str]:
    """The stages that a case with these entries cannot enter again: those since it last went back, and of those before
    what share reform and advisers have built."""
    back = max((place for place, entry in enumerate(standing) if entry.back_by is not None), default=0)
    return {entry.stage for place, entry in enumerate(standing) if place >= back or entry.stage in BUILT}


def _lacking(session: Session, case: Case, stage: str, on: date, given: Mapping[str, str], now: datetime) -> list[Lack]:
    """What a firm that reaches the stage on this day lacks for it, with the advisers that are named just now."""
    days = days_stated(session, case.firm_id, on, audit.utc(now).date())
    standing = _standing(session, case)
    back = max((place for place, entry in enumerate(standing) if entry.back_by is not None), default=-1)
    days |= {entry.stage: entry.entered_on for entry in standing[back + 1 :]}
    signed = advising.engaged(session, [case.firm_id])[case.firm_id]
    advise = {kind: one.name for kind, one in signed.items() if kind in gates.advisers_needed(stage)}
    against = listed.lacking(session, {**advise, **given}, on, audit.today(now))
    return [*gates.lacking(stage, on, {*signed, *given}, days), *against]


def _enter(
    session: Session, case: Case, stage: str, on: date, event_id: int | None, person: Person, now: datetime
) -> CaseStage:
    entry = CaseStage(
        case_id=case.id,
        stage=stage,
        entered_on=on,
        event_id=event_id,
        recorded_by=person.name,
        recorded_at=audit.utc(now),
    )
    session.add(entry)
    session.flush()
    return entry


def _record(
    session: Session, person: Person, action: str, case: Case, details: Mapping[str, Any], now: datetime
) -> None:
    audit.record(session, person, action, f"case:{case.id}", {"firm_id": case.firm_id, **details}, now)


def _reason(why: str) -> str:
    if not why.strip():
        raise CaseNotPossible(Message(N_("Write the reason in a few words.")))
    return why.strip()
