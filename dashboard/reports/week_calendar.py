"""The visits and due steps of a week as a calendar file (iCalendar, RFC 5545), for any calendar to read.

A visit has no hour and no day yet: the visits are laid over the working days that are left of the week, in their order,
as many a day as it takes; whoever reads the file moves them. Each keeps its name from file to file, so that a newer
file replaces an older one.
"""

from datetime import date, datetime, timedelta

from icalendar import Calendar, Event

from pipeline.language import N_, headed, joined, listed
from pipeline.language import gettext as _
from pipeline.tutoring.agenda.agenda import Agenda
from pipeline.tutoring.agenda.choice import week_of

TYPE = "text/calendar; charset=utf-8"
_VISIT = N_("Visit %(firm)s")


def week_calendar(agenda: Agenda, now: datetime) -> bytes:
    """The visits of the agenda's week and its steps due by then, each an event of a whole day."""
    calendar = Calendar()
    calendar.add("prodid", "-//Goldseed//visits of the week//")
    calendar.add("version", "2.0")
    days = _days_left(agenda.on)
    each_day = -(-len(agenda.visits) // len(days)) if agenda.visits else 1
    for place, firm in enumerate(agenda.visits):
        name = firm.line.firm_name or firm.line.firm_id
        why = listed(str(reason.message) for reason in firm.reasons)
        day = days[min(place // each_day, len(days) - 1)]
        key = f"visit-{firm.line.firm_id}-{week_of(agenda.on)}"
        calendar.add_component(_event(key, day, _(_VISIT, firm=name), why, now))
    for step in (*agenda.overdue, *agenda.this_week):
        key = f"task-{step.task_id}" if step.task_id else f"step-{step.visit_id}"
        said = headed(step.firm_name or step.firm_id, step.next_step)
        about = joined(part for part in (step.owner, step.due_on.isoformat()) if part)
        calendar.add_component(_event(key, max(step.due_on, agenda.on), said, about, now))
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
    event.add("description", about)
    return event
