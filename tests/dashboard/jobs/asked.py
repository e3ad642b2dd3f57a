"""A person who asks for jobs, and jobs that nobody does."""

from datetime import datetime

from sqlalchemy import Engine, insert
from sqlalchemy.orm import Session

from dashboard.jobs import rows
from pipeline.store.tables import Account, Job
from tests.cast import NOW


def account(engine: Engine, number: int = 1, role: str = "analyst") -> int:
    """The account of an analyst (or another) in an empty database."""
    about = {"name": f"分析员{number}", "role": role, "password_hash": "x", "stamp": "x", "created_at": NOW}
    with engine.begin() as connection:
        connection.execute(insert(Account).values(id=number, disabled=False, **about))
    return number


def asked(
    engine: Engine, now: datetime = NOW, *, owner: int = 1, files: dict[str, bytes] | None = None, **arguments: object
) -> str:
    """A job that waits."""
    return rows.ask(engine, rows.Work("train", owner, "zh_CN", arguments), now, files or {})


def row_of(engine: Engine, job: str) -> Job:
    with Session(engine) as session:
        return session.get_one(Job, job)
