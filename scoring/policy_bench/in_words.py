"""What the bench found, in sentences: for the command line and the board."""

from collections.abc import Iterator

from pipeline import language
from pipeline.districts import DISTRICTS
from pipeline.language import N_, Label
from pipeline.language import gettext as _
from pipeline.pool_history.proportions import FEW_EVENTS, Share
from pipeline.pools.model import GOLDEN, SEED
from pipeline.tutoring.stages import EVENTS
from scoring.policy_bench.checks import POOLS
from scoring.policy_bench.past_days import LISTS, Chosen, PastDay
from scoring.policy_bench.simulate import Simulation
from scoring.policy_bench.what_if import WhatIf

ACTION_WORDS = {
    "exit": Label("出库", "leaves"),
    "demote": Label("降入种子库", "falls back"),
    "renew": Label("续期", "is renewed"),
    "promote": Label("升入金种子库", "rises"),
    "enter": Label("入库", "enters"),
}
#: Of whom the number of events is told.
_EXPECTED_OF = {
    "entering": Label("新入库和晋级的企业", "those who enter or rise"),
    SEED: Label("种子库（调整后）", "the seed pool afterwards"),
    GOLDEN: Label("金种子库（调整后）", "the golden-seed pool afterwards"),
}
_ALL = Label("两库合计", "both pools")
NOT_IN_IT = N_(
    "The interval counts chance alone, as if every probability were right: an error of the calibration is not in it."
)


def action(name: str) -> str:
    return language.pick(ACTION_WORDS[name])


def event(kind: str) -> str:
    return language.pick(EVENTS[kind]) if kind in EVENTS else kind


def group(by: str, value: str) -> str:
    """A district by its name, a section of industries by its letter."""
    if not value:
        return _("unknown")
    if by == "section":
        return _("section %(letter)s of industries", letter=value)
    return language.pick(DISTRICTS[value]) if value in DISTRICTS else value


def size(pool: str, now: int, after_force: int, after: int, found: WhatIf) -> str:
    return _(
        "%(pool)s: %(now)s firms now, %(after)s of %(places)s places by this policy, %(force)s by the one in force; "
        "%(waiting)s wait",
        pool=language.pick(POOLS[pool]),
        now=now,
        after=after,
        places=(found.policy.seed if pool == SEED else found.policy.golden).cap,
        force=after_force,
        waiting=found.waiting[pool],
    )


def expected(simulation: Simulation) -> Iterator[str]:
    """How many events to expect among whom; without a model, that nobody can say."""
    if simulation.event is None:
        yield _("No model scores the city, so nobody can say how many events to expect.")
        return
    for which, label in _EXPECTED_OF.items():
        found = simulation.expected[which]
        if found.firms:
            yield _(
                "%(whom)s: %(expected)s of %(firms)s firms are expected to have “%(event)s” within %(months)s months "
                "of the scores (95 %%: %(low)s to %(high)s); %(unknown)s have no probability",
                whom=language.pick(label),
                expected=f"{found.expected:.1f}",
                firms=found.firms,
                event=event(simulation.event),
                months=simulation.within_months,
                low=found.low,
                high=found.high,
                unknown=found.firms - found.known,
            )
    yield _(NOT_IN_IT)


def past_day(day: PastDay) -> Iterator[str]:
    """One past day, a line a list."""
    if day.why_not is not None:
        yield str(day.why_not)
        return
    if not day.scored:
        yield language.headed(day.day.isoformat(), str(day.points_from))
    else:
        yield _(
            "%(day)s: %(firms)s firms, points of %(of)s",
            day=day.day.isoformat(),
            firms=day.scored,
            of=day.points_from,
        )
    for chosen in day.lists:
        yield "  " + language.headed(list_name(chosen), language.joined(outcomes(chosen)))


def list_name(chosen: Chosen) -> str:
    pool = _ALL if chosen.pool == "all" else POOLS[chosen.pool]
    count = _("%(count)s firms", count=len(chosen.firms))
    return language.in_brackets(language.pick(LISTS[chosen.which]), language.listed([language.pick(pool), count]))


def outcomes(chosen: Chosen) -> list[str]:
    """What became of the firms of a list; that events are few is said first."""
    if not chosen.firms:
        return [_("nobody chosen")]
    if not chosen.shares:
        return [_("twelve months have not passed yet")]
    few = [_("fewer than %(count)s events, which tell little", count=FEW_EVENTS)] if chosen.few else []
    return few + [
        _("%(event)s within %(months)s months %(share)s", event=event(kind), months=months, share=share_text(each))
        for (kind, months), each in chosen.shares.items()
    ]


def share_text(each: Share) -> str:
    """7/150 = 4.7 % (2.3–9.3 %)."""
    if each.share is None or each.low is None or each.high is None:
        return "—"
    return f"{each.events}/{each.firms} = {each.share:.1%} ({each.low:.1%}–{each.high:.1%})"
