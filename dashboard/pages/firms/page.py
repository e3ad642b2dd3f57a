"""All firms in one grid: find, filter, sort, and download the list as CSV.

Counts on other pages lead here with what they count in the address, all of it optional: `?pool=golden`,
`&stage=share_reform`, `&district=CODE`, `&best=star`, `&mentor=NAME`, `&data=doubt` (keys of terms, several joined by
commas), `&board=chinext+within_20_percent` (firm_list.BOARD_FILTERS), `&search=…`, `&columns=broker,gap_bse` (names of
case_columns). Keys that do not exist are passed over. Amounts of `&filter=…` are in 万元, or in millions where
`&amounts=m` says so.
"""

import csv
import io
from collections.abc import Collection
from typing import Any
from urllib.parse import urlencode

import dash_mantine_components as dmc
from dash import ALL, Input, Output, State, html, no_update
from dash.development.base_component import Component
from flask import Response, abort
from flask import request as http_request

from dashboard.components import amounts, terms
from dashboard.components.boards import MEETS_TONES
from dashboard.components.cards import aria, card, empty, icon, link, page_head
from dashboard.components.grids import (
    BLOCK,
    Column,
    count_column,
    day_column,
    grid,
    link_column,
    money_column,
    number_column,
    pill_column,
    text_column,
)
from dashboard.pages.firms import saved_views
from dashboard.queries.lists import case_columns, firm_list
from dashboard.queries.lists import grid_filters as filters
from dashboard.queries.lists.grid_filters import GridQuery
from dashboard.web import request
from dashboard.web.callbacks import browser_callback, fits, guarded_callback
from dashboard.web.routes import Download, Page, View, view_of
from pipeline import demo_data, language
from pipeline.accounts.people import Action
from pipeline.intake.storing.findings import safe_cell
from pipeline.labels import firm_labels
from pipeline.language import N_
from pipeline.language import gettext as _
from pipeline.rules.definition.model import BOARDS
from pipeline.rules.definition.rule_books import book_of
from pipeline.rules.reports import board_tables
from pipeline.wording import number_format

#: What of an address chooses which category.
_SHORTCUTS = {
    "district": "district",
    "pool": "pool",
    "stage": "stage",
    "mentor": "mentor",
    "best": "best_board",
    "data": "data",
}
#: Filtered by ticking words; of some of them the words are people's own, and those of an address may be gone.
_TICKED = (*firm_list.CATEGORIES, case_columns.LABELS)
_OWN_WORDS = ("mentor", case_columns.LABELS)
#: Up to so many firms only words that a row has are offered for ticking; of more, every word there is.
_FEW = 20_000


def layout(view: View) -> Component:
    """The grid of every firm this person may see, narrowed and sorted as the address says."""
    with request.database() as session:
        count = firm_list.count(session, view.person)
        few = count <= _FEW
        words = firm_list.category_words(session if few else None, view.person, view.today)
        words[case_columns.LABELS] = [one.label for one in firm_labels.known_labels(session, view.person)]
    wanted = query_in(view.query)
    if not count:
        return html.Div([page_head(_("Firms")), card(None, [empty(_("No firm is known yet.")), *_way_in(view)])])
    chosen = wanted.filters.get("boards", {}).get("filter", "").rstrip(";") or None
    ticked = {name: filters.ticked(wanted.filters.get(name)) for name in _TICKED}
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
    more = [{"value": name, "label": heading} for name, heading in _more_headings(view).items()]
    note = _("%(count)s firms; figures of each firm's latest year", count=amounts.count(count))
    return html.Div(
        [
            page_head(_("Firms"), [note, html.Span(id="firms-left", **aria(live="polite"))], tools),
            _ticks(view, ticked, words),
            dmc.Group(
                [
                    dmc.MultiSelect(
                        id="firms-columns",
                        data=more,
                        value=columns_in(view.query, view),
                        placeholder=_("More columns"),
                        clearable=True,
                        searchable=True,
                        size="xs",
                        miw=180,
                        maw=520,
                        hidePickedOptions=True,
                        className="phone-wide",
                        **aria(label=_("More columns")),
                    ),
                    *saved_views.controls(view),
                ],
                gap="xs",
                mb="sm",
            ),
            html.Div(
                grid(
                    "firms-grid",
                    columns(view, wanted, words if few else None, columns_in(view.query, view)),
                    None,
                    key="firm_id",
                    height="calc(100vh - 190px)",
                    filterModel=_with_search(wanted),
                ),
                className="grid-frame",
            ),
        ]
    )


