"""The choice of pacesetters in words, for the page and the command line alike."""

from collections.abc import Mapping

from pipeline.language import N_, Label, headed, joined, listed, pick
from pipeline.language import gettext as _
from pipeline.pacesetters.choices import RoundSeen
from pipeline.pacesetters.ranking import NotRanked, Ranking, Shift, StageRanking
from pipeline.pacesetters.terms import terms
from pipeline.rules.definition import measures
from pipeline.wording import number_format

STATES: Mapping[str, Label] = {
    "nominated": Label("已推荐", "nominated"),
    "withdrawn": Label("已撤回", "withdrawn"),
    "named": Label("已命名", "named"),
    "not_named": Label("未命名", "not named"),
    "revoked": Label("已撤销命名", "revoked"),
}
ROUND_STATES: Mapping[str, Label] = {
    "begun": Label("推荐中", "nominations open"),
    "public": Label("公示中", "public"),
    "over": Label("公示期满", "notice over"),
}
_SHARES = ("ratio",)


def source() -> str:
    """Whose the weights are."""
    return _(
        "Indicators, weights and numbers of places are the bureau's own, set for demonstration: settle them before use."
    )


def how(found: Ranking) -> list[str]:
    return [
        _(
            "Each indicator is a percentile rank among the firms of the same stage of life of which it is known: 0 the "
            "lowest, 100 the highest. The total is the mean of the known ranks by their weights."
        ),
        _(
            "What is unknown is not counted as nought. A firm of which less than %(share)s of the weight is known is "
            "not ranked.",
            share=number_format.percent(terms().on(found.as_of).known_share, 0),
        ),
        _("The weights hold from %(day)s.", day=found.edition.isoformat()),
    ]


def stage(name: str) -> str:
    return pick(terms().stages[name])


def indicator(name: str) -> str:
    return pick(terms().indicators[name].name)


def value(name: str, number: float | None) -> str:
    """An indicator's value with its unit."""
    one = terms().indicators[name]
    if one.window.is_growth or measures.measures()[one.measure].kind in _SHARES:
        return number_format.percent(number)
    return number_format.plain(number) if number is not None else number_format.UNKNOWN


def counted(found: StageRanking) -> str:
    return _(
        "%(ranked)s firms ranked, of %(unranked)s too little is known; the first %(places)s are in.",
        ranked=number_format.decimal(found.ranked),
        unranked=number_format.decimal(found.unranked),
        places=found.places,
    )


def border(found: StageRanking) -> str:
    """How near the border is, and what one place in one indicator moves."""
    if found.last_in is None or found.first_out is None:
        return _("Everybody who is ranked is in.")
    return _(
        "The last one in has %(last_in)s, the first one out %(first_out)s. One place in a single indicator moves a "
        "total by up to %(step)s: firms nearer to the border than that are marked as near ties.",
        last_in=number_format.decimal(found.last_in, 2),
        first_out=number_format.decimal(found.first_out, 2),
        step=number_format.decimal(found.step, 2),
    )


def missing(one: NotRanked) -> str:
    return listed([indicator(name) for name in one.missing])


def shift(one: Shift) -> str:
    """Research 25% → 35%."""
    before, after = (number_format.percent(each / 100, 0) for each in (one.before, one.after))
    return headed(indicator(one.indicator), f"{before} → {after}")


def firms_named(ids: tuple[str, ...], count: int, names: Mapping[str, str]) -> str:
    """The names, with how many more there are that are not this reader's; nobody, where nobody is."""
    if not count:
        return _("no firm")
    more = count - len(ids)
    said = [names.get(firm, firm) for firm in ids]
    return listed([*said, *([_("%(count)s of other districts", count=more)] if more else [])])


def round_line(one: RoundSeen) -> str:
    notice = (
        [_("public from %(begins)s to %(ends)s", begins=one.begins_on.isoformat(), ends=one.ends_on.isoformat())]
        if one.begins_on and one.ends_on
        else []
    )
    ranked = _("ranking of %(day)s", day=one.as_of.isoformat())
    return joined([pick(ROUND_STATES[one.state]), ranked, *notice])


NAMED_YEARS = N_("named pacesetter of %(years)s")
