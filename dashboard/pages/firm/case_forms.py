"""A tutoring case as its card shows it: where it stands, what its events say, its stages as recorded, and its forms.

Ids begin with `firm-case`; follow_up.py has their callbacks. Who may not keep cases gets no form.
"""

from typing import Any

from dash.development.base_component import Component
from sqlalchemy.orm import Session

from dashboard.checked_once import dcc, dmc, html
from dashboard.components import amounts, terms
from dashboard.components.cards import empty, facts_list, icon, link, table
from dashboard.components.forms.stage_form import adviser_field, stage_form
from dashboard.web import request
from dashboard.web.routes import View
from pipeline import language
from pipeline.accounts.contacts import contact_of
from pipeline.accounts.people import Action
from pipeline.language import gettext as _
from pipeline.store.tables import Account, CaseStage, Event
from pipeline.tutoring import advisers, cases
from pipeline.tutoring.cases import CaseLine, CaseSeen, Move
from pipeline.tutoring.gates import ADVISER_KINDS, lack_name
from pipeline.tutoring.mentors.leaders import LEVELS, leaders_of
from pipeline.tutoring.stages import EXITS, LAST, STAGES, outcomes_from, times_typical, ways_back_from
from pipeline.tutoring.stated import Stated


def open_case(session: Session, view: View, line: CaseLine, able: list[Account]) -> list[Component]:
    """Where the firm's open case stands, and what an officer does with it. `able`: who can be its mentor."""
    case = line.case
    signed = advisers.engaged(session, [case.firm_id])[case.firm_id]
    about: list[tuple[str, Any]] = [
        (_("Stage"), terms.stage(case.stage)),
        (_("In this stage since"), _stay(line)),
        (_("Mentor"), _mentor(session, case)),
        *(
            (language.pick(LEVELS[level]), language.in_brackets(one.name, one.post) if one.post else one.name)
            for level, one in leaders_of(session, [case.id])[case.id].items()
        ),
        (_("Case opened"), amounts.day(case.opened_on)),
        *(
            (language.pick(ADVISER_KINDS[kind]), language.in_brackets(one.name, amounts.day(one.agreed_on)))
            for kind, one in signed.items()
        ),
    ]
    keeps = view.may(Action.KEEP_CASES)
    forms, corrections = _kept(session, view, case, able) if keeps else (None, [])
    return [
        *(
            html.P(link(str(one.message), f"/advisers?adviser={one.adviser_id}"), className="overdue")
            for one in line.on_list
        ),
        *([_otherwise(line.says_otherwise, keeps)] if line.says_otherwise is not None else []),
        dmc.SimpleGrid([facts_list(about), forms], cols={"base": 1, "md": 2}),
        *corrections,
    ]


def _kept(session: Session, view: View, case: CaseSeen, able: list[Account]) -> tuple[Component, list[Component]]:
    """What those who keep the case have beside what it is, and below."""
    known = advisers.known_names(session)
    moves = cases.moves(session, view.person, case.id, view.today)
    recorded = [move.entry for move in moves]
    following = [stage.id for stage in cases.possible_stages(session, case, recorded)]
    instead = [stage.id for stage in cases.stages_instead(session, case, recorded)]
    forms = _forms(view, case, choices(able), stage_form("firm", following, view.today, known))
    return forms, [_corrections(view, case, moves, instead, known)]


def no_case(view: View, lines: list[CaseLine]) -> list[Component]:
    """No case is open: what can be done about it."""
    parts: list[Component] = [empty(_("No case is open. A firm's case opens when it enters a pool."))]
    if not view.may(Action.KEEP_CASES):
        return parts
    listed = bool(lines) and lines[0].case.outcome == LAST
    opened = None if listed else dmc.Button(_("Open a case"), id="firm-case-open", variant="default", size="sm")
    parts.append(dmc.Group([opened, *(_reopening(lines[0].case) if lines else [])], align="end", gap="xs", mt="sm"))
    return parts


def earlier(session: Session, view: View, lines: list[CaseLine]) -> Component | None:
    """The cases that have ended."""
    ended = [
        (
            amounts.day(line.case.closed_on),
            language.joined(
                part
                for part in (
                    language.pick(cases.outcome_label(line.case.outcome)),
                    line.case.closed_why if view.may(Action.SEE_FINDINGS) else None,
                )
                if part
            ),
        )
        for line in lines
        if line.case.closed_on is not None
    ]
    return html.Div([html.P(_("Earlier cases"), className="card-note"), facts_list(ended)]) if ended else None


