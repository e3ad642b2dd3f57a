"""A firm's score in words: reasons one by one and in groups, beside its peers, and what changed since last year.

In the flow: one_firm.py, score.py -> **explanation.py** -> the firm's page and `goldseed explain`. All numbers come
from the stored run or from scoring the firm again with that run's own ranks; nothing here makes a number up.
"""

from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from sqlalchemy import Engine, select
from sqlalchemy.orm import Session

from pipeline.catalog import catalog
from pipeline.language import N_, Label, Message
from pipeline.store.tables import Score, ScoreRun
from pipeline.tutoring.stages import EVENTS
from scoring.dataset.labels import risk_set
from scoring.dataset.snapshot import Snapshots
from scoring.errors import NotScored
from scoring.explain.firm_snapshot import OneFirm, firm_in_store, one_firm
from scoring.features.matrix import FEATURES, GROUPS, NEVER_FEATURES, shown
from scoring.registry.registry import model_for
from scoring.scores.day_model import model_for_one_firm, model_of_day
from scoring.scores.score_cohort import thin_data, warnings_on

#: Reasons below this many points are told as a sum.
_WORTH_TELLING = 0.05
TOP_REASONS = 4
LANGUAGES = ("zh_CN", "en")


def explain_firm(
    engine: Engine,
    models_dir: Path,
    firm_id: str,
    as_of: date,
    model_id: str | None = None,
    suggestions: bool = True,
    firm: OneFirm | None = None,
) -> dict[str, Any]:
    """Everything about one firm's score as of a day; `firm`: the same firm and day, where it has been read already.

    Keys: firm_id, name, as_of, model, model_as_of, points, low_points, high_points, probability, base_points, stored
    (is it a stored score?), thin_data, reference (whose ranks), expected_events, within_months, reasons (largest
    first: feature, zh, en, group, value, shown_zh, shown_en, rank, peer_median, peer_median_zh/_en, points, missing,
    direction, actionable), groups (group, zh, en, points), in_words {zh, en}, not_in_score [{zh, en}],
    figures_in_doubt [{fact, year, zh, en}] (they seem to stand in another unit), warnings {zh, en}, and with
    `suggestions` what_would_raise (what_if.py). base_points + the points of all reasons = points.
    Raises NotFound for an unknown firm, NotScored where no figures of the last two years were known or no model is
    there.
    """
    firm = firm or one_firm(engine, firm_id, as_of)
    cohort, name = firm.cohort, firm.name
    spoken_of = model_for_one_firm(engine, models_dir, as_of, cohort, model_id)
    stored, model, run = spoken_of.stored, spoken_of.model, spoken_of.run
    features = firm.features(stored.lines)
    if features.empty:
        raise NotScored(
            Message(
                N_("%(firm)s cannot be scored as of %(day)s: it has stated no figures of the last two years."),
                {"firm": name or firm_id, "day": as_of.isoformat()},
            )
        )
    mine = features[model.features]
    scored = model.score(mine)
    kept = _stored_score(engine, run, firm_id)
    reference = model.references[-1] if model.references else None
    reasons = _reasons(scored.reasons.iloc[0], mine.iloc[0], model.values(mine)[0], reference)
    points = float(scored.points.iloc[0])
    told: dict[str, Any] = {
        "firm_id": firm_id,
        "name": name,
        "cohort": cohort,
        "as_of": as_of.isoformat(),
        "model": stored.id,
        "model_as_of": stored.as_of.isoformat(),
        "event": stored.event,
        "within_months": stored.within_months,
        "points": points,
        "low_points": float(scored.low_points.iloc[0]),
        "high_points": float(scored.high_points.iloc[0]),
        "probability": float(scored.probability.iloc[0]) if kept is None else kept.probability,
        "base_points": scored.base_points,
        "stored": kept is not None and abs(kept.points - points) < 1e-6,
        "thin_data": bool(thin_data(scored, mine).iloc[0]),
        "expected_events": None if run is None else run.expected_events,
        "reference": reference.name if reference else None,
        "reference_firms": reference.firms if reference else None,
        "reasons": reasons,
        "groups": group_sums(reasons),
        "not_in_score": [{"zh": label.zh, "en": label.en} for label in NEVER_FEATURES],
        "figures_in_doubt": _figures_in_doubt(firm),
    }
    told["in_words"] = {short: sentences(told, language) for short, language in (("zh", "zh_CN"), ("en", "en"))}
    warnings = warnings_on(stored, as_of, cohort)
    if risk_set(features.index, firm.events, stored.event, as_of).empty:
        warnings.append(
            Message(N_("This firm has come to the end of the way already: the score says nothing about its future."))
        )
    if told["figures_in_doubt"]:
        named = [
            Label(f"{one['zh']}（{one['year']} 年）", f"{one['en']} ({one['year']})")
            for one in told["figures_in_doubt"]
        ]
        what = N_("These figures seem to stand in another unit, and the score rests on them: %(figures)s.")
        warnings.append(Message(what, {"figures": named}))
    if suggestions:
        from scoring.explain.counterfactuals import raising

        told["what_would_raise"] = raising(models_dir, firm, spoken_of)["suggestions"]
    told["warnings"] = {
        "zh": [one.in_language("zh_CN") for one in warnings],
        "en": [one.in_language("en") for one in warnings],
    }
    return told


