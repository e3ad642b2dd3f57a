"""What looks wrong in the imported data: doubtful cells, and sources that contradict each other (大数据比对).

Each line has a state (open, explained, corrected); an officer settles it with a reason, or downloads the list.
"""

from collections.abc import Callable
from typing import Any

import dash_mantine_components as dmc
from dash import Input, Output, State, html, no_update
from dash.development.base_component import Component
from flask import Response
from flask import request as http_request

from dashboard.components import amounts, terms
from dashboard.components.cards import aria, card, icon, page_head, warning
from dashboard.components.grids import Column, Row, grid, link_column, number_column, pill_column, text_column
from dashboard.web import request
from dashboard.web.callbacks import fits, guarded_callback
from dashboard.web.routes import Download, Page, View
from pipeline import language
from pipeline.accounts.people import Action
from pipeline.agencies.marks import marks
from pipeline.catalog import catalog
from pipeline.errors import ShownToPeople
from pipeline.intake.plausibility import cross_checks
from pipeline.intake.plausibility.cross_checks import ListedCrossCheck, Statement
from pipeline.intake.storing import findings
from pipeline.intake.storing.findings import ListedFinding
from pipeline.language import N_
from pipeline.language import gettext as _

#: So many lines are shown at once; the export has all.
MOST = 3_000
_STATES = ("open", "explained", "corrected")
#: Where the order of the list puts opposite signs, and a figure beside nought: how many times has no number.
_FAR_APART = 1e15
_TONES = {"open": "warn", "explained": "plain", "corrected": "good"}


def layout(view: View) -> Component:
    """Both lists; the one behind the other comes when its tab is opened."""
    opened = view.query.get("tab")
    opened = opened if opened in ("cells", "sources") else "cells"
    cells = cell_rows("open") if opened == "cells" else []
    sources = source_rows("open") if opened == "sources" else []
    tabs = dmc.Tabs(
        [
            dmc.TabsList(
                [
                    dmc.TabsTab(_("Cells to look at"), value="cells"),
                    dmc.TabsTab(_("Contradictions between sources"), value="sources"),
                ]
            ),
            dmc.TabsPanel(_panel("cells", _cell_columns("open"), cells), value="cells", pt="md"),
            dmc.TabsPanel(_panel("sources", _source_columns("open"), sources), value="sources", pt="md"),
        ],
        value=opened,
        id="checks-tabs",
    )
    note = _("Nothing here stops an import; each waits for somebody to explain or correct it")
    return html.Div([page_head(_("Cross-checks"), note), card(None, tabs)])


def _panel(kind: str, columns: list[Column], rows: list[Row]) -> Component:
    states = [{"value": name, "label": _(terms.STATES[name])} for name in _STATES]
    top = dmc.Group(
        [
            dmc.SegmentedControl(
                id=f"checks-{kind}-shown", data=[*states, {"value": "all", "label": _("All")}], value="open", size="sm"
            ),
            html.A([icon("download"), _("CSV")], href=f"/download/{kind}.csv", className="head-button"),
        ],
        justify="space-between",
        mb="sm",
    )
    settle = dmc.Group(
        [
            dmc.Select(
                id=f"checks-{kind}-state",
                data=states,
                value="explained",
                w=130,
                allowDeselect=False,
                **aria(label=_("State")),
            ),
            dmc.TextInput(
                id=f"checks-{kind}-why",
                placeholder=_("Reason (kept with it)"),
                style={"flex": 1},
                miw=220,
                **aria(label=_("Reason (kept with it)")),
            ),
            dmc.Button(_("Save"), id=f"checks-{kind}-save"),
        ],
        mt="sm",
    )
    chosen = {"rowSelection": {"mode": "multiRow", "headerCheckbox": True, "selectAll": "filtered"}}
    return html.Div(
        [
            top,
            html.Div(
                grid(f"checks-{kind}", columns, rows, key="id", height="480px", dashGridOptions=chosen),
                className="grid-frame",
            ),
            settle,
            html.Div(id=f"checks-{kind}-said", role="status", style={"marginTop": ".5rem"}, **aria(live="polite")),
        ]
    )


