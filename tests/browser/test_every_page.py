"""Every page of every role: read by everybody, fit for a phone, in one language at a time, in a real browser."""

import os
import re
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy.orm import Session

from dashboard.pages import PAGES
from dashboard.web.routes import Page
from pipeline.accounts import people, roles
from pipeline.accounts.roles import Role
from pipeline.opinions import requests
from pipeline.store.database import engine_for
from tests.browser.conftest import DESK, PHONE, Site, at_rest, follow
from tests.cast import LOTUS
from tests.dashboard import city, stored_model
from tests.pipeline.opinions.review import review

pytestmark = pytest.mark.browser
ROLES = {
    city.OFFICER: Role.OFFICER,
    city.ENTERPRISE: Role.ENTERPRISE,
    city.ANALYST: Role.ANALYST,
    "税务局科员": Role.DEPARTMENT,
}
#: What stands in the address of a page about one firm or one model.
PARTS = {"firm_id": LOTUS, "model_id": "small-2026"}
#: Pages that look otherwise by what is behind the "?".
VARIANTS = {"/model/<model_id>": ("?tab=subgroups",)}


def opens_to(role: Role, page: Page) -> bool:
    return page.may is None or bool({page.may, page.or_may} & set(roles.ROLES[role].may))


def walk_of(role: Role) -> tuple[str, ...]:
    """The address of every page that a role may open."""
    addresses = []
    for page in PAGES:
        if opens_to(role, page):
            address = re.sub(r"<(\w+)>", lambda part: PARTS[part[1]], page.path)
            addresses += [address, *(address + query for query in VARIANTS.get(page.path, ()))]
    return tuple(addresses)


WALKS = {who: walk_of(role) for who, role in ROLES.items()}
WHO = pytest.mark.parametrize("who", WALKS, ids=list(ROLES.values()))


@pytest.fixture
def full(site: Site) -> Site:
    """The small city's dashboard with a model in its store, and a review: a department is asked about it."""
    engine = engine_for(site.settings.db_url)
    with Session(engine) as session, session.begin():
        by, codes = people.console(), list(city.firms())
        people.add(session, "税务局科员", "department", department="tax", password=city.PASSWORD, by=by, now=city.NOW)
        number = review(session, city.SCORED_ON, dict.fromkeys(codes[9:11], ("enter", "seed")))
        requests.ask(session, by, number, ["tax"], city.SCORED_ON, city.NOW)
    stored_model.put(engine, site.settings.models)
    engine.dispose()
    return site


def test_every_page_is_on_the_walk_of_a_role():
    walked = {page.path for page in PAGES for role in ROLES.values() if opens_to(role, page)}
    assert walked == {page.path for page in PAGES}


def serious(page: Any, *rules: str) -> dict[str, list[str]]:
    """Serious faults that axe-core finds on a page by all its rules, or by these alone: where they are, by rule."""
    axe = pytest.importorskip("axe_playwright_python.sync_playwright", reason="axe-playwright-python is not installed")
    if not page.evaluate("'axe' in window"):
        page.evaluate(axe.Axe().axe_script)
    asked = {"resultTypes": ["violations"], **({"runOnly": rules} if rules else {})}
    found = {}
    for fault in page.evaluate("asked => axe.run(asked).then(({violations}) => violations)", asked):
        # The grid keeps empty rows of its own for pinned columns that we have none of.
        nodes = [node["html"][:160] for node in fault["nodes"] if "ag-header-row" not in node["html"][:60]]
        if nodes and fault["impact"] in ("serious", "critical"):
            found[fault["id"]] = nodes[:4]
    return found


def wider_than_the_window(page: Any) -> int:
    return int(page.evaluate("document.documentElement.scrollWidth - window.innerWidth"))


