"""Imports: preview a file, correct it, store it, undo it; and the list of earlier imports.

The browser sends the file once; a job previews it and stores nothing. Only then the clerk decides.
"""

import base64
import binascii
from collections.abc import Mapping
from io import BytesIO
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import dash_mantine_components as dmc
from dash import Input, Output, State, dcc, html, no_update
from dash.development.base_component import Component
from flask import Response, abort, send_file
from flask import request as http_request

from dashboard import kept_forms
from dashboard.components import amounts, terms
from dashboard.components.cards import aria, card, empty, icon, page_head, pill, warning
from dashboard.components.forms.changed_values import SHOWN, changed_values, titled_table
from dashboard.components.grids import count_column, grid, pill_column, text_column
from dashboard.jobs import process
from dashboard.web import request
from dashboard.web.callbacks import guarded_callback
from dashboard.web.routes import Download, Page, View
from dashboard.web.sent import day_of
from dashboard.web.uploads import LARGEST_FILE_BYTES, SUFFIXES, safe_name
from pipeline import language
from pipeline.accounts import audit
from pipeline.accounts.people import Action
from pipeline.errors import ShownToPeople
from pipeline.intake.history import imports
from pipeline.intake.mapping import column_maps, templates
from pipeline.language import N_
from pipeline.language import gettext as _
from scoring.scores.touched_scores import bring_up_to_date, in_words

_POLL_MS = 700


