"""The officers' side of a review: departments asked, their answers, the public notice and its objections.

After each step only what rests on it is drawn anew, so that what is typed in another form stays.
"""

from collections.abc import Callable
from datetime import date
from typing import Any

import dash_mantine_components as dmc
from dash import ALL, Input, Output, State, dcc, html, no_update
from dash.development.base_component import Component
from sqlalchemy.orm import Session

from dashboard.components import amounts
from dashboard.components.cards import aria, card, empty, link, page_head, pill, table
from dashboard.pages.opinions import forms
from dashboard.pages.opinions.answer_rows import answer_rows, done, due_text, said, shown_in, typed
from dashboard.web import request
from dashboard.web.callbacks import guarded_callback
from dashboard.web.routes import View
from dashboard.web.sent import day_of
from pipeline import language
from pipeline.accounts.departments import department_name
from pipeline.accounts.people import Action
from pipeline.errors import ShownToPeople
from pipeline.language import gettext as _
from pipeline.opinions import notices, requests
from pipeline.opinions.notices import Notice
from pipeline.opinions.requests import ANSWERS, Answered, DepartmentList, KeptReview, OpinionState

_TONES = {"clean": "good", "not_clean": "bad", "cannot_say": "warn"}
#: So many reviews can be chosen from.
_REVIEWS = 6


def layout(view: View) -> Component:
    """`?review=12`: that review; else the newest with an open candidate, or the newest."""
    with request.database() as session:
        reviews = requests.kept_reviews(session, view.person, _REVIEWS)
        chosen = _chosen(view.query.get("review", ""), reviews)
        if chosen is None:
            words = _("No review has been made yet. Its candidates are proposed on the page of the pools.")
            return html.Div([page_head(_("Opinions")), card(None, empty(words))])
        state = requests.state_of(session, view.person, chosen)
        notice = notices.notice_of(session, chosen)
    chips = [
        dcc.Link(
            _("Review of %(day)s (no. %(number)s): %(count)s open", day=one.as_of, number=one.id, count=one.open),
            href=f"/opinions?review={one.id}",
            className="chip chosen" if one.id == chosen else "chip",
        )
        for one in reviews
    ]
    return html.Div(
        [
            page_head(_("Opinions"), _("Departments are asked, a public notice follows, then the pools are decided")),
            html.Div(chips, className="chips"),
            dcc.Store(id="opinions-review", data=chosen),
            html.Div(id="opinions-done", className="said-first", role="status", **aria(live="assertive")),
            dmc.Stack(
                [
                    html.Div(_asked_card(view, state), id="opinions-asked"),
                    html.Div(_answers_card(state), id="opinions-answers"),
                    forms.ask_form(state),
                    forms.paper_form(view, state),
                    html.Div(_notice_card(view, notice), id="opinions-notice"),
                    html.Div(forms.publish_form(), id="opinions-publishing", style=forms.shown_if(notice is None)),
                    html.Div(
                        dmc.SimpleGrid(
                            [forms.objection_form(view, notice), forms.reply_form(notice)], cols={"base": 1, "lg": 2}
                        ),
                        id="opinions-objecting",
                        style=forms.shown_if(notice),
                    ),
                ]
            ),
        ]
    )


def _chosen(wanted: str, reviews: list[KeptReview]) -> int | None:
    """The review of the address, or the one that waits; None where there is none at all."""
    if wanted:
        if not wanted.isascii() or not wanted.isdigit() or len(wanted) > 9:
            return reviews[0].id if reviews else None
        return int(wanted)
    waiting = next((one.id for one in reviews if one.open), None)
    return waiting if waiting is not None else reviews[0].id if reviews else None


# --- what is shown ---------------------------------------------------------------------------------


def _asked_card(view: View, state: OpinionState) -> Component:
    if not state.asked:
        return card(_("Departments asked"), empty(_("No department was asked for this review.")))
    rows: list[list[Any]] = [
        [
            department_name(one.department),
            html.Span(amounts.day(one.asked_on), className="day"),
            due_text(one, view.today),
            f"{len(one.firms) - one.open} / {len(one.firms)}",
            _state_pill(one, view.today),
        ]
        for one in state.asked
    ]
    cautions = dict.fromkeys(str(one.caution) for one in state.asked if one.caution)
    return card(
        _("Departments asked"),
        [
            table([_("Department"), _("Asked on"), _("Due"), _("Answered"), _("State")], rows),
            *(html.P(words, className="card-note") for words in cautions),
        ],
    )


def _state_pill(one: DepartmentList, today: date) -> Component:
    if not one.open:
        return pill(_("answered"), "good")
    return pill(_("overdue"), "bad") if one.overdue(today) else pill(_("waited for"), "plain")


def _answers_card(state: OpinionState) -> Component | None:
    if not state.answers:
        return None
    departments = [one.department for one in state.asked]
    rows: list[list[Any]] = [
        [link(state.names.get(firm, firm), f"/firm/{firm}"), *(_answer(answers.get(name)) for name in departments)]
        for firm, answers in state.answers.items()
    ]
    return card(_("Answers"), table([_("Firm"), *map(department_name, departments)], rows))


