"""The first page: overdue steps, counts of firms, and the distribution of points.

An enterprise's first page is its own firm.
"""

from collections.abc import Sequence
from typing import Any

import dash_mantine_components as dmc
from dash import html
from dash.development.base_component import Component

from dashboard.components import amounts, charts, terms
from dashboard.components.cards import card, empty, file_link, link, page_head, table, tile
from dashboard.components.forms.first_steps import first_steps_card
from dashboard.components.reasons import odds_note, spread_note
from dashboard.pages.firm.mine import page as mine
from dashboard.queries import way as ways
from dashboard.queries.firm import own_firm
from dashboard.queries.first_steps import first_steps
from dashboard.queries.overview import Overview, overview
from dashboard.queries.scores import Distribution, distribution_of_points
from dashboard.web import request
from dashboard.web.routes import Page, View
from pipeline import language
from pipeline.accounts.people import Action
from pipeline.language import N_
from pipeline.language import gettext as _
from pipeline.pools.in_force import policy_in_force
from pipeline.pools.model import NoPolicy
from pipeline.tutoring import visits
from pipeline.tutoring.visits import Step
from pipeline.wording.cohorts import reference_label

#: Points are shown in steps of this width.
_STEP = 2
#: So many open steps are shown here; the page of cases has all.
_STEPS_SHOWN = 8


def layout(view: View) -> Component:
    """Counts, steps due, the way to the market, and the spread of points, for one person."""
    if view.person.policy.speaks_for_one_firm:
        return mine.layout(view, own_firm(view.person))
    with request.database() as session:
        counts = overview(session, view.person)
        points = distribution_of_points(session, view.person, _STEP)
        steps = visits.open_steps(session, view.today, view.person)
        first = first_steps(session, view.person, view.today)
    rows = [_step(step) for step in steps[:_STEPS_SHOWN]]
    late = sum(step.days_late > 0 for step in steps)
    left = [_steps_card(rows, len(steps))] if view.may(Action.SEE_CASES) else []
    left.append(_spread_card(view, points, counts))
    right = [_way_card(view, counts), _districts_card(counts)]
    return html.Div(
        [
            page_head(_("Overview"), _note(counts), _papers(view)),
            *first_steps_card(first),
            _tiles(view, counts, late),
            dmc.Grid(
                [
                    dmc.GridCol(dmc.Stack(left, gap="md"), span={"base": 12, "lg": 7}, className="print-half"),
                    dmc.GridCol(dmc.Stack(right, gap="md"), span={"base": 12, "lg": 5}, className="print-half"),
                ],
                gutter="md",
            ),
        ]
    )


def _note(counts: Overview) -> str:
    if counts.run is None:
        return _("No model scores the city yet: rules, pools and cases go on without points.")
    return _(
        "Scores as of %(day)s by model %(model)s; ranks are taken against %(reference)s.",
        day=amounts.day(counts.run.as_of),
        model=counts.run.model_id,
        reference=language.pick(reference_label(counts.run.reference)),
    )


def _papers(view: View) -> Component | None:
    """The city's report of the day, for those who may take it along."""
    if not (view.may(Action.SEE_FINDINGS) and view.may(Action.EXPORT)):
        return None
    about = _("The special report of today on one page")
    links = [
        file_link(_("Special report (%(form)s)", form=form.upper()), f"/download/special-report.{form}", about)
        for form in ("pdf", "docx")
    ]
    return dmc.Group(links, gap="xs", className="no-print")


def _tiles(view: View, counts: Overview, late: int) -> Component:
    tiles = [
        tile(
            _("Firms"),
            amounts.count(counts.firms),
            _("%(count)s scored", count=amounts.count(counts.scored)),
            "building-factory-2",
            "/firms",
        )
    ]
    if view.may(Action.SEE_POOLS):
        for pool, symbol in (("seed", "seedling"), ("golden", "trophy")):
            href = f"/pools?pool={pool}#members"
            tiles.append(tile(terms.pool(pool), amounts.count(counts.pools.get(pool, 0)), None, symbol, href))
    if view.may(Action.SEE_PROPOSALS):
        tiles.append(
            tile(_("Proposals to decide"), amounts.count(counts.open_proposals), None, "list-check", "/pools#proposals")
        )
    if view.may(Action.SEE_CASES):
        tiles.append(tile(_("Cases in tutoring"), amounts.count(counts.open_cases), None, "clipboard-list", "/cases"))
        tiles.append(tile(_("Steps overdue"), amounts.count(late), None, "calendar-due", "/cases?overdue=1"))
    return html.Div(
        dmc.SimpleGrid(tiles, cols={"base": 2, "sm": 3, "xl": 6}, spacing="md"), style={"marginBottom": "1rem"}
    )


