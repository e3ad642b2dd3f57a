"""The tutoring cases and their visits as tables, a row each, for a workbook or a CSV.

    pipeline.tutoring ──► case_table, visit_table ──► pool_workbooks.py

As of today, of the firms that their reader may export; findings only for who may read them. No cell is run as a
formula.
"""

from datetime import date
from typing import Any

from sqlalchemy import and_, func, select
from sqlalchemy.orm import Session

from dashboard.components import terms
from dashboard.reports.pool_workbooks import Sheet, workbook
from pipeline import language
from pipeline.accounts import people
from pipeline.accounts.people import Action, Person
from pipeline.intake.storing.findings import csv_of
from pipeline.language import gettext as _
from pipeline.store.many_ids import one_of
from pipeline.store.tables import Case, Firm, FirmListRow, Visit
from pipeline.tutoring import cases, visits
from pipeline.tutoring.mentors.leaders import LEVELS, leaders_of
from pipeline.tutoring.visit_list.conditions import VisitConditions
from pipeline.tutoring.visit_list.visit_list import visit_lines
from pipeline.tutoring.visits import Step
from pipeline.wording.number_format import rounded

#: What can be exported, and in which form.
KINDS = ("cases", "visits")
FORMS = ("xlsx", "csv")
_EVERY_VISIT = VisitConditions()


def exported_table(
    session: Session, person: Person, kind: str, on: date, chosen: VisitConditions = _EVERY_VISIT
) -> Sheet:
    """The table of `kind`, one of KINDS, in the current language; of visits those that fit. Raises NotAllowed."""
    return case_table(session, person, on) if kind == "cases" else visit_table(session, person, on, chosen)


def as_file(table: Sheet, form: str, made_up: bool) -> bytes:
    """The table as a file of one of FORMS."""
    _title, heads, rows = table
    return csv_of(heads, rows) if form == "csv" else workbook([table], made_up)


def case_table(session: Session, person: Person, on: date) -> Sheet:
    """Every open case, those longest in their stage first, with its last visit and the step that is due first."""
    people.require(person, Action.EXPORT)
    people.require(person, Action.SEE_CASES)
    lines = cases.open_cases(session, person, on)
    first: dict[int, Step] = {}
    for open_step in visits.open_steps(session, on, person):  # the longest overdue come first
        first.setdefault(open_step.case_id, open_step)
    firms = [line.firm_id for line in lines]
    visited = _last_visits(session, person, on)
    stand = leaders_of(session, [line.case.id for line in lines])
    listed = {
        row.firm_id: row for row in session.scalars(select(FirmListRow).where(one_of(FirmListRow.firm_id, firms)))
    }
    may_see = people.visible_firms(person, Action.SEE_SCORES)
    scored = set(session.scalars(select(Firm.id).where(one_of(Firm.id, firms), may_see)))
    heads = [
        _("Firm"),
        _("Credit code"),
        _("District"),
        _("Stage"),
        _("Since"),
        _("Days in the stage"),
        _("Mentor"),
        *(language.pick(label) for label in LEVELS.values()),
        _("Last visit"),
        _("Next step"),
        _("Due"),
        _("Points"),
        _("Pool"),
    ]
    rows = []
    for line in lines:
        row, step = listed.get(line.firm_id), first.get(line.case.id)
        points = row.points if row is not None and line.firm_id in scored else None
        rows.append(
            [
                line.firm_name or line.firm_id,
                line.firm_id,
                terms.district(line.district_code),
                terms.stage(line.case.stage),
                line.case.stage_since,
                line.days_in_stage,
                line.mentor,
                *(stand[line.case.id][level].name if level in stand[line.case.id] else None for level in LEVELS),
                visited.get(line.case.id),
                None if step is None else step.next_step,
                None if step is None else step.due_on,
                None if points is None else rounded(points, 1),
                None if row is None else terms.pool(row.pool),
            ]
        )
    return _("Cases"), heads, rows


def visit_table(session: Session, person: Person, on: date, chosen: VisitConditions = _EVERY_VISIT) -> Sheet:
    """Every visit that counts, or those that fit the conditions, the latest first; a next step that was withdrawn is
    left out, and findings are where their reader may not read them."""
    lines = visit_lines(session, person, on, chosen, action=Action.EXPORT)
    reads = people.may(person, Action.SEE_FINDINGS)
    heads = [_("Firm"), _("Credit code"), _("District"), _("Stage"), _("Mentor"), _("Visited on"), _("Visited by")]
    heads += [_("Findings")] if reads else []
    heads += [_("Next step"), _("Due"), _("Who does it"), _("Done on")]
    heads += [_("Attachments")] if reads else []
    heads += [_("Withdrawn because")] if chosen.withdrawn else []
    rows = []
    for line in lines:
        row: list[Any] = [
            line.firm_name or line.firm_id,
            line.firm_id,
            terms.district(line.district_code),
            terms.stage(line.stage),
            line.mentor,
            line.visited_on,
            line.visited_by,
        ]
        row += [line.findings] if reads else []
        row += [line.next_step, line.due_on, line.owner, line.done_on]
        row += [line.files] if reads else []
        row += [line.withdrawn.why if line.withdrawn else None] if chosen.withdrawn else []
        rows.append(row)
    return _("Visits"), heads, rows


def _last_visits(session: Session, person: Person, on: date) -> dict[int, date]:
    """The last visit by the day of each open case."""
    statement = (
        select(Visit.case_id, func.max(Visit.visited_on))
        .join(Case, and_(Case.id == Visit.case_id, Case.closed_on.is_(None)))
        .join(Firm, Firm.id == Case.firm_id)
        .where(
            Visit.withdrawn_at.is_(None),
            Visit.visited_on <= on,
            people.visible_firms(person, Action.SEE_CASES),
        )
        .group_by(Visit.case_id)
    )
    return dict(session.execute(statement).all())
