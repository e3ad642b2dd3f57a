"""Contradictions in the returns that an adviser prepared, per 100 of them, beside those of all other returns.

A return is a firm's full year as any source in force states it. Only years that two sources or more state are counted:
of others nothing could contradict. Who prepared it, the return itself says (prepared_by); where none does, it is the
auditor engaged on the last day of that year. A difference is a figure in which sources contradict each other, once
however many pairs do; those that were explained are none.

The interval is Garwood's exact one for a count (chi-square quantiles; Biometrika 28, 1936): a return can have several
differences, so it is no share, for which Wilson's would serve. Differences of one firm come together, and the exact
interval would be too narrow: the count is divided by how many times the firms vary more than chance alone would have
them (never less than 1), and the ends are multiplied by it.
"""

from dataclasses import dataclass
from datetime import date, datetime
from typing import TYPE_CHECKING, NamedTuple

from sqlalchemy import and_, func, select
from sqlalchemy.orm import Session, aliased

from pipeline.accounts import audit, people
from pipeline.accounts.people import Action, Person
from pipeline.facts import FULL_YEAR_MONTHS
from pipeline.intake.plausibility.cross_checks import units_confused
from pipeline.store.many_ids import without_index
from pipeline.store.many_rows import frame_of
from pipeline.store.tables import CITY, CrossCheck, Firm, Return, ReturnRow
from pipeline.store.tutoring_tables import Adviser, Engagement
from pipeline.tutoring.advisers import agreed_by, known_end, right_id, tidy
from pipeline.tutoring.gates import REGISTER_KINDS

if TYPE_CHECKING:
    import pandas as pd

#: Of fewer returns no rate is told.
FEWEST = 10
CONFIDENCE = 0.95


@dataclass(frozen=True)
class Rate:
    """`returns` that could be compared, and their `differences`. `per_100` with the ends of its interval: None where
    there are fewer than FEWEST. `named`: of how many the return itself says who prepared it; `spread`: how many times
    firms vary more than chance."""

    returns: int
    differences: int
    per_100: float | None
    low: float | None
    high: float | None
    named: int = 0
    spread: float = 1.0


@dataclass(frozen=True)
class Compared:
    """Of the returns that an adviser prepared, and of all others."""

    own: Rate
    others: Rate


def compared(session: Session, person: Person, on: date) -> dict[int, Compared]:
    """Of each adviser that prepared a return of a firm that this person reaches, as known on the day."""
    people.require(person, Action.SEE_FINDINGS)
    returns = compared_returns(session, person, on)
    if returns.empty:
        return {}
    firms = returns.groupby("firm_id").agg(n=("year", "size"), d=("differences", "sum"))
    prepared = returns[returns["adviser"].notna()].astype({"adviser": int})
    parts = prepared.groupby(["adviser", "firm_id"]).agg(
        n=("year", "size"), d=("differences", "sum"), named=("named", "sum")
    )
    total, found = _sums(firms), {}
    for adviser, own in parts.groupby(level="adviser"):
        mine = own.droplevel("adviser")
        theirs = firms.loc[mine.index]
        # The others of these firms are what the adviser did not prepare; all other firms are as they are.
        others = _without(total, _sums(theirs), _sums(theirs[["n", "d"]] - mine[["n", "d"]]))
        found[int(str(adviser))] = Compared(_rate(_sums(mine), int(mine["named"].sum())), _rate(others))
    return found


