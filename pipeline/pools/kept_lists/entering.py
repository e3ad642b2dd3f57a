"""Take over the list of the pools that a city kept before: every firm of it becomes a member, or none does.

The firms were chosen before this program was there, so no condition, department or notice is asked about again. What
stands in the database is held to all the same: the firm is known, in no pool yet and not listed, and the pool has a
place. Each entry is a proposal that was confirmed on the day of the list, so that the trail, reviews and papers know it
as any other.
"""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from pipeline.accounts import audit, people
from pipeline.accounts.people import Action, Person
from pipeline.errors import ShownToPeople
from pipeline.intake.reading.problems import Problem, not_stored
from pipeline.language import N_, Message
from pipeline.pools.deciding import months_later
from pipeline.pools.in_force import policy_in_force
from pipeline.pools.inputs import listed_by
from pipeline.pools.kept_lists.reading import CODE, DAY, KeptList, ListedFirm
from pipeline.pools.model import GOLDEN, SEED, Policy
from pipeline.pools.reasons import POOL_NAMES, REASONS
from pipeline.store.pool_tables import PoolMembership, PoolProposal
from pipeline.store.tables import CITY, Firm
from pipeline.store.write_lock import lock_writes
from pipeline.tutoring import cases


class NotEntered(ShownToPeople):
    """A list that cannot be taken over as asked."""


@dataclass(frozen=True)
class Entered:
    """What a list brought: how many firms into each pool, and for how many a tutoring case was opened."""

    list_name: str
    seed: int
    golden: int
    cases_opened: int

    @property
    def message(self) -> Message:
        return Message(
            N_(
                "%(list)s: %(seed)s firms are in the seed pool and %(golden)s in the golden-seed pool now; %(cases)s "
                "cases opened."
            ),
            {"list": self.list_name, "seed": self.seed, "golden": self.golden, "cases": self.cases_opened},
        )


def enter(
    session: Session, kept: KeptList, why: str, by: Person, on: date, now: datetime, signed_by: str | None = None
) -> Entered:
    """Make every firm of the list a member of its pool since its day, and open a tutoring case where it has none.

    `on`: today, from which the policy's months of a membership are counted, since nobody was told of a term before.
    `signed_by`: the account of the second person, whom entry to the golden-seed pool needs; the caller has checked its
    password. Raises FileNotStored naming every row to mend, one about whose firm this person may not decide among them;
    NotEntered without a reason, NotAllowed where nobody signs beside them, NoPolicy before the policy's first day.
    """
    people.require(by, Action.DECIDE_POOLS)
    audit.check_day(on, now)
    lock_writes(session)
    if not why.strip():
        raise NotEntered(Message(N_("Write the reason in a few words: whose list it is, and who decided on it.")))
    policy = policy_in_force(session, on)
    problems = [*kept.problems, *_problems(session, kept, policy, by, on)]
    if problems:
        raise not_stored(kept.name, sorted(problems, key=lambda one: -1 if one.row is None else one.row))
    if any(firm.pool == GOLDEN for firm in kept.firms):
        people.require_second(session, by, signed_by)
    until = months_later(on, policy.valid_months) if policy.valid_months else None
    opened = 0
    for firm in kept.firms:
        proposal = _confirmed(kept, firm, policy, why.strip(), by, now, signed_by)
        session.add(proposal)
        session.flush()
        session.add(
            PoolMembership(
                firm_id=firm.firm_id,
                pool=firm.pool,
                entered_on=firm.entered_on,
                entered_by_id=proposal.id,
                valid_until=until,
            )
        )
        session.flush()
        if cases.case_of(session, firm.firm_id) is None:
            cases.open_case(session, by, firm.firm_id, firm.entered_on, now=now)
            opened += 1
    counts = Counter(firm.pool for firm in kept.firms)
    details = {
        "file": kept.name,
        "seed": counts[SEED],
        "golden": counts[GOLDEN],
        "why": why.strip(),
        "list": kept.sha256,
        "firms": sorted(firm.firm_id for firm in kept.firms),
        **({"seconded_by": signed_by} if signed_by else {}),
    }
    audit.record(session, by, "enter_pool_list", f"pools:{on}", details, now)
    return Entered(kept.name, counts[SEED], counts[GOLDEN], opened)


