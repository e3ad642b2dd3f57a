"""Every visit, the latest first, fifty a page: who was where, what was found, what is still to be done.

The address narrows it (pipeline.tutoring.visit_list.conditions) and has the page: ?district=CODE&step=open&page=2. A
visit is corrected or withdrawn on the page of its firm, to which each line leads.
"""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any
from urllib.parse import urlencode

import dash_mantine_components as dmc
from dash import Input, Output, State, dcc, html
from dash.development.base_component import Component

from dashboard.components import amounts, terms
from dashboard.components.cards import aria, card, empty, file_link, link, page_head, table, warning
from dashboard.web import request
from dashboard.web.callbacks import guarded_callback
from dashboard.web.routes import Page, View
from dashboard.web.sent import day_of
from pipeline.accounts.people import Action
from pipeline.districts import DISTRICTS
from pipeline.language import N_
from pipeline.language import gettext as _
from pipeline.tutoring.stages import STAGES
from pipeline.tutoring.visit_list.conditions import (
    OPEN,
    OVERDUE,
    VisitConditions,
    WrongCondition,
    from_address,
    in_address,
)
from pipeline.tutoring.visit_list.visit_list import VisitCounts, VisitLine, count_visits, visit_lines, visitors

#: Visits on a page, and letters of what was found; the firm's page has all.
_ON_A_PAGE, _LETTERS = 50, 80
_LAST_PAGE = 100_000
_DAY: dict[str, Any] = {"valueFormat": "YYYY-MM-DD", "clearable": True, "size": "sm"}
_CHOICE: dict[str, Any] = {"clearable": True, "size": "sm"}


def layout(view: View) -> Component:
    chosen, place = from_address(view.query), _place(view.query)
    with request.database() as session:
        names = visitors(session, view.person)
        try:
            counts = count_visits(session, view.person, view.today, replace(chosen, step=None))
            lines = visit_lines(
                session, view.person, view.today, chosen, limit=_ON_A_PAGE, offset=(place - 1) * _ON_A_PAGE
            )
        except WrongCondition as error:
            return html.Div([_head(view, chosen), card(None, [_fields(view, chosen, names), _refused(error)])])
    total = {None: counts.visits, OPEN: counts.open, OVERDUE: counts.overdue}[chosen.step]
    return html.Div(
        [
            _head(view, chosen, _("%(count)s visits", count=amounts.count(total))),
            dmc.Stack(
                [
                    card(None, _fields(view, chosen, names)),
                    _chips(chosen, counts),
                    card(None, [_listed(lines), _pages(chosen, place, total)]),
                ]
            ),
        ]
    )


def _head(view: View, chosen: VisitConditions, note: str | None = None) -> Component:
    return page_head(_("Visits"), note, _files(view, chosen))


def _files(view: View, chosen: VisitConditions) -> Component | None:
    """The same list as a file, for those who may export it."""
    if not view.may(Action.EXPORT):
        return None
    links = [file_link(form.upper(), _address(f"/download/visits.{form}", chosen)) for form in ("xlsx", "csv")]
    return dmc.Group(links, gap="xs", className="no-print")


def _fields(view: View, chosen: VisitConditions, names: list[str]) -> Component:
    until = view.today.isoformat()
    districts = [{"value": code, "label": terms.district(code)} for code in DISTRICTS]
    stages = [{"value": stage, "label": terms.stage(stage)} for stage in STAGES]
    people_here = sorted({*names, *([chosen.person] if chosen.person else [])})
    return html.Div(
        [
            dmc.SimpleGrid(
                [
                    dmc.Select(
                        id="visits-district",
                        label=_("District"),
                        data=districts,
                        value=chosen.district,
                        disabled=bool(view.person.district_code),
                        **_CHOICE,
                    ),
                    dmc.Select(
                        id="visits-person",
                        label=_("Visitor or mentor"),
                        data=people_here,
                        value=chosen.person,
                        searchable=True,
                        **_CHOICE,
                    ),
                    dmc.Select(id="visits-stage", label=_("Stage"), data=stages, value=chosen.stage, **_CHOICE),
                    dmc.DateInput(
                        id="visits-from", label=_("From day"), value=_text(chosen.since), maxDate=until, **_DAY
                    ),
                    dmc.DateInput(id="visits-to", label=_("To day"), value=_text(chosen.until), maxDate=until, **_DAY),
                    dmc.TextInput(
                        id="visits-words",
                        label=_("Words in findings, next step or name"),
                        value=chosen.words or "",
                        size="sm",
                    ),
                ],
                cols={"base": 2, "lg": 3},
                spacing="sm",
            ),
            dmc.Group(
                [
                    dmc.Checkbox(id="visits-attached", label=_("With attachments"), checked=chosen.attached),
                    dmc.Checkbox(id="visits-withdrawn", label=_("Withdrawn ones too"), checked=chosen.withdrawn),
                    dmc.Button(_("Show"), id="visits-show", size="sm"),
                    dcc.Link(_("All visits"), href="/visits", className="text-link"),
                    dcc.Store(id="visits-kept", data=_kept(chosen)),
                ],
                mt="sm",
            ),
        ],
        className="no-print",
    )


def _kept(chosen: VisitConditions) -> dict[str, str]:
    """The conditions that no field has."""
    has = in_address(chosen)
    return {name: has[name] for name in ("step", "firm") if name in has}


