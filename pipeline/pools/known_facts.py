"""What the conditions of the policy ask for beyond points, as known on the day of a review."""

from datetime import date

import pandas as pd
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from pipeline.pools.model import OPEN_FINDINGS, POINTS, Policy
from pipeline.pools.proposing import KnownFacts
from pipeline.rules.reports import check
from pipeline.store.tables import CITY, Import, ImportFinding


def read_known_facts(session: Session, as_of: date, policy: Policy) -> KnownFacts | None:
    """The city's facts as known on `as_of`, and its findings that are open now; None where points decide everything."""
    if policy.measures <= {POINTS}:
        return None
    open_findings = _open_findings(session)
    if policy.measures <= {POINTS, OPEN_FINDINGS}:
        return KnownFacts(as_of, open_findings)
    facts, firms = check.inputs(session.connection(), as_of, cohort=CITY)
    return KnownFacts(as_of, open_findings, facts, firms)


def _open_findings(session: Session) -> pd.Series:
    """How many findings of imports in force wait for a person, by firm_id; firms without any are left out."""
    statement = (
        select(ImportFinding.firm_id, func.count().label("findings"))
        .join(Import, Import.id == ImportFinding.import_id)
        .where(ImportFinding.state == "open", Import.state == "stored")
        .group_by(ImportFinding.firm_id)
    )
    return pd.Series({row.firm_id: row.findings for row in session.execute(statement)}, dtype="float64")
