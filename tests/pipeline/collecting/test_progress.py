"""The returns of a year as they come in: who has handed in by a day, who has mistakes, who is asked, who is told."""

from datetime import date, datetime, timedelta
from itertools import product

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import Engine, event, select
from sqlalchemy.orm import Session

from pipeline.accounts import people
from pipeline.accounts.contacts import Contact
from pipeline.accounts.people import Person
from pipeline.accounts.roles import ROLES, Action, Role
from pipeline.collecting import asking, due_days, progress
from pipeline.collecting.asking import NothingToAsk
from pipeline.collecting.due_days import NoDueDay
from pipeline.collecting.progress import CLEAN, MISSING, ODD, Conditions, DistrictLine
from pipeline.errors import NotAllowed
from pipeline.messages.threads import thread_of
from pipeline.reminders.notices import notices, unread
from pipeline.store.pool_tables import PoolMembership, PoolProposal
from pipeline.store.tables import CITY, Account, AuditEntry, Firm, Import, ImportFinding, Return, ReturnRow
from tests.cast import BANYAN, KAPOK, LOTUS, NAMES

JUNE_1 = date(2024, 6, 1)
NOW = datetime(2024, 6, 1, 9)
PENGJIANG, JIANGHAI = "440703", "440704"
CITY_OFFICER = Person(90, "林科员", Role.OFFICER)
MINE = Person(91, "蓬江科员", Role.OFFICER, district_code=PENGJIANG)
POND, REED = "91440703MA5CA1P012", "91440704MA5CA1R014"
PLACES = {LOTUS: PENGJIANG, POND: PENGJIANG, BANYAN: JIANGHAI, REED: JIANGHAI, KAPOK: None}


def brought(session: Session, at: datetime, *rows: tuple[str, int], source: str = "hnte_annual", **more) -> Import:
    about = {"kind": "returns", "sha256": "x", "map_name": "city", "cohort": CITY, "source": source}
    one = Import(file_name=f"{at:%m%d}.xlsx", rows=len(rows), imported_at=at, imported_by="x", **about, **more)
    form = Return(brought_by=one, source=source, sheet="s")
    session.add_all([one, form])
    session.flush()
    for place, (firm, year) in enumerate(rows):
        known = {"year": year, "known_on": date(year + 1, 4, 30), "revenue_cny": 1.0}
        session.add(ReturnRow(firm_id=firm, return_id=form.id, sheet_row=place, **known))
    return one


@pytest.fixture
def engine(engine: Engine) -> Engine:
    """Lotus (in the seed pool), Pond, Banyan and Kapok (of no known district) handed in 2022; of 2023 there are Lotus's
    (with a finding) on 10 May and Reed's, new, on 20 May; Banyan's was taken back on 25 May."""
    with Session(engine) as session, session.begin():
        session.add_all(
            Firm(id=firm, cohort=CITY, name=NAMES.get(firm, firm), district_code=at) for firm, at in PLACES.items()
        )
        officer = {"role": "officer", "password_hash": "x", "stamp": "x", "created_at": datetime(2023, 1, 1)}
        session.add(Account(id=CITY_OFFICER.id, name=CITY_OFFICER.name, **officer))
        session.add(Firm(id="neeq:1", cohort="neeq", district_code=PENGJIANG))
        session.flush()
        brought(
            session, datetime(2023, 5, 1), (LOTUS, 2022), (POND, 2022), (BANYAN, 2022), (KAPOK, 2022), ("neeq:1", 2022)
        )
        first = brought(session, datetime(2024, 5, 10), (LOTUS, 2023))
        brought(session, datetime(2024, 5, 20), (REED, 2023), district_code=JIANGHAI)
        brought(session, datetime(2024, 5, 21), (POND, 2023), source="tax")  # an office's figures are no return
        undone = {"state": "undone", "undone_at": datetime(2024, 5, 25), "undone_by": "x"}
        brought(session, datetime(2024, 5, 15), (BANYAN, 2023), **undone)
        odd = {"kind": "balance", "field": "revenue_cny", "sheet": "s", "msgid": "x", "params": {}}
        session.add(ImportFinding(import_id=first.id, firm_id=LOTUS, year=2023, state="open", found="1", **odd))
        prints = {"rules_fingerprint": "r", "data_fingerprint": "d", "reason_msgid": "", "reason_params": {}}
        entered = PoolProposal(
            firm_id=LOTUS, action="enter", to_pool="seed", as_of=JUNE_1, proposed_at=NOW, state="confirmed", **prints
        )
        session.add(entered)
        session.flush()
        session.add(PoolMembership(firm_id=LOTUS, pool="seed", entered_on=date(2024, 1, 1), entered_by_id=entered.id))
        contact = Contact("周财务", "榕动财务部", "0750-3887000")
        people.add(
            session, "榕动", "enterprise", BANYAN, by=people.console(), now=datetime(2023, 1, 1), contact=contact
        )
    return engine


