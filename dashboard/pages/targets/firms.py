"""The firms behind one number of a target: a list on the page, and the same as a file."""

from datetime import date

from dash.development.base_component import Component
from flask import Response, abort
from flask import request as http_request

from dashboard.checked_once import html
from dashboard.components import amounts, terms
from dashboard.components.cards import card, empty, file_link, link, page_head, table
from dashboard.web import request
from dashboard.web.routes import View
from dashboard.web.sent import day_of
from pipeline.errors import NotFound
from pipeline.intake.storing.findings import csv_of
from pipeline.language import gettext as _
from pipeline.language import pick
from pipeline.targets.plan_file import target_of
from pipeline.targets.standing import firms_behind


def firms_page(view: View, plan_id: str, target_id: str) -> Component:
    """`/targets?plan=…&target=…&day=…`: who is counted, district by district."""
    day = min(day_of(view.query.get("day")) or view.today, view.today)
    try:
        plan, target = target_of(plan_id, target_id)
    except NotFound as error:
        return empty(str(error))
    with request.database() as session:
        firms = firms_behind(session, view.person, plan.id, target.id, day, view.today)
    rows = [
        [
            terms.district(firm.district) or _("none of the city's"),
            link(firm.name or firm.firm_id, f"/firm/{firm.firm_id}"),
        ]
        for firm in firms
    ]
    heads = [_("District"), _("Firm")]
    note = _("%(count)s firms, as things stood on %(day)s", count=amounts.count(len(firms)), day=amounts.day(day))
    address = f"/download/target-firms.csv?plan={plan.id}&target={target.id}&day={day.isoformat()}"
    body = table(heads, rows) if rows else empty(_("No firm is counted on this day, or too little is known of it."))
    return html.Div(
        [
            page_head(pick(target.name), pick(plan.name), file_link(_("CSV"), address)),
            card(note, body),
            html.P(link(_("All targets"), "/targets"), className="card-note"),
        ]
    )


def firms_file() -> Response:
    """The same list as a file."""
    asked = http_request.args
    day: date = min(day_of(asked.get("day")) or request.today(), request.today())
    try:
        plan, target = target_of(asked.get("plan", ""), asked.get("target", ""))
    except NotFound:
        abort(404)
    with request.database() as session:
        firms = firms_behind(session, request.person(), plan.id, target.id, day, request.today())
    rows = [[firm.firm_id, firm.name or "", terms.district(firm.district)] for firm in firms]
    content = csv_of([_("Credit code"), _("Firm"), _("District")], rows)
    name = f"goldseed-{plan.id}-{target.id}-{day.isoformat()}.csv"
    return Response(content, mimetype="text/csv", headers={"Content-Disposition": f"attachment; filename={name}"})
