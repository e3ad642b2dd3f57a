"""A panel of a page about models whose contents a job computes: a progress bar while it runs, then the result.

A cached result is shown at once; a job runs only where there is none.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import dash_mantine_components as dmc
from dash import Input, Output, State, dcc, html, no_update
from dash.development.base_component import Component
from flask import abort

from dashboard.components.cards import aria
from dashboard.jobs import process
from dashboard.jobs.ticks import first_tick, next_tick
from dashboard.queries.model_cache import ModelCache
from dashboard.queries.scores import cohorts
from dashboard.web import request
from dashboard.web.callbacks import guarded_callback
from pipeline.accounts.people import Action
from pipeline.errors import ShownToPeople
from pipeline.language import gettext as _

_POLL_MS = 700
#: What a panel is about, as the browser sends it back: checked by text_in.
About = dict[str, Any]


@dataclass(frozen=True)
class JobPanel:
    """`kind`: the task of the job (jobs.model_tasks); the panel's ids contain it.

    `arguments`: what the panel is about -> the job's arguments (None: the job begins only on a click);
    `show`: what the panel is about -> its contents, None where nothing is cached yet.
    """

    kind: str
    arguments: Callable[[About], dict[str, str]] | None
    show: Callable[[About], Any]

    def place(self, about: About, *, at_once: bool, below: bool = False) -> Component:
        """The panel on a page. `at_once`: it shows its contents, or begins its job, as soon as it is on the page;
        `below`: a moment later, so that what is above it is drawn first."""
        contents = self._shown(about) if at_once and not below else None
        return html.Div(
            [
                dcc.Store(id=f"models-{self.kind}-about", data=about),
                dcc.Store(id=f"models-{self.kind}-job"),
                dcc.Interval(
                    id=f"models-{self.kind}-tick",
                    interval=_POLL_MS,
                    max_intervals=1 if at_once and contents is None else 0,
                ),
                html.Div(contents, id=f"models-{self.kind}-shown", role="status", **aria(live="polite")),
            ]
        )

    def step(self, job: str | None, about: About | None, ticks: int | None) -> tuple[Any, Any, Any]:
        """The panel's contents, its clock's last tick, and its job."""
        last_tick = first_tick(ticks) if job is None else next_tick(ticks)
        shown, more, job = self._step(job, about)
        return shown, last_tick if more else no_update, job

    def _step(self, job: str | None, about: About | None) -> tuple[Any, bool, Any]:
        if not about:
            return no_update, False, None
        try:
            if job is None:
                contents = self._shown(about)
                if contents is not None or self.arguments is None:
                    return contents, False, None
                return bar(0.02, _("Working …")), True, start_or_join(self.kind, **self.arguments(about))
            state = process.state(request.app().engine, request.person().id, job)
        except ShownToPeople as error:
            return failed(str(error)), False, None
        if state.running:
            return bar(max(state.share, 0.02), state.says or _("Working …")), True, no_update
        if state.state == "cancelled":
            return failed(_("Cancelled; nothing was stored.")), False, None
        return (self._shown(about) if state.state == "done" else failed(state.says)), False, None

    def _shown(self, about: About) -> Any:
        try:
            return self.show(about)
        except ShownToPeople as error:
            return failed(str(error))

    def declare(self) -> "JobPanel":
        """Declare the callback of the panel's clock."""

        @guarded_callback(
            Output(f"models-{self.kind}-shown", "children"),
            Output(f"models-{self.kind}-tick", "max_intervals"),
            Output(f"models-{self.kind}-job", "data"),
            Input(f"models-{self.kind}-tick", "n_intervals"),
            State(f"models-{self.kind}-job", "data"),
            State(f"models-{self.kind}-about", "data"),
            may=Action.SEE_MODELS,
            prevent_initial_call=True,
        )
        def look(ticks: int | None, job: str | None, about: dict[str, Any] | None) -> tuple[Any, Any, Any]:
            return self.step(job, about, ticks)

        return self


def cache_of(model_id: str) -> ModelCache:
    """The cached results about a model."""
    app = request.app()
    return ModelCache(app.engine, app.settings.models, model_id)


def cohorts_known() -> list[str]:
    """The cohorts of which firms are known."""
    with request.database() as session:
        return cohorts(session)


def start_or_join(kind: str, **arguments: Any) -> str:
    """The job that does this for this person: the one that runs already, else a new one."""
    app = request.app()
    return process.start_or_join(app.settings, app.engine, request.person().id, kind, **arguments)


def bar(share: float, text: str) -> Component:
    return html.Div(
        [dmc.Progress(value=100 * share, animated=True, **aria(label=text)), html.P(text, className="card-note")],
        style={"maxWidth": "34rem"},
    )


def failed(text: str) -> Component:
    return html.Span(text, className="overdue", style={"whiteSpace": "normal"})


def text_in(about: About, name: str) -> str:
    """A text of what a panel is about; 400 for anything that a page of ours does not send."""
    value = about.get(name)
    if not isinstance(value, str) or not value or len(value) > 200:
        abort(400)
    return value
