"""Fields that several forms have."""

from typing import Any

import dash_mantine_components as dmc
from dash.development.base_component import Component

from pipeline.language import gettext as _


def day_field(name: str, label: str, **about: Any) -> Component:
    """A field for a day; the arrows of its calendar have names, as its other buttons have."""
    arrows = {
        "previousMonth": _("previous month"),
        "nextMonth": _("next month"),
        "previousYear": _("previous year"),
        "nextYear": _("next year"),
        "previousDecade": _("previous decade"),
        "nextDecade": _("next decade"),
    }
    return dmc.DateInput(id=name, label=label, valueFormat="YYYY-MM-DD", w=150, size="sm", ariaLabels=arrows, **about)


def second_code_field(name: str) -> Component:
    """A field for the code of a second person whose sign-in asks for one."""
    return dmc.TextInput(
        id=name,
        label=_("Second person: code"),
        placeholder=_("where asked for"),
        autoComplete="off",
    )
