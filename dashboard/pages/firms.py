"""All firms in one grid: find, filter, sort, and download the list as CSV."""

import csv
import io
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

import dash_mantine_components as dmc
from dash import Input, Output, State, dcc, html, no_update
from dash.development.base_component import Component
from flask import Response, abort
from flask import request as http_request

from dashboard.components import amounts, terms
from dashboard.components.boards import STATES as BOARD_STATES
from dashboard.components.boards import TONES as BOARD_TONES
from dashboard.components.cards import aria, card, empty, icon, link, page_head
from dashboard.components.grids import (
    BLOCK,
    Column,
    Row,
    count_column,
    day_column,
    grid,
    link_column,
    money_column,
    number_column,
    pill_column,
    text_column,
)
from dashboard.queries import firm_list
from dashboard.queries import grid_filters as filters
from dashboard.queries.grid_filters import GridQuery
from dashboard.web import request
from dashboard.web.callbacks import browser_callback, fits, guarded_callback
from dashboard.web.routes import Download, Page, View, view_of
from pipeline import demo_data, language
from pipeline.accounts.people import Action
from pipeline.intake.storing.findings import safe_cell
from pipeline.language import N_
from pipeline.language import gettext as _
from pipeline.rules.reports import board_tables

if TYPE_CHECKING:
    import pandas as pd

#: Up to here the browser holds every row and filters them at once; beyond, it asks for blocks of rows (DECISIONS.md).
ROWS_IN_BROWSER = 8_000


def layout(view: View) -> Component:
    """The grid of every firm this person may see, narrowed and sorted as the address says."""
    with request.database() as session:
        count = firm_list.count(session, view.person)
        frame = firm_list.frame_of(session, view.person, view.today) if count <= ROWS_IN_BROWSER else None
    wanted = query_in(view.query)
    if not count:
        return html.Div([page_head(_("Firms")), card(None, [empty(_("No firm is known yet.")), *_way_in(view)])])
    chosen = wanted.filters.get("boards", {}).get("filter", "").rstrip(";") or None
    tools = dmc.Group(
        [
            dmc.Select(
                id="firms-board",
                placeholder=_("By board"),
                data=board_filters(),
                clearable=True,
                searchable=True,
                w=230,
                value=chosen,
                className="phone-wide",
                **aria(label=_("By board")),
            ),
            dmc.TextInput(
                id="firms-search",
                placeholder=_("Name, credit code, district…"),
                leftSection=icon("search"),
                rightSection=html.Kbd("/", className="key-hint hide-on-phone"),
                w=260,
                debounce=200,
                value=wanted.search,
                className="phone-wide",
                **aria(label=_("Search")),
            ),
            dmc.Button(_("Clear filters"), id="firms-clear", variant="default", leftSection=icon("x")),
            _csv_link(view),
        ],
        gap="sm",
    )
    note = _("%(count)s firms; figures of each firm's latest year", count=amounts.count(count))
    options = {"quickFilterText": wanted.search if frame is not None else ""}
    return html.Div(
        [
            page_head(_("Firms"), [note, html.Span(id="firms-left", **aria(live="polite"))], tools),
            dcc.Store(id="firms-says", data=_("; %(count)s fit the filters", count="{count}")),
            html.Div(
                grid(
                    "firms-grid",
                    columns(view, wanted),
                    None if frame is None else rows_of(frame),
                    key="firm_id",
                    height="calc(100vh - 190px)",
                    dashGridOptions=options,
                    filterModel=_with_search(wanted) if frame is None else dict(wanted.filters),
                ),
                className="grid-frame",
            ),
        ]
    )


def _way_in(view: View) -> list[Any]:
    """What to do while there are no firms: who may import returns gets a link."""
    if not view.may(Action.IMPORT):
        return [empty(_("An officer of the bureau imports the returns; then the firms are listed here."))]
    return [html.P(link(_("Import the first returns"), "/imports"), style={"textAlign": "center"})]


