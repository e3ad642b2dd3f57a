"""Counts lead to the lists behind them, and the lists hold as many firms as the counts say."""

import re
from datetime import date
from itertools import pairwise
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from dashboard.queries import way as ways
from pipeline.accounts import audit, people
from pipeline.settings import Settings
from pipeline.store.database import engine_for
from pipeline.store.tables import Case, Event
from pipeline.tutoring import cases, visits
from pipeline.tutoring.counts.way import WAY
from scoring.firm_list.keeper import make_current
from tests.cast import LOTUS
from tests.dashboard import city
from tests.dashboard.conftest import Visitor, signed_in
from tests.dashboard.pages.test_controls import parts

CONSOLE = people.console()


def rows(visitor: Visitor, grid: str, path: str, search: str) -> list[dict[str, Any]]:
    shown = visitor.show(path, search)
    assert shown.status_code == 200
    return next((one["rowData"] for one in parts(shown.json) if one.get("id") == grid), [])


def session_of(settings: Settings) -> Session:
    """A session whose lists are today's, as a page has it."""
    engine = engine_for(settings.db_url)
    make_current(engine, settings.today())
    return Session(engine)


def test_each_count_of_the_way_leads_to_as_many_firms(settings: Settings, officer: Visitor):
    today = settings.today()
    with session_of(settings) as session, session.begin():
        session.add(Event(firm_id=LOTUS, kind="tutoring_filed", occurred_on=date(2025, 10, 1), known_on=today))
        session.add(Event(firm_id=LOTUS, kind="tutoring_terminated", occurred_on=date(2025, 11, 1), known_on=today))
        audit.record(session, CONSOLE, "import_stored", "import:2", {}, city.NOW)
    with session_of(settings) as session:
        counts = ways.way_steps(session, CONSOLE)
    assert counts["tutoring_filed"].left == 1
    for step, at in counts.items():
        for group, count in zip(ways.GROUPS, (at.in_pool, at.ever, at.left), strict=True):
            assert len(rows(officer, "way-grid", "/way", f"?step={step}&of={group}")) == count, (step, group)


def test_a_funnel_never_widens_and_who_left_is_part_of_those_who_came(settings: Settings):
    with session_of(settings) as session:
        counts = list(ways.way_steps(session, CONSOLE).values())
    assert list(ways.way_steps(session_of(settings), CONSOLE)) == list(WAY)
    for earlier, later in pairwise(counts):
        assert earlier.in_pool >= later.in_pool
        assert earlier.ever >= later.ever
    assert all(step.left <= step.ever for step in counts)


def test_the_first_page_links_every_tile_and_count_to_its_list(officer: Visitor):
    links = {one["href"] for one in parts(officer.show("/").json) if isinstance(one.get("href"), str)}
    assert {"/pools?pool=golden#members", "/pools#proposals", "/cases?overdue=1"} <= links
    assert {f"/way?step={step}&of={group}" for step in WAY for group in ways.GROUPS} <= links
    assert any(re.fullmatch(r"/firm/\w+#tutoring", link) for link in links)
    assert any(link.startswith("/firms?district=") for link in links)


@pytest.mark.parametrize("which", ["seed", "golden"])
def test_the_members_of_one_pool_are_those_of_its_tile(officer: Visitor, which: str):
    both, one = (rows(officer, "pools-members", "/pools", search) for search in ("", f"?pool={which}"))
    assert one == [row for row in both if row["pool_key"] == which]
    assert 0 < len(one) < len(both)


def test_an_address_that_names_no_pool_shows_both(officer: Visitor):
    both = rows(officer, "pools-members", "/pools", "")
    assert rows(officer, "pools-members", "/pools", "?pool=moon") == both


def test_the_cases_are_narrowed_to_those_with_an_overdue_step(settings: Settings, officer: Visitor):
    with session_of(settings) as session:
        steps = visits.open_steps(session, settings.today(), CONSOLE)
    overdue = {step.firm_id for step in steps if step.days_late > 0}
    listed = rows(officer, "cases-grid", "/cases", "?overdue=1")
    assert {row["address"] for row in listed} == {f"/firm/{firm}#tutoring" for firm in overdue}
    assert overdue


def test_the_cases_are_narrowed_to_a_stage_and_to_those_without_a_mentor(settings: Settings, officer: Visitor):
    with session_of(settings) as session:
        lines = cases.open_cases(session, CONSOLE, settings.today())
    stage = lines[0].case.stage
    assert len(rows(officer, "cases-grid", "/cases", f"?stage={stage}")) == sum(
        line.case.stage == stage for line in lines
    )
    assert len(rows(officer, "cases-grid", "/cases", "?mentor=none")) == len(lines)
    assert len(rows(officer, "cases-grid", "/cases", "?stage=moon")) == len(lines)


def test_a_case_that_its_events_contradict_is_marked_in_the_list_and_on_the_card(settings: Settings, officer: Visitor):
    assert rows(officer, "cases-grid", "/cases", "?otherwise=1") == []
    with session_of(settings) as session, session.begin():
        day = date(2026, 1, 5)
        session.add(Event(firm_id=LOTUS, kind="tutoring_filed", board="bse", occurred_on=day, known_on=day))
        audit.record(session, CONSOLE, "import_stored", "import:2", {}, city.NOW)
        assert session.scalars(select(Case.stage).where(Case.firm_id == LOTUS)).one() == "share_reform"
    (row,) = rows(officer, "cases-grid", "/cases", "?otherwise=1")
    assert (row["address"], row["events"]) == (f"/firm/{LOTUS}#tutoring", "不一致")
    shown = list(parts(officer.show(f"/firm/{LOTUS}").json))
    (note,) = [one for one in shown if one.get("id") == "firm-case-otherwise"]
    assert "企业已达到辅导备案 · 北交所（2026-01-05）" in str(note)


def test_a_district_officer_counts_the_district_alone(app: Any, settings: Settings):
    visitor = signed_in(app, city.DISTRICT_OFFICER)
    with session_of(settings) as session:
        mine = people.Person(1, "江海", people.Role.OFFICER, district_code="440704")
        counts = ways.way_steps(session, mine)
    for step, at in counts.items():
        assert len(rows(visitor, "way-grid", "/way", f"?step={step}&of=city")) == at.ever
