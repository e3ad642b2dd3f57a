"""The reviews of the demo as a bureau would hold them: districts nominate, firms apply, departments answer, the public
objects, officers decide."""

from collections.abc import Sequence
from datetime import date, datetime, timedelta

import numpy as np
from sqlalchemy import Engine, select
from sqlalchemy.orm import Session

from pipeline.accounts.people import Person
from pipeline.language import gettext as _
from pipeline.pools.model import GOLDEN, Policy
from pipeline.store.pool_tables import Declaration, PoolMembership, PoolProposal, PoolReview
from pipeline.store.tables import Firm, Score

#: How many days after the day of a review its candidates are asked about, made public and decided.
_ASKED, _ANSWERED, _PUBLIC, _OBJECTED, _SETTLED, _DECIDED = 6, 13, 14, 17, 20, 30
#: Of the firms with at least so many points some declare something.
_FROM_POINTS = 57.0
_CLEAN, _NOT_CLEAN, _CANNOT_SAY = "clean", "not_clean", "cannot_say"
_NOTES = {
    _NOT_CLEAN: "一年内有一项未结行政处罚（演示）。",
    _CANNOT_SAY: "企业登记地不在本辖区，无法核实（演示）。",
}


def declare(session: Session, boss: Person, run_id: int, day: date, now: datetime) -> int:
    """Firms with many points, or in a pool, apply and are nominated in the months before a review; returns how many
    declarations there are. Whoever has an application or a nomination of a year before declares anew."""
    from pipeline.declarations import declarations
    from pipeline.synthetic_city.declarations import made_up_declarations

    inside = select(PoolMembership.firm_id).where(PoolMembership.left_on.is_(None))
    statement = (
        select(Firm)
        .join(Score, Score.firm_id == Firm.id)
        .where(Score.run_id == run_id, (Score.points >= _FROM_POINTS) | Firm.id.in_(inside))
        .order_by(Firm.id)
    )
    of_district: dict[str, list[str]] = {}
    for firm in session.scalars(statement):
        if declarations.why_closed(session, firm) is None:
            of_district.setdefault(firm.district_code or "", []).append(firm.id)
    made = list(made_up_declarations(of_district, day, np.random.default_rng(day.toordinal())))
    if session.scalar(select(Declaration.id).where(Declaration.declared_on >= made[0].declared_on)) if made else True:
        return 0
    for said in made:
        on, who = said.declared_on, said.declared_by
        if said.application is None:
            declarations.nominate(session, boss, said.firm_id, said.why or "", on, now, declared_by=who, on_paper=True)
        else:
            declarations.apply(session, boss, said.firm_id, said.application, on, now, declared_by=who, on_paper=True)
    return len(made)


def hear(session: Session, boss: Person, review_id: int, day: date, now: datetime) -> None:
    """The departments that the policy names answer, most of them clean; then the public, of whom one objects."""
    from pipeline.pools.in_force import policy_in_force

    entering = PoolProposal.action.in_(("enter", "promote")) & (PoolProposal.to_pool == GOLDEN)
    of_review = select(PoolProposal).where(PoolProposal.review_id == review_id, PoolProposal.state == "open", entering)
    golden = session.scalars(of_review.order_by(PoolProposal.id)).all()
    if not golden:
        return
    policy = policy_in_force(session, day)
    if policy.opinions:
        _hear_departments(session, boss, review_id, golden, policy, day, now)
    if policy.notice_days:
        _hear_the_public(session, boss, review_id, golden, policy, day, now)


def _hear_departments(
    session: Session,
    boss: Person,
    review_id: int,
    golden: Sequence[PoolProposal],
    policy: Policy,
    day: date,
    now: datetime,
) -> None:
    from pipeline.opinions import requests

    rng = np.random.default_rng(day.toordinal())
    words = (_CLEAN, _NOT_CLEAN, _CANNOT_SAY)
    for request in requests.ask(
        session,
        boss,
        review_id,
        policy.opinions,
        day + timedelta(days=_ASKED),
        now,
        working_days=policy.opinion_days,
        firm_ids=[one.firm_id for one in golden],
    ):
        said = rng.choice(words, size=len(golden), p=(0.96, 0.02, 0.02))
        answers = {one.firm_id: (str(word), _NOTES.get(str(word))) for one, word in zip(golden, said, strict=True)}
        signed_by = _("Demo: office of the department")
        requests.enter_paper(session, boss, request.id, answers, day + timedelta(days=_ANSWERED), now, signed_by)


def _hear_the_public(
    session: Session,
    boss: Person,
    review_id: int,
    golden: Sequence[PoolProposal],
    policy: Policy,
    day: date,
    now: datetime,
) -> None:
    from pipeline.opinions import notices

    public = day + timedelta(days=_PUBLIC)
    notice = notices.publish(
        session, boss, review_id, public, now, working_days=policy.notice_days, proposal_ids=[one.id for one in golden]
    )
    objection = notices.object_to(
        session,
        boss,
        notice.id,
        golden[-1].firm_id,
        _("Demo: an employee of the firm"),
        _("Demo: social insurance of some workers was paid late."),
        day + timedelta(days=_OBJECTED),
        now,
    )
    answer = _("Demo: looked into; paid up in the same quarter, no violation.")
    notices.answer_objection(session, boss, objection.id, False, answer, day + timedelta(days=_SETTLED), now)


def review(engine: Engine, boss: Person, day: date, now: datetime, *, leave_open: int) -> tuple[int, int] | None:
    """A review of the day; all but the last few proposals are confirmed, so that some wait for an officer, as do those
    that a department or the public holds up. Returns how many were proposed and decided; None: there was one before."""
    from pipeline.pools import deciding, reviews

    with Session(engine) as session, session.begin():
        if session.scalar(select(PoolProposal.id).where(PoolProposal.as_of == day).limit(1)):
            return None
        proposed = reviews.propose(session, day, now, by=boss)
        review_id = session.scalar(select(PoolReview.id).order_by(PoolReview.id.desc()).limit(1))
        if review_id is not None:
            hear(session, boss, review_id, day, now)
        seeds = [one.id for one in proposed if one.to_pool == "seed"]
        kept_open = set(seeds[len(seeds) - leave_open :]) if leave_open else set()
        confirmed = [one.id for one in proposed if one.id not in kept_open]
        why = _("Demo: material complete, visited by the district.")
        on = day + timedelta(days=_DECIDED)
        batch = deciding.decide_all(session, confirmed, True, why, by=boss, on=on, now=now)
        return len(proposed), len(batch.decided)
