"""Whatever officers do in whatever order: the pools, the cases and the visits keep their laws.

A made-up bureau does a random thing after another: scores come in, reviews are made, proposals decided, stages
recorded and taken back, cases closed, firms visited. Refusals are part of the game; broken laws are not.
"""

from dataclasses import replace
from datetime import date, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule, run_state_machine_as_test
from sqlalchemy import Engine, func, select
from sqlalchemy.orm import Session

from pipeline.accounts import audit
from pipeline.errors import ShownToPeople
from pipeline.pools import deciding, reviews
from pipeline.pools.in_force import PolicyInForce
from pipeline.store.database import engine_for
from pipeline.store.pool_tables import PoolMembership, PoolProposal
from pipeline.store.tables import AuditEntry, Case, CaseStage, Event, Visit
from pipeline.store.trail.key import put_note_away
from pipeline.tutoring import advisers, cases, visits
from pipeline.tutoring.stages import EXITS, STAGES, ways_back_from
from tests.pipeline.pools.city import CHEN, SECOND, found, points_only, score

FIRMS = ["F0", "F1", "F2", "F3"]
SIGNED = {"broker": "甲证券", "law_firm": "乙律师", "auditor": "丙会计师"}
firms, numbers = st.sampled_from(FIRMS), st.integers(0, 9)


