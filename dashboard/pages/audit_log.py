"""The audit log: who did what and when, whether its hash chain is intact, and the same as CSV.

Read only; pipeline.accounts.audit writes it. The chain is verified after the page is shown: that reads every entry.
"""

import json
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode

import dash_mantine_components as dmc
from dash import Input, Output, State, html
from dash.development.base_component import Component
from flask import Response
from flask import request as http_request

from dashboard.components import amounts, audit_text
from dashboard.components.cards import aria, card, empty, icon, page_head
from dashboard.components.grids import Row, grid, number_column, text_column
from dashboard.queries import trail_names
from dashboard.web import request
from dashboard.web.callbacks import guarded_callback
from dashboard.web.routes import Download, Page, View
from dashboard.web.sent import day_of
from pipeline.accounts import audit
from pipeline.accounts.audit import AuditFilter
from pipeline.accounts.people import Action
from pipeline.errors import ShownToPeople
from pipeline.intake.storing.findings import csv_of
from pipeline.language import N_
from pipeline.language import gettext as _
from pipeline.store.tables import AuditEntry

#: So many entries are shown, the newest; the export has all.
MOST = 500
_HEADINGS = (N_("No."), N_("At"), N_("By"), N_("Action"), N_("Subject"), N_("Record"), N_("Details"), N_("Seal"))


def layout(view: View) -> Component:
    wanted = _wanted(view.query)
    with request.database() as session:
        names, actions = audit.actors(session)
    chosen = {"clearable": True, "size": "sm"}
    days = {"valueFormat": "YYYY-MM-DD", "clearable": True, "maxDate": view.today.isoformat(), "size": "sm"}
    filters = dmc.SimpleGrid(
        [
            dmc.Select(id="trail-person", label=_("By"), data=names, value=wanted.person, searchable=True, **chosen),
            dmc.Select(
                id="trail-action",
                label=_("Action"),
                data=[{"value": name, "label": audit_text.action_text(name)} for name in actions],
                value=wanted.action,
                searchable=True,
                **chosen,
            ),
            dmc.TextInput(
                id="trail-firm", label=_("Firm: credit code"), value=wanted.firm or "", debounce=300, size="sm"
            ),
            dmc.DateInput(id="trail-since", label=_("From day"), value=_text(wanted.since), **days),
            dmc.DateInput(id="trail-until", label=_("To day"), value=_text(wanted.until), **days),
        ],
        cols={"base": 2, "md": 5},
        mb="md",
    )
    export = html.A(
        [icon("download"), " ", _("CSV")], href=_csv_address(wanted), id="trail-csv", className="head-button"
    )
    return html.Div(
        [
            page_head(_("Trail"), _("Who did what and when; nothing in it is ever changed or deleted"), export),
            dmc.Stack(
                [
                    html.Div(id="trail-chain", role="status", **aria(live="polite")),
                    card(None, [filters, html.Div(_listed(wanted), id="trail-entries")]),
                ]
            ),
        ]
    )


def _text(day: Any) -> str | None:
    return day.isoformat() if day else None


def _wanted(query: Mapping[str, str | None]) -> AuditFilter:
    """The filter of an address, or of the fields of the page; 400 for a day that is none."""
    text = {name: (query.get(name) or "").strip() or None for name in ("person", "action", "firm")}
    since, until = day_of(query.get("since")), day_of(query.get("until"))
    return AuditFilter(**text, since=since, until=until, zone=request.app().settings.zone)


def _csv_address(wanted: AuditFilter) -> str:
    query = {name: str(value) for name, value in vars(wanted).items() if value is not None}
    return f"/download/trail.csv?{urlencode(query)}" if query else "/download/trail.csv"


