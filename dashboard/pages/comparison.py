"""The rules of two days compared for the city: which firms gain or lose a board, where, and by which change of law.

The same firms with the same figures under each day's rules, so every difference is a change of the law.
"""

from datetime import date
from typing import TYPE_CHECKING, Any

import dash_mantine_components as dmc
from dash import Input, State, html, no_update
from dash.development.base_component import Component

from dashboard.components import amounts, terms
from dashboard.components.boards import rule_title
from dashboard.components.cards import card, empty, page_head, pill, table, text_table
from dashboard.components.grids import grid, link_column, pill_column, text_column
from dashboard.kept_answers.panel import Panel
from dashboard.queries.questions import COMPARISON
from dashboard.web import request
from dashboard.web.callbacks import guarded_callback
from dashboard.web.routes import Page, View
from dashboard.web.sent import day_of
from pipeline import language
from pipeline.accounts.people import Action
from pipeline.language import N_
from pipeline.language import gettext as _
from pipeline.rules.definition import units
from pipeline.rules.definition.model import BOARDS
from pipeline.rules.definition.rule_books import book_of
from pipeline.rules.definition.windows import window
from pipeline.rules.explanation.condition_text import title

if TYPE_CHECKING:
    import pandas as pd

    from pipeline.rules.reports.compare_regimes import Comparison

CHANGES = {"gains": N_("gains"), "loses": N_("loses"), "may_gain": N_("may gain"), "may_lose": N_("may lose")}
TONES = {"gains": "good", "loses": "bad", "may_gain": "seed", "may_lose": "warn"}
#: The day before the listing rules of 30 April 2024 came into force: what a first look compares with.
_BEFORE = date(2024, 4, 29)


def layout(view: View) -> Component:
    before, after = view.query.get("before"), view.query.get("after")
    form = dmc.Group(
        [
            dmc.DateInput(
                id="comparison-before",
                label=_("Rules of"),
                value=before or _BEFORE.isoformat(),
                valueFormat="YYYY-MM-DD",
                w=150,
            ),
            dmc.DateInput(
                id="comparison-after",
                label=_("against rules of"),
                value=after or view.today.isoformat(),
                valueFormat="YYYY-MM-DD",
                w=150,
            ),
            dmc.DateInput(
                id="comparison-facts",
                label=_("Figures as known on"),
                value=view.today.isoformat(),
                valueFormat="YYYY-MM-DD",
                maxDate=view.today.isoformat(),
                w=170,
            ),
            dmc.Button(_("Compare"), id="comparison-do"),
        ],
        align="end",
    )
    return html.Div(
        [
            page_head(_("Rules of two days"), _about(view)),
            card(None, form),
            _placed(view, before, after),
        ]
    )


def _placed(view: View, before: str | None, after: str | None) -> Component:
    """What the address asks for; a first look: the rules of today against those before the last great change."""
    days = _days(
        _BEFORE if before is None else day_of(before), view.today if after is None else day_of(after), view.today
    )
    return PANEL.place(view, days, None if days else _asked_for_days())


def _days(before: date | None, after: date | None, facts: date | None) -> dict[str, date] | None:
    if before is None or after is None or facts is None:
        return None
    return {"before": before, "after": after, "facts": facts}


def _asked_for_days() -> Component:
    return card(None, empty(_("Choose all three days.")))


def _about(view: View) -> str:
    """Whose firms are counted: the city's, or those of the reader's district."""
    if district := terms.district(view.person.district_code):
        return _(
            "What a change of the law does to the firms of %(district)s: the same firms, the same figures",
            district=district,
        )
    return _("What a change of the law does to the city: the same firms, the same figures")


def _drawn(comparison: "Comparison", _view: View) -> Component:
    return dmc.Stack(
        [_counts_card(comparison), _laws_card(comparison), _districts_card(comparison), _firms_card(comparison)]
    )


PANEL = Panel("comparison-found", COMPARISON, _drawn).declare()


@guarded_callback(
    *PANEL.outputs(),
    Input("comparison-do", "n_clicks"),
    State("comparison-before", "value"),
    State("comparison-after", "value"),
    State("comparison-facts", "value"),
    State("comparison-found-tick", "n_intervals"),
    may=Action.EXPORT,
    prevent_initial_call=True,
)
def compare(
    _clicks: int | None, before: str | None, after: str | None, facts: str | None, ticks: int | None
) -> tuple[Any, Any, Any, Any]:
    view = View(request.person(), request.today(), request.dark())
    days = _days(day_of(before), day_of(after), day_of(facts))
    if days is None:
        return _asked_for_days(), None, no_update, None
    days["facts"] = min(days["facts"], view.today)
    return PANEL.contents(view, days, ticks)


def _counts_card(comparison: "Comparison") -> Component:
    rows = [
        [
            board_label(row["board"]),
            amounts.count(row["met_before"]),
            amounts.count(row["met_after"]),
            *(_many(row[change], TONES[change]) for change in CHANGES),
        ]
        for row in comparison.counts.to_dict("records")
    ]
    headings = [_("Board"), _("met before"), _("met after"), *(_(name) for name in CHANGES.values())]
    note = _(
        "Firms that meet one of a board's standards, by the rules of %(before)s and of %(after)s",
        before=comparison.before.isoformat(),
        after=comparison.after.isoformat(),
    )
    return card(_("By board"), table(headings, rows, frozenset(range(1, 7))), note)


