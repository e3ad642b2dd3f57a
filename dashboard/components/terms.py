"""Names of places, pools, stages and events in the reader's language."""

from functools import cache

from pipeline import language
from pipeline.language import N_
from pipeline.language import gettext as _
from pipeline.settings import ROOT
from pipeline.strict_yaml import parse_strictly
from pipeline.tutoring.stages import EVENTS, STAGES

POOLS = {"seed": N_("Seed pool"), "golden": N_("Golden-seed pool")}
POOL_TONES = {"seed": "seed", "golden": "gold"}
ACTIONS = {"enter": N_("Entry"), "promote": N_("Promotion"), "demote": N_("Demotion"), "exit": N_("Exit")}
ACTION_TONES = {"enter": "good", "promote": "gold", "demote": "warn", "exit": "bad"}
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
WAY = {
    "share_reform": N_("Share reform done"),
    "tutoring_filed": N_("Tutoring filed"),
    "filed": N_("Application filed"),
    "listed": N_("Listed"),
}
_ENGLISH_DISTRICTS = {
    "440703": "Pengjiang",
    "440704": "Jianghai",
    "440705": "Xinhui",
    "440781": "Taishan",
    "440783": "Kaiping",
    "440784": "Heshan",
    "440785": "Enping",
}


def pool(name: str | None) -> str:
    return _(POOLS[name]) if name in POOLS else (name or "")


@cache
def districts() -> dict[str, str]:
    """Code -> Chinese name, as the city's own return writes them."""
    content = parse_strictly((ROOT / "data" / "column_maps" / "city.yaml").read_text(encoding="utf-8"))
    found: dict[str, str] = {}

    def look(node: object) -> None:
        if isinstance(node, dict):
            if node.get("fact") == "district_code" and isinstance(node.get("words"), dict):
                found.update({str(code): name for name, code in node["words"].items()})
            for inner in node.values():
                look(inner)
        elif isinstance(node, list):
            for inner in node:
                look(inner)

    look(content)
    return found


def district(code: str | None) -> str:
    """A district's name, or its code where the name is not known; empty for none."""
    if not code:
        return ""
    if language.language() == language.ENGLISH:
        return _ENGLISH_DISTRICTS.get(code, code)
    return districts().get(code, code)


def event(kind: str, board: str = "") -> str:
    """What happened, in words; a kind that this program does not know keeps its own."""
    name = language.pick(EVENTS[kind]) if kind in EVENTS else kind
    return f"{name} · {board}" if board else name


def stage(name: str | None) -> str:
    """The stage of a tutoring case; empty for none."""
    if not name:
        return ""
    return language.pick(STAGES[name]) if name in STAGES else name
