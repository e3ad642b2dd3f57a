"""A piece of a model page that a job works out: a bar while it runs, then what it found.

In the flow: **model_jobs.py** -> jobs.py -> model_work.py -> kept by model_data.py -> the page. What is kept already is
shown at once; a job runs only for what is not.
"""

import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import dash_mantine_components as dmc
from dash import Input, Output, State, dcc, html, no_update
from dash.development.base_component import Component

from dashboard.components.cards import aria
from dashboard.jobs import process
from dashboard.queries.model_cache import ModelCache
from dashboard.queries.scores import cohorts
from dashboard.web import request
from dashboard.web.callbacks import guarded_callback
from pipeline.accounts.people import Action
from pipeline.errors import ShownToPeople
from pipeline.language import gettext as _

_LOOKS_EVERY_MS = 700
_beginning = threading.Lock()
About = dict[str, Any]


@dataclass(frozen=True)
class Piece:
    """`kind`: the job's name in model_work.py, and the beginning of the piece's ids.

    `arguments`: what the piece is about -> the job's arguments (None: this piece waits until somebody begins it);
    `show`: what the piece is about -> its contents, None where nothing is kept yet.
    """

    kind: str
    arguments: Callable[[About], dict[str, Any]] | None
    show: Callable[[About], Any]

    def place(self, about: About, *, at_once: bool, below: bool = False) -> Component:
        """The piece's place on a page. `at_once`: it looks, and works, as soon as it is on the page; `below`: it looks
        a moment later, so that what stands above it is drawn first."""
        kept = self._shown(about) if at_once and not below else None
        return html.Div(
            [
                dcc.Store(id=f"models-{self.kind}-about", data=about),
                dcc.Store(id=f"models-{self.kind}-job"),
                dcc.Interval(
                    id=f"models-{self.kind}-tick",
                    interval=_LOOKS_EVERY_MS,
                    max_intervals=1 if at_once and kept is None else 0,
                ),
                html.Div(kept, id=f"models-{self.kind}-shown", role="status", **aria(live="polite")),
            ]
        )

    def step(self, job: str | None, about: About | None, ticks: int | None) -> tuple[Any, Any, Any]:
        """What stands in the piece now, up to which tick its clock goes on, and its job."""
        shown, more, job = self._step(job, about)
        return shown, next_tick(ticks) if more else no_update, job

    def _step(self, job: str | None, about: About | None) -> tuple[Any, bool, Any]:
        if not about:
            return no_update, False, None
        settings, owner = request.app().settings, request.person().id
        try:
            if job is None:
                found = self._shown(about)
                if found is not None or self.arguments is None:
                    return found, False, None
                return bar(0.02, _("Working …")), True, begun(self.kind, **self.arguments(about))
            state = process.state(settings, owner, job)
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

    def declare(self) -> "Piece":
        """Declare the callback of the piece's clock."""

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


def next_tick(ticks: int | None) -> int:
    """A clock that goes on to this tick asks once more: only after an answer has come, however slow it was."""
    return (ticks or 0) + 1


def begun(kind: str, **arguments: Any) -> str:
    """The job that does this work for this person: the one that runs already, else a new one."""
    settings, owner = request.app().settings, request.person().id
    with _beginning:
        return process.running(settings, owner, kind, **arguments) or process.start(
            settings, process.new_folder(settings, owner), kind, **arguments
        )


def bar(share: float, says: str) -> Component:
    return html.Div(
        [dmc.Progress(value=100 * share, animated=True, **aria(label=says)), html.P(says, className="card-note")],
        style={"maxWidth": "34rem"},
    )


def failed(says: str) -> Component:
    return html.Span(says, className="overdue", style={"whiteSpace": "normal"})


def word(about: About, name: str) -> str:
    """A word of what a piece is about; whatever a page did not send is no word of ours."""
    from flask import abort

    found = about.get(name)
    if not isinstance(found, str) or not found or len(found) > 200:
        abort(400)
    return found
