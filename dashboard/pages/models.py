"""The analyst's bench: every model, training a new one, comparing two, and who is in office.

Training runs as a job with its progress and a way to cancel it. A promotion needs a written reason and a second
person, who signs with his or her own password at the same desk.
"""

from datetime import date
from typing import Any

import dash_mantine_components as dmc
from dash import Input, Output, State, dcc, html, no_update
from dash.development.base_component import Component

from dashboard import jobs, model_data
from dashboard import request as asked
from dashboard.callbacks import board_callback
from dashboard.components import amounts
from dashboard.components.cards import aria, card, empty, facts_list, icon, link, page_head, pill, table
from dashboard.dates import day_of
from dashboard.doors import second_person
from dashboard.pages import model
from dashboard.routes import Page, View
from pipeline import language
from pipeline.errors import ShownToPeople
from pipeline.language import N_
from pipeline.language import gettext as _
from pipeline.people import Action
from pipeline.store.tables import CITY
from pipeline.tutoring.stages import EVENTS
from scoring import model_store

_LOOKS_EVERY_MS = 1_000
_HORIZONS = (12, 24, 36)
_MAY_BE_PREDICTED = ("tutoring_filed", "share_reform", "filed", "listed")


def layout(view: View) -> Component:
    found = model_store.list_models(asked.board().engine)
    return html.Div(
        [
            page_head(_("Models"), _("One champion scores the city; the others are challengers")),
            dmc.Stack(
                [
                    card(_("The store"), html.Div(_store(found), id="models-store")),
                    dmc.Grid(
                        [
                            dmc.GridCol(_train_card(view), span={"base": 12, "lg": 6}),
                            dmc.GridCol(_promote_card(found) if view.may(Action.PROMOTE_MODELS) else None,
                                        span={"base": 12, "lg": 6}),
                        ],
                        gutter="md",
                    ),
                    _compare_card(found),
                    _decisions_card(),
                ]
            ),
        ]
    )  # fmt: skip


def _store(found: list[dict[str, Any]]) -> Component:
    if not found:
        return empty(_("No model yet. Train the first one below."))
    rows = [
        [
            [link(one["id"], f"/model/{one['id']}"), " ", pill(_("champion"), "gold") if one["champion"] else None],
            one["as_of"],
            event_name(one["event"]),
            _("%(months)s months", months=one["within_months"]),
            "、".join(one["cohorts"]),
            "—" if one["auc"] is None else f"{one['auc']:.3f}",
            one["trained_at"].replace("T", " "),
        ]
        for one in found
    ]
    headings = [_("Model"), _("As of"), _("Predicts"), _("Within"), _("Cohorts"), "AUC", _("Trained at")]
    return table(headings, rows, frozenset({5}))


def event_name(kind: str) -> str:
    return language.pick(EVENTS[kind]) if kind in EVENTS else kind


def _train_card(view: View) -> Component:
    cohorts = model_data.cohorts(asked.board().engine)
    events = [{"value": kind, "label": event_name(kind)} for kind in _MAY_BE_PREDICTED]
    horizons = [{"value": str(months), "label": _("%(months)s months", months=months)} for months in _HORIZONS]
    form = dmc.SimpleGrid(
        [
            dmc.DateInput(id="models-as-of", label=_("As of"), value=date(view.today.year, 5, 1).isoformat(),
                          valueFormat="YYYY-MM-DD", maxDate=view.today.isoformat()),
            dmc.MultiSelect(id="models-cohorts", label=_("Cohorts"), data=cohorts, value=[CITY] if CITY in cohorts else cohorts),
            dmc.Select(id="models-event", label=_("Predicts"), data=events, value="tutoring_filed", allowDeselect=False),
            dmc.Select(id="models-within", label=_("Within"), data=horizons, value="24", allowDeselect=False),
            dmc.NumberInput(id="models-seed", label=_("Seed"), value=0, min=0, max=999_999),
            dmc.TextInput(id="models-name", label=_("Name (may stay empty)")),
        ],
        cols={"base": 1, "sm": 2},
    )  # fmt: skip
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
            dcc.Store(id="models-job"),
            dcc.Interval(id="models-tick", interval=_LOOKS_EVERY_MS, disabled=True),
            html.Div(id="models-progress", role="status", style={"marginTop": ".6rem"}, **aria(live="polite")),
        ],
        _("It sees only what was known on the day; nothing changes until somebody promotes it"),
        style={"height": "100%"},
    )


