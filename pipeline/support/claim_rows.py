"""The states of a claim, and what counts of one: reserved, paid, clawed back.

Read by claims.py, granting.py, paying.py, pots.py and claim_lists.py.
"""

from collections.abc import Mapping
from decimal import Decimal, InvalidOperation

from pipeline.errors import ShownToPeople
from pipeline.language import N_, Label, Message

#: Claimed by the firm; accepted or rejected by an officer; granted by two signatures; paid in full. Withdrawn by the
#: firm before it is granted; refused where its pot was empty.
CLAIMED, ACCEPTED, GRANTED, PAID = "claimed", "accepted", "granted", "paid"
REJECTED, WITHDRAWN, REFUSED = "rejected", "withdrawn", "refused"
STATES: Mapping[str, Label] = {
    CLAIMED: Label("待审核", "to be reviewed"),
    ACCEPTED: Label("审核通过，待核定", "accepted, to be granted"),
    GRANTED: Label("已核定，待拨付", "granted, to be paid"),
    PAID: Label("已拨付", "paid"),
    REJECTED: Label("审核未通过", "rejected"),
    WITHDRAWN: Label("企业撤回", "withdrawn by the firm"),
    REFUSED: Label("资金不足未安排", "refused, the pot being empty"),
}
#: Claims that stand: nothing is claimed twice, and what is reserved for them is gone from the pot.
LIVE = (CLAIMED, ACCEPTED, GRANTED, PAID)

#: What is written into the steps of a claim, in words.
ALLOTTED, SIGNED, PAYMENT, CLAWED_BACK, MOVED = "allotted", "signed", "payment", "clawed_back", "moved"
STEPS: Mapping[str, Label] = {
    CLAIMED: Label("申报", "claimed"),
    ACCEPTED: Label("审核通过", "accepted"),
    REJECTED: Label("审核不通过", "rejected"),
    WITHDRAWN: Label("撤回", "withdrawn"),
    REFUSED: Label("资金不足未安排", "refused, the pot being empty"),
    ALLOTTED: Label("安排资金", "money set aside"),
    MOVED: Label("转入下一期资金", "moved to the next period"),
    SIGNED: Label("第一人签字", "first signature"),
    GRANTED: Label("第二人签字，核定", "second signature, granted"),
    PAYMENT: Label("拨付", "paid"),
    CLAWED_BACK: Label("追回", "clawed back"),
}

#: Fen that no city has.
_TOO_MUCH = 10**17


class ClaimNotPossible(ShownToPeople):
    """A claim that cannot be made or changed as asked."""


def fen_in(written: str) -> int:
    """The whole fen of an amount in yuan as people write it. Raises ClaimNotPossible for what is none, or finer."""
    try:
        fen = Decimal(written.strip().replace(",", "")) * 100
    except InvalidOperation:
        fen = Decimal("NaN")
    if not fen.is_finite() or fen != fen.to_integral_value() or not 0 < fen < _TOO_MUCH:
        text = N_("%(found)s is no amount. Write it in digits, to the fen: 300000 or 1234.56.")
        raise ClaimNotPossible(Message(text, {"found": repr(written)}))
    return int(fen)
