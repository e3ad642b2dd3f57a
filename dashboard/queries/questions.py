"""The questions about everybody whose answers are kept: who may ask, what an answer rests on, how it is worked out.

Nothing about everybody is worked out in a request, except where everybody is few (city_cache.is_small). An answer is
the same for all who reach the same firms, so it is worked out for a district or for the city, never for a person.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from sqlalchemy.orm import Session

from dashboard.queries import city_cache
from dashboard.queries.firm import visible_ids
from pipeline.accounts import people
from pipeline.accounts.people import Action, Person
from pipeline.accounts.roles import Role, Scope
from pipeline.activities.lists import ActivityCounts, counted
from pipeline.agencies.standing import Agencies, agencies
from pipeline.effect.effect import Effect, effect
from pipeline.errors import NotAllowed, NotFound, ShownToPeople
from pipeline.growth.growers import Growers, growers
from pipeline.kept_answers.documents import as_document, message_as_document, message_of, record_of
from pipeline.kept_answers.keeping import Kept, Key, stands_for_activities, stands_for_everything, stands_for_figures
from pipeline.ladder.ladder import Ladder, ladder
from pipeline.language import N_, Message
from pipeline.monitoring.report import Report, report
from pipeline.pacesetters.ranking import Ranking, rank_city, ranking
from pipeline.pools.reviews import Outlook, outlook
from pipeline.support.entitlements import Forecast, forecast
from pipeline.targets.standing import Standing, standing
from scoring.ladder.candidates import Candidates, candidates

if TYPE_CHECKING:
    from pipeline.finance.overview import Finance
    from pipeline.rules.reports.compare_regimes import Comparison

Found = TypeVar("Found")
Days = Mapping[str, date]


@dataclass(frozen=True)
class Question(Generic[Found]):
    """`days`: what each day is called that it asks about; `may`: who may ask, `counts`: by which action firms are
    reached that it counts; `stands_for`: the state that an answer is true of; `work_out`: for a reader; `written` and
    `read`: as JSON and back."""

    name: str
    days: tuple[str, ...]
    may: Action
    counts: Action
    stands_for: Callable[[Session], str]
    work_out: Callable[[Session, Person, Days], Found]
    written: Callable[[Found], Any]
    read: Callable[[Any], Found]


def key_for(question: Question[Any], person: Person, days: Days) -> Key:
    """Which answer this person may read. Raises NotAllowed for whoever may not ask, or reaches some firms by name."""
    people.require(person, question.may)
    scope = person.policy.may.get(question.counts)
    if scope is Scope.EVERY_COHORT:
        return Key(question.name, days, None)
    if scope not in (Scope.CITY, Scope.WHOLE_CITY):
        raise NotAllowed(Message(N_("This is told of a district or of the city alone.")))
    return Key(question.name, days, person.district_code)


def answered(session: Session, question: Question[Any], key: Key) -> Kept:
    """The answer as it is to be kept: what was found, or why there is none. Where others write meanwhile it stands for
    the state before."""
    stands_for, now = question.stands_for(session), datetime.now(UTC)
    try:
        content = {"found": question.written(question.work_out(session, _reader_of(key.district), key.days))}
    except ShownToPeople as error:
        message = error.message if isinstance(error.message, Message) else Message(str(error.message))
        content = {"refused": message_as_document(message)}
    return Kept(stands_for, now, content)


def in_content(question: Question[Found], content: Mapping[str, Any]) -> Found | Message:
    """What was found, or why there is nothing."""
    return message_of(content["refused"]) if "refused" in content else question.read(content["found"])


def _reader_of(district: str | None) -> Person:
    """Whoever reads for a district, or for the city: no account, and no firm beyond."""
    return Person(0, "", Role.OFFICER, district_code=district)


# --- the questions ---------------------------------------------------------------------------------


def _compared(session: Session, person: Person, days: Days) -> "Comparison":
    """Raises NotFound where no return of any of these firms is known."""
    from pipeline.rules.reports import compare_regimes

    facts, firms = city_cache.city_facts(session, days["facts"])
    visible = visible_ids(session, person)
    facts = facts[facts.index.get_level_values("firm_id").isin(visible)]
    firms = firms[firms.index.isin(visible)]
    if facts.empty:
        raise NotFound(Message(N_("No yearly return yet.")))
    return compare_regimes.compare(facts, firms, days["facts"], days["before"], days["after"]).of_moved()


def _comparison_of(document: Any) -> "Comparison":
    from pipeline.rules.reports.compare_regimes import Comparison

    return Comparison.from_json(document)


def _growers(session: Session, person: Person, days: Days) -> Growers:
    return growers(*city_cache.city_facts(session, days["on"]), days["on"], visible_ids(session, person))


#: So many ranked firms of each stage of life are kept, with all that are in or near the border.
_RANKED_SHOWN = 30


def _pacesetters(session: Session, person: Person, days: Days) -> Ranking:
    city = rank_city(*city_cache.city_facts(session, days["on"]), days["on"])
    return ranking(city, visible_ids(session, person), _RANKED_SHOWN)


def _financed(session: Session, person: Person, days: Days) -> "Finance":
    from pipeline.finance.overview import finance

    return finance(session, person, days["on"])


def _finance_of(document: Any) -> "Finance":
    from pipeline.finance.overview import Finance

    return record_of(Finance, document)


def _candidates(session: Session, person: Person, days: Days) -> Candidates:
    """The model's files are in the database; they are brought into a folder of their own for as long as it takes."""
    with TemporaryDirectory() as folder:
        return candidates(session, person, days["on"], Path(folder))


