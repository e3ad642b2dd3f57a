"""A changed name that share reform explains settles itself: X有限公司 that becomes X股份有限公司 under the same code.

The finding is explained where the share reform is on record, as an event or in a return, whichever comes last; the
reason is kept, with an entry in the audit log. Any other new name stays a question for a person. Where the import
that settled it is undone, the finding opens again (corrections.reopen).
"""

import re
import unicodedata
from datetime import date, datetime
from typing import Any

from sqlalchemy import Connection, select, union_all
from sqlalchemy.orm import Session

from pipeline.accounts import audit
from pipeline.intake.storing.findings import named
from pipeline.language import ENGLISH, N_, Message
from pipeline.store.tables import Event, Import, ImportFinding, Return, ReturnRow

_REFORM = "share_reform"
_WHY = N_("The share reform of %(day)s explains it: a limited company became a joint-stock company of the same name.")
_LIMITED = re.compile(r"(有限责任公司|有限公司)$")
_JOINT_STOCK = re.compile(r"(股份有限公司|股份公司)$")


def is_share_reform(one: str, other: str) -> bool:
    """Whether the two names are one firm's as a limited and as a joint-stock company, in whichever order."""
    first, second = (_plain(name) for name in (one, other))
    for before, after in ((first, second), (second, first)):
        if not _JOINT_STOCK.search(before) and _LIMITED.search(before) and _JOINT_STOCK.search(after):
            stem = _LIMITED.sub("", before)
            return bool(stem) and stem == _JOINT_STOCK.sub("", after)
    return False


def settle(connection: Connection, import_id: int, now: datetime) -> int:
    """Explain the open findings about names that a share reform on record explains; how many.

    Called after an import's findings or events are stored, in its transaction, in its importer's name.
    """
    statement = (
        select(ImportFinding)
        .join(Import, Import.id == ImportFinding.import_id)
        .where(ImportFinding.state == "open", ImportFinding.kind == "other_name", Import.state == "stored")
        .order_by(ImportFinding.id)
    )
    with Session(connection) as session:
        findings = [
            finding
            for finding in session.scalars(statement)
            if is_share_reform(str(finding.params.get("stated", "")), str(finding.params.get("known", "")))
        ]
        reformed = _reforms(session, {finding.firm_id for finding in findings})
        clerk = named(session.get_one(Import, import_id).imported_by)
        settled = 0
        for finding in findings:
            day = reformed.get(finding.firm_id)
            if day is None:
                continue
            _explain(session, finding, day, import_id, clerk, now)
            settled += 1
        session.flush()
    return settled


def _explain(session: Session, finding: ImportFinding, day: date, import_id: int, clerk: Any, now: datetime) -> None:
    finding.state, finding.settled_by, finding.settled_at = "explained", clerk.name[:80], audit.utc(now)
    finding.settled_why, finding.settled_by_import = _WHY, import_id
    finding.settled_params = {"day": day.isoformat()}
    details = {
        "firm": finding.firm_id,
        "year": finding.year,
        "kind": finding.kind,
        "state": finding.state,
        "why": Message(_WHY, finding.settled_params).in_language(ENGLISH),
    }
    audit.record(session, clerk, "finding_settled", f"finding:{finding.id}", details, now)


def _reforms(session: Session, firms: set[str]) -> dict[str, date]:
    """The first day on which each of these firms is on record as reformed."""
    if not firms:
        return {}
    chosen = sorted(firms)
    events = select(Event.firm_id, Event.occurred_on).where(
        Event.kind == _REFORM, Event.in_force, Event.firm_id.in_(chosen)
    )
    reformed_on = getattr(ReturnRow, "share_reform_on")  # noqa: B009 - the columns are made from the catalogue
    stated = (
        select(ReturnRow.firm_id, reformed_on)
        .join(Return, Return.id == ReturnRow.return_id)
        .where(Return.in_force, reformed_on.is_not(None), ReturnRow.firm_id.in_(chosen))
    )
    days: dict[str, date] = {}
    for firm, day in session.execute(union_all(events, stated)):
        if day is not None:
            days[firm] = min(day, days.get(firm, day))
    return days


def _plain(name: str) -> str:
    """Without spaces, and with brackets of one width."""
    return re.sub(r"\s", "", unicodedata.normalize("NFKC", name))