def _otherwise(stated: Stated, keeps: bool) -> Component:
    """The case and its firm's events disagree: what the events say, and what an officer can do."""
    if stated.way_out is not None:
        event = stated.way_out
        said = _("The events say otherwise: %(event)s on %(day)s.", **_event(event))
        hint = _("If that is right, close the case with this outcome.")
    elif stated.furthest is not None:
        event = stated.furthest
        said = _(
            "The events say otherwise: the firm has reached %(event)s, on %(day)s.",
            **_event(event),
        )
        hint = _("If that is right, let the case follow; if not, have the import with the wrong event taken back.")
    else:
        said = _("No event says that the firm has reached this stage.")
        hint = _("If it was recorded by mistake, take it back.")
    follow = (
        dmc.Button(_("Follow the events"), id="firm-case-follow", variant="default", size="xs")
        if keeps and stated.furthest is not None and stated.way_out is None
        else None
    )
    return html.Div(
        [icon("alert-triangle"), html.Span([said, " ", hint] if keeps else said), follow],
        className="made-up",
        role="note",
        id="firm-case-otherwise",
    )


def _mentor(session: Session, case: CaseSeen) -> str:
    """Who looks after the case, and how they can be reached."""
    account = session.get(Account, case.mentor_id) if case.mentor_id else None
    return _("nobody yet") if account is None else contact_of(account).beside(account.name)


def _stay(line: CaseLine) -> Component:
    """Since when the case is in its stage, marked where it is there for longer than is typical."""
    low, high = STAGES[line.case.stage].typical_months
    text = _("%(day)s, %(count)s days", day=amounts.day(line.case.stage_since), count=line.days_in_stage)
    typical = _("typically %(low)s to %(high)s months", low=f"{low:g}", high=f"{high:g}")
    long = times_typical(line.case.stage, line.days_in_stage) > 1
    return html.Span([text, " · ", html.Span(typical, className="overdue" if long else "day")])


def _event(event: Event) -> dict[str, str]:
    return {"event": terms.event(event.kind, event.board), "day": amounts.day(event.occurred_on)}


def _forms(view: View, case: CaseSeen, able: list[dict[str, str]], stages: Component) -> Component:
    """What an officer changes about a case: its stage, and its mentor."""
    return dmc.Stack(
        [
            stages,
            dmc.Group(
                [
                    dmc.Select(
                        id="firm-mentor",
                        label=_("Mentor"),
                        data=able,
                        w=170,
                        size="sm",
                        searchable=True,
                        clearable=True,
                        value=str(case.mentor_id) if case.mentor_id else None,
                    ),
                    dmc.Button(_("Save"), id="firm-mentor-save", variant="default", size="sm"),
                ],
                align="end",
                gap="xs",
            ),
            _leader_form(able),
            dcc.Store(id="firm-case", data=[case.id, case.version]),
        ],
        gap="xs",
        className="no-print",
    )


