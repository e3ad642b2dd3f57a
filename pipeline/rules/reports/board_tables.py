"""What pages show of the rules: a firm's boards with their gaps, the filters of a cohort, who fits which board best.

Records and frames; nothing here knows of the dashboard.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from pipeline.language import N_, Label, Message, gettext, pick
from pipeline.rules.definition import rule_books
from pipeline.rules.definition.model import BOARD_PARTS, RECOGNITION, RuleInForce
from pipeline.rules.evaluation import nearest
from pipeline.rules.evaluation.verdicts import Verdicts
from pipeline.rules.explanation import condition_table, condition_text, market_value
from pipeline.rules.explanation.condition_text import ConditionRow

#: The questions by which a city's firms are filtered and counted, of each board: what nearest.MEETS can be.
FILTERS = nearest.MEETS
#: How people say them: of a board, as a filter ("meets all that ChiNext asks"), and alone, as a heading or a state.
FILTER_TEXTS = {
    "meets_all": N_("meets all that %(board)s asks"),
    "standard_only": N_("meets the financial standard of %(board)s only"),
    "within_20_percent": N_("within 20 %% of %(board)s, not yet met"),
    "not_met": N_("does not meet %(board)s"),
    "unknown": N_("%(board)s: unknown"),
}
MEETS_NAMES = {
    "meets_all": N_("meets all"),
    "standard_only": N_("financial standard only"),
    "within_20_percent": N_("within 20 %, not yet met"),
    "not_met": N_("not met"),
    "unknown": N_("unknown"),
}
MARGIN_NAMES = {
    "fits": N_("fits"),
    "narrow": N_("narrow: less than a fifth above the line"),
    "near": N_("near: more than half of the line"),
    "far": N_("far"),
}
RUNG_NAMES = {
    "neeq": N_("quotation on NEEQ"),
    "neeq_innovation": N_("NEEQ innovation tier"),
    "srdi": N_("provincial SRDI recognition"),
    "little_giant": N_("little giant recognition"),
    "regional_market": N_("a regional equity market"),
}


@dataclass(frozen=True)
class ConditionBar:
    """One condition on the nearest way to a standard. `share`: how much of the threshold is reached, 0 to 1, None where
    it is unknown; `missing`: what an unknown one lacks."""

    label: Label
    value: float | None
    threshold: object
    share: float | None
    verdict: str
    missing: condition_text.Missing | None
    confirmed: bool


@dataclass(frozen=True)
class MarketValueNote:
    """The stated value with its date, what the standard needs, apart from both an estimate, and what is doubted."""

    stated: Message
    needed: Message | None
    estimate: Message | None
    doubt: Message | None


@dataclass(frozen=True)
class Standing:
    """How far a firm is from one board. `meets`: one of nearest.MEETS; `margin_class`: one of nearest.MARGIN_CLASSES;
    `states`: part -> its state; `nearest`: the rule of the nearest standard, of whose lines `gap_share` is missing
    where most is missing, None where it is unknown."""

    board: str
    label: Label
    best: bool
    meets: str
    margin_class: str
    states: Mapping[str, str]
    nearest: RuleInForce
    nearest_label: Label
    gap_share: float | None


@dataclass(frozen=True)
class FirmBoard:
    """A firm's standing to one board with all that is behind it. `gaps`: what the nearest standard and the other parts
    lack, a sentence a condition; `conditions`: all of the board, by the names of condition_table.COLUMNS."""

    standing: Standing
    gaps: list[Message]
    bars: list[ConditionBar]
    market_value: MarketValueNote | None
    conditions: list[ConditionRow]


def standings(rows: Mapping[str, Mapping[str, Any]], rules: Sequence[RuleInForce]) -> list[Standing]:
    """`rows`: of each board the columns of nearest.by_board for one firm, and gap_share; `rules`: those of the day.
    The best-fitting board comes first."""
    in_force = {(rule.board, rule.id): rule for rule in rules}
    found = []
    for board, row in sorted(rows.items(), key=lambda item: int(item[1]["fit"])):
        book, rule, gap = rule_books.book_of(board), in_force[board, str(row["nearest"])], row["gap_share"]
        found.append(
            Standing(
                board=board,
                label=Label(book.zh, book.en),
                best=bool(row["best"]),
                meets=str(row["meets"]),
                margin_class=str(row["margin_class"]),
                states={part: str(row[part]) for part in BOARD_PARTS},
                nearest=rule,
                nearest_label=condition_text.title(rule.id, board),
                gap_share=None if gap is None or pd.isna(gap) else float(gap),
            )
        )
    return found


def standings_of(verdicts: Verdicts, firm_id: str) -> list[Standing]:
    """A firm's standing to every board, the best-fitting first."""
    table = nearest.by_board(verdicts)
    return _standings(table[table["firm_id"] == firm_id].set_index("board"), verdicts.rules)


