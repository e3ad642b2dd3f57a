"""Every open tutoring case: overdue steps, each firm's stage, and since when; cases that their events contradict are
marked.

The address narrows it: ?overdue=1 to firms with an overdue step, ?stage=inquiry to a stage, ?otherwise=1 to cases that
stand elsewhere than their events say, ?long=1 to those longer in their stage than is typical, ?listed=1 to those with
an adviser of the negative list, ?mentor=none to those without a mentor, ?mentor=3 to those of an account. Marked cases
get a mentor or a stage together (together.py).
"""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from dash.development.base_component import Component

from dashboard.checked_once import dcc, dmc, html
from dashboard.components import amounts, terms
from dashboard.components.cards import card, empty, file_link, link, page_head, table
from dashboard.components.grids import Row, day_column, grid, link_column, number_column, pill_column, text_column
from dashboard.pages.cases.bar import Done, bar
from dashboard.pages.cases.steps_table import steps_table
from dashboard.web import request
from dashboard.web.routes import Page, View
from pipeline import language
from pipeline.accounts.people import Action
from pipeline.language import N_
from pipeline.language import gettext as _
from pipeline.tutoring import cases, visits
from pipeline.tutoring.cases import CaseLine
from pipeline.tutoring.mentors.workloads import Workload, workloads
from pipeline.tutoring.stages import STAGES, times_typical
from pipeline.tutoring.visits import Step

#: So many coming steps are shown beside the overdue ones.
_COMING = 10
_CONDITIONS = ("overdue", "otherwise", "mentor", "stage", "long", "listed")


def layout(view: View) -> Component:
    return html.Div(
        [
            html.Div(body(view), id="cases-body"),
            dcc.Store(id="cases-query", data=dict(view.query)),
        ]
    )


def body(view: View, done: Done | None = None) -> list[Component]:
    """Everything on the page, drawn anew after `done`: what was done to many cases."""
    with request.database() as session:
        steps = visits.open_steps(session, view.today, view.person)
        lines = cases.open_cases(session, view.person, view.today)
        loads = workloads(session, view.person, view.today, lines=lines, steps=steps)
    late = [step for step in steps if step.days_late > 0]
    kept = [line for line in lines if all(keeps(line) for keeps in _narrowing(view.query, late))]
    rows = [_case_row(line) for line in kept]
    coming = [step for step in steps if step.days_late <= 0]
    counted = _("%(count)s firms in tutoring", count=amounts.count(len(lines)))
    shown = _("; %(count)s of them shown", count=amounts.count(len(rows))) if len(rows) < len(lines) else ""
    return [
        page_head(_("Cases"), counted + shown, _head_links(view)),
        dmc.Stack(
            [
                dmc.SimpleGrid(
                    [
                        card(
                            _("Overdue"),
                            steps_table(late, late=True),
                            _("%(count)s steps", count=len(late)),
                            id="overdue",
                        ),
                        card(
                            _("Coming"),
                            steps_table(coming[:_COMING], late=False),
                            _("%(count)s steps", count=len(coming)),
                        ),
                    ],
                    cols={"base": 1, "lg": 2},
                ),
                _chips(view, lines, late),
                _grid(view, rows, loads, done)
                if rows or done  # what was done can be undone, also where it has left no case of the list
                else card(None, empty(_("No case is open.") if not lines else _("No case is like this."))),
                _workload(loads),
            ]
        ),
    ]


def _head_links(view: View) -> Component:
    """The same cases otherwise, and as files."""
    views = (("/board", _("Stage board")), ("/times", _("How long stages take")))
    chips = html.Div(
        [dcc.Link(words, href=href, className="chip") for href, words in views], className="chips no-print"
    )
    return html.Div([chips, _files(view)])


def _files(view: View) -> Component | None:
    """Cases and visits as files, for those who may export them."""
    if not view.may(Action.EXPORT):
        return None
    names = (("cases", _("Cases")), ("visits", _("Visits")))
    links = [
        file_link(f"{words} {form.upper()}", f"/download/{kind}.{form}")
        for kind, words in names
        for form in ("xlsx", "csv")
    ]
    return dmc.Group(links, gap="xs", className="no-print")


