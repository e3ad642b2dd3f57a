"""The pools over time in words, for the page and the command line alike."""

from dashboard.components import terms
from pipeline.language import gettext as _
from pipeline.pool_history.members_over_time import ANY, NO_PROOF, Outcome, OverTime, Stay
from pipeline.pool_history.proportions import PairedDifference, Share
from pipeline.wording import number_format


def few() -> str:
    return _("Fewer than ten events: may be chance.")


def pool(name: str) -> str:
    return _("Either pool") if name == ANY else terms.pool(name)


def share(found: Share) -> str:
    """Events of firms with the share and its interval: "3 / 40: 7.5% [2.6%, 19.9%]"; a dash where there is no firm."""
    if found.share is None:
        return number_format.UNKNOWN
    low, high = number_format.percent(found.low), number_format.percent(found.high)
    return f"{found.events} / {found.firms}: {number_format.percent(found.share)} [{low}, {high}]"


def difference(found: PairedDifference) -> str:
    """In percentage points, with its interval: "+5.3 percentage points [−12.1, +24.6]"."""
    if found.difference is None:
        return number_format.UNKNOWN
    low, high = (
        number_format.UNKNOWN if each is None else number_format.decimal(100 * each, 1, signed=True)
        for each in (found.low, found.high)
    )
    return f"{number_format.percentage_points(found.difference)} [{low}, {high}]"


def stay(found: Stay) -> str:
    """The median stay with its interval, or that fewer than half have left."""
    counts = _("%(stays)s stays, %(ended)s of them over", stays=found.stays, ended=found.ended)
    if found.median_months is None:
        return _("%(counts)s: fewer than half have left, so there is no median yet", counts=counts)
    low, high = (
        number_format.UNKNOWN if each is None else number_format.decimal(each, 1)
        for each in (found.low_months, found.high_months)
    )
    return _(
        "%(counts)s: half have left after %(median)s months [%(low)s, %(high)s]",
        counts=counts,
        median=number_format.decimal(found.median_months, 1),
        low=low,
        high=high,
    )


def step(found: Outcome) -> str:
    return _("%(step)s within %(months)s months", step=_(terms.WAY[found.step]), months=12 * found.years)


def pairs(found: OverTime) -> str:
    return _(
        "For %(matched)s of %(entered)s firms that entered there is one that scored alike (at most 1 point apart in "
        "the same run) and was in no pool.",
        matched=found.matched,
        entered=found.entered,
    )


def lines(found: OverTime) -> list[str]:
    """Everything, the warning first."""
    said = [_(NO_PROOF), ""]
    for year in found.years:
        said.append(
            _(
                "%(year)s: %(entries)s entries, %(promotions)s promotions, %(demotions)s demotions, %(exits)s exits; "
                "%(seed)s in the seed pool and %(golden)s in the golden-seed pool at the end",
                **vars(year),
            )
        )
    said.append("")
    for one in found.stays:
        said.append(f"{pool(one.pool)}  {f'{few()} ' if one.few else ''}{stay(one)}")
    said += ["", pairs(found)]
    for outcome in found.outcomes:
        if outcome.all_chosen.firms == 0:
            said.append(f"{step(outcome)}  {_('too early to say')}")
            continue
        warning = f"{few()} " if outcome.few else ""
        said.append(
            f"{step(outcome)}  {warning}"
            + _(
                "all that entered %(all)s; matched %(chosen)s, not chosen %(others)s, difference %(difference)s",
                all=share(outcome.all_chosen),
                chosen=share(outcome.chosen),
                others=share(outcome.others),
                difference=difference(outcome.difference),
            )
        )
    return said
