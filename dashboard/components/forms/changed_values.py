"""What a file says otherwise than before, as whoever stores it or decides about it reads it."""

from collections.abc import Mapping
from typing import Any

from dash.development.base_component import Component

from dashboard.checked_once import html
from dashboard.components.cards import text_table
from pipeline.language import gettext as _

#: So many rows of a list are shown; all are counted.
SHOWN = 200


def titled_table(title: str, headings: list[str], rows: list[list[str]], total: int) -> Component:
    """A list under its title, with how many of all it shows; nothing for no rows."""
    if not rows:
        return html.Div()
    note = _("%(shown)s of %(total)s", shown=len(rows), total=total) if total > len(rows) else ""
    return html.Div(
        [html.H3(title, className="list-title"), text_table(headings, rows), html.P(note, className="card-note")]
    )


def changed_values(restated: Mapping[str, Any]) -> Component:
    """Every value that a correction changes, old and new; `restated`: a Restatement as JSON."""
    rows = [
        [
            one["firm_name"] or one["firm_id"],
            str(one["year"]),
            one["label"],
            f"{one['old']} → {one['new']} {one['unit']}".strip(),
            f"{one['sheet']} {one['cell']}",
        ]
        for one in restated["changes"][:SHOWN]
    ]
    headings = [_("Firm"), _("Year"), _("Figure"), _("Before → now"), _("Cell")]
    return titled_table(_("What is corrected"), headings, rows, restated["values"])
