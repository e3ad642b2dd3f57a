"""Which past days may train a model of a given day, and an independent check that nothing later leaked in.

A row dated D' may train a model dated D only if D' + horizon <= D. `check_split` checks every finished split by other
arithmetic (single days and raw events, none of the functions that made it) and fails loudly: see timechop in
dssg/triage.
"""

from collections.abc import Iterable
from datetime import date

import pandas as pd

from pipeline.language import N_, Message
from scoring.dataset.labels import plus_months
from scoring.errors import LeakyTime

#: How far back days are looked for.
_YEARS_BACK = 12


def training_days(as_of: date, within_months: int) -> list[date]:
    """The anniversaries of `as_of` whose horizon has run out by then, the earliest first.

    Anniversaries, because the figures are then as old as they are on the scoring day itself.
    """
    days = [plus_months(as_of, -12 * years) for years in range(_YEARS_BACK, 0, -1)]
    return [day for day in days if plus_months(day, within_months) <= as_of]


def check_split(
    keys: pd.DataFrame,
    label: Iterable[float],
    events: pd.DataFrame,
    event: str,
    as_of: date,
    within_months: int,
    statements: pd.DataFrame | None = None,
) -> None:
    """Raises LeakyTime if a training row knows what happened after `as_of`.

    `keys`: columns firm_id and when (the day of the row); `events`: every event known today, later ones included;
    `statements`: firm_id, when and known_on of the newest figure each row used. Months are counted on the calendar
    here, and events are searched row by row of the events table.
    """
    rows = pd.DataFrame({"firm_id": keys["firm_id"].to_numpy(), "when": pd.to_datetime(keys["when"]).to_numpy()})
    rows["label"] = [float(value) for value in label]
    end = [_months_later(day.year, day.month, day.day, within_months) for day in rows["when"]]
    rows["end"] = pd.to_datetime(end)
    late = rows["end"] > pd.Timestamp(as_of.isoformat())
    _fail_if(late.any(), N_("%(rows)s training row(s) have a horizon that ends after %(day)s."), int(late.sum()), as_of)
    twice = rows.duplicated(["firm_id", "when"])
    _fail_if(
        twice.any(), N_("%(rows)s training row(s) stand twice for one firm and day (%(day)s)."), int(twice.sum()), as_of
    )
    with_events = rows.reset_index().merge(
        events.loc[events["kind"] == event, ["firm_id", "occurred_on"]], on="firm_id"
    )
    with_events["occurred_on"] = pd.to_datetime(with_events["occurred_on"])
    before = with_events[with_events["occurred_on"] <= with_events["when"]]
    _fail_if(
        len(before) > 0,
        N_("%(rows)s training row(s) are of firms that had had the event already (%(day)s)."),
        len(before),
        as_of,
    )
    inside = set(with_events.loc[with_events["occurred_on"] <= with_events["end"], "index"])
    wrong = sum((place in inside) != (value == 1.0) for place, value in zip(rows.index, rows["label"], strict=True))
    _fail_if(wrong > 0, N_("%(rows)s training row(s) have a label that the events contradict (%(day)s)."), wrong, as_of)
    if statements is not None:
        ahead = pd.to_datetime(statements["known_on"]) > pd.to_datetime(statements["when"])
        _fail_if(
            ahead.any(),
            N_("%(rows)s training row(s) use figures published after their day (%(day)s)."),
            int(ahead.sum()),
            as_of,
        )


def _months_later(year: int, month: int, day: int, months: int) -> date:
    """The last day of a horizon, counted without pandas."""
    month += months
    year, month = year + (month - 1) // 12, (month - 1) % 12 + 1
    while True:
        try:
            return date(year, month, day)
        except ValueError:
            day -= 1


def _fail_if(wrong: bool, msgid: str, rows: int, as_of: date) -> None:
    if wrong:
        raise LeakyTime(Message(msgid, {"rows": rows, "day": as_of.isoformat()}))
