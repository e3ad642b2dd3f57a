"""Tutoring in the demo: cases follow their events, mentors visit, advisers are named and judged, tasks set, problems
recorded.

Everything here is made up; the advisers are called by what they do, so that nobody takes them for real ones.
"""

from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING

from sqlalchemy import select
from sqlalchemy.orm import Session

from pipeline.accounts import people
from pipeline.accounts.people import Person
from pipeline.accounts.roles import Role
from pipeline.demo_data import FILE_MARK
from pipeline.districts import DISTRICTS
from pipeline.language import gettext as _
from pipeline.store.tables import Account, Case, Visit
from pipeline.tutoring.mentors import leaders
from pipeline.tutoring.stages import EXITS

if TYPE_CHECKING:
    from pipeline.tutoring.cases import CaseLine

OFFICER = "officer"


def follow_events(session: Session, today: date, now: datetime) -> None:
    """The cases stand where the events of the city have brought their firms since the reviews.

    A case whose tutoring or examination has ended is closed by a person; the firm, which is still in its pool, gets a
    new one where it stands now.
    """
    from pipeline.tutoring import cases

    officer = people.person_from(session.scalars(select(Account).where(Account.name == OFFICER)).one())
    cases.catch_up(session, officer, today, now=now)
    for line in cases.open_cases(session, officer, today):
        stated = line.says_otherwise
        if stated is None or stated.way_out is None:
            continue
        ended, why = stated.way_out, _("Demo: as the city's record of stages states.")
        outcome = next(name for name, way in EXITS.items() if way.event == ended.kind)
        cases.close_case(session, officer, line.case.id, outcome, why, ended.occurred_on, now=now)
        cases.open_case(session, officer, line.firm_id, ended.occurred_on, now=now)
    cases.catch_up(session, officer, today, now=now)


