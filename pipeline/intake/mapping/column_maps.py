"""What each heading of a form means: YAML files of data/column_maps, one a form and year.

A heading leads to a fact of the catalogue (with the unit in which the form asks for it) or to a role: the
firm, the year, the day of an event. Unknown keys are refused, so that a misspelt key is never silence. In the form of
a city `{city}` stands for its name and `{district}` for what it calls its parts; `words: districts` are their names.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any

import yaml

from pipeline.activities.kinds import activity_kinds, level_names
from pipeline.catalog import Fact, catalog
from pipeline.city.city_file import City
from pipeline.city.in_force import city
from pipeline.districts import DISTRICTS
from pipeline.errors import ShownToPeople
from pipeline.intake.reading.characters import folded, without_notes
from pipeline.language import N_, Message, pick
from pipeline.settings import ROOT
from pipeline.sources import trust
from pipeline.strict_yaml import parse_strictly
from pipeline.tutoring.stages import EVENTS

FOLDER = ROOT / "data" / "column_maps"

#: What a form's unit is worth in base units, by type of fact.
MONEY_UNITS = {"元": 1.0, "千元": 1e3, "万元": 1e4, "百万元": 1e6, "亿元": 1e8}
SHARE_UNITS = {"%": 0.01, "‰": 0.001, "1": 1.0}
#: Of a form of activities; `title` is what the thing is called, since the name of a row is its firm's.
ACTIVITY_ROLES = (
    "kind",
    "level",
    "title",
    "counterpart",
    "outcome",
    "amount",
    "occurred_on",
    "ended_on",
    "known_on",
)
ROLES = {
    "returns": frozenset({"firm", "year", "months", "full_year", "period_end", "known_on", "ignored"}),
    "events": frozenset({"firm", "event", "board", "occurred_on", "known_on", "precision", "ignored"}),
    "activities": frozenset({"firm", *ACTIVITY_ROLES, "ignored"}),
}
_NEEDED = {
    "returns": ("firm", "year"),
    "events": ("firm", "occurred_on"),
    "activities": ("firm", "kind", "occurred_on"),
}
_MAP_KEYS = frozenset({"zh", "en", "kind", "firm", "source", "cohort", "event", "columns", "sheets"})
_SHEET_KEYS = frozenset({"en", "must_have", "columns"})
#: `words:` of a column that asks for a firm's district.
_OF_DISTRICTS = "districts"
_COLUMN_KEYS = frozenset({"fact", "is", "unit", "sign", "words", "optional", "also"})


class WrongMap(ShownToPeople):
    """A column map that cannot be read or that says something impossible."""


@dataclass(frozen=True)
class ColumnRule:
    """One heading. Exactly one of `fact` and `role`; `words` turns what the clerk writes into what is kept, and
    `understood` as well, which no list offers."""

    heading: str
    fact: Fact | None = None
    role: str | None = None
    unit: str | None = None
    factor: float = 1.0
    words: Mapping[str, str] = field(default_factory=dict)
    understood: Mapping[str, str] = field(default_factory=dict)
    optional: bool = False
    also: tuple[str, ...] = ()

    @property
    def field(self) -> str:
        return self.fact.name if self.fact else str(self.role)


@dataclass(frozen=True)
class SheetMap:
    """One sheet of a form. `name` None: the only sheet, whatever it is called. `en`: what it holds, in English."""

    name: str | None
    columns: tuple[ColumnRule, ...]
    en: str | None = None

    def by_heading(self) -> dict[str, ColumnRule]:
        return {plain(name): rule for rule in self.columns for name in (rule.heading, *rule.also)}

    def with_role(self, role: str) -> ColumnRule | None:
        return next((rule for rule in self.columns if rule.role == role), None)


@dataclass(frozen=True)
class ColumnMap:
    name: str
    zh: str
    en: str
    kind: str
    firm: str  # credit_code, or stock_code: the firm's id is then COHORT:CODE
    source: str
    cohort: str | None
    event: str | None
    sheets: tuple[SheetMap, ...]

    @property
    def many_sheets(self) -> bool:
        return self.sheets[0].name is not None


@dataclass(frozen=True)
class Matching:
    """Which heading is which: `rules` by column number; what is missing, unknown or there twice."""

    rules: dict[int, ColumnRule]
    missing: tuple[ColumnRule, ...]
    unknown: dict[int, str]
    doubled: dict[int, str]
    near: dict[str, tuple[str, ...]]  # unknown heading -> the missing headings it may stand for

    @property
    def good(self) -> bool:
        return not (self.missing or self.unknown or self.doubled)


def plain(heading: object) -> str:
    """A heading without what clerks change unawares: full-width forms, spaces, line breaks, invisible signs, a
    trailing mark."""
    return re.sub(r"\s+", "", folded(str(heading))).strip("*:。 ").casefold()


def rule_for(known: Mapping[str, "ColumnRule"], heading: object) -> "ColumnRule | None":
    """The column that a heading means among `known` (SheetMap.by_heading), also where it carries the mark of a note."""
    word = plain(heading)
    return known.get(word) or known.get(without_notes(word))


def names(folder: Path = FOLDER) -> list[str]:
    """Every map there is, by name."""
    return sorted(file.stem for file in folder.glob("*.yaml"))


def title(name: str, folder: Path = FOLDER) -> str:
    """What the form of a map is called in the reader's language; the name itself where the map is no longer there."""
    try:
        return pick(load(name, folder))
    except WrongMap:
        return name


