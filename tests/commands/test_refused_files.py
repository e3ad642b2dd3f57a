"""On the command line: a refused file stays out of the list unless asked for, and is shown again by its number."""

import json

import pytest
from click.testing import CliRunner, Result

import cli
from pipeline.errors import NotFound


@pytest.fixture
def goldseed(sqlite_url, monkeypatch):
    monkeypatch.setenv("GOLDSEED_DB_URL", sqlite_url)
    monkeypatch.setenv("GOLDSEED_LANG", "en")
    return lambda *arguments: CliRunner().invoke(cli.goldseed, list(map(str, arguments)))


@pytest.fixture
def refused(goldseed, tmp_path) -> Result:
    (tmp_path / "wrong.csv").write_text("统一社会信用代码,年度,企业名称\n123,2023,甲\n", encoding="utf-8")
    return goldseed("import", tmp_path / "wrong.csv", "--map", "city", "--json")


def test_a_refused_file_is_named_by_its_number(refused):
    document = json.loads(refused.stdout)
    assert (document["state"], document["refusal"], document["id"]) == ("refused", "R1", None)
    assert "goldseed imports show R1" in refused.stderr


def test_the_list_of_imports_has_it_only_where_all_are_asked_for(refused, goldseed):
    assert json.loads(goldseed("imports", "list", "--json").stdout) == []
    assert json.loads(goldseed("imports", "--json").stdout) == []
    (line,) = json.loads(goldseed("imports", "list", "--all", "--json").stdout)
    assert (line["id"], line["file"], line["rows"], line["state"]) == ("R1", "wrong.csv", 0, "refused")


@pytest.mark.parametrize("number", ["R1", "r1"])
def test_its_problems_are_shown_again(refused, goldseed, number):
    first = json.loads(refused.stdout)["problems"]
    again = json.loads(goldseed("imports", "show", number, "--json").stdout)
    assert (again["id"], again["warnings"]) == ("R1", [])
    assert [problem["message"] for problem in again["problems"]] == [problem["message"] for problem in first]
    assert first[0]["message"] in goldseed("imports", "show", number).stdout


@pytest.mark.parametrize("arguments", [("show", "x"), ("show", "Rx"), ("undo", "R1")])
def test_what_is_no_number_of_an_import_is_a_callers_mistake(refused, goldseed, arguments):
    assert goldseed("imports", *arguments).exit_code == 2


def test_the_number_of_no_refused_file_gets_a_letter(refused, goldseed):
    error = goldseed("imports", "show", "R2").exception
    assert isinstance(error, NotFound)
    assert "R2" in str(error)
