"""What a firm says when it applies: that it means to list, where, when and with whom, and that all of it is true."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from pipeline.errors import WrongFile
from pipeline.language import N_, Label, Message
from pipeline.rules.definition.model import BOARDS

#: Where a firm can be listed: quotation on NEEQ is a rung on the way.
TARGET_BOARDS = tuple(board for board in BOARDS if board != "neeq")
ROLES: Mapping[str, Label] = {
    "broker": Label("券商", "broker"),
    "law_firm": Label("律师事务所", "law firm"),
    "auditor": Label("会计师事务所", "auditor"),
}
_LONGEST = 200
#: A plan further ahead than this is a slip of the hand.
_LATEST_YEARS = 20
_KEYS = frozenset({"intends_to_list", "target_board", "reform_on", "filing_on", "advisers", "contact", "truth"})
_FIELDS: Mapping[str, Label] = {
    "reform_on": Label("计划股改日期", "planned share reform"),
    "filing_on": Label("计划申报日期", "planned filing"),
}


@dataclass(frozen=True)
class Adviser:
    """`role`: one of ROLES; `signed_on`: the day of the agreement, None: not signed yet."""

    role: str
    name: str
    signed_on: date | None = None


@dataclass(frozen=True)
class Application:
    """What a firm declares. `target_board`: one of TARGET_BOARDS, None: not settled; days None: not planned yet."""

    intends_to_list: bool
    target_board: str | None = None
    reform_on: date | None = None
    filing_on: date | None = None
    advisers: Sequence[Adviser] = field(default_factory=tuple)
    contact: str = ""
    phone: str = ""
    truth: bool = False

    def as_json(self) -> dict[str, Any]:
        """As it is stored."""
        return {
            "intends_to_list": self.intends_to_list,
            "target_board": self.target_board,
            "reform_on": _written(self.reform_on),
            "filing_on": _written(self.filing_on),
            "advisers": [
                {"role": one.role, "name": one.name, "signed_on": _written(one.signed_on)} for one in self.advisers
            ],
            "contact": {"name": self.contact, "phone": self.phone},
            "truth": self.truth,
        }


def application_from(content: object) -> Application:
    """What was stored, or written in a file. Raises WrongFile naming everything that cannot be read."""
    problems: list[Message] = []
    if not isinstance(content, dict):
        problems.append(Message(N_("a mapping was expected.")))
        content = {}
    if unknown := [str(key) for key in content if key not in _KEYS]:
        problems.append(Message(N_("unknown key %(keys)s."), {"keys": ", ".join(unknown)}))
    contact = content.get("contact") or {}
    contact = contact if isinstance(contact, dict) else {"name": str(contact)}
    advisers = content.get("advisers") or []
    if not isinstance(advisers, list) or not all(isinstance(one, dict) for one in advisers):
        problems.append(Message(N_("advisers are a list, each with role, name and signed_on.")))
        advisers = []
    read = Application(
        intends_to_list=content.get("intends_to_list") is True,
        target_board=content.get("target_board") or None,
        reform_on=_day(content.get("reform_on"), problems),
        filing_on=_day(content.get("filing_on"), problems),
        advisers=tuple(
            Adviser(str(one.get("role")), str(one.get("name") or ""), _day(one.get("signed_on"), problems))
            for one in advisers
        ),
        contact=str(contact.get("name") or ""),
        phone=str(contact.get("phone") or ""),
        truth=content.get("truth") is True,
    )
    if problems:
        raise WrongFile(Message(N_("The application cannot be taken:")), problems)
    return read


def checked(application: Application, on: date) -> Application:
    """The application as it is stored, declared on a day. Raises WrongFile naming everything in it that cannot be."""
    problems: list[Message] = []
    if not application.intends_to_list:
        problems.append(Message(N_("Who applies intends to list: say so.")))
    if not application.truth:
        problems.append(Message(N_("The declaration that everything stated is true is missing.")))
    if application.target_board is not None and application.target_board not in TARGET_BOARDS:
        text = N_("%(found)s is no board on which a firm can be listed: one of %(boards)s.")
        problems.append(Message(text, {"found": application.target_board, "boards": list(TARGET_BOARDS)}))
    for name, label in _FIELDS.items():
        day = getattr(application, name)
        if day is not None and day < on:
            text = N_("%(what)s: %(day)s lies before the declaration of %(on)s.")
            problems.append(Message(text, {"what": label, "day": f"{day}", "on": f"{on}"}))
        if day is not None and day.year > on.year + _LATEST_YEARS:
            problems.append(Message(N_("%(what)s: %(day)s is too far ahead."), {"what": label, "day": f"{day}"}))
    reform, filing = application.reform_on, application.filing_on
    if reform is not None and filing is not None and filing < reform:
        text = N_("The filing of %(filing)s is planned before the share reform of %(reform)s.")
        problems.append(Message(text, {"filing": f"{filing}", "reform": f"{reform}"}))
    if not application.contact.strip() or not application.phone.strip():
        problems.append(Message(N_("The contact's name and phone are missing.")))
    problems += _problems_of_advisers(application.advisers, on)
    texts = (application.contact, application.phone, *(one.name for one in application.advisers))
    if any(len(text) > _LONGEST for text in texts):
        problems.append(Message(N_("A name or a phone is longer than %(most)s characters."), {"most": _LONGEST}))
    if problems:
        raise WrongFile(Message(N_("The application cannot be taken:")), problems)
    return application


def _problems_of_advisers(advisers: Sequence[Adviser], on: date) -> list[Message]:
    problems = []
    roles = [one.role for one in advisers]
    if strangers := [role for role in dict.fromkeys(roles) if role not in ROLES]:
        text = N_("an adviser's role is one of %(words)s, not %(found)s.")
        problems.append(Message(text, {"words": list(ROLES), "found": strangers}))
    if twice := [ROLES[role] for role in dict.fromkeys(roles) if roles.count(role) > 1 and role in ROLES]:
        problems.append(Message(N_("%(roles)s is given twice."), {"roles": twice}))
    for one in advisers:
        if not one.name.strip():
            problems.append(Message(N_("an adviser has no name.")))
        if one.signed_on is not None and one.signed_on > on:
            text = N_("The agreement with %(name)s of %(day)s has not been signed yet on %(on)s.")
            problems.append(Message(text, {"name": one.name, "day": f"{one.signed_on}", "on": f"{on}"}))
    return problems


def _day(found: object, problems: list[Message]) -> date | None:
    if found is None or found == "":
        return None
    if isinstance(found, date):
        return found
    try:
        return date.fromisoformat(str(found))
    except ValueError:
        problems.append(Message(N_("%(found)s is not a day: write YYYY-MM-DD."), {"found": str(found)}))
        return None


def _written(day: date | None) -> str | None:
    return None if day is None else day.isoformat()
