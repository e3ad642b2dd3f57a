"""Made-up nominations and applications, for the demo alone: every name in them says that it is none."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np

from pipeline.declarations.content import Adviser, Application

_BOARDS, _OF_BOARDS = ("bse", "chinext", "main", "star"), (0.5, 0.3, 0.15, 0.05)
_BROKERS = ("演示证券（虚构）", "样例证券（虚构）", "示范证券（虚构）")
_LAW_FIRMS = ("演示律师事务所（虚构）", "样例律师事务所（虚构）")
_AUDITORS = ("演示会计师事务所（虚构）", "样例会计师事务所（虚构）")
_CONTACTS = ("董秘甲", "董秘乙", "财务总监丙")
_REASONS = (
    "主营业务突出，连续两年增长，属本区重点培育企业。",
    "研发投入持续增加，产品进入行业头部客户供应链。",
    "股东上市意愿明确，区里已协助对接中介机构。",
    "财务规范程度较好，历史沿革清晰，推荐进入培育。",
)


@dataclass(frozen=True)
class MadeUp:
    """What is declared of a firm: `why` its district nominates it (None: it does not), what it applies with (None)."""

    firm_id: str
    why: str | None
    application: Application | None


def made_up_declarations(firm_ids: Sequence[str], on: date, seed: int = 0) -> list[MadeUp]:
    """What these firms and their districts declare on a day; the same firms, day and seed give the same."""
    rng = np.random.default_rng([seed, on.toordinal()])
    return [_of_firm(firm, on, rng) for firm in firm_ids]


def _of_firm(firm: str, on: date, rng: np.random.Generator) -> MadeUp:
    nominated, applies, signs, plans = rng.random(4) < (0.75, 0.8, 0.5, 0.9)
    board = str(rng.choice(_BOARDS, p=_OF_BOARDS))
    reform, filing = sorted(rng.integers((60, 420), (700, 1_050)).tolist())
    advisers = [Adviser("broker", str(rng.choice(_BROKERS)), on - timedelta(days=int(rng.integers(5, 300))))]
    advisers += [Adviser("law_firm", str(rng.choice(_LAW_FIRMS))), Adviser("auditor", str(rng.choice(_AUDITORS)))]
    contact, why = str(rng.choice(_CONTACTS)), str(rng.choice(_REASONS))
    application = Application(
        intends_to_list=True,
        target_board=board if plans else None,
        reform_on=on + timedelta(days=reform),
        filing_on=on + timedelta(days=filing) if plans else None,
        advisers=tuple(advisers) if signs else (),
        contact=contact,
        phone="0750-0000000",
        truth=True,
    )
    return MadeUp(firm, why if nominated else None, application if applies else None)