def states(session: Session, person: Person, on: date = JUNE_1, year: int = 2023) -> dict[str, str]:
    return {line.firm_id: line.state for line in progress.firm_lines(session, person, Conditions(year, on))}


def test_lines_and_counts_are_those_of_the_day_and_of_the_reader(engine: Engine):
    with Session(engine) as session:
        asked = Conditions(2023, JUNE_1)
        lines = {line.firm_id: line for line in progress.firm_lines(session, CITY_OFFICER, asked)}
        assert {firm: line.state for firm, line in lines.items()} == {
            LOTUS: ODD, POND: MISSING, BANYAN: MISSING, KAPOK: MISSING, REED: CLEAN
        }  # fmt: skip
        assert list(lines) == [POND, KAPOK, BANYAN, LOTUS, REED]  # who has not, who has mistakes
        assert (lines[LOTUS].pool, lines[LOTUS].open_findings, lines[LOTUS].import_id) == ("seed", 1, 2)
        assert (lines[REED].expected, lines[REED].handed_in_at) == (False, datetime(2024, 5, 20))
        assert (lines[BANYAN].contact, lines[BANYAN].phone) == ("周财务", "0750-3887000")
        counted = progress.district_lines(session, CITY_OFFICER, asked)
        assert counted == [
            DistrictLine(PENGJIANG, 2, 1, 1, 0, 0),
            DistrictLine(JIANGHAI, 1, 0, 0, 1, 0),
            DistrictLine(None, 1, 0, 0, 0, 0),
        ]
        assert [line.share for line in counted] == [0.5, 0.0, 0.0]
        assert progress.all_together(counted) == DistrictLine(None, 4, 1, 1, 1, 0)
        # The day before Lotus handed in, and a day on which Banyan's stood.
        assert states(session, CITY_OFFICER, date(2024, 5, 9))[LOTUS] == MISSING
        assert states(session, CITY_OFFICER, date(2024, 5, 22))[BANYAN] == CLEAN
        assert states(session, CITY_OFFICER, date(2023, 4, 1)) == {}
        assert [
            line.firm_id
            for line in progress.firm_lines(session, CITY_OFFICER, Conditions(2023, JUNE_1, JIANGHAI, MISSING))
        ] == [BANYAN]
        # A district sees its own.
        assert states(session, MINE) == {LOTUS: ODD, POND: MISSING}
        assert [line.district_code for line in progress.district_lines(session, MINE, asked)] == [PENGJIANG]
        with pytest.raises(NotAllowed):
            states(session, Person(5, "分析员", Role.ANALYST))


@pytest.mark.parametrize("person", [CITY_OFFICER, MINE], ids=["city", "district"])
def test_districts_and_first_lines_are_read_by_one_statement_and_are_those_of_each_alone(
    engine: Engine, person: Person
):
    asked: list[str] = []
    with Session(engine) as session:
        session.connection()
        event.listen(engine, "before_cursor_execute", lambda *given: asked.append(given[2]))
        for district, state in product((None, PENGJIANG, JIANGHAI), (None, MISSING, ODD, CLEAN)):
            chosen = Conditions(2023, JUNE_1, district, state)
            districts, lines = progress.progress(session, person, chosen, limit=2)
            assert len(asked) == 1
            assert districts == progress.district_lines(session, person, chosen)
            assert lines == progress.firm_lines(session, person, chosen)[:2]
            asked.clear()