def _many(count: int, tone: str) -> Any:
    return pill(amounts.count(count), tone) if count else html.Span("0", className="card-note")


def _laws_card(comparison: "Comparison") -> Component:
    changed = comparison.changed_thresholds
    began, ended = _titles(comparison.new_rules), _titles(comparison.ended_rules)
    named = {
        _("Amended rules"): [title for title in began if title in ended],
        _("New rules"): [title for title in began if title not in ended],
        _("Ended rules"): [title for title in ended if title not in began],
    }
    lists = [
        html.P([html.Strong(name), language.headed("", language.joined(titles))], className="card-note")
        for name, titles in named.items()
        if titles
    ]
    if changed.empty:
        return card(_("What changed in the law"), [*lists, empty(_("No threshold differs between the two days."))])
    laws = [
        str(law or "—") + ("" if confirmed else f" [{_('unconfirmed')}]")
        for law, confirmed in zip(changed["law"], changed["confirmed"], strict=True)
    ]
    numbers = {law: number for number, law in enumerate(dict.fromkeys(laws), start=1)}
    rows = [
        [
            board_label(row["board"]),
            _measure(row),
            _threshold(row["before"], row),
            _threshold(row["after"], row),
            amounts.day(row["begins"]) if not isinstance(row["begins"], str) else row["begins"],
            f"[{numbers[law]}]",
        ]
        for row, law in zip(changed.to_dict("records"), laws, strict=True)
    ]
    headings = [_("Board"), _("Condition"), _("before"), _("after"), _("In force from"), _("Law")]
    under = [html.P(f"[{number}] {law}", className="card-note") for law, number in numbers.items()]
    return card(_("What changed in the law"), [*lists, text_table(headings, rows, unbroken=frozenset({4})), *under])


def _measure(row: dict[Any, Any]) -> str:
    from pipeline.rules.explanation.condition_text import fact_name

    over = window(row["window"])
    name = fact_name(str(row["measure"]))
    if over is None:
        return name
    return over.en(name) if language.short() == "en" else over.zh(name)


def _threshold(value: Any, row: dict[Any, Any]) -> str:
    from pipeline.rules.explanation.condition_text import amount, said, unit_of_row

    if value is None or value != value:
        return "—"
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    if isinstance(value, int | float):
        return amount(float(value), unit_of_row(row)) if row["unit"] in units.UNITS else f"{value:g}"
    words = [said(str(word)) for word in (value if isinstance(value, list) else [value])]
    return language.listed(dict.fromkeys(words))


def _titles(rules: list[str]) -> list[str]:
    """What rules are called, each once: a new edition of a rule bears the title of the one before."""
    return list(dict.fromkeys(language.pick(title(rule)) for rule in rules))


def _districts_card(comparison: "Comparison") -> Component:
    moved = comparison.by_district[(comparison.by_district[["gains", "loses", "may_gain", "may_lose"]].sum(axis=1)) > 0]
    if moved.empty:
        return card(_("By district"), empty(_("Nobody gains or loses a board.")))
    rows = [
        [
            terms.district(row["district_code"]) or _("unknown"),
            board_label(row["board"]),
            *(_many(row[change], TONES[change]) for change in CHANGES),
        ]
        for row in moved.sort_values(["district_code"], kind="stable").to_dict("records")
    ]
    headings = [_("District"), _("Board"), *(_(name) for name in CHANGES.values())]
    return card(_("By district"), table(headings, rows, frozenset(range(2, 6))))


_STANDARDS = ("standard_before", "standard_after")


def _firms_card(comparison: "Comparison") -> Component:
    moved: pd.DataFrame = comparison.firms[comparison.firms["change"].isin(CHANGES)]
    if moved.empty:
        return html.Div()
    standards = {(rule, board) for name in _STANDARDS for rule, board in zip(moved[name], moved["board"], strict=True)}
    titles = {(rule, board): _standard(rule, board) for rule, board in standards}
    rows = [
        {
            "key": f"{row['firm_id']} {row['board']}",
            "name": row["name"] or row["firm_id"],
            "address": f"/firm/{row['firm_id']}",
            "district": terms.district(row["district_code"]),
            "board": board_label(row["board"]),
            "change": _(CHANGES[row["change"]]),
            "before": titles[row["standard_before"], row["board"]],
            "after": titles[row["standard_after"], row["board"]],
        }
        for row in moved.to_dict("records")
    ]
    columns = [
        link_column("name", _("Firm")),
        text_column("district", _("District")),
        text_column("board", _("Board")),
        pill_column("change", _("Change"), {_(CHANGES[name]): tone for name, tone in TONES.items()}),
        text_column("before", _("before"), minWidth=160),
        text_column("after", _("after"), minWidth=160),
    ]
    return card(
        _("Firms that gain or lose"),
        html.Div(grid("comparison-firms", columns, rows, key="key", height="460px"), className="grid-frame"),
    )


def _standard(rule: Any, board: str) -> str:
    return rule_title(rule, board) if isinstance(rule, str) and rule else ""


def board_label(board: Any) -> str:
    return language.pick(book_of(board)) if board in BOARDS else str(board)


PAGES = (Page("/rules", layout, Action.EXPORT, N_("Rules of two days"), "scale"),)
