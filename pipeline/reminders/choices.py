"""How often a person wants an e-mail of what waits for them, and at which address."""

from dataclasses import dataclass
from datetime import datetime

from email_validator import EmailNotValidError, validate_email
from sqlalchemy import select
from sqlalchemy.orm import Session

from pipeline import language
from pipeline.accounts import audit
from pipeline.accounts.people import Person
from pipeline.errors import ShownToPeople
from pipeline.language import N_, Label, Message
from pipeline.store.tables import Account
from pipeline.store.tutoring_tables import ReminderChoice
from pipeline.store.write_lock import lock_writes

NONE, DAILY, WEEKLY = "none", "daily", "weekly"
OFTEN = {
    NONE: Label("不发送", "none"),
    DAILY: Label("每天一封", "every day"),
    WEEKLY: Label("每周一封（周一起）", "every week, from Monday on"),
}


class WrongAddress(ShownToPeople):
    """A choice of e-mails that cannot be kept."""


@dataclass(frozen=True)
class Choice:
    """`address` None: none was given yet."""

    often: str = NONE
    address: str | None = None


def choice_of(session: Session, person: Person) -> Choice:
    """What this person has chosen."""
    kept = session.scalar(select(ReminderChoice).where(ReminderChoice.account_id == person.id))
    return Choice() if kept is None else Choice(kept.often, kept.address)


def choose(session: Session, person: Person, often: str, address: str | None, *, now: datetime) -> Choice:
    """Keep a person's own choice, in the language in which they make it; the trail does not have the address.

    Raises WrongAddress for an address that no e-mail can go to, or none where e-mails are wanted.
    """
    lock_writes(session)
    if often not in OFTEN:
        raise WrongAddress(Message(N_("Write one of: %(found)s."), {"found": ", ".join(OFTEN)}))
    kept_address = checked_address(address)
    if kept_address is None and often != NONE:
        raise WrongAddress(Message(N_("Write the address to which the e-mails are to go.")))
    if session.get(Account, person.id) is None:
        raise WrongAddress(Message(N_("Only an account is sent e-mails.")))
    kept = session.scalar(select(ReminderChoice).where(ReminderChoice.account_id == person.id))
    if kept is None:
        kept = ReminderChoice(account_id=person.id)
        session.add(kept)
    kept.often, kept.address, kept.language, kept.chosen_at = often, kept_address, language.language(), audit.utc(now)
    session.flush()
    audit.record(session, person, "choose_digest", f"account:{person.name}", {"often": often}, now)
    return Choice(often, kept_address)


def checked_address(address: str | None) -> str | None:
    """An address as it is written to a server, in ASCII. Whether somebody reads there is not asked. Raises
    WrongAddress."""
    if not address or not address.strip():
        return None
    try:
        found = validate_email(address.strip(), check_deliverability=False, allow_smtputf8=False)
    except EmailNotValidError as error:
        text = N_("That is no address of e-mail. Write one, such as li.lei@example.cn.")
        raise WrongAddress(Message(text)) from error
    return found.ascii_email
