"""The nearest standard of each board for every firm, and the board that fits it best.

Nearest: one that is met, by the largest margin; then those short by at most a fifth of each line, then by at most half,
then those of which a figure is unknown while every known one (and the market value as it is estimated) reaches half of
its line; the rest last. Among equals the one with the fewest conditions that are not met, then the smallest gaps added
up, then the order of the law. An unknown condition counts as two, and as the whole of its threshold: what is known to
be near comes before what is unknown.
"""

from collections.abc import Mapping, Sequence
from typing import Any
from weakref import WeakKeyDictionary

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from pipeline.rules.definition import rule_books
from pipeline.rules.definition.model import BOARD_PARTS, BOARDS, RECOGNITION
from pipeline.rules.evaluation import measure_values
from pipeline.rules.evaluation.conditions import MET, NOT_MET, UNKNOWN, WORDS, of_known_figures
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
    "meets",
    "margin",
    "margin_class",
    "fit",
    "best",
)
#: States as a category that also has a word for a part which the board does not have.
STATES = pd.Index([*WORDS, "not_asked"])
_NOT_ASKED = np.int8(len(WORDS))
#: What "meets" can mean: all that the board asks; its financial standard, while another part is not met or unknown; not
#: yet, but short by at most a fifth of each line of one standard; not; unknown.
MEETS = ("meets_all", "standard_only", "within_20_percent", "not_met", "unknown")
#: From which margin over its lines a met standard fits, and how much of them has to be reached to be near.
FITS, NEAR, CLOSE_GAP = 1.2, 0.5, 0.2
MARGIN_CLASSES = ("fits", "narrow", "near", "far")
#: Thresholds are compared as written, not as 32-bit floats divide.
_SLACK = 1e-6
#: Boards that list no shares on an exchange: a rung on the way, never the board that fits best.
RUNGS_ONLY = ("neeq",)
#: Boards abroad. Going there asks a mainland firm for the same share reform, which their rules do not repeat: among
#: equals a board at home comes first, so that none wins by asking for less.
ABROAD = ("hkex",)
#: Boards whose positioning only shuts trades out: meeting it says of nobody that he belongs there, so that it counts as
#: open beside boards that ask for something (STAR's attributes, ChiNext's growth and R&D).
SHUTS_OUT_ONLY = ("bse",)
#: What leads on where no board is near, the first that applies: quotation, its upper tier, the provincial label, the
#: national one, the regional equity market.
RUNGS = ("neeq", "neeq_innovation", "srdi", "little_giant", "regional_market")
#: The revenue below which the provincial SRDI label is out of reach (优质中小企业梯度培育管理暂行办法 附件2).
_SRDI_REVENUE_CNY = 1e7
#: What by_board has worked out, as long as its verdicts are in use.
_BY_BOARD: WeakKeyDictionary[Verdicts, pd.DataFrame] = WeakKeyDictionary()


def by_board(verdicts: Verdicts) -> pd.DataFrame:
    """One row a firm and board.

    standard, structural, precondition, positioning: the state of that part (not_asked where the board has none
    on the day); met: the standard that is met, else empty; nearest: the id of the nearest standard;
    conditions_missing, total_gap_share, largest_gap_share: how far that one is (conditions.Outcome); least_gap_share:
    the smallest largest_gap_share of all its standards; meets: one of MEETS; margin: the nearest standard's reach
    (conditions.Outcome), NaN where no figure has a line to be held against; margin_class: fits (met with a margin of
    1.2 at least), narrow (met), near (every known figure reaches half of its line at least), far; fit: 0 is the
    best-fitting board of the firm, 1 the next; best: whether this board is it. No board is best for a firm without
    statements, for one that is listed already, or where none is near. Computed once for each Verdicts.
    """
    if verdicts not in _BY_BOARD:
        _BY_BOARD[verdicts] = _every_board(verdicts)
    return _BY_BOARD[verdicts]


def best_boards(verdicts: Verdicts) -> pd.DataFrame:
    """One row a firm, index firm_id: board (None: none), margin_class and margin of that board (None, NaN), and
    next_rung: one of RUNGS where no board is near, else None.

    No board and no rung for a firm that is listed on an exchange already or of which there are no statements.
    """
    table = by_board(verdicts)
    chosen = table[table["best"]] if len(table) else table
    best = chosen.set_index(chosen["firm_id"].astype("object"))[["board", "margin_class", "margin"]]
    best = best.astype({"board": "object", "margin_class": "object"}).reindex(verdicts.firm_ids)
    best = best.astype("object").where(best.notna(), None).astype({"margin": "float64"})
    rung = pd.Series(_next_rung(verdicts), index=best.index, dtype="object")
    return best.assign(next_rung=rung.where(best["board"].isna() & _is_candidate(verdicts), None))


