"""Reviews of the pools: what is proposed, who decides, and what a decision does."""

import threading
from datetime import date, timedelta

import pytest
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from pipeline.accounts import audit
from pipeline.errors import NotAllowed, NotFound, ShownToPeople
from pipeline.pools import deciding, in_force, reviews
from pipeline.pools.model import NoPolicy
from pipeline.pools.policy import POINTS_ONLY_FILE, RULES_ONLY_FILE
from pipeline.pools.replay import replay
from pipeline.store.pool_tables import PoolMembership, PoolProposal
from pipeline.store.tables import AuditEntry, Case, Event, Firm, Model, ModelDecision
from tests.cast import BANYAN, KAPOK, LOTUS, happened, state
from tests.pipeline.pools.city import (
    ANA,
    CHEN,
    DISTRICTS,
    JIANGHAI,
    JUNE_1,
    LI,
    LOTUS_CLERK,
    MAY_1,
    MAY_20,
    NOW,
    confirm_all,
    decide,
    found,
    memberships,
    points_only,
    pools,
    review,
    score,
    seed,
)

ON_SQLITE_ALONE = True


def changes(proposed):
    return [(one.firm_id, one.action, one.from_pool, one.to_pool) for one in proposed]


def test_a_firm_at_the_entry_line_is_proposed_and_one_just_below_it_is_not(engine):
    found(engine)
    score(engine, {LOTUS: 60.0, BANYAN: 59.999})
    assert changes(review(engine)) == [(LOTUS, "enter", None, "seed")]


def test_a_proposal_keeps_what_it_rests_on_and_says_why_in_both_languages(engine):
    found(engine)
    run = score(engine, {LOTUS: 61.25, BANYAN: 40.0})
    (proposal,) = review(engine)
    assert (proposal.run_id, proposal.model_id, proposal.data_fingerprint) == (run, "m1", "d" * 64)
    assert proposal.rules_fingerprint == points_only().fingerprint
    assert (proposal.points, proposal.line_points, proposal.as_of) == (61.25, 60.0, MAY_1)
    reason = deciding.reason_of(proposal)
    assert str(reason) == "61.2 分，达到种子库入库线 60.0 分；在 2 家企业中列第 1 位。"
    assert reason.in_language("en") == "61.2 points reach the seed pool's line of 60.0; rank 1 of 2 firms."


def test_nobody_is_in_a_pool_before_an_officer_has_decided(engine):
    found(engine)
    score(engine, {LOTUS: 80.0})
    review(engine)
    assert pools(engine) == {}


def test_a_confirmed_entry_opens_a_membership_and_a_tutoring_case(engine):
    found(engine)
    seed(engine, LOTUS)
    assert memberships(engine, LOTUS) == [("seed", MAY_20, None)]
    with Session(engine) as session:
        case = session.scalars(select(Case)).one()
        assert (case.firm_id, case.stage, case.opened_on) == (LOTUS, "nurture", MAY_20)


def test_an_overruled_entry_opens_nothing_and_keeps_its_reason(engine):
    found(engine)
    score(engine, {LOTUS: 70.0})
    (proposal,) = review(engine)
    decided = decide(engine, proposal.id, confirm=False, why=" 拟迁往外地 ")
    assert (decided.state, decided.why, decided.decided_by, decided.decided_on) == (
        "overruled",
        "拟迁往外地",
        "陈主任",
        MAY_20,
    )
    assert pools(engine) == {}


def test_what_was_overruled_is_not_proposed_again_on_the_same_figures_but_on_new_ones(engine):
    found(engine)
    score(engine, {LOTUS: 70.0})
    (proposal,) = review(engine)
    decide(engine, proposal.id, confirm=False, why="拟迁往外地")
    assert review(engine) == []
    score(engine, {LOTUS: 70.0})
    assert changes(review(engine)) == [(LOTUS, "enter", None, "seed")]


@pytest.mark.parametrize("why", ["", "   "])
def test_a_decision_without_a_reason_is_refused(engine, why):
    found(engine)
    score(engine, {LOTUS: 70.0})
    (proposal,) = review(engine)
    with pytest.raises(deciding.DecisionNotPossible, match="写明决定的理由"):
        decide(engine, proposal.id, why=why)


