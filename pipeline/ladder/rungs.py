"""The rungs of the growth ladder, from data/ladder.yaml: what on record says that a firm stands on one, and which rules
say that it could."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from pipeline.activities.kinds import activity_kinds
from pipeline.catalog import catalog
from pipeline.language import Label
from pipeline.settings import ROOT
from pipeline.strict_yaml import parse_strictly

LADDER_FILE = ROOT / "data" / "ladder.yaml"
ACTIVITY, FACT, CERTIFICATE, POOL, EVENT = "activity", "fact", "certificate", "pool", "event"
_SIGNS = (ACTIVITY, FACT, CERTIFICATE, POOL, EVENT)
_RUNG_KEYS = frozenset({"zh", "en", "held", "rules"})
_SIGN_KEYS = frozenset({"expires", "lasts", "source", "confidence"})


@dataclass(frozen=True)
class Lasts:
    """How long something without a stated last day holds: `years` up to the day before, or until a day (`month`,
    `day`) of the next year."""

    years: int | None = None
    month: int | None = None
    day: int | None = None


@dataclass(frozen=True)
class Sign:
    """What on record says that a firm stands on a rung. `what`: activity, fact, certificate, pool or event; `name`:
    which; `expires`: the fact with a certificate's last day; `lasts` None: until it is said to end."""

    what: str
    name: str
    expires: str | None = None
    lasts: Lasts | None = None


@dataclass(frozen=True)
class Rung:
    """`rules`: names of the rules whose verdict says that its conditions are met, of all editions; none: no rule says
    it."""

    id: str
    name: Label
    signs: tuple[Sign, ...]
    rules: tuple[str, ...]


@cache
def rungs(path: Path = LADDER_FILE) -> Mapping[str, Rung]:
    """Every rung, the lowest first. Raises ValueError for an unknown key, kind of activity or fact, and for a rung
    that nothing on record tells of: the file is ours to keep right."""
    content = parse_strictly(path.read_text(encoding="utf-8"))
    return {name: _rung(path.name, name, entry) for name, entry in content["rungs"].items()}


def _rung(file: str, name: str, entry: Mapping[str, Any]) -> Rung:
    signs = tuple(_sign(file, name, each) for each in entry["held"])
    if (strange := set(entry) - _RUNG_KEYS) or not signs:
        raise ValueError(f"{file}, {name}: unknown key, or nothing tells who holds it: {strange or ''}")
    return Rung(name, Label(entry["zh"], entry["en"]), signs, tuple(entry.get("rules", ())))


def _sign(file: str, rung: str, entry: Mapping[str, Any]) -> Sign:
    named = [what for what in _SIGNS if what in entry]
    if len(named) != 1 or (strange := set(entry) - _SIGN_KEYS - set(named)):
        raise ValueError(f"{file}, {rung}: one of {', '.join(_SIGNS)} is needed, and no other key: {sorted(entry)}")
    what, expires = named[0], entry.get("expires")
    facts = [entry[what]] if what in (FACT, CERTIFICATE) else []
    strange = {name for name in (*facts, *([expires] if expires else [])) if name not in catalog()}
    if what == ACTIVITY and entry[what] not in activity_kinds().kinds:
        strange.add(entry[what])
    if strange:
        raise ValueError(f"{file}, {rung}: neither a fact nor a kind of activity: {', '.join(sorted(strange))}")
    return Sign(what, entry[what], expires, _lasts(file, rung, entry.get("lasts")))


def _lasts(file: str, rung: str, said: Mapping[str, Any] | None) -> Lasts | None:
    if said is None:
        return None
    if said.keys() == {"years"}:
        return Lasts(years=int(said["years"]))
    if said.keys() == {"until"}:
        month, day = (int(part) for part in str(said["until"]).split("-"))
        return Lasts(month=month, day=day)
    raise ValueError(f"{file}, {rung}: lasts is {{years: N}} or {{until: MM-DD}}, not {dict(said)}")
