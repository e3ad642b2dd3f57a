"""All that a review looks at, as known on its day: points, who is in which pool, and what the policy asks for.

Nothing that became known later is read. The inputs of a review are kept with it (`as_bytes`), so that it can be worked
out again to the letter whatever is imported, corrected or ruled afterwards.
"""

import io
import zipfile
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time
from functools import cache, partial

import pandas as pd
from sqlalchemy import ColumnElement, Connection, Engine, and_, func, or_, select, true
from sqlalchemy.orm import Session

from pipeline import facts as known
from pipeline.declarations.declared_facts import declared
from pipeline.districts import DISTRICTS
from pipeline.opinions.answers import clean_by_firm
from pipeline.pools import board_facts
from pipeline.pools.model import OPEN_FINDINGS, POINTS, SEED, Policy
from pipeline.rules.definition import measures
from pipeline.rules.reports import check
from pipeline.store.firm_selection import FirmSelection, ranges_of
from pipeline.store.many_rows import frame_of
from pipeline.store.pool_tables import PoolMembership
from pipeline.store.tables import CITY, Case, Event, Firm, Import, ImportFinding, Return, ReturnRow
from pipeline.tutoring.counts.way import way_of_firms
from pipeline.tutoring.stages import LAST, STAGES, reached
from pipeline.tutoring.stated import of_its_cohort
from pipeline.workers.workers import Here, Workers

#: What every review knows of a firm, whatever the policy asks for.
_ABOUT = ("pool", "entered_on", "in_since", "valid_until", "held", "listed", "district_code")
_MEMBER_COLUMNS = ("pool", "entered_on", "in_since", "valid_until")
_DAYS_A_MONTH = 365.25 / 12
_NO_YEARS = pd.MultiIndex.from_arrays([[], []], names=["firm_id", "year"])
#: What stands in for a firm's latest year, and the days that go with values: read whatever is asked for.
_ALWAYS = (
    "revenue_cny",
    "net_profit_cny",
    "net_profit_attributable_cny",
    "net_profit_after_nonrecurring_cny",
    "latest_round_on",
    "expected_market_value_on",
)
_AT_STAGE = {"tutoring_filed": "tutoring_filed", "application_accepted": "accepted"}


@dataclass(frozen=True)
class Inputs:
    """What is known of the firms on `day`.

    `firms`: index firm_id, sorted; columns points (NaN: not scored), pool (seed, golden or None), entered_on (into that
    pool), in_since (into the pools without a break), valid_until, held (bool: tutoring is so far that points take it
    out of no pool), listed (bool), district_code, warned (how many reviews in a row before this one found that it meets
    an exit condition of its pool), and a column for each measure that a review brings. `facts`: index (firm_id, year),
    `firm_facts`: index firm_id, as the rules read them; empty where the policy asks for none.
    """

    day: date
    firms: pd.DataFrame
    facts: pd.DataFrame = field(default_factory=lambda: pd.DataFrame(index=_NO_YEARS))
    firm_facts: pd.DataFrame = field(default_factory=pd.DataFrame)

    def as_bytes(self) -> bytes:
        """The same as a file: three tables in Parquet."""
        file = io.BytesIO()
        with zipfile.ZipFile(file, "w") as archive:
            archive.writestr("day", self.day.isoformat())
            for name in ("firms", "facts", "firm_facts"):
                archive.writestr(name, getattr(self, name).reset_index().to_parquet(index=False, compression="zstd"))
        return file.getvalue()


def inputs_from(content: bytes) -> Inputs:
    """The inputs that as_bytes has written."""
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        day = date.fromisoformat(archive.read("day").decode())
        tables = {name: pd.read_parquet(io.BytesIO(archive.read(name))) for name in ("firms", "facts", "firm_facts")}
    facts = tables["facts"].set_index(["firm_id", "year"]) if "year" in tables["facts"] else None
    own = tables["firm_facts"].set_index("firm_id") if "firm_id" in tables["firm_facts"] else pd.DataFrame()
    firms = tables["firms"].set_index("firm_id")
    return Inputs(day, firms, facts if facts is not None else pd.DataFrame(index=_NO_YEARS), own)