def test_those_who_are_missing_are_asked_once_in_seven_days_all_or_none(engine: Engine):
    with Session(engine) as session, pytest.raises(NotAllowed):  # one of another district: nobody is asked
        asking.ask(session, MINE, 2023, [POND, BANYAN], on=JUNE_1, now=NOW)
    with Session(engine) as session, session.begin():
        assert session.scalars(select(AuditEntry.id).where(AuditEntry.action == "ask_for_returns")).all() == []
        found = asking.ask(session, CITY_OFFICER, 2023, [POND, BANYAN, LOTUS], on=JUNE_1, now=NOW)
        assert found.as_json() == {"asked": [POND, BANYAN], "lately": [], "handed_in": [LOTUS], "unheard": [POND]}
    seven = timedelta(days=7)
    with Session(engine) as session, session.begin():
        assert "请" in thread_of(session, MINE, POND).messages[0].text
        with pytest.raises(NothingToAsk, match="2"):
            asking.ask(session, CITY_OFFICER, 2023, [POND, BANYAN], on=JUNE_1, now=NOW + seven - timedelta(seconds=1))
        again = asking.ask(session, CITY_OFFICER, 2023, [POND], "请尽快", on=date(2024, 6, 8), now=NOW + seven)
        assert [line.firm_id for line in again.asked] == [POND]
        (_first, second) = session.scalars(select(AuditEntry).where(AuditEntry.action == "ask_for_returns")).all()
        assert (second.details["firms"], second.subject) == ([POND], "returns:2023")
        assert progress.district_lines(session, MINE, Conditions(2023, date(2024, 6, 8)))[0].asked == 1


def test_the_city_sets_the_day_and_a_district_is_told_when_it_comes_near(engine: Engine):
    with Session(engine) as session, session.begin():
        with pytest.raises(NotAllowed):
            due_days.set_due(session, MINE, 2023, JUNE_1, now=NOW)
        for year, day in ((2025, JUNE_1), (2023, date(2023, 12, 31)), (2023, date(2027, 1, 1))):
            with pytest.raises(NoDueDay):
                due_days.set_due(session, CITY_OFFICER, year, day, now=NOW)
        due_days.set_due(session, CITY_OFFICER, 2023, date(2024, 6, 1), now=NOW)
        due_days.set_due(session, CITY_OFFICER, 2023, date(2024, 6, 10), now=NOW)

    def told(person: Person, on: date) -> list[tuple[str, int | None]]:
        with Session(engine) as session:
            found = [one for one in notices(session, person, on) if one.kind.startswith("returns")]
            assert unread(session, person, on) >= len(found)
            return [(one.kind, one.count) for one in found]

    assert told(MINE, date(2024, 6, 2)) == []
    assert told(MINE, date(2024, 6, 3)) == [("returns_due", 1)]
    assert told(MINE, date(2024, 6, 11)) == [("returns_overdue", 1)]
    assert told(CITY_OFFICER, date(2024, 6, 11)) == []
    with Session(engine) as session, session.begin():
        brought(session, datetime(2024, 6, 4), (POND, 2023))
    assert told(MINE, date(2024, 6, 11)) == []
    with Session(engine) as session:
        assert "6" in asking.usual_words(session, 2023, JUNE_1)
        assert due_days.due_of(session, 2023, date(2024, 5, 31)) is None


def test_for_every_role_and_district_the_lines_are_of_firms_that_they_import_for_and_counts_are_theirs(engine: Engine):
    accounts = [role for role, policy in ROLES.items() if policy.has_account]

    @settings(deadline=None, max_examples=30)
    @given(st.sampled_from(accounts), st.sampled_from([None, PENGJIANG, JIANGHAI, "440781"]))
    def law(role: str, district: str | None) -> None:
        person = Person(77, "某人", Role(role), LOTUS if ROLES[role].speaks_for_one_firm else None, district)
        with Session(engine) as session:
            if not people.may(person, Action.IMPORT):
                with pytest.raises(NotAllowed):
                    states(session, person)
                return
            reached = set(session.scalars(select(Firm.id).where(people.visible_firms(person, Action.IMPORT))))
            assert set(states(session, person)) == reached & {LOTUS, POND, BANYAN, KAPOK, REED}
            counted = progress.all_together(progress.district_lines(session, person, Conditions(2023, JUNE_1)))
            assert counted.expected + counted.more == len(states(session, person))

    law()
