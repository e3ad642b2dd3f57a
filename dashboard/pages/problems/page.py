"""What hinders firms: every problem with its firms, whose it is, by when it is to be gone, and to whom it was raised.

The address narrows it: ?department=tax (or bureau), ?age=over_180, ?kind=land, ?overdue=1, ?firm=9144…, together where
several stand there; ?all=1 shows resolved and withdrawn ones too. Each problem opens a dialog with what was done about
it (forms.py has its fields, changes.py what they do).
"""

from collections.abc import Mapping
from typing import Any

import dash_mantine_components as dmc
from dash import dcc, html
from dash.development.base_component import Component

from dashboard.components import amounts
from dashboard.components.cards import aria, card, empty, link, page_head, pill, table
from dashboard.pages.problems.forms import change_forms, new_problem
from dashboard.queries.firm import search_firms
from dashboard.web import request
from dashboard.web.routes import Page, View
from pipeline import language
from pipeline.accounts.departments import DEPARTMENTS
from pipeline.accounts.people import Action
from pipeline.language import N_
from pipeline.language import gettext as _
from pipeline.tutoring.problems import problem_lists
from pipeline.tutoring.problems.escalation import LEVEL_NAMES, problems_to_raise
from pipeline.tutoring.problems.kinds import (
    AGE_NAMES,
    AGES,
    BUREAU,
    ENTRY_KINDS,
    OPEN,
    PROBLEM_KINDS,
    STATES,
    kind_name,
    owner_name,
)
from pipeline.tutoring.problems.problem_lists import EntrySeen, ProblemCounts, ProblemLine, ProblemSeen

#: So many problems are listed, and so many letters of each; the dialog has the whole text.
_LISTED, _LETTERS = 200, 80
_CONDITIONS: Mapping[str, Any] = {
    "department": (BUREAU, *DEPARTMENTS),
    "age": AGES,
    "kind": PROBLEM_KINDS,
    "overdue": ("1",),
    "all": ("1",),
}


def layout(view: View) -> Component:
    return html.Div(
        [
            html.Div(body(view), id="problems-body"),
            dcc.Store(id="problems-query", data=dict(view.query)),
            dmc.Modal(
                [
                    html.Div(id="problems-refused", role="status", **aria(live="polite")),
                    html.Div(id="problems-followed"),
                ],
                id="problems-dialog",
                title=_("What was done about it"),
                opened=False,
                size="xl",
                closeButtonProps=aria(label=_("Close")),
            ),
        ]
    )


def body(view: View, said: str = "") -> list[Component]:
    """Everything on the page, drawn anew after something was `said` to have been done."""
    chosen = conditions(view.query)
    writes = view.may(Action.RECORD_VISITS)
    with request.database() as session:
        counts = problem_lists.counts(session, view.person, view.today)
        lines = problem_lists.problems(
            session,
            view.person,
            view.today,
            department=chosen.get("department"),
            kind=chosen.get("kind"),
            age=chosen.get("age"),
            firm_id=chosen.get("firm"),
            overdue_only="overdue" in chosen,
            open_only="all" not in chosen,
        )
        due = problems_to_raise(session, view.person, view.today) if writes else []
        firms = dict(search_firms(session, view.person, chosen.get("firm", ""))) if writes else {}
    to_raise = sum(line.others == 0 for line, _level_due in due)
    counted = _("%(open)s open, %(overdue)s of them overdue", open=counts.open, overdue=counts.overdue)
    return [
        page_head(_("Problems"), counted, _raise(to_raise) if to_raise else None),
        dmc.Stack(
            [
                html.Div(said, id="problems-said", role="status", **aria(live="polite")),
                *([card(None, new_problem(firms, view.today))] if writes else []),
                _chips(counts, chosen),
                _listed(lines),
            ]
        ),
    ]


def conditions(query: Mapping[str, str]) -> dict[str, str]:
    """The conditions in the address; what is no condition of ours narrows nothing."""
    found = {name: value for name, value in query.items() if value in _CONDITIONS.get(name, ())}
    return found | ({"firm": query["firm"]} if query.get("firm") else {})


def dialog(view: View, number: int) -> Component:
    """A problem with its firms and entries, and, for who may change it, the fields for that."""
    with request.database() as session:
        seen = problem_lists.problem_seen(session, view.person, number, view.today)
    line = seen.line
    about = language.joined(
        [
            kind_name(line.kind),
            owner_name(line.department),
            _("due %(day)s", day=amounts.day(line.due_on)),
            language.pick(STATES[line.state]),
        ]
    )
    forms = [change_forms(seen, view.today)] if view.may(Action.RECORD_VISITS) and not line.others else []
    return dmc.Stack(
        [
            html.P(html.B(line.text)),
            html.P([about, " ", _level(line)], className="card-note"),
            _firms_of(seen),
            _entries(seen),
            *forms,
        ],
        gap="xs",
    )


def _raise(count: int) -> Component:
    words = _("Raise what is overdue for long (%(count)s)", count=count)
    return dmc.Button(words, id="problems-raise", variant="default", className="no-print")


