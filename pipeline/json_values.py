"""What a document may hold that commands print with --json, jobs write and a model's folder keeps.

Days, instants, paths, messages and labels are written as text by whoever prints or writes the document.
"""

from collections.abc import Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import TypeAlias, Union

from pipeline.language import Message

JsonValue: TypeAlias = Union[  # noqa: UP007  (a type that names itself)
    str, int, float, bool, date, Path, Message, Sequence["JsonValue"], Mapping[str, "JsonValue"], None
]
#: What a record's `as_json()` gives, at the edge of the program alone.
JsonObject: TypeAlias = dict[str, JsonValue]