#: The columns of nearest.by_board that `standings` reads.
_OF_STANDING = ("fit", "nearest", "best", "meets", "margin_class", *BOARD_PARTS)


def _standings(own: pd.DataFrame, rules: Sequence[RuleInForce]) -> list[Standing]:
    """`own`: a firm's rows of nearest.by_board, index board."""
    columns = {name: own[name].tolist() for name in _OF_STANDING} | {"gap_share": gap_shares(own).tolist()}
    rows = {
        str(board): {name: values[place] for name, values in columns.items()} for place, board in enumerate(own.index)
    }
    return standings(rows, rules)


def firm_boards(verdicts: Verdicts, firm_id: str) -> list[FirmBoard]:
    """Every board for one firm, the best-fitting first."""
    firm = condition_table.of_firm(verdicts, firm_id)
    boards = []
    for standing in _standings(firm.boards, verdicts.rules):
        board, rule = standing.board, standing.nearest
        needed = market_value.needed_by(rule, verdicts.facts_day)
        values = market_value.market_values(verdicts, [firm_id]).iloc[0] if needed else None
        boards.append(
            FirmBoard(
                standing=standing,
                gaps=firm.gaps[board],
                bars=bars(firm.rows.get((board, rule.id), [])),
                market_value=None if values is None else market_value_note(values, needed),
                conditions=[row for (of_board, _rule), rows in firm.rows.items() if of_board == board for row in rows],
            )
        )
    return boards


def bars(rows: Sequence[ConditionRow]) -> list[ConditionBar]:
    """A bar for each condition on the cheapest way of one rule."""
    bars_of_rule = []
    for row in (row for row in rows if row["on_way"] and row["role"] != "when"):
        value, line = row["value"], row["threshold"]
        sized = isinstance(line, int | float) and not isinstance(line, bool) and line > 0 and not pd.isna(value)
        reached = 1.0 if row["verdict"] == "met" else 0.0
        if sized and row["verdict"] != "met":
            reached = max(0.0, min(float(value) / line, 1.0) if row["op"] in (">=", ">") else min(line / value, 1.0))
        bars_of_rule.append(
            ConditionBar(
                label=Label(row["zh"], row["en"]),
                value=None if pd.isna(value) else float(value),
                threshold=line,
                share=None if row["verdict"] == "unknown" else reached,
                verdict=row["verdict"],
                missing=condition_text.Missing(row["missing"]) if row["missing"] else None,
                confirmed=bool(row["confirmed"]),
            )
        )
    return bars_of_rule


def market_value_note(values: pd.Series, needed: Sequence[float]) -> MarketValueNote:
    """`values`: a row of market_value.market_values; `needed`: as market_value.needed_by has it for one rule."""
    least, implied = np.fmin.reduce(np.array(needed)), values["implied_cny"]
    estimate = Message(
        N_("estimate, not part of the verdict: about %(value)s at %(multiple)s times %(by)s of %(industry)s"),
        {
            "value": condition_text.LargeSum(float(implied)),
            "multiple": f"{float(values['multiple']):g}",
            "by": Message(N_("earnings") if values["implied_by"] == "earnings" else N_("sales")),
            "industry": Label(str(values["industry_zh"]), str(values["industry_en"])),
        },
    )
    times = values["times_implied"]
    return MarketValueNote(
        stated=_stated_text(values),
        needed=None
        if pd.isna(least)
        else Message(N_("needs %(value)s"), {"value": condition_text.LargeSum(float(least))}),
        estimate=None if pd.isna(implied) else estimate,
        doubt=None
        if pd.isna(times)
        else Message(N_("%(times)s times the estimate: check it"), {"times": f"{times:.{1 if times < 10 else 0}f}"}),
    )


