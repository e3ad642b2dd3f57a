"""Every page of every role: read by everybody, fit for a phone, in one language at a time, in a real browser.

A page is opened twice: in Chinese and light, in English and dark; each time on a phone, then given the room of a desk.
Each role is walked over its first page and the pages that no role before it was walked over.
"""

import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from dashboard.pages import PAGES
from dashboard.web.routes import Page, Routes
from pipeline.accounts import people, roles
from pipeline.accounts.people import Person
from pipeline.accounts.roles import Action, Role
from pipeline.opinions import requests
from pipeline.settings import ROOT, Settings
from pipeline.store.database import engine_for
from pipeline.store.tables import Case
from pipeline.support import claims
from tests.browser.conftest import DESK, PHONE, Doors, Site, at_rest, follow, load_again, served
from tests.cast import LOTUS
from tests.dashboard import city, stored_model
from tests.demo_city import database_copied
from tests.pipeline.opinions.review import review

pytestmark = pytest.mark.browser
#: Who is walked, in the order of the table of roles; an officer of a district comes after those of the city.
WHO: dict[str, Person] = {
    "officer": Person(0, city.OFFICER, Role.OFFICER),
    "district officer": Person(0, city.DISTRICT_OFFICER, Role.OFFICER, district_code="440704"),
    "enterprise": Person(0, city.ENTERPRISE, Role.ENTERPRISE, firm_id=LOTUS),
    "enterprise_reader": Person(0, "莲芯秘书", Role.READER, firm_id=LOTUS),
    "analyst": Person(0, city.ANALYST, Role.ANALYST),
    "mentor": Person(0, "挂点梁", Role.MENTOR),
    "department": Person(0, "税务局科员", Role.DEPARTMENT),
    "auditor": Person(0, "审计员", Role.AUDITOR),
    "admin": Person(0, "账户管理员甲", Role.ADMIN),
}
#: What stands in the address of a page about one firm or one model.
PARTS = {"firm_id": LOTUS, "model_id": "small-2026"}
#: Pages that look otherwise by what is behind the "?".
VARIANTS = {
    "/model/<model_id>": ("?tab=subgroups",),
    "/growers": (f"?firm={LOTUS}",),
    "/support": ("?claim=1", f"?firm={LOTUS}"),
    "/targets": ("?plan=own-2025-2027&target=hnte&day=2026-05-01",),
}


def addresses_of(page: Page) -> list[str]:
    address = re.sub(r"<(\w+)>", lambda part: PARTS[part[1]], page.path)
    return [address, *(address + query for query in VARIANTS.get(page.path, ()))]


def walks() -> dict[str, list[str]]:
    """Who -> where they come to, then every page that nobody before was walked over; what no role opens is on none."""
    routes, walked, found = Routes(PAGES), set[str](), {}
    for who, person in WHO.items():
        new = [one for page in PAGES if page.opens_to(person) for one in addresses_of(page) if one not in walked]
        first = "/today" if people.may(person, Action.RECORD_VISITS) else routes.first_page(person)
        found[who] = list(dict.fromkeys([first, *new]))
        walked.update(new)
    return found


WALKS = walks()


