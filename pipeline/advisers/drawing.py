"""A stratified draw that anybody can repeat: the same frame, size and seed give the same items, in any program.

Each item is ranked by the SHA-256 of seed and number; the first of each stratum are drawn. No generator of random
numbers is involved, whose sequence another version of a library might change. How many of a stratum: in proportion, by
largest remainder, at least one, never more than there are.
"""

import hashlib
import json
from collections.abc import Callable, Mapping, Sequence

from pipeline.errors import ShownToPeople
from pipeline.language import N_, Message

#: One that can be drawn: its number and its stratum.
Item = tuple[int, str]


class WrongDraw(ShownToPeople):
    """A draw that is not possible like this."""


def draw(frame: Sequence[Item], size: int, seed: str) -> list[Item]:
    """`size` items of the frame, each once, in the order of the frame. Raises WrongDraw as `allocation`."""
    strata: dict[str, list[int]] = {}
    for number, stratum in frame:
        strata.setdefault(stratum, []).append(number)
    wanted = allocation({stratum: len(numbers) for stratum, numbers in strata.items()}, size)
    drawn = {
        number for stratum, numbers in strata.items() for number in sorted(numbers, key=_rank(seed))[: wanted[stratum]]
    }
    return [item for item in frame if item[0] in drawn]


def allocation(sizes: Mapping[str, int], size: int) -> dict[str, int]:
    """How many to draw of each stratum. Raises WrongDraw for a size below the number of strata, or above the frame."""
    total = sum(sizes.values())
    if not len(sizes) <= size <= total or size < 1:
        text = N_("Of %(total)s in %(strata)s groups between %(strata)s and %(total)s can be drawn, not %(size)s.")
        raise WrongDraw(Message(text, {"total": total, "strata": len(sizes), "size": size}))
    # Whole numbers throughout: size * count / total is the quota, its numerator is compared.
    found = {stratum: max(1, size * count // total) for stratum, count in sizes.items()}

    def left(stratum: str) -> int:
        """By how much the quota is above what the stratum has."""
        return size * sizes[stratum] - found[stratum] * total

    while (given := sum(found.values())) != size:
        if given < size:
            some = [stratum for stratum, count in sizes.items() if found[stratum] < count]
            found[max(some, key=lambda stratum: (left(stratum), stratum))] += 1
        else:
            some = [stratum for stratum in sizes if found[stratum] > 1]
            found[min(some, key=lambda stratum: (left(stratum), stratum))] -= 1
    return found


def hash_of(frame: Sequence[Item]) -> str:
    """The SHA-256 of a frame in its order."""
    return hashlib.sha256(json.dumps([list(item) for item in frame], ensure_ascii=False).encode()).hexdigest()


def _rank(seed: str) -> Callable[[int], str]:
    return lambda number: hashlib.sha256(f"{seed}:{number}".encode()).hexdigest()
