"""The names of the firms that entries of the audit log speak of: entries keep credit codes, people read names."""

from collections.abc import Iterable, Mapping

from sqlalchemy import select
from sqlalchemy.orm import Session

from dashboard.components import audit_text
from pipeline.store.tables import AuditEntry, Firm

#: So many firms are asked for in one query: databases limit the values of a statement.
_AT_ONCE = 500


def firm_names(session: Session, entries: Iterable[AuditEntry]) -> Mapping[str, str]:
    """Firm id -> name as it is now, for every firm of the entries; a firm that is no longer known has none."""
    ids = sorted({firm for entry in entries for firm in audit_text.firms_of(entry.subject, entry.details)})
    return {
        firm: name
        for start in range(0, len(ids), _AT_ONCE)
        for firm, name in session.execute(select(Firm.id, Firm.name).where(Firm.id.in_(ids[start : start + _AT_ONCE])))
        if name
    }
