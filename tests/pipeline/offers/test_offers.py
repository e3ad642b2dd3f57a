"""Offers hold on their days and for whom they are meant; a firm is told what it has because of where it stands; what
has lapsed is no offer."""

from datetime import date, timedelta
from pathlib import Path

import pytest
from sqlalchemy.orm import Session

from pipeline.accounts.people import Person, Role
from pipeline.city import in_force
from pipeline.city.city_file import SHIPPED, read_city
from pipeline.errors import NotAllowed
from pipeline.language import ENGLISH, speaking
from pipeline.offers.for_firm import what_the_city_gives
from pipeline.offers.offers_file import WrongOffers, offers, read_offers
from pipeline.store.database import engine_for
from pipeline.store.tables import Account
from pipeline.tutoring import cases, visits
from tests.cast import BANYAN, LOTUS, state
from tests.pipeline.city.yunchuan import YUNCHUAN
from tests.pipeline.pools.city import CHEN, JUNE_1, LOTUS_CLERK, MAY_20, NOW, found, seed

OFFERS = """\
ask: {zh: 云川市科技局（虚构）, en: the science office}
offers:
  a_visit:
    name: {zh: 上市路演, en: roadshow}
    who: {pool: any}
    from: 2024-06-01
    until: 2024-06-30
    source: {title: 云川市办法（虚构）, date: 2024-05-20}
    state: in_force
  for_filers:
    name: {zh: 辅导备案奖补, en: award for tutoring filed}
    who: {stage: tutoring_filed, label: hnte}
    amount_cny: 300000
    from: 2024-01-01
    source: {title: 云川市办法（虚构）, date: 2024}
    state: in_force
  planned:
    name: {zh: 规划中的基金, en: a fund that is planned}
    from: 2024-01-01
    source: {title: 草案（虚构）, date: 2024-01-02}
    state: proposed
"""


@pytest.fixture
def another_city(tmp_path: Path):
    """The city of Yunchuan with a file of offers beside it; gives the folder."""
    (tmp_path / "offers.yaml").write_text(OFFERS, encoding="utf-8")
    file = tmp_path / "city.yaml"
    file.write_text(YUNCHUAN + "offers: offers.yaml\n", encoding="utf-8")
    in_force.set_city(read_city(file))
    yield tmp_path
    in_force.set_city(None)


def test_the_shipped_city_states_no_service_of_its_own_and_another_city_has_its_own_or_none(tmp_path: Path):
    assert offers().offers == ()
    file = tmp_path / "city.yaml"
    file.write_text(YUNCHUAN, encoding="utf-8")
    assert (read_city(file).offers, read_city(SHIPPED).offers) == (None, SHIPPED.parent / "offers.yaml")


@pytest.mark.parametrize(
    ("right", "wrong", "letter"),
    [
        (
            "state: in_force",
            "state: valid",
            "offers.yaml:9, offers.a_visit.state: found “valid”. Write one of: in_force",
        ),
        (
            "{pool: any}",
            "{pool: gold}",
            "offers.yaml:5, offers.a_visit.who.pool: found “gold”. Write one of: any, seed",
        ),
        ("{pool: any}", "{size: big}", "offers.yaml:5, offers.a_visit.who.size: found “size”. This key means nothing"),
        ("until: 2024-06-30", "until: 2024-05-31", "offers.yaml:7, offers.a_visit.until: found “2024-05-31”. It ends"),
        ("from: 2024-06-01", "from: June", "offers.yaml:6, offers.a_visit.from: found “June”. Write a day"),
        ("from: 2024-06-01", "from: 2024-06-31", "offers.yaml:6: 2024-06-31 is not a day"),
        ("amount_cny: 300000", "amount_cny: 30万", "offers.yaml:13, offers.for_filers.amount_cny: found “30万”. Write"),
        (", date: 2024}", "}", "offers.yaml:15, offers.for_filers.source.date: It is missing"),
        ("  a_visit:\n", "  for_filers:\n", "for_filers is given twice"),
    ],
)
def test_what_cannot_be_meant_is_told_with_its_line_and_what_to_write(tmp_path, right, wrong, letter):
    file = tmp_path / "offers.yaml"
    assert right in OFFERS
    file.write_text(OFFERS.replace(right, wrong, 1), encoding="utf-8")
    with pytest.raises(WrongOffers) as refused, speaking(ENGLISH):
        read_offers(file)
    with speaking(ENGLISH):
        assert letter in str(refused.value)
    assert "无法使用" in str(refused.value)


