"""Plain tables for the board's pages: a firm's boards with gaps, the cohort's filters, who falls short of what.

boards.py, nearest.py, explaining.py -> **tables.py** -> dashboard pages (frames and dicts in, no Dash here)
"""

from datetime import date

import pandas as pd

from pipeline.language import N_, Label, Message, gettext, pick
from pipeline.rules.definition import rule_books
from pipeline.rules.definition.model import RECOGNITION
from pipeline.rules.evaluation import nearest
from pipeline.rules.evaluation.verdicts import Verdicts
from pipeline.rules.explanation import condition_table, condition_text, market_value, rule_text

NEAR = 0.2
FILTERS = ("meets", "within_20_percent", "unknown", "not_met")


def firm_boards(verdicts: Verdicts, firm_id: str) -> list[dict[str, object]]:
    """One dict a board, the best-fitting first.

    board, board_label, best, state (of the standards), standard (id met or None), nearest, nearest_label,
    conditions_missing, largest_gap_share (0.2: the largest gap is 20 % of its threshold), structural, precondition,
    positioning, gaps (texts), bars: [{label, value, threshold, unit, share (value / threshold, 0 to 1), verdict,
    gap_text}], confirmed, confidence, evidence (text), market_value (dict, see market_value_note) where the nearest
    standard asks for one.
    """
    found = condition_table.of_firm(verdicts, firm_id)
    places = {(rule.board, rule.id): rule for rule in verdicts.rules}
    values = market_value.market_values(verdicts, [firm_id]).iloc[0]
    needed = market_value.values_needed(verdicts)
    rows = []
    for board, row in found.boards.sort_values("fit").iterrows():
        rule = places[str(board), str(row["nearest"])]
        own = found.conditions[(found.conditions["board"] == board) & (found.conditions["rule"] == rule.id)]
        asks = needed[(needed["board"] == board) & (needed["rule"] == rule.id)]
        shown = {"source": list(rule.source), "confidence": rule.confidence, "confirmed": rule.confirmed}
        rows.append(
            {
                "board": str(board),
                "board_label": pick(rule_books.book_of(str(board))),
                "best": bool(row["best"]),
                "state": str(row["standard"]),
                "standard": str(row["met"]) if pd.notna(row["met"]) else None,
                "nearest": rule.id,
                "nearest_label": pick(condition_text.title(rule.id)),
                "conditions_missing": int(row["conditions_missing"]),
                "largest_gap_share": float(row["largest_gap_share"]),
                "structural": str(row["structural"]),
                "precondition": str(row["precondition"]),
                "positioning": str(row["positioning"]),
                "gaps": [str(gap) for gap in found.gaps[str(board)]],
                "bars": bars(own),
                "law": rule.edition.law,
                "confirmed": rule.confirmed,
                "confidence": rule.confidence,
                "evidence": rule_text.evidence(shown),
                "market_value": market_value_note(values, asks) if len(asks) else None,
            }
        )
    return rows


def bars(rows: pd.DataFrame) -> list[dict[str, object]]:
    """A bar for each condition on the cheapest way of one rule: how much of the threshold is reached."""
    found = []
    for row in rows[rows["on_way"] & (rows["role"] != "when")].to_dict("records"):
        value, line = row["value"], row["threshold"]
        sized = isinstance(line, int | float) and not isinstance(line, bool) and line > 0 and not pd.isna(value)
        reached = 1.0 if row["verdict"] == "met" else 0.0
        if sized and row["verdict"] != "met":
            reached = max(0.0, min(float(value) / line, 1.0) if row["op"] in (">=", ">") else min(line / value, 1.0))
        found.append(
            {
                "label": pick(Label(row["zh"], row["en"])),
                "value": None if pd.isna(value) else float(value),
                "threshold": line,
                "unit": row["unit"],
                "share": None if row["verdict"] == "unknown" else reached,
                "verdict": row["verdict"],
                "years": row["years"],
                "missing": str(condition_text.Missing(row["missing"])) if row["missing"] else "",
                "confirmed": bool(row["confirmed"]),
            }
        )
    return found


