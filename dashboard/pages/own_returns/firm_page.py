"""A firm's own return: its form with what is known, as a file or in the browser; drafts, and what became of
them. Whoever reads for the firm alone finds the list without the form.

Ids begin with `own-return`. The callbacks only carry values: pipeline.own_returns checks and keeps.
"""

import base64
import binascii
from collections.abc import Callable
from typing import Any

import dash_mantine_components as dmc
from dash import ALL, Input, Output, State, ctx, dcc, html, no_update
from dash.development.base_component import Component
from flask import abort
from sqlalchemy.orm import Session

from dashboard.components import amounts
from dashboard.components.cards import aria, card, empty, file_link, icon, page_head, pill, table, text_table, warning
from dashboard.pages.own_returns.typed_form import FIELD, form
from dashboard.queries.firm import own_firm
from dashboard.web import request
from dashboard.web.callbacks import guarded_callback
from dashboard.web.routes import Page, View
from dashboard.web.sent import number_of, written_beside
from dashboard.web.uploads import SUFFIXES, safe_name
from pipeline import language
from pipeline.accounts.people import Action
from pipeline.errors import ShownToPeople
from pipeline.language import N_
from pipeline.language import gettext as _
from pipeline.own_returns import handing_in
from pipeline.own_returns.form_of_firm import LARGEST, OwnForm, fields, known, typed_form, years
from pipeline.own_returns.handing_in import ReturnRefused
from pipeline.own_returns.last_said import last_said
from pipeline.own_returns.return_lists import ReturnLine, returns
from pipeline.own_returns.state import OPEN, STATES

TONES = {
    "draft": "plain",
    "sent": "seed",
    "passed": "seed",
    "returned": "bad",
    "accepted": "good",
    "withdrawn": "plain",
}
_SAID = Output("own-return-said-all", "children", allow_duplicate=True)
_LIST = Output("own-returns", "children", allow_duplicate=True)
_MARKED = Output("own-return-marked", "data", allow_duplicate=True)
_PROBLEMS = 200


def layout(view: View) -> Component:
    """?year=2024 opens another year; the last one that is over unless it is said."""
    firm_id = own_firm(view.person)
    offered = years(view.today)
    asked = view.query.get("year", "")
    year = int(asked) if asked.isdigit() and int(asked) in offered else offered[0]
    parts: list[Any] = [card(_("What was handed in"), html.Div(_listed(view, firm_id), id="own-returns"))]
    choice = None
    if view.may(Action.HAND_IN):
        choice = _year_choice(offered, year)
        with request.database() as session:
            filled = known(session, view.person, firm_id, year, view.today) | last_said(
                session, view.person, firm_id, year, today=view.today, now=request.now()
            )
        parts = [
            _files_card(firm_id, year),
            *parts,
            card(_("Fill it in here"), form(filled), _("Checked as it is typed")),
        ]
    return html.Div(
        [
            page_head(_("Our return"), _("The firm's yearly return: first to the district, then to the city"), choice),
            dcc.Store(id="own-return-of", data=firm_id),
            dcc.Location(id="own-return-at", refresh="callback-nav"),
            dcc.Download(id="own-return-marked"),
            html.Div(id="own-return-said-all", role="status", style={"marginBottom": ".8rem"}, **aria(live="polite")),
            dmc.Stack(parts, gap="md"),
        ]
    )


def _year_choice(offered: list[int], year: int) -> Component:
    return dmc.Select(
        id="own-return-year",
        label=_("Year"),
        data=[{"value": str(one), "label": str(one)} for one in offered],
        value=str(year),
        allowDeselect=False,
        w=120,
    )


