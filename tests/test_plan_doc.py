"""The page about the city's plan names only what there is: pages, commands, tests, and the data by their names."""

import re
from pathlib import Path

import click
import pytest

import cli
from dashboard.pages import PAGES
from pipeline.activities.kinds import activity_kinds
from pipeline.city.city_file import SHIPPED, read_city
from pipeline.settings import ROOT
from pipeline.support.rules_file import read_support
from pipeline.targets.plan_file import plans

TEXT = (ROOT / "docs" / "plan.md").read_text(encoding="utf-8")
NAMED = re.findall(r"`([^`]+)`", TEXT)
#: What stands in backticks and is the name of something in the data.
DATA = sorted({name for name in NAMED if re.fullmatch(r"[a-z]+(_[a-z]+)*", name)})


def known_names() -> set[str]:
    support = read_city(SHIPPED).support
    assert support is not None
    book = read_support(support)
    targets = {target.id for plan in plans() for target in plan.targets}
    return {*book.rules, *book.pots, *activity_kinds().kinds, *targets}


def test_every_page_named_is_one():
    pages = {name for name in NAMED if name.startswith("/")}
    assert len(pages) > 15
    assert pages <= {page.path for page in PAGES}


@pytest.mark.parametrize("named", sorted({name for name in NAMED if name.startswith("goldseed ")}))
def test_every_command_named_is_one(named: str):
    found: click.Command = cli.goldseed
    for word in re.sub(r" --.*", "", named).split()[1:]:
        assert isinstance(found, click.Group), named
        assert word in found.commands, named
        found = found.commands[word]


@pytest.mark.parametrize("named", sorted({name for name in NAMED if name.startswith(("tests/", "data/"))}))
def test_every_file_named_is_there(named: str):
    assert (ROOT / named).exists()


@pytest.mark.parametrize("name", DATA)
def test_every_name_of_the_data_is_in_the_data(name: str):
    assert name in known_names()


def test_each_of_the_seventeen_systems_has_a_page_a_command_and_a_test():
    rows = re.findall(r"^\| (S\d+) \| [^|]+ \| ([^|]+) \| ([^|]+) \| ([^|]+) \|$", TEXT, re.MULTILINE)
    assert [row[0] for row in rows] == [f"S{number}" for number in range(1, 18)]
    for _system, page, command, test in rows:
        assert page.startswith("`/")
        assert command.startswith("`goldseed ")
        assert test.startswith("`tests/")
    for _system, *_rest, test in rows:
        for path in re.findall(r"`([^`]+)`", test):
            found = ROOT / path
            files = [found] if found.is_file() else list(found.rglob("test_*.py"))
            assert any("def test_" in Path(file).read_text(encoding="utf-8") for file in files), path
