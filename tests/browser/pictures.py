"""The pictures of docs/roles.md: what each role sees first, in Chinese and English, at a desk and on a phone.

`make pictures` takes them of the city in the settings' database (`make demo` makes one): of a copy of it, in which each
role gets an account that the pictures can sign in with. Nothing of the city itself is changed.
"""

import argparse
from collections.abc import Collection
from dataclasses import replace
from datetime import UTC, datetime
from io import BytesIO
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from pipeline.accounts import people
from pipeline.accounts.roles import Role
from pipeline.settings import ROOT, Settings, from_environment
from pipeline.store.database import engine_for
from pipeline.store.tables import Account
from tests.browser.conftest import CHROMIUM, DESK, FLAGS, PHONE, Doors, at_rest, load_again, served
from tests.dashboard import city
from tests.demo_city import database_copied, database_file

FOLDER = ROOT / "docs" / "screenshots" / "roles"
#: What a picture is called -> the role, and whether its account is of one district.
WHO = {
    "officer": (Role.OFFICER, False),
    "district-officer": (Role.OFFICER, True),
    "mentor": (Role.MENTOR, False),
    "department": (Role.DEPARTMENT, False),
    "enterprise": (Role.ENTERPRISE, False),
    "analyst": (Role.ANALYST, False),
    "auditor": (Role.AUDITOR, False),
    "admin": (Role.ADMIN, False),
}
LANGUAGES = {"zh": "zh_CN", "en": "en"}
WIDTHS = {"1440": DESK, "390": PHONE}
#: Twice so many colours are enough for a page, the red of its few warnings among them; a picture is a third as large.
_COLOURS = 64
#: Nobody waits for a picture as a test is waited for.
_PATIENCE_MS = 180_000


def names() -> list[str]:
    """The names of all pictures."""
    return [f"{who}-{short}-{width}.png" for who in WHO for short in LANGUAGES for width in WIDTHS]


def take(settings: Settings, folder: Path, whose: Collection[str] = WHO, *, whole: bool = False) -> None:
    """Take the pictures of some roles into a folder; `whole`: of the page to its end, not of what a window shows."""
    from playwright.sync_api import sync_playwright

    with TemporaryDirectory() as temporary, sync_playwright() as started:
        browser = started.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        database = database_copied(Path(database_file(settings)), Path(temporary))
        copied = replace(settings, db_url=f"sqlite:///{database}")
        accounts = _accounts(copied)
        with served(copied, doors := Doors(browser)) as site:
            for who, name in accounts.items():
                if who not in whose:
                    continue
                page = site.signed_in(name)
                page.set_default_timeout(_PATIENCE_MS)
                for short, chosen in LANGUAGES.items():
                    load_again(page, "light", chosen)
                    for width, size in WIDTHS.items():
                        page.set_viewport_size(size)
                        at_rest(page)
                        _keep(page.screenshot(full_page=whole), folder / f"{who}-{short}-{width}.png")
        browser.close()
        for door in doors.free:
            door.close()


def _accounts(settings: Settings) -> dict[str, str]:
    """Picture -> an account with the password of the tests; roles that the city has nobody of get one."""
    engine, by, now = engine_for(settings.db_url), people.console(), datetime.now(UTC)
    found = {}
    with Session(engine) as session, session.begin():
        for who, (role, of_district) in WHO.items():
            asked = select(Account.name).where(Account.role == role, Account.district_code.is_not(None) == of_district)
            name = session.scalars(asked.order_by(Account.id)).first()
            if name is None:
                people.add(session, who, role, password=city.PASSWORD, by=by, now=now)
            else:
                people.set_password(session, name, city.PASSWORD, by=by, now=now)
            found[who] = name or who
    engine.dispose()
    return found


def _keep(content: bytes, file: Path) -> None:
    """Surfaces and words keep their very colours, which are the most frequent; all others come close to theirs."""
    from PIL import Image

    picture: Any = Image.open(BytesIO(content)).convert("RGB")
    counted = sorted(picture.getcolors(picture.width * picture.height), reverse=True)
    kept = [part for _count, colour in counted[:_COLOURS] for part in colour]
    others = picture.quantize(_COLOURS, Image.Quantize.MAXCOVERAGE).getpalette()[: 3 * _COLOURS]
    palette: Any = Image.new("P", (1, 1))
    palette.putpalette(kept + others)
    picture.quantize(palette=palette, dither=Image.Dither.NONE).save(file, optimize=True)


def main() -> None:
    asks = argparse.ArgumentParser(description=__doc__)
    asks.add_argument("who", nargs="*", metavar="ROLE", help=f"of whom: {', '.join(WHO)}; of all unless it is said")
    asks.add_argument("--into", type=Path, default=FOLDER, help="the folder of the pictures")
    asks.add_argument("--whole", action="store_true", help="pages to their end")
    said = asks.parse_args()
    said.into.mkdir(parents=True, exist_ok=True)
    take(from_environment(), said.into, said.who or WHO, whole=said.whole)


if __name__ == "__main__":
    main()
