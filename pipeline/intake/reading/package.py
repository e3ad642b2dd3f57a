"""Look into an .xlsx package before any parser does, and note what the fast parser does not tell.

An .xlsx is a zip of XML: it may be a bomb, carry macros
or entities. The cells with a formula error, a formula that was never computed, or a percent format are found
here, since calamine gives them as blanks or as plain numbers.
"""

import os
import re
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO
from xml.etree.ElementTree import ParseError

from defusedxml.common import DefusedXmlException
from defusedxml.ElementTree import fromstring

from pipeline.intake.reading.problems import Problem, not_stored
from pipeline.language import N_, Message

#: A file of this size is never looked into. The 60,000 x 20 sheet of a big city has about 10 MB.
MOST_BYTES = 120_000_000
#: What a package may unpack to, in all; 60,000 rows x 20 columns unpack to about 60 MB.
MOST_UNPACKED_BYTES = 700_000_000
#: XML shrinks about ten times, repeated XML some forty; a bomb a thousand times.
MOST_SHRUNK = 150
#: Rows times columns of a sheet: 60,000 x 400, or 800,000 rows of a form of 30 columns.
MOST_CELLS = 25_000_000
_SMALL = 10_000_000
_OLE = b"\xd0\xcf\x11\xe0"
_BLOCK = 1 << 20

Cell = tuple[int, int]


@dataclass
class SheetNotes:
    """Cells of one sheet by (row, column) from 0."""

    errors: dict[Cell, str] = field(default_factory=dict)  # "#DIV/0!"
    uncomputed: set[Cell] = field(default_factory=set)  # a formula without a value
    percents: set[Cell] = field(default_factory=set)  # 12.5 % is kept as 0.125 and shown as 12.5 %


def name_of(path: Path) -> str:
    """A file's name as people read it: one that came out of a Chinese Windows archive is GB 18030, not UTF-8."""
    raw = os.fsencode(path.name)
    for encoding in ("utf-8", "gb18030"):
        try:
            return raw.decode(encoding)
        except UnicodeDecodeError:
            continue
    return raw.decode("utf-8", "replace")


def kind_of(path: Path) -> str:
    """xlsx or csv, by what is in the file and not by its name.

    Raises FileNotStored for a missing, empty or oversized file, and for what Excel keeps in its old or
    encrypted form.
    """
    if path.is_dir():
        raise refused(path, N_("This is a folder, not a file."), N_("Name the file inside it."))
    if not path.is_file():
        raise refused(path, N_("There is no such file."), N_("Check the path."))
    size = path.stat().st_size
    if size > MOST_BYTES:
        raise refused(
            path,
            N_("The file has %(size)s MB."),
            N_("Hand in files of at most %(most)s MB; split it by district."),
            size=size // 1_000_000,
            most=MOST_BYTES // 1_000_000,
        )
    with path.open("rb") as stream:
        begins = stream.read(64)
    head = begins[:4]
    if not head:
        raise refused(path, N_("The file is empty."), N_("Save it again and hand in the saved file."))
    if head == _OLE:
        raise refused(
            path,
            N_("The workbook is encrypted, or saved in the form of before 2007 (.xls)."),
            N_("Take its password off and save it as .xlsx."),
        )
    if begins.lstrip(b"\xef\xbb\xbf \t\r\n").startswith((b"<!", b"<?", b"<html", b"<HTML", b"<table", b"<meta")):
        # Many a system "exports to Excel" by writing a web page under the name .xls.
        raise refused(
            path,
            N_("The file is a web page or XML under the name of a table."),
            N_("Open it in Excel or WPS and save it as .xlsx."),
        )
    return "xlsx" if head[:2] == b"PK" else "csv"


