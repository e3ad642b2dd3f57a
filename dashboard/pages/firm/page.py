"""One firm: its score and reasons, its figures over the years, the boards' conditions, and its tutoring.

The firm shown is authorised here again (queries.firm.firm_page), whatever the address said.
"""

from typing import TYPE_CHECKING, Any

from dash import MATCH, Input, Output, State, no_update
from dash.development.base_component import Component
from flask import Response
from sqlalchemy import bindparam, select
from sqlalchemy.orm import Session

from dashboard.checked_once import dcc, dmc, html
from dashboard.components import amounts, boards, charts, history, pool_conditions, reasons, terms
from dashboard.components.cards import aria, card, empty, facts_list, icon, link, page_head, pill
from dashboard.components.reasons import event_name, odds_note, spread_note
from dashboard.pages.firm import declared, follow_up, hindered, score_details, stated_by, tasks
from dashboard.pages.firm.activities import card as activities
from dashboard.pages.firm.labels import card as labels
from dashboard.pages.firm.labels import pacesetter
from dashboard.pages.firm.ladder import card as ladder
from dashboard.pages.firm.messages import card as messages
from dashboard.queries.firm import FirmPage, firm_page
from dashboard.queries.lists import firm_list
from dashboard.web import request
from dashboard.web.callbacks import guarded_callback
from dashboard.web.routes import Download, Page, View
from pipeline import facts, language
from pipeline.accounts import people
from pipeline.accounts.people import Action
from pipeline.catalog import catalog
from pipeline.errors import ShownToPeople
from pipeline.language import gettext as _
from pipeline.pools.model import NoPolicy
from pipeline.rules.definition.rule_books import NoSuchRule
from pipeline.store.current import Place
from pipeline.store.tables import CITY, Firm
from pipeline.tutoring import cases
from pipeline.tutoring.mentoring import FirmAccounts, accounts_of
from pipeline.wording.cohorts import reference_label
from pipeline.wording.places import place_in_words
from scoring.firm_list.standings import firm_standings
from scoring.scores.doubts import FirmFindings, firm_findings

if TYPE_CHECKING:
    import pandas as pd

_DOUBTS_SHOWN = 5
_COHORT = select(Firm.cohort).where(Firm.id == bindparam("firm"))


def layout(view: View, firm_id: str) -> Component:
    """The whole page of one firm, for one person."""
    with request.database() as session, people.asked_once(session):
        page = firm_page(session, view.person, firm_id, view.today)
        values = feature_values(session, page)
        strip = labels.strip_of(session, view, firm_id)
        accounts = accounts_of(session, firm_id) if view.may(Action.RECORD_VISITS) else FirmAccounts([], [])
        lines = cases.cases_of(session, view.person, firm_id, view.today) if view.may(Action.SEE_CASES) else []
        in_tutoring = any(line.case.closed_on is None for line in lines)
        tutoring = follow_up.card_of(session, view, firm_id, accounts, lines)
        to_do = tasks.card_of(session, view, firm_id, accounts.visitors, in_tutoring)
        problems = hindered.card_of(session, view, firm_id)
        ways_in = declared.card_of(session, view, firm_id)
        standings = firm_standings(session.connection(), firm_id, page.firm.cohort, view.today)
        in_doubt = firm_list.may_be_in_doubt(session, firm_id)
        found = firm_findings(session.connection(), firm_id, page.facts, view.today, in_doubt, view.person)
    sections = [
        doubts(found),
        score_row(view, page, values),
        dcc.Store(id="firm-shown", data=firm_id),
        html.Div(boards.card_of(standings, view.today), id="firm-boards"),
        dcc.Loading(
            html.Div(card(_("Recognition and labels"), html.Div(style={"height": "8rem"})), id="firm-labels"),
            type="dot",
            color="#17957b",
        ),
        *([ladder.place()] if page.firm.cohort == CITY else []),
        *(
            [
                dcc.Store(id="firm-pools-shown", data=firm_id),
                html.Div(
                    dcc.Loading(
                        html.Div(
                            card(_("Conditions of the pools"), html.Div(style={"height": "8rem"})), id="firm-pools"
                        ),
                        type="dot",
                        color="#17957b",
                    ),
                    className="no-print",
                ),
            ]
            if page.firm.cohort == CITY and view.may(Action.SEE_POOLS)
            else []
        ),
        pacesetter.place_of(view, firm_id, page.firm.cohort),
        history.card_of(page.facts.droplevel("firm_id"), view.dark, stated_by.question()),
        tutoring,
        to_do,
        problems,
        activities.place_of(view, firm_id),
        ways_in,
        messages.place_of(view, firm_id),
        about_row(page),
        questions(found),
    ]
    return html.Div(
        [
            head(view, page),
            strip,
            _jumps(tutoring is not None, ways_in is not None, view.may(Action.SEE_MESSAGES)),
            dmc.Stack([part for part in sections if part is not None], gap="md"),
        ]
    )