def unregistered(session: Session, person: Person, on: date) -> dict[str, int]:
    """Who is named by returns known on the day and is not in the register: name -> how many firms, the most first."""
    people.require(person, Action.SEE_FINDINGS)
    named, there = ReturnRow.__table__.c.prepared_by, named_in_register(session, on)
    names = session.scalars(select(named).where(named.is_not(None)).distinct())
    strange = {text: name for text in names if (name := tidy(text)) and name not in there}
    # Sets in which a row is looked up, not ways to it: else SQLite walks through the firms of the city, for each name.
    in_force = select(Return.id).where(Return.in_force)
    reached = select(Firm.id).where(Firm.cohort == CITY, people.visible_firms(person, Action.SEE_FINDINGS))
    statement = (
        select(named, func.count(ReturnRow.firm_id.distinct()))
        .where(named.in_(strange), ReturnRow.known_on <= on)
        .where(without_index(ReturnRow.return_id).in_(in_force), without_index(ReturnRow.firm_id).in_(reached))
        .group_by(named)
    )
    counts = dict[str, int]()
    for text, count in session.execute(statement) if strange else ():
        counts[strange[text]] = counts.get(strange[text], 0) + count
    return dict(sorted(counts.items(), key=lambda each: (-each[1], each[0])))


def rate_interval(count: int, exposure: float, spread: float = 1.0) -> tuple[float, float]:
    """The ends of the interval of count / exposure, for a count that varies `spread` times as much as chance alone."""
    from scipy.stats import chi2

    tail, scaled = (1 - CONFIDENCE) / 2, count / spread
    low = 0.0 if count == 0 else float(chi2.ppf(tail, 2 * scaled)) / 2
    high = float(chi2.ppf(1 - tail, 2 * scaled + 2)) / 2
    return low * spread / exposure, high * spread / exposure


# --- within, and what pipeline.agencies compares ---------------------------------------------------


class _Sums(NamedTuple):
    """Over firms: how many, their returns n and differences d, and the sums of d², d·n and n²."""

    firms: float
    n: float
    d: float
    dd: float
    dn: float
    nn: float


def _sums(firms: "pd.DataFrame") -> _Sums:
    n, d = firms["n"].astype(float), firms["d"].astype(float)
    return _Sums(int((n > 0).sum()), n.sum(), d.sum(), (d * d).sum(), (d * n).sum(), (n * n).sum())


def _without(total: _Sums, before: _Sums, after: _Sums) -> _Sums:
    """The sums over all firms, where some of them are counted as after instead of before."""
    return _Sums(*(all_ - old + new for all_, old, new in zip(total, before, after, strict=True)))


def _rate(sums: _Sums, named: int = 0) -> Rate:
    returns, differences = round(sums.n), round(sums.d)
    if returns < FEWEST:
        return Rate(returns, differences, None, None, None, named)
    share, spread = sums.d / sums.n, 1.0
    if sums.d > 0 and sums.firms > 1:
        varies = max(0.0, sums.dd - 2 * share * sums.dn + share**2 * sums.nn)
        spread = max(1.0, sums.firms / (sums.firms - 1) * varies / sums.d)
    low, high = rate_interval(differences, sums.n, spread)
    return Rate(returns, differences, 100 * share, 100 * low, 100 * high, named, spread)


