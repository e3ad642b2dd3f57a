"""The stage board: every open case as a card in the column of its stage, moved by dragging or by a button.

`/board?lanes=district` or `lanes=mentor` lays the cards in lanes. Whichever way a card is moved, the one dialog asks
for what the stage needs (assets/stage_board.js says which card and which stage); pipeline.tutoring.cases moves it.
"""

from collections.abc import Sequence
from typing import Any

from dash import Input, Output, State, no_update
from dash.development.base_component import Component
from sqlalchemy.orm import Session

from dashboard.checked_once import dcc, dmc, html
from dashboard.components import amounts, terms
from dashboard.components.cards import aria, card, element, empty, icon, link, page_head, pill, warning
from dashboard.components.forms import stage_form
from dashboard.web import request
from dashboard.web.callbacks import fits, guarded_callback
from dashboard.web.routes import Page, View
from dashboard.web.sent import day_of, number_and_version
from pipeline import language
from pipeline.accounts import people
from pipeline.accounts.people import Action
from pipeline.errors import ShownToPeople
from pipeline.language import N_
from pipeline.language import gettext as _
from pipeline.store.tables import Case, Firm
from pipeline.tutoring import advisers, cases
from pipeline.tutoring.meanwhile import ChangedMeanwhile
from pipeline.tutoring.stage_board import LANES, StageCard, in_columns, in_lanes, stage_board
from pipeline.tutoring.stages import LAST, STAGES

_FLAGS = {
    "otherwise": (N_("events say otherwise"), "warn"),
    "overdue": (N_("overdue step"), "bad"),
    "doubt": (N_("figures in doubt"), "warn"),
    "no_mentor": (N_("no mentor"), "plain"),
    "on_list": (N_("adviser on the negative list"), "bad"),
}


def layout(view: View) -> Component:
    return html.Div(
        [
            html.Div(body(view), id="board-body"),
            dcc.Store(id="board-asked"),
            dcc.Store(id="board-case"),
            dcc.Store(id="board-query", data=dict(view.query)),
            html.Div(id="board-said", role="status", className="board-said", **aria(live="polite")),
            dmc.Modal(
                [html.Div(id="board-form"), html.Div(id="board-refused", role="status", **aria(live="polite"))],
                id="board-dialog",
                title=_("Move a case"),
                opened=False,
                size="lg",
                closeButtonProps=aria(label=_("Close")),
            ),
        ]
    )


def body(view: View) -> list[Component]:
    """The chips and the board, as the cases stand now."""
    with request.database() as session:
        cards = stage_board(session, view.person, view.today)
    lanes = view.query.get("lanes", "")
    lanes = lanes if lanes in LANES else ""
    note = _("%(count)s firms in tutoring", count=amounts.count(len(cards)))
    return [
        page_head(_("Stage board"), note),
        _lane_chips(lanes),
        _board(cards, lanes, view.may(Action.KEEP_CASES)) if cards else card(None, empty(_("No case is open."))),
    ]


def _lane_chips(chosen: str) -> Component:
    kinds = (("", _("All in one")), ("district", _("By district")), ("mentor", _("By mentor")))
    return html.Div(
        [
            dcc.Link(
                words,
                href=f"/board?lanes={lanes}" if lanes else "/board",
                className="chip chosen" if lanes == chosen else "chip",
            )
            for lanes, words in kinds
        ],
        className="chips no-print",
    )


