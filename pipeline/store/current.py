"""What is in use now: the champion among the models, the current run of a cohort, each firm's place in a run, the
members of the pools and the open cases."""

from dataclasses import dataclass
from datetime import date
from functools import cache

from sqlalchemy import Select, bindparam, case, func, or_, select
from sqlalchemy.orm import Session

from pipeline.errors import NotFound
from pipeline.language import N_, Message
from pipeline.store.pool_tables import PoolMembership, PoolReview
from pipeline.store.tables import CITY, Case, Firm, ModelDecision, Score, ScoreRun


def champion(session: Session) -> str | None:
    """The id of the model last promoted or rolled back to; None before the first promotion."""
    return session.scalar(select(ModelDecision.model_id).order_by(ModelDecision.id.desc()).limit(1))


def current_run(
    session: Session,
    cohort: str = CITY,
    *,
    as_of: date | None = None,
    between: tuple[date, date] | None = None,
    model_id: str | None = None,
) -> ScoreRun | None:
    """The scores that are in use of a cohort: of its latest day the run stored last; None without a run.

    `as_of`: of this very day alone; `between`: of the latest day from the first to the second, both counted;
    `model_id`: of this model alone.
    """
    first, last = between or (None, None)
    given = {"cohort": cohort, "as_of": as_of, "first": first, "last": last, "model_id": model_id}
    asked = frozenset(name for name, value in given.items() if value is not None)
    return session.scalar(_latest_run(asked), {name: given[name] for name in asked})


def run_of_day_before(session: Session, run: ScoreRun) -> ScoreRun | None:
    """The last run of the latest day before that of a run, of the same cohort; None where there is none."""
    return session.scalar(_latest_run(frozenset({"cohort", "before"})), {"cohort": run.cohort, "before": run.as_of})


@cache
def _latest_run(asked: frozenset[str]) -> Select[ScoreRun]:
    """The run stored last of the latest day, of what is asked: a name of each value that it is given."""
    of = {
        "cohort": ScoreRun.cohort == bindparam("cohort"),
        "as_of": ScoreRun.as_of == bindparam("as_of"),
        "first": ScoreRun.as_of >= bindparam("first"),
        "last": ScoreRun.as_of <= bindparam("last"),
        "before": ScoreRun.as_of < bindparam("before"),
        "model_id": ScoreRun.model_id == bindparam("model_id"),
    }
    runs = select(ScoreRun).where(*(condition for name, condition in of.items() if name in asked))
    return runs.order_by(ScoreRun.as_of.desc(), ScoreRun.id.desc()).limit(1)


def lineage_of(session: Session, run: ScoreRun) -> list[int]:
    """The numbers of a run and of those whose scores it has taken over, the latest first."""
    lineage = [run.id]
    while run.based_on is not None:
        run = session.get_one(ScoreRun, run.based_on)
        lineage.append(run.id)
    return lineage


@dataclass(frozen=True)
class Place:
    """A firm's place among all firms of a run (1 the highest points; equal points share a place) and among those of
    its district, None where its district is unknown, each with how many firms there are."""

    rank: int
    scored: int
    district_rank: int | None
    district_scored: int | None


def places_in(run_id: int) -> Select[str, int, int, int | None, int | None, float, bool]:
    """A row a firm of a run: firm_id, the four of Place, points and thin_data. The one definition of a rank, whoever
    shows it; place_of counts the same for one firm.

    What else a list shows of the score comes with it: joined to the scores again it took PostgreSQL minutes for a
    province's run that was stored a moment ago, of which it knows no numbers yet.
    """
    district, known = Firm.district_code, Firm.district_code.is_not(None)
    highest = Score.points.desc()
    return (
        select(
            Score.firm_id,
            func.rank().over(order_by=highest).label("rank"),
            func.count().over().label("scored"),
            case((known, func.rank().over(partition_by=district, order_by=highest))).label("district_rank"),
            case((known, func.count().over(partition_by=district))).label("district_scored"),
            Score.points,
            Score.thin_data,
        )
        .join(Firm, Firm.id == Score.firm_id)
        .where(Score.run_id == run_id)
    )


def place_of(session: Session, run_id: int, firm_id: str) -> Place | None:
    """A firm's place in a run; None where it has no score in it."""
    own = select(Score.points, Firm.district_code).join(Firm, Firm.id == Score.firm_id)
    row = session.execute(own.where(Score.run_id == run_id, Score.firm_id == firm_id)).one_or_none()
    if row is None:
        return None
    points, district = row
    # Counted, since ranks of all firms would be worked out to take one.
    above = func.coalesce(func.sum(case((Score.points > points, 1), else_=0)), 0)
    all_firms = select(above, func.count()).where(Score.run_id == run_id)
    higher, scored = session.execute(all_firms).one()
    if district is None:
        return Place(higher + 1, scored, None, None)
    in_district = all_firms.join(Firm, Firm.id == Score.firm_id).where(Firm.district_code == district)
    district_higher, district_scored = session.execute(in_district).one()
    return Place(higher + 1, scored, district_higher + 1, district_scored)


def members_on(day: date) -> Select[str, str]:
    """(firm_id, pool) of every member on a day."""
    return select(PoolMembership.firm_id, PoolMembership.pool).where(
        PoolMembership.entered_on <= day, or_(PoolMembership.left_on.is_(None), PoolMembership.left_on > day)
    )


def open_cases() -> Select[str, int, str, int | None]:
    """(firm_id, case id, stage, mentor_id) of every case that is not closed."""
    return select(Case.firm_id, Case.id, Case.stage, Case.mentor_id).where(Case.closed_on.is_(None))


def review_of(session: Session, number: int) -> PoolReview:
    """One review of the pools. Raises NotFound where there is none of that number, with the latest that there is."""
    review = session.get(PoolReview, number)
    if review is None:
        last = session.scalar(select(func.max(PoolReview.id)))
        text = (
            N_("There is no review %(review)s of the pools; the latest is %(last)s.")
            if last
            else N_("There is no review %(review)s of the pools: none has been made yet.")
        )
        raise NotFound(Message(text, {"review": number, "last": last}))
    return review