def _listed(wanted: AuditFilter) -> list[Component]:
    with request.database() as session:
        entries = audit.entries(session, wanted, MOST)
        total = audit.count(session, wanted)
        names = trail_names.firm_names(session, entries)
        rows = [_row(entry, names) for entry in entries]
    if not rows:
        return [empty(_("Nothing in the trail fits. Ask for less."))]
    columns = [
        number_column("id", _("No."), minWidth=70, maxWidth=90),
        text_column("at", _("At"), minWidth=150),
        text_column("person", _("By"), minWidth=100),
        text_column("action", _("Action"), minWidth=160),
        text_column("subject", _("Subject"), flex=2, minWidth=280, wrapText=True, autoHeight=True),
        text_column("details", _("Details"), flex=3, minWidth=300, wrapText=True, autoHeight=True),
    ]
    note = _("The newest %(shown)s of %(total)s", shown=amounts.count(len(rows)), total=amounts.count(total))
    return [
        html.P(note, className="card-note"),
        html.Div(grid("trail-grid", columns, rows, key="id", height="560px"), className="grid-frame"),
    ]


def _row(entry: AuditEntry, names: Mapping[str, str]) -> Row:
    return {
        "id": entry.id,
        "at": amounts.moment(request.local(entry.at)),
        "person": entry.person,
        "action": audit_text.action_text(entry.action),
        "subject": audit_text.subject_text(entry.subject, entry.details, names),
        "details": audit_text.details_text(entry.details, names, entry.subject),
    }


@guarded_callback(
    Output("trail-entries", "children"),
    Output("trail-csv", "href"),
    Input("trail-person", "value"),
    Input("trail-action", "value"),
    Input("trail-firm", "value"),
    Input("trail-since", "value"),
    Input("trail-until", "value"),
    may=Action.SEE_AUDIT_LOG,
    prevent_initial_call=True,
)
def narrow(
    person: str | None, action: str | None, firm: str | None, since: str | None, until: str | None
) -> tuple[Any, Any]:
    wanted = _wanted({"person": person, "action": action, "firm": firm, "since": since, "until": until})
    return _listed(wanted), _csv_address(wanted)


@guarded_callback(
    Output("trail-chain", "children"),
    Input("trail-csv", "id"),
    State("address", "pathname"),
    may=Action.SEE_AUDIT_LOG,
)
def chain(_shown: str | None, _path: str | None) -> Component:
    """Whether every entry still carries its own hash and that of the entry before."""
    with request.database() as session:
        try:
            count, head = audit.verify(session), audit.head(session)
        except audit.BrokenAuditLog as broken:
            return html.Div([icon("alert-triangle"), html.Div(str(broken))], className="fault", role="alert")
    whole = _("The chain is whole: %(count)s entries.", count=amounts.count(count))
    note = _(
        "Note the last seal down elsewhere; “goldseed audit verify --head” then shows whether the end was cut off:"
    )
    return card(
        None, [html.Strong(whole, className="raises"), html.P([note, " ", html.Code(head)], className="card-note")]
    )


def trail_csv() -> Response:
    """Every entry that fits, the newest first, with its seal."""
    try:
        wanted = _wanted(http_request.args)
    except ShownToPeople as error:
        return Response(str(error), status=400)
    with request.database() as session:
        entries = audit.entries(session, wanted)
        names = trail_names.firm_names(session, entries)
        rows = [
            [
                entry.id,
                amounts.moment(request.local(entry.at)),
                entry.person,
                audit_text.action_text(entry.action),
                audit_text.subject_text(entry.subject, entry.details, names),
                entry.subject,
                json.dumps(entry.details, ensure_ascii=False),
                entry.hash,
            ]
            for entry in entries
        ]
    return Response(
        csv_of([_(heading) for heading in _HEADINGS], rows),
        mimetype="text/csv",
        headers={"Content-Disposition": "attachment; filename=goldseed-trail.csv"},
    )


PAGES = (Page("/trail", layout, Action.SEE_AUDIT_LOG, N_("Trail"), "history"),)
DOWNLOADS = (Download("/download/trail.csv", trail_csv, Action.SEE_AUDIT_LOG, exports="trail"),)
