"""The model registry: every model, whether the champion still fits, training a new one, promoting one.

Training runs as a job with its progress and a way to cancel it. A promotion needs a written reason and a second
person of the bureau, who signs with their own password in the same form.
"""

from datetime import date
from typing import Any

import dash_mantine_components as dmc
from dash import Input, Output, State, dcc, html, no_update
from dash.development.base_component import Component
from sqlalchemy import select

from dashboard.components.cards import aria, card, empty, icon, link, page_head, pill, table
from dashboard.components.forms.fields import second_code_field
from dashboard.jobs import process
from dashboard.jobs.ticks import first_tick, next_tick
from dashboard.pages.models import compare, expected_events, monitoring
from dashboard.pages.models.job_panel import bar, cohorts_known, failed, start_or_join
from dashboard.web import request
from dashboard.web.callbacks import guarded_callback
from dashboard.web.routes import Page, View
from dashboard.web.sent import day_of
from dashboard.web.sign_in import second_person
from pipeline import language
from pipeline.accounts.people import Action
from pipeline.accounts.roles import ROLES
from pipeline.errors import NotAllowed, ShownToPeople
from pipeline.language import N_, Message
from pipeline.language import gettext as _
from pipeline.store.tables import CITY, Account
from pipeline.wording.cohorts import cohort_label, cohorts_label
from scoring.dataset.event_kinds import KINDS
from scoring.evaluation.baselines_ahead import warning_of
from scoring.registry import registry

_POLL_MS = 1_000
_HORIZONS = (12, 24, 36)
_PREDICTABLE = ("tutoring_filed", "share_reform", "filed", "listed")


def layout(view: View) -> Component:
    models = registry.list_models(request.app().engine)
    return html.Div(
        [
            page_head(_("Models"), _("One champion scores the city; the others are challengers")),
            dmc.Stack(
                [
                    *_monitoring_card(models, view),
                    card(_("The store"), html.Div(_models_table(models), id="models-store")),
                    dmc.Grid(
                        [
                            dmc.GridCol(_train_card(view), span={"base": 12, "lg": 6}),
                            dmc.GridCol(
                                _promote_card(models) if view.may(Action.PROMOTE_MODELS) else None,
                                span={"base": 12, "lg": 6},
                            ),
                        ],
                        gutter="md",
                    ),
                    expected_events.level_card(),
                    compare.compare_card(models, view),
                    _decisions_card(),
                ]
            ),
        ]
    )


def _monitoring_card(models: list[registry.ModelSummary], view: View) -> list[Component]:
    """Whether the champion should be retrained, and why."""
    champion = next((model for model in models if model.champion), None)
    if champion is None:
        return []
    panel = monitoring.WATCHED.place(
        monitoring.about(champion.id, champion.cohorts, view.today, brief=True), at_once=True
    )
    return [card(_("Does the champion still hold?"), panel, right=monitoring.link_to(champion.id))]


def _models_table(models: list[registry.ModelSummary]) -> Component:
    if not models:
        return empty(_("No model yet. Train the first one below."))
    rows = [
        [
            [link(line.id, f"/model/{line.id}"), " ", pill(_("champion"), "gold") if line.champion else None],
            line.as_of.isoformat(),
            event_name(line.event),
            _("%(months)s months", months=line.within_months),
            language.pick(cohorts_label(line.cohorts)),
            [
                "—" if line.auc is None else f"{line.auc:.3f}",
                *([" ", pill(_("baselines rank better"), "warn")] if line.ahead else []),
            ],
            line.trained_at.isoformat(" ", "seconds"),
        ]
        for line in models
    ]
    headings = [_("Model"), _("As of"), _("Predicts"), _("Within"), _("Cohorts"), "AUC", _("Trained at")]
    return table(headings, rows, frozenset({5}))


def event_name(kind: str) -> str:
    return language.pick(KINDS[kind]) if kind in KINDS else kind


