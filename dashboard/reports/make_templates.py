"""Make the templates of the pools' papers, so that they can be reviewed as text.

Run as python -m dashboard.reports.make_templates. The form is that of GB/T 9704-2012: A4, a type area of 156 by 225
mm, the title in 方正小标宋 二号, the body in 仿宋 三号 with 28 points a line, page numbers as — 1 —. A number of the
document is never invented: it stays blank. The special report and the visit sheet, each of one page, are set closer.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from docx import Document
from docx.enum.table import WD_TABLE_ALIGNMENT
from docx.enum.text import WD_ALIGN_PARAGRAPH, WD_BREAK, WD_LINE_SPACING
from docx.oxml import OxmlElement
from docx.oxml.ns import qn
from docx.shared import Mm, Pt, RGBColor

from dashboard.reports.paper_templates import TEMPLATES

_TITLE, _BODY, _HEAD, _PAGE = "方正小标宋简体", "仿宋_GB2312", "黑体", "宋体"
_TWO, _THREE, _FOUR, _FIVE = Pt(22), Pt(16), Pt(14), Pt(10.5)  # 二号, 三号, 四号, 五号
_SMALL_FIVE = Pt(9)  # 小五
_LINE, _SIGN = Pt(28), Pt(16)
_FIRM = ("{{企业.序号}}", "{{企业.企业名称}}", "{{企业.统一社会信用代码}}", "{{企业.所在区县}}")
_FIRM_HEADS = ("序号", "企业名称", "统一社会信用代码", "所在区县")


def decision() -> Any:
    document = _page()
    _red_head(document)
    _title(document, "关于公布上市后备企业“种子库”“金种子库”入库企业名单的通知")
    _body(document, "各县（市、区）人民政府，市有关单位，各有关企业：", indent=False)
    _body(
        document,
        "根据我市上市后备企业“种子库”“金种子库”管理有关规定，经{{评审日期}}评审{% if 已征求意见 %}、征求有关"
        "部门意见{% endif %}{% if 已公示 %}、公示{% endif %}，现将入库企业名单予以公布：本次列入“金种子库”企业"
        "{{金种子库家数}}家，列入“种子库”企业{{种子库家数}}家{% if 调出家数 %}，调出{{调出家数}}家{% endif %}。",
    )
    _body(
        document,
        "请各地、各有关单位加强对入库企业的上市培育和服务。入库企业应如实报送经营和上市推进情况，发生重大变化的及时报告。",
    )
    _body(document, "附件：上市后备企业“种子库”“金种子库”企业名单")
    _signed(document)
    document.add_page_break()
    _annex(document)
    return document


def the_list() -> Any:
    document = _page()
    _annex(document)
    return document


def opinion() -> Any:
    document = _page()
    _red_head(document)
    _title(document, "关于征求上市后备企业“种子库”“金种子库”拟入库企业意见的函")
    _body(document, "{{部门}}：", indent=False)
    _body(
        document,
        "根据我市上市后备企业“种子库”“金种子库”管理有关规定，经{{评审日期}}评审，拟将下列{{家数}}家企业列入调整范围。现就"
        "上述企业近三年在贵单位职责范围内是否存在重大违法违规等不宜入库的情形征求贵单位意见。",
    )
    _body(
        document, "请于{{反馈截止日期}}前书面反馈意见（“无不良记录”“有不良记录”或“无法核实”，有不良记录的请说明情况）。"
    )
    _body(document, "联系人：　　　　　　联系电话：　　　　　　")
    _signed(document)
    document.add_page_break()
    _line(document, "附件", font=_HEAD)
    _title(document, "拟入库企业名单")
    _table(document, "名单", (*_FIRM_HEADS, "反馈意见"), (*_FIRM, ""), (14, 50, 46, 22, 24))
    return document


def notice() -> Any:
    document = _page()
    _title(document, "关于上市后备企业“种子库”“金种子库”拟入库企业名单的公示")
    _body(
        document,
        "根据我市上市后备企业“种子库”“金种子库”管理有关规定，经{{评审日期}}评审，现将{{家数}}家拟调整企业名单予以公示。",
    )
    _body(document, "公示时间：{{公示开始}}至{{公示截止}}（{{工作日数}}个工作日）。")
    _body(
        document,
        "公示期内，任何单位和个人对公示内容有异议的，可以书面形式向{{发文单位}}提出，并说明事实和理由、提供有关材料。以单位名义提出的"
        "应加盖公章，以个人名义提出的应签署真实姓名并留下联系方式。逾期不予受理。",
    )
    _body(document, "地址：　　　　　　　　　　　　")
    _body(document, "联系电话：　　　　　　　　电子邮箱：　　　　　　　　")
    _body(document, "附件：拟入库企业名单")
    _signed(document)
    document.add_page_break()
    _line(document, "附件", font=_HEAD)
    _title(document, "拟入库企业名单")
    _table(document, "名单", (*_FIRM_HEADS, "拟办事项"), (*_FIRM, "{{企业.事项}}"), (14, 50, 44, 20, 28))
    return document


def changes() -> Any:
    document = _page()
    _title(document, "上市后备企业“种子库”“金种子库”变动情况报告")
    _line(document, "（{{起始日}}至{{截止日}}）", align=WD_ALIGN_PARAGRAPH.CENTER)
    _heading(document, "一、总体情况")
    _body(
        document,
        "期初在库企业{{期初家数}}家，期末在库企业{{期末家数}}家，期初、期末均在库{{均在库家数}}家。期间各库变动如下：",
    )
    counts = ("新入库", "晋级", "续期", "降级", "出库")
    row = tuple(f"{{{{统计.{name}}}}}" for name in ("名称", "期初", *counts, "期末"))
    widths = (30, 18, 18, 18, 18, 18, 18, 18)
    _table(document, "分库统计", ("库别", "期初", *counts, "期末"), row, widths, one="统计")
    _body(document, "按区县统计：")
    _table(document, "分区县统计", ("区县", "期初", *counts, "期末"), row, widths, one="统计")
    _heading(document, "二、变动企业及原因")
    _table(
        document,
        "变动名单",
        (*_FIRM_HEADS, "事项", "日期", "原因"),
        (*_FIRM, "{{企业.事项}}", "{{企业.日期}}", "{{企业.原因}}"),
        (13, 28, 27, 16, 18, 20, 34),
    )
    _heading(document, "三、期初、期末均在库企业")
    _table(document, "均在库名单", (*_FIRM_HEADS, "所在库"), (*_FIRM, "{{企业.所在库}}"), (14, 50, 44, 22, 26))
    _signed(document)
    return document


def special_report() -> Any:
    document = _close_page()
    _close_title(document, "上市后备企业培育情况专报")
    _close_line(
        document, "{{发文单位}}　　截至{{截止日期}}（与{{对比日期}}相比）", align=WD_ALIGN_PARAGRAPH.CENTER, space=4
    )
    _close_heading(document, "一、入库和培育情况")
    _close_line(
        document,
        "在库企业{{在库家数}}家：种子库{{种子库家数}}家（{{种子库增减}}），金种子库{{金种子库家数}}家（{{金种子库增减}}）。"
        "在辅导企业{{在辅家数}}家{% if 阶段 %}，其中{% for 一 in 阶段 %}{{一.名称}}{{一.家数}}家（{{一.增减}}）"
        "{% if not loop.last %}、{% endif %}{% endfor %}{% endif %}。",
    )
    _close_line(
        document,
        "上市进程（在库企业／全部企业）：{% for 一 in 进程 %}{{一.名称}}{{一.在库}}／{{一.全部}}家"
        "{% if not loop.last %}、{% endif %}{% endfor %}。",
    )
    _close_heading(document, "二、本月变动")
    _close_line(document, "{%p if not 变动 %}")
    _close_line(document, "没有变动。")
    _close_line(document, "{%p endif %}")
    _close_line(document, "{%p for 一 in 变动 %}")
    _close_line(document, "{{一.事项}}{{一.家数}}家：{{一.企业}}。")
    _close_line(document, "{%p endfor %}")
    _close_heading(document, "三、分区县情况")
    _table(
        document,
        "区县",
        ("区县", "种子库", "金种子库", "在辅导", "逾期事项"),
        ("{{一.名称}}", "{{一.种子库}}", "{{一.金种子库}}", "{{一.在辅}}", "{{一.逾期}}"),
        (54, 31, 31, 31, 31),
        one="一",
        size=_SMALL_FIVE,
    )
    _close_heading(document, "四、重点关注企业")
    _table(
        document,
        "关注企业",
        ("序号", "企业名称", "所在区县", "阶段", "得分", "理由"),
        ("{{一.序号}}", "{{一.企业名称}}", "{{一.所在区县}}", "{{一.阶段}}", "{{一.评分}}", "{{一.理由}}"),
        (11, 46, 16, 18, 11, 76),
        one="一",
        size=_SMALL_FIVE,
    )
    for head, words in (("五、逾期工作", "{{逾期情况}}"), ("六、决定事项", "{{决定情况}}{{待办情况}}")):
        _run(_close_heading(document, f"{head}　"), words, _BODY, _FIVE)
    return document


def visit_sheet() -> Any:
    document = _close_page()
    _close_line(document, "{%p for 表 in 走访表 %}")
    title = _close_line(document, "{% if not loop.first %}", _TITLE, Pt(18), WD_ALIGN_PARAGRAPH.CENTER, space=2)
    title.paragraph_format.line_spacing = Pt(24)
    title.add_run().add_break(WD_BREAK.PAGE)
    _run(title, "{% endif %}企业走访表", _TITLE, Pt(18))
    _form(
        document,
        (
            ("企业名称", "{{表.企业名称}}", "所在区县", "{{表.所在区县}}"),
            ("信用代码", "{{表.统一社会信用代码}}", "所在库", "{{表.所在库}}"),
            (
                "辅导阶段",
                "{{表.阶段}}{% if 表.阶段起始 %}（{{表.阶段起始}}起，{{表.阶段天数}}天）{% endif %}",
                "挂点干部",
                "{{表.挂点干部}}",
            ),
            ("联系人", "{{表.联系人}}", "得分", "{{表.得分}}"),
        ),
    )
    _close_heading(document, "走访理由")
    _close_rows(document, "表.走访理由", "没有特别理由。")
    _close_heading(document, "得分的主要原因")
    _close_line(document, "加分：{{表.加分项}}")
    _close_line(document, "减分：{{表.减分项}}")
    _run(_close_heading(document, "与最适合板块的差距　"), "{{表.最适合板块}}", _BODY, _FIVE)
    _close_rows(document, "表.差距", "")
    _close_heading(document, "未办事项")
    _close_rows(document, "表.未办事项", "没有未办事项。")
    _close_heading(document, "近期走访")
    _close_rows(document, "表.近期走访", "没有走访记录。")
    _close_heading(document, "本次走访")
    _form(
        document,
        (
            ("走访情况", "", "", ""),
            ("下一步工作", "", "", ""),
            ("完成期限", "", "责任人", ""),
            ("走访日期、走访人", "", "企业签字", ""),
        ),
        heights=(46, 22, 10, 12),
        across=2,
    )
    _close_line(document, "{%p endfor %}")
    return document


def _annex(document: Any) -> None:
    """The lists: one a pool, and those who leave."""
    _line(document, "附件", font=_HEAD)
    _title(document, "上市后备企业“种子库”“金种子库”企业名单")
    heads, cells, widths = (*_FIRM_HEADS, "事项"), (*_FIRM, "{{企业.事项}}"), (14, 50, 44, 20, 28)
    for name, words in (("金种子库", "“金种子库”企业"), ("种子库", "“种子库”企业"), ("调出", "调出企业")):
        _line(document, f"{{%p if {name}名单 %}}")
        _heading(document, f"{words}（{{{{{name}家数}}}}家）")
        _table(document, f"{name}名单", heads, cells, widths)
        _line(document, "{%p endif %}")


# --- how it is set ---------------------------------------------------------------------------------


def _page() -> Any:
    document = Document()
    section = document.sections[0]
    section.page_width, section.page_height = Mm(210), Mm(297)
    section.top_margin, section.bottom_margin = Mm(37), Mm(35)
    section.left_margin, section.right_margin = Mm(28), Mm(26)
    section.footer_distance = Mm(28)
    normal = document.styles["Normal"]
    normal.font.name, normal.font.size = _BODY, _THREE
    normal.element.rPr.rFonts.set(qn("w:eastAsia"), _BODY)
    normal.paragraph_format.space_after = Pt(0)
    footer = section.footer.paragraphs[0]
    footer.alignment = WD_ALIGN_PARAGRAPH.CENTER
    _run(footer, "— ", _PAGE, _FOUR)
    _field(_run(footer, "", _PAGE, _FOUR), "PAGE")
    _run(footer, " —", _PAGE, _FOUR)
    return document


def _close_page() -> Any:
    """A page with narrow margins and without a number, for a paper that is to stand on one."""
    document = Document()
    section = document.sections[0]
    section.page_width, section.page_height = Mm(210), Mm(297)
    section.top_margin = section.bottom_margin = Mm(13)
    section.left_margin = section.right_margin = Mm(16)
    normal = document.styles["Normal"]
    normal.font.name, normal.font.size = _BODY, _FIVE
    normal.element.rPr.rFonts.set(qn("w:eastAsia"), _BODY)
    normal.paragraph_format.space_after = Pt(0)
    return document


def _close_title(document: Any, text: str) -> None:
    paragraph = _close_line(
        document, f"{text}{{% if 范围 %}}（{{{{范围}}}}）{{% endif %}}", _TITLE, Pt(18), WD_ALIGN_PARAGRAPH.CENTER
    )
    paragraph.paragraph_format.line_spacing = Pt(26)


def _close_heading(document: Any, text: str) -> Any:
    return _close_line(document, text, _HEAD, space=3)


def _close_rows(document: Any, rows: str, nothing: str) -> None:
    """A line each of `rows`, or what is said where there is none."""
    _close_line(document, f"{{%p for 行 in {rows} %}}")
    _close_line(document, "· {{行}}")
    _close_line(document, "{%p endfor %}")
    if nothing:
        _close_line(document, f"{{%p if not {rows} %}}")
        _close_line(document, nothing)
        _close_line(document, "{%p endif %}")


def _form(document: Any, rows: Sequence[Sequence[str]], heights: Sequence[int] = (), across: int = 0) -> None:
    """A form of four columns, a name before each value; the first `across` rows have one value over all of it. Heights
    in mm, none: as the texts ask."""
    table, widths = document.add_table(rows=len(rows), cols=4), (22, 78, 22, 56)
    table.style, table.alignment, table.autofit = "Table Grid", WD_TABLE_ALIGNMENT.CENTER, False
    for column, width in zip(table.columns, widths, strict=True):
        column.width = Mm(width)
    for number, texts in enumerate(rows):
        for place, text in enumerate(texts):
            cell = table.rows[number].cells[place]
            cell.width = Mm(widths[place])
            _run(cell.paragraphs[0], text, _BODY if place % 2 else _HEAD, _FIVE)
        if heights:
            table.rows[number].height = Mm(heights[number])
        if number < across:
            table.rows[number].cells[1].merge(table.rows[number].cells[3])


def _close_line(
    document: Any, text: str, font: str = _BODY, size: Any = _FIVE, align: Any = None, space: float = 0
) -> Any:
    """A line set close; `space`: points before and after it."""
    paragraph = _line(document, text, font, size, align)
    paragraph.paragraph_format.line_spacing = Pt(14)
    paragraph.paragraph_format.space_before = paragraph.paragraph_format.space_after = Pt(space)
    return paragraph


def _run(paragraph: Any, text: str, font: str, size: Any) -> Any:
    run = paragraph.add_run(text)
    run.font.name, run.font.size = font, size
    run._element.rPr.rFonts.set(qn("w:eastAsia"), font)
    return run


def _field(run: Any, code: str) -> None:
    for kind, text in (("begin", ""), ("", code), ("end", "")):
        part = OxmlElement("w:fldChar" if kind else "w:instrText")
        if kind:
            part.set(qn("w:fldCharType"), kind)
        else:
            part.text = text
        run._element.append(part)


def _line(document: Any, text: str, font: str = _BODY, size: Any = _THREE, align: Any = None) -> Any:
    paragraph = document.add_paragraph()
    paragraph.paragraph_format.line_spacing_rule = WD_LINE_SPACING.EXACTLY
    paragraph.paragraph_format.line_spacing = _LINE
    if align is not None:
        paragraph.alignment = align
    _run(paragraph, text, font, size)
    return paragraph


def _title(document: Any, text: str) -> None:
    """A title, with the district behind it where the paper is of one district's firms alone."""
    paragraph = _line(
        document, f"{text}{{% if 范围 %}}（{{{{范围}}}}）{{% endif %}}", _TITLE, _TWO, WD_ALIGN_PARAGRAPH.CENTER
    )
    paragraph.paragraph_format.line_spacing = Pt(36)
    paragraph.paragraph_format.space_before = paragraph.paragraph_format.space_after = Pt(14)


