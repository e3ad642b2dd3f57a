"""The report as tables in words: the same on the page, on the command line, on paper and in a workbook.

Step 6 of the flow: report.py -> **tables.py**
"""

from collections.abc import Sequence
from dataclasses import dataclass

from pipeline.activities.kinds import activity_kinds
from pipeline.districts import DISTRICTS
from pipeline.ladder.in_words import rung_name
from pipeline.language import N_, in_brackets, joined, pick
from pipeline.language import gettext as _
from pipeline.monitoring.periods import MONTH, QUARTER, YEAR, Period
from pipeline.monitoring.ranking import FEWEST, IN_POOLS, KEPT, VISITED, Placed
from pipeline.monitoring.report import Report
from pipeline.monitoring.states import Change, StateOf
from pipeline.monitoring.sums import ACTIVITY, EVENT, SUPPORT, VISITS, Happened, Sum, SumOf
from pipeline.support.claim_rows import STEPS
from pipeline.support.entitlements import money_to_the_fen
from pipeline.targets.standing import STATES
from pipeline.tutoring.stages import EVENTS
from pipeline.wording.number_format import decimal, percent

PERIODS = {MONTH: N_("Month"), QUARTER: N_("Quarter"), YEAR: N_("Year")}
INDICATORS = {
    IN_POOLS: N_("HNTE in the seed or golden-seed pool"),
    KEPT: N_("Certificates that ended within a year and were renewed"),
    VISITED: N_("Firms in tutoring visited within 90 days"),
}


@dataclass(frozen=True)
class Table:
    """`note`: what has to be known to read it, blank: nothing; `of_districts`: a row a district and figure, many."""

    id: str
    title: str
    heads: Sequence[str]
    rows: Sequence[Sequence[str]]
    note: str = ""
    of_districts: bool = False


def period_name(period: Period) -> str:
    """2026-05, 2026 Q2 or 2026."""
    if period.kind == MONTH:
        return f"{period.begins:%Y-%m}"
    if period.kind == QUARTER:
        return f"{period.begins.year} Q{(period.begins.month + 2) // 3}"
    return str(period.begins.year)


def place_name(code: str) -> str:
    return pick(DISTRICTS[code]) if code in DISTRICTS else code or _("District unknown")


def whose(found: Report) -> str:
    return _("all firms of the city") if found.district is None else place_name(found.district)


def title_of(found: Report) -> str:
    return _("Monitoring report of %(day)s", day=found.as_of.isoformat())


def tables(found: Report) -> list[Table]:
    """All but the firms behind the numbers."""
    return [
        _targets(found),
        _rungs(found),
        _rungs_of_districts(found),
        _happened(found),
        _happened_in_districts(found),
        *_rankings(found),
        _changes(found),
    ]


def firms_behind(found: Report) -> Table:
    """Every firm behind a number: who stands on a rung now, who came and left, to whom what happened."""
    rows = []
    for state in found.states:
        rows += [[rung_name(state.rung), _("stands on it"), *_firm(found, firm), "", ""] for firm in state.firms]
    for move in found.moves:
        way = _("came") if move.came else _("left")
        periods = joined(_(PERIODS[kind]) for kind in move.periods)
        rows.append([rung_name(move.rung), way, *_firm(found, move.firm_id), periods, str(move.why)])
    for one in found.happened:
        rows += [
            [what_happened(one), day.isoformat(), *_firm(found, firm), "", money_to_the_fen(fen) if fen else ""]
            for firm, day, fen in one.behind
        ]
    heads = [_("Figure"), _("How"), _("Credit code"), _("Firm"), _("District"), _("Periods"), _("Why, or amount")]
    return Table("firms", _("Firms behind the numbers"), heads, rows)


def what_happened(one: Happened) -> str:
    if one.of == EVENT:
        return pick(EVENTS[one.what])
    if one.of == VISITS:
        return _("Visits")
    if one.of == ACTIVITY:
        return pick(activity_kinds().kinds[one.what].name)
    return in_brackets(_("Support"), pick(STEPS[one.what])) if one.of == SUPPORT else one.what


# --- its parts -------------------------------------------------------------------------------------


def _firm(found: Report, firm: str) -> list[str]:
    name, district = found.names[firm]
    return [firm, name, place_name(district)]


def _targets(found: Report) -> Table:
    rows = [
        [
            pick(one.plan),
            pick(one.name),
            _number(one.needed),
            _number(one.count),
            "" if one.day is None else one.day.isoformat(),
            _(STATES[one.state]),
        ]
        for one in found.targets
    ]
    heads = [_("Plan"), _("Target"), _("Goal"), _("Count"), _("Of the day"), _("State")]
    return Table("targets", _("Targets of the plans"), heads, rows)


