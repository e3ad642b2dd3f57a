"""The card of the pools' papers: links that download what a review has decided, whom it asks, its notice, and the
report of changes."""

from collections.abc import Sequence
from datetime import date
from typing import Any

from dash import html
from dash.development.base_component import Component

from dashboard.components import amounts
from dashboard.components.cards import card, empty, link, table
from pipeline.accounts.departments import department_name
from pipeline.language import gettext as _
from pipeline.pool_history.published import ReviewPapers


def papers_card(reviews: Sequence[ReviewPapers], half_year: tuple[date, date]) -> Component:
    """The latest reviews with their papers, and the report of the half year that ended last."""
    rows: list[list[Any]] = [[one.review, amounts.day(one.as_of), _links(one)] for one in reviews]
    first, last = half_year
    query = f"?from={first.isoformat()}&to={last.isoformat()}"
    report = [
        html.Span(_("Report of changes from %(first)s to %(last)s", first=amounts.day(first), last=amounts.day(last))),
        *_download("DOCX", f"/pools/report.docx{query}"),
        *_download("XLSX", f"/pools/report.xlsx{query}"),
    ]
    listed = table([_("Review"), _("As of"), _("Papers")], rows, frozenset({0})) if rows else empty(_("No review yet."))
    return card(
        _("Papers"),
        [listed, html.P(report, className="card-note")],
        _("Word and Excel files to be finished in the office: numbers, contacts and seals stay blank"),
        right=link(_("Members over time"), "/pools/over-time"),
        id="papers",
    )


def _links(one: ReviewPapers) -> Component:
    where = f"/pools/paper/{one.review}"
    parts: list[Any] = []
    if one.decided:
        parts += _download(_("Decision"), f"{where}/decision.docx")
        parts += _download(_("List (Word)"), f"{where}/list.docx")
        parts += _download(_("List (Excel)"), f"{where}/list.xlsx")
    if one.noticed:
        parts += _download(_("Public notice"), f"{where}/notice.docx")
    for department in one.departments:
        words = _("Letter: %(department)s", department=department_name(department))
        parts += _download(words, f"{where}/opinion.docx?department={department}")
    if parts:
        parts += _download(_("All of them (ZIP)"), f"/pools/papers/{one.review}.zip")
    return html.Div(parts or _("nothing decided, asked or published yet"))


def _download(words: str, href: str) -> list[Any]:
    return [html.A(words, href=href, className="text-link", style={"margin": "0 .75rem .25rem 0"}), " "]