def _corrections(
    view: View, case: CaseSeen, recorded: list[Move], instead: list[str], known: dict[str, list[str]]
) -> Component:
    """What was recorded, and what puts a wrong entry right or ends the case; folded up until somebody needs it."""
    rows: list[list[Any]] = [
        [
            amounts.day(move.entry.entered_on),
            terms.stage(move.entry.stage),
            terms.stage_short(move.before),
            "" if move.days is None else move.days,
            move.entry.recorded_by,
            _remark(move.entry),
        ]
        for move in recorded
    ]
    fixes: list[Component] = []
    if sum(move.entry.taken_back_at is None for move in recorded) > 1:
        fixes.append(
            dmc.Group(
                [
                    dmc.Select(
                        id="firm-case-right-stage",
                        label=_("What was recorded last should be"),
                        data=[{"value": name, "label": terms.stage(name)} for name in instead],
                        value=case.stage if case.stage in instead else None,
                        w=170,
                        size="sm",
                    ),
                    _day("firm-case-right-on", _("On"), view, amounts.day(case.stage_since)),
                    _reason("firm-case-right-why"),
                    dmc.Button(_("Correct it"), id="firm-case-correct", variant="default", size="sm"),
                    dmc.Button(_("Take it back"), id="firm-case-take-back", variant="default", size="sm"),
                ],
                align="end",
                gap="xs",
            )
        )
    ways = [{"value": way, "label": language.pick(EXITS[way])} for way in outcomes_from(case.stage)]
    fixes.append(
        dmc.Group(
            [
                dmc.Select(id="firm-case-outcome", label=_("Close the case as"), data=ways, w=170, size="sm"),
                _day("firm-case-closed-on", _("On"), view),
                _reason("firm-case-close-why"),
                dmc.Button(_("Close the case"), id="firm-case-close", variant="default", size="sm"),
                dmc.Button(
                    _("Go back, stay in tutoring"),
                    id="firm-case-back",
                    variant="default",
                    size="sm",
                    style={} if ways_back_from(case.stage) else {"display": "none"},
                ),
            ],
            align="end",
            gap="xs",
        )
    )
    fixes.append(
        dmc.Group(
            [
                *(adviser_field("firm-signed", kind, known) for kind in ADVISER_KINDS),
                _day("firm-signed-on", _("Agreement of"), view),
                dmc.Button(_("Name the advisers"), id="firm-signed-save", variant="default", size="sm"),
            ],
            align="end",
            gap="xs",
        )
    )
    return html.Details(
        [
            html.Summary(_("Stages as recorded; corrections and closing")),
            table(
                [_("Reached on"), _("Stage"), _("From"), _("Days in the stage"), _("Recorded by"), ""],
                rows,
                frozenset({3}),
            ),
            dmc.Stack(fixes, gap="xs", mt="sm"),
        ],
        className="folded no-print",
    )


def _remark(entry: CaseStage) -> Component | str:
    """What is to be said of an entry: that it was taken back, a step back, or what the firm entered without."""
    if entry.taken_back_at is not None:
        return html.Span(
            _(
                "taken back by %(who)s on %(day)s: %(why)s",
                who=entry.taken_back_by,
                day=amounts.day(request.local(entry.taken_back_at).date()),
                why=entry.taken_back_why,
            ),
            className="withdrawn",
        )
    if entry.back_by is not None:
        way = language.pick(EXITS[entry.back_by])
        return language.headed(_("went back by %(way)s", way=way), entry.why or "")
    if entry.lacked:
        lacked = language.listed(lack_name(lack) for lack in entry.lacked)
        return language.headed(_("without: %(lacks)s", lacks=lacked), entry.why or "")
    return ""


def _reopening(case: CaseSeen) -> list[Component]:
    return [
        dcc.Store(id="firm-case-ended", data=[case.id, case.version]),
        _reason("firm-case-reopen-why"),
        dmc.Button(_("Reopen the last case"), id="firm-case-reopen", variant="default", size="sm"),
    ]


def _reason(name: str) -> Component:
    return dmc.TextInput(id=name, label=_("Reason (kept with it)"), size="sm", style={"flex": 1}, miw=200)


def _day(name: str, label: str, view: View, value: str | None = None) -> Component:
    today = view.today.isoformat()
    return dmc.DateInput(
        id=name, label=label, value=value or today, valueFormat="YYYY-MM-DD", maxDate=today, w=130, size="sm"
    )


def _leader_form(able: list[dict[str, str]]) -> Component:
    """Who of the city, the county and the town stands by the firm: an account, or a name with a post."""
    levels = [{"value": level, "label": language.pick(label)} for level, label in LEVELS.items()]
    return html.Details(
        [
            html.Summary(_("Leaders who stand by the firm"), className="text-link"),
            dmc.Group(
                [
                    dmc.Select(id="firm-level", label=_("Level"), data=levels, w=150, size="sm"),
                    dmc.Select(
                        id="firm-leader",
                        label=_("Account"),
                        data=able,
                        w=150,
                        size="sm",
                        searchable=True,
                        clearable=True,
                    ),
                    dmc.TextInput(id="firm-leader-name", label=_("or a name"), w=120, size="sm"),
                    dmc.TextInput(id="firm-leader-post", label=_("Post"), w=150, size="sm"),
                    _reason("firm-leader-why"),
                    dmc.Button(_("Save"), id="firm-leader-save", variant="default", size="sm"),
                ],
                align="end",
                gap="xs",
                mt="xs",
            ),
        ]
    )


def choices(accounts: list[Account]) -> list[dict[str, str]]:
    return [{"value": str(account.id), "label": account.name} for account in accounts]