def market_value_note(values: pd.Series, needed: pd.DataFrame) -> dict[str, object]:
    """Stated value with its date, the estimate apart from it, and what the standard needs; each also as a text.

    `values`: a row of valuation.market_values; `needed`: rows of valuation.values_needed for one rule.
    """
    least = needed["needed_cny"].min()
    stated, implied = values["stated_cny"], values["implied_cny"]
    on = values["stated_on"]
    day = "" if pd.isna(on) else pd.Timestamp(on).date().isoformat()
    return {
        "stated_cny": None if pd.isna(stated) else float(stated),
        "stated_on": day or None,
        "stated_as": str(values["stated_as"]),
        "needed_cny": None if pd.isna(least) else float(least),
        "implied_cny": None if pd.isna(implied) else float(implied),
        "text": str(_stated_text(stated, day, str(values["stated_as"]))),
        "estimate": ""
        if pd.isna(implied)
        else gettext(
            N_("estimate, not part of the verdict: about %(value)s at %(multiple)s times %(by)s of %(industry)s"),
            value=condition_text.yi(float(implied)),
            multiple=f"{float(values['multiple']):g}",
            by=gettext(N_("earnings") if values["implied_by"] == "earnings" else N_("sales")),
            industry=pick(Label(str(values["industry_zh"]), str(values["industry_en"]))),
        ),
        "needed": "" if pd.isna(least) else gettext(N_("needs %(value)s"), value=condition_text.yi(float(least))),
    }


def _stated_text(stated: float, day: str, stated_as: str) -> Message:
    if pd.isna(stated):
        return Message(N_("market value: nobody has stated one"), {})
    if stated_as == "expected":
        return Message(
            N_("expected market value %(value)s %(day)s"), {"value": condition_text.yi(float(stated)), "day": day}
        )
    return Message(N_("latest round %(value)s %(day)s"), {"value": condition_text.yi(float(stated)), "day": day})


def filters(verdicts: Verdicts) -> pd.DataFrame:
    """A column of True and False for each board and filter, index firm_id: `bse meets`, `chinext within_20_percent`,
    `main unknown`, `star not_met`; within 20 % includes those that meet."""
    columns = {}
    table = nearest.by_board(verdicts)
    for board in (board for board in verdicts.boards if board != RECOGNITION):
        own = table[table["board"] == board]
        columns[f"{board} meets"] = (own["standard"] == "met").to_numpy()
        columns[f"{board} within_20_percent"] = (own["least_gap_share"] <= NEAR + 1e-6).to_numpy()
        columns[f"{board} unknown"] = (own["standard"] == "unknown").to_numpy()
        columns[f"{board} not_met"] = (own["standard"] == "not_met").to_numpy()
    return pd.DataFrame(columns, index=verdicts.firm_ids)


def filter_label(board: str, name: str) -> str:
    """How a filter is called on screen: 满足 北交所, 距创业板 20% 以内."""
    label = pick(rule_books.book_of(board))
    texts = {
        "meets": N_("meets %(board)s"),
        "within_20_percent": N_("within 20 %% of %(board)s"),
        "unknown": N_("%(board)s: unknown"),
        "not_met": N_("does not meet %(board)s"),
    }
    return gettext(texts[name], board=label)


def cohort_table(verdicts: Verdicts) -> pd.DataFrame:
    """One row a firm, index firm_id: best_board and its state (best_state), then a column of states a board."""
    table = nearest.by_board(verdicts)
    best = table[table["best"]].copy()
    best.index = pd.Index(best["firm_id"].astype("object"))
    found = pd.DataFrame(index=verdicts.firm_ids)
    found["best_board"] = best["board"].astype("object").reindex(found.index)
    found["best_state"] = best["standard"].astype("object").reindex(found.index)
    for board in verdicts.boards:
        if board != RECOGNITION:
            found[board] = table.loc[table["board"] == board, "standard"].astype("object").to_numpy()
    return found


def warnings(verdicts: Verdicts, today: date | None = None) -> list[str]:
    """What to show above every rule table: files not reviewed for a year, boards without a rule of the day."""
    late = rule_books.warnings_on(today, verdicts.boards) if today else []
    return list(dict.fromkeys(str(message) for message in (*verdicts.warnings, *late, *verdicts.not_recorded)))


__all__ = ["FILTERS", "NEAR", "cohort_table", "filter_label", "filters", "firm_boards", "nearest", "warnings"]
