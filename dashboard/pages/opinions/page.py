"""The page of opinions: for a department's account its own list, for officers of the whole city the reviews' state."""

from dash.development.base_component import Component

from dashboard.pages.opinions import department, officers
from dashboard.web.routes import Page, View
from pipeline.accounts.people import Action
from pipeline.language import N_


def layout(view: View) -> Component:
    return department.layout(view) if view.person.policy.of_a_department else officers.layout(view)


PAGES = (Page("/opinions", layout, Action.KEEP_REVIEWS, N_("Opinions"), "shield-check", or_may=Action.ANSWER_OPINIONS),)
