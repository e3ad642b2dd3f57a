"""Look into an .xlsx package before any part of it is read: what is refused unseen, and which part is which.

An .xlsx is a zip of XML: it may be a bomb or carry macros. Its parts are found as the standard says (ECMA-376, part 2):
by the relationships of the package, whatever they are called; names count without their case, and Windows programs
write them with backslashes.
"""

import lzma
import os
import posixpath
import re
import zipfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO
from urllib.parse import unquote
from xml.parsers.expat import ExpatError, XMLParserType

from defusedxml.common import DefusedXmlException
from defusedxml.ElementTree import DefusedXMLParser

from pipeline.intake.reading.problems import Problem, not_stored
from pipeline.language import N_, Message

#: A workbook of this size is never looked into. The 60,000 x 20 sheet of a big city has about 10 MB.
MOST_BYTES = 120_000_000
#: A table of text, which is read in pieces: five years of 500,000 firms, 47 columns, have 1 GB.
MOST_TEXT_BYTES = 4_000_000_000
#: What a package may unpack to, in all; 60,000 rows x 20 columns unpack to about 60 MB.
MOST_UNPACKED_BYTES = 700_000_000
#: XML shrinks about ten times, repeated XML some forty; a bomb a thousand times.
MOST_SHRUNK = 150
_SMALL = 10_000_000
_OLE = b"\xd0\xcf\x11\xe0"
_BLOCK = 1 << 20

_CONTENT_TYPES = "[content_types].xml"
_USUAL_BOOK = "xl/workbook.xml"


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
    with path.open("rb") as stream:
        begins = stream.read(64)
    head = begins[:4]
    kind = "xlsx" if head[:2] == b"PK" else "csv"
    size, most = path.stat().st_size, MOST_BYTES if kind == "xlsx" or head == _OLE else MOST_TEXT_BYTES
    if size > most:
        raise refused(
            path,
            N_("The file has %(size)s MB."),
            N_("Hand in files of at most %(most)s MB; split it by district."),
            size=size // 1_000_000,
            most=most // 1_000_000,
        )
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
    return kind


class Package:
    """An opened package. Part names are as `_plain_name` writes them."""

    def __init__(self, path: Path, archive: zipfile.ZipFile) -> None:
        """Raises FileNotStored for a package of another kind, a zip bomb, or macros."""
        self._archive = archive
        self._parts: dict[str, zipfile.ZipInfo] = {}
        for info in archive.infolist():
            name = _plain_name(info.filename)
            if name.endswith("/"):
                continue
            if name in self._parts:
                raise damaged(path)  # which of the two a program reads is its own choice
            self._parts[name] = info
        _check_members(path, self._parts)
        self._check_declarations(path)

    def __contains__(self, name: str) -> bool:
        return name in self._parts

    def part(self, name: str) -> IO[bytes]:
        """The content of a part. Raises KeyError where there is none, zipfile.BadZipFile for a damaged one."""
        return self._archive.open(self._parts[name])

    def book(self) -> str:
        """The name of the part that is the workbook, by the package's own relationships."""
        for link in self.links(""):
            if link.kind == "officeDocument":
                return link.target
        return _USUAL_BOOK

    def links(self, name: str) -> list["Link"]:
        """What a part ("": the package) says its relationships are, to parts inside the package."""
        folder, _slash, own = name.rpartition("/")
        relations = f"{folder}/_rels/{own}.rels".lstrip("/")
        if relations not in self._parts:
            return []
        links: list[Link] = []

        def found(path: tuple[str, ...], attributes: dict[str, str]) -> None:
            target = attributes.get("Target")
            if path[-1] == "Relationship" and target and attributes.get("TargetMode") != "External":
                kind = attributes.get("Type", "").rpartition("/")[2]
                links.append(Link(attributes.get("Id", ""), kind, self._inside(folder, target)))

        with self.part(relations) as stream:
            each_element(stream, found)
        return links

    def _inside(self, folder: str, target: str) -> str:
        written = target.replace("\\", "/")
        base = "" if written.startswith("/") else folder
        candidates = [written, unquote(written)]
        for candidate in candidates:
            name = _plain_name(posixpath.normpath(posixpath.join("/", base, candidate.lstrip("/"))))
            if name in self._parts:
                return name
        # Some exporters write the whole name without the slash in front: xl/worksheets/sheet1.xml.
        return name if (whole := _plain_name(written)) not in self._parts else whole

    def _check_declarations(self, path: Path) -> None:
        for name, info in self._parts.items():
            if not name.endswith((".xml", ".rels", ".vml")):
                continue
            with self._archive.open(info) as stream:
                if re.search(rb"<!\s*(DOCTYPE|ENTITY)", stream.read(65536), re.IGNORECASE):
                    raise declared(path)


