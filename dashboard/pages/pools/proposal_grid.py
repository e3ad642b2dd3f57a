"""Proposals as rows of a grid: what is proposed, why, and what the firm's points have done since the review before."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from dashboard.components import amounts, terms
from dashboard.components.grids import Column, Row, link_column, number_column, pill_column, text_column
from dashboard.queries.lists.firm_list import best_name
from dashboard.web import request
from pipeline import language
from pipeline.language import gettext as _
from pipeline.pools import deciding
from pipeline.store.pool_tables import PoolProposal
from pipeline.store.tables import Firm, FirmListRow

if TYPE_CHECKING:
    from scoring.explain.since_review import SinceReview

_POINTS = {"function": "oneDecimal(params.value)"}
_SIGNED = {"function": "signedDecimal(params.value)"}


def since_reviews(firms: Sequence[tuple[int | None, str]]) -> "dict[int, SinceReview]":
    """Of pairs of a review and a firm: by review, what the points of its firms have done since the review before."""
    from scoring.explain import since_review

    app = request.app()
    return since_review.since_reviews(app.engine, app.settings.models, firms)


def since_cells(since: "SinceReview | None", firm_id: str) -> Row:
    """The cells of the columns of since_columns."""
    if since is None:
        return {"change": None, "since": ""}
    change = since.of(firm_id)
    return {"change": None if change is None else change.total, "since": str(since.told(firm_id))}


def since_columns() -> list[Column]:
    return [
        number_column("change", _("Since the last review"), valueFormatter=_SIGNED, minWidth=110),
        text_column("since", _("What moved the points"), flex=3, minWidth=280, wrapText=True, autoHeight=True),
    ]


def points_column() -> Column:
    return number_column("points", _("Points"), valueFormatter=_POINTS)


def proposal_rows(
    proposals: Sequence[tuple[PoolProposal, Firm]],
    since: "Mapping[int, SinceReview]",
    listed: Mapping[str, FirmListRow] | None = None,
) -> list[Row]:
    """A row a proposal; `listed`: how the firms stand today, where that is shown."""
    return [
        {
            "id": proposal.id,
            "name": firm.name or firm.id,
            "address": f"/firm/{firm.id}",
            "action": _(terms.ACTIONS.get(proposal.action, proposal.action)),
            "to": terms.pool(proposal.to_pool) or terms.pool(proposal.from_pool),
            "points": proposal.points,
            **since_cells(since.get(proposal.review_id or 0), firm.id),
            "reason": str(deciding.reason_of(proposal)),
            "as_of": amounts.day(proposal.as_of),
            "deferred": amounts.day(proposal.deferred_until) if proposal.deferred_until else "",
            "state": _(terms.STATES.get(proposal.state, proposal.state)),
            "decided_on": amounts.day(proposal.decided_on) if proposal.decided_on else "",
            "by": language.listed([name for name in (proposal.decided_by, proposal.signed_by) if name]),
            "why": proposal.why or proposal.deferred_why or "",
            **_stands((listed or {}).get(firm.id)),
        }
        for proposal, firm in proposals
    ]


def _stands(row: FirmListRow | None) -> Row:
    if row is None:
        return {"stage": "", "board": ""}
    board = best_name(row.best_board) if row.best_board else ""
    if board and row.gap_share:
        board = _("%(board)s, gap %(share)s", board=board, share=amounts.share(row.gap_share, 0))
    return {"stage": terms.stage_short(row.stage), "board": board}


def stands_columns() -> list[Column]:
    """How the firm stands today: its stage, and the board that it is nearest to."""
    return [
        text_column("stage", _("Stage"), minWidth=120),
        text_column("board", _("Best-fitting board"), minWidth=170, wrapText=True, autoHeight=True),
    ]


def proposal_columns() -> list[Column]:
    tones = {_(terms.ACTIONS[name]): tone for name, tone in terms.ACTION_TONES.items()}
    return [
        link_column("name", _("Firm")),
        pill_column("action", _("Proposal"), tones),
        text_column("to", _("To")),
        points_column(),
        *since_columns(),
        text_column("reason", _("Reason"), flex=3, minWidth=280, wrapText=True, autoHeight=True),
    ]