def _chips(counts: ProblemCounts, chosen: Mapping[str, str]) -> Component:
    """The open problems of each department and age, counted; each a link that narrows the list, or widens it again."""
    kinds = [
        ("overdue", "1", _("Overdue"), counts.overdue),
        *(("age", age, language.pick(AGE_NAMES[age]), counts.by_age.get(age, 0)) for age in AGES),
        *(("department", owner, owner_name(owner), count) for owner, count in counts.by_department.items()),
    ]
    chips = [
        _chip(f"{words} {count}", _address(chosen, name, value), chosen.get(name) == value)
        for name, value, words, count in kinds
        if count or chosen.get(name) == value
    ]
    ended = _chip(_("Resolved ones too"), _address(chosen, "all", "1"), "all" in chosen)
    everything = _chip(f"{_('All')} {counts.open}", "/problems", not chosen)
    return html.Div([everything, *chips, ended], className="chips no-print")


def _chip(words: str, href: str, chosen: bool) -> Component:
    return dcc.Link(words, href=href, className="chip chosen" if chosen else "chip")


def _address(chosen: Mapping[str, str], name: str, value: str) -> str:
    """The address with this condition too, or without it where it is chosen."""
    wanted = {**chosen, name: value} if chosen.get(name) != value else {k: v for k, v in chosen.items() if k != name}
    return "/problems" + ("?" if wanted else "") + "&".join(f"{one}={wanted[one]}" for one in wanted)


def _listed(lines: list[ProblemLine]) -> Component:
    if not lines:
        return card(None, empty(_("No problem is like this.")))
    heads = [
        _("Firm"),
        _("Kind of problem"),
        _("What hinders them"),
        _("Department"),
        _("Due"),
        _("Days since"),
        _("Raised to"),
        "",
    ]
    left = len(lines) - _LISTED
    more = [html.P(_("… and %(count)s more", count=left), className="card-note")] if left > 0 else []
    shown = table(heads, [_row(line) for line in lines[:_LISTED]], frozenset({5}))
    return card(None, [shown, *more])


def _row(line: ProblemLine) -> list[Any]:
    text = line.text or ""
    short = text if len(text) <= _LETTERS else f"{text[:_LETTERS]}…"
    state = [] if line.state == OPEN else [" ", pill(language.pick(STATES[line.state]))]
    follow = dmc.Button(
        _("Follow"),
        id={"type": "problems-open", "problem": line.id},
        variant="subtle",
        size="compact-sm",
        className="no-print",
        **aria(label=_("Follow problem %(number)s", number=line.id)),
    )
    return [
        _firms(line),
        html.Span(kind_name(line.kind), className="person"),
        [short, *state],
        html.Span(owner_name(line.department), className="person"),
        html.Span(amounts.day(line.due_on), className="overdue" if line.overdue else "day"),
        line.age_days,
        _level(line),
        follow,
    ]


def _firms(line: ProblemLine) -> Component:
    parts = [html.Div(link(name or firm, f"/firm/{firm}#tutoring")) for firm, name in line.firms.items()]
    if line.others:
        parts.append(html.Div(_("and %(count)s of other districts", count=line.others), className="card-note"))
    return html.Div(parts)


def _level(line: ProblemLine) -> Any:
    if line.level is None:
        return ""
    tone = {"county": "warn", "city": "bad"}.get(line.level, "plain")
    return pill(language.pick(LEVEL_NAMES.get(line.level, line.level)), tone)


def _firms_of(seen: ProblemSeen) -> Component:
    rows: list[list[Any]] = []
    for each in seen.firms:
        until = [amounts.day(each.left_on), each.left_why] if each.left_on else []
        since = amounts.day(each.joined_on)
        name = link(each.firm_name or each.firm_id, f"/firm/{each.firm_id}#tutoring")
        rows.append([name, html.Span(since, className="day"), language.joined(part for part in until if part)])
    return table([_("Firm"), _("Since"), _("Hinders it no more")], rows)


def _entries(seen: ProblemSeen) -> Component:
    rows: list[list[Any]] = [
        [
            html.Span(amounts.day(each.on), className="day"),
            language.pick(ENTRY_KINDS.get(each.kind, each.kind)),
            language.joined(part for part in (_after(each), each.text) if part),
            html.Span(each.by, className="person"),
        ]
        for each in seen.entries
    ]
    return table([_("Day"), _("What"), _("Text"), _("By")], rows)


def _after(each: EntrySeen) -> str:
    """What holds after an entry, where it changed something."""
    parts = [
        _("due %(day)s", day=amounts.day(each.due_on)) if each.due_on else "",
        language.pick(LEVEL_NAMES.get(each.level, each.level)) if each.level else "",
        owner_name(each.department) if each.department else "",
    ]
    return language.joined(part for part in parts if part)


PAGES = (Page("/problems", layout, Action.SEE_FINDINGS, N_("Problems"), "barrier-block"),)
