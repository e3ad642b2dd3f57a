"""A table of text is read as it was written, or a letter names the line where it cannot be told apart."""

import csv
import io
import tempfile
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.intake.reading import delimited
from pipeline.intake.reading.problems import FileNotStored

texts = st.text(st.characters(codec="utf-8", exclude_characters="\x00\r\ufeff"), max_size=8)
# Without digits and capitals no line of a cell can look like a row.
tables = st.integers(2, 5).flatmap(
    lambda width: st.lists(st.lists(texts, min_size=width, max_size=width), min_size=1, max_size=6)
)


@given(tables, st.sampled_from(",;\t|"))
def test_what_a_writer_of_tables_wrote_is_read_again(rows: list[list[str]], separator: str):
    written = io.StringIO()
    csv.writer(written, delimiter=separator, quoting=csv.QUOTE_ALL).writerows(rows)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "table.csv"
        path.write_bytes(written.getvalue().encode())
        try:
            read = list(delimited.rows_of(path, "utf-8", separator))
        except FileNotStored:
            # Only a cell whose later lines have as many separators as a row may be taken for swallowed rows.
            width = max(len(row) for row in rows) - 1
            later = [line for row in rows for cell in row for line in cell.split("\n")[1:]]
            assert any(line.count(separator) >= max(width, 3) for line in later)
        else:
            assert read == rows


@pytest.mark.parametrize(
    ("content", "line", "cell"),
    [
        ('a,b\n1,"2\n3,4\n', 2, 2),
        ('a,b\n"1,2\n3,4\n', 2, 1),
        ('a,b\n"1\n2",3\n4,"5"6\n', 4, 2),
        ('a,b\n1,"2\n3,"4"\n', 2, 2),
    ],
)
def test_the_letter_names_line_and_cell_of_the_open_mark(content: str, line: int, cell: int, tmp_path: Path):
    path = tmp_path / "table.csv"
    path.write_text(content, encoding="utf-8")
    with pytest.raises(FileNotStored) as error:
        list(delimited.rows_of(path, "utf-8", ","))
    assert error.value.listed[0].what.params == {"line": line, "cell": cell}
