"""Fast growers in words, for the page and the command line alike."""

from pipeline.growth.contacts import LevelState
from pipeline.growth.growers import Growers, Pace
from pipeline.growth.terms import terms
from pipeline.language import N_, joined, pick
from pipeline.language import gettext as _
from pipeline.wording import number_format

CELL_NAMES = {
    "division_size": N_("same division of industry and size"),
    "section_size": N_("same section of industry and size"),
    "section": N_("same section of industry"),
    "city": N_("all firms of the city"),
}
#: A blank at which no line ends.
_KEPT = "\u00a0"


def rule(found: Growers) -> str:
    return _(
        "Fast growers by the rule of the OECD: more than %(line)s a year on average over %(years)s years, in "
        "revenue or staff, with at least %(staff)s people at the beginning.",
        line=number_format.percent(found.line, 0),
        years=found.years,
        staff=found.least_staff,
    )


def counted(found: Growers) -> str:
    return _(
        "%(growers)s of %(looked_at)s firms are fast growers; of %(unknown)s too little is known to say.",
        growers=number_format.decimal(len(found.firms)),
        looked_at=number_format.decimal(found.looked_at),
        unknown=number_format.decimal(found.unknown),
    )


def caution(found: Growers) -> str:
    """How wide the intervals are, and how many of the growers they leave in no doubt."""
    return _(
        "The interval (95%%) rests on %(years)s yearly rates alone and is wide: it lies above the line whole for "
        "%(sure)s of %(growers)s. The others have grown so fast; whether that is more than chance, so few years do not "
        "tell.",
        years=found.years,
        sure=number_format.decimal(found.sure),
        growers=number_format.decimal(len(found.firms)),
    )


def cells(found: Growers) -> str:
    return _(
        "The rank is among firms of the city of the same division and size at the beginning; where fewer than "
        "%(least)s of them have a known growth, among a wider group, which is named.",
        least=found.least,
    )


def interval(pace: Pace) -> str:
    """[−12.0%, 85.3%]; that there are too few years, where there is none."""
    if pace.rate is None:
        return number_format.UNKNOWN
    if pace.low is None or pace.high is None:
        return _("too few years")
    return f"[{number_format.percent(pace.low)},{_KEPT}{number_format.percent(pace.high)}]"


def rank(pace: Pace) -> str:
    """3 of 41 (same division of industry and size)."""
    if pace.place is None or pace.of is None or pace.cell is None:
        return number_format.UNKNOWN
    of = _("%(rank)s of %(count)s", rank=number_format.decimal(pace.place), count=number_format.decimal(pace.of))
    return f"{of} · {_(CELL_NAMES[pace.cell])}"


def industry(code: str | None) -> str:
    """C38 制造业: the division with the name of its section."""
    if not code:
        return number_format.UNKNOWN
    section = terms().sections.get(code[0])
    return joined([code[:3], *([pick(section)] if section else [])])


def size(name: str) -> str:
    return pick(terms().size_name(name)) if name else number_format.UNKNOWN


def contact(state: LevelState) -> str:
    """Who, when last, and whether they are late."""
    if state.leader is None:
        return _("nobody named")
    last = state.last_on.isoformat() if state.last_on else _("no contact yet")
    late = [_("%(days)s days late", days=number_format.decimal(state.days_late))] if state.overdue else []
    return joined([state.leader, last, *late])
