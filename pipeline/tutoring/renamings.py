"""A changed name that share reform explains settles itself: X有限公司 that becomes X股份有限公司 under the same code.

The finding is explained where the share reform is on record, as an event or in a return, whichever comes last: by the
import that brings it, or when an officer records the stage. The reason is kept, with an entry in the audit log. Any
other new name stays a question for a person. Where the import that settled it is undone (corrections.reopen), or the
officer's stage taken back, the finding opens again.
"""

import re
import unicodedata
from datetime import date, datetime

from sqlalchemy import ColumnElement, Connection, select, union, union_all
from sqlalchemy.orm import Session

from pipeline.accounts import audit, people
from pipeline.accounts.audit import Named
from pipeline.language import ENGLISH, N_, Message
from pipeline.store.many_ids import one_of, without_index
from pipeline.store.tables import Event, Import, ImportFinding, Return, ReturnRow

REFORM, _KIND = "share_reform", "other_name"
#: Kept in the audit log, in English as its other sentences.
_TAKEN_BACK = "The share reform was taken back."
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
    """Explain the open findings about names of an import's firms that a share reform on record explains; how many.

    Called after an import's findings or events are stored, in its transaction, in its importer's name.
    """
    stated = (
        select(ReturnRow.firm_id).join(Return, Return.id == ReturnRow.return_id).where(Return.import_id == import_id)
    )
    of_import = union(stated, select(Event.firm_id).where(Event.import_id == import_id))
    with Session(connection) as session:
        clerk = people.console(session.get_one(Import, import_id).imported_by)
        settled = _settle(session, ImportFinding.firm_id.in_(of_import), import_id, clerk, now)
        session.flush()
    return settled


def settle_of_firm(session: Session, firm_id: str, person: Named, now: datetime) -> int:
    """The same for one firm whose share reform a person has just recorded; how many."""
    return _settle(session, ImportFinding.firm_id == firm_id, None, person, now)


def reopen_of_firm(session: Session, firm_id: str, person: Named, now: datetime) -> int:
    """Open the findings again that a person's record of the share reform settled, where none is on record any more;
    how many."""
    if _reforms(session, {firm_id}):
        return 0
    explained = select(ImportFinding).where(
        ImportFinding.firm_id == firm_id,
        ImportFinding.kind == _KIND,
        ImportFinding.state == "explained",
        ImportFinding.settled_why == _WHY,
        ImportFinding.settled_by_import.is_(None),
    )
    findings = session.scalars(explained.order_by(ImportFinding.id)).all()
    for finding in findings:
        finding.state = "open"
        finding.settled_by = finding.settled_at = finding.settled_why = finding.settled_params = None
        _record(session, finding, _TAKEN_BACK, person, now)
    return len(findings)


def _settle(session: Session, which: ColumnElement[bool], import_id: int | None, person: Named, now: datetime) -> int:
    statement = (
        select(ImportFinding)
        .join(Import, Import.id == ImportFinding.import_id)
        .where(which, ImportFinding.state == "open", Import.state == "stored")
        .where(without_index(ImportFinding.kind) == _KIND)
        .order_by(ImportFinding.id)
    )
    findings = [
        finding
        for finding in session.scalars(statement)
        if is_share_reform(str(finding.params.get("stated", "")), str(finding.params.get("known", "")))
    ]
    reformed = _reforms(session, {finding.firm_id for finding in findings})
    explained = [finding for finding in findings if finding.firm_id in reformed]
    for finding in explained:
        finding.state, finding.settled_by, finding.settled_at = "explained", person.name[:80], audit.utc(now)
        finding.settled_why, finding.settled_by_import = _WHY, import_id
        finding.settled_params = {"day": reformed[finding.firm_id].isoformat()}
        _record(session, finding, Message(_WHY, finding.settled_params).in_language(ENGLISH), person, now)
    return len(explained)


def _record(session: Session, finding: ImportFinding, why: str, person: Named, now: datetime) -> None:
    details = {
        "firm": finding.firm_id,
        "year": finding.year,
        "kind": finding.kind,
        "state": finding.state,
        "why": why,
    }
    audit.record(session, person, "finding_settled", f"finding:{finding.id}", details, now)


def _reforms(session: Session, firms: set[str]) -> dict[str, date]:
    """The first day on which each of these firms is on record as reformed."""
    if not firms:
        return {}
    events = select(Event.firm_id, Event.occurred_on).where(
        Event.in_force, one_of(Event.firm_id, firms), without_index(Event.kind) == REFORM
    )
    reformed_on = getattr(ReturnRow, "share_reform_on")  # noqa: B009 - the columns are made from the catalogue
    stated = (
        select(ReturnRow.firm_id, reformed_on)
        .join(Return, Return.id == ReturnRow.return_id)
        .where(Return.in_force, reformed_on.is_not(None), one_of(ReturnRow.firm_id, firms))
    )
    days: dict[str, date] = {}
    for firm, day in session.execute(union_all(events, stated)):
        if day is not None:
            days[firm] = min(day, days.get(firm, day))
    return days


def _plain(name: str) -> str:
    """Without spaces, and with brackets of one width."""
    return re.sub(r"\s", "", unicodedata.normalize("NFKC", name))
