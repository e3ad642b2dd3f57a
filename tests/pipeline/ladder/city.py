"""A small city for the ladder: the cast, with what is on record of each."""

from datetime import date
from typing import Any

from sqlalchemy import Engine
from sqlalchemy.orm import Session

from pipeline.accounts import audit
from pipeline.accounts.people import Person
from pipeline.accounts.roles import Role
from pipeline.store.plan_tables.activities import FirmActivity
from pipeline.store.tables import Firm
from tests.cast import BANYAN, KAPOK, LOTUS, state

OFFICER = Person(0, "林", Role.OFFICER)
#: Of the district of Banyan alone.
DISTRICT = Person(0, "江", Role.OFFICER, district_code="440704")
DAY = date(2024, 6, 1)
#: Meets every condition of recognition on DAY.
GOOD: dict[str, Any] = {
    "registered_on": date(2015, 1, 1),
    "revenue_cny": 5e7,
    "rd_expense_hnte_cny": 2.5e6,
    "rd_expense_domestic_cny": 2.5e6,
    "staff": 100,
    "scientific_staff": 10,
    "total_income_cny": 5e7,
    "hitech_income_cny": 4e7,
    "class1_ip": 1,
    "innovation_score": 80,
    "major_incident_12m": 0,
    "hnte_field": "新材料",
}
DISTRICTS = {LOTUS: "440703", BANYAN: "440704", KAPOK: "440705"}


def good(engine: Engine, firm: str, **other: Any) -> None:
    """Three years that meet every condition of recognition, but for what `other` says of the last one."""
    for year in (2021, 2022, 2023):
        state(engine, firm, year, **(GOOD | (other if year == 2023 else {})))
    with Session(engine) as session, session.begin():
        audit.touch(session, Firm, Firm.id == firm)
        session.get_one(Firm, firm).district_code = DISTRICTS[firm]


def did(engine: Engine, firm: str, kind: str, on: date, until: date | None = None, **more: Any) -> None:
    """One activity of a firm that is known already."""
    about = {"occurred_on": on, "ended_on": until, "known_on": more.pop("known_on", on), **more}
    with Session(engine) as session, session.begin():
        session.add(FirmActivity(firm_id=firm, kind=kind, **about))
