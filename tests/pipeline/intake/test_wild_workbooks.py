"""Workbooks as strange programs write them: read as they are meant, or refused at their cells; never a wrong value."""

import resource
import time
import zipfile
from datetime import date, datetime
from pathlib import Path
from typing import Any

import openpyxl
import pytest

from pipeline import facts
from pipeline.intake import importing
from pipeline.intake.reading.problems import FileNotStored
from pipeline.intake.storing import annotated_workbook, refusals
from pipeline.intake.storing.annotated_workbook import LIST_SHEET, RED
from pipeline.intake.storing.import_request import ImportRequest
from pipeline.language import CHINESE, ENGLISH
from tests.pipeline.intake import parts
from tests.pipeline.intake.parts import firm, number, packed, parts_of, text
from tests.pipeline.intake.workbooks import BANYAN, FINANCE, HEADINGS, LOTUS, edited, good, write

NOW, TODAY = datetime(2024, 6, 1, 9), date(2024, 6, 1)
DEBT = "资产负债率（填报）（%）"
MARGIN = "净利率（填报）（%）"
MEANT = {"revenue_cny": 32_005_000, "net_profit_cny": 2_100_000, "total_assets_cny": 51_000_000}
FIGURES = (number(3200.5), number(210), number(5100))


def tried(engine: Any, path: Path, folder: Path | None = None) -> Any:
    """What is known of Lotus's 2023 after the import; or each problem's kind, sheet and cell."""
    request = ImportRequest.of(path, "city", by="t", now=NOW, today=TODAY, annotated_dir=folder)
    try:
        report = importing.import_returns(engine, request)
    except FileNotStored as error:
        refused = error
    else:
        assert report.import_id is not None
        return facts.as_known_on(engine, TODAY).loc[(LOTUS, 2023)].dropna().to_dict()
    assert refused.refusal is not None
    assert [line.id for line in refusals.listed(engine)] == [refused.refusal]
    return [(problem.kind, problem.sheet, problem.cell) for problem in refused.listed]


def _without_places() -> dict[str, bytes]:
    heads = [text(heading) for heading in (*HEADINGS[FINANCE], DEBT)]
    lotus = [text(LOTUS), number(2023), *FIGURES, number(0.125, style=1)]
    error, uncomputed = '<c t="e"><f>B3/0</f><v>#DIV/0!</v></c>', "<c><f>B3-1</f></c>"
    banyan = [text(BANYAN), number(2023), error, uncomputed, number(5600), number(0.4, style=1)]
    return parts_of("".join(parts.row("".join(cells)) for cells in (heads, lotus, banyan)), "0.0%")


def _single_quoted(contents: dict[str, bytes]) -> dict[str, bytes]:
    return {name: content.replace(b'"', b"'") for name, content in contents.items()}


def _placed(contents: dict[str, bytes], extra: str = "") -> dict[str, bytes]:
    """The same with places, and one more cell in the last row of a sheet."""
    sheet = contents[parts.SHEET].decode()
    rows = []
    for at, found in enumerate(sheet.split("<row>")[1:], start=1):
        cells = found.split("</row>")[0].split("<c")[1:]
        rows.append("".join(f'<c r="{chr(65 + place)}{at}"{cell}' for place, cell in enumerate(cells)))
    body = "".join(parts.row(cells, at) for at, cells in enumerate(rows, start=1))
    return {**contents, parts.SHEET: parts.sheet(body + extra).encode()}


WRONG_FORMULAS = [("formula_error", FINANCE, "C3"), ("formula_without_value", FINANCE, "D3")]


@pytest.mark.parametrize("shape", ["without places", "single quotes", "single quotes with places"])
def test_formulas_are_seen_however_the_cells_are_written(shape, tmp_path, sqlite_engine):
    contents = _without_places()
    if shape.endswith("with places"):
        contents = _placed(contents)
    if shape.startswith("single"):
        contents = _single_quoted(contents)
    assert tried(sqlite_engine, packed(tmp_path / "form.xlsx", contents), tmp_path / "out") == WRONG_FORMULAS


