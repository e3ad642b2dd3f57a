"""What an account is (role, and the firm, district or department that the role asks for) and who stands behind it, as
fields of a form. Their ids begin with what the form is for."""

from dash import State
from dash.development.base_component import Component

from dashboard.checked_once import dmc
from dashboard.components import terms
from pipeline import language
from pipeline.accounts.contacts import Contact
from pipeline.accounts.departments import DEPARTMENTS, department_name
from pipeline.accounts.roles import ROLES, account_roles
from pipeline.districts import DISTRICTS
from pipeline.language import gettext as _

#: A new account, and another role for one that there is.
NEW, OTHER = "accounts", "accounts-to"
PLACE = ("role", "firm", "district", "department")
CONTACT = ("person-name", "unit", "phone")


def place_fields(form: str) -> list[Component]:
    roles = [{"value": role, "label": language.pick(ROLES[role].name)} for role in account_roles()]
    first = next((role for role in account_roles() if not ROLES[role].opened_by_two), None)
    return [
        dmc.Select(id=f"{form}-role", label=_("Role"), data=roles, value=first, allowDeselect=False),
        dmc.Select(
            id=f"{form}-firm",
            label=_("Firm"),
            description=_("of an enterprise"),
            searchable=True,
            clearable=True,
            data=[],
            nothingFoundMessage=_("Write a part of the name or code"),
        ),
        dmc.Select(
            id=f"{form}-district",
            label=_("District"),
            data=[{"value": code, "label": terms.district(code)} for code in DISTRICTS],
            clearable=True,
            description=_("of an officer or a mentor; empty: the whole city"),
        ),
        dmc.Select(
            id=f"{form}-department",
            label=_("Department"),
            data=[{"value": name, "label": department_name(name)} for name in DEPARTMENTS],
            clearable=True,
            description=_('of an account of the role "department"'),
        ),
    ]


def contact_fields(form: str, contact: Contact | None = None) -> list[Component]:
    said = contact or Contact()
    return [
        dmc.TextInput(id=f"{form}-person-name", label=_("Name of the person"), value=said.person_name or ""),
        dmc.TextInput(id=f"{form}-unit", label=_("Unit"), value=said.unit or ""),
        dmc.TextInput(id=f"{form}-phone", label=_("Phone"), value=said.phone or ""),
    ]


def states(form: str, names: tuple[str, ...]) -> list[State]:
    return [State(f"{form}-{name}", "value") for name in names]
