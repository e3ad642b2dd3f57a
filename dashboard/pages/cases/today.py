"""What waits for me: whom to visit this week and why, what is overdue or due, and every firm that asks for attention.

`/today?of=all`: of every case that I reach instead of mine; `?why=fell`: only the firms with that reason. The visits of
the week are proposed until the person keeps a choice of their own, and are a calendar file, too.
"""

from collections import Counter
from typing import Any

from dash import Input, Output, State, ctx, no_update
from dash.development.base_component import Component
from flask import Response
from flask import request as http_request

from dashboard.checked_once import dcc, dmc, html
from dashboard.components import amounts, terms
from dashboard.components.cards import aria, card, element, empty, file_link, link, page_head, table, warning
from dashboard.components.forms.first_steps import first_steps_card
from dashboard.pages.cases.steps_table import steps_table
from dashboard.queries.first_steps import first_steps
from dashboard.reports.week_calendar import TYPE, week_calendar
from dashboard.web import request
from dashboard.web.callbacks import fits, guarded_callback
from dashboard.web.routes import Download, Page, View
from pipeline import language
from pipeline.accounts.people import Action
from pipeline.errors import ShownToPeople
from pipeline.language import N_
from pipeline.language import gettext as _
from pipeline.tutoring.agenda.agenda import WEIGHTS, Agenda, FirmToday, agenda
from pipeline.tutoring.agenda.choice import choose

#: What the address says of whose cases.
WHOSE = {"all": False, "mine": True}
#: So many are listed; a reason narrows them.
_LISTED = 60
KINDS = {
    "overdue": N_("overdue step"),
    "problem": N_("overdue problem"),
    "due": N_("step due this week"),
    "fell": N_("score fell"),
    "certificate": N_("certificate runs out"),
    "near": N_("near a board"),
    "doubt": N_("figures in doubt"),
    "unvisited": N_("not visited for long"),
    "stale": N_("nothing done for long"),
}


def layout(view: View) -> Component:
    return html.Div(
        [
            html.Div(body(view), id="today-body"),
            dcc.Store(id="today-query", data=dict(view.query)),
            html.Div(id="today-said", role="status", **aria(live="polite")),
        ]
    )


def body(view: View) -> list[Component]:
    """Everything on the page, drawn anew after a choice."""
    with request.database() as session:
        found = agenda(session, view.person, view.today, mine=WHOSE.get(view.query.get("of", "")))
        first = first_steps(session, view.person, view.today)
    why = view.query.get("why", "")
    why = why if why in WEIGHTS else ""
    whose = _("of my cases") if found.mine else _("of all cases")
    note = language.joined([whose, _("%(count)s firms in tutoring", count=amounts.count(found.cases))])
    return [
        page_head(_("Today"), note, _whose(found)),
        *first_steps_card(first),
        dmc.Stack(
            [
                _visits(found, view.may(Action.RECORD_VISITS)),
                dmc.SimpleGrid(
                    [
                        card(
                            _("Overdue"),
                            steps_table(found.overdue, late=True),
                            _("%(count)s steps", count=len(found.overdue)),
                        ),
                        card(
                            _("Due this week"),
                            steps_table(found.this_week, late=False),
                            _("%(count)s steps", count=len(found.this_week)),
                        ),
                    ],
                    cols={"base": 1, "lg": 2},
                ),
                *_decisions(found),
                _chips(found, why),
                _list([firm for firm in found.firms if not why or firm.because(why)]),
            ]
        ),
    ]


def _whose(found: Agenda) -> Component:
    chips = [
        dcc.Link(words, href=f"/today?of={of}", className="chip chosen" if found.mine == mine else "chip")
        for of, mine, words in (("mine", True, _("My cases")), ("all", False, _("All cases")))
    ]
    return html.Div(chips, className="chips no-print")


def _visits(found: Agenda, chooses: bool) -> Component:
    rows: list[list[Any]] = [
        [
            element("Span", str(place), className="rank"),
            link(firm.line.firm_name or firm.line.firm_id, f"/firm/{firm.line.firm_id}#tutoring"),
            element("Span", terms.district(firm.line.district_code), className="person"),
            element("Span", terms.stage_short(firm.line.case.stage), className="person"),
            element("Span", firm.line.mentor or _("nobody yet"), className="person"),
            element("Span", amounts.day(firm.last_visit) if firm.last_visit else _("never"), className="day"),
            _why(firm),
        ]
        for place, firm in enumerate(found.visits, start=1)
    ]
    heads = ["", _("Firm"), _("District"), _("Stage"), _("Mentor"), _("Last visit"), _("Why go there")]
    parts = [table(heads, rows) if rows else empty(_("No firm asks for a visit."))]
    if chooses:
        parts.append(_choice(found))
    note = (
        _("As you chose them; the weightiest reasons first")
        if found.chosen
        else _("The firms with the weightiest reasons first: what can be lost by waiting before what can be won")
    )
    return card(_("Visits of the week"), parts, note, _sheets(found))


def _choice(found: Agenda) -> Component:
    """The person's own choice of the week's visits, folded up until they want one."""
    offered = {firm.line.firm_id: firm.line.firm_name or firm.line.firm_id for firm in (*found.visits, *found.firms)}
    return html.Details(
        [
            html.Summary(_("Choose the visits of this week yourself")),
            dmc.MultiSelect(
                id="today-chosen",
                label=_("Firms to visit this week"),
                data=[{"value": firm, "label": name} for firm, name in offered.items()],
                value=[firm.line.firm_id for firm in found.visits],
                searchable=True,
                hidePickedOptions=True,
            ),
            dmc.Group(
                [
                    dmc.Button(_("Keep my choice"), id="today-keep", variant="default", size="sm"),
                    dmc.Button(_("Back to the proposal"), id="today-propose", variant="subtle", size="sm"),
                ],
                gap="xs",
                mt="xs",
            ),
        ],
        className="folded no-print",
    )