def load(name: str, folder: Path = FOLDER) -> ColumnMap:
    """The map of that name. Raises WrongMap where there is none, or where it says something impossible."""
    file = folder / f"{name}.yaml"
    if name not in names(folder):
        raise WrongMap(
            Message(
                N_('There is no column map "%(name)s". There are: %(names)s.'),
                {"name": name, "names": ", ".join(names(folder))},
            )
        )
    return _loaded(file, file.stat().st_mtime_ns, city())


@lru_cache(maxsize=64)
def _loaded(file: Path, _changed: int, of: City) -> ColumnMap:
    try:
        content = parse_strictly(file.read_text(encoding="utf-8"))
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise _wrong(file.stem, N_("it is no YAML: %(error)s"), error=str(error).replace("\n", " ")) from error
    return from_content(file.stem, _filled_in(content, {"{city}": of.name.zh, "{district}": of.district}))


def _filled_in(content: Any, words: Mapping[str, str]) -> Any:
    """What a YAML says, with the city's words in its headings and titles."""
    if isinstance(content, dict):
        return {_filled_in(key, words): _filled_in(value, words) for key, value in content.items()}
    if isinstance(content, list):
        return [_filled_in(each, words) for each in content]
    if isinstance(content, str):
        for word, said in words.items():
            content = content.replace(word, said)
    return content


def from_content(name: str, content: Any) -> ColumnMap:
    """A map out of what its YAML says. Raises WrongMap for an unknown key, fact, unit or role, by its name."""
    if not isinstance(content, dict):
        raise _wrong(name, N_("it is empty."))
    _known(name, content, _MAP_KEYS, "")
    kind, firm = content.get("kind"), content.get("firm")
    if kind not in ROLES:
        raise _wrong(name, N_("kind must be returns, events or activities, not %(found)s."), found=kind)
    if firm not in ("credit_code", "stock_code"):
        raise _wrong(name, N_("firm must be credit_code or stock_code, not %(found)s."), found=firm)
    if content.get("source") not in trust().sources:
        raise _wrong(
            name,
            N_("source must be one of %(sources)s, not %(found)s."),
            sources=", ".join(trust().sources),
            found=content.get("source"),
        )
    if ("sheets" in content) == ("columns" in content):
        raise _wrong(name, N_("it must have either columns or sheets."))
    given = content.get("sheets") or {None: {"columns": content.get("columns")}}
    sheets = tuple(_sheet(name, kind, sheet, entry) for sheet, entry in given.items())
    if kind == "events" and not content.get("event"):
        for sheet in sheets:
            if sheet.with_role("event") is None:
                raise _wrong(name, N_("a map of events needs a column {is: event}, or event: KIND for all rows."))
    _check_event_kinds(name, content.get("event"), sheets)
    if kind == "activities":
        _check_activity_words(name, sheets)
    return ColumnMap(
        name=name,
        zh=str(content.get("zh", name)),
        en=str(content.get("en", name)),
        kind=kind,
        firm=firm,
        source=content["source"],
        cohort=content.get("cohort"),
        event=content.get("event"),
        sheets=sheets,
    )


