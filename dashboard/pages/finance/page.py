"""What firms seek and what fits them, what they got by year, whom they met, and who stands on the regional board.

`/finance?as_of=2026-05-01`.
"""

from collections.abc import Sequence
from typing import Any

from dash.development.base_component import Component

from dashboard.checked_once import dmc, html
from dashboard.components import amounts, terms
from dashboard.components.cards import card, empty, link, page_head, pill, table, text_table
from dashboard.kept_answers.panel import Panel
from dashboard.queries.questions import FINANCE
from dashboard.web.routes import Page, View
from dashboard.web.sent import day_of
from pipeline.accounts.people import Action
from pipeline.activities.in_words import Amount, kind_name
from pipeline.finance import in_words
from pipeline.finance.fitting import InstrumentFit
from pipeline.finance.instruments import instruments
from pipeline.finance.overview import Finance, Meeting, Quoted, Seeking
from pipeline.language import N_, headed, in_brackets, listed, pick
from pipeline.language import gettext as _
from pipeline.wording.number_format import UNKNOWN

#: So many meetings are listed; the list of activities has all.
_LISTED = 20
#: So many requests stand open, the rest folds.
_OPEN = 20
_TONES = {"met": "good", "unknown": "warn", "not_met": "plain"}


def layout(view: View) -> Component:
    day = min(day_of(view.query.get("as_of")) or view.today, view.today)
    note = _("As known on %(day)s", day=amounts.day(day))
    return html.Div([page_head(_("Finance and capital markets"), note), PANEL.place(view, {"on": day})])


def _drawn(found: Finance, _view: View) -> Component:
    return dmc.Stack([_sought(found), _totals(found), _meetings(found), _regional(found), _how()])


def _sought(found: Finance) -> Component:
    title = _("What firms seek")
    if not found.sought:
        return card(title, empty(_("No firm seeks money on this day.")))
    heads = [_("Firm"), _("What it seeks"), _("Since"), _("Until"), _("Boards that fit"), _("Instruments")]
    first, rest = found.sought[:_OPEN], found.sought[_OPEN:]
    shown = [table(heads, [_seeking(one) for one in first])]
    if rest:
        words = _("Smaller amounts (%(count)s)", count=amounts.count(len(rest)))
        more = table(heads, [_seeking(one) for one in rest])
        shown.append(html.Details([html.Summary(words, className="text-link"), more]))
    return card(title, shown, in_words.sought(found))


def _seeking(one: Seeking) -> list[Any]:
    return [
        _firm(one),
        html.Div(in_words.form(one), style={"minWidth": "8rem"}),
        html.Span(amounts.day(one.since), className="day"),
        html.Span(amounts.day(one.until) if one.until else "", className="day"),
        html.Div(in_words.boards(one.boards), style={"minWidth": "10rem"}),
        html.Div([_instrument(fit) for fit in one.instruments] or UNKNOWN, style={"minWidth": "14rem"}),
    ]


def _instrument(fit: InstrumentFit) -> Component:
    name = pick(instruments()[fit.instrument].name)
    parts: list[Any] = [name, " ", pill(pick(in_words.STATES[fit.state]), _TONES[fit.state])]
    if fit.lacks:
        parts.append(html.Div(listed(pick(one) for one in fit.lacks), className="card-note"))
    return html.Div(parts)


def _firm(one: Seeking | Meeting | Quoted) -> Component:
    where = link(one.firm_name or one.firm_id, f"/firm/{one.firm_id}#activities")
    return html.Div(
        [where, html.Div(terms.district(one.district_code), className="card-note")], style={"minWidth": "9rem"}
    )


def _totals(found: Finance) -> Component:
    """Years down, kinds across: how many, and what they come to."""
    title = _("Rounds, loans and guarantees by year")
    if not found.totals:
        return card(title, empty(_("None yet.")))
    kinds = list(dict.fromkeys(one.kind for one in sorted(found.totals, key=lambda one: (one.kind, one.year))))
    of_year: dict[int, dict[str, str]] = {}
    for one in found.totals:
        said = _("%(number)s, %(sum)s", number=amounts.count(one.number), sum=Amount(one.sum_fen))
        of_year.setdefault(one.year, {})[one.kind] = said
    rows = [[str(year), *(cells.get(kind, "") for kind in kinds)] for year, cells in of_year.items()]
    note = _("Number and sum of those that began in the year; what states no amount is counted without one.")
    return card(title, text_table([_("Year"), *(pick(kind_name(kind)) for kind in kinds)], rows, numbers=True), note)


def _meetings(found: Finance) -> Component:
    title = _("Road shows and meetings with investors")
    if not found.meetings:
        return card(title, empty(_("None yet.")))
    heads = [_("Day"), _("Firm"), _("Kind of activity"), _("Name"), _("Other party"), _("Outcome")]
    rows: list[list[Any]] = [
        [
            html.Span(amounts.day(one.occurred_on), className="day"),
            _firm(one),
            pick(kind_name(one.kind)),
            one.name or "",
            one.counterpart or "",
            one.outcome or "",
        ]
        for one in found.meetings[:_LISTED]
    ]
    more = [html.P(link(_("All of them"), "/activities?group=markets"))] if len(found.meetings) > _LISTED else []
    return card(title, [table(heads, rows), *more], in_words.met(found))


def _regional(found: Finance) -> Component:
    title = _("Regional board")
    names: Sequence[Any] = [[_firm(one), html.Span(amounts.day(one.since), className="day")] for one in found.quoted]
    body: Any = table([_("Firm"), _("Since")], names) if names else empty(_("No firm stands there."))
    if len(names) > _LISTED:
        body = html.Details([html.Summary(_("The firms"), className="text-link"), body])
    return card(title, body, in_words.regional(found))


def _how() -> Component:
    """Whom each instrument is for, who says so and how sure that is."""
    items = []
    for one in instruments().values():
        source = in_brackets(", ".join(one.evidence.source), terms.confidence(one.evidence.confidence))
        note = [html.Div(pick(one.note), className="card-note")] if pick(one.note) else []
        items.append(html.Li([headed(pick(one.name), source), *note]))
    said = _("What is not known of a firm is unknown: neither met nor refused. The sources of the instruments:")
    return card(_("How it is counted"), [html.P(said), html.Ul(items)])


PANEL = Panel("finance-found", FINANCE, _drawn).declare()
PAGES = (Page("/finance", layout, Action.SEE_PLAN, N_("Finance"), "scale"),)