def _heading(document: Any, text: str) -> None:
    _line(document, text, _HEAD).paragraph_format.first_line_indent = 2 * _SIGN


def _body(document: Any, text: str, indent: bool = True) -> None:
    paragraph = _line(document, text)
    paragraph.alignment = WD_ALIGN_PARAGRAPH.JUSTIFY
    if indent:
        paragraph.paragraph_format.first_line_indent = 2 * _SIGN


def _red_head(document: Any) -> None:
    """The issuing office in red, its number, which stays blank, and the red line below."""
    head = _line(document, "", align=WD_ALIGN_PARAGRAPH.CENTER)
    head.paragraph_format.line_spacing = Pt(48)
    _run(head, "{{发文单位}}", _TITLE, Pt(32)).font.color.rgb = RGBColor(0xE0, 0x00, 0x00)
    number = _line(document, "{{发文字号}}", align=WD_ALIGN_PARAGRAPH.CENTER)
    borders, below = OxmlElement("w:pBdr"), OxmlElement("w:bottom")
    for name, value in (("val", "single"), ("sz", "18"), ("space", "8"), ("color", "E00000")):
        below.set(qn(f"w:{name}"), value)
    borders.append(below)
    number._p.get_or_add_pPr().insert_element_before(
        borders, "w:shd", "w:tabs", "w:suppressAutoHyphens", "w:spacing", "w:ind", "w:jc", "w:rPr"
    )


