"""A firm's figures over the years as small plots, and all of them as a table."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from dash.development.base_component import Component

from dashboard.checked_once import dmc, html
from dashboard.components import amounts, charts
from dashboard.components.cards import card, empty, text_table
from pipeline import language
from pipeline.catalog import catalog
from pipeline.language import N_
from pipeline.language import gettext as _
from pipeline.wording import number_format

if TYPE_CHECKING:
    import pandas as pd

#: Caption, facts drawn together, and whether they are amounts.
PLOTS: tuple[tuple[str, tuple[str, ...], bool], ...] = (
    (N_("Revenue and net profit"), ("revenue_cny", "net_profit_cny"), True),
    (N_("R&D spend"), ("rd_spend_cny",), True),
    (N_("People"), ("staff", "rd_staff"), False),
    (N_("Intellectual property"), ("invention_patents", "utility_patents", "software_copyrights"), False),
)


def card_of(history: "pd.DataFrame", dark: bool, below: Component | None = None) -> Component:
    """`history`: index year, one column per fact, NaN unknown; `below`: what else the page says of these figures."""
    if history.empty:
        return card(_("Figures over the years"), empty(_("No yearly return yet.")))
    years = [int(year) for year in history.index]
    # As one table of plain values: a column of its own for each fact would take ten times as long.
    cells = zip(history.columns, history.to_numpy(dtype=object).T.tolist(), strict=True)
    stated = {name: values for name, values in cells if any(map(amounts.known, values))}
    plots = [_plot(years, stated, caption, names, money, dark) for caption, names, money in PLOTS]
    return card(
        _("Figures over the years"),
        [
            dmc.SimpleGrid(
                [plot for plot in plots if plot is not None],
                cols={"base": 1, "sm": 2, "xl": 4},
                spacing="lg",
                className="print-four",
            ),
            _all_figures(years, stated),
            below,
        ],
        _("As known today; where sources differ, the most trusted one counts"),
    )


def _plot(
    years: Sequence[int],
    stated: Mapping[str, Sequence[Any]],
    caption: str,
    names: tuple[str, ...],
    money: bool,
    dark: bool,
) -> Component | None:
    unit = number_format.money_unit()
    size = unit.yuan if money else 1
    series = {
        language.pick(catalog()[name]): {
            year: value / size if amounts.known(value) else None
            for year, value in zip(years, stated[name], strict=True)
        }
        for name in names
        if name in stated
    }
    if not series:
        return None
    title = language.in_brackets(_(caption), unit.name) if money else _(caption)
    return html.Div(
        [
            html.Div(title, className="tile-label"),
            charts.graph(charts.years(series, dark, unit.name if money else ""), 230, title),
        ]
    )


def _all_figures(years: Sequence[int], stated: Mapping[str, Sequence[Any]]) -> Component:
    """Every stated figure, a row a fact, a column a year, behind a fold."""
    rows: list[list[str]] = [
        [language.pick(fact), *(amounts.fact_value(fact, value) for value in stated[fact.name])]
        for fact in catalog().values()
        if not fact.per_firm and fact.name in stated
    ]
    shown = text_table([_("Figure"), *(str(year) for year in years)], rows, numbers=True)
    return html.Details(
        [html.Summary(_("All %(count)s figures as a table", count=len(rows)), className="text-link"), shown],
        style={"marginTop": "1rem"},
    )
