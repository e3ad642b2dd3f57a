"""Who could still have the event on a day (the risk set), and who had it within the horizon.

A row whose horizon has not run out by the day of the model has no label and is left out: "not yet" is not "no".
"""

from datetime import date

import pandas as pd

#: A firm that has reached one of these has left the risk set of everything before it.
_TERMINAL_EVENTS = ("listed",)


def plus_months(day: date, months: int) -> date:
    """The same day of the month so many months later (the month's last day where there is no such day); the first or
    last day of the calendar where that lies beyond it."""
    year = day.year + (day.month - 1 + months) // 12
    if not date.min.year <= year <= date.max.year:
        return date.min if year < date.min.year else date.max
    return (pd.Timestamp(day) + pd.DateOffset(months=months)).date()


def first_event(events: pd.DataFrame, event: str) -> pd.Series:
    """The first day of each firm's event: datetime64, index firm_id; `events` as pipeline.facts gives them."""
    of_kind = events[events["kind"] == event]
    return pd.to_datetime(of_kind.groupby("firm_id")["occurred_on"].min())


def terminal_events(event: str) -> list[str]:
    """The kinds of events after which a firm can no longer have this one for the first time, itself included."""
    return [event, *_TERMINAL_EVENTS]


def risk_set(firms: pd.Index, events: pd.DataFrame, event: str, day: date) -> pd.Index:
    """The firms that had neither the event nor a terminal event on or before `day`."""
    gone = events[
        events["kind"].isin(terminal_events(event)) & (pd.to_datetime(events["occurred_on"]) <= pd.Timestamp(day))
    ]
    return firms[~firms.isin(gone["firm_id"].unique())]


def event_within(firms: pd.Index, events: pd.DataFrame, event: str, day: date, within_months: int) -> pd.Series:
    """1 where the firm's first event lies after `day` and not later than `within_months` after it, else 0 (int8)."""
    first = first_event(events, event).reindex(firms)
    until = pd.Timestamp(plus_months(day, within_months))
    return ((first > pd.Timestamp(day)) & (first <= until)).astype("int8")
