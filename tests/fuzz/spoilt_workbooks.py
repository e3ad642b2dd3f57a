"""Good workbooks and ways to spoil them: attributes, places, texts, types, parts, names, bytes."""

import io
import re
import zipfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

import openpyxl

from tests.pipeline.intake.workbooks import FINANCE, HEADINGS, LOTUS, good

SHEET = "xl/worksheets/sheet1.xml"
_LINKS = "xl/_rels/workbook.xml.rels"
_STRICT = {
    b"http://schemas.openxmlformats.org/spreadsheetml/2006/main": b"http://purl.oclc.org/ooxml/spreadsheetml/main",
    b"http://schemas.openxmlformats.org/officeDocument/2006/relationships": (
        b"http://purl.oclc.org/ooxml/officeDocument/relationships"
    ),
}
_VALUES = [
    "", "0", "1", "-1", "2", "3", "9", "164", "99999", "1048576", "1048577", "4294967295", "4294967296",
    "1e3", "1E999", "nan", "١", "１２", "1_0", " 7 ", "0x10", "A1", "B2", "C2", "D3", "A0", "AA1", "XFD1",
    "XFD1048576", "XFE1", "AAAA1", "a1", "$B$2", "A1:B2", "C2:C1048576", "A1:XFD1048576", "b", "d", "e", "n",
    "s", "str", "inlineStr", "zz", "true", "false", "2023-03-05", "2015-03-05T00:00:00Z",
    "2015-03-05T23:30:00Z", "2023-13-45", "#DIV/0!", "#N/A", "#ODD!", "0.00%", "#,##0,", "0!.0,&quot;万&quot;",
    "0.0_%", "yyyy-mm-dd", ";;;", "[&lt;1]0%;0", "&#65;1", "&#50;", "&amp;", "&lt;", "rId1", "rId2", "rId9",
    "hidden", "worksheets/sheet2.xml", "/xl/worksheets/sheet1.xml", "..\\worksheets\\sheet1.xml", "preserve",
    "中文", "_x0031_", "_xD83D_", "99999999999999999999", "-0", "1.5", ".5", "5.", "+4", "1,5",
]  # fmt: skip
_ATTRIBUTE = re.compile(r"""\s([\w:]+)=("[^"]*"|'[^']*')""")
_TAG = re.compile(r"<[^<>]*>")
_BETWEEN = re.compile(r">([^<>]+)<")
_ELEMENT = re.compile(
    r"<(c|row|v|f|is|t|xf|numFmt|sheet|Relationship|si|mergeCell)\b[^<>]*?(?:/>|>.*?</\1>)", re.DOTALL
)

Choose = Callable[[int], int]  # a number below the one given


@dataclass
class Parts:
    """The parts of a package by name, and names that stand in it a second time."""

    contents: dict[str, bytes]
    again: list[tuple[str, bytes]] = field(default_factory=list)

    def packed(self) -> bytes:
        file = io.BytesIO()
        with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as package:
            for name, content in [*self.contents.items(), *self.again]:
                package.writestr(name, content)
        return file.getvalue()


def bases() -> list[Parts]:
    """The good form in the shapes that programs write: as openpyxl does, without places, in single quotes, strict."""
    usual = _unpacked(_form())
    sheet = usual.contents[SHEET]
    bare = re.sub(rb'<(row|c) r="[A-Z0-9]+"', rb"<\1", sheet)
    single = re.sub(rb'="([^"]*)"', rb"='\1'", sheet)
    strict = dict(usual.contents)
    for old, new in _STRICT.items():
        strict = {name: content.replace(old, new) for name, content in strict.items()}
    days = re.sub(rb'<c r="C2"[^>]*><v>[^<]*</v>', b'<c r="C2" t="d"><v>2015-03-05T00:00:00</v>', sheet)
    prefixed = re.sub(rb"<(/?)(\w)", rb"<\1x:\2", sheet).replace(b"xmlns=", b"xmlns:x=")
    kinds = [sheet, bare, single, days, prefixed]
    return [Parts({**usual.contents, SHEET: kind}) for kind in kinds] + [Parts(strict), _with_shared_texts(usual)]


