"""Texts cut to the room that paper has, so that a long name runs into nothing."""

from collections.abc import Sequence
from unicodedata import east_asian_width

from pipeline.language import gettext as _
from pipeline.language import listed


def width(text: str) -> int:
    """How wide a text is printed, in Latin letters: a Chinese character takes the room of two."""
    return sum(2 if east_asian_width(letter) in "WFA" else 1 for letter in text)


def shortened(text: str, most: int) -> str:
    """The text on one line, at most so wide; what is cut off ends with "…"."""
    line = " ".join(text.split())
    if width(line) <= most:
        return line
    kept, room = "", most - 2
    for letter in line:
        room -= width(letter)
        if room < 0:
            break
        kept += letter
    return f"{kept.rstrip()}…"


def few_of(names: Sequence[str], most: int, wide: int = 40) -> str:
    """The first few names, each at most so wide, and how many more there are."""
    named = listed(shortened(name, wide) for name in names[:most])
    left = len(names) - most
    return _("%(names)s and %(count)s more", names=named, count=left) if left > 0 else named
