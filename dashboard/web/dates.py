"""Days as the date fields of a page send them."""

from datetime import date

from flask import abort


def day_of(text: str | None) -> date | None:
    """The day that a date field holds; None for none. Anything else is answered with 400."""
    try:
        return date.fromisoformat(text[:10]) if text else None
    except ValueError:
        abort(400)