def _rungs(found: Report) -> Table:
    rows = [[rung_name(one.rung), decimal(one.whole.now), *_changes_of(one.whole, found)] for one in found.states]
    heads = [_("Rung or pool"), _("Now"), *_period_heads(found)]
    late = [
        _(
            "%(rung)s at the beginning of %(period)s: %(now)s, of which %(then)s were known then",
            rung=rung_name(one.rung),
            period=period_name(each),
            now=decimal(change.begin),
            then=decimal(change.begin_then),
        )
        for one in found.states
        for each in found.periods
        if (change := one.whole.periods[each.kind]).begin != change.begin_then
    ]
    note = [_("In brackets: came, left")]
    if late:
        note.append(_("What became known later is counted at the beginning"))
    return Table("rungs", _("Rungs of the ladder and pools"), heads, rows, joined([*note, *late]))


def _rungs_of_districts(found: Report) -> Table:
    rows = [
        [rung_name(one.rung), place_name(of.district), decimal(of.now), *_changes_of(of, found)]
        for one in found.states
        for of in one.districts
        if of.now or any(change.begin for change in of.periods.values())
    ]
    heads = [_("Rung or pool"), _("District"), _("Now"), *_period_heads(found)]
    return Table("rungs_of_districts", _("Rungs and pools by district"), heads, rows, of_districts=True)


def _period_heads(found: Report) -> list[str]:
    return [in_brackets(_(PERIODS[each.kind]), period_name(each)) for each in found.periods]


def _changes_of(of: StateOf, found: Report) -> list[str]:
    return [_change(of.now, of.periods[each.kind]) for each in found.periods]


def _change(now: int, change: Change) -> str:
    difference = decimal(now - change.begin, signed=True) if now != change.begin else "±0"
    return in_brackets(difference, f"+{change.came} −{change.left}") if change.came or change.left else difference


def _happened(found: Report) -> Table:
    rows = [[what_happened(one), *_sums_of(one.whole, found)] for one in found.happened]
    note = _("Each with how many firms it was; money where it is of money")
    return Table("happened", _("What happened within the periods"), [_("Matter"), *_period_heads(found)], rows, note)


def _happened_in_districts(found: Report) -> Table:
    rows = [
        [what_happened(one), place_name(of.district), *_sums_of(of, found)]
        for one in found.happened
        for of in one.districts
        if any(each.count for each in of.periods.values())
    ]
    heads = [_("Matter"), _("District"), *_period_heads(found)]
    return Table(
        "happened_in_districts", _("What happened within the periods, by district"), heads, rows, of_districts=True
    )


def _sums_of(of: SumOf, found: Report) -> list[str]:
    return [_sum(of.periods[each.kind]) for each in found.periods]


def _sum(one: Sum) -> str:
    if not one.count:
        return "0"
    firms = _("%(count)s firms", count=one.firms)
    said = in_brackets(decimal(one.count), firms)
    return said if one.fen is None else joined([said, money_to_the_fen(one.fen)])


def _rankings(found: Report) -> list[Table]:
    heads = [_("Possible places"), _("District"), _("Count"), _("Of"), _("Percentage"), _("Interval (95 of 100)")]
    note = _(
        "A place is said as far as the intervals leave it open; of fewer than %(fewest)s firms a district has none.",
        fewest=FEWEST,
    )
    return [
        Table(
            f"ranking_{one.indicator}",
            _(INDICATORS[one.indicator]),
            heads,
            [_placed(of) for of in one.districts],
            note,
        )
        for one in found.rankings
    ]


def _placed(of: Placed) -> list[str]:
    place = "–" if of.best is None else str(of.best) if of.best == of.worst else f"{of.best}–{of.worst}"
    interval = "" if of.low is None or of.high is None else f"{percent(of.low)}–{percent(of.high)}"
    share = "" if of.share is None else percent(of.share)
    return [place, place_name(of.district), decimal(of.count), decimal(of.firms), share, interval]


def _changes(found: Report) -> Table:
    """Who came onto a rung or left it within the month; of the longer periods the list of firms has them."""
    rows = [
        [rung_name(one.rung), _("came") if one.came else _("left"), *_firm(found, one.firm_id)[1:], str(one.why)]
        for one in found.moves
        if MONTH in one.periods
    ]
    heads = [_("Rung or pool"), _("How"), _("Firm"), _("District"), _("Why")]
    return Table("changes", _("Who came and left within the month, and why"), heads, rows)


def _number(value: int | None) -> str:
    return _("not known") if value is None else decimal(value)
