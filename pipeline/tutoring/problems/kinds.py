"""The words of problems: what kinds there are, whose they are, what can be done about one, how old it can be."""

from collections.abc import Mapping
from types import MappingProxyType

from pipeline import language
from pipeline.accounts.departments import DEPARTMENTS
from pipeline.language import Label

PROBLEM_KINDS: Mapping[str, Label] = MappingProxyType(
    {
        "shares": Label("历史沿革与股权", "history of shares"),
        "land": Label("土地房产", "land and buildings"),
        "social_insurance": Label("社保公积金", "social insurance and housing fund"),
        "environment": Label("环境保护", "environment"),
        "related_parties": Label("关联交易与同业竞争", "related parties and competition"),
        "tax": Label("税务", "tax"),
        "permits": Label("资质许可", "permits"),
        "fire_safety": Label("消防与安全生产", "fire and safety"),
        "intellectual_property": Label("知识产权", "intellectual property"),
        "litigation": Label("诉讼仲裁", "litigation"),
        "internal_control": Label("财务内控", "internal control"),
        "other": Label("其他", "other"),
    }
)
#: Instead of a department: the problem is the bureau's own to solve.
BUREAU = "bureau"
_BUREAU_NAME = Label("本局", "the bureau")

#: Entries that people write.
STEP, MINUTES, COMMENT = "step", "minutes", "comment"
WRITTEN = (STEP, MINUTES, COMMENT)
#: Entries that a change leaves.
OPENED, MOVED_UP, POSTPONED, HANDED = "opened", "moved_up", "postponed", "handed"
RESOLVED, REOPENED, WITHDRAWN = "resolved", "reopened", "withdrawn"
ENTRY_KINDS: Mapping[str, Label] = MappingProxyType(
    {
        STEP: Label("工作进展", "step"),
        MINUTES: Label("联席会议纪要", "minutes of a joint meeting"),
        COMMENT: Label("备注", "comment"),
        OPENED: Label("登记", "recorded"),
        MOVED_UP: Label("提级", "moved up"),
        POSTPONED: Label("延期", "postponed"),
        HANDED: Label("转交", "handed over"),
        RESOLVED: Label("办结", "resolved"),
        REOPENED: Label("重新打开", "reopened"),
        WITHDRAWN: Label("撤销", "withdrawn"),
    }
)
#: What a problem is after an entry of this kind.
OPEN = "open"
STATES: Mapping[str, Label] = MappingProxyType(
    {OPEN: Label("未办结", "open"), RESOLVED: Label("已办结", "resolved"), WITHDRAWN: Label("已撤销", "withdrawn")}
)
STATE_AFTER: Mapping[str, str] = MappingProxyType(
    {OPENED: OPEN, REOPENED: OPEN, RESOLVED: RESOLVED, WITHDRAWN: WITHDRAWN}
)

#: How old open problems are, in days: each age begins with its number and ends before the next one's.
AGES: Mapping[str, int] = MappingProxyType({"under_30": 0, "30_to_90": 30, "90_to_180": 90, "over_180": 181})
AGE_NAMES: Mapping[str, Label] = MappingProxyType(
    {
        "under_30": Label("30 天以内", "under 30 days"),
        "30_to_90": Label("30–90 天", "30 to 90 days"),
        "90_to_180": Label("90–180 天", "90 to 180 days"),
        "over_180": Label("180 天以上", "over 180 days"),
    }
)


def owner_name(department: str | None) -> str:
    """Whose a problem is, in the current language: a department, or the bureau."""
    if department is None or department == BUREAU:
        return language.pick(_BUREAU_NAME)
    return language.pick(DEPARTMENTS[department]) if department in DEPARTMENTS else department


def kind_name(kind: str) -> str:
    """A kind of problem in the current language; one that this program does not know is shown as it is."""
    return language.pick(PROBLEM_KINDS[kind]) if kind in PROBLEM_KINDS else kind
