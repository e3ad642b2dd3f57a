"""How long cases stay in each stage: of all, by year, by district, beside what is typical. `/times`."""

from collections.abc import Sequence
from typing import Any

from dash.development.base_component import Component

from dashboard.checked_once import dmc, html
from dashboard.components import amounts, terms
from dashboard.components.cards import card, empty, page_head, table
from dashboard.web import request
from dashboard.web.routes import Page, View
from pipeline import language
from pipeline.accounts.people import Action
from pipeline.language import N_
from pipeline.language import gettext as _
from pipeline.tutoring.counts.stage_times import FEWEST, StageTime, stage_times
from pipeline.tutoring.stages import STAGES


def layout(view: View) -> Component:
    with request.database() as session:
        times = stage_times(session, view.person, view.today)
    note = language.headed(_("As of"), amounts.day(view.today))
    if not times:
        return html.Div([page_head(_("How long stages take"), note), card(None, empty(_("No case is open.")))])
    return html.Div(
        [
            page_head(_("How long stages take"), note),
            html.P(
                _(
                    "After the median half of the cases have left the stage; those that still wait count as long as "
                    "they have waited. Where fewer than %(fewest)s, or fewer than half, have left, nothing is said.",
                    fewest=FEWEST,
                ),
                className="card-note",
            ),
            dmc.Stack(
                [
                    card(
                        _("All cases"), _table([one for one in times if one.year is None and one.district_code is None])
                    ),
                    card(
                        _("By the year in which the stage began"),
                        _table([one for one in times if one.year is not None], _("Year")),
                    ),
                    card(
                        _("By district"),
                        _table([one for one in times if one.district_code is not None], _("District")),
                    ),
                ]
            ),
        ]
    )


def _table(times: Sequence[StageTime], by: str | None = None) -> Component:
    rows: list[list[Any]] = [
        [
            terms.stage_short(one.stage),
            *([str(one.year) if one.year is not None else terms.district(one.district_code)] if by else []),
            one.left,
            one.not_left,
            _median(one),
            _typical(one.stage),
        ]
        for one in times
    ]
    heads = [
        _("Stage"),
        *([by] if by else []),
        _("Left for another stage"),
        _("Did not"),
        _("Median in days"),
        _("Typical in months"),
    ]
    first = 2 if by else 1
    return table(heads, rows, frozenset({first, first + 1, first + 2, first + 3}))


def _median(one: StageTime) -> Any:
    if one.median_days is None:
        return "–"
    longest = STAGES[one.stage].typical_months[1] * 365.25 / 12
    return html.Span(f"{one.median_days:.0f}", className="overdue" if one.median_days > longest else "day")


def _typical(stage: str) -> str:
    low, high = STAGES[stage].typical_months
    return _("%(low)s to %(high)s", low=f"{low:g}", high=f"{high:g}")


PAGES = (Page("/times", layout, Action.SEE_CASES, N_("How long stages take")),)
