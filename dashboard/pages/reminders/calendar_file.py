"""`/calendar/<token>.ics`: a person's visits and due steps for a calendar program, which cannot sign in.

Whoever has the address reads it, so it says names and what is to be done and nothing else. What was never an address,
was revoked, or belongs to a closed account is answered alike.
"""

from flask import Flask, Response, abort
from flask import request as http_request
from werkzeug.wrappers import Response as AnyResponse

from dashboard.reports.week_calendar import TYPE, own_calendar_file
from dashboard.web import request
from pipeline.reminders.calendar_address import own_calendar, person_of_token


def add_calendar(server: Flask) -> None:
    """Answer at the addresses of calendars."""
    server.add_url_rule("/calendar/<token>.ics", "calendar", calendar)


def calendar(token: str) -> AnyResponse:
    """The calendar of whoever has this token. Raises 404."""
    with request.looking_up() as session:
        person = person_of_token(session, token)
        if person is None:
            abort(404)
        own = own_calendar(session, person, request.today())
    answer = Response(own_calendar_file(own), content_type=TYPE)
    answer.headers["Cache-Control"] = "private, no-cache"  # kept by its reader, who asks whether it is still true
    answer.add_etag()
    return answer.make_conditional(http_request)
