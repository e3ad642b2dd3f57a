"""The store of models: which is in office, which could be, and who decided so when."""

from typing import Any

from dash import html
from dash.development.base_component import Component

from dashboard import request as asked
from dashboard.components.cards import card, empty, link, page_head, table
from dashboard.routes import Download, Page, View
from pipeline.language import N_
from pipeline.language import gettext as _
from pipeline.people import Action
from scoring import model_store


def layout(view: View) -> Component:
    models = model_store.list_models(asked.board().engine)
    rows: list[list[Any]] = [
        [link(one["id"], f"/model/{one['id']}"), one["as_of"], ", ".join(one["cohorts"]), one["event"]]
        for one in models
    ]
    body = table([_("Model"), _("Day"), _("Cohorts"), _("Event")], rows) if rows else empty(_("No model yet."))
    return html.Div([page_head(_("Models")), card(None, body)])


PAGES = (Page("/models", layout, Action.SEE_MODELS, N_("Models"), "chart-dots-3"),)
DOWNLOADS: tuple[Download, ...] = ()
