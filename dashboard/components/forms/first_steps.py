"""The card with what somebody does first on an empty board."""

from collections.abc import Sequence
from typing import Protocol

from dash.development.base_component import Component

from dashboard.checked_once import html
from dashboard.components.cards import card, icon, link
from pipeline.language import gettext as _


class Step(Protocol):
    """A step as dashboard.queries.first_steps gives it."""

    @property
    def text(self) -> str: ...
    @property
    def href(self) -> str | None: ...
    @property
    def done(self) -> bool: ...


def first_steps_card(steps: Sequence[Step]) -> list[Component]:
    """One card, or none where nothing is left."""
    if not steps:
        return []
    lines = [
        html.Li(
            [
                link(_(step.text), step.href) if step.href and not step.done else html.Span(_(step.text)),
                html.Span([" ", icon("check"), _("done")] if step.done else "", className="card-note"),
            ]
        )
        for step in steps
    ]
    left = sum(not step.done for step in steps)
    note = _("%(left)s of %(count)s steps are still to be taken", left=left, count=len(steps))
    body = html.Ol(lines, style={"margin": 0, "paddingInlineStart": "1.4rem"})
    return [
        html.Div(
            card(_("First steps"), body, note, id="first-steps"), className="no-print", style={"marginBottom": "1rem"}
        )
    ]
