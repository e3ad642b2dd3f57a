"""A second city of five districts, out of its file: its workbook comes in, its people sign in, and nothing on any page
is of the city that comes with the program."""

import json
from collections.abc import Iterator
from datetime import date, datetime
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from dashboard.app import create_app
from pipeline.accounts import people
from pipeline.city.city_file import SHIPPED, read_city
from pipeline.errors import WrongFile
from pipeline.intake import importing
from pipeline.intake.mapping.templates import write_template
from pipeline.intake.storing.import_request import ImportRequest
from pipeline.settings import Settings, from_environment, work_for_its_city
from pipeline.store.database import engine_for
from pipeline.store.tables import Firm
from pipeline.synthetic_city import write_city
from tests.dashboard import city
from tests.dashboard.conftest import Visitor, signed_in
from tests.pipeline.city.yunchuan import write_yunchuan
from tests.pipeline.intake.workbooks import CODE, YEAR, with_check_digits, write

NOW = datetime(2026, 6, 1, 9, 0)
#: A firm of each district, which its row names in Chinese, in English, and by its code.
FIRMS = {with_check_digits(f"91990101MA5YUNC{n}"): said for n, said in enumerate(("东岭区", "xidu", "990122"))}
SHEET = "企业基本信息"
ADMIN, OF_XIDU = "云川管理员", "西渡科员"
PAGES = ("/", "/today", "/firms", "/cases", "/pools", "/visits", "/problems", "/imports", "/account", "/accounts")
JIANGMEN = read_city(SHIPPED)
OF_JIANGMEN = [
    *(name for each in JIANGMEN.districts.values() for name in (each.code, each.zh, each.en)),
    *(JIANGMEN.name.zh, JIANGMEN.name.en, JIANGMEN.district),
]


@pytest.fixture
def settings(tmp_path: Path, sqlite_url: str) -> Settings:
    """Of Yunchuan, whose workbook and accounts are in its database."""
    asked = {"GOLDSEED_DB_URL": sqlite_url, "GOLDSEED_CITY": str(write_yunchuan(tmp_path))}
    settings = from_environment({**asked, "GOLDSEED_MODELS": str(tmp_path / "models")})
    work_for_its_city(settings)
    engine = engine_for(sqlite_url)
    store(engine, write(tmp_path / "year.xlsx", {SHEET: rows(*FIRMS.values())}))
    with Session(engine) as session, session.begin():
        for name, role, district in ((ADMIN, "officer", None), (OF_XIDU, "officer", "990102")):
            boss = people.console("test")
            people.add(session, name, role, district_code=district, password=city.PASSWORD, by=boss, now=NOW)
    engine.dispose()
    return settings


def rows(*districts: str) -> list[list[Any]]:
    firms = zip(FIRMS, districts, strict=False)
    return [[CODE, YEAR, "企业名称", "所在区县"], *([code, 2025, f"苗圃{code[-3:]}", said] for code, said in firms)]


def read(answer: Any) -> str:
    """What an answer says, as it is read."""
    return json.dumps(answer.json, ensure_ascii=False) if answer.is_json else str(answer.text)


def store(engine: Any, path: Path) -> Any:
    request = ImportRequest.of(path, "city", by="test", now=NOW, today=date(2026, 6, 1))
    return importing.import_returns(engine, request)


@pytest.fixture
def app(settings: Settings) -> Iterator[Any]:
    made = create_app(settings)
    yield made
    made.server.extensions["goldseed"].engine.dispose()


def test_everything_that_is_shown_of_a_second_city_is_its_own(app: Any, settings: Settings):
    with Session(engine_for(settings.db_url)) as session:
        found = session.execute(select(Firm.district_code)).scalars().all()
    assert sorted(found) == ["990101", "990102", "990122"]

    of_the_city = signed_in(app, ADMIN)
    shown = {path: read(of_the_city.show(path)) for path in (*PAGES, *(f"/firm/{code}" for code in FIRMS))} | {
        "sign-in": read(Visitor(app, app.server.test_client()).get("/sign-in")),
        "frame": read(of_the_city.get("/_dash-layout")),
        "list": read(of_the_city.get("/download/firms.csv")),
    }
    assert {name: place for place, text in shown.items() for name in OF_JIANGMEN if name in text} == {}
    assert all(name in shown["/"] for name in ("东岭区", "西渡区", "中坪县", "按区县"))
    assert all(name in shown["list"] for name in ("东岭区", "西渡区", "中坪县"))
    assert all(name in shown["/accounts"] for name in ("南沙洲区", "北桥县"))  # also those without a firm
    assert all(title in shown["sign-in"] for title in ("上市苗圃", "供云川市"))
    assert "上市苗圃" in shown["frame"]
    of_the_city.post("/language/en")
    assert all(name in read(of_the_city.show("/")) for name in ("Dongling", "Xidu", "Zhongping"))

    listed = signed_in(app, OF_XIDU).get("/download/firms.csv").text
    assert [code for code in FIRMS if code in listed] == [list(FIRMS)[1]]  # the one that wrote "xidu"


def test_a_district_of_another_city_is_refused_in_a_form_and_for_an_account(settings: Settings, tmp_path: Path):
    engine = engine_for(settings.db_url)
    with pytest.raises(WrongFile) as refused:
        store(engine, write(tmp_path / "wrong.xlsx", {SHEET: rows("蓬江区", "西渡区")}))
    ((problem),) = refused.value.problems
    assert "蓬江区" in str(problem)
    assert "东岭区、西渡区、南沙洲区、北桥县、中坪县" in str(problem)
    with pytest.raises(people.WrongAccount, match="990101, 990102, 990103, 990121, 990122"), Session(engine) as session:
        people.add(session, "外区", "officer", district_code="440704", by=people.console("test"), now=NOW)


def test_its_form_and_its_demo_have_its_districts(settings: Settings, tmp_path: Path):
    book = openpyxl.load_workbook(write_template(tmp_path / "form.xlsx", "zh_CN"))
    assert "云川市高企上市培育年度填报表" in [row[0] for row in book["填表说明"].iter_rows(values_only=True)]
    assert "所在区县" in [cell.value for cell in book[SHEET][1]]
    assert "北桥县" in {cell.value for row in book["选项"].iter_rows() for cell in row}

    files = write_city(tmp_path / "demo", firms=40, until=date(2026, 6, 1))
    named = [one.path.name for one in files.returns if "高企年报" in one.path.name]
    assert {name for name in ("东岭区", "西渡区", "南沙洲区", "北桥县", "中坪县") if any(name in one for one in named)}
    assert not [one for one in named if any(each.zh in one for each in JIANGMEN.districts.values())]
    assert store(engine_for(settings.db_url), files.returns[0].path).rows > 0