def _jumps(has_tutoring: bool, has_ways_in: bool, has_messages: bool) -> Component:
    """Links to the parts of a long page, the place of work first."""
    parts = [
        *([(_("Tutoring"), follow_up.ANCHOR), (_("Plan and tasks"), tasks.ANCHOR)] if has_tutoring else []),
        *([(_("Nomination and application"), declared.ANCHOR)] if has_ways_in else []),
        *([(_("Messages"), messages.ANCHOR)] if has_messages else []),
        (_("Boards: what is met and what is missing"), "firm-boards"),
        (_("Conditions of the pools"), "firm-pools"),
        (_("Innovation and finance"), activities.ANCHOR),
        (_("Stages reached"), "stages"),
    ]
    links = [html.A(words, href=f"#{anchor}", className="text-link") for words, anchor in parts]
    return html.Div(links, className="jumps", role="navigation", **aria(label=_("On this page")))


@guarded_callback(
    Output({"type": "board-panel", "board": MATCH}, "children"),
    Input({"type": "board-line", "board": MATCH}, "value"),
    State({"type": "board-line", "board": MATCH}, "id"),
    State("firm-shown", "data"),
    prevent_initial_call=True,
    may=Action.SEE_FIRMS,
)
def show_board(opened: str | None, line: dict[str, str], firm_id: str | None) -> Any:
    """What is behind a board's line, when it is opened."""
    if not firm_id or opened is None or opened != line.get("board"):
        return no_update
    from pipeline.rules.evaluation import evaluate
    from pipeline.rules.reports import board_tables

    known = _for_rules(firm_id)
    try:
        verdicts = evaluate.check(*known, request.today(), boards=[opened])
        return boards.panel_of(board_tables.firm_boards(verdicts, firm_id)[0])
    except NoSuchRule as error:
        return html.P(str(error), className="card-note")


@guarded_callback(Output("firm-labels", "children"), Input("firm-shown", "data"), may=Action.SEE_FIRMS)
def show_labels(firm_id: str | None) -> Any:
    """Recognition and labels, loaded after the page."""
    return boards.labels_card(*_for_rules(firm_id), firm_id, request.today()) if firm_id else no_update


@guarded_callback(Output("firm-pools", "children"), Input("firm-pools-shown", "data"), may=Action.SEE_POOLS)
def show_pool_conditions(firm_id: str | None) -> Any:
    """How the firm stands to the conditions of the pools, loaded after the page."""
    if not firm_id:
        return no_update
    from pipeline.pools.standing import standing_of_firm

    try:
        with request.database() as session:
            person = request.person()
            own = person.firm_id == firm_id
            return pool_conditions.firm_card(
                standing_of_firm(session, person, firm_id, request.today(), to_the_firm=own)
            )
    except NoPolicy as error:
        return card(_("Conditions of the pools"), empty(str(error)))


def _for_rules(firm_id: str) -> "tuple[pd.DataFrame, pd.DataFrame]":
    """What rules read of a firm. Raises NotAllowed where the person may not see it."""
    from pipeline.rules.reports import check

    with request.database() as session:
        people.require(request.person(), Action.SEE_FIRMS, firm_id, session=session)
        cohort = session.scalars(_COHORT, {"firm": firm_id}).one()
        return check.inputs(session.connection(), request.today(), cohort=cohort, firms=[firm_id])


def feature_values(session: Session, page: FirmPage) -> dict[str, float]:
    """The features behind the score, as of the day it was made; empty without a score. Worked out only for scores of
    before the program stored them."""
    if page.score is None or page.run is None:
        return {}
    if page.reasons.values is not None:
        return dict(page.reasons.values)
    from scoring.features.matrix import facts_used, features_on
    from scoring.registry.registry import listing_lines_of

    run, firm = page.run, page.firm
    read = facts.facts_and_firms(session.connection(), run.as_of, firm.cohort, [firm.id], facts_used())
    app = request.app()
    table = features_on(*read, run.as_of, listing_lines_of(app.engine, app.settings.models, run.model_id))
    return {} if table.empty else {str(name): float(value) for name, value in table.iloc[0].items()}


