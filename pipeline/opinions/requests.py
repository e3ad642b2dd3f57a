"""Departments are asked about the candidates of a review, and answer: clean, not clean, or cannot say.

An answer may come after the due day, which shows as overdue; it may be changed until the proposal is decided, and the
trail keeps what it was. A department's account reaches the names and codes of its own list and nothing else of a firm.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import Session

from pipeline.accounts import audit, people
from pipeline.accounts.departments import DEPARTMENTS
from pipeline.accounts.people import Action, Person
from pipeline.errors import NotAllowed, NotFound, ShownToPeople, WrongFile
from pipeline.language import N_, Label, Message
from pipeline.opinions import working_days as calendar
from pipeline.store.current import review_of
from pipeline.store.many_ids import one_of
from pipeline.store.pool_tables import Opinion, OpinionRequest, PoolProposal, PoolReview
from pipeline.store.tables import Firm
from pipeline.store.write_lock import lock_writes

CLEAN, NOT_CLEAN, CANNOT_SAY = "clean", "not_clean", "cannot_say"
ANSWERS: Mapping[str, Label] = {
    CLEAN: Label("无异议（未发现重大违法）", "clean"),
    NOT_CLEAN: Label("有异议", "not clean"),
    CANNOT_SAY: Label("无法判断", "cannot say"),
}
LONGEST_NOTE, MOST_WORKING_DAYS = 5_000, 250
#: Which proposals are about a candidate of a pool: about these departments are asked, and they are made public.
CANDIDATES = ("enter", "promote")
#: firm_id -> answer and note; both blank: nothing is said of this firm.
Given = Mapping[str, tuple[str | None, str | None]]


class OpinionNotPossible(ShownToPeople):
    """A request or a notice that cannot be as asked for."""


class WrongAnswers(WrongFile):
    """Answers of which none was stored. `problems`: one sentence for each firm that is wrong."""


@dataclass(frozen=True)
class AskedFirm:
    """A firm of a department's list, as the department sees it. `answer` None: it has not answered."""

    firm_id: str
    name: str
    answer: str | None
    note: str | None


@dataclass(frozen=True)
class DepartmentList:
    """The firms about which a department is asked. `caution`: what to say of the due day, where it is not certain."""

    request_id: int
    department: str
    asked_on: date
    due_on: date
    firms: Sequence[AskedFirm]
    caution: Message | None = None

    @property
    def open(self) -> int:
        """Of how many firms an answer is missing."""
        return sum(firm.answer is None for firm in self.firms)

    def overdue(self, on: date) -> bool:
        """Whether the due day has passed and an answer is missing."""
        return on > self.due_on and self.open > 0


@dataclass(frozen=True)
class Answered:
    """A department's answer about a firm, as officers see it."""

    department: str
    firm_id: str
    answer: str | None
    note: str | None
    answered_on: date | None
    answered_by: str | None
    on_paper: bool


@dataclass(frozen=True)
class OpinionState:
    """What was asked for a review and what came: `asked` a department each, `answers` firm -> department -> answer."""

    review_id: int
    asked: Sequence[DepartmentList]
    names: Mapping[str, str]
    answers: Mapping[str, Mapping[str, Answered]]


@dataclass(frozen=True)
class KeptReview:
    """A review with candidates. `open`: how many of its proposals of entry and promotion wait for a decision."""

    id: int
    as_of: date
    made_by: str
    open: int


# --- asking and answering --------------------------------------------------------------------------


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
    """Ask departments about firms of a review, to be answered within so many working days after `on`.

    `firm_ids`: firms with an open proposal of the review; None: all that are to enter or be promoted. Raises
    OpinionNotPossible for an unknown department, one that was asked already, no firm, or a day before the review's.
    """
    begin(session, person, review_id, on, now)
    wanted = _checked_departments(session, review_id, departments)
    firms = candidates(session, review_id, firm_ids)
    due = calendar.working_day_after(on, checked_working_days(working_days)).day
    asked = []
    for department in wanted:
        request = OpinionRequest(
            review_id=review_id,
            department=department,
            asked_on=on,
            due_on=due,
            asked_by=person.name,
            recorded_at=audit.utc(now),
        )
        session.add(request)
        session.flush()
        session.add_all(Opinion(request_id=request.id, firm_id=firm) for firm in firms)
        session.flush()
        details = {"review": review_id, "department": department, "on": on, "due_on": due, "firms": firms}
        audit.record(session, person, "ask_opinions", f"opinion_request:{request.id}", details, now)
        asked.append(request)
    return asked


