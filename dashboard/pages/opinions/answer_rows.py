"""One row a firm with an answer and a note, and what of it was typed anew: for a department and for its paper."""

from collections.abc import Mapping, Sequence
from typing import Any

import dash_mantine_components as dmc
from dash import html
from dash.development.base_component import Component

from dashboard.components import amounts
from dashboard.components.cards import aria, card
from pipeline import language
from pipeline.language import gettext as _
from pipeline.opinions.requests import ANSWERS, DepartmentList
from pipeline.opinions.working_days import working_days_between

#: request -> firm_id -> answer and note.
Typed = dict[int, dict[str, tuple[str | None, str | None]]]


def answer_rows(kind: str, listed: DepartmentList, keeps: str | bool) -> Component:
    """The rows of a list; their ids have the type `kind` and "answer" or "note". `keeps`: whose typing the browser
    keeps until it is saved; False: nobody's."""
    return html.Div([_row(kind, listed, place, keeps) for place in range(len(listed.firms))], className="opinion-rows")


def _row(kind: str, listed: DepartmentList, place: int, keeps: str | bool) -> Component:
    firm = listed.firms[place]
    about = {"request": listed.request_id, "firm": firm.firm_id}
    kept: dict[str, Any] = {"persistence": keeps, "persistence_type": "session"} if keeps else {}
    return html.Div(
        [
            html.Div([html.Strong(firm.name), html.Div(firm.firm_id, className="day")], className="opinion-firm"),
            dmc.RadioGroup(
                dmc.Group([dmc.Radio(_short(key), value=key) for key in ANSWERS], gap="sm"),
                id={"type": f"{kind}-answer", **about},
                value=firm.answer or "",
                **aria(label=_("Answer about %(firm)s", firm=firm.name)),
                **kept,
            ),
            dmc.Textarea(
                id={"type": f"{kind}-note", **about},
                value=firm.note or "",
                placeholder=_("Note; needed unless clean"),
                autosize=True,
                minRows=1,
                maxRows=6,
                size="sm",
                **aria(label=_("Note about %(firm)s", firm=firm.name)),
                **kept,
            ),
        ],
        className="opinion-row",
    )


def _short(answer: str) -> str:
    return language.pick(ANSWERS[answer]).split("（")[0]


def shown_in(lists: Sequence[DepartmentList]) -> dict[str, list[str]]:
    """What the rows show when they are drawn, so that only what was typed since is stored: an answer that somebody else
    has given meanwhile is not put back."""
    return {
        _key(one.request_id, firm.firm_id): [firm.answer or "", firm.note or ""] for one in lists for firm in one.firms
    }


def typed(
    ids: Sequence[Mapping[str, Any]],
    answers: Sequence[str | None],
    notes: Sequence[str | None],
    shown: Mapping[str, Any] | None,
) -> Typed:
    """What differs from what was shown. What is no id of a row is passed over."""
    found: Typed = {}
    for one, answer, note in zip(ids, answers, notes, strict=False):
        request, firm = one.get("request"), one.get("firm")
        if not isinstance(request, int) or not isinstance(firm, str):
            continue
        if [answer or "", note or ""] != (shown or {}).get(_key(request, firm), ["", ""]):
            found.setdefault(request, {})[firm] = (answer, note)
    return found


def _key(request: int, firm: str) -> str:
    return f"{request} {firm}"


def due_text(listed: DepartmentList, today: Any) -> Component:
    """The due day and how many working days are left until it."""
    left = working_days_between(today, listed.due_on).days
    day = amounts.day(listed.due_on)
    if listed.overdue(today):
        words = _("overdue since %(day)s (%(count)s working days)", day=day, count=-left)
        return html.Span(words, className="overdue", style={"whiteSpace": "normal"})
    if left < 0 or listed.open == 0:
        return html.Span(_("due on %(day)s", day=day), className="day")
    if left == 0:
        return html.Span(_("due today, %(day)s", day=day), className="overdue")
    return html.Span(_("due on %(day)s, in %(count)s working days", day=day, count=left))


def said(error: object) -> Component:
    """What was wrong, a line each."""
    lines: list[Component] = [html.Div(line) for line in str(error).splitlines()]
    return card(None, html.Div(lines, className="overdue", style={"whiteSpace": "normal"}))


def done(words: str) -> Component:
    """What was done."""
    return card(None, html.Span(words, className="raises"))