def _promote_card(found: list[dict[str, Any]]) -> Component:
    names = [one["id"] for one in found]
    return card(
        _("Promote a model"),
        [
            dmc.Select(id="models-promote", label=_("Model"), data=names, searchable=True),
            dmc.TextInput(id="models-why", label=_("Reason (kept for good)"), mt="sm"),
            dmc.SimpleGrid(
                [
                    dmc.TextInput(id="models-second", label=_("Second person: account name")),
                    dmc.PasswordInput(id="models-second-password", label=_("Second person: password")),
                ],
                cols={"base": 1, "sm": 2}, mt="sm",
            ),
            dmc.Button(_("Promote"), id="models-promote-do", mt="md", leftSection=icon("trophy")),
            html.Div(id="models-promoted", role="status", style={"marginTop": ".6rem"}, **aria(live="polite")),
        ],
        _("Going back to an earlier champion is a promotion too"),
        style={"height": "100%"},
    )  # fmt: skip


def _compare_card(found: list[dict[str, Any]]) -> Component:
    names = [one["id"] for one in found]
    return card(
        _("Compare two models"),
        [
            dmc.Group(
                [
                    dmc.Select(id="models-a", label=_("Model"), data=names, value=names[0] if names else None, searchable=True),
                    dmc.Select(id="models-b", label=_("against"), data=names, value=names[1] if len(names) > 1 else None,
                               searchable=True),
                    dmc.Button(_("Compare"), id="models-compare", variant="default"),
                ],
                align="end",
            ),
            dcc.Loading(html.Div(id="models-compared", style={"marginTop": "1rem"}), type="dot", color="#17957b"),
        ],
        _("On the same firms of the same day, with paired intervals where outcomes are known"),
    )  # fmt: skip


def _decisions_card() -> Component:
    rows = [
        [one["at"].replace("T", " "), one["model"], _("promoted") if one["action"] == "promote" else _("gone back to"),
         one["why"], one["by"], one["seconded_by"] or ""]
        for one in model_store.history(asked.board().engine)
    ]  # fmt: skip
    headings = [_("At"), _("Model"), _("Decision"), _("Reason"), _("By"), _("Second person")]
    return card(_("Who was in office"), table(headings, rows) if rows else empty(_("No model was promoted yet.")))


@board_callback(
    Output("models-job", "data"),
    Output("models-tick", "disabled"),
    Output("models-cancel", "disabled"),
    Output("models-progress", "children"),
    Input("models-train", "n_clicks"),
    State("models-as-of", "value"),
    State("models-cohorts", "value"),
    State("models-event", "value"),
    State("models-within", "value"),
    State("models-seed", "value"),
    State("models-name", "value"),
    may=Action.TRAIN,
    prevent_initial_call=True,
)
def train(
    clicks: int | None, as_of: str | None, cohorts: list[str] | None, event: str, within: str, seed: int | str | None,
    name: str | None,
) -> tuple[Any, Any, Any, Any]:  # fmt: skip
    day = day_of(as_of)
    if not clicks or day is None or not cohorts or event not in _MAY_BE_PREDICTED or within not in map(str, _HORIZONS):
        return no_update, no_update, no_update, _("Fill in the day, the cohorts and what is to be predicted.")
    if name and not model_data.good_name(name):
        return no_update, no_update, no_update, _("A name has letters, digits, dots and dashes alone.")
    settings = asked.board().settings
    job = jobs.start(
        settings, jobs.new_folder(settings, asked.person().id), "train", as_of=day.isoformat(), cohorts=cohorts, event=event,
        within_months=int(within), seed=int(seed or 0), name=name or None,
    )  # fmt: skip
    return job, False, False, _bar(0.02, _("Working …"))


@board_callback(
    Output("models-tick", "disabled", allow_duplicate=True),
    Output("models-cancel", "disabled", allow_duplicate=True),
    Output("models-progress", "children", allow_duplicate=True),
    Output("models-store", "children"),
    Output("models-promote", "data"),
    Input("models-tick", "n_intervals"),
    State("models-job", "data"),
    may=Action.TRAIN,
    prevent_initial_call=True,
)
def how_training_stands(_ticks: int | None, job: str | None) -> tuple[Any, Any, Any, Any, Any]:
    if not job:
        return True, True, no_update, no_update, no_update
    try:
        found = jobs.state(asked.board().settings, asked.person().id, job)
    except ShownToPeople as error:
        return True, True, html.Span(str(error), className="overdue"), no_update, no_update
    if found.running:
        return False, False, _bar(max(found.share, 0.02), found.says or _("Working …")), no_update, no_update
    if found.state != "done":
        ended = _("Cancelled; nothing was stored.") if found.state == "cancelled" else found.says
        return True, True, html.Span(ended, className="overdue"), no_update, no_update
    said = [link(_("Model %(name)s is trained.", name=found.result["id"]), f"/model/{found.result['id']}"),
            *(html.P(warning, className="card-note") for warning in found.result["warnings"])]  # fmt: skip
    every = model_store.list_models(asked.board().engine)
    return True, True, said, _store(every), [one["id"] for one in every]


