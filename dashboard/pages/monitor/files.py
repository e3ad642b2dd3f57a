"""The monitoring report as a file, of the answer that the page shows: /download/monitoring.xlsx?as_of=2026-06-30"""

from flask import Response, abort
from flask import request as http_request

from dashboard.kept_answers.asking import look
from dashboard.queries.questions import MONITOR
from dashboard.reports.monitoring.papers import MEDIA_TYPES, paper
from dashboard.web import request
from dashboard.web.routes import Download
from dashboard.web.sent import day_of
from pipeline import demo_data
from pipeline.accounts.people import Action
from pipeline.errors import NotAllowed
from pipeline.language import Message


def monitoring_file(form: str) -> Response:
    if form not in MEDIA_TYPES:
        abort(404)
    day = day_of(http_request.args.get("as_of")) or request.today()
    if day > request.today():
        abort(404)
    try:
        looked = look(MONITOR, {"on": day}, begin=True)
    except NotAllowed:
        abort(403)
    if looked.answer is None or isinstance(looked.answer.found, Message):
        abort(404)  # it is being worked out: the page shows it once it is done
    with request.looking_up() as session:
        made_up = demo_data.holds_demo_firms(session)
    content = paper(looked.answer.found, form, made_up)
    headers = {"Content-Disposition": f"attachment; filename=goldseed-monitoring-{day.isoformat()}.{form}"}
    return Response(content, mimetype=MEDIA_TYPES[form], headers=headers)


PAGES = ()
DOWNLOADS = (Download("/download/monitoring.<form>", monitoring_file, Action.SEE_PLAN, exports="monitoring"),)