#: Words go over several lines rather than out of sight.
_WRAPPED: dict[str, Any] = {"wrapText": True, "autoHeight": True}


def _cell_columns(state: str | None) -> list[Column]:
    """The question stands beside the firm, so that a phone shows it."""
    return [
        link_column("firm", _("Firm"), minWidth=96, **_WRAPPED),
        text_column("message", _("What is odd"), flex=4, minWidth=190, **_WRAPPED),
        number_column("year", _("Year"), minWidth=74, maxWidth=84),
        text_column("fact", _("Figure"), minWidth=120, **_WRAPPED),
        text_column("found", _("Found"), minWidth=110, **_WRAPPED),
        text_column("cell", _("Cell"), minWidth=130, **_WRAPPED),
        *_settled_columns(state),
        text_column("file", _("File"), minWidth=150, **_WRAPPED),
    ]


def _source_columns(state: str | None) -> list[Column]:
    return [
        link_column("firm", _("Firm"), minWidth=92, **_WRAPPED),
        text_column("fact", _("Figure"), minWidth=86, **_WRAPPED),
        number_column(
            "gap",
            _("Gap"),
            valueFormatter={"function": "params.data.gap_text"},
            minWidth=98,
            flex=3,
            type="leftAligned",
            headerTooltip=_("Sorted and filtered by how many times one is the other"),
            **_WRAPPED,
        ),
        number_column("year", _("Year"), minWidth=74, maxWidth=84),
        text_column("value", _("One source"), flex=2, minWidth=160, **_WRAPPED),
        text_column("other", _("Other source"), flex=2, minWidth=160, **_WRAPPED),
        *_settled_columns(state),
        text_column("agency", _("Prepared by"), flex=2, minWidth=130, **_WRAPPED),
    ]


def _settled_columns(state: str | None) -> list[Column]:
    """The state, and where lines are settled why and by which import: an open line has neither."""
    tones = {_(terms.STATES[name]): tone for name, tone in _TONES.items()}
    shown = [pill_column("state", _("State"), tones, minWidth=100)]
    if state == "open":
        return shown
    return [
        *shown,
        text_column("why", _("Reason"), flex=3, minWidth=200, **_WRAPPED),
        text_column("by_import", _("Corrected by import"), minWidth=140, **_WRAPPED),
    ]


def cell_rows(state: str | None) -> list[Row]:
    return [
        {
            "id": finding.id,
            "firm": finding.firm_name or finding.firm_id,
            "address": f"/firm/{finding.firm_id}",
            "year": finding.year,
            "fact": language.pick(catalog()[finding.field]) if finding.field in catalog() else finding.field,
            "found": finding.found,
            "message": str(finding.message),
            "cell": f"{finding.sheet} {finding.cell or ''}",
            "file": finding.file,
            "state": _(terms.STATES[finding.state]),
            "why": None if finding.settled_why is None else str(finding.settled_why),
            "by_import": _by_import(finding),
        }
        for finding in findings.list_findings(request.app().engine, state=state, limit=MOST, person=request.person())
    ]


def source_rows(state: str | None) -> list[Row]:
    checks = cross_checks.list_cross_checks(request.app().engine, state=state, limit=MOST, person=request.person())
    with request.database() as session:
        marked = marks(session, request.person(), [check.prepared_by for check in checks], request.today())
    return [
        {
            "id": check.id,
            "firm": check.firm_name or check.firm_id,
            "address": f"/firm/{check.firm_id}",
            "year": check.year,
            "fact": language.pick(check.label),
            "value": _statement(check.fact, check.own),
            "other": _statement(check.fact, check.other),
            "gap": check.times or _FAR_APART,
            "gap_text": str(check.gap),
            "agency": str(marked.get(check.prepared_by or "", check.prepared_by or "")) or None,
            "state": _(terms.STATES[check.state]),
            "why": None if check.settled_why is None else str(check.settled_why),
            "by_import": _by_import(check),
        }
        for check in checks
    ]


