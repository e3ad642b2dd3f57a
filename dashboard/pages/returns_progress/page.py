"""收报进度: of a year's returns who has handed in, who has mistakes, who has not and whom to call; the city sees all
districts side by side, a district its own. Marked firms are asked by a message in their thread.

The address narrows it: ?year=2025&district=440703&state=missing.
"""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any
from urllib.parse import urlencode

from dash import Input, Output, State, no_update
from dash.development.base_component import Component

from dashboard.checked_once import dcc, dmc, html
from dashboard.components import amounts, terms
from dashboard.components.cards import aria, card, empty, file_link, link, page_head, table, warning
from dashboard.components.grids import (
    Column,
    Row,
    count_column,
    day_column,
    grid,
    link_column,
    pill_column,
    text_column,
)
from dashboard.pages.returns_progress.progress_table import district_heads, share, whom_to_call
from dashboard.web import request
from dashboard.web.callbacks import guarded_callback
from dashboard.web.routes import Page, View
from dashboard.web.sent import day_of, number_of
from pipeline import language
from pipeline.accounts.people import Action, Person
from pipeline.collecting import asking, due_days
from pipeline.collecting.progress import (
    CLEAN,
    MISSING,
    ODD,
    STATES,
    Conditions,
    DistrictLine,
    FirmLine,
    all_together,
    progress,
)
from pipeline.districts import DISTRICTS
from pipeline.errors import ShownToPeople
from pipeline.language import N_
from pipeline.language import gettext as _
from pipeline.store.tutoring_tables import ReturnDue

#: So many firms are shown at once, those who wait first; a district has fewer, and the file has all.
MOST = 600
_YEARS = 3
_TONES = {MISSING: "bad", ODD: "warn", CLEAN: "good"}
_WRAPPED: dict[str, Any] = {"wrapText": True, "autoHeight": True}


def conditions(query: Mapping[str, str], today: date) -> Conditions:
    """What an address narrows the list to; what is none of ours narrows nothing. The year before this one unless
    another is asked for."""
    asked = query.get("year", "")
    year = int(asked) if asked.isascii() and asked.isdigit() and len(asked) == 4 else today.year - 1
    district, state = query.get("district"), query.get("state")
    return Conditions(
        min(max(year, 2000), today.year),
        today,
        district if district in DISTRICTS else None,
        state if state in STATES else None,
    )


def address(path: str, chosen: Conditions, **other: Any) -> str:
    """The address of a list, with other conditions in the place of some."""
    asked = {"year": chosen.year, "district": chosen.district, "state": chosen.state, **other}
    return f"{path}?{urlencode({name: value for name, value in asked.items() if value})}"


def layout(view: View) -> Component:
    chosen = conditions(view.query, view.today)
    with request.database() as session:
        due = due_days.due_of(session, chosen.year, view.today)
        districts, lines = progress(session, view.person, chosen, limit=MOST)
    words = asking.words_for(due, chosen.year, view.today)
    here = [one for one in districts if chosen.district in (None, one.district_code)]
    return html.Div(
        [
            dcc.Store(id="returns-shown", data=[chosen.year, chosen.district, chosen.state]),
            page_head(_("Progress of returns"), _note(chosen, due, all_together(here)), _files(view, chosen)),
            dmc.Stack(
                [
                    card(None, _narrowing(view.person, chosen, here, due)),
                    *([card(_("By district"), _side_by_side(chosen, districts))] if len(districts) > 1 else []),
                    card(_("Firms"), _firms(view, chosen, lines, words)),
                ]
            ),
        ]
    )


def _note(chosen: Conditions, due: ReturnDue | None, all_of_them: DistrictLine) -> str:
    done = _(
        "%(handed_in)s of %(expected)s expected returns of %(year)s have come in (%(share)s)",
        handed_in=amounts.count(all_of_them.handed_in),
        expected=amounts.count(all_of_them.expected),
        year=chosen.year,
        share=share(all_of_them.share),
    )
    when = _("due on %(day)s", day=amounts.day(due.due_on)) if due else _("no due day is set")
    return language.joined([done, when])


def _files(view: View, chosen: Conditions) -> Component | None:
    if not view.may(Action.EXPORT):
        return None
    links = [file_link(form.upper(), address(f"/download/returns-progress.{form}", chosen)) for form in ("xlsx", "csv")]
    return dmc.Group(links, gap="xs", className="no-print")


def _narrowing(person: Person, chosen: Conditions, here: Sequence[DistrictLine], due: ReturnDue | None) -> Component:
    """Years and states on the left, the due day on the right: the grid below is to begin in sight."""
    chips = html.Div([_years(chosen), _states(chosen, here)], style={"display": "grid", "gap": ".5rem"})
    return dmc.Group([chips, *_due_form(person, chosen, due)], justify="space-between", align="start")


