"""How far a firm is from each board's listing standard, by the rules of the day."""

from datetime import date

from dash.development.base_component import Component
from sqlalchemy import Engine


def card_of(engine: Engine, firm_id: str, cohort: str, today: date) -> Component | None:
    """A table of boards with bars for the gaps."""
    return None