def _with_shared_texts(usual: Parts) -> Parts:
    """The texts of the first sheet in a part of their own, with runs and a guide to pronunciation, as Excel writes."""
    texts: list[bytes] = []

    def shared(found: re.Match[bytes]) -> bytes:
        texts.append(found[2])
        return b'<c%s t="s"><v>%d</v></c>' % (found[1], len(texts) - 1)

    sheet = re.sub(rb'<c([^>]*?) t="inlineStr"><is><t>(.*?)</t></is></c>', shared, usual.contents[SHEET])
    items = [b"<si><t>%s</t></si>" % text for text in texts]
    items[1] = b"<si><r><t>%s</t></r><r><rPr><b/></rPr><t/></r><rPh sb='0' eb='1'><t>x</t></rPh></si>" % texts[1]
    space = b"http://schemas.openxmlformats.org/spreadsheetml/2006/main"
    count = len(texts)
    part = b'<sst xmlns="%s" count="%d" uniqueCount="%d">%s</sst>' % (space, count, count, b"".join(items))
    links = usual.contents[_LINKS]
    kind = b"http://schemas.openxmlformats.org/officeDocument/2006/relationships/sharedStrings"
    link = b'<Relationship Type="%s" Target="sharedStrings.xml" Id="rId9"/></Relationships>' % kind
    links = links.replace(b"</Relationships>", link)
    return Parts({**usual.contents, SHEET: sheet, _LINKS: links, "xl/sharedStrings.xml": part})


def spoilt(parts: Parts, choose: Choose) -> bytes:
    """A package with one to four things changed."""
    parts = Parts(dict(parts.contents))
    for _time in range(1 + choose(4)):
        _WAYS[choose(len(_WAYS))](parts, choose)
    packed = parts.packed()
    return _spoilt_bytes(packed, choose) if choose(20) == 0 else packed


def _form() -> bytes:
    sheets = good()
    sheets[FINANCE][0] = [*HEADINGS[FINANCE], "资产负债率（填报）（%）", "注册成立日期"]
    for row, more in zip(sheets[FINANCE][1:], ([0.125, date(2015, 3, 5)], [42.5, None], [True, "说明"]), strict=True):
        row += more
    book = openpyxl.Workbook()
    book.remove(book.worksheets[0])
    for name, rows in sheets.items():
        sheet = book.create_sheet(name)
        for values in rows:
            sheet.append(values)
    first = book.worksheets[0]
    first["F2"].number_format, first["F3"].number_format = "0.0%", "0.0_%"
    first["E2"].number_format, first["D3"].number_format = '0!.0,"万"', "#,##0.00;[Red](#,##0.00)"
    first["A6"], first["C6"] = LOTUS, "=C2+1"
    first["H9"] = "备注"
    first.merge_cells("H9:I9")
    file = io.BytesIO()
    book.save(file)
    return file.getvalue()


def _unpacked(packed: bytes) -> Parts:
    with zipfile.ZipFile(io.BytesIO(packed)) as package:
        return Parts({name: package.read(name) for name in package.namelist()})


def _one_of(choices: Sequence[Any], choose: Choose) -> Any:
    return choices[choose(len(choices))]


def _a_part(parts: Parts, choose: Choose) -> str:
    """Mostly a sheet; else any part that is read."""
    names = [name for name in parts.contents if re.search(r"sheet1|styles|Strings|workbook\.xml|\.rels", name)]
    if SHEET in parts.contents and choose(3):
        return SHEET
    return str(_one_of(names or list(parts.contents), choose))


def _text_changed(change: Callable[[str, Choose], str]) -> Callable[[Parts, Choose], None]:
    def way(parts: Parts, choose: Choose) -> None:
        if parts.contents:
            name = _a_part(parts, choose)
            text = parts.contents[name].decode("utf-8", "surrogateescape")
            parts.contents[name] = change(text, choose).encode("utf-8", "surrogateescape")

    return way


def _at(text: str, pattern: re.Pattern[str], choose: Choose) -> re.Match[str] | None:
    found = list(pattern.finditer(text))
    return _one_of(found, choose) if found else None


def _attribute(text: str, choose: Choose) -> str:
    found = _at(text, _ATTRIBUTE, choose)
    if found is None:
        return text
    name, value = found[1], found[2][1:-1]
    new = _one_of(
        [
            "",
            f" {name}='{value}'",
            f' {name}="{_one_of(_VALUES, choose)}"',
            f' {name}="{_one_of(_VALUES, choose)}"',
            f' x:{name}="{value}"',
            f'{found[0]} {name}="{_one_of(_VALUES, choose)}"',
            f' {name} = "{value}" ',
            f' {name}="&#{ord(value[0])};{value[1:]}"' if value else "",
        ],
        choose,
    )
    return text[: found.start()] + new + text[found.end() :]