@pytest.mark.parametrize("quoted", [False, True])
def test_with_the_formulas_mended_the_percentages_are_what_is_shown(quoted, tmp_path, sqlite_engine):
    contents = _without_places()
    sheet = contents[parts.SHEET].replace(b'<c t="e"><f>B3/0</f><v>#DIV/0!</v></c>', b"<c><f>B3</f><v>1</v></c>")
    contents[parts.SHEET] = sheet.replace(b"<c><f>B3-1</f></c>", b"<c/>")
    path = packed(tmp_path / "form.xlsx", _single_quoted(contents) if quoted else contents)
    assert tried(sqlite_engine, path) == {**MEANT, "debt_ratio_stated": 0.125}
    assert facts.as_known_on(sqlite_engine, TODAY).loc[(BANYAN, 2023), "debt_ratio_stated"] == 0.4


def test_a_stray_cell_in_the_last_corner_gets_a_letter_and_ends_no_process(tmp_path, sqlite_engine):
    extra = parts.row(number(1, "XFD1048576"), 1_048_576)
    path = packed(tmp_path / "form.xlsx", _single_quoted(_placed(_without_places(), extra)))
    assert tried(sqlite_engine, path) == [("far_cell", FINANCE, "XFD1048576")]


def test_a_blank_as_wide_as_a_percent_sign_makes_no_percentage(tmp_path, sqlite_engine):
    rows = firm(*FIGURES, number(42.5, style=1), number(6.6, style=2), more_headings=(DEBT, MARGIN))
    path = packed(tmp_path / "form.xlsx", parts_of(rows, "0.0_%", "0.0_%_);(0.0_%)"))
    assert tried(sqlite_engine, path) == {**MEANT, "debt_ratio_stated": 0.425, "net_margin_stated": 0.066}


@pytest.mark.parametrize(
    ("code", "kept", "share"),
    [("[<1]0.00%;0.00", 42.5, 0.425), ("[<1]0.00%;0.00", 0.425, 0.425), ("0.00;-0.00;0.0%", 42.5, 0.425),
     ('0.0"%"', 42.5, 0.425), ("0.0*%", 42.5, 0.425), ("0.0%;-0.0%;0", 0.425, 0.425)],
)  # fmt: skip
def test_a_percent_sign_counts_where_it_is_seen(code, kept, share, tmp_path, sqlite_engine):
    path = packed(tmp_path / "form.xlsx", parts_of(firm(*FIGURES, number(kept, style=1), more_headings=(DEBT,)), code))
    assert tried(sqlite_engine, path) == {**MEANT, "debt_ratio_stated": share}


def test_figures_in_yuan_that_are_shown_in_wan_are_what_is_shown(tmp_path, sqlite_engine):
    rows = firm(number(8_765_432, style=1), number(432_100, style=1), number(1_234_567, style=1))
    path = packed(tmp_path / "form.xlsx", parts_of(rows, '0!.0,"万"'))
    known = {"revenue_cny": 8_765_432, "net_profit_cny": 432_100, "total_assets_cny": 1_234_567}
    assert tried(sqlite_engine, path) == known


@pytest.mark.parametrize(
    ("code", "kept", "seen"),
    [("#,##0,", 8_765_432, "8765"), ("#,##0,,", 8_765_432, "9"), ('0"千元"', 3200, "3200千元"), ("0;0", -35, "-35"),
     (";;;", 3200, "“”"), ('0"00"', 32, "3200"), ("yyyy", -5, "yyyy")],
)  # fmt: skip
def test_a_figure_shown_in_another_size_is_refused_with_what_is_shown_and_kept(
    code, kept, seen, tmp_path, sqlite_engine
):
    path = packed(tmp_path / "form.xlsx", parts_of(firm(number(kept, style=1), number(1), number(2)), code))
    request = ImportRequest.of(path, "city", by="t", now=NOW, today=TODAY)
    with pytest.raises(FileNotStored) as refused:
        importing.import_returns(sqlite_engine, request)
    [problem] = refused.value.listed
    assert (problem.kind, problem.cell) == ("shown_otherwise", "C2")
    for language in (CHINESE, ENGLISH):
        assert seen in problem.message.in_language(language)
        assert str(kept) in problem.message.in_language(language)


