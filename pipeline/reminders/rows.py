"""A row of what people are told: the same columns whatever it is, so that one statement finds and counts all of it."""

from datetime import date
from typing import Any

from sqlalchemy import Date, Integer, Select, String, Text, cast, literal, null, select


def row(kind: Any, number: Any, about: Any, firm_id: Any = None, what: Any = None, count: Any = None) -> Select[Any]:
    """`kind`: a word or an expression; `number`: of what it is about; `about`: the day that it names; `what`:
    words of it; `amount`: of how many."""
    nothing = null()
    return select(
        literal(kind, String).label("kind") if isinstance(kind, str) else kind.label("kind"),
        number.label("number"),
        (literal(about, Date) if isinstance(about, date) else about).label("about"),
        (cast(nothing, String(40)) if firm_id is None else firm_id).label("firm_id"),
        (cast(nothing, Text) if what is None else what).label("what"),
        (cast(nothing, Integer) if count is None else count).label("amount"),
    )
