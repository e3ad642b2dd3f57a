"""What a request knows of an answer about everybody: the one that is kept, whether it is of now, and who makes it."""

import logging
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Generic, TypeVar

from sqlalchemy import Engine
from sqlalchemy.exc import OperationalError

from dashboard.jobs import process
from dashboard.queries import city_cache
from dashboard.queries.questions import Days, Question, answered, in_content, key_for
from dashboard.web import request
from pipeline.kept_answers import keeping
from pipeline.kept_answers.keeping import Kept, Key
from pipeline.language import Message
from pipeline.language import gettext as _
from pipeline.store.trail.chain import utc
from pipeline.store.write_lock import SomebodyElseSaved

#: So many answers are worked out at once, on all hosts together: readers of a hundred districts come at nine o'clock.
MOST_AT_ONCE = 2
_TASK = "answer"
_log = logging.getLogger(__name__)
Found = TypeVar("Found")


@dataclass(frozen=True)
class Answer(Generic[Found]):
    """`found`: what was found, or why there is nothing; `made_at`: of which moment it is, UTC; `is_current`: nothing
    that it rests on has changed since."""

    found: Found | Message
    made_at: datetime
    is_current: bool


@dataclass(frozen=True)
class Look(Generic[Found]):
    """`answer`: None where there is none yet; `under_way`: it is being worked out, or will be once others are done;
    `why_not`: why that failed."""

    answer: Answer[Found] | None
    under_way: bool = False
    why_not: str = ""


def look(question: Question[Found], days: Days, *, begin: bool) -> Look[Found]:
    """The answer for whoever asks. Where it is missing or old: of a small city it is worked out now, else, where
    `begin` says so, a job is begun, unless one is under way. Raises NotAllowed for whoever may not read it."""
    engine, key = request.app().engine, key_for(question, request.person(), days)
    with request.database() as session:
        kept, now = keeping.read(session, key), question.stands_for(session)
        new = None
        if (kept is None or kept.stands_for != now) and city_cache.is_small(session):
            kept = new = answered(session, question, key)
            now = new.stands_for
    if new is not None:
        _keep(engine, key, new)
    is_current = kept is not None and kept.stands_for == now
    answer: Answer[Found] | None = None
    if kept is not None:
        found = in_content(question, kept.content)
        answer = Answer(found, kept.made_at, is_current)
    if is_current:
        return Look(answer)
    state = _state(engine, key)
    if state is not None and state.running:
        return Look(answer, under_way=True)
    if begin:
        return _begun(engine, key, answer)
    return Look(answer, why_not=state.says if state is not None and state.state == "failed" else "")


def is_under_way(question: Question[Any], days: Days) -> bool:
    """Whether a job works the answer out just now. Raises NotAllowed as `look`."""
    state = _state(request.app().engine, key_for(question, request.person(), days))
    return state is not None and state.running


def was_begun(question: Question[Any], days: Days, since: datetime) -> bool:
    """Whether a job was asked for since a moment. Raises NotAllowed as `look`."""
    state = _state(request.app().engine, key_for(question, request.person(), days))
    return state is not None and state.asked_at is not None and state.asked_at >= utc(since)


def _state(engine: Engine, key: Key) -> process.State | None:
    return process.state_for_all(engine, _TASK, **key.as_arguments())


def _begun(engine: Engine, key: Key, answer: Answer[Found] | None) -> Look[Found]:
    settings, asker = request.app().settings, request.person().id
    try:
        process.start_for_all(settings, engine, asker, _TASK, MOST_AT_ONCE, **key.as_arguments())
    except SomebodyElseSaved:
        return Look(answer, why_not=_("Something is being stored just now. Once that is done this can be worked out."))
    return Look(answer, under_way=True)


def _keep(engine: Engine, key: Key, answer: Kept) -> None:
    """Nobody waits for a page because a file is being stored, or the disk is full: then the next reader works it out
    again."""
    try:
        keeping.keep(engine, key, answer, wait=False)
    except (SomebodyElseSaved, OperationalError) as error:
        _log.info("The answer to %s is not kept: %s", key.question, error)
