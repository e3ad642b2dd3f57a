"""What is declared of a firm as its card shows it, and the forms: to nominate, to apply, to withdraw.

Ids begin with `firm-nominate`, `firm-apply` or `firm-declared`; declared.py has their callbacks.
"""

from collections.abc import Sequence
from typing import Any

from dash.development.base_component import Component

from dashboard.checked_once import dcc, dmc, html
from dashboard.components import amounts
from dashboard.components.cards import empty, facts_list, icon, table
from dashboard.web.routes import View
from pipeline import language
from pipeline.accounts.people import Action
from pipeline.declarations.content import ADVISER_ROLES, TARGET_BOARDS
from pipeline.declarations.declarations import APPLICATION, KINDS, NOMINATION, why_ended
from pipeline.language import gettext as _
from pipeline.store.pool_tables import Declaration
from pipeline.tutoring.event_boards import board_name

_DAY: dict[str, Any] = {"valueFormat": "YYYY-MM-DD", "size": "sm"}
_RIGHT = {NOMINATION: Action.NOMINATE, APPLICATION: Action.APPLY}


def shown(view: View, made: Sequence[Declaration]) -> list[Component]:
    """The declarations in force with what withdraws them, and those of before, folded up."""
    standing = {one.kind: one for one in made if one.withdrawn_on is None}
    parts: list[Component] = [
        html.Div([_standing(standing[kind]), _withdrawal(standing[kind]) if view.may(_RIGHT[kind]) else None])
        for kind in KINDS
        if kind in standing
    ]
    shown_now: Component = (
        dmc.SimpleGrid(parts, cols={"base": 1, "md": 2})
        if parts
        else empty(_("No district has nominated this firm, and it has not applied."))
    )
    earlier = [one for one in made if one.withdrawn_on is not None]
    if not earlier:
        return [shown_now]
    rows: list[list[Any]] = [
        [language.pick(KINDS[one.kind]), amounts.day(one.declared_on), one.declared_by, _ended(one)] for one in earlier
    ]
    folded = html.Details(
        [
            html.Summary(_("No longer in force")),
            table([_("Kind"), _("Declared on"), _("Declared by"), _("Ended")], rows),
        ],
        className="folded",
    )
    return [shown_now, folded]


def _standing(made: Declaration) -> Component:
    by = made.declared_by
    if made.on_paper:
        by = language.in_brackets(by, _("on paper, entered by %(who)s", who=made.recorded_by))
    pairs: list[tuple[str, Any]] = [(_("Declared on"), amounts.day(made.declared_on)), (_("Declared by"), by)]
    pairs += [(_("Reason"), made.why or "")] if made.kind == NOMINATION else _declared(made.content)
    title = html.H3(language.pick(KINDS[made.kind]), className="card-title", style={"marginBottom": ".5rem"})
    return html.Div([title, facts_list(pairs)])


def _declared(content: dict[str, Any]) -> list[tuple[str, Any]]:
    unsaid = _("not said")
    advisers = [
        language.headed(
            language.pick(ADVISER_ROLES[one["role"]]),
            language.in_brackets(
                one["name"], _("signed on %(day)s", day=one["signed_on"]) if one["signed_on"] else _("not signed yet")
            ),
        )
        for one in content["advisers"]
    ]
    return [
        (_("Intends to be listed"), _("yes") if content["intends_to_list"] else _("no")),
        (_("Target board"), board_name(content["target_board"] or "") or unsaid),
        (_("Planned share reform"), content["reform_on"] or unsaid),
        (_("Planned filing"), content["filing_on"] or unsaid),
        (_("Advisers"), [html.Div(one) for one in advisers] if advisers else _("none yet")),
        (_("Contact"), language.listed([content["contact"]["name"], content["contact"]["phone"]])),
        (_("Declaration of truth"), _("yes") if content["truth"] else _("no")),
    ]


def _ended(made: Declaration) -> Component:
    words = _(
        "ended by %(who)s on %(day)s: %(why)s",
        who=made.withdrawn_by,
        day=amounts.day(made.withdrawn_on),
        why=why_ended(made),
    )
    return html.Span(words, className="withdrawn")


def _withdrawal(made: Declaration) -> Component:
    name = f"firm-declared-{made.kind}"
    return html.Div(
        [
            dcc.Store(id=name, data=made.id),
            dmc.Group(
                [
                    dmc.TextInput(
                        id=f"{name}-why", label=_("Reason (kept with it)"), size="sm", style={"flex": 1}, miw=160
                    ),
                    dmc.Button(_("Withdraw"), id=f"{name}-withdraw", variant="default", size="sm"),
                ],
                align="end",
                gap="xs",
                mt="sm",
            ),
        ],
        className="no-print",
    )


