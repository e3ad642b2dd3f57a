"""The way from a pool to the exchange: stages, the order they may come in, and the ways out.

The stages and their order are those of the exchanges'
and the regulator's procedures (tutoring: 证监会公告〔2021〕23号, revised 2024-03-15; examination: the review rules
of each exchange). Months are typical, of low confidence, and for display only.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from types import MappingProxyType

from pipeline.language import Label


@dataclass(frozen=True)
class Stage:
    """`event`: the kind of event that entering it is recorded as (None: none). `follows`: what may come next."""

    id: str
    zh: str
    en: str
    event: str | None
    follows: tuple[str, ...]
    typical_months: tuple[float, float]


@dataclass(frozen=True)
class Exit:
    """A way out other than being listed, from the stages `out_of`."""

    id: str
    zh: str
    en: str
    out_of: tuple[str, ...]
    event: str | None


FIRST, LAST = "nurture", "listed"
#: Without share reform or advisers there is no tutoring; either may come first.
_STAGES = (
    Stage("nurture", "培育（已入库）", "nurture (in a pool)", None, ("advisers", "share_reform"), (6, 36)),
    Stage("advisers", "签约中介", "advisers signed", "advisers_signed", ("share_reform", "tutoring_filed"), (3, 9)),
    Stage("share_reform", "股改", "share reform", "share_reform", ("advisers", "tutoring_filed"), (3, 9)),
    Stage("tutoring_filed", "辅导备案", "tutoring filed", "tutoring_filed", ("tutoring_accepted",), (3, 12)),
    Stage("tutoring_accepted", "辅导验收", "tutoring accepted", "tutoring_accepted", ("filed",), (0.5, 2)),
    Stage("filed", "申报受理", "application accepted", "filed", ("inquiry",), (0.2, 0.5)),
    Stage("inquiry", "问询", "inquiry", "inquiry", ("committee",), (4, 14)),
    Stage(
        "committee",
        "过会",
        "listing committee passed",
        "listing_committee_passed",
        ("registration_submitted",),
        (0.5, 1),
    ),
    Stage(
        "registration_submitted",
        "提交注册",
        "registration submitted",
        "registration_submitted",
        ("registered",),
        (0.5, 3),
    ),
    Stage("registered", "注册生效", "registered", "registered", ("listed",), (0.5, 3)),
    Stage("listed", "上市", "listed", "listed", (), (0, 0)),
)
STAGES: Mapping[str, Stage] = MappingProxyType({stage.id: stage for stage in _STAGES})
_PLACE = {stage.id: place for place, stage in enumerate(_STAGES)}
_BEFORE_LISTING = tuple(stage.id for stage in _STAGES[:-1])
_UNDER_REVIEW = ("filed", "inquiry", "committee")

_EXITS = (
    Exit("pool_exit", "出库", "left the pool", ("nurture", "advisers", "share_reform"), None),
    Exit(
        "tutoring_terminated",
        "终止辅导",
        "tutoring ended",
        ("tutoring_filed", "tutoring_accepted"),
        "tutoring_terminated",
    ),
    Exit("withdrawn", "撤回申请", "application withdrawn", (*_UNDER_REVIEW, "registration_submitted"), "withdrawn"),
    Exit("terminated", "终止审核", "examination ended", _UNDER_REVIEW, "terminated"),
    # "committee" means passed, so a veto finds the case in the inquiry; registration may be refused later.
    Exit("rejected", "否决或不予注册", "rejected", ("inquiry", "committee", "registration_submitted"), "rejected"),
    Exit("registration_lapsed", "注册批文失效", "registration lapsed", ("registered",), "registration_lapsed"),
    Exit("acquired", "被上市公司并购", "acquired by a listed firm", _BEFORE_LISTING, "acquired"),
    Exit("moved_away", "迁出本市", "moved away", _BEFORE_LISTING, None),
    Exit("closed_down", "停业注销", "closed down", _BEFORE_LISTING, None),
)
EXITS: Mapping[str, Exit] = MappingProxyType({way.id: way for way in _EXITS})

#: Every kind of event that a file or an officer states, with its names.
EVENTS: Mapping[str, Label] = MappingProxyType(
    {
        "established": Label("设立", "established"),
        **{stage.event: Label(stage.zh, stage.en) for stage in _STAGES if stage.event},
        "share_reform": Label("完成股改", "share reform"),
        "filed": Label("申报受理", "application accepted"),
        "regional_board_listed": Label("区域股权市场挂牌", "listed on a regional board"),
        "regional_board_delisted": Label("区域股权市场摘牌", "left a regional board"),
        "neeq_listed": Label("新三板挂牌", "listed on NEEQ"),
        "neeq_delisted": Label("新三板摘牌", "left NEEQ"),
        "neeq_innovation_tier": Label("进入新三板创新层", "NEEQ innovation tier"),
        "board_resolution": Label("董事会决议", "board resolution"),
        "shareholder_resolution": Label("股东大会决议", "shareholders' resolution"),
        "prospectus_signed": Label("签署招股书", "prospectus signed"),
        "subscription": Label("网上申购", "subscription"),
        **{way.event: Label(way.zh, way.en) for way in _EXITS if way.event},
        "suspended": Label("中止审核", "examination suspended"),
    }
)


def reached(stage: str, other: str) -> bool:
    """Whether `stage` is as far along as `other`, or further."""
    return _PLACE[stage] >= _PLACE[other]


def outcomes_from(stage: str) -> tuple[str, ...]:
    """The ways out that are open in this stage, in the order of EXITS."""
    return tuple(way.id for way in _EXITS if stage in way.out_of)


def stage_after(kinds: Iterable[str]) -> str:
    """Where a firm stands after these events, given in the order in which they happened.

    The furthest stage since the last way out; what share reform and advisers have built survives one.
    """
    stage_of = {stage.event: stage.id for stage in _STAGES if stage.event}
    ways_out = {way.event for way in _EXITS if way.event}
    built, now = FIRST, FIRST
    for kind in kinds:
        if kind in ways_out:
            now = built
        elif kind in stage_of:
            now = max(now, stage_of[kind], key=_PLACE.__getitem__)
            if now in ("advisers", "share_reform"):
                built = now
    return now
