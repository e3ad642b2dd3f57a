"""A column map for a form that nobody has mapped yet: proposed from its headings, settled by a person, saved as YAML.

The dashboard's guided mapping walks `proposed` -> the person's choices -> `saved`.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from pipeline.atomic_files import write_text_atomically
from pipeline.catalog import Fact, catalog
from pipeline.intake.mapping.column_maps import (
    FOLDER,
    MONEY_UNITS,
    SHARE_UNITS,
    WrongMap,
    from_content,
    load,
    names,
    plain,
)
from pipeline.intake.reading.cells import is_blank
from pipeline.intake.reading.workbook import Sheet, open_workbook
from pipeline.language import N_, Message

_ROLE_WORDS = {
    "firm": ("统一社会信用代码", "信用代码", "社会信用代码", "证券代码", "credit_code", "股票代码"),
    "year": ("年度", "会计年度", "年份", "报告年度", "统计年度", "fiscal_year", "year"),
    "occurred_on": ("发生日期", "日期", "上市日期", "occurred_on"),
    "event": ("事项", "阶段", "事件", "event"),
    "board": ("板块", "上市板块", "board"),
    "known_on": ("公布日期", "披露日期", "获知日期"),
}
_UNIT = re.compile(r"[（(\[]\s*(?:单位[:：])?\s*(亿元|百万元|万元|千元|元|%|‰)\s*[）)\]]\s*$")
_NAME = re.compile(r"[a-z0-9][a-z0-9-]{1,60}")
_LIKELY = 75.0


@dataclass(frozen=True)
class ProposedColumn:
    """One heading of the file: what it may mean, the most likely first, the unit it seems to be in, and examples."""

    heading: str
    role: str | None
    facts: tuple[tuple[str, float], ...]  # name of the fact, likeness 0 to 100
    unit: str | None
    examples: tuple[str, ...]

    @property
    def fact(self) -> str | None:
        """The fact to begin with; None where nothing is likely."""
        return self.facts[0][0] if self.role is None and self.facts and self.facts[0][1] >= _LIKELY else None


@dataclass(frozen=True)
class ProposedSheet:
    name: str
    heading_row: int
    columns: tuple[ProposedColumn, ...]


def proposed(path: Path, kind: str = "returns") -> list[ProposedSheet]:
    """What the headings of an unknown file may mean, sheet by sheet. Raises FileNotStored where it cannot be read."""
    sheets = []
    for sheet in open_workbook(Path(path)).sheets:
        head = sheet.head()
        filled = [sum(1 for cell in row if not is_blank(cell)) for row in head]
        if max(filled, default=0) == 0:
            continue
        row = filled.index(max(filled))
        columns = [
            _column(str(heading).strip(), _examples(sheet, head, row, place), kind)
            for place, heading in enumerate(head[row])
            if not is_blank(heading)
        ]
        sheets.append(ProposedSheet(sheet.name, row + 1, tuple(columns)))
    return sheets


def _column(heading: str, examples: tuple[str, ...], kind: str) -> ProposedColumn:
    from rapidfuzz import fuzz, process

    unit = _UNIT.search(heading)
    word = plain(_UNIT.sub("", heading))
    labels = {name: plain(fact.zh) for name, fact in catalog().items()} | {
        f"{name} ": plain(fact.en) for name, fact in catalog().items()
    }
    labels |= {f"{name}  ": name for name in catalog()}
    best: dict[str, float] = {}
    for _label, score, name in process.extract(word, labels, scorer=fuzz.ratio, limit=12):
        best[name.strip()] = max(best.get(name.strip(), 0.0), float(score))
    for heading_of_map, name in _known_headings().items():
        if heading_of_map == word:
            best[name] = 100.0
    facts = sorted(best.items(), key=lambda one: -one[1])[:5]
    role = _role(word, kind)
    likely = catalog()[facts[0][0]] if facts else None
    return ProposedColumn(heading, role, tuple(facts), unit.group(1) if unit else _usual_unit(likely), examples)


def _usual_unit(fact: Fact | None) -> str | None:
    return None if fact is None else {"money": "万元", "ratio": "%"}.get(fact.type)


def _role(word: str, kind: str) -> str | None:
    allowed = (
        ("firm", "year", "known_on") if kind == "returns" else ("firm", "event", "board", "occurred_on", "known_on")
    )
    return next((role for role in allowed if word in {plain(one) for one in _ROLE_WORDS[role]}), None)


def _known_headings() -> dict[str, str]:
    """What headings mean in the maps that there are."""
    known: dict[str, str] = {}
    for name in names():
        for sheet in load(name).sheets:
            known.update({plain(_UNIT.sub("", rule.heading)): rule.fact.name for rule in sheet.columns if rule.fact})
    return known


def _examples(sheet: Sheet, head: list[list[Any]], row: int, place: int) -> tuple[str, ...]:
    below = [str(one[place]) for one in head[row + 1 :] if place < len(one) and not is_blank(one[place])]
    return tuple(below[:3])


def content_of(
    zh: str, en: str, *, kind: str, firm: str, source: str, columns: Mapping[str, Mapping[str, Mapping[str, Any]]]
) -> dict[str, Any]:
    """The content of a map from a person's choices: `columns` by sheet ("" where the form has one) and heading.

    A choice is {"fact": NAME, "unit": UNIT} or {"is": ROLE}, as a column map writes it; a unit that a fact
    does not have is left out.
    """
    sheets = {
        sheet: {"columns": {heading: _choice(choice) for heading, choice in chosen.items()}}
        for sheet, chosen in columns.items()
    }
    content: dict[str, Any] = {"zh": zh, "en": en, "kind": kind, "firm": firm, "source": source}
    return content | ({"columns": sheets[""]["columns"]} if list(sheets) == [""] else {"sheets": sheets})


def _choice(choice: Mapping[str, Any]) -> dict[str, Any]:
    kept = {key: value for key, value in choice.items() if value not in (None, "")}
    fact = catalog().get(str(kept.get("fact")))
    units = {"money": MONEY_UNITS, "ratio": SHARE_UNITS}.get(fact.type if fact else "", {})
    if kept.get("unit") not in units:
        kept.pop("unit", None)
    return kept


def saved(name: str, content: Mapping[str, Any], folder: Path = FOLDER) -> Path:
    """Save a map under a new name. Raises WrongMap where it says something impossible, or the name is taken."""
    if not _NAME.fullmatch(name):
        raise WrongMap(
            Message(
                N_('"%(name)s" cannot name a map: write small letters, digits and hyphens, e.g. tax-2025.'),
                {"name": name},
            )
        )
    if name in names(folder):
        raise WrongMap(
            Message(N_('There is a map "%(name)s" already; give the new one a name of its own.'), {"name": name})
        )
    from_content(name, dict(content))
    file = folder / f"{name}.yaml"
    write_text_atomically(file, yaml.safe_dump(dict(content), allow_unicode=True, sort_keys=False, width=200))
    return file
