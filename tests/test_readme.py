"""The README's commands work as they stand there, and its pictures and links are there."""

import re
import shlex
import shutil
from pathlib import Path

import pytest

from pipeline.settings import ROOT, Settings
from tests.demo_city import copy_of, goldseed, goldseed_apart

README = (ROOT / "README.md").read_text(encoding="utf-8")
BLOCKS = [block.strip().splitlines() for block in re.findall(r"```sh\n(.*?)```", README, flags=re.S)]
TARGETS = re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), flags=re.M)


def test_the_two_commands_of_the_readme_are_targets_of_the_makefile():
    wanted = [line.split()[1] for block in BLOCKS for line in block if line.startswith("make ")]
    assert wanted[:2] == ["demo", "test"]
    assert set(wanted) <= set(TARGETS)


def test_the_commands_for_ones_own_firms_run_in_their_order(demo: Settings, tmp_path: Path):
    settings = copy_of(demo, tmp_path / "own")
    (commands,) = [block for block in BLOCKS if block[0].startswith("goldseed template")]
    for command in commands:
        program, *arguments = shlex.split(command)
        assert program == "goldseed"
        as_people_call_it = goldseed_apart if arguments[0] == "import" else goldseed
        as_people_call_it(settings, *arguments, cwd=tmp_path)
        if arguments[0] == "template":  # and now the clerk fills it in
            filled = next(iter((Path(settings.models).parents[1]).glob("*.xlsx")), None)
            assert filled is not None
            source = sorted((Path(demo.models).parent / "files").glob("*更正*.xlsx"))[0]
            shutil.copyfile(source, filled)
    assert (tmp_path / "scores.csv").read_text(encoding="utf-8-sig").startswith("firm_id,")


@pytest.mark.parametrize("target", sorted(set(re.findall(r"\]\(([^)#]+)\)", README))))
def test_what_the_readme_links_to_is_there(target):
    assert target.startswith("http") or (ROOT / target).exists()
