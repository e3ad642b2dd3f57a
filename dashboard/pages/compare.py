"""Two to five firms side by side: `/compare?firms=9144…,9144…`, which can be printed."""

from collections.abc import Callable, Sequence
from typing import Any

from dash import Input, Output, State, no_update
from dash.development.base_component import Component

from dashboard.checked_once import dcc, dmc, html
from dashboard.components import amounts, terms
from dashboard.components.boards import MEETS_TONES
from dashboard.components.cards import card, empty, file_link, link, page_head, pill, table
from dashboard.queries.firm import search_firms
from dashboard.reports.side_by_side import FIGURES, MOST, Beside, side_by_side
from dashboard.web import request
from dashboard.web.callbacks import guarded_callback
from dashboard.web.routes import Page, View
from pipeline import language
from pipeline.accounts.people import Action
from pipeline.catalog import catalog
from pipeline.errors import ShownToPeople
from pipeline.language import N_, joined
from pipeline.language import gettext as _
from pipeline.rules.definition.model import BOARDS
from pipeline.rules.definition.rule_books import book_of
from pipeline.rules.reports import board_tables
from pipeline.tutoring.event_boards import board_name
from pipeline.wording import number_format
from scoring.features.matrix import GROUPS

_DOT = " · "
_NOTHING = "—"


def layout(view: View) -> Component:
    chosen = [part for part in view.query.get("firms", "").split(",") if part][:MOST]
    return html.Div(
        [
            page_head(_("Firms side by side"), _("Two to five firms"), _papers(view, chosen)),
            dmc.Stack([_choice(view, chosen), *_compared(view, chosen)]),
        ]
    )


def _papers(view: View, chosen: list[str]) -> Component | None:
    """The page of paper about each, as one file."""
    if not chosen or not view.may(Action.SEE_SCORES):
        return None
    about = _("One page on paper about each, as PDF")
    return file_link("PDF", f"/download/firm.pdf?firms={','.join(chosen)}", about)


def _choice(view: View, chosen: list[str]) -> Component:
    with request.database() as session:
        firms = dict(search_firms(session, view.person, ""))
    return html.Div(
        [
            dcc.Store(id="compare-firms", data=chosen),
            dmc.Select(
                id="compare-firm",
                label=_("Add a firm"),
                searchable=True,
                data=[{"value": code, "label": f"{name}{_DOT}{code}"} for code, name in firms.items()],
                nothingFoundMessage=_("Write a part of the name or code"),
                disabled=len(chosen) >= MOST,
                w=420,
                maw="100%",
            ),
        ],
        className="no-print",
    )


def _compared(view: View, chosen: list[str]) -> list[Component]:
    if len(chosen) < 2:
        return [card(None, empty(_("Choose two firms or more.")))] if not chosen else [_alone(view, chosen[0])]
    try:
        with request.database() as session:
            firms = side_by_side(session, view.person, chosen, view.today)
    except ShownToPeople as error:
        return [card(None, empty(str(error)))]
    return [
        _card(_("Score"), firms, _score_rows(firms)),
        _card(_("Reasons by group, in points"), firms, _group_rows(firms)),
        _card(_("Boards: what is met and what is missing"), firms, _board_rows(firms)),
        _card(_("Figures of three years"), firms, _figure_rows(firms)),
        _card(_("Where they stand and what comes next"), firms, _way_rows(firms)),
    ]


def _alone(view: View, firm: str) -> Component:
    with request.database() as session:
        names = dict(search_firms(session, view.person, firm))
    return card(None, [html.P(names.get(firm, firm)), empty(_("Choose another firm beside it."))])


def _card(title: str, firms: Sequence[Beside], rows: list[list[Any]]) -> Component:
    others = [each.id for each in firms]
    heads = ["", *(each.name for each in firms)]
    body = table(heads, rows)
    if title == _("Score"):
        away = [
            dcc.Link(
                _("without %(firm)s", firm=each.name),
                href="/compare?firms=" + ",".join(code for code in others if code != each.id),
                className="chip",
            )
            for each in firms
        ]
        return card(title, [body, html.Div(away, className="chips no-print")])
    return card(title, body)


def _row(words: str, firms: Sequence[Beside], cell: Callable[[Beside], Any]) -> list[Any]:
    return [words, *(cell(each) or _NOTHING for each in firms)]


