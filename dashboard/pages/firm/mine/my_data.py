"""What is known of the firm, each figure with who stated it and a button to object; open findings and decisions too."""

from collections.abc import Sequence
from typing import Any

from dash.development.base_component import Component
from sqlalchemy.orm import Session

from dashboard.checked_once import html
from dashboard.components import amounts
from dashboard.components.cards import card, element, empty, pill, table
from dashboard.pages.firm.mine.objection_forms import button_for
from dashboard.web.routes import View
from pipeline import language
from pipeline.accounts.people import Action
from pipeline.catalog import catalog
from pipeline.intake.storing.findings import list_findings
from pipeline.language import Label
from pipeline.language import gettext as _
from pipeline.objections.corrections import asked_for
from pipeline.objections.objection_lists import decisions_of
from pipeline.objections.stated_figures import StatedFigure, stated_figures
from pipeline.objections.subject import DECISION, FIGURE, FINDING
from pipeline.sources import trust

#: The groups of the catalogue, in the order in which they are read.
_GROUPS = {
    "statements": Label("年度财务", "Statements"),
    "stated_ratios": Label("报送的财务比率", "Ratios as stated"),
    "people": Label("人员", "People"),
    "innovation": Label("研发与知识产权", "Research and intellectual property"),
    "finance": Label("融资", "Finance"),
    "governance": Label("治理与合规", "Governance and compliance"),
    "issue_plan": Label("发行方案", "Plan of the issue"),
    "judged": Label("人工研判", "Judged by people"),
    "identity": Label("企业基本信息", "About the firm"),
}


def card_of(session: Session, view: View, firm_id: str) -> Component:
    """Figures by year, the latest open; below what is odd about them and what was decided."""
    figures = stated_figures(session, view.person, firm_id, view.today)
    parts: list[Any] = [
        html.P(
            _("Who stated each figure that is in use, and where. A wrong one is objected to beside it."),
            className="card-note",
        )
    ]
    years = sorted({one.year for one in figures}, reverse=True)
    for year in years:
        of_year = [one for one in figures if one.year == year]
        parts.append(
            _folded(
                _("%(year)s: %(count)s figures", year=year, count=len(of_year)), _year(view, of_year), year == years[0]
            )
        )
    if not years:
        parts.append(empty(_("Nothing stated.")))
    if years:
        parts.append(_not_stated(view, {one.fact for one in figures if one.year == years[0]}, years[0]))
    parts += [_findings(session, view, firm_id), _decisions(session, view, firm_id)]
    return card(_("My data"), [part for part in parts if part is not None], id="mine-data", className="card no-print")


def _year(view: View, figures: Sequence[StatedFigure]) -> list[Component]:
    """A table a group of the catalogue, the statements open."""
    heads = [_("Figure"), _("Value"), _("Source"), _("Known since"), *([""] if view.may(Action.OBJECT) else [])]
    parts, asked = [], asked_for()
    for group, label in _GROUPS.items():
        rows = [_row(view, one, one.fact in asked) for one in figures if catalog()[one.fact].group == group]
        if rows:
            summary = language.headed(language.pick(label), str(len(rows)))
            parts.append(_folded(summary, table(heads, rows, frozenset({1})), group == "statements"))
    return parts


def _folded(summary: str, inside: Any, opened: bool = False) -> Component:
    parts = inside if isinstance(inside, list) else [inside]
    return html.Details([html.Summary(summary), *parts], open=opened, className="folded")


def _row(view: View, one: StatedFigure, asked: bool) -> list[Any]:
    fact = catalog()[one.fact]
    label = language.pick(fact)
    name: Any = [label, " ", pill(_("stated differently"), "warn")] if one.differs else label
    where = _("%(file)s, %(sheet)s, row %(row)s", file=one.file_name, sheet=one.sheet, row=one.sheet_row)
    source = element("Div", [language.pick(trust().sources[one.source]), element("Div", where, className="card-note")])
    row = [
        name,
        amounts.fact_value(fact, one.value),
        source,
        element("Span", amounts.day(one.known_on), className="day"),
    ]
    if not view.may(Action.OBJECT):
        return row
    about = _("%(fact)s of %(year)s", fact=label, year=one.year)
    return [*row, button_for(FIGURE, f"{one.fact}:{one.year}", about) if asked else None]


def _not_stated(view: View, stated: set[str], year: int) -> Component | None:
    """What the form asks for and nobody stated: said by an objection as well."""
    missing = [catalog()[name] for name in asked_for() if name not in stated]
    if not missing:
        return None
    lines = []
    for fact in missing:
        label = language.pick(fact)
        about = _("%(fact)s of %(year)s", fact=label, year=year)
        parts: list[Any] = [label]
        if view.may(Action.OBJECT):
            parts += [" ", button_for(FIGURE, f"{fact.name}:{year}", about, _("State it"))]
        lines.append(element("Li", parts))
    summary = _("%(year)s: %(count)s figures that nobody stated", year=year, count=len(missing))
    return _folded(summary, html.Ul(lines, className="columns"))


def _findings(session: Session, view: View, firm_id: str) -> Component | None:
    found = list_findings(session.connection(), firm_id=firm_id)
    if not found:
        return None
    lines = []
    for one in found:
        words = f"{one.year or ''} {one.message}".strip()
        parts: list[Any] = [words]
        if view.may(Action.OBJECT):
            parts += [" ", button_for(FINDING, str(one.id), words)]
        lines.append(html.Li(parts))
    summary = _("%(count)s questions about these figures", count=len(lines))
    return _folded(summary, html.Ul(lines))


def _decisions(session: Session, view: View, firm_id: str) -> Component | None:
    decided = decisions_of(session, view.person, firm_id, view.today) if view.may(Action.SEE_POOLS) else []
    if not decided:
        return None
    lines = []
    for one in decided:
        parts: list[Any] = [str(one.what)]
        if view.may(Action.OBJECT):
            parts += [" ", button_for(DECISION, str(one.id), str(one.what))]
        lines.append(html.Li(parts))
    summary = _("%(count)s decisions about the pools", count=len(lines))
    return _folded(summary, html.Ul(lines))
