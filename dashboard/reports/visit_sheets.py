"""What whoever goes to a firm takes along: where it stands, why go there, what its score rests on, what a board still
asks, what was found and agreed before.

    pipeline.tutoring, scoring.scores ──► visit_sheets ──► visit_sheet_papers.py

Everything as of today, and nothing that its reader may not see.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date

from sqlalchemy import select
from sqlalchemy.orm import Session

from pipeline.accounts import people
from pipeline.accounts.people import Action, Person
from pipeline.declarations import declarations
from pipeline.declarations.declarations import APPLICATION
from pipeline.errors import ShownToPeople
from pipeline.language import N_, Message
from pipeline.rules.evaluation import evaluate, nearest
from pipeline.rules.explanation import condition_table
from pipeline.rules.reports import board_tables, check
from pipeline.store.current import current_run, members_on
from pipeline.store.many_ids import one_of
from pipeline.store.tables import Firm, Score
from pipeline.tutoring import cases, visits
from pipeline.tutoring.agenda.agenda import Reason, agenda
from pipeline.tutoring.cases import CaseLine
from pipeline.tutoring.visits import VisitSeen
from scoring.scores.stored_scores import StoredReasons, stored_reasons

#: So many sheets at once, and so many visits on each.
MOST = 30
VISITS = 3


class WrongSheets(ShownToPeople):
    """No firm to print a sheet of, or too many."""


@dataclass(frozen=True)
class Contact:
    """Whom the firm has named in its last application, and when."""

    name: str
    phone: str
    declared_on: date


@dataclass(frozen=True)
class VisitSheet:
    """One firm's sheet. `case`, `contact`, `points`: None where there is none or it is not the reader's to see;
    `best`: the board that fits best, in words, with what is missing for it, a sentence a condition (`gaps`); `steps`:
    those that are open, the soonest due first; `last`: the last visits, without findings where they are not the
    reader's; `why`: why go there."""

    firm_id: str
    name: str
    district_code: str | None
    on: date
    pool: str | None
    case: CaseLine | None
    contact: Contact | None
    points: float | None
    scores_of: date | None
    reasons: StoredReasons
    best: Message | None
    gaps: Sequence[Message] = ()
    steps: Sequence[VisitSeen] = ()
    last: Sequence[VisitSeen] = ()
    why: Sequence[Reason] = field(default=())


def visit_sheets(session: Session, person: Person, firm_ids: Sequence[str], on: date) -> list[VisitSheet]:
    """The sheets in the order in which the firms are named, each once.

    Raises WrongSheets for no firm or more than MOST, NotAllowed for one that the person may not see.
    """
    wanted = list(dict.fromkeys(firm_ids))
    if not 1 <= len(wanted) <= MOST:
        text = N_("Name 1 to %(most)s firms, not %(count)s.")
        raise WrongSheets(Message(text, {"most": MOST, "count": len(wanted)}))
    for firm in wanted:
        people.require(person, Action.SEE_CASES, firm, session=session)
    firms = {firm.id: firm for firm in session.scalars(select(Firm).where(one_of(Firm.id, wanted)))}
    of_case = {line.firm_id: line for line in cases.open_cases(session, person, on) if line.firm_id in firms}
    pools = dict(session.execute(members_on(on)).all())
    contacts = _contacts(session, person, wanted, on)
    boards = _boards(session, wanted, on)
    whys = _whys(session, person, on, list(of_case.values()))
    run = current_run(session)
    seen = people.visible_firms(person, Action.SEE_SCORES)
    scored = select(Score.firm_id, Score.points).join(Firm, Firm.id == Score.firm_id)
    scored = scored.where(Score.run_id == (-1 if run is None else run.id), one_of(Score.firm_id, wanted), seen)
    points = dict(session.execute(scored).all())
    sheets = []
    for firm in wanted:
        made = [each for each in visits.visits_of(session, person, firm) if each.withdrawn is None]
        best, gaps = boards.get(firm, (None, ()))
        why = run is not None and firm in points
        sheets.append(
            VisitSheet(
                firm_id=firm,
                name=firms[firm].name or firm,
                district_code=firms[firm].district_code,
                on=on,
                pool=pools.get(firm),
                case=of_case.get(firm),
                contact=contacts.get(firm),
                points=points.get(firm),
                scores_of=run.as_of if run is not None and why else None,
                reasons=(stored_reasons(session, run, firm) if run is not None and why else None) or StoredReasons(),
                best=best,
                gaps=gaps,
                steps=_open_steps(made, of_case.get(firm)),
                last=[each for each in made if each.visited_on <= on][:VISITS],
                why=whys.get(firm, ()),
            )
        )
    return sheets


# --- within ----------------------------------------------------------------------------------------


def _open_steps(made: Sequence[VisitSeen], line: CaseLine | None) -> list[VisitSeen]:
    """The steps of the open case that are to be done; those of a closed one are due no more."""
    if line is None:
        return []
    mine = [each for each in made if each.step_open and each.case_id == line.case.id]
    return sorted(mine, key=lambda each: (each.due_on or date.max, each.id))


def _contacts(session: Session, person: Person, firms: Sequence[str], on: date) -> dict[str, Contact]:
    """Of each firm whom its application in force names, of those whose declarations the person sees."""
    if not people.may(person, Action.SEE_DECLARATIONS):
        return {}
    found: dict[str, Contact] = {}
    for line in declarations.open_declarations(session, person, on):
        made = line.declaration
        if made.kind != APPLICATION or line.firm_id in found or line.firm_id not in firms:
            continue
        contact = made.content.get("contact") or {}
        if contact.get("name") or contact.get("phone"):
            found[line.firm_id] = Contact(contact.get("name") or "", contact.get("phone") or "", made.declared_on)
    return found


def _boards(session: Session, firms: Sequence[str], on: date) -> Mapping[str, tuple[Message | None, Sequence[Message]]]:
    """Of each firm of which anything is known the best board in words, and what is missing for it."""
    facts, labels = check.inputs(session.connection(), on, cohort=None, firms=list(firms))
    if labels.empty:
        return {}
    verdicts = evaluate.check(facts, labels, on)
    best = nearest.best_boards(verdicts)
    found: dict[str, tuple[Message | None, Sequence[Message]]] = {}
    for firm in map(str, verdicts.firm_ids):
        verdict = condition_table.of_firm(verdicts, firm)
        gaps = verdict.gaps.get(verdict.best, []) if verdict.best is not None else []
        found[firm] = (board_tables.best_text(best.loc[firm]), gaps)
    return found


def _whys(session: Session, person: Person, on: date, lines: Sequence[CaseLine]) -> dict[str, Sequence[Reason]]:
    """Why the agenda names each firm; nothing for one who does not read it."""
    if not people.may(person, Action.SEE_FINDINGS):
        return {}
    named = agenda(session, person, on, mine=False, lines=lines).firms
    return {each.line.firm_id: each.reasons for each in named}
