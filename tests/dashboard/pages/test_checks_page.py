"""The page of odd cells and contradictions: which import corrected a line, and from what to what."""

import json
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from pipeline.intake import importing
from pipeline.intake.history import imports
from pipeline.intake.storing.import_request import ImportRequest
from tests.dashboard import city
from tests.dashboard.conftest import Visitor, body_of, signed_in
from tests.dashboard.pages.test_accounts_and_audit_log import called
from tests.pipeline.intake.workbooks import BANYAN, LOTUS, write

MAY, JUNE, JULY = (datetime(2026, month, 6, 9) for month in (5, 6, 7))


def store(app: Any, path: Path, now: datetime, source: str | None = None) -> int:
    engine = app.server.extensions["goldseed"].engine
    report = importing.import_returns(
        engine, ImportRequest.of(path, "city", by=city.OFFICER, now=now, today=now.date(), source=source)
    )
    assert report.import_id is not None
    return report.import_id


@pytest.fixture
def mended(app: Any, tmp_path: Path) -> int:
    """A slip and a contradiction that one import mends; its number."""
    store(app, write(tmp_path / "form.xlsx", C3=41_002_500), MAY)
    store(app, write(tmp_path / "tax.xlsx", C3=3900), MAY, source="tax")
    return store(app, write(tmp_path / "again.xlsx", C3=3950), JUNE)


def shown(visitor: Visitor, kind: str, state: str, tab: str) -> Any:
    """The answer of the list once this state is chosen, or this tab opened."""
    name = f"..checks-{kind}.rowData...checks-{kind}.columnDefs.."
    values = {f"checks-{kind}-shown.value": state, "checks-tabs.value": tab}
    return visitor.call(body_of(visitor.app, name, values))


def lines(visitor: Visitor, kind: str, state: str) -> list[dict[str, Any]]:
    """What the list shows once this state is chosen."""
    answer = shown(visitor, kind, state, kind)
    return answer.json["response"][f"checks-{kind}"]["rowData"]


@pytest.mark.parametrize("kind", ["cells", "sources"])
def test_a_corrected_line_names_the_import_and_the_figures(officer: Visitor, mended: int, kind: str):
    (line,) = lines(officer, kind, "corrected")
    assert line["by_import"] == f"{mended} · again.xlsx"
    assert line["why"].startswith(f"第 {mended} 次导入重新填报：2023 年营业收入 41002500 → 3950 万元")
    assert line["state"] == "已更正"
    assert lines(officer, kind, "open") == []


@pytest.mark.parametrize("kind", ["cells", "sources"])
def test_a_line_that_a_person_settled_names_no_import(app: Any, officer: Visitor, mended: int, kind: str):
    (line,) = lines(officer, kind, "corrected")
    name = next(found for found in app.callback_map if f"checks-{kind}-said.children" in found)
    values = {
        f"checks-{kind}-save.n_clicks": 1,
        f"checks-{kind}.selectedRows": [line],
        f"checks-{kind}-state.value": "explained",
        f"checks-{kind}-why.value": "已电话核实",
        f"checks-{kind}-shown.value": "explained",
    }
    officer.call(body_of(app, name, values, [f"checks-{kind}-save.n_clicks"]))
    (line,) = lines(officer, kind, "explained")
    assert (line["why"], line["by_import"]) == ("已电话核实", "")


@pytest.mark.parametrize("kind", ["cells", "sources"])
def test_the_csv_says_which_import_corrected_a_line(officer: Visitor, mended: int, kind: str):
    sheet = officer.get(f"/download/{kind}.csv?state=corrected").data.decode("utf-8-sig").splitlines()
    assert sheet[0].endswith(",由哪次导入更正")
    assert sheet[1].endswith(f",{mended}")


def test_the_trail_of_a_firm_has_what_an_import_corrected_and_what_its_undo_opened(app: Any, mended: int):
    imports.undo(app.server.extensions["goldseed"].engine, mended, by=city.OFFICER, now=JULY)
    officer = signed_in(app, city.OFFICER)
    answer = called(officer, "trail-entries", {"trail-firm.value": LOTUS})
    rows = json.dumps(answer.json, ensure_ascii=False)
    assert [rows.count(text) for text in ("疑点由导入更正", "疑点重新待核实", f"企业：{LOTUS}")] == [1, 1, 2]
    assert "疑点" not in json.dumps(
        called(officer, "trail-entries", {"trail-firm.value": BANYAN}).json, ensure_ascii=False
    )
    assert len(lines(officer, "cells", "open")) == 1


def rows_on_page(visitor: Visitor, search: str) -> dict[str, int]:
    """How many lines each list of the page has when it comes."""
    found: dict[str, int] = {}

    def walk(node: Any) -> None:
        if isinstance(node, dict):
            if node.get("id") in ("checks-cells", "checks-sources") and "rowData" in node:
                found[node["id"]] = len(node["rowData"])
            for child in node.values():
                walk(child)
        elif isinstance(node, list):
            for child in node:
                walk(child)

    walk(visitor.show("/checks", search).get_json())
    return found


def test_the_list_behind_a_tab_comes_when_the_tab_is_opened(officer: Visitor, app: Any, tmp_path: Path):
    store(app, write(tmp_path / "form.xlsx", C3=41_002_500), MAY)
    store(app, write(tmp_path / "tax.xlsx", C3=3900), MAY, source="tax")
    cells, sources = (len(lines(officer, kind, "open")) for kind in ("cells", "sources"))
    assert min(cells, sources) > 0
    assert rows_on_page(officer, "") == {"checks-cells": cells, "checks-sources": 0}
    assert rows_on_page(officer, "?tab=sources") == {"checks-cells": 0, "checks-sources": sources}
    assert rows_on_page(officer, "?tab=nonsense") == {"checks-cells": cells, "checks-sources": 0}
    assert shown(officer, "sources", "open", "cells").json["response"] == {}
