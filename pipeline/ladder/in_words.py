"""The ladder in words, for the page and the command line alike."""

from collections.abc import Iterator, Sequence

from pipeline.districts import DISTRICTS
from pipeline.ladder.calendar import Due, Month
from pipeline.ladder.flows import NONE, Flows
from pipeline.ladder.incubators import Incubator
from pipeline.ladder.ladder import Ladder, RungCount
from pipeline.ladder.of_firm import STANDINGS, FirmRung
from pipeline.ladder.rungs import rungs
from pipeline.language import N_, headed, joined, listed, pick
from pipeline.language import gettext as _
from pipeline.wording import number_format

#: What the columns of a rung's counts are called, in the order of `counts`.
COUNTS = (
    N_("On it"),
    N_("Conditions met, not on it"),
    N_("One condition away"),
    N_("Further away"),
    N_("Not known"),
)
#: What the columns of a rung's year are called, in the order of `flow`.
FLOW = (N_("At the beginning"), N_("Entered"), N_("Left"), N_("At the end"), N_("Skipped the rung below"))
VERDICTS = {"met": N_("would pass"), "not_met": N_("would fail"), "unknown": N_("not known")}


def rung_name(rung: str) -> str:
    return _("on no rung") if rung == NONE else pick(rungs()[rung].name)


def district_name(code: str) -> str:
    return pick(DISTRICTS[code]) if code in DISTRICTS else code


def counts(count: RungCount) -> list[str]:
    """One of COUNTS each; blank where no rule says who meets the conditions."""
    values = (count.held, count.met, count.one_away, count.not_met, count.unknown)
    return ["" if value is None else number_format.decimal(value) for value in values]


def year_name(flows: Flows) -> str:
    """2025, or up to which day of it."""
    whole = flows.ends.endswith("-12-31")
    return str(flows.year) if whole else _("%(year)s up to %(day)s", year=flows.year, day=flows.ends)


def year_in_words(flows: Flows) -> str:
    """How many stood on the ladder, came, went up, went down and left it: the beginning and what came, less what left,
    are the end."""
    number = number_format.decimal
    return _(
        "On the ladder at the beginning %(begin)s, came %(came)s, left %(out)s, at the end %(end)s; by highest rung "
        "%(up)s went up and %(down)s went down.",
        begin=number(flows.on_ladder_begin),
        came=number(flows.came),
        out=number(flows.out),
        end=number(flows.on_ladder_end),
        up=number(flows.up),
        down=number(flows.down),
    )


def incubator_in_words(found: Incubator) -> str:
    """What became of its firms; of few that they are few."""
    number = number_format.decimal
    said = _(
        "%(now)s there now, %(graduated)s left; of all %(ever)s, %(tech_sme)s became technology SMEs and %(hnte)s "
        "high-tech enterprises since",
        now=number(found.now),
        graduated=number(found.graduated),
        ever=number(found.ever),
        tech_sme=number(found.tech_sme),
        hnte=number(found.hnte),
    )
    return joined([said, _("fewer than ten firms")]) if found.few else said


def firm_rung(found: FirmRung) -> str:
    """How a firm stands to a rung, with days or what is missing."""
    said = _(STANDINGS[found.standing])
    if found.since is not None:
        return joined([said, days_of(found)])
    if found.condition is not None:
        return headed(said, pick(found.condition))
    return said


def days_of(found: FirmRung) -> str:
    """Since when a firm stands on a rung, and until when where that is known."""
    if found.since is None:
        return ""
    until = [] if found.until is None else [_("until %(day)s", day=found.until.isoformat())]
    return listed([_("since %(day)s", day=found.since.isoformat()), *until])


def lines(found: Ladder) -> Iterator[str]:
    """The ladder for a terminal."""
    whose = _("all firms of the city") if found.district is None else district_name(found.district)
    yield joined([_("As known on %(day)s", day=found.day.isoformat()), whose, number_format.decimal(found.firms)])
    for count in found.counts:
        said = [
            headed(_(name), value) for name, value in zip(COUNTS, counts(count), strict=True) if value not in ("", "0")
        ]
        yield f"  {rung_name(count.rung)}  {listed(said) or '0'}"
    for flows in found.years:
        yield headed(year_name(flows), year_in_words(flows))
        for each in flows.rungs:
            if each.entered or each.left:
                values = (each.begin, each.entered, each.left, each.end, each.skipped)
                said = [headed(_(name), number_format.decimal(value)) for name, value in zip(FLOW, values, strict=True)]
                yield f"  {rung_name(each.rung)}  {listed(said)}"
    for count in found.counts:
        near = found.one_away(count.rung)
        if near:
            yield headed(_("One condition away"), rung_name(count.rung))
            yield from (f"  {one.firm_id}  {one.name}  {pick(one.condition)}" for one in near)
    for place in found.incubators:
        yield headed(place.name, incubator_in_words(place))


def month_in_words(month: Month) -> str:
    number = number_format.decimal
    return _(
        "%(ending)s end: %(met)s would pass today, %(not_met)s would fail, %(unknown)s are not known",
        ending=number(month.ending),
        met=number(month.met),
        not_met=number(month.not_met),
        unknown=number(month.unknown),
    )


def calendar_lines(found: Ladder) -> Iterator[str]:
    """The certificates that end, month by month, each with what renewal would lack."""
    if not found.due:
        yield _("No certificate ends within 12 months.")
    for month in found.months:
        yield headed(month.month, month_in_words(month))
        yield from (f"  {each}" for each in _due_lines([one for one in found.due if one.month == month.month]))


def _due_lines(due: Sequence[Due]) -> Iterator[str]:
    for one in due:
        said = joined(pick(gap) for gap in one.gaps) or _(VERDICTS[one.verdict])
        yield f"{one.expires_on}  {one.firm_id}  {one.name}  {said}"