#: How full the pools are and who waits, on a day: `on`.
OUTLOOK: Question[Outlook] = Question(
    "pools_outlook",
    ("on",),
    Action.SEE_PROPOSALS,
    Action.SEE_PROPOSALS,
    stands_for_everything,
    lambda session, person, days: outlook(session, days["on"], person),
    as_document,
    lambda document: record_of(Outlook, document),
)
#: Who gains or loses a board by the rules of `after` against those of `before`, by figures as known on `facts`.
COMPARISON: "Question[Comparison]" = Question(
    "rules_of_two_days",
    ("before", "after", "facts"),
    Action.EXPORT,
    Action.SEE_FIRMS,
    stands_for_figures,
    _compared,
    lambda found: found.as_json(),
    _comparison_of,
)
#: What came before success, as known on a day: `on`.
EFFECT: Question[Effect] = Question(
    "effect",
    ("on",),
    Action.EXPORT,
    Action.EXPORT,
    stands_for_everything,
    lambda session, person, days: effect(session, person, days["on"]),
    as_document,
    lambda document: record_of(Effect, document),
)
#: The fast growers, as known on a day: `on`.
GROWERS: Question[Growers] = Question(
    "growers",
    ("on",),
    Action.SEE_PLAN,
    Action.SEE_PLAN,
    stands_for_figures,
    _growers,
    as_document,
    lambda document: record_of(Growers, document),
)
#: The ranking from which pacesetters are chosen, as known on a day: `on`.
PACESETTERS: Question[Ranking] = Question(
    "pacesetters",
    ("on",),
    Action.SEE_PLAN,
    Action.SEE_PLAN,
    stands_for_figures,
    _pacesetters,
    as_document,
    lambda document: record_of(Ranking, document),
)
#: How the targets of the city's plans stand, as known on a day: `on`.
TARGETS: Question[Standing] = Question(
    "targets",
    ("on",),
    Action.SEE_PLAN,
    Action.SEE_PLAN,
    stands_for_everything,
    lambda session, person, days: standing(session, person, days["on"]),
    as_document,
    lambda document: record_of(Standing, document),
)
#: How many activities of each kind, level and district were known on a day: `on`.
ACTIVITIES: Question[ActivityCounts] = Question(
    "activities",
    ("on",),
    Action.SEE_PLAN,
    Action.SEE_PLAN,
    stands_for_activities,
    lambda session, person, days: counted(session, person, days["on"]),
    as_document,
    lambda document: record_of(ActivityCounts, document),
)
#: What firms seek and what fits them, as known on a day: `on`.
FINANCE: "Question[Finance]" = Question(
    "finance",
    ("on",),
    Action.SEE_PLAN,
    Action.SEE_PLAN,
    stands_for_activities,
    _financed,
    as_document,
    _finance_of,
)
#: The agencies that prepare returns, as known on a day: `on`.
AGENCIES: Question[Agencies] = Question(
    "agencies",
    ("on",),
    Action.SEE_PLAN,
    Action.SEE_PLAN,
    stands_for_everything,
    lambda session, person, days: agencies(session, person, days["on"]),
    as_document,
    lambda document: record_of(Agencies, document),
)
#: The growth ladder as known on a day: `on`.
LADDER: Question[Ladder] = Question(
    "ladder",
    ("on",),
    Action.SEE_PLAN,
    Action.SEE_PLAN,
    stands_for_everything,
    lambda session, person, days: ladder(session, person, days["on"]).for_page(),
    as_document,
    lambda document: record_of(Ladder, document),
)
#: Who may be recognised as a high-tech enterprise for the first time, as known on a day: `on`.
CANDIDATES: Question[Candidates] = Question(
    "ladder_candidates",
    ("on",),
    Action.SEE_PLAN,
    Action.SEE_PLAN,
    stands_for_everything,
    _candidates,
    as_document,
    lambda document: record_of(Candidates, document),
)
#: What firms could still claim of each rule of support on a day: `on`.
SUPPORT: Question[Forecast] = Question(
    "support",
    ("on",),
    Action.GRANT_SUPPORT,
    Action.GRANT_SUPPORT,
    stands_for_everything,
    lambda session, _person, days: forecast(session, days["on"]),
    as_document,
    lambda document: record_of(Forecast, document),
)
#: The monitoring report of a day: `on`.
MONITOR: Question[Report] = Question(
    "monitor",
    ("on",),
    Action.SEE_PLAN,
    Action.SEE_PLAN,
    stands_for_everything,
    lambda session, person, days: report(session, person, days["on"]),
    as_document,
    lambda document: record_of(Report, document),
)
QUESTIONS: Mapping[str, Question[Any]] = {
    one.name: one
    for one in (
        *(OUTLOOK, COMPARISON, EFFECT),
        *(TARGETS, LADDER, CANDIDATES, ACTIVITIES, FINANCE, GROWERS, PACESETTERS, SUPPORT, MONITOR, AGENCIES),
    )
}
