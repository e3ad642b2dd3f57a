"""Whose figure is believed, fact by fact, and how far two sources may differ: data/sources.yaml."""

from dataclasses import dataclass
from functools import cache
from pathlib import Path

from pipeline.catalog import catalog
from pipeline.settings import ROOT
from pipeline.strict_yaml import parse_strictly

SOURCES_FILE = ROOT / "data" / "sources.yaml"


@dataclass(frozen=True)
class Source:
    name: str
    zh: str
    en: str


@dataclass(frozen=True)
class Trust:
    """`order`: sources, the most trusted first; `exceptions`: the facts with an order of their own."""

    sources: dict[str, Source]
    order: tuple[str, ...]
    exceptions: dict[str, tuple[str, ...]]
    tolerance: dict[str, float]

    def order_of(self, fact: str) -> tuple[str, ...]:
        return self.exceptions.get(fact, self.order)


@cache
def trust(path: Path = SOURCES_FILE) -> Trust:
    """The order of trust. Raises ValueError where an order leaves a source out or names a fact that is none."""
    content = parse_strictly(path.read_text(encoding="utf-8"))
    sources = {name: Source(name, **labels) for name, labels in content["sources"].items()}
    exceptions = {fact: tuple(order) for fact, order in content["facts"].items()}
    for fact, order in {**exceptions, "order": tuple(content["order"])}.items():
        if sorted(order) != sorted(sources) or (fact != "order" and fact not in catalog()):
            raise ValueError(f"{path.name}, {fact}: every source once, and a fact of the catalogue; found {order}")
    return Trust(sources, tuple(content["order"]), exceptions, content["tolerance"])
