"""What would raise a firm's score: the next thresholds of the model's own trees, one feature or two at a time.

In the flow: score.py -> **what_if.py** -> the firm's page and `goldseed explain`. Only features a firm can act on move,
only in the good direction, only as far as firms of its size and industry did within two years, and every suggestion is
scored before it is told. Fixed facts (age, past years) never move: nobody is told to get older.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from itertools import combinations
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from sqlalchemy import Engine, func, select

from pipeline.facts import facts_and_firms
from pipeline.language import N_, Message
from pipeline.store.tables import Return
from scoring.engine import ReadinessModel
from scoring.features import FEATURES, features_on, shown
from scoring.figures import FACTS
from scoring.labels import plus_months

#: A change that fewer than one in ten firms managed within two years is not suggested.
REACHABLE_QUANTILE = 0.9
#: Suggestions below this many points are not worth a talk.
_WORTH_POINTS = 0.5
_SINGLES, _PAIRS, _FEWEST_PEERS = 6, 3, 30
#: Conditions named in a sentence; the rest stand in the list.
_TOLD = 3
#: Features that follow from others within the same year: a pair of one family would promise the same thing twice.
_FAMILIES = (
    {"net_profit", "worst_profit_2y", "worst_profit_3y", "mean_profit_3y", "bse_first_standard", "bse_conditions",
     "chinext_profit", "net_margin", "roe", "worst_roe_2y", "return_on_assets", "profit_growth", "profit_growth_2y",
     "profit_per_head"},
    {"revenue", "revenue_growth", "revenue_growth_2y", "revenue_per_head"},
    {"rd_spend", "rd_share", "rd_share_worst_2y", "rd_growth"},
    {"inventions", "inventions_per_100", "new_inventions"},
)  # fmt: skip


@dataclass(frozen=True)
class Reach:
    """How far firms of a size class moved each feature within two years: `up` the quantile of rises, by feature."""

    up: Mapping[str, float]
    firms: int


def reach_of(earlier: pd.DataFrame, later: pd.DataFrame, size: float, trade: pd.Index | None = None) -> Reach:
    """From the features of the same firms one to two years apart (index firm_id): what firms of this size did.

    `size`: the firm's revenue on the money scale (a third of a decade either way is "its size"); `trade`: the firms of
    its industry. Firms of its size and industry where there are enough of them, else of its size, else all. A feature
    unknown in both is left out: nothing is suggested about it.
    """
    both = earlier.index.intersection(later.index)
    earlier, later = earlier.loc[both], later.loc[both]
    near = (earlier["revenue"] - size).abs() <= 1 / 3
    of_its_trade = near & near.index.isin([] if trade is None else trade)
    for peers in (of_its_trade, near):
        if peers.sum() >= _FEWEST_PEERS:
            earlier, later = earlier[peers], later[peers]
            break
    rise = later - earlier
    known = rise.notna().sum() >= _FEWEST_PEERS
    up = rise.loc[:, known].quantile(REACHABLE_QUANTILE)
    return Reach({str(name): float(value) for name, value in up.items() if value > 0}, len(earlier))


def split_points(text: str) -> dict[int, np.ndarray]:
    """column -> every threshold the trees of a model's text set on it, ascending."""
    found: dict[int, set[float]] = {}
    for block in re.split(r"\nTree=\d+\n", text)[1:]:
        fields = dict(line.split("=", 1) for line in block.split("\n") if "=" in line)
        if int(fields["num_leaves"]) < 2:
            continue
        for column, threshold in zip(fields["split_feature"].split(), fields["threshold"].split(), strict=True):
            found.setdefault(int(column), set()).add(float(threshold))
    return {column: np.array(sorted(values)) for column, values in found.items()}


