"""The list of activities that an address narrows, as a file: `/download/activities.xlsx?kind=contest`."""

from typing import Any

from flask import Response, abort
from flask import request as http_request

from dashboard.components import terms
from dashboard.reports import case_tables
from dashboard.web import request
from dashboard.web.routes import Download
from pipeline import demo_data
from pipeline.accounts.people import Action
from pipeline.activities.conditions import from_address
from pipeline.activities.in_words import kind_name, level_name
from pipeline.activities.lists import ActivityLine, activity_lines
from pipeline.errors import NotAllowed
from pipeline.language import gettext as _
from pipeline.language import pick

_TYPES = {"xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", "csv": "text/csv"}


def activities_file(form: str) -> Response:
    """Every activity that fits the address, amounts in yuan."""
    if form not in case_tables.FORMS:
        abort(404)
    with request.database() as session:
        try:
            lines = activity_lines(session, request.person(), request.today(), from_address(http_request.args))
        except NotAllowed:
            abort(403)
        made_up = demo_data.holds_demo_firms(session)
    heads = [
        _("Firm"),
        _("Credit code"),
        _("District"),
        _("Kind of activity"),
        _("Level or category"),
        _("Name"),
        _("Other party"),
        _("Outcome"),
        _("Amount (RMB)"),
        _("Day"),
        _("Last day"),
        _("Known on"),
    ]
    table = (_("Activities of firms"), heads, [_row(line) for line in lines])
    file = f"goldseed-activities{'-demo' if made_up else ''}.{form}"
    content = case_tables.as_file(table, form, made_up)
    return Response(content, mimetype=_TYPES[form], headers={"Content-Disposition": f"attachment; filename={file}"})


def _row(line: ActivityLine) -> list[Any]:
    return [
        line.firm_name or line.firm_id,
        line.firm_id,
        terms.district(line.district_code),
        pick(kind_name(line.kind)),
        pick(level_name(line.level)) if line.level else None,
        line.name,
        line.counterpart,
        line.outcome,
        line.amount_cny,
        line.occurred_on,
        line.ended_on,
        line.known_on,
    ]


PAGES = ()
DOWNLOADS = (Download("/download/activities.<form>", activities_file, Action.EXPORT, exports="activities"),)