@pytest.fixture(scope="module")
def full(chromium: Doors, settled_city: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """The small city's dashboard with a model in its store, a review that a department is asked about, and accounts of
    all roles; only looked at."""
    folder = tmp_path_factory.mktemp("every-page")
    url = f"sqlite:///{database_copied(settled_city, folder)}"
    settings = Settings(root=ROOT, db_url=url, models=folder / "models", secret=None, language="zh_CN")
    engine = engine_for(url)
    with Session(engine) as session, session.begin():
        by, codes = people.console(), list(city.firms())
        for one in WHO.values():
            if people.named(session, one.name) is None:
                department = "tax" if one.policy.of_a_department else None
                account, _ = people.add(
                    session,
                    one.name,
                    one.role,
                    one.firm_id,
                    None,
                    city.PASSWORD,
                    by=by,
                    now=city.NOW,
                    department=department,
                )
                if one.role == Role.MENTOR:
                    session.scalars(select(Case).where(Case.firm_id == LOTUS)).one().mentor_id = account.id
        city.past_the_program(session)
        prize = ("demo_pacesetter", "通知文件")
        claims.claim(session, by, LOTUS, *prize, asked_fen=30_000_000, today=city.SCORED_ON, now=city.NOW)
        number = review(session, city.SCORED_ON, dict.fromkeys(codes[9:11], ("enter", "seed")))
        requests.ask(session, by, number, ["tax"], city.SCORED_ON, city.NOW)
    stored_model.put(engine, settings.models)
    engine.dispose()
    with served(settings, chromium) as opened:
        yield opened


def test_every_page_is_on_the_walk_of_a_role_and_every_role_has_one():
    assert {one for page in PAGES for one in addresses_of(page)} == {one for walk in WALKS.values() for one in walk}
    assert {person.role for person in WHO.values()} == set(roles.account_roles())


#: The elements that show words, one of each look: what surrounds it, its colours, and those it stands on. The looks
#: that were seen before in this theme, on whichever page, are left out: axe takes seconds for the cells of a table.
_ONE_OF_EACH_LOOK = """
    seen => {
        const looks = new Map(), found = [], known = new Set(seen);
        const look = one => {
            if (!one) return "";
            if (!looks.has(one)) {
                const style = getComputedStyle(one);
                looks.set(one, [look(one.parentElement), one.tagName, one.className, style.color, style.backgroundColor,
                    style.backgroundImage, style.opacity, style.fontSize, style.fontWeight].join());
            }
            return looks.get(one);
        };
        const short = text => { let sum = 0; for (const sign of text) sum = (sum * 31 + sign.codePointAt(0)) % 2 ** 48;
            return sum; };
        window.looked = [];
        for (const one of document.body.querySelectorAll("*")) {
            const words = Array.from(one.childNodes).some(part => part.nodeType === 3 && part.data.trim());
            if (!(words || one.matches("input, select, textarea")) || !one.checkVisibility()) continue;
            const mine = short(look(one));
            if (known.has(mine)) continue;
            known.add(mine);
            found.push(mine);
            window.looked.push(one);
        }
        return found;
    }
"""


class Looks:
    """What axe-core says of pages: of names and structure, page by page; of contrast, each look once a theme."""

    def __init__(self) -> None:
        self._seen: dict[str, set[int]] = {"light": set(), "dark": set()}

    def structure(self, page: Any) -> dict[str, list[str]]:
        """Serious faults by all rules but that of contrast."""
        return _serious(page, "document", {"rules": {"color-contrast": {"enabled": False}}})

    def contrast(self, page: Any, theme: str) -> dict[str, list[str]]:
        """Words that can hardly be read, of a look that no page before had in this theme."""
        new = page.evaluate(_ONE_OF_EACH_LOOK, list(self._seen[theme]))
        self._seen[theme].update(new)
        return _serious(page, "({include: window.looked})", {"runOnly": ["color-contrast"]}) if new else {}


def _serious(page: Any, where: str, rules: dict[str, Any]) -> dict[str, list[str]]:
    """What axe-core finds serious, and where it is, by rule."""
    axe = pytest.importorskip("axe_playwright_python.sync_playwright", reason="axe-playwright-python is not installed")
    if not page.evaluate("'axe' in window"):
        page.evaluate(axe.Axe().axe_script)
    asked = {"resultTypes": ["violations"], "preload": False, **rules}
    found = {}
    for fault in page.evaluate(f"asked => axe.run({where}, asked).then(({{violations}}) => violations)", asked):
        # The grid keeps empty rows of its own for pinned columns that we have none of.
        nodes = [node["html"][:160] for node in fault["nodes"] if "ag-header-row" not in node["html"][:60]]
        if nodes and fault["impact"] in ("serious", "critical"):
            found[fault["id"]] = nodes[:4]
    return found


def wider_than_the_window(page: Any) -> int:
    return max(0, int(page.evaluate("document.documentElement.scrollWidth - window.innerWidth")))


_NAMES = (
    r"English|XLSX|xlsx|console|CSV|HNTE|PCT|NEEQ|OECD|Ctrl|AG Grid|PDF|LightGBM|SHAP|Platt|lightgbm|logistic"
    r"|Word|Excel|DOCX|Kaplan|Meier|Wilson|Newcombe"
)
_ALLOWED = re.compile(
    rf"{_NAMES}|goldseed audit verify --head|[A-Z0-9]{{6,}}|(city|small)[-_ ]\d+|\bcity\b"
    r"|\b(?=[a-f]*\d)[0-9a-f]{8,64}\b"
)


def english_words(page: Any) -> list[str]:
    """The English words on a page but for names, codes, hashes and commands."""
    return re.findall(r"[A-Za-z]{4,}", _ALLOWED.sub("", page.inner_text("body")))


LOOKS = Looks()


@pytest.mark.parametrize("who", WALKS)
def test_every_page_fits_a_phone_mixes_in_no_english_and_can_be_read_by_everybody(full: Site, who: str):
    """In Chinese and light, then in English and dark: nothing sticks out on a phone or at a desk, no Chinese page mixes
    in English, no script has an error, and axe-core finds no serious fault of names, structure (of the first page on a
    phone too) or contrast."""
    page = full.signed_in(WHO[who].name, phone=True)
    wrong: dict[str, Any] = {}
    assert page.evaluate("location.pathname") == WALKS[who][0]
    told = len(full.errors)

    def note(how: str, **found: Any) -> None:
        wrong.update({f"{path} {who} {how}: {what}": one for what, one in found.items() if one})

    for path in WALKS[who]:
        page.set_viewport_size(PHONE)
        follow(page, path)
        note("zh phone", wide=wider_than_the_window(page), english=english_words(page))
        note("zh phone", contrast=LOOKS.contrast(page, "light"))
        if path == WALKS[who][0]:
            note("zh phone", axe=LOOKS.structure(page))
        page.set_viewport_size(DESK)
        at_rest(page)
        assert page.locator("nav a").first.is_visible()
        note("zh desk", wide=wider_than_the_window(page), english=english_words(page))
        note("zh desk", axe=LOOKS.structure(page), contrast=LOOKS.contrast(page, "light"))
    page.set_viewport_size(PHONE)
    load_again(page, "dark", "en")
    for path in reversed(WALKS[who]):  # the last page is open already
        page.set_viewport_size(PHONE)
        follow(page, path)
        note("en phone", wide=wider_than_the_window(page), contrast=LOOKS.contrast(page, "dark"))
        page.set_viewport_size(DESK)
        at_rest(page)
        note("en desk", wide=wider_than_the_window(page), contrast=LOOKS.contrast(page, "dark"))
    assert wrong == {}
    assert full.errors[told:] == []


def test_a_table_of_words_becomes_cards_on_a_phone_and_stays_a_table_at_a_desk(site: Site):
    page = site.signed_in(phone=True, at=f"/firm/{LOTUS}")
    cell = page.locator("#firm-labels .table-scroll >> nth=0 >> tbody tr >> nth=0 >> td >> nth=1")
    cell.wait_for()
    for size, display in ((PHONE, "grid"), (DESK, "table-cell")):
        page.set_viewport_size(size)
        at_rest(page)
        assert cell.get_attribute("data-label") == "状态"
        assert cell.evaluate("cell => getComputedStyle(cell).display") == display


def test_screenshots_are_kept_where_asked(full: Site):
    """GOLDSEED_SHOTS=folder keeps pictures of every page in both languages, both themes and two widths."""
    if not (folder := os.environ.get("GOLDSEED_SHOTS")):
        pytest.skip("GOLDSEED_SHOTS is not set")
    for english, dark, phone in [(False, False, False), (True, True, False), (False, False, True), (True, True, True)]:
        for who, walk in WALKS.items():
            page = full.signed_in(WHO[who].name, english=english, dark=dark, phone=phone)
            for path in walk:
                follow(page, path)
                what = path.strip("/").split("/")[0].split("?")[0] or "overview"
                name = f"{who}-{what}-{'en' if english else 'zh'}-{'dark' if dark else 'light'}"
                page.screenshot(path=str(Path(folder) / f"{name}-{390 if phone else 1440}.png"), full_page=True)
