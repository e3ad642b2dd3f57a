"""The visits and due steps of a week as a calendar file (iCalendar, RFC 5545), for any calendar to read.

A visit has no hour and no day yet: the visits are laid over the working days that are left of the week, in their order,
as many a day as it takes; whoever reads the file moves them. Each keeps its name from file to file, so that a newer
file replaces an older one.
"""

from collections.abc import Sequence
from datetime import UTC, date, datetime, time, timedelta

from icalendar import Calendar, Event

from pipeline.language import N_, headed, joined, listed
from pipeline.language import gettext as _
from pipeline.reminders.calendar_address import OwnCalendar
from pipeline.tutoring.agenda.agenda import Agenda
from pipeline.tutoring.agenda.choice import week_of
from pipeline.tutoring.visits import Step

TYPE = "text/calendar; charset=utf-8"
_VISIT = N_("Visit %(firm)s")


def week_calendar(agenda: Agenda, now: datetime) -> bytes:
    """The visits of the agenda's week and its steps due by then, each an event of a whole day."""
    names = [(firm.line.firm_id, firm.line.firm_name) for firm in agenda.visits]
    why = [listed(str(reason.message) for reason in firm.reasons) for firm in agenda.visits]
    steps = [
        (step, joined(part for part in (step.owner, step.due_on.isoformat()) if part))
        for step in (*agenda.overdue, *agenda.this_week)
    ]
    return _calendar(agenda.on, list(zip(names, why, strict=True)), steps, now)


def own_calendar_file(own: OwnCalendar) -> bytes:
    """What a person's calendar fetches by itself: visits and steps without any reason, the same bytes all day."""
    at = datetime.combine(own.on, time.min, tzinfo=UTC)
    return _calendar(own.on, [(firm, "") for firm in own.visits], [(step, f"{step.due_on}") for step in own.steps], at)


def _calendar(
    on: date,
    firms: Sequence[tuple[tuple[str, str | None], str]],
    steps: Sequence[tuple[Step, str]],
    now: datetime,
) -> bytes:
    calendar = Calendar()
    calendar.add("prodid", "-//Goldseed//visits of the week//")
    calendar.add("version", "2.0")
    days = _days_left(on)
    each_day = -(-len(firms) // len(days)) if firms else 1
    for place, ((firm_id, name), why) in enumerate(firms):
        day = days[min(place // each_day, len(days) - 1)]
        key = f"visit-{firm_id}-{week_of(on)}"
        calendar.add_component(_event(key, day, _(_VISIT, firm=name or firm_id), why, now))
    for step, about in steps:
        key = f"task-{step.task_id}" if step.task_id else f"step-{step.visit_id}"
        said = headed(step.firm_name or step.firm_id, step.next_step)
        calendar.add_component(_event(key, max(step.due_on, on), said, about, now))
    content: bytes = calendar.to_ical()
    return content


def _days_left(on: date) -> list[date]:
    """From the day to Friday; at a weekend the days of the next week."""
    monday = week_of(on) if on.weekday() < 5 else week_of(on) + timedelta(days=7)
    first = max(on, monday)
    return [first + timedelta(days=place) for place in range((monday + timedelta(days=4) - first).days + 1)]


def _event(key: str, day: date, summary: str, about: str, now: datetime) -> Event:
    event = Event()
    event.add("uid", f"{key}@goldseed")
    event.add("dtstamp", now)
    event.add("dtstart", day)
    event.add("dtend", day + timedelta(days=1))
    event.add("summary", summary)
    if about:
        event.add("description", about)
    return event
