"""Below the list of cases: the fields and buttons for what is done to those that are marked (together.py does it)."""

from collections.abc import Sequence
from dataclasses import dataclass

from dash.development.base_component import Component

from dashboard.checked_once import dcc, dmc, html
from dashboard.components import terms
from dashboard.components.cards import aria
from pipeline import language
from pipeline.language import gettext as _
from pipeline.tutoring.mentors.leaders import LEVELS
from pipeline.tutoring.mentors.workloads import Workload
from pipeline.tutoring.stages import LAST, STAGES

#: Instead of an account: nobody looks after the case for the present.
NOBODY = "none"


@dataclass(frozen=True)
class Done:
    """What was just done, in words, and the name of the act where it can be undone."""

    said: Sequence[Component]
    act: str | None


def _levels() -> list[dict[str, str]]:
    return [{"value": level, "label": language.pick(label)} for level, label in LEVELS.items()]


def bar(loads: Sequence[Workload], done: Done | None = None) -> Component:
    """The fields and buttons below the grid; `done`: what they have just done."""
    mentors = [
        {"value": str(each.account_id), "label": _("%(name)s · %(count)s cases", name=each.name, count=each.cases)}
        for each in loads
        if each.account_id is not None
    ]
    stages = [{"value": name, "label": terms.stage(name)} for name in STAGES if name != LAST]
    why = _("Reason (kept with every case)")
    return html.Div(
        [
            dmc.Group(
                [
                    dmc.TextInput(id="cases-why", placeholder=why, style={"flex": 1}, miw=240, **aria(label=why)),
                    dmc.Select(
                        id="cases-mentor",
                        data=[*mentors, {"value": NOBODY, "label": _("nobody for the present")}],
                        placeholder=_("Mentor"),
                        searchable=True,
                        w=240,
                        **aria(label=_("Mentor")),
                    ),
                    dmc.Button(_("Assign to the marked"), id="cases-assign"),
                    dmc.Button(_("Propose mentors"), id="cases-propose", variant="default"),
                ],
                align="end",
            ),
            html.Details(
                [
                    html.Summary(_("A leader for the marked"), className="text-link"),
                    dmc.Group(
                        [
                            dmc.Select(id="cases-level", data=_levels(), label=_("Level"), w=170),
                            dmc.Select(
                                id="cases-leader",
                                data=mentors,
                                label=_("Account"),
                                searchable=True,
                                clearable=True,
                                w=240,
                            ),
                            dmc.TextInput(id="cases-leader-name", label=_("or a name"), w=160),
                            dmc.TextInput(id="cases-leader-post", label=_("Post"), w=200),
                            dmc.Button(_("Name for the marked"), id="cases-lead", variant="default", mt="lg"),
                        ],
                        mt="xs",
                        align="end",
                    ),
                ],
                style={"marginTop": ".6rem"},
            ),
            html.Details(
                [
                    html.Summary(_("Another stage for the marked"), className="text-link"),
                    dmc.Group(
                        [
                            dmc.Select(id="cases-stage", data=stages, label=_("Stage"), w=260),
                            dmc.DateInput(id="cases-stage-on", label=_("Reached on"), valueFormat="YYYY-MM-DD"),
                            dmc.Button(_("Record for the marked"), id="cases-move", variant="default", mt="lg"),
                        ],
                        mt="xs",
                        align="end",
                    ),
                ],
                style={"marginTop": ".6rem"},
            ),
            html.Details(
                [
                    html.Summary(_("A task for the marked"), className="text-link"),
                    dmc.Group(
                        [
                            dmc.TextInput(id="cases-task", label=_("What is to be done"), style={"flex": 1}, miw=240),
                            dmc.DateInput(id="cases-task-due", label=_("Due"), valueFormat="YYYY-MM-DD"),
                            dmc.Checkbox(id="cases-task-for-firm", label=_("The firm sees it"), mb="xs"),
                            dmc.Button(_("Set for the marked"), id="cases-set-task", variant="default", mt="lg"),
                        ],
                        mt="xs",
                        align="end",
                    ),
                ],
                style={"marginTop": ".6rem"},
            ),
            dcc.Store(id="cases-proposed"),
            html.Div(id="cases-proposal", style={"marginTop": ".6rem"}),
            html.Div(
                dmc.Button(_("Assign as proposed"), id="cases-confirm", variant="light"),
                id="cases-confirm-frame",
                style={"display": "none"},
            ),
            dcc.Store(id="cases-act", data=done.act if done else None),
            html.Div(
                list(done.said) if done else [],
                id="cases-said",
                role="status",
                style={"marginTop": ".5rem"},
                **aria(live="polite"),
            ),
            html.Div(
                dmc.Button(_("Undo (within a minute)"), id="cases-undo", variant="subtle", size="sm"),
                style={} if done and done.act else {"display": "none"},
            ),
        ]
    )
