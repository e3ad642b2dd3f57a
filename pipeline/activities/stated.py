"""Hold what is stated of activities against their kinds: what is missing, what a kind has not, impossible days.

The one check of what comes in a file (pipeline/intake/storing/activity_rows.py) and of what an officer enters
(entering.py).
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pipeline.activities.kinds import ActivityKind, activity_kinds
from pipeline.language import N_, Label, Message

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd

#: What data/activities.yaml calls a field -> the column in which it is stated, and what people call it.
COLUMNS = {
    "level": "level",
    "name": "title",
    "counterpart": "counterpart",
    "amount": "amount_fen",
    "end": "ended_on",
    "outcome": "outcome",
}
FIELD_NAMES = {
    "level": Label("级别或类别", "level"),
    "name": Label("名称", "name"),
    "counterpart": Label("对方单位", "other party"),
    "amount": Label("金额", "amount"),
    "end": Label("截止日期", "last day"),
    "outcome": Label("结果", "outcome"),
}
#: No activity of a firm is worth ten trillion yuan; below it every fen is exact.
MOST_FEN = 10**15
LONGEST = 200

_LACKS = N_("%(kind)s: %(field)s is missing.")
_NO_FIELD = N_("%(kind)s states no %(field)s.")
_OTHER_LEVEL = N_("%(kind)s has no such level.")
_NO_LEVEL = N_("%(kind)s has no levels.")


@dataclass(frozen=True)
class Fault:
    """`at`: the place of the activity among those that are stated; `column`: one of COLUMNS, or known_on."""

    at: int
    column: str
    kind: str
    what: Message
    instead: Message


def field_name(kind: ActivityKind, field: str) -> Label:
    """What a field is called where this kind is stated: 银行 instead of 对方单位."""
    return kind.counterpart if field == "counterpart" and kind.counterpart is not None else FIELD_NAMES[field]


def faults(stated: "pd.DataFrame") -> Iterator[Fault]:
    """Everything that cannot be meant, kind by kind.

    `stated`: a row an activity, columns kind (None or unknown: passed over) and those of COLUMNS, occurred_on and
    known_on; NaN, NaT or None is not stated.
    """
    for name, kind in activity_kinds().kinds.items():
        rows = (stated["kind"] == name).to_numpy()
        if not rows.any():
            continue
        for field, column in COLUMNS.items():
            there = stated[column].notna().to_numpy()
            about = {"kind": kind.name, "field": field_name(kind, field)}
            if field not in kind.asks:
                said = Message(_NO_LEVEL if field == "level" else _NO_FIELD, about)
                yield from _at(rows & there, column, "not_stated_of_it", said, Message(N_("Leave the cell blank.")))
            elif field in kind.needs:
                fill_in = Message(N_("Fill it in, or leave the row out."))
                yield from _at(rows & ~there, column, "missing", Message(_LACKS, about), fill_in)
        if kind.levels:
            strange = rows & stated["level"].notna().to_numpy() & ~stated["level"].isin(list(kind.levels)).to_numpy()
            one_of = Message(N_("Write one of: %(words)s."), {"words": list(kind.levels.values())})
            yield from _at(strange, "level", "other_level", Message(_OTHER_LEVEL, {"kind": kind.name}), one_of)
    yield from _impossible(stated)


def _impossible(stated: "pd.DataFrame") -> Iterator[Fault]:
    begins, ends, known = (stated[name] for name in ("occurred_on", "ended_on", "known_on"))
    early = Message(N_("it ends before it begins."))
    yield from _at(
        (ends < begins).to_numpy(), "ended_on", "ends_early", early, Message(N_("Mend one of the two days."))
    )
    known_first = Message(N_("it counts as known before it happened."))
    mend = Message(N_("Mend one of the two days."))
    yield from _at((known < begins).to_numpy(), "known_on", "known_too_early", known_first, mend)
    amount = stated["amount_fen"].astype("float64")
    too_low = Message(N_("the amount is not above 0."))
    blank = Message(N_("Write the amount with digits, or leave the cell blank where none is known."))
    yield from _at((amount <= 0).to_numpy(), "amount_fen", "below_zero", too_low, blank)
    too_high = Message(N_("the amount is more than there can be."))
    yield from _at((amount > MOST_FEN).to_numpy(), "amount_fen", "too_large", too_high, Message(N_("Check its unit.")))


def _at(wrong: "np.ndarray", column: str, kind: str, what: Message, instead: Message) -> Iterator[Fault]:
    import numpy as np

    for at in np.flatnonzero(wrong).tolist():
        yield Fault(at, column, kind, what, instead)