def doubts(found: FirmFindings) -> Component | None:
    """The figures in doubt on which score and rules rest, each with what is asked about it."""
    if not found.doubts:
        return None
    lines = [_doubt(fact, year, found) for fact, year in found.doubts[:_DOUBTS_SHOWN]]
    left = len(found.doubts) - _DOUBTS_SHOWN
    more = [html.Li(_("and %(count)s more", count=left))] if left > 0 else []
    lead = _("Figures of this firm are in doubt and not settled yet; its score or gaps rest on them:")
    return html.Div([html.Div([lead, html.Ul([*lines, *more])])], className="made-up", role="note")


def _doubt(fact: str, year: int, found: FirmFindings) -> Component:
    asked = [str(finding.message) for finding in found.about_doubts if finding.field == fact and finding.year == year]
    if asked:
        return html.Li(f"{year} {language.joined(asked)}")
    name = _("%(fact)s of %(year)s", fact=language.pick(catalog()[fact]), year=year)
    return html.Li(language.headed(name, _("it does not fit the firm's other figures: another unit?")))


def questions(found: FirmFindings) -> Component | None:
    """Open findings on which nothing rests: another source's figure, an early year, a changed name."""
    if not found.questions:
        return None
    lines = [html.Li(f"{finding.year or ''} {finding.message}") for finding in found.questions]
    head = _("%(count)s open questions on which neither score nor gaps rest", count=len(lines))
    return html.Details([html.Summary(head, className="text-link"), html.Ul(lines)], className="card-note")


def head(view: View, page: FirmPage) -> Component:
    firm = page.firm
    details: list[Any] = [terms.district(firm.district_code), firm.id]
    pills = []
    if page.pool is not None:
        pills.append(pill(terms.pool(page.pool.pool), terms.POOL_TONES.get(page.pool.pool, "plain")))
    if page.score is not None and page.score.thin_data:
        pills.append(pill(_("thin data"), "warn"))
    if page.score is not None:
        words, address = _("One page on paper, as PDF"), f"/firm/{firm.id}/report.pdf"
        pills.append(html.A([icon("download"), " PDF"], href=address, className="head-button", title=words))
    if firm.cohort == CITY and view.person.firm_id is None:
        pills.append(link(_("Compare"), f"/compare?firms={firm.id}"))
    return page_head(firm.name or firm.id, " · ".join(part for part in details if part), dmc.Group(pills, gap="xs"))


def why_no_score(page: FirmPage) -> str:
    """Why a firm has no score in the run in use."""
    from scoring.dataset.labels import terminal_events

    if page.run is None:
        return _(
            "This firm has no score: no model scores the city yet. Rules, pools and tutoring go on without points."
        )
    ends = set(terminal_events(page.predicts))
    ended = [event for event in page.events if event.kind in ends and event.occurred_on <= page.run.as_of]
    if not ended:
        day = amounts.day(page.run.as_of)
        return _(
            "This firm has no score: no recent return of it was known when firms were scored, on %(day)s.", day=day
        )
    first = min(ended, key=lambda event: event.occurred_on)
    return _(
        "This firm has no score: scores look ahead to “%(ahead)s”, and this firm has reached “%(event)s” on %(day)s.",
        ahead=terms.event(page.predicts),
        event=terms.event(first.kind, first.board),
        day=amounts.day(first.occurred_on),
    )


def score_row(view: View, page: FirmPage, values: dict[str, float], *, low_places: bool = True) -> Component:
    """The score and why. `low_places`: whether a place in the lower half is told too."""
    if page.score is None or page.run is None:
        return card(_("Score"), empty(why_no_score(page)))
    why = reasons.named(page.reasons.points, values)
    steps = reasons.steps(why)
    caption = _(
        "From the model's base (%(base)s, the mean of the rows it was trained on) to this firm (%(points)s), reason by "
        "reason, in points",
        base=amounts.points(page.run.base_points),
        points=amounts.points(page.score.points),
    )
    drawn = charts.graph(charts.waterfall(page.run.base_points, steps, view.dark), 40 * len(steps) + 60, caption)
    left = dmc.Stack([_score_card(view, page, low_places), _groups_card(view, page)], gap="md")
    right = dmc.Stack(
        [
            card(_("Why this score"), drawn, caption),
            score_details.words_card(why, page.firm.id),
            score_details.more_card(),
        ],
        gap="md",
    )
    return dmc.Grid(
        [
            dmc.GridCol(left, span={"base": 12, "md": 4}, className="print-third"),
            dmc.GridCol(right, span={"base": 12, "md": 8}, className="print-two-thirds"),
        ],
        gutter="md",
    )


