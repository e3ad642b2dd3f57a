"""Read the rule books of data/rules, and refuse what cannot be meant.

Every fault of a folder comes in one list: unknown keys, keys or dates given twice (PyYAML alone would keep the
last), editions that overlap or leave a gap, days that do not exist, units that do not fit what they measure,
thresholds that do not cover their rule. A wrong rule must never be silently half right. The conditions of the pools'
policy are read by the same ConditionReader.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime
from itertools import pairwise
from pathlib import Path
from typing import Any

from pipeline.errors import WrongFile
from pipeline.language import N_, Label, Message
from pipeline.rules.definition.files import NOT_RULE_BOOKS
from pipeline.rules.definition.measures import Measure, read_measures
from pipeline.rules.definition.model import (
    BOARDS,
    PARTS,
    RECOGNITION,
    Condition,
    Edition,
    Evidence,
    Group,
    Line,
    Meets,
    Node,
    Rule,
    RuleBook,
)
from pipeline.rules.definition.units import RATIO, fits, unit_of
from pipeline.rules.definition.windows import window
from pipeline.strict_yaml import load_strictly

#: From when until when: None as far as known.
Span = tuple[date, date | None]
CONFIDENCES = ("high", "medium", "low")
OPERATORS = (">=", ">", "<=", "<", "==", "in")
#: No Chinese exchange is older, and a law of the next century is a slip of the hand. Hong Kong's fits as well.
FIRST_DAY, LAST_DAY = date(1986, 1, 1), date(2099, 12, 31)

_BOOK_KEYS = frozenset({"board", "zh", "en", "rank", "reviewed_on", "note_zh", "note_en", "chapters"})
_CHAPTER_KEYS = frozenset({"boards", "editions", "rules"})
_EDITION_KEYS = frozenset({"id", "begins", "ends", "law", "source", "confidence", "note_zh", "note_en"})
_RULE_KEYS = frozenset(
    {
        "name",
        "part",
        "route",
        "zh",
        "en",
        "ids",
        "opens",
        "source",
        "confidence",
        "note_zh",
        "note_en",
        "districts",
        "needs",
    }
)
_LEAF_KEYS = frozenset({"fact", "window", "is", "unit", "only", "values"})
_NAME_KEYS = frozenset({"zh", "en", "source", "confidence"})
_LINE_KEYS = frozenset({"value", "source", "confidence", "law"})
#: The kind of value that belongs to a key; the other keys take a word.
_WORD, _LIST, _MAPPING = (str,), (list,), (dict,)
_KINDS: Mapping[str, tuple[type, ...]] = {
    **dict.fromkeys(("chapters", "editions", "rules", "boards", "only", "districts"), _LIST),
    **dict.fromkeys(("ids", "values"), _MAPPING),
    "rank": (int,),
    "source": (str, list),
}
#: Checked by their own readers: days, thresholds, and conditions, which may be nested.
_READ_LATER = frozenset({"begins", "ends", "opens", "reviewed_on", "value", "needs"})


def _is_fit(key: str, found: object) -> bool:
    """Whether the value of a key can be read at all: a word, or what _KINDS says, with nothing but words in it."""
    if not isinstance(found, _KINDS.get(key, _WORD)) or isinstance(found, bool):
        return False
    if key in ("source", "boards", "only", "districts"):
        return bool(found) and all(isinstance(name, str) for name in found)  # type: ignore[attr-defined]
    if key == "ids":
        return all(isinstance(id_, str) and id_ for pair in found.items() for id_ in pair)  # type: ignore[attr-defined]
    return found != "" or key.startswith("note_")


@dataclass(frozen=True)
class Dialect:
    """What a file of conditions may name.

    `sources`: the keys of sources.yaml, or None where any words may say where a line comes from; `window`: the one
    that is meant where none is written; `of_rules`: whether a condition may refer to other rules and boards; `named`:
    whether a group may have a name and a source of its own.
    """

    measures: Mapping[str, Measure]
    sources: frozenset[str] | None
    confidences: tuple[str, ...] = CONFIDENCES
    window: str | None = None
    of_rules: bool = True
    named: bool = False


class ConditionReader:
    """Conditions and dated lines of one file; faults are gathered, so that its keeper can mend them in one go."""

    def __init__(self, file: str, dialect: Dialect) -> None:
        self.file = file
        self.dialect = dialect
        self.problems: list[Message] = []

    def problem(self, place: str, text: str, **params: object) -> None:
        self.problems.append(
            Message(N_("%(place)s: %(what)s"), {"place": f"{self.file}, {place}", "what": Message(text, params)})
        )

    def keys(
        self,
        place: str,
        found: object,
        allowed: frozenset[str],
        needed: tuple[str, ...] = (),
        later: frozenset[str] = frozenset(),
    ) -> bool:
        """Whether a mapping has what is needed, of the kinds that belong there; `later`: keys of any kind."""
        if not isinstance(found, dict):
            self.problem(place, N_("a mapping was expected."))
            return False
        if unknown := [str(key) for key in found if key not in allowed]:
            self.problem(place, N_("unknown key %(keys)s."), keys=", ".join(unknown))
        if missing := [key for key in needed if key not in found]:
            self.problem(place, N_("%(keys)s is missing."), keys=", ".join(missing))
        wrong = [key for key in found if key in allowed - _READ_LATER - later and not _is_fit(key, found[key])]
        if wrong:
            self.problem(
                place, N_("what stands at %(keys)s is not of the kind that belongs there."), keys=", ".join(wrong)
            )
        return not missing and not wrong

    def day(self, place: str, found: object) -> date | None:
        if isinstance(found, date) and not isinstance(found, datetime) and FIRST_DAY <= found <= LAST_DAY:
            return found
        self.problem(
            place, N_("%(found)s is not a day on which a rule can begin or end (write YYYY-MM-DD)."), found=found
        )
        return None

    def who_says(self, place: str, found: Mapping[str, Any]) -> tuple[tuple[str, ...] | None, str | None]:
        source, confidence = found.get("source"), found.get("confidence")
        names = tuple([source] if isinstance(source, str) else source) if source else None
        known = self.dialect.sources
        if names and known is not None and (strangers := [name for name in names if name not in known]):
            self.problem(place, N_("source %(keys)s does not stand in sources.yaml."), keys=", ".join(strangers))
        if confidence is not None and confidence not in self.dialect.confidences:
            self.problem(
                place,
                N_("confidence is one of %(words)s, not %(found)s."),
                words=list(self.dialect.confidences),
                found=confidence,
            )
        return names, confidence

    def known_boards(self, place: str, boards: list[str | None]) -> None:
        if strangers := [str(board) for board in boards if board not in (*BOARDS, RECOGNITION)]:
            self.problem(place, N_("%(found)s is not a board of this program."), found=", ".join(strangers))

    def node(self, place: str, entry: object, span: Span | None) -> Node | None:
        """A condition, or a group of conditions; None, and a problem, where it cannot be meant.

        `span`: from when until when its rule is in force, which its lines must cover; None where they begin and end as
        they like.
        """
        if not isinstance(entry, dict):
            self.problem(place, N_("a mapping was expected."))
            return None
        if self.dialect.named and "zh" in entry:
            return self.named(place, entry, span)
        if isinstance(entry.get("fact"), str):
            return self.leaf(place, entry, span)
        if set(entry) == {"if", "then"}:
            return self.group(place, "if_then", [entry["if"], entry["then"]], span)
        if set(entry) in ({"all"}, {"any"}):
            kind = next(iter(entry))
            return self.group(place, kind, entry[kind], span)
        if set(entry) == {"not"}:
            return self.group(place, "not", [entry["not"]], span)
        if set(entry) == {"rule"} and isinstance(entry["rule"], str) and self.dialect.of_rules:
            return Meets(entry["rule"])
        self.problem(place, N_("unknown key %(keys)s."), keys=", ".join(str(key) for key in entry))
        return None

    def named(self, place: str, entry: dict[str, Any], span: Span | None) -> Node | None:
        """A group that people call by a name, with who says so."""
        place = f"{place}, {entry['zh']}"
        said = {key: entry[key] for key in entry if key in _NAME_KEYS}
        if not self.keys(place, said, _NAME_KEYS, ("zh", "en")):
            return None
        source, confidence = self.who_says(place, said)
        rest = {key: entry[key] for key in entry if key not in _NAME_KEYS}
        node = self.node(place, rest if "fact" not in rest else {"all": [rest]}, span)
        if not isinstance(node, Group):
            return None
        evidence = Evidence("", source, confidence) if source and confidence else None
        return replace(node, name=Label(said["zh"], said["en"]), evidence=evidence)

    def group(self, place: str, kind: str, entries: object, span: Span | None) -> Group | None:
        if not isinstance(entries, list) or not entries:
            self.problem(place, N_("a list of conditions was expected below %(kind)s."), kind=kind)
            return None
        nodes = [self.node(place, entry, span) for entry in entries]
        return Group(kind, tuple(node for node in nodes if node is not None))

    def leaf(self, place: str, entry: dict[str, Any], span: Span | None) -> Condition | None:
        place = f"{place}, {entry['fact']} {entry.get('window', '')}".rstrip()
        allowed = _LEAF_KEYS if self.dialect.of_rules else _LEAF_KEYS - {"only"}
        needed = ("is", "values") if self.dialect.window else ("window", "is", "values")
        if not self.keys(place, entry, allowed, needed):
            return None
        self.known_boards(place, entry.get("only", []))
        window_name = str(entry.get("window", self.dialect.window))
        measure, over = self.dialect.measures.get(entry["fact"]), window(window_name)
        # What a review brings has no years.
        if measure is not None and measure.how == "of_pools" and window_name != "now":
            over = None
        if measure is None or over is None or entry["is"] not in OPERATORS:
            self.problem(
                place,
                N_("unknown fact, window or comparison: %(found)s."),
                found=f"{entry['fact']}, {window_name}, {entry['is']}",
            )
            return None
        kind = RATIO if over.is_growth else measure.kind
        unit = entry.get("unit")
        if not fits(unit, kind):
            self.problem(place, N_("the unit %(unit)s does not fit %(measure)s."), unit=unit, measure=measure)
            return None
        lines = self.lines(place, entry["values"], span)
        self.values_fit(place, lines, kind, entry["is"])
        return Condition(
            entry["fact"], over, entry["is"], unit_of(unit, kind, measure.counting), lines, tuple(entry.get("only", ()))
        )

    def lines(self, place: str, values: object, span: Span | None) -> tuple[Line, ...]:
        """The dated lines of a threshold, oldest first; whether the values fit is checked by values_fit."""
        if not isinstance(values, dict) or not values:
            self.problem(place, N_("a mapping was expected."))
            return ()
        dated = []
        for begins, value in values.items():
            day = self.day(place, begins)
            if day is None:
                continue
            if isinstance(value, dict):
                if not self.keys(place, value, _LINE_KEYS, ("value",)):
                    continue
                source, confidence = self.who_says(place, value)
                dated.append(Line(day, value.get("value"), source, confidence, value.get("law")))
            else:
                dated.append(Line(day, value))
        dated.sort(key=lambda line: line.begins)
        if span is None:
            return tuple(dated)
        begins, ends = span
        if dated and dated[0].begins > begins:
            self.problem(place, N_("no value is given from %(begins)s, when the rule begins."), begins=begins)
        if dated and (dated[0].begins < begins or (ends is not None and dated[-1].begins >= ends)):
            self.problem(place, N_("a value is dated outside the rule's own time, from %(begins)s."), begins=begins)
        return tuple(dated)

    def values_fit(self, place: str, lines: tuple[Line, ...], kind: str, op: str) -> None:
        for line in lines:
            if line.value is None:
                continue
            if kind == "yes_no":
                fit = isinstance(line.value, bool) and op == "=="
            elif kind in ("text", "industry"):
                fit = isinstance(line.value, list) if op == "in" else isinstance(line.value, str) and op == "=="
            else:
                number = isinstance(line.value, int | float) and not isinstance(line.value, bool)
                fit = number and math.isfinite(line.value) and op != "in"  # type: ignore[arg-type]
            if not fit:
                self.problem(place, N_("the value %(found)s does not fit what it is compared with."), found=line.value)
            elif kind == RATIO and abs(float(line.value)) > 2:  # type: ignore[arg-type]
                self.problem(place, N_("%(found)s is not a fraction; write 0.05 for 5 %%."), found=line.value)


class _BookReader(ConditionReader):
    """One rule book being read."""

    def __init__(self, file: str, dialect: Dialect) -> None:
        super().__init__(file, dialect)
        self.board: str | None = None

    def book(self, content: object) -> RuleBook | None:
        if not self.keys("top", content, _BOOK_KEYS, ("reviewed_on", "chapters")) or not isinstance(content, dict):
            return None
        self.board = content.get("board")
        self.known_boards("top", [self.board] if self.board else [])
        reviewed = self.day("reviewed_on", content["reviewed_on"])
        rules = [
            rule for i, chapter in enumerate(content["chapters"], 1) for rule in self.chapter(f"chapter {i}", chapter)
        ]
        return RuleBook(
            file=self.file,
            zh=content.get("zh", ""),
            en=content.get("en", ""),
            reviewed_on=reviewed or FIRST_DAY,
            board=self.board,
            rank=content.get("rank", 0),
            rules=tuple(rules),
            note_zh=content.get("note_zh", ""),
            note_en=content.get("note_en", ""),
        )

    def chapter(self, place: str, content: object) -> list[Rule]:
        if not self.keys(place, content, _CHAPTER_KEYS, ("editions", "rules")) or not isinstance(content, dict):
            return []
        editions = [edition for entry in content["editions"] if (edition := self.edition(place, entry)) is not None]
        self.one_after_another(place, editions)
        boards = content.get("boards", [self.board])
        self.known_boards(place, boards)
        return [
            rule
            for entry in content["rules"]
            for board in boards
            if (rule := self.rule(place, entry, board, tuple(editions))) is not None
        ]

    def edition(self, place: str, entry: object) -> Edition | None:
        needed = ("id", "begins", "ends", "law", "source", "confidence")
        if not self.keys(f"{place}, editions", entry, _EDITION_KEYS, needed) or not isinstance(entry, dict):
            return None
        place = f"edition {entry['id']}"
        begins = self.day(place, entry["begins"])
        ends = None if entry["ends"] is None else self.day(place, entry["ends"])
        source, confidence = self.who_says(place, entry)
        if begins is None:
            return None
        if ends is not None and ends <= begins:
            self.problem(place, N_("it ends on %(ends)s, before it has begun."), ends=ends)
        return Edition(
            entry["id"],
            begins,
            ends,
            entry["law"],
            source or (),
            confidence or "low",
            entry.get("note_zh", ""),
            entry.get("note_en", ""),
        )

    def one_after_another(self, place: str, editions: list[Edition]) -> None:
        for earlier, later in pairwise(editions):
            both = {"earlier": earlier.id, "later": later.id}
            if earlier.ends is None or later.begins < earlier.ends:
                self.problem(place, N_("editions %(earlier)s and %(later)s overlap."), **both)
            elif later.begins > earlier.ends:
                self.problem(place, N_("there is a gap between editions %(earlier)s and %(later)s."), **both)

    def rule(self, place: str, entry: object, board: str, editions: tuple[Edition, ...]) -> Rule | None:
        if not self.keys(f"{place}, rules", entry, _RULE_KEYS, ("name", "part", "zh", "en", "ids", "needs")):
            return None
        assert isinstance(entry, dict)
        place = f"rule {entry['name']}"
        if entry["part"] not in PARTS:
            self.problem(place, N_("%(found)s is not a part of a verdict."), found=entry["part"])
        in_force = [edition for edition in editions if edition.id in entry["ids"]]
        strangers = set(entry["ids"]) - {edition.id for edition in editions}
        if strangers or not in_force:
            self.problem(place, N_("unknown edition %(keys)s."), keys=", ".join(sorted(strangers)))
            return None
        if in_force != list(editions[editions.index(in_force[0]) : editions.index(in_force[-1]) + 1]):
            self.problem(place, N_("there is a gap in its editions."))
        source, confidence = self.who_says(place, entry)
        span = (in_force[0].begins, in_force[-1].ends)
        needs = self.node(place, entry["needs"], span)
        if needs is None:
            return None
        return Rule(
            name=entry["name"],
            board=board,
            part=entry["part"],
            zh=entry["zh"],
            en=entry["en"],
            ids=dict(entry["ids"]),
            editions=editions,
            needs=needs,
            route=entry.get("route", "regular"),
            opens=self.day(place, entry["opens"]) if "opens" in entry else None,
            source=source,
            confidence=confidence,
            note_zh=entry.get("note_zh", ""),
            note_en=entry.get("note_en", ""),
            file=self.file,
            districts=tuple(map(str, entry.get("districts", ()))),
        )


def read_folder(folder: Path) -> tuple[RuleBook, ...]:
    """Every rule book of `folder`, with its measures.yaml and sources.yaml.

    Raises WrongFile listing every fault of every file.
    """
    problems: list[Message] = []
    sources = frozenset(load_strictly(folder / "sources.yaml", problems) or ())
    measures = read_measures(load_strictly(folder / "measures.yaml", problems) or {}, problems)
    of_rules = {name: measure for name, measure in measures.items() if measure.how != "of_pools"}
    dialect = Dialect(of_rules, sources)
    books: list[RuleBook] = []
    for path in sorted(folder.glob("*.yaml")):
        if path.name in NOT_RULE_BOOKS:
            continue
        content = load_strictly(path, problems)
        reader = _BookReader(path.name, dialect)
        book = reader.book(content) if content is not None else None
        problems += reader.problems
        books += [book] if book is not None else []
    problems += _one_rule_an_id(books)
    if problems:
        raise WrongFile(Message(N_("The rules in %(folder)s cannot be used:"), {"folder": folder.name}), problems)
    return tuple(books)


def _one_rule_an_id(books: list[RuleBook]) -> list[Message]:
    """An id names one rule of one board only; a reference names a rule that exists."""
    owner: dict[tuple[str, str], str] = {}
    problems = []
    names = {rule.name for book in books for rule in book.rules}
    for book in books:
        for rule in book.rules:
            for rule_id in set(rule.ids.values()):
                if owner.setdefault((rule.board, rule_id), rule.name) != rule.name:
                    problems.append(
                        Message(N_("%(place)s: the id %(id)s is another rule's."), {"place": book.file, "id": rule_id})
                    )
            problems += [
                Message(N_("%(place)s: there is no rule %(id)s."), {"place": book.file, "id": name})
                for name in _referred(rule.needs)
                if name not in names
            ]
    return problems


def _referred(node: Node) -> list[str]:
    if isinstance(node, Meets):
        return [node.rule]
    return [name for child in node.nodes for name in _referred(child)] if isinstance(node, Group) else []
