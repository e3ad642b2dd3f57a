"""A score's reasons (SHAP contributions in points) as steps of a waterfall and as sentences.

Labels come from scoring.features; a feature that this program no longer knows is shown by its own name.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from dash.development.base_component import Component

from dashboard.checked_once import html
from dashboard.components import amounts
from dashboard.components.amounts import signed_points
from dashboard.components.cards import element
from pipeline import language
from pipeline.language import gettext as _
from scoring.dataset.event_kinds import KINDS
from scoring.features.matrix import FEATURES, GROUPS, shown
from scoring.scores.points_spread import Spread

#: So many reasons get a bar of their own; the rest are added up in the last bar.
BARS = 10
_NOTHING = 0.05  # points that are shown as 0.0


@dataclass(frozen=True)
class ReasonLine:
    """One feature's contribution to a score. `value`: formatted for an officer, empty where unknown; `beside`: compared
    with the other firms; `missing`: the value is missing, and that itself contributes."""

    feature: str
    label: str
    points: float
    value: str = ""
    beside: str = ""
    missing: bool = False


def named(reasons: Mapping[str, float], values: Mapping[str, float] | None = None) -> list[ReasonLine]:
    """Every reason with its label and value, the largest first."""
    known = values or {}
    all_reasons = [
        ReasonLine(
            name,
            label_of(name),
            points,
            shown(name, known[name], language.language()) if name in known else "",
        )
        for name, points in reasons.items()
    ]
    return sorted(all_reasons, key=lambda reason: -abs(reason.points))


def label_of(feature: str) -> str:
    return language.pick(FEATURES[feature].label) if feature in FEATURES else feature


def steps(reasons: Sequence[ReasonLine], bars: int = BARS) -> list[tuple[str, float]]:
    """The bars of the waterfall: the largest reasons, then all others as one; they add up to the score."""
    shown_reasons, rest = reasons[:bars], reasons[bars:]
    bars_shown = [(reason.label, reason.points) for reason in shown_reasons]
    if rest:
        bars_shown.append((_("%(count)s other reasons", count=len(rest)), sum(reason.points for reason in rest)))
    return bars_shown


def odds_note(event: str) -> str:
    """What a point means, for the event that the model predicts."""
    return _(
        "50 points are the mean of the firms of the model's day; every 5 points double the odds of “%(event)s”",
        event=event_name(event),
    )


def spread_note(spread: Spread) -> str:
    """How the firms stand to the 50 points: half of them below the median, most below the mean."""
    return _(
        "median firm: %(median)s points; %(share)s of %(firms)s firms stand below 50",
        median=amounts.points(spread.median),
        share=amounts.share(spread.below_50, 0),
        firms=amounts.count(spread.firms),
    )


def event_name(event: str) -> str:
    return language.pick(KINDS[event]) if event in KINDS else event


def by_group(reasons: Mapping[str, float]) -> list[tuple[str, float]]:
    """Sums of the reasons by group, in the order of the groups; groups without a reason are left out."""
    sums = {
        group: sum(points for name, points in reasons.items() if name in FEATURES and FEATURES[name].group == group)
        for group in GROUPS
    }
    return [(language.pick(GROUPS[group]), total) for group, total in sums.items() if total]


def sentences(reasons: Sequence[ReasonLine], most: int = 5) -> Component:
    """What raises and what lowers the score, in words."""
    raising = [reason for reason in reasons if reason.points > _NOTHING][:most]
    lowering = [reason for reason in reasons if reason.points < -_NOTHING][:most]
    if not raising and not lowering:
        return html.Div(_("No reason weighs more than a twentieth of a point."), className="empty")
    sides = [html.Div([_line(reason) for reason in side]) for side in (raising, lowering) if side]
    return html.Div(sides, className="reason-sides")


def _line(reason: ReasonLine) -> Any:
    raises = reason.points >= 0
    if reason.missing:
        about = _("not stated; that raises the score") if raises else _("not stated; that lowers the score")
    elif reason.beside:
        about = _("%(value)s: %(beside)s", value=reason.value, beside=reason.beside)
    elif reason.value:
        about = (
            _("%(value)s raises the score", value=reason.value)
            if raises
            else _("%(value)s lowers the score", value=reason.value)
        )
    else:
        about = _("raises the score") if raises else _("lowers the score")
    side = f"reason-points {'raises' if raises else 'lowers'}"
    words = [element("Div", reason.label, className="reason-name"), element("Div", about, className="reason-words")]
    parts = [element("Div", signed_points(reason.points), className=side), element("Div", words)]
    return element("Div", parts, className="reason")
