"""DOCX and XLSX: ZIP archives that say in a list of their own what each part is. Nothing of them is run or kept
unpacked."""

import re
import zipfile
import zlib
from io import BytesIO

#: Bytes that all parts together may unpack to, and how many parts there may be: more is made to fill a machine.
MOST_UNPACKED, MOST_PARTS = 200 * 2**20, 5_000
_LONGEST_LIST = 2 * 2**20
_LIST = "[Content_Types].xml"
_PACKED = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
_MAIN = {
    "docx": b"application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml",
    "xlsx": b"application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml",
}
#: What is run when such a file is opened: macros in any of their forms, and controls.
_RUN = re.compile(rb"macroenabled|vbaproject|activex|ms-excel\.(?:macrosheet|intlmacrosheet)", re.IGNORECASE)
_RUN_PARTS = re.compile(r"vbaproject\.bin$|vbadata\.xml$|(^|/)activex/|(^|/)macrosheets/", re.IGNORECASE)


class TooMuchInsideError(Exception):
    """An archive that unpacks to more than a document needs."""


class BrokenError(Exception):
    """An archive that cannot be read to its end."""


def kind_of(content: bytes) -> str | None:
    """The kind, docx or xlsx; "macros" for one of them with something that is run; None for another archive.

    Raises TooMuchInsideError, BrokenError. Every part is unpacked once, a piece at a time, and thrown away: what the
    archive says of their sizes is only believed where it says too much.
    """
    try:
        with zipfile.ZipFile(BytesIO(content)) as archive:
            parts = archive.infolist()
            if len(parts) > MOST_PARTS or sum(part.file_size for part in parts) > MOST_UNPACKED:
                raise TooMuchInsideError
            names = [part.filename for part in parts]
            if len({name.casefold() for name in names}) < len(names):
                raise BrokenError  # two parts of one name: each program could take another
            if any(part.flag_bits & 1 or part.compress_type not in _PACKED for part in parts):
                raise BrokenError  # locked, or packed as no office program does
            _unpack(archive, parts)
            listed = archive.read(_LIST) if names.count(_LIST) == 1 else b""
    except (zipfile.BadZipFile, zlib.error, NotImplementedError, EOFError, OSError, ValueError, UnicodeError) as error:
        raise BrokenError from error
    if len(listed) > _LONGEST_LIST or b"\x00" in listed:  # in two bytes a letter nothing below would be found
        raise BrokenError
    found = [kind for kind, main in _MAIN.items() if re.search(rb"[\"']" + re.escape(main) + rb"[\"']", listed)]
    if _RUN.search(listed) or any(_RUN_PARTS.search(name) for name in names):
        return "macros"
    return found[0] if len(found) == 1 else None


def _unpack(archive: zipfile.ZipFile, parts: list[zipfile.ZipInfo]) -> None:
    left = MOST_UNPACKED
    for part in parts:
        with archive.open(part) as stream:
            while piece := stream.read(2**20):
                left -= len(piece)
                if left < 0:
                    raise TooMuchInsideError