def _answer(one: Answered | None) -> Any:
    if one is None:
        return ""
    if one.answer is None:
        return pill(_("no answer yet"), "plain")
    by = f"{one.answered_by} · {one.answered_on}" + (f" · {_('on paper')}" if one.on_paper else "")
    words = language.pick(ANSWERS[one.answer]).split("（")[0] if one.answer in ANSWERS else one.answer
    notes = [html.Div(one.note, style={"whiteSpace": "pre-line"})] if one.note else []
    return html.Div([pill(words, _TONES.get(one.answer, "plain")), *notes, html.Div(by, className="card-note")])


def _notice_card(view: View, notice: Notice | None) -> Component | None:
    if notice is None:
        return None
    ends = amounts.day(notice.ends_on)
    runs = (
        _("over since the end of %(day)s", day=ends) if notice.over(view.today) else _("runs until %(day)s", day=ends)
    )
    about = _(
        "%(count)s firms, from %(begins)s, %(days)s working days",
        count=len(notice.firms),
        begins=amounts.day(notice.begins_on),
        days=notice.working_days,
    )
    body: list[Any] = [html.P([about, "; ", html.Strong(runs)])]
    if notice.caution:
        body.append(html.P(str(notice.caution), className="card-note"))
    firms = language.listed(forms.firm_label(one.name, one.action) for one in notice.firms)
    body.append(html.P(firms, className="card-note"))
    names = {one.firm_id: one.name for one in notice.firms}
    rows: list[list[Any]] = [
        [
            one.id,
            link(names.get(one.firm_id, one.firm_id), f"/firm/{one.firm_id}"),
            html.Div([amounts.day(one.received_on), " ", pill(_("late"), "warn") if one.late else ""]),
            one.from_whom,
            one.content,
            html.Div([_objection_pill(one.upheld), html.Div(one.answer, className="card-note")]),
        ]
        for one in notice.objections
    ]
    headings = [_("No."), _("Firm"), _("Received on"), _("Who objects"), _("What is objected"), _("Answer")]
    body.append(table(headings, rows) if rows else empty(_("Nobody has objected.")))
    return card(_("Public notice"), body)


def _objection_pill(upheld: bool | None) -> Component:
    if upheld is None:
        return pill(_("not answered"), "warn")
    return pill(_("upheld"), "bad") if upheld else pill(_("not upheld"), "good")


# --- what is done ----------------------------------------------------------------------------------

#: Everything on the page that a step changes; the fields of the other forms are not among it.
_DRAWN = (
    Output("opinions-done", "children", allow_duplicate=True),
    Output("opinions-asked", "children", allow_duplicate=True),
    Output("opinions-answers", "children", allow_duplicate=True),
    Output("opinions-notice", "children", allow_duplicate=True),
    Output("opinions-publishing", "style", allow_duplicate=True),
    Output("opinions-objecting", "style", allow_duplicate=True),
    Output("opinions-ask-departments", "data", allow_duplicate=True),
    Output("opinions-paper-list", "data", allow_duplicate=True),
    Output("opinions-object-firm", "data", allow_duplicate=True),
    Output("opinions-reply-to", "data", allow_duplicate=True),
)
_REVIEW = State("opinions-review", "data")


def _do(review: int | None, change: Callable[[Session, View], str], *emptied: Any) -> tuple[Any, ...]:
    """Make a change and draw what rests on it; `emptied`: what its own fields are then. What could not be done leaves
    everything as it was typed."""
    view = View(request.person(), request.today())
    if review is None:
        return *[no_update] * len(_DRAWN), *[no_update] * len(emptied)
    try:
        with request.database() as session, session.begin():
            words = change(session, view)
    except ShownToPeople as error:
        return said(error), *[no_update] * (len(_DRAWN) - 1), *[no_update] * len(emptied)
    with request.database() as session:
        state = requests.state_of(session, view.person, review)
        notice = notices.notice_of(session, review)
    return (
        done(words),
        _asked_card(view, state),
        _answers_card(state),
        _notice_card(view, notice),
        forms.shown_if(notice is None),
        forms.shown_if(notice),
        forms.to_ask(state),
        forms.lists(state),
        forms.named_firms(notice),
        forms.objections(notice),
        *emptied,
    )


@guarded_callback(
    *_DRAWN,
    Output("opinions-ask-departments", "value"),
    Input("opinions-ask", "n_clicks"),
    _REVIEW,
    State("opinions-ask-departments", "value"),
    State("opinions-ask-days", "value"),
    may=Action.KEEP_REVIEWS,
    prevent_initial_call=True,
)
def ask(
    _clicks: int | None, review: int | None, departments: list[str] | None, days: int | str | None
) -> tuple[Any, ...]:
    def change(session: Session, view: View) -> str:
        made = requests.ask(
            session,
            view.person,
            review or 0,
            departments or [],
            view.today,
            request.now(),
            working_days=_number(days),
        )
        return _("%(count)s departments are asked.", count=len(made))

    return _do(review, change, [])