def _check_event_kinds(name: str, event: str | None, sheets: tuple[SheetMap, ...]) -> None:
    """Every kind of event that a map yields is one that the program knows: it has a name and a place on the way."""
    rules = [rule for sheet in sheets if (rule := sheet.with_role("event")) is not None]
    yielded = {event, *(kind for rule in rules for kind in rule.words.values())} - {None}
    if strange := sorted(str(kind) for kind in yielded - set(EVENTS)):
        what = N_("%(found)s is no kind of event. There are: %(kinds)s.")
        raise _wrong(name, what, found=", ".join(strange), kinds=", ".join(EVENTS))


def _check_activity_words(name: str, sheets: tuple[SheetMap, ...]) -> None:
    """Every kind and level of an activity that a map yields is one of data/activities.yaml."""
    known = {"kind": activity_kinds().kinds, "level": level_names()}
    for role, there in known.items():
        rules = [rule for sheet in sheets if (rule := sheet.with_role(role)) is not None]
        if strange := sorted({kept for rule in rules for kept in rule.words.values()} - set(there)):
            what = N_("%(found)s is no kind or level of an activity. There are: %(kinds)s.")
            raise _wrong(name, what, found=", ".join(strange), kinds=", ".join(there))


def _sheet(name: str, kind: str, sheet: str | None, entry: Any) -> SheetMap:
    where = sheet or ""
    if not isinstance(entry, dict) or not isinstance(entry.get("columns"), dict) or not entry["columns"]:
        raise _wrong(name, N_("%(where)s has no columns."), where=where or "it")
    _known(name, entry, _SHEET_KEYS, where)
    rules = [_column(name, kind, heading, column) for heading, column in entry["columns"].items()]
    must_have = entry.get("must_have")
    if must_have is not None:
        strange = {plain(heading) for heading in must_have} - {plain(rule.heading) for rule in rules}
        if strange:
            raise _wrong(
                name, N_("must_have names headings that are not there: %(found)s."), found=", ".join(sorted(strange))
            )
        wanted = {plain(heading) for heading in must_have}
        rules = [
            ColumnRule(**{**vars(rule), "optional": rule.optional or plain(rule.heading) not in wanted})
            for rule in rules
        ]
    headings = [plain(heading) for rule in rules for heading in (rule.heading, *rule.also)]
    fields = [rule.field for rule in rules if rule.role != "ignored"]
    for listed in (headings, fields):
        if twice := sorted({one for one in listed if listed.count(one) > 1}):
            raise _wrong(name, N_("%(found)s is there twice."), found=", ".join(twice))
    for role in _NEEDED[kind]:
        if not any(rule.role == role for rule in rules):
            raise _wrong(name, N_("%(where)s needs a column {is: %(role)s}."), where=where or "it", role=role)
    return SheetMap(sheet, tuple(rules), en=None if entry.get("en") is None else str(entry["en"]))