def _value(text: str, choose: Choose) -> str:
    found = _at(text, _BETWEEN, choose)
    if found is None:
        return text
    old = found[1]
    half = len(old) // 2
    new = _one_of(
        [
            _one_of(_VALUES, choose),
            "",
            f"<![CDATA[{old}]]>",
            f"{old[:half]}<!-- -->{old[half:]}",
            f"{old[:half]}<?x y?>{old[half:]}",
            "".join(f"&#{ord(letter)};" for letter in old),
            f" {old}\n",
            f"{old[:half]}<![CDATA[{old[half:]}]]>",
            f"<x>{old}</x>",
        ],
        choose,
    )
    return text[: found.start(1)] + new + text[found.end(1) :]


def _element(text: str, choose: Choose) -> str:
    found = _at(text, _ELEMENT, choose)
    if found is None:
        return text
    whole, name = found[0], found[1]
    new = _one_of(
        [
            "",
            whole * 2,
            f"<!-- {name} -->{whole}",
            f"<extLst>{whole}</extLst>",
            f"<mc:AlternateContent xmlns:mc='m'>{whole}</mc:AlternateContent>",
            f"{whole}<{name}/>",
            f"<{name}>{whole}</{name}>",
            whole.replace(f"<{name}", f"<y:{name} xmlns:y='other'", 1).replace(f"</{name}>", f"</y:{name}>"),
            whole.replace(f"<{name}", f"<{name.upper()}", 1),
        ],
        choose,
    )
    return text[: found.start()] + new + text[found.end() :]


def _two_elements(text: str, choose: Choose) -> str:
    one, other = _at(text, _ELEMENT, choose), _at(text, _ELEMENT, choose)
    if one is None or other is None or one.end() > other.start():
        return text
    return text[: one.start()] + other[0] + text[one.end() : other.start()] + one[0] + text[other.end() :]


def _tag(text: str, choose: Choose) -> str:
    found = _at(text, _TAG, choose)
    if found is None:
        return text
    return text[: found.start()] + _one_of(["", found[0] * 2, found[0] + "\n  "], choose) + text[found.end() :]


def _doctype(text: str, choose: Choose) -> str:
    declared = "<!DOCTYPE x [<!ENTITY a '1'>]>"
    begin = text.find("<", text.find("?>") + 1)
    return text[:begin] + declared + text[begin:].replace("</v>", "&a;</v>", choose(3))


def _bytes_of_part(parts: Parts, choose: Choose) -> None:
    if parts.contents:
        name = _a_part(parts, choose)
        parts.contents[name] = _spoilt_bytes(parts.contents[name], choose)


def _spoilt_bytes(content: bytes, choose: Choose) -> bytes:
    at = choose(len(content) + 1)
    return bytes(
        _one_of(
            [
                content[:at],
                content[:at] + bytes([choose(256)]) + content[at + 1 :],
                content[:at] + content[at + 1 + choose(40) :],
                content[:at] + content[at - choose(40) : at] + content[at:],
            ],
            choose,
        )
    )


def _encoding(parts: Parts, choose: Choose) -> None:
    name = _a_part(parts, choose)
    text = parts.contents[name].decode("utf-8", "replace")
    text = re.sub(r"^<\?xml[^>]*\?>", "", text)
    encoding = _one_of(["utf-16", "utf-16-le", "utf-8-sig", "latin-1", "gb18030", "ascii", "utf-32"], choose)
    said = _one_of([encoding, "UTF-16", "UTF-8", "x-none"], choose)
    parts.contents[name] = f'<?xml version="1.0" encoding="{said}"?>{text}'.encode(encoding, "replace")


def _name(parts: Parts, choose: Choose) -> None:
    name = _a_part(parts, choose)
    content = parts.contents.pop(name)
    new = _one_of(
        [
            name.replace("/", "\\"),
            name.upper(),
            "/" + name,
            name.replace("xl/", "XL/"),
            name + "x",
            "",
            name.replace("sheet1", "sheet7"),
        ],
        choose,
    )
    if new:
        parts.contents[new] = content


def _again(parts: Parts, choose: Choose) -> None:
    name = _a_part(parts, choose)
    other = _attribute(parts.contents[name].decode("utf-8", "replace"), choose).encode()
    parts.again.append((_one_of([name, name.upper(), name.replace("/", "\\")], choose), other))


def _contents_of_another(parts: Parts, choose: Choose) -> None:
    one, other = _a_part(parts, choose), _a_part(parts, choose)
    parts.contents[one], parts.contents[other] = parts.contents[other], parts.contents[one]


_WAYS: list[Callable[[Parts, Choose], None]] = [
    *[_text_changed(_attribute)] * 6,
    *[_text_changed(_value)] * 5,
    *[_text_changed(_element)] * 4,
    _text_changed(_two_elements),
    _text_changed(_tag),
    _text_changed(_doctype),
    _bytes_of_part,
    _encoding,
    _name,
    _again,
    _contents_of_another,
]
