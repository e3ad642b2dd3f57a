"""One function of every part of a long work, wherever that is done."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Protocol, TypeVar

from sqlalchemy import Connection, Engine

from pipeline.store.firm_selection import FIRMS_OF_A_RANGE

_Part = TypeVar("_Part")
_Made = TypeVar("_Made")


class Workers(Protocol):
    """Those who do the parts of a step."""

    @property
    def firms_at_once(self) -> int:
        """Of so many firms a part is made."""

    @property
    def elsewhere(self) -> bool:
        """Whether other processes do the work, to which functions, parts and what they share are sent."""

    @property
    def on_other_machines(self) -> bool:
        """Whether there is more memory than this machine's, and more cores."""

    def each(self, function: Callable[..., Iterable[_Made]], parts: Sequence[_Part], *shared: Any) -> Iterator[_Made]:
        """Everything that `function(database, part, *shared)` yields, in the order of the parts; `database`: the one
        there. What is not asked for any more is not worked out. Raises what the function raises."""


@dataclass(frozen=True)
class Here:
    """In this process, a part when it is asked for, so that one part is in memory at a time."""

    database: Engine | Connection
    firms_at_once: int = FIRMS_OF_A_RANGE
    elsewhere: bool = False
    on_other_machines: bool = False

    def each(self, function: Callable[..., Iterable[_Made]], parts: Sequence[_Part], *shared: Any) -> Iterator[_Made]:
        for part in parts:
            yield from function(self.database, part, *shared)
