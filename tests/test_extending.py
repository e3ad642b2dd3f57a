"""docs/extending.md holds: its walks are followed as they stand there, in a copy of the project."""

import json
import os
import re
import shutil
import subprocess
import sys
from datetime import date
from pathlib import Path

import pytest

from pipeline.pools.policy import policy_book
from pipeline.rules.definition import rule_books
from pipeline.settings import ROOT, Settings
from pipeline.store.database import engine_for
from tests.demo_city import copy_of
from tests.pipeline.intake.workbooks import CODE, FINANCE, HEADINGS, KAPOK, PEOPLE, YEAR, write

WALKS = (ROOT / "docs" / "extending.md").read_text(encoding="utf-8")
#: A place in a file, and the blocks that belong to it until the next place or heading.
PLACE = re.compile(r"<!-- (?P<file>[\w/.]+?)(?P<new> \(new\))? -->\n(?P<blocks>.*?)(?=\n<!-- |\n## |\Z)", re.S)
BLOCK = re.compile(r"```(?:diff|python)\n(.*?)```", re.S)
COPIED = ("pipeline", "scoring", "dashboard", "commands", "data", "tests", "cli.py", "pyproject.toml", "README.md")


def edits(title: str) -> dict[str, list[tuple[str, bool]]]:
    """file -> the blocks of a walk for it, each with whether the file is new."""
    (walk,) = re.findall(rf"\n## {title}[^\n]*\n(.*?)(?=\n## |\Z)", WALKS, flags=re.S)
    found: dict[str, list[tuple[str, bool]]] = {}
    for place in PLACE.finditer(walk):
        blocks = [(text, bool(place["new"])) for text in BLOCK.findall(place["blocks"])]
        found.setdefault(place["file"], []).extend(blocks)
    return found


def apply(block: str, file: Path, new: bool) -> None:
    """Write a new file, or change one as the block's diff says; what it stands on must be there."""
    if new:
        file.write_text(block, encoding="utf-8")
        return
    lines = block.splitlines()
    assert all(line[:1] in "+- " for line in lines)
    before = "".join(f"{line[1:]}\n" for line in lines if line[0] in " -")
    after = "".join(f"{line[1:]}\n" for line in lines if line[0] in " +")
    text = file.read_text(encoding="utf-8")
    assert before in text, f"{file.name} has no {before!r}"
    file.write_text(text.replace(before, after, 1) if before else text + after, encoding="utf-8")


