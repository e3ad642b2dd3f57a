"""What a firm declares when it applies for a pool, and the JSON under which it is kept.

    {"intends_to_list": true, "target_board": "bse", "reform_on": "2027-06-30", "filing_on": "2028-03-31",
     "advisers": [{"role": "broker", "name": "…", "signed_on": "2026-09-01"}],
     "contact": {"name": "…", "phone": "…"}, "truth": true}

Exactly these keys; days and the board may be null. `reform_on` and `filing_on` are planned, `signed_on` has been.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from types import MappingProxyType
from typing import Any

from pipeline.errors import WrongFile
from pipeline.language import N_, Label, Message
from pipeline.rules.definition.model import BOARDS

#: The boards on which a firm can say that it wants to be listed: the exchanges'.
TARGET_BOARDS = tuple(board for board in BOARDS if board != "neeq")
BROKER = "broker"
ADVISER_ROLES: Mapping[str, Label] = MappingProxyType(
    {
        BROKER: Label("保荐券商", "Sponsoring broker"),
        "law_firm": Label("律师事务所", "Law firm"),
        "auditor": Label("会计师事务所", "Auditor"),
    }
)
LONGEST_NAME, LONGEST_PHONE = 100, 40
#: A plan for a year further away is a slip of the pen.
FURTHEST_YEARS = 10

_ADVISER_KEYS, _CONTACT_KEYS = ("role", "name", "signed_on"), ("name", "phone")
#: What each part is called in a letter.
_PARTS: Mapping[str, str] = MappingProxyType(
    {
        "intends_to_list": N_("Intends to be listed"),
        "target_board": N_("Target board"),
        "reform_on": N_("Planned share reform"),
        "filing_on": N_("Planned filing"),
        "advisers": N_("Advisers"),
        "contact": N_("Contact"),
        "truth": N_("Declaration of truth"),
    }
)


class WrongApplication(WrongFile):
    """An application that was not taken; `problems` lists all that is to be put right."""


@dataclass(frozen=True)
class Adviser:
    """`role`: a key of ADVISER_ROLES; `signed_on` None: not signed yet."""

    role: str
    name: str
    signed_on: date | None = None


@dataclass(frozen=True)
class Application:
    """What a firm declares. None: it does not say. `truth`: it vouches for what it says (真实性承诺)."""

    intends_to_list: bool
    target_board: str | None
    reform_on: date | None
    filing_on: date | None
    advisers: Sequence[Adviser]
    contact_name: str
    contact_phone: str
    truth: bool

    def as_json(self) -> dict[str, Any]:
        """The content of a declaration, as it is stored."""
        return {
            "intends_to_list": self.intends_to_list,
            "target_board": self.target_board,
            "reform_on": _written(self.reform_on),
            "filing_on": _written(self.filing_on),
            "advisers": [
                {"role": one.role, "name": one.name, "signed_on": _written(one.signed_on)} for one in self.advisers
            ],
            "contact": {"name": self.contact_name, "phone": self.contact_phone},
            "truth": self.truth,
        }


#: What is wrong with which part.
_Problem = tuple[str, Message]


def application_of(content: Any, declared_on: date) -> Application:
    """The application that a document holds (of a YAML file, or as stored), declared on that day.

    Days are dates or ISO texts. Raises WrongApplication with everything that is wrong with form and sense.
    """
    if not isinstance(content, Mapping):
        raise _refusal([Message(N_("An application lists its parts by name: %(parts)s."), {"parts": list(_PARTS)})])
    problems: list[_Problem] = [("", problem) for problem in _other_keys(content, tuple(_PARTS), "")]
    present = {name: value for name, value in content.items() if name in _PARTS}
    contact = _contact(present.get("contact"), problems) if "contact" in present else {}
    application = Application(
        _yes_or_no(present, "intends_to_list", problems),
        _text(present.get("target_board"), "target_board", problems) or None,
        _day(present.get("reform_on"), "reform_on", problems),
        _day(present.get("filing_on"), "filing_on", problems),
        _advisers(present.get("advisers"), problems) if "advisers" in present else (),
        contact.get("name", ""),
        contact.get("phone", ""),
        _yes_or_no(present, "truth", problems),
    )
    told = {part for part, _problem in problems} | (_PARTS.keys() - present.keys())
    problems += [(part, problem) for part, problem in _nonsense(application, declared_on) if part not in told]
    if problems:
        raise _refusal([problem for _part, problem in problems])
    return application


def check_application(application: Application, declared_on: date) -> Application:
    """The application with its texts trimmed. Raises WrongApplication with everything that makes no sense."""
    return application_of(application.as_json(), declared_on)


# --- the sense of it -------------------------------------------------------------------------------


def _nonsense(application: Application, on: date) -> Iterator[_Problem]:
    """What does not go together, or cannot be so on the day of the declaration."""
    board, reform, filing = application.target_board, application.reform_on, application.filing_on
    if board is not None and board not in TARGET_BOARDS:
        yield (
            "target_board",
            Message(
                N_("%(board)s is not a board on which a firm can be listed. Write one of: %(boards)s."),
                {"board": board[:LONGEST_NAME], "boards": ", ".join(TARGET_BOARDS)},
            ),
        )
    if not application.intends_to_list and not (board is reform is filing is None):
        yield (
            "intends_to_list",
            Message(N_("It does not intend to be listed, yet names a board or a planned day: which is right?")),
        )
    for part, day in (("reform_on", reform), ("filing_on", filing)):
        if day is None:
            continue
        if day < on:
            text = N_("%(part)s: %(day)s lies before the day of the application, %(on)s. A plan lies ahead.")
            yield part, Message(text, {"part": _part(part), "day": f"{day}", "on": f"{on}"})
        elif day.year - on.year > FURTHEST_YEARS:
            text = N_("%(part)s: %(day)s is more than %(years)s years ahead. Is the year right?")
            yield part, Message(text, {"part": _part(part), "day": f"{day}", "years": FURTHEST_YEARS})
    if reform is not None and filing is not None and filing < reform:
        yield (
            "filing_on",
            Message(
                N_("The planned filing, %(filing)s, lies before the planned share reform, %(reform)s."),
                {"filing": f"{filing}", "reform": f"{reform}"},
            ),
        )
    yield from (("advisers", problem) for problem in _odd_advisers(application.advisers, on))
    for part, text, longest in (
        (N_("Name of the contact"), application.contact_name, LONGEST_NAME),
        (N_("Phone of the contact"), application.contact_phone, LONGEST_PHONE),
    ):
        if (problem := _odd_line(part, text, longest)) is not None:
            yield "contact", problem
    if not application.truth:
        yield "truth", Message(N_("The firm has to vouch that what it declares is true; without it nothing is taken."))


def _odd_advisers(advisers: Sequence[Adviser], on: date) -> Iterator[Message]:
    roles = [adviser.role for adviser in advisers]
    for role in dict.fromkeys(roles):
        if role not in ADVISER_ROLES:
            yield Message(
                N_("%(role)s is not a role of an adviser. Write one of: %(roles)s."),
                {"role": role[:LONGEST_NAME], "roles": ", ".join(ADVISER_ROLES)},
            )
        elif roles.count(role) > 1:
            yield Message(N_("There are several of one role: %(role)s. Name one."), {"role": ADVISER_ROLES[role]})
    for adviser in advisers:
        called = ADVISER_ROLES.get(adviser.role, adviser.role[:LONGEST_NAME])
        if (problem := _odd_line(called, adviser.name, LONGEST_NAME)) is not None:
            yield problem
        if adviser.signed_on is not None and adviser.signed_on > on:
            yield Message(
                N_("%(role)s: signed on %(day)s, after the day of the application, %(on)s."),
                {"role": called, "day": f"{adviser.signed_on}", "on": f"{on}"},
            )


def _odd_line(part: object, text: str, longest: int) -> Message | None:
    """What is wrong with a short text: blank, too long, or more than one line. `part`: a msgid, or a Label."""
    if 0 < len(text) <= longest and text.isprintable():
        return None
    return Message(
        N_("%(part)s: write 1 to %(longest)s letters on one line; there are %(found)s."),
        {"part": Message(part) if isinstance(part, str) else part, "longest": longest, "found": len(text)},
    )


# --- the form of it --------------------------------------------------------------------------------


def _refusal(problems: Sequence[Message]) -> WrongApplication:
    return WrongApplication(Message(N_("The application is not taken yet; put this right:")), problems)


def _part(name: str) -> Message:
    return Message(_PARTS[name])


def _other_keys(content: Mapping[Any, Any], wanted: Sequence[str], within: str) -> Iterator[Message]:
    """The keys that are missing, and those that are not known."""
    for name in wanted:
        if name not in content:
            yield Message(N_("%(name)s is missing."), {"name": within + name})
    for name in content:
        if name not in wanted:
            yield Message(
                N_("%(name)s is not a part of an application. Its parts are: %(parts)s."),
                {"name": within + f"{name}"[:LONGEST_NAME], "parts": ", ".join(wanted)},
            )


def _yes_or_no(content: Mapping[str, Any], part: str, problems: list[_Problem]) -> bool:
    value = content.get(part, False)
    if isinstance(value, bool):
        return value
    problems.append((part, Message(N_("%(part)s: write true or false."), {"part": _part(part)})))
    return False


def _text(value: Any, part: str, problems: list[_Problem]) -> str:
    """A trimmed text; empty for none."""
    if value is None:
        return ""
    if isinstance(value, str):
        return value.strip()
    text = N_("%(part)s: %(found)s is not a text. Write it between quotation marks.")
    problems.append((part, Message(text, {"part": _part(part), "found": f"{value}"[:LONGEST_NAME]})))
    return ""


def _day(value: Any, part: str, problems: list[_Problem]) -> date | None:
    if value is None or (isinstance(value, date) and not isinstance(value, datetime)):
        return value
    try:
        return date.fromisoformat(value)
    except (TypeError, ValueError):
        text = N_("%(part)s: %(found)s is not a day. Write YYYY-MM-DD, or null where there is none.")
        problems.append((part, Message(text, {"part": _part(part), "found": f"{value}"[:LONGEST_NAME]})))
        return None


def _advisers(value: Any, problems: list[_Problem]) -> tuple[Adviser, ...]:
    if not isinstance(value, list | tuple) or not all(isinstance(one, Mapping) for one in value):
        text = N_("%(part)s: write a list of advisers, each with role, name and signed_on; [] where there is none.")
        problems.append(("advisers", Message(text, {"part": _part("advisers")})))
        return ()
    for place, one in enumerate(value, 1):
        problems += [("advisers", each) for each in _other_keys(one, _ADVISER_KEYS, f"advisers[{place}].")]
    return tuple(
        Adviser(
            _text(one.get("role"), "advisers", problems),
            _text(one.get("name"), "advisers", problems),
            _day(one.get("signed_on"), "advisers", problems),
        )
        for one in value
    )


def _contact(value: Any, problems: list[_Problem]) -> dict[str, str]:
    if not isinstance(value, Mapping):
        problems.append(("contact", Message(N_("%(part)s: write its name and phone."), {"part": _part("contact")})))
        return {}
    problems += [("contact", each) for each in _other_keys(value, _CONTACT_KEYS, "contact.")]
    return {name: _text(value.get(name), "contact", problems) for name in _CONTACT_KEYS}


def _written(day: date | None) -> str | None:
    return None if day is None else day.isoformat()
