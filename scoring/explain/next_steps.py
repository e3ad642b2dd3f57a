"""What a firm has to do before anything raises its score: settle a doubted figure, end a loss, do what the board that
fits best asks for (share reform, an audit), state what its rules cannot be judged without, take the next stage.

Told before the levers of a score, in words; from the rules and events as known on one day.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd

from pipeline.catalog import catalog
from pipeline.json_values import JsonObject
from pipeline.language import N_, Label, Message
from pipeline.rules.definition import measures, rule_books
from pipeline.rules.evaluation import evaluate
from pipeline.rules.explanation import condition_table
from pipeline.rules.explanation.condition_table import FirmVerdict
from pipeline.tutoring import stages
from pipeline.wording import number_format
from scoring.explain.firm_snapshot import FirmSnapshot
from scoring.explain.suggestion import TONGUES

#: More than these are not read.
_MOST_STEPS, _MOST_FACTS = 6, 6
#: The rung below the exchanges, where no board fits.
_NEXT_RUNG = "neeq"
_EXCHANGES = ("main", "star", "chinext", "bse", "hkex")
_JOINT_STOCK, _SHARE_REFORM = "is_joint_stock", "share_reform"
_PARTS = {
    "standard": Label("上市标准", "standard"),
    "structural": Label("结构要求", "structural requirements"),
    "precondition": Label("发行条件", "conditions of issuance"),
    "positioning": Label("板块定位", "positioning"),
}
#: Conditions that are an act of the firm, in the words of the act.
_ACTS = {
    _JOINT_STOCK: Label("完成股改，变更为股份有限公司", "Complete the share reform into a joint-stock company"),
    "neeq_quoted": Label("在新三板挂牌", "Be quoted on NEEQ"),
    "audit_opinion": Label("取得标准无保留意见的审计报告", "Obtain an unqualified audit opinion"),
    "internal_control_opinion": Label(
        "取得无保留意见的内部控制审计（鉴证）报告", "Obtain an unqualified opinion on internal control"
    ),
}
#: What a firm is, and no step makes it something else.
_WHAT_IT_IS = (
    "industry",
    "excluded_trade",
    "excluded_trade_stated",
    "star_supported_field",
    "main_board_positioning",
)
_PROFITS = ("net_profit_cny", "net_profit_attributable_cny", "net_profit_after_nonrecurring_cny")


@dataclass(frozen=True)
class NextStep:
    """One step. `kind`: doubt (a figure to settle), loss, act, figure (to be stated) or stage; `board`: whose rules ask
    for it, None where none does."""

    kind: str
    message: Message
    board: str | None = None

    def as_json(self) -> JsonObject:
        words = {tongue: self.message.in_language(name) for tongue, name in TONGUES.items()}
        return {"kind": self.kind, "board": self.board, **words}


def next_steps(firm: FirmSnapshot, doubts: Sequence[Label] = ()) -> tuple[NextStep, ...]:
    """The steps of a firm as known on the day it was read, the first to be done first.

    `doubts`: its figures in doubt."""
    if firm.facts.empty:
        return ()
    verdict = condition_table.of_firm(evaluate.check(*firm.for_rules, firm.as_of), firm.id)
    steps = [*_doubts(doubts), *_loss(firm.facts), *_steps(verdict, firm.events)]
    return tuple(steps[:_MOST_STEPS])


def _doubts(doubts: Sequence[Label]) -> Iterator[NextStep]:
    if doubts:
        text = N_("Settle these figures first, on which score and advice rest: %(figures)s.")
        yield NextStep("doubt", Message(text, {"figures": list(doubts[:_MOST_FACTS])}))


def _loss(facts: pd.DataFrame) -> Iterator[NextStep]:
    last = facts.iloc[-1]
    for fact in _PROFITS:
        profit = last.get(fact)
        if pd.notna(profit) and profit < 0:
            text = N_(
                "%(fact)s of the last year: %(profit)s. Reduce or end the loss first; more sales at these margins "
                "would only make it larger."
            )
            yield NextStep("loss", Message(text, {"fact": catalog()[fact], "profit": _Money(float(profit))}))
            return


@dataclass(frozen=True)
class _Money:
    """An amount that a Message writes in the language of its reader."""

    yuan: float

    def __str__(self) -> str:
        return number_format.money(self.yuan)


def _steps(verdict: FirmVerdict, events: pd.DataFrame) -> Iterator[NextStep]:
    target = verdict.best or (_NEXT_RUNG if _NEXT_RUNG in verdict.boards.index else None)
    asked = _asked(verdict)
    # Share reform comes before every board, also where the board that fits best asks for it only by way of another.
    first = asked["measure"] == _JOINT_STOCK
    acts = [*_acts(asked[first]), *_acts(asked[(asked["board"] == target) & ~first])]
    yield from acts
    yield from _figures(asked[asked["board"] == target])
    told = any(step.message.params.get("act") == _ACTS[_JOINT_STOCK] for step in acts)
    yield from _stage(verdict, events, told)
    met = [board for board in _EXCHANGES if board != target and _standard_met(verdict, board)]
    for board in met:
        yield from _figures(asked[asked["board"] == board])


def _asked(verdict: FirmVerdict) -> pd.DataFrame:
    """What the boards ask on the cheapest way to their nearest standard, and is not met or unknown."""
    rows = verdict.conditions
    nearest = rows["board"].map(verdict.boards["nearest"])
    of_board = (rows["part"] != "standard") | (rows["rule"] == nearest)
    open_ = (rows["verdict"] != "met") & rows["on_way"].astype(bool) & (rows["role"] != "when")
    return rows[of_board & open_ & rows["part"].isin(list(_PARTS))]


def _acts(asked: pd.DataFrame) -> Iterator[NextStep]:
    """What is not met and is no amount: something to be done."""
    done = asked[(asked["verdict"] == "not_met") & asked["gap"].isna() & ~asked["measure"].isin(_WHAT_IT_IS)]
    for row in done.drop_duplicates("measure").itertuples():
        act = _ACTS.get(row.measure, Label(f"使“{row.zh}”得到满足", f"Come to meet “{row.en}”"))
        text = N_("%(act)s: asked by %(board)s (%(part)s), not met.")
        yield NextStep("act", Message(text, {"act": act, **_where(row)}), str(row.board))


def _figures(asked: pd.DataFrame) -> Iterator[NextStep]:
    """What nobody has stated and a rule cannot be judged without, a step a board and part."""
    unknown = asked[asked["verdict"] == "unknown"]
    for _key, rows in unknown.groupby(["board", "part"], sort=False):
        found = dict.fromkeys(token.strip() for tokens in rows["missing"] for token in str(tokens).split(","))
        labels = [label for token in found if (label := _fact(token)) is not None]
        if labels:
            text = N_("State %(facts)s: without it %(board)s (%(part)s) cannot be judged.")
            first = next(rows.itertuples())
            yield NextStep("figure", Message(text, {"facts": labels[:_MOST_FACTS], **_where(first)}), str(first.board))


def _where(row: Any) -> dict[str, object]:
    book = rule_books.book_of(str(row.board))
    return {"board": Label(book.zh, book.en), "part": _PARTS[row.part]}


def _fact(token: str) -> Label | None:
    """What a token of condition_table names: "revenue_cny@2024", a fact, or no fact at all."""
    name, _at, year = token.partition("@")
    if name in catalog():
        zh, en = catalog()[name].zh, catalog()[name].en
    elif name in measures.measures():
        zh, en = measures.measures()[name].zh, measures.measures()[name].en
    else:
        return None
    return Label(f"{zh}（{year} 年）", f"{en} ({year})") if year else Label(zh, en)


def _stage(verdict: FirmVerdict, events: pd.DataFrame, share_reform_told: bool) -> Iterator[NextStep]:
    """The next stage on the way to the market, for a firm that is on it or meets a standard of an exchange."""
    kinds = list(events.sort_values("occurred_on")["kind"]) if len(events) else []
    if not kinds and not any(_standard_met(verdict, board) for board in _EXCHANGES):
        return
    reformed = verdict.conditions[verdict.conditions["measure"] == _JOINT_STOCK]["verdict"].eq("met").any()
    reached = {*kinds, *([_SHARE_REFORM] if reformed else [])}
    now = stages.STAGES[stages.stage_after([*([_SHARE_REFORM] if reformed else []), *kinds])]
    following = [stages.STAGES[name] for name in now.follows if stages.STAGES[name].event not in reached]
    before_tutoring = [stage for stage in following if stage.id in ("advisers", _SHARE_REFORM)]
    coming = before_tutoring or following
    if share_reform_told:
        coming = [stage for stage in coming if stage.id != _SHARE_REFORM]
    if coming:
        text = N_("Next on the way to the market: %(stages)s.")
        yield NextStep("stage", Message(text, {"stages": [Label(stage.zh, stage.en) for stage in coming]}))


def _standard_met(verdict: FirmVerdict, board: str) -> bool:
    return board in verdict.boards.index and verdict.boards.at[board, "standard"] == "met"