def test_a_proposal_is_decided_once(engine):
    found(engine)
    score(engine, {LOTUS: 70.0})
    (proposal,) = review(engine)
    decide(engine, proposal.id)
    with pytest.raises(deciding.DecisionNotPossible, match=r"已由 陈主任 于 2024-05-20"):
        decide(engine, proposal.id, confirm=False, by=LI)


@pytest.mark.both_databases
def test_two_officers_at_the_same_moment_decide_once(engine):
    found(engine)
    score(engine, {LOTUS: 70.0})
    (proposal,) = review(engine)
    together, outcomes = threading.Barrier(2), []

    def press(officer, confirm):
        together.wait()
        try:
            outcomes.append(decide(engine, proposal.id, confirm=confirm, by=officer).state)
        except ShownToPeople:
            outcomes.append("refused")

    presses = [threading.Thread(target=press, args=given) for given in ((CHEN, True), (LI, False))]
    for one in presses:
        one.start()
    for one in presses:
        one.join()
    assert len(outcomes) == 2
    assert outcomes.count("refused") == 1
    with Session(engine) as session:
        state = session.scalars(select(PoolProposal.state)).one()
        assert state in outcomes
        assert len(memberships(engine, LOTUS)) == (1 if state == "confirmed" else 0)
        assert audit.verify(session) == 2 + (state == "confirmed")


def test_a_new_review_makes_the_undecided_proposals_of_the_old_one_lapse(engine):
    found(engine)
    score(engine, {LOTUS: 70.0})
    (old,) = review(engine)
    (new,) = review(engine)
    assert new.id != old.id
    with pytest.raises(deciding.DecisionNotPossible, match="已失效"):
        decide(engine, old.id)
    decide(engine, new.id)


def test_a_seed_that_reaches_the_golden_line_is_promoted_and_its_case_goes_on(engine):
    found(engine)
    seed(engine, LOTUS)
    score(engine, {LOTUS: 67.0})
    assert changes(review(engine, JUNE_1)) == [(LOTUS, "promote", "seed", "golden")]
    confirm_all(engine, on=JUNE_1)
    assert memberships(engine, LOTUS) == [("seed", MAY_20, JUNE_1), ("golden", JUNE_1, None)]
    assert pools(engine, JUNE_1 - timedelta(days=1)) == {LOTUS: "seed"}
    assert pools(engine, JUNE_1) == {LOTUS: "golden"}
    with Session(engine) as session:
        assert len(session.scalars(select(Case)).all()) == 1


def test_no_firm_enters_the_golden_pool_but_from_the_seed_pool(engine):
    found(engine)
    score(engine, {LOTUS: 99.0})
    assert changes(review(engine)) == [(LOTUS, "enter", None, "seed")]


@pytest.mark.parametrize(("points", "proposed"), [(56.0, []), (55.99, [(LOTUS, "exit", "seed", None)])])
def test_a_seed_between_the_lines_stays_and_one_below_the_exit_line_is_proposed_to_leave(engine, points, proposed):
    found(engine)
    seed(engine, LOTUS)
    score(engine, {LOTUS: points})
    assert changes(review(engine, JUNE_1)) == proposed


@pytest.mark.parametrize(
    ("points", "proposed"),
    [
        (63.0, []),
        (62.99, [(LOTUS, "demote", "golden", "seed")]),
        (55.0, [(LOTUS, "exit", "golden", None)]),
    ],
)
def test_a_golden_seed_falls_back_to_seed_or_right_out(engine, points, proposed):
    found(engine)
    seed(engine, LOTUS)
    score(engine, {LOTUS: 70.0})
    next_day = MAY_20 + timedelta(days=1)
    review(engine, next_day)
    confirm_all(engine, on=next_day)
    assert pools(engine, next_day) == {LOTUS: "golden"}
    score(engine, {LOTUS: points})
    assert changes(review(engine, JUNE_1)) == proposed


def test_a_member_without_a_new_score_is_unknown_and_stays(engine):
    found(engine)
    seed(engine, LOTUS)
    score(engine, {BANYAN: 50.0})
    assert review(engine, JUNE_1) == []


@pytest.mark.both_databases
def test_a_confirmed_exit_ends_the_membership_and_the_case(engine):
    found(engine)
    seed(engine, LOTUS)
    score(engine, {LOTUS: 40.0})
    review(engine, JUNE_1)
    confirm_all(engine, on=JUNE_1)
    assert memberships(engine, LOTUS) == [("seed", MAY_20, JUNE_1)]
    with Session(engine) as session:
        case = session.scalars(select(Case)).one()
        assert (case.closed_on, case.outcome) == (JUNE_1, "pool_exit")
        assert "低于种子库出库线" in case.closed_why