def _ticks(view: View, ticked: dict[str, list[str]], named: dict[str, list[str]]) -> Component:
    """A list to tick for each category of the list, and for the labels; several words of one are joined by or."""
    headings = {**_category_headings(), case_columns.LABELS: _("Labels")}
    seen = [name for name in _TICKED if _may_see(view, name) and (named[name] or ticked[name])]
    return dmc.Group(
        [
            dmc.MultiSelect(
                id={"firms-tick": name},
                data=sorted({*named[name], *ticked[name]}) if name in _OWN_WORDS else [*dict.fromkeys(named[name])],
                value=ticked[name],
                placeholder=None if ticked[name] else headings[name],
                clearable=True,
                searchable=True,
                size="xs",
                maw=260,
                miw=140,
                hidePickedOptions=True,
                className="phone-wide",
                **aria(label=headings[name]),
            )
            for name in seen
        ],
        gap="xs",
        mb="sm",
    )


def _category_headings() -> dict[str, str]:
    return {
        "district": _("District"),
        "pool": _("Pool"),
        "stage": _("Stage"),
        "mentor": _("Mentor"),
        "best_board": _("Best-fitting board"),
        "best_state": _("What of it is met"),
        "data": _("Data"),
    }


def _may_see(view: View, column: str) -> bool:
    if column == case_columns.LABELS:
        return column in case_columns.names_for(view.person)
    if column == "pool":
        return view.may(Action.SEE_POOLS)
    return view.may(Action.SEE_CASES) if column in ("stage", "mentor") else True


def _way_in(view: View) -> list[Any]:
    """What to do while there are no firms: who may import returns gets a link."""
    if not view.may(Action.IMPORT):
        return [empty(_("An officer of the bureau imports the returns; then the firms are listed here."))]
    return [html.P(link(_("Import the first returns"), "/imports"), style={"textAlign": "center"})]


def columns_in(query: Any, view: View) -> list[str]:
    """Those of the columns beside the list that an address names and this person may have: ?columns=broker,gap_bse."""
    named = str(query.get("columns") or "").split(",")
    return [name for name in _more_headings(view) if name in named]


def _more_headings(view: View) -> dict[str, str]:
    headings = {
        "points_change": _("Change of points"),
        "share_reform_on": _("Share reform on"),
        "last_visit_on": _("Last visit"),
        "next_due_on": _("Next due"),
        "broker": _("Broker"),
        case_columns.LABELS: _("Labels"),
        **{f"gap_{board}": _("Gap to %(board)s", board=language.pick(book_of(board))) for board in BOARDS},
    }
    return {name: headings[name] for name in case_columns.names_for(view.person)}


def query_in(query: Any) -> GridQuery:
    """The query in an address, its labels in the reader's language; the shortcuts stand in the module's docstring."""
    wanted = filters.query_in(query, firm_list.columns())
    amounts_alike = firm_list.in_readers_unit(wanted.filters, str(query.get("amounts") or ""))
    chosen = filters.spoken_alike(amounts_alike, firm_list.labels(), language.language())
    chosen.pop("words", None)
    for name, column in _SHORTCUTS.items():
        words = firm_list.words_of(column, str(query.get(name) or "").split(","))
        if words:
            chosen[column] = filters.any_of(words)
    if (board := query.get("board")) in firm_list.BOARD_FILTERS:
        chosen["boards"] = {"filterType": "text", "type": "contains", "filter": f"{board};"}
    return GridQuery(chosen, wanted.search, wanted.sort)


def _with_search(wanted: GridQuery) -> dict[str, filters.Filter]:
    """The grid asks for its rows: the search travels as the filter of a hidden column."""
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
    """The filters of each board: who meets all of it, who its financial standard alone, who nearly does."""
    return [{"value": name, "label": board_tables.filter_label(*name.split(" "))} for name in firm_list.BOARD_FILTERS]