def _chips(chosen: VisitConditions, counts: VisitCounts) -> Component:
    """Those with something left to do, counted among what the other conditions leave."""
    steps: list[tuple[str | None, str, int]] = [
        (None, _("All"), counts.visits),
        (OPEN, _("With an open step"), counts.open),
        (OVERDUE, _("With an overdue step"), counts.overdue),
    ]
    chips = [
        dcc.Link(
            f"{words} {amounts.count(count)}",
            href=_address("/visits", replace(chosen, step=step)),
            className="chip chosen" if chosen.step == step else "chip",
        )
        for step, words, count in steps
    ]
    return html.Div(chips, className="chips no-print")


def _listed(lines: list[VisitLine]) -> Component:
    if not lines:
        return empty(_("No visit is like this."))
    heads = [
        _("Visited on"),
        _("Firm"),
        _("Stage"),
        _("Visited by"),
        _("Mentor"),
        _("Findings"),
        _("Next step"),
        _("Due"),
        _("Attachments"),
    ]
    return table(heads, [_row(line) for line in lines], frozenset({8}))


def _row(line: VisitLine) -> list[Any]:
    where = link(line.firm_name or line.firm_id, f"/firm/{line.firm_id}#tutoring")
    return [
        html.Span(amounts.day(line.visited_on), className="day"),
        html.Div(
            [where, html.Div(terms.district(line.district_code), className="card-note")], style={"minWidth": "8rem"}
        ),
        terms.stage(line.stage),
        html.Span(line.visited_by, className="person"),
        html.Span(line.mentor or "", className="person"),
        _findings(line),
        _step(line),
        _due(line),
        amounts.count(line.files) if line.files else "",
    ]


def _findings(line: VisitLine) -> Any:
    text = line.findings or ""
    short = text if len(text) <= _LETTERS else f"{text[:_LETTERS]}…"
    if line.withdrawn is None:
        return short
    gone = _(
        "withdrawn by %(who)s on %(day)s: %(why)s",
        who=line.withdrawn.by,
        day=amounts.day(request.local(line.withdrawn.at).date()),
        why=line.withdrawn.why,
    )
    return html.Div([html.S(short), html.Div(gone, className="withdrawn")])


def _step(line: VisitLine) -> Any:
    if not line.next_step or line.withdrawn is not None:
        return ""
    return html.Div([line.next_step, html.Div(line.owner, className="card-note")])


def _due(line: VisitLine) -> Any:
    if line.withdrawn is not None or line.due_on is None:
        return ""
    if line.done_on is not None:
        return _("done %(day)s", day=amounts.day(line.done_on))
    late = line.days_late is not None and line.days_late > 0
    return html.Span(amounts.day(line.due_on), className="overdue" if late else "day")


def _pages(chosen: VisitConditions, place: int, total: int) -> Component:
    """Which of how many stand here, and the way to those before and after."""
    first, last = (place - 1) * _ON_A_PAGE + 1, min(place * _ON_A_PAGE, total)
    if first > total:
        first = last = total
    parts: list[Any] = [
        html.Span(
            _(
                "%(first)s to %(last)s of %(total)s",
                first=amounts.count(first),
                last=amounts.count(last),
                total=amounts.count(total),
            ),
            className="card-note",
        )
    ]
    if place > 1:
        parts.append(link(_("Later visits"), _address("/visits", chosen, page=place - 1)))
    if last < total:
        parts.append(link(_("Earlier visits"), _address("/visits", chosen, page=place + 1)))
    return html.Nav(dmc.Group(parts, mt="sm"), className="no-print", **aria(label=_("Pages of the list")))


def _address(path: str, chosen: VisitConditions, page: int = 1) -> str:
    query = in_address(chosen) | ({"page": str(page)} if page > 1 else {})
    return f"{path}?{urlencode(query)}" if query else path


def _place(query: Mapping[str, str]) -> int:
    asked = query.get("page", "")
    return max(1, min(int(asked), _LAST_PAGE)) if asked.isascii() and asked.isdigit() and len(asked) < 8 else 1


def _text(day: Any) -> str | None:
    return day.isoformat() if day else None


def _refused(error: object) -> Component:
    return html.Div(warning(error), role="status")


@guarded_callback(
    Output("address", "search", allow_duplicate=True),
    Input("visits-show", "n_clicks"),
    State("visits-kept", "data"),
    State("visits-district", "value"),
    State("visits-person", "value"),
    State("visits-stage", "value"),
    State("visits-from", "value"),
    State("visits-to", "value"),
    State("visits-words", "value"),
    State("visits-attached", "checked"),
    State("visits-withdrawn", "checked"),
    may=Action.SEE_FINDINGS,
    prevent_initial_call=True,
)
def show(
    _clicks: int | None,
    kept: dict[str, str] | None,
    district: str | None,
    person: str | None,
    stage: str | None,
    since: str | None,
    until: str | None,
    words: str | None,
    attached: bool | None,
    withdrawn: bool | None,
) -> str:
    """The conditions stand in the address, and so the page with them."""
    chosen = from_address(
        {
            **{name: str((kept or {}).get(name, "")) for name in ("step", "firm")},
            "district": district or "",
            "person": person or "",
            "stage": stage or "",
            "from": _text(day_of(since)) or "",
            "to": _text(day_of(until)) or "",
            "words": words or "",
            "attached": "1" if attached else "",
            "withdrawn": "1" if withdrawn else "",
        }
    )
    return _address("", chosen)


PAGES = (Page("/visits", layout, Action.SEE_FINDINGS, N_("Visits"), "map-pin"),)