def suggestions(model: ReadinessModel, firm: pd.DataFrame, reach: Reach) -> list[dict[str, Any]]:
    """What one firm could do, the most points first; each scored with the model before it is told.

    `firm`: one row of features. Keys: changes [{feature, zh, en, from, to, from_zh, to_zh, from_en, to_en}],
    points_now, points_then, gain, in_words {zh, en}.
    """
    now = float(model.score(firm).points.iloc[0])
    candidates = _candidates(model, firm, reach)
    if candidates.empty:
        return []
    tried = pd.concat([firm] * len(candidates), ignore_index=True)
    for place, (name, value) in enumerate(zip(candidates["feature"], candidates["value"], strict=True)):
        tried.loc[place, name] = value
    candidates["gain"] = model.score(tried).points.to_numpy() - now
    singles = _fewest_steps(candidates[candidates["gain"] >= _WORTH_POINTS])
    found = [_told(model, firm, now, {row["feature"]: row["value"]}) for row in singles.to_dict("records")]
    pairs = [
        pair for pair in combinations(singles.head(_SINGLES).to_dict("records"), 2)
        if not any({pair[0]["feature"], pair[1]["feature"]} <= family for family in _FAMILIES)
    ]  # fmt: skip
    doubled = [_told(model, firm, now, {row["feature"]: row["value"] for row in pair}) for pair in pairs]
    doubled.sort(key=lambda one: -one["gain"])
    best_single = {change["feature"]: one["gain"] for one in found for change in one["changes"]}
    doubled = [
        one for one in doubled if one["gain"] > max(best_single[c["feature"]] for c in one["changes"]) + _WORTH_POINTS
    ]
    return [*found[:_SINGLES], *doubled[:_PAIRS]]


def _candidates(model: ReadinessModel, firm: pd.DataFrame, reach: Reach) -> pd.DataFrame:
    """feature, value: just above each of the trees' thresholds between the firm's value and what is in reach."""
    reference = model.references[-1] if model.references else None
    rows = []
    for column, thresholds in split_points(model.text).items():
        name = model.features[column]
        feature = FEATURES.get(name)
        if feature is None or not feature.actionable or feature.direction <= 0 or name not in reach.up:
            continue
        value = float(firm[name].iloc[0])
        if np.isnan(value):
            continue
        furthest = value + reach.up[name]
        lines = thresholds if reference is None else np.array([reference.value_at(name, rank) for rank in thresholds])
        # Just above: a tree sends what equals its threshold to the lower side.
        steps = lines + np.maximum(np.abs(lines), 1e-3) * 1e-6
        rows += [(name, float(step)) for step in np.unique(steps[(steps > value) & (steps <= furthest)])]
    return pd.DataFrame(rows, columns=["feature", "value"])


def _fewest_steps(candidates: pd.DataFrame) -> pd.DataFrame:
    """Per feature the smallest change that brings nine tenths of what the feature can bring; the best first."""
    if candidates.empty:
        return candidates
    most = candidates.groupby("feature")["gain"].transform("max")
    enough = candidates[candidates["gain"] >= 0.9 * most].sort_values("value")
    return enough.groupby("feature", as_index=False).first().sort_values("gain", ascending=False)


def _told(model: ReadinessModel, firm: pd.DataFrame, now: float, changes: dict[str, float]) -> dict[str, Any]:
    then = float(model.score(firm.assign(**changes)).points.iloc[0])
    listed = []
    for name, value in changes.items():
        before = float(firm[name].iloc[0])
        feature = FEATURES[name]
        listed.append(
            {
                "feature": name, "zh": feature.zh, "en": feature.en, "from": before, "to": value,
                "from_zh": shown(name, before, "zh_CN"), "to_zh": shown(name, value, "zh_CN"),
                "from_en": shown(name, before, "en"), "to_en": shown(name, value, "en"),
            }
        )  # fmt: skip
    told = {"changes": listed, "points_now": now, "points_then": then, "gain": then - now}
    told["in_words"] = {short: _sentence(told, short, language) for short, language in (("zh", "zh_CN"), ("en", "en"))}
    return told


def _sentence(told: dict[str, Any], short: str, language: str) -> str:
    steps = [
        Message(N_("%(feature)s from %(before)s to %(after)s"),
                {"feature": c[short], "before": c[f"from_{short}"], "after": c[f"to_{short}"]}).in_language(language)
        for c in told["changes"]
    ]  # fmt: skip
    joined = ("；" if short == "zh" else "; ").join(steps)
    return Message(
        N_("%(steps)s: %(gain)s points more (%(now)s to %(then)s), all else equal."),
        {
            "steps": joined,
            "gain": f"{told['gain']:.1f}",
            "now": f"{told['points_now']:.1f}",
            "then": f"{told['points_then']:.1f}",
        },
    ).in_language(language)


