"""What waits for a person, or for all, as an e-mail or a message to a group.

    notices.py ──► digest.py

An e-mail passes servers that are not the bureau's: it says how many there are of what, and the firms of steps, tasks,
cases and messages by name; of problems, decisions and scores only how many. A message to a group has counts alone. No
text that somebody wrote, no score, no figure leaves the board.
"""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from html import escape

from sqlalchemy.orm import Session

from pipeline import language
from pipeline.accounts.people import Person
from pipeline.language import N_, joined, listed
from pipeline.language import gettext as _
from pipeline.reminders.notices import GROUP_NAMES, GROUPS, WAITING, Notice, notices
from pipeline.tutoring import visits
from pipeline.tutoring.agenda.agenda import WEEK
from pipeline.tutoring.problems.problem_lists import counts

#: The groups whose firms an e-mail names, and how many of them.
_NAMED = frozenset({"overdue", "due", "given", "cases", "messages"})
_MOST_NAMES = 20
SUBJECT = N_("Goldseed: %(count)s things wait for you")
_GREETING = N_("%(name)s, as of %(day)s this waits for you:")
_MORE = N_("… and %(count)s more")
_OPEN = N_("Open your reminders:")
_CHANGE = N_("How often you are written to, and where to, you choose on the page of your account.")
GROUP_TITLE = N_("Goldseed: what waits on %(day)s")
#: What a message to a group counts.
COUNTED: Mapping[str, str] = {
    "overdue": N_("%(count)s steps and tasks are overdue"),
    "due": N_("%(count)s steps and tasks are due within a week"),
    "problems": N_("%(count)s problems are overdue"),
    "decisions": N_("%(count)s proposals, objections and returns of firms wait for a decision or an answer"),
}


@dataclass(frozen=True)
class Part:
    """One group of reminders: how many, and the firms that an e-mail names."""

    group: str
    count: int
    firms: Sequence[str]


@dataclass(frozen=True)
class Digest:
    """What a person is written on a day; nothing waits where there are no parts."""

    person: str
    on: date
    parts: Sequence[Part]

    @property
    def count(self) -> int:
        return sum(part.count for part in self.parts)

    def as_json(self) -> dict[str, object]:
        return {
            "person": self.person,
            "on": self.on,
            "count": self.count,
            "parts": [{"group": part.group, "count": part.count, "firms": part.firms} for part in self.parts],
        }


@dataclass(frozen=True)
class Written:
    """An e-mail as it is read: `text` and `html` say the same."""

    subject: str
    text: str
    html: str

    @property
    def content_hash(self) -> str:
        return hashlib.sha256("\0".join((self.subject, self.text, self.html)).encode()).hexdigest()


def digest(session: Session, person: Person, on: date) -> Digest:
    """What a person is written on a day: what waits until somebody acts, and of all else what they have not read."""
    found = [one for one in notices(session, person, on) if one.group in WAITING or not one.read]
    parts = [_part(group, [one for one in found if one.group == group]) for group in GROUPS]
    return Digest(person.name, on, [part for part in parts if part.count])


def written(told: Digest, spoken: str, address: str | None) -> Written:
    """The digest as an e-mail in a language; `address`: where the board is, for the links."""
    with language.speaking(spoken):
        greeting = _(_GREETING, name=told.person, day=told.on.isoformat())
        lines = [(_title(part), _firms(part)) for part in told.parts]
        opened = [_(_OPEN) + f" {address}/reminders"] if address else []
        text = [greeting, "", *(_line(title, firms) for title, firms in lines), "", *opened, _(_CHANGE), ""]
        items = "".join(f"<li>{escape(title)}{'<br>' + escape(firms) if firms else ''}</li>" for title, firms in lines)
        link = f"{escape(address)}/reminders" if address else ""
        html_parts = [
            f'<!DOCTYPE html><html lang="{"en" if language.language() == language.ENGLISH else "zh-CN"}">',
            '<head><meta charset="utf-8"></head><body>',
            f"<p>{escape(greeting)}</p><ul>{items}</ul>",
            f'<p><a href="{link}">{escape(_(_OPEN))}</a></p>' if link else "",
            f"<p>{escape(_(_CHANGE))}</p></body></html>",
        ]
        return Written(_(SUBJECT, count=told.count), "\n".join(text), "".join(html_parts))


def of_all(session: Session, person: Person, on: date) -> dict[str, int]:
    """What waits in all that this person reaches, as COUNTED counts it; what there is none of is left out."""
    steps = visits.open_steps(session, on, person)
    found = {
        "overdue": sum(step.days_late > 0 for step in steps),
        "due": sum(step.days_late <= 0 and step.due_on <= on + WEEK for step in steps),
        "problems": counts(session, person, on).overdue,
        "decisions": sum(one.count or 0 for one in notices(session, person, on) if one.group == "decisions"),
    }
    return {what: count for what, count in found.items() if count}


def written_for_group(found: Mapping[str, int], on: date, address: str | None) -> tuple[str, str]:
    """Title and text of the message to a group, in the current language, as both robots understand it (markdown)."""
    title = _(GROUP_TITLE, day=on.isoformat())
    lines = [f"- {_(COUNTED[what], count=count)}" for what, count in found.items()]
    if address:
        lines += ["", f"[{address}/today]({address}/today)"]
    return title, "\n".join([f"**{title}**", "", *lines])


def _part(group: str, found: Sequence[Notice]) -> Part:
    names = [one.firm_name or one.firm_id or "" for one in found] if group in _NAMED else []
    return Part(group, sum(one.count or 1 for one in found), list(dict.fromkeys(name for name in names if name)))


def _title(part: Part) -> str:
    return language.headed(language.pick(GROUP_NAMES[part.group]), part.count)


def _firms(part: Part) -> str:
    shown = listed(part.firms[:_MOST_NAMES])
    left = len(part.firms) - _MOST_NAMES
    return joined([shown, _(_MORE, count=left)]) if left > 0 else shown


def _line(title: str, firms: str) -> str:
    return f"- {title}\n  {firms}" if firms else f"- {title}"
