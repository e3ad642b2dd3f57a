"""What the fields of a page send, read; anything that no page of ours sends is answered with 400."""

from collections.abc import Sequence
from datetime import date
from typing import Any

from flask import abort

#: A day that a page can mean: time zones and horizons can be reckoned from each.
_FIRST, _LAST = date(1900, 1, 1), date(2199, 12, 31)
#: Beyond the numbers that a column of whole numbers takes.
_TOO_LARGE = 2**31


def day_of(text: str | None) -> date | None:
    """The day that a date field holds; None for none."""
    if not text:
        return None
    try:
        day = date.fromisoformat(text[:10])
    except ValueError:
        abort(400)
    if not _FIRST <= day <= _LAST:
        abort(400)
    return day


def number_of(value: Any) -> int:
    """The number of a record, or a version of one."""
    if type(value) is not int or not 0 < value < _TOO_LARGE:
        abort(400)
    return value


def number_and_version(shown: Sequence[Any] | None) -> tuple[int, int]:
    """The number of a record and the version of it that the page showed."""
    if not shown or len(shown) != 2:
        abort(400)
    return number_of(shown[0]), number_of(shown[1])


def number_chosen(text: str | None) -> int | None:
    """The number that an entry of a list stands for; None where none is chosen."""
    if not text:
        return None
    if not (text.isascii() and text.isdigit() and len(text) < 10):
        abort(400)
    return int(text)


def written_beside(number: int, kind: str, values: Sequence[str | None], fields: Sequence[dict[str, Any]]) -> str:
    """What stands in the field of one line, of fields by pattern: `kind` is the key of their ids that has the line's
    number; "" where nothing was written."""
    if len(values) != len(fields):
        abort(400)
    return next((value for value, one in zip(values, fields, strict=True) if one.get(kind) == number), None) or ""