@dataclass(frozen=True)
class Link:
    """A relationship. `kind`: the last word of its type, the same in the transitional and the strict standard."""

    id: str
    kind: str
    target: str


def open_package(path: Path, content: IO[bytes]) -> Package:
    """The package in `content`. Raises as Package does, and zipfile.BadZipFile."""
    return Package(path, zipfile.ZipFile(content))


@contextmanager
def letters(path: Path) -> Iterator[None]:
    """Turn what zip and XML readers raise about a damaged or dangerous package into its letter, FileNotStored."""
    try:
        yield
    except DefusedXmlException as error:
        raise declared(path) from error
    except (
        zipfile.BadZipFile,
        zlib.error,
        lzma.LZMAError,
        EOFError,
        NotImplementedError,
        LookupError,
        ValueError,
        OverflowError,
        ExpatError,
    ) as error:
        raise damaged(path) from error
    except RuntimeError as error:  # zipfile's word for an encrypted member
        raise refused(path, N_("The workbook is encrypted."), N_("Take its password off and save it again.")) from error


def xml_parser() -> XMLParserType:
    """An expat parser that refuses document types and entities. Tags and attributes come as "namespace}name"."""
    parser: XMLParserType = DefusedXMLParser(target=None, forbid_dtd=True).parser
    for handler in ("StartElementHandler", "EndElementHandler", "CharacterDataHandler", "DefaultHandlerExpand"):
        setattr(parser, handler, None)
    parser.CommentHandler = parser.ProcessingInstructionHandler = None
    parser.ordered_attributes = False
    parser.buffer_text = True
    parser.buffer_size = _BLOCK
    return parser


def parse(parser: XMLParserType, stream: IO[bytes]) -> None:
    """Feed a whole part to a parser, block by block."""
    while block := stream.read(_BLOCK):
        parser.Parse(block, False)
    parser.Parse(b"", True)


def each_element(stream: IO[bytes], found: Callable[[tuple[str, ...], dict[str, str]], None]) -> None:
    """Call `found` for each element of a small part with the names from the root down to it, and its attributes.

    Names are without their namespaces, but for attributes, which have them as expat writes them.
    """
    path: list[str] = []

    def start(tag: str, attributes: dict[str, str]) -> None:
        path.append(tag.rpartition("}")[2])
        found(tuple(path), attributes)

    def end(_tag: str) -> None:
        path.pop()

    parser = xml_parser()
    parser.StartElementHandler, parser.EndElementHandler = start, end
    parse(parser, stream)


def _plain_name(name: str) -> str:
    return name.replace("\\", "/").lstrip("/").casefold()


def refused(path: Path, what: str, instead: str, **params: object) -> Exception:
    """The message about a file that cannot be looked at as a whole."""
    return not_stored(name_of(path), [Problem("file", Message(what, params), Message(instead, params))])


def damaged(path: Path) -> Exception:
    return refused(
        path,
        N_("The workbook is damaged and cannot be read."),
        N_("Open it in Excel or WPS and save it again as .xlsx."),
    )


def declared(path: Path) -> Exception:
    return refused(
        path,
        N_("The workbook carries XML declarations that no spreadsheet program writes."),
        N_("Open it in Excel or WPS, copy the cells into a new workbook and save that."),
    )


def another_kind(path: Path) -> Exception:
    return refused(
        path,
        N_("The file is a package of another kind (.ods, .xlsb, .docx, .zip?), not an .xlsx workbook."),
        N_("Open it in Excel or WPS and save it as .xlsx."),
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
    if _CONTENT_TYPES not in parts:
        raise another_kind(path)
    if any(name.endswith("vbaproject.bin") for name in parts):
        raise refused(path, N_("The workbook carries macros."), N_("Save it as .xlsx, which drops them."))
    unpacked = sum(info.file_size for info in parts.values())
    packed = sum(info.compress_size for info in parts.values())
    if unpacked > MOST_UNPACKED_BYTES or (unpacked > _SMALL and unpacked > MOST_SHRUNK * max(packed, 1)):
        raise _bomb(path)
