"""What a person may open that goes by these words: firms, cases, problems, advisers, papers, pages.

Firms are looked for as the list of firms looks for them (name, former names, code, industry, pinyin and its initials),
so that what is found here is found there. Of the first FIRMS_READ of them in the order of the list those whose name
says the words come first: then no word, however common, is asked of every firm.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any
from urllib.parse import quote

from sqlalchemy import case, select
from sqlalchemy.orm import Session

from dashboard.components import terms
from dashboard.queries.lists import list_conditions
from dashboard.queries.search.pages_and_papers import Titled, called, papers_of
from pipeline import language
from pipeline.accounts import people
from pipeline.accounts.people import Action, Person
from pipeline.accounts.roles import Scope
from pipeline.advisers.adviser_lists import advisers_called
from pipeline.language import N_
from pipeline.language import gettext as _
from pipeline.store.engines.search_index import row_holds
from pipeline.store.tables import FirmListRow
from pipeline.tutoring.gates import kind_name as adviser_kind
from pipeline.tutoring.problems.kinds import STATES, kind_name
from pipeline.tutoring.problems.problem_lists import problems_saying
from pipeline.wording.spelling import folded, words_of

#: Fewer signs are no search yet; no name has more.
FEWEST_SIGNS, MOST_SIGNS = 2, 200
#: So many of each kind are named unless somebody asks for more.
MOST = 5
FIRMS_READ = 100
FIRMS, CASES, PROBLEMS, ADVISERS, PAPERS, PAGES = "firms", "cases", "problems", "advisers", "papers", "pages"
KINDS = {
    FIRMS: N_("Firms"),
    CASES: N_("Cases"),
    PROBLEMS: N_("Problems"),
    ADVISERS: N_("Advisers"),
    PAPERS: N_("Papers"),
    PAGES: N_("Pages"),
}
#: Of a problem's text so many letters are shown.
_LETTERS = 60


@dataclass(frozen=True)
class Hit:
    """Something that goes by the words, in the reader's language; `note` says what it is beside its title."""

    title: str
    note: str
    address: str


@dataclass(frozen=True)
class Group:
    """The hits of one kind. `more`: there are more than those; `more_at`: where all of them are listed, "" nowhere."""

    kind: str
    hits: Sequence[Hit]
    more: bool = False
    more_at: str = ""

    @property
    def heading(self) -> str:
        return _(KINDS[self.kind])


@dataclass(frozen=True)
class Found:
    """`groups` in the order of KINDS, without those of no hit."""

    words: Sequence[str]
    groups: Sequence[Group]

    @property
    def of_nothing(self) -> str:
        """What is said where there is no hit: what is too short or too long was not looked for at all."""
        signs = _signs(self.words)
        if signs < FEWEST_SIGNS:
            return _("Type at least %(count)s signs.", count=FEWEST_SIGNS)
        if signs > MOST_SIGNS:
            return _("Type at most %(count)s signs.", count=MOST_SIGNS)
        return _("Nothing that is open to you goes by these words.")


def _signs(words: Sequence[str]) -> int:
    return sum(map(len, words))


def found(
    session: Session, person: Person, text: str, today: date, pages: Sequence[Titled] = (), most: int = MOST
) -> Found:
    """What this person may open that holds each word of `text`, at most so many of each kind.

    Capitals and full-width letters make no difference, and no sign is a pattern; fewer than two signs, or more than any
    name has, find nothing. `pages`: the pages that are open to the person. Who may see no firm finds nothing.
    """
    words = words_of(text)
    if not people.may(person, Action.SEE_FIRMS) or not FEWEST_SIGNS <= _signs(words) <= MOST_SIGNS:
        return Found(words, ())
    groups = [*_firms(session, person, words, most)]
    if people.may(person, Action.SEE_FINDINGS):
        groups.append(_problems(session, person, text, today, most))
        groups.append(_advisers(session, person, text, today, most))
    if person.policy.may[Action.SEE_FIRMS] is not Scope.OWN_FIRM:  # whose pages are all in its menu
        for kind, titled in ((PAPERS, papers_of(person)), (PAGES, pages)):
            hits = [Hit(title, "", address) for title, address in called(titled, words)]
            groups.append(Group(kind, hits[:most], len(hits) > most))
    return Found(words, tuple(group for group in groups if group.hits))