def tutor(session: Session, as_of: date, today: date, now: datetime) -> None:
    """Visits to the firms in the pools, with next steps: some done, some due, some overdue; who advises them, what is
    to be done, and what hinders them."""
    from pipeline.tutoring import cases, visits

    if session.scalar(select(Visit.id).limit(1)):
        return
    officer = people.person_from(session.scalars(select(Account).where(Account.name == OFFICER)).one())
    lines = cases.open_cases(session, officer, today)
    mentors = {district: _mentor(session, district, now) for district in {line.district_code for line in lines}}
    for place, line in enumerate(lines):
        mentor = mentors[line.district_code]
        cases.assign_mentor(session, officer, line.case.id, mentor.id, now=now)
        if place >= len(_VISITS) * 4:
            continue
        findings, step = _VISITS[place // 3 % len(_VISITS)]
        visited_on = max(line.case.opened_on, min(today, as_of + timedelta(days=30))) + timedelta(days=place % 20)
        if visited_on > today:
            continue
        # Every third step is overdue today, every third comes due in the next days, every third is done.
        due_on = today + timedelta(days=(-2 - 3 * (place // 3 % 7), 1 + 2 * (place // 3 % 7), 20)[place % 3])
        if due_on < visited_on:
            due_on = visited_on + timedelta(days=14)
        visit = visits.record_visit(session, mentor, line.firm_id, visited_on, findings, step, due_on, now=now)
        if place % 3 == 2:
            visits.finish_step(session, mentor, visit.id, min(today, due_on), now=now)
    _advise_and_plan(session, lines, mentors, today, now)
    _hinder(session, lines, mentors, today, now)
    _judge_advisers(session, officer, today, now)


def _advise_and_plan(
    session: Session, lines: Sequence["CaseLine"], mentors: Mapping[str | None, Person], today: date, now: datetime
) -> None:
    """Who advises the firms that have come so far, and what the firms are to do until when."""
    from pipeline.tutoring import cases
    from pipeline.tutoring.tasks import tasks

    for place, line in enumerate(lines):
        mentor = mentors[line.district_code]
        if line.case.stage != "nurture":
            names = {kind: names[place % len(names)] for kind, names in _ADVISERS.items()}
            signed = min(max(line.case.opened_on, line.case.stage_since), today)
            cases.name_advisers(session, mentor, line.case.id, names, signed, now=now)
        if place % 6 == 0:
            what, months = _TASKS[place // 6 % len(_TASKS)]
            due = today + timedelta(days=10 + place)
            tasks.add_task(
                session, mentor, line.firm_id, what, due, now=now, for_firm=months is None, repeats_months=months
            )


def _hinder(
    session: Session, lines: Sequence["CaseLine"], mentors: Mapping[str | None, Person], today: date, now: datetime
) -> None:
    """What hinders some of the firms, whose it is to solve, and by when: some of it overdue."""
    from pipeline.tutoring.problems import problems

    by_district: dict[str | None, list[CaseLine]] = {}
    for line in lines:
        by_district.setdefault(line.district_code, []).append(line)
    for place, ((kind, department, text), (district, of_it)) in enumerate(
        zip(_PROBLEMS, by_district.items(), strict=False)
    ):
        hindered = of_it[: 1 + place % 2]  # every second one is a problem of two firms
        opened = max(min(today, *(line.case.opened_on for line in hindered)), today - timedelta(days=40 + 30 * place))
        due = max(opened, today + timedelta(days=25 * place - 60))
        firms = [line.firm_id for line in hindered]
        problems.record_problem(session, mentors[district], firms, kind, text, department, due, opened, now=now)


def _look_at_agencies(session: Session, officer: Person, today: date, now: datetime) -> None:
    """All but one of the agencies that prepare returns are filed, returns are drawn for a spot check, and whoever has
    more differences than the others is told that it is to go on the negative list."""
    from pipeline.advisers import register, spot_checks
    from pipeline.advisers.register import Filing
    from pipeline.agencies import listings
    from pipeline.agencies.comparing import MORE
    from pipeline.agencies.standing import agencies

    known = listings.agencies_of_register(session, officer, today)
    for place, (number, _name) in enumerate(known[1:], start=1):
        filing = Filing("bureau", f"DEMO-F-{place:02}", date(today.year - 1, 2, 1), date(today.year + 1, 12, 31))
        register.file(session, officer, number, filing, now=now)
    if not known:
        return
    size = 2 * len(known)
    spot_checks.draw_check(session, officer, "returns", "agency", size, "代编申报抽查（演示）", today, now=now)
    for one in agencies(session, officer, today).compared:
        if one.verdict == MORE and one.adviser_id is not None:
            why, evidence = "代编申报的数据与其他来源多处不符", "演示材料：比对清单第 1 号"
            ends = date(today.year + 2, 1, 1)
            listings.propose(
                session, officer, one.adviser_id, why, evidence, ends, today, now=now, staff="周某某（演示）"
            )


def _judge_advisers(session: Session, officer: Person, today: date, now: datetime) -> None:
    """The register of advisers: who prepares returns, filings, evaluations, one on the negative list, a spot check."""
    from pipeline.advisers import evaluations, register, spot_checks
    from pipeline.advisers.differences import unregistered
    from pipeline.advisers.register import Filing
    from pipeline.store.tutoring_tables import Adviser, Engagement
    from pipeline.tutoring.negative_list import entries

    for name in unregistered(session, officer, today):
        register.register(session, officer, "agency", name, now=now)
    year = today.year
    _look_at_agencies(session, officer, today, now)
    filed = date(year - 1, 3, 1)
    signed: dict[int, list[str]] = {}
    agreements = select(Engagement.adviser_id, Engagement.firm_id).where(Engagement.ended_on.is_(None))
    for number, firm in session.execute(agreements.order_by(Engagement.id)):
        signed.setdefault(number, []).append(firm)
    kinds = select(Adviser.id, Adviser.kind).where(Adviser.id.in_(signed)).order_by(Adviser.id)
    for place, (number, kind) in enumerate(session.execute(kinds).all()):
        authority = {"broker": "csrc", "law_firm": "moj"}.get(kind, "mof")
        until = date(year + 1, 12, 31) if place % 3 else today - timedelta(days=10)
        filing = Filing(authority, f"DEMO-{year - 1}-{place + 1:02}", filed, until)
        register.file(session, officer, number, filing, now=now)
        grades = dict(zip(evaluations.CRITERIA, (3 + place % 3, 5 - place % 3, 3 + place % 2), strict=True))
        for firm in signed[number][: 4 if place % 2 == 0 else 2]:
            evaluations.evaluate(session, officer, number, firm, year, grades, None, today, now=now)
    if not signed:
        return
    last = max(signed)
    begins, ends = today - timedelta(days=30), today + timedelta(days=335)
    entry = entries.enter(
        session, officer, last, "出具的报告与底稿不符", "演示材料：检查记录第 1 号", begins, ends, now=now
    )
    entries.reply(session, officer, entry.id, "已组织整改，申请复核。", today, now=now)
    check = spot_checks.draw_check(session, officer, "advisers", "kind", 5, "季度随机抽查（演示）", today, now=now)
    drawn = next(seen for seen in spot_checks.spot_checks(session, officer, today) if seen.id == check.id)
    for item, (result, note) in zip(
        drawn.items, (("clean", ""), ("differences", "两处数据与底稿不一致")), strict=False
    ):
        spot_checks.record_result(session, officer, item.id, result, note, today, now=now)


def stand_by(session: Session, account_name: str, now: datetime) -> None:
    """The account is the city leader of the first firms in tutoring; leaders of county and town are names with posts.
    Firms that have leaders keep them."""
    person = people.console(FILE_MARK)
    account = session.scalar(select(Account.id).where(Account.name == account_name))
    first = select(Case.id).where(Case.closed_on.is_(None)).order_by(Case.id).limit(_STOOD_BY)
    numbers = list(session.scalars(first))
    there = leaders.leaders_of(session, numbers)
    for number in numbers:
        if not there[number]:
            leaders.name_leader(session, person, number, "city", account_id=account, post="副市长", now=now)
            for level, name, post in _LEADERS:
                leaders.name_leader(session, person, number, level, name=name, post=post, now=now)


def _mentor(session: Session, district: str | None, now: datetime) -> Person:
    """The officer who looks after the cases of a district; the city's officer where the district has none.

    Nobody knows the password of a mentor's account until an officer sets one.
    """
    name = dict(zip(DISTRICTS, _MENTORS, strict=False)).get(district or "", OFFICER)
    account = session.scalar(select(Account).where(Account.name == name))
    if account is None:
        by, password = people.console(FILE_MARK), people.readable_password()
        account, _ = people.add(session, name, Role.OFFICER, district_code=district, password=password, by=by, now=now)
    return people.person_from(account)


#: So many firms have leaders of three levels: who stands by them beside the account of the city's.
_STOOD_BY = 6
_LEADERS = (("county", "卢慧敏", "副区长"), ("town", "关景行", "镇长"))
#: The officers of the districts in the order of the city's file, made-up names like everything of the demo; of further
#: districts the city's officer looks after the firms.
_MENTORS = ("陈婉仪", "梁志航", "黄敏锐", "伍嘉明", "谭晓岚", "冯启元", "岑静文")
#: What an officer might note: findings, and the next step.
_VISITS = (
    ("股东结构清晰，财务由本地会计师事务所审计，内控制度尚不完整。", "提交内控制度清单"),
    ("主营产品订单稳定，研发费用归集口径与审计不一致。", "请会计师事务所核对研发费用"),
    ("已与券商接触，尚未签约；历史沿革有一次代持。", "取得代持解除的确认文件"),
    ("计划今年完成股改，厂房产权证办理中。", "协调不动产登记进度"),
    ("核心技术人员稳定，发明专利申请两项在审。", "跟进专利审查意见答复"),
    ("应收账款账期偏长，经营现金流为负。", "制定回款计划"),
)
#: Advisers by kind.
_ADVISERS = {
    "broker": ("虚构证券甲", "虚构证券乙", "虚构证券丙"),
    "law_firm": ("虚构律师事务所甲", "虚构律师事务所乙"),
    "auditor": ("虚构会计师事务所甲", "虚构会计师事务所乙"),
}
#: What is to be done, and after how many months again; what happens once is for the firm to see.
_TASKS: tuple[tuple[str, int | None], ...] = (
    ("提交近三年审计报告", None),
    ("季度走访", 3),
    ("补齐社保和公积金缴纳说明", None),
    ("核对股东名册与工商登记", None),
)
#: What hinders firms: kind, department, text.
_PROBLEMS = (
    ("land", "natural_resources", "新厂房尚未取得不动产权证，影响资产完整性。"),
    ("social_insurance", "housing_fund", "部分生产人员未缴存公积金，须出具说明并补缴。"),
    ("environment", "ecology", "扩产项目环评批复尚未取得。"),
    ("tax", "tax", "股改涉及的个人所得税分期缴纳备案未办结。"),
    ("shares", None, "设立时存在代持，解除代持的确认文件不全。"),
)
