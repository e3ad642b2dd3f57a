"""What firms did beside the way to the market: how many of each kind and district, and a list, fifty a page.

The address narrows the list (pipeline.activities.conditions) and has the page:
`/activities?group=platform&level=city&state=standing&page=2`. The counts are of all, and each leads to its list.
"""

from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import urlencode

from dash import Input, Output, State
from dash.development.base_component import Component

from dashboard.checked_once import dcc, dmc, html
from dashboard.components import amounts, terms
from dashboard.components.cards import aria, card, empty, file_link, link, page_head, pill, table
from dashboard.kept_answers.panel import Panel
from dashboard.queries.questions import ACTIVITIES
from dashboard.web import request
from dashboard.web.callbacks import guarded_callback
from dashboard.web.routes import Page, View
from pipeline.accounts.people import Action
from pipeline.activities.conditions import STANDING, STATES, ActivityConditions, from_address, in_address
from pipeline.activities.in_words import Amount, kind_name, level_name
from pipeline.activities.kinds import ActivityKinds, activity_kinds, level_names
from pipeline.activities.lists import ActivityCounts, ActivityLine, Counted, activity_lines, count_lines
from pipeline.districts import DISTRICTS
from pipeline.language import N_, listed, pick
from pipeline.language import gettext as _

_ON_A_PAGE = 50
_LAST_PAGE = 100_000
_CHOICE: dict[str, Any] = {"clearable": True, "size": "sm"}


def layout(view: View) -> Component:
    chosen, place = from_address(view.query), _place(view.query)
    with request.database() as session:
        total = count_lines(session, view.person, view.today, chosen)
        lines = activity_lines(
            session, view.person, view.today, chosen, limit=_ON_A_PAGE, offset=(place - 1) * _ON_A_PAGE
        )
    note = _("As known on %(day)s", day=amounts.day(view.today))
    return html.Div(
        [
            page_head(_("Activities of firms"), note, _files(view, chosen)),
            dmc.Stack(
                [
                    card(_("The list"), [_fields(view, chosen), _listed(lines), _pages(chosen, place, total)]),
                    PANEL.place(view, {"on": view.today}),
                ]
            ),
        ]
    )


def _files(view: View, chosen: ActivityConditions) -> Component | None:
    """The same list as a file, for those who may export it."""
    if not view.may(Action.EXPORT):
        return None
    links = [file_link(form.upper(), _address(f"/download/activities.{form}", chosen)) for form in ("xlsx", "csv")]
    return dmc.Group(links, gap="xs", className="no-print")


def _fields(view: View, chosen: ActivityConditions) -> Component:
    kinds = activity_kinds()
    return html.Div(
        [
            dmc.SimpleGrid(
                [
                    _choice("group", _("Group of kinds"), kinds.groups, chosen.group),
                    dmc.Select(
                        id="activities-kind",
                        label=_("Kind of activity"),
                        data=[
                            {
                                "group": pick(name),
                                "items": [
                                    {"value": kind.id, "label": pick(kind.name)} for kind in kinds.of_group(group)
                                ],
                            }
                            for group, name in kinds.groups.items()
                        ],
                        value=chosen.kind,
                        searchable=True,
                        **_CHOICE,
                    ),
                    _choice("level", _("Level or category"), level_names(), chosen.level),
                    dmc.Select(
                        id="activities-district",
                        label=_("District"),
                        data=[{"value": code, "label": terms.district(code)} for code in DISTRICTS],
                        value=chosen.district,
                        disabled=bool(view.person.district_code),
                        **_CHOICE,
                    ),
                    _choice("state", _("State"), STATES, chosen.state),
                ],
                cols={"base": 2, "lg": 5},
                spacing="sm",
            ),
            dmc.Group(
                [
                    dmc.Button(_("Show"), id="activities-show", size="sm"),
                    dcc.Link(_("All activities"), href="/activities", className="text-link"),
                ],
                mt="sm",
                mb="sm",
            ),
        ],
        className="no-print",
    )