def what_would_raise(
    engine: Engine, models_dir: Path, firm_id: str, as_of: date, model_id: str | None = None
) -> dict[str, Any]:
    """For a firm's page: points now, the suggestions, and how many firms of its size say what is in reach."""
    from scoring.explanation import firm_in_store
    from scoring.score import for_one_firm

    cohort, _name = firm_in_store(engine, firm_id)
    stored, model, _run = for_one_firm(engine, models_dir, as_of, cohort, model_id)
    earlier, later, industries = two_years_apart(engine, as_of, cohort)
    nothing = {"firm_id": firm_id, "as_of": as_of.isoformat(), "suggestions": [], "firms_of_its_size": 0}
    if firm_id not in later.index or earlier.empty:
        return nothing
    firm = later.loc[[firm_id], model.features]
    trade = industries.index[industries == industries.get(firm_id)]
    reach = reach_of(earlier, later, float(later.at[firm_id, "revenue"]), trade)
    found = suggestions(model, firm, reach)
    _tie_to_rules(engine, firm_id, as_of, found)
    return {
        **nothing, "model": stored.id, "points": float(model.score(firm).points.iloc[0]),
        "firms_of_its_size": reach.firms, "reachable_quantile": REACHABLE_QUANTILE, "suggestions": found,
    }  # fmt: skip


_apart: dict[tuple[object, ...], tuple[pd.DataFrame, pd.DataFrame, pd.Series]] = {}
_KEPT = 4


def two_years_apart(engine: Engine, as_of: date, cohort: str) -> tuple[pd.DataFrame, pd.DataFrame, pd.Series]:
    """(earlier, later, industries): features of a cohort's firms as of two years before (one, where two are not known)
    and now, and each firm's two-digit division of GB/T 4754 (missing where not stated).

    Both from what is known on `as_of`: this tells what firms did, not what was known when. Kept until a return comes in
    or is withdrawn.
    """
    with engine.connect() as connection:
        state = connection.execute(select(func.max(Return.id), func.count()).where(Return.in_force)).one()
    key = (str(engine.url), as_of, cohort, *state)
    if key not in _apart:
        facts, firms = facts_and_firms(engine, as_of, cohort, None, FACTS)
        year = facts.index.get_level_values(1)
        earlier = pd.DataFrame()
        for back in (2, 1):
            if earlier.empty and len(facts):
                known = facts[year <= year.max() - back]
                earlier = features_on(known, firms, plus_months(as_of, -12 * back)) if len(known) else earlier
        later = features_on(facts, firms, as_of) if len(facts) else pd.DataFrame()
        while len(_apart) >= _KEPT:
            _apart.pop(next(iter(_apart)))
        _apart[key] = (earlier, later, firms["industry_code"].str.extract(r"(\d{2})", expand=False))
    return _apart[key]


def _tie_to_rules(engine: Engine, firm_id: str, as_of: date, found: list[dict[str, Any]]) -> None:
    """Adds `also_meets` (gaps_closed.newly_met) to each suggestion, and says so in its words."""
    from pipeline.rules import checking
    from scoring.gaps_closed import newly_met

    if not found:
        return
    facts, labels = checking.inputs(engine, as_of, cohort=None, firms=[firm_id])
    changes = [{step["feature"]: step["to"] for step in one["changes"]} for one in found]
    for one, met in zip(found, newly_met(facts, labels, changes, as_of), strict=True):
        one["also_meets"] = met
        for short, language in (("zh", "zh_CN"), ("en", "en")):
            if met:
                named = ("；" if short == "zh" else "; ").join(dict.fromkeys(each[short] for each in met[:_TOLD]))
                also = Message(N_("It also meets: %(rules)s."), {"rules": named}).in_language(language)
                one["in_words"][short] += also if short == "zh" else f" {also}"
