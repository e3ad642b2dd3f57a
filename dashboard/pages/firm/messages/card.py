"""The thread of a firm: who wrote what when, the latest at the bottom, and the form that adds to it.

Ids begin with `firm-message`. The thread comes after the page, with a question of its own. Shown it is read; where
something in it is new it is shown to whoever came for it (…#messages) or asks for it, so that nobody has read what
stood far below what they were looking at.
"""

from typing import Any

from dash import ALL, Input, Output, State, ctx, no_update
from dash.development.base_component import Component

from dashboard.checked_once import dcc, dmc, html
from dashboard.components import amounts, terms
from dashboard.components.cards import aria, card, empty, icon, pill, warning
from dashboard.components.forms.attached import drop_zone, link_to, sent_files
from dashboard.components.forms.fields import withdrawal
from dashboard.web import request
from dashboard.web.callbacks import guarded_callback
from dashboard.web.routes import View
from dashboard.web.sent import number_of, written_beside
from pipeline import language
from pipeline.accounts.people import Action
from pipeline.errors import ShownToPeople
from pipeline.language import gettext as _
from pipeline.messages.read_marks import mark_read
from pipeline.messages.threads import MessageSeen, Thread, thread_of
from pipeline.messages.writing import LONGEST, withdraw, write
from pipeline.tutoring.attachments.file_names import shown_name

#: Where the links of reminders and of the list of threads lead.
ANCHOR = "messages"
#: So many of the latest are shown; earlier ones come in pages as large.
_LATEST = 30
_MOST = 100_000
_SHOWN = Output("firm-messages", "children", allow_duplicate=True)
_SAID = Output("firm-message-said", "children", allow_duplicate=True)
#: The bell counts anew.
_COUNTED = Output("reminders-changed", "data", allow_duplicate=True)


def place_of(view: View, firm_id: str) -> Component | None:
    """The card without its thread; None for who reads no messages."""
    if not view.may(Action.SEE_MESSAGES):
        return None
    thread = html.Div(html.Div(style={"height": "4rem"}), id="firm-messages")
    parts: list[Component] = [
        dcc.Store(id="firm-messages-of", data=firm_id),
        dcc.Loading(thread, type="dot", color="#17957b"),
        *([_form()] if view.may(Action.WRITE_MESSAGES) else []),
        html.Div(id="firm-message-said", role="status", style={"marginTop": ".6rem"}, **aria(live="polite")),
    ]
    note = _("Read by the bureau, the district's officers, who stands by the firm, and the firm itself")
    return card(_("Messages"), parts, note, id=ANCHOR, className="card no-print")


def _form() -> Component:
    return html.Details(
        [
            html.Summary(_("Write a message"), className="text-link"),
            dmc.Textarea(
                id="firm-message-text",
                label=_("Message (at most %(most)s letters)", most=amounts.count(LONGEST)),
                autosize=True,
                minRows=3,
                maxRows=15,
                mt="sm",
            ),
            drop_zone("firm-message-files", wait=True),
            dmc.Button(_("Send"), id="firm-message-send", leftSection=icon("check"), mt="md"),
        ],
        style={"marginTop": "1rem"},
    )


def _drawn(thread: Thread, most: int) -> list[Component]:
    if not thread.messages:
        return [empty(_("Nobody has written yet."))]
    parts: list[Component] = []
    if thread.earlier:
        parts.append(_button(_("Earlier messages"), most + _LATEST))
    lines = [html.Li(_message(one), className="mine" if one.mine else "") for one in thread.messages]
    return [*parts, html.Ol(lines, className="thread")]


def _waiting(thread: Thread) -> Component:
    """In place of a thread in which there is something new."""
    shown = max(_LATEST, thread.new)
    words = _("Show the thread: %(count)s messages not read", count=amounts.count(thread.new))
    return html.Div(_button(words, shown), style={"padding": ".6rem 0"})


def _button(words: str, most: int) -> Component:
    name = {"type": "firm-messages-show", "most": most}
    return dmc.Button(words, id=name, variant="default", size="compact-sm", mb="sm")


def _message(one: MessageSeen) -> list[Any]:
    head: list[Any] = [
        html.Strong(one.written_by),
        html.Span(terms.role(one.role, one.district_code)),
        html.Span(amounts.moment(request.local(one.written_at)), className="day"),
    ]
    if one.new:
        head.append(pill(_("new"), "warn"))
    parts: list[Any] = [html.Div(head, className="message-head")]
    if one.withdrawn is not None:
        gone = _(
            "withdrawn by %(who)s on %(day)s: %(why)s",
            who=one.withdrawn.by,
            day=amounts.day(request.local(one.withdrawn.at).date()),
            why=one.withdrawn.why,
        )
        own = [html.S(one.text, className="message-words")] if one.text is not None else []
        return [*parts, *own, html.Div(gone, className="withdrawn")]
    parts.append(html.P(one.text, className="message-words"))
    if one.files:
        links = [link_to(file.file_name, file.size, f"/download/message-file/{file.id}") for file in one.files]
        parts.append(html.Ul([html.Li(each) for each in links], className="attached"))
    if one.mine:
        parts.append(_withdrawal(one))
    return parts