def _step(step: Step) -> list[Any]:
    due: Any = amounts.day(step.due_on)
    if step.days_late > 0:
        due = html.Span([due, html.Br(), _("%(days)s days late", days=step.days_late)], className="overdue")
    return [link(step.firm_name or step.firm_id, f"/firm/{step.firm_id}#tutoring"), step.next_step, due]


def _steps_card(steps: Sequence[list[Any]], total: int) -> Component:
    body = (
        table([_("Firm"), _("Next step"), _("Due")], steps)
        if steps
        else empty(_("No step is waiting. Visits bring them."))
    )
    note = _("The soonest due first; %(shown)s of %(total)s", shown=len(steps), total=total) if steps else None
    return card(_("What is to be done"), body, note, link(_("All cases"), "/cases"))


def _way_card(view: View, counts: Overview) -> Component:
    """One funnel for the firms in the pools, one for all firms ever, and who left; each count leads to its firms."""
    groups = [group for group in ways.GROUPS if group != ways.IN_POOL or view.may(Action.SEE_POOLS)]
    whole = {ways.IN_POOL: sum(counts.pools.values()), ways.EVER: counts.firms}
    first: list[Any] = [_("Firms")]
    for group in groups:
        href = "/pools#members" if group == ways.IN_POOL else "/firms"
        first.append(_bar(whole[group], whole[group], href) if group in whole else "")
    rows = [first]
    for step, name in terms.WAY.items():
        at = counts.way[step]
        of = {ways.IN_POOL: at.in_pool, ways.EVER: at.ever, ways.LEFT: at.left}
        bases = {**whole, ways.LEFT: at.ever}
        rows.append([_(name), *(_bar(of[group], bases[group], f"/way?step={step}&of={group}") for group in groups)])
    headings = ["", *(_(terms.WAY_GROUPS[group]) for group in groups)]
    return card(
        _("The way to the market"),
        table(headings, rows),
        _("Firms that have come to each step or further, as known today"),
        link(_("What came before success"), "/effect") if view.may(Action.EXPORT) else None,
    )


def _bar(count: int, of: int, href: str) -> Component:
    """A count that leads to its firms, on a bar as long as its share."""
    share = f"{100 * count / of:.0f}%" if of else "0%"
    bar = html.Div(className="way-bar", style={"width": share})
    return html.Div([bar, link(amounts.count(count), href)], className="way-count")


def _spread_card(view: View, points: Distribution | None, counts: Overview) -> Component:
    if points is None:
        return card(_("Spread of points"), empty(_("No scores yet.")))
    low, high = min(points.bins), max(points.bins)
    edges = [float(edge) for edge in range(low, high + 2 * _STEP, _STEP)]
    bins = [points.bins.get(edge, 0) for edge in range(low, high + _STEP, _STEP)]
    median = _("median firm: %(points)s", points=amounts.points(points.spread.median))
    lines = [(points.spread.median, median, "quiet"), (50.0, _("mean: 50 points"), "quiet"), *_entry_lines(view)]
    return card(
        _("Spread of points"),
        charts.graph(charts.histogram(edges, bins, view.dark, lines), 280, _("How many firms have how many points")),
        language.joined([odds_note(counts.event), spread_note(points.spread)]),
        link(_("Whose points moved"), "/movers"),
    )


def _entry_lines(view: View) -> list[tuple[float, str, str]]:
    """The points from which a firm may enter a pool today; none before the policy begins."""
    if not view.may(Action.SEE_POOLS):
        return []
    try:
        with request.database() as session:
            policy = policy_in_force(session, view.today)
    except NoPolicy:
        return []
    lines = [
        (policy.seed.enter_points, N_("seed pool from %(points)s"), "main"),
        (policy.golden.enter_points, N_("golden-seed pool from %(points)s"), "gold"),
    ]
    return [(line, _(text, points=f"{line:g}"), tone) for line, text, tone in lines if line is not None]


def _districts_card(counts: Overview) -> Component:
    rows = [
        [
            link(terms.district(code), f"/firms?district={code}") if code else _("unknown"),
            amounts.count(firms),
            amounts.count(in_pools),
        ]
        for code, firms, in_pools in counts.districts
    ]
    return card(
        _("By district"),
        table([_("District"), _("Firms"), _("In a pool")], rows, frozenset({1, 2})),
    )


PAGES = (Page("/", layout, Action.SEE_FIRMS, N_("Overview"), "layout-dashboard", of_one_firm=N_("My firm")),)