def _statement(fact: str, statement: Statement) -> str:
    return f"{amounts.fact_value(catalog()[fact], statement.value)} · {language.pick(statement.source_label)}"


def _by_import(line: ListedFinding | ListedCrossCheck) -> str:
    """Which import corrected it, by number and file; blank where a person settled it."""
    number = line.settled_by_import
    return "" if number is None else " · ".join(filter(None, (str(number), line.settled_by_file)))


def _declare(
    kind: str,
    columns: Callable[[str | None], list[Column]],
    rows: Callable[[str | None], list[Row]],
    settle: Callable[..., Any],
) -> None:
    """The two callbacks of one list: show a state when it is chosen or the tab is opened, and settle what is marked."""

    @guarded_callback(
        Output(f"checks-{kind}", "rowData"),
        Output(f"checks-{kind}", "columnDefs"),
        Input(f"checks-{kind}-shown", "value"),
        Input("checks-tabs", "value"),
        may=Action.IMPORT,
        prevent_initial_call=True,
    )
    def show(state: str | None, opened: str | None) -> tuple[Any, Any]:
        if opened != kind:
            return no_update, no_update
        chosen = state if state in _STATES else None
        return rows(chosen), columns(chosen)

    @guarded_callback(
        Output(f"checks-{kind}-said", "children"),
        Output(f"checks-{kind}", "rowData", allow_duplicate=True),
        Output(f"checks-{kind}", "selectedRows"),
        Output(f"checks-{kind}-why", "value"),
        Input(f"checks-{kind}-save", "n_clicks"),
        State(f"checks-{kind}", "selectedRows"),
        State(f"checks-{kind}-state", "value"),
        State(f"checks-{kind}-why", "value"),
        State(f"checks-{kind}-shown", "value"),
        may=Action.IMPORT,
        prevent_initial_call=True,
    )
    def save(
        _clicks: int | None, chosen: list[dict[str, Any]] | None, state: str, why: str | None, shown: str | None
    ) -> tuple[Any, Any, Any, Any]:
        marked = [row["id"] for row in chosen or [] if fits(row.get("id"), int)]
        if not marked:
            return _("Mark one or more lines first."), no_update, no_update, no_update
        try:
            with request.database() as session, session.begin():
                for number in marked:
                    settle(session, number, state, why or "", by=request.person(), now=request.now())
        except ShownToPeople as error:
            return warning(error), no_update, no_update, no_update
        return _("%(count)s settled.", count=len(marked)), rows(shown if shown in _STATES else None), [], ""


_declare("cells", _cell_columns, cell_rows, findings.settle_finding)
_declare("sources", _source_columns, source_rows, cross_checks.settle_cross_check)


def cells_csv() -> Response:
    listed = findings.list_findings(request.app().engine, state=_state_in_address(), person=request.person())
    return _csv(findings.export_csv(listed, findings.FINDING_COLUMNS), "cells")


def sources_csv() -> Response:
    listed = cross_checks.list_cross_checks(request.app().engine, state=_state_in_address(), person=request.person())
    return _csv(findings.export_csv(listed, findings.CROSS_CHECK_COLUMNS), "sources")


def _state_in_address() -> str | None:
    return state if (state := http_request.args.get("state")) in _STATES else None


def _csv(content: bytes, name: str) -> Response:
    headers = {"Content-Disposition": f"attachment; filename=goldseed-{name}.csv"}
    return Response(content, mimetype="text/csv", headers=headers)


PAGES = (Page("/checks", layout, Action.IMPORT, N_("Cross-checks"), "list-check"),)
DOWNLOADS = (
    Download("/download/cells.csv", cells_csv, Action.IMPORT, exports="findings"),
    Download("/download/sources.csv", sources_csv, Action.IMPORT, exports="contradictions"),
)
