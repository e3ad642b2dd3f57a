"""What the rules of the boards say of each firm, as the measures of that name that a policy may ask for."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import date

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from pipeline.rules.definition.model import BOARD_PARTS, BOARDS, Group, Node, ResolvedCondition, RuleInForce
from pipeline.rules.evaluation import conditions, evaluate, nearest
from pipeline.rules.evaluation.conditions import MET, NOT_MET, UNKNOWN, Outcome, States
from pipeline.rules.evaluation.firm_years import Floats

#: The boards on which a firm can be listed: NEEQ is a rung on the way.
LISTING_BOARDS = tuple(board for board in BOARDS if board not in nearest.RUNGS_ONLY)
_OF_ALL = ("any_board_all", "any_board_standard", "any_board_gap")
_OF_TARGET = ("target_board_standard", "target_board_industry_open")
MEASURES = frozenset(
    {*_OF_ALL, *_OF_TARGET, *(f"{board}_{what}" for board in LISTING_BOARDS for what in ("all", "standard", "gap"))}
)
_STATE_OF = {"not_met": NOT_MET, "unknown": UNKNOWN, "met": MET, "not_asked": MET}
#: Where an industry is shut out: elsewhere it only says of whom more is asked.
_PARTS_OF_INDUSTRIES = ("precondition", "positioning")


def board_facts(
    facts: pd.DataFrame, firms: pd.DataFrame, day: date, target_boards: pd.Series, wanted: Collection[str]
) -> pd.DataFrame:
    """Those of MEASURES that are wanted, index firm_id as in `firms`.

    `facts`: index (firm_id, year), `firms`: index firm_id, both as the rules read them; `target_boards`: the board that
    a firm has named, by firm_id. Yes and no are 1.0 and 0.0; NaN: unknown, and for a target board that nobody has
    named. A gap is the share of the line of which most is missing for the nearest standard, 0.0 where one is met.
    """
    asked = MEASURES & set(wanted)
    found = pd.DataFrame(index=firms.index)
    if not asked or firms.empty:
        return found.assign(**dict.fromkeys(sorted(asked), float("nan")))
    verdicts = evaluate.check(facts, firms, day)
    table = nearest.by_board(verdicts)
    states, gaps = _states_and_gaps(table, verdicts.firm_ids)
    columns: dict[str, Floats] = {}
    for board, (whole, standard) in states.items():
        columns |= {f"{board}_all": _yes_no(whole), f"{board}_standard": _yes_no(standard), f"{board}_gap": gaps[board]}
    columns["any_board_all"] = _yes_no(_best([whole for whole, _standard in states.values()], len(verdicts.firm_ids)))
    columns["any_board_standard"] = _yes_no(
        _best([standard for _whole, standard in states.values()], len(verdicts.firm_ids))
    )
    columns["any_board_gap"] = np.fmin.reduce([*gaps.values(), np.full(len(verdicts.firm_ids), np.nan)])
    targets = target_boards.reindex(verdicts.firm_ids).to_numpy(dtype=object)
    columns["target_board_standard"] = _of_target(
        targets, {board: _yes_no(standard) for board, (_whole, standard) in states.items()}
    )
    if "target_board_industry_open" in asked:
        columns["target_board_industry_open"] = _of_target(
            targets, {board: _yes_no(_industry_state(verdicts.rules, board, verdicts.data)) for board in states}
        )
    of_firms = pd.DataFrame(columns, index=verdicts.firm_ids).reindex(firms.index)
    return of_firms.reindex(columns=sorted(asked))


def _states_and_gaps(
    table: pd.DataFrame, firm_ids: pd.Index
) -> tuple[Mapping[str, tuple[States, States]], Mapping[str, Floats]]:
    """Per board: the state of all that it asks and of its standards, and the gap to the nearest of them."""
    states: dict[str, tuple[States, States]] = {}
    gaps: dict[str, Floats] = {}
    for board in LISTING_BOARDS:
        own = table[table["board"] == board]
        if own.empty:
            continue
        parts = [own[part].astype(object).map(_STATE_OF).to_numpy(dtype=np.uint8) for part in BOARD_PARTS]
        standard = parts[BOARD_PARTS.index("standard")]
        states[board] = np.minimum.reduce(parts), standard
        share = own["largest_gap_share"].to_numpy(dtype=np.float64)
        gaps[board] = np.where(standard == MET, 0.0, np.where(standard == UNKNOWN, np.nan, share))
    assert all(len(standard) == len(firm_ids) for _whole, standard in states.values())
    return states, gaps


def _best(states: Sequence[States], firms: int) -> States:
    return np.maximum.reduce([*states, np.full(firms, NOT_MET)]) if states else np.full(firms, UNKNOWN)


def _yes_no(state: States) -> Floats:
    return np.array([0.0, np.nan, 1.0])[state]


def _of_target(targets: NDArray[np.object_], by_board: Mapping[str, Floats]) -> Floats:
    """What is true of the board that each firm has named."""
    found = np.full(len(targets), np.nan)
    for board, values in by_board.items():
        named = targets == board
        found[named] = values[named]
    return found


def _industry_state(rules: Sequence[RuleInForce], board: str, data: conditions.FirmYears) -> States:
    """Whether a board's lists of industries leave a firm in: all conditions of its preconditions and regular
    positioning that ask for the industry; met where it has none."""
    rates = conditions.rates_on(data.day)
    state = np.full(len(data), MET)
    for rule in rules:
        if rule.board != board or rule.part not in _PARTS_OF_INDUSTRIES or rule.rule.route != "regular":
            continue
        outcome = conditions.evaluated(rule.needs, data, rates, {}, keep=True)
        for part in _about_industry(outcome):
            state = np.minimum(state, part.state)
    return state


def _about_industry(outcome: Outcome) -> Iterator[Outcome]:
    """The smallest requirements below an `all` that ask for the industry."""
    node = outcome.node
    if isinstance(node, Group) and node.kind == "all":
        for child in outcome.children:
            yield from _about_industry(child)
    elif _asks_for_industry(node):
        yield outcome


def _asks_for_industry(node: Node) -> bool:
    if isinstance(node, ResolvedCondition):
        return node.measure == "industry"
    return isinstance(node, Group) and any(_asks_for_industry(child) for child in node.nodes)