def test_a_firm_in_tutoring_is_not_taken_out_by_its_points(engine):
    found(engine)
    happened(engine, LOTUS, "tutoring_filed", date(2024, 3, 1))
    seed(engine, LOTUS)
    score(engine, {LOTUS: 20.0})
    assert review(engine, JUNE_1) == []


def test_a_firm_whose_share_reform_is_all_it_has_is_taken_out_by_its_points(engine):
    found(engine)
    happened(engine, LOTUS, "share_reform", date(2024, 3, 1))
    seed(engine, LOTUS)
    score(engine, {LOTUS: 20.0})
    assert changes(review(engine, JUNE_1)) == [(LOTUS, "exit", "seed", None)]


def test_a_firm_list_row_graduates_whatever_its_points_and_its_case_ends_as_listed(engine):
    found(engine)
    seed(engine, LOTUS)
    happened(engine, LOTUS, "listed", date(2024, 5, 28))
    score(engine, {LOTUS: 90.0, BANYAN: 10.0})
    (proposal,) = review(engine, JUNE_1)
    assert (proposal.action, str(deciding.reason_of(proposal))) == ("exit", "企业已上市，毕业出库。")
    decide(engine, proposal.id, on=JUNE_1)
    assert pools(engine) == {}
    with Session(engine) as session:
        case = session.scalars(select(Case)).one()
        assert (case.stage, case.outcome, case.closed_on) == ("listed", "listed", date(2024, 5, 28))


@pytest.mark.parametrize(("known_on", "proposed"), [(date(2024, 5, 1), 0), (date(2024, 5, 2), 1)])
def test_a_listing_counts_from_the_day_it_was_known(engine, known_on, proposed):
    found(engine)
    happened(engine, LOTUS, "listed", date(2024, 4, 30), known_on=known_on)
    score(engine, {LOTUS: 90.0})
    assert len(review(engine)) == proposed


def test_a_reference_firm_is_never_proposed(engine):
    found(engine, "neeq:430025", cohort="neeq")
    score(engine, {"neeq:430025": 90.0})
    assert review(engine) == []


def test_places_go_to_the_highest_points_and_ties_by_the_firms_id(engine):
    firms = [f"F{number:03}" for number in range(200)]
    score(engine, {firm: 61.0 + number % 7 for number, firm in enumerate(reversed(firms))})
    proposed = review(engine)
    assert len(proposed) == points_only().seed.cap == 150
    points = {one.firm_id: one.points for one in proposed}
    assert list(points.values()) == sorted(points.values(), reverse=True)
    tied = [firm for firm, value in points.items() if value == min(points.values())]
    assert tied == sorted(tied)
    with Session(engine) as session:
        details = session.scalars(select(AuditEntry.details)).one()
        assert (details["enter"], details["waiting"], details["scored"]) == (150, 50, 200)


def test_the_pool_takes_no_more_than_its_places_even_if_exits_are_overruled(engine):
    firms = [f"F{number:03}" for number in range(151)]
    score(engine, dict.fromkeys(firms[:150], 61.0))
    review(engine)
    confirm_all(engine)
    score(engine, {**dict.fromkeys(firms[1:], 61.0), firms[0]: 40.0})
    leave, enter = review(engine, JUNE_1)
    assert (leave.action, enter.action, enter.firm_id) == ("exit", "enter", "F150")
    with pytest.raises(deciding.DecisionNotPossible, match="150 个名额已满"):
        decide(engine, enter.id, on=JUNE_1)
    decide(engine, leave.id, on=JUNE_1)
    decide(engine, enter.id, on=JUNE_1)
    assert len(pools(engine)) == 150


@pytest.mark.both_databases
def test_deciding_together_frees_places_before_it_gives_them_away(engine):
    firms = [f"F{number:03}" for number in range(151)]
    score(engine, dict.fromkeys(firms[:150], 61.0))
    review(engine)
    confirm_all(engine)
    score(engine, {**dict.fromkeys(firms[1:], 61.0), firms[0]: 40.0})
    review(engine, JUNE_1)
    batch = confirm_all(engine, on=JUNE_1)
    assert ([one.action for one in batch.decided], batch.left) == (["exit", "enter"], [])


