"""A new form: the meaning of each heading is proposed, a person corrects it, and it is saved as a column map.

The map is checked by the same reader that imports use before it is written, and an existing one is never overwritten.
"""

import base64
import binascii
from collections.abc import Mapping, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import dash_mantine_components as dmc
from dash import Input, Output, State, dcc, html, no_update
from dash.development.base_component import Component
from flask import abort

from dashboard import kept_forms
from dashboard.components.cards import aria, card, icon, link, page_head, warning
from dashboard.components.grids import Row, grid, text_column
from dashboard.web import request
from dashboard.web.callbacks import guarded_callback
from dashboard.web.routes import Page, View
from dashboard.web.uploads import LARGEST_FILE_BYTES, SUFFIXES, safe_name
from pipeline import language
from pipeline.accounts import audit
from pipeline.accounts.people import Action
from pipeline.catalog import catalog
from pipeline.errors import ShownToPeople
from pipeline.intake.mapping import proposals
from pipeline.intake.mapping.column_maps import MONEY_UNITS, SHARE_UNITS
from pipeline.intake.mapping.proposals import ProposedSheet
from pipeline.language import N_
from pipeline.language import gettext as _
from pipeline.sources import trust

#: What a person chose for a heading: {"fact": NAME, "unit": UNIT} or {"is": ROLE}, as a column map writes it.
Choice = dict[str, str | None]
_ROLES = ("firm", "year")
_UNITS = ("", *MONEY_UNITS, *(unit for unit in SHARE_UNITS if unit != "1"))


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
    """What a heading may mean -> its label in the table; labels are unique, since each contains the fact's own name."""
    named = {"": _("(not used)"), "firm": _("credit code of the firm"), "year": _("year")}
    return named | {name: f"{language.pick(fact)} · {name}" for name, fact in catalog().items()}


def rows_of(sheets: Sequence[ProposedSheet]) -> list[dict[str, str]]:
    """One row a heading, with what it probably means: target a fact, firm, year or empty."""
    rows = []
    for sheet in sheets:
        for column in sheet.columns:
            target = column.role if column.role in _ROLES else column.fact or ""
            fact = catalog().get(target)
            unit = column.unit if fact is not None and fact.type in ("money", "ratio") else ""
            # A workbook stores every number as a float; the clerk wrote 2024.
            sample = "".join(column.examples[:1]).removesuffix(".0")
            about = {"sheet": sheet.name, "heading": column.heading, "sample": sample}
            rows.append({**about, "target": target, "unit": unit or ""})
    return rows


def chosen(rows: Sequence[Mapping[str, Any]]) -> dict[str, dict[str, Choice]]:
    """The choices by sheet and heading, as a map writes them; sheets without both firm and year are left out."""
    sheets: dict[str, dict[str, Choice]] = {}
    for row in rows:
        target = row.get("target")
        choice: Choice = (
            {"is": target or "ignored"} if not target or target in _ROLES else {"fact": target, "unit": row.get("unit")}
        )
        sheets.setdefault(str(row.get("sheet")), {})[str(row.get("heading"))] = choice
    return {
        name: columns
        for name, columns in sheets.items()
        if set(_ROLES) <= {choice.get("is") for choice in columns.values()}
    }


@guarded_callback(
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
    name = safe_name(filename)
    if not name.lower().endswith(SUFFIXES):
        return None, warning(_("Only .xlsx and .csv files can be read."))
    try:
        content = base64.b64decode(contents.partition(",")[2], validate=True)
    except (binascii.Error, ValueError):
        abort(400)
    try:
        with TemporaryDirectory() as folder:
            file = Path(folder) / name
            file.write_bytes(content)
            rows = rows_of(proposals.proposed(file))
    except ShownToPeople as error:
        return None, warning(error)
    named = targets()
    shown: list[Row] = [{**row, "id": number, "target": named[row["target"]]} for number, row in enumerate(rows)]
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
            cellEditorParams={"values": list(_UNITS)},
        ),
    ]
    table = grid("mapping-grid", columns, shown, key="id", height="460px", dashGridOptions={"singleClickEdit": True})
    return html.Div(table, className="grid-frame"), _("%(count)s headings read.", count=len(rows))


@guarded_callback(
    Output("mapping-said", "children", allow_duplicate=True),
    Input("mapping-save", "n_clicks"),
    State("mapping-grid", "rowData"),
    State("mapping-name", "value"),
    State("mapping-title", "value"),
    State("mapping-source", "value"),
    may=Action.IMPORT,
    prevent_initial_call=True,
)
def save(
    clicks: int | None, rows: list[dict[str, Any]] | None, name: str | None, title: str | None, source: str
) -> Any:
    """Validate the map with the reader's own rules, then write it; an existing map is never overwritten."""
    if not clicks or not rows:
        return _("Read an example of the form first.")
    if not name or not (title or "").strip():
        return _("Give a short name of small letters, digits and dashes, and a title.")
    title = (title or "").strip()
    keys = {shown: key for key, shown in targets().items()}
    columns = chosen([{**row, "target": keys.get(str(row.get("target")), "")} for row in rows])
    if not columns:
        return warning(_("No sheet has both a credit code and a year."))
    content = proposals.content_of(title, title, kind="returns", firm="credit_code", source=source, columns=columns)
    try:
        with request.database() as session, session.begin():
            by, now = request.person(), request.now()
            audit.record(session, by, "keep_column_map", f"map:{name}"[:200], {"title": title}, now)
            kept_forms.bring(session.connection())  # under the lock of the entry: a name that another host took is seen
            kept_forms.keep(session, proposals.saved(name, content), by=by.name, now=now)
    except ShownToPeople as error:
        return warning(error)
    return html.Span(_("The form %(name)s is kept; imports can use it now.", name=name), className="raises")


PAGES = (Page("/mapping", layout, Action.IMPORT, N_("A new form")),)