_NAMES = (
    r"English|XLSX|xlsx|console|CSV|HNTE|PCT|NEEQ|OECD|Ctrl|AG Grid|PDF|LightGBM|SHAP|Platt|lightgbm|logistic"
    r"|Word|Excel|DOCX|Kaplan|Meier|Wilson|Newcombe"
)
_ALLOWED = re.compile(
    rf"{_NAMES}|goldseed audit verify --head|[A-Z0-9]{{6,}}|[0-9a-f]{{64}}|(city|small)[-_ ]\d+|\bcity\b"
)


def english_words(page: Any) -> list[str]:
    """The English words on a page but for names, codes and commands."""
    return re.findall(r"[A-Za-z]{4,}", _ALLOWED.sub("", page.inner_text("body")))


def load_again(page: Any, theme: str, language: str) -> None:
    """The same person goes on in another theme and language, which the first HTML of a page must say."""
    chosen = {"goldseed_theme": theme, "goldseed_language": language}
    root = page.evaluate("location.origin")  # of all pages, not of those beside this one
    page.context.add_cookies([{"name": name, "value": value, "url": root} for name, value in chosen.items()])
    page.reload()
    said = page.evaluate("[document.documentElement.dataset.mantineColorScheme, document.documentElement.lang]")
    assert said == [theme, language.replace("_", "-")]


def painted(page: Any, theme: str) -> None:
    """The page that is open as it looks in this theme. But for plots, whose colours the server chooses, all of it
    follows from what the first HTML says of the theme."""
    page.evaluate(
        """theme => {
            document.documentElement.dataset.mantineColorScheme = document.body.dataset.agThemeMode = theme;
            document.body.getBoundingClientRect();
            for (const change of document.getAnimations())
                if (change instanceof CSSTransition) change.finish();
        }""",
        theme,
    )


@WHO
def test_every_page_fits_a_phone_mixes_in_no_english_and_can_be_read_by_everybody(full: Site, who: str):
    """Two walks. In Chinese: on a phone nothing sticks out; there and at a desk no page mixes in English; axe-core
    finds no serious fault of contrast, naming or structure; in the dark, where names and structure are the same, none
    of contrast, and a page with plots is opened anew for that. In English nothing sticks out on a phone. A page is made
    for the phone, then given the room of a desk."""
    page = full.signed_in(who, phone=True)
    wrong: dict[str, Any] = {}
    plotted = []

    def note(how: str, what: str, found: Any) -> None:
        if found:
            wrong[f"{path} {ROLES[who]} {how}: {what}"] = found

    for path in WALKS[who]:
        page.set_viewport_size(PHONE)
        follow(page, path)
        note("zh light phone", "too wide", max(0, wider_than_the_window(page)))
        note("zh light phone", "English", english_words(page))
        page.set_viewport_size(DESK)
        at_rest(page)
        assert page.locator("nav a").first.is_visible()
        note("zh light desk", "English", english_words(page))
        note("zh light desk", "axe", serious(page))
        if page.locator(".js-plotly-plot").count():
            plotted.append(path)
        else:
            painted(page, "dark")
            note("zh dark desk", "axe", serious(page, "color-contrast"))
            painted(page, "light")
    load_again(page, "dark", "zh_CN")
    for path in plotted or WALKS[who][:1]:
        follow(page, path)
        note("zh dark desk", "axe", serious(page, "color-contrast"))
    page.set_viewport_size(PHONE)
    load_again(page, "light", "en")
    for path in WALKS[who]:
        follow(page, path)
        note("en light phone", "too wide", max(0, wider_than_the_window(page)))
    assert wrong == {}


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
            page = full.signed_in(who, english=english, dark=dark, phone=phone)
            for path in walk:
                follow(page, path)
                what = path.strip("/").split("/")[0].split("?")[0] or "overview"
                name = f"{ROLES[who]}-{what}-{'en' if english else 'zh'}-{'dark' if dark else 'light'}"
                page.screenshot(path=str(Path(folder) / f"{name}-{390 if phone else 1440}.png"), full_page=True)