def _board(cards: Sequence[StageCard], lanes: str, movable: bool) -> Component:
    columns = in_columns(cards)
    wide = [stage for stage in STAGES if columns[stage]]
    track = " ".join("14rem" if stage in wide else "6.5rem" for stage in STAGES)
    heads = [
        html.Div(
            [html.Span(terms.stage_short(stage)), html.Span(len(columns[stage]), className="board-count")],
            className="board-head",
        )
        for stage in STAGES
    ]
    rows: list[Component] = [html.Div(heads, className="board-row", style={"gridTemplateColumns": track})]
    for name, of_lane in in_lanes(cards, lanes).items() if lanes else [(None, list(cards))]:
        if lanes:
            called = terms.district(name) if lanes == "district" else name
            words = called or (_("no district known") if lanes == "district" else _("nobody yet"))
            rows.append(html.H2(f"{words} · {len(of_lane)}", className="board-lane"))
        placed = in_columns(of_lane)
        of_row = [_column(stage, placed[stage], movable) for stage in STAGES]
        rows.append(html.Div(of_row, className="board-row", style={"gridTemplateColumns": track}))
    told = {**aria(label=_("Stage board")), **({"data-movable": ""} if movable else {})}
    return html.Div(rows, className="board", tabIndex=0, role="region", **told)


def _column(stage: str, cards: Sequence[StageCard], movable: bool) -> Component:
    told = {**aria(label=terms.stage_short(stage)), "data-stage": stage}
    return html.Div([_card(each, movable) for each in cards], className="board-column", role="group", **told)


def _card(each: StageCard, movable: bool) -> Any:
    line, step = each.line, each.next_step
    name = line.firm_name or line.firm_id
    days = _("%(count)s days", count=line.days_in_stage)
    head: list[Any] = [link(name, f"/firm/{line.firm_id}#tutoring")]
    if movable:
        told = {**aria(label=_("Move %(firm)s to another stage", firm=name)), "title": _("Move")}
        head.append(element("Button", icon("arrow-up-right"), type="button", className="card-move", **told))
    facts: list[Any] = [element("Span", days, className="overdue" if each.times_typical > 1 else "day")]
    if each.points is not None:
        facts.append(element("Span", [amounts.points(each.points), _trend(each.change)]))
    if line.mentor:
        facts.append(element("Span", line.mentor, className="person"))
    parts: list[Any] = [element("Div", head, className="card-top"), element("Div", facts, className="card-facts")]
    if step is not None:
        due = element("Span", amounts.day(step.due_on), className="overdue" if step.days_late > 0 else "day")
        parts.append(element("Div", [due, " ", step.next_step], className="card-step"))
    pills = [pill(terms.pool(each.pool), terms.POOL_TONES.get(each.pool or "", "plain"))] if each.pool else []
    pills += [pill(_(_FLAGS[flag][0]), _FLAGS[flag][1]) for flag in each.flags]
    if pills:
        parts.append(element("Div", pills, className="card-pills"))
    return element(
        "Div", parts, className="stage-card", **{"data-case": f"{line.case.id}", "data-seen": f"{line.case.version}"}
    )


def _trend(change: float | None) -> Any:
    """By how many points the score has changed since the day before; nothing for less than a tenth."""
    if change is None or abs(change) < 0.05:
        return ""
    return element("Span", f" {change:+.1f}", className="trend-up" if change > 0 else "trend-down")


# --- a card is moved --------------------------------------------------------------------------------


@guarded_callback(
    Output("board-dialog", "opened", allow_duplicate=True),
    Output("board-form", "children"),
    Output("board-refused", "children", allow_duplicate=True),
    Output("board-case", "data"),
    Output("board-said", "children", allow_duplicate=True),
    Input("board-asked", "data"),
    may=Action.KEEP_CASES,
    prevent_initial_call=True,
)
def ask(asked: dict[str, Any] | None) -> tuple[Any, Any, Any, Any, Any]:
    """The dialog for the card that was dropped or chosen, with what its stage needs."""
    number, seen = _asked(asked)
    stage = (asked or {}).get("stage")
    with request.database() as session:
        case, firm = _case(session, number)
        following = [each.id for each in cases.possible_stages(session, case)]
        if fits(stage, str) and stage in STAGES and stage not in following:
            return no_update, no_update, no_update, no_update, _not_next(firm, case, str(stage), following)
        chosen = str(stage) if stage in following else None
        lacks = cases.needs_of(session, case, chosen, request.today(), now=request.now()) if chosen else []
        form = [
            html.P(
                [html.B(firm.name or firm.id), " · ", terms.stage(case.stage), " · ", amounts.day(case.stage_since)]
            ),
            stage_form.stage_form("board", following, request.today(), advisers.known_names(session), chosen, lacks),
            html.P(link(_("Go back, close or correct: on the page of the firm"), f"/firm/{firm.id}#tutoring")),
        ]
    return True, form, "", [number, seen], ""