def notes_of(path: Path) -> dict[str, SheetNotes]:
    """Check the package whole and return what is to be known about each sheet, by the sheet's name.

    Raises FileNotStored for a damaged package, a zip bomb, macros, or XML with entities.
    """
    try:
        with zipfile.ZipFile(path) as package:
            parts = {info.filename.lstrip("/"): info for info in package.infolist()}
            _check_members(path, parts)
            unpacked = 0
            sheets = _sheet_parts(package, parts)
            percents = _percent_styles(_content(package, parts, "xl/styles.xml"))
            notes: dict[str, SheetNotes] = {}
            by_part = {part: name for name, part in sheets.items()}
            for name, info in parts.items():
                content = bytearray() if name in by_part else None
                head = b""
                with package.open(info) as stream:
                    for block in _blocks(stream):
                        unpacked += len(block)
                        if unpacked > MOST_UNPACKED_BYTES:
                            raise _bomb(path)
                        head = head or block[:65536]
                        if content is not None:
                            content += block
                if name.endswith((".xml", ".rels", ".vml")) and re.search(
                    rb"<!\s*(DOCTYPE|ENTITY)", head, re.IGNORECASE
                ):
                    raise refused(
                        path,
                        N_("The workbook carries XML declarations that no spreadsheet program writes."),
                        N_("Open it in Excel or WPS, copy the cells into a new workbook and save that."),
                    )
                if content is not None:
                    _check_extent(path, by_part[name], bytes(content))
                    notes[by_part[name]] = _notes(bytes(content), percents)
            return notes
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, KeyError, ParseError) as error:
        raise damaged(path) from error
    except DefusedXmlException as error:
        raise refused(
            path,
            N_("The workbook carries XML declarations that no spreadsheet program writes."),
            N_("Open it in Excel or WPS, copy the cells into a new workbook and save that."),
        ) from error
    except RuntimeError as error:  # zipfile's word for an encrypted member
        raise refused(path, N_("The workbook is encrypted."), N_("Take its password off and save it again.")) from error


def refused(path: Path, what: str, instead: str, **params: object) -> Exception:
    """The message about a file that cannot be looked at as a whole."""
    return not_stored(name_of(path), [Problem("file", Message(what, params), Message(instead, params))])


def damaged(path: Path) -> Exception:
    return refused(
        path,
        N_("The workbook is damaged and cannot be read."),
        N_("Open it in Excel or WPS and save it again as .xlsx."),
    )


def out_of_reach(path: Path, error: OSError) -> Exception:
    """The message about a file that has gone, or that this program may not read."""
    what = N_("The file cannot be read: %(why)s.")
    return refused(
        path, what, N_("See that it is still there and may be read."), why=error.strerror or type(error).__name__
    )


def _bomb(path: Path) -> Exception:
    return refused(
        path,
        N_("The workbook unpacks to more than any return has (a zip bomb?)."),
        N_("Copy the cells into a new workbook and save that."),
    )


def _check_members(path: Path, parts: dict[str, zipfile.ZipInfo]) -> None:
    if "[Content_Types].xml" not in parts or "xl/workbook.xml" not in parts:
        raise refused(
            path,
            N_("The file is a package of another kind (.ods, .xlsb, .docx, .zip?), not an .xlsx workbook."),
            N_("Open it in Excel or WPS and save it as .xlsx."),
        )
    if any(name.lower().endswith("vbaproject.bin") for name in parts):
        raise refused(path, N_("The workbook carries macros."), N_("Save it as .xlsx, which drops them."))
    unpacked = sum(info.file_size for info in parts.values())
    packed = sum(info.compress_size for info in parts.values())
    if unpacked > MOST_UNPACKED_BYTES or (unpacked > _SMALL and unpacked > MOST_SHRUNK * max(packed, 1)):
        raise _bomb(path)


def _blocks(stream: IO[bytes]) -> Iterator[bytes]:
    while block := stream.read(_BLOCK):
        yield block


def _content(package: zipfile.ZipFile, parts: dict[str, zipfile.ZipInfo], name: str) -> bytes | None:
    if name not in parts:
        return None
    with package.open(parts[name]) as stream:
        return stream.read(_SMALL * 5)


def _sheet_parts(package: zipfile.ZipFile, parts: dict[str, zipfile.ZipInfo]) -> dict[str, str]:
    """Sheet name -> name of its part in the package."""
    book = _content(package, parts, "xl/workbook.xml")
    links = _content(package, parts, "xl/_rels/workbook.xml.rels")
    if book is None or links is None:
        return {}
    targets = {link.get("Id"): str(link.get("Target")) for link in fromstring(links, forbid_dtd=True)}
    sheets: dict[str, str] = {}
    for element in fromstring(book, forbid_dtd=True).iter():
        if element.tag.endswith("}sheet") or element.tag == "sheet":
            link = next((value for key, value in element.attrib.items() if key.endswith("}id")), None)
            target = targets.get(link, "")
            part = target.lstrip("/") if target.startswith("/") else f"xl/{target}"
            if part in parts:
                sheets[str(element.get("name"))] = part
    return sheets