def _choice(name: str, label: str, words: Mapping[str, Any], value: str | None) -> Component:
    data = [{"value": word, "label": pick(said)} for word, said in words.items()]
    return dmc.Select(id=f"activities-{name}", label=label, data=data, value=value, **_CHOICE)


@guarded_callback(
    Output("address", "search", allow_duplicate=True),
    Input("activities-show", "n_clicks"),
    State("activities-group", "value"),
    State("activities-kind", "value"),
    State("activities-level", "value"),
    State("activities-district", "value"),
    State("activities-state", "value"),
    may=Action.SEE_PLAN,
    prevent_initial_call=True,
)
def narrow(
    _clicks: int | None, group: str | None, kind: str | None, level: str | None, district: str | None, state: str | None
) -> str:
    """The list that the fields ask for, in the address."""
    asked = {"group": group, "kind": kind, "level": level, "district": district, "state": state}
    found = in_address(from_address({name: value for name, value in asked.items() if isinstance(value, str)}))
    return f"?{urlencode(found)}" if found else ""


# --- the list --------------------------------------------------------------------------------------


def _listed(lines: Sequence[ActivityLine]) -> Component:
    if not lines:
        return empty(_("No activity is like this."))
    heads = [
        _("Day"),
        _("Firm"),
        _("Kind of activity"),
        _("Name"),
        _("Other party"),
        _("Outcome"),
        _("Amount"),
        _("Last day"),
    ]
    return table(heads, [_row(line) for line in lines], frozenset({6}))


def _row(line: ActivityLine) -> list[Any]:
    where = link(line.firm_name or line.firm_id, f"/firm/{line.firm_id}#activities")
    level = [" ", pill(pick(level_name(line.level)))] if line.level else []
    return [
        html.Span(amounts.day(line.occurred_on), className="day"),
        html.Div(
            [where, html.Div(terms.district(line.district_code), className="card-note")], style={"minWidth": "9rem"}
        ),
        html.Div([pick(kind_name(line.kind)), *level], style={"minWidth": "8rem"}),
        line.name or "",
        line.counterpart or "",
        line.outcome or "",
        "" if line.amount_fen is None else str(Amount(line.amount_fen)),
        html.Span(_until(line), className="day"),
    ]


def _until(line: ActivityLine) -> str:
    return "" if line.ended_on is None else amounts.day(line.ended_on)


def _pages(chosen: ActivityConditions, place: int, total: int) -> Component:
    """Which of how many stand here, and the way to those before and after."""
    first, last = (place - 1) * _ON_A_PAGE + 1, min(place * _ON_A_PAGE, total)
    if first > total:
        first = last = total
    said = _(
        "%(first)s to %(last)s of %(total)s",
        first=amounts.count(first),
        last=amounts.count(last),
        total=amounts.count(total),
    )
    parts: list[Any] = [html.Span(said, className="card-note")]
    if place > 1:
        parts.append(link(_("Later ones"), _address("/activities", chosen, place - 1)))
    if last < total:
        parts.append(link(_("Earlier ones"), _address("/activities", chosen, place + 1)))
    return html.Nav(dmc.Group(parts, mt="sm"), className="no-print", **aria(label=_("Pages of the list")))


def _address(path: str, chosen: ActivityConditions, page: int = 1) -> str:
    query = in_address(chosen) | ({"page": str(page)} if page > 1 else {})
    return f"{path}?{urlencode(query)}" if query else path


def _place(query: Mapping[str, str]) -> int:
    asked = query.get("page", "")
    return max(1, min(int(asked), _LAST_PAGE)) if asked.isascii() and asked.isdigit() and len(asked) < 8 else 1


# --- the counts ------------------------------------------------------------------------------------