def test_what_cannot_be_decided_comes_back_with_its_reason_and_the_rest_is_decided(engine):
    found(engine)
    score(engine, {LOTUS: 62.0, BANYAN: 62.0})
    first, second = (proposal.id for proposal in review(engine))
    decide(engine, first)
    with Session(engine) as session, session.begin():
        batch = deciding.decide_all(session, [first, second], True, "材料齐全", CHEN, MAY_20, NOW)
        assert [proposal.id for proposal in batch.decided] == [second]
        assert [(number, type(error)) for number, error in batch.left] == [(first, deciding.DecisionNotPossible)]
    assert set(pools(engine)) == {LOTUS, BANYAN}


def test_a_firm_that_filed_for_tutoring_since_the_review_needs_its_case_closed_first(engine):
    found(engine)
    seed(engine, LOTUS)
    score(engine, {LOTUS: 40.0})
    (proposal,) = review(engine, JUNE_1)
    with Session(engine) as session, session.begin():
        session.execute(update(Case).values(stage="tutoring_filed"))
    with pytest.raises(deciding.DecisionNotPossible, match="辅导备案"):
        decide(engine, proposal.id, on=JUNE_1)
    assert pools(engine) == {LOTUS: "seed"}


def test_the_champions_scores_count_and_not_the_newest_of_another_model(engine):
    found(engine)
    score(engine, {LOTUS: 70.0}, model="champion")
    score(engine, {BANYAN: 70.0}, model="challenger")
    with Session(engine) as session, session.begin():
        session.add(ModelDecision(model_id="champion", action="promote", why="-", decided_by="Ana", decided_at=NOW))
    assert [one.firm_id for one in review(engine)] == [LOTUS]


@pytest.mark.parametrize(("days", "enough"), [(400, True), (401, False)])
def test_scores_that_are_too_old_carry_no_review(engine, days, enough):
    found(engine)
    score(engine, {LOTUS: 70.0}, as_of=MAY_1 - timedelta(days=days))
    if enough:
        assert len(review(engine)) == 1
    else:
        with pytest.raises(reviews.NoScores, match="goldseed score --as-of 2024-05-01"):
            review(engine)


def test_scores_of_a_later_day_are_not_known_to_an_earlier_review(engine):
    found(engine)
    score(engine, {LOTUS: 70.0}, as_of=MAY_20)
    with pytest.raises(reviews.NoScores):
        review(engine, MAY_1)


def test_a_review_before_the_policys_first_day_or_in_the_future_is_refused(engine):
    with pytest.raises(NoPolicy, match="2021-01-01"):
        review(engine, date(2020, 12, 31))
    with pytest.raises(audit.NotYet):
        review(engine, date(2024, 6, 3))


def test_a_decision_is_not_dated_before_its_review_or_in_the_future(engine):
    found(engine)
    score(engine, {LOTUS: 70.0})
    (proposal,) = review(engine)
    with pytest.raises(deciding.DecisionNotPossible, match="更早的 2024-04-30"):
        decide(engine, proposal.id, on=date(2024, 4, 30))
    with pytest.raises(audit.NotYet):
        decide(engine, proposal.id, on=date(2024, 7, 1))


@pytest.mark.parametrize("person", [LOTUS_CLERK, ANA, JIANGHAI])
def test_only_an_officer_of_the_whole_city_starts_a_review(engine, person):
    with pytest.raises(NotAllowed):
        review(engine, by=person)


@pytest.mark.both_databases
def test_a_district_officer_sees_and_decides_the_proposals_of_the_district_alone(engine):
    found(engine)
    score(engine, {LOTUS: 70.0, BANYAN: 69.0})
    of_lotus, of_banyan = review(engine)
    with Session(engine) as session:
        assert [firm.id for _proposal, firm in reviews.open_proposals(session, JIANGHAI)] == [BANYAN]
    with pytest.raises(NotFound):
        decide(engine, of_lotus.id, by=JIANGHAI)
    decide(engine, of_banyan.id, by=JIANGHAI)
    assert pools(engine) == {BANYAN: "seed"}


@pytest.mark.parametrize("person", [LOTUS_CLERK, ANA])
def test_no_enterprise_and_no_analyst_decides(engine, person):
    found(engine)
    score(engine, {LOTUS: 70.0})
    (proposal,) = review(engine)
    with pytest.raises(NotAllowed):
        decide(engine, proposal.id, by=person)