def _score_card(view: View, page: FirmPage, low_places: bool) -> Component:
    score, run = page.score, page.run
    assert score is not None
    assert run is not None
    pairs: list[tuple[str, Any]] = [
        *place_in_words(page.place if low_places or in_upper_half(page.place) else None, run.cohort),
        (_("Probability"), amounts.chance(score.probability)),
        (_("Scored as of"), amounts.day(run.as_of)),
        (_("Model"), terms.model(run.model_id, page.model_as_of)),
        (_("Ranks against"), language.pick(reference_label(run.reference))),
    ]
    if score.low_points is not None and score.high_points is not None:
        band = f"{amounts.points(score.low_points)} – {amounts.points(score.high_points)}"
        pairs.insert(1, (_("Band"), band))
    notes: list[Any] = [html.P(odds_note(page.predicts), className="card-note")]
    if page.spread is not None:
        notes.append(html.P(spread_note(page.spread), className="card-note"))
    if run.expected_events is not None:
        condition = _(
            "The probability expects “%(event)s” of %(count)s firms within %(months)s months.",
            event=event_name(page.predicts),
            count=amounts.points(run.expected_events),
            months=page.within_months,
        )
        level: list[Any] = (
            [" ", link(_("Set another number"), "/expected")] if view.may(Action.SCORE) and run.cohort == CITY else []
        )
        notes.append(html.P([condition, *level], className="card-note"))
    return card(
        _("Score"),
        [
            html.Div(amounts.points(score.points), className="score-big"),
            *notes,
            html.Div(facts_list(pairs), style={"marginTop": "1rem"}),
            _not_in_the_score(),
        ],
    )


def in_upper_half(place: Place | None) -> bool:
    return place is not None and 2 * place.rank <= place.scored + 1


def _not_in_the_score() -> Component:
    from scoring.features.matrix import NEVER_FEATURES

    listed = language.listed(map(language.pick, NEVER_FEATURES))
    return html.P(_("Not in the score: %(listed)s.", listed=listed), className="card-note", style={"marginTop": "1rem"})


def _groups_card(view: View, page: FirmPage) -> Component:
    assert page.score is not None
    groups = reasons.by_group(page.reasons.points)
    if not groups:
        return card(_("By group"), empty(_("No groups.")))
    figure = charts.signed_bars(groups, view.dark)
    note = _("Sums of the reasons, in points")
    return card(_("By group"), charts.graph(figure, 40 * len(groups) + 30, note), note)


def about_row(page: FirmPage) -> Component:
    known = page.labels.iloc[0].to_dict() if len(page.labels) else {}
    pairs = [
        (language.pick(fact), amounts.fact_value(fact, known.get(fact.name)))
        for fact in catalog().values()
        if fact.per_firm and fact.name not in {"name", "district_code"} and amounts.known(known.get(fact.name))
    ]
    happened = [(amounts.day(event.occurred_on), terms.event(event.kind, event.board)) for event in page.events]
    return dmc.Grid(
        [
            dmc.GridCol(
                card(_("About the firm"), facts_list(pairs) if pairs else empty(_("Nothing stated."))),
                span={"base": 12, "md": 6},
                className="print-half",
            ),
            dmc.GridCol(
                card(
                    _("Stages reached"),
                    facts_list(happened) if happened else empty(_("None yet.")),
                    id="stages",
                ),
                span={"base": 12, "md": 6},
                className="print-half",
            ),
        ],
        gutter="md",
    )


def report_file(firm_id: str) -> Response:
    """The firm's page of paper, with the score and the boards that its page on the dashboard shows."""
    from dashboard.reports.firm_pdf import report_pdf

    app = request.app()
    with request.database() as session:
        people.require(request.person(), Action.SEE_SCORES, firm_id, session=session)
    try:
        pdf = report_pdf(app.engine, app.settings.models, firm_id, None, request.today())
    except ShownToPeople as error:
        return Response(str(error), status=404, mimetype="text/plain")
    headers = {"Content-Disposition": f"attachment; filename=goldseed-{firm_id.replace(':', '-')}.pdf"}
    return Response(pdf, mimetype="application/pdf", headers=headers)


PAGES = (Page("/firm/<firm_id>", layout, Action.SEE_FIRMS, "Firm"),)
DOWNLOADS = (Download("/firm/<firm_id>/report.pdf", report_file, Action.SEE_SCORES, exports="report"),)
