"""What still stands against confirming a proposal (stand-in until the room is here)."""

from datetime import date

from sqlalchemy.orm import Session

from pipeline.language import Message


def gate(session: Session, proposal_id: int, on: date, *, opinions: tuple[str, ...], notice: bool) -> list[Message]:
    return []
