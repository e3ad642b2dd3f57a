"""The fields with which the register is kept; changes.py reads them. All fold until somebody wants them."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

import dash_mantine_components as dmc
from dash import html
from dash.development.base_component import Component

from dashboard.components import amounts
from dashboard.components.forms.fields import day_field
from pipeline import language
from pipeline.advisers.adviser_lists import AdviserLine, AdviserSeen
from pipeline.advisers.kinds import AUTHORITIES, BEST, CRITERIA, RESULTS, STRATA, SUBJECTS, WORST
from pipeline.advisers.spot_checks import CheckSeen, ItemSeen
from pipeline.language import Label
from pipeline.language import gettext as _
from pipeline.tutoring.gates import REGISTER_KINDS, kind_name

#: What the page has beside its grades in the order of CRITERIA.
GRADES = tuple(f"advisers-{name}" for name in CRITERIA)


def folded(words: str, fields: Sequence[Component]) -> Component:
    """Fields below words that open them."""
    inside = dmc.Stack(list(fields), gap="xs", mt="xs")
    return html.Details([html.Summary(words, className="text-link"), inside], className="no-print")


def register_form(unregistered: Mapping[str, int]) -> Component:
    """A new adviser; names that returns state are offered."""
    return folded(
        _("Register an adviser"),
        [
            _line(
                _choice("advisers-new-kind", _("Kind"), REGISTER_KINDS, "agency" if unregistered else None),
                dmc.Autocomplete(
                    id="advisers-new-name", label=_("Name"), data=list(unregistered), limit=20, size="sm", w=280
                ),
                _text("advisers-new-code", _("Unified social credit code (may be left out)"), w=280),
                _button(_("Register"), "advisers-new", variant="filled"),
            )
        ],
    )


def draw_form(today: date) -> Component:
    """A new spot check."""
    return folded(
        _("Draw a spot check"),
        [
            _line(
                _choice("advisers-draw-subject", _("Drawn from"), SUBJECTS, "advisers"),
                _choice("advisers-draw-strata", _("Groups"), STRATA, "kind", w=220),
                dmc.NumberInput(id="advisers-draw-size", label=_("How many"), value=5, min=1, w=110, size="sm"),
                _text("advisers-draw-seed", _("Seed (may be left out)"), w=200),
            ),
            _line(
                _text("advisers-draw-why", _("Occasion"), w=380, maw="100%"),
                _day("advisers-draw-on", _("Drawn on"), today),
                _button(_("Draw"), "advisers-draw", variant="filled"),
            ),
        ],
    )


def result_form(items: Sequence[tuple[CheckSeen, ItemSeen]], today: date) -> Component:
    """What was found about one that was drawn."""
    choices = [{"value": str(item.id), "label": item_name(check, item)} for check, item in items]
    return folded(
        _("Keep the result of one that was drawn"),
        [
            _line(
                dmc.Select(
                    id="advisers-item",
                    label=_("Which one"),
                    data=choices,
                    searchable=True,
                    size="sm",
                    w=380,
                    maw="100%",
                ),
                _choice("advisers-result", _("Result"), RESULTS, None),
                _day("advisers-result-on", _("Checked on"), today),
            ),
            _line(
                _text("advisers-result-note", _("What was found"), w=380, maw="100%"),
                _text("advisers-result-why", _("Reason, where another result stands there"), w=300),
                _button(_("Keep the result"), "advisers-result-save", variant="filled"),
            ),
        ],
    )


def item_name(check: CheckSeen, item: ItemSeen) -> str:
    """One that was drawn, in one line."""
    firm = [item.firm_name or item.firm_id] if item.firm_id else []
    return f"{check.id} · " + " · ".join([item.adviser, *(str(one) for one in firm)])


def filing_form(seen: AdviserSeen, today: date) -> Component:
    """A new filing, or another one in the place of one that is wrong."""
    filed = [
        {"value": str(each.id), "label": f"{_pick(AUTHORITIES, each.authority)} {each.number}"}
        for each in seen.line.filings
    ]
    return folded(
        _("Keep or correct a filing"),
        [
            _line(
                _choice("advisers-authority", _("Filed with"), AUTHORITIES, None, w=200),
                _text("advisers-number", _("Number"), w=200),
                _day("advisers-filed-on", _("Filed on"), None, maxDate=today.isoformat()),
                _day("advisers-valid-until", _("Valid until"), None),
                _button(_("Keep the filing"), "advisers-file", variant="filled"),
            ),
            _line(
                dmc.Select(id="advisers-filing", label=_("Filing that is wrong"), data=filed, size="sm", w=280),
                _text("advisers-filing-why", _("Reason"), w=280),
                _button(_("Correct it to what stands above"), "advisers-filing-correct"),
                _button(_("Withdraw it"), "advisers-filing-withdraw", variant="subtle"),
            ),
        ],
    )


def evaluation_form(seen: AdviserSeen, person: str, today: date) -> Component:
    """One's own evaluation."""
    firms = {each.firm_id: each.firm_name or each.firm_id for each in seen.firms}
    own = [
        {"value": str(each.id), "label": f"{each.firm_name or each.firm_id} {each.year}"}
        for each in seen.evaluations
        if each.by == person
    ]
    grades = [{"value": str(grade), "label": str(grade)} for grade in range(WORST, BEST + 1)]
    return folded(
        _("Evaluate the work for a firm"),
        [
            _line(
                dmc.Select(
                    id="advisers-firm",
                    label=_("Firm"),
                    data=[{"value": firm, "label": name} for firm, name in firms.items()],
                    searchable=True,
                    size="sm",
                    w=280,
                    nothingFoundMessage=_("Write a part of the name or code"),
                ),
                dmc.NumberInput(id="advisers-year", label=_("Year"), value=today.year, w=110, size="sm"),
                *(
                    dmc.Select(id=name, label=language.pick(label), data=grades, size="sm", w=110)
                    for name, label in zip(GRADES, CRITERIA.values(), strict=True)
                ),
            ),
            _line(
                _text("advisers-note", _("Note"), w=380, maw="100%"),
                _day("advisers-evaluated-on", _("Evaluated on"), today),
                _button(_("Keep the evaluation"), "advisers-evaluate", variant="filled"),
            ),
            _line(
                dmc.Select(
                    id="advisers-evaluation", label=_("Your evaluation that is wrong"), data=own, size="sm", w=280
                ),
                _text("advisers-evaluation-why", _("Reason"), w=280),
                _button(_("Correct it to what stands above"), "advisers-evaluation-correct"),
                _button(_("Withdraw it"), "advisers-evaluation-withdraw", variant="subtle"),
            ),
        ],
    )


