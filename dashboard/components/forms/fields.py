"""Fields that several forms have."""

from typing import Any

from dash.development.base_component import Component

from dashboard.checked_once import dmc, html
from dashboard.components.cards import aria
from pipeline import language
from pipeline.language import gettext as _


def day_field(name: str, label: str, **about: Any) -> Component:
    """A field for a day; the arrows of its calendar have names, as its other buttons have."""
    arrows = {
        "previousMonth": _("previous month"),
        "nextMonth": _("next month"),
        "previousYear": _("previous year"),
        "nextYear": _("next year"),
        "previousDecade": _("previous decade"),
        "nextDecade": _("next decade"),
    }
    return dmc.DateInput(id=name, label=label, valueFormat="YYYY-MM-DD", w=150, size="sm", ariaLabels=arrows, **about)


def refusal(name: str) -> Component:
    """Where a form says beside its button what was refused and why."""
    return html.Div(id=name, role="status", style={"marginTop": ".6rem"}, **aria(live="polite"))


def second_code_field(name: str) -> Component:
    """A field for the code of a second person whose sign-in asks for one."""
    return dmc.TextInput(
        id=name,
        label=_("Second person: code"),
        placeholder=_("where asked for"),
        autoComplete="off",
    )


def withdrawal(prefix: str, kind: str, number: int, about: str, hint: str) -> Component:
    """The folded form by which somebody takes back what a line shows, with a reason. The ids of field and button have
    the types `prefix`-why and `prefix`-withdraw and the `number` of the line under the key `kind`."""
    words = _("Withdraw")
    return html.Details(
        [
            html.Summary(words, className="card-note", **aria(label=language.headed(words, about))),
            dmc.Group(
                [
                    dmc.TextInput(
                        id={"type": f"{prefix}-why", kind: number},
                        placeholder=hint,
                        size="xs",
                        w=260,
                        **aria(label=language.headed(_("Reason"), about)),
                    ),
                    dmc.Button(
                        words,
                        id={"type": f"{prefix}-withdraw", kind: number},
                        variant="default",
                        size="compact-xs",
                        **aria(label=language.headed(words, about)),
                    ),
                ],
                gap="xs",
            ),
        ]
    )
