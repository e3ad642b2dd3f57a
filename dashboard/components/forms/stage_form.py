"""The form by which a case reaches a stage: the stage, its day, the advisers that it asks for, or why it may do
without.

The page that has it says with which letters its ids begin, answers `needs_shown` when stage or day are chosen, and
gives what was filled in (`fields`) to pipeline.tutoring.cases.change_stage.
"""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from dash import Input, Output, State
from dash.development.base_component import Component

from dashboard.checked_once import dmc, html
from dashboard.components import terms
from pipeline import language
from pipeline.language import gettext as _
from pipeline.tutoring.gates import ADVISER_KINDS, DAY_MEANINGS, LISTED, Lack, advisers_needed

#: The kinds of adviser that some stage asks for.
KINDS = ("broker", "law_firm", "auditor")
_HIDDEN = {"display": "none"}


def stage_form(
    name: str,
    stages: Sequence[str],
    today: date,
    known: Mapping[str, Sequence[str]],
    chosen: str | None = None,
    lacks: Sequence[Lack] = (),
) -> Component:
    """`known`: the names of advisers to choose from, by kind; others may be written. `chosen`: the stage that is chosen
    already, with what it lacks."""
    day = today.isoformat()
    gate, said, *frames, on = needs_shown(chosen, lacks)
    choices = [{"value": stage, "label": terms.stage(stage)} for stage in stages]
    return dmc.Stack(
        [
            dmc.Group(
                [
                    dmc.Select(
                        id=f"{name}-stage", label=_("Reached stage"), data=choices, value=chosen, w=170, size="sm"
                    ),
                    dmc.DateInput(
                        id=f"{name}-stage-on",
                        label=on,
                        value=day,
                        valueFormat="YYYY-MM-DD",
                        maxDate=day,
                        w=130,
                        size="sm",
                    ),
                    dmc.Button(_("Save"), id=f"{name}-stage-save", variant="default", size="sm"),
                ],
                align="end",
                gap="xs",
            ),
            html.Div(
                [
                    html.P(said, id=f"{name}-stage-needs", className="card-note"),
                    dmc.Group(
                        [
                            html.Div(adviser_field(name, kind, known), id=f"{name}-{kind}-frame", style=style)
                            for kind, style in zip(KINDS, frames, strict=True)
                        ],
                        gap="xs",
                    ),
                    dmc.TextInput(
                        id=f"{name}-waive", label=_("Or why the firm may go without (kept with it)"), size="sm"
                    ),
                ],
                id=f"{name}-stage-gate",
                style=gate,
            ),
        ],
        gap="xs",
    )


def adviser_field(name: str, kind: str, known: Mapping[str, Sequence[str]]) -> Component:
    """Where the name of an adviser is written or chosen."""
    return dmc.Autocomplete(
        id=f"{name}-{kind}",
        label=language.pick(ADVISER_KINDS[kind]),
        data=list(known.get(kind, ())),
        limit=20,
        size="sm",
        w=220,
    )


def needs_outputs(name: str) -> list[Output]:
    """What `needs_shown` fills."""
    return [
        Output(f"{name}-stage-gate", "style"),
        Output(f"{name}-stage-needs", "children"),
        *(Output(f"{name}-{kind}-frame", "style") for kind in KINDS),
        Output(f"{name}-stage-on", "label"),
    ]


def needs_shown(stage: str | None, lacks: Sequence[Lack]) -> list[Any]:
    """What a stage lacks, with a field for each adviser whose name is missing or on the negative list; nothing where it
    lacks nothing."""
    meaning = DAY_MEANINGS.get(stage or "")
    missing = {lack.id.removeprefix(LISTED) for lack in lacks}
    asked = advisers_needed(stage or "")
    said = _("The stage needs: %(lacks)s.", lacks=language.listed(lack.message for lack in lacks)) if lacks else ""
    return [
        {} if lacks else _HIDDEN,
        said,
        *({} if kind in asked and kind in missing else _HIDDEN for kind in KINDS),
        language.pick(meaning) if meaning else _("On"),
    ]


def fields(name: str) -> list[State]:
    """Stage, day, the names of the advisers in the order of KINDS, and why it may go without."""
    return [
        State(f"{name}-stage", "value"),
        State(f"{name}-stage-on", "value"),
        *(State(f"{name}-{kind}", "value") for kind in KINDS),
        State(f"{name}-waive", "value"),
    ]


def choices(name: str) -> list[Input]:
    """What `needs_shown` answers to."""
    return [Input(f"{name}-stage", "value"), Input(f"{name}-stage-on", "value")]