def negative_form(seen: AdviserSeen, today: date) -> Component:
    """A new entry of the negative list, and what can be done about one that goes on."""
    going_on = [
        {"value": str(each.id), "label": f"{amounts.day(each.begins_on)} – {amounts.day(each.ends_on)}"}
        for each in seen.entries
    ]
    return folded(
        _("Put on the negative list, keep a reply, extend or lift"),
        [
            _line(
                _text("advisers-reason", _("Reason"), w=380, maw="100%"),
                _text("advisers-evidence", _("Evidence (paper, its number, what it shows)"), w=380, maw="100%"),
            ),
            _line(
                _day("advisers-begins-on", _("On the list from"), today),
                _day("advisers-ends-on", _("Until before"), None),
                _button(_("Put on the negative list"), "advisers-list", variant="filled"),
            ),
            dmc.Divider(my="xs"),
            _line(
                dmc.Select(
                    id="advisers-entry",
                    label=_("Entry of the list"),
                    data=going_on,
                    value=going_on[0]["value"] if going_on else None,
                    size="sm",
                    w=280,
                ),
                _day("advisers-entry-on", _("On"), today),
                _text("advisers-entry-text", _("Reply of the adviser, or reason"), w=380, maw="100%"),
            ),
            _line(
                _button(_("Keep the reply"), "advisers-reply"),
                _day("advisers-later", _("Until before"), None),
                _button(_("Extend"), "advisers-extend"),
                _button(_("Lift from that day"), "advisers-lift"),
            ),
        ],
    )


def own_form(seen: AdviserSeen, others: Sequence[AdviserLine]) -> Component:
    """Another name or code, or the adviser of which this one is another spelling."""
    line = seen.line
    same = [{"value": str(each.id), "label": each.name} for each in others if each.kind == line.kind]
    return folded(
        _("Correct the name or the code, or merge two spellings"),
        [
            _line(
                _text("advisers-name", _("Name"), value=line.name, w=280),
                _text(
                    "advisers-code", _("Unified social credit code (may be left out)"), value=line.credit_code, w=280
                ),
                _text("advisers-own-why", _("Reason"), w=280),
                _button(_("Correct"), "advisers-correct"),
            ),
            _line(
                dmc.Select(
                    id="advisers-wrong",
                    label=_("Another spelling of this adviser (is not undone)"),
                    data=[each for each in same if each["value"] != str(line.id)],
                    searchable=True,
                    size="sm",
                    w=380,
                    maw="100%",
                ),
                _button(_("Merge it into this one"), "advisers-merge"),
            ),
        ],
    )


def _line(*parts: Component) -> Component:
    return dmc.Group(list(parts), align="end", gap="xs")


def _choice(name: str, label: str, of: Mapping[str, Label], value: str | None, w: int = 200) -> Component:
    data = [{"value": each, "label": kind_name(each) if of is REGISTER_KINDS else _pick(of, each)} for each in of]
    return dmc.Select(id=name, label=label, data=data, value=value, w=w, size="sm")


def _text(name: str, label: str, **about: Any) -> Component:
    return dmc.TextInput(id=name, label=label, size="sm", **about)


def _day(name: str, label: str, value: date | None, **about: Any) -> Component:
    given = {} if value is None else {"value": value.isoformat()}
    return day_field(name, label, clearable=value is None, **given, **about)


def _button(words: str, name: str, variant: str = "default") -> Component:
    return dmc.Button(words, id=name, variant=variant, size="sm")


def _pick(of: Mapping[str, Label], name: str) -> str:
    return language.pick(of[name]) if name in of else name
