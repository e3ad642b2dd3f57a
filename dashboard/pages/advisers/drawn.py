"""What was drawn for spot checks, and what was found."""

from typing import Any

from dash import html
from dash.development.base_component import Component

from dashboard.components import amounts, terms
from dashboard.components.cards import card, empty, link, pill, table
from dashboard.pages.advisers.forms import draw_form, result_form
from dashboard.web.routes import View
from pipeline import language
from pipeline.accounts.people import Action
from pipeline.advisers.kinds import AGENCY, DISTRICT, RESULTS, SIZE, SIZE_NAMES, STRATA, SUBJECTS
from pipeline.advisers.spot_checks import NO_DISTRICT, CheckSeen, ItemSeen
from pipeline.language import gettext as _
from pipeline.tutoring.gates import kind_name

#: So many draws are shown with their items.
_SHOWN = 5
_TONES = {"clean": "good", "differences": "warn", "to_list": "bad"}


def checks_card(view: View, checks: list[CheckSeen]) -> Component:
    """The draws, the latest first, each with its items."""
    parts: list[Any] = []
    if view.may(Action.KEEP_ADVISERS):
        parts.append(draw_form(view.today))
        if checks:
            items = [(check, item) for check in checks for item in check.items]
            parts.append(result_form(sorted(items, key=lambda each: each[1].result is not None), view.today))
    if not checks:
        parts.append(empty(_("Nothing has been drawn yet.")))
    for check in checks[:_SHOWN]:
        parts += [html.P(html.B(_title(check))), html.P(_about(check), className="card-note")]
        parts.append(items_table(check))
    left = len(checks) - _SHOWN
    if left > 0:
        parts.append(html.P(_("… and %(count)s more", count=left), className="card-note"))
    waiting = sum(check.open for check in checks)
    return card(_("Spot checks"), parts, _("%(count)s drawn ones wait for a result", count=waiting), id="spot-checks")


def items_table(check: CheckSeen) -> Component:
    """Those of a draw that the reader may see."""
    heads = [_("Group"), _("Adviser"), _("Firm"), _("Result"), _("What was found"), _("Checked on")]
    return table(heads, [_row(check, item) for item in check.items])


def result_pill(result: str | None) -> Component:
    if result is None:
        return pill(_("waits for a result"))
    return pill(language.pick(RESULTS[result]) if result in RESULTS else result, _TONES.get(result, "plain"))


def _title(check: CheckSeen) -> str:
    return _(
        "No. %(number)s, %(day)s: %(size)s of %(of)s %(subject)s, %(strata)s",
        number=check.id,
        day=amounts.day(check.drawn_on),
        size=check.size,
        of=check.of,
        subject=language.pick(SUBJECTS[check.subject]),
        strata=language.pick(STRATA[check.strata]),
    )


def _about(check: CheckSeen) -> str:
    given = _("chosen by a person") if check.seed_given else _("drawn by the program")
    seed = _("seed %(seed)s (%(given)s)", seed=check.seed, given=given)
    again = _("can be repeated") if check.repeats else _("CANNOT be repeated: frame or items were changed")
    looked_at = len(check.items) - check.open
    found = _("%(found)s of %(looked_at)s looked at with findings", found=check.with_findings, looked_at=looked_at)
    return language.joined([check.why, check.drawn_by, seed, again, *([found] if looked_at else [])])


def _row(check: CheckSeen, item: ItemSeen) -> list[Any]:
    if check.strata == DISTRICT:
        group = _("no district known") if item.stratum == NO_DISTRICT else terms.district(item.stratum)
    elif check.strata == SIZE:
        group = language.pick(SIZE_NAMES[item.stratum])
    elif check.strata == AGENCY:
        group = item.adviser
    else:
        group = kind_name(item.stratum)
    return [
        group,
        link(item.adviser, f"/advisers?adviser={item.adviser_id}"),
        link(item.firm_name or item.firm_id, f"/firm/{item.firm_id}#tutoring") if item.firm_id else "",
        result_pill(item.result),
        item.note or "",
        html.Span(amounts.day(item.checked_on) if item.checked_on else "", className="day"),
    ]