@pytest.fixture(scope="module")
def extended(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the project in which all six walks have been followed."""
    copy = tmp_path_factory.mktemp("extended")
    for name in COPIED:
        if (ROOT / name).is_dir():
            hidden = shutil.ignore_patterns("__pycache__", "goldseed.sqlite*", "demo")
            shutil.copytree(ROOT / name, copy / name, ignore=hidden)
        else:
            shutil.copy(ROOT / name, copy / name)
    for title in re.findall(r"^## (.*?):", WALKS, flags=re.M):
        for file, blocks in edits(title).items():
            for block, new in blocks:
                apply(block, copy / file, new)
    return copy


def run(copy: Path, *command: str, settings: Settings | None = None) -> str:
    """What a program in the copy prints."""
    places = {} if settings is None else {"GOLDSEED_DB_URL": settings.db_url, "GOLDSEED_MODELS": str(settings.models)}
    environment = {**os.environ, **places, "PYTHONPATH": str(copy), "GOLDSEED_LANG": "en"}
    done = subprocess.run(
        [sys.executable, *command], cwd=copy, env=environment, capture_output=True, text=True, timeout=300
    )
    assert done.returncode == 0, f"{done.stdout[-2000:]}\n{done.stderr[-2000:]}"
    return done.stdout


@pytest.fixture(scope="module")
def city(demo: Settings, tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """A filled database that the program made before it was extended."""
    return copy_of(demo, tmp_path_factory.mktemp("city") / "before")


@pytest.fixture(scope="module")
def imported(extended: Path, city: Settings, tmp_path_factory: pytest.TempPathFactory) -> int:
    """A return with the new fact, brought in by the extended program: the number of its import."""
    heading = "工业用水重复利用率（%）"
    finance = [[KAPOK, 2025, 0, -20, 5_100]]
    people = [[KAPOK, 2025, 60, 180, 85]]
    sheets = {FINANCE: [HEADINGS[FINANCE], *finance], PEOPLE: [[*HEADINGS[PEOPLE], heading], *people]}
    assert sheets[PEOPLE][0][:2] == [CODE, YEAR]
    file = write(tmp_path_factory.mktemp("files") / "return.xlsx", sheets)
    told = run(extended, "-m", "cli", "import", str(file), "--map", "city", "--json", settings=city)
    report = json.loads(told)
    report = report[0] if isinstance(report, list) else report
    return int(report.get("import_id") or report["id"])


@pytest.mark.parametrize(
    ("title", "files"),
    [
        ("A fact with a feature", 3),
        ("A page with a callback", 2),
        ("A threshold", 1),
        ("A condition of a pool", 1),
        ("A role", 1),
        ("A check of the intake", 1),
    ],
)
def test_a_walk_touches_as_few_files_as_it_says(title, files):
    assert len(edits(title)) == files
    word = {1: "one", 2: "two", 3: "three"}[files]
    assert re.search(rf"^## {title}: {word} ", WALKS, flags=re.M)


def test_a_new_fact_comes_in_through_its_heading_into_a_database_of_before(extended, city, imported):
    facts = json.loads(run(extended, "-m", "cli", "facts", KAPOK, "--as-of", "2026-06-20", "--json", settings=city))
    assert "water_recycled_share" in json.dumps(facts)
    with engine_for(city.db_url).connect() as connection:
        row = "SELECT max(water_recycled_share) FROM return_row WHERE firm_id = ? AND year = 2025"
        assert connection.exec_driver_sql(row, (KAPOK,)).scalar() == pytest.approx(0.85)


@pytest.mark.usefixtures("imported")
def test_a_new_feature_is_a_column_that_scoring_reads_and_models_of_before_go_on(extended, city):
    code = f"""
from datetime import date
from pipeline.store.database import engine_for
from scoring.explain.firm_snapshot import firm_snapshot
from scoring.features.listing_lines import lines_on
from scoring.features.matrix import FEATURES, facts_used
day = date(2026, 6, 20)
table = firm_snapshot(engine_for({city.db_url!r}), {KAPOK!r}, day).features(lines_on(day))
feature = FEATURES["water_recycled"]
print(feature.label.zh, feature.label.en, "water_recycled_share" in facts_used(), table["water_recycled"].iloc[0])
"""
    assert (
        run(extended, "-c", code, settings=city).split("\n")[0]
        == "工业用水重复利用率 Share of water recycled True 0.85"
    )
    scored = json.loads(run(extended, "-m", "cli", "score", "--as-of", "2026-05-01", "--json", settings=city))
    assert scored["firms"] > 300


def test_a_new_check_asks_about_the_row_it_is_about(extended, city, imported):
    shown = json.loads(run(extended, "-m", "cli", "imports", "show", str(imported), "--json", settings=city))
    asked = [warning for warning in shown["warnings"] if warning["kind"] == "staff_without_revenue"]
    assert [(warning["firm_id"], warning["year"], warning["field"]) for warning in asked] == [(KAPOK, 2025, "staff")]


def test_a_new_page_opens_for_whom_it_says_and_its_callback_answers(extended):
    (extended / "tests" / "dashboard" / "pages" / "test_notice.py").write_text(
        """
from tests.dashboard.conftest import body_of


def test_the_page_is_there_and_in_the_menu_and_its_callback_answers(officer, visitor):
    assert "notice-read" in officer.show("/notice").text
    assert "/notice" in str(officer.get("/_dash-layout").get_json())
    said = officer.call(body_of(officer.app, "notice-said.children", {"notice-read.n_clicks": 1}))
    assert said.get_json()["response"]["notice-said"]["children"] == "✓"
    assert visitor.call(body_of(visitor.app, "notice-said.children", {"notice-read.n_clicks": 1})).status_code >= 300
""",
        encoding="utf-8",
    )
    run(extended, "-m", "pytest", "-q", "-p", "no:cacheprovider", "tests/dashboard/pages/test_notice.py")


def test_a_new_role_can_be_given_and_may_do_what_its_row_says(extended, city):
    added = ("-m", "cli", "people", "add", "Leader Lan", "--role", "leader", "--district", "440703", "--json")
    assert json.loads(run(extended, *added, settings=city))["role"] == "leader"
    code = f"""
from sqlalchemy.orm import Session
from pipeline.accounts import people
from pipeline.accounts.people import Action
from pipeline.store.database import engine_for
from pipeline.store.tables import Account
with Session(engine_for({city.db_url!r})) as session:
    account = session.query(Account).filter_by(name="Leader Lan").one()
    person = people.person_of(session, account.id)
    print(people.may(person, Action.SEE_SCORES), people.may(person, Action.DECIDE_POOLS))
"""
    assert run(extended, "-c", code, settings=city).strip() == "True False"


@pytest.mark.parametrize(("day", "line"), [("2026-12-31", 1500), ("2027-01-01", 2000)])
def test_a_new_line_of_a_threshold_holds_from_its_day_and_not_before(extended, day, line):
    books = rule_books.rule_books(extended / "data" / "rules")
    (rule,) = [
        rule for rule in rule_books.in_force("bse", date.fromisoformat(day), books) if rule.rule.name == "bse-S1"
    ]
    conditions = [condition for condition in rule.conditions if condition.window.name == "each_2"]
    assert [condition.threshold.value for condition in conditions] == [line]


def test_a_new_condition_of_a_pool_is_read_by_the_rules_own_reader(extended):
    shipped, changed = policy_book().on(date(2026, 5, 1)), None
    changed = policy_book(extended / "data" / "rules" / "pools.yaml").on(date(2026, 5, 1))
    assert changed.fingerprint != shipped.fingerprint
    assert "open_findings" in repr(changed.golden.enter)
    assert "open_findings" not in repr(shipped.golden.enter)
    assert changed.seed == shipped.seed
