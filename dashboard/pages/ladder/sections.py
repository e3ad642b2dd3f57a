"""The parts of the page of the ladder, each of one record."""

from collections.abc import Sequence
from datetime import date
from typing import Any
from urllib.parse import urlencode

from dash.development.base_component import Component

from dashboard.checked_once import dmc, html
from dashboard.components import amounts
from dashboard.components.cards import card, empty, file_link, link, table, text_table
from dashboard.components.grids import (
    Row,
    count_column,
    day_column,
    grid,
    link_column,
    number_column,
    pill_column,
    text_column,
)
from pipeline.ladder import in_words
from pipeline.ladder.flows import Flows
from pipeline.ladder.ladder import Ladder, Near
from pipeline.language import gettext as _
from pipeline.language import headed, joined, pick
from scoring.ladder import in_words as first_time
from scoring.ladder.candidates import BY_MODEL, Candidates

#: So many firms of a list stand on the page; its file has all.
SHOWN = 300
_TONES = {"met": "good", "not_met": "bad", "unknown": "warn"}


def rungs_card(found: Ladder) -> Component:
    """How many stand on each rung, and how far the others are."""
    heads = [_("Rung"), *(_(name) for name in in_words.COUNTS)]
    rows = [[in_words.rung_name(count.rung), *in_words.counts(count)] for count in found.counts]
    note = _("On it: by what is on record. The other columns are firms that are not on it, by the rules of the day.")
    return card(_("Rungs"), text_table(heads, rows, numbers=True), note)


def years_card(found: Ladder) -> Component:
    """Flows of each year, one year at a time."""
    panels = [dmc.TabsPanel(_year(flows), value=str(flows.year), pt="md") for flows in found.years]
    tabs = [dmc.TabsTab(str(flows.year), value=str(flows.year)) for flows in found.years]
    chosen = str(found.years[0].year)
    note = _("By all that is known now of the ends of both years, whenever it was handed in.")
    return card(_("Flows of a year"), dmc.Tabs([dmc.TabsList(tabs), *panels], value=chosen), note)


def _year(flows: Flows) -> Component:
    heads = [_("Rung"), *(_(name) for name in in_words.FLOW)]
    rows = [
        [
            in_words.rung_name(each.rung),
            *map(amounts.count, (each.begin, each.entered, each.left, each.end, each.skipped)),
        ]
        for each in flows.rungs
    ]
    said = headed(in_words.year_name(flows), in_words.year_in_words(flows))
    return dmc.Stack([html.P(said, className="card-note"), text_table(heads, rows, numbers=True), _matrix(flows)])


def _matrix(flows: Flows) -> Component:
    """Firms by highest rung at the beginning, a row, and at the end, a column; rungs that nobody has are left out."""
    there = [
        place
        for place in range(len(flows.states))
        if sum(flows.matrix[place]) or sum(row[place] for row in flows.matrix)
    ]
    names = [in_words.rung_name(flows.states[place]) for place in there]
    rows = [
        [name, *(amounts.count(flows.matrix[place][other]) if flows.matrix[place][other] else "" for other in there)]
        for place, name in zip(there, names, strict=True)
    ]
    drawn = text_table([_("Highest rung: from ↓ to →"), *names], rows, numbers=True)
    return html.Details([html.Summary(_("From which rung to which")), drawn], className="folded")


def near_card(found: Ladder) -> Component:
    """Who is one condition away from each rung, and who meets all and is not on it."""
    asked = [count for count in found.counts if count.one_away or count.met]
    if not asked:
        return card(_("One condition away"), empty(_("No firm is one condition away from a rung.")))
    tabs = [dmc.TabsTab(in_words.rung_name(count.rung), value=count.rung) for count in asked]
    panels = [dmc.TabsPanel(_near(found, count.rung), value=count.rung, pt="md") for count in asked]
    note = _("Exactly one condition is not met and none is unknown, the nearest first")
    return card(
        _("One condition away"), dmc.Tabs([dmc.TabsList(tabs), *panels], value=asked[0].rung, keepMounted=False), note
    )


def _near(found: Ladder, rung: str) -> Component:
    near, could = found.one_away(rung), found.met_not_held(rung)
    files = _files(
        (_("Letters"), _address("letters-one_away.docx", found.day, rung=rung)) if near else None,
        (_("CSV"), _address("near.csv", found.day, rung=rung)),
    )
    parts: list[Any] = [files]
    if near:
        columns = [
            *_firm_columns(),
            text_column(
                "condition", _("The condition that is missing"), flex=3, minWidth=260, tooltipField="condition"
            ),
        ]
        parts.append(_grid(f"ladder-near-{rung}", columns, [_row(each) for each in near], len(near)))
    else:
        parts.append(empty(_("No firm is one condition away from this rung.")))
    if could:
        shown = _grid(f"ladder-met-{rung}", _firm_columns(), [_row(each) for each in could], len(could))
        said = _("%(count)s firms meet all conditions and are not on it", count=amounts.count(len(could)))
        parts += [html.P(said, className="card-note"), shown]
    return dmc.Stack(parts)