def test_an_enterprise_sees_its_own_place_and_nobody_elses(engine):
    found(engine)
    seed(engine, LOTUS, BANYAN)
    with Session(engine) as session:
        assert [one.firm_id for one in reviews.members(session, JUNE_1, LOTUS_CLERK)] == [LOTUS]
        assert reviews.members(session, JUNE_1, ANA) == []


def test_an_unknown_proposal_is_named(engine):
    with pytest.raises(NotFound, match="没有第 99 号建议"):
        decide(engine, 99)


@pytest.mark.both_databases
def test_every_decision_stands_in_the_trail_with_what_it_rested_on(engine):
    found(engine)
    run = score(engine, {LOTUS: 70.0, KAPOK: 61.0})
    for proposal, confirm in zip(review(engine), (True, False), strict=True):
        decide(engine, proposal.id, confirm=confirm)
    with Session(engine) as session:
        entries = session.scalars(select(AuditEntry).order_by(AuditEntry.id)).all()
        assert [entry.action for entry in entries] == [
            "propose_pools",
            "open_case",
            "confirm_proposal",
            "overrule_proposal",
        ]
        details = entries[2].details
        assert (details["run"], details["model"], details["data"]) == (run, "m1", "d" * 64)
        assert (details["firm_id"], details["why"], details["on"]) == (LOTUS, "材料齐全", "2024-05-20")
        assert audit.verify(session) == 4


@pytest.mark.both_databases
def test_the_database_itself_keeps_a_firm_out_of_two_pools(engine):
    from sqlalchemy.exc import IntegrityError

    found(engine)
    seed(engine, LOTUS)
    with Session(engine) as session, pytest.raises(IntegrityError):
        proposal = session.scalars(select(PoolProposal.id)).first()
        session.add(PoolMembership(firm_id=LOTUS, pool="golden", entered_on=MAY_20, entered_by_id=proposal))
        session.flush()


def test_an_event_no_longer_in_force_counts_for_nothing(engine):
    found(engine)
    happened(engine, LOTUS, "listed", date(2024, 4, 1))
    with Session(engine) as session, session.begin():
        session.execute(update(Event).values(in_force=False))
    score(engine, {LOTUS: 90.0})
    assert len(review(engine)) == 1


# --- how the pools stand


def outlook(engine, on=MAY_20, person=CHEN):
    with Session(engine) as session:
        return reviews.outlook(session, on, person)


@pytest.fixture
def full(engine):
    """All places of the seed pool are taken; two more firms reach its line, and one does not."""
    cap = points_only().seed.cap
    names = [f"F{number:03}" for number in range(cap)]
    found(engine, *names, LOTUS, BANYAN, KAPOK)
    score(engine, {**dict.fromkeys(names, 66.0), LOTUS: 61.0, BANYAN: 62.0, KAPOK: 40.0})
    review(engine)
    return engine


@pytest.mark.both_databases
def test_who_meets_the_conditions_and_finds_no_place_waits_in_the_order_of_points(full):
    confirm_all(full)
    stands = outlook(full)
    assert (stands.places["seed"].taken, stands.places["seed"].full, stands.places["golden"].full) == (
        stands.places["seed"].cap,
        True,
        False,
    )
    assert [(one.place, one.firm_id, one.points) for one in stands.waiting] == [(1, BANYAN, 62.0), (2, LOTUS, 61.0)]
    assert stands.waits == 2
    assert review(full, as_of=MAY_20) == []


def test_a_district_officer_sees_the_district_s_firms_wait_with_their_place_in_the_whole_list(full):
    confirm_all(full)
    stands = outlook(full, person=JIANGHAI)
    assert [(one.place, one.firm_id) for one in stands.waiting] == [(1, BANYAN)]
    assert (stands.waits_here, stands.waits) == (1, 2)


def test_what_was_overruled_is_counted_and_nobody_waits_while_there_are_places(engine):
    found(engine)
    score(engine, {LOTUS: 70.0, BANYAN: 62.0})
    first, _second = review(engine)
    decide(engine, first.id, confirm=False, why="拟迁往外地")
    stands = outlook(engine)
    assert (stands.overruled, stands.waits, stands.scored) == (1, 0, 2)


