"""The policy bench: the policy of the pools in force, lines to change, what that would do, and adopting it.

Trying a policy is a job that writes nothing into the pools; adopting it takes two people.
"""

import base64
import binascii
from datetime import date, timedelta
from typing import Any

import dash_mantine_components as dmc
from dash import ALL, Input, Output, State, dcc, html, no_update
from dash.development.base_component import Component
from flask import abort

from dashboard.components import amounts, pool_conditions, terms
from dashboard.components.cards import aria, card, empty, icon, link, page_head, table
from dashboard.components.forms.fields import second_code_field
from dashboard.jobs import process
from dashboard.jobs.ticks import first_tick, next_tick
from dashboard.web import request
from dashboard.web.callbacks import fits, guarded_callback
from dashboard.web.routes import Page, View
from dashboard.web.sent import day_of
from dashboard.web.sign_in import second_person
from pipeline import language
from pipeline.accounts.people import Action
from pipeline.districts import DISTRICTS
from pipeline.errors import NotAllowed, ShownToPeople
from pipeline.language import N_
from pipeline.language import gettext as _
from pipeline.pools import in_force
from pipeline.pools.model import ACTIONS, CONDITIONS, GOLDEN, SEED, NoPolicy, Policy
from pipeline.pools.reviews import points_told
from pipeline.rules.definition.model import leaves
from pipeline.rules.explanation.condition_text import condition_label
from scoring.policy_bench import in_words
from scoring.policy_bench.changed_text import ChangeableLine, Changes, changeable_lines, changed_text, changes_of
from scoring.policy_bench.what_if import letter_of

_POLL_MS = 700
_LARGEST = 200_000
_FIRMS_SHOWN = 200
_CAPS = ("golden_places", "seed_places", "mentors", "firms_each")


def layout(view: View) -> Component:
    head = page_head(
        _("Policy bench"),
        _("Try a policy before it is in force: nothing here touches the pools until two people adopt it"),
        link(_("Pools"), "/pools"),
    )
    try:
        with request.database() as session:
            current = in_force.in_force(session, view.today)
            told = points_told(session, view.today, current.policy)
    except NoPolicy as error:
        return html.Div([head, card(None, empty(str(error)))])
    lines = changeable_lines(current.text, view.today)
    scale = [card(_("What its lines in points mean here"), [html.P(str(words)) for words in told])] if told else []
    parts = [
        head,
        *scale,
        _try_card(current.policy, lines),
        html.Div(id="policy-result", role="status", **aria(live="polite")),
    ]
    if view.may(Action.ADOPT_POLICY):
        parts.append(_adopt_card(view))
    parts.append(_in_force_card(current.policy))
    clock = dcc.Interval(id="policy-tick", interval=_POLL_MS, max_intervals=0)
    return html.Div(
        [*parts, dcc.Store(id="policy-job"), clock], className="stack", style={"display": "grid", "gap": "1rem"}
    )


def _in_force_card(policy: Policy) -> Component:
    """Every condition with its line, its source, how sure that is, and since when; then places and days."""
    rows: list[list[Any]] = [
        [
            language.pick(CONDITIONS[name]),
            language.pick(condition_label(leaf)),
            html.Span(amounts.day(leaf.threshold.begins), className="day"),
            terms.confidence(leaf.threshold.confidence),
            ", ".join(leaf.threshold.source),
        ]
        for name, node in policy.conditions.items()
        for leaf in leaves(node)
    ]
    rows += [
        [
            _("Places and days"),
            language.headed(language.pick(line), pool_conditions.line_value(line)),
            html.Span(amounts.day(line.begins), className="day"),
            terms.confidence(line.confidence),
            line.source,
        ]
        for line in policy.lines
        if line.name not in CONDITIONS
    ]
    headings = [_("Part"), _("Line"), _("Since"), _("Confidence"), _("Source")]
    return card(_("The policy in force"), table(headings, rows))


