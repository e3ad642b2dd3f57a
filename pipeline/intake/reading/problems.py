"""What is wrong with a file, to the cell: problems that stop it, and findings that wait for a person.

Made by every room of intake, read by the command line, the dashboard and annotated_workbook.py. A problem says where,
what was found, what is wrong and what to write instead, in both languages.
"""

import dataclasses
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pipeline.catalog import catalog
from pipeline.errors import WrongFile
from pipeline.json_values import JsonObject
from pipeline.language import CHINESE, ENGLISH, N_, Message

#: More problems than this help nobody: the list ends with how many more there are.
MOST_LISTED = 2_000
_LONGEST_FOUND = 80


@dataclass(frozen=True)
class Problem:
    """One thing to correct before the file can be stored.

    `row` and `column` count from 0; None: the whole sheet or file. `firm`: the id of its row's firm, where it is known.
    """

    kind: str
    what: Message
    instead: Message
    sheet: str | None = None
    row: int | None = None
    column: int | None = None
    heading: str | None = None
    firm: str | None = None
    found: str | None = None
    firm_name: str | None = None

    @property
    def cell(self) -> str | None:
        return None if self.row is None or self.column is None else cell_name(self.row, self.column)

    @property
    def message(self) -> Message:
        return Message(_PATTERNS[self._shape()], self._parts())

    @property
    def text(self) -> Message:
        """What is wrong and what to write instead, for lists that show the place in columns of its own."""
        return Message(_PATTERNS["file"], self._parts())

    def __str__(self) -> str:
        return str(self.message)

    def as_json(self) -> JsonObject:
        return {
            "kind": self.kind,
            "sheet": self.sheet,
            "cell": self.cell,
            "row": None if self.row is None else self.row + 1,
            "firm": self.firm,
            "firm_name": self.firm_name,
            "heading": self.heading,
            "found": self.found,
            "message": str(self),
            "message_zh": self.message.in_language(CHINESE),
            "message_en": self.message.in_language(ENGLISH),
            "text": str(self.text),
            "text_zh": self.text.in_language(CHINESE),
            "text_en": self.text.in_language(ENGLISH),
            "instead": str(self.instead),
        }

    def _shape(self) -> str:
        if self.sheet is None:
            return "file"
        if self.row is None:
            return "sheet" if self.heading is None else "heading"
        if not self.heading:
            return "place" if self.firm is None else "place_of_firm"
        return "cell" if self.firm is None else "firm"

    def _parts(self) -> dict[str, object]:
        where = self.cell or (None if self.row is None else str(self.row + 1))
        return {
            "sheet": self.sheet,
            "cell": where,
            "heading": self.heading or "",
            "firm": self.firm,
            "what": self.what,
            "instead": self.instead,
        }


_PATTERNS = {
    "file": N_("%(what)s %(instead)s"),
    "sheet": N_("sheet %(sheet)s: %(what)s %(instead)s"),
    "heading": N_('sheet %(sheet)s, heading "%(heading)s": %(what)s %(instead)s'),
    "place": N_("sheet %(sheet)s, %(cell)s: %(what)s %(instead)s"),
    "place_of_firm": N_("sheet %(sheet)s, %(cell)s, %(firm)s: %(what)s %(instead)s"),
    "cell": N_('sheet %(sheet)s, %(cell)s, "%(heading)s": %(what)s %(instead)s'),
    "firm": N_('sheet %(sheet)s, %(cell)s, "%(heading)s", %(firm)s: %(what)s %(instead)s'),
}


@dataclass(frozen=True)
class Finding:
    """Something stored that looks wrong and waits for a person: the rows of import_finding."""

    kind: str
    firm_id: str
    year: int | None
    field: str
    sheet: str
    row: int | None
    column: int | None
    found: str | None
    msgid: str
    params: Mapping[str, Any] = dataclasses.field(default_factory=dict)

    @property
    def cell(self) -> str | None:
        return None if self.row is None or self.column is None else cell_name(self.row, self.column)

    @property
    def message(self) -> Message:
        return finding_message(self.msgid, self.params)

    def __str__(self) -> str:
        return str(self.message)

    def as_json(self) -> JsonObject:
        return {
            "firm_id": self.firm_id,
            "year": self.year,
            "kind": self.kind,
            "field": self.field,
            "message": str(self),
            "message_zh": self.message.in_language(CHINESE),
            "message_en": self.message.in_language(ENGLISH),
            "sheet": self.sheet,
            "cell": self.cell,
            "found": self.found,
        }


class FileNotStored(WrongFile):
    """A wrong file, with its annotated copy where one was asked for."""

    def __init__(self, message: Message, problems: Sequence[Problem], count: int) -> None:
        super().__init__(message, problems)
        self.listed: list[Problem] = list(problems)
        self.count = count  # of all problems; the list ends at MOST_LISTED
        self.annotated: Any = None  # the path of the annotated copy
        self.not_copied: Message | None = None  # why there is no annotated copy though one was asked for
        self.book: Any = None  # the workbook.Workbook it came from, where it could be opened
        self.refusal: str | None = None  # the line it left, e.g. "R3"; None of a dry run

    def as_json(self) -> JsonObject:
        return {
            "stored": False,
            "refusal": self.refusal,
            "message": str(self.message),
            "problems": [problem.as_json() for problem in self.listed],
            "mended": None if self.annotated is None else str(self.annotated),
        }


def not_stored(file_name: str, problems: Sequence[Problem], count: int | None = None) -> FileNotStored:
    """The message above a list of problems; `count`: how many there are, where these are the first of them."""
    count = len(problems) if count is None else count
    if count <= MOST_LISTED:
        message = Message(
            N_(
                "%(file)s was not stored: %(count)s to mend. "
                "Mend them all and hand in the whole file again; nothing has been changed."
            ),
            {"file": file_name, "count": count},
        )
        return FileNotStored(message, problems, count)
    message = Message(
        N_(
            "%(file)s was not stored: %(count)s to mend, of which the first %(shown)s are listed. "
            "Mend them all and hand in the whole file again; nothing has been changed."
        ),
        {"file": file_name, "count": count, "shown": MOST_LISTED},
    )
    return FileNotStored(message, problems[:MOST_LISTED], count)


def finding_message(msgid: str, params: Mapping[str, Any]) -> Message:
    """The text of a stored finding: a fact's name among its params is shown by its label."""
    facts = catalog()
    shown = {key: facts.get(value, value) if isinstance(value, str) else value for key, value in params.items()}
    return Message(msgid, shown)


def cell_name(row: int, column: int) -> str:
    """Row and column, counted from 0, as Excel writes them: (11, 1) is B12."""
    letters = ""
    column += 1
    while column:
        column, rest = divmod(column - 1, 26)
        letters = chr(65 + rest) + letters
    return f"{letters}{row + 1}"


def shown(value: object) -> str:
    """A value as it is quoted to its writer: short, on one line."""
    text = f"{value:.15g}" if isinstance(value, float) else str(value)
    text = " ".join(text.split())
    return text if len(text) <= _LONGEST_FOUND else text[: _LONGEST_FOUND - 1] + "…"


def shown_in(value: float, factor: float) -> str:
    """A figure in the unit of its column, in all its digits, as its writer would type it."""
    return shown(float(f"{value / factor:.12g}"))
