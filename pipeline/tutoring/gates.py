"""What a stage needs before a case may enter it: advisers by name, and the legal terms of data/tutoring.yaml.

A need that is not met is named (`lacking`); who may keep cases can go without it for a written reason, which stays
with the entry. What files state has happened, whatever it lacks: gates are for entries of people.
"""

import calendar
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date
from functools import cache
from pathlib import Path
from types import MappingProxyType

from pipeline.language import N_, Label, Message, pick
from pipeline.settings import ROOT
from pipeline.strict_yaml import parse_strictly

TERMS_FILE = ROOT / "data" / "tutoring.yaml"

#: The kinds of adviser, in the order in which they are asked for.
ADVISER_KINDS: Mapping[str, Label] = {
    "broker": Label("保荐券商（辅导机构）", "broker (sponsor)"),
    "law_firm": Label("律师事务所", "law firm"),
    "auditor": Label("会计师事务所", "auditor"),
    "valuer": Label("资产评估机构", "valuer"),
}
#: Those of the register: agencies prepare returns and advise nobody on the way to an exchange.
REGISTER_KINDS: Mapping[str, Label] = MappingProxyType(
    {**ADVISER_KINDS, "agency": Label("申报服务机构", "agency that prepares returns")}
)
#: Before a kind of adviser: whoever is named is on the negative list.
LISTED = "listed_"
#: What the day of a stage is the day of, where it is more than "reached".
DAY_MEANINGS: Mapping[str, Label] = {
    "advisers": Label("协议签订日", "day of the agreement"),
    "share_reform": Label("股份公司登记日", "day on which the company limited by shares was registered"),
    "tutoring_filed": Label("辅导备案报送日", "day of the filing"),
    "tutoring_accepted": Label("证监局受理日", "day of the acceptance"),
    "tutoring_passed": Label("验收工作完成函日期", "day of the letter on the finished tutoring"),
}
_ADVISERS_OF: Mapping[str, tuple[str, ...]] = {
    "advisers": ("broker", "law_firm", "auditor"),
    "tutoring_filed": ("broker",),
}


@dataclass(frozen=True)
class Term:
    """A number that holds from a day on: of months, or of the working days in which somebody is answered.
    `confidence`: high, medium, derived or synthetic."""

    from_day: date
    number: int
    source: str
    confidence: str


@dataclass(frozen=True)
class Lack:
    """A need of a stage that is not met. `id`: a kind of adviser, the same after LISTED, or the term that does not
    fit."""

    id: str
    message: Message


@cache
def terms(path: Path = TERMS_FILE, section: str = "terms") -> dict[str, tuple[Term, ...]]:
    """The dated terms, each in the order of its days; `section`: terms (months) or answers (working days). Raises
    ValueError for a value that is no whole number of them."""
    found = {}
    for name, entry in parse_strictly(path.read_text(encoding="utf-8"))[section].items():
        dated = sorted(entry["values"].items())
        for day, value in dated:
            if type(day) is not date or type(value["value"]) is not int or value["value"] < 1:
                raise ValueError(f"{path.name}, {name}: a day with a whole number; found {day}: {value}")
        found[name] = tuple(Term(day, one["value"], one["source"], one["confidence"]) for day, one in dated)
    return found


def lack_name(lack: str) -> str:
    """A lack as it was kept with an entry, in words: a kind of adviser, one on the negative list, or a term."""
    if lack.removeprefix(LISTED) in ADVISER_KINDS and lack.startswith(LISTED):
        return str(Message(N_("%(kind)s on the negative list"), {"kind": ADVISER_KINDS[lack.removeprefix(LISTED)]}))
    return pick(ADVISER_KINDS[lack]) if lack in ADVISER_KINDS else pick(term_names().get(lack, Label(lack, lack)))


@cache
def term_names() -> dict[str, Label]:
    """How each term is called."""
    content = parse_strictly(TERMS_FILE.read_text(encoding="utf-8"))["terms"]
    return {name: Label(entry["zh"], entry["en"]) for name, entry in content.items()}


def term_on(name: str, on: date) -> Term | None:
    """The term that holds on a day; None before the first."""
    return _holding(terms()[name], on)


def working_days_to_answer(name: str, on: date) -> int | None:
    """In how many working days somebody is answered who asks on this day; None where nothing holds yet."""
    term = _holding(terms(section="answers")[name], on)
    return None if term is None else term.number


def _holding(dated: tuple[Term, ...], on: date) -> Term | None:
    return next((term for term in reversed(dated) if term.from_day <= on), None)


def advisers_needed(stage: str) -> tuple[str, ...]:
    """The kinds of adviser that a stage asks for by name."""
    return _ADVISERS_OF.get(stage, ())


def lacking(stage: str, on: date, named: Collection[str], days: Mapping[str, date]) -> list[Lack]:
    """What a firm that reaches the stage on this day lacks for it.

    `named`: the kinds of adviser that are known by name then; `days`: the last day of each stage, and of each way out,
    that is known to have happened by `on`.
    """
    lacks = [
        Lack(kind, Message(N_("the name of the %(kind)s"), {"kind": ADVISER_KINDS[kind]}))
        for kind in advisers_needed(stage)
        if kind not in named
    ]
    if stage == "tutoring_passed":
        began = days.get("tutoring_accepted") or days.get("tutoring_filed")
        lacks += _too_early(
            "tutoring_months", began, on, N_("%(months)s months of tutoring, from %(since)s to %(day)s")
        )
    elif stage == "filed":
        letter = days.get("tutoring_passed")
        lacks += _too_late("completion_letter_months", letter, on, N_("a valid letter on the tutoring (until %(day)s)"))
        text = N_("%(months)s months since the rejection of %(since)s, that is until %(day)s")
        lacks += _too_early("months_after_rejection", days.get("rejected"), on, text)
    elif stage == "listed":
        text = N_("a registration that is still valid (until %(day)s)")
        lacks += _too_late("registration_months", days.get("registered"), on, text)
    return lacks


def months_after(day: date, months: int) -> date:
    """The same day so many months later, or the last of that month where it has no such day."""
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    return date(year, month + 1, min(day.day, calendar.monthrange(year, month + 1)[1]))


def _too_early(name: str, since: date | None, on: date, text: str) -> list[Lack]:
    return _lack(name, since, on, text, before_the_end=True)


def _too_late(name: str, since: date | None, on: date, text: str) -> list[Lack]:
    return _lack(name, since, on, text, before_the_end=False)


def _lack(name: str, since: date | None, on: date, text: str, *, before_the_end: bool) -> list[Lack]:
    """A lack where the day lies before the end of a term that must have passed, or behind one that must still run."""
    term = None if since is None else term_on(name, on)
    if since is None or term is None:
        return []
    end = months_after(since, term.number)
    if not (on < end if before_the_end else on > end):
        return []
    return [Lack(name, Message(text, {"months": term.number, "since": since.isoformat(), "day": end.isoformat()}))]


def kind_name(kind: str) -> str:
    """A kind of adviser in the current language; one that this program does not know is shown as it is."""
    return pick(REGISTER_KINDS[kind]) if kind in REGISTER_KINDS else kind
