"""The menu: its pages below the headings of their sections."""

import pytest

from dashboard.pages import PAGES
from dashboard.shell import in_sections
from dashboard.web.routes import Routes
from pipeline.accounts.people import Person
from pipeline.accounts.roles import ROLES, Role, account_roles
from pipeline.language import speaking


def menu_of(role: Role):
    policy = ROLES[role]
    firm = "91440700MA00000001" if policy.speaks_for_one_firm else None
    department = "tax" if policy.of_a_department else None
    return Routes(PAGES).menu(Person(1, "某人", role, firm_id=firm, department=department))


@pytest.mark.parametrize("role", account_roles())
def test_every_page_of_a_menu_stands_once_in_its_order_and_each_section_comes_once(role):
    pages = menu_of(role)
    sections = in_sections(pages)
    assert [page for _section, those in sections for page in those] == pages
    names = [section for section, _those in sections]
    assert len(set(names)) == len(names)


def test_a_long_menu_has_headings_in_the_readers_language_and_a_short_one_has_none():
    with speaking("zh_CN"):
        assert [section for section, _ in in_sections(menu_of(Role.OFFICER))][:2] == ["日常", "遴选"]
    assert [section for section, _ in in_sections(menu_of(Role.ENTERPRISE))] == [""]
