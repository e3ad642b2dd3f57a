"""Which source stated each figure of a firm, and which stated another value: loaded on demand on the firm's page.

The firm is authorised here again: what the browser sends is only what it wants to see.
"""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from dash import Input, Output, State, no_update
from dash.development.base_component import Component
from sqlalchemy import select
from sqlalchemy.orm import Session

from dashboard.checked_once import dcc, dmc, html
from dashboard.components import amounts
from dashboard.components.cards import aria, empty, text_table
from dashboard.web import request
from dashboard.web.callbacks import guarded_callback
from pipeline import facts, language
from pipeline.accounts import people
from pipeline.accounts.people import Action
from pipeline.agencies.marks import marks
from pipeline.catalog import catalog
from pipeline.facts import FULL_YEAR_MONTHS
from pipeline.language import Message
from pipeline.language import gettext as _
from pipeline.sources import trust
from pipeline.store.tables import Import

if TYPE_CHECKING:
    import pandas as pd

    from pipeline.derived_facts.told import DerivedFigure

_FIRST = "revenue_cny"


def question() -> Component:
    """The button that asks, and the place of the answer."""
    button = dmc.Button(_("Who stated these figures?"), id="firm-stated-do", variant="light", size="sm", mt="md")
    return html.Div([button, dcc.Loading(html.Div(id="firm-stated"), type="dot", color="#17957b")])


@guarded_callback(
    Output("firm-stated", "children"),
    Input("firm-stated-do", "n_clicks"),
    State("firm-shown", "data"),
    may=Action.SEE_FIRMS,
    prevent_initial_call=True,
)
def show(clicks: int | None, firm_id: str | None) -> Any:
    """A choice of figures, first those stated differently, and every statement of the figure that is shown."""
    if not clicks or not firm_id:
        return no_update
    with request.database() as session:
        stated = _stated(session, firm_id)
        if stated.empty:
            return empty(_("Nothing stated."))
        differing, derived = _stated_differently(stated), _derived(session, firm_id)
        shown = dict.fromkeys([*stated["fact"], *(each.fact for each in derived)])
        named = sorted(shown, key=lambda name: (name not in differing, list(catalog()).index(name)))
        first = _FIRST if not differing and _FIRST in named else named[0]
        options = [{"value": name, "label": _label(name, name in differing)} for name in named]
        choice = dmc.Select(
            id="firm-stated-fact",
            data=options,
            value=first,
            searchable=True,
            allowDeselect=False,
            maw=420,
            my="sm",
            **aria(label=_("Figure")),
        )
        return [choice, html.Div(_table(session, stated, derived, first), id="firm-stated-by")]


@guarded_callback(
    Output("firm-stated-by", "children"),
    Input("firm-stated-fact", "value"),
    State("firm-shown", "data"),
    may=Action.SEE_FIRMS,
    prevent_initial_call=True,
)
def choose(fact: str | None, firm_id: str | None) -> Any:
    if not firm_id or fact not in catalog():
        return no_update
    with request.database() as session:
        return _table(session, _stated(session, firm_id), _derived(session, firm_id), str(fact))


def _stated(session: Session, firm_id: str) -> "pd.DataFrame":
    people.require(request.person(), Action.SEE_FIRMS, firm_id, session=session)
    return facts.statements_of(session.connection(), firm_id, request.today())


def _derived(session: Session, firm_id: str) -> "Sequence[DerivedFigure]":
    from pipeline.derived_facts.told import derived_figures

    return derived_figures(session.connection(), firm_id, request.today())


def _stated_differently(stated: "pd.DataFrame") -> set[str]:
    """The facts of which two sources or two returns gave two values for the same year."""
    values = stated.assign(text=stated["value"].astype(str)).groupby(["fact", "year", "months"])["text"].nunique()
    return set(values[values > 1].index.get_level_values("fact"))


def _label(name: str, differs: bool) -> str:
    label = language.pick(catalog()[name])
    return f"{label} · {_('stated differently')}" if differs else label


def _preparer(name: object, marked: "Mapping[str, Message]") -> str:
    """Who prepared a return, with its mark; blank where the return does not say."""
    return str(marked.get(name, name)) if isinstance(name, str) else ""


def _table(session: Session, stated: "pd.DataFrame", derived: "Sequence[DerivedFigure]", fact: str) -> Component:
    """Every statement of one figure, the latest year first; in a year the one in use first. Below them what nobody
    stated and follows from others."""
    shown = stated[stated["fact"] == fact]
    imported = session.execute(
        select(Import.id, Import.imported_by, Import.imported_at).where(
            Import.id.in_(shown["import_id"].unique().tolist())
        )
    )
    imports = {row.id: row for row in imported}
    names_clerks = people.may(request.person(), Action.EXPORT)
    marked = marks(session, request.person(), shown["prepared_by"].dropna().unique(), request.today())
    rows = []
    used = shown[shown["believed"].astype(bool)].set_index(["year", "months"])["value"]
    for statement in shown.to_dict("records"):
        months = (
            ""
            if statement["months"] == FULL_YEAR_MONTHS
            else _(" (%(months)s months)", months=int(statement["months"]))
        )
        source_import = imports[statement["import_id"]]
        stored_at = amounts.moment(request.local(source_import.imported_at))
        rows.append(
            [
                f"{int(statement['year'])}{months}",
                amounts.fact_value(catalog()[fact], statement["value"]),
                _standing(statement["believed"], statement["value"] == used[statement["year"], statement["months"]]),
                language.pick(trust().sources[statement["source"]]),
                _(
                    "%(file)s, %(sheet)s, row %(row)s",
                    file=statement["file_name"],
                    sheet=statement["sheet"],
                    row=statement["sheet_row"],
                ),
                amounts.day(statement["known_on"]),
                _preparer(statement["prepared_by"], marked),
                *([f"{stored_at} {source_import.imported_by}"] if names_clerks else []),
            ]
        )
    rows += [
        [
            str(each.year),
            amounts.fact_value(catalog()[fact], each.value),
            _("derived, for the score alone"),
            _("Derived"),
            language.pick(each.formula),
            "",
            "",
            *([""] if names_clerks else []),
        ]
        for each in derived
        if each.fact == fact
    ]
    headings = [
        _("Year"),
        _("Value"),
        _("State"),
        _("Source"),
        _("Where it stands"),
        _("Known since"),
        _("Prepared by"),
    ]
    return text_table([*headings, *([_("Brought in")] if names_clerks else [])], rows)


def _standing(believed: bool, same: bool) -> str:
    return _("in use") if believed else _("says the same") if same else _("set aside")
