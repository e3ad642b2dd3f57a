"""What each role may see and do, and to whose firms: one table, ROLES.

A new kind of person (a leader, a mentor, an agency) is a new row of ROLES: nothing else in the program asks for a role
by its name.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType
from typing import ClassVar

from pipeline.language import Label


class Role(str):
    """The key of a row of ROLES; the rows that the code and its tests name have a constant here."""

    __slots__ = ()
    OFFICER: ClassVar["Role"]
    ENTERPRISE: ClassVar["Role"]
    ANALYST: ClassVar["Role"]
    READER: ClassVar["Role"]
    DEPARTMENT: ClassVar["Role"]
    MENTOR: ClassVar["Role"]
    AUDITOR: ClassVar["Role"]
    ADMIN: ClassVar["Role"]
    CONSOLE: ClassVar["Role"]


Role.OFFICER, Role.ENTERPRISE, Role.ANALYST = Role("officer"), Role("enterprise"), Role("analyst")
Role.READER, Role.DEPARTMENT, Role.MENTOR = Role("enterprise_reader"), Role("department"), Role("mentor")
Role.AUDITOR, Role.ADMIN, Role.CONSOLE = Role("auditor"), Role("admin"), Role("console")


class Action(StrEnum):
    SEE_FIRMS = "see_firms"  # facts, rules met and gaps
    SEE_SCORES = "see_scores"  # points, reasons, what would raise them
    SEE_POOLS = "see_pools"
    SEE_PROPOSALS = "see_proposals"
    SEE_CASES = "see_cases"  # stage, mentor, next steps and when they are due
    SEE_FINDINGS = "see_findings"  # what the bureau wrote about a visit
    SEE_PLAN = "see_plan"  # targets, the ladder and what else the city's plan follows, each firm within reach
    SEE_MODELS = "see_models"
    SEE_AUDIT_LOG = "see_trail"
    EXPORT = "export"
    IMPORT = "import"  # of a district: rows of its own firms alone (intake/storing/own_rows.py)
    PROPOSE_POOLS = "propose_pools"
    DECIDE_POOLS = "decide_pools"
    KEEP_REVIEWS = "keep_reviews"  # ask departments, publish a notice, record objections and answers
    ADOPT_POLICY = "adopt_policy"
    NOMINATE = "nominate"  # a district recommends a firm
    APPLY = "apply"  # a firm asks to enter; an officer enters its paper
    SEE_DECLARATIONS = "see_declarations"
    ANSWER_OPINIONS = "answer_opinions"  # of one's own department, names and codes of the firms asked about
    KEEP_CASES = "keep_cases"  # open, stage, mentor, close
    RECORD_VISITS = "record_visits"
    SEE_MESSAGES = "see_messages"  # the thread of a firm
    WRITE_MESSAGES = "write_messages"
    SEE_OBJECTIONS = "see_objections"  # what a firm says is wrong, and what it was answered
    OBJECT = "object"  # for one's own firm; an officer enters its paper
    ANSWER_OBJECTIONS = "answer_objections"
    SEE_RETURNS = "see_returns"  # what firms hand in themselves, and what became of it
    HAND_IN = "hand_in"  # one's own firm's return
    PASS_RETURNS = "pass_returns"  # look at it, and pass it on or give it back
    ACCEPT_RETURNS = "accept_returns"  # it becomes an import
    KEEP_ADVISERS = "keep_advisers"  # the register, its filings, the negative list, spot checks
    NOMINATE_PACESETTERS = "nominate_pacesetters"  # an officer recommends a firm for a year
    KEEP_PACESETTERS = "keep_pacesetters"  # begin a year's choice, publish it, answer objections, decide, revoke
    KEEP_TARGETS = "keep_targets"  # enter the baseline of a target
    KEEP_ACTIVITIES = "keep_activities"  # enter an activity of a firm, withdraw one
    SEE_SUPPORT = "see_support"  # entitlements, claims, pots and payments
    CLAIM_SUPPORT = "claim_support"  # for one's own firm; an officer enters its paper
    REVIEW_SUPPORT = "review_support"  # accept or reject a claim
    GRANT_SUPPORT = "grant_support"  # share out a pot, sign, pay, claw back
    SCORE = "score"
    TRAIN = "train"
    PROMOTE_MODELS = "promote_models"
    MANAGE_PEOPLE = "manage_people"


class Scope(StrEnum):
    """Whose firms an action reaches."""

    OWN_FIRM = "own_firm"
    OWN_CASES = "own_cases"  # the city's firms in whose open case the account is the mentor or a leader
    CITY = "city"  # the city's firms; of a person with a district: the firms of that district
    WHOLE_CITY = "whole_city"  # cannot be done for a part: not open to a person with a district
    EVERY_COHORT = "every_cohort"  # the city and the reference cohorts


@dataclass(frozen=True)
class RolePolicy:
    """Everything that the program asks about a role.

    name: as people read it. may: what it may do, to whose firms; what is not listed may not be done.
    has_account: an account can have it. speaks_for_one_firm: its account belongs to one firm.
    may_have_district: its account may be limited to the firms of one district.
    may_approve: it may sign as the second person of a four-eyes check. opened_by_two: to open, raise or reopen its
    account takes a second person who may approve. of_a_department: its account belongs to one department of the city.
    acts_alone: no four-eyes check applies to what it does.
    """

    name: Label
    may: Mapping[Action, Scope]
    has_account: bool = True
    speaks_for_one_firm: bool = False
    may_have_district: bool = False
    may_approve: bool = False
    opened_by_two: bool = True
    of_a_department: bool = False
    acts_alone: bool = False


#: What may be read of firms, and of what was done about them.
_READING = (
    Action.SEE_FIRMS,
    Action.SEE_SCORES,
    Action.SEE_POOLS,
    Action.SEE_PROPOSALS,
    Action.SEE_CASES,
    Action.SEE_FINDINGS,
    Action.SEE_MESSAGES,
    Action.SEE_OBJECTIONS,
    Action.SEE_RETURNS,
    Action.SEE_DECLARATIONS,
    Action.SEE_PLAN,
    Action.SEE_SUPPORT,
    Action.SEE_MODELS,
    Action.SEE_AUDIT_LOG,
    Action.EXPORT,
)

#: The one table of roles. A new role is a new row here; its pages are those whose action is among its `may`.
ROLES: Mapping[str, RolePolicy] = {
    # Of the bureau; with a district: of that district.
    Role.OFFICER: RolePolicy(
        name=Label("业务人员", "officer"),
        may={
            Action.SEE_FIRMS: Scope.CITY,
            Action.SEE_SCORES: Scope.CITY,
            Action.SEE_POOLS: Scope.CITY,
            Action.SEE_PROPOSALS: Scope.CITY,
            Action.SEE_CASES: Scope.CITY,
            Action.SEE_FINDINGS: Scope.CITY,
            Action.SEE_PLAN: Scope.CITY,
            Action.EXPORT: Scope.CITY,
            Action.DECIDE_POOLS: Scope.CITY,
            Action.NOMINATE: Scope.CITY,
            Action.APPLY: Scope.CITY,
            Action.SEE_DECLARATIONS: Scope.CITY,
            Action.KEEP_CASES: Scope.CITY,
            Action.RECORD_VISITS: Scope.CITY,
            Action.SEE_MESSAGES: Scope.CITY,
            Action.WRITE_MESSAGES: Scope.CITY,
            Action.SEE_OBJECTIONS: Scope.CITY,
            Action.OBJECT: Scope.CITY,
            Action.ANSWER_OBJECTIONS: Scope.CITY,
            Action.SEE_SUPPORT: Scope.CITY,
            Action.CLAIM_SUPPORT: Scope.CITY,
            Action.REVIEW_SUPPORT: Scope.CITY,
            Action.GRANT_SUPPORT: Scope.WHOLE_CITY,
            Action.SEE_RETURNS: Scope.CITY,
            Action.PASS_RETURNS: Scope.CITY,
            Action.ACCEPT_RETURNS: Scope.WHOLE_CITY,
            Action.IMPORT: Scope.CITY,
            Action.PROPOSE_POOLS: Scope.WHOLE_CITY,
            Action.KEEP_REVIEWS: Scope.WHOLE_CITY,
            Action.ADOPT_POLICY: Scope.WHOLE_CITY,
            Action.KEEP_ADVISERS: Scope.WHOLE_CITY,
            Action.NOMINATE_PACESETTERS: Scope.CITY,
            Action.KEEP_PACESETTERS: Scope.WHOLE_CITY,
            Action.KEEP_TARGETS: Scope.WHOLE_CITY,
            Action.KEEP_ACTIVITIES: Scope.CITY,
            Action.SCORE: Scope.WHOLE_CITY,
            Action.SEE_AUDIT_LOG: Scope.WHOLE_CITY,
            Action.MANAGE_PEOPLE: Scope.WHOLE_CITY,
        },
        may_have_district=True,
        may_approve=True,
    ),
    Role.ENTERPRISE: RolePolicy(
        name=Label("企业", "enterprise"),
        may={
            Action.SEE_FIRMS: Scope.OWN_FIRM,
            Action.SEE_SCORES: Scope.OWN_FIRM,
            Action.SEE_POOLS: Scope.OWN_FIRM,
            Action.SEE_CASES: Scope.OWN_FIRM,
            Action.APPLY: Scope.OWN_FIRM,
            Action.SEE_MESSAGES: Scope.OWN_FIRM,
            Action.WRITE_MESSAGES: Scope.OWN_FIRM,
            Action.SEE_OBJECTIONS: Scope.OWN_FIRM,
            Action.OBJECT: Scope.OWN_FIRM,
            Action.SEE_RETURNS: Scope.OWN_FIRM,
            Action.HAND_IN: Scope.OWN_FIRM,
            Action.SEE_DECLARATIONS: Scope.OWN_FIRM,
            Action.SEE_SUPPORT: Scope.OWN_FIRM,
            Action.CLAIM_SUPPORT: Scope.OWN_FIRM,
        },
        speaks_for_one_firm=True,
        opened_by_two=False,
    ),
    # Of the same firm, such as its secretary or an owner: reads what the firm's own account reads, and sends nothing.
    Role.READER: RolePolicy(
        name=Label("企业（只读）", "enterprise, reading only"),
        may=dict.fromkeys(
            (
                Action.SEE_FIRMS,
                Action.SEE_SCORES,
                Action.SEE_POOLS,
                Action.SEE_CASES,
                Action.SEE_MESSAGES,
                Action.SEE_OBJECTIONS,
                Action.SEE_RETURNS,
                Action.SEE_DECLARATIONS,
                Action.SEE_SUPPORT,
            ),
            Scope.OWN_FIRM,
        ),
        speaks_for_one_firm=True,
        opened_by_two=False,
    ),
    # Keeps the models.
    Role.ANALYST: RolePolicy(
        name=Label("分析人员", "analyst"),
        may={
            Action.SEE_FIRMS: Scope.EVERY_COHORT,
            Action.SEE_SCORES: Scope.EVERY_COHORT,
            Action.SEE_MODELS: Scope.EVERY_COHORT,
            Action.EXPORT: Scope.EVERY_COHORT,
            Action.SCORE: Scope.EVERY_COHORT,
            Action.TRAIN: Scope.EVERY_COHORT,
            Action.PROMOTE_MODELS: Scope.EVERY_COHORT,
        },
        may_approve=True,
    ),
    # A contact person or leader of some firms, of the city, a county or a town: sees those firms alone.
    Role.MENTOR: RolePolicy(
        name=Label("挂点干部", "mentor"),
        may=dict.fromkeys(
            (
                Action.SEE_FIRMS,
                Action.SEE_SCORES,
                Action.SEE_POOLS,
                Action.SEE_CASES,
                Action.SEE_FINDINGS,
                Action.RECORD_VISITS,
                Action.SEE_MESSAGES,
                Action.WRITE_MESSAGES,
                Action.SEE_OBJECTIONS,
            ),
            Scope.OWN_CASES,
        ),
        may_have_district=True,
        opened_by_two=False,
    ),
    # Tax, ecology, courts …: asked whether a candidate's record is clean, and sees nothing else.
    Role.DEPARTMENT: RolePolicy(
        name=Label("会商部门", "department"),
        may={Action.ANSWER_OPINIONS: Scope.WHOLE_CITY},
        of_a_department=True,
        opened_by_two=False,
    ),
    # Discipline inspection, an audit office: reads everything and the trail, changes nothing and signs nothing.
    Role.AUDITOR: RolePolicy(
        name=Label("审计人员", "auditor"),
        may=dict.fromkeys(_READING, Scope.EVERY_COHORT),
    ),
    # Keeps the accounts, and sees nothing of any firm but names and codes, to give an account its firm.
    Role.ADMIN: RolePolicy(
        name=Label("账户管理员", "account administrator"),
        may={Action.MANAGE_PEOPLE: Scope.WHOLE_CITY},
    ),
    # Whoever runs the program on the server itself: the database is theirs anyway.
    Role.CONSOLE: RolePolicy(
        name=Label("服务器命令行", "command line on the server"),
        may=dict.fromkeys(Action, Scope.EVERY_COHORT),
        has_account=False,
        acts_alone=True,
    ),
}


def account_roles() -> list[Role]:
    """The roles that an account can have, in the order of the table."""
    return [Role(role) for role, policy in ROLES.items() if policy.has_account]


ACTION_NAMES: Mapping[Action, Label] = MappingProxyType(
    {
        Action.SEE_FIRMS: Label("查看企业", "see firms"),
        Action.SEE_SCORES: Label("查看评分", "see scores"),
        Action.SEE_POOLS: Label("查看入库情况", "see the pools"),
        Action.SEE_PROPOSALS: Label("查看评审建议", "see proposals"),
        Action.SEE_CASES: Label("查看辅导进度", "see tutoring cases"),
        Action.SEE_FINDINGS: Label("查看走访记录", "see the findings of visits"),
        Action.SEE_PLAN: Label("查看计划进展", "see how the plan stands"),
        Action.SEE_MODELS: Label("查看模型", "see models"),
        Action.SEE_AUDIT_LOG: Label("查看操作留痕", "see the trail"),
        Action.EXPORT: Label("导出", "export"),
        Action.IMPORT: Label("导入数据", "import data"),
        Action.PROPOSE_POOLS: Label("发起评审", "start a review"),
        Action.DECIDE_POOLS: Label("决定出入库", "decide proposals"),
        Action.KEEP_REVIEWS: Label("办理会商与公示", "ask departments and publish notices"),
        Action.ADOPT_POLICY: Label("启用入库政策", "adopt a policy of the pools"),
        Action.NOMINATE: Label("推荐入库", "nominate firms"),
        Action.APPLY: Label("申请入库", "apply for a pool"),
        Action.SEE_DECLARATIONS: Label("查看推荐与申请", "see nominations and applications"),
        Action.ANSWER_OPINIONS: Label("答复会商意见", "answer for a department"),
        Action.KEEP_CASES: Label("管理辅导档案", "keep tutoring cases"),
        Action.RECORD_VISITS: Label("登记走访", "record visits"),
        Action.SEE_MESSAGES: Label("查看留言", "see messages"),
        Action.WRITE_MESSAGES: Label("留言", "write messages"),
        Action.SEE_OBJECTIONS: Label("查看企业异议", "see objections of firms"),
        Action.OBJECT: Label("提出异议", "object for a firm"),
        Action.ANSWER_OBJECTIONS: Label("答复企业异议", "answer objections of firms"),
        Action.SEE_RETURNS: Label("查看企业自报", "see what firms hand in"),
        Action.HAND_IN: Label("企业自报", "hand in a firm's own return"),
        Action.PASS_RETURNS: Label("审核企业自报", "look at what firms hand in"),
        Action.ACCEPT_RETURNS: Label("采用企业自报", "accept what firms hand in"),
        Action.KEEP_ADVISERS: Label("管理中介机构名录", "keep the register of advisers"),
        Action.NOMINATE_PACESETTERS: Label("推荐创新标兵", "nominate pacesetters"),
        Action.KEEP_PACESETTERS: Label("办理创新标兵评选", "keep the choice of pacesetters"),
        Action.KEEP_TARGETS: Label("填报目标基期数", "enter baselines of targets"),
        Action.KEEP_ACTIVITIES: Label("登记企业创新与融资活动", "enter activities of firms"),
        Action.SEE_SUPPORT: Label("查看奖补", "see support"),
        Action.CLAIM_SUPPORT: Label("申报奖补", "claim support"),
        Action.REVIEW_SUPPORT: Label("审核奖补申报", "review claims to support"),
        Action.GRANT_SUPPORT: Label("核定与拨付奖补", "grant and pay support"),
        Action.SCORE: Label("评分", "score"),
        Action.TRAIN: Label("训练模型", "train models"),
        Action.PROMOTE_MODELS: Label("启用模型", "promote models"),
        Action.MANAGE_PEOPLE: Label("管理账户", "manage accounts"),
    }
)