def _try_card(policy: Policy, lines: list[ChangeableLine]) -> Component:
    now: dict[str, Any] = {"golden_places": policy.golden.cap, "seed_places": policy.seed.cap}
    labels = {
        "golden_places": _("Places in the golden-seed pool"),
        "seed_places": _("Places in the seed pool"),
        "mentors": _("Mentors"),
        "firms_each": _("Firms that each looks after"),
    }
    caps = [
        dmc.NumberInput(
            id=f"policy-{name.replace('_', '-')}",
            label=labels[name],
            placeholder=str(now.get(name, "—")),
            min=1,
            allowDecimal=False,
        )
        for name in _CAPS
    ]
    of_conditions = [
        dmc.NumberInput(
            id={"policy-line": line.key},
            label=language.headed(language.pick(CONDITIONS[line.condition]), language.pick(line.label)),
            placeholder=f"{line.value:g}",
        )
        for line in lines
    ]
    floors = [
        dmc.NumberInput(
            id={"policy-floor": code, "pool": pool},
            label=language.headed(terms.pool(pool), language.pick(district)),
            placeholder=str((policy.seed if pool == SEED else policy.golden).floors.get(code, 0)),
            min=0,
            allowDecimal=False,
        )
        for pool in (SEED, GOLDEN)
        for code, district in DISTRICTS.items()
    ]

    def fields(inputs: list[Component]) -> Component:
        return dmc.SimpleGrid(inputs, cols={"base": 1, "sm": 2, "lg": 4})

    sections: list[tuple[str, Any]] = [
        (_("Numbers in the conditions"), fields(of_conditions)),
        (_("Places kept for districts"), fields(floors)),
        (
            _("A whole policy"),
            [
                dmc.Textarea(
                    id="policy-text",
                    label=_("Text of a policy, in the form of pools.yaml; the fields above change its lines"),
                    autosize=True,
                    minRows=4,
                    maxRows=16,
                ),
                dcc.Upload(
                    html.Div([icon("file-upload"), html.Strong(_("Or drop its file here"))], className="drop-zone"),
                    id="policy-file",
                    max_size=_LARGEST,
                    accept=".yaml,.yml",
                ),
            ],
        ),
    ]
    more = [
        html.Details([html.Summary(title), html.Div(body, style={"marginTop": ".5rem"})], style={"marginTop": ".6rem"})
        for title, body in sections
    ]
    return card(
        _("What if …"),
        [
            fields(caps),
            *more,
            dmc.Group(
                [dmc.Button(_("Try it"), id="policy-try"), html.Span(id="policy-said", className="overdue")], mt="md"
            ),
        ],
        _("A field that is left empty stays as it is today"),
    )


def _adopt_card(view: View) -> Component:
    fields = [
        dmc.DateInput(
            id="policy-begins",
            label=_("First day"),
            value=(view.today + timedelta(days=1)).isoformat(),
            minDate=view.today.isoformat(),
            valueFormat="YYYY-MM-DD",
        ),
        dmc.TextInput(id="policy-why", label=_("Reason (kept for good)")),
        dmc.TextInput(id="policy-second", label=_("Second person: name")),
        dmc.PasswordInput(id="policy-second-password", label=_("Second person: password")),
        second_code_field("policy-second-code"),
    ]
    return card(
        _("Adopt"),
        [
            dmc.SimpleGrid(fields, cols={"base": 1, "sm": 2, "lg": 5}),
            dmc.Button(_("Adopt this policy"), id="policy-adopt", variant="default", mt="sm"),
            html.Div(id="policy-adopted", role="status", style={"marginTop": ".6rem"}, **aria(live="polite")),
        ],
        _("Writes the policy of the fields above, with its changes from the first day on; two people sign"),
    )


# --- trying ----------------------------------------------------------------------------------------

_FIELDS = (
    *(State(f"policy-{name.replace('_', '-')}", "value") for name in _CAPS),
    State({"policy-line": ALL}, "value"),
    State({"policy-line": ALL}, "id"),
    State({"policy-floor": ALL, "pool": ALL}, "value"),
    State({"policy-floor": ALL, "pool": ALL}, "id"),
    State("policy-text", "value"),
)


def _asked(fields: tuple[Any, ...]) -> tuple[str | None, dict[str, Any]]:
    """The text of the form (None: the policy in force), and what is changed in it; 400 for what no page sends."""
    *caps, line_values, line_ids, floor_values, floor_ids, text = fields
    if (
        not fits(text, str | None)
        or len(text or "") > _LARGEST
        or not all(fits(ids, list[dict[str, str]]) for ids in (line_ids, floor_ids))
    ):
        abort(400)
    numbers = [*caps, *line_values, *floor_values]
    if not all(value in (None, "") or fits(value, float) for value in numbers):
        abort(400)
    changes: dict[str, Any] = {name: value for name, value in zip(_CAPS, caps, strict=True) if value not in (None, "")}
    filled = zip(line_ids, line_values, strict=True)
    changes["lines"] = {one.get("policy-line", ""): value for one, value in filled if value not in (None, "")}
    floors: dict[str, dict[str, int]] = {}
    for one, value in zip(floor_ids, floor_values, strict=True):
        if value not in (None, ""):
            if one.get("pool") not in (SEED, GOLDEN) or one.get("policy-floor") not in DISTRICTS:
                abort(400)
            floors.setdefault(one["pool"], {})[one["policy-floor"]] = int(value)
    changes["floors"] = floors
    return (text if (text or "").strip() else None), changes


