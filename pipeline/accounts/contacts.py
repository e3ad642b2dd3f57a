"""Who stands behind an account: a person's name, unit and phone.

Shown to whoever works with the account. The trail says that they were changed and not what they are, since it is never
deleted."""

import re
import unicodedata
from dataclasses import dataclass

from pipeline.errors import ShownToPeople
from pipeline.language import N_, Message, in_brackets, joined
from pipeline.store.tables import Account

_LONGEST = {"person_name": 80, "unit": 120, "phone": 40}
#: Numbers as people write them: 0000-1234567, +86 138 0000 0000, (0000)1234567转12, 1234567 ext. 12.
_PHONE = re.compile(r"[+(（]?[0-9][0-9 ()（）./-]{3,30}( ?(转|ext\.?|x) ?[0-9]{1,6})?")


class WrongAccount(ShownToPeople):
    """An account that cannot be as asked for."""


@dataclass(frozen=True)
class Contact:
    """None: not said."""

    person_name: str | None = None
    unit: str | None = None
    phone: str | None = None

    def beside(self, account_name: str) -> str:
        """The account's name, with what is said of its person behind it."""
        said = [each for each in (self.person_name, self.unit, self.phone) if each and each != account_name]
        return in_brackets(account_name, joined(said)) if said else account_name


def contact_of(account: Account) -> Contact:
    return Contact(account.person_name, account.unit, account.phone)


def write_contact(account: Account, contact: Contact) -> list[str]:
    """Set what is said of an account's person; returns the names of what has changed. What is empty is said no more.

    Raises WrongAccount for what is too long, takes more than one line, or is no phone number; nothing is changed then.
    """
    wanted = {name: _tidy(name, getattr(contact, name)) for name in _LONGEST}
    changed = [name for name, value in wanted.items() if getattr(account, name) != value]
    for name in changed:
        setattr(account, name, wanted[name])
    return changed


def _tidy(name: str, value: str | None) -> str | None:
    text = " ".join(unicodedata.normalize("NFKC", value or "").split())
    if not text.isprintable() or len(text) > _LONGEST[name]:
        words = N_(
            "Name, unit and phone are one line each, of at most %(person_name)s, %(unit)s and %(phone)s letters."
        )
        raise WrongAccount(Message(words, dict(_LONGEST)))
    if name == "phone" and text and not _PHONE.fullmatch(text):
        words = N_("%(phone)s is no phone number. Write it as 0000-1234567, with an extension 0000-1234567 转 12.")
        raise WrongAccount(Message(words, {"phone": text}))
    return text or None
