"""How many firms a person may see, by what the first page counts by: of the stored counts, whatever the city's size."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from pipeline.accounts import people
from pipeline.accounts.people import Action
from pipeline.store.tables import FirmListCount
from scoring.firm_list.stored_counts import counting_rows

_COUNT: Any = FirmListCount.__table__.c


def counted(session: Session, person: people.Person, action: Action, *by: str) -> Sequence[tuple[Any, ...]]:
    """A row for every combination of these dimensions of FirmListCount that a firm has: their values, then how many of
    the firms that this action of the person reaches have them."""
    condition = people.visible_counts(person, action)
    if condition is None:
        of_rows = counting_rows().where(people.visible_rows(person, action)).subquery().c
        columns = [of_rows[name] for name in by]
        statement = select(*columns, func.count()).group_by(*columns)
    else:
        columns = [_COUNT[name] for name in by]
        statement = select(*columns, func.sum(_COUNT.firms)).where(condition).group_by(*columns)
    return [tuple(row) for row in session.execute(statement)]


def scored_firms(session: Session) -> dict[str | None, int]:
    """How many firms of each district have a score in the current run, whoever asks; None: of no known district."""
    return dict(session.execute(_SCORED).all())


_SCORED = select(_COUNT.district_code, func.sum(_COUNT.firms)).where(_COUNT.scored).group_by(_COUNT.district_code)
