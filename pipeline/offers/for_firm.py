"""What the city gives one firm on a day: what it has because of where it stands, what it could have and what is missing
for that, the labels it holds, and the offers in force.

Step 2 of the flow: offers_file.py -> **for_firm.py**
Everything is read where it is kept, as far as the reader may see it; no amount is worked out.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from pipeline.accounts import people
from pipeline.accounts.contacts import contact_of
from pipeline.accounts.people import Action, Person
from pipeline.json_values import JsonObject
from pipeline.language import N_, Label, Message
from pipeline.offers.offers_file import PROPOSED, Offer, offers
from pipeline.pools.model import CONDITIONS, NoPolicy
from pipeline.pools.reasons import POOL_NAMES
from pipeline.pools.standing import standing_of_firm
from pipeline.rules.definition.rule_books import NoSuchRule
from pipeline.store.pool_tables import PoolMembership
from pipeline.store.tables import CITY, Account, Case, Firm
from pipeline.support.in_force import support_book
from pipeline.support.model import PROPOSED as PROPOSED_RULE
from pipeline.support.model import SupportBook
from pipeline.tutoring import cases
from pipeline.tutoring.mentors.leaders import LEVELS, leaders_of
from pipeline.tutoring.problems.problem_lists import problems
from pipeline.tutoring.stages import BUILT, STAGES, reached
from pipeline.tutoring.stated import days_stated
from pipeline.tutoring.tasks.task_lists import tasks_of
from pipeline.tutoring.visits import visits_of

MET, NOT_MET, UNKNOWN = "met", "not_met", "unknown"
#: The labels that a firm can hold, as offers name them.
LABEL_NAMES: Mapping[str, Label] = {
    "hnte": Label("高新技术企业", "high-tech enterprise (HNTE)"),
    "srdi_provincial": Label("省级专精特新中小企业", "provincial SRDI firm"),
    "little_giant": Label("专精特新“小巨人”", "little giant"),
}


@dataclass(frozen=True)
class HeldLabel:
    """A label and whether the firm holds it: met, not_met or unknown. `until`: when its certificate runs out or ran
    out, None: not stated; `soon`: within twelve months."""

    label: str
    state: str
    until: date | None = None
    soon: bool = False

    @property
    def message(self) -> Message:
        name = {"label": LABEL_NAMES[self.label]}
        if self.until is None:
            return Message(N_("%(label)s"), name)
        about = {**name, "day": self.until.isoformat()}
        if self.state != MET:
            return Message(N_("%(label)s: its certificate ran out on %(day)s"), about)
        if self.soon:
            return Message(N_("%(label)s: its certificate runs out on %(day)s, so renew it in time"), about)
        return Message(N_("%(label)s, valid until %(day)s"), about)


@dataclass(frozen=True)
class OfferFor:
    """An offer that is in force, and whether this firm is among those who can have it: `state` met, not_met or unknown;
    `lacks`: what does not hold or is not known."""

    offer: Offer
    state: str
    lacks: Sequence[Message]


@dataclass(frozen=True)
class Given:
    """`has`: what the firm has today; `could`: what it would have in a pool, nothing where it is in one; `missing`: of
    each way into the next pool its conditions that are open; `labels`: those it holds, and those that ran out;
    `offers`: in force today, those that it can have first; `told`: what has to be said of offers."""

    firm_id: str
    on: date
    pool: str | None
    has: Sequence[Message]
    could: Sequence[Message]
    missing: Sequence[tuple[Label, Sequence[Message]]]
    labels: Sequence[HeldLabel]
    offers: Sequence[OfferFor]
    told: Sequence[Message]

    def as_json(self) -> JsonObject:
        return {
            "firm_id": self.firm_id,
            "on": self.on,
            "pool": self.pool,
            "has": list(self.has),
            "could": list(self.could),
            "missing": [{"way": _both(way), "open": list(open_)} for way, open_ in self.missing],
            "labels": [{"label": one.label, "state": one.state, "until": one.until} for one in self.labels],
            "offers": [
                {
                    "offer": one.offer.id,
                    "name": _both(one.offer.name),
                    "state": one.state,
                    "lacks": list(one.lacks),
                    "amount": None if one.offer.amount is None else _both(one.offer.amount),
                    "amount_cny": one.offer.amount_cny,
                    "from": one.offer.begins,
                    "until": one.offer.until,
                    "source": f"{one.offer.source} ({one.offer.source_date})",
                }
                for one in self.offers
            ],
            "told": list(self.told),
        }


def _both(label: Label) -> JsonObject:
    return {"zh": label.zh, "en": label.en}


def what_the_city_gives(session: Session, person: Person, firm_id: str, on: date) -> Given:
    """What a firm of the city has, could have and is offered on a day. Raises NotAllowed, WrongOffers."""
    for action in (Action.SEE_FIRMS, Action.SEE_POOLS, Action.SEE_CASES):
        people.require(person, action, firm_id, session=session)
    found, book = offers(), support_book(session)
    membership = session.scalars(
        select(PoolMembership)
        .where(PoolMembership.firm_id == firm_id, PoolMembership.entered_on <= on)
        .where(or_(PoolMembership.left_on.is_(None), PoolMembership.left_on > on))
    ).first()
    pool = None if membership is None else membership.pool
    case = session.scalars(
        select(Case)
        .where(Case.firm_id == firm_id, Case.opened_on <= on)
        .where(or_(Case.closed_on.is_(None), Case.closed_on > on))
    ).first()
    labels = _labels(session, firm_id, on)
    stages = set(days_stated(session, firm_id, on, on))
    if case is not None:
        told = cases.history(session, person, case.id)
        stages |= {one.stage for one in told if one.taken_back_at is None and one.entered_on <= on}
    in_force = [_for_firm(offer, pool, stages, labels) for offer in found.offers if offer.holds_on(on)]
    order = (MET, UNKNOWN, NOT_MET)
    return Given(
        firm_id=firm_id,
        on=on,
        pool=pool,
        has=[
            *([] if membership is None else [_membership(membership)]),
            *([] if case is None else _tutoring(session, person, case, on)),
            *([Message(N_("Messages to and from the bureau, on this page"))] if _writes(person) else []),
        ],
        could=[] if pool is not None else _COULD,
        missing=_missing(session, person, firm_id, on),
        labels=[one for one in labels.values() if one.state == MET or one.until is not None],
        offers=sorted(in_force, key=lambda one: (order.index(one.state), one.offer.begins, one.offer.id)),
        told=list(_told(found.offers, book, found.ask or book.ask, bool(in_force), on)),
    )


#: What a firm in a pool has, told to one that is in none.
_COULD = (
    Message(N_("A mentor by name, who visits the firm")),
    Message(N_("Tutoring, step by step, with a plan to the board that fits")),
    Message(N_("Meetings of the departments about what hinders it")),
)


# --- within ----------------------------------------------------------------------------------------


def _writes(person: Person) -> bool:
    return people.may(person, Action.SEE_MESSAGES)


def _membership(one: PoolMembership) -> Message:
    about = {"pool": POOL_NAMES[one.pool], "day": one.entered_on.isoformat()}
    if one.valid_until is None:
        return Message(N_("In the %(pool)s since %(day)s"), about)
    text = N_("In the %(pool)s since %(day)s, to be renewed by %(until)s")
    return Message(text, {**about, "until": one.valid_until.isoformat()})


def _tutoring(session: Session, person: Person, case: Case, on: date) -> Iterator[Message]:
    """Who stands by the firm, the last visit, what is to be done, what hinders."""
    mentor = None if case.mentor_id is None else session.get(Account, case.mentor_id)
    if mentor is None:
        yield Message(N_("No mentor is named yet: ask the bureau"))
    else:
        contact = contact_of(mentor)
        yield Message(N_("Mentor: %(name)s"), {"name": contact.beside(mentor.name)})
    for level, leader in leaders_of(session, [case.id], on)[case.id].items():
        name = leader.name if leader.post is None else f"{leader.name} {leader.post}"
        yield Message(N_("%(level)s: %(name)s"), {"level": LEVELS[level], "name": name})
    visits = [one for one in visits_of(session, person, case.firm_id) if one.visited_on <= on and not one.withdrawn]
    if visits:
        about = {"count": len(visits), "day": max(one.visited_on for one in visits).isoformat()}
        yield Message(N_("%(count)s visits so far, the last on %(day)s"), about)
    else:
        yield Message(N_("Visits of the mentor: none yet"))
    yield Message(N_("Tutoring stage: %(stage)s"), {"stage": STAGES.get(case.stage, case.stage)})
    tasks = [one for one in tasks_of(session, person, case.firm_id, on) if one.open and one.for_firm]
    if tasks:
        about = {"count": len(tasks), "day": min(one.due_on for one in tasks).isoformat()}
        yield Message(N_("%(count)s steps for the firm to take, the next by %(day)s"), about)
    hindered = problems(session, person, on, firm_id=case.firm_id)
    if hindered:
        about = {"count": len(hindered), "day": min(one.due_on for one in hindered).isoformat()}
        yield Message(N_("%(count)s problems that the departments are to solve, the first by %(day)s"), about)
    else:
        yield Message(N_("Meetings of the departments about what hinders: tell the mentor, nothing is recorded now"))


def _missing(session: Session, person: Person, firm_id: str, on: date) -> list[tuple[Label, Sequence[Message]]]:
    """The ways into the next pool with what is open of each; none is left out for being far."""
    if session.get_one(Firm, firm_id).cohort != CITY:
        return []
    try:
        standings = standing_of_firm(session, person, firm_id, on, to_the_firm=True)
    except NoPolicy:
        return []
    found: list[tuple[Label, Sequence[Message]]] = []
    for standing in standings:
        if standing.name.endswith("leave"):
            continue
        open_ = [word for part in standing.parts if part.verdict != MET for word in part.missing or [_part(part.label)]]
        if open_:
            found.append((CONDITIONS[standing.name], open_))
    return found


def _part(label: Label) -> Message:
    return Message(N_("%(what)s"), {"what": label})


def _labels(session: Session, firm_id: str, on: date) -> dict[str, HeldLabel]:
    """Each label and whether the firm holds it, by its certificate or by what it stated, as known on the day."""
    from pipeline.rules.explanation import recognition
    from pipeline.rules.reports import check

    found = {label: HeldLabel(label, UNKNOWN) for label in LABEL_NAMES}
    cohort = session.get_one(Firm, firm_id).cohort
    facts, firms = check.inputs(session.connection(), on, cohort=cohort, firms=[firm_id])
    if firm_id not in firms.index:
        return found
    try:
        verdicts = recognition.check(facts, firms, on)
    except NoSuchRule:
        return found
    for label in found:
        states_it = recognition.states_label(verdicts.data.only([firm_id]), label)
        if states_it is not None:
            found[label] = HeldLabel(label, MET if states_it else NOT_MET)
    certificate = recognition.expiry(verdicts).loc[firm_id]
    if certificate["state"]:
        valid = certificate["state"] == "valid"
        until = certificate["expires_on"].date()
        found["hnte"] = HeldLabel("hnte", MET if valid else NOT_MET, until, bool(certificate["renew"]))
    return found


def _for_firm(offer: Offer, pool: str | None, stages: set[str], labels: Mapping[str, HeldLabel]) -> OfferFor:
    lacks: list[Message] = []
    states = [MET]
    for kind, wanted in offer.needs.items():
        if kind == "pool":
            state = MET if pool is not None and wanted in ("any", pool) else NOT_MET
            text, what = N_("The firm is to be in the %(what)s"), POOL_NAMES.get(wanted, _ANY_POOL)
        elif kind == "stage":
            state = MET if _has_reached(stages, wanted) else NOT_MET
            text, what = N_("The firm is to have reached: %(what)s"), Label(STAGES[wanted].zh, STAGES[wanted].en)
        else:
            state = labels[wanted].state
            text = N_("Whether the firm is a %(what)s is not known") if state == UNKNOWN else N_("To be a %(what)s")
            what = LABEL_NAMES[wanted]
        states.append(state)
        if state != MET:
            lacks.append(Message(text, {"what": what}))
    worst = NOT_MET if NOT_MET in states else UNKNOWN if UNKNOWN in states else MET
    return OfferFor(offer, worst, lacks)


_ANY_POOL = Label("种子库或金种子库", "seed pool or the golden-seed pool")


def _has_reached(stages: set[str], wanted: str) -> bool:
    """Whether a firm has been at a stage, or at one that comes only after it; share reform and advisers come in either
    order, and are both behind whoever has filed tutoring."""
    if wanted in stages:
        return True
    if wanted in BUILT:
        return any(reached(stage, "tutoring_filed") for stage in stages)
    return any(reached(stage, wanted) for stage in stages)


def _told(
    every: Sequence[Offer], book: SupportBook, ask: Label | None, any_in_force: bool, on: date
) -> Iterator[Message]:
    """That there is none, and of what is over by which paper; whom to ask."""
    whom: object = ask if ask is not None else Label("主管部门", "the bureau")
    if not any_in_force and not any(rule.holds_on(on) for rule in book.rules.values()):
        text = N_("The city has stated no subsidy or service that is in force on %(day)s. Ask %(whom)s.")
        yield Message(text, {"day": on.isoformat(), "whom": whom})
    ended: dict[tuple[str, str, str], list[Label]] = {}
    for offer in every:
        if offer.state != PROPOSED and offer.ended_by(on) and offer.until is not None:
            paper = (offer.source, offer.source_date, offer.until.isoformat())
            ended.setdefault(paper, []).append(offer.name)
    for rule in book.rules.values():
        if rule.state != PROPOSED_RULE and rule.ended_by(on):
            paper = (rule.law, rule.dated, f"{rule.claim_by or rule.until}")
            ended.setdefault(paper, []).append(rule.name)
    for (source, dated, until), names in ended.items():
        text = N_(
            "Stated in “%(source)s” (%(dated)s), whose term ended on %(until)s: %(names)s. None of it is known to hold "
            "today; ask %(whom)s."
        )
        yield Message(text, {"source": source, "dated": dated, "until": until, "names": names, "whom": whom})