@pytest.mark.parametrize("code", ["[$$-409]#,##0.00", '"US$"#,##0', "[$€-2] #,##0", '0"美元"', "[$¥-411]#,##0"])
def test_an_amount_in_another_countrys_money_is_refused_at_its_cell(code, tmp_path, sqlite_engine):
    path = packed(tmp_path / "form.xlsx", parts_of(firm(number(3200, style=1), number(1), number(2)), code))
    assert tried(sqlite_engine, path) == [("not_a_number", FINANCE, "C2")]


@pytest.mark.parametrize("code", ["[$¥-804]#,##0.00", '"￥"#,##0.00', '_ "¥"* #,##0.00_ ;_ "¥"* -#,##0.00_ '])
def test_an_amount_in_yuan_is_read(code, tmp_path, sqlite_engine):
    path = packed(tmp_path / "form.xlsx", parts_of(firm(number(3200.5, style=1), *FIGURES[1:]), code))
    assert tried(sqlite_engine, path) == MEANT


def _of_windows(contents: dict[str, bytes]) -> dict[str, bytes]:
    return {name.replace("/", "\\"): content for name, content in contents.items()}


def _small_content_types(contents: dict[str, bytes]) -> dict[str, bytes]:
    return {name.replace("[C", "[c").replace("T", "t"): content for name, content in contents.items()}


def _shouting(contents: dict[str, bytes]) -> dict[str, bytes]:
    return {name.upper(): content for name, content in contents.items()}


def _absolute(contents: dict[str, bytes]) -> dict[str, bytes]:
    links = parts.links(("worksheet", "/xl/worksheets/sheet1.xml"), ("styles", "/xl/styles.xml"))
    return {**contents, parts.LINKS: links.encode()}


def _elsewhere(contents: dict[str, bytes]) -> dict[str, bytes]:
    """Every part under another name; where the usual readers look there are parts of other cells and formats."""
    moved = {
        parts.TYPES: contents[parts.TYPES],
        parts.ROOT_LINKS: parts.links(("officeDocument", "book/main.xml")).encode(),
        "book/main.xml": contents[parts.BOOK],
        "book/_rels/main.xml.rels": parts.links(("worksheet", "../cells/一.xml"), ("styles", "looks.xml")).encode(),
        "cells/一.xml": contents[parts.SHEET],
        "book/looks.xml": contents[parts.STYLES],
    }
    decoy = contents[parts.SHEET].replace(b"3200.5", b"9")
    return {**moved, parts.SHEET: decoy, parts.STYLES: parts.styles().encode(), parts.BOOK: contents[parts.BOOK]}


def _in_utf_16(contents: dict[str, bytes]) -> dict[str, bytes]:
    head = '<?xml version="1.0" encoding="UTF-16"?>'
    return {name: content if name == parts.TYPES else (head + content.decode()).encode("utf-16")
            for name, content in contents.items()}  # fmt: skip


def _prefixed(contents: dict[str, bytes]) -> dict[str, bytes]:
    sheet = contents[parts.SHEET].decode().replace("</", "</x:").replace("<", "<x:").replace("<x:/x:", "</x:")
    return {**contents, parts.SHEET: sheet.replace("xmlns=", "xmlns:x=").encode()}


def _with_comments(contents: dict[str, bytes]) -> dict[str, bytes]:
    sheet = contents[parts.SHEET].replace(b"<v>3200.5</v>", b"<v>32<!-- a note -->00&#46;5</v>")
    sheet = sheet.replace(b"<v>5100</v>", b"<v><![CDATA[5100]]></v>").replace(b"<c r", b"<!-- <c r='A1'/> --><c r")
    return {**contents, parts.SHEET: sheet}


