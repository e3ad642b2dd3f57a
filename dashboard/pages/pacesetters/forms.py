"""The fields with which the choice of pacesetters is kept; changes.py reads them. All fold until somebody wants
them."""

from collections.abc import Sequence
from datetime import date
from typing import Any

import dash_mantine_components as dmc
from dash import html
from dash.development.base_component import Component

from dashboard.components.forms.fields import day_field, second_code_field
from pipeline.language import gettext as _
from pipeline.language import headed
from pipeline.pacesetters.choices import NominationSeen
from pipeline.pacesetters.terms import terms


def begin_form(today: date) -> Component:
    """A new choice, or the last one taken back."""
    return _folded(
        _("Begin or take back a choice"),
        [
            _line(
                dmc.NumberInput(id="pacesetters-year", label=_("Year"), value=today.year, w=110, size="sm"),
                day_field("pacesetters-as-of", _("Ranking of"), value=today.isoformat(), maxDate=today.isoformat()),
                _button(_("Begin the choice"), "pacesetters-begin", variant="filled"),
            ),
            _line(
                _text("pacesetters-back-why", _("Reason")),
                _button(_("Take the choice back"), "pacesetters-back"),
            ),
        ],
    )


def nominate_form(nominations: Sequence[NominationSeen]) -> Component:
    """A firm is recommended, or a recommendation taken back."""
    return _folded(
        _("Nominate a firm"),
        [
            _line(
                dmc.Select(
                    id="pacesetters-firm",
                    label=_("Firm"),
                    data=[],
                    searchable=True,
                    size="sm",
                    w=320,
                    maw="100%",
                    nothingFoundMessage=_("Write a part of the name or code"),
                ),
                _text("pacesetters-why", _("Why")),
                _button(_("Nominate"), "pacesetters-nominate", variant="filled"),
            ),
            _line(
                _choice("pacesetters-wrong", nominations, ("nominated",)),
                _text("pacesetters-wrong-why", _("Reason")),
                _button(_("Withdraw the nomination"), "pacesetters-withdraw"),
            ),
        ],
    )


def publish_form(today: date) -> Component:
    days = terms().on(today).notice_working_days
    return _folded(
        _("Make the nominated firms public"),
        [
            _line(
                day_field("pacesetters-public-on", _("First day"), value=today.isoformat(), maxDate=today.isoformat()),
                dmc.NumberInput(
                    id="pacesetters-days", label=_("Working days of the notice"), value=days, min=1, w=120, size="sm"
                ),
                _button(_("Publish"), "pacesetters-publish", variant="filled"),
            )
        ],
    )


def objection_form(nominations: Sequence[NominationSeen], today: date) -> Component:
    """An objection that came, and what is answered."""
    open_ones = [
        {"value": str(one.id), "label": headed(f"{one.id} {each.firm_name or each.firm_id}", one.from_whom)}
        for each in nominations
        for one in each.objections
    ]
    answers = [{"value": "yes", "label": _("upheld")}, {"value": "no", "label": _("not upheld")}]
    return _folded(
        _("Record or answer an objection"),
        [
            _line(
                _choice("pacesetters-objected", nominations, ("nominated",)),
                _text("pacesetters-from", _("Who objects"), w=200),
                _text("pacesetters-content", _("What is objected")),
                day_field("pacesetters-received", _("Received on"), value=today.isoformat(), maxDate=today.isoformat()),
                _button(_("Record the objection"), "pacesetters-object", variant="filled"),
            ),
            _line(
                dmc.Select(id="pacesetters-objection", label=_("Objection"), data=open_ones, size="sm", w=280),
                dmc.Select(id="pacesetters-upheld", label=_("Answer"), data=answers, size="sm", w=150),
                _text("pacesetters-answer", _("Reasons of the answer")),
                _button(_("Answer"), "pacesetters-answer-save", variant="filled"),
            ),
        ],
    )


def decision_form(nominations: Sequence[NominationSeen], today: date) -> Component:
    """Named with a second person, not named, revoked with a second person."""
    return _folded(
        _("Decide or revoke"),
        [
            _line(
                _choice("pacesetters-decided", nominations, ("nominated", "named")),
                _text("pacesetters-decision-why", _("Reason (kept for good)")),
                day_field("pacesetters-decided-on", _("On"), value=today.isoformat(), maxDate=today.isoformat()),
            ),
            _line(
                _text("pacesetters-second", _("Second person: account name"), w=220),
                dmc.PasswordInput(
                    id="pacesetters-second-password", label=_("Second person: password"), size="sm", w=220
                ),
                second_code_field("pacesetters-second-code"),
            ),
            _line(
                _button(_("Name it pacesetter"), "pacesetters-name", variant="filled"),
                _button(_("Do not name it"), "pacesetters-not-name"),
                _button(_("Revoke the name"), "pacesetters-revoke", variant="subtle"),
            ),
        ],
    )


def _choice(name: str, nominations: Sequence[NominationSeen], states: tuple[str, ...]) -> Component:
    data = [{"value": str(one.id), "label": one.firm_name or one.firm_id} for one in nominations if one.state in states]
    return dmc.Select(id=name, label=_("Nominated firm"), data=data, searchable=True, size="sm", w=280, maw="100%")


def _folded(words: str, fields: Sequence[Component]) -> Component:
    inside = dmc.Stack(list(fields), gap="xs", mt="xs")
    return html.Details([html.Summary(words, className="text-link"), inside], className="no-print")


def _line(*parts: Component) -> Component:
    return dmc.Group(list(parts), align="end", gap="xs")


def _text(name: str, label: str, **about: Any) -> Component:
    return dmc.TextInput(id=name, label=label, size="sm", **{"w": 320, "maw": "100%", **about})


def _button(words: str, name: str, variant: str = "default") -> Component:
    return dmc.Button(words, id=name, variant=variant, size="sm")
