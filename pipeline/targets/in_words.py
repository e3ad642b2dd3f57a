"""How a target stands, in sentences: the same on the page, in the command and in the report."""

from pipeline.language import N_, Message, listed
from pipeline.language import gettext as _
from pipeline.targets.counting import Count
from pipeline.targets.forecasting import Forecast
from pipeline.targets.standing import ENTERED, TargetStanding
from pipeline.wording.number_format import decimal, percent


def goals(target: TargetStanding) -> str:
    """What the plan wants, and how many that are."""
    wanted = listed(str(goal.says) for goal in target.goals)
    if target.needed is None:
        return str(Message(N_("%(wanted)s; the baseline is not known yet"), {"wanted": wanted}))
    return str(Message(N_("%(wanted)s: %(needed)s"), {"wanted": wanted, "needed": decimal(target.needed)}))


def baseline(target: TargetStanding) -> str:
    """The baseline and who says so."""
    if target.baseline is None:
        return _("not known: no figures of that day are stored, and nobody has entered it")
    if target.baseline_by == ENTERED:
        words = N_("%(count)s, entered by hand: %(source)s")
        return str(Message(words, {"count": decimal(target.baseline), "source": target.entered_source}))
    if target.entered is not None and target.entered != target.baseline:
        words = N_("%(count)s by facts; entered by hand was %(entered)s: %(source)s")
        entered = {"entered": decimal(target.entered), "source": target.entered_source}
        return str(Message(words, {"count": decimal(target.baseline), **entered}))
    return str(Message(N_("%(count)s by facts"), {"count": decimal(target.baseline)}))


def count(found: Count | None) -> str:
    """A count with what is undecided about it."""
    if found is None or found.found is None:
        return _("not known")
    if not found.undecided:
        return decimal(found.found)
    words = N_("%(count)s; of %(undecided)s firms it is not known")
    return str(Message(words, {"count": decimal(found.found), "undecided": decimal(found.undecided)}))


def foreseen(found: Forecast | None) -> str:
    """The forecast with its interval and chance."""
    if found is None:
        return _("none: the day is over, or too little is known")
    params = {"expected": decimal(found.expected), "low": decimal(found.low), "high": decimal(found.high)}
    if found.chance is None:
        return str(Message(N_("%(expected)s [%(low)s, %(high)s]"), params))
    words = N_("%(expected)s [%(low)s, %(high)s]; the goal is reached in %(chance)s of the draws")
    return str(Message(words, {**params, "chance": percent(found.chance, 0)}))
