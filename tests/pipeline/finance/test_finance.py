"""Firms that seek money: which requests are open, what fits them, what was got by year, who stands on the regional
board; nothing that became known later."""

from datetime import date, timedelta

import pytest
from sqlalchemy.orm import Session

from pipeline.accounts import audit
from pipeline.activities.kinds import activity_kinds
from pipeline.errors import NotAllowed, WrongFile
from pipeline.finance import in_words
from pipeline.finance.fitting import BOARDS_TOLD
from pipeline.finance.instruments import SOUGHT, instruments
from pipeline.finance.overview import finance
from pipeline.kept_answers.documents import as_document, record_of
from pipeline.language import speaking
from pipeline.rules.evaluation import nearest
from pipeline.rules.reports import check
from pipeline.store.plan_tables.activities import FirmActivity
from pipeline.store.tables import Firm
from tests.cast import BANYAN, KAPOK, LOTUS, happened, state
from tests.pipeline.pools.city import ANA, CHEN, JIANGHAI, LOTUS_CLERK, found

ON_SQLITE_ALONE = True
DAY = date(2026, 5, 1)
WAN = 1_000_000  # fen


@pytest.fixture
def city(engine):
    """Lotus holds a certificate, Banyan's has run out, of Kapok nothing is known."""
    found(engine)
    certified = {"hnte_certified_on": date(2024, 1, 1), "known_on": date(2025, 4, 30)}
    state(engine, LOTUS, 2024, hnte_expires_on=date(2027, 1, 1), revenue_cny=5e7, net_profit_cny=1e7, **certified)
    state(engine, BANYAN, 2024, hnte_expires_on=date(2025, 1, 1), revenue_cny=5e8, net_profit_cny=1e8, **certified)
    with Session(engine) as session, session.begin():
        audit.touch(session, Firm, Firm.id.in_([LOTUS, BANYAN, KAPOK]))
    return engine


def did(engine, firm, kind, on=date(2026, 3, 1), **about):
    with Session(engine) as session, session.begin():
        session.add(FirmActivity(firm_id=firm, kind=kind, occurred_on=on, **{"known_on": on} | about))


def seeks(engine, firm, wan=500, form="loan", **about):
    did(engine, firm, SOUGHT, level=form, amount_fen=wan * WAN, **about)


def of(engine, person=CHEN, on=DAY):
    with Session(engine) as session:
        return finance(session, person, on)


def states(one):
    return {fit.instrument: fit.state for fit in one.instruments}


@pytest.mark.both_databases
def test_a_request_is_open_until_its_last_day_or_an_outcome_and_from_the_day_it_was_known(city):
    seeks(city, LOTUS, 300, ended_on=DAY)
    seeks(city, LOTUS, 200, ended_on=DAY - timedelta(days=1))
    seeks(city, LOTUS, 100, outcome="已放款")
    seeks(city, BANYAN, 400, known_on=DAY + timedelta(days=1))
    seeks(city, KAPOK, 900, "equity")
    seeks(city, KAPOK, 50, "equity", in_force=False)
    assert [(one.firm_id, one.amount_fen) for one in of(city).sought] == [(KAPOK, 900 * WAN), (LOTUS, 300 * WAN)]
    assert [one.firm_id for one in of(city, on=DAY + timedelta(days=1)).sought] == [KAPOK, BANYAN]


