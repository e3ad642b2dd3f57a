"""All firms in one grid: find, filter, sort, and take the list along as CSV."""

import csv
import io
from typing import TYPE_CHECKING, Any

from dash import Input, Output, State, html
from dash.development.base_component import Component
from flask import Response

from dashboard import board_data
from dashboard import request as asked
from dashboard.callbacks import board_callback
from dashboard.components import amounts, words
from dashboard.components.boards import STATES as BOARD_STATES
from dashboard.components.boards import TONES as BOARD_TONES
from dashboard.components.cards import aria, icon, page_head
from dashboard.components.grids import (
    day_column,
    grid,
    link_column,
    money_column,
    number_column,
    pill_column,
    text_column,
)
from dashboard.routes import Download, Page, View, view_of
from pipeline import language
from pipeline.intake.findings import safe_cell
from pipeline.language import N_
from pipeline.language import gettext as _
from pipeline.people import Action
from pipeline.rules import tables
from pipeline.rules.dated import BOARDS, book_of

if TYPE_CHECKING:
    from pipeline.rules.boards import Verdicts


def layout(view: View) -> Component:
    """The grid of every firm this person may see."""
    import dash_mantine_components as dmc

    rows = firm_list(view, view.query.get("board"))
    tools = dmc.Group(
        [
            dmc.Select(
                id="firms-board",
                placeholder=_("By board"),
                data=board_filters(),
                clearable=True,
                searchable=True,
                w=230,
                value=view.query.get("board"),
                **aria(label=_("By board")),
            ),
            dmc.TextInput(
                id="firms-search",
                placeholder=_("Name, credit code, district…"),
                leftSection=icon("search"),
                w=260,
                debounce=200,
                value=view.query.get("search", ""),
                **aria(label=_("Search")),
            ),
            html.A([icon("download"), " ", _("CSV")], href="/download/firms.csv", className="head-button"),
        ],
        gap="sm",
    )
    return html.Div(
        [
            page_head(
                _("Firms"),
                _("%(count)s firms; figures of each firm's latest year", count=amounts.count(len(rows))),
                tools,
            ),
            html.Div(
                grid(
                    "firms-grid",
                    columns(view),
                    rows,
                    key="firm_id",
                    height="calc(100vh - 190px)",
                    dashGridOptions={"quickFilterText": view.query.get("search", "")},
                    filterModel=_filter_of(view),
                ),
                className="grid-frame",
            ),
        ]
    )


def board_filters() -> list[dict[str, str]]:
    """What may be asked of each board: who meets it, who is within 20 % of it."""
    return [
        {"value": f"{board} {name}", "label": tables.filter_label(board, name)}
        for board in BOARDS
        for name in ("meets", "within_20_percent")
    ]


def firm_list(view: View, board: str | None = None) -> list[dict[str, Any]]:
    """The rows of the grid, in the reader's words; `board`: only firms that a filter of board_filters lets through."""
    with asked.database() as session:
        rows = board_data.firm_rows(session, view.person, view.today)
        verdicts = board_data.city_verdicts(session, view.today) if rows else None
    if verdicts is not None:
        rows = _with_boards(rows, verdicts, board)
    stage = words.stage
    for row in rows:
        row["address"] = f"/firm/{row['firm_id']}"
        row["district"] = words.district(row.pop("district_code"))
        row["pool"] = words.pool(row["pool"])
        row["stage"] = stage(row["stage"])
        for key in ("hnte_expires_on", "share_reform_on"):
            if row.get(key) is not None:
                row[key] = amounts.day(row[key])
        row["data"] = _("figures in doubt") if row.pop("doubted") else _("thin data") if row["thin"] else ""
    return rows


