"""Who advises a firm: the register of brokers, law firms, auditors and valuers, and which firm has signed with whom.

A firm has one of each kind at a time; who is named anew ends the agreement with the one before. Names are kept as they
are written, without spaces around them and with full-width letters made plain. A name that is known to be another
spelling of an adviser's is merged into that one: what was signed under it is told under the right name.
"""

import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import Case, ColumnElement, and_, bindparam, case, exists, func, or_, select
from sqlalchemy.orm import Session, aliased
from sqlalchemy.orm.attributes import flag_modified

from pipeline.accounts import audit, people
from pipeline.accounts.people import Action, Person
from pipeline.errors import NotFound, ShownToPeople
from pipeline.language import CHINESE, N_, Message
from pipeline.store.many_ids import one_of_those
from pipeline.store.tutoring_tables import Adviser, Engagement
from pipeline.store.write_lock import lock_writes
from pipeline.tutoring.gates import ADVISER_KINDS
from pipeline.tutoring.meanwhile import check_seen

LONGEST_NAME = 200
#: The kinds of the register: those that stages ask for, and who prepares returns without signing for any stage.


#: The adviser under whose name an agreement is told, where the row that it was signed under is another spelling.
RIGHT = aliased(Adviser, name="right_adviser")
_LATER, _OF_LATER = aliased(Engagement), aliased(Adviser)


class WrongAdviser(ShownToPeople):
    """An adviser that cannot be named so."""


@dataclass(frozen=True)
class Engaged:
    """An adviser of a firm. `ended_on` None: it still advises the firm."""

    id: int
    kind: str
    name: str
    agreed_on: date
    ended_on: date | None = None
    ended_why: str | None = None


def named(advisers: Mapping[str, str | None]) -> dict[str, str]:
    """The names that were given, as they are kept; blank ones are left out. Raises WrongAdviser for an unknown kind or
    a name that is too long."""
    found = {}
    for kind, given in advisers.items():
        name = tidy(given)
        if not name:
            continue
        if kind not in ADVISER_KINDS:
            text = N_("%(kind)s is no kind of adviser. Write one of: %(kinds)s.")
            raise WrongAdviser(Message(text, {"kind": kind, "kinds": list(ADVISER_KINDS)}))
        found[kind] = fitting(name)
    return found


def tidy(name: str | None) -> str:
    """A name as it is kept: without spaces around it, full-width letters made plain."""
    return " ".join(unicodedata.normalize("NFKC", name or "").split())


def fitting(name: str) -> str:
    """The name, where it is not too long."""
    if len(name) > LONGEST_NAME:
        text = N_("The name of an adviser has at most %(longest)s letters; this one has %(found)s.")
        raise WrongAdviser(Message(text, {"longest": LONGEST_NAME, "found": len(name)}))
    return name


def engage(
    session: Session,
    person: Person,
    firm_id: str,
    advisers: Mapping[str, str],
    agreed_on: date,
    *,
    now: datetime,
    stage_id: int | None = None,
) -> list[Engaged]:
    """The firm has signed with these (kind -> name, as `named` gives them); returns those that are new to it.

    Whoever asks has checked the person's right and the day, and writes the audit log. Raises WrongAdviser for a day
    before the agreement that is replaced.
    """
    before = engaged(session, [firm_id])[firm_id]
    fresh = []
    for kind, name in advisers.items():
        replaced = before.get(kind)
        if replaced is not None and replaced.name == _right_name(session, kind, name):
            continue
        if replaced is not None:
            _replace(session, replaced, name, agreed_on)
        one = Engagement(
            firm_id=firm_id,
            adviser_id=_registered(session, person, kind, name, now).id,
            agreed_on=agreed_on,
            stage_id=stage_id,
            recorded_by=person.name,
            recorded_at=audit.utc(now),
        )
        session.add(one)
        session.flush()
        fresh.append(Engaged(one.id, kind, name, agreed_on))
    return fresh


def take_back_with(session: Session, person: Person, stage_id: int, why: str, *, now: datetime) -> None:
    """The entry of a stage was a mistake, and so are the agreements named with it; those that they replaced hold on."""
    for wrong in _named_with(session, stage_id):
        wrong.taken_back_by, wrong.taken_back_at, wrong.taken_back_why = person.name, audit.utc(now), why
        if (earlier := _replaced_by(session, wrong)) is not None:
            earlier.ended_on, earlier.ended_why = wrong.ended_on, wrong.ended_why
    session.flush()


