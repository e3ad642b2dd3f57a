"""The differences in every adviser's returns, kept until what they rest on has changed: they read all returns."""

from collections.abc import Hashable, Mapping

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from dashboard.bounded_cache import BoundedCache
from dashboard.web.routes import View
from pipeline.advisers.differences import Compared, compared
from pipeline.store.data_version import data_version
from pipeline.store.tables import CrossCheck
from pipeline.store.tutoring_tables import Adviser, AdviserChange, Engagement

_rates: BoundedCache[Mapping[int, Compared]] = BoundedCache(16)


def rates_of(session: Session, view: View) -> Mapping[int, Compared]:
    """As pipeline.advisers.differences.compared, for whoever looks."""
    person = view.person
    who = (person.role, person.district_code, person.firm_id, view.today)
    return _rates.get((*who, *_rests_on(session)), lambda: compared(session, person, view.today))


def _rests_on(session: Session) -> list[Hashable]:
    """Returns and contradictions, names of the register, agreements: once one has changed, this is another value."""
    counted = (
        select(
            func.count(), func.max(CrossCheck.id), func.count(CrossCheck.settled_at), func.max(CrossCheck.settled_at)
        ),
        select(func.count(), func.max(Adviser.id), func.count(Adviser.merged_at)),
        select(func.max(AdviserChange.id)),
        select(func.count(), func.max(Engagement.id), func.count(Engagement.ended_on), func.max(Engagement.ended_on)),
        select(func.count(Engagement.taken_back_at), func.max(Engagement.taken_back_at)),
    )
    seen = [tuple(row) for statement in counted for row in session.execute(statement)]
    return [str(session.get_bind().engine.url), data_version(session, ()).returns, *seen]
