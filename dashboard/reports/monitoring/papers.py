"""The monitoring report as PDF, DOCX or XLSX, in the language of its reader: the same tables in each.

pipeline.monitoring.tables ──► papers.py ──► pool_workbooks.py
"""

import io
from collections.abc import Callable, Mapping, Sequence
from html import escape

from dashboard.reports.pool_workbooks import workbook
from pipeline import demo_data
from pipeline.language import gettext as _
from pipeline.language import joined, language
from pipeline.monitoring.report import Report
from pipeline.monitoring.tables import Table, firms_behind, tables, title_of, whose
from pipeline.printing import pdf_of

#: The first column of a table that is not set to the right, and those of the figures.
_STYLE = """
@page { size: A4; margin: 14mm 14mm 14mm; @bottom-right { content: counter(page) "/" counter(pages); font-size: 8pt } }
body { font-family: 'Noto Sans CJK SC', 'Noto Sans', sans-serif; font-size: 8.5pt; color: #1d2420; line-height: 1.4 }
h1 { font-size: 16pt; margin: 0; color: #0f5c4a } h2 { font-size: 10.5pt; margin: 11pt 0 3pt; color: #0f5c4a }
p { margin: 2pt 0 } .about { color: #55605a }
.made-up { background: #f7ecd6; border: .5pt solid #d6b56c; padding: 2pt 6pt; margin-bottom: 6pt }
table { border-collapse: collapse; width: 100% } tr { break-inside: avoid } h2 { break-after: avoid }
th, td { border-bottom: .4pt solid #c9d1cc; padding: 2pt 4pt; text-align: left; vertical-align: top }
th { color: #55605a; font-weight: normal }
"""
MEDIA_TYPES: Mapping[str, str] = {
    "pdf": "application/pdf",
    "docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}


def paper(found: Report, form: str, made_up: bool) -> bytes:
    """The report in one of MEDIA_TYPES. `made_up`: its firms are of nobody, and it says so."""
    return _FORMS[form](found, made_up)


def _about(found: Report) -> str:
    return joined([whose(found), _("as known on %(day)s", day=found.as_of.isoformat())])


def _pdf(found: Report, made_up: bool) -> bytes:
    notice = f'<p class="made-up">{escape(_(demo_data.NOTICE))}</p>' if made_up else ""
    closing = _("The firms behind each number stand in the workbook of this report.")
    parts = "".join(_section(table) for table in tables(found))
    title = escape(title_of(found))
    return pdf_of(
        f"""<!doctype html><html lang="{language().replace("_", "-")}"><head><meta charset="utf-8">
<title>{title}</title><style>{_STYLE}</style></head><body>{notice}<h1>{title}</h1>
<p class="about">{escape(_about(found))}</p>{parts}<p class="about">{escape(closing)}</p></body></html>"""
    )


def _section(table: Table) -> str:
    note = f'<p class="about">{escape(table.note)}</p>' if table.note else ""
    if not table.rows:
        return f"<h2>{escape(table.title)}</h2><p>{escape(_('Nothing.'))}</p>"
    head = "".join(f"<th>{escape(words)}</th>" for words in table.heads)
    body = "".join("<tr>" + "".join(f"<td>{escape(cell)}</td>" for cell in row) + "</tr>" for row in table.rows)
    return f"<h2>{escape(table.title)}</h2><table><thead><tr>{head}</tr></thead>{body}</table>{note}"


def _docx(found: Report, made_up: bool) -> bytes:
    from docx import Document
    from docx.oxml.ns import qn

    document = Document()
    normal = document.styles["Normal"]
    normal.font.name = "Noto Sans CJK SC"
    normal.element.rPr.rFonts.set(qn("w:eastAsia"), "Noto Sans CJK SC")
    if made_up:
        document.add_paragraph(_(demo_data.NOTICE))
    document.add_heading(title_of(found), level=0)
    document.add_paragraph(_about(found))
    for table in tables(found):
        document.add_heading(table.title, level=1)
        if table.rows:
            _filled(document.add_table(rows=1, cols=len(table.heads), style="Light Grid Accent 1"), table)
        else:
            document.add_paragraph(_("Nothing."))
        if table.note:
            document.add_paragraph(table.note)
    document.add_paragraph(_("The firms behind each number stand in the workbook of this report."))
    kept = io.BytesIO()
    document.save(kept)
    return kept.getvalue()


def _filled(drawn: object, table: Table) -> None:
    rows: Sequence[Sequence[str]] = [table.heads, *table.rows]
    for place, row in enumerate(rows):
        cells = (drawn.rows[0] if place == 0 else drawn.add_row()).cells  # type: ignore[attr-defined]
        for cell, words in zip(cells, row, strict=True):
            cell.text = words


def _xlsx(found: Report, made_up: bool) -> bytes:
    every = [*tables(found), firms_behind(found)]
    return workbook([(table.title, table.heads, table.rows) for table in every], made_up)


_FORMS: Mapping[str, Callable[[Report, bool], bytes]] = {"pdf": _pdf, "docx": _docx, "xlsx": _xlsx}
