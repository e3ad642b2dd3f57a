"""The text of a policy with new dated lines: what is tried is what can be adopted."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any

import yaml

from pipeline.errors import ShownToPeople
from pipeline.language import N_, Label, Message
from pipeline.pools.model import CONDITIONS, GOLDEN, SEED
from pipeline.rules.definition.model import ResolvedCondition, Threshold
from pipeline.rules.definition.units import UNITS
from pipeline.rules.definition.windows import window
from pipeline.rules.explanation.condition_text import condition_label
from pipeline.strict_yaml import parse_strictly

#: What a line that somebody changed on the bench rests on.
_SOURCE, _CONFIDENCE = "本局自定", "synthetic"
_FLOORS = {
    SEED: Label("种子库各区县保底名额", "Places of the seed pool kept for districts"),
    GOLDEN: Label("金种子库各区县保底名额", "Places of the golden-seed pool kept for districts"),
}


class NoSuchLine(ShownToPeople):
    """A line that the policy does not have, or a number that it cannot be."""


@dataclass(frozen=True)
class ChangeableLine:
    """A number of a policy that may be changed: `key` says where it stands ("golden/enter/all/2/any/0"), `condition`
    the name in CONDITIONS, `value` what holds on the day, in the unit that the label names."""

    key: str
    condition: str
    label: Label
    value: float


@dataclass(frozen=True)
class Changes:
    """`lines`: ChangeableLine.key -> its new value. `golden_places`, `seed_places`: new caps. `floors`: pool ->
    district -> places, in place of those before. `mentors`, `firms_each`: the seed pool takes at most the firms that
    they can look after. None: as it is."""

    lines: Mapping[str, float] = field(default_factory=dict)
    golden_places: int | None = None
    seed_places: int | None = None
    floors: Mapping[str, Mapping[str, int]] = field(default_factory=dict)
    mentors: int | None = None
    firms_each: int | None = None

    @property
    def none(self) -> bool:
        return self == Changes()


def changeable_lines(text: str, day: date) -> list[ChangeableLine]:
    """Every number in the conditions of a policy, in the order of the text, as it holds on the day."""
    content = parse_strictly(text)
    return [
        ChangeableLine(key, name, condition_label(condition), float(str(condition.threshold.value)))
        for name in CONDITIONS
        for key, entry in _entries(_condition(content, name), name.replace("_", "/", 1))
        if (condition := _resolved(entry, day)) is not None
    ]


def changed_text(text: str, changes: Changes, begins: date) -> tuple[str, list[Message]]:
    """The policy with a new line for each change from a day on, and what has to be said of them.

    The text itself where nothing changes. Comments are lost; old lines stay. Raises NoSuchLine.
    """
    if changes.none:
        return text, []
    content = parse_strictly(text)
    said: list[Message] = []
    for key, value in changes.lines.items():
        _set(_at(content, key), begins, value)
    places: dict[str, int | None] = {SEED: changes.seed_places, GOLDEN: changes.golden_places}
    if changes.mentors is not None and changes.firms_each is not None:
        places[SEED], word = _by_mentors(content, changes, begins)
        said.append(word)
    for pool, count in places.items():
        if count is not None:
            _set(content[pool]["cap"], begins, count)
    for pool, floors in changes.floors.items():
        label = _FLOORS[pool]
        entry = content[pool].setdefault("floors", {"zh": label.zh, "en": label.en, "unit": "firms", "values": {}})
        _set(entry, begins, {str(district): int(count) for district, count in floors.items()})
    return yaml.safe_dump(content, allow_unicode=True, sort_keys=False, width=110), said


def _by_mentors(content: Any, changes: Changes, begins: date) -> tuple[int, Message]:
    """The places of the seed pool: its own, or the firms that the mentors can look after, whichever are fewer."""
    by_mentors = (changes.mentors or 0) * (changes.firms_each or 0)
    own = changes.seed_places
    if own is None:
        own = int(_value_on(content[SEED]["cap"]["values"], begins) or by_mentors)
    text = (
        N_(
            "%(mentors)s mentors with %(each)s firms each look after %(firms)s firms: the seed pool takes so many, "
            "not its %(cap)s."
        )
        if by_mentors < own
        else N_(
            "%(mentors)s mentors with %(each)s firms each could look after %(firms)s firms: the seed pool's own "
            "%(cap)s places are not more, and stay."
        )
    )
    params = {"mentors": changes.mentors, "each": changes.firms_each, "firms": by_mentors, "cap": own}
    return min(by_mentors, own), Message(text, params)


def _condition(content: Any, name: str) -> Any:
    pool, _, way = name.partition("_")
    return content.get(pool, {}).get(way) if way else content.get(name)


def _entries(node: Any, key: str) -> Iterator[tuple[str, dict[str, Any]]]:
    """Each single condition below a node of the text, with where it stands."""
    if isinstance(node, dict):
        if "fact" in node and "values" in node:
            yield key, node
            return
        for name, child in node.items():
            if isinstance(child, dict | list):
                yield from _entries(child, f"{key}/{name}")
    elif isinstance(node, list):
        for number, child in enumerate(node):
            yield from _entries(child, f"{key}/{number}")


def _resolved(entry: Mapping[str, Any], day: date) -> ResolvedCondition | None:
    """The condition with its number of the day; None where it has none: yes or no, words, or not begun."""
    value, unit = _value_on(entry["values"], day), UNITS.get(entry.get("unit", "none"))
    over = window(entry.get("window", "now"))
    if isinstance(value, bool) or not isinstance(value, int | float) or unit is None or over is None:
        return None
    return ResolvedCondition(entry["fact"], over, entry["is"], Threshold(value, day, unit, "", (_SOURCE,), _CONFIDENCE))


def _value_on(values: Mapping[date, Any], day: date) -> Any:
    begun = [line for line in sorted(values) if line <= day]
    found = values[begun[-1]] if begun else None
    return found["value"] if isinstance(found, dict) and "value" in found else found


def _at(content: Any, key: str) -> Any:
    found = content
    for part in key.split("/"):
        try:
            found = found[int(part)] if isinstance(found, list) else found[part]
        except (KeyError, IndexError, ValueError, TypeError):
            raise NoSuchLine(Message(N_("The policy has no line %(key)s."), {"key": key[:80]})) from None
    if not isinstance(found, dict) or "fact" not in found or "values" not in found:
        raise NoSuchLine(Message(N_("The policy has no line %(key)s."), {"key": key[:80]}))
    return found


def _set(entry: Any, begins: date, value: object) -> None:
    plain = int(value) if isinstance(value, float) and value.is_integer() else value
    line = {"value": plain, "source": _SOURCE, "confidence": _CONFIDENCE}
    entry["values"] = dict(sorted({**entry["values"], begins: line}.items()))


def changes_of(said: Mapping[str, Any]) -> Changes:
    """Changes from plain values, as a page or a job keeps them: the names of Changes; None or left out: as it is."""

    def whole(name: str) -> int | None:
        return None if said.get(name) is None else int(said[name])

    floors = {
        pool: {district: int(count) for district, count in of_pool.items()}
        for pool, of_pool in (said.get("floors") or {}).items()
    }
    lines = {key: float(value) for key, value in (said.get("lines") or {}).items()}
    places = (whole("golden_places"), whole("seed_places"))
    return Changes(lines, *places, floors, whole("mentors"), whole("firms_each"))
