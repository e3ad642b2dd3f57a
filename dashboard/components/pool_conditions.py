"""The conditions of the pools laid out: of one firm each with what is missing, of a pool how many meet them."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from dash.development.base_component import Component

from dashboard.checked_once import html
from dashboard.components import terms
from dashboard.components.boards import STATES, TONES
from dashboard.components.cards import card, empty, pill, table
from pipeline import language
from pipeline.accounts.departments import department_name
from pipeline.language import N_
from pipeline.language import gettext as _
from pipeline.rules.definition.units import UNITS

if TYPE_CHECKING:
    from pipeline.pools.model import PartCount, PolicyLine
    from pipeline.pools.standing import PoolStanding


#: Of a condition of leaving it is good not to meet it.
_LEAVING = {"met": N_("applies"), "not_met": N_("does not apply"), "unknown": N_("unknown")}
_LEAVING_TONES = {"met": "bad", "not_met": "good", "unknown": "warn"}


def firm_card(standings: "Sequence[PoolStanding]") -> Component:
    """Every condition that concerns a firm: its state, what is missing or whom to ask, and who says so."""
    title = _("Conditions of the pools")
    if not standings:
        return card(title, empty(_("The policy of the pools asks for nothing of this firm.")))
    parts: list[Any] = []
    for standing in standings:
        leaving = standing.name.endswith("leave")
        words, tones = (_LEAVING, _LEAVING_TONES) if leaving else (STATES, TONES)
        head = html.Div(
            [
                html.Strong(language.pick(standing.label)),
                " ",
                pill(_(words[standing.verdict]), tones[standing.verdict]),
            ],
            style={"marginTop": ".75rem"},
        )
        rows: list[list[Any]] = [
            [
                language.pick(part.label),
                pill(_(words[part.verdict]), tones[part.verdict]),
                html.Div([html.Div(str(sentence)) for sentence in part.missing]),
                html.Span([part.source, " · ", terms.confidence(part.confidence)], className="card-note"),
            ]
            for part in standing.parts
        ]
        headings = [_("Condition"), _("State"), _("What is missing, and whom to ask"), _("Who says so")]
        parts.append(html.Div([head, table(headings, rows)]))
    return card(title, parts, _("By the policy of the pools today; what nobody knows confirms nothing"))


def counts_card(counts: "Mapping[str, Sequence[PartCount]]") -> Component:
    """Of the members of each pool, how many meet each part of the golden-seed pool's entry conditions."""
    names = dict.fromkeys(part.label for parts in counts.values() for part in parts)
    by_pool = {pool: {part.label: part for part in parts} for pool, parts in counts.items()}
    rows: list[list[Any]] = []
    for name in names:
        row: list[Any] = [language.pick(name)]
        for of_pool in by_pool.values():
            part = of_pool.get(name)
            row += ["", "", ""] if part is None else [str(part.met), str(part.not_met), str(part.unknown)]
        rows.append(row)
    states = [_(STATES[state]) for state in ("met", "not_met", "unknown")]
    headings = [_("Condition"), *(language.headed(terms.pool(pool), state) for pool in by_pool for state in states)]
    body = table(headings, rows, frozenset(range(1, len(headings)))) if rows else empty(_("Nobody is in a pool."))
    return card(
        _("Who in the pools meets what the golden-seed pool asks"),
        body,
        _("Numbers of firms; a firm's own page names what is missing"),
    )


#: Numbers of the policy that are no thresholds, by their unit.
_COUNTED = {
    "days": N_("%(count)s days"),
    "months": N_("%(count)s months"),
    "working days": N_("%(count)s working days"),
    "reviews": N_("%(count)s reviews in a row"),
}
_SYMBOLS = {">=": "≥", ">": "＞", "<=": "≤", "<": "＜", "==": "", "in": "∈"}


def line_value(line: "PolicyLine") -> str:
    """The value as people write it; of a condition with how it is compared."""
    from pipeline.rules.explanation import condition_text

    value = line.value
    if line.unit == "stage":
        return terms.stage(str(value))
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    if not line.op and line.unit in _COUNTED:
        return _(_COUNTED[line.unit], count=value)
    if line.unit == "firms" and not isinstance(value, dict):
        return str(value)
    if isinstance(value, list):
        return language.listed(map(department_name, value))
    if isinstance(value, dict):
        return language.listed([f"{terms.district(code)} {places}" for code, places in value.items()])
    written = condition_text.amount(float(str(value)), UNITS[line.unit])
    return f"{_SYMBOLS.get(line.op, '')} {written}".strip()