def _column(name: str, kind: str, heading: Any, entry: Any) -> ColumnRule:
    if not isinstance(entry, dict):
        raise _wrong(name, N_('heading "%(heading)s" must lead to {fact: NAME} or {is: ROLE}.'), heading=heading)
    _known(name, entry, _COLUMN_KEYS, str(heading))
    fact_name, role = entry.get("fact"), entry.get("is")
    if (fact_name is None) == (role is None):
        raise _wrong(name, N_('heading "%(heading)s" must lead to {fact: NAME} or {is: ROLE}.'), heading=heading)
    if role is not None and role not in ROLES[kind]:
        raise _wrong(
            name,
            N_('heading "%(heading)s": there is no role %(found)s; there are %(roles)s.'),
            heading=heading,
            found=role,
            roles=", ".join(sorted(ROLES[kind])),
        )
    if fact_name is not None and fact_name not in catalog():
        raise _wrong(
            name,
            N_('heading "%(heading)s": the catalogue has no fact %(found)s%(near)s.'),
            heading=heading,
            found=fact_name,
            near="".join(f" ({one}?)" for one in nearest(fact_name, catalog())),
        )
    fact = catalog().get(fact_name) if fact_name else None
    words, understood = entry.get("words") or {}, {}
    if words == _OF_DISTRICTS:
        if fact_name != "district_code":
            what = N_('heading "%(heading)s": words: districts is for the fact district_code alone.')
            raise _wrong(name, what, heading=heading)
        words = {each.zh: code for code, each in DISTRICTS.items()}
        understood = {each.en: code for code, each in DISTRICTS.items()}
    if isinstance(words, list):
        words = {str(word): str(word) for word in words}
    if kind == "activities" and role in ("kind", "level") and not words:
        labels = {each.id: each.name for each in activity_kinds().kinds.values()} if role == "kind" else level_names()
        words = {label.zh: word for word, label in labels.items()}
        understood = {label.zh.replace(" ", ""): word for word, label in labels.items()}
        understood |= {label.en: word for word, label in labels.items()}
    return ColumnRule(
        heading=str(heading),
        fact=fact,
        role=role,
        unit=entry.get("unit"),
        factor=_factor(name, heading, "money" if role == "amount" else fact, entry.get("unit"))
        * _sign(name, heading, entry.get("sign", 1)),
        words={str(word): str(kept) for word, kept in words.items()},
        understood=understood,
        optional=bool(entry.get("optional", False)) or role == "ignored",
        also=tuple(entry.get("also", ())),
    )


def _factor(name: str, heading: object, of: Fact | str | None, unit: str | None) -> float:
    """What one of the unit is worth. `of`: the fact, or a type of fact."""
    kind = of.type if isinstance(of, Fact) else of
    if kind is None or (unit is None and kind not in ("money", "ratio")):
        return 1.0
    units = {"money": MONEY_UNITS, "ratio": SHARE_UNITS, "number": SHARE_UNITS}.get(kind, {"1": 1.0})
    if str(unit) not in units:
        raise _wrong(
            name,
            N_('heading "%(heading)s": the unit must be one of %(units)s, not %(found)s.'),
            heading=heading,
            units=", ".join(units),
            found=unit,
        )
    return units[str(unit)]


def _sign(name: str, heading: object, sign: object) -> int:
    if sign not in (1, -1):
        raise _wrong(
            name, N_('heading "%(heading)s": sign must be 1 or -1, not %(found)s.'), heading=heading, found=sign
        )
    return int(sign)


def matching(sheet: SheetMap, headings: Sequence[object]) -> Matching:
    """Hold the headings of a sheet against its map; a heading left blank is no heading."""
    known = sheet.by_heading()
    rules: dict[int, ColumnRule] = {}
    unknown: dict[int, str] = {}
    doubled: dict[int, str] = {}
    for place, heading in enumerate(headings):
        if heading is None or not plain(heading):
            continue
        rule = rule_for(known, heading)
        if rule is None:
            unknown[place] = str(heading).strip()
        elif rule in rules.values():
            doubled[place] = str(heading).strip()
        else:
            rules[place] = rule
    missing = tuple(rule for rule in sheet.columns if rule not in rules.values())
    near = {heading: nearest(heading, [rule.heading for rule in missing]) for heading in unknown.values()}
    return Matching(rules, tuple(rule for rule in missing if not rule.optional), unknown, doubled, near)


def nearest(word: str, among: Iterable[str], at_least: float = 60) -> tuple[str, ...]:
    """At most three of `among` that look like `word`, the most alike first."""
    from rapidfuzz import fuzz, process

    found = process.extract(word, list(among), scorer=fuzz.WRatio, processor=plain, limit=3, score_cutoff=at_least)
    return tuple(name for name, _score, _place in found)


def _known(name: str, entry: Mapping[str, Any], keys: frozenset[str], where: str) -> None:
    unknown = [str(key) for key in entry if key not in keys]
    if unknown:
        raise _wrong(
            name,
            N_("%(where)s has keys that mean nothing: %(found)s. There are %(keys)s."),
            where=where or "it",
            found=", ".join(unknown),
            keys=", ".join(sorted(keys)),
        )


def _wrong(name: str, msgid: str, **params: object) -> WrongMap:
    return WrongMap(Message(N_("Column map %(name)s: %(what)s"), {"name": name, "what": Message(msgid, params)}))
