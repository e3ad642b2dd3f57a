"""Read data/instruments.yaml: what a firm that seeks money could be led to, and of whom each asks what.

Conditions are read by the reader of the rules (pipeline/rules/definition/parse.py); every fault of the file comes in
one list.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cache
from pathlib import Path

from pipeline.activities.kinds import activity_kinds
from pipeline.errors import WrongFile
from pipeline.language import N_, Label, Message
from pipeline.rules.definition import measures
from pipeline.rules.definition.model import Evidence, Node, resolved
from pipeline.rules.definition.parse import ConditionReader, Dialect
from pipeline.settings import ROOT
from pipeline.strict_yaml import load_strictly

INSTRUMENTS_FILE = ROOT / "data" / "instruments.yaml"
#: The kind of activity by which a firm says that it seeks money; its levels are the forms of money.
SOUGHT = "financing_sought"
CONFIDENCES = ("high", "medium", "low", "derived", "synthetic")
_KEYS = frozenset({"zh", "en", "for", "from", "until", "source", "confidence", "note_zh", "note_en", "who"})
_NEEDED = ("zh", "en", "for", "from", "source", "confidence", "who")
_LATER = frozenset({"for", "from", "until", "who"})


@dataclass(frozen=True)
class Instrument:
    """`forms`: which forms of money it answers; `until` None: no last day is known; `who`: its conditions."""

    id: str
    name: Label
    forms: tuple[str, ...]
    begins: date
    until: date | None
    who: Node
    evidence: Evidence
    note: Label

    def on(self, day: date) -> Node | None:
        """Its conditions as they are on a day; None where it is not in force, or nothing is asked yet."""
        if day < self.begins or (self.until is not None and day > self.until):
            return None
        return resolved(self.who, day, self.evidence)


@cache
def instruments(path: Path = INSTRUMENTS_FILE) -> Mapping[str, Instrument]:
    """Every instrument by its id, in the order of the file. Raises WrongFile with all that cannot be meant."""
    problems: list[Message] = []
    content = load_strictly(path, problems)
    found: Sequence[Instrument] = ()
    if not problems:
        reader = _Reader(path.name, Dialect(measures.measures(), None, CONFIDENCES, "now", of_rules=False, named=True))
        found = reader.file_of(content)
        problems += reader.problems
    if problems:
        raise WrongFile(Message(N_("%(file)s cannot be used:"), {"file": path.name}), problems)
    return {one.id: one for one in found}


class _Reader(ConditionReader):
    """The file being read."""

    def file_of(self, content: object) -> list[Instrument]:
        if not self.keys("top", content, frozenset({"instruments"}), ("instruments",), frozenset({"instruments"})):
            return []
        assert isinstance(content, dict)
        given = content["instruments"]
        if not isinstance(given, dict):
            self.problem("instruments", N_("a mapping was expected."))
            return []
        return [one for name, entry in given.items() if (one := self.instrument(str(name), entry)) is not None]

    def instrument(self, name: str, entry: object) -> Instrument | None:
        before = len(self.problems)
        if not self.keys(name, entry, _KEYS, _NEEDED, _LATER):
            return None
        assert isinstance(entry, dict)
        source, confidence = self.who_says(name, entry)
        forms, known = entry["for"], activity_kinds().kinds[SOUGHT].levels
        if not isinstance(forms, list) or not forms or not set(forms) <= set(known):
            self.problem(name, N_("for is a list of these words: %(words)s."), words=", ".join(known))
        begins = self.day(name, entry["from"])
        until = None if entry.get("until") is None else self.day(name, entry["until"])
        if begins is not None and until is not None and until < begins:
            self.problem(name, N_("it ends on %(ends)s, before it has begun."), ends=until)
        who = self.node(name, entry["who"], None)
        if len(self.problems) > before or begins is None or who is None:
            return None
        return Instrument(
            name,
            Label(entry["zh"], entry["en"]),
            tuple(forms),
            begins,
            until,
            who,
            Evidence("", source or (), confidence or ""),
            Label(entry.get("note_zh", ""), entry.get("note_en", "")),
        )
