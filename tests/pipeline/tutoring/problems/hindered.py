"""A small city whose firms are hindered by something, and short words for what is done about it."""

from datetime import date, datetime, timedelta

from pipeline.tutoring.problems import problems
from tests.cast import LOTUS
from tests.pipeline.pools.city import CHEN

MAY_1, MAY_31 = date(2024, 5, 1), date(2024, 5, 31)


def at(day: date) -> datetime:
    """The morning of a day."""
    return datetime(day.year, day.month, day.day, 2, 0)


def later(days: int, after: date = MAY_31) -> date:
    return after + timedelta(days=days)


def problem(session, *firms, kind="land", text="厂房无产权证", department="natural_resources", **given):
    """Recorded on 1 May, due on 31 May, unless something else is said; returns its number."""
    on = given.pop("on", MAY_1)
    about = {"due_on": MAY_31, "now": at(on), **given}
    by = about.pop("by", CHEN)
    return problems.record_problem(session, by, firms or (LOTUS,), kind, text, department, on=on, **about).id
