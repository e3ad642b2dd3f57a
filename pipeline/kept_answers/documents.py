"""A record as JSON and back: each field by its type, so that what is read again is what was written.

A record that is not made of plain fields says itself how it is kept: `as_kept()` and `from_kept(document)`.
"""

import types
import typing
from collections.abc import Mapping, Sequence
from dataclasses import fields, is_dataclass
from datetime import date
from functools import cache
from math import isnan, nan
from typing import Any, TypeVar

from pipeline.language import Label, Message

Record = TypeVar("Record")


def as_document(value: Any) -> Any:
    """The value as JSON has it. Raises TypeError for what has no such form."""
    if hasattr(value, "as_kept"):
        return value.as_kept()
    if isinstance(value, Message):
        return message_as_document(value)
    if isinstance(value, date):
        return value.isoformat()
    if is_dataclass(value):
        return {field.name: as_document(getattr(value, field.name)) for field in fields(value)}
    if isinstance(value, Mapping):
        return {_key(key): as_document(part) for key, part in value.items()}
    if isinstance(value, list | tuple):
        return [as_document(part) for part in value]
    if isinstance(value, float) and isnan(value):
        return None
    if value is None or isinstance(value, str | int | float):
        return value
    raise TypeError(f"{type(value).__name__} cannot be kept")


def record_of(kind: type[Record], document: Any) -> Record:
    """The record of this kind that was written so."""
    found: Record = _read(kind, document)
    return found


def message_as_document(message: Message) -> dict[str, Any]:
    """A message in no language: its msgid and what fills it."""
    return {"msgid": message.msgid, "params": {name: _parameter(value) for name, value in message.params.items()}}


def message_of(document: Mapping[str, Any]) -> Message:
    return Message(document["msgid"], {name: _filled(value) for name, value in document["params"].items()})


def _read(kind: Any, document: Any) -> Any:
    origin, parts = typing.get_origin(kind), typing.get_args(kind)
    if origin in (typing.Union, types.UnionType):
        if document is None:
            return None
        (kind,) = (part for part in parts if part is not type(None))
        return _read(kind, document)
    if origin in (list, Sequence):
        return [_read(parts[0], part) for part in document]
    if origin is tuple and parts[-1] is ...:
        return tuple(_read(parts[0], part) for part in document)
    if origin is tuple:
        return tuple(_read(part, value) for part, value in zip(parts, document, strict=True))
    if origin in (dict, Mapping):
        return {key: _read(parts[1], value) for key, value in document.items()}
    if hasattr(kind, "from_kept"):
        return kind.from_kept(document)
    if kind is Message:
        return message_of(document)
    if kind is date:
        return date.fromisoformat(document)
    if is_dataclass(kind):
        make: Any = kind
        hints = _hints(make)
        return make(**{field.name: _read(hints[field.name], document[field.name]) for field in fields(kind)})
    if kind is float:
        return nan if document is None else float(document)
    return document


_hints = cache(typing.get_type_hints)


def _key(key: Any) -> str:
    if not isinstance(key, str):
        raise TypeError(f"a key that is no text cannot be kept: {key!r}")
    return key


def _parameter(value: object) -> Any:
    """What fills a message, told apart by its form when it is read."""
    if isinstance(value, Message):
        return message_as_document(value)
    if isinstance(value, list | tuple):
        return [_parameter(part) for part in value]
    if hasattr(value, "zh") and hasattr(value, "en"):
        return {"zh": value.zh, "en": value.en}
    return value if isinstance(value, str | int | float) else str(value)


def _filled(value: Any) -> Any:
    if isinstance(value, list):
        return [_filled(part) for part in value]
    if isinstance(value, dict):
        return message_of(value) if "msgid" in value else Label(value["zh"], value["en"])
    return value
