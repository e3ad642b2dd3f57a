"""Which policy of the pools holds on a day: the last one adopted on the board that has begun, else that of the file."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from functools import lru_cache

from sqlalchemy import select
from sqlalchemy.orm import Session

from pipeline.accounts import audit, people
from pipeline.accounts.people import Action, Person
from pipeline.errors import ShownToPeople
from pipeline.json_values import JsonObject
from pipeline.language import N_, Message
from pipeline.pools.model import Policy
from pipeline.pools.policy import POLICY_FILE, policy_book, policy_book_of
from pipeline.store.pool_tables import AdoptedPolicy
from pipeline.store.write_lock import lock_writes


class NotAdopted(ShownToPeople):
    """A policy that cannot be adopted as asked."""


@dataclass(frozen=True)
class PolicyInForce:
    """A policy of a day with the text that it was read from."""

    policy: Policy
    text: str
    on: date

    def as_kept(self) -> JsonObject:
        """As an answer keeps it: the text and the day give the policy again."""
        return {"text": self.text, "on": self.on.isoformat()}

    @classmethod
    def from_kept(cls, document: Mapping[str, str]) -> "PolicyInForce":
        return _read_again(document["text"], date.fromisoformat(document["on"]))


@lru_cache(maxsize=4)  # that of today, which every reader of an answer is shown
def _read_again(text: str, on: date) -> PolicyInForce:
    return PolicyInForce(policy_book_of(text, "policy").on(on), text, on)


def policy_in_force(session: Session, day: date) -> Policy:
    """The bureau's policy on `day`. Raises NoPolicy before its first day."""
    return in_force(session, day).policy


def in_force(session: Session, day: date) -> PolicyInForce:
    """As policy_in_force, with its text: what a review keeps."""
    adopted = session.scalar(
        select(AdoptedPolicy).where(AdoptedPolicy.begins_on <= day).order_by(AdoptedPolicy.id.desc()).limit(1)
    )
    if adopted is None:
        return PolicyInForce(policy_book(POLICY_FILE).on(day), POLICY_FILE.read_text(encoding="utf-8"), day)
    return PolicyInForce(policy_book_of(adopted.content, name_of(adopted)).on(day), adopted.content, day)


def adopt(
    session: Session, text: str, begins_on: date, why: str, by: Person, signed_by: str | None, now: datetime
) -> AdoptedPolicy:
    """The policy of this text holds from a day on. Two people sign: `signed_by` is the account of whoever has signed
    beside `by`; the caller has checked the password.

    Raises WrongFile for a text that cannot be meant, NoPolicy where it says nothing of its first day, NotAdopted for a
    blank reason, a first day in the past (what was decided stays decided) or one before that of the last policy.
    """
    people.require(by, Action.ADOPT_POLICY)
    lock_writes(session)
    people.require_second(session, by, signed_by)
    if not why.strip():
        raise NotAdopted(Message(N_("Write in a few words why this policy is adopted.")))
    if begins_on < now.date():
        raise NotAdopted(
            Message(
                N_("A policy cannot begin on %(day)s, in the past: what was decided by the old one stays decided."),
                {"day": begins_on.isoformat()},
            )
        )
    last = session.scalar(select(AdoptedPolicy).order_by(AdoptedPolicy.id.desc()).limit(1))
    if last is not None and last.begins_on > begins_on:
        raise NotAdopted(
            Message(
                N_("A policy that begins on %(day)s has been adopted already: a newer one begins then or later."),
                {"day": last.begins_on.isoformat()},
            )
        )
    policy = policy_book_of(text, "policy").on(begins_on)
    adopted = AdoptedPolicy(
        begins_on=begins_on,
        content=text,
        fingerprint=policy.fingerprint,
        why=why.strip(),
        adopted_by=by.name,
        signed_by=signed_by or by.name,
        adopted_at=audit.utc(now),
    )
    session.add(adopted)
    session.flush()
    details = {"begins_on": begins_on, "policy": policy.fingerprint, "why": adopted.why, "seconded_by": signed_by}
    audit.record(session, by, "adopt_policy", f"policy:{adopted.id}", details, now)
    return adopted


def name_of(adopted: AdoptedPolicy) -> str:
    return f"policy {adopted.id}"
