"""A suggestion told: which fact moves from where to where in its own unit, which feature that brings over its line,
what follows, and how many points it is worth; in Chinese and English.

In the flow: what_if.py -> **what_if_words.py** -> the firm's page and `goldseed explain`.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd

from pipeline.catalog import catalog
from pipeline.language import N_, Message
from scoring.explain.actions import LEVERS
from scoring.features.matrix import FEATURES, shown

LANGUAGES = (("zh", "zh_CN"), ("en", "en"))


def told(
    pulled: Sequence[Mapping[str, Any]],
    last: pd.DataFrame,
    version: pd.Series,
    features: tuple[pd.Series, pd.Series],
    points: tuple[float, float],
) -> dict[str, Any]:
    """One suggestion as what_if.suggestions promises it.

    `pulled`: lever and feature of each change; `last`: the last year's figures, one row; `version`: the same with what
    moved; `features`, `points`: before and after.
    """
    listed = [_change(one["lever"], one["feature"], last, version, *features) for one in pulled]
    moved = version[(version != last.iloc[0]) & version.notna()]
    found: dict[str, Any] = {
        "changes": listed,
        "facts": {str(name): float(value) for name, value in moved.items()},
        "points_now": points[0],
        "points_then": points[1],
        "gain": points[1] - points[0],
    }
    found["in_words"] = {short: _sentence(found, last, short, language) for short, language in LANGUAGES}
    return found


def told_in(last: pd.DataFrame, facts: Sequence[str]) -> str:
    """Of these facts the first that is known."""
    return next((fact for fact in facts if fact in last and last[fact].notna().iloc[0]), facts[0])


def _change(
    name: str, feature: str, last: pd.DataFrame, version: pd.Series, known: pd.Series, reached: pd.Series
) -> dict[str, Any]:
    lever, about = LEVERS[name], FEATURES[feature].label
    fact = told_in(last, lever.facts)
    was, will = float(last[fact].iloc[0]), float(version[fact])
    before, after = float(known[feature]), float(reached[feature])
    change: dict[str, Any] = {
        "lever": name,
        "fact": fact,
        "fact_from": was,
        "fact_to": will,
        "feature": feature,
        "from": before,
        "to": after,
    }
    for short, language in LANGUAGES:
        change |= {
            f"fact_{short}": getattr(catalog()[fact], short),
            short: getattr(about, short),
            f"fact_from_{short}": _fact_shown(fact, was, short),
            f"fact_to_{short}": _fact_shown(fact, will, short),
            f"from_{short}": shown(feature, before, language),
            f"to_{short}": shown(feature, after, language),
            f"note_{short}": getattr(lever.note, short) if lever.note else "",
        }
    return change


def _fact_shown(fact: str, value: float, short: str) -> str:
    """A fact in its unit: money to the thousand yuan, in which suggestions are rounded."""
    kind = catalog()[fact].type
    if kind == "money":
        return f"{value / 1e4:,.1f} 万元" if short == "zh" else f"{value / 1e6:,.3f} M yuan"
    return f"{value:,.0f}" if kind == "count" else f"{value:,.1f}"


def _sentence(found: Mapping[str, Any], last: pd.DataFrame, short: str, language: str) -> str:
    steps = [_step(one, short).in_language(language) for one in found["changes"]]
    profit = told_in(last, LEVERS["profit"].facts)
    if profit in found["facts"] and all(one["lever"] != "profit" for one in found["changes"]):
        words = {
            "fact": getattr(catalog()[profit], short),
            "before": _fact_shown(profit, float(last[profit].iloc[0]), short),
            "after": _fact_shown(profit, found["facts"][profit], short),
        }
        steps.append(Message(N_("with it %(fact)s from %(before)s to %(after)s"), words).in_language(language))
    return Message(
        N_("%(steps)s: %(gain)s points more (%(now)s to %(then)s)."),
        {
            "steps": ("；" if short == "zh" else "; ").join(steps),
            "gain": f"{found['gain']:.1f}",
            "now": f"{found['points_now']:.1f}",
            "then": f"{found['points_then']:.1f}",
        },
    ).in_language(language)


def _step(one: Mapping[str, Any], short: str) -> Message:
    """A fact and its feature; the fact alone where both say the same."""
    words = {
        "fact": one[f"fact_{short}"],
        "before": one[f"fact_from_{short}"],
        "after": one[f"fact_to_{short}"],
        "feature": one[short],
        "was": one[f"from_{short}"],
        "will": one[f"to_{short}"],
        "note": one[f"note_{short}"],
    }
    if one["fact_zh"] == one["zh"] or one["feature"] in one["fact"]:
        plain = N_("%(fact)s from %(before)s to %(after)s")
        noted = N_("%(fact)s from %(before)s to %(after)s, %(note)s")
    else:
        plain = N_("%(fact)s from %(before)s to %(after)s (%(feature)s from %(was)s to %(will)s)")
        noted = N_("%(fact)s from %(before)s to %(after)s, %(note)s (%(feature)s from %(was)s to %(will)s)")
    return Message(noted if words["note"] else plain, words)