@pytest.mark.parametrize(
    "change",
    [_of_windows, _small_content_types, _shouting, _absolute, _elsewhere, _in_utf_16, _prefixed, _with_comments],
)
def test_parts_are_read_whatever_they_are_called_and_however_they_are_written(change, tmp_path, sqlite_engine):
    rows = firm(*FIGURES, number(0.125, style=1), more_headings=(DEBT,))
    path = packed(tmp_path / "form.xlsx", change(parts_of(rows, "0.0%")))
    assert tried(sqlite_engine, path) == {**MEANT, "debt_ratio_stated": 0.125}


def test_buttons_on_a_sheet_change_nothing(tmp_path, sqlite_engine):
    anchor = "<from><d:col>1</d:col><d:row>5</d:row></from><to><d:col>2</d:col><d:row>6</d:row></to>"
    after = (
        '<mc:AlternateContent xmlns:mc="http://schemas.openxmlformats.org/markup-compatibility/2006" '
        'xmlns:d="http://schemas.openxmlformats.org/drawingml/2006/spreadsheetDrawing">'
        '<mc:Choice Requires="x14"><controls>'
        f'<control shapeId="1"><controlPr><anchor>{anchor}</anchor></controlPr></control></controls></mc:Choice>'
        "</mc:AlternateContent>"
    )
    assert tried(sqlite_engine, packed(tmp_path / "form.xlsx", parts_of(firm(*FIGURES), after=after))) == MEANT


def test_a_strict_workbook_is_read_and_its_days_are_days(tmp_path, sqlite_engine):
    names = ["统一社会信用代码", "年度", "企业名称", "注册成立日期"]
    day = '<c t="d"><v>2015-03-05T00:00:00Z</v></c>'
    cells = [[text(name) for name in names], [text(LOTUS), number(2023), text("莲芯（虚构）"), day]]
    rows = "".join(parts.lettered(row, at) for at, row in enumerate(cells, start=1))
    contents = parts_of(
        rows,
        main="http://purl.oclc.org/ooxml/spreadsheetml/main",
        relations="http://purl.oclc.org/ooxml/officeDocument/relationships",
    )
    contents[parts.BOOK] = contents[parts.BOOK].replace(FINANCE.encode(), "企业基本信息".encode())
    known = tried(sqlite_engine, packed(tmp_path / "form.xlsx", contents))
    assert known["registered_on"].date() == date(2015, 3, 5)


def test_an_empty_shared_text_keeps_its_place(tmp_path, sqlite_engine):
    contents = parts_of(firm(*FIGURES).replace(text(LOTUS).replace("<c", '<c r="A2"'), '<c r="A2" t="s"><v>2</v></c>'))
    item = f"<si><r><t>{LOTUS[:9]}</t></r><r><t>{LOTUS[9:]}</t></r><rPh sb='0' eb='1'><t>lian</t></rPh></si>"
    contents["xl/texts.xml"] = (
        f'<sst xmlns="{parts.MAIN}" uniqueCount="999999999999"><si/><si><t/></si>{item}</sst>'.encode()
    )
    links = parts.links(
        ("worksheet", "worksheets/sheet1.xml"), ("styles", "styles.xml"), ("sharedStrings", "texts.xml")
    )
    contents[parts.LINKS] = links.encode()
    assert tried(sqlite_engine, packed(tmp_path / "form.xlsx", contents)) == MEANT


C2 = '<c r="C2"><v>3200.5</v></c>'
BROKEN = {
    "a cell twice": C2 + '<c r="C2"><v>9</v></c>',
    "cells out of order": C2 + '<c r="A2"><v>9</v></c>',
    "a place in row 0": '<c r="C0"><v>1</v></c>',
    "a column that does not exist": '<c r="AAAA2"><v>1</v></c>',
    "a column in small letters": '<c r="c2"><v>1</v></c>',
    "a place in another row": '<c r="C7"><v>1</v></c>',
    "two values": '<c r="C2"><v>1</v><v>2</v></c>',
    "a text that is not there": '<c r="C2" t="s"><v>9</v></c>',
    "a format that is not there": '<c r="C2" s="7"><v>0.1</v></c>',
    "a type that is none": '<c r="C2" t="zz"><v>1</v></c>',
    "words for a number": '<c r="C2"><v>abc</v></c>',
    "a number of other digits": '<c r="C2"><v>１２</v></c>',
    "a value in an element of its own": '<c r="C2"><v><w>1</w></v></c>',
    "a choice between two cells": f"<AlternateContent>{C2}</AlternateContent>",
}


