"""The leaders who stand by a firm, one of the city, the county and the town each, beside the mentor of its case.

A leader is an account, which then sees the firm, or a name with a post for somebody who does not sign in.
"""

import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from types import MappingProxyType

from sqlalchemy import bindparam, or_, select
from sqlalchemy.orm import Session

from pipeline.accounts import audit, people
from pipeline.accounts.people import Action, Person
from pipeline.language import N_, Label, Message
from pipeline.store.tables import Account, Case
from pipeline.store.tutoring_tables import CaseLeader
from pipeline.store.write_lock import lock_writes
from pipeline.tutoring import cases
from pipeline.tutoring.cases import CaseNotPossible
from pipeline.tutoring.mentoring import can_mentor

LEVELS: Mapping[str, Label] = MappingProxyType(
    {
        "city": Label("市级挂点领导", "city leader"),
        "county": Label("县级挂点领导", "county leader"),
        "town": Label("镇级挂点领导", "town leader"),
    }
)
LONGEST_NAME = 80


@dataclass(frozen=True)
class Leader:
    """Somebody who stands by a firm. `account_id` None: without an account; `ended_at` None: still."""

    level: str
    name: str
    post: str | None
    account_id: int | None
    named_at: datetime
    named_by: str
    ended_at: datetime | None = None
    ended_why: str | None = None


def name_leader(
    session: Session,
    person: Person,
    case_id: int,
    level: str,
    *,
    now: datetime,
    account_id: int | None = None,
    name: str | None = None,
    post: str | None = None,
    why: str | None = None,
    seen: int | None = None,
    about: Mapping[str, str] | None = None,
) -> Leader | None:
    """Name who of this level stands by the firm of an open case, an account or a name; neither: nobody any more.

    `why`: the reason, kept with whom it replaces; `about`: what the trail says beside. Returns the leader as they stand
    then. Raises CaseNotPossible for an unknown level, who stands there already, an account that cannot look after the
    firm, or a name that is too long; ChangedMeanwhile where the case is no longer of the version `seen`.
    """
    lock_writes(session)
    case = cases.case_to_change(session, person, case_id, seen)
    if level not in LEVELS:
        words = N_("%(level)s is no level of a leader. Write one of: %(levels)s.")
        raise CaseNotPossible(Message(words, {"level": level, "levels": list(LEVELS)}))
    fresh = _leader(session, case, level, account_id, name, post, person, now)
    before = session.scalar(
        select(CaseLeader).where(
            CaseLeader.case_id == case.id, CaseLeader.level == level, CaseLeader.ended_at.is_(None)
        )
    )
    if _same(before, fresh):
        raise CaseNotPossible(Message(N_("It is so already; nothing has been changed.")))
    if before is not None:
        before.ended_at, before.ended_by = audit.utc(now), person.name
        before.ended_why = (why or "").strip() or None
        session.flush()
    if fresh is not None:
        session.add(fresh)
    cases.seen_anew(session, case)
    details: dict[str, object] = {
        "firm_id": case.firm_id,
        "level": level,
        "leader": fresh.name if fresh else None,
        "leader_before": before.name if before else None,
        **({"why": why.strip()} if why and why.strip() else {}),
        **(about or {}),
    }
    audit.record(session, person, "name_leader", f"case:{case.id}", details, now)
    return None if fresh is None else _seen(fresh)


def put_back(
    session: Session,
    person: Person,
    case_id: int,
    level: str,
    at: datetime,
    *,
    now: datetime,
    about: Mapping[str, str],
) -> Leader | None:
    """Whoever stood there until that moment stands there again; nobody, where nobody did."""
    before = session.scalar(
        select(CaseLeader)
        .where(CaseLeader.case_id == case_id, CaseLeader.level == level, CaseLeader.ended_at == at)
        .order_by(CaseLeader.id.desc())
        .limit(1)
    )
    account_id, name, post = (before.account_id, before.name, before.post) if before is not None else (None,) * 3
    return name_leader(
        session, person, case_id, level, account_id=account_id, name=name, post=post, now=now, about=about
    )


