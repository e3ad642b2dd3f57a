"""The folded form by which an officer enters an activity of a firm; card.py reads it. Ids begin with
`firm-activity`."""

from datetime import date
from typing import Any

from dash.development.base_component import Component

from dashboard.checked_once import dmc, html
from dashboard.components.forms.fields import day_field
from pipeline.activities import stated
from pipeline.activities.kinds import activity_kinds
from pipeline.language import gettext as _
from pipeline.language import headed, listed, pick


def entry_form(today: date) -> Component:
    """All fields; those that the chosen kind has not, stay blank."""
    kinds = activity_kinds()
    choices = [
        {"group": pick(name), "items": [{"value": kind.id, "label": pick(kind.name)} for kind in kinds.of_group(group)]}
        for group, name in kinds.groups.items()
    ]
    day: dict[str, Any] = {"clearable": True}
    fields = [
        dmc.Select(
            id="firm-activity-kind",
            label=_("Kind of activity"),
            data=choices,
            searchable=True,
            size="sm",
            w=240,
            maw="100%",
        ),
        dmc.Select(id="firm-activity-level", label=_("Level or category"), data=[], size="sm", w=150, clearable=True),
        day_field("firm-activity-on", _("Day"), value=today.isoformat(), maxDate=today.isoformat()),
        day_field("firm-activity-until", _("Last day"), **day),
        day_field("firm-activity-known", _("Known on"), maxDate=today.isoformat(), **day),
        _text("firm-activity-name", _("Name"), 280),
        _text("firm-activity-party", _("Other party"), 220),
        _text("firm-activity-outcome", _("Outcome"), 180),
        _text("firm-activity-amount", _("Amount (RMB)"), 150),
        dmc.Button(_("Enter"), id="firm-activity-save", size="sm"),
    ]
    return html.Details(
        [
            html.Summary(_("Enter an activity"), className="text-link"),
            html.P(_("Choose a kind: what it states is said here."), id="firm-activity-hint", className="card-note"),
            dmc.Group(fields, gap="xs", align="end", mt="xs"),
        ],
        className="no-print",
    )


def levels_of(kind: str | None) -> list[dict[str, str]]:
    """The choices of the level of a kind."""
    known = activity_kinds().kinds.get(kind or "")
    return [{"value": word, "label": pick(name)} for word, name in known.levels.items()] if known else []


def hint_of(kind: str | None) -> str:
    """What a kind needs, and what else it may state."""
    known = activity_kinds().kinds.get(kind or "")
    if known is None:
        return _("Choose a kind: what it states is said here.")
    needed = [pick(stated.field_name(known, field)) for field in known.needs]
    more = [pick(stated.field_name(known, field)) for field in known.asks if field not in known.needs]
    parts = [headed(_("Needed"), listed(needed))] if needed else []
    parts += [headed(_("If known"), listed(more))] if more else []
    return " ".join(parts) or _("Its day alone.")


def _text(name: str, label: str, width: int) -> Component:
    return dmc.TextInput(id=name, label=label, size="sm", w=width, maw="100%")