def _every_board(verdicts: Verdicts) -> pd.DataFrame:
    boards = [board for board in verdicts.boards if board != RECOGNITION]
    firms = len(verdicts.firm_ids)
    if not boards or not firms:
        return pd.DataFrame(columns=list(COLUMNS))
    standards = {board: _standards(verdicts, board) for board in boards}
    ids = list(dict.fromkeys(id_ for of_board in standards.values() for id_ in of_board))  # one list for all boards
    parts = [_one_board(verdicts, board, np.array([ids.index(id_) for id_ in standards[board]])) for board in boards]
    # Arrays to the end: a firm is looked at alone as often as the city, and frames of one row cost as much to join.
    found = {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}
    key, suits = _order(found)
    by_firm = key.reshape(-1, firms)  # one row a board: the rows of the frame are sorted by board
    fit = by_firm.argsort(axis=0, kind="stable").argsort(axis=0, kind="stable").reshape(-1).astype(np.int8)
    categories: dict[str, pd.Index] = {
        "firm_id": verdicts.firm_ids,
        "board": pd.Index(BOARDS),
        "met": pd.Index(["", *ids]),
        "nearest": pd.Index(ids),
        "meets": pd.Index(MEETS),
        "margin_class": pd.Index(MARGIN_CLASSES),
        **dict.fromkeys(BOARD_PARTS, STATES),
    }
    found |= {
        "firm_id": np.tile(np.arange(firms, dtype=np.int32), len(boards)),
        "meets": _meets(found),
        "fit": fit,
        "best": (fit == 0) & suits & np.tile(_is_candidate(verdicts), len(boards)),
    }
    return pd.DataFrame(
        {
            name: pd.Categorical.from_codes(found[name], categories[name]) if name in categories else found[name]
            for name in COLUMNS
        }
    )


def _standards(verdicts: Verdicts, board: str) -> dict[str, int]:
    """The standards of a board, each with its place among the rules."""
    return {
        rule.id: place for place, rule in enumerate(verdicts.rules) if rule.board == board and rule.part == "standard"
    }


def _is_candidate(verdicts: Verdicts) -> NDArray[np.bool_]:
    """Firms with statements that are not listed on an exchange already."""
    listed = measure_values.value(verdicts.data, "is_listed", None) == 1
    return (verdicts.data.latest > 0) & ~listed


def _one_board(verdicts: Verdicts, board: str, number: NDArray[np.int64]) -> dict[str, NDArray[Any]]:
    """The columns of one board, a row a firm; words as their places. `number`: of its standards in the list of all."""
    firms = len(verdicts.firm_ids)
    places = np.array(list(_standards(verdicts, board).values()))
    state, reach = verdicts.state[places], verdicts.reach[places]
    conditions_missing, gap = verdicts.conditions_missing[places], verdicts.total_gap_share[places]
    largest = verdicts.largest_gap_share[places]
    nearest = _distance(state, reach, largest, conditions_missing, gap).argmin(axis=0)
    firm = np.arange(firms)
    is_met = state[nearest, firm] == MET
    own_reach = of_known_figures(state[nearest, firm], reach[nearest, firm]).astype(np.float64)
    states = part_states(verdicts, board)
    return {
        "board": np.full(firms, BOARDS.index(board), np.int8),
        "met": np.where(is_met, number[nearest] + 1, 0),
        "nearest": number[nearest],
        "conditions_missing": conditions_missing[nearest, firm],
        "total_gap_share": gap[nearest, firm],
        "largest_gap_share": largest[nearest, firm],
        "least_gap_share": largest.min(axis=0),
        "margin": np.where(np.isinf(reach[nearest, firm]), np.nan, reach[nearest, firm]),
        "margin_class": _margin_class(is_met, own_reach),
        "structural_missing": _open_conditions(verdicts, board),
        **{part: states.get(part, np.full(firms, _NOT_ASKED)).astype(np.int8) for part in BOARD_PARTS},
    }


def _distance(
    state: NDArray[np.uint8],
    reach: NDArray[np.float32],
    largest: NDArray[np.float32],
    conditions_missing: NDArray[np.int16],
    gap: NDArray[np.float32],
) -> NDArray[np.float64]:
    """One number to sort a board's standards by, the nearest smallest; one row a standard, one column a firm."""
    # Whole conditions first, the sum of gaps as the fraction below one.
    missing = conditions_missing + gap.astype(np.float64) / (1 + gap)
    near = of_known_figures(state, reach) >= NEAR - _SLACK
    tier = np.select(
        [state == MET, largest <= CLOSE_GAP + _SLACK, near & (state == NOT_MET), near & (state == UNKNOWN)],
        [0, 1, 2, 3],
        default=4,
    )
    # Among those that are met the largest margin, as a number between -1 (no end) and 0.
    margin = -1 + 1 / (1 + np.where(state == MET, reach, 0).astype(np.float64))
    return tier * 1e4 + np.where(tier == 0, margin, missing)