def _files_card(firm_id: str, year: int) -> Component:
    zone = html.Div(
        [
            icon("file-upload"),
            html.Strong(_("Drop the filled-in form here, or choose it")),
            html.Span(_("XLSX or CSV, up to %(size)s MB; it is checked and kept as a draft", size=LARGEST // 2**20)),
        ],
        className="drop-zone",
    )
    link = file_link(
        _("The form of %(year)s with what is known", year=year), f"/download/own-return/form/{firm_id}/{year}.xlsx"
    )
    return card(
        _("As a file"), [link, dcc.Upload(zone, id="own-return-file", max_size=LARGEST, accept=",".join(SUFFIXES))]
    )


def _listed(view: View, firm_id: str) -> Component:
    with request.database() as session:
        lines = returns(session, view.person, firm_id=firm_id)
    if not lines:
        return empty(_("Nothing was handed in yet."))
    heads = [_("No."), _("Year"), _("State"), _("File"), _("Note")]
    if not view.may(Action.HAND_IN):
        return table(heads, [_row(one) for one in lines])
    return table([*heads, ""], [[*_row(one), _doing(one)] for one in lines])


def _row(one: ReturnLine) -> list[Any]:
    state = pill(language.pick(STATES[one.state]), TONES[one.state])
    when = amounts.moment(request.local(one.sent_at or one.made_at))
    file = file_link(one.file_name, f"/download/own-return/{one.id}")
    note = "" if one.note is None or one.note == handing_in.REPLACED else one.note
    if one.import_id is not None:
        note = (
            language.joined([note, _("import %(id)s", id=one.import_id)])
            if note
            else _("import %(id)s", id=one.import_id)
        )
    return [
        str(one.id),
        str(one.year),
        html.Div([state, html.Div(when, className="card-note")]),
        file,
        note,
    ]


def _doing(one: ReturnLine) -> Component | None:
    if one.state not in OPEN:
        return None
    about = _("return %(number)s", number=one.id)
    parts: list[Any] = []
    if one.state == "draft":
        parts.append(
            dmc.Button(
                _("Send"),
                id={"type": "own-return-send", "return": one.id},
                size="xs",
                **aria(label=language.headed(_("Send"), about)),
            )
        )
    parts += [
        dmc.TextInput(
            id={"type": "own-return-why", "return": one.id},
            placeholder=_("Reason"),
            size="xs",
            w=160,
            **aria(label=language.headed(_("Reason"), about)),
        ),
        dmc.Button(
            _("Withdraw"),
            id={"type": "own-return-withdraw", "return": one.id},
            size="xs",
            variant="default",
            **aria(label=language.headed(_("Withdraw"), about)),
        ),
    ]
    return dmc.Group(parts, gap="xs")


# --- callbacks -------------------------------------------------------------------------------------


@guarded_callback(
    Output("own-return-at", "href"), Input("own-return-year", "value"), may=Action.HAND_IN, prevent_initial_call=True
)
def choose_year(year: str | None) -> Any:
    return no_update if not year or not year.isdigit() else f"/own-return?year={year}"


@guarded_callback(
    _SAID,
    _LIST,
    _MARKED,
    Input("own-return-file", "contents"),
    State("own-return-file", "filename"),
    State("own-return-of", "data"),
    State("own-return-year", "value"),
    may=Action.HAND_IN,
    prevent_initial_call=True,
)
def upload(contents: str | None, filename: str | None, firm_id: str | None, year: str | None) -> Any:
    """Check the file and keep it as a draft; a wrong one comes back marked."""
    if not contents or not filename or not firm_id:
        return no_update, no_update, no_update
    name = safe_name(filename)
    if not name.lower().endswith(SUFFIXES):
        return warning(_("Only .xlsx and .csv files can be read.")), no_update, no_update
    try:
        content = base64.b64decode(contents.partition(",")[2], validate=True)
    except (binascii.Error, ValueError):
        abort(400)
    return _kept(firm_id, lambda: OwnForm(firm_id, _year(year), name, content))


@guarded_callback(
    _SAID,
    _LIST,
    _MARKED,
    Input("own-return-typed", "n_clicks"),
    State({"type": FIELD, "fact": ALL}, "value"),
    State({"type": FIELD, "fact": ALL}, "id"),
    State("own-return-of", "data"),
    State("own-return-year", "value"),
    may=Action.HAND_IN,
    prevent_initial_call=True,
)
def keep_typed(
    clicks: int | None, values: list[str | None], ids: list[dict[str, str]], firm_id: str | None, year: str | None
) -> Any:
    """Check what was typed and keep it as a draft; nothing typed is lost where it is refused."""
    if not clicks or not firm_id:
        return no_update, no_update, no_update
    if len(values) != len(ids) or not all(one.get("fact") in fields() for one in ids):
        abort(400)
    said = {one["fact"]: value for one, value in zip(ids, values, strict=True)}
    return _kept(firm_id, lambda: typed_form(firm_id, _year(year), said))


@guarded_callback(
    _SAID,
    _LIST,
    Input({"type": "own-return-send", "return": ALL}, "n_clicks"),
    State("own-return-of", "data"),
    may=Action.HAND_IN,
    prevent_initial_call=True,
)
def send(clicks: list[int | None], firm_id: str | None) -> Any:
    if not firm_id or not any(clicks):
        return no_update, no_update
    number = number_of(ctx.triggered_id["return"])

    def change(session: Session) -> str:
        handing_in.send(session, request.person(), number, now=request.now())
        return _("Return %(number)s is sent.", number=number)

    return _changed(firm_id, change)


@guarded_callback(
    _SAID,
    _LIST,
    Input({"type": "own-return-withdraw", "return": ALL}, "n_clicks"),
    State("own-return-of", "data"),
    State({"type": "own-return-why", "return": ALL}, "value"),
    State({"type": "own-return-why", "return": ALL}, "id"),
    may=Action.HAND_IN,
    prevent_initial_call=True,
)
def take_back(
    clicks: list[int | None], firm_id: str | None, reasons: list[str | None], ids: list[dict[str, Any]]
) -> Any:
    if not firm_id or not any(clicks):
        return no_update, no_update
    number = number_of(ctx.triggered_id["return"])
    why = written_beside(number, "return", reasons, ids)

    def change(session: Session) -> str:
        handing_in.withdraw(session, request.person(), number, why, now=request.now())
        return _("Return %(number)s is withdrawn; it stays on record.", number=number)

    return _changed(firm_id, change)


# --- within ----------------------------------------------------------------------------------------


def _year(year: str | None) -> int:
    if not year or not (year.isascii() and year.isdigit() and len(year) == 4):
        abort(400)
    return int(year)


def _kept(firm_id: str, made: Callable[[], OwnForm]) -> tuple[Any, Any, Any]:
    """Keep a form as a draft; what to say, the list, and the marked workbook of a wrong one."""
    try:
        number = handing_in.keep_draft(
            request.app().engine, request.person(), made(), today=request.today(), now=request.now()
        )
    except ReturnRefused as error:
        marked = no_update if error.marked is None else dcc.send_bytes(error.marked, _("marked.xlsx"))
        return _wrong(error), no_update, marked
    except ShownToPeople as error:
        return warning(error), no_update, no_update
    said = _("Return %(number)s is kept as a draft. Look at it, and send it.", number=number)
    return said, _listed(View(request.person(), request.today()), firm_id), no_update


def _wrong(error: ReturnRefused) -> Component:
    rows = [[each.cell or "", str(each.text), str(each.instead)] for each in error.problems[:_PROBLEMS]]
    return html.Div([html.P(warning(error)), text_table([_("Cell"), _("What is wrong"), _("Instead")], rows)])


def _changed(firm_id: str, change: Callable[[Session], str]) -> tuple[Any, Any]:
    try:
        with request.database() as session, session.begin():
            said = change(session)
    except ShownToPeople as error:
        return warning(error), no_update
    return said, _listed(View(request.person(), request.today()), firm_id)


PAGES = (
    Page(
        "/own-return",
        layout,
        Action.SEE_RETURNS,
        N_("Our return"),
        "file-upload",
        of_one_firm=N_("Our return"),
        speaks_for_firm=True,
    ),
)
