"""Does a model still fit the firms it scores? The verdict, what moved, and how it did as outcomes came."""

from datetime import date
from typing import Any

import dash_mantine_components as dmc
from dash import html
from dash.development.base_component import Component

from dashboard.components import amounts, charts, metric_charts
from dashboard.components.cards import empty, link, pill, table, tile
from dashboard.pages.models.evaluation import titled
from dashboard.pages.models.job_panel import About, Piece, cache_of, cohorts_known, word
from dashboard.queries.model_cache import cached
from dashboard.web import request
from dashboard.web.dates import day_of
from pipeline import language
from pipeline.language import N_
from pipeline.language import gettext as _
from pipeline.store.tables import CITY

VERDICTS = {"no": N_("Retrain: no"), "look": N_("Retrain: look"), "yes": N_("Retrain: yes")}
TONES = {"no": "good", "look": "warn", "yes": "bad"}
_DRAWN = 20


def about(shown: dict[str, Any], today: date, *, brief: bool = False) -> About:
    """What a watch is about: the city where there is one, else the model's own firms."""
    known = cohorts_known()
    cohort = CITY if CITY in known else (shown["about"].get("cohorts") or [CITY])[0]
    return {"model": shown["id"], "cohort": cohort, "day": today.isoformat(), "brief": brief}


def _arguments(asks: About) -> dict[str, Any]:
    day = day_of(word(asks, "day"))
    return {"model": word(asks, "model"), "cohort": word(asks, "cohort"), "day": day.isoformat() if day else ""}


def _watched(asks: About) -> Component | None:
    given = _arguments(asks)
    found = cached(cache_of(given["model"]).result_path("watch", given["cohort"], given["day"]))
    if found is None:
        return None
    return verdict(found) if asks.get("brief") else _whole(found, request.dark())


def verdict(found: dict[str, Any]) -> Component:
    """Retrain: no, look or yes, and why."""
    because = found["because"]["en" if language.language() == language.ENGLISH else "zh"]
    mark = "; " if language.language() == language.ENGLISH else "；"
    return dmc.Group(
        [
            pill(_(VERDICTS[found["verdict"]]), TONES[found["verdict"]]),
            html.Span(mark.join(because)),
            html.Span(_("as of %(day)s", day=found["as_of"]), className="card-note"),
        ],
        gap="sm",
    )


def _whole(found: dict[str, Any], dark: bool) -> Component:
    label = "en" if language.language() == language.ENGLISH else "zh"
    moved = sorted(found["features"], key=lambda one: -((one["psi"] or 0.0) - (one["line"] or 0.0)))
    drawn = [one for one in moved if one["psi"] is not None][:_DRAWN]
    rows = [
        [
            one[label],
            number(one["psi"]),
            number(one["line"]),
            _mark(one),
            amounts.share(one["missing_before"]),
            amounts.share(one["missing_now"]),
            pill(_("moved"), "warn") if one["missing_moved"] else "",
            amounts.share(one["out_of_range"]),
        ]
        for one in moved
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
            verdict(found),
            html.Div(
                [
                    tile(_("Months since training"), str(found["months_old"]), _("18 at most")),
                    tile(
                        _("Firms then and now"),
                        f"{amounts.count(found['firms_before'])} → {amounts.count(found['firms_now'])}",
                    ),
                    tile(
                        _("AUC expected before outcomes"),
                        number(found["expected_auc"]),
                        _(
                            "what its probabilities promise; of its own day's firms %(before)s",
                            before=number(found["expected_auc_before"]),
                        ),
                    ),
                    tile(_("AUC when trained"), number(found["trained_auc"])),
                    tile(
                        _("Score moved by (PSI)"),
                        number(found["score"]["psi"]),
                        _("chance reaches %(line)s", line=number(found["score"]["line"])),
                    ),
                ],
                className="models-tiles",
                style={"marginTop": "1rem"},
            ),
            html.H3(_("As outcomes came"), className="card-title"),
            _realised(found["realised"]),
            titled(_("Drift by feature"), "drift", found["model"], note),
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


def _mark(one: dict[str, Any]) -> Component | str:
    if one.get("calendar"):
        return pill(_("calendar"))
    return pill(_("moved"), "warn") if one["moved"] else ""


def _realised(found: list[dict[str, Any]]) -> Component:
    if not found:
        return empty(_("The horizon of no scoring day since its training has run out yet."))
    rows = [[one["as_of"], amounts.count(one["firms"]), one["events"], number(one["auc"])] for one in found]
    return table([_("Day"), _("Firms"), _("Happened"), "AUC"], rows, frozenset({1, 2, 3}))


def number(value: float | None) -> str:
    return "—" if value is None else f"{value:.3f}"


def link_to(model_id: str) -> Component:
    return link(_("What moved"), f"/model/{model_id}?tab=watch")


WATCHED = Piece("watch", _arguments, _watched).declare()
