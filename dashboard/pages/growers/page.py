"""The fast growers of a day: how fast, how sure, beside whom; who of the leaders is in touch and who is late.

`/growers?as_of=2026-05-01`; `/growers?firm=9144…` is one of them with its leaders and contacts (one_firm.py). The
column heads filter by district and industry.
"""

from typing import Any

import dash_mantine_components as dmc
from dash import html
from dash.development.base_component import Component

from dashboard.components import amounts, terms
from dashboard.components.cards import card, empty, page_head
from dashboard.components.grids import Row, count_column, grid, link_column, number_column, text_column
from dashboard.kept_answers.panel import Panel
from dashboard.pages.growers import one_firm
from dashboard.queries.questions import GROWERS
from dashboard.web import request
from dashboard.web.routes import Page, View
from dashboard.web.sent import day_of
from pipeline.accounts.people import Action
from pipeline.growth import in_words
from pipeline.growth.growers import Growers
from pipeline.growth.service import Served, served
from pipeline.growth.terms import LEVELS
from pipeline.language import N_, pick
from pipeline.language import gettext as _
from pipeline.tutoring.mentors import leaders


def layout(view: View) -> Component:
    if firm := view.query.get("firm"):
        return one_firm.layout(view, firm)
    day = min(day_of(view.query.get("as_of")) or view.today, view.today)
    note = _("As known on %(day)s", day=amounts.day(day))
    return html.Div([page_head(_("Fast growers"), note), PANEL.place(view, {"on": day})])


def _drawn(found: Growers, view: View) -> Component:
    with request.database() as session:
        rows = served(session, view.person, found.firms, found.as_of)
    said = [html.P(each, className="card-note") for each in (in_words.rule(found), in_words.cells(found))]
    late, unnamed = sum(each.overdue > 0 for each in rows), sum(each.unnamed > 0 for each in rows)
    contacts = _(
        "At %(late)s of them a leader is late with a contact; at %(unnamed)s a level has no leader yet.",
        late=amounts.count(late),
        unnamed=amounts.count(unnamed),
    )
    listed = _grid(rows) if rows else card(None, empty(_("No firm is a fast grower on this day.")))
    return dmc.Stack(
        [
            dmc.Alert(in_words.caution(found), color="yellow", variant="light", id="growers-caution"),
            card(in_words.counted(found), [*said, html.P(contacts)]),
            listed,
        ]
    )


def _grid(rows: list[Served]) -> Component:
    wrapped: dict[str, Any] = {"wrapText": True, "autoHeight": True}
    columns = [
        link_column("name", _("Firm")),
        text_column("district", _("District")),
        text_column("industry", _("Industry"), minWidth=150, **wrapped),
        text_column("size", _("Size at the beginning"), **wrapped),
        number_column("revenue", _("Revenue, % a year"), valueFormatter={"function": "oneDecimal(params.value)"}),
        text_column("revenue_interval", _("95% interval"), minWidth=150),
        text_column("revenue_rank", _("Rank by revenue growth"), minWidth=190, **wrapped),
        count_column("late", _("Levels late")),
        count_column("problems", _("Problems still open")),
        number_column("staff", _("Staff, % a year"), valueFormatter={"function": "oneDecimal(params.value)"}),
        text_column("staff_interval", _("95% interval"), minWidth=150),
        *(text_column(level, pick(leaders.LEVELS[level]), minWidth=150, **wrapped) for level in LEVELS),
    ]
    shown = grid("growers-grid", columns, [_row(each) for each in rows], key="firm_id", height="680px")
    return html.Div(shown, className="grid-frame")


def _row(one: Served) -> Row:
    grower = one.grower
    row: dict[str, Any] = {
        "firm_id": grower.firm_id,
        "name": grower.name or grower.firm_id,
        "address": f"/growers?firm={grower.firm_id}",
        "district": terms.district(grower.district),
        "industry": in_words.industry(grower.industry),
        "size": in_words.size(grower.size),
        "revenue": _per_cent(grower.revenue.rate),
        "revenue_interval": in_words.interval(grower.revenue),
        "revenue_rank": in_words.rank(grower.revenue),
        "staff": _per_cent(grower.staff.rate),
        "staff_interval": in_words.interval(grower.staff),
        "late": one.overdue,
        "problems": one.open_problems,
    }
    row |= {level: in_words.contact(one.levels[level]) for level in LEVELS if level in one.levels}
    return row


def _per_cent(rate: float | None) -> float | None:
    return None if rate is None else 100 * rate


PANEL = Panel("growers-found", GROWERS, _drawn).declare()
PAGES = (Page("/growers", layout, Action.SEE_PLAN, N_("Fast growers"), "arrow-up-right"),)