def compared_returns(session: Session, person: Person, on: date) -> "pd.DataFrame":
    """The firms' years that can be compared: firm_id, year, differences, slips (of the differences those in which two
    units seem to be confused), adviser (NaN: nobody of the register is known to have prepared it), named (the return
    itself says so), text (what the return says, NaN: nothing)."""
    import pandas as pd

    end, key = audit.end_of(on), ["firm_id", "year"]
    known = (
        ReturnRow.known_on <= on,
        ReturnRow.months == FULL_YEAR_MONTHS,
        Return.in_force,
        Firm.cohort == CITY,
        people.visible_firms(person, Action.SEE_FINDINGS),
    )
    rows = (
        select(ReturnRow.firm_id, ReturnRow.year)
        .join(Return, Return.id == ReturnRow.return_id)
        .join(Firm, Firm.id == ReturnRow.firm_id)
        .where(*known)
    )
    two_sources = func.count(Return.source.distinct()) > 1
    years = rows.group_by(ReturnRow.firm_id, ReturnRow.year).having(two_sources)
    found = frame_of(session, years, key)
    text = ReturnRow.__table__.c.prepared_by
    texts = rows.add_columns(text).where(text.is_not(None)).order_by(ReturnRow.known_on, ReturnRow.id)
    named = frame_of(session, texts, [*key, "text"]).drop_duplicates(key, keep="last")
    found = found.merge(named, on=key, how="left").merge(_contradictions(session, end), on=key, how="left")
    for count in ("differences", "slips"):
        found[count] = found[count].fillna(0).astype(int)
    by_name = named_in_register(session, on)
    ids = {each: by_name.get(tidy(each)) for each in found["text"].dropna().unique()}
    said = found["text"].map(ids).astype(float)
    found["named"] = said.notna()
    signed = found[key].merge(_auditors(session, on, end), on="firm_id")
    last_day = pd.to_datetime(signed["year"].astype(str) + "-12-31")
    held = (signed["agreed_on"] <= last_day) & (signed["until"].isna() | (signed["until"] > last_day))
    auditor = signed[held].drop_duplicates(key, keep="last").set_index(key)["adviser"]
    engaged = auditor.reindex(pd.MultiIndex.from_frame(found[key])).to_numpy(dtype=float)
    found["adviser"] = said.where(found["text"].notna(), engaged)
    return found


def _contradictions(session: Session, end: datetime) -> "pd.DataFrame":
    """Of each firm's year in how many figures sources in force contradict each other, as known at this moment: firm_id,
    year, differences, slips. A figure is a slip where all its pairs are as many times apart as two units."""
    mine, theirs, my_return, their_return = aliased(ReturnRow), aliased(ReturnRow), aliased(Return), aliased(Return)
    explained = and_(CrossCheck.state == "explained", CrossCheck.settled_at < end)
    about = (CrossCheck.firm_id, CrossCheck.year, CrossCheck.fact, CrossCheck.value, CrossCheck.other_value)
    statement = (
        select(*about)
        .join(mine, mine.id == CrossCheck.row_id)
        .join(my_return, my_return.id == mine.return_id)
        .join(theirs, theirs.id == CrossCheck.other_row_id)
        .join(their_return, their_return.id == theirs.return_id)
        .where(CrossCheck.found_at < end, ~explained, my_return.in_force, their_return.in_force)
    )
    pairs = frame_of(session, statement, ["firm_id", "year", "fact", "value", "other_value"])
    pairs["slip"] = units_confused(pairs)
    figures = pairs.groupby(["firm_id", "year", "fact"], as_index=False).agg(slip=("slip", "all"))
    return figures.groupby(["firm_id", "year"], as_index=False).agg(differences=("fact", "size"), slips=("slip", "sum"))


def _auditors(session: Session, on: date, end: datetime) -> "pd.DataFrame":
    """The agreements with auditors, as known at this moment: firm_id, adviser, agreed_on, until, in their order."""
    import pandas as pd

    statement = (
        select(Engagement.firm_id, right_id(end), Engagement.agreed_on, known_end(end))
        .join(Adviser, Adviser.id == Engagement.adviser_id)
        .where(Adviser.kind == "auditor", agreed_by(on, end))
        .order_by(Engagement.agreed_on, Engagement.id)
    )
    columns = ["firm_id", "adviser", "agreed_on", "until"]
    found = frame_of(session, statement, columns)
    for name in ("agreed_on", "until"):
        found[name] = pd.to_datetime(found[name])
    return found


def named_in_register(session: Session, on: date) -> dict[str, int]:
    """Every name of the register by the day, other spellings too, and whose it is. Where several kinds have the name,
    an agency's before an auditor's before any other: they prepare returns."""
    end = audit.end_of(on)
    names = session.execute(select(Adviser.name, right_id(end), Adviser.kind).where(Adviser.added_at < end)).all()
    first = ["agency", "auditor"]
    order = [*(kind for kind in REGISTER_KINDS if kind not in first), *reversed(first)]
    return {name: number for name, number, _kind in sorted(names, key=lambda each: order.index(each[2]))}
