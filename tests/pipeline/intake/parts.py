"""Workbooks by their parts, written by hand: what no spreadsheet library would write."""

import zipfile
from pathlib import Path

from tests.pipeline.intake.workbooks import FINANCE, HEADINGS, LOTUS

MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
RELATIONS = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_PACKAGE = "http://schemas.openxmlformats.org/package/2006"
SHEET, STYLES, BOOK = "xl/worksheets/sheet1.xml", "xl/styles.xml", "xl/workbook.xml"
LINKS, ROOT_LINKS, TYPES = "xl/_rels/workbook.xml.rels", "_rels/.rels", "[Content_Types].xml"


def text(value: str, place: str | None = None) -> str:
    """A cell that holds a text."""
    return f"<c{_r(place)} t='inlineStr'><is><t>{value}</t></is></c>"


def number(value: object, place: str | None = None, style: int | None = None) -> str:
    """A cell that holds a number, in the format `style` of `styles`."""
    return f"<c{_r(place)}{'' if style is None else f' s={chr(34)}{style}{chr(34)}'}><v>{value}</v></c>"


def _r(place: str | None) -> str:
    return "" if place is None else f' r="{place}"'


def row(cells: str, at: int | None = None) -> str:
    return f"<row{_r(None if at is None else str(at))}>{cells}</row>"


def lettered(values: list[str], at: int) -> str:
    """A row of cells (without places) with the places A, B, C … of row `at`."""
    cells = [cell.replace("<c", f'<c r="{chr(65 + place)}{at}"', 1) for place, cell in enumerate(values)]
    return row("".join(cells), at)


def firm(*figures: str, more_headings: tuple[str, ...] = (), placed: bool = True) -> str:
    """The finance sheet's rows: headings, and Lotus's year 2023 with these cells from column C on."""
    rows = [
        [text(heading) for heading in (*HEADINGS[FINANCE], *more_headings)],
        [text(LOTUS), number(2023), *figures],
    ]
    return "".join(lettered(cells, at) if placed else row("".join(cells)) for at, cells in enumerate(rows, start=1))


def sheet(rows: str, after: str = "", main: str = MAIN) -> str:
    return f'<worksheet xmlns="{main}"><sheetData>{rows}</sheetData>{after}</worksheet>'


def styles(*codes: str, main: str = MAIN) -> str:
    """Style 0 is General, style n shows the nth of the codes."""
    formats = "".join(
        f'<numFmt numFmtId="{163 + place}" formatCode="{_quoted(code)}"/>' for place, code in enumerate(codes, start=1)
    )
    cells = "".join(f'<xf numFmtId="{163 + place}"/>' for place in range(1, len(codes) + 1))
    cells = f'<cellXfs><xf numFmtId="0"/>{cells}</cellXfs>'
    return f'<styleSheet xmlns="{main}"><numFmts>{formats}</numFmts>{cells}</styleSheet>'


def _quoted(code: str) -> str:
    return code.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;").replace('"', "&quot;")


def links(*targets: tuple[str, str], relations: str = RELATIONS) -> str:
    """Relationships rId1, rId2 …: of which kind, and to which part."""
    each = "".join(
        f'<Relationship Id="rId{place}" Type="{relations}/{kind}" Target="{target}"/>'
        for place, (kind, target) in enumerate(targets, start=1)
    )
    return f'<Relationships xmlns="{_PACKAGE}/relationships">{each}</Relationships>'


def parts_of(rows: str, *codes: str, after: str = "", main: str = MAIN, relations: str = RELATIONS) -> dict[str, bytes]:
    """The parts of a workbook of one sheet, called as usual."""
    book = (
        f'<workbook xmlns="{main}" xmlns:r="{relations}"><sheets>'
        f'<sheet name="{FINANCE}" sheetId="1" r:id="rId1"/></sheets></workbook>'
    )
    contents = {
        TYPES: f'<Types xmlns="{_PACKAGE}/content-types"/>',
        ROOT_LINKS: links(("officeDocument", BOOK), relations=relations),
        BOOK: book,
        LINKS: links(("worksheet", "worksheets/sheet1.xml"), ("styles", "styles.xml"), relations=relations),
        SHEET: sheet(rows, after, main),
        STYLES: styles(*codes, main=main),
    }
    return {name: content.encode() for name, content in contents.items()}


def packed(path: Path, parts: dict[str, bytes]) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as package:
        for name, content in parts.items():
            package.writestr(name, content)
    return path
