"""`/monitor?as_of=2026-06-30`: the month, quarter and year up to a day, of the city and each district."""

from dash.development.base_component import Component

from dashboard.checked_once import dmc, html
from dashboard.components import amounts
from dashboard.components.cards import card, empty, file_link, page_head, text_table
from dashboard.kept_answers.panel import Panel
from dashboard.queries.questions import MONITOR
from dashboard.web.routes import Page, View
from dashboard.web.sent import day_of
from pipeline.accounts.people import Action
from pipeline.language import N_, joined
from pipeline.language import gettext as _
from pipeline.monitoring.report import Report
from pipeline.monitoring.tables import Table, tables, whose

#: So many rows of a table stand on the page; the workbook has all.
_MOST = 200


def layout(view: View) -> Component:
    day = min(day_of(view.query.get("as_of")) or view.today, view.today)
    note = joined([_("Month, quarter and year up to %(day)s", day=amounts.day(day)), _("as it was known on that day")])
    return html.Div([page_head(_("Monitoring"), note), PANEL.place(view, {"on": day})])


def _drawn(found: Report, _view: View) -> Component:
    files = [
        file_link(form.upper(), f"/download/monitoring.{form}?as_of={found.as_of.isoformat()}")
        for form in ("pdf", "docx", "xlsx")
    ]
    about = html.P(whose(found), className="card-note")
    drawn = [_card(table) for table in tables(found)]
    return dmc.Stack([about, dmc.Group(files, gap="xs", className="no-print"), *drawn])


def _card(table: Table) -> Component:
    """A table; one of every district is opened by who wants it."""
    if not table.rows:
        return card(table.title, empty(_("Nothing.")))
    rows = text_table(table.heads, table.rows[:_MOST])
    if table.of_districts:
        rows = html.Details([html.Summary(_("Show all districts")), rows], className="folded")
    return card(table.title, rows, joined([*([table.note] if table.note else []), *_cut(len(table.rows))]) or None)


def _cut(rows: int) -> list[str]:
    if rows <= _MOST:
        return []
    return [_("The first %(shown)s of %(count)s; the file has all.", shown=_MOST, count=amounts.count(rows))]


PANEL = Panel("monitor-found", MONITOR, _drawn).declare()
PAGES = (Page("/monitor", layout, Action.SEE_PLAN, N_("Monitoring"), "chart-dots-3"),)