def columns(
    view: View,
    wanted: GridQuery | None = None,
    words: dict[str, list[str]] | None = None,
    more: Collection[str] = (),
) -> list[Column]:
    """The columns this person may see, with the sort order; two hidden ones carry board filter and search. A column of
    marks that no row has is left out; `words`: those that a row has, None where that was not asked; `more`: which of
    the columns beside the list are shown, the others are there and hidden."""
    tones = {terms.pool(name): tone for name, tone in terms.POOL_TONES.items()}
    headings, english = _category_headings(), language.language() != language.CHINESE
    shown = [link_column("name", _("Firm"), filter="agTextColumnFilter", minWidth=230, wrapText=True, autoHeight=True)]
    if view.may(Action.SEE_SCORES):
        in_city, in_district = _("Rank in the city"), _("Rank in the district")
        shown += [
            count_column("rank", in_city, minWidth=104, maxWidth=112),
            count_column("district_rank", in_district, minWidth=104, maxWidth=112),
            number_column("points", _("Points"), cellRenderer="PointsBar", minWidth=110, type=None),
        ]
    shown += [{**_beside(name, heading), "hide": name not in more} for name, heading in _more_headings(view).items()]
    shown += [
        money_column("revenue_cny", _in_unit(_("Revenue")), minWidth=105),
        money_column("net_profit_cny", _in_unit(_("Net profit")), minWidth=100),
        text_column("district", headings["district"], minWidth=105),
        pill_column("pool", headings["pool"], tones, minWidth=150 if english else 110),
        text_column("stage", headings["stage"], minWidth=190 if english else 135),
        text_column(
            "best_board", headings["best_board"], minWidth=250 if english else 150, wrapText=True, autoHeight=True
        ),
        pill_column(
            "best_state",
            headings["best_state"],
            {_(word): MEETS_TONES[name] for name, word in board_tables.MEETS_NAMES.items()},
            minWidth=190 if english else 150,
        ),
        _share_column("gap_share", _("Gap to it")),
        pill_column("data", headings["data"], {_("figures in doubt"): "bad", _("thin data"): "warn"}, minWidth=125),
        text_column("mentor", headings["mentor"], minWidth=100),
        money_column("rd_spend_cny", _in_unit(_("R&D spend")), minWidth=110),
        count_column("staff", _("Staff")),
        count_column("invention_patents", _("Invention patents"), minWidth=110),
        text_column("industry_code", _("Industry"), minWidth=90),
        day_column("hnte_expires_on", _("HNTE until"), minWidth=120),
        pill_column("hnte", _("HNTE certificate"), {_("expired"): "bad"}, minWidth=110),
        number_column("year", _("Year"), minWidth=80),
        text_column("firm_id", _("Credit code"), minWidth=200),
    ]
    if words is not None:
        blank = {name for name in ("data", "hnte", "mentor") if not words[name]}
        shown = [column for column in shown if column["field"] not in blank]
    shown = [column for column in shown if _may_see(view, column["field"])]
    hidden = {"hide": True, "suppressColumnsToolPanel": True, "filter": "agTextColumnFilter"}
    shown += [{"field": "boards", **hidden}, {"field": "words", **hidden}]
    for place, (name, upwards) in enumerate(wanted.sort if wanted else ()):
        for column in shown:
            if column["field"] == name:
                column |= {"sort": "asc" if upwards else "desc", "sortIndex": place}
    return shown


def _beside(name: str, heading: str) -> Column:
    """A column beside the list, by what it holds."""
    if name in case_columns.GAPS:
        return _share_column(name, heading)
    if name == "points_change":
        return number_column(name, heading, valueFormatter={"function": "signed(params.value)"}, minWidth=110)
    if name == case_columns.LABELS:
        return text_column(name, heading, minWidth=200, tooltipField=name)
    return text_column(name, heading, minWidth=120) if name == "broker" else day_column(name, heading, minWidth=120)


