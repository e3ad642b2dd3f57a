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
    """A row a payment, amounts in yuan as text, which keeps every fen; the last row are their sums."""
    heads = [
        _("Day"),
        _("Claim"),
        _("Firm"),
        _("Credit code"),
        _("Support"),
        _("Paid, to the fen"),
        _("Clawed back, to the fen"),
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
            *_both_ways(one.amount_fen),
            one.voucher or "",
            one.why or "",
            one.by,
        ]
        for one in lines
    ]
    paid = sum(max(one.amount_fen, 0) for one in lines)
    back = sum(max(-one.amount_fen, 0) for one in lines)
    rows.append([_("Total"), "", "", "", "", yuan(paid) or "", yuan(back) or "", "", "", ""])
    return _("Paid support"), heads, rows


def _both_ways(fen: int) -> tuple[str, str]:
    """An amount in the column of payments, or in that of what was clawed back."""
    written = yuan(abs(fen)) or ""
    return (written, "") if fen >= 0 else ("", written)


def paid_file(lines: Sequence[PaidLine], form: str, made_up: bool) -> bytes:
    """The table as a file of one of FORMS."""
    table = paid_table(lines)
    return csv_of(table[1], table[2]) if form == "csv" else workbook([table], made_up)