@guarded_callback(
    *stage_form.needs_outputs("board"),
    *stage_form.choices("board"),
    State("board-case", "data"),
    may=Action.KEEP_CASES,
    prevent_initial_call=True,
)
def show_needs(stage: str | None, on: str | None, shown: list[int] | None) -> Any:
    """What the stage needs, as soon as it is chosen."""
    with request.database() as session:
        case, _firm = _case(session, number_and_version(shown)[0])
        day = day_of(on) or request.today()
        lacks = cases.needs_of(session, case, stage, day, now=request.now()) if stage and stage in STAGES else []
    return stage_form.needs_shown(stage, lacks)


@guarded_callback(
    Output("board-body", "children"),
    Output("board-dialog", "opened", allow_duplicate=True),
    Output("board-refused", "children", allow_duplicate=True),
    Output("board-said", "children", allow_duplicate=True),
    Input("board-stage-save", "n_clicks"),
    State("board-case", "data"),
    State("board-query", "data"),
    *stage_form.fields("board"),
    may=Action.KEEP_CASES,
    prevent_initial_call=True,
)
def move(
    _clicks: int | None,
    shown: list[int] | None,
    query: dict[str, str] | None,
    stage: str | None,
    on: str | None,
    broker: str | None,
    law_firm: str | None,
    auditor: str | None,
    waive: str | None,
) -> tuple[Any, Any, Any, Any]:
    """Move the case, and draw the board as it is then; what is refused is said in the dialog, which stays."""
    number, seen = number_and_version(shown)
    person, now, view = request.person(), request.now(), View(request.person(), request.today(), False, query or {})
    if not stage:
        return no_update, no_update, warning(_("Choose the stage that was reached.")), no_update
    named = dict(zip(stage_form.KINDS, (broker, law_firm, auditor), strict=True))
    try:
        with request.database() as session, session.begin():
            day = day_of(on) or request.today()
            case = cases.change_stage(
                session, person, number, stage, day, now=now, seen=seen, advisers=named, waive=waive
            )
            firm = session.get_one(Firm, case.firm_id)
            said = language.headed(firm.name or firm.id, _("Stage saved: %(stage)s.", stage=terms.stage(stage)))
            if stage == LAST:
                said = language.headed(firm.name or firm.id, _("The firm is listed; its case is closed."))
    except ChangedMeanwhile as error:
        return body(view), False, "", warning(error)
    except ShownToPeople as error:
        return no_update, no_update, warning(error), no_update
    return body(view), False, "", said


def _not_next(firm: Firm, case: Case, stage: str, following: Sequence[str]) -> Component:
    """Why a card does not stay where it was dropped."""
    words = _(
        "%(firm)s cannot go from %(present)s to %(stage)s. What can follow: %(following)s.",
        firm=firm.name or firm.id,
        present=terms.stage(case.stage),
        stage=terms.stage(stage),
        following=language.listed(terms.stage(each) for each in following) or _("none"),
    )
    more = link(_("Go back, close or correct: on the page of the firm"), f"/firm/{firm.id}#tutoring")
    return html.Span([warning(words), " ", more])


def _case(session: Session, number: int) -> tuple[Case, Firm]:
    """The case and its firm, for one who may keep it."""
    case = session.get(Case, number)
    firm = None if case is None else case.firm_id
    people.require_there(session, request.person(), Action.KEEP_CASES, firm, cases.no_case(number))
    assert case is not None
    return case, session.get_one(Firm, case.firm_id)


def _asked(asked: dict[str, Any] | None) -> tuple[int, int]:
    return number_and_version([(asked or {}).get("case"), (asked or {}).get("seen")])


PAGES = (Page("/board", layout, Action.SEE_FINDINGS, N_("Stage board"), "layout-kanban"),)