def _grid(view: View, rows: list[Row], loads: Sequence[Workload], done: Done | None) -> Component:
    columns = [
        link_column("name", _("Firm")),
        text_column("district", _("District")),
        text_column("stage", _("Stage"), minWidth=150),
        day_column("since", _("Since")),
        number_column("days", _("Days in the stage")),
        pill_column("pace", _("Beside what is typical"), {_("longer than typical"): "warn"}),
        text_column("mentor", _("Mentor")),
        pill_column("events", _("What the events say"), {_("say otherwise"): "warn"}),
    ]
    if any(row["listed"] for row in rows):
        columns.append(text_column("listed", _("On the negative list"), cellClass="overdue"))
    marking = {"rowSelection": {"mode": "multiRow", "headerCheckbox": True, "selectAll": "filtered"}}
    keeps = view.may(Action.KEEP_CASES)
    shown = grid("cases-grid", columns, rows, key="case_id", height="520px", dashGridOptions=marking if keeps else {})
    framed = html.Div(shown, className="grid-frame")
    return dmc.Stack([framed, bar(loads, done)]) if keeps else framed


def _workload(loads: Sequence[Workload]) -> Component:
    """Who looks after how many, each a link to them."""
    rows: list[list[Any]] = [
        [
            link(each.name or _("nobody yet"), f"/cases?mentor={each.account_id or 'none'}"),
            terms.district(each.district_code) or _("the whole city"),
            each.cases,
            each.leads,
            each.open_steps,
        ]
        for each in loads
        if each.cases or each.name
    ]
    heads = [_("Mentor"), _("District"), _("Cases"), _("As a leader"), _("To do")]
    return card(_("Who looks after how many"), table(heads, rows, frozenset({2, 3, 4})))


def _narrowing(query: Mapping[str, str], late: list[Step]) -> list[Callable[[CaseLine], bool]]:
    """The conditions in the address; what is no condition of ours narrows nothing."""
    conditions: list[Callable[[CaseLine], bool]] = []
    if query.get("overdue"):
        overdue = {step.case_id for step in late}
        conditions.append(lambda line: line.case.id in overdue)
    if query.get("otherwise"):
        conditions.append(lambda line: line.says_otherwise is not None)
    if query.get("listed"):
        conditions.append(lambda line: bool(line.on_list))
    if query.get("long"):
        conditions.append(_long)
    if (mentor := query.get("mentor")) == "none":
        conditions.append(lambda line: line.mentor is None)
    elif mentor and mentor.isdecimal():
        conditions.append(lambda line: line.case.mentor_id == int(mentor))
    if (stage := query.get("stage")) in STAGES:
        conditions.append(lambda line: line.case.stage == stage)
    return conditions


def _chips(view: View, lines: list[CaseLine], late: list[Step]) -> Component:
    """The cases of each kind, counted, each a link to the list of them; the chosen one is marked."""
    at_stage = Counter(line.case.stage for line in lines)
    overdue = {step.case_id for step in late}
    kinds = [
        ({}, _("All"), len(lines)),
        ({"overdue": "1"}, _("With an overdue step"), sum(line.case.id in overdue for line in lines)),
        ({"otherwise": "1"}, _("Events say otherwise"), sum(line.says_otherwise is not None for line in lines)),
        ({"mentor": "none"}, _("Without a mentor"), sum(line.mentor is None for line in lines)),
        ({"long": "1"}, _("Longer than typical in their stage"), sum(map(_long, lines))),
        ({"listed": "1"}, _("With an adviser of the negative list"), sum(bool(line.on_list) for line in lines)),
        *(({"stage": stage}, terms.stage(stage), at_stage[stage]) for stage in STAGES if at_stage[stage]),
    ]
    chosen = {name: value for name, value in view.query.items() if name in _CONDITIONS}
    return html.Div(
        [
            dcc.Link(
                f"{words} {count}",
                href="/cases" + "".join(f"?{name}={value}" for name, value in query.items()),
                className="chip chosen" if query == chosen else "chip",
            )
            for query, words, count in kinds
            if count or query == chosen
        ],
        className="chips",
    )


def _long(line: CaseLine) -> bool:
    """Whether the case is in its stage for longer than is typical."""
    return times_typical(line.case.stage, line.days_in_stage) > 1


def _case_row(line: CaseLine) -> Row:
    return {
        "case_id": line.case.id,
        "version": line.case.version,
        "name": line.firm_name or line.firm_id,
        "address": f"/firm/{line.firm_id}#tutoring",
        "district": terms.district(line.district_code),
        "stage": terms.stage(line.case.stage),
        "since": amounts.day(line.case.stage_since),
        "days": line.days_in_stage,
        "pace": _("longer than typical") if _long(line) else "",
        "mentor": line.mentor or "",
        "events": _("say otherwise") if line.says_otherwise is not None else "",
        "listed": language.listed(each.name for each in line.on_list),
    }


PAGES = (Page("/cases", layout, Action.SEE_FINDINGS, N_("Cases"), "clipboard-list"),)
