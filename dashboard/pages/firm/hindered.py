"""What hinders one firm, on its page: its open problems, whose they are and by when; done about on /problems."""

from typing import Any

from dash.development.base_component import Component
from sqlalchemy.orm import Session

from dashboard.checked_once import html
from dashboard.components import amounts
from dashboard.components.cards import card, link, table
from dashboard.web.routes import View
from pipeline.accounts.people import Action
from pipeline.language import gettext as _
from pipeline.tutoring.problems.kinds import kind_name, owner_name
from pipeline.tutoring.problems.problem_lists import problems

ANCHOR = "problems"


def card_of(session: Session, view: View, firm_id: str) -> Component | None:
    """None where this person may not see cases, or nothing hinders the firm."""
    if not view.may(Action.SEE_CASES):
        return None
    found = problems(session, view.person, view.today, firm_id=firm_id)
    if not found:
        return None
    reads = view.may(Action.SEE_FINDINGS)
    rows: list[list[Any]] = [
        [
            kind_name(one.kind),
            *([one.text or ""] if reads else []),
            owner_name(one.department),
            html.Span(amounts.day(one.due_on), className="overdue" if one.overdue else "day"),
        ]
        for one in found
    ]
    heads = [_("Kind"), *([_("What hinders")] if reads else []), _("Owner"), _("Due")]
    more = link(_("All about these problems"), f"/problems?firm={firm_id}") if reads else None
    return card(_("Problems"), table(heads, rows), _("%(count)s open", count=len(found)), more, id=ANCHOR)