# --- firms and their cases -------------------------------------------------------------------------


def _firms(session: Session, person: Person, words: Sequence[str], most: int) -> list[Group]:
    """The firms, and of those that are in tutoring their cases."""
    row: Any = FirmListRow
    dialect = session.get_bind().dialect.name
    # Who may not see points does not learn them from the order.
    seen = people.may(person, Action.SEE_SCORES)
    order = [*([list_conditions.by_number(row.points, upwards=False)] if seen else []), row.firm_id]
    fits = [people.visible_rows(person), *(row_holds(word, dialect) for word in words)]
    keys = session.scalars(select(row.firm_id).where(*fits).order_by(*order).limit(FIRMS_READ)).all()
    if not keys:
        return []
    stage = case((people.visible_rows(person, Action.SEE_CASES), row.stage))
    about = (row.firm_id, row.name, row.former_names, row.district_code, stage.label("stage"))
    rows = {one.firm_id: one for one in session.execute(select(*about).where(row.firm_id.in_(keys)))}
    ordered = sorted((rows[key] for key in keys if key in rows), key=lambda one: _far(one, words))
    tutored = [one for one in ordered if one.stage]
    more = len(ordered) > most
    return [
        Group(FIRMS, [_firm(one, words) for one in ordered[:most]], more, _list_of(words) if more else ""),
        Group(CASES, [_case(one) for one in tutored[:most]], len(tutored) > most),
    ]


def _far(row: Any, words: Sequence[str]) -> int:
    """How far what the words say is from the firm's name: its beginning, the name, the code, a former name, a sound."""
    name = folded(row.name or "")
    if name.startswith(words[0]) and _all_in(name, words):
        return 0
    for place, text in enumerate((name, folded(row.firm_id), folded(row.former_names or "")), start=1):
        if _all_in(text, words):
            return place
    return 4


def _all_in(text: str, words: Sequence[str]) -> bool:
    return all(word in text for word in words)


def _firm(row: Any, words: Sequence[str]) -> Hit:
    notes = [row.firm_id, terms.district(row.district_code)]
    name = folded(row.name or "")
    former = [
        each for each in (row.former_names or "").split("\n") if each and any(word in folded(each) for word in words)
    ]
    if former and not _all_in(name, words):
        notes.append(_("formerly %(name)s", name=former[0]))
    return Hit(row.name or row.firm_id, " · ".join(filter(None, notes)), f"/firm/{quote(row.firm_id)}")


def _case(row: Any) -> Hit:
    return Hit(row.name or row.firm_id, terms.stage(row.stage), f"/firm/{quote(row.firm_id)}#tutoring")


def _list_of(words: Sequence[str]) -> str:
    return f"/firms?search={quote(' '.join(words))}"


# --- what else there is ----------------------------------------------------------------------------


def _problems(session: Session, person: Person, text: str, today: date, most: int) -> Group:
    lines = problems_saying(session, person, today, text, most + 1)
    hits = []
    for line in lines[:most]:
        firm, name = next(iter(line.firms.items()), ("", ""))
        said = line.text or ""
        title = said if len(said) <= _LETTERS else f"{said[:_LETTERS]}…"
        notes = (kind_name(line.kind), language.pick(STATES[line.state]), name or firm)
        hits.append(Hit(title, " · ".join(filter(None, notes)), f"/problems?firm={quote(firm)}&all=1"))
    return Group(PROBLEMS, hits, len(lines) > most)


def _advisers(session: Session, person: Person, text: str, today: date, most: int) -> Group:
    rows = advisers_called(session, person, today, text, most + 1)
    hits = [Hit(name, adviser_kind(kind), f"/advisers?adviser={number}") for number, kind, name in rows[:most]]
    return Group(ADVISERS, hits, len(rows) > most)
