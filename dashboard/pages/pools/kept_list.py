"""The list of the pools that a city kept before, taken over on the board: a file, or lines that are typed."""

import base64
import binascii
import tempfile
from pathlib import Path
from typing import Any

import dash_mantine_components as dmc
from dash import Input, Output, State, dcc, html, no_update
from dash.development.base_component import Component
from flask import abort

from dashboard.components.cards import aria, card, icon, warning
from dashboard.web import request
from dashboard.web.callbacks import guarded_callback
from dashboard.web.sign_in import second_person
from dashboard.web.uploads import SUFFIXES, safe_name
from pipeline import language
from pipeline.accounts.people import Action
from pipeline.errors import ShownToPeople, WrongFile
from pipeline.language import gettext as _
from pipeline.pools.kept_lists import entering, reading
from pipeline.pools.kept_lists.reading import COLUMNS, KeptList

#: A list of some hundreds of firms is far smaller.
_LARGEST_BYTES = 2 * 2**20


def kept_list_card(anybody_in: bool) -> Component:
    """The form, open where nobody is in a pool yet."""
    headings = language.listed(language.pick(label) for label in COLUMNS.values())
    fields = [
        dmc.SimpleGrid(
            [
                dcc.Upload(
                    html.Div(
                        [
                            icon("file-upload"),
                            html.Strong(_("Drop the list here, or choose it")),
                            html.Span(_("XLSX or CSV with the columns %(headings)s", headings=headings)),
                            html.Span(id="pools-list-name"),
                        ],
                        className="drop-zone",
                    ),
                    id="pools-list-file",
                    max_size=_LARGEST_BYTES,
                    accept=",".join(SUFFIXES),
                ),
                dmc.Textarea(
                    id="pools-list-lines",
                    label=_("Or type it: a line for each firm, with %(headings)s", headings=headings),
                    minRows=5,
                    autosize=True,
                    maxRows=16,
                ),
            ],
            cols={"base": 1, "sm": 2},
        ),
        dmc.SimpleGrid(
            [
                dmc.TextInput(id="pools-list-why", label=_("Reason (kept for good)")),
                dmc.TextInput(id="pools-list-second", label=_("Second person: name")),
                dmc.PasswordInput(id="pools-list-second-password", label=_("Second person: password")),
            ],
            cols={"base": 1, "sm": 3},
            mt="sm",
        ),
        dmc.Button(_("Take it over"), id="pools-list-enter", variant="default", mt="sm"),
    ]
    note = _(
        "Every firm becomes a member since its day, or, where a row is wrong, none does. Firms of the golden-seed pool "
        "need a second person."
    )
    form = html.Details(
        [html.Summary(_("Take over a list from a file, or by hand"), className="text-link"), *fields],
        open=not anybody_in,
    )
    said = html.Div(id="pools-list-said", role="status", style={"marginTop": ".5rem"}, **aria(live="polite"))
    return card(_("The list that was kept before"), [form, said], note, id="kept-list")


@guarded_callback(
    Output("pools-list-name", "children"),
    Input("pools-list-file", "filename"),
    may=Action.DECIDE_POOLS,
    prevent_initial_call=True,
)
def name_file(filename: str | None) -> Any:
    return safe_name(filename) if filename else None


@guarded_callback(
    Output("pools-list-said", "children"),
    Output("pools-list-lines", "value"),
    Output("pools-list-file", "contents"),
    Output("pools-list-file", "filename"),
    Output("pools-list-why", "value"),
    Output("pools-list-second-password", "value"),
    Input("pools-list-enter", "n_clicks"),
    State("pools-list-file", "contents"),
    State("pools-list-file", "filename"),
    State("pools-list-lines", "value"),
    State("pools-list-why", "value"),
    State("pools-list-second", "value"),
    State("pools-list-second-password", "value"),
    may=Action.DECIDE_POOLS,
    prevent_initial_call=True,
)
def take_over(
    _clicks: int | None,
    contents: str | None,
    filename: str | None,
    lines: str | None,
    why: str | None,
    second: str | None,
    password: str | None,
) -> tuple[Any, ...]:
    """Everything that was typed stays where something is wrong; only the password goes."""
    if bool(contents) == bool((lines or "").strip()):
        return warning(_("Give a file, or type lines: one of the two.")), *[no_update] * 5
    try:
        signed_by = second_person(second, password) if second or password else None
        kept = _of_file(contents, filename or "") if contents else reading.read_lines(lines or "", request.today())
        with request.database() as session, session.begin():
            entered = entering.enter(
                session, kept, why or "", request.person(), request.today(), request.now(), signed_by
            )
    except WrongFile as error:
        listed = html.Ul([html.Li(str(problem)) for problem in error.problems])
        return html.Div([warning(error.message), listed]), *[no_update] * 4, ""
    except ShownToPeople as error:
        return warning(error), *[no_update] * 4, ""
    seen = html.A(_("Show the members"), href="/pools", className="text-link")
    return html.Div([html.Span(str(entered.message)), " ", seen]), "", None, None, "", ""


def _of_file(contents: str, filename: str) -> KeptList:
    name = safe_name(filename)
    try:
        content = base64.b64decode(contents.partition(",")[2], validate=True)
    except (binascii.Error, ValueError):
        abort(400)
    if len(content) > _LARGEST_BYTES:
        abort(413)
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / name
        file.write_bytes(content)
        return reading.read_list(file, request.today())
