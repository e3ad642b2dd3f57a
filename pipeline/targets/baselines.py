"""Baselines that somebody enters with their source where no fact tells them; withdrawn with a reason, never deleted."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from pipeline.accounts import audit, people
from pipeline.accounts.people import Action, Person
from pipeline.districts import DISTRICTS
from pipeline.errors import NotFound, ShownToPeople
from pipeline.language import N_, Message
from pipeline.store.plan_tables.targets import TargetBaseline
from pipeline.store.write_lock import lock_writes
from pipeline.targets.plan_file import target_of

#: Of the whole city.
CITY_WIDE = ""
_LONGEST = 400


class WrongBaseline(ShownToPeople):
    """A baseline that cannot be entered or withdrawn as asked for."""


@dataclass(frozen=True)
class Entered:
    """A baseline that stands: a count, who says so, and who entered it."""

    value: int
    source: str
    entered_by: str


def enter(
    session: Session,
    person: Person,
    plan_id: str,
    target_id: str,
    value: int,
    source: str,
    now: datetime,
    district: str = CITY_WIDE,
) -> int:
    """Enter the count of a target on its plan's baseline day, of the city or of a district; one that stands is
    withdrawn by it. Returns its number.

    Raises NotFound for an unknown plan or target, WrongBaseline for what is no count, without a source, or of no
    district of the city, NotAllowed.
    """
    people.require(person, Action.KEEP_TARGETS)
    plan, target = target_of(plan_id, target_id)
    said = source.strip()
    if value < 0:
        raise WrongBaseline(Message(N_("A baseline is a count, so not below nought: %(found)s."), {"found": value}))
    if not 0 < len(said) <= _LONGEST:
        text = N_("Say which document the baseline is from, in at most %(longest)s letters.")
        raise WrongBaseline(Message(text, {"longest": _LONGEST}))
    if district and district not in DISTRICTS:
        text = N_("%(district)s is no district of the city. There are: %(districts)s.")
        raise WrongBaseline(Message(text, {"district": district, "districts": ", ".join(DISTRICTS)}))
    lock_writes(session)
    standing = _standing(session, plan.id, target.id, district)
    if standing is not None:
        _withdraw(session, standing, person, "", now)
    row = TargetBaseline(
        plan=plan.id,
        target=target.id,
        district_code=district,
        value=value,
        day=plan.baseline,
        source=said,
        entered_by=person.name,
        entered_at=audit.utc(now),
    )
    session.add(row)
    session.flush()
    details = {"value": value, "source": said, "district": district}
    audit.record(session, person, "enter_baseline", f"target:{plan.id}/{target.id}", details, now)
    return row.id


def withdraw(
    session: Session,
    person: Person,
    plan_id: str,
    target_id: str,
    why: str,
    now: datetime,
    district: str = CITY_WIDE,
) -> None:
    """Withdraw the baseline that stands. Raises NotFound where none does, WrongBaseline without a reason,
    NotAllowed."""
    people.require(person, Action.KEEP_TARGETS)
    plan, target = target_of(plan_id, target_id)
    if not why.strip():
        raise WrongBaseline(Message(N_("Say why the baseline is withdrawn.")))
    lock_writes(session)
    row = _standing(session, plan.id, target.id, district)
    if row is None:
        raise NotFound(Message(N_("No entered baseline stands there. Nothing has been changed.")))
    _withdraw(session, row, person, why.strip(), now)
    details = {"why": why.strip(), "district": district}
    audit.record(session, person, "withdraw_baseline", f"target:{plan.id}/{target.id}", details, now)


def standing_of(session: Session, plan_id: str) -> Mapping[tuple[str, str], Entered]:
    """The baselines of a plan that stand: by target and district, CITY_WIDE for the city's."""
    rows = session.scalars(
        select(TargetBaseline).where(TargetBaseline.plan == plan_id, TargetBaseline.withdrawn_at.is_(None))
    )
    return {(row.target, row.district_code): Entered(row.value, row.source, row.entered_by) for row in rows}


def _standing(session: Session, plan: str, target: str, district: str) -> TargetBaseline | None:
    return session.scalar(
        select(TargetBaseline).where(
            TargetBaseline.plan == plan,
            TargetBaseline.target == target,
            TargetBaseline.district_code == district,
            TargetBaseline.withdrawn_at.is_(None),
        )
    )


def _withdraw(session: Session, row: TargetBaseline, person: Person, why: str, now: datetime) -> None:
    row.withdrawn_by, row.withdrawn_at, row.withdrawn_why = person.name, audit.utc(now), why or None
    session.flush()
