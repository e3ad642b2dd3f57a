"""A table of text (.csv, .tsv): its encoding, the sign between its cells, and its rows.

A quotation mark that is not closed where its cell ends would take the lines behind it into one cell, and their firms
with them: such a file is refused, with the line of the mark. A cell between quotation marks may hold line breaks.
"""

import codecs
import csv
import itertools
import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, TextIO

from pipeline.intake.reading import credit_codes, package
from pipeline.intake.reading.problems import Problem, not_stored
from pipeline.language import N_, Message

#: What a sheet of a workbook has at most; a table that has more comes from no form.
MOST_COLUMNS = 16_384
#: A table of text may have more rows than a sheet: five years of 500,000 firms are some 2.5 million.
MOST_ROWS = 10_000_000
#: Headings are looked for in the first rows: a form may open with its title.
HEAD_ROWS = 10
_ENCODINGS = ("utf-8-sig", "gb18030")
_SEPARATORS = ",;\t|"
_THOUSANDS = re.compile(r"(?<=\d),(?=\d{3})")
#: A line inside a cell that begins as a row does, with a credit code or a stock code.
_ROW_BEGINS = r'^\W*(?:[0-9A-Za-z]{18}|[0-9]{6})"?\s*%s'
#: So many separators make a line inside a cell look like a row; a sentence may have two commas.
_TELLING = 3
_SAVE_AGAIN = N_("Save it again as CSV (UTF-8) or .xlsx.")


class _Lines:
    """The lines of a file; `held` are those of the row that is being read."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self.held: list[str] = []

    def __iter__(self) -> Iterator[str]:
        for line in self._stream:
            self.held.append(line)
            yield line


def rows_of(path: Path, encoding: str, separator: str) -> Iterator[list[Any]]:
    """The rows from the top. Raises FileNotStored for a table that cannot be told apart, as soon as that shows."""
    with path.open(encoding=encoding, newline="") as stream:
        if stream.read(1) != "\ufeff":  # GB 18030 has a byte order mark as well, and its reader keeps it
            stream.seek(0)
        lines = _Lines(stream)
        reader = csv.reader(lines, delimiter=separator, strict=True)
        separators = 0
        for place in itertools.count():
            lines.held, began = [], reader.line_num
            try:
                row = next(reader)
            except StopIteration:
                return
            except csv.Error as error:
                raise _not_told_apart(path, lines.held, began, separator, error) from error
            if place < HEAD_ROWS:
                separators = max(separators, len(row) - 1)
            _check_extent(path, place, row)
            if len(lines.held) > 1 and _holds_rows(row, separator, separators):
                raise _open_mark(path, lines.held, began, separator)
            yield row


def _check_extent(path: Path, place: int, row: Sequence[str]) -> None:
    if len(row) > MOST_COLUMNS:
        what = N_("Row %(row)s of the table has %(count)s cells; a sheet has at most %(most)s.")
        about = {"row": place + 1, "count": len(row), "most": MOST_COLUMNS}
        raise package.refused(path, what, N_("Hand in the table of the form alone."), **about)
    if place >= MOST_ROWS:
        what = N_("The table has more than %(most)s rows.")
        raise package.refused(path, what, N_("Split it by district."), most=MOST_ROWS)


def _holds_rows(row: Sequence[str], separator: str, separators: int) -> bool:
    """Whether a cell that goes over several lines holds what stood as rows of its own."""
    begins = re.compile(_ROW_BEGINS % re.escape(separator))
    for cell in row:
        first, *others = re.split("\r\n|\r|\n", cell)
        if others and (begins.search(first) or any(map(begins.search, others))):
            return True
        if any(credit_codes.IN_A_TEXT.search(line) for line in others):
            return True
        if separators >= _TELLING and any(line.count(separator) >= separators for line in others):
            return True
    return False


def _not_told_apart(path: Path, held: Sequence[str], began: int, separator: str, error: csv.Error) -> Exception:
    """The letter about a row that csv cannot read: a quotation mark is open, or a cell has no end."""
    if _opened(held, separator) is not None:
        return _open_mark(path, held, began, separator)
    return package.refused(path, N_("The file is no table: %(why)s."), _SAVE_AGAIN, why=error)


def _open_mark(path: Path, held: Sequence[str], began: int, separator: str) -> Exception:
    line, column = _opened(held, separator) or (0, 0)
    about = {"line": began + line + 1, "cell": column + 1}
    what = Message(
        N_("A quotation mark opened in line %(line)s, in its cell %(cell)s, is not closed where that cell ends."),
        about,
    )
    instead = Message(
        N_('Close it or take it away; a quotation mark inside a cell is written twice (""). Then save the file again.')
    )
    return not_stored(package.name_of(path), [Problem("open_quotation", what, instead)])


def _opened(held: Sequence[str], separator: str) -> tuple[int, int] | None:
    """Line and cell, from 0, of the quotation mark in these lines that is not closed where its cell ends, else of the
    last that is closed in a later line; None where every mark is closed in its line."""
    text = "".join(held).replace("\r\n", "\n").replace("\r", "\n")
    line = column = at = 0
    spanning = None
    while at < len(text):
        if text[at] == '"':
            end = _closed(text, at)
            if end is None or text[end : end + 1] not in ("", separator, "\n"):
                return line, column
            if breaks := text.count("\n", at, end):
                spanning = line, column
                line += breaks
            at = end
        while at < len(text) and text[at] not in (separator, "\n"):
            at += 1
        line, column = (line + 1, 0) if text[at : at + 1] == "\n" else (line, column + 1)
        at += 1
    return spanning


def _closed(text: str, at: int) -> int | None:
    """Where the cell that opens here with a quotation mark is closed, just behind the mark."""
    found = re.compile(r'"(?:[^"]|"")*"(?!")').match(text, at)
    return None if found is None else found.end()


def encoding_of(path: Path) -> str:
    """utf-8-sig, gb18030 or utf-16. Raises FileNotStored for a file in none of them."""
    with path.open("rb") as stream:
        head = stream.read(4)
    wide = head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE))
    for encoding in ("utf-16",) if wide else _ENCODINGS:
        decoder = codecs.getincrementaldecoder(encoding)()
        try:
            with path.open("rb") as stream:
                while block := stream.read(1 << 20):
                    if b"\x00" in block and not wide:
                        what = N_("The file is neither a table of text nor an .xlsx workbook.")
                        raise package.refused(path, what, N_("Save it as CSV (UTF-8) or .xlsx."))
                    decoder.decode(block)
                decoder.decode(b"", final=True)
        except UnicodeDecodeError:
            continue
        return encoding
    what = N_("The letters of the file are in an encoding that is neither UTF-8 nor GB 18030.")
    raise package.refused(path, what, N_("Save it as CSV (UTF-8) or .xlsx."))


def separator_of(path: Path, encoding: str) -> str:
    """The sign that stands between the headings: that of the first line with two of one sign, for a title has none."""
    with path.open(encoding=encoding, newline="") as stream:
        lines = [_THOUSANDS.sub("", line) for line in itertools.islice(stream, HEAD_ROWS)]
    counts = [{sign: line.count(sign) for sign in _SEPARATORS} for line in lines]
    for least in (2, 1):
        for count in counts:
            if max(count.values()) >= least:
                return max(_SEPARATORS, key=count.__getitem__)
    return _SEPARATORS[0]
