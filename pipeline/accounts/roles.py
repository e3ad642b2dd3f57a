"""What each role may see and do, and to whose firms: one table, MAY.

Beside the flow; people.py asks it for every action. A new kind of person (a leader, a mentor, an agency) is a
new row of MAY with its name, and nothing else.
"""

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType

from pipeline.language import Label


class Role(StrEnum):
    OFFICER = "officer"  # of the bureau; with a district: of that district
    ENTERPRISE = "enterprise"  # speaks for one firm
    ANALYST = "analyst"  # keeps the models
    CONSOLE = "console"  # whoever runs the program on the server itself; never an account


class Action(StrEnum):
    SEE_FIRMS = "see_firms"  # facts, rules met and gaps
    SEE_SCORES = "see_scores"  # points, reasons, what would raise them
    SEE_POOLS = "see_pools"
    SEE_PROPOSALS = "see_proposals"
    SEE_CASES = "see_cases"  # stage, mentor, next steps and when they are due
    SEE_FINDINGS = "see_findings"  # what the bureau wrote about a visit
    SEE_MODELS = "see_models"
    SEE_TRAIL = "see_trail"
    EXPORT = "export"
    IMPORT = "import"
    PROPOSE_POOLS = "propose_pools"
    DECIDE_POOLS = "decide_pools"
    KEEP_CASES = "keep_cases"  # open, stage, mentor, close
    RECORD_VISITS = "record_visits"
    SCORE = "score"
    TRAIN = "train"
    PROMOTE_MODELS = "promote_models"
    MANAGE_PEOPLE = "manage_people"


class Scope(StrEnum):
    """Whose firms an action reaches."""

    OWN_FIRM = "own_firm"
    CITY = "city"  # the city's firms; of a person with a district: the firms of that district
    WHOLE_CITY = "whole_city"  # cannot be done for a part: not open to a person with a district
    EVERY_COHORT = "every_cohort"  # the city and the reference cohorts


#: The one table: who may do what, to whose firms. What is not in it may not be done.
MAY: Mapping[Role, Mapping[Action, Scope]] = MappingProxyType(
    {
        Role.OFFICER: {
            Action.SEE_FIRMS: Scope.CITY,
            Action.SEE_SCORES: Scope.CITY,
            Action.SEE_POOLS: Scope.CITY,
            Action.SEE_PROPOSALS: Scope.CITY,
            Action.SEE_CASES: Scope.CITY,
            Action.SEE_FINDINGS: Scope.CITY,
            Action.EXPORT: Scope.CITY,
            Action.DECIDE_POOLS: Scope.CITY,
            Action.KEEP_CASES: Scope.CITY,
            Action.RECORD_VISITS: Scope.CITY,
            Action.IMPORT: Scope.WHOLE_CITY,
            Action.PROPOSE_POOLS: Scope.WHOLE_CITY,
            Action.SCORE: Scope.WHOLE_CITY,
            Action.SEE_TRAIL: Scope.WHOLE_CITY,
            Action.MANAGE_PEOPLE: Scope.WHOLE_CITY,
        },
        Role.ENTERPRISE: {
            Action.SEE_FIRMS: Scope.OWN_FIRM,
            Action.SEE_SCORES: Scope.OWN_FIRM,
            Action.SEE_POOLS: Scope.OWN_FIRM,
            Action.SEE_CASES: Scope.OWN_FIRM,
        },
        Role.ANALYST: {
            Action.SEE_FIRMS: Scope.EVERY_COHORT,
            Action.SEE_SCORES: Scope.EVERY_COHORT,
            Action.SEE_MODELS: Scope.EVERY_COHORT,
            Action.EXPORT: Scope.EVERY_COHORT,
            Action.SCORE: Scope.EVERY_COHORT,
            Action.TRAIN: Scope.EVERY_COHORT,
            Action.PROMOTE_MODELS: Scope.EVERY_COHORT,
        },
        Role.CONSOLE: dict.fromkeys(Action, Scope.EVERY_COHORT),
    }
)
#: Roles that an account can have.
ROLES = (Role.OFFICER, Role.ENTERPRISE, Role.ANALYST)


ROLE_NAMES: Mapping[Role, Label] = MappingProxyType(
    {
        Role.OFFICER: Label("业务人员", "officer"),
        Role.ENTERPRISE: Label("企业", "enterprise"),
        Role.ANALYST: Label("分析人员", "analyst"),
        Role.CONSOLE: Label("服务器命令行", "command line on the server"),
    }
)
ACTION_NAMES: Mapping[Action, Label] = MappingProxyType(
    {
        Action.SEE_FIRMS: Label("查看企业", "see firms"),
        Action.SEE_SCORES: Label("查看评分", "see scores"),
        Action.SEE_POOLS: Label("查看入库情况", "see the pools"),
        Action.SEE_PROPOSALS: Label("查看评审建议", "see proposals"),
        Action.SEE_CASES: Label("查看辅导进度", "see tutoring cases"),
        Action.SEE_FINDINGS: Label("查看走访记录", "see the findings of visits"),
        Action.SEE_MODELS: Label("查看模型", "see models"),
        Action.SEE_TRAIL: Label("查看操作留痕", "see the trail"),
        Action.EXPORT: Label("导出", "export"),
        Action.IMPORT: Label("导入数据", "import data"),
        Action.PROPOSE_POOLS: Label("发起评审", "start a review"),
        Action.DECIDE_POOLS: Label("决定出入库", "decide proposals"),
        Action.KEEP_CASES: Label("管理辅导档案", "keep tutoring cases"),
        Action.RECORD_VISITS: Label("登记走访", "record visits"),
        Action.SCORE: Label("评分", "score"),
        Action.TRAIN: Label("训练模型", "train models"),
        Action.PROMOTE_MODELS: Label("启用模型", "promote models"),
        Action.MANAGE_PEOPLE: Label("管理账户", "manage accounts"),
    }
)