def _train_card(view: View) -> Component:
    cohorts = cohorts_known()
    events = [{"value": kind, "label": event_name(kind)} for kind in _PREDICTABLE]
    horizons = [{"value": str(months), "label": _("%(months)s months", months=months)} for months in _HORIZONS]
    form = dmc.SimpleGrid(
        [
            dmc.DateInput(
                id="models-as-of",
                label=_("As of"),
                value=date(view.today.year, 5, 1).isoformat(),
                valueFormat="YYYY-MM-DD",
                maxDate=view.today.isoformat(),
            ),
            dmc.MultiSelect(
                id="models-cohorts",
                label=_("Cohorts"),
                data=_cohort_choices(cohorts),
                value=[CITY] if CITY in cohorts else cohorts,
            ),
            dmc.Select(
                id="models-event", label=_("Predicts"), data=events, value="tutoring_filed", allowDeselect=False
            ),
            dmc.Select(id="models-within", label=_("Within"), data=horizons, value="24", allowDeselect=False),
            dmc.NumberInput(id="models-seed", label=_("Seed"), value=0, min=0, max=999_999),
            dmc.TextInput(id="models-name", label=_("Name (may stay empty)")),
        ],
        cols={"base": 1, "sm": 2},
    )
    return card(
        _("Train a model"),
        [
            form,
            dmc.Group(
                [
                    dmc.Button(_("Train"), id="models-train", leftSection=icon("robot")),
                    dmc.Button(_("Cancel"), id="models-cancel", variant="default", disabled=True),
                ],
                mt="md",
            ),
            dcc.Store(id="models-job", storage_type="session"),
            # It ticks from the start: a training that began before the page was left is followed again.
            dcc.Interval(id="models-tick", interval=_POLL_MS, max_intervals=1),
            html.Div(id="models-progress", role="status", style={"marginTop": ".6rem"}, **aria(live="polite")),
        ],
        _("It sees only what was known on the day; nothing changes until somebody promotes it"),
        style={"height": "100%"},
    )


def _cohort_choices(cohorts: list[str]) -> list[dict[str, str]]:
    return [{"value": cohort, "label": language.pick(cohort_label(cohort))} for cohort in cohorts]


def _promote_card(models: list[registry.ModelSummary]) -> Component:
    names = [model.id for model in models]
    return card(
        _("Promote a model"),
        [
            dmc.Select(id="models-promote", label=_("Model"), data=names, searchable=True),
            dmc.TextInput(id="models-why", label=_("Reason (kept for good)"), mt="sm"),
            dmc.SimpleGrid(
                [
                    dmc.TextInput(id="models-second", label=_("Second person: account name")),
                    dmc.PasswordInput(id="models-second-password", label=_("Second person: password")),
                    second_code_field("models-second-code"),
                ],
                cols={"base": 1, "sm": 3},
                mt="sm",
            ),
            dmc.Button(_("Promote"), id="models-promote-do", mt="md", leftSection=icon("trophy")),
            html.Div(id="models-promote-warned", role="status", style={"marginTop": ".6rem"}, **aria(live="polite")),
            html.Div(id="models-promoted", role="status", style={"marginTop": ".6rem"}, **aria(live="polite")),
        ],
        _("Going back to an earlier champion is a promotion too"),
        style={"height": "100%"},
    )


def _decisions_card() -> Component:
    rows = [
        [
            decision.at.isoformat(" ", "seconds"),
            decision.model,
            _("promoted") if decision.action == "promote" else _("gone back to"),
            decision.why,
            decision.by,
            decision.approved_by or "",
        ]
        for decision in registry.history(request.app().engine)
    ]
    headings = [_("At"), _("Model"), _("Decision"), _("Reason"), _("By"), _("Second person")]
    return card(_("Who was in office"), table(headings, rows) if rows else empty(_("No model was promoted yet.")))


@guarded_callback(
    Output("models-job", "data"),
    Output("models-tick", "max_intervals"),
    Output("models-cancel", "disabled"),
    Output("models-progress", "children"),
    Input("models-train", "n_clicks"),
    State("models-as-of", "value"),
    State("models-cohorts", "value"),
    State("models-event", "value"),
    State("models-within", "value"),
    State("models-seed", "value"),
    State("models-name", "value"),
    State("models-tick", "n_intervals"),
    may=Action.TRAIN,
    prevent_initial_call=True,
)
def train(
    clicks: int | None,
    as_of: str | None,
    cohorts: list[str] | None,
    event: str,
    within: str,
    seed: int | str | None,
    name: str | None,
    ticks: int | None,
) -> tuple[Any, Any, Any, Any]:
    """Begin a training; one that runs already with the same settings is followed instead."""
    day = day_of(as_of)
    if not clicks or day is None or not cohorts or event not in _PREDICTABLE or within not in map(str, _HORIZONS):
        return no_update, no_update, no_update, _("Fill in the day, the cohorts and what is to be predicted.")
    if name and not registry.good_name(name):
        return no_update, no_update, no_update, _("A name has letters, digits, dots and dashes alone.")
    try:
        job = start_or_join(
            "train",
            as_of=day.isoformat(),
            cohorts=cohorts,
            event=event,
            within_months=int(within),
            seed=int(seed or 0),
            name=name or None,
            by=request.person().name,
        )
    except ShownToPeople as error:
        return no_update, no_update, no_update, failed(str(error))
    return job, first_tick(ticks), False, bar(0.02, _("Working …"))


