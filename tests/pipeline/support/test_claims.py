"""A claim from the first paper to the payment: what each step asks for, who may do it, what is refused and why."""

from datetime import date

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from pipeline.accounts.people import Person, Role
from pipeline.errors import NotAllowed, NotFound
from pipeline.store.plan_tables.support import SupportClaim, SupportPayment
from pipeline.store.tables import AuditEntry
from pipeline.support import claims, granting, paying
from pipeline.support.claim_lists import claim_seen, counts, file_of, paid_list
from pipeline.support.claim_lists import claims as list_claims
from pipeline.support.claim_rows import ClaimNotPossible, fen_in
from pipeline.support.entitlements import support_of_firm
from pipeline.tutoring.attachments.file_checks import checked
from tests.cast import BANYAN, KAPOK, LOTUS, happened
from tests.pipeline.pools.city import CHEN, JIANGHAI, LI, LOTUS_CLERK
from tests.pipeline.support.made_up import (
    AUDITOR,
    JUNE_1,
    NOW,
    READER,
    YEAR_2024,
    accepted,
    certified,
    claimed,
    granted,
    lent,
    rules_in_force,
    three_firms,
)
from tests.pipeline.tutoring.attachments.files import pdf

ON_SQLITE_ALONE = True
ISSUED, EXPIRES = date(2023, 12, 18), date(2026, 12, 17)


@pytest.fixture(autouse=True)
def rules(tmp_path):
    with rules_in_force(tmp_path):
        yield


@pytest.fixture
def session(engine):
    three_firms(engine)
    for firm in (LOTUS, BANYAN):
        certified(engine, firm, ISSUED, EXPIRES, registered=date(2020, 3, 1), revenue_cny=20e6)
    with Session(engine) as session:
        yield session


def steps(session, number):
    return [one.step for one in claim_seen(session, CHEN, number).steps]


@pytest.mark.both_databases
def test_a_claim_goes_from_the_paper_to_the_payment_with_every_step_on_record(session):
    made = claimed(session, LOTUS, "first")
    accepted(session, made.id)
    assert granting.sign(session, CHEN, made.id, today=JUNE_1, now=NOW).state == "accepted", "one signature is none"
    assert granting.sign(session, LI, made.id, today=JUNE_1, now=NOW).state == "granted"
    paying.pay(session, CHEN, made.id, JUNE_1, amount_fen=10_000_000, voucher="2024-07", now=NOW)
    assert made.state == "granted", "a part is not all"
    paying.pay(session, CHEN, made.id, JUNE_1, now=NOW)
    paying.claw_back(session, CHEN, made.id, 1_234, "证书被撤销", JUNE_1, now=NOW)
    assert made.state == "paid"
    assert steps(session, made.id) == [
        *("claimed", "accepted", "signed", "granted", "payment", "payment", "clawed_back"),
    ]
    assert [one.amount_fen for one in paid_list(session, CHEN)] == [10_000_000, 20_000_000, -1_234]
    line = claim_seen(session, CHEN, made.id).line
    assert (line.paid_fen, line.clawed_back_fen) == (30_000_000, 1_234)
    actions = session.scalars(select(AuditEntry.action).where(AuditEntry.subject == f"support_claim:{made.id}"))
    assert list(actions) == [
        *("claim_support", "accept_support", "sign_support", "grant_support"),
        *("pay_support", "pay_support", "claw_back_support"),
    ]


def test_one_person_never_signs_twice_on_any_way(session):
    made = claimed(session, LOTUS, "first")
    accepted(session, made.id)
    granting.sign(session, CHEN, made.id, today=JUNE_1, now=NOW)
    with pytest.raises(NotAllowed, match="第二人"):
        granting.sign(session, CHEN, made.id, today=JUNE_1, now=NOW)
    assert made.state == "accepted"


def test_the_same_thing_is_claimed_once_by_whichever_rule_and_again_after_it_was_taken_back(session):
    made = claimed(session, LOTUS, "first")
    with pytest.raises(ClaimNotPossible, match=f"第 {made.id} 笔"):
        claimed(session, LOTUS, "first")
    claims.withdraw(session, CHEN, made.id, "写错了", today=JUNE_1, now=NOW)
    again = claimed(session, LOTUS, "first")
    assert again.id != made.id
    claims.review(session, CHEN, again.id, False, "证书不清", today=JUNE_1, now=NOW)
    assert claimed(session, LOTUS, "first").state == "claimed"
    assert counts(session, CHEN)["rejected"] == (1, 30_000_000)