def _in_unit(heading: str) -> str:
    return language.in_brackets(heading, number_format.money_unit().name)


def _share_column(field: str, heading: str) -> Column:
    return number_column(
        field,
        heading,
        valueFormatter={"function": "inPercent(params.value)"},
        filterValueGetter={"function": f"hundredfold(params.data.{field})"},
        minWidth=90,
    )


browser_callback(
    "firms",
    "narrow",
    Output("firms-grid", "filterModel"),
    Input("firms-search", "value"),
    Input("firms-board", "value"),
    Input({"firms-tick": ALL}, "value"),
    State({"firms-tick": ALL}, "id"),
    State("firms-grid", "filterModel"),
    prevent_initial_call=True,
)
browser_callback(
    "firms",
    "clear",
    Output("firms-search", "value"),
    Output("firms-board", "value"),
    Output({"firms-tick": ALL}, "value"),
    Output("firms-grid", "filterModel", allow_duplicate=True),
    Input("firms-clear", "n_clicks"),
    State({"firms-tick": ALL}, "id"),
    prevent_initial_call=True,
)
browser_callback(
    "firms",
    "remember",
    Output("firms-csv", "href"),
    Input("firms-grid", "filterModel"),
    Input("firms-grid", "columnState"),
    Input("firms-search", "value"),
    Input("firms-board", "value"),
    Input("firms-columns", "value"),
    prevent_initial_call=True,
)
browser_callback(
    "firms",
    "showColumns",
    Output("firms-grid", "columnState"),
    Input("firms-columns", "value"),
    State("firms-columns", "data"),
    State("firms-grid", "columnState"),
    prevent_initial_call=True,
)


@guarded_callback(
    Output("firms-grid", "getRowsResponse"),
    Output("firms-left", "children"),
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
    model = filters.cleaned(wanted.get("filterModel"), firm_list.columns())
    search = model.pop("words", {}).get("filter", "")
    query = GridQuery(model, search, filters.sorting(wanted.get("sortModel"), firm_list.columns()))
    view = view_of("")
    with request.database() as session:
        rows, count = firm_list.block(session, view.person, view.today, query, start, end)
    left = _("; %(count)s fit the filters", count=amounts.count(count)) if model or search else ""
    return {"rowData": rows, "rowCount": count}, left


def csv_of_firms() -> Response:
    """The list as it is shown, as CSV that Excel opens in Chinese; cells that look like formulas are defused."""
    view = view_of("")
    chosen = columns_in(http_request.args, view)
    shown = [column for column in columns(view, more=chosen) if not column.get("hide")]
    with request.database() as session:
        rows = firm_list.rows(session, view.person, view.today, query_in(http_request.args), more=chosen)
        made_up = demo_data.holds_demo_firms(session)
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow([column["headerName"] for column in shown])
    for row in rows:
        writer.writerow([safe_cell(_exported(row.get(column["field"]), column)) for column in shown])
    return Response(
        "\ufeff" + text.getvalue(),
        mimetype="text/csv",
        headers={"Content-Disposition": f"attachment; filename=goldseed-firms{'-demo' if made_up else ''}.csv"},
    )


def _exported(value: Any, column: Column) -> Any:
    """A cell as the grid shows it, without thousands marks: money in its column's unit, points and shares with one
    decimal."""
    if value is None:
        return ""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return value
    shown_by = str(column.get("valueFormatter")) + str(column.get("cellRenderer"))
    if "inMoneyUnit" in shown_by:
        unit = number_format.money_unit()
        amount = number_format.rounded(value / unit.yuan, unit.decimals)
        return amount if unit.decimals else int(amount)
    if "inPercent" in shown_by:
        return f"{number_format.rounded(100 * value, 1):.1f}%"
    return (
        number_format.rounded(value, 1)
        if "PointsBar" in shown_by or "signed" in shown_by
        else int(number_format.rounded(value))
    )


PAGES = (Page("/firms", layout, Action.SEE_FIRMS, N_("Firms"), "building-factory-2"),)
DOWNLOADS = (Download("/download/firms.csv", csv_of_firms, Action.EXPORT, exports="firms"),)
