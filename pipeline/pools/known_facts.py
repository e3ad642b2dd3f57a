"""What the conditions of the policy ask for beyond points, as known on the day of a review."""

from collections.abc import Iterator
from datetime import date

import pandas as pd
from sqlalchemy import Connection, Engine, func, select
from sqlalchemy.orm import Session

from pipeline.pools.model import OPEN_FINDINGS, POINTS, Policy
from pipeline.pools.proposing import KnownFacts
from pipeline.rules.reports import check
from pipeline.store.firm_selection import FirmRange, ranges_of
from pipeline.store.tables import CITY, Import, ImportFinding
from pipeline.workers.workers import Here, Workers


def asks_for_facts(policy: Policy) -> bool:
    """Whether any condition asks for what firms stated; else their stored points, and open findings, are all."""
    return not policy.measures <= {POINTS, OPEN_FINDINGS}


def read_known_facts(
    session: Session, as_of: date, policy: Policy, workers: Workers | None = None
) -> KnownFacts | None:
    """The city's facts as known on `as_of`, and its findings that are open now; None where points decide everything.
    `workers`: who reads the facts (None: this process)."""
    if policy.measures <= {POINTS}:
        return None
    open_findings = _open_findings(session)
    if not asks_for_facts(policy):
        return KnownFacts(as_of, open_findings)
    connection = session.connection()
    workers = Here(connection) if workers is None else workers
    ranges = ranges_of(connection, CITY, workers.firms_at_once)
    parts = list(workers.each(_inputs, ranges, as_of)) or [check.inputs(connection, as_of, cohort=CITY)]
    facts, firms = (pd.concat(frames) if len(frames) > 1 else frames[0] for frames in zip(*parts, strict=True))
    return KnownFacts(as_of, open_findings, facts.sort_index(), firms.sort_index())


def _inputs(
    database: Engine | Connection, firms: FirmRange, as_of: date
) -> Iterator[tuple[pd.DataFrame, pd.DataFrame]]:
    yield check.inputs(database, as_of, cohort=CITY, firms=firms)


def _open_findings(session: Session) -> pd.Series:
    """How many findings of imports in force wait for a person, by firm_id; firms without any are left out."""
    statement = (
        select(ImportFinding.firm_id, func.count().label("findings"))
        .join(Import, Import.id == ImportFinding.import_id)
        .where(ImportFinding.state == "open", Import.state == "stored")
        .group_by(ImportFinding.firm_id)
    )
    return pd.Series({row.firm_id: row.findings for row in session.execute(statement)}, dtype="float64")
