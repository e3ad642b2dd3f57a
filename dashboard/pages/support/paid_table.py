"""What was paid and clawed back as a table with its total to the fen, for a workbook or a CSV.

pipeline.support ──► paid_table ──► pool_workbooks.py
"""

from collections.abc import Sequence

from dashboard.reports.pool_workbooks import Sheet, workbook
from pipeline import language
from pipeline.intake.storing.findings import csv_of
from pipeline.language import gettext as _
from pipeline.support.claim_lists import PaidLine
from pipeline.support.entitlements import yuan

FORMS = ("xlsx", "csv")


def paid_table(lines: Sequence[PaidLine]) -> Sheet:
    """A row a payment, amounts in yuan as text, which keeps every fen; the last row is their sum."""
    heads = [
        _("Day"),
        _("Claim"),
        _("Firm"),
        _("Credit code"),
        _("Support"),
        _("Amount (yuan, clawed back below nought)"),
        _("Voucher"),
        _("Reason"),
        _("Recorded by"),
    ]
    rows = [
        [
            one.on.isoformat(),
            str(one.claim),
            one.firm_name or "",
            one.firm_id,
            language.pick(one.rule),
            yuan(one.amount_fen) or "",
            one.voucher or "",
            one.why or "",
            one.by,
        ]
        for one in lines
    ]
    total = sum(one.amount_fen for one in lines)
    rows.append([_("Total"), "", "", "", "", yuan(total) or "", "", "", ""])
    return _("Paid support"), heads, rows


def paid_file(lines: Sequence[PaidLine], form: str, made_up: bool) -> bytes:
    """The table as a file of one of FORMS."""
    table = paid_table(lines)
    return csv_of(table[1], table[2]) if form == "csv" else workbook([table], made_up)
