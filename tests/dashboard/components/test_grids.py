"""Every column of every grid says what its cells hold, and they hold it: nothing is shown as an invalid number."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from pipeline.intake import importing
from pipeline.intake.storing.import_request import ImportRequest
from tests.dashboard import city
from tests.dashboard.conftest import Visitor
from tests.pipeline.intake.workbooks import write

PAGES = ["/imports", "/checks", "/pools", "/cases", "/trail", "/accounts", "/firms"]


def grids_of(component: Any) -> Iterator[dict[str, Any]]:
    if isinstance(component, dict):
        if component.get("type") == "AgGrid":
            yield component["props"]
        for part in component.values():
            yield from grids_of(part)
    elif isinstance(component, list):
        for part in component:
            yield from grids_of(part)


def refuse_and_store(app: Any, folder: Path) -> None:
    """A file that is refused, then good ones that differ: what waits for a person on the pages of the intake."""
    engine = app.server.extensions["goldseed"].engine

    def request(**changes: Any) -> ImportRequest:
        source = changes.pop("source", None)
        path = write(folder / f"form{len(list(folder.iterdir()))}.xlsx", **changes)
        return ImportRequest.of(path, "city", by=city.OFFICER, now=city.NOW, today=city.NOW.date(), source=source)

    importing.preview(engine, request(C2="约3200"))
    importing.import_returns(engine, request(C3=41_002_500))
    importing.import_returns(engine, request(C2=6500, D2=-210, source="tax"))


@pytest.mark.parametrize("path", PAGES)
def test_the_cells_of_every_grid_are_of_the_kind_that_their_column_states(
    path: str, app: Any, officer: Visitor, tmp_path: Path
):
    folder = tmp_path / "forms"
    folder.mkdir()
    refuse_and_store(app, folder)
    answer = officer.show(path)
    assert answer.status_code == 200
    shown = list(grids_of(answer.json))
    assert shown
    for grid in shown:
        for column in grid["columnDefs"]:
            assert column.get("cellDataType") in ("text", "number", "boolean", False), column
            kind = {"text": str, "number": (int, float), "boolean": bool}.get(column["cellDataType"], object)
            for row in grid.get("rowData") or []:
                value = row.get(column["field"])
                assert value is None or isinstance(value, kind), (column["field"], value)


def test_a_refused_file_keeps_its_number_in_the_list_of_imports(app: Any, officer: Visitor, tmp_path: Path):
    folder = tmp_path / "forms"
    folder.mkdir()
    refuse_and_store(app, folder)
    (grid,) = grids_of(officer.show("/imports").json)
    numbers = [row["id"] for row in grid["rowData"]]
    assert "R1" in numbers
    assert all(isinstance(number, str) for number in numbers)
    assert {row["map"] for row in grid["rowData"] if row["file"].startswith("form")} == {"江门市高企上市培育年度填报表"}