def _sheets(found: Agenda) -> Component | None:
    """The sheets to take along, a page a firm."""
    firms = ",".join(firm.line.firm_id for firm in found.visits)
    if not firms:
        return None
    links = [
        file_link(_("Visit sheets (%(form)s)", form=form.upper()), f"/download/visit-sheet.{form}?firms={firms}")
        for form in ("pdf", "docx")
    ]
    of = "mine" if found.mine else "all"
    links.append(file_link(_("Calendar (ICS)"), f"/download/visits-of-week.ics?of={of}"))
    return dmc.Group(links, gap="xs", className="no-print")


def _why(firm: FirmToday) -> str:
    return language.listed([str(reason.message) for reason in firm.reasons])


def _decisions(found: Agenda) -> list[Component]:
    parts: list[Component] = []
    if found.proposals:
        words = _("%(count)s proposals wait for a decision", count=found.proposals)
        parts.append(html.Div(link(words, "/pools#proposals")))
    if found.objections:
        words = _("%(count)s objections of the public wait for an answer", count=found.objections)
        parts.append(html.Div(link(words, "/opinions")))
    if found.firm_objections:
        words = _("%(count)s objections of firms wait for an answer", count=found.firm_objections)
        parts.append(html.Div(link(words, "/objections")))
    if found.own_returns:
        words = _("%(count)s returns of firms wait to be looked at", count=found.own_returns)
        parts.append(html.Div(link(words, "/handed-in")))
    return [card(_("Decisions"), parts)] if parts else []


def _chips(found: Agenda, why: str) -> Component:
    of = "mine" if found.mine else "all"
    counts = Counter(kind for firm in found.firms for kind in {reason.kind for reason in firm.reasons})
    chips = [
        dcc.Link(f"{_('All')} {len(found.firms)}", href=f"/today?of={of}", className="chip" if why else "chip chosen"),
        *(
            dcc.Link(
                f"{_(words)} {counts[kind]}",
                href=f"/today?of={of}&why={kind}",
                className="chip chosen" if kind == why else "chip",
            )
            for kind, words in KINDS.items()
            if counts[kind] or kind == why
        ),
    ]
    return html.Div(chips, className="chips no-print")


def _list(firms: list[FirmToday]) -> Component:
    """As a table, which can be printed, the weightiest first."""
    if not firms:
        return card(None, empty(_("No firm asks for attention.")))
    rows: list[list[Any]] = [
        [
            link(firm.line.firm_name or firm.line.firm_id, f"/firm/{firm.line.firm_id}#tutoring"),
            _why(firm),
            amounts.points(firm.points) if firm.points is not None else "",
            element("Span", terms.pool(firm.pool), className="person"),
            element("Span", terms.stage_short(firm.line.case.stage), className="person"),
            element("Span", amounts.day(firm.last_visit) if firm.last_visit else _("never"), className="day"),
            element("Span", firm.line.mentor or _("nobody yet"), className="person"),
        ]
        for firm in firms[:_LISTED]
    ]
    heads = [_("Firm"), _("Why"), _("Points"), _("Pool"), _("Stage"), _("Last visit"), _("Mentor")]
    left = len(firms) - len(rows)
    more = [html.P(_("… and %(count)s more", count=left), className="card-note")] if left > 0 else []
    return card(_("Firms that ask for attention"), [table(heads, rows, frozenset({2})), *more])


# --- a choice ---------------------------------------------------------------------------------------


@guarded_callback(
    Output("today-body", "children"),
    Output("today-said", "children"),
    Input("today-keep", "n_clicks"),
    Input("today-propose", "n_clicks"),
    State("today-chosen", "value"),
    State("today-query", "data"),
    may=Action.RECORD_VISITS,
    prevent_initial_call=True,
)
def keep(
    _keep: int | None, _propose: int | None, chosen: list[str] | None, query: dict[str, str] | None
) -> tuple[Any, Any]:
    """Keep whom the person visits this week, or let the program propose again."""
    person, today = request.person(), request.today()
    firms = [] if ctx.triggered_id == "today-propose" else [one for one in chosen or [] if fits(one, str)]
    try:
        with request.database() as session, session.begin():
            kept = choose(session, person, firms, today, now=request.now())
    except ShownToPeople as error:
        return no_update, warning(error)
    said = _("Kept: %(count)s visits this week.", count=len(kept)) if kept else _("The program proposes the visits.")
    return body(View(person, today, request.dark(), query or {})), said


def week_file() -> Response:
    """The visits and due steps of the week for a calendar."""
    view = View(request.person(), request.today())
    with request.database() as session:
        found = agenda(session, view.person, view.today, mine=WHOSE.get(http_request.args.get("of", "")))
    name = f"attachment; filename=visits-{view.today}.ics"
    return Response(week_calendar(found, request.now()), content_type=TYPE, headers={"Content-Disposition": name})


DOWNLOADS = (Download("/download/visits-of-week.ics", week_file, Action.SEE_FINDINGS, exports="week"),)
PAGES = (Page("/today", layout, Action.SEE_FINDINGS, N_("Today"), "calendar-due"),)