def calendar_card(found: Ladder) -> Component:
    """Certificates that end within 12 months, by month, and what renewal would lack."""
    title = _("Certificates that end within 12 months")
    if not found.due:
        return card(title, empty(_("No certificate ends within 12 months.")))
    heads = [_("Month"), _("Certificates"), _("Would pass"), _("Would fail"), _("Not known"), _("Letters")]
    rows: list[list[Any]] = [
        [
            month.month,
            *map(amounts.count, (month.ending, month.met, month.not_met, month.unknown)),
            file_link(_("Letters"), _address("letters-renewal.docx", found.day, month=month.month)),
        ]
        for month in found.months
    ]
    columns = [
        *_firm_columns(),
        day_column("ends", _("Ends on")),
        pill_column(
            "verdict",
            _("Renewal by today's figures"),
            {_(in_words.VERDICTS[word]): tone for word, tone in _TONES.items()},
        ),
        text_column("gaps", _("Not met or not known"), flex=3, minWidth=260, tooltipField="gaps"),
    ]
    firms = [
        {
            **_firm(each.firm_id, each.name, each.district),
            "ends": each.expires_on.isoformat(),
            "verdict": _(in_words.VERDICTS[each.verdict]),
            "gaps": joined(pick(gap) for gap in each.gaps),
        }
        for each in found.due
    ]
    note = _("By today's figures and the conditions of recognition; what is not known is neither met nor failed")
    return card(
        title,
        [
            table(heads, rows, frozenset(range(1, 5))),
            _files((_("CSV"), _address("calendar.csv", found.day))),
            _grid("ladder-calendar", columns, firms, len(firms)),
        ],
        note,
    )


def incubators_card(found: Ladder) -> Component:
    if not found.incubators:
        return card(_("Incubators"), empty(_("No firm is on record as incubated.")))
    heads = [_("Incubator"), _("There now"), _("Left it"), _("Ever"), _("Technology SME since"), _("HNTE since"), ""]
    rows = [
        [
            each.name,
            *map(amounts.count, (each.now, each.graduated, each.ever, each.tech_sme, each.hnte)),
            _("fewer than ten firms") if each.few else "",
        ]
        for each in found.incubators
    ]
    files = _files((_("CSV"), _address("incubators.csv", found.day)))
    return card(_("Incubators"), [text_table(heads, rows, numbers=True), files])


def candidates_card(found: Candidates, model_link: bool) -> Component:
    """Who may be recognised for the first time; by what they are ranked stands above. `model_link`:
    whether the reader may see the model's page, with its card."""
    title = _("First-time candidates")
    model = [" ", link(_("Model card"), f"/model/{found.model}")] if found.model is not None and model_link else []
    said = html.P([str(found.why), *model], className="card-note", id="ladder-candidates-why")
    if not found.firms:
        return card(title, [said, empty(_("Every firm has or had a certificate by what is known."))])
    by_model = found.ranked_by == BY_MODEL
    columns = [
        count_column("place", _("Rank"), maxWidth=90),
        *_firm_columns(),
        *([number_column("points", _("Points")), text_column("chance", _("Probability"))] if by_model else []),
        text_column("standing", _("Conditions of recognition"), flex=3, minWidth=240, tooltipField="standing"),
        number_column("missing", _("Open conditions")),
        number_column("score", _("Innovation score")),
    ]
    rows: list[Row] = [
        {
            "place": place,
            **_firm(each.firm_id, each.name, each.district),
            "points": None if each.points is None else round(each.points, 1),
            "chance": amounts.chance(each.probability),
            "standing": first_time.standing(each),
            "missing": each.missing,
            "score": each.innovation_score,
        }
        for place, each in enumerate(found.firms, start=1)
    ]
    note = _("%(count)s firms without a certificate", count=amounts.count(found.at_risk))
    files = _files((_("CSV"), _address("candidates.csv", found.day)))
    return card(title, [said, files, _grid("ladder-first-time", columns, rows, len(rows))], note)


# --- what the parts share --------------------------------------------------------------------------


def _firm_columns() -> list[dict[str, Any]]:
    return [link_column("name", _("Firm")), text_column("district", _("District"))]


def _firm(firm_id: str, name: str, district: str) -> dict[str, Any]:
    address = f"/firm/{firm_id}"
    return {"key": firm_id, "name": name, "address": address, "district": in_words.district_name(district)}


def _row(near: Near) -> Row:
    condition = "" if near.condition is None else pick(near.condition)
    return {**_firm(near.firm_id, near.name, near.district), "condition": condition}


def _grid(name: str, columns: Sequence[dict[str, Any]], rows: Sequence[Row], count: int) -> Component:
    height = f"{min(420, 100 + 44 * len(rows))}px"
    drawn = html.Div(grid(name, columns, rows[:SHOWN], key="key", height=height), className="grid-frame")
    if count <= SHOWN:
        return drawn
    said = _("The first %(shown)s of %(count)s; the file has all.", shown=SHOWN, count=amounts.count(count))
    return html.Div([drawn, html.P(said, className="card-note")])


def _files(*links: tuple[str, str] | None) -> Component:
    found = [file_link(*each) for each in links if each is not None]
    return dmc.Group(found, gap="xs", className="no-print", mt="sm", mb="sm")


def _address(file: str, day: date, **more: str) -> str:
    return f"/download/ladder/{file}?{urlencode({'as_of': day.isoformat(), **more})}"