@guarded_callback(
    Output("models-tick", "max_intervals", allow_duplicate=True),
    Output("models-cancel", "disabled", allow_duplicate=True),
    Output("models-progress", "children", allow_duplicate=True),
    Output("models-store", "children"),
    Output("models-promote", "data"),
    Output("models-job", "data", allow_duplicate=True),
    Input("models-tick", "n_intervals"),
    State("models-job", "data"),
    may=Action.TRAIN,
    prevent_initial_call=True,
)
def follow_training(ticks: int | None, job: str | None) -> tuple[Any, Any, Any, Any, Any, Any]:
    if not job:
        return (no_update,) * 6  # a tick from before the training: the button is its own business
    try:
        state = process.state(request.app().engine, request.person().id, job)
    except ShownToPeople as error:
        return no_update, True, failed(str(error)), no_update, no_update, None
    if state.running:
        progress = bar(max(state.share, 0.02), state.says or _("Working …"))
        return next_tick(ticks), state.storing, progress, no_update, no_update, no_update
    if state.state != "done":
        ended = _("Cancelled; nothing was stored.") if state.state == "cancelled" else state.says
        return no_update, True, failed(ended), no_update, no_update, None
    said = [
        link(_("Model %(name)s is trained.", name=state.result["id"]), f"/model/{state.result['id']}"),
        *(html.P(warning, className="card-note") for warning in state.result["warnings"]),
    ]
    models = registry.list_models(request.app().engine)
    return no_update, True, said, _models_table(models), [model.id for model in models], None


@guarded_callback(
    Output("models-progress", "children", allow_duplicate=True),
    Input("models-cancel", "n_clicks"),
    State("models-job", "data"),
    may=Action.TRAIN,
    prevent_initial_call=True,
)
def cancel(clicks: int | None, job: str | None) -> Any:
    if not clicks or not job:
        return no_update
    try:
        if not process.cancel(request.app().engine, request.person().id, job):
            return failed(_("Too late to cancel: the model is being stored."))
    except ShownToPeople as error:
        return failed(str(error))
    return no_update


@guarded_callback(
    Output("models-promoted", "children"),
    Output("models-second-password", "value"),
    Output("models-store", "children", allow_duplicate=True),
    Output("models-why", "value"),
    Input("models-promote-do", "n_clicks"),
    State("models-promote", "value"),
    State("models-why", "value"),
    State("models-second", "value"),
    State("models-second-password", "value"),
    State("models-second-code", "value"),
    may=Action.PROMOTE_MODELS,
    prevent_initial_call=True,
)
def promote(
    clicks: int | None,
    chosen: str | None,
    why: str | None,
    second: str | None,
    password: str | None,
    code: str | None,
) -> tuple[Any, Any, Any, Any]:
    if not clicks or not chosen:
        return _("Choose a model."), "", no_update, no_update
    engine = request.app().engine
    try:
        seconded = _checked_second(second_person(second, password, code)) if second or password else None
        done = registry.promote(
            engine, chosen, why=why or "", by=request.person().name, now=request.now(), approved_by=seconded
        )
    except ShownToPeople as error:
        return failed(str(error)), "", no_update, no_update
    said = html.Span(_("%(name)s is in office.", name=done.model), className="raises")
    warned = [] if done.warning is None else [html.P(str(done.warning), className="overdue")]
    return html.Div([said, *warned]), "", _models_table(registry.list_models(engine)), ""


@guarded_callback(
    Output("models-promote-warned", "children"),
    Input("models-promote", "value"),
    may=Action.PROMOTE_MODELS,
    prevent_initial_call=True,
)
def warn_before_promoting(chosen: str | None) -> Any:
    """Whether the chosen model's own baselines rank better, before anybody signs for it."""
    model = next((one for one in registry.list_models(request.app().engine) if one.id == chosen), None)
    told = None if model is None else warning_of(model.ahead)
    return (
        None
        if told is None
        else html.P([str(told), " ", _("Say in the reason why it is promoted.")], className="overdue")
    )


def _checked_second(name: str) -> str:
    """The name again. Raises NotAllowed where the account is not an officer's or an analyst's."""
    with request.database() as session:
        role = session.scalar(select(Account.role).where(Account.name == name))
    if role is None or not ROLES[role].may_approve:
        raise NotAllowed(Message(N_("The second person must be an officer or an analyst of the bureau."), {}))
    return name


PAGES = (Page("/models", layout, Action.SEE_MODELS, N_("Models"), "chart-dots-3"),)