def query_in(query: Any) -> GridQuery:
    """The query in an address, its labels in the reader's language; ?pool=golden, ?board=main+meets are shortcuts."""
    wanted = filters.query_in(query, firm_list.COLUMNS)
    chosen = filters.spoken_alike(wanted.filters, firm_list.labels(), language.language())
    chosen.pop("words", None)
    if (pool := query.get("pool")) in terms.POOLS:
        chosen["pool"] = {"filterType": "text", "type": "equals", "filter": terms.pool(pool)}
    if (board := query.get("board")) in firm_list.BOARD_FILTERS:
        chosen["boards"] = {"filterType": "text", "type": "contains", "filter": f"{board};"}
    return GridQuery(chosen, wanted.search, wanted.sort)


def _with_search(wanted: GridQuery) -> dict[str, filters.Filter]:
    """Where the grid asks for its rows, the search travels as the filter of a hidden column."""
    search = {"words": {"filterType": "text", "type": "contains", "filter": wanted.search}} if wanted.search else {}
    return {**wanted.filters, **search}


def _csv_address(view: View) -> str:
    return f"/download/firms.csv?{urlencode(view.query)}" if view.query else "/download/firms.csv"


def _csv_link(view: View) -> Component:
    """The list as CSV; hidden from whom the download would refuse, as the grid's callback keeps its address."""
    may = view.may(Action.EXPORT)
    address: Any = {"href": _csv_address(view)} if may else {}
    return html.A([icon("download"), " ", _("CSV")], id="firms-csv", className="head-button", hidden=not may, **address)


def board_filters() -> list[dict[str, str]]:
    """The filters of each board: who meets it, who is within 20 % of it."""
    return [{"value": name, "label": board_tables.filter_label(*name.split(" "))} for name in firm_list.BOARD_FILTERS]


def rows_of(frame: "pd.DataFrame") -> list[Row]:
    """The rows as the grid reads them: None where unknown."""
    shown = frame.drop(columns=["words"]).astype(object)
    return shown.where(shown.notna(), None).to_dict("records")


def columns(view: View, wanted: GridQuery | None = None) -> list[Column]:
    """The columns this person may see, with the sort order; two hidden ones carry board filter and search."""
    tones = {terms.pool(name): tone for name, tone in terms.POOL_TONES.items()}
    shown = [link_column("name", _("Firm"), filter="agTextColumnFilter", minWidth=210)]
    if view.may(Action.SEE_SCORES):
        shown += [
            count_column("rank", _("Rank"), minWidth=80, maxWidth=90),
            number_column("points", _("Points"), cellRenderer="PointsBar", minWidth=150, type=None),
        ]
    shown += [
        text_column("district", _("District"), minWidth=100),
        pill_column("pool", _("Pool"), tones, minWidth=150),
        text_column("stage", _("Stage"), minWidth=120),
        text_column("best_board", _("Best-fitting board"), minWidth=120),
        pill_column(
            "best_state", _("Its standards"), {_(word): BOARD_TONES[name] for name, word in BOARD_STATES.items()}
        ),
        pill_column("data", _("Data"), {_("figures in doubt"): "bad", _("thin data"): "warn"}, minWidth=145),
        money_column("revenue_cny", _("Revenue, 10k yuan"), minWidth=130),
        money_column("net_profit_cny", _("Net profit, 10k yuan"), minWidth=130),
        money_column("rd_spend_cny", _("R&D spend, 10k yuan"), minWidth=130),
        count_column("staff", _("Staff")),
        count_column("invention_patents", _("Invention patents"), minWidth=110),
        text_column("industry_code", _("Industry"), minWidth=90),
        day_column("hnte_expires_on", _("HNTE until"), minWidth=120),
        number_column("year", _("Year"), minWidth=80),
        text_column("firm_id", _("Credit code"), minWidth=200),
    ]
    if not view.may(Action.SEE_POOLS):
        shown = [column for column in shown if column["field"] not in {"pool", "stage"}]
    hidden = {"hide": True, "suppressColumnsToolPanel": True, "filter": "agTextColumnFilter"}
    shown += [{"field": "boards", **hidden}, {"field": "words", **hidden}]
    for place, (name, upwards) in enumerate(wanted.sort if wanted else ()):
        for column in shown:
            if column["field"] == name:
                column |= {"sort": "asc" if upwards else "desc", "sortIndex": place}
    return shown


