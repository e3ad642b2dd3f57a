"""The ranking from which pacesetters are chosen, stage of life by stage of life, and the choice itself.

`/pacesetters?as_of=2026-05-01`. Every total is shown with the points that make it; near ties are marked; below each
stage stands what each weight does, and of whom too little is known.
"""

from typing import Any

import dash_mantine_components as dmc
from dash import dcc, html
from dash.development.base_component import Component

from dashboard.components import amounts, terms
from dashboard.components.cards import card, empty, page_head, text_table
from dashboard.components.grids import Row, count_column, grid, link_column, number_column, text_column
from dashboard.kept_answers.panel import Panel
from dashboard.pages.pacesetters import rounds
from dashboard.queries.questions import PACESETTERS
from dashboard.web.routes import Page, View
from dashboard.web.sent import day_of
from pipeline import language
from pipeline.accounts.people import Action
from pipeline.language import N_
from pipeline.language import gettext as _
from pipeline.pacesetters import in_words
from pipeline.pacesetters.ranking import RankedFirm, Ranking, StageRanking
from pipeline.wording import number_format


def layout(view: View) -> Component:
    day = min(day_of(view.query.get("as_of")) or view.today, view.today)
    return html.Div(
        [
            page_head(_("Pacesetters"), _("As known on %(day)s", day=amounts.day(day))),
            dmc.Alert(in_words.source(), color="yellow", variant="light", id="pacesetters-source"),
            html.Div(rounds.body(view), id="pacesetters-body", style={"marginTop": "1rem"}),
            dcc.Store(id="pacesetters-query", data=dict(view.query)),
            PANEL.place(view, {"on": day}),
        ]
    )


def _drawn(found: Ranking, _view: View) -> Component:
    how = [html.Li(said) for said in in_words.how(found)]
    how.append(html.Li(_("Each column of an indicator has its points of the total; blank where it is not known.")))
    if found.no_stage:
        unknown = _("Of %(count)s firms the stage of life is unknown.", count=amounts.count(found.no_stage))
        how.append(html.Li(unknown))
    return dmc.Stack([*(_stage(stage) for stage in found.stages), card(_("How it is counted"), html.Ul(how))])


def _stage(found: StageRanking) -> Component:
    ranked: list[Any] = (
        [html.P(in_words.border(found), className="card-note"), _ranked(found)]
        if found.firms
        else [empty(_("None of these firms is ranked in this stage."))]
    )
    weights = [_weights(found)] if found.ranked else []
    return card(in_words.stage(found.stage), [*ranked, *weights, _left_out(found)], in_words.counted(found))


def _ranked(found: StageRanking) -> Component:
    two = {"function": "twoDecimals(params.value)"}
    heads = {
        name: f"{in_words.indicator(name)} {number_format.percent(each / 100, 0)}"
        for name, each in found.weights.items()
    }
    columns = [
        count_column("place", _("Place in the choice"), minWidth=90),
        link_column("name", _("Firm")),
        number_column("total", _("Total of points"), valueFormatter=two),
        text_column("marks", _("Beside the border"), minWidth=130),
        *(number_column(name, head, minWidth=120, valueFormatter=two) for name, head in heads.items()),
        text_column("district", _("District")),
    ]
    rows = [_row(firm) for firm in found.firms]
    shown = grid(f"pacesetters-{found.stage}", columns, rows, key="firm_id", height="520px", persistence=False)
    return html.Div(shown, className="grid-frame")


def _row(firm: RankedFirm) -> Row:
    marks = [_("among the first")] if firm.is_in else []
    marks += [_("tie")] if firm.tied else []
    marks += [_("near tie")] if firm.near else []
    row: dict[str, Any] = {
        "firm_id": firm.firm_id,
        "name": firm.name or firm.firm_id,
        "address": f"/firm/{firm.firm_id}",
        "district": terms.district(firm.district),
        "place": firm.place,
        "total": firm.total,
        "marks": language.listed(marks),
    }
    return row | {part.indicator: None if part.rank is None else part.points for part in firm.parts}


def _weights(found: StageRanking) -> Component:
    """What it does to move each weight, folded away."""
    heads = [_("Weight moved, the others in proportion"), _("Comes in"), _("Goes out")]
    rows = [
        [
            in_words.shift(shift),
            in_words.firms_named(shift.enter, shift.entering, found.names),
            in_words.firms_named(shift.leave, shift.leaving, found.names),
        ]
        for shift in found.shifts
    ]
    return html.Details([html.Summary(_("What each weight does")), text_table(heads, rows)], className="folded")


def _left_out(found: StageRanking) -> Any:
    """Firms of which too little is known, with what is missing, folded away."""
    if not found.not_ranked:
        return None
    heads = [_("Firm"), _("Known share of the weight"), _("What is not known of it")]
    rows = [
        [one.name or one.firm_id, number_format.percent(one.known, 0), in_words.missing(one)]
        for one in found.not_ranked
    ]
    words = _("Not ranked: too little is known (%(count)s)", count=amounts.count(found.unranked))
    return html.Details([html.Summary(words), text_table(heads, rows)], className="folded")


PANEL = Panel("pacesetters-found", PACESETTERS, _drawn).declare()
PAGES = (Page("/pacesetters", layout, Action.SEE_PLAN, N_("Pacesetters"), "trophy"),)