_OF_CASES = select(CaseLeader).where(CaseLeader.case_id.in_(bindparam("cases", expanding=True))).order_by(CaseLeader.id)
_STANDING_NOW = _OF_CASES.where(CaseLeader.ended_at.is_(None))
_STANDING_ON = _OF_CASES.where(
    CaseLeader.named_at < bindparam("end"),
    or_(CaseLeader.ended_at.is_(None), CaseLeader.ended_at >= bindparam("end")),
)


def leaders_of(session: Session, case_ids: Sequence[int], on: date | None = None) -> dict[int, dict[str, Leader]]:
    """Who stands by each of these cases: case -> level -> leader, in the order of LEVELS. `on`: as named by the end of
    that day; None: as it stands now. Whoever asks has checked the person's right to the cases."""
    given = {"cases": list(case_ids)} | ({} if on is None else {"end": audit.end_of(on)})
    rank = list(LEVELS)
    found: dict[int, dict[str, Leader]] = {case: {} for case in case_ids}
    standing = session.scalars(_STANDING_NOW if on is None else _STANDING_ON, given)
    for row in sorted(standing, key=lambda row: rank.index(row.level)):
        found[row.case_id][row.level] = _seen(row)
    return found


def ever_led(session: Session, person: Person, case_id: int) -> list[Leader]:
    """Everybody who stood by the firm of a case, the latest first. Raises NotAllowed."""
    case = session.get(Case, case_id)
    people.require_there(
        session, person, Action.SEE_CASES, None if case is None else case.firm_id, cases.no_case(case_id)
    )
    every = select(CaseLeader).where(CaseLeader.case_id == case_id).order_by(CaseLeader.id.desc())
    return [_seen(row) for row in session.scalars(every)]


def cases_led_by(session: Session, account_id: int) -> list[tuple[int, str]]:
    """The open cases in which an account stands as a leader, with the level of each."""
    return [(row.case_id, row.level) for row in session.execute(_LED, {"account": account_id})]


_LED = (
    select(CaseLeader.case_id, CaseLeader.level)
    .join(Case, Case.id == CaseLeader.case_id)
    .where(CaseLeader.account_id == bindparam("account"), CaseLeader.ended_at.is_(None), Case.closed_on.is_(None))
    .order_by(CaseLeader.case_id, CaseLeader.level)
)


# --- within ----------------------------------------------------------------------------------------


def _leader(
    session: Session,
    case: Case,
    level: str,
    account_id: int | None,
    name: str | None,
    post: str | None,
    person: Person,
    now: datetime,
) -> CaseLeader | None:
    """The row to be kept; None where nobody is named."""
    kept_post = _tidy(post)
    if account_id is not None:
        account = session.get(Account, account_id)
        if account is None or not can_mentor(session, account, case.firm_id):
            raise CaseNotPossible(Message(N_("A leader's account is one that may record visits to this firm.")))
        kept = account.name
    elif not (kept := _tidy(name)):
        return None
    for text in (kept, kept_post):
        if len(text) > LONGEST_NAME:
            words = N_("A name and a post have at most %(longest)s letters each; this has %(found)s.")
            raise CaseNotPossible(Message(words, {"longest": LONGEST_NAME, "found": len(text)}))
    return CaseLeader(
        case_id=case.id,
        level=level,
        account_id=account_id,
        name=kept,
        post=kept_post or None,
        named_by=person.name,
        named_at=audit.utc(now),
    )


def _same(before: CaseLeader | None, fresh: CaseLeader | None) -> bool:
    if before is None or fresh is None:
        return before is fresh
    return (before.account_id, before.name, before.post) == (fresh.account_id, fresh.name, fresh.post)


def _tidy(text: str | None) -> str:
    return " ".join(unicodedata.normalize("NFKC", text or "").split())


def _seen(row: CaseLeader) -> Leader:
    return Leader(
        row.level, row.name, row.post, row.account_id, row.named_at, row.named_by, row.ended_at, row.ended_why
    )