def about_firms(
    points: pd.Series,
    members: "pd.DataFrame | pd.Series | None" = None,
    *,
    held: "frozenset[str] | list[str]" = frozenset(),
    listed: "frozenset[str] | list[str]" = frozenset(),
    warned: pd.Series | None = None,
) -> pd.DataFrame:
    """The frame of Inputs.firms without the measures. `members`: index firm_id, columns as in Inputs, or the pool
    alone."""
    if members is None:
        members = pd.DataFrame(columns=list(_MEMBER_COLUMNS))
    elif isinstance(members, pd.Series):
        members = members.to_frame("pool")
    index = points.index.union(members.index).rename("firm_id")
    firms = pd.DataFrame({POINTS: points.reindex(index).astype("float64")}, index=index)
    for name in _MEMBER_COLUMNS:
        column = members[name] if name in members else pd.Series(dtype=object)
        column = column.astype(object).reindex(index)
        firms[name] = column.where(column.notna(), None)
    firms["held"], firms["listed"] = index.isin(list(held)), index.isin(list(listed))
    firms["warned"] = 0 if warned is None else warned.reindex(index).fillna(0).astype(int)
    return firms.sort_index()


def asks_for_facts(policy: Policy) -> bool:
    """Whether any condition asks for what firms stated; else their points and what the bureau keeps are all."""
    of_reviews = {name for name, measure in measures.measures().items() if measure.how == "of_pools"}
    return not policy.measures <= of_reviews - board_facts.MEASURES


def read_inputs(
    session: Session,
    as_of: date,
    policy: Policy,
    points: pd.Series,
    *,
    members: pd.DataFrame | None = None,
    warned: pd.Series | None = None,
    workers: Workers | None = None,
    only: str | None = None,
) -> Inputs:
    """Everything that a review of the city's firms on `as_of` looks at.

    `points`: by firm_id of every scored firm; `members`: who is in a pool (None: who is now), `warned`: as in Inputs;
    `workers`: who reads the firms' facts (None: this process); `only`: of this one firm, which is read alone.
    """
    connection = session.connection()
    if members is None:
        members = members_now(session)
    if only is not None:
        points, members = points.reindex([only]), members[members.index == only]
    firms = about_firms(points, members, held=_held(session, policy), listed=listed_by(session, as_of), warned=warned)
    of_city = select(Firm.id, Firm.district_code).where(Firm.cohort == CITY, _which(only))
    districts = dict(session.execute(of_city).all())
    firms["district_code"] = pd.Series(districts, dtype=object).reindex(firms.index)
    said = declared(connection, as_of)
    brought = _brought(session, firms, said, as_of, policy, only)
    if not asks_for_facts(policy):
        return Inputs(as_of, firms.join(brought))
    workers = Here(connection) if workers is None else workers
    ranges = ranges_of(connection, CITY, workers.firms_at_once) if only is None else []
    asked = (as_of, policy.measures, said["target_board"] if len(said) else pd.Series(dtype=object))
    parts = list(workers.each(_facts, ranges, *asked) if only is None else _facts(connection, [only], *asked))
    if not parts:
        return Inputs(as_of, firms.join(brought))
    facts, firm_facts, boards = (
        pd.concat(frames) if len(frames) > 1 else frames[0] for frames in zip(*parts, strict=True)
    )
    kept = firm_facts.index.isin(firms.index)
    firm_facts, facts = firm_facts[kept].sort_index(), facts[facts.index.isin(firms.index, level=0)].sort_index()
    brought = brought.join(boards.reindex(firms.index))
    if "neeq_innovation" in brought and "neeq_tier" in firm_facts:
        stated = firm_facts["neeq_tier"].reindex(firms.index).isin(["创新层", "innovation"])
        brought["neeq_innovation"] = brought["neeq_innovation"].where(~stated, 1.0)
    return Inputs(as_of, firms.join(brought), facts, firm_facts)