def answer(
    session: Session, person: Person, request_id: int, answers: Given, on: date, now: datetime
) -> list[AskedFirm]:
    """A department's own account answers about firms of its list; returns those whose answer is another now.

    All or none is stored. Raises NotAllowed for a list that is not the department's own, WrongAnswers with every fault.
    """
    people.require(person, Action.ANSWER_OPINIONS)
    audit.check_day(on, now)
    lock_writes(session)
    request = session.get(OpinionRequest, request_id, populate_existing=True)
    # In the same words for a list that there is not: a department learns nothing of the lists of others.
    if request is None or person.department is None or person.department != request.department:
        raise NotAllowed(
            Message(N_("This list is not that of the department of %(name)s."), {"name": person.name}),
        )
    return _keep(session, person, request, answers, on, now, person.name, on_paper=False)


def enter_paper(
    session: Session, person: Person, request_id: int, answers: Given, on: date, now: datetime, signed_by: str
) -> list[AskedFirm]:
    """An officer enters what a department answered on paper; `on`: the day of the paper, `signed_by`: who signed it.

    As `answer`; raises NotFound for a request that there is not.
    """
    people.require(person, Action.KEEP_REVIEWS)
    audit.check_day(on, now)
    lock_writes(session)
    request = session.get(OpinionRequest, request_id, populate_existing=True)
    if request is None:
        raise NotFound(Message(N_("There is no list %(request)s of a department."), {"request": request_id}))
    signer = checked_text(signed_by, N_("Write who signed the paper: 1 to %(longest)s letters."), 80)
    return _keep(session, person, request, answers, on, now, signer, on_paper=True)


def _keep(
    session: Session,
    person: Person,
    request: OpinionRequest,
    answers: Given,
    on: date,
    now: datetime,
    answered_by: str,
    *,
    on_paper: bool,
) -> list[AskedFirm]:
    """Store the answers that are new or changed, with one entry that tells what each was before."""
    if on < request.asked_on:
        raise OpinionNotPossible(
            Message(
                N_("The department was asked on %(day)s; it cannot have answered before."), {"day": request.asked_on}
            )
        )
    asked = {one.firm_id: one for one in session.scalars(select(Opinion).where(Opinion.request_id == request.id))}
    names, still_open = _names(session, asked), _open_firms(session, request.review_id)
    said: dict[str, tuple[str, str | None]] = {}
    faults: list[Message] = []
    for firm, (word, note) in answers.items():
        word, note = (word or "").strip(), (note or "").strip() or None
        if not word and note is None:
            continue
        before = asked.get(firm)
        if before is not None and (before.answer, before.note) == (word, note):
            continue
        fault = _fault(firm, names.get(firm, firm), word, note, before, firm in still_open)
        if fault is None:
            said[firm] = (word, note)
        else:
            faults.append(fault)
    if faults:
        raise WrongAnswers(Message(N_("Nothing was stored: mend these answers first.")), faults)
    if not said:
        raise OpinionNotPossible(Message(N_("There is nothing to store: no answer is new or changed.")))
    changes = []
    for firm, (word, note) in said.items():
        one = asked[firm]
        before_it = {} if one.answer is None else {"was": _told(one)}
        one.answer, one.note, one.answered_on, one.answered_by = word, note, on, answered_by
        one.on_paper, one.recorded_at = on_paper, audit.utc(now)
        changes.append({"firm_id": firm, "answer": word, "note": note, **before_it})
    session.flush()
    details = {"department": request.department, "review": request.review_id, "on": on, "answers": changes}
    details |= {"signed_by": answered_by} if on_paper else {}
    action = "enter_paper_opinions" if on_paper else "answer_opinions"
    audit.record(session, person, action, f"opinion_request:{request.id}", details, now)
    return [AskedFirm(firm, names.get(firm, firm), *said[firm]) for firm in said]


def _told(one: Opinion) -> dict[str, object]:
    return {"answer": one.answer, "note": one.note, "on": one.answered_on, "by": one.answered_by}


