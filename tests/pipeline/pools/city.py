"""A small city for the tests of the pools and of tutoring: scored firms, officers, and short words for what they do."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime

import pandas as pd
from sqlalchemy import Engine, insert, select
from sqlalchemy.orm import Session

from pipeline.accounts.people import Person, Role
from pipeline.pools import deciding, reviews
from pipeline.pools.inputs import Inputs, about_firms
from pipeline.pools.model import OPEN_FINDINGS, POINTS, Policy, Pool
from pipeline.pools.policy import POINTS_ONLY_FILE, policy_book
from pipeline.pools.proposing import Proposed, proposals
from pipeline.rules.definition.model import ResolvedCondition, Threshold
from pipeline.rules.definition.units import UNITS
from pipeline.rules.definition.windows import Window
from pipeline.store.pool_tables import PoolMembership, PoolProposal
from pipeline.store.tables import CITY, Account, Firm, Model, Score, ScoreRun
from tests.cast import BANYAN, KAPOK, LOTUS, NAMES

CHEN = Person(11, "陈主任", Role.OFFICER)
LI = Person(12, "李科长", Role.OFFICER)
#: Who signs beside the others.
SECOND = Person(99, "钟复核", Role.ANALYST)
JIANGHAI = Person(13, "江海科长", Role.OFFICER, district_code="440704")
LOTUS_CLERK = Person(14, "莲芯", Role.ENTERPRISE, firm_id=LOTUS)
ANA = Person(15, "Ana", Role.ANALYST)
DISTRICTS = {LOTUS: "440703", BANYAN: "440704", KAPOK: "440705"}

MAY_1 = date(2024, 5, 1)
MAY_20 = date(2024, 5, 20)
JUNE_1 = date(2024, 6, 1)
NOW = datetime(2024, 6, 1, 9, 0)


def by_points(enter: float, leave: float, cap: int) -> Pool:
    """A pool that asks for nothing but points."""

    def line(op: str, value: float) -> ResolvedCondition:
        threshold = Threshold(value, date(2021, 1, 1), UNITS["points"], "", ("test",), "high")
        return ResolvedCondition(POINTS, Window("now", "now", 0), op, threshold)

    return Pool(line(">=", enter), line("<", leave), cap)


def points_only(day: date = MAY_1) -> Policy:
    """The shipped policy in which points decide alone."""
    return policy_book(POINTS_ONLY_FILE).on(day)


def proposed(
    points: pd.Series,
    members: pd.Series,
    held: Sequence[str],
    listed: Sequence[str],
    policy: Policy,
    firm_facts: pd.DataFrame | None = None,
    **more: object,
) -> Proposed:
    """What a policy asks for of firms of which this is known; `more`: further columns of Inputs.firms."""
    firms = about_firms(points, members, held=list(held), listed=list(listed))
    firms = firms.assign(**{"district_code": None, OPEN_FINDINGS: 0.0, **more})
    return proposals(Inputs(MAY_1, firms, firm_facts=pd.DataFrame() if firm_facts is None else firm_facts), policy)


def found(engine: Engine, *firms: str, cohort: str = CITY) -> None:
    """The firms exist."""
    with Session(engine) as session, session.begin():
        for firm in firms or (LOTUS, BANYAN, KAPOK):
            if session.get(Firm, firm) is None:
                district = DISTRICTS.get(firm)
                session.add(Firm(id=firm, cohort=cohort, name=NAMES.get(firm, firm), district_code=district))


def score(
    engine: Engine, points: Mapping[str, float], as_of: date = MAY_1, model: str = "m1", cohort: str = CITY
) -> int:
    """A run gave the firms these points; returns its id."""
    with Session(engine) as session, session.begin():
        second_signs(session)
        if session.get(Model, model) is None:
            session.add(
                Model(
                    id=model,
                    trained_at=NOW,
                    as_of=as_of,
                    cohorts=[cohort],
                    event="listed",
                    within_months=24,
                    fingerprint="f" * 64,
                    measures={},
                )
            )
            session.flush()
        known = set(session.scalars(select(Firm.id)))
        new = [{"id": firm, "cohort": cohort, "name": firm} for firm in points if firm not in known]
        if new:
            session.execute(insert(Firm), new)
        run = ScoreRun(
            model_id=model,
            cohort=cohort,
            as_of=as_of,
            scored_at=NOW,
            data_fingerprint="d" * 64,
            base_points=50.0,
            expected_events=None,
            reference="city",
        )
        session.add(run)
        session.flush()
        rows = [
            {"run_id": run.id, "firm_id": firm, "points": value, "probability": 0.1, "thin_data": False}
            for firm, value in points.items()
        ]
        session.execute(insert(Score), rows)
        return run.id


def second_signs(session: Session) -> None:
    """There is an account that can sign as the second person."""
    if session.get(Account, SECOND.id) is None:
        who = {"id": SECOND.id, "name": SECOND.name, "role": SECOND.role}
        session.add(Account(**who, password_hash="-", stamp="-", created_at=NOW))
        session.flush()


def review(engine: Engine, as_of: date = MAY_1, by: Person = CHEN) -> list[PoolProposal]:
    with Session(engine, expire_on_commit=False) as session, session.begin():
        return reviews.propose(session, as_of, NOW, by)


def confirm_all(engine: Engine, on: date = MAY_20, by: Person = CHEN) -> deciding.Batch:
    with Session(engine, expire_on_commit=False) as session, session.begin():
        waiting = [proposal.id for proposal, _firm in reviews.open_proposals(session, by)]
        return deciding.decide_all(session, waiting, True, "材料齐全", by, on, NOW, SECOND.name)


def decide(
    engine: Engine, proposal: int, confirm: bool = True, why: str = "材料齐全", by: Person = CHEN, on: date = MAY_20
) -> PoolProposal:
    with Session(engine, expire_on_commit=False) as session, session.begin():
        return deciding.decide(session, proposal, confirm, why, by, on, NOW, SECOND.name)


def pools(engine: Engine, on: date = JUNE_1) -> dict[str, str]:
    """Who is in which pool on a day."""
    with Session(engine) as session:
        return {member.firm_id: member.pool for member in reviews.members(session, on)}


def seed(engine: Engine, *firms: str, on: date = MAY_20) -> None:
    """The firms are in the seed pool, the regular way."""
    score(engine, dict.fromkeys(firms, 62.0), as_of=MAY_1)
    review(engine)
    confirm_all(engine, on=on)


def memberships(engine: Engine, firm: str) -> list[tuple[str, date, date | None]]:
    with Session(engine) as session:
        mine = select(PoolMembership).where(PoolMembership.firm_id == firm).order_by(PoolMembership.id)
        return [(one.pool, one.entered_on, one.left_on) for one in session.scalars(mine)]
