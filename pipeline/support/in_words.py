"""Formulas and what a claim is made for, in words, for commands and pages alike."""

from pipeline.activities.kinds import activity_kinds
from pipeline.catalog import catalog
from pipeline.language import gettext as _
from pipeline.language import pick
from pipeline.support.entitlements import money_to_the_fen, percent
from pipeline.support.model import FIXED, IN_WORDS, INTEREST, UP_TO, Formula
from pipeline.tutoring.stages import EVENTS


def formula_text(formula: Formula) -> str:
    """How an amount is worked out, in one line."""
    amount = money_to_the_fen(formula.cny_fen)
    if formula.kind == FIXED:
        return amount
    if formula.kind == UP_TO:
        return _("at most %(amount)s", amount=amount)
    if formula.kind == IN_WORDS:
        return pick(formula.words)
    share = percent(float(formula.share or 0))
    if formula.kind == INTEREST:
        rate = percent(float(formula.rate or 0))
        text = _("%(share)s of the interest at %(rate)s a year", share=share, rate=rate)
    else:
        of = _("the amount stated") if formula.of is None else pick(catalog()[formula.of])
        text = _("%(share)s of %(of)s", share=share, of=of)
    return text if formula.cny_fen is None else _("%(text)s, at most %(amount)s", text=text, amount=amount)


def occasion_text(occasion: str | None) -> str:
    """certificate:2023-12-18 as a person reads it; blank for none."""
    kind, _colon, which = (occasion or "").partition(":")
    if kind == "certificate":
        return _("certificate of %(day)s", day=which)
    if kind == "year":
        return _("year %(year)s", year=which)
    if kind == "event" and which in EVENTS:
        return pick(EVENTS[which])
    if kind == "activity":
        return _("record no. %(number)s", number=which)
    return which


def kind_of_occasion(per: str, what: str) -> str:
    """What a rule is claimed for."""
    if per == "certificate":
        return _("each HNTE certificate")
    if per == "year":
        return _("each year of returns")
    return pick(EVENTS[what]) if per == "event" else pick(activity_kinds().kinds[what].name)