def _years(chosen: Conditions) -> Component:
    """The years whose returns come in, the one that is looked at among them."""
    first = min(chosen.on.year - _YEARS, chosen.year)
    chips = [
        dcc.Link(
            f"{year}",
            href=address("/returns-progress", chosen, year=year),
            className="chip chosen" if year == chosen.year else "chip",
        )
        for year in range(chosen.on.year - 1, first - 1, -1)
    ]
    return html.Nav(chips, className="chips no-print", **aria(label=_("Year")))


def _states(chosen: Conditions, here: Sequence[DistrictLine]) -> Component:
    """How many are in each state, of the district that is looked at."""
    total = all_together(here)
    clean = total.handed_in + total.more - total.odd
    counts: list[tuple[str | None, str, int]] = [
        (None, _("All"), total.expected + total.more),
        *(
            (state, language.pick(STATES[state]), count)
            for state, count in ((MISSING, total.missing), (ODD, total.odd), (CLEAN, clean))
        ),
    ]
    chips = [
        dcc.Link(
            f"{words} {amounts.count(count)}",
            href=address("/returns-progress", chosen, state=state),
            className="chip chosen" if state == chosen.state else "chip",
        )
        for state, words, count in counts
    ]
    if chosen.district:
        chips.append(
            dcc.Link(
                f"{terms.district(chosen.district)} ×",
                href=address("/returns-progress", chosen, district=None),
                className="chip chosen",
                title=_("All districts"),
            )
        )
    return html.Nav(chips, className="chips no-print", **aria(label=_("State")))


def _due_form(person: Person, chosen: Conditions, due: ReturnDue | None) -> list[Component]:
    """By when the returns are wanted, to set for who sets it."""
    if not due_days.may_set_due(person):
        return []
    form = dmc.Group(
        [
            dmc.DateInput(
                id="returns-due-day",
                label=_("Returns of %(year)s are due on", year=chosen.year),
                value=due.due_on.isoformat() if due else None,
                valueFormat="YYYY-MM-DD",
                size="sm",
            ),
            dmc.Button(_("Set"), id="returns-due-save", variant="default", size="sm"),
            html.Div(id="returns-due-said", role="status", **aria(live="polite")),
        ],
        align="end",
        className="no-print",
    )
    return [form]


def _side_by_side(chosen: Conditions, lines: Sequence[DistrictLine]) -> Component:
    """A row a district, and the sum below."""
    whole = [(_("All districts"), all_together(lines))]
    named = [
        (
            link(terms.district(one.district_code), address("/returns-progress", chosen, district=one.district_code))
            if one.district_code
            else _("district not known"),
            one,
        )
        for one in lines
    ]
    rows = [
        [
            words,
            *(amounts.count(count) for count in (one.expected, one.handed_in, one.missing, one.odd, one.more)),
            _bar(one.share),
        ]
        for words, one in [*named, *whole]
    ]
    return table([*district_heads(), _("Share")], rows, frozenset(range(1, 6)))


def _bar(part: float | None) -> Component:
    """A share as a bar, with its words beside it."""
    return html.Div(
        [
            html.Div(
                dmc.Progress(value=100 * (part or 0), **aria(hidden="true")), style={"flex": 1, "minWidth": "4rem"}
            ),
            html.Span(share(part), style={"minWidth": "3.6rem", "textAlign": "right"}),
        ],
        style={"display": "flex", "gap": ".6rem", "alignItems": "center"},
    )


def _firms(view: View, chosen: Conditions, lines: Sequence[FirmLine], words: str) -> list[Component]:
    if not lines:
        nobody = chosen.state is None and chosen.district is None
        said = (
            _("Nobody is expected to hand in for this year, and nobody has.") if nobody else _("No firm is like this.")
        )
        return [empty(said)]
    note = (
        [html.P(_("The first %(count)s; choose a district, or take the file.", count=MOST), className="card-note")]
        if len(lines) == MOST
        else []
    )
    options = {"rowSelection": {"mode": "multiRow", "headerCheckbox": True, "selectAll": "filtered"}}
    return [
        *note,
        html.Div(
            grid(
                "returns-grid",
                _columns(view.person),
                rows_of(lines),
                key="id",
                height="480px",
                dashGridOptions=options,
            ),
            className="grid-frame",
        ),
        *_asking(view, words),
    ]


