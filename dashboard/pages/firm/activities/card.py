"""What a firm did and was given beside the way to the market, the latest first, and for officers the form that enters
more and the withdrawal of what is wrong.

Loaded after the page. Ids begin with `firm-activity` and `firm-activities`.
"""

from collections.abc import Callable, Sequence
from typing import Any

from dash import ALL, Input, Output, State, ctx, no_update
from dash.development.base_component import Component
from flask import abort
from sqlalchemy.orm import Session

from dashboard.checked_once import dcc, html
from dashboard.components import amounts
from dashboard.components.cards import aria, card, empty, pill, table, warning
from dashboard.components.forms.fields import withdrawal
from dashboard.pages.firm.activities.forms import entry_form, hint_of, levels_of
from dashboard.web import request
from dashboard.web.callbacks import guarded_callback
from dashboard.web.routes import View
from dashboard.web.sent import day_of, number_of, written_beside
from pipeline.accounts import people
from pipeline.accounts.people import Action
from pipeline.activities.conditions import ActivityConditions
from pipeline.activities.entering import Entered, WrongActivity, add, amount_of, withdraw
from pipeline.activities.in_words import Amount, kind_name, level_name
from pipeline.activities.lists import ActivityLine, activity_lines
from pipeline.errors import ShownToPeople
from pipeline.language import N_, Message, pick
from pipeline.language import gettext as _

ANCHOR = "activities"
#: So many are listed at once; the rest folds.
_OPEN = 15
_AFTER = (
    Output("firm-activities", "children", allow_duplicate=True),
    Output("firm-activities-said", "children", allow_duplicate=True),
)
_FIRM = State("firm-activities-of", "data")


def place_of(view: View, firm_id: str) -> Component | None:
    """Where the card comes; None for who may not see it."""
    if not view.may(Action.SEE_FIRMS):
        return None
    forms = [entry_form(view.today)] if view.may(Action.KEEP_ACTIVITIES) else []
    body = [
        dcc.Store(id="firm-activities-of", data=firm_id),
        html.Div(id="firm-activities-said", role="status", **aria(live="polite")),
        html.Div(html.Div(style={"height": "4rem"}), id="firm-activities"),
        *forms,
    ]
    note = _("Platforms, projects, prizes, patents, people, rounds and loans, as known today")
    return html.Div(card(_("Innovation and finance"), body, note, id=ANCHOR), className="no-print")


@guarded_callback(Output("firm-activities", "children"), Input("firm-activities-of", "data"), may=Action.SEE_FIRMS)
def show(firm_id: str | None) -> Any:
    return _listed(firm_id) if firm_id else []


@guarded_callback(
    Output("firm-activity-level", "data"),
    Output("firm-activity-level", "value"),
    Output("firm-activity-hint", "children"),
    Input("firm-activity-kind", "value"),
    may=Action.KEEP_ACTIVITIES,
    prevent_initial_call=True,
)
def choose(kind: str | None) -> tuple[Any, Any, Any]:
    """What the chosen kind states."""
    return levels_of(kind), None, hint_of(kind)


@guarded_callback(
    *_AFTER,
    Input("firm-activity-save", "n_clicks"),
    _FIRM,
    State("firm-activity-kind", "value"),
    State("firm-activity-level", "value"),
    State("firm-activity-on", "value"),
    State("firm-activity-until", "value"),
    State("firm-activity-known", "value"),
    State("firm-activity-name", "value"),
    State("firm-activity-party", "value"),
    State("firm-activity-outcome", "value"),
    State("firm-activity-amount", "value"),
    may=Action.KEEP_ACTIVITIES,
    prevent_initial_call=True,
)
def enter(
    _clicks: int | None,
    firm_id: str | None,
    kind: str | None,
    level: str | None,
    on: str | None,
    until: str | None,
    known: str | None,
    name: str | None,
    party: str | None,
    outcome: str | None,
    amount: str | None,
) -> tuple[Any, Any]:
    def act(session: Session, firm: str) -> None:
        if not kind:
            raise WrongActivity(Message(N_("Choose the kind of activity.")))
        entered = Entered(
            kind, day_of(on), level, name, party, outcome, amount_of(amount), day_of(until), day_of(known)
        )
        add(session, request.person(), firm, entered, today=request.today(), now=request.now())

    return _done(firm_id, act)


@guarded_callback(
    *_AFTER,
    Input({"type": "firm-activity-withdraw", "activity": ALL}, "n_clicks"),
    _FIRM,
    State({"type": "firm-activity-why", "activity": ALL}, "value"),
    State({"type": "firm-activity-why", "activity": ALL}, "id"),
    may=Action.KEEP_ACTIVITIES,
    prevent_initial_call=True,
)
def take_back(
    _clicks: list[int | None], firm_id: str | None, whys: list[str | None], fields: list[dict[str, Any]]
) -> tuple[Any, Any]:
    pressed = ctx.triggered_id
    number = number_of(pressed.get("activity") if isinstance(pressed, dict) else None)
    why = written_beside(number, "activity", whys, fields)

    def act(session: Session, _firm: str) -> None:
        withdraw(session, request.person(), number, why, now=request.now())

    return _done(firm_id, act)


# --- within ----------------------------------------------------------------------------------------


def _done(firm_id: str | None, act: Callable[[Session, str], None]) -> tuple[Any, Any]:
    """Do it and draw the list anew; what is refused is said, and what was filled in stays."""
    if not firm_id:
        abort(400)
    try:
        with request.database() as session, session.begin():
            act(session, firm_id)
    except ShownToPeople as error:
        return no_update, warning(error)
    return _listed(firm_id), _("Saved.")


def _listed(firm_id: str) -> Any:
    person, on = request.person(), request.today()
    with request.database() as session:
        people.require(person, Action.SEE_FIRMS, firm_id, session=session)
        lines = activity_lines(session, person, on, ActivityConditions(firm=firm_id), action=Action.SEE_FIRMS)
    if not lines:
        return empty(_("No activity of this firm is known."))
    keeps = people.may(person, Action.KEEP_ACTIVITIES)
    shown, rest = lines[:_OPEN], lines[_OPEN:]
    words = _("Earlier ones (%(count)s)", count=amounts.count(len(rest)))
    folded = [html.Details([html.Summary(words, className="text-link"), _table(rest, keeps)])] if rest else []
    return [_table(shown, keeps), *folded]


def _table(lines: Sequence[ActivityLine], keeps: bool) -> Component:
    heads = [_("Day"), _("Kind of activity"), _("What"), _("Amount"), _("Last day"), *([""] if keeps else [])]
    return table(heads, [_row(line, keeps) for line in lines], frozenset({3}))


def _row(line: ActivityLine, keeps: bool) -> list[Any]:
    level = [" ", pill(pick(level_name(line.level)))] if line.level else []
    what = [html.Div(part) for part in (line.name, line.counterpart, line.outcome) if part]
    kind = pick(kind_name(line.kind))
    row: list[Any] = [
        html.Span(amounts.day(line.occurred_on), className="day"),
        [kind, *level],
        html.Div(what),
        "" if line.amount_fen is None else str(Amount(line.amount_fen)),
        html.Span("" if line.ended_on is None else amounts.day(line.ended_on), className="day"),
    ]
    if keeps:
        about = f"{kind} {amounts.day(line.occurred_on)}"
        back = withdrawal("firm-activity", "activity", line.id, about, _("Why it is wrong"))
        row.append(html.Div(back, className="no-print"))
    return row
