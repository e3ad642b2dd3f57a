"""What districts and firms of the made-up city declare: nominations and applications as plausible as its firms.

Advisers and people are inventions with the mark of one in their name.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np

from pipeline.declarations.content import ADVISER_ROLES, BROKER, Adviser, Application
from pipeline.districts import DISTRICTS
from pipeline.synthetic_city import names

MADE_UP = "（虚构）"
#: So many of the firms of a district that are asked about declare something; so many of them both, or nominated alone.
SHARE, BOTH, NOMINATED = 0.9, 0.75, 0.5
_DAYS_BACK = 300
#: Board -> weight; None: not said yet.
_BOARDS: Mapping[str | None, float] = {
    "bse": 0.45,
    "chinext": 0.25,
    "star": 0.12,
    "main": 0.10,
    "hkex": 0.03,
    None: 0.05,
}
_KINDS_OF_ADVISERS = {BROKER: "证券", "law_firm": "律师事务所", "auditor": "会计师事务所"}
_REASONS = (
    "主营产品在细分市场领先，近三年收入持续增长，实际控制人上市意愿明确。",
    "属本地重点产业链企业，财务已由会计师事务所审计，区里已走访核实。",
    "研发投入占比高，已获专精特新认定，拟引入外部投资者。",
    "历史沿革清晰，正在规范社保与关联交易，建议纳入培育。",
    "订单充足，新厂房年内投产，具备申报条件后拟启动股改。",
)
_SURNAMES, _GIVEN = "岑冯伍谭梁黄陈林区甄", ("砚秋", "景澜", "知行", "望舒", "霁云", "予安", "清和", "书宁")


@dataclass(frozen=True)
class MadeUpDeclaration:
    """One to be entered from paper: a nomination has its reason `why`, an application its `application`."""

    firm_id: str
    kind: str  # nomination, application
    declared_on: date
    declared_by: str  # who signed the paper
    why: str | None = None
    application: Application | None = None


def made_up_declarations(
    firm_ids_by_district: Mapping[str, Sequence[str]], as_of: date, rng: np.random.Generator
) -> Iterator[MadeUpDeclaration]:
    """Nominations and applications of some firms of each district, by their days, none after `as_of`; the same
    generator gives the same. Of a firm there is at most one of a kind: a nomination, an application, or both."""
    made: list[MadeUpDeclaration] = []
    for district in sorted(firm_ids_by_district):
        firms = sorted(firm_ids_by_district[district])
        count = round(SHARE * len(firms))
        for place in sorted(rng.choice(len(firms), size=count, replace=False)) if count else ():
            both, nominated = rng.random() < BOTH, rng.random() < NOMINATED
            day = as_of - timedelta(days=int(rng.integers(20, _DAYS_BACK)))
            if both or nominated:
                made.append(_nomination(firms[place], district, day, rng))
            if both or not nominated:
                made.append(_application(firms[place], day + timedelta(days=int(rng.integers(0, 20))), rng))
    return iter(sorted(made, key=lambda one: (one.declared_on, one.firm_id, one.kind)))


def _nomination(firm_id: str, district: str, day: date, rng: np.random.Generator) -> MadeUpDeclaration:
    bureau = (DISTRICTS[district].zh if district in DISTRICTS else district) + "金融办" + MADE_UP
    return MadeUpDeclaration(firm_id, "nomination", day, bureau, why=str(rng.choice(_REASONS)))


def _application(firm_id: str, day: date, rng: np.random.Generator) -> MadeUpDeclaration:
    boards = list(_BOARDS)
    board = boards[rng.choice(len(boards), p=list(_BOARDS.values()))]
    filing = day + timedelta(days=int(rng.integers(365, 3 * 365)))
    reform = day + timedelta(days=int(rng.integers(60, 330))) if rng.random() < 0.7 else None
    who = _person(rng)
    application = Application(
        intends_to_list=True,
        target_board=board,
        reform_on=reform,
        filing_on=filing if board is not None or rng.random() < 0.5 else None,
        advisers=tuple(_advisers(day, rng)),
        contact_name=who,
        contact_phone=f"0000-000{int(rng.integers(10_000)):04d}",
        truth=True,
    )
    return MadeUpDeclaration(firm_id, "application", day, who, application=application)


def _advisers(day: date, rng: np.random.Generator) -> Iterator[Adviser]:
    """Some firms have a broker first, then the others; half of the advisers have signed."""
    if rng.random() < 0.45:
        return
    coined = names.brands(len(ADVISER_ROLES), rng)
    for brand, (role, what) in zip(coined, _KINDS_OF_ADVISERS.items(), strict=True):
        if role == BROKER or rng.random() < 0.6:
            signed = day - timedelta(days=int(rng.integers(5, 240))) if rng.random() < 0.5 else None
            yield Adviser(role, f"{brand}{what}{MADE_UP}", signed)


def _person(rng: np.random.Generator) -> str:
    return _SURNAMES[rng.integers(len(_SURNAMES))] + str(rng.choice(_GIVEN)) + MADE_UP
