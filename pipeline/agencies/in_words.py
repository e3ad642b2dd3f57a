"""What is said of agencies, the same on the page and on the command line."""

from collections.abc import Mapping
from types import MappingProxyType

from pipeline.agencies.chances import Ratio
from pipeline.agencies.comparing import FEWER, MORE, NO_OTHER, TOO_FEW, Counted
from pipeline.agencies.standing import Agencies
from pipeline.language import Label
from pipeline.language import gettext as _

VERDICTS: Mapping[str, Label] = MappingProxyType(
    {
        MORE: Label("差异多于其他机构", "more differences than others"),
        FEWER: Label("差异少于其他机构", "fewer differences than others"),
        NO_OTHER: Label("与其他机构无差别", "not told apart from others"),
        TOO_FEW: Label("数量过少，不下结论", "too few to conclude anything"),
    }
)
YEAR_VERDICTS: Mapping[str, Label] = MappingProxyType(
    {
        MORE: Label("多于其他年度", "more than in other years"),
        FEWER: Label("少于其他年度", "fewer than in other years"),
        NO_OTHER: Label("与其他年度无差别", "not told apart from other years"),
        TOO_FEW: Label("数量过少，不下结论", "too few to conclude anything"),
    }
)


def rate(counted: Counted) -> str:
    """Per 100 returns with its interval."""
    if counted.per_100 is None:
        return _("not known")
    return f"{counted.per_100:.1f} ({counted.low:.1f}–{counted.high:.1f})"


def times(ratio: Ratio | None) -> str:
    """How many times the others' rate, with its interval."""
    if ratio is None:
        return ""
    high = "∞" if ratio.high is None else f"{ratio.high:.1f}"
    return f"{'∞' if ratio.times is None else f'{ratio.times:.1f}'} ({ratio.low:.1f}–{high})"


def chance(value: float | None) -> str:
    """A chance to three places."""
    if value is None:
        return ""
    return "< 0.001" if value < 0.001 else f"{value:.3f}"


def summary(found: Agencies) -> str:
    """How many agencies there are, and how many stand out."""
    return _(
        "%(count)s agencies prepare returns; %(more)s have more differences than others; %(unfiled)s have no filing.",
        count=len(found.compared),
        more=sum(one.verdict == MORE for one in found.compared),
        unfiled=len(found.unfiled),
    )