def test_a_certified_firm_gets_the_pool_up_to_its_line_and_one_of_which_nothing_is_known_is_unknown(city):
    for firm, wan in ((LOTUS, 1000), (LOTUS, 1001), (BANYAN, 10), (KAPOK, 20)):
        seeks(city, firm, wan)
    pool = {(one.firm_id, one.amount_fen // WAN): states(one)["risk_pool_loan"] for one in of(city).sought}
    assert pool == {(LOTUS, 1000): "met", (LOTUS, 1001): "not_met", (BANYAN, 10): "unknown", (KAPOK, 20): "unknown"}
    did(city, LOTUS, "tech_sme_listed", ended_on=DAY)  # so the library is on record, and the others are not in it
    pool = {(one.firm_id, one.amount_fen // WAN): states(one)["risk_pool_loan"] for one in of(city).sought}
    assert (pool[BANYAN, 10], pool[KAPOK, 20]) == ("not_met", "unknown"), "whether Kapok is certified, nobody knows"
    did(city, KAPOK, "tech_sme_listed", ended_on=DAY)
    assert {one.firm_id: states(one)["risk_pool_loan"] for one in of(city).sought}[KAPOK] == "met"


def test_what_is_missing_is_said_in_the_words_of_the_condition(city):
    seeks(city, LOTUS, 1001)
    (one,) = of(city).sought
    (fit,) = (fit for fit in one.instruments if fit.instrument == "risk_pool_loan")
    with speaking("zh_CN"):
        assert in_words.instrument(fit).endswith("（不符合）：融资需求金额 ≤ 1,000 万元")
        assert in_words.form(one) == "贷款 1,001 万元"


def test_interest_is_for_winners_since_2024_and_a_contest_without_a_told_prize_leaves_it_open(city):
    for firm in (LOTUS, BANYAN, KAPOK):
        seeks(city, firm)
    assert {states(one)["loan_interest"] for one in of(city).sought} == {"unknown"}
    did(city, LOTUS, "contest", date(2024, 1, 1), level="city", outcome="三等奖")
    did(city, BANYAN, "contest", date(2025, 9, 20), level="city")
    did(city, KAPOK, "contest", date(2023, 12, 31), level="city", outcome="一等奖")
    told = {one.firm_id: states(one)["loan_interest"] for one in of(city).sought}
    assert told == {LOTUS: "met", BANYAN: "unknown", KAPOK: "not_met"}
    before = {one.firm_id: states(one) for one in of(city, on=date(2026, 1, 20)).sought}
    assert before == {}, "asked for in March"


def test_only_instruments_of_the_form_that_is_sought_are_told_those_that_are_met_first(city):
    seeks(city, LOTUS, form="equity")
    seeks(city, LOTUS, form="loan")
    did(city, BANYAN, "contest", date(2025, 9, 20), level="city", outcome="一等奖")
    by_form = {one.form: one for one in of(city).sought}
    assert set(states(by_form["equity"])) == {"venture_funds", "regional_board"}
    order = [fit.state for fit in by_form["loan"].instruments]
    assert order == sorted(order, key=["met", "unknown", "not_met"].index)
    assert states(by_form["loan"])["loan_interest"] == "not_met"


def test_the_boards_are_those_that_the_rules_find_near_best_first(city):
    seeks(city, BANYAN)
    (one,) = of(city).sought
    with Session(city) as session:
        table = nearest.by_board(check.check(session.connection(), DAY, firms=[BANYAN]))
    table = table[(table["fit"] < BOARDS_TOLD) & (table["best"] | (table["margin_class"] != "far"))].sort_values("fit")
    assert [board.board for board in one.boards] == table["board"].tolist()
    assert [board.best for board in one.boards] == table["best"].tolist()
    assert one.boards, "a firm with a profit of 100 million is near a board"


def test_years_have_numbers_and_sums_to_the_fen_of_what_began_in_them(city):
    did(city, LOTUS, "technology_loan", date(2025, 12, 31), amount_fen=1)
    did(city, BANYAN, "technology_loan", date(2025, 1, 1), amount_fen=2 * WAN)
    did(city, BANYAN, "technology_loan", date(2026, 1, 1), amount_fen=3 * WAN)
    did(city, KAPOK, "guarantee", date(2026, 1, 1), amount_fen=None)
    did(city, KAPOK, "guarantee", date(2026, 4, 1), amount_fen=5, known_on=DAY + timedelta(days=1))
    totals = [(one.year, one.kind, one.number, one.stated, one.sum_fen) for one in of(city).totals]
    assert totals == [
        (2026, "technology_loan", 1, 1, 3 * WAN),
        (2026, "guarantee", 1, 0, 0),
        (2025, "technology_loan", 2, 2, 2 * WAN + 1),
    ]


def test_who_left_the_regional_board_does_not_stand_there_unless_he_came_back(city):
    for firm, kind, on in (
        (LOTUS, "regional_board_listed", date(2020, 1, 1)),
        (LOTUS, "regional_board_delisted", date(2021, 1, 1)),
        (BANYAN, "regional_board_listed", date(2020, 1, 1)),
        (KAPOK, "regional_board_listed", date(2020, 1, 1)),
        (KAPOK, "regional_board_delisted", date(2021, 1, 1)),
        (KAPOK, "regional_board_listed", date(2022, 1, 1)),
    ):
        happened(city, firm, kind, on)
    seen = of(city)
    assert [(one.firm_id, one.since) for one in seen.quoted] == [(KAPOK, date(2022, 1, 1)), (BANYAN, date(2020, 1, 1))]
    assert seen.left_board == 1
    assert of(city, on=date(2021, 6, 1)).left_board == 2


def test_a_district_sees_its_own_firms_and_firms_and_analysts_see_nothing_of_this(city):
    for firm in (LOTUS, BANYAN):
        seeks(city, firm)
        did(city, firm, "road_show", name="路演")
        did(city, firm, "bond", amount_fen=WAN)
        happened(city, firm, "regional_board_listed", date(2020, 1, 1))
    seen = of(city, JIANGHAI)
    assert {one.firm_id for part in (seen.sought, seen.meetings, seen.quoted) for one in part} == {BANYAN}
    assert [one.number for one in seen.totals] == [1]
    for person in (LOTUS_CLERK, ANA):
        with pytest.raises(NotAllowed):
            of(city, person)


def test_what_is_found_is_kept_as_it_is(city):
    seeks(city, LOTUS)
    did(city, LOTUS, "bond", amount_fen=WAN)
    seen = of(city)
    assert record_of(type(seen), as_document(seen)) == seen


def test_every_instrument_of_the_file_says_who_says_so_and_answers_a_form_that_there_is():
    known = instruments()
    assert "risk_pool_loan" in known
    for one in known.values():
        assert one.evidence.source
        assert one.evidence.confidence
        assert set(one.forms) <= set(activity_kinds().kinds[SOUGHT].levels)
        assert one.on(one.begins) is not None
        assert one.on(one.begins - timedelta(days=1)) is None


_GOOD = """
    zh: 贷款
    en: loan
    for: [loan]
    from: 2021-01-01
    source: 某文
    confidence: low
    who: {fact: hnte_valid, is: "==", values: {2021-01-01: true}}
"""


@pytest.mark.parametrize(
    ("before", "after", "says"),
    [
        ("[loan]", "[gift]", "for is a list"),
        ("confidence: low", "confidence: sure", "confidence"),
        ("from: 2021-01-01", "from: 2021-01-01\n    until: 2020-01-01", "before it has begun"),
        ("hnte_valid", "no_such_fact", "no_such_fact"),
        ("source: 某文", "sauce: 某文", "sauce"),
        ("values: {2021-01-01: true}", "values: {2021-01-01: 3}", "does not fit"),
    ],
)
def test_what_cannot_be_meant_in_the_file_is_refused(tmp_path, before, after, says):
    file = tmp_path / "instruments.yaml"
    file.write_text("instruments:\n  one:" + _GOOD, encoding="utf-8")
    assert instruments(file)["one"].until is None
    wrong = tmp_path / "wrong.yaml"
    wrong.write_text("instruments:\n  one:" + _GOOD.replace(before, after), encoding="utf-8")
    with pytest.raises(WrongFile) as caught:
        instruments(wrong)
    with speaking("en"):
        assert says in str(caught.value)


def test_an_instrument_is_told_on_its_last_day_and_not_after(tmp_path):
    file = tmp_path / "instruments.yaml"
    file.write_text("instruments:\n  one:" + _GOOD + "    until: 2023-12-31\n", encoding="utf-8")
    one = instruments(file)["one"]
    assert one.on(date(2023, 12, 31)) is not None
    assert one.on(date(2024, 1, 1)) is None