def _percent_styles(styles: bytes | None) -> set[int]:
    """Numbers of the cell styles that show a percentage: the built-in formats 9 and 10, and custom ones with a %."""
    if not styles:
        return set()
    root = fromstring(styles, forbid_dtd=True)
    custom = {9, 10}
    found: set[int] = set()
    for element in root.iter():
        tag = element.tag.rsplit("}", 1)[-1]
        if tag == "numFmt" and "%" in re.sub(r'"[^"]*"|\\.', "", element.get("formatCode", "")):
            custom.add(int(element.get("numFmtId", "0")))
    for element in root.iter():
        if element.tag.rsplit("}", 1)[-1] == "cellXfs":
            found = {place for place, style in enumerate(element) if int(style.get("numFmtId", "0")) in custom}
    return found


_ROW = re.compile(rb'<(?:\w+:)?row\b[^>]*?\br="([0-9]{1,7})"')
_FAR_COLUMN = re.compile(rb'\br="([A-Z]{2,3})[0-9]{1,7}"')
_FILLED = re.compile(rb'<(?:\w+:)?c\b[^>/]*?\br="([A-Z]{1,3})([0-9]{1,7})"[^>/]*>')
_CELL = re.compile(rb"<(?:\w+:)?c\b([^>]*?)(?:/>|>(.*?)</(?:\w+:)?c>)", re.DOTALL)
_WHERE = re.compile(rb'\br="([A-Z]{1,3})([0-9]{1,7})"')
_VALUE = re.compile(rb"<(?:\w+:)?(?:v|t)\b[^>]*>([^<]*)<")
_FORMULA = re.compile(rb"<(?:\w+:)?f\b")


def _check_extent(path: Path, sheet: str, content: bytes) -> None:
    """Refuse a sheet with a lone filled cell far out: a reader lays out every cell between, and memory ends.

    The quick look takes row and column numbers as they stand; only where they span too much is it worth
    finding the cells that hold something, for a clerk may have formatted whole columns.
    """
    rows = max((int(found.group(1)) for found in _ROW.finditer(content)), default=1)
    columns = 1 + max((_column_number(found.group(1)) for found in _FAR_COLUMN.finditer(content)), default=25)
    if rows * columns <= MOST_CELLS:
        return
    filled = [(int(one.group(2)), _column_number(one.group(1))) for one in _FILLED.finditer(content)]
    last_row, last_column = max(row for row, _column in filled), max(column for _row, column in filled)
    if last_row * (last_column + 1) <= MOST_CELLS:
        return
    far = max(filled, key=lambda cell: cell[0] / last_row + cell[1] / max(last_column, 1))
    what = Message(N_("the cell lies far outside the table."))
    instead = Message(N_("Delete the rows and columns outside the table and save the file again."))
    raise not_stored(name_of(path), [Problem("far_cell", what, instead, sheet, far[0] - 1, far[1], "")])


def _notes(content: bytes, percent_styles: set[int]) -> SheetNotes:
    """Walk the cells once, but only where a quick search says that there is something to note."""
    notes = SheetNotes()
    has_errors = b't="e"' in content
    has_formulas = b"<f" in content or b":f" in content
    styles = {b'"%d"' % style for style in percent_styles}
    if not (has_errors or has_formulas or styles):
        return notes
    for match in _CELL.finditer(content):
        attributes, inside = match.group(1), match.group(2) or b""
        is_error = has_errors and b't="e"' in attributes
        is_percent = any(b" s=" + style in attributes for style in styles)
        is_formula = has_formulas and _FORMULA.search(inside) is not None
        if not (is_error or is_percent or is_formula):
            continue
        where = _WHERE.search(attributes)
        if where is None:
            continue
        cell = int(where.group(2)) - 1, _column_number(where.group(1))
        value = _VALUE.search(inside)
        if is_error:
            notes.errors[cell] = value.group(1).decode("utf-8", "replace") if value else "#N/A"
        elif is_formula and (value is None or not value.group(1)) and b't="str"' not in attributes:
            notes.uncomputed.add(cell)
        if is_percent:
            notes.percents.add(cell)
    return notes


def _column_number(letters: bytes) -> int:
    number = 0
    for letter in letters:
        number = number * 26 + letter - 64
    return number - 1