def _margin_class(is_met: NDArray[np.bool_], reach: NDArray[np.float64]) -> NDArray[np.int8]:
    """Places in MARGIN_CLASSES."""
    return np.select([is_met & (reach >= FITS - _SLACK), is_met, reach >= NEAR - _SLACK], [0, 1, 2], default=3).astype(
        np.int8
    )


def _open_conditions(verdicts: Verdicts, board: str) -> NDArray[np.int16]:
    """How many conditions of the board's structural rules are open: what a firm can still bring about, such as the
    share reform, or has to wait for, such as twelve months of quotation."""
    places = [i for i, rule in enumerate(verdicts.rules) if rule.board == board and rule.part == "structural"]
    if not places:
        return np.zeros(len(verdicts.firm_ids), np.int16)
    return np.add.reduce(verdicts.conditions_missing[places]).astype(np.int16)


def _meets(found: Mapping[str, NDArray[Any]]) -> NDArray[np.int8]:
    """Places in MEETS. `found`: columns of _one_board."""
    standard = found["standard"] == MET
    others = np.logical_and.reduce([(found[part] == MET) | (found[part] == _NOT_ASKED) for part in BOARD_PARTS[1:]])
    close = found["least_gap_share"] <= CLOSE_GAP + _SLACK
    known = found["standard"] != UNKNOWN
    return np.select([standard & others, standard, close, known], [0, 1, 2, 3], default=4).astype(np.int8)


def _order(found: Mapping[str, NDArray[Any]]) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
    """A number to sort the boards of a firm by, the best smallest, and whether a board suits at all. `found`: columns
    of _one_board.

    In this order: a standard is met, or near, or far; positioning met, open (unknown, not asked, or asked only to shut
    trades out), refused; the margin class (near: how much of the lines is reached, at most all); a board at home;
    conditions of structure that are still open, waiting among them; the more demanding board (rank in the board's
    file). A board that refuses the firm's positioning comes after all others and never suits.
    """
    ranks = {book.board: book.rank for book in rule_books.rule_books() if book.rank}
    board, margin_class, positioning = found["board"], found["margin_class"], found["positioning"]
    rank = np.array([ranks[name] for name in BOARDS])[board]
    rung_only, abroad, shuts_out = (_is_one_of(board, names) for names in (RUNGS_ONLY, ABROAD, SHUTS_OUT_ONLY))
    refused = positioning == NOT_MET
    group = np.select([refused, rung_only, margin_class <= 1, margin_class == 2], [4, 3, 0, 1], default=2)
    open_positioning = (~((positioning == MET) & ~shuts_out)).astype(np.float64)
    reached = np.where(group == 1, np.minimum(np.nan_to_num(found["margin"].astype(np.float64)), 1), 0)
    steps = np.select([group == 0, group == 1], [margin_class.astype(np.float64), 1 - reached], default=0.0)
    gap = found["total_gap_share"].astype(np.float64)
    far = np.where(group >= 2, found["conditions_missing"] + gap / (1 + gap), 0.0)
    order = np.lexsort((rank, found["structural_missing"], far, abroad, steps, open_positioning, group))
    key = np.empty(len(board), dtype=np.float64)
    key[order] = np.arange(len(board))
    return key, group <= 1


def _is_one_of(board: NDArray[Any], names: Sequence[str]) -> NDArray[np.bool_]:
    return np.isin(board, [BOARDS.index(name) for name in names])


def _next_rung(verdicts: Verdicts) -> NDArray[np.object_]:
    """What leads on, one of RUNGS a firm: quotation on NEEQ where its entry is met or near, the innovation tier for a
    quoted firm; else the provincial SRDI label, after it the little giant; a firm too small for the label has the
    regional equity market."""
    data, table = verdicts.data, by_board(verdicts)
    firms = len(verdicts.firm_ids)
    neeq = table[table["board"] == "neeq"] if len(table) else table
    reachable = neeq["margin_class"].isin(["fits", "narrow", "near"]).to_numpy() if len(neeq) else np.zeros(firms, bool)
    tier = data.words("neeq_tier")
    quoted = tier.notna().to_numpy() | (measure_values.value(data, "neeq_listed_months", None) >= 0)
    innovation = tier.isin(["创新层", "innovation"]).to_numpy()
    srdi = measure_values.value(data, "srdi_provincial", None) == 1
    small = measure_values.value(data, "revenue", 0) < _SRDI_REVENUE_CNY
    return np.select(
        [quoted & ~innovation, ~quoted & reachable, srdi & quoted, ~srdi & ~small, ~quoted],
        ["neeq_innovation", "neeq", "little_giant", "srdi", "regional_market"],
        default="srdi",
    ).astype(object)
