"""The README's commands work as they stand there, and its pictures and links are there."""

import json
import re
import shlex
import shutil
from datetime import date
from pathlib import Path

import openpyxl
import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from pipeline.settings import ROOT
from pipeline.store.database import engine_for
from pipeline.store.tables import Firm
from pipeline.synthetic_city import write_city
from pipeline.synthetic_city.activities.workbook import write_activities
from tests.browser import pictures
from tests.demo_city import TODAY, goldseed, goldseed_apart, settings_in

README = (ROOT / "README.md").read_text(encoding="utf-8")
BLOCKS = [block.strip().splitlines() for block in re.findall(r"```sh\n(.*?)```", README, flags=re.S)]
TARGETS = re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), flags=re.M)


def test_the_two_commands_of_the_readme_are_targets_of_the_makefile():
    wanted = [line.split()[1] for block in BLOCKS for line in block if line.startswith("make ")]
    assert wanted[:2] == ["demo", "test"]
    assert set(wanted) <= set(TARGETS)


def test_the_commands_for_ones_own_firms_run_line_by_line_from_an_empty_database(tmp_path: Path):
    """The workbooks are filled in between the lines: one district's returns, the stages, and a list of two members."""
    files = write_city(tmp_path / "files", firms=500, until=TODAY)
    (tmp_path / "own").mkdir()
    settings = settings_in(tmp_path / "own")
    activities = write_activities(files.folder, files.city, 0)
    filled = {"city.xlsx": files.returns[0].path, "events.xlsx": files.events.path, "activities.xlsx": activities}
    (commands,) = [block for block in BLOCKS if block[0].startswith("goldseed template")]
    said = []
    for command in commands:
        program, *arguments = shlex.split(command)
        assert program == "goldseed"
        as_people_call_it = goldseed_apart if arguments[0] == "import" else goldseed
        said.append(as_people_call_it(settings, *arguments, cwd=tmp_path))
        if arguments[0] == "template":
            shutil.copyfile(filled[arguments[1]], tmp_path / arguments[1])
        elif arguments[0] == "import":
            with Session(engine_for(settings.db_url)) as session:
                first, second = session.scalars(select(Firm.id).order_by(Firm.id).limit(2))
            book = openpyxl.Workbook()
            for row in (("code", "pool", "date"), (first, "seed", "2025-03-01"), (second, "golden", date(2025, 6, 30))):
                book.active.append(row)
            book.save(tmp_path / "members.xlsx")
    assert (tmp_path / "scores.csv").read_text(encoding="utf-8-sig").startswith("firm_id,")
    by_rules, by_points = (told for command, told in zip(commands, said, strict=True) if "propose" in command)
    assert "种子库入库线" not in by_rules
    assert "种子库入库线" in by_points
    members = json.loads(goldseed(settings, "pools", "list", "--json"))["members"]
    assert [(one["firm_id"], one["pool"]) for one in members] == [(second, "golden"), (first, "seed")]


def test_the_page_of_the_roles_shows_every_picture_that_is_taken():
    page = (ROOT / "docs" / "roles.md").read_text(encoding="utf-8")
    shown = re.findall(r"\]\(screenshots/roles/([^)]+)\)", page)
    assert sorted(shown) == sorted(pictures.names())
    assert all((pictures.FOLDER / name).exists() for name in shown)


@pytest.mark.parametrize("target", sorted(set(re.findall(r"\]\(([^)#]+)\)", README))))
def test_what_the_readme_links_to_is_there(target):
    assert target.startswith("http") or (ROOT / target).exists()
