"""The visits of a week as a calendar file that another program reads."""

from datetime import date, datetime

import pytest
from icalendar import Calendar
from sqlalchemy.orm import Session

from dashboard.reports.week_calendar import week_calendar
from pipeline.tutoring import cases, visits
from pipeline.tutoring.agenda.agenda import agenda
from pipeline.tutoring.tasks import tasks
from tests.cast import BANYAN, KAPOK, LOTUS, NAMES
from tests.pipeline.pools.city import CHEN, NOW, found

#: A Wednesday, and half a year after the cases were opened.
DAY = date(2024, 6, 5)


@pytest.fixture
def session(sqlite_engine):
    found(sqlite_engine)
    with Session(sqlite_engine) as session:
        for firm in (LOTUS, BANYAN, KAPOK):
            cases.open_case(session, CHEN, firm, date(2023, 11, 1), now=NOW)
        yield session


def events(session, on=DAY):
    read = Calendar.from_ical(week_calendar(agenda(session, CHEN, on, mine=False), datetime(2024, 6, 5, 9)))
    return {str(one["uid"]): one for one in read.walk("VEVENT")}


def test_the_visits_lie_over_the_working_days_that_are_left(session):
    found_events = events(session)
    days = {uid.split("-")[1]: one["dtstart"].dt for uid, one in found_events.items()}
    assert sorted(days.values()) == [date(2024, 6, 5), date(2024, 6, 6), date(2024, 6, 7)]
    lotus = found_events[f"visit-{LOTUS}-2024-06-03@goldseed"]
    assert NAMES[LOTUS] in str(lotus["summary"])
    assert "走访" in str(lotus["description"])
    assert lotus["dtend"].dt == date.fromordinal(lotus["dtstart"].dt.toordinal() + 1)


def test_at_a_weekend_they_lie_in_the_next_week(session):
    assert {one["dtstart"].dt for one in events(session, date(2024, 6, 8)).values()} == {
        date(2024, 6, 10),
        date(2024, 6, 11),
        date(2024, 6, 12),
    }


def test_due_steps_and_tasks_are_events_of_their_days_and_keep_their_names(session):
    visits.record_visit(session, CHEN, LOTUS, date(2024, 5, 20), "情况", "补社保说明", date(2024, 6, 1), now=NOW)
    task = tasks.add_task(session, CHEN, BANYAN, "交章程", date(2024, 6, 7), now=NOW)
    found_events = events(session)
    assert found_events["step-1@goldseed"]["dtstart"].dt == DAY  # overdue: today
    assert found_events[f"task-{task.id}@goldseed"]["dtstart"].dt == date(2024, 6, 7)
    assert "交章程" in str(found_events[f"task-{task.id}@goldseed"]["summary"])


def test_a_week_without_anything_is_a_calendar_too(session):
    for firm in (LOTUS, BANYAN, KAPOK):
        visits.record_visit(session, CHEN, firm, date(2024, 6, 1), "情况", now=NOW)
    assert events(session) == {}
