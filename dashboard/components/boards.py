"""How far a firm is from each board's listing standard, by the rules of a day: a line a board, its conditions below.

The verdicts come from pipeline.rules; here they are only laid out.
"""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import TYPE_CHECKING, Any

from dash.development.base_component import Component

from dashboard.checked_once import dcc, dmc, html
from dashboard.components.cards import aria, card, element, empty, pill, text_table
from pipeline import language
from pipeline.language import N_
from pipeline.language import gettext as _
from pipeline.rules.definition.model import VERDICT_NAMES
from pipeline.rules.definition.units import UNITS
from pipeline.wording import number_format

if TYPE_CHECKING:
    import pandas as pd

    from pipeline.rules.explanation.condition_text import ConditionRow
    from pipeline.rules.reports.board_tables import ConditionBar, FirmBoard, Standing
    from scoring.firm_list.standings import FirmStandings

STATES = {**VERDICT_NAMES, "not_asked": N_("not asked")}
TONES = {"met": "good", "not_met": "bad", "unknown": "warn", "not_asked": "plain"}
PARTS = {
    "standard": N_("Standard"),
    "structural": N_("Structure"),
    "precondition": N_("Preconditions"),
    "positioning": N_("Positioning"),
}
#: What is met of a board (nearest.MEETS), as the colour of its pill.
MEETS_TONES = {
    "meets_all": "good",
    "standard_only": "warn",
    "within_20_percent": "seed",
    "not_met": "bad",
    "unknown": "plain",
}
#: A bar at least this full is near enough to be shown as close.
_CLOSE = 0.8


def card_of(firm: "FirmStandings", today: date) -> Component:
    """A line a board with a bar for how much of its nearest standard's lines is met where most is missing; what is
    behind it is asked for when the line is opened."""
    title = _("Boards: what is met and what is missing")
    if not firm.standings:
        return card(title, empty(_("No yearly return yet.")))
    note = _(
        "Rules in force on %(day)s, facts as known on that day; the best-fitting board first", day=today.isoformat()
    )
    fits = (
        []
        if firm.best is None
        else [html.P(_("Best-fitting board: %(board)s", board=firm.best), className="best-board")]
    )
    notes = [html.P(warning, className="card-note") for warning in dict.fromkeys(map(str, firm.warnings))]
    lines = html.Div([_line(standing) for standing in firm.standings], className="boards")
    return card(title, [*fits, lines, *notes], note)


def labels_card(facts: "pd.DataFrame", firms: "pd.DataFrame", firm_id: str, today: date) -> Component | None:
    """Recognition: the HNTE certificate and every label of the day, met or not, with what is missing.

    None for a firm of which nothing is known.
    """
    from pipeline.rules.explanation import recognition

    if facts.empty:
        return None
    verdicts = recognition.check(facts, firms, today)
    rows = []
    for label in recognition.of_firm(verdicts, firm_id):
        gaps = label.gaps if label.verdict != "met" else []
        stated = "" if label.states_it is None else _("yes") if label.states_it else _("no")
        name = language.pick(label.label)
        # Each gap names its label, which stands at the head of the line already.
        missing = [str(gap).removeprefix(name).lstrip("：: ") for gap in gaps]
        rows.append([name, _(STATES[label.verdict]), stated, language.joined(missing)])
    certificate = recognition.expiry(verdicts).loc[firm_id]
    note = _("No HNTE certificate is known.")
    if certificate["state"]:
        ends = f"{certificate['expires_on']:%Y-%m-%d}"
        note = _("HNTE certificate until %(day)s", day=ends)
        if certificate["state"] == "expired":
            note = _("HNTE certificate ran out on %(day)s", day=ends)
        elif certificate["renew"]:
            note = _("HNTE certificate until %(day)s: to be renewed within 12 months", day=ends)
    headings = [_("Label"), _("State"), _("Held"), _("Still missing")]
    return card(_("Recognition and labels"), text_table(headings, rows, unbroken=frozenset({1})), note)


