"""The ladder of a small city: counts, whom a district sees, incubators, and one firm's own rungs."""

from datetime import date

import pytest
from sqlalchemy.orm import Session

from pipeline.accounts.people import Person
from pipeline.accounts.roles import Role
from pipeline.errors import NotAllowed, NotFound
from pipeline.kept_answers.documents import as_document, record_of
from pipeline.ladder.incubators import Incubator
from pipeline.ladder.ladder import Ladder, ladder
from pipeline.ladder.of_firm import HELD, MET, NO_RULE, ONE_AWAY, UNKNOWN, of_firm
from tests.cast import BANYAN, KAPOK, LOTUS, state
from tests.pipeline.ladder.city import DAY, DISTRICT, OFFICER, did, good

ON_SQLITE_ALONE = True
BEFORE = date(2023, 12, 1)


@pytest.fixture
def city(sqlite_engine):
    """Lotus is a high-tech enterprise; Banyan could be one, Kapok lacks one condition; two were in one incubator."""
    good(sqlite_engine, LOTUS, hnte_certified_on=BEFORE, hnte_expires_on=date(2024, 11, 30))
    good(sqlite_engine, BANYAN)
    good(sqlite_engine, KAPOK, innovation_score=62)
    did(
        sqlite_engine,
        LOTUS,
        "incubated",
        date(2022, 1, 1),
        date(2023, 12, 31),
        counterpart="荷塘孵化器",
        level="incubator",
    )
    did(sqlite_engine, KAPOK, "incubated", date(2023, 1, 1), counterpart="荷塘孵化器", level="incubator")
    did(sqlite_engine, KAPOK, "tech_sme_listed", date(2024, 4, 10))
    return sqlite_engine


def told(engine, person=OFFICER, day=DAY) -> Ladder:
    with Session(engine) as session:
        return ladder(session, person, day)


def of_rung(found: Ladder, rung: str):
    return next(each for each in found.counts if each.rung == rung)


def test_each_firm_is_counted_once_on_a_rung_or_beside_it(city):
    found = told(city)
    hnte = of_rung(found, "hnte")
    assert (hnte.held, hnte.met, hnte.one_away, hnte.not_met, hnte.unknown) == (1, 1, 1, 0, 0)
    assert [(each.firm_id, each.district) for each in found.one_away("hnte")] == [(KAPOK, "440705")]
    assert [each.firm_id for each in found.met_not_held("hnte")] == [BANYAN]
    seed = of_rung(found, "seed")
    assert (seed.held, seed.met, seed.unknown) == (0, None, None)
    for count in found.counts:
        if count.met is not None:
            assert count.held + count.met + count.one_away + count.not_met + count.unknown == found.firms == 3


def test_the_flows_of_a_year_go_by_all_that_is_known_of_its_ends(city):
    years = {flows.year: flows for flows in told(city).years}
    assert list(years) == [2024, 2023, 2022, 2021, 2020]
    hnte = next(each for each in years[2023].rungs if each.rung == "hnte")
    assert (hnte.begin, hnte.entered, hnte.left, hnte.end) == (0, 1, 0, 1)
    assert (years[2024].begins, years[2024].ends) == ("2023-12-31", "2024-06-01")
    assert years[2023].ends == "2023-12-31"


def test_an_incubator_is_told_with_its_firms_of_now_and_what_became_of_all(city):
    (found,) = told(city).incubators
    assert found == Incubator("荷塘孵化器", "incubator", now=1, graduated=1, ever=2, tech_sme=1, hnte=1)
    assert found.few


def test_a_district_sees_its_own_firms_alone(city):
    found = told(city, DISTRICT)
    assert (found.firms, found.district, found.due, found.incubators) == (1, "440704", [], [])
    assert {each.firm_id for each in found.near} == {BANYAN}
    assert {each.firm_id for each in told(city).near} > {BANYAN}


@pytest.mark.parametrize("role", [Role.ANALYST, Role.MENTOR, Role.ADMIN])
def test_whoever_may_not_see_the_plan_is_told_nothing(city, role):
    with pytest.raises(NotAllowed):
        told(city, Person(0, "他", role))


def test_before_anything_was_known_there_is_nothing_to_tell(city):
    with pytest.raises(NotFound):
        told(city, day=date(2019, 1, 1))


def test_what_is_kept_for_a_page_is_read_again_as_it_was(city):
    found = told(city).for_page()
    assert record_of(Ladder, as_document(found)).as_json() == found.as_json()
    assert record_of(Ladder, as_document(found)).calendar_as_json() == found.calendar_as_json()


def test_a_list_that_is_cut_for_the_page_leaves_the_counts_whole(city, monkeypatch):
    monkeypatch.setattr("pipeline.ladder.ladder.MOST_LISTED", 0)
    found = told(city).for_page()
    assert (found.near, found.due, of_rung(found, "hnte").one_away) == ([], [], 1)
    assert [month.ending for month in found.months] == [1]


# --- one firm --------------------------------------------------------------------------------------


def rungs_of(engine, firm, person=OFFICER, day=DAY):
    with Session(engine) as session:
        return {each.rung: each for each in of_firm(session, person, firm, day)}


def test_a_firm_sees_each_rung_as_held_met_or_one_condition_away(city):
    lotus, banyan, kapok = (rungs_of(city, firm) for firm in (LOTUS, BANYAN, KAPOK))
    assert (lotus["hnte"].standing, lotus["hnte"].since, lotus["hnte"].until) == (HELD, BEFORE, date(2024, 11, 30))
    assert banyan["hnte"].standing == MET
    assert kapok["hnte"].standing == ONE_AWAY
    assert kapok["hnte"].condition.zh == "企业创新能力评价得分还差 8 分（62 / 70 分）"
    assert {lotus[rung].standing for rung in ("seed", "golden", "listed")} == {NO_RULE}


@pytest.mark.parametrize(("day", "standing"), [(date(2024, 11, 30), HELD), (date(2024, 12, 1), MET)])
def test_on_the_day_after_the_certificates_last_the_rule_alone_speaks(city, day, standing):
    assert rungs_of(city, LOTUS, day=day)["hnte"].standing == standing


def test_of_a_firm_without_figures_everything_that_rules_say_is_unknown(city):
    state(city, "91440703MA5CA1X013", 2023, name="新")
    assert rungs_of(city, "91440703MA5CA1X013")["hnte"].standing == UNKNOWN


def test_a_firms_account_reads_its_own_rungs_and_no_others(city):
    own = Person(0, "莲", Role.ENTERPRISE, firm_id=LOTUS)
    assert rungs_of(city, LOTUS, own)["hnte"].standing == HELD
    with pytest.raises(NotAllowed):
        rungs_of(city, BANYAN, own)
    with pytest.raises(NotAllowed):
        rungs_of(city, LOTUS, DISTRICT)