def test_with_scores_that_are_too_old_the_outlook_says_why_there_is_no_review(engine):
    found(engine)
    score(engine, {LOTUS: 70.0}, as_of=MAY_1 - timedelta(days=401))
    stands = outlook(engine, MAY_1)
    assert "评分" in str(stands.why_no_review)
    assert stands.places["seed"].taken == 0


def test_the_nearest_to_a_line_that_nobody_reaches_is_told_on_its_scale(engine):
    found(engine)
    score(engine, {LOTUS: 59.7, BANYAN: 41.0})
    stands = outlook(engine)
    assert (stands.nearest, stands.reference) == ({"seed": (59.7, 60.0)}, [])
    with Session(engine) as session, session.begin():
        session.get_one(Model, "m1").cohorts = ["neeq"]
    told = [text.in_language("en") for text in outlook(engine).told()]
    with Session(engine) as session:  # what the page of the policy tells, without reading any figure
        policy = in_force.policy_in_force(session, JUNE_1)
        assert [text.in_language("en") for text in reviews.points_told(session, JUNE_1, policy)] == told
    assert told == [
        "Points are those of a model of NEEQ reference firms: 50 is the average firm there, and not of the city.",
        "No firm reaches the line of the seed pool; nearest: 59.7 of 60.",
    ]
    score(engine, {LOTUS: 60.0, BANYAN: 41.0})
    assert outlook(engine).nearest == {}  # it is reached


def test_where_no_model_scores_the_city_a_review_goes_by_the_rules_alone(engine, monkeypatch):
    monkeypatch.setattr(in_force, "POLICY_FILE", RULES_ONLY_FILE)
    for firm, profit in ((LOTUS, 12e6), (BANYAN, 30e6), (KAPOK, 9.99e6)):
        state(
            engine,
            firm,
            2023,
            net_profit_cny=profit,
            net_profit_attributable_cny=profit,
            net_profit_after_nonrecurring_cny=profit,
            hnte_certified_on=date(2022, 1, 1),
            hnte_expires_on=date(2028, 1, 1),
        )
    found(engine)
    with Session(engine) as session, session.begin():
        for firm, district in DISTRICTS.items():
            session.get_one(Firm, firm).district_code = district
    made = review(engine)
    # The higher profit stands first.
    assert changes(made) == [(BANYAN, "enter", None, "seed"), (LOTUS, "enter", None, "seed")]
    assert {(one.run_id, one.model_id, one.points) for one in made} == {(None, None, None)}
    assert "没有模型评分" in str(deciding.reason_of(made[0]))
    with Session(engine) as session:
        again = replay(session, made[0].review_id, CHEN)
    assert (again.holds, again.changed) == (True, [])
    decide(engine, made[0].id, confirm=False, why="拟迁往外地")
    stands = outlook(engine, MAY_1)
    assert (stands.by_rules_alone, stands.why_no_review, stands.overruled) == (True, None, 1)
    assert changes(review(engine)) == [(LOTUS, "enter", None, "seed")]
    monkeypatch.setattr(in_force, "POLICY_FILE", POINTS_ONLY_FILE)
    assert review(engine) == []  # whether a line in points is reached nobody knows


def test_a_second_decision_is_told_who_decided_and_what(engine):
    found(engine)
    score(engine, {LOTUS: 70.0})
    (proposal,) = review(engine)
    decide(engine, proposal.id, confirm=False, why="拟迁往外地")
    with pytest.raises(deciding.DecisionNotPossible, match="陈主任 于 2024-05-20 作出决定：已否决"):
        decide(engine, proposal.id)


@pytest.mark.parametrize(
    ("person", "later", "second_click"),
    [(CHEN, timedelta(seconds=59), True), (CHEN, timedelta(seconds=60), False), (LI, timedelta(0), False)],
)
def test_a_review_again_within_the_minute_by_the_same_person_is_a_second_click(engine, person, later, second_click):
    found(engine)
    score(engine, {LOTUS: 70.0})
    review(engine)
    with Session(engine) as session:
        assert reviews.just_proposed(session, person, NOW + later) is second_click


def test_a_review_after_a_decision_is_none(engine):
    found(engine)
    score(engine, {LOTUS: 70.0})
    (proposal,) = review(engine)
    decide(engine, proposal.id)
    with Session(engine) as session:
        assert not reviews.just_proposed(session, CHEN, NOW)
