"""A review asks departments whether its candidates have a clean record; each answers for itself, or on paper.

A department's account sees the names and codes of its own list and nothing else. An answer may be changed until the
proposal is decided; the trail has both.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from pipeline.accounts import audit, people
from pipeline.accounts.people import Action, Person
from pipeline.errors import NotAllowed, NotFound, ShownToPeople, WrongFile
from pipeline.language import N_, Message
from pipeline.opinions.words import ANSWERS, CLEAN
from pipeline.opinions.working_days import MOST_DAYS, working_day_after
from pipeline.reference.departments import DEPARTMENTS
from pipeline.store.pool_tables import Opinion, OpinionRequest, PoolProposal, PoolReview
from pipeline.store.tables import Firm
from pipeline.store.write_lock import lock_writes

LONGEST_NOTE = 2_000
#: Firm -> (answer, note).
Answers = Mapping[str, tuple[str, str | None]]


class NotAsked(ShownToPeople):
    """Departments that cannot be asked, or an answer that cannot be taken, as given."""


@dataclass(frozen=True)
class AskedFirm:
    """One line of a department's list: who the firm is, and what the department has answered."""

    firm_id: str
    name: str | None
    answer: str | None
    note: str | None


@dataclass(frozen=True)
class AskedList:
    """The list of one department. `overdue`: the due day has passed and something is not answered."""

    request_id: int
    review_id: int
    department: str
    asked_on: date
    due_on: date
    overdue: bool
    firms: list[AskedFirm]

    @property
    def answered(self) -> int:
        """How many of its firms are answered."""
        return sum(firm.answer is not None for firm in self.firms)


def candidates(session: Session, review_id: int) -> list[PoolProposal]:
    """The open proposals of a review that bring a firm into a pool."""
    statement = select(PoolProposal).where(
        PoolProposal.review_id == review_id,
        PoolProposal.state == "open",
        PoolProposal.action.in_(("enter", "promote")),
    )
    return list(session.scalars(statement.order_by(PoolProposal.id)))


def ask(
    session: Session,
    person: Person,
    review_id: int,
    departments: Sequence[str],
    on: date,
    now: datetime,
    *,
    working_days: int = 10,
    firm_ids: Sequence[str] | None = None,
) -> list[OpinionRequest]:
    """Ask departments about the candidates of a review (None: who is to enter the golden-seed pool; where nobody is,
    every candidate), with so many working days to answer.

    Raises NotAsked for an unknown department, one that was asked already, no candidates, or days that cannot be.
    """
    people.require(person, Action.KEEP_REVIEWS)
    audit.check_day(on, now)
    lock_writes(session)
    if session.get(PoolReview, review_id) is None:
        raise NotFound(Message(N_("There is no review %(review)s."), {"review": review_id}))
    if not departments:
        raise NotAsked(Message(N_("Name the departments that are asked.")))
    if strangers := [name for name in departments if name not in DEPARTMENTS]:
        text = N_("%(found)s is no department that can be asked: one of %(words)s.")
        raise NotAsked(Message(text, {"found": ", ".join(strangers), "words": list(DEPARTMENTS)}))
    if not 1 <= working_days <= MOST_DAYS:
        raise NotAsked(Message(N_("The time to answer is between 1 and %(most)s working days."), {"most": MOST_DAYS}))
    asked = set(session.scalars(select(OpinionRequest.department).where(OpinionRequest.review_id == review_id)))
    if again := [DEPARTMENTS[name] for name in dict.fromkeys(departments) if name in asked]:
        raise NotAsked(Message(N_("%(departments)s was asked about this review already."), {"departments": again}))
    open_ones = candidates(session, review_id)
    golden = [one for one in open_ones if one.to_pool == "golden"]
    firms = [one.firm_id for one in (golden or open_ones) if firm_ids is None or one.firm_id in firm_ids]
    if not firms:
        raise NotAsked(Message(N_("This review has no candidate left to ask about.")))
    due = working_day_after(on, working_days)
    requests = []
    for department in dict.fromkeys(departments):
        request = OpinionRequest(
            review_id=review_id,
            department=department,
            asked_on=on,
            due_on=due.day,
            asked_by=person.name,
            recorded_at=audit.utc(now),
        )
        session.add(request)
        session.flush()
        session.add_all(Opinion(request_id=request.id, firm_id=firm) for firm in firms)
        session.flush()
        details = {"review": review_id, "department": department, "due_on": due.day, "firms": len(firms)}
        audit.record(session, person, "ask_department", f"opinion_request:{request.id}", details, now)
        requests.append(request)
    return requests


def answer(session: Session, person: Person, request_id: int, answers: Answers, on: date, now: datetime) -> int:
    """A department answers for its own list; returns how many answers are new or other than before."""
    people.require(person, Action.ANSWER_OPINIONS)
    audit.check_day(on, now)
    lock_writes(session)
    request = session.get(OpinionRequest, request_id)
    if request is None or request.department != person.department:
        raise NotAllowed(Message(N_("This list is not one of your department's.")))
    return _take(session, person, request, answers, person.name, on, now, on_paper=False)