browser_callback(
    "firms",
    "narrow",
    Output("firms-grid", "dashGridOptions"),
    Output("firms-grid", "filterModel"),
    Input("firms-search", "value"),
    Input("firms-board", "value"),
    State("firms-grid", "dashGridOptions"),
    State("firms-grid", "filterModel"),
    State("firms-grid", "rowModelType"),
    prevent_initial_call=True,
)
browser_callback(
    "firms",
    "clear",
    Output("firms-search", "value"),
    Output("firms-board", "value"),
    Output("firms-grid", "filterModel", allow_duplicate=True),
    Input("firms-clear", "n_clicks"),
    prevent_initial_call=True,
)
browser_callback(
    "firms",
    "remember",
    Output("firms-csv", "href"),
    Output("firms-left", "children"),
    Input("firms-grid", "filterModel"),
    Input("firms-grid", "columnState"),
    Input("firms-search", "value"),
    Input("firms-board", "value"),
    Input("firms-grid", "virtualRowData"),
    State("firms-says", "data"),
    prevent_initial_call=True,
)


@guarded_callback(
    Output("firms-grid", "getRowsResponse"),
    Output("firms-left", "children", allow_duplicate=True),
    Input("firms-grid", "getRowsRequest"),
    may=Action.SEE_FIRMS,
    prevent_initial_call=True,
)
def block(wanted: dict[str, Any] | None) -> tuple[Any, Any]:
    """One block of a long list: the rows between startRow and endRow, filtered and sorted as the grid asks."""
    if wanted is None:
        return no_update, no_update
    start, end = wanted.get("startRow", 0), wanted.get("endRow", 0)
    if not fits(start, int) or not fits(end, int) or not 0 <= start < end <= start + BLOCK:
        abort(400)
    model = filters.cleaned(wanted.get("filterModel"), firm_list.COLUMNS)
    search = model.pop("words", {}).get("filter", "")
    sort = filters.sorting(wanted.get("sortModel"), firm_list.COLUMNS)
    rows = _narrowed(view_of(""), GridQuery(model, search, sort))
    left = _("; %(count)s fit the filters", count=amounts.count(len(rows))) if model or search else ""
    return {"rowData": rows_of(rows.iloc[start:end]), "rowCount": len(rows)}, left


def _narrowed(view: View, wanted: GridQuery) -> "pd.DataFrame":
    with request.database() as session:
        frame = firm_list.frame_of(session, view.person, view.today)
    left = filters.narrowed(frame, wanted, firm_list.COLUMNS, frame["words"])
    return filters.ordered(left, wanted.sort)


def csv_of_firms() -> Response:
    """The list as it is shown, as CSV that Excel opens in Chinese; cells that look like formulas are defused."""
    view = view_of("")
    shown = [column for column in columns(view) if not column.get("hide")]
    rows = rows_of(_narrowed(view, query_in(http_request.args)))
    with request.database() as session:
        made_up = demo_data.holds_demo_firms(session)
    text = io.StringIO()
    writer = csv.writer(text)
    if made_up:
        writer.writerow([_(demo_data.NOTICE)])
    writer.writerow([column["headerName"] for column in shown])
    wan = {column["field"] for column in shown if "inWan" in str(column.get("valueFormatter"))}
    for row in rows:
        writer.writerow([safe_cell(_exported(row.get(column["field"]), column["field"] in wan)) for column in shown])
    return Response(
        "\ufeff" + text.getvalue(),
        mimetype="text/csv",
        headers={"Content-Disposition": "attachment; filename=goldseed-firms.csv"},
    )


def _exported(value: Any, in_wan: bool) -> Any:
    if value is None:
        return ""
    if isinstance(value, float):
        return f"{value / 1e4:.2f}" if in_wan else f"{value:.4f}".rstrip("0").rstrip(".")
    return value


PAGES = (Page("/firms", layout, Action.SEE_FIRMS, N_("Firms"), "building-factory-2"),)
DOWNLOADS = (Download("/download/firms.csv", csv_of_firms, Action.EXPORT, exports="firms"),)
