"""Read the offers of a city, subsidies and services with their days; refuse what cannot be meant, all in one letter.

Step 1 of the flow: **offers_file.py** -> for_firm.py
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from functools import lru_cache
from pathlib import Path
from typing import Any

from pipeline.city.file_reader import BLANK, FileReader, lines_of
from pipeline.city.in_force import city
from pipeline.errors import WrongFile
from pipeline.language import N_, Label, Message
from pipeline.pools.model import GOLDEN, SEED
from pipeline.strict_yaml import load_text_strictly
from pipeline.tutoring.stages import FIRST, STAGES

IN_FORCE, PROPOSED, LAPSED = "in_force", "proposed", "lapsed"
STATES = (IN_FORCE, PROPOSED, LAPSED)
#: Who can have an offer: every one of these that is written has to hold. Labels that firms state or that a certificate
#: shows (recognition.STATED_BY).
NEEDS: Mapping[str, tuple[str, ...]] = {
    "pool": ("any", SEED, GOLDEN),
    "stage": tuple(stage for stage in STAGES if stage != FIRST),
    "label": ("hnte", "srdi_provincial", "little_giant"),
}
_LONGEST_NAME, _LONGEST_TEXT = 80, 200


class WrongOffers(WrongFile):
    """A file of offers that cannot be used."""


@dataclass(frozen=True)
class Offer:
    """`needs`: kind of NEEDS -> value; nothing: whoever asks. `amount` in words or `amount_cny` in yuan, neither: none
    is stated. `until` None: no end is stated. `source`: title and date, as they are written there."""

    id: str
    name: Label
    needs: Mapping[str, str]
    amount: Label | None
    amount_cny: float | None
    begins: date
    until: date | None
    source: str
    source_date: str
    state: str

    def holds_on(self, on: date) -> bool:
        """Whether it is known to be in force on a day: its first and its last day are among them."""
        return self.state == IN_FORCE and self.begins <= on and (self.until is None or on <= self.until)

    def ended_by(self, on: date) -> bool:
        """Whether its term is over on a day."""
        return self.state != PROPOSED and self.until is not None and self.until < on


@dataclass(frozen=True)
class Offers:
    """`ask`: whom a firm asks about them, None: not said."""

    ask: Label | None
    offers: tuple[Offer, ...]


NOTHING = Offers(None, ())


def offers() -> Offers:
    """The offers of the city that this process works for, as the file stands now. Raises WrongOffers."""
    file = city().offers
    if file is None:
        return NOTHING
    return _read(file, file.stat().st_mtime_ns if file.exists() else 0)


@lru_cache(maxsize=4)
def _read(file: Path, _changed: int) -> Offers:
    return read_offers(file)


def read_offers(path: Path) -> Offers:
    """The offers of a file. Raises WrongOffers listing everything in it that cannot be meant."""
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        why = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
        words = N_("The file of offers cannot be read: %(file)s (%(why)s). The file of the city names it.")
        raise WrongOffers(Message(words, {"file": str(path), "why": why})) from error
    problems: list[Message] = []
    content = load_text_strictly(text, path.name, problems)
    found = None if problems else _Reader(path, lines_of(text), problems).offers(content)
    if found is None or problems:
        head = N_("The file of offers cannot be used: %(file)s. Mend this:")
        raise WrongOffers(Message(head, {"file": str(path)}), problems)
    return found


class _Reader(FileReader):
    """The file of offers being read."""

    def offers(self, content: Any) -> Offers | None:
        if not self.keys((), content, ("offers",), ("ask",)):
            return None
        ask = self.label(("ask",), content["ask"], _LONGEST_NAME) if content.get("ask") is not None else None
        given = content["offers"]
        if not isinstance(given, dict):
            self.wrong(("offers",), given, N_("Write each offer under a name of its own: an_offer: {name: …}."))
            return None
        found = [self._offer(("offers", str(key)), str(key), entry) for key, entry in given.items()]
        return Offers(ask, tuple(one for one in found if one is not None))

    def _offer(self, where: tuple[str, ...], key: str, given: Any) -> Offer | None:
        needed, more = ("name", "state", "from", "source"), ("who", "amount", "amount_cny", "until")
        if not self.keys(where, given, needed, more):
            return None
        before = len(self.problems)
        name = self.label((*where, "name"), given["name"], _LONGEST_NAME)
        state = self._one_of((*where, "state"), given["state"], STATES)
        begins, until = (
            self._day((*where, each), given[each]) if each in given else None for each in ("from", "until")
        )
        if begins is not None and until is not None and until < begins:
            self.wrong(
                (*where, "until"), until, N_("It ends before it begins: write a day from %(day)s on."), day=begins
            )
        if state == LAPSED and given.get("until") is None:
            self.wrong((*where, "until"), BLANK, N_("What has lapsed has a last day: write until."))
        needs = self._needs((*where, "who"), given.get("who"))
        amount, cny = self._amount(where, given)
        source, source_date = self._source((*where, "source"), given["source"])
        if len(self.problems) > before or name is None or state is None or begins is None:
            return None
        return Offer(key, name, needs, amount, cny, begins, until, source, source_date, state)

    def _needs(self, where: tuple[str, ...], given: Any) -> dict[str, str]:
        if given is None or not self.keys(where, given, (), tuple(NEEDS)):
            return {}
        found = {
            kind: self._one_of((*where, kind), value, NEEDS[kind]) for kind, value in given.items() if kind in NEEDS
        }
        return {kind: value for kind, value in found.items() if value is not None}

    def _amount(self, where: tuple[str, ...], given: Mapping[str, Any]) -> tuple[Label | None, float | None]:
        words, cny = given.get("amount"), given.get("amount_cny")
        if words is not None and cny is not None:
            self.wrong((*where, "amount_cny"), cny, N_("Write the amount once: in words or in digits."))
        amount = None if words is None else self.label((*where, "amount"), words, _LONGEST_TEXT)
        if cny is not None and (type(cny) not in (int, float) or not 0 < cny < float("inf")):
            self.wrong((*where, "amount_cny"), cny, N_("Write digits above 0, e.g. 300000."))
            cny = None
        return amount, None if cny is None else float(cny)

    def _source(self, where: tuple[str, ...], given: Any) -> tuple[str, str]:
        if not self.keys(where, given, ("title", "date")):
            return "", ""
        title = self.text((*where, "title"), given["title"], _LONGEST_TEXT)
        written = given["date"]
        # A paper of which only the year is known keeps that.
        if type(written) is int and 1949 <= written <= 2100:
            return title or "", str(written)
        day = self._day((*where, "date"), written)
        return title or "", "" if day is None else day.isoformat()

    def _day(self, where: tuple[str, ...], given: Any) -> date | None:
        if given is None:
            return None
        if isinstance(given, date) and not isinstance(given, datetime):
            return given
        self.wrong(where, given, N_("Write a day: 2026-01-31."))
        return None

    def _one_of(self, where: tuple[str, ...], given: Any, known: tuple[str, ...]) -> str | None:
        if isinstance(given, str) and given in known:
            return given
        self.wrong(where, given, N_("Write one of: %(keys)s."), keys=", ".join(known))
        return None