def _fault(firm: str, name: str, word: str, note: str | None, before: Opinion | None, is_open: bool) -> Message | None:
    about: dict[str, object] = {"firm": name if name == firm else f"{name} {firm}"}
    if before is None:
        return Message(N_("%(firm)s: not a firm of this list."), about)
    if not is_open:
        return Message(N_("%(firm)s: decided already; its answer can no longer be changed."), about)
    if not word:
        return Message(N_("%(firm)s: choose an answer beside the note."), about)
    if word not in ANSWERS:
        text = N_("%(firm)s: choose one of %(answers)s; found %(found)s.")
        return Message(text, about | {"answers": ", ".join(ANSWERS), "found": repr(word[:40])})
    if word != CLEAN and note is None:
        return Message(N_('%(firm)s: "%(answer)s" needs a note that says why.'), about | {"answer": ANSWERS[word]})
    if note is not None and len(note) > LONGEST_NOTE:
        text = N_("%(firm)s: the note has %(found)s letters; at most %(longest)s are kept.")
        return Message(text, about | {"found": len(note), "longest": LONGEST_NOTE})
    return None


# --- what is known ---------------------------------------------------------------------------------


def lists_of(session: Session, person: Person) -> list[DepartmentList]:
    """What a department's account sees: names, codes and due day of the firms about which its own department is asked
    and that are not decided yet, the list that is due first before the others."""
    people.require(person, Action.ANSWER_OPINIONS)
    if person.department is None:
        return []
    lists = _lists(session, OpinionRequest.department == person.department, only_open=True)
    return [one for one in lists if one.firms]


def list_of(session: Session, person: Person, request_id: int) -> DepartmentList:
    """One department's list with every firm, for an officer. Raises NotFound."""
    people.require(person, Action.KEEP_REVIEWS)
    found = _lists(session, OpinionRequest.id == request_id)
    if not found:
        raise NotFound(Message(N_("There is no list %(request)s of a department."), {"request": request_id}))
    return found[0]


def state_of(session: Session, person: Person, review_id: int) -> OpinionState:
    """For an officer: which departments were asked for a review, and each answer. Raises NotFound."""
    people.require(person, Action.KEEP_REVIEWS)
    review_of(session, review_id)
    rows = session.execute(
        select(Opinion, OpinionRequest.department)
        .join(OpinionRequest, OpinionRequest.id == Opinion.request_id)
        .where(OpinionRequest.review_id == review_id)
        .order_by(Opinion.firm_id, OpinionRequest.id)
    ).all()
    answers: dict[str, dict[str, Answered]] = {}
    for one, department in rows:
        answers.setdefault(one.firm_id, {})[department] = Answered(
            department, one.firm_id, one.answer, one.note, one.answered_on, one.answered_by, one.on_paper
        )
    lists = _lists(session, OpinionRequest.review_id == review_id)
    return OpinionState(review_id, lists, _names(session, answers), answers)


def kept_reviews(session: Session, person: Person, most: int = 20) -> list[KeptReview]:
    """For an officer: the last reviews, the newest first."""
    people.require(person, Action.KEEP_REVIEWS)
    count = (
        select(PoolProposal.review_id, func.count().label("open"))
        .where(PoolProposal.state == "open", PoolProposal.action.in_(CANDIDATES))
        .group_by(PoolProposal.review_id)
        .subquery()
    )
    rows = session.execute(
        select(PoolReview.id, PoolReview.as_of, PoolReview.made_by, func.coalesce(count.c.open, 0))
        .outerjoin(count, count.c.review_id == PoolReview.id)
        .order_by(PoolReview.id.desc())
        .limit(most)
    )
    return [KeptReview(*row) for row in rows]


