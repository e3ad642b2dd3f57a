"""The way from a pool to the exchange: stages, the order they may come in, and the ways out.

The stages and their order are those of the exchanges'
and the regulator's procedures (tutoring: 证监会公告〔2021〕23号, revised 2024-03-15; examination: the review rules
of each exchange). Months are typical, of low confidence, and for display only.
"""

from collections.abc import Iterable, Mapping, Sequence
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
_DAYS_IN_A_MONTH = 365.25 / 12
#: Without share reform or advisers there is no tutoring; either may come first. That the regulator has accepted the
#: tutoring filing, a few days after it, is often written down by nobody: tutoring can be passed without it.
_STAGES = (
    Stage("nurture", "培育（已入库）", "nurture (in a pool)", None, ("advisers", "share_reform"), (6, 36)),
    Stage("advisers", "签约中介", "advisers signed", "advisers_signed", ("share_reform", "tutoring_filed"), (3, 9)),
    Stage("share_reform", "股改", "share reform", "share_reform", ("advisers", "tutoring_filed"), (3, 9)),
    Stage(
        "tutoring_filed",
        "辅导备案",
        "tutoring filed",
        "tutoring_filed",
        ("tutoring_accepted", "tutoring_passed"),
        (0.1, 0.5),
    ),
    Stage(
        "tutoring_accepted",
        "辅导备案受理",
        "tutoring filing accepted",
        "tutoring_accepted",
        ("tutoring_passed",),
        (3, 12),
    ),
    Stage("tutoring_passed", "辅导验收", "tutoring passed", "tutoring_passed", ("filed",), (0.5, 2)),
    Stage("filed", "申报", "application filed", "filed", ("accepted",), (0.1, 0.5)),
    Stage("accepted", "受理", "application accepted", "accepted", ("inquiry",), (0.2, 0.5)),
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
_UNDER_REVIEW = ("filed", "accepted", "inquiry", "committee")

_EXITS = (
    Exit("pool_exit", "出库", "left the pool", ("nurture", "advisers", "share_reform"), None),
    Exit(
        "tutoring_terminated",
        "终止辅导",
        "tutoring ended",
        ("tutoring_filed", "tutoring_accepted", "tutoring_passed"),
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


@dataclass(frozen=True)
class EventKind:
    """A kind of event. `meaning`: what has happened then; `place`: the stage of the way, or the way out, at which it
    falls; `moves`: it is what brings a firm to that stage, or out."""

    id: str
    zh: str
    en: str
    meaning: Label
    place: str
    moves: bool


#: What has happened when a stage's or an exit's own event is stated.
_MEANINGS: Mapping[str, Label] = {
    "advisers_signed": Label(
        "与保荐券商等中介机构签订上市服务协议", "agreements signed with the sponsor and other advisers"
    ),
    "share_reform": Label("整体变更为股份有限公司", "converted into a company limited by shares"),
    "tutoring_filed": Label(
        "辅导机构向证监局报送辅导备案材料", "the sponsor has handed the tutoring filing to the local regulator"
    ),
    "tutoring_accepted": Label(
        "证监局受理辅导备案，辅导期自此起算；并非辅导验收",
        "the local regulator has accepted the tutoring filing, which begins the tutoring; it has not been passed yet",
    ),
    "tutoring_passed": Label(
        "证监局完成辅导验收，出具验收工作完成函", "the local regulator has examined the tutoring and passed it"
    ),
    "filed": Label(
        "向交易所报送发行上市申请文件，尚待受理", "the application has been sent to the exchange, not accepted yet"
    ),
    "accepted": Label("交易所受理发行上市申请", "the exchange has accepted the application for examination"),
    "inquiry": Label("交易所发出首轮审核问询", "the exchange has asked its first questions"),
    "listing_committee_passed": Label("上市委员会审议通过", "the listing committee has passed the application"),
    "registration_submitted": Label(
        "交易所向证监会提交注册", "the exchange has submitted the application to the CSRC for registration"
    ),
    "registered": Label("证监会同意注册", "the CSRC has agreed to the registration"),
    "listed": Label("股票在交易所上市交易", "the shares are traded on the exchange"),
    "tutoring_terminated": Label("辅导终止，企业退出辅导", "the tutoring has ended without being passed"),
    "withdrawn": Label("企业或保荐人撤回发行上市申请", "the firm or its sponsor has withdrawn the application"),
    "terminated": Label("交易所终止审核", "the exchange has ended the examination"),
    "rejected": Label(
        "上市委员会否决，或证监会不予注册", "vetoed by the listing committee, or not registered by the CSRC"
    ),
    "registration_lapsed": Label(
        "注册批文有效期届满未发行", "the registration has run out before the shares were issued"
    ),
    "acquired": Label("被上市公司收购", "taken over by a listed firm"),
}
#: What happens beside the way: it brings a firm to no stage.
_BESIDE = (
    ("established", "设立", "established", "nurture", Label("企业登记设立", "the firm was registered")),
    (
        "regional_board_listed",
        "区域股权市场挂牌",
        "listed on a regional board",
        "nurture",
        Label("在区域性股权市场挂牌", "quoted on a regional equity market"),
    ),
    (
        "regional_board_delisted",
        "区域股权市场摘牌",
        "left a regional board",
        "nurture",
        Label("在区域性股权市场终止挂牌", "no longer quoted on a regional equity market"),
    ),
    (
        "neeq_listed",
        "新三板挂牌",
        "listed on NEEQ",
        "share_reform",
        Label("在全国中小企业股份转让系统挂牌", "quoted on NEEQ, the national market for smaller firms"),
    ),
    (
        "neeq_innovation_tier",
        "进入新三板创新层",
        "NEEQ innovation tier",
        "share_reform",
        Label("在新三板由基础层调入创新层，或直接进入创新层", "quoted in NEEQ's innovation tier"),
    ),
    (
        "neeq_delisted",
        "新三板摘牌",
        "left NEEQ",
        "share_reform",
        Label("在新三板终止挂牌", "no longer quoted on NEEQ"),
    ),
    (
        "board_resolution",
        "董事会决议",
        "board resolution",
        "tutoring_passed",
        Label("董事会审议通过发行上市议案", "the board of directors has resolved to apply for a listing"),
    ),
    (
        "shareholder_resolution",
        "股东大会决议",
        "shareholders' resolution",
        "tutoring_passed",
        Label("股东（大）会审议通过发行上市议案", "the shareholders have resolved to apply for a listing"),
    ),
    (
        "suspended",
        "中止审核",
        "examination suspended",
        "inquiry",
        Label("交易所中止审核，可恢复", "the exchange has suspended the examination; it can go on"),
    ),
    (
        "prospectus_signed",
        "签署招股书",
        "prospectus signed",
        "registered",
        Label("签署招股说明书，启动发行", "the prospectus is signed and the offer begins"),
    ),
    (
        "subscription",
        "网上申购",
        "subscription",
        "registered",
        Label("网上发行申购日", "the day on which investors subscribe"),
    ),
)
#: How the event of a stage is called where its name differs from the stage's.
_EVENT_NAMES: Mapping[str, Label] = {"share_reform": Label("完成股改", "share reform")}


def _kinds() -> dict[str, EventKind]:
    kinds = [EventKind(id_, zh, en, meaning, place, False) for id_, zh, en, place, meaning in _BESIDE]
    for moves in (*_STAGES, *_EXITS):
        if moves.event is not None:
            name = _EVENT_NAMES.get(moves.event, moves)
            kinds.append(EventKind(moves.event, name.zh, name.en, _MEANINGS[moves.event], moves.id, True))
    return {kind.id: kind for kind in kinds}


#: Every kind of event that a file or an officer can state. Column maps yield these and no others.
EVENTS: Mapping[str, EventKind] = MappingProxyType(_kinds())
#: The stage that an event brings a firm to; the kinds of event that lead out.
STAGE_OF: Mapping[str, str] = MappingProxyType({stage.event: stage.id for stage in _STAGES if stage.event})
#: After these nothing is left to tutor.
_FOR_GOOD = frozenset({"acquired"})
#: What survives a way out.
BUILT = ("advisers", "share_reform")
WAYS_OUT = frozenset(way.event for way in _EXITS if way.event)


def reached(stage: str, other: str) -> bool:
    """Whether `stage` is as far along as `other`, or further."""
    return _PLACE[stage] >= _PLACE[other]


def times_typical(stage: str, days: int) -> float:
    """How many times the longest typical stay in the stage this is: 1.0 is the end of what is typical; 0.0 for the
    last stage, in which nobody waits."""
    longest = STAGES[stage].typical_months[1] * _DAYS_IN_A_MONTH
    return days / longest if longest else 0.0


def outcomes_from(stage: str) -> tuple[str, ...]:
    """The ways out that are open in this stage, in the order of EXITS."""
    return tuple(way.id for way in _EXITS if stage in way.out_of)


def ways_back_from(stage: str) -> tuple[str, ...]:
    """The ways out after which a firm may stay in tutoring and begin again: those that share reform and advisers
    survive, and that do not take the firm away."""
    return tuple(way for way in outcomes_from(stage) if EXITS[way].event is not None and way not in _FOR_GOOD)


def stage_after(kinds: Iterable[str]) -> str:
    """Where a firm stands after these events, given in the order in which they happened.

    The furthest stage since the last way out; what share reform and advisers have built survives one.
    """
    return max((STAGE_OF[kind] for kind in counting(list(kinds))), key=_PLACE.__getitem__, default=FIRST)


def counting(kinds: Sequence[str]) -> list[str]:
    """The kinds that bring a firm to where it stands now, of all that happened in this order."""
    return [kinds[place] for place in places_that_count(kinds)]


def places_that_count(kinds: Sequence[str]) -> list[int]:
    """Which of these events, by place, bring a firm to where it stands: those of stages since the last way out, and
    what share reform and advisers have built before it."""
    last_out = max((place for place, kind in enumerate(kinds) if kind in WAYS_OUT), default=-1)
    return [
        place for place, kind in enumerate(kinds) if kind in STAGE_OF and (place > last_out or STAGE_OF[kind] in BUILT)
    ]
