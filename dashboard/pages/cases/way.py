"""The firms behind a count of the way to the market: `/way?step=tutoring_filed&of=pool` (or of=city, of=left)."""

from dash.development.base_component import Component

from dashboard.checked_once import dcc, html
from dashboard.components import amounts, terms
from dashboard.components.cards import page_head
from dashboard.components.grids import day_column, grid, link_column, pill_column, text_column
from dashboard.queries import way as ways
from dashboard.web import request
from dashboard.web.routes import Page, View
from pipeline.accounts.people import Action
from pipeline.language import N_
from pipeline.language import gettext as _
from pipeline.tutoring.counts.way import WAY


def layout(view: View) -> Component:
    """The firms of a group that have come to a step; an address that names neither shows all that began."""
    step = view.query.get("step", "")
    step = step if step in WAY else next(iter(WAY))
    groups = [group for group in ways.GROUPS if group != ways.IN_POOL or view.may(Action.SEE_POOLS)]
    group = view.query.get("of", "")
    group = group if group in groups else ways.EVER
    with request.database() as session:
        firms = ways.firms_at_step(session, view.person, step, group)
    rows = [
        {
            "firm_id": firm.firm_id,
            "name": firm.name or firm.firm_id,
            "address": f"/firm/{firm.firm_id}",
            "district": terms.district(firm.district_code),
            "pool": terms.pool(firm.pool) if view.may(Action.SEE_POOLS) else "",
            "furthest": terms.stage(firm.furthest),
            "since": amounts.day(firm.since),
            "left": f"{terms.event(firm.left_by)} {amounts.day(firm.left_on)}" if firm.left_by else "",
        }
        for firm in firms
    ]
    tones = {terms.pool(name): tone for name, tone in terms.POOL_TONES.items()}
    columns = [
        link_column("name", _("Firm")),
        text_column("district", _("District")),
        *([pill_column("pool", _("Pool"), tones)] if view.may(Action.SEE_POOLS) else []),
        text_column("furthest", _("Furthest stage"), minWidth=200),
        day_column("since", _("Since")),
        text_column("left", _("Left again"), minWidth=260),
    ]
    chips = [
        html.Div(
            [
                dcc.Link(
                    words,
                    href=f"/way?step={one}&of={of}",
                    className="chip chosen" if (one, of) == (step, group) else "chip",
                )
                for one, of, words in choices
            ],
            className="chips",
        )
        for choices in (
            [(one, group, _(terms.WAY[one])) for one in WAY],
            [(step, of, _(terms.WAY_GROUPS[of])) for of in groups],
        )
    ]
    title = _("The way to the market")
    note = _(
        "%(step)s, %(group)s: %(count)s firms",
        step=_(terms.WAY[step]),
        group=_(terms.WAY_GROUPS[group]),
        count=amounts.count(len(rows)),
    )
    shown = grid("way-grid", columns, rows, key="firm_id", height="70vh", persistence=False)
    return html.Div([page_head(title, note), *chips, html.Div(shown, className="grid-frame")])


PAGES = (Page("/way", layout, Action.SEE_FIRMS, N_("The way to the market")),)
