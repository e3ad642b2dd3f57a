"""One run of the bench: a policy, or the one in force with some lines changed, as of a day. Nothing is written."""

from collections.abc import Mapping, Sequence
from concurrent.futures import Future
from dataclasses import dataclass
from datetime import date
from itertools import zip_longest

import pandas as pd
from sqlalchemy import Engine, select
from sqlalchemy.orm import Session

from pipeline import language
from pipeline.json_values import JsonObject
from pipeline.language import Message
from pipeline.pools.in_force import in_force
from pipeline.pools.model import ACTIONS, GOLDEN, SEED
from pipeline.pools.policy import policy_book_of
from pipeline.pools.reviews import basis_of
from pipeline.store.tables import Model, Score
from pipeline.workers.alongside import BrokenProcessPool, alongside
from scoring.policy_bench.changed_text import Changes, changed_text
from scoring.policy_bench.expected import Expected, expected_of
from scoring.policy_bench.past_days import PastDay, last_first_of_may, past_days, past_days_of_text
from scoring.policy_bench.what_if import WhatIf, what_if

#: Who is in either pool once all is confirmed.
MEMBERS = "members"


@dataclass(frozen=True)
class Simulation:
    """`text`: the policy that was tried, as it could be adopted; `said`: what has to be said of its changes.
    `expected`: seed, golden, members (of either), and entering (who enters a pool or rises) -> the events to expect
    among them, of `event` within `within_months` of the day of the scores; nothing where no model scores the city."""

    text: str
    said: Sequence[Message]
    found: WhatIf
    event: str | None
    within_months: int | None
    expected: Mapping[str, Expected]
    past: Sequence[PastDay]

    def as_json(self) -> JsonObject:
        found, members = self.found, self.expected.get(MEMBERS)
        firms = found.firms.astype(object).where(found.firms.notna(), None).reset_index()
        return {
            "as_of": found.day.isoformat(),
            "policy": found.policy.fingerprint,
            "policy_in_force": found.in_force.fingerprint,
            "run": None if found.run is None else found.run.id,
            "model": None if found.run is None else found.run.model_id,
            "notes": [str(each) for each in (*self.said, *found.told)],
            **found.letter.as_json(),
            "pools": {
                pool: {
                    "now": now,
                    "after_policy_in_force": after_force,
                    "after": after,
                    "places": places,
                    "waiting": found.waiting[pool],
                }
                for pool, places in ((SEED, found.policy.seed.cap), (GOLDEN, found.policy.golden.cap))
                for now, after_force, after in (found.sizes[pool],)
            },
            "seed": list(found.pools_after[SEED]),
            "golden": list(found.pools_after[GOLDEN]),
            "enter": self._moved("enter"),
            "leave": self._moved("exit"),
            "conditions": [
                {**row, "condition": language.pick(row["condition"])} for row in found.conditions.to_dict("records")
            ],
            "actions": {
                name: {
                    "tried": int((found.firms["action"] == name).sum()),
                    "in_force": int((found.firms["action_in_force"] == name).sum()),
                }
                for name in ACTIONS
            },
            "by_district": _records(found.counts("district_code"), "district_code"),
            "by_industry": _records(found.counts("section"), "section"),
            "expected": {
                "event": self.event,
                "within_months": self.within_months,
                "count": None if members is None else members.expected,
                "low": None if members is None else members.low,
                "high": None if members is None else members.high,
                **{name: each.as_json() for name, each in self.expected.items()},
            },
            "firms": [
                {name: str(value) if isinstance(value, Message) else value for name, value in row.items()}
                for row in firms.to_dict("records")
            ],
            "past_days": [each.as_json() for each in self.past],
        }

    def _moved(self, action: str) -> list[str]:
        return list(self.found.firms.index[self.found.firms["action"] == action])


def simulate(
    engine: Engine,
    as_of: date,
    *,
    text: str | None = None,
    name: str = "policy",
    changes: Changes | None = None,
    days: Sequence[date] | None = None,
    members: pd.DataFrame | None = None,
) -> Simulation:
    """Try a policy. `text`: the whole of it (None: the one in force), `name`: what it is called in its letter;
    `changes`: lines that are changed in it from `as_of` on. `days`: past days (None: the last five 1 Mays; empty:
    none). `members`: who is in a pool (None: who is now).

    Raises WrongFile with everything that is wrong in the text, NoPolicy, NoScores, NoSuchLine.
    """
    with alongside(engine) as other, Session(engine) as session:
        current = in_force(session, as_of)
        tried_text, said = changed_text(current.text if text is None else text, changes or Changes(), as_of)
        tried = policy_book_of(tried_text, name).on(as_of)
        run, _points = basis_of(session, as_of, tried)
        model = None if run is None else session.get_one(Model, run.model_id)
        event, within_months = (None, None) if model is None else (model.event, model.within_months)
        wanted = list(last_first_of_may(as_of) if days is None else days)
        about = (tried_text, name, as_of, event, within_months)
        # Each day is worked out by itself, so that half of them are meanwhile worked out in another process.
        theirs = other(past_days_of_text, wanted[1::2], *about) if other is not None and len(wanted) > 1 else None
        found = what_if(session, as_of, tried, current.policy, members)
        chances = None
        if found.run is not None:
            rows = session.execute(select(Score.firm_id, Score.probability).where(Score.run_id == found.run.id)).all()
            chances = pd.Series(dict(rows), dtype="float64")
            session.expunge(found.run)
        mine = past_days(engine, wanted if theirs is None else wanted[::2], tried, as_of, event, within_months)
        past = mine if theirs is None else _in_turn(mine, _of_the_other(theirs, engine, wanted[1::2], about))
    pools = found.pools_after
    chosen = {**pools, "entering": found.entering, MEMBERS: pools[SEED].union(pools[GOLDEN])}
    return Simulation(
        text=tried_text,
        said=said,
        found=found,
        event=event,
        within_months=within_months,
        expected={} if chances is None else {which: expected_of(firms, chances) for which, firms in chosen.items()},
        past=past,
    )


def _of_the_other(
    theirs: "Future[list[PastDay]]",
    engine: Engine,
    days: Sequence[date],
    about: tuple[str, str, date, str | None, int | None],
) -> list[PastDay]:
    """What the other process has found; where it is gone, the same worked out here."""
    try:
        return theirs.result()
    except BrokenProcessPool:
        return past_days_of_text(engine, days, *about)


def _in_turn(mine: Sequence[PastDay], theirs: Sequence[PastDay]) -> list[PastDay]:
    """The first of mine, the first of theirs, the second of mine, …"""
    return [day for pair in zip_longest(mine, theirs) for day in pair if day is not None]


def _records(counts: pd.DataFrame, name: str) -> list[JsonObject]:
    return [{name: str(group), **row} for group, row in zip(counts.index, counts.to_dict("records"), strict=True)]
