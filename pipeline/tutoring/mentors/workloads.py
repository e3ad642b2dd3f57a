"""How many cases each account looks after, and somebody for each case, so that all have about as many."""

import heapq
from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date

from sqlalchemy import select
from sqlalchemy.orm import Session

from pipeline.accounts import people
from pipeline.accounts.people import Action, Person
from pipeline.store.tables import Account, Case, Firm
from pipeline.store.tutoring_tables import CaseLeader
from pipeline.tutoring import cases, visits
from pipeline.tutoring.cases import CaseLine
from pipeline.tutoring.mentoring import mentors, mentors_of_each
from pipeline.tutoring.mentors.leaders import leaders_of
from pipeline.tutoring.visits import Step

#: Who looks after firms of a district already, or works there, counts as so many cases lighter for another one of it.
_AT_HOME = 2


@dataclass(frozen=True)
class Workload:
    """How many open cases an account looks after, in how many it stands as a leader, and how many steps and tasks are
    its own to do. `name` None: nobody does."""

    account_id: int | None
    name: str | None
    district_code: str | None
    cases: int
    leads: int = 0
    open_steps: int = 0


def workloads(
    session: Session,
    person: Person,
    on: date,
    *,
    lines: Sequence[CaseLine] | None = None,
    steps: Sequence[Step] | None = None,
) -> list[Workload]:
    """The accounts that can look after cases, those with most of them first, and at the end how many have nobody; of
    the cases that this person reaches. `lines`, `steps`: its open cases and steps, where they are read already."""
    lines = cases.open_cases(session, person, on) if lines is None else lines
    steps = visits.open_steps(session, on, person) if steps is None else steps
    has = Counter(line.case.mentor_id for line in lines)
    leads = Counter(
        leader.account_id
        for each in leaders_of(session, [line.case.id for line in lines]).values()
        for leader in each.values()
    )
    due = Counter(step.owner for step in steps)
    found = [
        Workload(
            account.id,
            account.name,
            account.district_code,
            has[account.id],
            leads[account.id],
            due[account.name],
        )
        for account in mentors(session)
        if not person.district_code or account.district_code in (None, person.district_code)
    ]
    return [
        *sorted(found, key=lambda each: (-each.cases, each.name or "")),
        Workload(None, None, None, has[None], 0, due[None]),
    ]


def proposed_mentors(
    session: Session, person: Person, case_ids: Sequence[int], without: Collection[int] = ()
) -> dict[int, Account]:
    """Somebody for each of these cases, so that all have about as many: case -> account, none of those `without`.

    Case by case, by district, the account with the fewest open cases (those marked do not count) among those that may
    record visits to the firm; who works in the firm's district, or has cases there, counts as two cases lighter. Equal
    ones go by name. Who stands by firms as a leader and is the mentor of none is not proposed. Cases that stay with
    whom they have, or that nobody may look after, are left out.
    """
    people.require(person, Action.KEEP_CASES)
    statement = (
        select(Case.id, Case.firm_id, Case.mentor_id, Firm.district_code)
        .join(Firm, Firm.id == Case.firm_id)
        .where(Case.closed_on.is_(None), Case.id.in_(case_ids), people.visible_firms(person, Action.KEEP_CASES))
    )
    marked = sorted(session.execute(statement).all(), key=lambda row: (row.district_code or "", row.id))
    able = mentors_of_each(session, [row.firm_id for row in marked])
    looking_after = set(session.scalars(select(Case.mentor_id).where(Case.closed_on.is_(None)).distinct()))
    standing = select(CaseLeader.account_id).where(CaseLeader.ended_at.is_(None)).distinct()
    passed = {*without, *set(session.scalars(standing)) - looking_after}
    loads: Counter[int] = Counter()
    at_home: set[tuple[int, str | None]] = set()
    others = (
        select(Case.mentor_id, Firm.district_code)
        .join(Firm, Firm.id == Case.firm_id)
        .where(Case.closed_on.is_(None), Case.mentor_id.is_not(None), Case.id.not_in([row.id for row in marked]))
    )
    for mentor, district in session.execute(others):
        if mentor is not None:
            loads[mentor] += 1
            at_home.add((mentor, district))
    chosen: dict[int, Account] = {}
    for row in marked:
        weighed = [
            (loads[one.id] - _AT_HOME * _is_at_home(one, row.district_code, at_home), one.name, one)
            for one in able.get(row.firm_id, [])
            if one.id not in passed
        ]
        if not weighed:
            continue
        _load, _name, account = heapq.nsmallest(1, weighed, key=lambda each: each[:2])[0]
        if account.id != row.mentor_id:
            chosen[row.id] = account
        loads[account.id] += 1
        at_home.add((account.id, row.district_code))
    return chosen


def _is_at_home(account: Account, district: str | None, at_home: set[tuple[int, str | None]]) -> bool:
    return district is not None and (account.district_code == district or (account.id, district) in at_home)
