"""The form of a firm and year in the browser: a field a figure, with what is known filled in, checked as it is typed.

Ids begin with `own-return`. A figure is checked by the checker that looks at the whole form later.
"""

from collections.abc import Mapping
from functools import partial
from typing import Any

import dash_mantine_components as dmc
from dash import MATCH, Input, Output, State, html
from dash.development.base_component import Component
from flask import abort

from dashboard.components import amounts
from dashboard.components.cards import aria, icon, warning
from dashboard.components.terms import district
from dashboard.web import request
from dashboard.web.callbacks import guarded_callback
from pipeline import language
from pipeline.accounts import people
from pipeline.accounts.people import Action
from pipeline.errors import ShownToPeople
from pipeline.intake.mapping.column_maps import ColumnRule
from pipeline.intake.mapping.filled_forms import FormField, as_written
from pipeline.language import gettext as _
from pipeline.own_returns.form_of_firm import check, fields, typed_form

FIELD = "own-return-field"
#: While somebody types, a figure is held back for so long: less than it takes to go on and press the button below.
_REST_MS = 200


def form(known: Mapping[str, Any]) -> Component:
    """Every figure that the city's form asks for, sheet by sheet; `known`: fact -> value in base units."""
    sheets: dict[str, list[Component]] = {}
    for fact, field in fields().items():
        sheets.setdefault(language.pick(field.sheet), []).append(_field(fact, field, known.get(fact)))
    parts = [
        html.Details(
            [html.Summary(sheet), dmc.SimpleGrid(inside, cols={"base": 1, "sm": 2, "lg": 3}, mt="sm")],
            open=place < 2,
            className="folded",
        )
        for place, (sheet, inside) in enumerate(sheets.items())
    ]
    button = dmc.Button(_("Check it and keep it as a draft"), id="own-return-typed", leftSection=icon("check"), mt="md")
    return html.Div([*parts, button])


def _field(fact: str, field: FormField, value: Any) -> Component:
    rule = field.rule
    label = language.pick(rule.fact) if rule.fact is not None else fact
    shown = language.in_brackets(label, rule.unit) if rule.unit and rule.unit != "1" else label
    written = as_written(rule, value)
    about: dict[str, Any] = {"id": {"type": FIELD, "fact": fact}, "label": shown, "size": "sm"}
    words = _words(rule)
    if words:
        chosen = str(written) if written is not None else None
        entry: Any = dmc.Select(data=words, value=chosen, clearable=True, searchable=True, **about)
    else:
        entry = dmc.TextInput(value="" if written is None else _text(written), debounce=_REST_MS, **about)
    said = html.Div(id={"type": "own-return-said", "fact": fact}, className="card-note", **aria(live="polite"))
    return html.Div([entry, said])


def _words(rule: ColumnRule) -> list[dict[str, str]]:
    """What may be chosen: the words of the form, as the reader's language has them."""
    assert rule.fact is not None
    kept: Mapping[str, Any] = rule.words or ({"是": True, "否": False} if rule.fact.type == "yes_no" else {})
    if language.language() == language.CHINESE:
        return [{"value": word, "label": word} for word in kept]
    called = district if rule.fact.name == "district_code" else partial(amounts.fact_value, rule.fact)
    return [{"value": word, "label": called(value)} for word, value in kept.items()]


def _text(written: Any) -> str:
    return f"{written:.12g}" if isinstance(written, float) else str(written)


@guarded_callback(
    Output({"type": "own-return-said", "fact": MATCH}, "children"),
    Input({"type": FIELD, "fact": MATCH}, "value"),
    State({"type": FIELD, "fact": MATCH}, "id"),
    State("own-return-of", "data"),
    State("own-return-year", "value"),
    may=Action.HAND_IN,
    prevent_initial_call=True,
)
def check_field(said: str | None, field: Any, firm_id: str | None, year: str | None) -> Any:
    """What the checker says of one figure."""
    fact = str(field.get("fact")) if isinstance(field, dict) else ""
    if not firm_id or not year or not (year.isascii() and year.isdigit()) or fact not in fields():
        abort(400)
    with request.database() as session:
        people.require(request.person(), Action.HAND_IN, firm_id, session=session)
    if not (said or "").strip():
        return ""
    try:
        written = typed_form(firm_id, int(year), {fact: said})
        look = check(request.app().engine, written, today=request.today(), now=request.now())
    except ShownToPeople as error:
        return warning(error)
    if look.problems:
        return warning(" ".join(str(one.text) for one in look.problems[:2]))
    return " ".join(str(one.message) for one in look.warnings if one.field == fact)


PAGES = ()
