"""An objection with its answer, as the firm and the bureau read it."""

from typing import Any

from dashboard.checked_once import html
from dashboard.components import amounts
from dashboard.components.cards import file_link, pill
from pipeline import language
from pipeline.language import gettext as _
from pipeline.objections.objection_lists import ObjectionSeen
from pipeline.objections.subject import FIGURE, STATES

TONES = {"open": "warn", "accepted": "good", "refused": "plain", "withdrawn": "plain"}


def described(one: ObjectionSeen) -> list[Any]:
    """An objection with its answer, as the firm and the bureau read it."""
    state = pill(language.pick(STATES[one.state]), TONES[one.state])
    head = html.Div([html.Strong(f"{one.id}"), html.Span(str(one.what)), state], className="message-head")
    parts: list[Any] = [head]
    if one.about == FIGURE:
        shown = one.shown or _("nothing stated")
        parts.append(
            html.P(_("%(shown)s, should be %(asked)s", shown=shown, asked=one.asked), className="message-words")
        )
    parts.append(html.P(one.why, className="message-words"))
    by = (
        one.raised_by
        if one.raised_for is None
        else _("%(who)s, entered by %(by)s", who=one.raised_for, by=one.raised_by)
    )
    when = _("raised on %(day)s by %(who)s", day=amounts.day(one.raised_on), who=by)
    due = (
        []
        if one.due_on is None or one.state != "open"
        else [_("to be answered by %(day)s", day=amounts.day(one.due_on))]
    )
    late = [html.Span(_("%(count)s days late", count=one.days_late), className="overdue")] if one.days_late else []
    parts.append(html.Div([language.joined([when, *due]), " ", *late], className="card-note"))
    if one.files:
        links = [file_link(file.file_name, f"/download/objection-file/{file.id}") for file in one.files]
        parts.append(html.Ul([html.Li(each) for each in links], className="attached"))
    if one.answer is not None:
        who = _("%(who)s, %(day)s", who=one.answered_by, day=amounts.day(one.answered_on))
        parts.append(html.P([html.Strong(language.headed(who, one.answer))], className="message-words"))
    if one.import_id is not None:
        parts.append(html.Div(_("Corrected by import %(id)s.", id=one.import_id), className="card-note"))
    if one.withdrawn_why is not None:
        parts.append(html.Div(language.headed(_("Withdrawn"), one.withdrawn_why), className="withdrawn"))
    return parts
