"""Ask firms for their return of a year, by the same words in the thread of each, in one transaction.

due_days.py, progress.py ──► asking.py

Whoever has handed in meanwhile, and whoever was asked within the last seven days, is left out and told.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlalchemy.orm import Session

from pipeline.accounts import audit, people
from pipeline.accounts.people import Action, Person
from pipeline.collecting.due_days import due_of
from pipeline.collecting.progress import MISSING, Conditions, FirmLine, firm_lines
from pipeline.errors import NotAllowed, ShownToPeople
from pipeline.language import N_, Message
from pipeline.language import gettext as _
from pipeline.messages.writing import write_to_each
from pipeline.store.tutoring_tables import ReturnAsked, ReturnDue
from pipeline.store.write_lock import lock_writes

#: Nobody is asked again within this time.
LATELY = timedelta(days=7)
#: So many firms an entry of the trail names.
_FIRMS_AN_ENTRY = 500


class NothingToAsk(ShownToPeople):
    """Nobody was asked, and why; nothing was written."""


@dataclass(frozen=True)
class Asked:
    """Who was asked (`asked`; of them `unheard` have no account that reads it: call them), and who was left out: asked
    `lately`, or `handed_in` already."""

    asked: Sequence[FirmLine]
    lately: Sequence[FirmLine]
    handed_in: Sequence[FirmLine]

    @property
    def unheard(self) -> list[FirmLine]:
        return [line for line in self.asked if line.account is None]

    @property
    def message(self) -> Message:
        what = N_(
            "%(asked)s firms were asked; left out: %(lately)s asked within seven days, %(handed_in)s handed in "
            "already. %(unheard)s of those asked have no account: call them."
        )
        parts = ("asked", "lately", "handed_in", "unheard")
        return Message(what, {name: len(getattr(self, name)) for name in parts})

    def as_json(self) -> dict[str, object]:
        parts = ("asked", "lately", "handed_in", "unheard")
        return {name: [line.firm_id for line in getattr(self, name)] for name in parts}


def usual_words(session: Session, year: int, on: date) -> str:
    """What is asked where nobody writes other words, in the current language."""
    return words_for(due_of(session, year, on), year, on)


def words_for(due: ReturnDue | None, year: int, on: date) -> str:
    """The usual words by a due day of the year's returns."""
    if due is None:
        return _("Your return of %(year)s has not come in yet. Please hand it in soon.", year=year)
    words = _("Your return of %(year)s has not come in yet. Please hand it in by %(day)s.", year=year, day=due.due_on)
    return (
        words
        if due.due_on >= on
        else _(
            "Your return of %(year)s was due on %(day)s and has not come in. Please hand it in now.",
            year=year,
            day=due.due_on,
        )
    )


def ask(
    session: Session,
    person: Person,
    year: int,
    firm_ids: Sequence[str],
    text: str | None = None,
    *,
    on: date,
    now: datetime,
) -> Asked:
    """Write to those of these firms whose return is missing. `text` None: the usual words.

    Raises NotAllowed where one of the firms is not the person's, NothingToAsk where none is marked or none is left.
    """
    people.require(person, Action.IMPORT)
    if not firm_ids:
        raise NothingToAsk(Message(N_("Mark the firms to ask first.")))
    lock_writes(session)
    lines = firm_lines(session, person, Conditions(year, on), firms=list(firm_ids))
    if {line.firm_id for line in lines} != set(firm_ids):
        raise NotAllowed(
            Message(
                N_("Some of these firms are not among those whose returns %(name)s collects."), {"name": person.name}
            )
        )
    since = audit.utc(now) - LATELY
    missing = [line for line in lines if line.state == MISSING]
    lately = {line.firm_id for line in missing if line.asked_at is not None and line.asked_at > since}
    wanted = [line for line in missing if line.firm_id not in lately]
    found = Asked(
        wanted,
        [line for line in missing if line.firm_id in lately],
        [line for line in lines if line.state != MISSING],
    )
    if not wanted:
        raise NothingToAsk(found.message)
    words = (text or "").strip() or usual_words(session, year, on)
    messages = write_to_each(session, person, [line.firm_id for line in wanted], words, now=now)
    about = {"year": year, "asked_by": person.name[:80], "asked_at": audit.utc(now)}
    session.add_all(ReturnAsked(firm_id=each.firm_id, message_id=each.id, **about) for each in messages)
    session.flush()
    for at in range(0, len(wanted), _FIRMS_AN_ENTRY):
        firms = [line.firm_id for line in wanted[at : at + _FIRMS_AN_ENTRY]]
        details = {"year": year, "letters": len(words), "firms": firms}
        audit.record(session, person, "ask_for_returns", f"returns:{year}", details, now)
    return found
