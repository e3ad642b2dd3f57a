"""A firm hands in its own return, and no other firm's; its district and the city decide; accepted it is an import."""

from datetime import date, timedelta
from io import BytesIO

import openpyxl
import pytest
from sqlalchemy import Engine, func, select
from sqlalchemy.orm import Session

from pipeline import facts
from pipeline.accounts import audit, people
from pipeline.accounts.people import Person, Role
from pipeline.catalog import catalog
from pipeline.errors import NotAllowed, NotFound
from pipeline.language import CHINESE
from pipeline.own_returns import deciding
from pipeline.own_returns.form_of_firm import OwnForm, ReturnNotPossible, known_form, typed_form, years
from pipeline.own_returns.handing_in import ReturnRefused, keep_draft, send, withdraw
from pipeline.own_returns.last_said import last_said
from pipeline.own_returns.return_lists import return_of, returns, waiting
from pipeline.reminders.notices import notices
from pipeline.store.tables import AuditEntry, Import
from pipeline.store.tutoring_tables import OwnReturn
from pipeline.tutoring.agenda.agenda import agenda
from tests.cast import BANYAN, LOTUS, state
from tests.pipeline.pools.city import ANA, CHEN, JIANGHAI, JUNE_1, LOTUS_CLERK, MAY_1, NOW, found

ON_SQLITE_ALONE = True
READER = Person(31, "莲芯秘书", Role.READER, firm_id=LOTUS)
PENGJIANG = Person(34, "蓬江科长", Role.OFFICER, district_code="440703")
SAID = {"revenue_cny": "17200", "net_profit_cny": "900", "total_assets_cny": "2.5亿元", "staff": "80"}


@pytest.fixture
def city(engine: Engine) -> Engine:
    found(engine)
    state(engine, LOTUS, 2022, revenue_cny=1.5e8, industry_code="C3985", known_on=MAY_1)
    state(engine, LOTUS, 2023, rd_expense_cny=9e6, known_on=MAY_1, file_name="early.xlsx")
    state(engine, BANYAN, 2023, revenue_cny=3e8, known_on=MAY_1, file_name="banyan.xlsx")
    with Session(engine) as session, session.begin():
        audit.seal_trail(session, people.console("root"), "what came by no program", NOW)
    return engine


def kept(engine: Engine, person: Person = LOTUS_CLERK, firm: str = LOTUS, year: int = 2023, **said: str) -> int:
    return keep_draft(engine, person, typed_form(firm, year, said or SAID), today=JUNE_1, now=NOW)


def do(engine: Engine, act, person: Person, number: int, *words: str):
    with Session(engine) as session, session.begin():
        act(session, person, number, *words, now=NOW)


def listed(engine: Engine, person: Person = LOTUS_CLERK) -> list[str]:
    with Session(engine) as session:
        return [line.state for line in returns(session, person)]


def revenue(engine: Engine, on: date = JUNE_1) -> float | None:
    table = facts.facts_and_firms(engine, on, "city", [LOTUS], list(catalog()))[0].loc[LOTUS]
    return None if 2023 not in table.index else table.loc[2023, "revenue_cny"]


def form_with(change) -> OwnForm:
    """The form of Lotus with something written into it."""
    book = openpyxl.load_workbook(BytesIO(typed_form(LOTUS, 2023, SAID).content))
    change(book["年度财务"])
    drawn = BytesIO()
    book.save(drawn)
    return OwnForm(LOTUS, 2023, "自报.xlsx", drawn.getvalue())


@pytest.mark.both_databases
def test_a_return_goes_from_the_draft_over_the_district_to_the_city_and_is_an_import_then(city: Engine):
    number = kept(city)
    assert listed(city) == ["draft"]
    assert listed(city, PENGJIANG) == listed(city, CHEN) == []  # a draft is the firm's alone
    do(city, send, LOTUS_CLERK, number)
    with Session(city) as session:
        assert (waiting(session, PENGJIANG), waiting(session, JIANGHAI), waiting(session, CHEN)) == (1, 0, 1)
    do(city, deciding.pass_on, PENGJIANG, number, "已核对报表")
    assert revenue(city) != 1.72e8
    brought = deciding.accept(city, CHEN, number, today=JUNE_1, now=NOW)
    assert revenue(city) == 1.72e8
    assert revenue(city, MAY_1) != 1.72e8  # known from the day it was accepted, and not before
    with Session(city) as session:
        made = session.get_one(OwnReturn, number)
        stored = session.get_one(Import, brought)
        assert (made.state, made.import_id, made.passed_by, made.closed_by) == (
            "accepted",
            brought,
            "蓬江科长",
            CHEN.name,
        )
        assert (stored.source, stored.imported_by) == ("hnte_annual", CHEN.name)
        done = session.scalars(select(AuditEntry.action).order_by(AuditEntry.id)).all()
        assert done[1:] == [
            "draft_return",
            "send_return",
            "pass_return",
            "accept_return",
            "import_stored",
            "store_return",
        ]
        audit.verify_all(session)
    with pytest.raises(ReturnNotPossible, match="已采用"):
        do(city, deciding.give_back, PENGJIANG, number, "晚了")
    with pytest.raises(ReturnNotPossible, match="已采用"):
        deciding.accept(city, CHEN, number, today=JUNE_1, now=NOW)