def _score_rows(firms: Sequence[Beside]) -> list[list[Any]]:
    def rank(each: Beside) -> str:
        place = each.page.place
        return "" if place is None else _("%(rank)s of %(of)s", rank=place.rank, of=amounts.count(place.scored))

    def range_(each: Beside) -> str:
        score = each.page.score
        if score is None or score.low_points is None or score.high_points is None:
            return ""
        return f"{amounts.points(score.low_points)}–{amounts.points(score.high_points)}"

    return [
        _row(_("Firm"), firms, lambda each: link(each.name, f"/firm/{each.id}")),
        _row(_("District"), firms, lambda each: terms.district(each.page.firm.district_code)),
        _row(_("Points"), firms, lambda each: html.B(amounts.points(each.points)) if each.points is not None else ""),
        _row(_("Range of the bags"), firms, range_),
        _row(_("Rank"), firms, rank),
        _row(
            _("Data"),
            firms,
            lambda each: pill(_("thin data"), "warn") if each.page.score and each.page.score.thin_data else "",
        ),
    ]


def _group_rows(firms: Sequence[Beside]) -> list[list[Any]]:
    def cell(group: str) -> Callable[[Beside], Any]:
        return lambda each: amounts.signed_points(each.groups[group]) if group in each.groups else ""

    return [_row(language.pick(label), firms, cell(group)) for group, label in GROUPS.items()]


def _board_rows(firms: Sequence[Beside]) -> list[list[Any]]:
    def cell(board: str) -> Callable[[Beside], Any]:
        def of(each: Beside) -> Any:
            row = each.boards.get(board)
            if row is None:
                return ""
            gap = "" if not row.gap_share else _("gap %(share)s", share=number_format.percent(row.gap_share, 0))
            words = _(board_tables.MEETS_NAMES[row.meets])
            return html.Span([pill(words, MEETS_TONES[row.meets]), f" {gap}"])

        return of

    shown = [board for board in BOARDS if any(board in each.boards for each in firms)]
    return [_row(language.pick(book_of(board)), firms, cell(board)) for board in shown]


def _figure_rows(firms: Sequence[Beside]) -> list[list[Any]]:
    years = sorted({year for each in firms for year in each.years}, reverse=True)[:3]
    facts = catalog()

    def cell(name: str, year: int) -> Callable[[Beside], Any]:
        def of(each: Beside) -> str:
            value = each.years.get(year, {}).get(name, float("nan"))
            return "" if value != value else number_format.fact_value(facts[name], value)

        return of

    return [
        _row(_("%(fact)s of %(year)s", fact=language.pick(facts[name]), year=year), firms, cell(name, year))
        for name in FIGURES
        for year in years
    ]


def _way_rows(firms: Sequence[Beside]) -> list[list[Any]]:
    def stage(each: Beside) -> str:
        if each.case is None:
            return ""
        days = _("%(count)s days", count=each.case.days_in_stage)
        return joined([terms.stage(each.case.case.stage), days])

    def visit(each: Beside) -> str:
        return "" if each.last_visit is None else amounts.day(each.last_visit.visited_on)

    def step(each: Beside) -> str:
        if each.next_step is None:
            return ""
        due = amounts.day(each.next_step.due_on) if each.next_step.due_on else ""
        return joined(part for part in (each.next_step.next_step, due) if part)

    return [
        _row(_("Pool"), firms, lambda each: terms.pool(each.page.pool.pool) if each.page.pool else ""),
        _row(_("Stage"), firms, stage),
        _row(_("Mentor"), firms, lambda each: (each.case.mentor if each.case else "") or ""),
        _row(_("Last visit"), firms, visit),
        _row(_("Next step"), firms, step),
        _row(_("Target board"), firms, lambda each: board_name(each.plan.target_board or "")),
        _row(
            _("Share reform planned for"),
            firms,
            lambda each: amounts.day(each.plan.reform_on) if each.plan.reform_on else "",
        ),
        _row(
            _("Filing planned for"), firms, lambda each: amounts.day(each.plan.filing_on) if each.plan.filing_on else ""
        ),
    ]


@guarded_callback(
    Output("compare-firm", "data"),
    Input("compare-firm", "searchValue"),
    may=Action.SEE_FIRMS,
    prevent_initial_call=True,
)
def firms_named(search: str | None) -> list[dict[str, str]]:
    with request.database() as session:
        firms = dict(search_firms(session, request.person(), (search or "").rpartition(_DOT)[2]))
    return [{"value": code, "label": f"{name}{_DOT}{code}"} for code, name in firms.items()]


@guarded_callback(
    Output("address", "search"),
    Input("compare-firm", "value"),
    State("compare-firms", "data"),
    may=Action.SEE_FIRMS,
    prevent_initial_call=True,
)
def add_firm(firm: str | None, chosen: list[str] | None) -> Any:
    """The firm stands in the address, and so the page with it."""
    if not firm or firm in (chosen or []):
        return no_update
    return "?firms=" + ",".join([*(chosen or []), firm][:MOST])


PAGES = (Page("/compare", layout, Action.SEE_FIRMS, N_("Firms side by side")),)
