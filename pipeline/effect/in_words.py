"""What came before a success in words, for the page and the command line alike."""

from collections.abc import Iterator

from pipeline.districts import DISTRICTS
from pipeline.effect.compared import FEWEST_FIRMS, Comparison, Counts, Difference
from pipeline.effect.effect import POINTS, WARNING, Effect, OutcomeFound
from pipeline.effect.landmarks import BAND_POINTS, WINDOW_DAYS
from pipeline.language import N_, headed, in_brackets, joined, listed, pick
from pipeline.language import gettext as _
from pipeline.pool_history.proportions import GroupShare, PairedDifference
from pipeline.wording import number_format

WITH_IT, WITHOUT_IT, OVERALL, WITHIN, NOT_KNOWN = (
    N_("It had come before"),
    N_("It had not"),
    N_("Difference over all"),
    N_("Difference within the same stage and day"),
    N_("Not known"),
)
#: A blank at which no line ends.
_KEPT = "\u00a0"


def name(found: Comparison) -> str:
    """What came before, with the firms that count where not all do."""
    return in_brackets(pick(found.label), _("of firms in tutoring")) if found.in_tutoring else pick(found.label)


def group(counts: Counts, has: bool, share: GroupShare | None) -> str:
    """Rows in which the outcome came, of all of the group, with the share and its interval: "21 of 150 (150 firms):
    14.0% [9.3%, 20.5%]"; without a share where there are too few firms."""
    came, missed, firms = (
        (counts.with_came, counts.with_not, counts.with_firms)
        if has
        else (counts.without_came, counts.without_not, counts.without_firms)
    )
    if not firms:
        return _("none")
    number = number_format.decimal
    said = _(
        "%(came)s of %(rows)s (%(firms)s firms)", came=number(came), rows=number(came + missed), firms=number(firms)
    )
    if share is None:
        return said
    low, high = number_format.percent(share.low), number_format.percent(share.high)
    return headed(said, f"{number_format.percent(share.share)} [{low},{_KEPT}{high}]")


def difference(found: Difference) -> str:
    """In percentage points with its interval, or that there are too few firms; few events are said to be few."""
    if found.difference is None:
        return _("too few to say")
    said = (
        f"{number_format.percentage_points(found.difference.difference)} [{f',{_KEPT}'.join(_ends(found.difference))}]"
    )
    return in_brackets(said, _("fewer than ten events")) if found.few_events else said


def _ends(found: PairedDifference) -> list[str]:
    return [
        number_format.UNKNOWN if each is None else number_format.decimal(100 * each, 1, signed=True)
        for each in (found.low, found.high)
    ]


def whose(found: Effect) -> str:
    """Whose firms the figures are about."""
    if found.district is None:
        return _("all firms of the city")
    return pick(DISTRICTS[found.district]) if found.district in DISTRICTS else found.district


def population(found: OutcomeFound) -> str:
    """Which firms on which days, and in how many the outcome came."""
    return _(
        "%(firms)s firms at risk, looked at on %(days)s: %(rows)s times altogether; in %(came)s of them it came.",
        firms=number_format.decimal(found.firms),
        days=listed(day.isoformat() for day in found.days),
        rows=number_format.decimal(found.rows),
        came=number_format.decimal(found.came),
    )


def never_before(found: OutcomeFound) -> str:
    """What had come to no firm before any landmark, so that there is nothing to compare; blank for none."""
    if not found.never_before:
        return ""
    what = listed(pick(each.label) for each in found.never_before)
    return _("Nothing to compare yet, since before no landmark day it had come to any firm: %(what)s.", what=what)


def runs(found: OutcomeFound) -> list[str]:
    """The score runs compared; another model is said to be one."""
    said = []
    for pair in found.pairs:
        days = _("Scores of %(before)s and %(now)s", before=f"{pair.before}", now=f"{pair.now}")
        about = (
            _("the same model, %(model)s", model=pair.model_now)
            if pair.same_model
            else _(
                "the model changed from %(before)s to %(now)s, so that points may have moved for that alone",
                before=pair.model_before,
                now=pair.model_now,
            )
        )
        said.append(headed(days, about))
    return said


def how(found: Effect) -> list[str]:
    """How it is counted, a sentence each."""
    return [
        _(
            "A firm counts once on each landmark day on which it was neither listed nor gone. What came before came in "
            "the %(days)s days up to that day, the outcome in the %(days)s days after it; a day counts only once these "
            "are over.",
            days=WINDOW_DAYS,
        ),
        _(
            "A firm is much like itself on each of its days: every interval (95%%, Wilson and Newcombe) is as wide as "
            "if each firm had been looked at once. With fewer than %(fewest)s firms on either side no share is given.",
            fewest=FEWEST_FIRMS,
        ),
        _(
            "The last column compares firms only with firms that stood at the same stage on the same day "
            "(Mantel-Haenszel weights; of points also within the same %(band)s points): a firm in share reform moves "
            "on faster than one in nurture, whatever came before.",
            band=f"{BAND_POINTS:g}",
        ),
        _(
            "Share reform and advisers are stages themselves: within a stage, firms that came there within the year "
            "are held against those that came there earlier and still stand there."
        ),
        _("Visits, mentors and next steps come to firms in tutoring alone, and are held against these alone."),
    ]


def lines(found: Effect) -> Iterator[str]:
    """Everything, the warning first."""
    yield _(WARNING)
    yield ""
    yield joined([_("As known on %(day)s", day=found.on.isoformat()), whose(found)])
    yield from how(found)
    for outcome in found.outcomes:
        yield ""
        yield pick(outcome.label)
        if outcome.unknown is not None:
            yield f"  {outcome.unknown}"
            continue
        for said in (population(outcome), *(runs(outcome) if outcome.outcome == POINTS else ())):
            yield f"  {said}"
        for each in outcome.told:
            counts, overall = each.overall.counts, each.overall
            yield f"  {name(each)}"
            yield f"    {headed(_(WITH_IT), group(counts, True, overall.with_it))}"
            yield f"    {headed(_(WITHOUT_IT), group(counts, False, overall.without_it))}"
            yield f"    {headed(_(OVERALL), difference(overall))}"
            yield f"    {headed(_(WITHIN), difference(each.within))}"
            if each.unknown:
                yield f"    {headed(_(NOT_KNOWN), number_format.decimal(each.unknown))}"
        if outcome.never_before:
            yield f"  {never_before(outcome)}"
