"""The list of a review and the report of changes as workbooks, in the language of their reader.

No cell of them is run as a formula: every text is written as a text, guarded as in every other export.
"""

import io
from collections.abc import Sequence
from typing import Any

from dashboard.components import terms
from dashboard.reports.pool_papers import balances, matter, reasons_of
from pipeline import demo_data
from pipeline.intake.storing.findings import safe_cell
from pipeline.language import gettext as _
from pipeline.pool_history.published import ChangesBetween, Decided, Listed

#: Title, headings, rows.
Sheet = tuple[str, Sequence[str], Sequence[Sequence[Any]]]


def list_workbook(what: Decided, made_up: bool) -> bytes:
    """The firms that were decided of, a row each."""
    rows = [[number, *_firm(one), matter(one), one.on] for number, one in enumerate(what.firms, start=1)]
    return workbook([(_("List of firms"), [_("No."), *_heads(), _("What becomes of it"), _("Day")], rows)], made_up)


def changes_workbook(what: ChangesBetween, made_up: bool) -> bytes:
    """Sums by pool and district, every change with its reasons, and who was in at both ends."""
    counts = [_("Before"), _("Entries"), _("Promotions"), _("Renewals"), _("Demotions"), _("Exits"), _("After")]
    pools, districts = balances(what)
    changes = [
        [number, *_firm(one), matter(one), one.on, reasons_of(one)] for number, one in enumerate(what.changes, start=1)
    ]
    stayed = [
        [
            number,
            member.firm_name or member.firm_id,
            member.firm_id,
            terms.district(member.district_code),
            terms.pool(member.pool),
            member.entered_on,
        ]
        for number, member in enumerate(what.stayed, start=1)
    ]
    plain = [_("No."), _("Firm"), _("Credit code"), _("District")]
    return workbook(
        [
            (_("By pool"), [_("Pool"), *counts], [list(vars(one).values()) for one in pools]),
            (_("By district"), [_("District"), *counts], [list(vars(one).values()) for one in districts]),
            (
                _("Changes"),
                [_("No."), *_heads(), _("What becomes of it"), _("Day"), _("Reason")],
                changes,
            ),
            (_("In at both ends"), [*plain, _("Pool"), _("In since")], stayed),
        ],
        made_up,
    )


def _heads() -> list[str]:
    return [_("Firm"), _("Credit code"), _("District"), _("From pool"), _("To pool")]


def _firm(one: Listed) -> list[str]:
    district = terms.district(one.district_code)
    return [one.name, one.firm_id, district, terms.pool(one.from_pool), terms.pool(one.to_pool)]


def workbook(sheets: Sequence[Sheet], made_up: bool) -> bytes:
    """Sheets with a bold head that stays in sight; numbers are numbers, all else is text."""
    import openpyxl
    from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE
    from openpyxl.styles import Alignment, Font
    from openpyxl.utils import get_column_letter

    book = openpyxl.Workbook()
    book.remove(book.worksheets[0])
    for title, heads, rows in sheets:
        sheet = book.create_sheet(title)
        lines: list[Sequence[Any]] = [[_(demo_data.NOTICE)]] if made_up else []
        lines += [heads, *rows]
        for number, line in enumerate(lines, start=1):
            for place, value in enumerate(line, start=1):
                cell = sheet.cell(number, place)
                if isinstance(value, int | float):
                    cell.value = value
                else:
                    text = ILLEGAL_CHARACTERS_RE.sub(" ", str(safe_cell(value)))
                    cell.value, cell.data_type = text, "s"
                    cell.alignment = Alignment(vertical="top", wrap_text=number > 1 and len(text) > 30)
        head = len(lines) - len(rows)
        for place, words in enumerate(heads, start=1):
            sheet.cell(head, place).font = Font(bold=True)
            longest = max([len(words), *(len(str(row[place - 1] or "")) for row in rows)])
            sheet.column_dimensions[get_column_letter(place)].width = min(60, 4 + 1.8 * longest)
        if made_up:
            sheet.cell(1, 1).font = Font(bold=True, color="FFC00000")
        sheet.freeze_panes = sheet.cell(head + 1, 1)
    content = io.BytesIO()
    book.save(content)
    return content.getvalue()
