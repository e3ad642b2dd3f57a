"""Where a firm stands, in words, and beside its peers as bands of points that name nobody; and its next real steps."""

from collections.abc import Sequence
from typing import Any

from dash import Input, Output, no_update
from dash.development.base_component import Component

from dashboard.checked_once import html
from dashboard.components import amounts, charts, terms
from dashboard.components.cards import card, empty, facts_list
from dashboard.pages.firm.page import in_upper_half, why_no_score
from dashboard.queries.firm import FirmPage
from dashboard.queries.peer_bands import FEWEST_FIRMS, Band
from dashboard.web import request
from dashboard.web.callbacks import guarded_callback
from dashboard.web.routes import View
from pipeline.accounts import people
from pipeline.accounts.people import Action
from pipeline.errors import ShownToPeople
from pipeline.language import gettext as _
from pipeline.language import pick
from pipeline.timeline.timeline import KIND_NAMES, timeline

_ENTRIES = 60


def card_of(view: View, page: FirmPage, bands: Sequence[Band]) -> Component:
    """Pool, points and peers; no rank below the middle."""
    pairs: list[tuple[str, Any]] = [(_("Pool"), _pool(page))]
    if page.events:
        last = page.events[0]
        reached = terms.event(last.kind, last.board)
        pairs.append((_("Last stage reached"), f"{reached} {amounts.day(last.occurred_on)}"))
    if page.score is not None and page.run is not None:
        said = _(
            "%(points)s points, as of %(day)s",
            points=amounts.points(page.score.points),
            day=amounts.day(page.run.as_of),
        )
        pairs.append((_("Score"), said))
        if page.place is not None and in_upper_half(page.place):
            place = _(
                "%(rank)s of %(count)s", rank=amounts.count(page.place.rank), count=amounts.count(page.place.scored)
            )
            pairs.append((_("Rank in the city"), place))
    else:
        pairs.append((_("Score"), why_no_score(page)))
    return card(_("Where we stand"), [facts_list(pairs), *_peers(view, bands)])


def _pool(page: FirmPage) -> str:
    if page.pool is None:
        return _("in no pool yet")
    since = _("%(pool)s since %(day)s", pool=terms.pool(page.pool.pool), day=amounts.day(page.pool.entered_on))
    if page.pool.valid_until is None:
        return since
    return _("%(since)s, to be renewed by %(day)s", since=since, day=amounts.day(page.pool.valid_until))


def _peers(view: View, bands: Sequence[Band]) -> list[Component]:
    """How many firms stand in each band, the own one marked."""
    mine = next((band for band in bands if band.mine), None)
    if mine is None:
        return []
    edges = [band.low for band in bands] + [bands[-1].high]
    caption = _(
        "The city's firms by points, in bands of at least %(fewest)s firms; yours has %(low)s to %(high)s points and "
        "%(count)s firms",
        fewest=FEWEST_FIRMS,
        low=mine.low,
        high=mine.high,
        count=amounts.count(mine.firms),
    )
    line = ((mine.low + mine.high) / 2, _("your band"), "gold")
    figure = charts.histogram(edges, [band.firms for band in bands], view.dark, [line])
    return [charts.graph(figure, 200, caption), html.P(caption, className="card-note")]


@guarded_callback(Output("mine-steps", "children"), Input("firm-shown", "data"), may=Action.SEE_SCORES)
def show_steps(firm_id: str | None) -> Any:
    """What to do first: a figure or an act that is missing, before anything that would raise the score."""
    from scoring.explain.explanation import doubted_figures_of
    from scoring.explain.firm_snapshot import firm_snapshot
    from scoring.explain.next_steps import next_steps

    if not firm_id:
        return no_update
    with request.database() as session:
        people.require(request.person(), Action.SEE_SCORES, firm_id, session=session)
    try:
        today = firm_snapshot(request.app().engine, firm_id, request.today())
        steps = next_steps(today, [figure.label for figure in doubted_figures_of(today)])
    except ShownToPeople as error:
        return empty(str(error))
    if not steps:
        return empty(_("Nothing that is known is missing. What would raise the score is worked out below."))
    return html.Ol([html.Li(str(step.message)) for step in steps])


@guarded_callback(Output("mine-timeline", "children"), Input("firm-shown", "data"), may=Action.SEE_FIRMS)
def show_timeline(firm_id: str | None) -> Any:
    """What happened to the firm, the latest first."""
    if not firm_id:
        return no_update
    with request.database() as session:
        entries = timeline(session, request.person(), firm_id, request.today(), _ENTRIES)
        lines = [
            html.Li(
                [
                    html.Span(amounts.day(entry.on), className="day"),
                    " ",
                    html.Strong(pick(KIND_NAMES[entry.kind])),
                    " ",
                    str(entry.what),
                    *([html.Span(f" {entry.who}", className="card-note")] if entry.who else []),
                ]
            )
            for entry in entries
        ]
    return html.Ul(lines, className="timeline") if lines else empty(_("Nothing yet."))
