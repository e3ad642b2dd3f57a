"""A past review worked out again, from what it kept and from the data as they are known of its day now."""

import hashlib
from dataclasses import dataclass, field

import pandas as pd
from sqlalchemy import select
from sqlalchemy.orm import Session

from pipeline.accounts.people import Person
from pipeline.errors import NotFound
from pipeline.language import N_, Message
from pipeline.pools.inputs import Inputs, inputs_from, read_inputs
from pipeline.pools.policy import policy_book_of
from pipeline.pools.proposing import proposals
from pipeline.pools.reviews import DEFERRED, OVERRULED, hash_of, points_of, review_of, rules_fingerprint
from pipeline.store.pool_tables import PoolProposal, PoolReviewFirm, PoolReviewInputs

_DIGITS = 9


@dataclass(frozen=True)
class Replay:
    """What became of a review that was worked out again.

    `same`: its policy says of its inputs to the letter what it said then; where not, `differences` names the firms of
    whom it asks for something else, or on other points. `intact`: these are those that were kept.
    `changed`: firm and what is known of it for that day otherwise now, because something was imported, corrected,
    undone or withdrawn since, or a rule was changed (`rules_changed`); the review stays what it was.
    """

    review: int
    as_of: str
    model: str | None
    run: int | None
    policy: str
    same: bool
    intact: bool
    rules_changed: bool
    actions: dict[str, int]
    differences: list[dict[str, str | float | None]] = field(default_factory=list)
    changed: list[dict[str, str]] = field(default_factory=list)

    @property
    def holds(self) -> bool:
        return self.same and self.intact

    @property
    def message(self) -> Message:
        if not self.intact:
            text = N_("Review %(review)s of %(day)s: what it rested on has been changed in the database.")
        elif not self.same:
            text = N_("Review %(review)s of %(day)s: the same figures and policy give something else now.")
        elif self.changed or self.rules_changed:
            text = N_(
                "Review %(review)s of %(day)s comes out to the letter; of that day %(changed)s figures are known "
                "otherwise now."
            )
        else:
            text = N_("Review %(review)s of %(day)s comes out to the letter, and its figures are still what they were.")
        return Message(text, {"review": self.review, "day": self.as_of, "changed": len(self.changed)})


def replay(session: Session, review_id: int, by: Person) -> Replay:
    """Work a review out again. Raises NotFound where there is none of that number, or it is older than the program
    that keeps what a review rests on."""
    review = review_of(session, by, review_id)
    kept = session.get(PoolReviewInputs, review_id)
    if kept is None:
        text = N_("What review %(review)s looked at was not kept: it cannot be worked out again.")
        raise NotFound(Message(text, {"review": review_id}))
    inputs = inputs_from(kept.content)
    policy = policy_book_of(review.policy, f"review {review.id}").on(review.as_of)
    again = proposals(inputs, policy)
    now = None
    if review.run_id is not None or review.model_id is None:
        points = inputs.firms["points"] if review.run_id is None else points_of(session, review.run_id)
        members = inputs.firms.loc[inputs.firms["pool"].notna(), ["pool", "entered_on", "in_since", "valid_until"]]
        now = read_inputs(
            session,
            review.as_of,
            policy,
            points,
            members=members,
            warned=inputs.firms["warned"],
        )
    actions = again.changes["action"].value_counts()
    same = hash_of(again) == review.found_hash
    return Replay(
        review=review.id,
        as_of=review.as_of.isoformat(),
        model=review.model_id,
        run=review.run_id,
        policy=review.policy_fingerprint,
        same=same,
        intact=hashlib.sha256(kept.content).hexdigest() == kept.sha256,
        rules_changed=rules_fingerprint() != review.rules_fingerprint,
        actions={str(name): int(count) for name, count in actions.items()},
        differences=[] if same else _otherwise(session, review_id, again.changes),
        changed=[] if now is None else differences(inputs, now),
    )


def _otherwise(session: Session, review_id: int, changes: pd.DataFrame) -> list[dict[str, str | float | None]]:
    """The firms whose change comes out otherwise: firm_id, then and now (an action, None: none), and the points."""
    proposed = select(PoolProposal.firm_id, PoolProposal.action, PoolProposal.points).where(
        PoolProposal.review_id == review_id
    )
    settled = select(PoolReviewFirm.firm_id, PoolReviewFirm.details, PoolReviewFirm.points).where(
        PoolReviewFirm.review_id == review_id, PoolReviewFirm.standing.in_([OVERRULED, DEFERRED])
    )
    then = {firm: (action, points) for firm, action, points in session.execute(proposed)}
    then |= {firm: (details["action"], points) for firm, details, points in session.execute(settled)}
    points = changes["points"].astype(object).where(changes["points"].notna(), None)
    now = dict(zip(changes.index, zip(changes["action"], points, strict=True), strict=True))
    nothing = (None, None)
    return [
        {"firm_id": firm, "then": old[0], "now": new[0], "points_then": old[1], "points_now": new[1]}
        for firm in sorted(then.keys() | now.keys())
        for old, new in ((then.get(firm, nothing), now.get(firm, nothing)),)
        if old != new
    ]


def differences(then: Inputs, now: Inputs) -> list[dict[str, str]]:
    """What is known otherwise of a firm or of one of its years: firm_id, year (empty: of the firm), name, then, now."""
    found: list[dict[str, str]] = []
    for name in ("firms", "firm_facts", "facts"):
        before, after = getattr(then, name), getattr(now, name)
        index = before.index.union(after.index)
        for column in [*before, *(one for one in after if one not in before)]:
            if column in ("held", "warned"):
                continue
            old, new = (_comparable(frame, column, index) for frame in (before, after))
            differing = index[(old != new).to_numpy()]
            for key in differing:
                firm, year = key if isinstance(key, tuple) else (key, "")
                found.append(
                    {"firm_id": str(firm), "year": str(year), "name": column, "then": old[key], "now": new[key]}
                )
    return found


def _comparable(frame: pd.DataFrame, column: str, index: pd.Index) -> pd.Series:
    """A column as words that are equal where the values are: figures to nine digits, days as days, "" unknown."""
    values = frame[column].reindex(index) if column in frame else pd.Series(None, index, dtype=object)
    if pd.api.types.is_numeric_dtype(values):
        return values.map(lambda value: "" if pd.isna(value) else f"{float(value):.{_DIGITS}g}")
    return values.map(lambda value: "" if pd.isna(value) else str(value)[:10] if hasattr(value, "year") else str(value))