@pytest.mark.parametrize("name", BROKEN)
def test_a_cell_that_two_programs_would_read_otherwise_gets_a_letter(name, tmp_path, sqlite_engine):
    contents = parts_of(firm(*FIGURES))
    assert C2.encode() in contents[parts.SHEET]
    contents[parts.SHEET] = contents[parts.SHEET].replace(C2.encode(), BROKEN[name].encode())
    [(kind, sheet, _cell)] = tried(sqlite_engine, packed(tmp_path / "form.xlsx", contents))
    assert (kind, sheet) == ("broken_workbook", FINANCE)


ROWS = {
    "rows out of order": parts.row(number(1, "A5"), 5) + parts.row(number(1, "A4"), 4),
    "a row twice": parts.row(number(1, "A5"), 5) * 2,
    "a row before the first": '<row r="-1"><c><v>1</v></c></row>',
    "a row after the last": '<row r="1048577"><c><v>1</v></c></row>',
    "a row beyond all counting": '<row r="99999999999999999999"><c><v>1</v></c></row>',
}


@pytest.mark.parametrize("name", ROWS)
def test_rows_that_are_not_in_order_get_a_letter(name, tmp_path, sqlite_engine):
    path = packed(tmp_path / "form.xlsx", parts_of(firm(*FIGURES) + ROWS[name]))
    [(kind, sheet, _cell)] = tried(sqlite_engine, path)
    assert (kind, sheet) == ("broken_workbook", FINANCE)


@pytest.mark.parametrize("dimension", ["A1:XFD1048576", "zzz", "A1:A99999999999999999999", ""])
def test_what_a_sheet_says_of_its_own_size_changes_nothing(dimension, tmp_path, sqlite_engine):
    contents = parts_of(firm(*FIGURES))
    sheet = contents[parts.SHEET].replace(b"<sheetData>", f'<dimension ref="{dimension}"/><sheetData>'.encode())
    assert tried(sqlite_engine, packed(tmp_path / "form.xlsx", {**contents, parts.SHEET: sheet})) == MEANT


def test_a_part_twice_in_the_package_gets_a_letter(tmp_path, sqlite_engine):
    contents = parts_of(firm(*FIGURES))
    path = packed(tmp_path / "form.xlsx", {**contents, "XL\\worksheets/Sheet1.xml": contents[parts.SHEET]})
    assert tried(sqlite_engine, path) == [("file", None, None)]


@pytest.mark.parametrize("part", ["word/document.xml", "xl/workbook.bin"])
def test_a_package_of_another_kind_is_called_so(part, tmp_path, sqlite_engine):
    contents = {
        parts.TYPES: b"<Types/>",
        parts.ROOT_LINKS: parts.links(("officeDocument", part)).encode(),
        part: b"<document/>" if part.endswith("xml") else b"\x83\x01\x00",
    }
    path = packed(tmp_path / "form.xlsx", contents)
    with pytest.raises(FileNotStored) as refused:
        importing.import_returns(sqlite_engine, ImportRequest.of(path, "city", by="t", now=NOW, today=TODAY))
    assert "a package of another kind" in refused.value.listed[0].message.in_language(ENGLISH)


def test_styles_that_the_workbook_does_not_name_get_a_letter(tmp_path, sqlite_engine):
    contents = parts_of(firm(*FIGURES, number(0.125, style=1), more_headings=(DEBT,)), "0.0%")
    contents[parts.LINKS] = parts.links(("worksheet", "worksheets/sheet1.xml")).encode()
    assert tried(sqlite_engine, packed(tmp_path / "form.xlsx", contents)) == [("broken_workbook", None, None)]


def _spoilt_style(path: Path, old: bytes, new: bytes) -> Path:
    """The form after its style part was changed so that openpyxl cannot read it."""
    with zipfile.ZipFile(path) as package:
        contents = {name: package.read(name) for name in package.namelist()}
    assert old in contents[parts.STYLES]
    return packed(path, {**contents, parts.STYLES: contents[parts.STYLES].replace(old, new, 1)})


