"""Which baselines rank firms better than a model on the very same rows.

Told wherever a model is trained, shown or promoted, from the measures in its folder: out of time where it could be
measured on later days, else on the firms held out of its own days.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pipeline.json_values import JsonObject
from pipeline.language import N_, Message

#: What the model and its baselines are called, in the order in which they are listed (msgids).
NAMES: Mapping[str, str] = {
    "goldseed": N_("this model"),
    "net_profit": N_("net profit alone"),
    "points_rule": N_("points rule"),
    "logistic": N_("logistic regression"),
    "lightgbm_default": N_("LightGBM as it comes"),
}
OURS = "goldseed"


@dataclass(frozen=True)
class Ahead:
    """A baseline whose AUC is above the model's own. `low`, `high`: the 95 % interval of its lead over firms, None
    where none was drawn; `out_of_time`: on later days, else on firms held out of the days it was trained on."""

    baseline: str
    auc: float
    model_auc: float
    low: float | None
    high: float | None
    out_of_time: bool

    @property
    def lead(self) -> float:
        return self.auc - self.model_auc

    @property
    def within_noise(self) -> bool:
        """Whether the interval of the lead reaches down to nought."""
        return self.low is not None and self.low <= 0

    def as_json(self) -> JsonObject:
        return {
            "baseline": self.baseline,
            "auc": self.auc,
            "model_auc": self.model_auc,
            "lead": round(self.lead, 6),
            "low": self.low,
            "high": self.high,
            "out_of_time": self.out_of_time,
        }

    def in_words(self) -> Message:
        params = {
            "name": Message(NAMES[self.baseline]),
            "auc": f"{self.auc:.3f}",
            "lead": f"{self.lead:.3f}",
            "low": "" if self.low is None else f"{self.low:.3f}",
            "high": "" if self.high is None else f"{self.high:.3f}",
        }
        if self.low is None or self.high is None:
            return Message(N_("%(name)s %(auc)s (ahead by %(lead)s)"), params)
        if self.within_noise:
            return Message(N_("%(name)s %(auc)s (ahead by %(lead)s [%(low)s, %(high)s], within chance)"), params)
        return Message(N_("%(name)s %(auc)s (ahead by %(lead)s [%(low)s, %(high)s])"), params)


def baselines_ahead(measures: Mapping[str, Any]) -> list[Ahead]:
    """The baselines ahead of a model by its measures (measures.json, or a backtest as JSON), the furthest first."""
    models = measures.get("models") or {}
    if models:
        found = _ahead(
            {name: of["auc"]["value"] for name, of in models.items()}, True, measures.get("ours_minus") or {}
        )
    else:
        inner = measures.get("inner_validation") or {}
        found = _ahead({OURS: inner.get("inner_auc"), **(inner.get("baselines") or {})}, False, {})
    return sorted(found, key=lambda ahead: -ahead.lead)


def _ahead(aucs: Mapping[str, float | None], out_of_time: bool, minus: Mapping[str, Any]) -> list[Ahead]:
    ours = aucs.get(OURS)
    found = []
    for name in NAMES:
        value = aucs.get(name)
        if name == OURS or ours is None or value is None or value <= ours:
            continue
        difference = (minus.get(name) or {}).get("auc") or {}
        # The stored difference is ours minus the baseline's; the lead is the other way round.
        low, high = (None if end is None else -end for end in (difference.get("high"), difference.get("low")))
        found.append(Ahead(name, value, ours, low, high, out_of_time))
    return found


def warning(measures: Mapping[str, Any]) -> Message | None:
    """The sentence that a model's reader must see where a baseline is ahead of it; None where none is."""
    return warning_of(baselines_ahead(measures))


def warning_of(ahead: Sequence[Ahead]) -> Message | None:
    if not ahead:
        return None
    text = (
        N_(
            "Its own baselines rank better than this model on the same later days: %(baselines)s, against "
            "%(auc)s of the model (AUC). Rank by the better one, or train with more years or a shorter horizon."
        )
        if ahead[0].out_of_time
        else N_(
            "Its own baselines rank better than this model on the same firms held out: %(baselines)s, against "
            "%(auc)s of the model (AUC). Rank by the better one, or train with more years or a shorter horizon."
        )
    )
    return Message(text, {"baselines": [one.in_words() for one in ahead], "auc": f"{ahead[0].model_auc:.3f}"})