@guarded_callback(
    Output("policy-text", "value"),
    Output("policy-said", "children", allow_duplicate=True),
    Input("policy-file", "contents"),
    may=Action.PROPOSE_POOLS,
    prevent_initial_call=True,
)
def take_file(contents: str | None) -> tuple[Any, Any]:
    """The text of a file that was dropped, for the field of the text."""
    try:
        return base64.b64decode((contents or "").partition(",")[2], validate=True).decode("utf-8"), ""
    except (binascii.Error, UnicodeDecodeError):
        return no_update, _("This file is no text in UTF-8.")


@guarded_callback(
    Output("policy-job", "data"),
    Output("policy-tick", "max_intervals"),
    Output("policy-said", "children"),
    Output("policy-result", "children"),
    Input("policy-try", "n_clicks"),
    State("policy-tick", "n_intervals"),
    *_FIELDS,
    may=Action.PROPOSE_POOLS,
    prevent_initial_call=True,
)
def try_it(_clicks: int | None, ticks: int | None, *fields: Any) -> tuple[Any, ...]:
    text, changes = _asked(fields)
    app = request.app()
    try:
        job = process.start_or_join(
            app.settings,
            app.engine,
            request.person().id,
            "try_policy",
            as_of=request.today().isoformat(),
            text=text,
            changes=changes,
        )
    except ShownToPeople as error:
        return no_update, no_update, str(error), no_update
    return job, first_tick(ticks), "", _working(0.02, _("Working …"))


@guarded_callback(
    Output("policy-tick", "max_intervals", allow_duplicate=True),
    Output("policy-result", "children", allow_duplicate=True),
    Input("policy-tick", "n_intervals"),
    State("policy-job", "data"),
    may=Action.PROPOSE_POOLS,
    prevent_initial_call=True,
)
def follow(ticks: int | None, job: str | None) -> tuple[Any, Any]:
    if not job:
        return no_update, no_update
    try:
        state = process.state(request.app().engine, request.person().id, job)
    except ShownToPeople as error:
        return no_update, _refused(str(error))
    if state.running:
        return next_tick(ticks), _working(max(state.share, 0.02), state.says or _("Working …"))
    if state.state != "done":
        return no_update, _refused(state.says)
    return no_update, html.Div(_result(dict(state.result)), style={"display": "grid", "gap": "1rem"})


def _working(share: float, text: str) -> Component:
    return card(None, [dmc.Progress(value=100 * share, animated=True, **aria(label=text)), html.P(text)])


def _refused(text: str) -> Component:
    lines = [html.P(line, className="overdue", style={"whiteSpace": "normal"}) for line in text.splitlines()]
    return card(_("This policy cannot be in force"), lines)


# --- what came of it -------------------------------------------------------------------------------


def _result(found: dict[str, Any]) -> list[Component]:
    """The document of the job as cards."""
    letter = [html.P(word, className="overdue") for word in found["refused"]]
    letter += [html.P(word, className="card-note") for word in [*found["notes"], *found["warned"]]]
    sizes: list[list[Any]] = [
        [terms.pool(pool), each["now"], each["after_policy_in_force"], each["after"], each["places"], each["waiting"]]
        for pool, each in found["pools"].items()
    ]
    actions: list[list[Any]] = [
        [in_words.action(name), each["in_force"], each["tried"]] for name, each in found["actions"].items()
    ]
    size_heads = [_("Pool"), _("Now"), _("After the policy in force"), _("After this policy"), _("Places"), _("Wait")]
    action_heads = [_("What happens"), _("By the policy in force"), _("By this policy")]
    return [
        card(_("Letter about this policy"), letter or empty(_("Nothing is wrong with it."))),
        card(
            _("What it would do"),
            dmc.SimpleGrid(
                [
                    _scrolled(table(size_heads, sizes, frozenset(range(1, 6)))),
                    _scrolled(table(action_heads, actions, frozenset({1, 2}))),
                ],
                cols={"base": 1, "lg": 2},
            ),
            _("A what-if: nothing was written"),
        ),
        card(_("How many to expect"), [html.P(line) for line in found["in_words"]["expected"]]),
        dmc.SimpleGrid(
            [
                _group_card(_("By district"), found["by_district"], "district_code"),
                _group_card(_("By section of industries"), found["by_industry"], "section"),
            ],
            cols={"base": 1, "lg": 2},
        ),
        _firms_card(found["firms"]),
        _past_card(found["in_words"]["past"]),
    ]


