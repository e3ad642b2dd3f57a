"""The sortable, filterable table of many rows, in the style and language of the dashboard.

Columns and rows are plain dictionaries, as AG Grid reads them; the functions that columns name are in assets/grid.js.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import dash_ag_grid as dag
from dash.development.base_component import Component

#: A column as AG Grid's columnDefs describe it.
Column = dict[str, Any]
#: A row: field -> what its cell shows.
Row = Mapping[str, str | float | None]
#: So many rows a grid without rows of its own asks for at once.
BLOCK = 100

_THEME = (
    "themeQuartz.withParams({accentColor: '#17957b', fontFamily: 'inherit', fontSize: 14, headerFontSize: 13, "
    "headerFontWeight: 600, rowHeight: 44, headerHeight: 44, borderRadius: 8, wrapperBorderRadius: 12, "
    "spacing: 7, checkboxBorderRadius: 3, "
    "backgroundColor: 'var(--card)', foregroundColor: 'var(--ink)', borderColor: 'var(--line)', "
    "headerBackgroundColor: 'var(--card)', headerTextColor: 'var(--ink-soft)', oddRowBackgroundColor: 'var(--card)', "
    "chromeBackgroundColor: 'var(--card)'})"
)


def grid(
    name: str,
    columns: Sequence[Column],
    rows: Sequence[Row] | None,
    *,
    key: str,
    height: str = "70vh",
    page_size: int | None = None,
    **options: Any,
) -> Component:
    """A grid of `rows`; `key` is the field that identifies a row.

    `rows` None: the grid asks the server for blocks of rows, and a callback of its page answers `getRowsRequest`.
    Every column says what its cells hold (`cellDataType`): a grid left to itself takes that from the first row, and
    calls what does not fit an invalid number.
    """
    settings: dict[str, Any] = {
        "theme": {"function": _THEME},
        "getLocaleText": {"function": "gridText(params)"},
        "animateRows": False,
        "enableCellTextSelection": True,
        "suppressColumnVirtualisation": False,
        # A grid that the browser skips until it is scrolled to shows no row on paper, nor to a reading voice.
        "suppressContentVisibilityAuto": True,
        "tooltipShowDelay": 300,
        "tabToNextCell": {"function": "leaveGrid(params)"},
        "tabToNextHeader": {"function": "leaveGrid(params)"},
        **options.pop("dashGridOptions", {}),
    }
    source: dict[str, Any] = {"rowData": list(rows)} if rows is not None else {"rowModelType": "infinite"}
    if rows is None:
        settings |= {"cacheBlockSize": BLOCK, "maxBlocksInCache": 20, "maxConcurrentDatasourceRequests": 1}
    if page_size:
        settings |= {
            "pagination": True,
            "paginationPageSize": page_size,
            "paginationPageSizeSelector": [20, 50, 100, 500],
        }
    return dag.AgGrid(
        id=name,
        columnDefs=[{"cellDataType": False, **column} for column in columns],
        getRowId=f"params.data.{key} + ''",
        defaultColDef={
            "sortable": True,
            "resizable": True,
            "filter": True,
            "minWidth": 90,
            "suppressHeaderMenuButton": True,
            "wrapHeaderText": True,
            "autoHeaderHeight": True,
        },
        dashGridOptions=settings,
        eventListeners={"displayedColumnsChanged": ["tabStops(params)"]},  # the first event that every grid has
        style={"height": height, "width": "100%"},
        className="",
        **source,
        **options,
    )


def link_column(field: str, heading: str, address_field: str = "address", **more: Any) -> Column:
    return {
        "field": field,
        "headerName": heading,
        "cellDataType": "text",
        "cellRenderer": "PageLink",
        "cellRendererParams": {"addressField": address_field},
        "minWidth": 180,
        "flex": 2,
        "pinned": None,
        **more,
    }


def text_column(field: str, heading: str, **more: Any) -> Column:
    return {
        "field": field,
        "headerName": heading,
        "cellDataType": "text",
        "filter": "agTextColumnFilter",
        "flex": 1,
        "minWidth": 110,
        **more,
    }


def money_column(field: str, heading: str, **more: Any) -> Column:
    """Yuan shown and filtered in the unit of the reader's language (number_format.money_unit); the heading names it."""
    filtered = {"function": f"moneyUnitsOf(params.data.{field})"}
    return number_column(
        field, heading, valueFormatter={"function": "inMoneyUnit(params.value)"}, filterValueGetter=filtered, **more
    )


def count_column(field: str, heading: str, **more: Any) -> Column:
    """A whole number with thousands marks."""
    return number_column(field, heading, valueFormatter={"function": "whole(params.value)"}, **more)


def number_column(field: str, heading: str, **more: Any) -> Column:
    return {
        "field": field,
        "headerName": heading,
        "cellDataType": "number",
        "filter": "agNumberColumnFilter",
        "type": "rightAligned",
        "minWidth": 100,
        "flex": 1,
        **more,
    }


def day_column(field: str, heading: str, **more: Any) -> Column:
    return text_column(field, heading, **{"minWidth": 112, **more})


def pill_column(field: str, heading: str, tones: dict[str, str], **more: Any) -> Column:
    return {
        "field": field,
        "headerName": heading,
        "cellDataType": "text",
        "cellRenderer": "Pill",
        "cellRendererParams": {"tones": tones},
        "filter": "agTextColumnFilter",
        "minWidth": 110,
        "flex": 1,
        **more,
    }
