"""Pages and papers of the program by their titles, in either language."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Protocol

from dashboard.components import terms
from pipeline import language
from pipeline.accounts import people
from pipeline.accounts.people import Action, Person
from pipeline.language import N_
from pipeline.language import gettext as _
from pipeline.wording.spelling import folded


@dataclass(frozen=True)
class Titled:
    """A page or a paper with its address; `title` a msgid, `also`: what else it is called, msgids."""

    title: str
    address: str
    also: tuple[str, ...] = ()


class Page(Protocol):
    """What is asked of a page of the board."""

    @property
    def path(self) -> str: ...
    @property
    def label(self) -> str: ...


#: What is looked for on a page that has another title.
_ALSO_CALLED: Mapping[str, tuple[str, ...]] = {"/pools": tuple(terms.POOLS.values())}
_PAPERS: Sequence[tuple[Titled, tuple[Action, ...]]] = (
    (Titled(N_("Special report (PDF)"), "/download/special-report.pdf"), (Action.SEE_FINDINGS, Action.EXPORT)),
    (Titled(N_("Special report (Word)"), "/download/special-report.docx"), (Action.SEE_FINDINGS, Action.EXPORT)),
    (
        Titled(N_("Papers of reviews: decision, list, public notice, letters"), "/pools#papers"),
        (Action.SEE_PROPOSALS,),
    ),
    (Titled(N_("Report of changes of the pools (Word)"), "/pools/report.docx"), (Action.SEE_PROPOSALS,)),
    (Titled(N_("Report of changes of the pools (Excel)"), "/pools/report.xlsx"), (Action.SEE_PROPOSALS,)),
)


def titled(pages: Iterable[Page]) -> list[Titled]:
    """Pages as they are looked for."""
    return [Titled(page.label, page.path, _ALSO_CALLED.get(page.path, ())) for page in pages]


def papers_of(person: Person) -> list[Titled]:
    """The papers that this person may have."""
    return [paper for paper, needs in _PAPERS if all(people.may(person, action) for action in needs)]


def called(titled: Sequence[Titled], words: Sequence[str]) -> list[tuple[str, str]]:
    """Title in the reader's language and address of those whose title, in either language, holds each folded word."""
    return [
        (_(one.title), one.address)
        for one in titled
        if any(all(word in name for word in words) for name in _names((one.title, *one.also)))
    ]


@lru_cache(maxsize=500)
def _names(msgids: tuple[str, ...]) -> tuple[str, ...]:
    names = []
    for tongue in language.LANGUAGES:
        with language.speaking(tongue):
            names += [folded(_(msgid)) for msgid in msgids]
    return tuple(names)
