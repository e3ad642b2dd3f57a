"""The growth ladder: rungs and their flows, who is one condition away, certificates that end, incubators, and who may
be recognised as a high-tech enterprise for the first time. `/ladder?as_of=2026-05-01`.

sections.py ──► page.py
"""

from dash.development.base_component import Component

from dashboard.checked_once import dmc, html
from dashboard.components import amounts, terms
from dashboard.components.cards import page_head
from dashboard.kept_answers.panel import Panel
from dashboard.pages.ladder import sections
from dashboard.queries.questions import CANDIDATES, LADDER
from dashboard.web.routes import Page, View
from dashboard.web.sent import day_of
from pipeline.accounts.people import Action
from pipeline.ladder.ladder import Ladder
from pipeline.language import N_, joined
from pipeline.language import gettext as _
from scoring.ladder.candidates import Candidates


def layout(view: View) -> Component:
    day = min(day_of(view.query.get("as_of")) or view.today, view.today)
    whose = terms.district(view.person.district_code) or _("all firms of the city")
    note = joined([_("As known on %(day)s", day=amounts.day(day)), whose])
    days = {"on": day}
    return html.Div([page_head(_("Growth ladder"), note), PANEL.place(view, days), FIRST_TIME.place(view, days)])


def _drawn(found: Ladder, _view: View) -> Component:
    return dmc.Stack(
        [
            sections.rungs_card(found),
            sections.years_card(found),
            sections.near_card(found),
            sections.calendar_card(found),
            sections.incubators_card(found),
        ]
    )


def _first_time(found: Candidates, view: View) -> Component:
    return sections.candidates_card(found, view.may(Action.SEE_MODELS))


PANEL = Panel("ladder-found", LADDER, _drawn).declare()
FIRST_TIME = Panel("ladder-candidates", CANDIDATES, _first_time).declare()
PAGES = (Page("/ladder", layout, Action.SEE_PLAN, N_("Growth ladder"), "arrow-up-right"),)