def enter_paper(
    session: Session, person: Person, request_id: int, answers: Answers, on: date, now: datetime, signed_by: str
) -> int:
    """An officer enters what a department has answered on paper, with the name of who has signed it."""
    people.require(person, Action.KEEP_REVIEWS)
    audit.check_day(on, now)
    lock_writes(session)
    request = session.get(OpinionRequest, request_id)
    if request is None:
        raise NotFound(Message(N_("There is no request %(request)s to a department."), {"request": request_id}))
    if not signed_by.strip():
        raise NotAsked(Message(N_("Give the name of who has signed the paper.")))
    return _take(session, person, request, answers, signed_by.strip()[:80], on, now, on_paper=True)


def lists_of(session: Session, person: Person, on: date) -> list[AskedList]:
    """What a department's account sees: its own lists, the newest first, by name and code alone."""
    people.require(person, Action.ANSWER_OPINIONS)
    if person.department is None:
        return []
    return _lists(session, on, OpinionRequest.department == person.department)


def state_of(session: Session, person: Person, review_id: int, on: date) -> list[AskedList]:
    """What each department that a review asked has answered so far."""
    people.require(person, Action.KEEP_REVIEWS)
    return _lists(session, on, OpinionRequest.review_id == review_id)


# --- within ----------------------------------------------------------------------------------------


def _lists(session: Session, on: date, which: object) -> list[AskedList]:
    requests = session.scalars(select(OpinionRequest).where(which).order_by(OpinionRequest.id.desc())).all()  # type: ignore[arg-type]
    statement = (
        select(Opinion.request_id, Opinion.firm_id, Firm.name, Opinion.answer, Opinion.note)
        .join(Firm, Firm.id == Opinion.firm_id)
        .where(Opinion.request_id.in_([request.id for request in requests]))
        .order_by(Firm.name, Opinion.firm_id)
    )
    of_request: dict[int, list[AskedFirm]] = {}
    for row in session.execute(statement):
        asked = AskedFirm(row.firm_id, row.name, row.answer, row.note)
        of_request.setdefault(row.request_id, []).append(asked)
    lists = []
    for request in requests:
        firms = of_request.get(request.id, [])
        late = on > request.due_on and any(firm.answer is None for firm in firms)
        lists.append(
            AskedList(request.id, request.review_id, request.department, request.asked_on, request.due_on, late, firms)
        )
    return lists


def _take(
    session: Session,
    person: Person,
    request: OpinionRequest,
    answers: Answers,
    answered_by: str,
    on: date,
    now: datetime,
    *,
    on_paper: bool,
) -> int:
    opinions = {one.firm_id: one for one in session.scalars(select(Opinion).where(Opinion.request_id == request.id))}
    decided = set(
        session.scalars(
            select(PoolProposal.firm_id).where(
                PoolProposal.review_id == request.review_id, PoolProposal.state.in_(("confirmed", "overruled"))
            )
        )
    )
    problems = [problem for firm, said in answers.items() if (problem := _problem(firm, said, opinions)) is not None]
    if on < request.asked_on:
        problems.append(Message(N_("It was asked on %(day)s: nobody answered before."), {"day": f"{request.asked_on}"}))
    changed = {
        firm: (word, (note or "").strip() or None)
        for firm, (word, note) in answers.items()
        if firm in opinions and (opinions[firm].answer, opinions[firm].note) != (word, (note or "").strip() or None)
    }
    if late := [firm for firm in changed if firm in decided]:
        text = N_("%(firms)s has been decided already: an answer changes nothing any more.")
        problems.append(Message(text, {"firms": ", ".join(late)}))
    if problems:
        raise WrongFile(Message(N_("The answers cannot be taken:")), problems)
    for firm, (word, note) in changed.items():
        opinion = opinions[firm]
        opinion.answer, opinion.note = word, note
        opinion.answered_on, opinion.answered_by, opinion.on_paper = on, answered_by, on_paper
        opinion.recorded_at = audit.utc(now)
    if changed:
        session.flush()
        counts = {word: sum(said == word for said, _note in changed.values()) for word in ANSWERS}
        details = {"department": request.department, "by": answered_by, "on_paper": on_paper, **counts}
        audit.record(session, person, "answer_opinions", f"opinion_request:{request.id}", details, now)
    return len(changed)


def _problem(firm: str, said: tuple[str, str | None], opinions: Mapping[str, Opinion]) -> Message | None:
    word, note = said
    if firm not in opinions:
        return Message(N_("%(firm)s is not on this list."), {"firm": firm})
    if word not in ANSWERS:
        return Message(
            N_("%(firm)s: the answer is one of %(words)s, not %(found)s."),
            {"firm": firm, "words": list(ANSWERS), "found": word},
        )
    if word != CLEAN and not (note or "").strip():
        return Message(N_("%(firm)s: %(answer)s needs a note that says why."), {"firm": firm, "answer": ANSWERS[word]})
    if len(note or "") > LONGEST_NOTE:
        return Message(
            N_("%(firm)s: the note is longer than %(most)s characters."), {"firm": firm, "most": LONGEST_NOTE}
        )
    return None