class Bureau(RuleBasedStateMachine):
    """One bureau on an empty database; `today` moves on, nothing moves back."""

    engine: Engine

    def __init__(self) -> None:
        super().__init__()
        self.today = date(2024, 5, 1)
        for table in reversed(Case.metadata.sorted_tables):
            with self.engine.begin() as connection:
                connection.execute(table.delete())
        put_note_away(self.engine.url)  # a new city begins in the old database
        found(self.engine, *FIRMS)
        self.trail = 0
        self.scores_come_in_and_are_reviewed(dict(zip(FIRMS, (70.0, 64.0, 61.0, 45.0), strict=True)))
        self.ended: dict[int, tuple[object, ...]] = {}
        self.visits_of_ended: dict[int, int] = {}

    @property
    def now(self) -> datetime:
        return datetime.combine(self.today, datetime.min.time().replace(hour=9))

    def does(self, change) -> bool:
        """Do it as one transaction; False where the program refused it, and then nothing has changed."""
        with Session(self.engine) as session:
            try:
                with session.begin():
                    change(session)
            except ShownToPeople:
                return False
        return True

    @rule(days=st.integers(1, 40))
    def time_passes(self, days: int) -> None:
        self.today += timedelta(days=days)

    @rule(points=st.fixed_dictionaries({firm: st.sampled_from([45.0, 57.0, 61.0, 64.0, 70.0]) for firm in FIRMS}))
    def scores_come_in_and_are_reviewed(self, points: dict[str, float]) -> None:
        score(self.engine, points, as_of=self.today)
        assert self.does(lambda session: reviews.propose(session, self.today, self.now, CHEN))

    @rule(confirm=st.booleans())
    def all_proposals_are_decided(self, confirm: bool) -> None:
        def change(session: Session) -> None:
            waiting = [proposal.id for proposal, _firm in reviews.open_proposals(session, CHEN)]
            deciding.decide_all(session, waiting, confirm, "理由", CHEN, self.today, self.now, SECOND.name)

        assert self.does(change)

    @rule(which=numbers, confirm=st.booleans())
    def a_proposal_is_decided(self, which: int, confirm: bool) -> None:
        def change(session: Session) -> None:
            every = list(session.scalars(select(PoolProposal).order_by(PoolProposal.id.desc())))
            if not every:
                return
            proposal = every[which % len(every)]
            before = proposal.state
            deciding.decide(session, proposal.id, confirm, "理由", CHEN, self.today, self.now, SECOND.name)
            assert before == "open"

        self.does(change)

    @rule(which=numbers, stage=st.sampled_from(sorted(STAGES)))
    def a_stage_is_recorded(self, which: int, stage: str) -> None:
        self.with_case(
            which,
            lambda session, case: cases.change_stage(
                session, CHEN, case.id, stage, self.today, now=self.now, advisers=SIGNED
            ),
        )

    @rule(which=numbers)
    def the_next_stage_is_recorded(self, which: int) -> None:
        def change(session: Session, case: Case) -> None:
            following = cases.possible_stages(session, case)
            if following:
                cases.change_stage(session, CHEN, case.id, following[0].id, self.today, now=self.now, waive="从简")

        self.with_case(which, change)

    @rule(which=numbers, outcome=st.sampled_from(sorted(EXITS)))
    def a_case_is_closed(self, which: int, outcome: str) -> None:
        self.with_case(
            which,
            lambda session, case: cases.close_case(session, CHEN, case.id, outcome, "理由", self.today, now=self.now),
        )

    @rule(which=numbers, outcome=st.sampled_from(sorted(EXITS)))
    def a_case_goes_back(self, which: int, outcome: str) -> None:
        self.with_case(
            which,
            lambda session, case: cases.go_back(session, CHEN, case.id, outcome, "理由", self.today, now=self.now),
        )

    @rule(which=numbers, name=st.sampled_from(["甲", "乙"]))
    def an_adviser_is_named(self, which: int, name: str) -> None:
        self.with_case(
            which,
            lambda session, case: cases.name_advisers(
                session, CHEN, case.id, {"broker": name}, self.today, now=self.now
            ),
        )

    @rule(which=numbers)
    def something_is_taken_back(self, which: int) -> None:
        def change(session: Session, case: Case) -> None:
            cases.take_back(session, CHEN, case.id, "录错", now=self.now)
            self.ended.pop(case.id, None)

        self.with_case(which, change)

    @rule(firm=firms)
    def a_case_is_opened_again(self, firm: str) -> None:
        self.does(lambda session: cases.open_case(session, CHEN, firm, self.today, now=self.now))

    @rule(firm=firms, due=st.integers(0, 30))
    def a_firm_is_visited(self, firm: str, due: int) -> None:
        def change(session: Session) -> None:
            had_case = cases.case_of(session, firm) is not None
            next_day = self.today + timedelta(days=due)
            visits.record_visit(session, CHEN, firm, self.today, "情况", "下一步", next_day, now=self.now)
            assert had_case

        self.does(change)

    @precondition(lambda self: self.today > date(2024, 5, 1))
    @rule(which=numbers)
    def a_step_is_finished(self, which: int) -> None:
        def change(session: Session) -> None:
            every = list(session.scalars(select(Visit).order_by(Visit.id)))
            if every:
                visits.finish_step(session, CHEN, every[which % len(every)].id, self.today, now=self.now)

        self.does(change)

    def with_case(self, which: int, change) -> None:
        def chosen(session: Session) -> None:
            every = list(session.scalars(select(Case).order_by(Case.id)))
            if every:
                change(session, every[which % len(every)])

        self.does(chosen)

    # --- the laws

    @invariant()
    def a_firm_is_in_one_pool_at_most_on_every_day(self) -> None:
        with Session(self.engine) as session:
            for firm in FIRMS:
                spells = session.scalars(
                    select(PoolMembership).where(PoolMembership.firm_id == firm).order_by(PoolMembership.id)
                ).all()
                for earlier, later in pairwise(spells):
                    assert earlier.left_on is not None
                    assert earlier.left_on <= later.entered_on
                assert all(spell.left_on is None or spell.entered_on <= spell.left_on for spell in spells)

    @invariant()
    def nobody_is_in_a_pool_but_by_a_confirmed_proposal(self) -> None:
        with Session(self.engine) as session:
            for membership in session.scalars(select(PoolMembership)):
                for proposal_id, way in ((membership.entered_by_id, "to"), (membership.left_by_id, "from")):
                    if proposal_id is None:
                        assert membership.left_on is None
                        continue
                    proposal = session.get_one(PoolProposal, proposal_id)
                    assert proposal.state == "confirmed"
                    assert proposal.firm_id == membership.firm_id
                    assert getattr(proposal, f"{way}_pool") == membership.pool
                    assert proposal.why

    @invariant()
    def a_firm_has_one_open_case_at_most_and_one_open_proposal(self) -> None:
        with Session(self.engine) as session:
            for table, condition in ((Case, Case.closed_on.is_(None)), (PoolProposal, PoolProposal.state == "open")):
                counts = session.execute(select(table.firm_id, func.count()).where(condition).group_by(table.firm_id))
                assert all(count == 1 for _firm, count in counts)

    @invariant()
    def the_stages_of_a_case_follow_each_other_in_time_and_order(self) -> None:
        with Session(self.engine) as session:
            for case in session.scalars(select(Case)):
                standing = session.scalars(
                    select(CaseStage)
                    .where(CaseStage.case_id == case.id, CaseStage.taken_back_at.is_(None))
                    .order_by(CaseStage.id)
                ).all()
                assert (standing[-1].stage, standing[-1].entered_on) == (case.stage, case.stage_since)
                since_back = [entry.stage for entry in standing[_last_back(standing) :]]
                assert len(set(since_back)) == len(since_back)
                for earlier, later in pairwise(standing):
                    if later.back_by:
                        assert later.back_by in ways_back_from(earlier.stage)
                        assert later.stage not in ("tutoring_filed", "filed", "listed")
                    else:
                        assert later.stage in STAGES[earlier.stage].follows
                    assert earlier.entered_on <= later.entered_on
                assert (case.closed_on is None) == (case.outcome is None)
                assert (case.outcome == "listed") == (case.stage == "listed")

    @invariant()
    def a_closed_case_stays_as_it_was_and_gets_no_visits(self) -> None:
        with Session(self.engine) as session:
            for case in session.scalars(select(Case).where(Case.closed_on.is_not(None))):
                counted = select(func.count(Visit.id), func.count(Visit.done_on)).where(Visit.case_id == case.id)
                had = tuple(session.execute(counted).one())
                now = (case.outcome, case.closed_on, case.stage, had)
                assert self.ended.setdefault(case.id, now) == now

    @invariant()
    def every_visit_and_step_lies_within_its_case(self) -> None:
        with Session(self.engine) as session:
            for visit, case in session.execute(select(Visit, Case).join(Case, Case.id == Visit.case_id)):
                assert visit.visited_on >= case.opened_on
                assert visit.done_on is None or visit.done_on >= visit.visited_on

    @invariant()
    def what_is_overdue_is_what_is_late_and_undone_in_open_cases(self) -> None:
        with Session(self.engine) as session:
            late = {
                visit.id
                for visit, case in session.execute(select(Visit, Case).join(Case, Case.id == Visit.case_id))
                if visit.due_on < self.today and visit.done_on is None and case.closed_on is None
            }
            assert {
                step.visit_id for step in visits.open_steps(session, self.today, CHEN) if step.days_late > 0
            } == late

    @invariant()
    def an_event_in_force_of_an_officer_has_a_stage_or_an_end_that_stands(self) -> None:
        with Session(self.engine) as session:
            standing = set(session.scalars(select(CaseStage.event_id).where(CaseStage.taken_back_at.is_(None))))
            for event in session.scalars(select(Event).where(Event.in_force)):
                if event.id in standing:
                    continue
                ended = select(Case.id).where(
                    Case.firm_id == event.firm_id, Case.outcome == event.kind, Case.closed_on == event.occurred_on
                )
                assert session.scalars(ended).first() is not None

    @invariant()
    def a_firm_has_one_adviser_of_a_kind_at_most_on_every_day(self) -> None:
        with Session(self.engine) as session:
            for firm in FIRMS:
                ever = sorted(advisers.ever_engaged(session, firm), key=lambda one: one.id)
                for kind in {one.kind for one in ever}:
                    of_kind = [one for one in ever if one.kind == kind]
                    for earlier, later in pairwise(of_kind):
                        assert earlier.ended_on is not None
                        assert earlier.agreed_on <= earlier.ended_on <= later.agreed_on

    @invariant()
    def what_a_stage_lacked_was_waived_with_a_reason(self) -> None:
        with Session(self.engine) as session:
            for entry in session.scalars(select(CaseStage)):
                assert bool(entry.lacked or entry.back_by) == bool(entry.why)

    @invariant()
    def no_pool_holds_more_than_its_places(self) -> None:
        with Session(self.engine) as session:
            inside = [member.pool for member in reviews.members(session, self.today)]
            assert inside.count("golden") <= 1
            assert inside.count("seed") <= 2 + 1  # a firm that falls back may stand beside a full pool

    @invariant()
    def the_trail_is_whole_and_never_shorter(self) -> None:
        with Session(self.engine) as session:
            length = audit.verify(session)
            assert length == session.scalar(select(func.count(AuditEntry.id)))
            assert length >= self.trail
            self.trail = length


def _last_back(standing) -> int:
    return max((place for place, entry in enumerate(standing) if entry.back_by), default=0)


@pytest.mark.parametrize("kind", ["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def test_the_laws_hold_whatever_the_officers_do(kind, request, monkeypatch):
    policy = points_only()
    few_places = replace(policy, seed=replace(policy.seed, cap=2), golden=replace(policy.golden, cap=1))
    monkeypatch.setattr(deciding, "policy_in_force", lambda _session, _day: few_places)
    monkeypatch.setattr(reviews, "in_force", lambda _session, day: PolicyInForce(few_places, "", day))
    engine = engine_for(request.getfixturevalue(f"{kind}_url"))

    class OnThisDatabase(Bureau):
        pass

    OnThisDatabase.engine = engine
    try:
        run_state_machine_as_test(
            OnThisDatabase,
            settings=settings(
                max_examples={"sqlite": 15, "postgres": 4}[kind],
                stateful_step_count=20,
                deadline=None,
                suppress_health_check=list(HealthCheck),
            ),
        )
    finally:
        engine.dispose()
