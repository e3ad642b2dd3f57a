"""The nominations and applications in force: which firms want into the pools, and who speaks for them.

The address narrows it: ?kind=application, ?kind=nomination. What is declared of a firm is changed on the firm's page.
"""

from dash import dcc, html
from dash.development.base_component import Component

from dashboard.components import amounts, terms
from dashboard.components.cards import card, empty, page_head
from dashboard.components.grids import Row, day_column, grid, link_column, pill_column, text_column
from dashboard.web import request
from dashboard.web.routes import Page, View
from pipeline import language
from pipeline.accounts.people import Action
from pipeline.declarations import declarations
from pipeline.declarations.declarations import APPLICATION, KINDS, NOMINATION, DeclarationLine
from pipeline.language import N_
from pipeline.language import gettext as _
from pipeline.tutoring.event_boards import board_name

_TONES = {NOMINATION: "seed", APPLICATION: "gold"}


def layout(view: View) -> Component:
    with request.database() as session:
        lines = declarations.open_declarations(session, view.person, view.today)
        rows = [_row(line) for line in lines]
    kind = view.query.get("kind", "")
    kind = kind if kind in KINDS else ""
    counts = {each: sum(line.declaration.kind == each for line in lines) for each in KINDS}
    choices = [("", _("All"), len(lines)), *((each, language.pick(KINDS[each]), counts[each]) for each in KINDS)]
    chips = [
        dcc.Link(
            f"{words} {count}",
            href=f"/declarations?kind={each}" if each else "/declarations",
            className="chip chosen" if each == kind else "chip",
        )
        for each, words, count in choices
    ]
    columns = [
        link_column("name", _("Firm")),
        text_column("district", _("District")),
        pill_column("kind", _("Kind"), {language.pick(KINDS[each]): tone for each, tone in _TONES.items()}),
        day_column("on", _("Declared on")),
        text_column("by", _("Declared by"), minWidth=200),
        text_column("board", _("Target board")),
        day_column("filing", _("Planned filing")),
    ]
    shown = [row for row in rows if kind in ("", row["kind_key"])]
    note = _("%(firms)s firms have been nominated or have applied", firms=len({line.firm_id for line in lines}))
    return html.Div(
        [
            page_head(_("Ways in"), note),
            html.Div(chips, className="chips"),
            html.Div(
                grid("declarations-grid", columns, shown, key="id", height="70vh", persistence=False),
                className="grid-frame",
            )
            if shown
            else card(None, empty(_("Nothing is declared."))),
        ]
    )


def _row(line: DeclarationLine) -> Row:
    made = line.declaration
    return {
        "id": made.id,
        "name": line.firm_name or line.firm_id,
        "address": f"/firm/{line.firm_id}#declarations",
        "district": terms.district(line.district_code),
        "kind": language.pick(KINDS[made.kind]),
        "kind_key": made.kind,
        "on": amounts.day(made.declared_on),
        "by": made.declared_by,
        "board": board_name(made.content.get("target_board") or ""),
        "filing": made.content.get("filing_on") or "",
    }


PAGES = (Page("/declarations", layout, Action.SEE_DECLARATIONS, N_("Ways in"), "note"),)
