"""What conditions look at: figures, shares and days that are computed from the facts of data/catalog.yaml.

Only what a measure is made of is said here; evaluation/measure_values.py computes it. What the catalogue does not
hold and nobody can derive is unknown by name (`nobody_states`), never invented.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

from pipeline.catalog import Counting, catalog
from pipeline.errors import WrongFile
from pipeline.language import N_, Message
from pipeline.rules.definition.files import RULES_FOLDER
from pipeline.rules.definition.units import KINDS
from pipeline.strict_yaml import load_strictly

_HOW = ("fact", "first_of", "sum_of", "lower_of", "part", "computed", "nobody_states", "of_pools")
#: No fact of a return: it comes with the firms, from a person who has judged it or from a review of the pools.
_BROUGHT = ("nobody_states", "of_pools")
_KEYS = frozenset({"zh", "en", "kind", "note_zh", "note_en", "whole", "facts", "counting", *_HOW})


@dataclass(frozen=True)
class Measure:
    """`how` it comes about and from which `parts`: facts of the catalogue, or other measures. `counting`: of a count,
    how so many are written, as the fact of the same name is unless the measure says otherwise."""

    name: str
    zh: str
    en: str
    kind: str
    how: str
    parts: tuple[str, ...]
    note_zh: str = ""
    note_en: str = ""
    counting: Counting | None = None

    @property
    def is_brought(self) -> bool:
        """Whether it comes with the firms, under its own name, and not from a return."""
        return self.how in _BROUGHT

    @property
    def is_share(self) -> bool:
        """part / whole: over several years the sums are divided."""
        return self.how == "part"


def read_measures(content: Mapping[str, Any], problems: list[Message]) -> dict[str, Measure]:
    """The measures of measures.yaml; every fault goes to `problems`."""
    by_name: dict[str, Measure] = {}
    for name, entry in content.items():
        how = next((key for key in _HOW if key in entry), "")
        if set(entry) - _KEYS or not how or entry.get("kind") not in KINDS:
            problems.append(
                Message(N_("%(place)s: %(what)s"), {"place": "measures.yaml", "what": f"{name}: {sorted(entry)}"})
            )
            continue
        parts = entry[how]
        if how == "part":
            parts = [entry["part"], entry["whole"]]
        elif how == "computed":
            parts = entry.get("facts", [])
        elif how in _BROUGHT:
            parts = [name]
        parts = tuple([parts] if isinstance(parts, str) else parts)
        known = set(catalog()) | set(content)
        if how not in _BROUGHT and (strangers := [part for part in parts if part not in known]):
            problems.append(
                Message(
                    N_("%(place)s: %(what)s"),
                    {"place": "measures.yaml", "what": f"{name}: {', '.join(strangers)}?"},
                )
            )
        counting = _counting(name, entry)
        if (entry["kind"] == "count") != (counting is not None):
            problems.append(
                Message(
                    N_("%(place)s: %(what)s"), {"place": "measures.yaml", "what": f"{name}: kind, counting: {counting}"}
                )
            )
        by_name[name] = Measure(
            name,
            entry["zh"],
            entry["en"],
            entry["kind"],
            how,
            parts,
            entry.get("note_zh", ""),
            entry.get("note_en", ""),
            counting,
        )
    return by_name


def _counting(name: str, entry: Mapping[str, Any]) -> Counting | None:
    if "counting" in entry:
        return Counting(*entry["counting"])
    return catalog()[name].counting if entry["kind"] == "count" and name in catalog() else None


@cache
def measures() -> dict[str, Measure]:
    """Every measure by name. Raises WrongFile where measures.yaml cannot be used."""
    problems: list[Message] = []
    by_name = read_measures(load_strictly(RULES_FOLDER / "measures.yaml", problems) or {}, problems)
    if problems:
        raise WrongFile(Message(N_("The rules in %(folder)s cannot be used:"), {"folder": RULES_FOLDER.name}), problems)
    return by_name


def facts_needed() -> list[str]:
    """Facts of the catalogue that any measure reads, to ask the database for no others."""
    wanted = {part for measure in measures().values() for part in measure.parts}
    # The dates of a market value are shown beside it.
    return [name for name in catalog() if name in wanted | {"expected_market_value_on", "latest_round_on"}]


def base_facts(name: str) -> tuple[str, ...]:
    """The facts of the catalogue below a measure, to say what is missing; its own name where no return states it."""
    measure = measures()[name]
    if measure.is_brought:
        return (name,)
    return tuple(dict.fromkeys(fact for part in measure.parts for fact in facts_of_part(part)))


def facts_of_part(part: str) -> tuple[str, ...]:
    """A part of a measure is a fact of the catalogue (which comes first where both have the name), or a measure."""
    return (part,) if part in catalog() else base_facts(part)