def _with_boards(rows: list[dict[str, Any]], verdicts: "Verdicts", board: str | None) -> list[dict[str, Any]]:
    """Each row with its best-fitting board; only those that the filter lets through."""
    best = tables.cohort_table(verdicts)[["best_board", "best_state"]]
    names = {name: language.pick(book_of(name)) for name in BOARDS}
    places = dict(zip(best.index, best.itertuples(index=False, name=None), strict=True))
    if board:
        passed = tables.filters(verdicts)
        through = set(passed.index[passed[board]]) if board in passed else set()
        rows = [row for row in rows if row["firm_id"] in through]
    for row in rows:
        name, state = places.get(row["firm_id"], (None, None))
        row["best_board"] = names.get(name, "")
        row["best_state"] = _(BOARD_STATES[state]) if name in names and state in BOARD_STATES else ""
    return rows


def columns(view: View) -> list[dict[str, Any]]:
    tones = {words.pool(name): tone for name, tone in words.POOL_TONES.items()}
    found = [link_column("name", _("Firm"), filter="agTextColumnFilter", minWidth=210)]
    if view.may(Action.SEE_SCORES):
        found += [
            number_column("rank", _("Rank"), minWidth=80, maxWidth=90),
            number_column("points", _("Points"), cellRenderer="PointsBar", minWidth=150, type=None),
        ]
    found += [
        text_column("district", _("District"), minWidth=100),
        pill_column("pool", _("Pool"), tones, minWidth=150),
        text_column("stage", _("Stage"), minWidth=120),
        text_column("best_board", _("Best-fitting board"), minWidth=120),
        pill_column(
            "best_state", _("Its standards"), {_(word): BOARD_TONES[name] for name, word in BOARD_STATES.items()}
        ),
        pill_column("data", _("Data"), {_("figures in doubt"): "bad", _("thin data"): "warn"}, minWidth=120),
        money_column("revenue_cny", _("Revenue, 10k yuan"), minWidth=130),
        money_column("net_profit_cny", _("Net profit, 10k yuan"), minWidth=130),
        money_column("rd_spend_cny", _("R&D spend, 10k yuan"), minWidth=130),
        number_column("staff", _("Staff")),
        number_column("invention_patents", _("Invention patents"), minWidth=110),
        text_column("industry_code", _("Industry"), minWidth=90),
        day_column("hnte_expires_on", _("HNTE until"), minWidth=120),
        number_column("year", _("Year"), minWidth=80),
        text_column("firm_id", _("Credit code"), minWidth=200),
    ]
    if not view.may(Action.SEE_POOLS):
        found = [column for column in found if column["field"] not in {"pool", "stage"}]
    return found


def _filter_of(view: View) -> dict[str, Any]:
    """A filter asked for in the address, such as ?pool=golden."""
    pool = view.query.get("pool")
    return {"pool": {"filterType": "text", "type": "equals", "filter": words.pool(pool)}} if pool in words.POOLS else {}


@board_callback(
    Output("firms-grid", "dashGridOptions"),
    Input("firms-search", "value"),
    State("firms-grid", "dashGridOptions"),
    may=Action.SEE_FIRMS,
    prevent_initial_call=True,
)
def search(value: str | None, options: dict[str, Any]) -> dict[str, Any]:
    return {**options, "quickFilterText": value or ""}


@board_callback(
    Output("firms-grid", "rowData"),
    Input("firms-board", "value"),
    may=Action.SEE_FIRMS,
    prevent_initial_call=True,
)
def by_board(board: str | None) -> list[dict[str, Any]]:
    return firm_list(view_of(""), board)


def csv_of_firms() -> Response:
    """The list as CSV that Excel opens in Chinese; formulas in a cell are kept from running."""
    view = view_of("")
    shown = [column for column in columns(view) if column["field"] != "address"]
    rows = firm_list(view)
    with asked.database() as session:
        made_up = board_data.holds_made_up_firms(session)
    text = io.StringIO()
    writer = csv.writer(text)
    if made_up:
        writer.writerow([_("Demonstration data: every firm, person and figure here is made up.")])
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
DOWNLOADS = (Download("/download/firms.csv", csv_of_firms, Action.EXPORT),)
