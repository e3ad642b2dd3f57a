"""An objection is answered, and what that does to the firm's score: what the board and the command line do alike.

A correction is known from the day of the answer, so scores of an earlier day stay what they were. The firm is scored
again as of the day of the answer, with what was known of it before and with the correction.
"""

from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path

from sqlalchemy import Engine
from sqlalchemy.orm import Session

from pipeline.accounts.people import Person
from pipeline.errors import ShownToPeople
from pipeline.language import N_, Message
from pipeline.objections import answering
from pipeline.objections.answering import Answered
from pipeline.store.tutoring_tables import FirmObjection
from pipeline.wording import number_format
from scoring.explain.explanation import explain_firm
from scoring.explain.firm_snapshot import firm_snapshot
from scoring.scores.touched_scores import bring_up_to_date, in_words


@dataclass(frozen=True)
class AnsweredAndScored:
    """`before`, `after`: the firm's points as of the day of the answer, without and with the correction; None where the
    firm cannot be scored or nothing was corrected. `said`: of the stored scores."""

    answered: Answered
    before: float | None
    after: float | None
    said: tuple[Message, ...]


def answer(
    engine: Engine,
    models: Path,
    person: Person,
    number: int,
    accepted: bool,
    why: str,
    *,
    today: date,
    now: datetime,
) -> AnsweredAndScored:
    """Answer an objection and bring the scores up to date. Raises as `answering.answer`."""
    with Session(engine) as session:
        made = session.get(FirmObjection, number)
        firm_id = made.firm_id if made is not None and accepted and made.fact is not None else None
    before = None if firm_id is None else _points(engine, models, firm_id, today)
    done = answering.answer(engine, person, number, accepted, why, today=today, now=now)
    if done.import_id is None:
        return AnsweredAndScored(done, None, None, ())
    stored = tuple(in_words(bring_up_to_date(engine, models, now=now, by=person.name)))
    after = _points(engine, models, done.firm_id, today)
    said = stored if before is None or after is None else (_moved(before, after, today), *stored)
    return AnsweredAndScored(done, before, after, said)


def _points(engine: Engine, models: Path, firm_id: str, day: date) -> float | None:
    """None where there is no model, or nothing by which the firm could be scored."""
    try:
        return explain_firm(models, firm_snapshot(engine, firm_id, day), suggestions=False).points
    except (ShownToPeople, FileNotFoundError):
        return None


def _moved(before: float, after: float, day: date) -> Message:
    points = {"before": number_format.decimal(before, 1), "after": number_format.decimal(after, 1)}
    return Message(
        N_("As of %(day)s the firm has %(after)s points with the correction, %(before)s without."),
        {"day": day.isoformat(), **points},
    )
