"""The nearest standard of each board for every firm, and the board that fits it best.

Nearest: fewest conditions that are not met, then the smallest gaps added up, then the order of the law. An unknown
condition counts as two, and as the whole of its threshold: what is known to be near comes before what is unknown.
"""

from weakref import WeakKeyDictionary

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from pipeline.rules.definition import rule_books
from pipeline.rules.definition.model import BOARD_PARTS, BOARDS, RECOGNITION
from pipeline.rules.evaluation.conditions import MET, WORDS
from pipeline.rules.evaluation.verdicts import Verdicts, part_states

COLUMNS = (
    "firm_id",
    "board",
    "standard",
    "met",
    "nearest",
    "conditions_missing",
    "total_gap_share",
    "largest_gap_share",
    "least_gap_share",
    *BOARD_PARTS[1:],
    "fit",
    "best",
)
#: States as a category that also has a word for a part which the board does not have.
STATES = pd.Index([*WORDS, "not_asked"])
#: What by_board has worked out, as long as its verdicts are in use.
_BY_BOARD: WeakKeyDictionary[Verdicts, pd.DataFrame] = WeakKeyDictionary()


def by_board(verdicts: Verdicts) -> pd.DataFrame:
    """One row a firm and board.

    standard, structural, precondition, positioning: the state of that part (not_asked where the board has none
    on the day); met: the standard that is met, else empty; nearest: the id of the nearest standard;
    conditions_missing, total_gap_share, largest_gap_share: how far that one is (conditions.Outcome); least_gap_share:
    the smallest largest_gap_share of all its standards; fit: 0 is the best-fitting board of the firm, 1 the next; best:
    whether this board is it (no board fits a firm without statements). Computed once for each Verdicts.
    """
    if verdicts not in _BY_BOARD:
        _BY_BOARD[verdicts] = _every_board(verdicts)
    return _BY_BOARD[verdicts]


def _every_board(verdicts: Verdicts) -> pd.DataFrame:
    parts = [_one_board(verdicts, board) for board in verdicts.boards if board != RECOGNITION]
    if not parts or not len(verdicts.firm_ids):
        return pd.DataFrame(columns=list(COLUMNS))
    firm_places = np.tile(np.arange(len(verdicts.firm_ids), dtype=np.int32), len(parts))
    table = pd.concat(parts, ignore_index=True)
    for column in ("met", "nearest"):  # one list of standards for all boards
        table[column] = pd.api.types.union_categoricals([part[column] for part in parts])
    table["firm_id"] = pd.Categorical.from_codes(firm_places, verdicts.firm_ids)
    table["fit"] = _fit(table, len(verdicts.firm_ids))
    stated = np.tile(verdicts.data.latest > 0, len(parts))
    table["best"] = (table["fit"] == 0) & stated
    return table[list(COLUMNS)]


def _one_board(verdicts: Verdicts, board: str) -> pd.DataFrame:
    firms = len(verdicts.firm_ids)
    places = np.array([i for i, rule in enumerate(verdicts.rules) if rule.board == board and rule.part == "standard"])
    ids = [verdicts.rules[i].id for i in places]
    conditions_missing, gap = verdicts.conditions_missing[places], verdicts.total_gap_share[places]
    # One number to sort by: whole conditions first, the sum of gaps as the fraction below one.
    distance = conditions_missing + gap / (1 + gap)
    nearest = distance.argmin(axis=0)
    firm = np.arange(firms)
    is_met = verdicts.state[places][nearest, firm] == MET
    states = part_states(verdicts, board)
    table = pd.DataFrame(
        {
            "board": pd.Categorical.from_codes(np.full(firms, BOARDS.index(board), np.int8), pd.Index(BOARDS)),
            "met": pd.Categorical.from_codes(np.where(is_met, nearest + 1, 0), pd.Index(["", *ids])),
            "nearest": pd.Categorical.from_codes(nearest, pd.Index(ids)),
            "conditions_missing": conditions_missing[nearest, firm],
            "total_gap_share": gap[nearest, firm],
            "largest_gap_share": verdicts.largest_gap_share[places][nearest, firm],
            "least_gap_share": verdicts.largest_gap_share[places].min(axis=0),
        }
    )
    for part in BOARD_PARTS:
        codes = states.get(part)
        table[part] = pd.Categorical.from_codes(
            np.full(firms, 3, np.int8) if codes is None else codes.astype(np.int8), STATES
        )
    return table


def _fit(table: pd.DataFrame, firms: int) -> NDArray[np.int8]:
    """The place of each board for its firm, 0 the best.

    A board whose standard is met and whose positioning is not refused comes before all others, the more
    demanding first (rank in the board's file); after them the boards by distance of their nearest standard; last those
    whose positioning is refused.
    """
    ranks = {book.board: book.rank for book in rule_books.rule_books() if book.rank}
    rank = np.array([ranks[board] for board in table["board"].cat.categories])[table["board"].cat.codes]
    refused = (table["positioning"] == "not_met").to_numpy()
    reached = (table["standard"] == "met").to_numpy() & ~refused
    gap = table["total_gap_share"].to_numpy(dtype=np.float64)
    distance = table["conditions_missing"].to_numpy() + gap / (1 + gap)
    key = np.where(reached, rank - 100.0, distance + rank / 1e4) + np.where(refused, 1000.0, 0.0)
    by_firm = key.reshape(-1, firms)  # one row a board: the rows of the frame are sorted by board
    return by_firm.argsort(axis=0, kind="stable").argsort(axis=0, kind="stable").reshape(-1).astype(np.int8)
