"""One fast grower: the leaders of three levels who stand by it, every contact, and what hinders it."""

from typing import Any

import dash_mantine_components as dmc
from dash import dcc, html
from dash.development.base_component import Component

from dashboard.components import amounts
from dashboard.components.cards import aria, card, empty, link, page_head, table
from dashboard.components.forms.fields import withdrawal
from dashboard.pages.growers.forms import contact_form, leader_form
from dashboard.web import request
from dashboard.web.routes import View
from pipeline.accounts import people
from pipeline.accounts.people import Action
from pipeline.growth import contacts
from pipeline.growth.contacts import ContactSeen, LevelState
from pipeline.language import gettext as _
from pipeline.language import pick
from pipeline.store.tables import Firm
from pipeline.tutoring.mentors import leaders
from pipeline.tutoring.problems import problem_lists
from pipeline.tutoring.problems.kinds import kind_name
from pipeline.tutoring.problems.problem_lists import ProblemLine


def layout(view: View, firm_id: str) -> Component:
    return html.Div(
        [
            html.Div(body(view, firm_id), id="growers-body"),
            dcc.Store(id="growers-firm", data=firm_id),
        ]
    )


def body(view: View, firm_id: str, said: Any = "") -> list[Component]:
    """Everything on the page, drawn anew after something was `said` to have been done."""
    with request.database() as session:
        people.require(view.person, Action.SEE_PLAN, firm_id, session=session)
        firm = session.get_one(Firm, firm_id)
        name = firm.name or firm_id
        states = contacts.standing(session, view.person, [firm_id], view.today).get(firm_id, {})
        found = contacts.contacts_of(session, view.person, firm_id, view.today)
        problems = problem_lists.problems(session, view.person, view.today, firm_id=firm_id)
    names, records = view.may(Action.KEEP_CASES), view.may(Action.RECORD_VISITS)
    ways = html.Div([link(_("The firm's page"), f"/firm/{firm_id}"), " ", link(_("All fast growers"), "/growers")])
    return [
        page_head(name, _("Leaders and contacts of three levels"), ways),
        dmc.Stack(
            [
                html.Div(said, id="growers-said", role="status", **aria(live="polite")),
                card(
                    _("Who stands by the firm"),
                    [_levels(states), *([leader_form()] if names else [])],
                    _("Where the firm is in tutoring these are the leaders of its case."),
                ),
                card(
                    _("Contacts of leaders"),
                    [*([contact_form(view.today)] if records else []), _contacts(found, records)],
                    _("A visit recorded by the leader's own account counts as a contact."),
                ),
                card(
                    _("Problems still open"),
                    _problems(problems),
                    right=link(_("Problems"), f"/problems?firm={firm_id}"),
                ),
            ]
        ),
    ]


def _levels(states: dict[str, LevelState]) -> Component:
    heads = [_("Level"), _("Leader who stands by it"), _("Post"), _("Last contact"), _("Next one until"), ""]
    return table(heads, [_level(state) for state in states.values()])


def _level(state: LevelState) -> list[Any]:
    late = _("%(days)s days late", days=amounts.count(state.days_late))
    return [
        pick(leaders.LEVELS[state.level]),
        html.Span(state.leader, className="person") if state.leader else _("nobody named"),
        state.post or "",
        html.Span(amounts.day(state.last_on), className="day") if state.last_on else _("no contact yet"),
        html.Span(amounts.day(state.due_on), className="day") if state.due_on else "",
        html.Span(late, className="overdue") if state.overdue else "",
    ]


def _contacts(found: list[ContactSeen], may_withdraw: bool) -> Component:
    if not found:
        return empty(_("No contact is recorded yet."))
    heads = [_("Day"), _("Level"), _("Leader who stands by it"), _("What it was about"), _("Recorded by"), ""]
    return table(heads, [_contact(one, may_withdraw) for one in found])


def _contact(one: ContactSeen, may_withdraw: bool) -> list[Any]:
    day = amounts.day(one.on)
    about = one.note if one.id is not None else _("a visit by the leader")
    last: Any = ""
    if one.withdrawn_why:
        last = html.Span(_("withdrawn: %(why)s", why=one.withdrawn_why), className="card-note")
    elif may_withdraw and one.id is not None:
        last = withdrawal("growers", "contact", one.id, day, _("why it was wrong"))
    return [
        html.Span(day, className="day"),
        pick(leaders.LEVELS[one.level]),
        html.Span(one.leader, className="person"),
        about,
        html.Span(one.recorded_by, className="person"),
        last,
    ]


def _problems(lines: list[ProblemLine]) -> Component:
    if not lines:
        return empty(_("No problem is open."))
    heads = [_("Kind of problem"), _("What hinders them"), _("Due")]
    rows: list[list[Any]] = [
        [
            kind_name(line.kind),
            line.text or "",
            html.Span(amounts.day(line.due_on), className="overdue" if line.overdue else "day"),
        ]
        for line in lines
    ]
    return table(heads, rows)
