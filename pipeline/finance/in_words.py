"""What firms seek and what fits them, in words."""

from collections.abc import Sequence

from pipeline.activities.in_words import Amount, kind_name, level_name
from pipeline.finance.fitting import BoardFit, InstrumentFit
from pipeline.finance.instruments import instruments
from pipeline.finance.overview import Finance, Seeking, YearTotal
from pipeline.language import Label, headed, in_brackets, joined, listed, pick
from pipeline.language import gettext as _
from pipeline.rules.definition import rule_books
from pipeline.rules.reports.board_tables import MARGIN_NAMES, MEETS_NAMES
from pipeline.wording import number_format

#: Whether a firm meets the conditions of an instrument.
STATES = {
    "met": Label("符合", "conditions met"),
    "not_met": Label("不符合", "not met"),
    "unknown": Label("未知", "unknown"),
}


def form(one: Seeking) -> str:
    """贷款 500 万元."""
    amount = number_format.UNKNOWN if one.amount_fen is None else str(Amount(one.amount_fen))
    return f"{pick(level_name(one.form))} {amount}"


def boards(fits: Sequence[BoardFit]) -> str:
    """The best-fitting boards, each with how far the firm is."""
    if not fits:
        return _("no board known")
    return joined(
        in_brackets(
            pick(rule_books.book_of(one.board)), listed([*([_("fits best")] if one.best else []), _how_far(one)])
        )
        for one in fits
    )


def _how_far(one: BoardFit) -> str:
    """Whether the board's standard is met, else how near it is."""
    told = one.meets in ("meets_all", "standard_only", "within_20_percent")
    return _(MEETS_NAMES[one.meets]) if told else _(MARGIN_NAMES[one.margin_class])


def instrument(fit: InstrumentFit) -> str:
    """An instrument, whether the firm meets what it asks, and else what is not met or not known."""
    said = in_brackets(pick(instruments()[fit.instrument].name), pick(STATES[fit.state]))
    return headed(said, listed(pick(one) for one in fit.lacks)) if fit.lacks else said


def total(one: YearTotal) -> str:
    """2025 科技贷款：12 笔，合计 5,600 万元."""
    about = {"number": number_format.decimal(one.number), "sum": Amount(one.sum_fen)}
    return headed(f"{one.year} {pick(kind_name(one.kind))}", _("%(number)s, together %(sum)s", **about))


def sought(found: Finance) -> str:
    fen = sum(one.amount_fen or 0 for one in found.sought)
    firms = len({one.firm_id for one in found.sought})
    return _(
        "%(firms)s firms seek %(sum)s in all (%(count)s requests).",
        firms=number_format.decimal(firms),
        sum=Amount(fen),
        count=number_format.decimal(len(found.sought)),
    )


def met(found: Finance) -> str:
    told = sum(one.outcome is not None for one in found.meetings)
    return _(
        "%(count)s road shows and meetings, %(told)s of them with an outcome.",
        count=number_format.decimal(len(found.meetings)),
        told=number_format.decimal(told),
    )


def regional(found: Finance) -> str:
    return _(
        "%(there)s firms stand on the regional board, %(left)s have left it.",
        there=number_format.decimal(len(found.quoted)),
        left=number_format.decimal(found.left_board),
    )
