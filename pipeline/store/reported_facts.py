"""The facts of one return row: one typed column per fact of data/catalog.yaml.

A new fact is a line of the catalogue: its column is made from there, and whoever opens a database adds the columns it
lacks (database.py). None: the form asked and the clerk left it blank, or the form did not ask.
"""

from datetime import date
from typing import TYPE_CHECKING, Any

from sqlalchemy.orm import Mapped

from pipeline.catalog import catalog

#: Type of a fact -> how its value is kept; every other type is a number.
_KEPT_AS: dict[str, type] = {"count": int, "yes_no": bool, "date": date, "text": str}


class ReportedFacts:
    """Mixin of ReturnRow: money in yuan, shares as fractions, headcounts as integers; every fact may be None."""

    if TYPE_CHECKING:  # the columns are known when the program runs

        def __getattr__(self, name: str) -> Any: ...


ReportedFacts.__annotations__ = {
    name: Mapped[_KEPT_AS.get(fact.type, float) | None]  # type: ignore[misc]
    for name, fact in catalog().items()
}
