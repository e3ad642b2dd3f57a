"""Read a city's file, and refuse what cannot be meant: every fault with its line, what was found and what to write."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from pipeline.city.file_reader import FileReader, lines_of
from pipeline.errors import WrongFile
from pipeline.language import N_, Label, Message
from pipeline.strict_yaml import load_text_strictly

#: The one that comes with the program.
SHIPPED = Path(__file__).resolve().parents[2] / "data" / "city.yaml"
#: Firms keep the code of their district in six digits.
_CODE = re.compile(r"[1-9][0-9]{5}")


class WrongCity(WrongFile):
    """A city's file that cannot be used."""


@dataclass(frozen=True)
class District:
    """`code`: the division code (GB/T 2260)."""

    code: str
    zh: str
    en: str


@dataclass(frozen=True)
class City:
    """`program`: what the program is called there; `district`: what a part of the city is called in Chinese; `bureau`:
    who issues the papers of the pools, None: a blank; `demo_shares`: of the firms of the made-up city, by district;
    `offers`: the file of what the city offers to firms beside money that is worked out, `support`: that of its rules of
    support; None: it has none."""

    file: Path
    name: Label
    program: Label
    district: str
    bureau: str | None
    zone: ZoneInfo
    districts: Mapping[str, District] = field(hash=False)
    demo_shares: Mapping[str, float] = field(hash=False)
    offers: Path | None = None
    support: Path | None = None


def read_city(path: Path) -> City:
    """The city of a file. Raises WrongCity listing everything in it that cannot be meant."""
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        why = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
        text = N_("The file of the city cannot be read: %(file)s (%(why)s). Name one that is there, in UTF-8.")
        raise WrongCity(Message(text, {"file": str(path), "why": why})) from error
    problems: list[Message] = []
    content = load_text_strictly(text, path.name, problems)
    city = None
    if not problems:
        reader = _Reader(path, lines_of(text), problems)
        city = reader.city(content)
    if city is None or problems:
        head = N_("The file of the city cannot be used, and nothing was done: %(file)s. Mend this and begin again:")
        raise WrongCity(Message(head, {"file": str(path)}), problems)
    return city


class _Reader(FileReader):
    """The file of a city being read."""

    def city(self, content: Any) -> City | None:
        needed = ("name", "titles", "time_zone", "districts")
        if not self.keys((), content, needed, ("offers", "support")):
            return None
        titles = content["titles"]
        if not self.keys(("titles",), titles, ("program", "district"), ("bureau",)):
            titles = {}
        name = self.label(("name",), content["name"])
        program = self.label(("titles", "program"), titles["program"]) if titles else None
        district = self.text(("titles", "district"), titles["district"]) if titles else None
        bureau = self.text(("titles", "bureau"), titles["bureau"]) if titles.get("bureau") is not None else None
        zone = self._zone(content["time_zone"])
        districts, shares = self._districts(content["districts"])
        offers, support = self._file_beside("offers", content), self._file_beside("support", content)
        if self.problems or name is None or program is None or district is None or zone is None:
            return None
        return City(self.path, name, program, district, bureau, zone, districts, shares, offers, support)

    def _file_beside(self, key: str, content: Mapping[str, Any]) -> Path | None:
        named = self.text((key,), content[key]) if content.get(key) is not None else None
        return None if named is None else self.path.parent / named

    def _districts(self, given: Any) -> tuple[Mapping[str, District], Mapping[str, float]]:
        where = ("districts",)
        if not isinstance(given, dict) or not given:
            self.wrong(where, given, N_('Write each district of the city under its code: "123456": {zh: …, en: …}.'))
            return {}, {}
        districts: dict[str, District] = {}
        shares: dict[str, float] = {}
        for key, entry in given.items():
            code, place = str(key), ("districts", str(key))
            if not isinstance(key, str) or not _CODE.fullmatch(code):
                self.wrong(place, key, N_('Write the code of the district: six digits, in quotation marks, "123456".'))
            if not self.keys(place, entry, ("zh", "en"), ("share_in_demo",)):
                continue
            zh, en = self.text((*place, "zh"), entry["zh"]), self.text((*place, "en"), entry["en"])
            if zh is not None and en is not None:
                districts[code] = District(code, zh, en)
            if "share_in_demo" in entry:
                share = entry["share_in_demo"]
                if type(share) not in (int, float) or not 0 < share <= 1:
                    self.wrong((*place, "share_in_demo"), share, N_("Write a number above 0 and at most 1."))
                else:
                    shares[code] = float(share)
        self._told_apart(districts)
        if shares and len(shares) != len(given):
            missing = [key for key in map(str, given) if key not in shares]
            words = N_("share_in_demo is given for some districts and not for these. Give it for all, or for none.")
            self.wrong(where, ", ".join(missing), words)
        return districts, _of_one(shares or dict.fromkeys(districts, 1.0))

    def _told_apart(self, districts: Mapping[str, District]) -> None:
        """A name stands in forms for its district: no two districts have one in common."""
        for language in ("zh", "en"):
            owner: dict[str, str] = {}
            for code, district in districts.items():
                name = str(getattr(district, language)).casefold()
                if (other := owner.setdefault(name, code)) != code:
                    words = N_("District %(other)s has this name too. Give each district a name of its own.")
                    self.wrong(("districts", code, language), getattr(district, language), words, other=other)

    def _zone(self, given: Any) -> ZoneInfo | None:
        try:
            return ZoneInfo(given if isinstance(given, str) and given else "none")
        except (KeyError, ValueError, OSError):
            self.wrong(("time_zone",), given, N_("Write a time zone by its name, e.g. Asia/Shanghai or Asia/Urumqi."))
            return None


def _of_one(shares: Mapping[str, float]) -> dict[str, float]:
    """Shares that sum to one, the largest first; such as do already stay as they are written."""
    total = sum(shares.values())
    over = 1.0 if abs(total - 1) < 1e-9 else total
    return {code: share / over for code, share in sorted(shares.items(), key=lambda one: -one[1])}