@board_callback(
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
        jobs.cancel(asked.board().settings, asked.person().id, job)
    except ShownToPeople as error:
        return str(error)
    return _("Cancelled; nothing was stored.")


@board_callback(
    Output("models-promoted", "children"),
    Output("models-second-password", "value"),
    Output("models-store", "children", allow_duplicate=True),
    Input("models-promote-do", "n_clicks"),
    State("models-promote", "value"),
    State("models-why", "value"),
    State("models-second", "value"),
    State("models-second-password", "value"),
    may=Action.PROMOTE_MODELS,
    prevent_initial_call=True,
)
def promote(
    clicks: int | None, chosen: str | None, why: str | None, second: str | None, password: str | None
) -> tuple[Any, Any, Any]:
    if not clicks or not chosen:
        return _("Choose a model."), "", no_update
    engine = asked.board().engine
    try:
        seconded = second_person(second, password) if second or password else None
        done = model_store.promote(
            engine, chosen, why=why or "", by=asked.person().name, now=asked.now(), seconded_by=seconded
        )
    except ShownToPeople as error:
        return html.Span(str(error), className="overdue"), "", no_update
    said = _("%(name)s is in office.", name=done["id"])
    return html.Span(said, className="raises"), "", _store(model_store.list_models(engine))


@board_callback(
    Output("models-compared", "children"),
    Input("models-compare", "n_clicks"),
    State("models-a", "value"),
    State("models-b", "value"),
    may=Action.SEE_MODELS,
    prevent_initial_call=True,
)
def compare(clicks: int | None, one: str | None, other: str | None) -> Any:
    if not clicks or not one or not other or one == other:
        return _("Choose two different models.")
    board = asked.board()
    try:
        cohort = model_store.load(board.engine, board.settings.models, one).cohorts[0]
        found = model_store.compare(board.engine, board.settings.models, one, other, as_of=date.today(), cohort=cohort)
    except ShownToPeople as error:
        return html.Span(str(error), className="overdue")
    return _compared(found)


def _compared(found: dict[str, Any]) -> Component:
    pairs: list[tuple[str, Any]] = [
        (_("Firms of"), found["day"]), (_("Firms"), amounts.count(found["firms"])),
        (_("Agreement of ranks (Spearman)"), f"{found['rank_agreement']:.3f}"),
    ]  # fmt: skip
    parts: list[Any] = [facts_list(pairs)]
    if found["judged"]:
        rows = [
            [name, *(model.interval(found[key][side]) for side in ("model", "other", "difference"))]
            for key, name in (("auc", "AUC"), ("average_precision", _("Average precision")))
        ]
        parts.append(table(["", found["model"], found["other"], _("Difference")], rows, frozenset({1, 2, 3})))
    else:
        parts.append(
            html.P(
                _("Not judged: no outcome is known yet on a day that neither model had seen."), className="card-note"
            )
        )
    english = language.language() == language.ENGLISH
    moved = [
        [link(one["name"] or one["firm_id"], f"/firm/{one['firm_id']}"), one["rank"], one["other_rank"],
         "，".join(f"{cause['en' if english else 'zh']} {amounts.signed_points(cause['points'])}" for cause in one["because"])]
        for one in found["moved"]
    ]  # fmt: skip
    parts.append(html.H3(_("Firms whose rank moves most"), className="card-title", style={"margin": "1rem 0 .4rem"}))
    parts.append(table([_("Firm"), found["model"], found["other"], _("Because, in points")], moved, frozenset({1, 2})))
    return html.Div(parts)


def _bar(share: float, says: str) -> Component:
    return html.Div(
        [dmc.Progress(value=100 * share, animated=True, **aria(label=says)), html.P(says, className="card-note")]
    )


PAGES = (Page("/models", layout, Action.SEE_MODELS, N_("Models"), "chart-dots-3"), *model.PAGES)
DOWNLOADS = model.DOWNLOADS