@pytest.mark.parametrize(
    ("rule", "words"),
    [
        ("again", "还不能申报"),
        ("tutoring", "还不能申报"),
        ("elsewhere", "佛山市"),
        ("planned", "拟议"),
        ("over", "2022-12-31"),
        ("nothing", "没有办法"),
    ],
)
def test_what_a_firm_cannot_claim_is_refused_with_the_reason_and_nothing_is_stored(session, rule, words):
    with pytest.raises(ClaimNotPossible, match=words):
        claimed(session, LOTUS, rule)
    assert session.scalars(select(SupportClaim)).all() == []


@pytest.mark.parametrize("fen", [0, -1, 30_000_001])
def test_more_than_the_rule_gives_is_not_claimed_and_the_whole_of_it_is(session, fen):
    with pytest.raises(ClaimNotPossible, match=r"300,000\.00"):
        claimed(session, LOTUS, "first", asked_fen=fen)
    assert claimed(session, LOTUS, "first", asked_fen=30_000_000).claimed_fen == 30_000_000


def test_a_rule_that_states_the_most_alone_asks_how_much(session):
    with pytest.raises(ClaimNotPossible, match="请写明申报多少"):
        claimed(session, LOTUS, "prize")
    assert claimed(session, LOTUS, "prize", asked_fen=5_000_001).claimed_fen == 5_000_001


def test_two_loans_are_claimed_apart_and_each_is_named(session):
    one = lent(session, LOTUS, date(2024, 1, 10), date(2024, 4, 9), 100_000_000)
    other = lent(session, LOTUS, date(2024, 2, 10), date(2024, 3, 11), 100_000_000)
    with pytest.raises(ClaimNotPossible, match=f"activity:{one.id}"):
        claimed(session, LOTUS, "interest")
    made = claimed(session, LOTUS, "interest", occasion=f"activity:{other.id}")
    assert made.claimed_fen == 143_750, "30 days of 1,000,000.00 at 3.45 %, half of it"
    with pytest.raises(ClaimNotPossible, match="activity:999"):
        claimed(session, LOTUS, "interest", occasion="activity:999")


def test_accepted_is_at_most_what_was_claimed_and_once(session):
    made = claimed(session, LOTUS, "first")
    for fen in (0, 30_000_001):
        with pytest.raises(ClaimNotPossible, match="不超过"):
            accepted(session, made.id, amount_fen=fen)
    accepted(session, made.id, amount_fen=29_999_999)
    assert (made.claimed_fen, made.allotted_fen) == (29_999_999, 29_999_999)
    with pytest.raises(ClaimNotPossible, match="审核通过"):
        accepted(session, made.id)


def test_a_granted_claim_is_not_taken_back_and_an_unsigned_one_not_paid(session):
    made = claimed(session, LOTUS, "first")
    accepted(session, made.id)
    with pytest.raises(ClaimNotPossible, match="审核通过，待核定"):
        paying.pay(session, CHEN, made.id, JUNE_1, now=NOW)
    granted(session, made.id)
    with pytest.raises(ClaimNotPossible, match="已核定"):
        claims.withdraw(session, CHEN, made.id, "不要了", today=JUNE_1, now=NOW)


def test_never_more_is_paid_than_granted_nor_clawed_back_than_paid_nor_before_its_day(session):
    made = claimed(session, LOTUS, "first")
    accepted(session, made.id)
    granted(session, made.id)
    with pytest.raises(ClaimNotPossible, match=r"300,000\.00"):
        paying.pay(session, CHEN, made.id, JUNE_1, amount_fen=30_000_001, now=NOW)
    with pytest.raises(ClaimNotPossible, match="2024-06-01"):
        paying.pay(session, CHEN, made.id, date(2024, 5, 31), now=NOW)
    paying.pay(session, CHEN, made.id, JUNE_1, amount_fen=1, now=NOW)
    with pytest.raises(ClaimNotPossible, match=r"0\.01"):
        paying.claw_back(session, CHEN, made.id, 2, "多付", JUNE_1, now=NOW)
    paying.claw_back(session, CHEN, made.id, 1, "多付", JUNE_1, now=NOW)
    with pytest.raises(ClaimNotPossible, match=r"0\.00"):
        paying.claw_back(session, CHEN, made.id, 1, "多付", JUNE_1, now=NOW)
    assert session.scalars(select(SupportPayment.amount_fen)).all() == [1, 1]