STYLES = {
    "an empty fill": (b"<fill><patternFill /></fill>", b"<fill/>"),
    "a colour with a hash": (b'<color theme="1" />', b'<color rgb="#FFFFFF"/>'),
    "a font of no size": (b'<sz val="11" />', b'<sz val="eleven"/>'),
    "a border of an unknown kind": (b"<left />", b'<left style="wavy"/>'),
}


@pytest.mark.parametrize("name", STYLES)
def test_a_style_that_cannot_be_copied_leaves_a_plain_copy_with_the_same_red_cells(name, tmp_path, sqlite_engine):
    path = _spoilt_style(write(tmp_path / "form.xlsx", C2="约3200"), *STYLES[name])
    assert tried(sqlite_engine, path, tmp_path / "out") == [("not_a_number", FINANCE, "C2")]
    copy = openpyxl.load_workbook(tmp_path / "out" / "form-mended.xlsx")
    assert copy[FINANCE]["C2"].fill.fgColor.rgb == RED
    assert copy[FINANCE]["C3"].value == good()[FINANCE][2][2]
    assert copy[LIST_SHEET]["C2"].value == "C2"


@pytest.mark.parametrize("name", STYLES)
def test_a_good_file_with_such_a_style_is_stored_with_its_finding(name, tmp_path, sqlite_engine):
    rows = good()
    rows[FINANCE][1][3] = 21_000_000  # a profit far above the revenue
    path = _spoilt_style(write(tmp_path / "form.xlsx", rows), *STYLES[name])
    request = ImportRequest.of(path, "city", by="t", now=NOW, today=TODAY, annotated_dir=tmp_path / "out")
    report = importing.import_returns(sqlite_engine, request)
    assert report.import_id is not None
    assert report.warnings
    assert report.annotated is not None
    assert report.annotated.exists()


def test_a_plain_copy_handed_in_again_means_the_same(tmp_path, sqlite_engine):
    """What its number formats say is not lost with the others."""

    def edit(book: Any) -> None:
        sheet = book[FINANCE]
        sheet["F1"], sheet["F3"], sheet["C2"] = DEBT, 0.125, "约3200"
        sheet["F3"].number_format = "0.0%"
        sheet["E3"], sheet["E3"].number_format = 56_000_000, '0!.0,"万"'

    path = _spoilt_style(edited(tmp_path / "form.xlsx", edit), *STYLES["an empty fill"])
    assert tried(sqlite_engine, path, tmp_path / "out") == [("not_a_number", FINANCE, "C2")]
    copy = tmp_path / "out" / "form-mended.xlsx"
    book = openpyxl.load_workbook(copy)
    book[FINANCE]["C2"] = 3200.5
    book.save(copy)
    importing.import_returns(sqlite_engine, ImportRequest.of(copy, "city", by="t", now=NOW, today=TODAY))
    known = facts.as_known_on(sqlite_engine, TODAY).loc[(LOTUS, 2023)]
    assert (known["debt_ratio_stated"], known["total_assets_cny"]) == (0.125, 56_000_000)


@pytest.mark.parametrize("fate", ["a problem", "a finding"])
def test_a_copy_that_cannot_be_made_at_all_is_said_in_one_sentence(fate, tmp_path, sqlite_engine, monkeypatch):
    def fail(*_given: Any) -> bytes:
        raise RecursionError

    monkeypatch.setattr(annotated_workbook, "_in_own_formats", fail)
    monkeypatch.setattr(annotated_workbook, "_plain", fail)
    rows = good()
    rows[FINANCE][1][3] = "约" if fate == "a problem" else 21_000_000
    path = write(tmp_path / "form.xlsx", rows)
    request = ImportRequest.of(path, "city", by="t", now=NOW, today=TODAY, annotated_dir=tmp_path / "out")
    if fate == "a finding":
        report = importing.import_returns(sqlite_engine, request)
        assert (report.import_id, report.annotated) == (1, None)
        assert "RecursionError" in report.notices[-1].in_language(CHINESE)
    else:
        with pytest.raises(FileNotStored) as refused:
            importing.import_returns(sqlite_engine, request)
        assert (refused.value.refusal, refused.value.annotated) == ("R1", None)
        assert refused.value.not_copied is not None


