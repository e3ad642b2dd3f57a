"""The parts that all sheets of an .xlsx share: the list of its sheets, its texts, its number formats."""

import re
from dataclasses import dataclass
from typing import IO

from pipeline.intake.reading import number_formats
from pipeline.intake.reading.number_formats import NumberFormat
from pipeline.intake.reading.package import Package, each_element, parse, xml_parser
from pipeline.language import N_

#: What is said of elements that stand where the standard has none: another program may read them, or not.
ODD = N_("something is written there as no spreadsheet program writes it.")

_ESCAPED = re.compile(r"_x([0-9A-Fa-f]{4})_")
TRUE, FALSE = frozenset({"1", "true"}), frozenset({"0", "false"})
#: What may stand in the elements of a text; in those that are not named, anything.
TEXT_PARTS = {
    "": frozenset({"sst"}),
    "sst": frozenset({"si", "extLst"}),
    "si": frozenset({"t", "r", "rPh", "phoneticPr"}),
    "is": frozenset({"t", "r", "rPh", "phoneticPr"}),
    "r": frozenset({"t", "rPr"}),
    "t": frozenset(),
}
_FIRST_OWN_FORMAT = 164
_OTHER_STYLES = frozenset({"cellStyleXfs", "dxfs", "extLst"})  # what no cell wears by its own number
#: Of a workbook without styles.
NO_FORMATS: dict[str, NumberFormat | None] = {"0": None}


class BrokenPart(Exception):  # noqa: N818 - it names what is broken
    """A part that does not hold together; `row` and `column` from 0 where it is a cell."""

    def __init__(self, what: str, row: int | None = None, column: int | None = None) -> None:
        super().__init__(what)
        self.what, self.row, self.column = what, row, column


@dataclass(frozen=True)
class SheetOf:
    """A sheet as the workbook lists it. `target`: the id of its relationship."""

    name: str
    target: str
    hidden: bool


@dataclass(frozen=True)
class BookPart:
    sheets: list[SheetOf]
    from_1904: bool


def read_book(package: Package, name: str) -> BookPart | None:
    """The workbook part; None where the part is none (of a .docx, say)."""
    sheets: list[SheetOf] = []
    known: dict[str, bool] = {"workbook": False, "1904": False}

    def found(path: tuple[str, ...], attributes: dict[str, str]) -> None:
        if len(path) == 1:
            known["workbook"] = path[0] == "workbook"
        elif path == ("workbook", "workbookPr"):
            known["1904"] = attributes.get("date1904", "0") in TRUE
        elif path == ("workbook", "sheets", "sheet"):
            target = next((value for key, value in attributes.items() if key.endswith("}id")), "")
            hidden = attributes.get("state", "visible") != "visible"
            sheets.append(SheetOf(attributes.get("name", ""), target, hidden))
        elif path[-1] == "sheet":
            raise BrokenPart(ODD)

    with package.part(name) as stream:
        each_element(stream, found)
    if not known["workbook"]:
        return None
    names = [sheet.name.casefold() for sheet in sheets]
    if len(set(names)) < len(names):
        raise BrokenPart(N_("two sheets have the same name."))
    return BookPart(sheets, known["1904"])


def read_formats(stream: IO[bytes]) -> dict[str, NumberFormat | None]:
    """The format of each cell style, by the style's number as cells write it; None: shown as kept."""
    codes: dict[int, str] = {}
    styles: list[int] = []

    def found(path: tuple[str, ...], attributes: dict[str, str]) -> None:
        if path == ("styleSheet", "numFmts", "numFmt"):
            codes[int(attributes.get("numFmtId", "0"))] = attributes.get("formatCode", "")
        elif path == ("styleSheet", "cellXfs", "xf"):
            styles.append(int(attributes.get("numFmtId", "0")))
        elif path[-1] in ("numFmt", "xf") and not _OTHER_STYLES.intersection(path):
            raise BrokenPart(ODD)

    each_element(stream, found)
    return NO_FORMATS | {
        str(place): number_formats.of_code(codes[number]) if codes.get(number) else number_formats.built_in(number)
        for place, number in enumerate(styles)
        if number in codes or number < _FIRST_OWN_FORMAT  # another names a format that is not there
    }


def read_texts(stream: IO[bytes]) -> list[str]:
    """The shared texts in their order; the guides to their pronunciation are left out."""
    texts: list[str] = []
    pieces: list[str] = []
    runs: list[str] = []
    path: list[str] = []

    def start(tag: str, _attributes: dict[str, str]) -> None:
        name = tag.rpartition("}")[2]
        known = TEXT_PARTS.get(path[-1] if path else "")
        if known is not None and name not in known:
            raise BrokenPart(ODD)
        path.append(name)
        if path == ["sst", "si"]:
            runs.clear()
        pieces.clear()

    def end(_tag: str) -> None:
        if path in (["sst", "si", "t"], ["sst", "si", "r", "t"]):
            runs.append("".join(pieces))
        elif path == ["sst", "si"]:
            texts.append(plain_text("".join(runs)))
        path.pop()
        pieces.clear()

    parser = xml_parser()
    parser.StartElementHandler, parser.EndElementHandler = start, end
    parser.CharacterDataHandler = pieces.append
    parse(parser, stream)
    return texts


def plain_text(written: str) -> str:
    """A text without the escapes of signs that XML cannot hold: _x000D_ is a carriage return."""
    return _ESCAPED.sub(_sign, written) if "_x" in written else written


def _sign(escaped: re.Match[str]) -> str:
    sign = chr(int(escaped[1], 16))
    return escaped[0] if "\ud800" <= sign <= "\udfff" else sign
