"""Read a file of the city: every fault with its line, what was found and what to write instead.

Reading goes on after a fault, so that whoever mends the file has all of them in one letter.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

from pipeline.language import N_, Label, Message

#: What a name or title may be long: it stands in the head of pages and in columns.
LONGEST = 40
#: Found where something is missing.
BLANK = object()


def lines_of(text: str) -> dict[tuple[str, ...], int]:
    """The line of every key, by its way from the top."""
    found: dict[tuple[str, ...], int] = {}

    def walk(node: yaml.Node | None, way: tuple[str, ...]) -> None:
        if isinstance(node, yaml.MappingNode):
            for key, value in node.value:
                found[(*way, str(key.value))] = key.start_mark.line + 1
                walk(value, (*way, str(key.value)))

    walk(yaml.compose(text, yaml.SafeLoader), ())
    return found


class FileReader:
    """One file being read: every fault goes into `problems`, and reading goes on."""

    def __init__(self, path: Path, lines: Mapping[tuple[str, ...], int], problems: list[Message]) -> None:
        self.path, self.lines, self.problems = path, lines, problems

    def label(self, where: tuple[str, ...], given: Any, most: int = LONGEST) -> Label | None:
        """The same in both languages."""
        if not self.keys(where, given, ("zh", "en")):
            return None
        zh, en = self.text((*where, "zh"), given["zh"], most), self.text((*where, "en"), given["en"], most)
        return None if zh is None or en is None else Label(zh, en)

    def text(self, where: tuple[str, ...], given: Any, most: int = LONGEST) -> str | None:
        """One line of text, of so many letters at most."""
        if isinstance(given, str) and given.strip() == given and 0 < len(given) <= most and given.isprintable():
            return given
        self.wrong(where, given, N_("Write a name of one line, of at most %(most)s letters."), most=most)
        return None

    def keys(self, where: tuple[str, ...], given: Any, needed: tuple[str, ...], more: tuple[str, ...] = ()) -> bool:
        """Whether it is a mapping with everything needed; what is unknown is told as well."""
        if not isinstance(given, dict):
            self.wrong(where, given, N_("Write here: %(keys)s."), keys=", ".join((*needed, *more)))
            return False
        for key in given:
            if key not in (*needed, *more):
                words = N_("This key means nothing here. There are: %(keys)s.")
                self.wrong((*where, str(key)), key, words, keys=", ".join((*needed, *more)))
        missing = [key for key in needed if given.get(key) is None]
        for key in missing:
            self.wrong((*where, key), BLANK, N_("It is missing: write %(key)s."), key=key)
        return not missing

    def wrong(self, where: tuple[str, ...], found: object, what_to_do: str, **params: object) -> None:
        """One line of the letter: place, what was found, what to write."""
        known = next((self.lines[where[:n]] for n in range(len(where), 0, -1) if where[:n] in self.lines), None)
        place = self.path.name if known is None else f"{self.path.name}:{known}"
        if where:
            place = f"{place}, {'.'.join(where)}"
        told = Message(what_to_do, params)
        if found is BLANK:
            self.problems.append(Message(N_("%(place)s: %(what)s"), {"place": place, "what": told}))
            return
        shown = "" if found is None else str(found)[:60]
        words = N_("%(place)s: found “%(found)s”. %(what)s")
        self.problems.append(Message(words, {"place": place, "found": shown, "what": told}))
