"""The same workbook by two other readers, calamine and openpyxl, in a process of its own: they may end it."""

import contextlib
import io
import json
import resource
import subprocess
import sys
import zipfile
from datetime import date, datetime, time, timedelta
from typing import Any
from xml.etree import ElementTree

from tests.fuzz.spoilt_workbooks import bases

_MEMORY = 3 << 30
_SECONDS = 30
Values = dict[tuple[str, int, int], Any]  # sheet, row and column from 0


class SecondReading:
    """A worker that reads packages; begun anew where one has ended it."""

    def __init__(self) -> None:
        self._worker: subprocess.Popen[bytes] | None = None

    def of(self, packed: bytes, reader: str) -> Values | None:
        """The filled cells as `reader` gives them: calamine or openpyxl, or one of them with "-rewritten".

        None where it does not read the package.
        """
        if self._worker is None or self._worker.poll() is not None:
            command = [sys.executable, "-m", "tests.fuzz.second_reading"]
            self._worker = subprocess.Popen(
                command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
            )
        assert self._worker.stdin is not None
        assert self._worker.stdout is not None
        try:
            self._worker.stdin.write(f"{reader} {len(packed)}\n".encode() + packed)
            self._worker.stdin.flush()
            line = self._worker.stdout.readline()
        except BrokenPipeError:
            line = b""
        if not line:
            self.close()
            return None
        read = json.loads(line)
        return None if read is None else {(sheet, row, column): value for sheet, row, column, value in read}

    def close(self) -> None:
        if self._worker is not None:
            self._worker.kill()
            self._worker.communicate()
            self._worker = None


def plain(value: Any) -> Any:
    """A value as JSON keeps it; days and times as seconds from a day that does not matter."""
    if isinstance(value, bool | str):
        return value
    if isinstance(value, datetime):
        return ["time", round((value.replace(tzinfo=None) - datetime(1899, 12, 30)).total_seconds())]
    if isinstance(value, date):
        return ["time", (value - date(1899, 12, 30)).days * 86_400]
    if isinstance(value, time):
        return ["time", round((datetime.combine(date(1899, 12, 30), value) - datetime(1899, 12, 30)).total_seconds())]
    if isinstance(value, timedelta):
        return ["time", round(value.total_seconds())]
    return float(value)


def _rewritten(packed: bytes) -> bytes:
    """The package with its parts written anew by an XML library and called as usual.

    calamine passes over what follows a comment, a CDATA section or a character reference in a number, and attributes
    with a reference in them; of a text's number with a space beside it it makes the first text. Written anew, the parts
    have none of these.
    """
    ElementTree.register_namespace("r", "http://schemas.openxmlformats.org/officeDocument/2006/relationships")
    usual = {name.casefold(): name for name in bases()[0].contents}
    file = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(packed)) as package, zipfile.ZipFile(file, "w") as anew:
        for name in package.namelist():
            content = package.read(name)
            with contextlib.suppress(Exception):
                root = ElementTree.fromstring(content)
                for value in root.iter():
                    if value.tag.endswith("}v") and value.text:
                        value.text = value.text.strip()
                content = ElementTree.tostring(root)
            known = name.replace("\\", "/").lstrip("/").casefold()
            anew.writestr(usual.get(known, known), content)
    return file.getvalue()


def _by_calamine(packed: bytes) -> list[list[Any]]:
    import python_calamine

    book = python_calamine.CalamineWorkbook.from_filelike(io.BytesIO(packed))
    found = []
    for about in book.sheets_metadata:
        if about.typ != python_calamine.SheetTypeEnum.WorkSheet:
            continue
        sheet = book.get_sheet_by_name(about.name)
        first = (sheet.start or (0, 0))[1]
        for row, values in enumerate(sheet.iter_rows()):
            for column, value in enumerate(values):
                if value != "":
                    found.append([about.name, row, first + column, plain(value)])
    return found


def _by_openpyxl(packed: bytes) -> list[list[Any]]:
    import openpyxl

    book = openpyxl.load_workbook(io.BytesIO(packed), data_only=True)
    return [
        [sheet.title, cell.row - 1, cell.column - 1, plain(cell.value)]
        for sheet in book.worksheets
        for cell in list(sheet._cells.values())
        if cell.value is not None and cell.value != "" and cell.data_type != "e"
    ]


def _work() -> None:
    import signal

    resource.setrlimit(resource.RLIMIT_AS, (_MEMORY, _MEMORY))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    while head := sys.stdin.buffer.readline():
        reader, size = head.split()
        packed = sys.stdin.buffer.read(int(size))
        read: list[list[Any]] | None = None
        signal.alarm(_SECONDS)
        with contextlib.suppress(Exception):
            content = _rewritten(packed) if reader.endswith(b"rewritten") else packed
            read = _by_calamine(content) if reader.startswith(b"calamine") else _by_openpyxl(content)
        signal.alarm(0)
        sys.stdout.buffer.write(json.dumps(read).encode() + b"\n")
        sys.stdout.buffer.flush()


if __name__ == "__main__":
    _work()