def layout(view: View) -> Component:
    kept_forms.bring(request.app().engine)
    maps = [{"value": name, "label": language.pick(column_maps.load(name))} for name in column_maps.names()]
    form = [
        dmc.SimpleGrid(
            [
                dmc.Select(id="imports-map", label=_("Form"), data=maps, value="city", allowDeselect=False),
                dmc.DateInput(
                    id="imports-known",
                    label=_("Known since"),
                    description=_("empty: 30 April after the year; a correction: today"),
                    valueFormat="YYYY-MM-DD",
                    clearable=True,
                    maxDate=view.today.isoformat(),
                ),
            ],
            cols={"base": 1, "sm": 2},
        ),
        dcc.Upload(
            html.Div(
                [
                    icon("file-upload"),
                    html.Strong(_("Drop a workbook here, or choose one")),
                    html.Span(
                        _("XLSX or CSV, up to %(size)s MB; nothing is stored yet", size=LARGEST_FILE_BYTES // 2**20)
                    ),
                ],
                className="drop-zone",
            ),
            id="imports-file",
            max_size=LARGEST_FILE_BYTES,
            accept=",".join(SUFFIXES),
        ),
        dcc.Store(id="imports-job"),
        dcc.Interval(id="imports-tick", interval=_POLL_MS, disabled=True),
        html.Div(id="imports-progress", className="under-the-form", role="status", **aria(live="polite")),
        html.Div(id="imports-seen"),
    ]
    right = dmc.Group(
        [
            dcc.Link([icon("adjustments"), _("A new form")], href="/mapping", className="head-button"),
            html.A(
                [icon("file-spreadsheet"), _("Empty form")], href="/download/template.xlsx", className="head-button"
            ),
            html.A(
                [icon("file-spreadsheet"), _("Empty form for activities")],
                href="/download/template.xlsx?map=city-activities",
                className="head-button",
            ),
        ]
    )
    return html.Div(
        [
            page_head(
                _("Imports"), _("Look at a file first, then store it whole; every import can be taken back"), right
            ),
            *_own_alone(view),
            dmc.Stack(
                [
                    card(_("A new file"), form),
                    card(_("What came in"), html.Div(_imports_table(), id="imports-list")),
                ]
            ),
        ]
    )


def _own_alone(view: View) -> list[Component]:
    """To who hands in for a district: what may stand in the file, before it is refused."""
    if view.person.district_code is None:
        return []
    about = _(
        "Only rows of firms of %(district)s can be stored; a row of any other firm is refused by name. New firms "
        "become the district's; a firm that moves to another is moved by the city.",
        district=terms.district(view.person.district_code),
    )
    return [html.P(about, className="card-note", style={"margin": "0 0 .8rem"})]


def _imports_table() -> list[Any]:
    rows = [
        {
            "id": str(line.id),
            "file": line.file,
            "rows": line.rows,
            "state": _(terms.STATES.get(line.state, line.state)),
            "findings": line.open_findings,
            "map": column_maps.title(line.map_name),
            "at": amounts.moment(request.local(line.imported_at)),
            "by": line.imported_by,
            "district": terms.district(line.district_code) if line.district_code else "",
            "why": line.undone_why or "",
            "problems": line.problem_count,
        }
        for line in imports.list_imports(request.app().engine, refused=True, person=request.person())
    ]
    if not rows:
        return [empty(_("Nothing came in yet."))]
    tones = {_("Stored"): "good", _("Undone"): "warn", _("Refused"): "bad"}
    columns = [
        text_column("id", _("No."), minWidth=70, maxWidth=80, comparator={"function": "byNumber"}),
        text_column("file", _("File"), flex=3, minWidth=220, wrapText=True, autoHeight=True),
        count_column("rows", _("Rows")),
        pill_column("state", _("State"), tones, minWidth=100),
        count_column("problems", _("To mend")),
        count_column("findings", _("Open findings")),
        text_column("map", _("Form"), flex=2, minWidth=150, wrapText=True, autoHeight=True),
        text_column("at", _("At"), minWidth=150),
        text_column("by", _("By")),
        *([] if request.person().district_code else [text_column("district", _("District"))]),
    ]
    undo = dmc.Group(
        [
            dmc.TextInput(
                id="imports-undo-why",
                placeholder=_("Why it is taken back (kept in the trail)"),
                style={"flex": 1},
                miw=220,
                **aria(label=_("Why it is taken back (kept in the trail)")),
            ),
            dmc.Checkbox(id="imports-undo-force", label=_("also where decisions rest on it")),
            dmc.Button(_("Take back"), id="imports-undo", variant="default"),
        ],
        mt="sm",
    )
    return [
        html.Div(
            grid(
                "imports-grid",
                columns,
                rows,
                key="id",
                height="380px",
                dashGridOptions={"rowSelection": {"mode": "singleRow"}},
            ),
            className="grid-frame",
        ),
        undo,
        html.Div(id="imports-refused", **aria(live="polite")),
        html.Div(id="imports-undone", role="status", style={"marginTop": ".5rem"}, **aria(live="polite")),
    ]


@guarded_callback(
    Output("imports-job", "data"),
    Output("imports-tick", "disabled"),
    Output("imports-progress", "children"),
    Output("imports-seen", "children"),
    Input("imports-file", "contents"),
    State("imports-file", "filename"),
    State("imports-map", "value"),
    State("imports-known", "value"),
    may=Action.IMPORT,
    prevent_initial_call=True,
)
def look(contents: str | None, filename: str | None, map_name: str, known_on: str | None) -> tuple[Any, Any, Any, Any]:
    """Keep the file with a job and begin the preview."""
    if not contents or not filename:
        return no_update, no_update, no_update, no_update
    day_of(known_on)
    name = safe_name(filename)
    if not name.lower().endswith(SUFFIXES):
        return None, True, warning(_("Only .xlsx and .csv files can be read.")), None
    try:
        content = base64.b64decode(contents.partition(",")[2], validate=True)
    except (binascii.Error, ValueError):
        abort(400)
    asked = {"file": name, "map_name": map_name, "known_on": known_on, "account": request.person().id}
    app = request.app()
    try:
        job = process.start(app.settings, app.engine, request.person().id, "look", upload=(name, content), **asked)
    except ShownToPeople as error:
        return None, True, warning(error), None
    return {"id": job, "look": job}, False, _bar(0.02, _("Looking at %(file)s …", file=name)), None


@guarded_callback(
    Output("imports-tick", "disabled", allow_duplicate=True),
    Output("imports-progress", "children", allow_duplicate=True),
    Output("imports-seen", "children", allow_duplicate=True),
    Output("imports-list", "children"),
    Input("imports-tick", "n_intervals"),
    State("imports-job", "data"),
    may=Action.IMPORT,
    prevent_initial_call=True,
)
def follow_job(_ticks: int | None, job: dict[str, str] | None) -> tuple[Any, Any, Any, Any]:
    if not job:
        return True, no_update, no_update, no_update
    try:
        job_state = process.state(request.app().engine, request.person().id, job.get("id", ""))
    except ShownToPeople as error:
        return True, warning(error), None, no_update
    if job_state.running:
        return False, _bar(max(job_state.share, 0.02), job_state.says or _("Working …")), no_update, no_update
    if job_state.state != "done":
        return True, html.Span(job_state.says, className="overdue"), None, no_update
    if job_state.kind not in ("look", "store"):
        abort(400)
    if job_state.kind == "store":
        return True, _stored(job_state.result), None, _imports_table()
    table = no_update if job_state.result["good"] else _imports_table()  # a refused file is listed too
    return True, None, _seen(job_state.id, job_state.result), table


@guarded_callback(
    Output("imports-job", "data", allow_duplicate=True),
    Output("imports-tick", "disabled", allow_duplicate=True),
    Output("imports-progress", "children", allow_duplicate=True),
    Output("imports-seen", "children", allow_duplicate=True),
    Input("imports-store", "n_clicks"),
    State("imports-job", "data"),
    may=Action.IMPORT,
    prevent_initial_call=True,
)
def store(clicks: int | None, job: dict[str, str] | None) -> tuple[Any, Any, Any, Any]:
    """Store the file that was previewed."""
    if not clicks or not job:
        return no_update, no_update, no_update, no_update
    app, person, looked = request.app(), request.person(), job.get("look", "")
    try:
        seen = process.state(app.engine, person.id, looked)
    except ShownToPeople as error:
        return None, True, warning(error), None
    if seen.kind != "look" or seen.state != "done" or not seen.result.get("good"):
        abort(400)
    asked = {name: seen.result[name] for name in ("file", "map_name", "known_on")}
    try:
        started = process.start(app.settings, app.engine, person.id, "store", source=looked, account=person.id, **asked)
    except ShownToPeople as error:
        return no_update, True, warning(error), no_update
    return {"id": started, "look": looked}, False, _bar(0.02, _("Storing …")), None


@guarded_callback(
    Output("imports-refused", "children"),
    Input("imports-grid", "selectedRows"),
    may=Action.IMPORT,
    prevent_initial_call=True,
)
def show_refused(chosen: list[dict[str, Any]] | None) -> Component | None:
    """The problems of a refused file, when it is selected in the list."""
    number = str(chosen[0].get("id")) if chosen else ""
    if not number.startswith("R"):
        return None
    try:
        refused = imports.details(request.app().engine, number, person=request.person())
    except ShownToPeople as error:
        return warning(error)
    return _listed([problem.as_json() for problem in refused.problems], refused.line.problem_count or 0)


@guarded_callback(
    Output("imports-undone", "children"),
    Output("imports-grid", "rowData"),
    Output("imports-undo-why", "value"),
    Output("imports-undo-force", "checked"),
    Input("imports-undo", "n_clicks"),
    State("imports-grid", "selectedRows"),
    State("imports-undo-why", "value"),
    State("imports-undo-force", "checked"),
    may=Action.IMPORT,
    prevent_initial_call=True,
)
def undo(
    clicks: int | None, chosen: list[dict[str, Any]] | None, why: str | None, force: bool | None
) -> tuple[Any, Any, Any, Any]:
    if not clicks:
        return no_update, no_update, no_update, no_update
    number = str(chosen[0].get("id")) if chosen else ""
    if not (number.isascii() and number.isdigit()):
        return _("Mark an import first."), no_update, no_update, no_update
    try:
        undone = imports.undo(
            request.app().engine, int(number[:9]), by=request.person(), now=request.now(), force=bool(force), why=why
        )
    except ShownToPeople as error:
        return warning(error), no_update, no_update, no_update
    said = _(
        "Import %(id)s (%(file)s) is taken back: %(rows)s rows are no longer in force.",
        id=undone.id,
        file=undone.file,
        rows=undone.rows,
    )
    scores = bring_up_to_date(
        request.app().engine, request.app().settings.models, now=audit.utc(request.now()), by=request.person().name
    )
    said = " ".join([said, *map(str, in_words(scores))])
    table = _imports_table()
    return said, table[0].children.rowData if len(table) > 1 else [], "", False


def _bar(share: float, says: str) -> Component:
    return html.Div(
        [
            dmc.Progress(value=100 * share, animated=True, mt="sm", **aria(label=says)),
            html.P(says, className="card-note"),
        ]
    )


def _seen(job: str, seen: Mapping[str, Any]) -> Component:
    """The preview's result: counts and warnings of a good file, every problem of a wrong one."""
    parts: list[Any] = [html.P(seen["message"], style={"fontWeight": 600, "margin": "1rem 0 .5rem"})]
    marked = (
        [
            html.A(
                [icon("download"), _("The workbook, marked up")],
                href=f"/download/mended/{job}",
                className="head-button",
            )
        ]
        if seen.get("mended")
        else []
    )
    if seen["good"]:
        tone = "warn" if seen["warnings_count"] else "good"
        parts.append(
            dmc.Group(
                [
                    pill(_("%(count)s rows added", count=amounts.count(seen["added"] - seen["superseded"])), "good"),
                    *_restated_pills(seen["restated"], seen["superseded"]),
                    pill(_("%(count)s new firms", count=amounts.count(seen["new_firms"]))),
                    pill(_("%(count)s things to look at", count=amounts.count(seen["warnings_count"])), tone),
                ],
                gap="xs",
            )
        )
        button = (
            [] if seen["already_stored"] else [dmc.Button(_("Store it"), id="imports-store", leftSection=icon("check"))]
        )
        said = [*seen["notices"], *([seen["no_copy"]] if seen.get("no_copy") else [])]
        parts += [html.P(notice, className="card-note") for notice in said]
        parts.append(dmc.Group([*button, *marked], my="sm"))
        parts.append(changed_values(seen["restated"]))
        parts.append(_warned(seen["warnings"], seen["warnings_count"]))
    else:
        parts += [html.P(seen["no_copy"], className="card-note")] if seen.get("no_copy") else []
        parts.append(dmc.Group(marked, my="sm"))
        parts.append(_listed(seen["problems"], seen["problems_count"]))
    return html.Div(parts)


def _restated_pills(restated: Mapping[str, Any], superseded: int) -> list[Component]:
    """How many rows say again what stands, and how many values they change."""
    if not superseded:
        return []
    pills = [pill(_("%(count)s rows unchanged", count=amounts.count(restated["unchanged"])))]
    if restated["values"]:
        text = _(
            "%(rows)s rows, %(values)s values corrected",
            rows=amounts.count(restated["corrected"]),
            values=amounts.count(restated["values"]),
        )
        pills.append(pill(text, "warn"))
    if restated["added"]:
        pills.append(pill(_("%(count)s values added", count=amounts.count(restated["added"])), "good"))
    return pills


def _stored(result: Mapping[str, Any]) -> Component:
    """The word on a stored file, and what it corrected."""
    said = [html.P(notice, className="card-note") for notice in result["notices"]]
    return html.Div(
        [html.P(result["message"], className="raises"), *said, changed_values(result["restated"])], className="said"
    )


def _warned(warnings: list[dict[str, Any]], total: int) -> Component:
    """What looks odd in a file that can be stored, without the place that stands in columns of its own."""
    rows = [
        [
            warning["sheet"] or "",
            warning["cell"] or "",
            warning["firm_name"] or "",
            warning["firm_id"],
            str(warning["year"] or ""),
            warning["found"] or "",
            warning["message"],
        ]
        for warning in warnings[:SHOWN]
    ]
    headings = [_("Sheet"), _("Cell"), _("Firm"), _("Credit code"), _("Year"), _("Found"), _("What is odd")]
    return titled_table(_("To look at"), headings, rows, total)


def _listed(problems: list[dict[str, Any]], total: int) -> Component:
    """What stops a file: where, whose row, what was found, what is wrong and what to write instead."""
    rows = [
        [
            problem["sheet"] or "",
            problem["cell"] or "",
            problem.get("firm_name") or "",
            problem.get("firm") or "",
            problem["found"] or "",
            problem["text"],
        ]
        for problem in problems[:SHOWN]
    ]
    headings = [_("Sheet"), _("Cell"), _("Firm"), _("Credit code"), _("Found"), _("What is wrong")]
    return titled_table(_("To mend"), headings, rows, total)


def mended_file(job: str) -> Response:
    """The annotated workbook of a preview that this person began."""
    engine, owner = request.app().engine, request.person().id
    try:
        content = process.mended_file(engine, owner, job)
        name = process.state(engine, owner, job).result.get("file")
    except ShownToPeople:
        abort(404)
    if content is None or name is None:
        abort(404)
    return send_file(BytesIO(content), as_attachment=True, download_name=f"{Path(name).stem}-{_('to mend')}.xlsx")


def template_file() -> Response:
    """The empty form of the city, or of the map that the address names (`?map=city-activities`), its notes in the
    reader's language."""
    wanted = http_request.args.get("map", "city")
    if wanted not in column_maps.names():
        abort(404)
    with TemporaryDirectory() as folder:
        path = templates.write_template(Path(folder) / "template.xlsx", language.language(), wanted)
        content = path.read_bytes()
    return send_file(BytesIO(content), as_attachment=True, download_name=f"goldseed-{request.today():%Y}.xlsx")


PAGES = (Page("/imports", layout, Action.IMPORT, N_("Imports"), "file-upload"),)
DOWNLOADS = (
    Download("/download/mended/<job>", mended_file, Action.IMPORT, exports="marked_workbook"),
    Download("/download/template.xlsx", template_file, Action.IMPORT),
)