def _scrolled(child: Component) -> Component:
    return html.Div(child, style={"overflowX": "auto"})


def _group_card(title: str, groups: list[dict[str, Any]], by: str) -> Component:
    rows: list[list[Any]] = [
        [
            (terms.district(each[by]) if by == "district_code" else each[by]) or _("unknown"),
            *(f"{each[name]} ({each[f'{name}_in_force']})" for name in ACTIONS),
        ]
        for each in groups
    ]
    heads = [title, *(in_words.action(name) for name in ACTIONS)]
    body = _scrolled(table(heads, rows, frozenset(range(1, 6)))) if rows else empty(_("Nobody moves."))
    return card(title, body, _("In brackets by the policy in force"))


def _firms_card(firms: list[dict[str, Any]]) -> Component:
    rows: list[list[Any]] = [
        [
            link(each["name"] or each["firm_id"], f"/firm/{each['firm_id']}"),
            terms.district(each["district_code"]),
            amounts.points(each["points"]),
            _action(each["action"]),
            each["reason"] or "—",
            _action(each["action_in_force"]),
        ]
        for each in firms[:_FIRMS_SHOWN]
    ]
    heads = [_("Firm"), _("District"), _("Points"), _("By this policy"), _("Reason"), _("By the policy in force")]
    body: list[Any] = [table(heads, rows, frozenset({2})) if rows else empty(_("Nobody moves."))]
    if len(firms) > _FIRMS_SHOWN:
        body.append(html.P(_("… and %(count)s more", count=len(firms) - _FIRMS_SHOWN), className="card-note"))
    return card(_("Who enters and leaves"), html.Div(body, style={"maxHeight": "30rem", "overflow": "auto"}))


def _action(name: str | None) -> str:
    return "—" if name is None else in_words.action(name)


def _past_card(days: list[dict[str, Any]]) -> Component:
    rows: list[list[Any]] = []
    for day in days:
        if not day["lists"]:
            rows.append([amounts.day(date.fromisoformat(day["day"])), day["said"], ""])
        for name, outcomes in day["lists"]:
            rows.append(
                [amounts.day(date.fromisoformat(day["day"])), name, html.Div([html.Div(one) for one in outcomes])]
            )
    heads = [_("Day"), _("List"), _("What became of them")]
    points = [html.P(f"{day['day']}: {day['said']}", className="card-note") for day in days if day["lists"]]
    return card(
        _("What it would have chosen on past days"),
        [html.Div(table(heads, rows), style={"maxHeight": "36rem", "overflow": "auto"}), *points],
        _("From the whole city with empty pools, by what was known on the day; 95 % intervals"),
    )


# --- adopting --------------------------------------------------------------------------------------


@guarded_callback(
    Output("policy-adopted", "children"),
    Output("policy-second-password", "value"),
    Input("policy-adopt", "n_clicks"),
    State("policy-begins", "value"),
    State("policy-why", "value"),
    State("policy-second", "value"),
    State("policy-second-password", "value"),
    State("policy-second-code", "value"),
    *_FIELDS,
    may=Action.ADOPT_POLICY,
    prevent_initial_call=True,
)
def adopt(
    _clicks: int | None,
    begins: str | None,
    why: str | None,
    second: str | None,
    password: str | None,
    code: str | None,
    *fields: Any,
) -> tuple[Any, Any]:
    text, changes = _asked(fields)
    first = day_of(begins)
    if first is None:
        return _wrong(_("Choose the first day.")), ""
    try:
        wanted: Changes = changes_of(changes)
        signed = second_person(second, password, code)
        with request.database() as session:
            base = in_force.in_force(session, first).text if text is None else text
            adopted_text, _said = changed_text(base, wanted, first)
            letter = letter_of(session, request.today(), adopted_text, "policy", first)
            letter.raise_refused("policy")
        with request.database() as session, session.begin():
            in_force.adopt(session, adopted_text, first, why or "", request.person(), signed, request.now())
    except NotAllowed as error:
        return _wrong(str(error)), ""
    except ShownToPeople as error:
        return _wrong(str(error)), ""
    said = [html.P(_("The policy holds from %(day)s on.", day=amounts.day(first)), className="raises")]
    return html.Div([*said, *(html.P(str(each), className="card-note") for each in letter.warned)]), ""


def _wrong(text: str) -> Component:
    return html.Div([html.Div(line) for line in text.splitlines()], className="overdue")


PAGES = (Page("/pools/policy", layout, Action.PROPOSE_POOLS, N_("Policy bench")),)