def _lists(session: Session, which: ColumnElement[bool], *, only_open: bool = False) -> list[DepartmentList]:
    statement = (
        select(OpinionRequest, Opinion, Firm.name)
        .join(Opinion, Opinion.request_id == OpinionRequest.id)
        .join(Firm, Firm.id == Opinion.firm_id)
        .where(which)
        .order_by(OpinionRequest.due_on, OpinionRequest.id, Opinion.firm_id)
    )
    if only_open:
        undecided = select(PoolProposal.id).where(
            PoolProposal.review_id == OpinionRequest.review_id,
            PoolProposal.firm_id == Opinion.firm_id,
            PoolProposal.state == "open",
        )
        statement = statement.where(undecided.exists())
    requests: dict[int, OpinionRequest] = {}
    firms: dict[int, list[AskedFirm]] = {}
    for request, one, name in session.execute(statement):
        requests[request.id] = request
        firms.setdefault(request.id, []).append(AskedFirm(one.firm_id, name or one.firm_id, one.answer, one.note))
    return [
        DepartmentList(
            number,
            each.department,
            each.asked_on,
            each.due_on,
            firms[number],
            calendar.caution(each.asked_on, each.due_on),
        )
        for number, each in requests.items()
    ]


# --- what a request and a notice check -------------------------------------------------------------


def begin(session: Session, person: Person, review_id: int, on: date, now: datetime) -> None:
    """What asking and publishing begin with: whether this person may, and whether the review can be worked on on the
    day; nobody else writes meanwhile. Raises NotAllowed, NotFound, OpinionNotPossible for a day before the review's
    own."""
    people.require(person, Action.KEEP_REVIEWS)
    audit.check_day(on, now)
    lock_writes(session)
    review = review_of(session, review_id)
    if on < review.as_of:
        raise OpinionNotPossible(
            Message(N_("The review is of %(day)s: nothing of it was done before."), {"day": f"{review.as_of}"})
        )


def candidates(session: Session, review_id: int, firm_ids: Sequence[str] | None = None) -> list[str]:
    """The firms of a review's open proposals of entry and promotion, or these of any open proposal of it. Raises
    OpinionNotPossible where there is none, or one of the given has none."""
    if firm_ids is None:
        found = sorted(_open_firms(session, review_id, CANDIDATES))
    else:
        found = sorted(set(firm_ids))
        if strangers := [firm for firm in found if firm not in _open_firms(session, review_id)]:
            raise OpinionNotPossible(
                Message(N_("No open proposal of this review is about %(firms)s."), {"firms": strangers})
            )
    if not found:
        raise OpinionNotPossible(Message(N_("No entry or promotion of this review is open.")))
    return found


def checked_working_days(days: int) -> int:
    if not 1 <= days <= MOST_WORKING_DAYS:
        raise OpinionNotPossible(
            Message(N_("Give 1 to %(most)s working days; found %(found)s."), {"most": MOST_WORKING_DAYS, "found": days})
        )
    return days


def checked_text(text: str, letter: str, longest: int) -> str:
    """The text as it is kept; raises OpinionNotPossible with the letter for a blank or too long one."""
    kept = text.strip()
    if not kept or len(kept) > longest:
        raise OpinionNotPossible(Message(letter, {"longest": longest}))
    return kept


def _checked_departments(session: Session, review_id: int, departments: Sequence[str]) -> list[str]:
    wanted = list(dict.fromkeys(departments))
    if unknown := [each for each in wanted if each not in DEPARTMENTS]:
        raise OpinionNotPossible(
            Message(
                N_("%(unknown)s: no department of the city. Write one of: %(departments)s."),
                {"unknown": unknown, "departments": ", ".join(DEPARTMENTS)},
            )
        )
    if not wanted:
        raise OpinionNotPossible(Message(N_("Choose at least one department.")))
    asked = session.scalars(
        select(OpinionRequest.department).where(
            OpinionRequest.review_id == review_id, OpinionRequest.department.in_(wanted)
        )
    ).all()
    if asked:
        raise OpinionNotPossible(
            Message(
                N_("Asked already for this review: %(departments)s."), {"departments": [DEPARTMENTS[a] for a in asked]}
            )
        )
    return wanted


def _open_firms(session: Session, review_id: int, actions: Sequence[str] = ()) -> set[str]:
    statement = select(PoolProposal.firm_id).where(PoolProposal.review_id == review_id, PoolProposal.state == "open")
    return set(session.scalars(statement.where(PoolProposal.action.in_(actions)) if actions else statement))


def _names(session: Session, firms: Iterable[str]) -> dict[str, str]:
    rows = session.execute(select(Firm.id, Firm.name).where(one_of(Firm.id, firms)))
    return {firm: name or firm for firm, name in rows}