def _drawn(found: ActivityCounts, _view: View) -> Component:
    if not found.rows:
        return card(_("By kind and level"), empty(_("No activity yet.")))
    kinds = activity_kinds()
    by_kind = card(
        _("By kind and level"),
        _by_kind(found, kinds),
        _("Levels add up to the kind; a firm with several is counted once among the firms."),
    )
    districts = card(
        _("By district"), _by_district(found, kinds), _("Activities that stand on the day; districts add up to all.")
    )
    return dmc.Stack([by_kind, districts])


def _by_kind(found: ActivityCounts, kinds: ActivityKinds) -> Component:
    heads = [
        _("Kind of activity"),
        _("Standing on the day"),
        _("Standing, by level"),
        _("Firms with one"),
        _("Ended before the day"),
        _("All"),
    ]
    rows: list[list[Any]] = []
    for group, group_name in kinds.groups.items():
        of_group = [row for row in found.rows if row.kind in {kind.id for kind in kinds.of_group(group)}]
        if not of_group:
            continue
        rows.append(
            [
                html.Strong(link(pick(group_name), _address("/activities", ActivityConditions(group=group)))),
                *_sums(of_group, None),
            ]
        )
        for kind in kinds.of_group(group):
            of_kind = [row for row in of_group if row.kind == kind.id]
            if of_kind:
                chosen = ActivityConditions(kind=kind.id)
                sums = _sums(of_kind, found.firms_standing.get(kind.id, 0))
                name = link(pick(kind.name), _address("/activities", chosen))
                rows.append([html.Div(name, style={"paddingLeft": "1rem"}), *sums])
    rows.append([html.Strong(_("All")), *_sums(found.rows, None)])
    return table(heads, rows, frozenset({1, 3, 4, 5}))


def _sums(rows: Sequence[Counted], firms: int | None) -> list[Any]:
    standing = [row for row in rows if row.standing]
    levels: dict[str, int] = {}
    for row in standing if firms is not None else ():
        if row.level is not None:
            levels[row.level] = levels.get(row.level, 0) + row.activities
    said = listed(f"{pick(level_name(level))} {amounts.count(count)}" for level, count in _in_order(levels))
    there, every = (sum(row.activities for row in some) for some in (standing, rows))
    firms_said = "" if firms is None else amounts.count(firms)
    return [amounts.count(there), said, firms_said, amounts.count(every - there), amounts.count(every)]


def _in_order(levels: Mapping[str, int]) -> list[tuple[str, int]]:
    order = list(level_names())
    return sorted(levels.items(), key=lambda one: order.index(one[0]) if one[0] in order else len(order))


def _by_district(found: ActivityCounts, kinds: ActivityKinds) -> Component:
    group_of = {kind.id: kind.group for kind in kinds.kinds.values()}
    counts: dict[tuple[str | None, str], int] = {}
    for row in found.rows:
        if row.standing and row.kind in group_of:
            key = (row.district_code, group_of[row.kind])
            counts[key] = counts.get(key, 0) + row.activities
    groups = [group for group in kinds.groups if any(key[1] == group for key in counts)]
    districts = sorted({key[0] for key in counts}, key=lambda code: (code is None, code or ""))
    rows: list[list[Any]] = []
    for code in districts:
        each = [counts.get((code, group), 0) for group in groups]
        chosen = ActivityConditions(district=code, state=STANDING)
        name: Any = (
            terms.district(code) if code is None else link(terms.district(code), _address("/activities", chosen))
        )
        rows.append([name, *map(amounts.count, each), amounts.count(sum(each))])
    sums = [sum(count for key, count in counts.items() if key[1] == group) for group in groups]
    rows.append([html.Strong(_("All")), *map(amounts.count, sums), amounts.count(sum(sums))])
    heads = [_("District"), *(pick(kinds.groups[group]) for group in groups), _("All")]
    return table(heads, rows, frozenset(range(1, len(heads))))


PANEL = Panel("activities-found", ACTIVITIES, _drawn).declare()
PAGES = (Page("/activities", layout, Action.SEE_PLAN, N_("Activities of firms"), "plant-2"),)
