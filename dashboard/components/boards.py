"""How far a firm is from each board's listing standard, by the rules of a day: a line a board, its conditions below.

What the rules say comes from pipeline/rules; here it only gets its place on the page.
"""

from collections.abc import Mapping
from datetime import date
from typing import TYPE_CHECKING, Any

import dash_mantine_components as dmc
from dash import html
from dash.development.base_component import Component

from dashboard.components.cards import aria, card, empty, pill, table
from pipeline import language
from pipeline.language import N_
from pipeline.language import gettext as _

if TYPE_CHECKING:
    import pandas as pd

STATES = {"met": N_("met"), "not_met": N_("not met"), "unknown": N_("unknown"), "not_asked": N_("not asked")}
TONES = {"met": "good", "not_met": "bad", "unknown": "warn", "not_asked": "plain"}
PARTS = {"standard": N_("Standard"), "structural": N_("Structure"), "precondition": N_("Preconditions"),
         "positioning": N_("Positioning")}  # fmt: skip
#: A bar at least this full is near enough to be shown as close.
_CLOSE = 0.8


def card_of(facts: "pd.DataFrame", firms: "pd.DataFrame", firm_id: str, today: date) -> Component:
    """A line a board with a bar for how much of its nearest standard is there; the conditions in a fold.

    `facts`, `firms`: as pipeline.facts gives them for `today`, of this firm at least.
    """
    from pipeline.errors import ShownToPeople
    from pipeline.rules import boards

    title = _("Boards: what is met and what is missing")
    if facts.empty:
        return card(title, empty(_("No yearly return yet.")))
    try:
        verdicts = boards.check(facts, firms, today)
        found = verdicts.of_firm(firm_id)
    except ShownToPeople as error:
        return card(title, empty(str(error)))
    order = found.boards.sort_values("fit").index
    items = [
        _item(
            str(board),
            found.boards.loc[board],
            found.conditions[found.conditions["board"] == board],
            found.gaps.get(str(board), []),
        )
        for board in order
    ]
    notes = [html.P(str(letter), className="card-note") for letter in (*verdicts.warnings, *verdicts.not_recorded)]
    note = _(
        "Rules in force on %(day)s, facts as known on that day; the best-fitting board first", day=today.isoformat()
    )
    return card(title, [dmc.Accordion(items, variant="separated", chevronPosition="left", radius="md"), *notes], note)


def _item(board: str, row: "pd.Series", conditions: "pd.DataFrame", gaps: list[Any]) -> Component:
    way = conditions[(conditions["rule"] == row["nearest"]) & conditions["on_way"] & (conditions["role"] != "when")]
    full = 1.0 if row["standard"] == "met" else max(0.0, 1 - float(row["gap"]) / max(len(way), 1))
    marks = [
        pill(f"{_(words)}：{_(STATES[row[part]])}" if language.language() == language.CHINESE else f"{_(words)}: {_(STATES[row[part]])}",
             TONES[row[part]])
        for part, words in PARTS.items()
        if row[part] != "not_asked"
    ]  # fmt: skip
    tone = "" if row["standard"] == "met" else "short" if full >= _CLOSE else "far"
    head = html.Div(
        [
            html.Div(
                [html.Strong(board_name(board)), pill(_("best fit"), "gold") if row["best"] else None], className="board-name"
            ),
            html.Div(
                [
                    html.Div(rule_title(str(row["nearest"])), className="card-note"),
                    html.Div(html.Div(className=f"gap-fill {tone}", style={"width": f"{100 * full:.0f}%"}), className="gap-track",
                             role="img", **aria(label=f"{100 * full:.0f}%")),
                ],
                className="board-bar",
            ),
            html.Div(marks, className="board-marks"),
        ],
        className="board-line",
    )  # fmt: skip
    words = [html.Li(str(sentence)) for sentence in gaps]
    return dmc.AccordionItem(
        [
            dmc.AccordionControl(head),
            dmc.AccordionPanel([html.Ul(words, className="gap-words"), conditions_table(conditions)]),
        ],
        value=board,
    )


def conditions_table(conditions: "pd.DataFrame") -> Component:
    """Every condition of the rules of one board: what was found, its state, and the law it stands on."""
    label = "en" if language.language() == language.ENGLISH else "zh"
    rows: list[list[Any]] = []
    for rule, group in conditions.groupby("rule", sort=False):
        rows.append([html.Strong(rule_title(str(rule))), "", "", ""])
        for entry in group.to_dict("records"):
            rows.append(
                [
                    entry[label],
                    _value(entry),
                    pill(_(STATES[entry["verdict"]]), TONES[entry["verdict"]]),
                    html.Span(
                        [entry["source"], " ", pill(_("unconfirmed"), "warn") if not entry["confirmed"] else None]
                    ),
                ]
            )
    return table([_("Condition"), _("Found"), _("State"), _("Source")], rows, frozenset({1}))


def _value(entry: Mapping[Any, Any]) -> str:
    from pipeline.rules import words
    from pipeline.rules.units import UNITS

    text, value = entry["value_text"], entry["value"]
    if isinstance(text, str):
        return text
    if value is None or value != value:
        return "—"
    unit = UNITS.get(entry["unit"])
    if unit is None or unit.kind == "none":
        return _("yes") if value == 1 else _("no") if value == 0 else f"{value:g}"
    return words.amount(float(value), unit)


def board_name(board: str) -> str:
    from pipeline.rules import dated

    return language.pick(dated.book_of(board))


def rule_title(rule: str) -> str:
    from pipeline.rules import words

    return language.pick(words.title(rule))