def keep_with(session: Session, stage_id: int) -> list[int]:
    """The agreements named with the entry of a stage outlive it; their numbers, for `date_with`."""
    kept = _named_with(session, stage_id)
    for one in kept:
        one.stage_id = None
    session.flush()
    return [one.id for one in kept]


def date_with(session: Session, agreements: Sequence[int], stage_id: int, on: date) -> None:
    """These agreements belong to this entry of a stage and are of its day; who they replaced went on that day."""
    for number in agreements:
        one = session.get_one(Engagement, number)
        on_day = on if one.ended_on is None else min(on, one.ended_on)
        if (earlier := _replaced_by(session, one)) is not None:
            on_day = max(on_day, earlier.agreed_on)
            earlier.ended_on = on_day
        one.stage_id, one.agreed_on = stage_id, on_day
    session.flush()


_ENGAGED = (
    select(Engagement, RIGHT)
    .join(Adviser, Adviser.id == Engagement.adviser_id)
    .join(RIGHT, RIGHT.id == func.coalesce(Adviser.merged_into, Adviser.id))
    .where(one_of_those(Engagement.firm_id, "firms"), Engagement.taken_back_at.is_(None))
    .order_by(Engagement.agreed_on, Engagement.id)
)
_ENGAGED_NOW = _ENGAGED.where(Engagement.ended_on.is_(None))
_ENGAGED_ON = _ENGAGED.where(
    Engagement.agreed_on <= bindparam("on"),
    or_(Engagement.ended_on.is_(None), Engagement.ended_on > bindparam("on")),
)
_NAMES = (
    select(Adviser.kind, Adviser.name)
    .where(Adviser.merged_into.is_(None), Adviser.kind.in_(ADVISER_KINDS))
    .order_by(Adviser.name)
)


def engaged(session: Session, firm_ids: Sequence[str], on: date | None = None) -> dict[str, dict[str, Engaged]]:
    """Who advises each of these firms: firm -> kind -> adviser. `on`: on that day; None: as it stands now."""
    given = {"firms": list(firm_ids)} | ({} if on is None else {"on": on})
    found: dict[str, dict[str, Engaged]] = {firm: {} for firm in firm_ids}
    for one, adviser in session.execute(_ENGAGED_NOW if on is None else _ENGAGED_ON, given):
        found[one.firm_id][adviser.kind] = _seen(one, adviser)
    return found


def ever_engaged(session: Session, firm_id: str) -> list[Engaged]:
    """Every adviser that the firm has or had, the latest first."""
    statement = (
        select(Engagement, RIGHT)
        .join(Adviser, Adviser.id == Engagement.adviser_id)
        .join(RIGHT, RIGHT.id == func.coalesce(Adviser.merged_into, Adviser.id))
        .where(Engagement.firm_id == firm_id, Engagement.taken_back_at.is_(None))
        .order_by(Engagement.agreed_on.desc(), Engagement.id.desc())
    )
    return [_seen(one, adviser) for one, adviser in session.execute(statement)]


def known_names(session: Session) -> dict[str, list[str]]:
    """The names in the register of those whom stages ask for, by kind, in their order; without other spellings."""
    found: dict[str, list[str]] = {kind: [] for kind in ADVISER_KINDS}
    for kind, name in session.execute(_NAMES):
        found[kind].append(name)
    return found


# --- as known on a day -----------------------------------------------------------------------------


def right_id(end: datetime) -> Case[Any]:
    """Whose adviser's row it is, as known at this moment: its own, or of the one that it is another spelling of."""
    return case(
        (and_(Adviser.merged_into.is_not(None), Adviser.merged_at < end), Adviser.merged_into), else_=Adviser.id
    )


def agreed_by(on: date, end: datetime) -> ColumnElement[bool]:
    """Whether an agreement had been signed by the day, as known at this moment."""
    there = or_(Engagement.taken_back_at.is_(None), Engagement.taken_back_at >= end)
    return and_(Engagement.agreed_on <= on, Engagement.recorded_at < end, there)


def known_end(end: datetime) -> Case[Any]:
    """The day on which an agreement ended, as known at this moment; NULL: it held. Who replaced it says when that
    became known."""
    replaced = exists().where(
        _LATER.firm_id == Engagement.firm_id,
        _LATER.id > Engagement.id,
        _LATER.agreed_on == Engagement.ended_on,
        _LATER.recorded_at < end,
        _OF_LATER.id == _LATER.adviser_id,
        _OF_LATER.kind == Adviser.kind,
    )
    return case((replaced, Engagement.ended_on), else_=None)