def _figures_in_doubt(firm: OneFirm) -> list[dict[str, Any]]:
    told = [one.rsplit(" ", 1) for one in firm.figures_in_doubt]
    facts = catalog()
    return [{"fact": fact, "year": int(year), "zh": facts[fact].zh, "en": facts[fact].en} for fact, year in told]


def group_sums(reasons: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Reasons summed by group, the largest first; the sums add up to the same score."""
    sums: dict[str, float] = {}
    for one in reasons:
        sums[one["group"]] = sums.get(one["group"], 0.0) + one["points"]
    listed = [
        {"group": key, "zh": GROUPS[key].zh, "en": GROUPS[key].en, "points": value} for key, value in sums.items()
    ]
    return sorted(listed, key=lambda one: -abs(one["points"]))


def sentences(told: dict[str, Any], language: str) -> list[str]:
    """The score and its largest reasons in plain sentences of one language."""
    chinese = language.startswith("zh")
    short = "zh" if chinese else "en"
    lines = [_opening(told).in_language(language)]
    for one in told["reasons"][:TOP_REASONS]:
        if abs(one["points"]) < _WORTH_TELLING:
            break
        if one["missing"]:
            msgid = N_("%(feature)s is unknown and counts as average: %(points)s points.")
        elif one["points"] > 0:
            msgid = N_(
                "%(feature)s is %(value)s (higher than %(rank)s of firms, median %(median)s): adds %(points)s points."
            )
        else:
            msgid = N_(
                "%(feature)s is %(value)s (higher than %(rank)s of firms, median %(median)s): takes %(points)s points."
            )
        params = {
            "feature": one[short],
            "value": one[f"shown_{short}"],
            "median": one[f"peer_median_{short}"],
            "rank": "–" if one["rank"] is None else f"{one['rank']:.0%}",
            "points": f"{abs(one['points']):.1f}",
        }
        lines.append(Message(msgid, params).in_language(language))
    if told["thin_data"]:
        lines.append(
            Message(N_("Thin data: much of this score rests on figures that nobody stated.")).in_language(language)
        )
    return lines


def _opening(told: dict[str, Any]) -> Message:
    times = 2 ** ((told["points"] - 50) / 5)
    return Message(
        N_(
            "%(points)s points: the odds of “%(event)s” within %(months)s months are %(times)s times those of the "
            "average firm (50 points; 5 points double the odds)."
        ),
        {
            "points": f"{told['points']:.1f}",
            "times": f"{times:.2g}",
            "months": told["within_months"],
            "event": EVENTS.get(told["event"], told["event"]),
        },
    )


def _reasons(points: pd.Series, values: pd.Series, ranks: np.ndarray, reference: Any) -> list[dict[str, Any]]:
    told = []
    for (name, share), value, rank in zip(points.items(), values, ranks, strict=True):
        feature = FEATURES[str(name)]
        missing = bool(np.isnan(value))
        median = reference.value_at(name, 0.5) if reference else float("nan")
        told.append(
            {
                "feature": feature.name,
                "zh": feature.label.zh,
                "en": feature.label.en,
                "group": feature.group,
                "unit": feature.unit,
                "value": None if missing else float(value),
                "missing": missing,
                "rank": None if missing or reference is None else float(rank),
                "peer_median": None if np.isnan(median) else median,
                "shown_zh": shown(feature.name, value, "zh_CN"),
                "shown_en": shown(feature.name, value, "en"),
                "peer_median_zh": shown(feature.name, median, "zh_CN"),
                "peer_median_en": shown(feature.name, median, "en"),
                "points": float(share),
                "direction": feature.direction,
                "actionable": feature.actionable,
            }
        )
    return sorted(told, key=lambda one: -abs(one["points"]))


def change_since(
    engine: Engine,
    models_dir: Path,
    firm_id: str,
    before: date,
    now: date,
    model_before: str | None = None,
    model_now: str | None = None,
) -> dict[str, Any]:
    """Why a score moved between two days: points before, points now, and the difference split exactly.

    Keys: before, now, new_data (the firm's own new figures), moved_field (the other firms' ranks that day), new_model
    (another model), and total; total = new_data + moved_field + new_model to rounding; by_feature: the new figures'
    part by feature (points). The two models' scales are each centred on their own average firm.
    """
    cohort, name = firm_in_store(engine, firm_id)
    old, new = (
        model_for(engine, models_dir, day, cohort, wanted) for day, wanted in ((before, model_before), (now, model_now))
    )
    if model_now is None and model_before is None and old.id != new.id and new.as_of > now:
        new = old
    firm_then, firm_now = (one_firm(engine, firm_id, day) for day in (before, now))
    then, today = (firm.features(old.lines) for firm in (firm_then, firm_now))
    if then.empty or today.empty:
        raise NotScored(
            Message(
                N_("%(firm)s cannot be compared: on one of the two days it had stated no recent figures."),
                {"firm": name or firm_id},
            )
        )
    snapshots = Snapshots.versioned(engine, [cohort], old.event)
    old_before, old_now = (model_of_day(models_dir, old, snapshots, day) for day in (before, now))
    new_now = model_of_day(models_dir, new, Snapshots.versioned(engine, [cohort], new.event), now)
    start = old_before.score(then[old.model.features])
    data = old_before.score(today[old.model.features])
    field = old_now.score(today[old.model.features])
    end = new_now.score(firm_now.features(new.lines)[new.model.features])
    p = [float(one.points.iloc[0]) for one in (start, data, field, end)]
    moved = (data.reasons - start.reasons).iloc[0]
    return {
        "firm_id": firm_id,
        "before": before.isoformat(),
        "now": now.isoformat(),
        "points_before": p[0],
        "points_now": p[3],
        "total": p[3] - p[0],
        "new_data": p[1] - p[0],
        "moved_field": p[2] - p[1],
        "new_model": p[3] - p[2],
        "model_before": old.id,
        "model_now": new.id,
        "by_feature": [
            {
                "feature": str(one),
                "zh": FEATURES[str(one)].label.zh,
                "en": FEATURES[str(one)].label.en,
                "points": float(moved[one]),
            }
            for one in moved.abs().sort_values(ascending=False).index
        ],
    }


def _stored_score(engine: Engine, run: ScoreRun | None, firm_id: str) -> Score | None:
    if run is None:
        return None
    with Session(engine, expire_on_commit=False) as session:
        return session.scalar(select(Score).where(Score.run_id == run.id, Score.firm_id == firm_id))
