"""The papers of the two pools in the form that Chinese offices use: the decision, the list, the letter that asks a
department, the public notice, and the half-yearly report of changes.

    pipeline.pool_history.published ──► fields_of ──► paper_templates.py
                             └─► list_rows, change_tables ──► pool_workbooks.py

`paper` is a pure function of what is told and a template. Papers are in Chinese, whoever prints them; workbooks are in
the language of their reader.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from sqlalchemy.orm import Session

from dashboard.components import terms
from dashboard.reports import paper_templates
from pipeline import demo_data
from pipeline.accounts.departments import department_name
from pipeline.accounts.people import Person
from pipeline.language import CHINESE, Label, pick, speaking
from pipeline.language import gettext as _
from pipeline.pool_history import published
from pipeline.pool_history.published import Asked, ChangesBetween, Decided, Listed, Noticed
from pipeline.pools.model import GOLDEN, SEED
from pipeline.pools.reviews import Member

Told = Decided | Asked | Noticed | ChangesBetween

#: What becomes of a firm, as a paper says it.
MATTERS: Mapping[str, Label] = {
    "enter": Label("新入库", "entry"),
    "promote": Label("晋级金种子库", "promotion to the golden-seed pool"),
    "renew": Label("续期", "renewal"),
    "demote": Label("调回种子库", "back to the seed pool"),
    "exit": Label("调出", "exit"),
}
_BLANK_NUMBER = "　　〔　　　　〕　　号"
_BLANK_OFFICE = "＿＿＿＿＿＿＿＿"


@dataclass(frozen=True)
class Office:
    """Who issues the papers. `name` None: a blank to be written in; `templates`: a folder with templates of its own."""

    name: str | None = None
    templates: Path | None = None


# --- papers ----------------------------------------------------------------------------------------


def told(session: Session, kind: str, review: int, department: str | None, person: Person) -> Decided | Asked | Noticed:
    """What a paper of a review tells to this person. Raises NotFound where there is nothing to tell yet, NotAllowed."""
    if kind == "opinion":
        return published.asked(session, review, department, person)
    return (
        published.noticed(session, review, person) if kind == "notice" else published.decided(session, review, person)
    )


def paper(kind: str, what: Told, office: Office, made_up: bool, person: Person, template: Path | None = None) -> bytes:
    """A paper as DOCX. `kind`: one of paper_templates.KINDS; `template`: instead of the office's and the project's;
    `made_up`: the firms are those of the demonstration, which stands above everything. Raises WrongTemplate."""
    with speaking(CHINESE):
        fields = fields_of(what, office, person)
        notice = _(demo_data.NOTICE) if made_up else ""
        file = template or paper_templates.template_of(kind, office.templates)
        return paper_templates.filled(file, fields, notice)


def fields_of(what: Told, office: Office, person: Person) -> dict[str, Any]:
    """Everything that a template can ask for, by its name."""
    name = office.name or _BLANK_OFFICE
    shared = {"发文单位": name, "发文字号": _BLANK_NUMBER, "范围": terms.district(person.district_code)}
    if isinstance(what, ChangesBetween):
        return {**shared, **_of_changes(what)}
    shared["评审日期"] = in_words(what.as_of)
    if isinstance(what, Decided):
        before = {"已征求意见": what.asked, "已公示": what.noticed}
        return {**shared, **before, "成文日期": in_words(what.on), **_by_pool(what.firms)}
    firms = {"名单": _numbered(what.firms), "家数": len(what.firms)}
    if isinstance(what, Asked):
        return {
            **shared,
            **firms,
            "成文日期": in_words(what.asked_on),
            "部门": department_name(what.department),
            "反馈截止日期": in_words(what.due_on),
        }
    return {
        **shared,
        **firms,
        "成文日期": in_words(what.begins_on),
        "公示开始": in_words(what.begins_on),
        "公示截止": in_words(what.ends_on),
        "工作日数": what.working_days,
    }


def in_words(day: date) -> str:
    """A day as a paper writes it."""
    return f"{day.year}年{day.month}月{day.day}日"


def _by_pool(firms: Sequence[Listed]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name, pool in (("金种子库", GOLDEN), ("种子库", SEED), ("调出", None)):
        mine = [firm for firm in firms if firm.to_pool == pool]
        found |= {f"{name}名单": _numbered(mine), f"{name}家数": len(mine)}
    return found


def _numbered(firms: Sequence[Listed]) -> list[dict[str, Any]]:
    return [
        {
            "序号": number,
            "企业名称": firm.name,
            "统一社会信用代码": firm.firm_id,
            "所在区县": terms.district(firm.district_code),
            "事项": matter(firm),
            "日期": "" if firm.on is None else firm.on.isoformat(),
            "原因": reasons_of(firm),
        }
        for number, firm in enumerate(firms, start=1)
    ]


def matter(firm: Listed) -> str:
    return pick(MATTERS[firm.action]) if firm.action in MATTERS else firm.action


def reasons_of(firm: Listed) -> str:
    """Why it was proposed and why it was decided so; what says nothing is left out."""
    return " ".join(part for part in (str(firm.reason) if firm.reason.msgid else "", firm.why) if part)


# --- the report of changes -------------------------------------------------------------------------


@dataclass(frozen=True)
class Balance:
    """One pool or district between the two days. Of a pool `entries` are from outside; `promotions` come into the
    golden-seed pool and leave the seed pool, `demotions` the other way round."""

    name: str
    before: int
    entries: int
    promotions: int
    renewals: int
    demotions: int
    exits: int
    after: int


def balances(what: ChangesBetween) -> tuple[list[Balance], list[Balance]]:
    """By pool, and by district."""
    pools = [
        _balance(
            terms.pool(pool),
            [member for member in what.before if member.pool == pool],
            [one for one in what.changes if pool in (one.from_pool, one.to_pool)],
            [member for member in what.after if member.pool == pool],
        )
        for pool in (SEED, GOLDEN)
    ]
    codes = {one.district_code or "" for one in (*what.before, *what.after)}
    codes |= {one.district_code or "" for one in what.changes}
    districts = [
        _balance(
            terms.district(code) or _("District unknown"),
            [member for member in what.before if (member.district_code or "") == code],
            [one for one in what.changes if (one.district_code or "") == code],
            [member for member in what.after if (member.district_code or "") == code],
        )
        for code in sorted(codes, key=lambda code: (code == "", code))
    ]
    return pools, districts


def _balance(name: str, before: Sequence[Member], changes: Sequence[Listed], after: Sequence[Member]) -> Balance:
    counts = Counter(one.action for one in changes)
    return Balance(
        name=name,
        before=len(before),
        entries=counts["enter"],
        promotions=counts["promote"],
        renewals=counts["renew"],
        demotions=counts["demote"],
        exits=counts["exit"],
        after=len(after),
    )


def _of_changes(what: ChangesBetween) -> dict[str, Any]:
    def rows(found: Sequence[Balance]) -> list[dict[str, Any]]:
        names = ("名称", "期初", "新入库", "晋级", "续期", "降级", "出库", "期末")
        return [dict(zip(names, vars(one).values(), strict=True)) for one in found]

    pools, districts = balances(what)
    stayed = [
        {
            "序号": number,
            "企业名称": member.firm_name or member.firm_id,
            "统一社会信用代码": member.firm_id,
            "所在区县": terms.district(member.district_code),
            "所在库": terms.pool(member.pool),
        }
        for number, member in enumerate(what.stayed, start=1)
    ]
    return {
        "起始日": in_words(what.first),
        "截止日": in_words(what.last),
        "成文日期": "　　　　年　　月　　日",
        "期初家数": len(what.before),
        "期末家数": len(what.after),
        "均在库家数": len(stayed),
        "分库统计": rows(pools),
        "分区县统计": rows(districts),
        "变动名单": _numbered(what.changes),
        "均在库名单": stayed,
    }