def _stated_text(values: pd.Series) -> Message:
    """Which value the verdict uses, or why it uses none."""
    stated = values["stated_as"] or values["unused_as"]
    if not stated:
        return Message(N_("market value: nobody has stated one"), {})
    if values["stated_as"]:
        params = {"value": condition_text.LargeSum(float(values["stated_cny"])), "day": _written(values["stated_on"])}
        if stated == "expected":
            return Message(N_("expected market value %(value)s %(day)s"), params)
        return Message(
            N_(
                "valuation after the latest round %(value)s %(day)s; it stands for the expected market value (shares "
                "after the issue times the issue price), which nobody has stated"
            ),
            params,
        )
    params = {"value": condition_text.LargeSum(float(values["unused_cny"])), "day": _written(values["unused_on"])}
    if stated == "expected":
        return Message(
            N_("expected market value %(value)s %(day)s: over 24 months old, not used as market value"), params
        )
    if pd.isna(values["unused_on"]):
        return Message(N_("latest round %(value)s without a day: not used as market value"), params)
    return Message(N_("latest round %(value)s %(day)s: not of the last 24 months, not used as market value"), params)


def _written(day: pd.Timestamp) -> str:
    return "" if pd.isna(day) else pd.Timestamp(day).date().isoformat()


def filters(verdicts: Verdicts) -> pd.DataFrame:
    """A column of True and False for each board and filter, index firm_id: `bse meets_all`, `chinext standard_only`,
    `main within_20_percent`; of each board exactly one holds for a firm."""
    columns = {}
    table = nearest.by_board(verdicts)
    for board in (board for board in verdicts.boards if board != RECOGNITION):
        own = table.loc[table["board"] == board, "meets"]
        for name in FILTERS:
            columns[f"{board} {name}"] = (own == name).to_numpy()
    return pd.DataFrame(columns, index=verdicts.firm_ids)


def filter_label(board: str, name: str) -> str:
    """How a filter is called on screen: 满足创业板全部要求, 距创业板 20% 以内且未达标."""
    return gettext(FILTER_TEXTS[name], board=pick(rule_books.book_of(board)))


def cohort_table(verdicts: Verdicts) -> pd.DataFrame:
    """One row a firm, index firm_id: best_board with its margin_class and best_state (what of it is met, one of
    nearest.MEETS; all None without a best board), next_rung (where no board is near), then two columns a board: its
    name, one of nearest.MEETS, and name_gap_share, as gap_shares."""
    table = nearest.by_board(verdicts)
    if table.empty:  # nobody has stated anything yet
        names = ["best_board", "best_state", *(board for board in verdicts.boards if board != RECOGNITION)]
        return pd.DataFrame(index=verdicts.firm_ids, columns=names, dtype=object)
    best = table[table["best"]].copy()
    best.index = pd.Index(best["firm_id"].astype("object"))
    found = nearest.best_boards(verdicts)
    cohort = pd.DataFrame(index=verdicts.firm_ids)
    cohort["best_board"] = found["board"]
    cohort["margin_class"] = found["margin_class"]
    cohort["best_state"] = best["meets"].astype("object").reindex(cohort.index)
    cohort["next_rung"] = found["next_rung"]
    for board in verdicts.boards:
        if board != RECOGNITION:
            own = table["board"] == board
            cohort[board] = table.loc[own, "meets"].astype("object").to_numpy()
            cohort[f"{board}_gap_share"] = gap_shares(table[own])
    return cohort


def gap_shares(table: pd.DataFrame) -> NDArray[np.float64]:
    """How much of its line is missing where most is missing, on the way to the nearest standard: 0 where that is met,
    NaN where it is unknown. `table`: rows of nearest.by_board."""
    share = table["largest_gap_share"].astype("float64")
    return share.where(table["standard"].astype("object") != "unknown").to_numpy()


def best_text(best: Mapping[str, object] | pd.Series) -> Message | None:
    """The best board in words, or that none is near and what leads on; None for a firm of which nothing is known or
    that is listed. `best`: a row of nearest.best_boards."""
    board, rung = best["board"], best["next_rung"]
    if board is not None and not pd.isna(board):
        book = rule_books.book_of(str(board))
        how = Message(MARGIN_NAMES[str(best["margin_class"])])
        return Message(N_("%(board)s (%(how)s)"), {"board": Label(book.zh, book.en), "how": how})
    if rung is None or pd.isna(rung):
        return None
    return Message(N_("no board yet; next rung: %(rung)s"), {"rung": Message(RUNG_NAMES[str(rung)])})


def warnings(verdicts: Verdicts, today: date | None = None) -> list[str]:
    """What to show above every rule table: files not reviewed for a year, boards without a rule of the day."""
    late = rule_books.warnings_on(today, verdicts.boards) if today else []
    return list(dict.fromkeys(str(message) for message in (*verdicts.warnings, *late, *verdicts.not_recorded)))