def _withdrawal(one: MessageSeen) -> Component:
    about = _("the message of %(at)s", at=amounts.moment(request.local(one.written_at)))
    hint = _("Reason (all who read the thread see it)")
    return withdrawal("firm-message", "message", one.id, about, hint)


# --- callbacks -------------------------------------------------------------------------------------


@guarded_callback(
    _SHOWN,
    _COUNTED,
    Input("firm-messages-of", "data"),
    State("address", "hash"),
    may=Action.SEE_MESSAGES,
    prevent_initial_call="initial_duplicate",
)
def show(firm_id: str | None, part: str | None) -> Any:
    """The thread, or how much in it is new, loaded after the page."""
    if not firm_id:
        return no_update, no_update
    return _shown(firm_id, _LATEST, asked=part == f"#{ANCHOR}")


@guarded_callback(
    _SHOWN,
    _COUNTED,
    Input({"type": "firm-messages-show", "most": ALL}, "n_clicks"),
    State("firm-messages-of", "data"),
    may=Action.SEE_MESSAGES,
    prevent_initial_call=True,
)
def show_more(_clicks: list[int | None], firm_id: str | None) -> Any:
    """The thread, with so many messages as the button says."""
    if not firm_id:
        return no_update, no_update
    return _shown(firm_id, min(number_of(ctx.triggered_id["most"]), _MOST), asked=True)


@guarded_callback(
    _SAID,
    _SHOWN,
    _COUNTED,
    Output("firm-message-text", "value"),
    Output("firm-message-files", "contents"),
    Output("firm-message-files", "filename"),
    Output("firm-message-files-chosen", "children", allow_duplicate=True),
    Input("firm-message-send", "n_clicks"),
    State("firm-messages-of", "data"),
    State("firm-message-text", "value"),
    State("firm-message-files", "contents"),
    State("firm-message-files", "filename"),
    may=Action.WRITE_MESSAGES,
    prevent_initial_call=True,
)
def send(
    _clicks: int | None, firm_id: str, text: str | None, contents: list[str] | None, names: list[str] | None
) -> Any:
    """Keep the message with its files, or neither."""
    try:
        files = sent_files(contents, names)
        with request.database() as session, session.begin():
            write(session, request.person(), firm_id, text or "", files, now=request.now())
    except ShownToPeople as error:
        return warning(error), *[no_update] * 6
    return _("The message is sent."), *_shown(firm_id, _LATEST, asked=True), "", None, None, ""


@guarded_callback(
    Output("firm-message-files-chosen", "children"),
    Input("firm-message-files", "filename"),
    may=Action.WRITE_MESSAGES,
    prevent_initial_call=True,
)
def show_chosen(names: list[str] | None) -> str:
    """Which files wait for the message to be sent."""
    return language.joined(map(shown_name, names or []))


@guarded_callback(
    _SAID,
    _SHOWN,
    _COUNTED,
    Input({"type": "firm-message-withdraw", "message": ALL}, "n_clicks"),
    State("firm-messages-of", "data"),
    State({"type": "firm-message-why", "message": ALL}, "value"),
    State({"type": "firm-message-why", "message": ALL}, "id"),
    may=Action.WRITE_MESSAGES,
    prevent_initial_call=True,
)
def take_back(_clicks: list[int | None], firm_id: str, reasons: list[str | None], fields: list[dict[str, Any]]) -> Any:
    number = number_of(ctx.triggered_id["message"])
    why = written_beside(number, "message", reasons, fields)
    try:
        with request.database() as session, session.begin():
            withdraw(session, request.person(), number, why, now=request.now())
    except ShownToPeople as error:
        return warning(error), no_update, no_update
    return _("The message is withdrawn."), *_shown(firm_id, _LATEST, asked=True)


def _shown(firm_id: str, most: int, *, asked: bool) -> tuple[Any, Any]:
    """The thread as it stands, and whether the bell has to count anew; what is shown has been read."""
    person = request.person()
    with request.database() as session:
        thread = thread_of(session, person, firm_id, latest=most)
        if asked and thread.new > sum(one.new for one in thread.messages):
            thread = thread_of(session, person, firm_id)  # else something would be read that was not shown
    if thread.new and not asked:
        return _waiting(thread), no_update
    drawn = _drawn(thread, most)
    if not thread.new:
        return drawn, no_update
    with request.database() as session, session.begin():
        mark_read(session, person, firm_id, thread.last, now=request.now())
    return drawn, round(request.now().timestamp() * 1000)