def members_now(session: Session) -> pd.DataFrame:
    """Who is in a pool: index firm_id; pool, entered_on, in_since (without a break in either pool), valid_until."""
    statement = select(
        PoolMembership.firm_id,
        PoolMembership.pool,
        PoolMembership.entered_on,
        PoolMembership.left_on,
        PoolMembership.valid_until,
    ).order_by(PoolMembership.firm_id, PoolMembership.entered_on, PoolMembership.id)
    rows = frame_of(session, statement, ["firm_id", "pool", "entered_on", "left_on", "valid_until"])
    previous = rows["left_on"].shift().where(rows["firm_id"] == rows["firm_id"].shift())
    begins = previous.isna() | (rows["entered_on"] != previous)
    rows["in_since"] = rows.groupby(begins.cumsum())["entered_on"].transform("first")
    return rows[rows["left_on"].isna()].set_index("firm_id")[list(_MEMBER_COLUMNS)]


def _which(only: str | None) -> ColumnElement[bool]:
    return true() if only is None else Firm.id == only


def needed_facts(asked: frozenset[str]) -> list[str]:
    """The facts of the catalogue below these measures, and those that every reading needs."""
    below = {fact for measure in asked for fact in measures.base_facts(measure)}
    return sorted(below | set(_ALWAYS))


def _facts(
    database: Engine | Connection, firms: FirmSelection, as_of: date, asked: frozenset[str], target_boards: pd.Series
) -> Iterator[tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame]]:
    """Facts, firm facts and what the boards' rules say, of a range; of facts only what the policy asks for."""
    facts, firm_facts = check.inputs(database, as_of, cohort=CITY, firms=firms)
    if firm_facts.empty:
        return
    boards = board_facts.board_facts(facts, firm_facts, as_of, target_boards, asked)
    needed = needed_facts(asked)
    own = firm_facts[[name for name in firm_facts if name in needed or name == "neeq_tier"]]
    yield facts[[name for name in facts if name in needed]], own, boards


def _brought(
    session: Session, firms: pd.DataFrame, said: pd.DataFrame, as_of: date, policy: Policy, only: str | None
) -> pd.DataFrame:
    """The measures that a review brings, of those that the policy asks for and that rest on no figures."""
    index, today = firms.index, pd.Timestamp(as_of)
    said = said.reindex(index)

    @cache
    def stands() -> pd.Series:
        return way_of_firms(session, as_of, and_(Firm.cohort == CITY, _which(only)))["stands"]

    @cache
    def events() -> pd.DataFrame:
        found = known.events_as_known_on(session.connection(), as_of, firms=None if only is None else [only])
        return found[found["occurred_on"] <= today]

    def declared_as(name: str, otherwise: float = float("nan")) -> pd.Series:
        column = said[name] if name in said else pd.Series(index=index, dtype="float64")
        return column.astype("float64").fillna(otherwise)

    def months_from(days: pd.Series, start: pd.Series | pd.Timestamp) -> pd.Series:
        return (pd.to_datetime(days) - start).dt.days / _DAYS_A_MONTH

    def day_of(name: str) -> pd.Series:
        return pd.to_datetime(said[name] if name in said else pd.Series(index=index, dtype=object))

    def in_since() -> pd.Series:
        return pd.to_datetime(firms["in_since"].astype(object))

    def signed() -> pd.Series:
        recorded = events().loc[events()["kind"] == "advisers_signed", "firm_id"]
        by_stage = _at_stage(stands(), index, "tutoring_filed").eq(1) | index.isin(recorded)
        return declared_as("advisers_signed").where(~by_stage, 1.0)

    def at_stage(stage: str) -> pd.Series:
        return _at_stage(stands(), index, stage)

    def in_city() -> pd.Series:
        code = firms["district_code"].astype(object)
        return code.isin(list(DISTRICTS)).astype(float).where(code.notna())

    worked_out: Mapping[str, Callable[[], pd.Series]] = {
        OPEN_FINDINGS: lambda: _open_findings(session, as_of).reindex(index, fill_value=0),
        "in_city": in_city,
        "unlisted": lambda: (~firms["listed"]).astype(float),
        "seed_member": lambda: (firms["pool"] == SEED).astype(float),
        "pool_months": lambda: (today - in_since()).dt.days.div(_DAYS_A_MONTH).fillna(0.0),
        "advisers_signed": signed,
        "neeq_innovation": lambda: _in_innovation_tier(events(), index),
        "nominated": lambda: declared_as("nominated", 0.0),
        "applied": lambda: declared_as("applied", 0.0),
        "truth_declared": lambda: declared_as("truth_declared"),
        "intends_to_list": lambda: declared_as("intends_to_list"),
        "opinions_clean": lambda: clean_by_firm(session.connection(), as_of).reindex(index),
        "plan_dropped": lambda: declared_as("plan_dropped", 0.0),
        "target_board_named": lambda: _named(said, declared_as("applied", 0.0)),
        "months_to_filing": lambda: months_from(day_of("filing_on"), today),
        "reform_months_from_entry": lambda: months_from(day_of("reform_on"), in_since().fillna(today)),
        **{name: partial(at_stage, stage) for name, stage in _AT_STAGE.items()},
    }
    asked = [name for name in worked_out if name in policy.measures]
    return pd.DataFrame({name: worked_out[name]().astype("float64") for name in asked}, index=index)


