"""What the points of a review's firms have done since the review before it, with the figures behind it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from sqlalchemy import Engine, select
from sqlalchemy.orm import Session

from pipeline.language import N_, Message
from pipeline.store.pool_tables import PoolReview
from pipeline.store.tables import ScoreRun
from scoring.explain.score_changes import ScoreChange, ScoreChanges, changes_between


@dataclass(frozen=True)
class SinceReview:
    """`last`: the day of the review before, None where there is none that rests on other scores."""

    last: date | None
    changes: ScoreChanges | None

    def of(self, firm_id: str) -> ScoreChange | None:
        """What a firm's points have done; None where they cannot be compared."""
        return None if self.changes is None else self.changes.of(firm_id)

    def told(self, firm_id: str) -> Message:
        """The same in a sentence, which says so where there is nothing to compare with."""
        if self.last is None:
            return Message(N_("There was no earlier review on other scores."))
        change = self.of(firm_id)
        if change is None:
            return Message(N_("Without a score at the last review, of %(day)s."), {"day": self.last.isoformat()})
        return change.told()


def since_last_review(engine: Engine, models_dir: Path, review_id: int, firms: Sequence[str]) -> SinceReview:
    """The changes since the latest review before this one that rested on another run; of a review older than the
    program that keeps reviews nothing can be told."""
    with Session(engine, expire_on_commit=False) as session:
        review = session.get(PoolReview, review_id)
        last = None
        if review is not None and review.run_id is not None:
            last = session.scalar(
                select(PoolReview)
                .where(PoolReview.id < review.id, PoolReview.run_id.is_not(None), PoolReview.run_id != review.run_id)
                .order_by(PoolReview.id.desc())
                .limit(1)
            )
        if review is None or last is None:
            return SinceReview(None, None)
        before, now = (session.get_one(ScoreRun, one.run_id) for one in (last, review))
    return SinceReview(last.as_of, changes_between(engine, models_dir, before, now, firms))


def since_reviews(engine: Engine, models_dir: Path, firms: Sequence[tuple[int | None, str]]) -> dict[int, SinceReview]:
    """The same of firms of several reviews, as pairs of a review and a firm: by review. A pair without a review, of a
    program that kept none, is left out."""
    by_review: dict[int, list[str]] = {}
    for review, firm in firms:
        if review is not None:
            by_review.setdefault(review, []).append(firm)
    return {review: since_last_review(engine, models_dir, review, own) for review, own in by_review.items()}