@pytest.mark.both_databases
def test_the_bell_tells_whoever_has_to_look_at_a_return_and_the_firm_what_became_of_it(city: Engine):
    clerk_of_banyan = Person(33, "榕动", Role.ENTERPRISE, firm_id=BANYAN)

    def told(person: Person, on: date = JUNE_1) -> list[str]:
        with Session(city) as session:
            kinds = ("own_returns", "return_given_back", "return_accepted")
            found = [one for one in notices(session, person, on) if one.kind in kinds]
            return [f"{one.message}" for one in found]

    def officer(*, disabled: bool) -> None:
        with Session(city) as session, session.begin():
            if people.named(session, "蓬江科长") is None:
                by = people.console()
                people.add(session, "蓬江科长", Role.OFFICER, None, "440703", "a-long-password", by=by, now=NOW)
            people.named(session, "蓬江科长").disabled = disabled

    number = kept(city)
    assert told(CHEN) == told(PENGJIANG) == []  # a draft is the firm's alone
    do(city, send, LOTUS_CLERK, number)
    assert told(CHEN) == told(PENGJIANG) == ["1 份企业自报等待审核"]  # the district has no officer yet
    officer(disabled=False)
    assert (told(CHEN), told(PENGJIANG), told(JIANGHAI)) == ([], ["1 份企业自报等待审核"], [])
    assert told(PENGJIANG, NOW.date() - timedelta(days=1)) == []  # the day before it was not sent
    officer(disabled=True)
    assert told(CHEN) == ["1 份企业自报等待审核"]
    officer(disabled=False)
    do(city, deciding.pass_on, PENGJIANG, number, "已核对")
    assert (len(told(CHEN)), told(PENGJIANG)) == (1, [])
    with Session(city) as session:
        days = [agenda(session, person, JUNE_1).own_returns for person in (CHEN, PENGJIANG)]
        assert days == [waiting(session, CHEN), waiting(session, PENGJIANG)] == [1, 0]
    do(city, deciding.give_back, CHEN, number, "缺净利润明细")
    assert told(CHEN) == told(clerk_of_banyan) == []
    assert told(LOTUS_CLERK) == told(READER) == ["2023 年度报表已退回：“缺净利润明细”"]
    second = kept(city)
    assert told(LOTUS_CLERK) == []  # it is being mended
    do(city, send, LOTUS_CLERK, second)
    deciding.accept(city, CHEN, second, today=JUNE_1, now=NOW)
    assert told(LOTUS_CLERK) == ["2023 年度报表已采用"]
    assert told(LOTUS_CLERK, JUNE_1 + timedelta(days=40)) == []  # no news any more


def test_what_was_said_is_there_to_go_on_from_until_it_is_in_use_or_withdrawn(city: Engine):
    def said(firm: str = LOTUS, year: int = 2023) -> dict[str, object]:
        with Session(city) as session:
            return last_said(session, LOTUS_CLERK, firm, year, today=JUNE_1, now=NOW)

    assert said() == {}
    number = kept(city)
    whole = {"revenue_cny": 1.72e8, "net_profit_cny": 9e6, "total_assets_cny": 2.5e8, "staff": 80}
    assert said() == whole
    assert said(year=2022) == {}
    do(city, send, LOTUS_CLERK, number)
    do(city, deciding.give_back, PENGJIANG, number, "缺研发费用")
    assert said() == whole  # given back, it is mended and not typed again
    do(city, send, LOTUS_CLERK, later := kept(city, staff="81"))
    assert said() == {"staff": 81}
    do(city, withdraw, LOTUS_CLERK, later, "报错了")
    assert said() == {}
    do(city, send, LOTUS_CLERK, last := kept(city))
    deciding.accept(city, CHEN, last, today=JUNE_1, now=NOW)
    assert said() == {}
    with pytest.raises(NotAllowed):
        said(BANYAN)


def test_a_row_of_another_firm_or_year_is_refused_by_name_and_nothing_is_kept(city: Engine):
    def other_firm(sheet) -> None:
        for place, value in enumerate((BANYAN, 2023, 1, 1, 1), start=1):
            sheet.cell(3, place, value)

    def other_year(sheet) -> None:
        sheet.cell(2, 2, 2022)

    for change, named in ((other_firm, BANYAN), (other_year, "2022")):
        with pytest.raises(ReturnRefused) as refused:
            keep_draft(city, LOTUS_CLERK, form_with(change), today=JUNE_1, now=NOW)
        assert any(named in str(problem) for problem in refused.value.problems)
        assert openpyxl.load_workbook(BytesIO(refused.value.marked)).sheetnames[0] is not None
    with pytest.raises(ReturnRefused):
        kept(city, revenue_cny="约一亿")
    with Session(city) as session:
        assert session.scalar(select(func.count(OwnReturn.id))) == 0


