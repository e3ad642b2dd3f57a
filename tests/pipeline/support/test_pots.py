"""Pots: who comes first, by rank, pro rata; what is empty gives nothing; whatever is done, no pot is ever overdrawn."""

from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule, run_state_machine_as_test
from sqlalchemy import create_engine, select
from sqlalchemy.orm import Session
from sqlalchemy.pool import StaticPool

from pipeline.errors import NotAllowed, NotFound, ShownToPeople
from pipeline.store.plan_tables.support import SupportClaim, SupportPayment
from pipeline.store.tables import Base
from pipeline.support import claims, granting, paying
from pipeline.support.claim_rows import CLAWED_BACK, LIVE, PAID, ClaimNotPossible
from pipeline.support.entitlements import forecast
from pipeline.support.in_force import support_book
from pipeline.support.pots import positions, room
from tests.cast import BANYAN, KAPOK, LOTUS, happened
from tests.pipeline.pools.city import CHEN, LI, LOTUS_CLERK
from tests.pipeline.support.made_up import (
    JUNE_1,
    NOW,
    YEAR_2024,
    accepted,
    certified,
    claimed,
    granted,
    rules_in_force,
    three_firms,
)

ON_SQLITE_ALONE = True
ISSUED, EXPIRES = date(2023, 12, 18), date(2026, 12, 17)
YEAR_2025 = date(2025, 1, 1)


@pytest.fixture(autouse=True)
def rules(tmp_path):
    with rules_in_force(tmp_path):
        yield


@pytest.fixture
def session(engine):
    three_firms(engine)
    for firm in (LOTUS, BANYAN):
        certified(engine, firm, ISSUED, EXPIRES, registered=date(2020, 3, 1), revenue_cny=20e6)
    for firm in (LOTUS, BANYAN, KAPOK):
        happened(engine, firm, "tutoring_filed", date(2024, 3, 1))
    with Session(engine) as session:
        yield session


def pot(session, name):
    return next(one for one in positions(session, CHEN, JUNE_1) if one.pot.id == name)


@pytest.mark.both_databases
def test_who_comes_first_has_its_money_reserved_and_who_finds_too_little_is_refused(session):
    claimed(session, LOTUS, "first")  # 300,000 of 450,000
    assert (pot(session, "awards").committed, pot(session, "awards").room) == (30_000_000, 15_000_000)
    with pytest.raises(ClaimNotPossible, match=r"150,000\.00"):
        claimed(session, BANYAN, "first")
    assert claimed(session, BANYAN, "first", asked_fen=15_000_000).allotted_fen == 15_000_000
    assert pot(session, "awards").room == 0


def test_a_claim_that_falls_away_gives_its_money_back_to_the_pot(session):
    made = claimed(session, LOTUS, "first")
    claims.withdraw(session, CHEN, made.id, "写错了", today=JUNE_1, now=NOW)
    assert pot(session, "awards").room == 45_000_000
    again = claimed(session, BANYAN, "first")
    accepted(session, again.id, amount_fen=10_000_000)
    assert pot(session, "awards").room == 35_000_000, "what the papers do not show is free again"


def test_pro_rata_waits_until_all_are_reviewed_and_gives_the_pot_to_the_fen(session):
    numbers = [claimed(session, firm, "rd").id for firm in (LOTUS, BANYAN, KAPOK)]
    assert pot(session, "rd").committed == 0, "nothing is reserved before it is shared out"
    accepted(session, numbers[0])
    accepted(session, numbers[1])
    with pytest.raises(ClaimNotPossible, match=str(numbers[2])):
        granting.share_out(session, CHEN, "rd", YEAR_2024, today=JUNE_1, now=NOW)
    accepted(session, numbers[2])
    done = granting.share_out(session, CHEN, "rd", YEAR_2024, today=JUNE_1, now=NOW)
    # 100,000.00 + 60,000.00 + 40,000.01 on 100,000.00: 49,999.9975, 29,999.9985, 20,000.0040
    assert list(done.given.values()) == [5_000_000, 3_000_000, 2_000_000]
    assert pot(session, "rd").room == 0
    with pytest.raises(ClaimNotPossible):
        granting.share_out(session, CHEN, "rd", YEAR_2024, today=JUNE_1, now=NOW)