def holding(on: date, end: datetime) -> ColumnElement[bool]:
    """Whether an agreement held on the day, as known at this moment; for statements that join Adviser too."""
    until = known_end(end)
    return and_(agreed_by(on, end), or_(until.is_(None), until > on))


# --- who changes one -------------------------------------------------------------------------------


def changing(
    session: Session,
    person: Person,
    adviser_id: int,
    seen: int | None = None,
    action: Action = Action.KEEP_ADVISERS,
) -> Adviser:
    """The adviser as it stands now, for one who may do this. Raises WrongAdviser for another spelling of one."""
    people.require(person, action)
    lock_writes(session)
    found = session.get(Adviser, adviser_id, populate_existing=True)
    if found is None:
        raise no_adviser(adviser_id)
    if found.merged_into is not None:
        right = session.get_one(Adviser, found.merged_into)
        text = N_("%(name)s is another spelling of %(right)s (no. %(number)s). Do it there.")
        raise WrongAdviser(Message(text, {"name": found.name, "right": right.name, "number": right.id}))
    check_seen(session, f"adviser:{found.id}", found.version, seen)
    return found


def changed(
    session: Session, person: Person, adviser: Adviser, action: str, details: Mapping[str, Any], now: datetime
) -> None:
    """Something about an adviser was changed: it has a new version, and the audit log an entry."""
    flag_modified(adviser, "kind")
    session.flush()
    about = {"adviser": adviser.name, **details}
    audit.record(session, person, action, f"adviser:{adviser.id}", about, now)


def no_adviser(adviser_id: int) -> NotFound:
    return NotFound(Message(N_("There is no adviser %(number)s."), {"number": adviser_id}))


def written(text: str | None, asked: Message) -> str:
    """A text that has to be there. Raises WrongAdviser, saying what is asked for."""
    if not (text or "").strip():
        raise WrongAdviser(asked)
    return str(text).strip()


def reason(why: str | None) -> str:
    return written(why, Message(N_("Write the reason in a few words.")))


# --- within ----------------------------------------------------------------------------------------


def _right_name(session: Session, kind: str, name: str) -> str:
    """The name under which an adviser of this name is told."""
    named_so = select(RIGHT.name).join(Adviser, Adviser.merged_into == RIGHT.id)
    return session.scalar(named_so.where(Adviser.kind == kind, Adviser.name == name)) or name


def _named_with(session: Session, stage_id: int) -> list[Engagement]:
    mine = select(Engagement).where(Engagement.stage_id == stage_id, Engagement.taken_back_at.is_(None))
    return list(session.scalars(mine.order_by(Engagement.id)))


def _replaced_by(session: Session, one: Engagement) -> Engagement | None:
    """The agreement with another adviser of the kind that ended when this one was signed."""
    earlier = (
        select(Engagement)
        .join(Adviser, Adviser.id == Engagement.adviser_id)
        .where(
            Engagement.firm_id == one.firm_id,
            Engagement.taken_back_at.is_(None),
            Engagement.id < one.id,
            Engagement.ended_on == one.agreed_on,
            Adviser.kind == session.get_one(Adviser, one.adviser_id).kind,
        )
    )
    return session.scalar(earlier.order_by(Engagement.id.desc()).limit(1))


def _seen(one: Engagement, adviser: Adviser) -> Engaged:
    return Engaged(one.id, adviser.kind, adviser.name, one.agreed_on, one.ended_on, one.ended_why)


def _replace(session: Session, replaced: Engaged, name: str, on: date) -> None:
    if on < replaced.agreed_on:
        text = N_("The agreement with %(name)s is of %(since)s; who replaces it signs later than that.")
        raise WrongAdviser(Message(text, {"name": replaced.name, "since": replaced.agreed_on.isoformat()}))
    old = session.get_one(Engagement, replaced.id)
    old.ended_on = on
    old.ended_why = Message(N_("replaced by %(name)s"), {"name": name}).in_language(CHINESE)


def _registered(session: Session, person: Person, kind: str, name: str, now: datetime) -> Adviser:
    found = session.scalar(select(Adviser).where(Adviser.kind == kind, Adviser.name == name))
    if found is None:
        found = Adviser(kind=kind, name=name, added_by=person.name, added_at=audit.utc(now))
        session.add(found)
        session.flush()
    return found
