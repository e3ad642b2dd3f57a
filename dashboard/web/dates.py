"""Days as the date fields of a page send them."""

from datetime import date

from flask import abort

#: A day that a page can mean: time zones and horizons can be reckoned from each.
_FIRST, _LAST = date(1900, 1, 1), date(2199, 12, 31)


def day_of(text: str | None) -> date | None:
    """The day that a date field holds; None for none. Anything else is answered with 400."""
    if not text:
        return None
    try:
        day = date.fromisoformat(text[:10])
    except ValueError:
        abort(400)
    if not _FIRST <= day <= _LAST:
        abort(400)
    return day