def test_by_rank_the_first_is_served_first_and_what_is_left_goes_to_the_next(session):
    numbers = [claimed(session, firm, "prize", asked_fen=6_000_000).id for firm in (LOTUS, BANYAN, KAPOK)]
    accepted(session, numbers[0], rank=3)
    accepted(session, numbers[1], rank=1)
    accepted(session, numbers[2])
    with pytest.raises(ClaimNotPossible, match=str(numbers[2])):
        granting.share_out(session, CHEN, "prizes", YEAR_2024, today=JUNE_1, now=NOW)
    session.get_one(SupportClaim, numbers[2]).rank = 2
    done = granting.share_out(session, CHEN, "prizes", YEAR_2024, today=JUNE_1, now=NOW)
    assert done.given == {numbers[1]: 6_000_000, numbers[2]: 4_000_000}
    assert list(done.refused) == [numbers[0]]


def test_a_claim_that_finds_the_pot_empty_waits_for_the_next_year_where_the_pot_says_so(session):
    first, second = claimed(session, LOTUS, "tutoring"), claimed(session, BANYAN, "tutoring")
    assert (first.pot_from, second.pot_from) == (YEAR_2024, YEAR_2025)
    third = claimed(session, KAPOK, "tutoring", asked_fen=5_000_000)
    assert third.pot_from == YEAR_2024, "what is left of this year is enough for it"
    accepted(session, second.id)
    with pytest.raises(ClaimNotPossible, match="2025-01-01"):
        granting.share_out(session, CHEN, "listing", YEAR_2025, today=JUNE_1, now=NOW)
    done = granting.share_out(session, CHEN, "listing", YEAR_2025, today=YEAR_2025, now=NOW)
    assert done.given == {second.id: 50_000_000}


def test_what_is_clawed_back_goes_to_the_treasury_and_not_to_the_pot(session):
    made = claimed(session, LOTUS, "first")
    accepted(session, made.id)
    granted(session, made.id)
    paying.pay(session, CHEN, made.id, JUNE_1, now=NOW)
    before = pot(session, "awards").room
    paying.claw_back(session, CHEN, made.id, 30_000_000, "撤销", JUNE_1, now=NOW)
    shown = pot(session, "awards")
    assert (shown.room, shown.paid, shown.clawed_back) == (before, 30_000_000, 30_000_000)


def test_pots_are_shown_to_the_bureau_with_what_could_still_be_claimed(session):
    with pytest.raises(NotAllowed):
        positions(session, LOTUS_CLERK, JUNE_1)
    with pytest.raises(NotFound, match="nothing"):
        granting.share_out(session, CHEN, "nothing", YEAR_2024, today=JUNE_1, now=NOW)
    with pytest.raises(NotFound, match="2024-01-01"):
        granting.share_out(session, CHEN, "rd", YEAR_2025, today=JUNE_1, now=NOW)
    told = {one.pot.id: one.could for one in positions(session, CHEN, JUNE_1, forecast(session, JUNE_1))}
    assert (told["awards"], told["rd"]) == (60_000_000, 20_000_001)
    claimed(session, LOTUS, "first")
    told = {one.pot.id: one.could for one in positions(session, CHEN, JUNE_1, forecast(session, JUNE_1))}
    assert told["awards"] == 30_000_000


FIRMS, RULES = (LOTUS, BANYAN, KAPOK), ("first", "rd", "tutoring", "prize")


