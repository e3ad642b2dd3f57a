"""Names of places, pools, stages and events in the reader's language."""

from datetime import date

from pipeline import language
from pipeline.accounts.roles import ROLES
from pipeline.districts import DISTRICTS
from pipeline.language import N_
from pipeline.language import gettext as _
from pipeline.tutoring.event_boards import board_name
from pipeline.tutoring.stages import EVENTS, STAGES

POOLS = {"seed": N_("Seed pool"), "golden": N_("Golden-seed pool")}
POOL_TONES = {"seed": "seed", "golden": "gold"}
ACTIONS = {
    "enter": N_("Entry"),
    "promote": N_("Promotion"),
    "demote": N_("Demotion"),
    "exit": N_("Exit"),
    "renew": N_("Renewal"),
}
ACTION_TONES = {"enter": "good", "promote": "gold", "demote": "warn", "exit": "bad", "renew": "seed"}
STATES = {
    "open": N_("Open"),
    "confirmed": N_("Confirmed"),
    "overruled": N_("Overruled"),
    "lapsed": N_("Lapsed"),
    "explained": N_("Explained"),
    "corrected": N_("Corrected"),
    "stored": N_("Stored"),
    "undone": N_("Undone"),
    "refused": N_("Refused"),
}
WAY_GROUPS = {"pool": N_("in a pool now"), "city": N_("all firms ever"), "left": N_("left again")}
WAY = {
    "share_reform": N_("Share reform done"),
    "tutoring_filed": N_("Tutoring filed"),
    "filed": N_("Application filed"),
    "listed": N_("Listed"),
}


CONFIDENCES = {
    "high": N_("high"),
    "medium": N_("medium"),
    "low": N_("low"),
    "derived": N_("derived"),
    "synthetic": N_("our own figure"),
}


def confidence(name: str) -> str:
    """How sure the source of a line is."""
    return _(CONFIDENCES[name]) if name in CONFIDENCES else name


def pool(name: str | None) -> str:
    return _(POOLS[name]) if name in POOLS else (name or "")


def model(name: str, as_of: date | None) -> str:
    """A model's name with the day it was trained as of."""
    day = "" if as_of is None else as_of.isoformat()
    return name if not day else _("%(model)s (trained as of %(day)s)", model=name, day=day)


def district(code: str | None) -> str:
    """A district's name, or its code where the name is not known; empty for none."""
    if not code:
        return ""
    return language.pick(DISTRICTS[code]) if code in DISTRICTS else code


def role(name: str, district_code: str | None = None) -> str:
    """As whom somebody acts: the role, and the district where it is limited to one."""
    named = language.pick(ROLES[name].name) if name in ROLES else name
    return f"{named} · {district(district_code)}" if district_code else named


def event(kind: str, board: str = "") -> str:
    """The name of an event; a kind that this program does not know is shown as it is."""
    name = language.pick(EVENTS[kind]) if kind in EVENTS else kind
    return f"{name} · {board_name(board)}" if board else name


def stage_short(name: str | None) -> str:
    """The stage without what stands in brackets, for narrow columns."""
    return stage(name).split("（")[0].split(" (")[0]


def stage(name: str | None) -> str:
    """The stage of a tutoring case; empty for none."""
    if not name:
        return ""
    return language.pick(STAGES[name]) if name in STAGES else name
