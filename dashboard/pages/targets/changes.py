"""What the form of a baseline does: enter one with its source, withdraw one with a reason."""

from typing import Any

from dash import Input, Output, State, ctx

from dashboard.components.cards import warning
from dashboard.web import request
from dashboard.web.callbacks import guarded_callback
from pipeline.accounts.people import Action
from pipeline.errors import ShownToPeople
from pipeline.language import N_, Message
from pipeline.language import gettext as _
from pipeline.targets import baselines
from pipeline.targets.baselines import WrongBaseline


@guarded_callback(
    Output("targets-said", "children"),
    Input("targets-enter", "n_clicks"),
    Input("targets-withdraw", "n_clicks"),
    State("targets-target", "value"),
    State("targets-value", "value"),
    State("targets-source", "value"),
    may=Action.KEEP_TARGETS,
    prevent_initial_call=True,
)
def change(
    _enter: int | None, _withdraw: int | None, target: str | None, value: int | float | str | None, said: str | None
) -> Any:
    person, now = request.person(), request.now()
    plan_id, _slash, target_id = (target or "").partition("/")
    try:
        with request.database() as session, session.begin():
            if ctx.triggered_id == "targets-withdraw":
                baselines.withdraw(session, person, plan_id, target_id, said or "", now)
                return _("The baseline is withdrawn. Load the page again to see how the target stands.")
            if not isinstance(value, int) or isinstance(value, bool):
                raise WrongBaseline(Message(N_("Enter the count as a whole number.")))
            baselines.enter(session, person, plan_id, target_id, value, said or "", now)
    except ShownToPeople as error:
        return warning(error)
    return _("The baseline is entered. Load the page again to see how the target stands.")


PAGES = ()
