"""Agencies that prepare returns: differences beside all others, years, and who has no filing.

`/agencies?as_of=2026-05-01`. Each links to its page in the register, where filings, evaluations, spot checks and the
negative list stand.
"""

from typing import Any

from dash.development.base_component import Component

from dashboard.checked_once import dmc, html
from dashboard.components import amounts
from dashboard.components.cards import card, empty, link, page_head, pill, table, text_table
from dashboard.kept_answers.panel import Panel
from dashboard.pages.agencies.proposed import proposals_card
from dashboard.queries.questions import AGENCIES
from dashboard.web import request
from dashboard.web.routes import Page, View
from dashboard.web.sent import day_of
from pipeline.accounts.people import Action
from pipeline.agencies import in_words
from pipeline.agencies.comparing import (
    FEWEST_DIFFERENCES,
    FEWEST_FIRMS,
    FEWEST_RETURNS,
    AgencyCompared,
    YearCounted,
)
from pipeline.agencies.copies import FEWEST_EQUAL
from pipeline.agencies.listings import proposals
from pipeline.agencies.standing import Agencies
from pipeline.agencies.unfiled import Unfiled
from pipeline.language import N_, listed, pick
from pipeline.language import gettext as _

_TONES = {"more": "bad", "fewer": "good", "no_other": "plain", "too_few": "plain"}
#: So many agencies are told by year, and so many without a filing.
_LISTED = 50


def layout(view: View) -> Component:
    day = min(day_of(view.query.get("as_of")) or view.today, view.today)
    note = _("As known on %(day)s", day=amounts.day(day))
    with request.database() as session:
        seen = proposals(session, view.person, day)
    card_of = html.Div(proposals_card(view, seen), id="agencies-proposals", style={"marginTop": "1rem"})
    return html.Div([page_head(_("Agencies that prepare returns"), note), PANEL.place(view, {"on": day}), card_of])


def _drawn(found: Agencies, _view: View) -> Component:
    return dmc.Stack([_compared(found), _over_years(found), _copied(found), _unfiled(found), _how(found)])


def _compared(found: Agencies) -> Component:
    title = _("Each agency beside all others")
    if not found.compared:
        return card(title, empty(_("No return says who prepared it.")))
    heads = [
        _("Agency"),
        _("Returns"),
        _("Firms"),
        _("Differences"),
        _("Firms with differences"),
        _("Differences per 100 returns"),
        _("All other agencies"),
        _("Times as many"),
        _("Chance"),
        _("Slips of units"),
        "",
    ]
    return card(
        title, table(heads, [_row(one) for one in found.compared], frozenset(range(1, 10))), in_words.summary(found)
    )


def _row(one: AgencyCompared) -> list[Any]:
    counted = one.counted
    return [
        _agency(one),
        amounts.count(counted.returns),
        amounts.count(counted.firms),
        amounts.count(counted.differences),
        amounts.count(counted.affected),
        html.Span(in_words.rate(counted), className="day"),
        html.Span(in_words.rate(one.others), className="day"),
        html.Span(in_words.times(one.ratio), className="day"),
        html.Span(in_words.chance(one.chance), className="day"),
        amounts.count(counted.slips),
        pill(pick(in_words.VERDICTS[one.verdict]), _TONES[one.verdict]),
    ]


def _agency(one: AgencyCompared | Unfiled) -> Component | str:
    name = html.Div(one.name, style={"minWidth": "7rem"})
    return name if one.adviser_id is None else link(name, f"/advisers?adviser={one.adviser_id}")


def _over_years(found: Agencies) -> Component:
    title = _("Differences per 100 returns, by year of the return")
    years = sorted({each.year for one in found.compared for each in one.years})
    if not years:
        return card(title, empty(_("No return says who prepared it.")))
    rows = []
    for one in found.compared[:_LISTED]:
        of_year = {each.year: each for each in one.years}
        rows.append([one.name, *(_year(of_year[year]) if year in of_year else "" for year in years)])
    note = _("A year is marked where its interval against the other years of the same agency says so.")
    shown = text_table([_("Agency"), *map(str, years)], rows, numbers=True, unbroken=frozenset({0}))
    return card(title, shown, note)


def _year(each: YearCounted) -> str:
    marked = {"more": " ▲", "fewer": " ▼"}.get(each.verdict, "")
    slips = " " + _("+ %(count)s slips of units", count=each.counted.slips) if each.counted.slips else ""
    return in_words.rate(each.counted) + marked + slips


def _copied(found: Agencies) -> Component:
    title = _("The same figures in returns of different firms")
    note = _(
        "Pairs of firms of one agency with %(fewest)s equal amounts or more in one year; nought and round amounts are "
        "left out.",
        fewest=FEWEST_EQUAL,
    )
    if not found.copies:
        return card(title, empty(_("None yet.")), note)
    rows: list[list[Any]] = [
        [
            one.agency,
            str(one.year),
            link(one.firm_id, f"/firm/{one.firm_id}"),
            link(one.other_firm_id, f"/firm/{one.other_firm_id}"),
            amounts.count(one.equal),
        ]
        for one in found.copies[:_LISTED]
    ]
    left = len(found.copies) - _LISTED
    more = [html.P(_("… and %(count)s more", count=left), className="card-note")] if left > 0 else []
    heads = [_("Agency"), _("Year"), _("Firm"), _("Other firm"), _("Equal amounts")]
    return card(title, [table(heads, rows, frozenset({4})), *more], note)


def _unfiled(found: Agencies) -> Component:
    title = _("Prepares returns, has no filing in force")
    if not found.unfiled:
        return card(title, empty(_("All of them are filed.")))
    heads = [_("Agency"), _("Returns"), _("Firms"), _("Since"), _("In the register"), _("Names that resemble it")]
    rows: list[list[Any]] = [
        [
            _agency(one),
            amounts.count(one.returns),
            amounts.count(one.firms),
            html.Span(amounts.day(one.since), className="day"),
            _("no") if one.adviser_id is None else _("yes"),
            listed(one.near),
        ]
        for one in found.unfiled[:_LISTED]
    ]
    left = len(found.unfiled) - _LISTED
    more = [html.P(_("… and %(count)s more", count=left), className="card-note")] if left > 0 else []
    note = _("Whoever serves firms in the city is filed with the bureau. Names are merged by a person alone.")
    return card(title, [table(heads, rows, frozenset({1, 2})), *more], note)


def _how(found: Agencies) -> Component:
    said = [
        _(
            "A difference is a figure in which two sources contradict each other and that nobody has explained. Slips "
            "of units, where the figures are as many times apart as two units, are counted apart. Only years that two "
            "sources or more state are counted."
        ),
        _(
            "Intervals and chances are the exact ones of counts, at 95 of 100, widened where firms vary more than "
            "chance has them (here %(spread)s times), and with Holm's allowance for comparing many agencies, or many "
            "years. An agency with more differences is left out of the others of the rest.",
            spread=f"{found.spread:.2f}",
        ),
        _(
            "Two firms are no pattern: nothing is concluded below %(firms)s firms with differences, %(differences)s "
            "differences or %(returns)s returns.",
            firms=FEWEST_FIRMS,
            differences=FEWEST_DIFFERENCES,
            returns=FEWEST_RETURNS,
        ),
        _("More differences are a reason to look, no proof: papers are looked at before anybody is listed."),
    ]
    return card(_("How it is counted"), html.Ul([html.Li(each) for each in said]))


PANEL = Panel("agencies-found", AGENCIES, _drawn).declare()
PAGES = (Page("/agencies", layout, Action.SEE_PLAN, N_("Agencies"), "file-spreadsheet"),)
