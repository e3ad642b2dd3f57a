"""My firm: where I stand, what to do next, why, what is missing, what the city can give and who helps, what is known of
me, and what I object to.

The same parts as on the firm's page for officers, and nothing more of what they say; the firm shown is authorised here
again. Officers see it as the firm does.
"""

from typing import Any

from dash.development.base_component import Component

from dashboard.checked_once import dcc, dmc, html
from dashboard.components import boards, history
from dashboard.components.cards import aria, card
from dashboard.components.forms.first_steps import first_steps_card
from dashboard.pages.firm import declared, follow_up, page, stated_by, tasks
from dashboard.pages.firm.activities import card as activities
from dashboard.pages.firm.labels import card as labels
from dashboard.pages.firm.labels import pacesetter
from dashboard.pages.firm.messages import card as messages
from dashboard.pages.firm.mine import given, my_data, objection_forms, standing
from dashboard.queries.firm import firm_page
from dashboard.queries.first_steps import first_steps
from dashboard.queries.lists import firm_list
from dashboard.queries.peer_bands import peer_bands
from dashboard.web import request
from dashboard.web.routes import Page, View
from pipeline.accounts import people
from pipeline.accounts.people import Action
from pipeline.language import N_
from pipeline.language import gettext as _
from pipeline.store.tables import CITY
from pipeline.tutoring import cases
from pipeline.tutoring.mentoring import FirmAccounts, accounts_of
from scoring.firm_list.standings import firm_standings
from scoring.scores.doubts import firm_findings

ANCHORS = {"next": "mine-next", "data": "mine-data", "objections": "mine-objections-card"}


def layout(view: View, firm_id: str) -> Component:
    """The whole page, for the firm itself or for one who may see it."""
    with request.database() as session, people.asked_once(session):
        shown = firm_page(session, view.person, firm_id, view.today)
        values = page.feature_values(session, shown)
        strip = labels.strip_of(session, view, firm_id)
        accounts = accounts_of(session, firm_id) if view.may(Action.RECORD_VISITS) else FirmAccounts([], [])
        lines = cases.cases_of(session, view.person, firm_id, view.today) if view.may(Action.SEE_CASES) else []
        in_tutoring = any(line.case.closed_on is None for line in lines)
        tutoring = follow_up.card_of(session, view, firm_id, accounts, lines)
        to_do = tasks.card_of(session, view, firm_id, accounts.visitors, in_tutoring)
        ways_in = declared.card_of(session, view, firm_id)
        standings = firm_standings(session.connection(), firm_id, shown.firm.cohort, view.today)
        in_doubt = firm_list.may_be_in_doubt(session, firm_id)
        found = firm_findings(session.connection(), firm_id, shown.facts, view.today, in_doubt)
        of_the_city = shown.score is not None and shown.firm.cohort == CITY
        bands = peer_bands(session, shown.score.points) if of_the_city and shown.score is not None else []
        stated = my_data.card_of(session, view, firm_id)
        objected = objection_forms.card_of(session, view, firm_id)
        itself = view.person.policy.speaks_for_one_firm
        first = first_steps(session, view.person, view.today) if itself else []
    support = given.place_of(view, firm_id, shown.firm.cohort)
    sections = [
        page.doubts(found),
        standing.card_of(view, shown, bands),
        card(
            _("What to do next"),
            dcc.Loading(html.Div(html.Div(style={"height": "4rem"}), id="mine-steps"), type="dot", color="#17957b"),
            id=ANCHORS["next"],
        ),
        page.score_row(view, shown, values, low_places=False),
        html.Div(boards.card_of(standings, view.today), id="firm-boards"),
        support,
        tutoring,
        to_do,
        ways_in,
        dcc.Loading(
            html.Div(card(_("Recognition and labels"), html.Div(style={"height": "8rem"})), id="firm-labels"),
            type="dot",
            color="#17957b",
        ),
        pacesetter.place_of(view, firm_id, shown.firm.cohort),
        stated,
        objected,
        activities.place_of(view, firm_id),
        history.card_of(shown.facts.droplevel("firm_id"), view.dark, stated_by.question()),
        messages.place_of(view, firm_id),
        card(_("What happened"), html.Div(id="mine-timeline"), className="card no-print"),
        page.about_row(shown),
    ]
    return html.Div(
        [
            page.head(view, shown),
            strip,
            *first_steps_card(first),
            _jumps(view, support is not None, tutoring is not None),
            dcc.Store(id="firm-shown", data=firm_id),
            dmc.Stack([part for part in sections if part is not None], gap="md"),
        ]
    )


def _jumps(view: View, has_support: bool, has_tutoring: bool) -> Component:
    parts: list[tuple[str, Any]] = [
        (_("What to do next"), ANCHORS["next"]),
        (_("Boards: what is met and what is missing"), "firm-boards"),
        *([(_("What the city can give us"), given.ANCHOR)] if has_support else []),
        *([(_("Tutoring"), follow_up.ANCHOR)] if has_tutoring else []),
        (_("My data"), ANCHORS["data"]),
        *([(_("Objections"), ANCHORS["objections"])] if view.may(Action.SEE_OBJECTIONS) else []),
        *([(_("Messages"), messages.ANCHOR)] if view.may(Action.SEE_MESSAGES) else []),
    ]
    links = [html.A(words, href=f"#{anchor}", className="text-link") for words, anchor in parts]
    return html.Div(links, className="jumps", role="navigation", **aria(label=_("On this page")))


PAGES = (Page("/firm/<firm_id>/mine", layout, Action.SEE_FIRMS, N_("My firm")),)
