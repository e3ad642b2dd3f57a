"""Whose points moved since the scores of an earlier day, by how much, and why: its own figures from what to what, the
other firms' ranks, other lines of the listing rules, another model. `/movers?since=2025-05-01&least=5`."""

from typing import TYPE_CHECKING, Any

import dash_mantine_components as dmc
from dash import dcc, html
from dash.development.base_component import Component

from dashboard.components import amounts, terms
from dashboard.components.cards import card, empty, facts_list, link, page_head
from dashboard.components.grids import Row, grid, link_column, number_column, pill_column, text_column
from dashboard.web import request
from dashboard.web.routes import Page, View
from dashboard.web.sent import day_of
from pipeline.accounts.people import Action
from pipeline.errors import NotFound
from pipeline.language import N_, joined, listed
from pipeline.language import gettext as _

if TYPE_CHECKING:
    from scoring.explain.movers import Mover, Movers, RunOfDay

_ONE = {"function": "oneDecimal(params.value)"}
_SIGNED = {"function": "signedDecimal(params.value)"}
_LEAST = (2.0, 5.0, 10.0)


def layout(view: View) -> Component:
    from scoring.explain.movers import LEAST_POINTS, movers, runs_to_compare

    app = request.app()
    wanted = view.query.get("least", "")
    least = float(wanted) if wanted in {f"{each:g}" for each in _LEAST} else LEAST_POINTS
    with request.database() as session:
        runs = runs_to_compare(session)
    try:
        found = movers(app.engine, app.settings.models, view.person, day_of(view.query.get("since")), least=least)
    except NotFound as error:
        return html.Div([page_head(_("Movers"), ""), card(None, empty(str(error)))])
    head = _(
        "%(before)s to %(now)s: %(compared)s firms compared",
        before=amounts.day(found.before.as_of),
        now=amounts.day(found.now.as_of),
        compared=amounts.count(found.compared),
    )
    return html.Div(
        [
            page_head(_("Movers"), head),
            dmc.Stack(
                [
                    _choices(found, runs),
                    *_alerts(view, found),
                    card(_("In short"), facts_list(_in_short(found))),
                    _grid(found) if found.firms else card(None, empty(_("No firm moved by so many points."))),
                ]
            ),
        ]
    )


def _alerts(view: View, found: "Movers") -> list[Component]:
    """What the law did meanwhile: whose standing to a board is another because a rule changed, and which changed."""
    if not found.rules:
        return []
    moved = [each for each in found.firms if each.by_rules]
    said = _(
        "%(count)s thresholds of the listing rules changed between the two days; because of them the standing of "
        "%(firms)s of the firms below to a board is another.",
        count=len(found.rules),
        firms=amounts.count(len(moved)),
    )
    words: list[Any] = [said]
    if view.may(Action.EXPORT):
        days = f"before={found.before.as_of}&after={found.now.as_of}"
        words += [" ", link(_("The rules of the two days"), f"/rules?{days}")]
    return [dmc.Alert(words, color="yellow" if moved else "gray", variant="light", id="movers-rules")]


def _in_short(found: "Movers") -> list[tuple[str, str]]:
    crossed = sum(bool(each.crossed) for each in found.firms)
    facts = [
        (_("rose by %(least)s points or more", least=f"{found.least:g}"), amounts.count(found.rose)),
        (_("fell by %(least)s points or more", least=f"{found.least:g}"), amounts.count(found.fell)),
        (_("of these crossed a line of the pools"), amounts.count(crossed)),
        (
            _("of these stand otherwise to a board"),
            amounts.count(sum(bool(each.told) for each in found.firms)),
        ),
        (_("scored for the first time since"), amounts.count(found.new)),
        (_("without a score now"), amounts.count(found.gone)),
    ]
    if found.before.model_id != found.now.model_id:
        facts.append((_("model"), f"{found.before.model_id} → {found.now.model_id}"))
    left = found.rose + found.fell - len(found.firms)
    if left > 0:
        facts.append((_("not listed below"), amounts.count(left)))
    return facts


def _choices(found: "Movers", runs: "list[RunOfDay]") -> Component:
    """The earlier days and the thresholds, each a link."""
    days = [run.as_of.isoformat() for run in runs if run.as_of < found.now.as_of]
    since, least = found.before.as_of.isoformat(), f"{found.least:g}"
    chips = [
        dcc.Link(
            _("since %(day)s", day=day),
            href=f"/movers?since={day}&least={least}",
            className="chip chosen" if day == since else "chip",
        )
        for day in days
    ]
    steps = [
        dcc.Link(
            _("%(least)s points or more", least=f"{each:g}"),
            href=f"/movers?since={since}&least={each:g}",
            className="chip chosen" if f"{each:g}" == least else "chip",
        )
        for each in _LEAST
    ]
    return dmc.Stack([html.Div(chips, className="chips"), html.Div(steps, className="chips")], gap="xs")


def _grid(found: "Movers") -> Component:
    tones = {terms.pool(name): tone for name, tone in terms.POOL_TONES.items()}
    columns = [
        link_column("name", _("Firm")),
        text_column("district", _("District")),
        pill_column("pool", _("Pool"), tones),
        number_column("before", _("Points then"), valueFormatter=_ONE),
        number_column("now", _("Points now"), valueFormatter=_ONE),
        number_column("change", _("Change"), valueFormatter=_SIGNED, sort="asc"),
        text_column("why", _("What moved the points"), flex=3, minWidth=320, wrapText=True, autoHeight=True),
        text_column("crossed", _("Lines crossed"), minWidth=160, wrapText=True, autoHeight=True),
        text_column("boards", _("Standing to the boards"), minWidth=240, wrapText=True, autoHeight=True),
        number_column("new_data", _("Its own figures"), valueFormatter=_SIGNED),
        number_column("moved_field", _("Others' ranks"), valueFormatter=_SIGNED),
        number_column("rules", _("Listing rules"), valueFormatter=_SIGNED),
        number_column("new_model", _("Another model"), valueFormatter=_SIGNED),
        text_column("stage", _("Stage")),
    ]
    rows = [_row(each) for each in found.firms]
    shown = grid("movers-grid", columns, rows, key="firm_id", height="640px", persistence=False)
    return html.Div(shown, className="grid-frame")


def _row(each: "Mover") -> Row:
    change = each.change
    row: dict[str, Any] = {
        "firm_id": each.firm_id,
        "name": each.name or each.firm_id,
        "address": f"/firm/{each.firm_id}",
        "district": terms.district(each.district_code),
        "pool": terms.pool(each.pool),
        "stage": terms.stage_short(each.stage),
        "before": change.points_before,
        "now": change.points_now,
        "change": change.total,
        "new_data": change.new_data,
        "moved_field": change.moved_field,
        "rules": change.rules,
        "new_model": change.new_model,
        "crossed": listed([str(line) for line in each.crossed]),
        "boards": joined(str(one.message) for one in each.told),
        "why": str(change.told()),
    }
    return row


PAGES = (Page("/movers", layout, Action.SEE_SCORES, N_("Movers")),)