def _signed(document: Any) -> None:
    _line(document, "")
    for text in ("{{发文单位}}", "{{成文日期}}"):
        _line(document, text, align=WD_ALIGN_PARAGRAPH.RIGHT).paragraph_format.right_indent = 4 * _SIGN


def _table(
    document: Any,
    rows: str,
    heads: Sequence[str],
    cells: Sequence[str],
    widths: Sequence[int],
    one: str = "企业",
    size: Any = _FIVE,
) -> None:
    """A table whose row is repeated for each of `rows`; widths in mm."""
    table = document.add_table(rows=4, cols=len(heads))
    table.style, table.alignment, table.autofit = "Table Grid", WD_TABLE_ALIGNMENT.CENTER, False
    lines = (heads, (f"{{%tr for {one} in {rows} %}}",), cells, ("{%tr endfor %}",))
    for number, texts in enumerate(lines):
        for place, text in enumerate(texts):
            paragraph = table.rows[number].cells[place].paragraphs[0]
            if number == 0:
                paragraph.alignment = WD_ALIGN_PARAGRAPH.CENTER
            _run(paragraph, text, _HEAD if number == 0 else _BODY, size)
        for cell, width in zip(table.rows[number].cells, widths, strict=True):
            cell.width = Mm(width)
        table.rows[number]._tr.get_or_add_trPr().append(OxmlElement("w:cantSplit"))
    for column, width in zip(table.columns, widths, strict=True):
        column.width = Mm(width)
    repeated = OxmlElement("w:tblHeader")
    table.rows[0]._tr.get_or_add_trPr().append(repeated)


#: The file of each template and what makes it.
MADE = {
    "decision": decision,
    "list": the_list,
    "opinion": opinion,
    "notice": notice,
    "changes": changes,
    "special_report": special_report,
    "visit_sheet": visit_sheet,
}


#: How papers are set, for those of other rooms.
page, line, run, body, signed = _page, _line, _run, _body, _signed
TITLE, TWO = _TITLE, _TWO


def write(folder: Path = TEMPLATES) -> None:
    for name, make in MADE.items():
        make().save(str(folder / f"{name}.docx"))


if __name__ == "__main__":
    write()
