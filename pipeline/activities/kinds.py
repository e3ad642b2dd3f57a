"""The kinds of activities, from data/activities.yaml: how they are called, and what each states."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from pipeline.language import Label
from pipeline.settings import ROOT
from pipeline.strict_yaml import parse_strictly

KINDS_FILE = ROOT / "data" / "activities.yaml"
#: What a kind may state beside its days, in the order in which forms ask for it.
FIELDS = ("level", "name", "counterpart", "amount", "end", "outcome")
_KEYS = frozenset({"group", "zh", "en", "levels", "asks", "needs"})


@dataclass(frozen=True)
class ActivityKind:
    """`asks`: those of FIELDS that it states; `needs`: those that must be there; `levels`: the words of its level;
    `counterpart`: who the other party is, None where it has none."""

    id: str
    group: str
    name: Label
    asks: tuple[str, ...]
    needs: tuple[str, ...]
    levels: Mapping[str, Label]
    counterpart: Label | None


@dataclass(frozen=True)
class ActivityKinds:
    groups: Mapping[str, Label]
    kinds: Mapping[str, ActivityKind]

    def of_group(self, group: str) -> list[ActivityKind]:
        return [kind for kind in self.kinds.values() if kind.group == group]


@cache
def activity_kinds(path: Path = KINDS_FILE) -> ActivityKinds:
    """Every kind, in the order of the file. Raises ValueError for an unknown key, group or field, and for a field that
    is needed and not asked for: the file is ours to keep right."""
    content = parse_strictly(path.read_text(encoding="utf-8"))
    groups = {name: Label(said["zh"], said["en"]) for name, said in content["groups"].items()}
    kinds = {name: _kind(path.name, name, entry, groups) for name, entry in content["kinds"].items()}
    return ActivityKinds(groups, kinds)


@cache
def level_names(path: Path = KINDS_FILE) -> Mapping[str, Label]:
    """Every word of a level of any kind, and how it is called."""
    return {word: label for kind in activity_kinds(path).kinds.values() for word, label in kind.levels.items()}


def _kind(file: str, name: str, entry: Mapping[str, Any], groups: Mapping[str, Label]) -> ActivityKind:
    asked, levels = entry.get("asks", {}), entry.get("levels", {})
    asks = tuple(field for field in FIELDS if field in asked or (field == "level" and levels))
    needs = tuple(entry.get("needs", ()))
    strange = (set(entry) - _KEYS) | (set(asked) - set(FIELDS)) | (set(needs) - set(asks))
    if strange or entry["group"] not in groups:
        raise ValueError(f"{file}, {name}: unknown key, group or field, or needed and not asked for: {strange or ''}")
    party = asked.get("counterpart")
    return ActivityKind(
        id=name,
        group=entry["group"],
        name=Label(entry["zh"], entry["en"]),
        asks=asks,
        needs=needs,
        levels={word: Label(said["zh"], said["en"]) for word, said in levels.items()},
        counterpart=None if party is None else Label(party["zh"], party["en"]),
    )