def test_a_firm_hands_in_for_itself_and_nobody_for_it(city: Engine):
    for person in (READER, ANA, CHEN, JIANGHAI):
        with pytest.raises(NotAllowed):
            kept(city, person)
    with pytest.raises(NotAllowed):
        kept(city, firm=BANYAN)
    number = kept(city)
    do(city, send, LOTUS_CLERK, number)
    for act, person in ((deciding.pass_on, JIANGHAI), (deciding.give_back, JIANGHAI)):
        with pytest.raises(NotFound):
            do(city, act, person, number, "x")
    with pytest.raises(NotAllowed):
        deciding.accept(city, PENGJIANG, number, today=JUNE_1, now=NOW)  # that is the city's
    with Session(city) as session:
        assert return_of(session, READER, number).id == number
        for stranger in (JIANGHAI, Person(33, "榕动", Role.ENTERPRISE, firm_id=BANYAN)):
            with pytest.raises(NotFound):
                return_of(session, stranger, number)


def test_what_is_given_back_is_mended_and_of_a_year_one_is_open(city: Engine):
    number = kept(city)
    assert kept(city) == number  # the very same draft
    second = kept(city, **{**SAID, "staff": "81"})
    assert listed(city) == ["draft", "withdrawn"]
    assert listed(city, PENGJIANG) == listed(city, CHEN) == []  # what was replaced before it was sent neither
    for unsent in (number, second):
        with Session(city) as session, pytest.raises(NotFound):
            return_of(session, CHEN, unsent)
        with pytest.raises(NotFound):
            do(city, deciding.give_back, PENGJIANG, unsent, "x")
    do(city, send, LOTUS_CLERK, second)
    with pytest.raises(ReturnNotPossible, match="撤回"):
        kept(city)
    do(city, deciding.give_back, PENGJIANG, second, "缺净利润明细")
    third = kept(city, **{**SAID, "staff": "82"})
    do(city, withdraw, LOTUS_CLERK, third, "先不报")
    assert listed(city) == ["returned", "withdrawn", "withdrawn"]
    for words in ("", "  "):
        with pytest.raises(ReturnNotPossible):
            do(city, withdraw, LOTUS_CLERK, kept(city), words)


def test_the_form_holds_what_is_known_and_only_that(city: Engine):
    with Session(city) as session:
        content = known_form(session, LOTUS_CLERK, LOTUS, 2023, CHINESE, JUNE_1)
        with pytest.raises(NotAllowed):
            known_form(session, LOTUS_CLERK, BANYAN, 2023, CHINESE, JUNE_1)
        with pytest.raises(ReturnNotPossible, match="2024"):
            known_form(session, LOTUS_CLERK, LOTUS, 2024, CHINESE, JUNE_1)
    book = openpyxl.load_workbook(BytesIO(content))
    about, money = book["企业基本信息"], book["年度财务"]
    headings = {cell.value: cell.column for cell in money[1]}
    assert [about.cell(2, place).value for place in (1, 2)] == [LOTUS, 2023]
    assert "C3985" in [cell.value for cell in about[2]]  # of the firm itself: as it was
    assert money.cell(2, headings["营业收入（万元）"]).value is None  # of the year: nobody has stated it
    people_sheet = book["人员与研发"]
    assert 900 in [cell.value for cell in people_sheet[2]]
    assert years(JUNE_1) == [2023, 2022, 2021, 2020, 2019]


def test_an_acceptance_that_died_before_the_import_goes_on_and_stores_once(city: Engine, monkeypatch):
    number = kept(city)
    do(city, send, LOTUS_CLERK, number)

    def dies(*_args, **_named):
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(deciding, "import_returns", dies)
        with pytest.raises(KeyboardInterrupt):
            deciding.accept(city, CHEN, number, today=JUNE_1, now=NOW)
    assert listed(city) == ["accepted"]
    first = deciding.accept(city, CHEN, number, today=JUNE_1, now=NOW)
    with Session(city) as session, session.begin():
        session.get_one(OwnReturn, number).import_id = None
    assert deciding.accept(city, CHEN, number, today=JUNE_1, now=NOW) == first
    with Session(city) as session:
        assert session.scalar(select(func.count(Import.id))) == 4


def test_nothing_typed_and_a_file_too_large_are_refused(city: Engine):
    with pytest.raises(ReturnNotPossible, match="没有填写"):
        kept(city, revenue_cny=" ")
    with pytest.raises(ReturnNotPossible, match="10"):
        keep_draft(city, LOTUS_CLERK, OwnForm(LOTUS, 2023, "大.xlsx", b"x" * (10 * 2**20 + 1)), today=JUNE_1, now=NOW)
    with pytest.raises(NotFound):
        do(city, send, LOTUS_CLERK, 99)
