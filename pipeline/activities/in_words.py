"""An activity in a few words: 科技贷款，某行，500 万元."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from pipeline.activities.kinds import activity_kinds, level_names
from pipeline.language import N_, Label, Message
from pipeline.wording import number_format

_FEN = 100


class Stated(Protocol):
    """What an activity states: a row of the table, or a line of a list."""

    @property
    def kind(self) -> Any: ...

    @property
    def level(self) -> Any: ...

    @property
    def name(self) -> Any: ...

    @property
    def counterpart(self) -> Any: ...

    @property
    def outcome(self) -> Any: ...

    @property
    def amount_fen(self) -> Any: ...


@dataclass(frozen=True)
class Amount:
    """An amount, written in whichever language a text is told."""

    fen: int

    def __str__(self) -> str:
        return number_format.money(self.fen / _FEN)


def kind_name(kind: str) -> Label:
    """What a kind is called; its own word where it is none of ours."""
    known = activity_kinds().kinds.get(kind)
    return Label(kind, kind) if known is None else known.name


def level_name(level: str) -> Label:
    return level_names().get(level, Label(level, level))


def described(one: Stated) -> Message:
    """Kind, level, what it is called, with whom, how much, and what came of it."""
    parts: list[object] = [kind_name(one.kind)]
    parts += [] if one.level is None else [level_name(one.level)]
    parts += [part for part in (one.name, one.counterpart) if part]
    parts += [] if one.amount_fen is None else [Amount(one.amount_fen)]
    parts += [one.outcome] if one.outcome else []
    return Message(N_("%(what)s"), {"what": parts})


def kinds_by_group() -> Mapping[str, tuple[Label, list[tuple[str, Label]]]]:
    """Of each group its name, and the kinds in it with theirs."""
    kinds = activity_kinds()
    return {
        group: (name, [(kind.id, kind.name) for kind in kinds.of_group(group)]) for group, name in kinds.groups.items()
    }