def test_a_firm_claims_its_own_alone_and_nobody_decides_about_it_but_officers(session):
    made = claimed(session, LOTUS, "first", LOTUS_CLERK)
    assert (made.claimed_by, made.claimed_for) == (LOTUS_CLERK.name, None)
    with pytest.raises(NotAllowed):
        claimed(session, BANYAN, "first", LOTUS_CLERK)
    for person in (READER, AUDITOR, Person(78, "挂点", Role.MENTOR), Person(9, "分析", Role.ANALYST)):
        with pytest.raises(NotAllowed):
            claimed(session, LOTUS, "rd", person)
    for person in (LOTUS_CLERK, READER, AUDITOR):
        with pytest.raises(NotAllowed):
            claims.review(session, person, made.id, True, "好", today=JUNE_1, now=NOW)
        with pytest.raises(NotAllowed):
            granting.sign(session, person, made.id, today=JUNE_1, now=NOW)


def test_an_officer_of_a_district_reviews_its_own_firms_and_grants_nothing(session):
    mine, other = claimed(session, BANYAN, "first"), claimed(session, KAPOK, "rd")
    assert [one.firm_id for one in list_claims(session, JIANGHAI)] == [BANYAN]
    assert claims.review(session, JIANGHAI, mine.id, True, "齐全", today=JUNE_1, now=NOW).state == "accepted"
    with pytest.raises(NotFound):
        claims.review(session, JIANGHAI, other.id, True, "齐全", today=JUNE_1, now=NOW)
    with pytest.raises(NotAllowed):
        granting.sign(session, JIANGHAI, mine.id, today=JUNE_1, now=NOW)


def test_a_paper_that_an_officer_enters_says_who_signed_it_and_a_firm_signs_for_itself(session):
    with pytest.raises(ClaimNotPossible, match="谁在其材料上签字"):
        claims.claim(session, CHEN, LOTUS, "first", "证书", today=JUNE_1, now=NOW)
    with pytest.raises(ClaimNotPossible):
        claims.claim(session, LOTUS_CLERK, LOTUS, "first", "证书", claimed_for="别人", today=JUNE_1, now=NOW)


def test_files_are_read_by_who_sees_the_claim_and_by_nobody_else(session):
    proof = checked("证书.pdf", pdf())
    made = claimed(session, LOTUS, "first", LOTUS_CLERK, files=[proof, proof])
    (kept,) = claim_seen(session, READER, made.id).files
    assert file_of(session, CHEN, kept.id)[1] == proof.content
    stranger = Person(60, "榕树文员", Role.ENTERPRISE, firm_id=BANYAN)
    with pytest.raises(NotFound):
        file_of(session, stranger, kept.id)
    with pytest.raises(NotFound):
        claim_seen(session, stranger, made.id)


def test_what_is_claimed_is_told_as_claimed_and_by_which_claim(session):
    made = claimed(session, LOTUS, "first")
    told = support_of_firm(session, CHEN, LOTUS, JUNE_1).entitlements
    assert [(one.state, one.claim) for one in told if one.rule.id == "first"] == [("claimed", made.id)]


def test_an_award_is_claimed_once_its_event_is_there(engine, session):
    happened(engine, LOTUS, "tutoring_filed", date(2024, 3, 1))
    assert claimed(session, LOTUS, "tutoring").claimed_fen == 50_000_000


@pytest.mark.parametrize("written", ["", "三十万", "1e400", "0", "-5", "1.234", "nan", "1" * 20])
def test_an_amount_that_is_none_is_refused_and_says_how_to_write_one(written):
    with pytest.raises(ClaimNotPossible, match=r"1234\.56"):
        fen_in(written)


@pytest.mark.parametrize(("written", "fen"), [("300000", 30_000_000), (" 1,234.56 ", 123_456), ("0.01", 1)])
def test_an_amount_is_read_to_the_fen(written, fen):
    assert fen_in(written) == fen


def test_no_claim_of_a_pot_without_money_for_the_day(session):
    with pytest.raises(ClaimNotPossible, match="没有资金"):
        claimed(session, LOTUS, "rd", on=date(2025, 1, 1))
    assert claimed(session, LOTUS, "rd").pot_from == YEAR_2024
