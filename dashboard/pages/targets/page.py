"""How the targets of the city's plans stand: goal, baseline, count, forecast, district by district. `/targets`."""

from typing import Any

from dash.development.base_component import Component

from dashboard.checked_once import dmc, html
from dashboard.components import amounts, terms
from dashboard.components.cards import aria, card, facts_list, link, page_head, pill, table
from dashboard.kept_answers.panel import Panel
from dashboard.pages.targets.firms import firms_file, firms_page
from dashboard.queries.questions import TARGETS
from dashboard.web.routes import Download, Page, View
from dashboard.web.sent import day_of
from pipeline.accounts.people import Action
from pipeline.language import N_, headed, pick
from pipeline.language import gettext as _
from pipeline.targets import in_words
from pipeline.targets.plan_file import plans
from pipeline.targets.standing import (
    AT_RISK,
    BEHIND,
    HOW,
    MISSED,
    ON_TRACK,
    REACHED,
    STATES,
    DistrictStanding,
    PlanStanding,
    Standing,
    TargetStanding,
)

_TONES = {REACHED: "good", ON_TRACK: "good", AT_RISK: "warn", BEHIND: "bad", MISSED: "bad"}


def layout(view: View) -> Component:
    plan, target = view.query.get("plan"), view.query.get("target")
    if plan and target:
        return firms_page(view, plan, target)
    day = min(day_of(view.query.get("as_of")) or view.today, view.today)
    note = _("As known on %(day)s", day=amounts.day(day))
    form = [_baseline_form()] if view.may(Action.KEEP_TARGETS) else []
    return html.Div([page_head(_("Targets"), note), PANEL.place(view, {"on": day}), *form])


def _drawn(found: Standing, view: View) -> Component:
    return dmc.Stack([*(_plan(each, found) for each in found.plans), html.P(_(HOW), className="card-note")])


def _plan(plan: PlanStanding, found: Standing) -> Component:
    said = _("Until %(day)s; source: %(source)s", day=amounts.day(plan.ends), source=plan.source)
    note = [html.P(pick(plan.note), className="card-note")] if pick(plan.note) else []
    cards = [_target(plan, each) for each in plan.targets]
    return html.Details(
        [
            html.Summary(html.B(pick(plan.name))),
            html.P(said, className="card-note"),
            *note,
            dmc.SimpleGrid(cards, cols={"base": 1, "lg": 2}),
        ],
        open=plan.ends >= found.as_of or plan is found.plans[-1],
    )


def _target(plan: PlanStanding, target: TargetStanding) -> Component:
    now = in_words.count(target.now)
    counted: Any = now
    if target.now is not None and target.now.found is not None:
        day = target.now.day.isoformat()
        counted = link(now, f"/targets?plan={plan.id}&target={target.id}&day={day}")
    pairs: list[tuple[str, Any]] = [
        (_("Goal"), in_words.goals(target)),
        (headed(_("Baseline"), amounts.day(plan.baseline)), in_words.baseline(target)),
        (_("Counted") if target.now is None else headed(_("Counted"), amounts.day(target.now.day)), counted),
    ]
    if target.line is not None:
        pairs.append((_("On the straight line it would be"), amounts.count(round(target.line))))
    pairs.append((headed(_("Forecast"), amounts.day(plan.ends)), in_words.foreseen(target.forecast)))
    state = pill(_(STATES[target.state]), _TONES.get(target.state, "plain"))
    why = [] if target.forecast is None else [html.P(str(each), className="card-note") for each in target.forecast.why]
    return card(pick(target.name), [html.Div(state), facts_list(pairs), *why, _years(plan, target), _districts(target)])


def _years(plan: PlanStanding, target: TargetStanding) -> Component:
    """Year by year what was counted and what was due, and the quarters folded away."""
    due = target.milestones
    heads = [_("Day"), _("Counted"), _("Due") if not target.milestones_derived else _("Due (derived)")]
    rows: list[list[Any]] = [
        [
            html.Span(amounts.day(each.day), className="day"),
            in_words.count(each),
            amounts.count(due[each.day.isoformat()]) if each.day.isoformat() in due else "",
        ]
        for each in (*target.years, *target.quarters)
    ]
    return html.Details([html.Summary(_("Year by year, and by quarters")), table(heads, rows)], className="folded")


def _districts(target: TargetStanding) -> Component:
    heads = [
        _("District"),
        _("Baseline"),
        _("Counted"),
        _("Due this year"),
        _("Goal (derived)") if target.split_derived else _("Goal"),
    ]
    rows = [_district(each) for each in target.districts]
    return html.Details(
        [html.Summary(_("District by district")), table(heads, rows, frozenset({1, 2, 3, 4}))], className="folded"
    )


def _district(one: DistrictStanding) -> list[Any]:
    numbers = (one.baseline, one.count, one.milestone, one.goal)
    return [
        terms.district(one.district) or _("none of the city's"),
        *("" if n is None else amounts.count(n) for n in numbers),
    ]


def _baseline_form() -> Component:
    """Enter a baseline of which no facts are stored, or withdraw one."""
    options = [
        {"value": f"{plan.id}/{target.id}", "label": f"{pick(target.name)} · {pick(plan.name)}"}
        for plan in plans()
        for target in plan.targets
    ]
    fields = [
        dmc.Select(id="targets-target", label=_("Target"), data=options, searchable=True, miw=320),
        dmc.NumberInput(id="targets-value", label=_("Count on the baseline's day"), min=0, allowDecimal=False),
        dmc.TextInput(id="targets-source", label=_("Which document says so, or why it is withdrawn"), miw=280),
    ]
    buttons = dmc.Group(
        [
            dmc.Button(_("Enter the baseline"), id="targets-enter", variant="light"),
            dmc.Button(_("Withdraw the baseline"), id="targets-withdraw", variant="default"),
        ],
        mt="sm",
    )
    said = html.Div(id="targets-said", role="status", **aria(live="polite"))
    note = _("Where facts of that day are stored they count, and the difference is shown")
    return card(_("Baselines"), [dmc.Group(fields, align="end"), buttons, said], note)


PANEL = Panel("targets-found", TARGETS, _drawn).declare()
PAGES = (Page("/targets", layout, Action.SEE_PLAN, N_("Targets"), "target"),)
DOWNLOADS = (Download("/download/target-firms.csv", firms_file, Action.SEE_PLAN, exports="target_firms"),)