def _columns(person: Person) -> list[Column]:
    tones = {language.pick(STATES[state]): tone for state, tone in _TONES.items()}
    district = [] if person.district_code else [text_column("district", _("District"), minWidth=90)]
    return [
        link_column("firm", _("Firm"), minWidth=150, flex=3, **_WRAPPED),
        pill_column("state", _("State"), tones, minWidth=132),
        text_column("call", _("Whom to call"), flex=3, minWidth=160, **_WRAPPED),
        *district,
        text_column("pool", _("Pool"), minWidth=90),
        day_column("at", _("Handed in")),
        count_column("findings", _("Open findings")),
        text_column("import", _("Import"), flex=2, minWidth=130, **_WRAPPED),
        day_column("asked", _("Reminded on")),
    ]


def rows_of(lines: Sequence[FirmLine]) -> list[Row]:
    states = {state: language.pick(label) for state, label in STATES.items()}
    districts = {code: terms.district(code) for code in {line.district_code for line in lines}}
    pools = {pool: terms.pool(pool) for pool in {line.pool for line in lines}}
    # A file brings hundreds of returns at one moment.
    moments = {at for line in lines for at in (line.handed_in_at, line.asked_at)}
    days = {at: "" if at is None else amounts.day(request.local(at).date()) for at in moments}
    return [
        {
            "id": line.firm_id,
            "firm": line.name or line.firm_id,
            "address": f"/firm/{line.firm_id}",
            "state": states[line.state],
            "call": whom_to_call(line),
            "district": districts[line.district_code],
            "pool": pools[line.pool],
            "at": days[line.handed_in_at],
            "findings": line.open_findings if line.import_id is not None else None,
            "import": " · ".join(filter(None, (str(line.import_id or ""), line.file))),
            "asked": days[line.asked_at],
        }
        for line in lines
    ]


def _asking(view: View, words: str) -> list[Component]:
    """The message to the firms that are marked, for who may write."""
    if not view.may(Action.WRITE_MESSAGES):
        return []
    return [
        html.Div(
            [
                dmc.Textarea(
                    id="returns-words",
                    label=_("Message to the firms that are marked"),
                    description=_("Who has handed in, and who was asked within seven days, is left out."),
                    value=words,
                    autosize=True,
                    minRows=2,
                ),
                dmc.Group(
                    [
                        dmc.Button(_("Ask them for their returns"), id="returns-ask"),
                        html.Div(id="returns-said", role="status", **aria(live="polite")),
                    ],
                    mt="sm",
                ),
            ],
            className="no-print under-the-form",
        )
    ]


@guarded_callback(
    Output("returns-due-said", "children"),
    Input("returns-due-save", "n_clicks"),
    State("returns-due-day", "value"),
    State("returns-shown", "data"),
    may=Action.IMPORT,
    prevent_initial_call=True,
)
def save_due(clicks: int | None, day: str | None, shown: list[Any] | None) -> Any:
    if not clicks:
        return no_update
    chosen, due_on = _shown(shown), day_of(day)
    if due_on is None:
        return _("Choose a day first.")
    try:
        with request.database() as session, session.begin():
            due_days.set_due(session, request.person(), chosen.year, due_on, now=request.now())
    except ShownToPeople as error:
        return warning(error)
    return _("Returns of %(year)s are due on %(day)s; districts are told a week before.", year=chosen.year, day=due_on)


@guarded_callback(
    Output("returns-said", "children"),
    Output("returns-grid", "rowData"),
    Output("returns-grid", "selectedRows"),
    Input("returns-ask", "n_clicks"),
    State("returns-grid", "selectedRows"),
    State("returns-words", "value"),
    State("returns-shown", "data"),
    may=Action.IMPORT,
    prevent_initial_call=True,
)
def ask(
    clicks: int | None, marked: list[dict[str, Any]] | None, words: str | None, shown: list[Any] | None
) -> tuple[Any, Any, Any]:
    if not clicks:
        return no_update, no_update, no_update
    chosen = _shown(shown)
    firms = [str(row.get("id"))[:40] for row in marked or []]
    try:
        with request.database() as session, session.begin():
            found = asking.ask(
                session, request.person(), chosen.year, firms, words, on=request.today(), now=request.now()
            )
            rows = rows_of(progress(session, request.person(), chosen, limit=MOST)[1])
    except ShownToPeople as error:
        return warning(error), no_update, no_update
    return str(found.message), rows, []


def _shown(shown: list[Any] | None) -> Conditions:
    """The list that the page showed."""
    year, district, state = [*(shown or []), None, None, None][:3]
    asked = {"year": str(number_of(year)), "district": str(district or ""), "state": str(state or "")}
    return conditions(asked, request.today())


PAGES = (Page("/returns-progress", layout, Action.IMPORT, N_("Progress of returns"), "calendar-event"),)