def test_an_offer_is_one_from_its_first_to_its_last_day_for_whom_it_is_meant(another_city, sqlite_url):
    engine = engine_for(sqlite_url)
    found(engine)
    seed(engine, LOTUS, on=MAY_20)
    state(engine, LOTUS, 2023, hnte_certified_on=date(2022, 1, 1), hnte_expires_on=date(2024, 7, 1), known_on=MAY_20)
    first, last = date(2024, 6, 1), date(2024, 6, 30)

    with Session(engine) as session:

        def offered(firm: str, on: date) -> dict[str, str]:
            return {one.offer.id: one.state for one in what_the_city_gives(session, CHEN, firm, on).offers}

        day = timedelta(days=1)
        for on, there in ((first - day, False), (first, True), (last, True), (last + day, False)):
            assert ("a_visit" in offered(LOTUS, on)) == there, on
        assert offered(LOTUS, first) == {"a_visit": "met", "for_filers": "not_met"}
        assert offered(BANYAN, first) == {"a_visit": "not_met", "for_filers": "not_met"}  # in no pool
        case = cases.case_of(session, LOTUS)
        for stage in ("advisers", "share_reform", "tutoring_filed"):
            cases.change_stage(session, CHEN, case.id, stage, JUNE_1, now=NOW, waive="测试")
        assert offered(LOTUS, first)["for_filers"] == "met"
        assert offered(LOTUS, first - day)["for_filers"] == "not_met"  # it was filed a day later
        assert offered(LOTUS, date(2024, 7, 1))["for_filers"] == "met"
        assert offered(LOTUS, date(2024, 7, 2))["for_filers"] == "not_met"  # the certificate has run out

        ended = what_the_city_gives(session, CHEN, LOTUS, last + day)
        assert [str(each) for each in ended.told if "届满" in str(each)] == [
            "《云川市办法（虚构）》（2024-05-20）曾提出：上市路演。该文件期限已于 2024-06-30 届满，"
            "目前是否仍有效尚不清楚，请咨询云川市科技局（虚构）。"
        ]
        assert "规划中的基金" not in str(ended.as_json())
        (label,) = ended.labels
        assert str(label.message) == "高新技术企业：证书将于 2024-07-01 到期，请及时重新认定"
    engine.dispose()


def test_a_firm_in_a_pool_is_told_who_stands_by_it_and_one_outside_what_is_missing(sqlite_url):
    engine = engine_for(sqlite_url)
    found(engine)
    seed(engine, LOTUS, on=MAY_20)
    with Session(engine) as session:
        mentor = Account(
            name="李科长", role="officer", password_hash="-", stamp="-", created_at=NOW, phone="0750-1234567"
        )
        session.add(mentor)
        session.flush()
        assert "尚未确定挂点干部" in str(what_the_city_gives(session, LOTUS_CLERK, LOTUS, JUNE_1).as_json()["has"][1])
        cases.assign_mentor(session, CHEN, cases.case_of(session, LOTUS).id, mentor.id, now=NOW)
        visits.record_visit(session, CHEN, LOTUS, JUNE_1, "看过", now=NOW)
        inside = what_the_city_gives(session, LOTUS_CLERK, LOTUS, JUNE_1)
        said = "\n".join(map(str, inside.has))
        assert "2024-05-20 起在种子库" in said
        assert "挂点干部：李科长（0750-1234567）" in said
        assert "已走访 1 次，最近一次在 2024-06-01" in said
        assert "看过" not in said  # what the bureau wrote is not the firm's
        assert inside.could == []
        outside = what_the_city_gives(session, CHEN, BANYAN, JUNE_1)
        assert "挂点" not in "".join(map(str, outside.has))
        assert len(outside.could) == 3
        assert outside.missing
        assert ["没有登记现行有效" in str(outside.told[0]), "2023-12-31 届满" in str(outside.told[1])] == [True, True]
        for stranger in (LOTUS_CLERK, Person(77, "税务局", Role.DEPARTMENT, department="tax")):
            with pytest.raises(NotAllowed):
                what_the_city_gives(session, stranger, BANYAN, JUNE_1)
    engine.dispose()
