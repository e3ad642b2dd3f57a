"""Next steps as a table: on the page of the cases and on that of the day."""

from collections.abc import Sequence

from dash.development.base_component import Component

from dashboard.components import amounts
from dashboard.components.cards import element, empty, link, table
from pipeline.language import gettext as _
from pipeline.tutoring.visits import Step


def steps_table(steps: Sequence[Step], *, late: bool) -> Component:
    """Firm, step, who does it and by when; `late`: the due day has passed."""
    if not steps:
        return empty(_("Nothing is overdue.") if late else _("Nothing is coming."))
    return table(
        [_("Firm"), _("Next step"), _("Who does it"), _("Due")],
        [
            [
                link(step.firm_name or step.firm_id, f"/firm/{step.firm_id}#tutoring"),
                step.next_step,
                element("Span", step.owner or _("nobody yet"), className="person"),
                element("Span", amounts.day(step.due_on), className="overdue" if late else "day"),
            ]
            for step in steps
        ],
    )