def _named(said: pd.DataFrame, applied: pd.Series) -> pd.Series:
    """Whether a target board is named; unknown of who has not applied."""
    board = said["target_board"] if "target_board" in said else pd.Series(index=said.index, dtype=object)
    return board.notna().astype(float).where((applied == 1) | board.notna())


def _at_stage(stands: pd.Series, index: pd.Index, stage: str) -> pd.Series:
    """Whether a firm stands at a stage or further; those of which no event is known stand before it."""
    further = frozenset(name for name in STAGES if reached(name, stage))
    return stands.reindex(index).isin(list(further)).astype(float)


def _in_innovation_tier(events: pd.DataFrame, index: pd.Index) -> pd.Series:
    """Whether the last event of the tier is that a firm has come into it; quotations are public, so none means no."""
    of_tier = events[events["kind"].isin(["neeq_innovation_tier", "neeq_delisted"])]
    last = of_tier.sort_values("occurred_on", kind="stable").drop_duplicates("firm_id", keep="last")
    inside = last.loc[last["kind"] == "neeq_innovation_tier", "firm_id"]
    return pd.Series(index.isin(inside), index=index).astype(float)


def _held(session: Session, policy: Policy) -> list[str]:
    """The firms whose open case has come so far that points take them out of no pool."""
    stages = session.execute(select(Case.firm_id, Case.stage).where(Case.closed_on.is_(None)))
    return [firm for firm, stage in stages if reached(stage, policy.held_from_stage)]


def listed_by(session: Session, as_of: date) -> list[str]:
    """The firms of which a listing on an exchange was known on the day."""
    listings = (
        select(Event.firm_id)
        .join(Firm, Firm.id == Event.firm_id)
        .outerjoin(Import, Import.id == Event.import_id)
        .where(
            Event.kind == LAST,
            Event.in_force,
            Event.known_on <= as_of,
            Event.occurred_on <= as_of,
            of_its_cohort(),
        )
    )
    return list(session.scalars(listings.distinct()))


def _open_findings(session: Session, as_of: date) -> pd.Series:
    """How many findings about what was known by the end of a day waited for a person then, by firm_id; firms without
    any are left out. A finding is known with the statement that it is about, or with the import of a file that states
    none."""
    end = datetime.combine(as_of, time.max)
    about = (
        select(ReturnRow.id)
        .join(Return, Return.id == ReturnRow.return_id)
        .where(Return.import_id == ImportFinding.import_id, ReturnRow.firm_id == ImportFinding.firm_id)
    )
    known_then = or_(about.where(ReturnRow.known_on <= as_of).exists(), ~about.exists() & (Import.imported_at <= end))
    statement = (
        select(ImportFinding.firm_id, func.count().label("findings"))
        .join(Import, Import.id == ImportFinding.import_id)
        .where(Import.state == "stored", known_then)
        .where(or_(ImportFinding.state == "open", ImportFinding.settled_at > end))
        .group_by(ImportFinding.firm_id)
    )
    return pd.Series({row.firm_id: row.findings for row in session.execute(statement)}, dtype="float64")
