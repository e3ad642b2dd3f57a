"""Two languages: Chinese unless asked otherwise, and no text of the program without its Chinese."""

import ast
import re

import pytest
from babel.messages.pofile import read_po

from pipeline.language import CATALOGUES, CHINESE, ENGLISH, N_, Label, Message, gettext, language, speaking
from pipeline.settings import ROOT

SOURCES = [
    ROOT / "cli.py",
    *(file for top in ("commands", "pipeline", "scoring", "dashboard") for file in (ROOT / top).rglob("*.py")),
]


def texts_in(file):
    """The line and text of every call of _, gettext or N_ with a text written out."""
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in ("_", "gettext", "N_"):
            first = node.args[0] if node.args else None
            if isinstance(first, ast.Constant) and isinstance(first.value, str):
                yield node.lineno, first.value


def catalogues():
    return sorted((CATALOGUES / CHINESE / "LC_MESSAGES").glob("*.po"))


def test_chinese_is_the_default_and_english_holds_only_while_it_is_spoken():
    assert language() == CHINESE
    with speaking("en-GB"):
        assert language() == ENGLISH
    assert language() == CHINESE


def test_a_message_is_kept_in_both_languages():
    message = Message(
        N_("GOLDSEED_LANG=%(found)r is not a language of this program. Write zh_CN or en."), {"found": "fr"}
    )
    assert message.in_language("en").startswith("GOLDSEED_LANG='fr' is not")
    assert "不是本程序支持的语言" in str(message)


def test_a_text_without_translation_is_shown_as_it_stands():
    assert gettext("No such text anywhere") == "No such text anywhere"


def test_every_text_of_the_code_has_its_chinese():
    known = set()
    for file in catalogues():
        with file.open("rb") as stream:
            known |= {message.id for message in read_po(stream) if message.string}
    missing = [
        f"{file.relative_to(ROOT)}:{line}: {text!r}"
        for file in SOURCES
        for line, text in texts_in(file)
        if text not in known
    ]
    assert missing == []


def test_one_text_has_one_translation_whatever_catalogue_it_stands_in():
    told: dict[str, set[str]] = {}
    for file in catalogues():
        with file.open("rb") as stream:
            for message in read_po(stream):
                if message.id:
                    told.setdefault(message.id, set()).add(message.string)
    assert {text: found for text, found in told.items() if len(found) > 1} == {}


@pytest.mark.parametrize("file", catalogues(), ids=lambda file: file.stem)
def test_a_translation_fills_in_the_same_values_as_its_text(file):
    with file.open("rb") as stream:
        wrong = [
            message.id
            for message in read_po(stream)
            if message.id and isinstance(message.id, str) and placeholders(message.id) != placeholders(message.string)
        ]
    assert wrong == []


@pytest.mark.parametrize("file", catalogues(), ids=lambda file: file.stem)
def test_a_percent_sign_in_a_text_with_values_is_written_twice(file):
    with file.open("rb") as stream:
        texts = [text for message in read_po(stream) for text in (message.id, message.string) if isinstance(text, str)]
    wrong = [text for text in texts if placeholders(text) and "%" in VALUE.sub("", text).replace("%%", "")]
    assert wrong == []


VALUE = re.compile(r"%\((\w+)\)[-#0 +]*\d*(?:\.\d+)?[a-z]")


def placeholders(text: str) -> list[str]:
    return sorted(VALUE.findall(text))


@pytest.mark.parametrize(("name", "said"), [(CHINESE, "甲、乙"), (ENGLISH, "first, second")])
def test_a_list_in_a_message_is_enumerated_in_the_readers_language(name, said):
    message = Message("%(both)s", {"both": [Label("甲", "first"), Label("乙", "second")]})
    assert message.in_language(name) == said


@pytest.mark.parametrize("file", sorted(CATALOGUES.glob("**/*.po")), ids=lambda file: file.stem)
def test_english_texts_have_one_way_to_write_money(file):
    """¥12.3 m: never 10k yuan, M yuan, million CNY."""
    with file.open("rb") as stream:
        texts = [str(message.id) for message in read_po(stream) if message.id]
    assert [text for text in texts if re.search(r"10k|\bCNY\b|\b[Yy]uan\b|[0-9] ?million", text)] == []