def nominate_form(view: View) -> Component:
    """The form by which an officer nominates the firm, or enters a district's paper."""
    own = bool(view.person.district_code)
    signed = _("Signed by (where it came on paper)") if own else _("Signed by (the district's paper)")
    return html.Details(
        [
            html.Summary(_("Nominate the firm") if own else _("Enter a district's nomination")),
            dmc.SimpleGrid(
                [
                    _past_day("firm-nominate-on", _("Declared on"), view),
                    dmc.TextInput(id="firm-nominate-by", label=signed, size="sm"),
                ],
                cols={"base": 1, "sm": 2},
            ),
            dmc.Textarea(id="firm-nominate-why", label=_("Reason"), autosize=True, minRows=2, size="sm", mt="sm"),
            dmc.Button(_("Nominate"), id="firm-nominate-save", leftSection=icon("check"), size="sm", mt="md"),
        ],
        className="folded no-print",
    )


def apply_form(view: View, standing: Declaration | None) -> Component:
    """The form by which a firm applies, or an officer enters its paper; filled with what is in force, so that a newer
    application tells only what has changed. The declaration of truth is made each time."""
    own = view.person.policy.speaks_for_one_firm
    said: dict[str, Any] = standing.content if standing is not None else {}
    contact, advisers = said.get("contact", {}), {one["role"]: one for one in said.get("advisers", [])}
    boards = [{"value": board, "label": board_name(board)} for board in TARGET_BOARDS]
    paper = [
        _past_day("firm-apply-on", _("Declared on"), view),
        dmc.TextInput(id="firm-apply-by", label=_("Signed by (the firm's paper)"), size="sm"),
    ]
    summary = _("Enter the firm's application") if not own else _("Apply anew") if standing else _("Apply")
    two, three = {"base": 1, "sm": 2}, {"base": 1, "sm": 3}
    return html.Details(
        [
            html.Summary(summary),
            html.Div(dmc.SimpleGrid(paper, cols=two), style={"display": "none"} if own else {"marginBottom": ".6rem"}),
            dmc.Checkbox(
                id="firm-apply-intends",
                label=_("The firm intends to be listed"),
                checked=said.get("intends_to_list", True),
            ),
            dmc.SimpleGrid(
                [
                    dmc.Select(
                        id="firm-apply-board",
                        label=_("Target board"),
                        data=boards,
                        value=said.get("target_board"),
                        clearable=True,
                        size="sm",
                    ),
                    _plan("firm-apply-reform", _("Planned share reform"), said.get("reform_on")),
                    _plan("firm-apply-filing", _("Planned filing"), said.get("filing_on")),
                ],
                cols=three,
                mt="sm",
            ),
            *(_adviser(role, advisers.get(role, {}), two) for role in ADVISER_ROLES),
            dmc.SimpleGrid(
                [
                    dmc.TextInput(
                        id="firm-apply-contact", label=_("Contact"), value=contact.get("name", ""), size="sm"
                    ),
                    dmc.TextInput(id="firm-apply-phone", label=_("Phone"), value=contact.get("phone", ""), size="sm"),
                ],
                cols=two,
                mt="sm",
            ),
            dmc.Checkbox(
                id="firm-apply-truth",
                label=_("The firm vouches that all this is true and complete"),
                checked=False,
                mt="md",
            ),
            dmc.Button(_("Hand in"), id="firm-apply-save", leftSection=icon("check"), size="sm", mt="md"),
        ],
        className="folded no-print",
    )


def _adviser(role: str, known: dict[str, Any], cols: dict[str, int]) -> Component:
    return dmc.SimpleGrid(
        [
            dmc.TextInput(
                id=f"firm-apply-{role.replace('_', '-')}",
                label=language.pick(ADVISER_ROLES[role]),
                value=known.get("name", ""),
                size="sm",
            ),
            _plan(
                f"firm-apply-{role.replace('_', '-')}-signed", _("Signed on (empty: not yet)"), known.get("signed_on")
            ),
        ],
        cols=cols,
        mt="sm",
    )


def _plan(name: str, label: str, value: str | None) -> Component:
    return dmc.DateInput(id=name, label=label, value=value, clearable=True, **_DAY)


def _past_day(name: str, label: str, view: View) -> Component:
    today = view.today.isoformat()
    return dmc.DateInput(id=name, label=label, value=today, maxDate=today, **_DAY)
