"""Which boards and which instruments fit a firm that seeks money, as known on a day.

Decided by the rules' own engine for all these firms at once. What is not known is unknown, with the conditions that
nobody can decide.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np
import pandas as pd
from sqlalchemy import Connection

from pipeline.activities.known import activities_as_known_on, standing_on
from pipeline.finance.instruments import Instrument, instruments
from pipeline.language import Label
from pipeline.rules.definition.model import Group, ResolvedCondition
from pipeline.rules.evaluation import conditions, evaluate, nearest
from pipeline.rules.evaluation.conditions import MET, WORDS, Outcome
from pipeline.rules.evaluation.firm_years import FirmYears
from pipeline.rules.explanation.condition_text import condition_label
from pipeline.rules.reports import check
from pipeline.store.tables import CITY

#: So many boards of a firm are told, the best-fitting first, and of these those that are near.
BOARDS_TOLD = 2
_PRIZES_SINCE = date(2024, 1, 1)
_FEN = 100


@dataclass(frozen=True)
class BoardFit:
    """`meets` and `margin_class` in the words of pipeline/rules/evaluation/nearest.py; `best`: this board fits best."""

    board: str
    meets: str
    margin_class: str
    best: bool


@dataclass(frozen=True)
class InstrumentFit:
    """`state`: met, not_met or unknown; `lacks`: which conditions are not met or not known."""

    instrument: str
    state: str
    lacks: Sequence[Label]


@dataclass(frozen=True)
class Asked:
    """One thing that a firm seeks: a form of money, and how much."""

    firm_id: str
    form: str
    amount_fen: int | None


def fitting(
    connection: Connection, asked: Sequence[Asked], on: date
) -> tuple[dict[str, list[BoardFit]], list[list[InstrumentFit]]]:
    """The boards that fit each firm best, and for each of `asked`, in their order, the instruments of its form: those
    that are met first, then those of which something is unknown."""
    firms = sorted({one.firm_id for one in asked})
    if not firms:
        return {}, []
    facts, about = check.inputs(connection, on, cohort=CITY, firms=firms)
    about = _with_activities(connection, about.reindex(firms), on)
    found: list[list[InstrumentFit]] = [[] for _one in asked]
    # One firm has one amount at a time: what a firm asks for second is decided after all first ones.
    for places in _rounds(asked):
        ids = [asked[place].firm_id for place in places]
        fen = [asked[place].amount_fen for place in places]
        sought = [np.nan if amount is None else amount / _FEN for amount in fen]
        of_round = about.loc[ids].assign(amount_sought=sought)
        order = np.argsort(np.array(ids, dtype=object), kind="stable")
        data = FirmYears(facts[facts.index.isin(ids, level=0)], of_round.iloc[order], on)
        for instrument in instruments().values():
            for at, fit in zip(order.tolist(), _each(instrument, data, on), strict=True):
                if asked[places[at]].form in instrument.forms:
                    found[places[at]].append(fit)
    ranks = {word: rank for rank, word in enumerate(reversed(WORDS))}
    return _boards(facts, about, on), [sorted(fits, key=lambda fit: ranks[fit.state]) for fits in found]


# --- within ----------------------------------------------------------------------------------------


def _rounds(asked: Sequence[Asked]) -> Iterator[list[int]]:
    """The places of the first thing that each firm asks for, then of the second, and so on."""
    number = pd.Series([one.firm_id for one in asked]).groupby([one.firm_id for one in asked]).cumcount()
    for _number, places in number.groupby(number):
        yield places.index.tolist()


def _with_activities(connection: Connection, about: pd.DataFrame, on: date) -> pd.DataFrame:
    """What activities tell. A firm without a row is no member where the record of the city has members at all, since it
    takes whole lists in; where it has none, nothing is known."""
    known = activities_as_known_on(connection, on, kinds=("tech_sme_listed", "contest"))
    happened = known[known["occurred_on"] <= pd.Timestamp(on)]
    listed = standing_on(known[known["kind"] == "tech_sme_listed"], on)["firm_id"]
    contests = happened[(happened["kind"] == "contest") & (happened["occurred_on"] >= pd.Timestamp(_PRIZES_SINCE))]
    won = contests.loc[contests["outcome"].notna(), "firm_id"]
    took_part = contests.loc[contests["outcome"].isna(), "firm_id"]
    member = _yes_or_no(about.index, listed)
    winner = _yes_or_no(about.index, won)
    winner[about.index.isin(took_part) & (winner == 0)] = np.nan
    return about.assign(tech_sme_in_library=member, contest_winner=winner)


def _yes_or_no(firms: pd.Index, there: pd.Series) -> np.ndarray:
    return firms.isin(there).astype(np.float64) if len(there) else np.full(len(firms), np.nan)


def _each(instrument: Instrument, data: FirmYears, on: date) -> list[InstrumentFit]:
    """How each firm stands to an instrument, in the order of the data; none where it is not in force."""
    needs = instrument.on(on)
    if needs is None:
        return []
    outcome = conditions.evaluated(needs, data, conditions.rates_on(on), {}, keep=True)
    return [
        InstrumentFit(instrument.id, WORDS[outcome.state[at]], list(_lacks(outcome, at))) for at in range(len(data))
    ]


def _lacks(outcome: Outcome, at: int) -> Iterator[Label]:
    """What is not met, or not known, of one firm: named groups as a whole, the rest condition by condition."""
    if outcome.state[at] == MET:
        return
    node = outcome.node
    if isinstance(node, Group) and node.name is not None:
        yield node.name
    elif isinstance(node, ResolvedCondition):
        yield condition_label(node)
    for child in outcome.children if not (isinstance(node, Group) and node.name is not None) else ():
        yield from _lacks(child, at)


def _boards(facts: pd.DataFrame, about: pd.DataFrame, on: date) -> dict[str, list[BoardFit]]:
    table = nearest.by_board(evaluate.check(facts, about, on))
    near = table["best"] | (table["margin_class"] != "far")
    told = table[near & (table["fit"] < BOARDS_TOLD)].sort_values("fit", kind="stable")
    boards: dict[str, list[BoardFit]] = {}
    rows = zip(
        *(told[name].astype("object") for name in ("firm_id", "board", "meets", "margin_class", "best")), strict=True
    )
    for firm, board, meets, margin, best in rows:
        boards.setdefault(firm, []).append(BoardFit(board, meets, margin, bool(best)))
    return boards
