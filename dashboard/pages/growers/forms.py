"""The fields with which leaders are named and contacts recorded; changes.py reads them."""

from datetime import date

import dash_mantine_components as dmc
from dash import html
from dash.development.base_component import Component

from dashboard.components.forms.fields import day_field
from pipeline.growth.terms import LEVELS
from pipeline.language import gettext as _
from pipeline.language import pick
from pipeline.tutoring.mentors import leaders


def leader_form() -> Component:
    """Who stands by the firm from now on; without a name, nobody of that level."""
    fields = dmc.Group(
        [
            _level("growers-leader-level"),
            dmc.TextInput(id="growers-leader-name", label=_("Name (blank: nobody any more)"), size="sm", w=240),
            dmc.TextInput(id="growers-leader-post", label=_("Post"), size="sm", w=200),
            dmc.TextInput(id="growers-leader-why", label=_("Reason, where somebody is replaced"), size="sm", w=240),
            dmc.Button(_("Save"), id="growers-leader-save", size="sm"),
        ],
        align="end",
        gap="xs",
    )
    return html.Details(
        [html.Summary(_("Name a leader"), className="text-link"), fields],
        className="no-print",
    )


def contact_form(today: date) -> Component:
    """A leader was in touch with the firm."""
    return dmc.Group(
        [
            _level("growers-contact-level"),
            day_field("growers-contact-on", _("Day"), value=today.isoformat(), maxDate=today.isoformat()),
            dmc.TextInput(id="growers-contact-note", label=_("What it was about"), size="sm", w=380, maw="100%"),
            dmc.Button(_("Record the contact"), id="growers-contact-save", size="sm"),
        ],
        align="end",
        gap="xs",
        className="no-print",
    )


def _level(name: str) -> Component:
    data = [{"value": level, "label": pick(leaders.LEVELS[level])} for level in LEVELS]
    return dmc.Select(id=name, label=_("Level"), data=data, value="town", size="sm", w=170, allowDeselect=False)
