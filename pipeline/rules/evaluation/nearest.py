"""The nearest standard of each board for every firm, and the board that fits it best.

Nearest: one that is met, by the largest margin; then those short by at most a fifth of each line, then by at most half,
then those of which a figure is unknown while every known one (and the market value as it is estimated) reaches half of
its line; the rest last. Among equals the one with the fewest conditions that are not met, then the smallest gaps added
up, then the order of the law. An unknown condition counts as two, and as the whole of its threshold: what is known to
be near comes before what is unknown.
"""

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
    parts = [_one_board(verdicts, board) for board in verdicts.boards if board != RECOGNITION]
    if not parts or not len(verdicts.firm_ids):
        return pd.DataFrame(columns=list(COLUMNS))
    firm_places = np.tile(np.arange(len(verdicts.firm_ids), dtype=np.int32), len(parts))
    table = pd.concat(parts, ignore_index=True)
    for column in ("met", "nearest"):  # one list of standards for all boards
        table[column] = pd.api.types.union_categoricals([part[column] for part in parts])
    table["firm_id"] = pd.Categorical.from_codes(firm_places, verdicts.firm_ids)
    table["meets"] = _meets(table)
    key, suits = _order(table)
    by_firm = key.reshape(-1, len(verdicts.firm_ids))  # one row a board: the rows of the frame are sorted by board
    table["fit"] = by_firm.argsort(axis=0, kind="stable").argsort(axis=0, kind="stable").reshape(-1).astype(np.int8)
    table["best"] = (table["fit"] == 0) & suits & np.tile(_is_candidate(verdicts), len(parts))
    return table[list(COLUMNS)]


def _is_candidate(verdicts: Verdicts) -> NDArray[np.bool_]:
    """Firms with statements that are not listed on an exchange already."""
    listed = measure_values.value(verdicts.data, "is_listed", None) == 1
    return (verdicts.data.latest > 0) & ~listed


def _one_board(verdicts: Verdicts, board: str) -> pd.DataFrame:
    firms = len(verdicts.firm_ids)
    places = np.array([i for i, rule in enumerate(verdicts.rules) if rule.board == board and rule.part == "standard"])
    ids = [verdicts.rules[i].id for i in places]
    state, reach = verdicts.state[places], verdicts.reach[places]
    conditions_missing, gap = verdicts.conditions_missing[places], verdicts.total_gap_share[places]
    largest = verdicts.largest_gap_share[places]
    nearest = _distance(state, reach, largest, conditions_missing, gap).argmin(axis=0)
    firm = np.arange(firms)
    is_met = state[nearest, firm] == MET
    own_reach = of_known_figures(state[nearest, firm], reach[nearest, firm]).astype(np.float64)
    states = part_states(verdicts, board)
    table = pd.DataFrame(
        {
            "board": pd.Categorical.from_codes(np.full(firms, BOARDS.index(board), np.int8), pd.Index(BOARDS)),
            "met": pd.Categorical.from_codes(np.where(is_met, nearest + 1, 0), pd.Index(["", *ids])),
            "nearest": pd.Categorical.from_codes(nearest, pd.Index(ids)),
            "conditions_missing": conditions_missing[nearest, firm],
            "total_gap_share": gap[nearest, firm],
            "largest_gap_share": largest[nearest, firm],
            "least_gap_share": largest.min(axis=0),
            "margin": np.where(np.isinf(reach[nearest, firm]), np.nan, reach[nearest, firm]),
            "margin_class": pd.Categorical.from_codes(_margin_class(is_met, own_reach), pd.Index(MARGIN_CLASSES)),
            "structural_missing": _open_conditions(verdicts, board),
        }
    )
    for part in BOARD_PARTS:
        codes = states.get(part)
        table[part] = pd.Categorical.from_codes(
            np.full(firms, 3, np.int8) if codes is None else codes.astype(np.int8), STATES
        )
    return table


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


def _meets(table: pd.DataFrame) -> "pd.Categorical[str]":
    """One of MEETS a row."""
    standard = table["standard"].to_numpy(dtype=object) == "met"
    others = np.logical_and.reduce([table[part].isin(["met", "not_asked"]).to_numpy() for part in BOARD_PARTS[1:]])
    close = (table["least_gap_share"] <= CLOSE_GAP + _SLACK).to_numpy()
    unknown = table["standard"].to_numpy(dtype=object) == "unknown"
    codes = np.select([standard & others, standard, close, ~unknown], [0, 1, 2, 3], default=4)
    return pd.Categorical.from_codes(codes.astype(np.int8), pd.Index(MEETS))


def _order(table: pd.DataFrame) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
    """A number to sort the boards of a firm by, the best smallest, and whether a board suits at all.

    In this order: a standard is met, or near, or far; positioning met, open (unknown, not asked, or asked only to shut
    trades out), refused; the margin class (near: how much of the lines is reached, at most all); a board at home;
    conditions of structure that are still open, waiting among them; the more demanding board (rank in the board's
    file). A board that refuses the firm's positioning comes after all others and never suits.
    """
    ranks = {book.board: book.rank for book in rule_books.rule_books() if book.rank}
    names = table["board"].cat.categories
    rank = np.array([ranks[board] for board in names])[table["board"].cat.codes]
    rung_only = table["board"].isin(RUNGS_ONLY).to_numpy()
    abroad = table["board"].isin(ABROAD).to_numpy()
    refused = (table["positioning"] == "not_met").to_numpy()
    margin_class = table["margin_class"].cat.codes.to_numpy()
    group = np.select([refused, rung_only, margin_class <= 1, margin_class == 2], [4, 3, 0, 1], default=2)
    belongs = (table["positioning"] == "met") & ~table["board"].isin(SHUTS_OUT_ONLY)
    open_positioning = (~belongs).to_numpy().astype(np.float64)
    reached = np.where(group == 1, np.minimum(table["margin"].fillna(0).to_numpy(dtype=np.float64), 1), 0)
    steps = np.select([group == 0, group == 1], [margin_class.astype(np.float64), 1 - reached], default=0.0)
    gap = table["total_gap_share"].to_numpy(dtype=np.float64)
    far = np.where(group >= 2, table["conditions_missing"].to_numpy() + gap / (1 + gap), 0.0)
    order = np.lexsort((rank, table["structural_missing"].to_numpy(), far, abroad, steps, open_positioning, group))
    key = np.empty(len(table), dtype=np.float64)
    key[order] = np.arange(len(table))
    return key, group <= 1


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