class PotsMachine(RuleBasedStateMachine):
    """Anything in any order, allowed or refused: no pot is overdrawn, nothing is paid that two people did not sign."""

    def __init__(self) -> None:
        super().__init__()
        self.engine = create_engine("sqlite://", poolclass=StaticPool)
        Base.metadata.create_all(self.engine)
        three_firms(self.engine)
        for firm in (LOTUS, BANYAN):
            certified(self.engine, firm, ISSUED, EXPIRES, registered=date(2020, 3, 1), revenue_cny=20e6)
        for firm in FIRMS:
            happened(self.engine, firm, "tutoring_filed", date(2024, 3, 1))
        self.session = Session(self.engine)
        self.book = support_book(self.session)
        for firm, what in ((LOTUS, "first"), (BANYAN, "rd"), (KAPOK, "rd"), (LOTUS, "tutoring")):
            claimed(self.session, firm, what)

    def numbers(self) -> list[int]:
        return list(self.session.scalars(select(SupportClaim.id).order_by(SupportClaim.id)))

    def some(self, place: int) -> int:
        numbers = self.numbers()
        return numbers[place % len(numbers)]

    def tried(self, change):
        """Done, or refused with nothing changed."""
        try:
            with self.session.begin_nested():
                change()
        except ShownToPeople:
            self.session.expire_all()

    @rule(firm=st.sampled_from(FIRMS), what=st.sampled_from(RULES), fen=st.integers(1, 50_000_001))
    def claim(self, firm, what, fen):
        self.tried(lambda: claimed(self.session, firm, what, asked_fen=fen))

    def do(self, number, step, fen=None, rank=1, by=CHEN):
        at: dict[str, Any] = {"now": NOW}
        today = {"today": JUNE_1, **at}
        ways = {
            "accept": lambda: claims.review(
                self.session, CHEN, number, True, "齐全", amount_fen=fen, rank=rank, **today
            ),
            "reject": lambda: claims.review(self.session, CHEN, number, False, "不符", **today),
            "sign": lambda: granting.sign(self.session, by, number, **today),
            "pay": lambda: paying.pay(self.session, CHEN, number, JUNE_1, amount_fen=fen, **at),
            "back": lambda: paying.claw_back(self.session, CHEN, number, fen or 1, "撤销", JUNE_1, **at),
            "withdraw": lambda: claims.withdraw(self.session, CHEN, number, "不要了", **today),
        }
        self.tried(ways[step])

    @precondition(lambda self: self.numbers())
    @rule(place=st.integers(0, 30), fen=st.none() | st.integers(1, 40_000_000), rank=st.integers(1, 3))
    def forward(self, place, fen, rank):
        """The next step of a claim, as a bureau would take it."""
        number = self.some(place)
        state = self.session.get_one(SupportClaim, number).state
        if state == "claimed":
            self.do(number, "accept", fen, rank)
        elif state == "accepted":
            self.do(number, "sign", by=CHEN)
            self.do(number, "sign", by=LI)
        else:
            self.do(number, "pay", fen)

    @precondition(lambda self: self.numbers())
    @rule(
        place=st.integers(0, 30),
        step=st.sampled_from(["accept", "reject", "sign", "pay", "back", "back", "withdraw"]),
        fen=st.integers(1, 60_000_000),
        by=st.sampled_from([CHEN, LI]),
    )
    def anything(self, place, step, fen, by):
        """A step whether it fits or not."""
        self.do(self.some(place), step, fen, by=by)

    @rule(name=st.sampled_from(["rd", "prizes", "listing"]), begins=st.sampled_from([YEAR_2024, YEAR_2025]))
    def share_out(self, name, begins):
        day = max(JUNE_1, begins + timedelta(days=1))
        self.tried(lambda: granting.share_out(self.session, CHEN, name, begins, today=day, now=NOW))

    @invariant()
    def no_pot_is_overdrawn(self):
        for one in self.book.pots.values():
            for period in one.periods:
                assert 0 <= room(self.session, one, period) <= period.amount_fen

    @invariant()
    def what_is_paid_was_signed_by_two_and_set_aside(self):
        for made in self.session.scalars(select(SupportClaim)):
            moved = {
                kind: sum(
                    self.session.scalars(
                        select(SupportPayment.amount_fen).where(
                            SupportPayment.claim_id == made.id, SupportPayment.kind == kind
                        )
                    )
                )
                for kind in (PAID, CLAWED_BACK)
            }
            assert 0 <= moved[CLAWED_BACK] <= moved[PAID] <= (made.allotted_fen or 0)
            if moved[PAID] or made.state in ("granted", "paid"):
                assert {made.first_signed_by, made.second_signed_by} == {CHEN.name, LI.name}
            assert (made.allotted_fen or 0) <= made.claimed_fen
            assert made.live is (True if made.state in LIVE else None)

    @invariant()
    def nothing_is_claimed_twice_at_a_time(self):
        live = [
            (made.firm_id, made.once, made.occasion)
            for made in self.session.scalars(select(SupportClaim).where(SupportClaim.state.in_(LIVE)))
        ]
        assert len(live) == len(set(live))

    def teardown(self) -> None:
        self.session.close()
        self.engine.dispose()


def test_whatever_is_done_in_whatever_order_no_pot_is_overdrawn():
    run_state_machine_as_test(
        PotsMachine,
        settings=settings(
            max_examples=8, stateful_step_count=30, deadline=None, suppress_health_check=list(HealthCheck)
        ),
    )