@guarded_callback(
    Output("opinions-paper-rows", "children"),
    Output("opinions-paper-shown", "data"),
    Input("opinions-paper-list", "value"),
    may=Action.KEEP_REVIEWS,
    prevent_initial_call=True,
)
def show_paper(chosen: str | None) -> tuple[Any, Any]:
    """The rows of the department whose paper is entered."""
    if not chosen:
        return [], {}
    view = View(request.person(), request.today())
    with request.database() as session:
        listed = requests.list_of(session, view.person, _number(chosen))
    return answer_rows("opinions-paper", listed, False), shown_in([listed])


_PAPER_ANSWER = {"type": "opinions-paper-answer", "request": ALL, "firm": ALL}
_PAPER_NOTE = {"type": "opinions-paper-note", "request": ALL, "firm": ALL}


@guarded_callback(
    *_DRAWN,
    Output("opinions-paper-list", "value"),
    Output("opinions-paper-signed", "value"),
    Input("opinions-paper-save", "n_clicks"),
    _REVIEW,
    State("opinions-paper-list", "value"),
    State(_PAPER_ANSWER, "id"),
    State(_PAPER_ANSWER, "value"),
    State(_PAPER_NOTE, "value"),
    State("opinions-paper-shown", "data"),
    State("opinions-paper-signed", "value"),
    State("opinions-paper-on", "value"),
    may=Action.KEEP_REVIEWS,
    prevent_initial_call=True,
)
def save_paper(
    _clicks: int | None,
    review: int | None,
    chosen: str | None,
    ids: list[dict[str, Any]],
    answers: list[str | None],
    notes: list[str | None],
    shown: dict[str, Any] | None,
    signed_by: str | None,
    on: str | None,
) -> tuple[Any, ...]:
    def change(session: Session, view: View) -> str:
        number = _number(_needed(chosen, _("Choose the department first.")))
        given = typed(ids, answers, notes, shown).get(number, {})
        day = day_of(on) or view.today
        stored = requests.enter_paper(session, view.person, number, given, day, request.now(), signed_by or "")
        return _("%(count)s answers were stored.", count=len(stored))

    return _do(review, change, None, "")


@guarded_callback(
    *_DRAWN,
    Input("opinions-publish", "n_clicks"),
    _REVIEW,
    State("opinions-notice-days", "value"),
    may=Action.KEEP_REVIEWS,
    prevent_initial_call=True,
)
def publish(_clicks: int | None, review: int | None, days: int | str | None) -> tuple[Any, ...]:
    def change(session: Session, view: View) -> str:
        notice = notices.publish(
            session, view.person, review or 0, view.today, request.now(), working_days=_number(days)
        )
        return _("The notice is public until the end of %(day)s.", day=notice.ends_on)

    return _do(review, change)


@guarded_callback(
    *_DRAWN,
    Output("opinions-object-from", "value"),
    Output("opinions-object-content", "value"),
    Input("opinions-object", "n_clicks"),
    _REVIEW,
    State("opinions-object-firm", "value"),
    State("opinions-object-from", "value"),
    State("opinions-object-on", "value"),
    State("opinions-object-content", "value"),
    may=Action.KEEP_REVIEWS,
    prevent_initial_call=True,
)
def record_objection(
    _clicks: int | None,
    review: int | None,
    firm: str | None,
    from_whom: str | None,
    on: str | None,
    content: str | None,
) -> tuple[Any, ...]:
    def change(session: Session, view: View) -> str:
        notice = notices.notice_of(session, review or 0)
        made = notices.object_to(
            session,
            view.person,
            0 if notice is None else notice.id,
            _needed(firm, _("Choose the firm first.")),
            from_whom or "",
            content or "",
            day_of(on) or view.today,
            request.now(),
        )
        return _("Objection no. %(number)s is recorded.", number=made.id)

    return _do(review, change, "", "")


@guarded_callback(
    *_DRAWN,
    Output("opinions-reply-text", "value"),
    Input("opinions-reply", "n_clicks"),
    _REVIEW,
    State("opinions-reply-to", "value"),
    State("opinions-reply-upheld", "value"),
    State("opinions-reply-text", "value"),
    may=Action.KEEP_REVIEWS,
    prevent_initial_call=True,
)
def reply(
    _clicks: int | None, review: int | None, objection: str | None, upheld: str | None, text: str | None
) -> tuple[Any, ...]:
    def change(session: Session, view: View) -> str:
        number = _number(_needed(objection, _("Choose the objection first.")))
        if upheld not in ("yes", "no"):
            raise requests.OpinionNotPossible(_("Choose whether the objection is upheld."))
        notices.answer_objection(session, view.person, number, upheld == "yes", text or "", view.today, request.now())
        return _("The answer is stored.")

    return _do(review, change, "")


def _needed(value: str | None, letter: str) -> str:
    if not value:
        raise requests.OpinionNotPossible(letter)
    return value


def _number(value: int | str | None) -> int:
    """A number as a field sends it; 0, which is none of ours, for anything else."""
    if isinstance(value, str):
        return int(value) if value.isascii() and value.isdigit() and len(value) < 10 else 0
    return value or 0