def _confirmed(
    kept: KeptList, firm: ListedFirm, policy: Policy, why: str, by: Person, now: datetime, signed_by: str | None
) -> PoolProposal:
    """The entry, as a proposal that was decided: on the day of the list, known from now on."""
    return PoolProposal(
        as_of=firm.entered_on,
        firm_id=firm.firm_id,
        action="enter",
        to_pool=firm.pool,
        reason_msgid=REASONS["kept_list"],
        reason_params={"list": kept.name, "row": firm.row + 1},
        rules_fingerprint=policy.fingerprint,
        data_fingerprint=kept.sha256,
        proposed_at=audit.utc(now),
        state="confirmed",
        decided_by=by.name,
        decided_at=audit.utc(now),
        decided_on=firm.entered_on,
        why=why,
        signed_by=signed_by,
    )


# --- what stands against it -------------------------------------------------------------------------


def _problems(session: Session, kept: KeptList, policy: Policy, by: Person, on: date) -> Iterator[Problem]:
    codes = [firm.firm_id for firm in kept.firms]
    reach = people.visible_firms(by, Action.DECIDE_POOLS)
    known = set(session.scalars(select(Firm.id).where(Firm.id.in_(codes), Firm.cohort == CITY, reach)))
    inside = {
        firm: (pool, since)
        for firm, pool, since in session.execute(
            select(PoolMembership.firm_id, PoolMembership.pool, PoolMembership.entered_on).where(
                PoolMembership.firm_id.in_(codes), PoolMembership.left_on.is_(None)
            )
        )
    }
    left = dict(
        session.execute(
            select(PoolMembership.firm_id, func.max(PoolMembership.left_on))
            .where(PoolMembership.firm_id.in_(codes))
            .group_by(PoolMembership.firm_id)
        ).all()
    )
    listed = set(listed_by(session, on))
    first: dict[str, int] = {}
    for firm in kept.firms:
        if (other := first.setdefault(firm.firm_id, firm.row)) != firm.row:
            what = Message(N_("This firm stands in row %(row)s already."), {"row": other + 1})
            yield _of(kept, "twice", firm, CODE, what, N_("Leave the row of the pool that it is in."))
        elif firm.firm_id not in known:
            what = Message(N_("No firm of the city that you decide about has this code."))
            yield _of(kept, "unknown_firm", firm, CODE, what, N_("Import its returns first, or leave the row out."))
        elif firm.firm_id in inside:
            pool, since = inside[firm.firm_id]
            what = Message(
                N_("This firm is in the %(pool)s since %(day)s."), {"pool": POOL_NAMES[pool], "day": since.isoformat()}
            )
            yield _of(kept, "inside", firm, CODE, what, N_("Leave the row out; a review moves it."))
        elif firm.firm_id in listed:
            what = Message(N_("This firm is listed already."))
            yield _of(kept, "listed", firm, CODE, what, N_("Leave the row out: there is nothing left to tutor."))
        elif (gone := left.get(firm.firm_id)) is not None and gone > firm.entered_on:
            what = Message(N_("This firm left its pool on %(day)s."), {"day": gone.isoformat()})
            yield _of(kept, "left", firm, DAY, what, N_("Write a day that is not before it."))
    taken = dict(
        session.execute(
            select(PoolMembership.pool, func.count())
            .where(PoolMembership.left_on.is_(None))
            .group_by(PoolMembership.pool)
        ).all()
    )
    asked = Counter(firm.pool for firm in kept.firms)
    for pool, cap in ((SEED, policy.seed.cap), (GOLDEN, policy.golden.cap)):
        if asked[pool] and taken.get(pool, 0) + asked[pool] > cap:
            numbers = {"pool": POOL_NAMES[pool], "cap": cap, "taken": taken.get(pool, 0), "asked": asked[pool]}
            what = Message(
                N_("The %(pool)s has %(cap)s places; %(taken)s are taken, and the list asks for %(asked)s."), numbers
            )
            yield Problem("full", what, Message(N_("Adopt a policy with more places first, or shorten the list.")))


def _of(kept: KeptList, kind: str, firm: ListedFirm, column: str, what: Message, instead: str) -> Problem:
    return kept.problem(kind, firm.row, column, what, Message(instead), firm.firm_id)