def _line(standing: "Standing") -> Component:
    """A board's line, which opens; its panel is filled by the page."""
    from pipeline.rules.reports import board_tables

    marks = [pill(_(board_tables.MEETS_NAMES[standing.meets]), MEETS_TONES[standing.meets])]
    marks += [_state_pill(part, state) for part, state in standing.states.items() if state != "not_asked"]
    reached = None if standing.gap_share is None else max(0.0, 1.0 - standing.gap_share)
    name = [element("Strong", language.pick(standing.label)), pill(_("best fit"), "gold") if standing.best else None]
    nearest = [element("Div", language.pick(standing.nearest_label), className="card-note"), gap_bar(reached)]
    head = element(
        "Div",
        [
            element("Div", name, className="board-name"),
            element("Div", nearest, className="board-bar"),
            element("Div", marks, className="board-marks"),
        ],
        className="board-line",
    )
    panel = html.Div(id={"type": "board-panel", "board": standing.board}, style={"minHeight": "6rem"})
    waiting = dcc.Loading(panel, type="dot", color="#17957b")
    item = dmc.AccordionItem([dmc.AccordionControl(head), dmc.AccordionPanel(waiting)], value=standing.board)
    opens = {"type": "board-line", "board": standing.board}
    return dmc.Accordion([item], id=opens, variant="separated", chevronPosition="left", radius="md")


def panel_of(row: "FirmBoard") -> Component:
    """What is behind a board's line: the conditions on the nearest way, what is missing, the law, every condition."""
    from pipeline.rules.explanation import rule_text

    rule = row.standing.nearest
    evidence = [html.P([f"{rule.edition.law} · {rule_text.evidence(rule)}"], className="card-note")]
    if note := language.pick(rule_text.notes_shown(rule)):
        evidence.append(html.P(note, className="card-note"))
    if row.market_value:
        texts = [row.market_value.stated, row.market_value.needed, row.market_value.estimate, row.market_value.doubt]
        evidence.append(html.P(language.joined([str(text) for text in texts if text]), className="card-note"))
    return html.Div(
        [
            html.Div([_condition_bar(bar) for bar in row.bars], className="gap-bars"),
            html.Ul([html.Li(str(gap)) for gap in row.gaps], className="gap-words"),
            *evidence,
            html.Details(
                [
                    html.Summary(_("Every condition of this board"), className="text-link"),
                    conditions_table(row.conditions),
                ]
            ),
        ]
    )


def _state_pill(part: str, state: str) -> Component:
    return pill(language.headed(_(PARTS[part]), _(STATES[state])), TONES[state])


def gap_bar(share: float | None) -> Any:
    """The share of a threshold that is reached, 0 to 1; empty for unknown."""
    full = share or 0.0
    tone = "" if full >= 1 else "short" if full >= _CLOSE else "far"
    fill = element("Div", className=f"gap-fill {tone}", style={"width": f"{100 * full:.0f}%"})
    return element("Div", fill, className="gap-track", role="img", **aria(label=f"{100 * full:.0f}%"))


def _condition_bar(bar: "ConditionBar") -> Component:
    words = [language.pick(bar.label), pill(_("unconfirmed"), "warn") if not bar.confirmed else None]
    missing = str(bar.missing) if bar.missing else _(STATES["unknown"])
    right = f"{100 * bar.share:.0f}%" if bar.share is not None else missing
    return html.Div([html.Div(words), gap_bar(bar.share), html.Div(right, className="card-note")], className="gap-line")


def conditions_table(conditions: "Sequence[ConditionRow]") -> Component:
    """Every condition of the rules of one board: the firm's value, its state, and the law."""
    from pipeline.rules.explanation.rule_text import sources

    short = language.short()
    named = {key: source[short] for key, source in sources().items()}
    rows, keys = [], []
    for entry in conditions:
        keys += [key for key in str(entry["source"]).split(",") if key not in keys]
        doubt = "" if entry["confirmed"] else f" [{_('unconfirmed')}]"
        title = rule_title(str(entry["rule"]), str(entry["board"]))
        rows.append([title, entry[short] + doubt, _value(entry), _(STATES[entry["verdict"]])])
    evidence = _("Evidence: %(sources)s", sources=language.joined([named.get(key, key) for key in keys]))
    table = text_table([_("Rule"), _("Condition"), _("Value now"), _("State")], rows, unbroken=frozenset({3}))
    return html.Div([table, html.P(evidence, className="card-note")])


def _value(entry: Mapping[Any, Any]) -> str:
    from pipeline.rules.explanation import condition_text

    text, value = entry["value_text"], entry["value"]
    if isinstance(text, str):
        return condition_text.said(text)
    if value is None or value != value:
        return "—"
    if isinstance(entry["threshold"], bool) or entry["unit"] not in UNITS or entry["unit"] == "none":
        return _("yes") if value == 1 else _("no") if value == 0 else number_format.plain(value)
    return condition_text.amount(float(value), condition_text.unit_of_row(entry))


def rule_title(rule: str, board: str) -> str:
    """What a rule is called at a board: several boards share the rules of issuance."""
    from pipeline.rules.explanation import condition_text

    return language.pick(condition_text.title(rule, board))
