"""A new form, told heading by heading: the board guesses, a person corrects, and it is kept as a column map.

The map is checked by the same reader that imports use before it is written, and an existing one is never overwritten.
"""

import base64
import binascii
import re
from typing import Any

import dash_mantine_components as dmc
import yaml
from dash import Input, Output, State, dcc, html, no_update
from dash.development.base_component import Component
from flask import abort

from dashboard import form_reading, jobs
from dashboard import request as asked
from dashboard.callbacks import board_callback
from dashboard.components.cards import aria, card, icon, link, page_head
from dashboard.components.grids import grid, text_column
from dashboard.pages.imports import LARGEST_FILE_BYTES, safe_name
from dashboard.routes import Page, View
from pipeline import audit, language
from pipeline.catalog import catalog
from pipeline.errors import ShownToPeople
from pipeline.intake import column_maps
from pipeline.language import N_
from pipeline.language import gettext as _
from pipeline.people import Action
from pipeline.sources import trust

_NAME = re.compile(r"[a-z][a-z0-9-]{1,40}")


def layout(view: View) -> Component:
    sources = [{"value": name, "label": language.pick(source)} for name, source in trust().sources.items()]
    form = dmc.SimpleGrid(
        [
            dmc.TextInput(id="mapping-name", label=_("Short name (a-z, 0-9, -)")),
            dmc.TextInput(id="mapping-title", label=_("Title of the form")),
            dmc.Select(id="mapping-source", label=_("Source"), data=sources, value="hnte_annual", allowDeselect=False),
        ],
        cols={"base": 1, "sm": 3},
    )
    upload = dcc.Upload(
        html.Div(
            [icon("file-upload"), html.Strong(_("Drop one filled-in example of the form here"))], className="drop-zone"
        ),
        id="mapping-file",
        max_size=LARGEST_FILE_BYTES,
        accept=".xlsx,.csv",
    )
    return html.Div(
        [
            page_head(
                _("A new form"),
                _("The board guesses what each heading means; correct it and keep it"),
                link(_("Imports"), "/imports"),
            ),
            card(
                None,
                [
                    form,
                    upload,
                    html.Div(id="mapping-table", style={"marginTop": "1rem"}),
                    dmc.Button(_("Check and keep"), id="mapping-save", mt="md", leftSection=icon("check")),
                    html.Div(id="mapping-said", role="status", style={"marginTop": ".6rem"}, **aria(live="polite")),
                ],
            ),
        ]
    )


def targets() -> dict[str, str]:
    """What a heading may lead to -> how the table calls it; names are unique, since a fact's own name stands in it."""
    named = {"": _("(not used)"), "firm": _("credit code of the firm"), "year": _("year")}
    return named | {name: f"{language.pick(fact)} · {name}" for name, fact in catalog().items()}


@board_callback(
    Output("mapping-table", "children"),
    Output("mapping-said", "children"),
    Input("mapping-file", "contents"),
    State("mapping-file", "filename"),
    may=Action.IMPORT,
    prevent_initial_call=True,
)
def read(contents: str | None, filename: str | None) -> tuple[Any, Any]:
    """The headings of the example, each with a guess."""
    if not contents or not filename:
        return no_update, no_update
    folder = jobs.new_folder(asked.board().settings, asked.person().id)
    file = folder / safe_name(filename)
    try:
        file.write_bytes(base64.b64decode(contents.partition(",")[2], validate=True))
    except (binascii.Error, ValueError):
        abort(400)
    try:
        rows = form_reading.headings_of(file)
    except ShownToPeople as error:
        return None, html.Span(str(error), className="overdue")
    named = targets()
    shown = [{**row, "id": number, "target": named[row["target"]]} for number, row in enumerate(rows)]
    columns = [
        text_column("sheet", _("Sheet")),
        text_column("heading", _("Heading"), minWidth=180),
        text_column("sample", _("Example")),
        text_column(
            "target",
            _("Means"),
            editable=True,
            flex=2,
            minWidth=240,
            cellEditor="agSelectCellEditor",
            cellEditorParams={"values": list(named.values())},
        ),
        text_column(
            "unit",
            _("Unit"),
            editable=True,
            cellEditor="agSelectCellEditor",
            cellEditorParams={"values": list(form_reading.UNITS)},
        ),
    ]
    table = grid("mapping-grid", columns, shown, key="id", height="460px", dashGridOptions={"singleClickEdit": True})
    return html.Div(table, className="grid-frame"), _("%(count)s headings read.", count=len(rows))


@board_callback(
    Output("mapping-said", "children", allow_duplicate=True),
    Input("mapping-save", "n_clicks"),
    State("mapping-grid", "rowData"),
    State("mapping-name", "value"),
    State("mapping-title", "value"),
    State("mapping-source", "value"),
    may=Action.IMPORT,
    prevent_initial_call=True,
)
def keep(
    clicks: int | None, rows: list[dict[str, Any]] | None, name: str | None, title: str | None, source: str
) -> Any:
    """Hold the map against the reader's own rules, then write it; an existing name stays as it is."""
    if not clicks or not rows:
        return _("Read an example of the form first.")
    if not _NAME.fullmatch(name or "") or not (title or "").strip():
        return _("Give a short name of small letters, digits and dashes, and a title.")
    assert name is not None
    file = column_maps.FOLDER / f"{name}.yaml"
    if file.exists():
        return html.Span(_("There is a form of this name already; choose another."), className="overdue")
    keys = {shown: key for key, shown in targets().items()}
    content = form_reading.content_of(
        [{**row, "target": keys.get(str(row.get("target")), "")} for row in rows], (title or "").strip(), source
    )
    try:
        if not content["sheets"]:
            return _("No sheet has both a credit code and a year.")
        column_maps.from_content(name, content)
    except ShownToPeople as error:
        return html.Span(str(error), className="overdue")
    with asked.database() as session, session.begin():
        audit.record(session, asked.person(), "keep_column_map", f"map:{name}", {"title": title}, asked.now())
    file.write_text(yaml.safe_dump(content, allow_unicode=True, sort_keys=False), encoding="utf-8")
    return html.Span(_("The form %(name)s is kept; imports can use it now.", name=name), className="raises")


PAGES = (Page("/mapping", layout, Action.IMPORT, N_("A new form")),)