def test_a_folder_that_cannot_be_written_into_does_not_lose_the_refusal(tmp_path, sqlite_engine):
    (tmp_path / "out").write_text("a file where the folder should be")
    path = write(tmp_path / "form.xlsx", C2="约3200")
    assert tried(sqlite_engine, path, tmp_path / "out") == [("not_a_number", FINANCE, "C2")]


@pytest.mark.parametrize(
    "after",
    [
        '<mergeCells><mergeCell ref="H1:H1048576"/></mergeCells>',
        '<hyperlinks><hyperlink ref="H1:H1048576" location="A1"/></hyperlinks>',
        '<hyperlinks><hyperlink ref="A1:XFD1048576" location="A1"/></hyperlinks>',
        '<hyperlinks><hyperlink ref="H:XFD" location="A1"/></hyperlinks>',
    ],
)
def test_a_column_merged_or_linked_to_the_end_comes_back_marked_in_seconds(after, tmp_path, sqlite_engine):
    begun = time.process_time()
    path = packed(tmp_path / "form.xlsx", parts_of(firm(text("约3200"), *FIGURES[1:]), after=after))
    assert tried(sqlite_engine, path, tmp_path / "out") == [("not_a_number", FINANCE, "C2")]
    assert openpyxl.load_workbook(tmp_path / "out" / "form-mended.xlsx")[FINANCE]["C2"].fill.fgColor.rgb == RED
    assert time.process_time() - begun < 5


def test_a_hundred_thousand_styled_empty_rows_take_no_memory_and_no_time(tmp_path, sqlite_engine):
    """The kind has a million; a tenth of it is enough to see that nothing is kept of them."""
    empty = "".join(
        parts.row("".join(f"<c r='{letter}{at}' s='1'/>" for letter in "FGHIJ"), at) for at in range(4, 100_004)
    )
    rows = firm(*FIGURES, number(0.1, style=1), more_headings=(DEBT,))
    path = packed(tmp_path / "form.xlsx", parts_of(rows + empty, "0.00%"))
    begun, before = time.process_time(), resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    assert tried(sqlite_engine, path) == {**MEANT, "debt_ratio_stated": 0.1}
    assert time.process_time() - begun < 5
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 100_000  # kB


@pytest.mark.real_data
@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ("04-cells-without-references/no-references.xlsx", WRONG_FORMULAS),
        ("05-single-quoted-xml/single-quotes.xlsx", WRONG_FORMULAS),
        ("05-single-quoted-xml/single-quotes-far-cell.xlsx", [("far_cell", FINANCE, "XFD1048576")]),
        ("09-mended-crash/colour-with-hash.xlsx", [("not_a_number", FINANCE, "C2")]),
        ("09-mended-crash/empty-fill-one-problem.xlsx", [("not_a_number", FINANCE, "C2")]),
        ("11-column-merged-to-the-end/mergecol.xlsx", [("not_a_number", FINANCE, "C2")]),
        ("07-percent-wide-space/percent-wide-space.xlsx",
         {**MEANT, "debt_ratio_stated": 0.425, "net_margin_stated": 0.066}),
        ("08-shown-in-wan/scaled.xlsx",
         {"revenue_cny": 8_765_432, "net_profit_cny": 432_100, "total_assets_cny": 21_098_765}),
        ("12-windows-separators/backslash.xlsx", None),
        ("12-windows-separators/lower-case-content-types.xlsx", None),
    ],
)  # fmt: skip
def test_each_given_workbook_comes_out_as_expected(given, expected, tmp_path, sqlite_engine, real_data):
    known = tried(sqlite_engine, real_data / "wild" / given, tmp_path)
    if expected is None:
        assert (known["revenue_cny"], known["staff"]) == (41_002_500, 52)
        assert len(facts.as_known_on(sqlite_engine, TODAY)) == 3
    else:
        assert known == expected
