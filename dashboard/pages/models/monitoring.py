"""Monitoring: does a model still fit the firms it scores? The verdict, the drift, and metrics as outcomes came."""

from datetime import date
from typing import Any

import dash_mantine_components as dmc
from dash import html
from dash.development.base_component import Component

from dashboard.components import amounts, charts, metric_charts
from dashboard.components.cards import empty, link, pill, table, tile
from dashboard.pages.models.evaluation import titled
from dashboard.pages.models.job_panel import About, JobPanel, cache_of, cohorts_known, text_in
from dashboard.queries.model_cache import cached
from dashboard.web import request
from dashboard.web.sent import day_of
from pipeline import language
from pipeline.language import N_
from pipeline.language import gettext as _
from pipeline.store.tables import CITY

VERDICTS = {"no": N_("Retrain: no"), "look": N_("Retrain: look"), "yes": N_("Retrain: yes")}
TONES = {"no": "good", "look": "warn", "yes": "bad"}
_DRAWN = 20


def about(model_id: str, cohorts: list[str], today: date, *, brief: bool = False) -> About:
    """What the panel is about: the city where there is one, else the model's own firms."""
    known = cohorts_known()
    cohort = CITY if CITY in known else (cohorts or [CITY])[0]
    return {"model": model_id, "cohort": cohort, "day": today.isoformat(), "brief": brief}


def _arguments(about: About) -> dict[str, str]:
    day = day_of(text_in(about, "day"))
    return {"model": text_in(about, "model"), "cohort": text_in(about, "cohort"), "day": day.isoformat() if day else ""}


def _watched(about: About) -> Component | None:
    arguments = _arguments(about)
    result = cached(cache_of(arguments["model"]).result_path("watch", arguments["cohort"], arguments["day"]))
    if result is None:
        return None
    return verdict(result) if about.get("brief") else _whole(result, request.dark())


def verdict(result: dict[str, Any]) -> Component:
    """Retrain: no, look or yes, and why."""
    return dmc.Group(
        [
            pill(_(VERDICTS[result["verdict"]]), TONES[result["verdict"]]),
            html.Span(language.joined(result["because"][language.short()])),
            html.Span(_("as of %(day)s", day=result["as_of"]), className="card-note"),
        ],
        gap="sm",
    )


def _whole(result: dict[str, Any], dark: bool) -> Component:
    label = language.short()
    moved = sorted(result["features"], key=lambda feature: -((feature["psi"] or 0.0) - (feature["line"] or 0.0)))
    drawn = [feature for feature in moved if feature["psi"] is not None][:_DRAWN]
    rows = [
        [
            feature[label],
            number(feature["psi"]),
            number(feature["line"]),
            _moved_pill(feature),
            amounts.share(feature["missing_before"]),
            amounts.share(feature["missing_now"]),
            pill(_("moved"), "warn") if feature["missing_moved"] else "",
            amounts.share(feature["out_of_range"]),
        ]
        for feature in moved
    ]
    headings = [
        _("Feature"),
        "PSI",
        _("chance reaches"),
        "",
        _("missing before"),
        _("missing now"),
        "",
        _("out of range"),
    ]
    note = _(
        "how many times as far as chance takes it with so many firms, once in 100 (dashed: just so far); red moved, "
        "grey moves with the calendar"
    )
    return html.Div(
        [
            verdict(result),
            html.Div(
                [
                    tile(_("Months since training"), str(result["months_old"]), _("18 at most")),
                    tile(
                        _("Firms then and now"),
                        f"{amounts.count(result['firms_before'])} → {amounts.count(result['firms_now'])}",
                    ),
                    tile(
                        _("AUC expected before outcomes"),
                        number(result["expected_auc"]),
                        _(
                            "what its probabilities promise; of its own day's firms %(before)s",
                            before=number(result["expected_auc_before"]),
                        ),
                    ),
                    tile(_("AUC when trained"), number(result["trained_auc"])),
                    tile(
                        _("Score moved by (PSI)"),
                        number(result["score"]["psi"]),
                        _("chance reaches %(line)s", line=number(result["score"]["line"])),
                    ),
                ],
                className="models-tiles",
                style={"marginTop": "1rem"},
            ),
            html.H3(_("As outcomes came"), className="card-title"),
            _realised(result["realised"]),
            titled(_("Drift by feature"), "drift", result["model"], note),
            charts.graph(metric_charts.drift(drawn, label, dark), 30 * len(drawn) + 60, _("Drift by feature"))
            if drawn
            else None,
            html.Details(
                [
                    html.Summary(_("Every feature"), className="text-link"),
                    table(headings, rows, frozenset({1, 2, 4, 5, 7})),
                ],
                style={"marginTop": "1rem"},
            ),
        ]
    )


def _moved_pill(feature: dict[str, Any]) -> Component | str:
    if feature.get("calendar"):
        return pill(_("calendar"))
    return pill(_("moved"), "warn") if feature["moved"] else ""


def _realised(days: list[dict[str, Any]]) -> Component:
    if not days:
        return empty(_("The horizon of no scoring day since its training has run out yet."))
    rows = [[day["as_of"], amounts.count(day["firms"]), day["events"], number(day["auc"])] for day in days]
    return table([_("Day"), _("Firms"), _("Happened"), "AUC"], rows, frozenset({1, 2, 3}))


def number(value: float | None) -> str:
    return "—" if value is None else f"{value:.3f}"


def link_to(model_id: str) -> Component:
    return link(_("What moved"), f"/model/{model_id}?tab=watch")


WATCHED = JobPanel("watch", _arguments, _watched).declare()
