"""Single values of a sheet: days as they are counted, texts with escapes, formats by their rows."""

import io
from datetime import date, datetime, time, timedelta

import numpy as np
import pytest

from pipeline.intake.reading import sheet_xml
from pipeline.intake.reading.book_xml import BrokenPart
from pipeline.intake.reading.number_formats import of_code
from pipeline.intake.reading.sheet_xml import FarCell, SheetCells
from tests.pipeline.intake import parts

DAY, ELAPSED = of_code("yyyy-mm-dd"), of_code("[h]:mm")


def read(rows: str, *, texts: list[str] | None = None, from_1904: bool = False) -> SheetCells:
    """A sheet whose style 1 shows days and style 2 hours that have passed."""
    formats = {"0": None, "1": DAY, "2": ELAPSED}
    cells = sheet_xml.read_sheet(io.BytesIO(parts.sheet(rows).encode()), texts or [], formats, from_1904)
    assert cells is not None
    return cells


@pytest.mark.parametrize(
    ("kept", "from_1904", "seen"),
    [
        ("1", False, date(1900, 1, 1)),
        ("59", False, date(1900, 2, 28)),  # Excel has a 29th of February 1900 behind it
        ("61", False, date(1900, 3, 1)),
        ("42068", False, date(2015, 3, 5)),
        ("40606", True, date(2015, 3, 5)),
        ("42068.5", False, datetime(2015, 3, 5, 12)),
        ("0.25", False, time(6)),
        ("-1", False, -1.0),
        ("2958466", False, 2958466.0),
    ],
)
def test_a_day_is_the_one_that_the_program_shows(kept, from_1904, seen):
    value = read(parts.row(parts.number(kept, style=1)), from_1904=from_1904).rows[0][0]
    assert value == seen
    assert type(value) is type(seen)


def test_hours_that_have_passed_are_no_time_of_day():
    assert read(parts.row(parts.number(1.5, style=2))).rows[0] == [timedelta(hours=36)]


@pytest.mark.parametrize(
    ("written", "value"),
    [
        ("2015-03-05", date(2015, 3, 5)),
        ("2015-03-05T00:00:00Z", date(2015, 3, 5)),
        ("2015-03-05T00:00:00.000", date(2015, 3, 5)),
        ("2015-03-05T10:30:00", datetime(2015, 3, 5, 10, 30)),
        ("2015-03-05T16:00:00Z", "2015-03-05T16:00:00Z"),  # the 6th in China
        ("2015-02-30", "2015-02-30"),
        ("PT36H", "PT36H"),
    ],
)
def test_a_cell_of_a_day_is_that_day_or_its_words(written, value):
    assert read(parts.row(f'<c t="d"><v>{written}</v></c>')).rows[0] == [value]


@pytest.mark.parametrize(
    ("written", "value"),
    [("a_x000D_b", "a\rb"), ("_x005F_x000D_", "_x000D_"), ("_xD83D_", "_xD83D_"), ("_x41_", "_x41_")],
)
def test_escapes_of_a_text_are_the_signs_that_they_stand_for(written, value):
    assert read(parts.row(parts.text(written))).rows[0] == [value]
    assert read(parts.row(f'<c t="str"><v>{written}</v></c>')).rows[0] == [value]


def test_places_are_counted_on_from_the_last_that_is_written():
    rows = (
        parts.row(parts.number(1) + parts.number(2, "D1") + parts.number(3))
        + "<row/>"
        + parts.row(parts.number(4, "B3"))
        + parts.row(parts.number(5, "A7") + "<c/>" + parts.number(6))
        + parts.row(parts.number(7))
    )
    cells = read(rows)
    assert cells.rows == {0: [1, "", "", 2, 3], 2: ["", 4], 6: [5, "", 6], 7: [7]}
    assert (cells.width, cells.blank_cells) == (5, 1)


def test_a_cell_far_out_is_named_before_anything_is_laid_out():
    with pytest.raises(FarCell) as far:
        read(parts.row(parts.number(1, "XFD1"), 1) + parts.row(parts.number(2, "A3000"), 3000))
    assert (far.value.row, far.value.column) == (0, 16_383)
    with pytest.raises(FarCell) as far:
        read(
            parts.row("".join(parts.number(1) for _ in range(30)), 1)
            + parts.row(parts.number(2, "B1000000"), 1_000_000)
        )
    assert (far.value.row, far.value.column) == (999_999, 1)


def test_what_is_broken_is_named_with_its_place():
    with pytest.raises(BrokenPart) as broken:
        read(parts.row(parts.number(1, "A1") + '<c r="C1" t="s"><v>3</v></c>', 1), texts=["a", "b", "c"])
    assert (broken.value.row, broken.value.column) == (0, 2)


def test_formats_are_found_by_their_rows_in_every_block():
    shown = sheet_xml.ShownNumbers()
    percent, wan = of_code("0%"), of_code('0!.0,"万"')
    assert percent is not None
    assert wan is not None
    for row, number_format in ((3, percent), (19_999, wan), (20_000, percent), (45_000, wan)):
        shown.add(row, 5, number_format)
    at, formats = shown.within(5, 20_000, 20_000)
    assert (at.tolist(), formats) == ([0], [percent])
    at, formats = shown.within(5, 0, 20_000)
    assert (at.tolist(), formats) == ([3, 19_999], [percent, wan])
    assert shown.within(4, 0, 20_000)[0].dtype == np.int64
    assert len(list(shown.each())) == 4
