"""Whether what a browser sends can be kept and computed with at all: the net before every route and callback.

No page of ours sends a NUL, half a character (a lone surrogate), a number beyond what JavaScript counts exactly, or a
document nested without end; whatever does is answered with 400 before a function or the database sees it.
"""

import math
import re
from collections.abc import Iterable
from typing import Any

from flask import abort

_DEEPEST = 60
_LARGEST = 2**53


def is_plain(document: Any) -> bool:
    """Whether a JSON document holds plain values alone."""
    todo = [(document, 0)]
    while todo:
        value, depth = todo.pop()
        if isinstance(value, str):
            if not is_plain_text(value):
                return False
        elif isinstance(value, bool) or value is None:
            continue
        elif isinstance(value, int):
            if abs(value) > _LARGEST:
                return False
        elif isinstance(value, float):
            if not math.isfinite(value) or abs(value) > 1e300:
                return False
        elif depth >= _DEEPEST:
            return False
        elif isinstance(value, dict):
            if not all(is_plain_text(key) for key in value):
                return False
            todo.extend((part, depth + 1) for part in value.values())
        else:
            todo.extend((part, depth + 1) for part in value)
    return True


def is_plain_text(text: str) -> bool:
    if "\x00" in text:
        return False
    if text.isascii():
        return True
    try:
        text.encode("utf-8")
    except UnicodeEncodeError:
        return False
    return True


def are_plain_texts(texts: Iterable[str]) -> bool:
    return all(map(is_plain_text, texts))


def number_of(value: Any) -> int:
    """The number of a record that a page sends, as a number or in digits. 400 for anything else."""
    if isinstance(value, int) and not isinstance(value, bool):
        return value
    if not isinstance(value, str) or not re.fullmatch(r"[0-9]{1,15}", value):
        abort(400)
    return int(value)
