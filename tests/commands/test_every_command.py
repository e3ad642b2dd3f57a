"""Every command explains itself in both languages, with an example; a caller's mistake ends with 2, no traceback."""

import os
import subprocess
import sys

import click
import pytest

import cli
from pipeline import language
from pipeline.settings import ROOT


def every_command(group: click.Group = cli.goldseed, path: tuple[str, ...] = ("goldseed",)):
    yield path, group
    for name, entry in sorted(group.commands.items()):
        if isinstance(entry, click.Group):
            yield from every_command(entry, (*path, name))
        else:
            yield (*path, name), entry


COMMANDS = list(every_command())


def run(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "cli", *arguments],
        cwd=ROOT,
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        timeout=60,
    )


@pytest.mark.parametrize(("path", "entry"), COMMANDS, ids=[" ".join(path) for path, _ in COMMANDS])
def test_a_command_has_help_and_an_example_that_calls_it(path, entry):
    assert entry.help
    assert entry.epilog
    assert entry.epilog.startswith(" ".join(path[:2]))


@pytest.mark.parametrize(("path", "entry"), COMMANDS, ids=[" ".join(path) for path, _ in COMMANDS])
def test_a_command_and_each_of_its_options_speak_chinese(path, entry):
    texts = [entry.help, *(each.help for each in entry.params if isinstance(each, click.Option))]
    untranslated = [text for text in texts if text and language.gettext(text) == text]
    assert untranslated == []


def test_help_is_chinese_unless_english_is_asked_for():
    assert "找出有望上市的企业" in run("--help").stdout
    assert "Finds firms that could be listed" in run("--help", GOLDSEED_LANG="en").stdout


@pytest.mark.parametrize(
    ("arguments", "named"),
    [
        (["import", "no-such-file.csv", "--map", "city"], "no-such-file.csv"),
        (["score", "--as-of", "2024-13-01"], "2024-13-01"),
        (["nonsense"], "nonsense"),
        (["score"], "--as-of"),
        (["score", "--as-of", "2024-05-01", "--out", "no-such-folder/scores.csv"], "no-such-folder"),
        (["template", "no-such-folder/city.xlsx"], "no-such-folder"),
    ],
)
def test_a_mistake_of_the_callers_is_named_without_a_traceback_and_ends_with_2(arguments, named):
    done = run(*arguments)
    assert done.returncode == 2
    assert named in done.stderr
    assert "Traceback" not in done.stderr
    assert done.stdout == ""


def test_a_database_address_that_cannot_be_meant_ends_with_2():
    done = run("status", GOLDSEED_DB_URL="pg:/x")
    assert done.returncode == 2
    assert "GOLDSEED_DB_URL" in done.stderr
