"""What stands of the choices on a day: rounds with nominations and objections, replayed; what a firm reads itself."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

import numpy as np
import pandas as pd
from sqlalchemy import select
from sqlalchemy.orm import Session

from pipeline.accounts import audit, people
from pipeline.accounts.people import Action, Person
from pipeline.errors import NotFound
from pipeline.language import N_, Message
from pipeline.opinions import working_days as calendar
from pipeline.pacesetters.choosing import NAMED, NOMINATED, REVOKED, WITHDRAWN, ranked_city, round_there
from pipeline.pacesetters.ranking import Ranking, hash_of, ranking, value_of
from pipeline.pacesetters.terms import terms
from pipeline.rules.evaluation.firm_years import FirmYears
from pipeline.rules.reports import check
from pipeline.store.plan_tables.pacesetters import PacesetterNomination, PacesetterObjection, PacesetterRound
from pipeline.store.tables import CITY, Firm

BEGUN, PUBLIC, OVER = "begun", "public", "over"


@dataclass(frozen=True)
class ObjectionSeen:
    id: int
    received_on: date
    from_whom: str
    content: str
    late: bool
    upheld: bool | None
    answer: str | None


@dataclass(frozen=True)
class NominationSeen:
    """A nomination as it stood on the day. `state`: nominated, withdrawn, named, not_named, revoked."""

    id: int
    firm_id: str
    firm_name: str | None
    stage: str
    place: int
    total: float
    why: str
    nominated_by: str
    state: str
    decided_on: date | None
    decided_why: str | None
    seconded_by: str | None
    revoked_on: date | None
    revoked_why: str | None
    objections: Sequence[ObjectionSeen]


@dataclass(frozen=True)
class RoundSeen:
    """A round as it stood on the day. `state`: begun, public, over (the notice has ended); `caution`: what is uncertain
    of its last day."""

    id: int
    year: int
    as_of: date
    state: str
    begins_on: date | None
    ends_on: date | None
    working_days: int | None
    ranked: int
    nominations: Sequence[NominationSeen]
    caution: Message | None


@dataclass(frozen=True)
class Replay:
    """A round's ranking worked out anew. `differences`: firms whose stage, place or total is another, among those that
    the person reaches; `sealed`: what the round keeps is as it was kept."""

    round_id: int
    as_of: date
    same: bool
    sealed: bool
    ranked: int
    differing: int
    differences: Sequence[str]


@dataclass(frozen=True)
class OwnIndicator:
    indicator: str
    value: float | None


@dataclass(frozen=True)
class OwnPacesetter:
    """What a firm may read: the years for which it is named, and its own indicators; nothing of others."""

    years: Sequence[int]
    indicators: Sequence[OwnIndicator]


def ranking_of(session: Session, person: Person, as_of: date, most: int | None = None) -> Ranking:
    """The ranking of a day; firms are named for which this person follows the plan. Raises NotAllowed, NoEdition."""
    people.require(person, Action.SEE_PLAN)
    return ranking(ranked_city(session, as_of), _visible(session, person), most)


def rounds(session: Session, person: Person, on: date) -> list[RoundSeen]:
    """The rounds that stood on a day, the latest year first, with the nominations of firms that this person reaches."""
    people.require(person, Action.SEE_PLAN)
    end = audit.end_of(on)
    found = session.scalars(
        select(PacesetterRound).where(PacesetterRound.begun_at < end).order_by(PacesetterRound.year.desc())
    )
    stand = [one for one in found if one.withdrawn_at is None or one.withdrawn_at >= end]
    by_round = _nominations(session, person, end, stand)
    return [_seen(one, by_round.get(one.id, []), on, end) for one in stand]


def replay(session: Session, person: Person, round_id: int) -> Replay:
    """The ranking of a round as known on its day, worked out anew and held against what the round keeps. Raises
    NotFound, NotAllowed."""
    people.require(person, Action.SEE_PLAN)
    one = round_there(session, round_id)
    now, kept = ranked_city(session, one.as_of).rows(), [list(row) for row in one.ranking]
    before, after = ({row[0]: row for row in rows} for rows in (kept, now))
    differing = sorted(firm for firm in before.keys() | after.keys() if before.get(firm) != after.get(firm))
    seen = set(_visible(session, person))
    return Replay(
        round_id,
        one.as_of,
        same=not differing,
        sealed=hash_of(kept) == one.ranking_hash,
        ranked=len(kept),
        differing=len(differing),
        differences=[firm for firm in differing if firm in seen],
    )


def of_firm(session: Session, person: Person, firm_id: str, on: date) -> OwnPacesetter:
    """Whether a firm is named pacesetter, and its indicators as known on a day. Raises NotAllowed; NotFound for a firm
    that is not of the city."""
    people.require(person, Action.SEE_POOLS, firm_id, session=session)
    if session.scalar(select(Firm.cohort).where(Firm.id == firm_id)) != CITY:
        raise NotFound(Message(N_("Pacesetters are chosen among the firms of the city.")))
    facts, firms = check.inputs(session.connection(), on, firms=[firm_id])
    return OwnPacesetter(years_named(session, firm_id, on), indicators_of(facts, firms, firm_id, on))


def years_named(session: Session, firm_id: str, on: date) -> list[int]:
    """The years for which a firm was named by the end of a day and that was not revoked."""
    end = audit.end_of(on)
    rows = session.execute(
        select(PacesetterRound.year, PacesetterNomination.decided_at, PacesetterNomination.revoked_at)
        .join(PacesetterRound, PacesetterRound.id == PacesetterNomination.round_id)
        .where(PacesetterNomination.firm_id == firm_id, PacesetterNomination.state.in_((NAMED, REVOKED)))
        .order_by(PacesetterRound.year)
    )
    return [year for year, decided, revoked in rows if decided and decided < end and not (revoked and revoked < end)]


def indicators_of(facts: pd.DataFrame, firms: pd.DataFrame, firm_id: str, on: date) -> list[OwnIndicator]:
    """Every indicator of one firm, in the order of the file; None where unknown."""
    data = FirmYears(facts, firms, on)
    places = np.flatnonzero(data.firm_ids == firm_id)
    found = []
    for name, indicator in terms().indicators.items():
        value = float(value_of(indicator, data)[places[0]]) if len(places) else float("nan")
        found.append(OwnIndicator(name, None if value != value else value))
    return found


# --- within ----------------------------------------------------------------------------------------


def _visible(session: Session, person: Person) -> list[str]:
    return list(
        session.scalars(select(Firm.id).where(Firm.cohort == CITY, people.visible_firms(person, Action.SEE_PLAN)))
    )


def _nominations(
    session: Session, person: Person, end: datetime, stand: Sequence[PacesetterRound]
) -> dict[int, list[NominationSeen]]:
    ends = {one.id: one.ends_on for one in stand}
    rows = session.execute(
        select(PacesetterNomination, Firm.name)
        .join(Firm, Firm.id == PacesetterNomination.firm_id)
        .where(
            PacesetterNomination.round_id.in_(list(ends)),
            PacesetterNomination.nominated_at < end,
            people.visible_firms(person, Action.SEE_PLAN),
        )
        .order_by(PacesetterNomination.stage, PacesetterNomination.place, PacesetterNomination.id)
    ).all()
    objections: dict[int, list[PacesetterObjection]] = {one.id: [] for one, _name in rows}
    for each in session.scalars(
        select(PacesetterObjection)
        .where(PacesetterObjection.nomination_id.in_(list(objections)), PacesetterObjection.recorded_at < end)
        .order_by(PacesetterObjection.id)
    ):
        objections[each.nomination_id].append(each)
    found: dict[int, list[NominationSeen]] = {}
    for one, name in rows:
        said = [_objection(each, ends[one.round_id]) for each in objections[one.id]]
        found.setdefault(one.round_id, []).append(_nomination(one, name, said, end))
    return found


def _nomination(
    one: PacesetterNomination, name: str | None, objections: list[ObjectionSeen], end: datetime
) -> NominationSeen:
    decided = one.decided_at is not None and one.decided_at < end
    revoked = one.revoked_at is not None and one.revoked_at < end
    state = one.state
    if not decided:
        state = NOMINATED
    elif state == REVOKED and not revoked:
        state = NAMED
    return NominationSeen(
        id=one.id,
        firm_id=one.firm_id,
        firm_name=name,
        stage=one.stage,
        place=one.place,
        total=one.total,
        why=one.why,
        nominated_by=one.nominated_by,
        state=state,
        decided_on=one.decided_on if decided else None,
        decided_why=one.decided_why if decided else None,
        seconded_by=one.seconded_by if decided else None,
        revoked_on=one.revoked_on if revoked else None,
        revoked_why=one.revoked_why if revoked else None,
        objections=objections,
    )


def _objection(one: PacesetterObjection, ends_on: date | None) -> ObjectionSeen:
    late = ends_on is not None and one.received_on > ends_on
    return ObjectionSeen(one.id, one.received_on, one.from_whom, one.content, late, one.upheld, one.answer)


def _seen(one: PacesetterRound, nominations: list[NominationSeen], on: date, end: datetime) -> RoundSeen:
    public = one.published_at is not None and one.published_at < end and one.begins_on is not None
    begins, ends = (one.begins_on, one.ends_on) if public else (None, None)
    state = BEGUN if begins is None or ends is None else OVER if on > ends else PUBLIC
    return RoundSeen(
        id=one.id,
        year=one.year,
        as_of=one.as_of,
        state=state,
        begins_on=begins,
        ends_on=ends,
        working_days=one.working_days if public else None,
        ranked=one.ranked,
        nominations=[each for each in nominations if each.state != WITHDRAWN],
        caution=calendar.caution(begins, ends) if begins and ends else None,
    )
