"""What looks wrong about figures that could be read: findings that wait for a person, and stop nothing.

Ranges of the catalogue, growth beyond ten times or below a tenth, parts larger than their whole, stated ratios
that their parts do not give, a year copied into another, too many round figures. Real firms do all of this now
and then, so each is a question and never a refusal.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

import numpy as np
import pandas as pd
from sqlalchemy import Connection

from pipeline.catalog import catalog
from pipeline.intake.mapping.column_maps import ColumnMap
from pipeline.intake.plausibility import unit_errors
from pipeline.intake.plausibility.panel import Panel, panel_of
from pipeline.intake.reading.problems import Finding
from pipeline.intake.storing.store import known_names
from pipeline.intake.storing.validation import Checked, ReadSheet
from pipeline.language import N_, Message
from pipeline.reference import market_multiples

#: Growth beyond these looks odd, where the smaller of the two years is at least this much.
MOST_GROWTH, LEAST_GROWTH = 10.0, 0.1
_GROWN_FROM = {"money": 5e6, "count": 20.0}
_GROWING = (
    "revenue_cny",
    "total_assets_cny",
    "total_equity_cny",
    "net_assets_cny",
    "rd_spend_cny",
    "cost_cny",
    "staff",
    "rd_staff",
)
#: The part, and the whole it cannot exceed.
PARTS = (
    ("rd_staff", "staff"),
    ("scientific_staff", "staff"),
    ("rd_expense_cny", "total_cost_cny"),
    ("rd_spend_cny", "total_cost_cny"),
    ("rd_expense_domestic_cny", "rd_expense_hnte_cny"),
    ("hitech_income_cny", "total_income_cny"),
    ("hitech_income_cny", "revenue_cny"),
    ("main_business_revenue_cny", "revenue_cny"),
    ("exports_cny", "revenue_cny"),
    ("current_assets_cny", "total_assets_cny"),
    ("receivables_cny", "total_assets_cny"),
    ("inventory_cny", "current_assets_cny"),
    ("intangible_assets_cny", "total_assets_cny"),
    ("current_liabilities_cny", "total_liabilities_cny"),
    ("invention_patents_main", "invention_patents"),
    ("quick_ratio_stated", "current_ratio_stated"),
)
#: More questions of one kind about one fact than this are not read by anybody: something is wrong with the form.
MOST_OF_A_KIND = 1_000
#: What a stated ratio is compared with; for growth, of both years.
RATIO_PARTS = {
    "net_margin_stated": ("net_profit_cny", "revenue_cny"),
    "gross_margin_stated": ("cost_cny", "revenue_cny"),
    "debt_ratio_stated": ("total_liabilities_cny", "total_assets_cny"),
    "revenue_growth_stated": ("revenue_cny",),
}
_PART_SLACK = 1.02
_BALANCE_SLACK = 0.02
_ROUND_AT_LEAST = 6
_COPIED_AT_LEAST = 4

_LEFT_OUT = N_(
    "%(field)s: %(count)s rows look odd in the same way; the first %(shown)s are listed. Is the column right?"
)
_RANGE = N_("%(field)s: %(found)s %(unit)s is outside what is usual. Check it.")
_GROWTH = N_("%(field)s: %(found)s %(unit)s is %(times)s times the year before. Check both years.")
_PART = N_("%(field)s: %(found)s %(unit)s is more than %(whole)s of the same year. Check both.")
_BALANCE = N_(
    "%(field)s: %(found)s %(unit)s is not liabilities and equity together (%(sum)s %(unit)s). Check the three."
)
_RATIO = N_("%(field)s: %(found)s %(unit)s is stated, but its parts give %(expected)s %(unit)s. Check them.")
_VALUE = N_(
    "%(field)s: %(found)s %(unit)s is %(times)s times what the multiples of its industry give (about %(expected)s "
    "%(unit)s). Check the unit and the figure."
)
_COPIED = N_("%(field)s and %(count)s further figures are the same in %(other)s. Was one year copied into the other?")
_TWINS = N_(
    "%(field)s and %(count)s further figures are the same as those of %(other)s. Was one firm copied into the other?"
)
_ROUND = N_("%(field)s: all %(count)s amounts of this row are round. Are they estimates?")
_DIGITS = N_("%(field)s: %(found)s %(unit)s looks like a filler. Check it.")
_NOT_OVER = N_("%(year)s is not over yet: these cannot be the figures of the whole year.")
_ODD_CODE = N_(
    "The organisation code inside the credit code %(code)s has a check digit that does not fit. Check the code."
)
_OTHER_NAME = N_("The firm is called %(stated)s here and %(known)s so far. Is it the same firm?")


@dataclass(frozen=True)
class OddRows:
    """What one check finds: the `rows` of the panel where `fact` looks odd, and the text about it (`msgid`, `params`).

    `kind` names the check in lists and filters.
    """

    kind: str
    fact: str
    rows: np.ndarray
    msgid: str
    params: Mapping[str, np.ndarray | str]  # an array: the row's own number


#: Every check of a panel, in the order in which their findings are listed.
CHECKS: list[Callable[[Panel], list[OddRows]]] = []


def check(ask: Callable[[Panel], list[OddRows]]) -> Callable[[Panel], list[OddRows]]:
    """Registers a check: a function of all rows at once, whose findings wait for a person and stop nothing."""
    CHECKS.append(ask)
    return ask


def findings(
    connection: Connection, checked: Checked, map_: ColumnMap, cohort: str, today: date
) -> tuple[list[Finding], list[Message]]:
    """Everything to look at in a file that can be stored, the unit errors first; and what was left out of the list."""
    panel = panel_of(connection, checked, map_, cohort, today)
    unit_findings = unit_errors.findings(panel)
    in_another_unit = {(finding.firm_id, finding.year) for finding in unit_findings}
    left_out: list[Message] = []
    others: list[Finding] = []
    with np.errstate(all="ignore"):
        for odd in _odd_rows(panel):
            # Whoever corrects the unit corrects these as well.
            others += [
                finding
                for finding in _findings_of(panel, odd, left_out)
                if (finding.firm_id, finding.year) not in in_another_unit
            ]
        others += _copies(panel)
    return [*unit_findings, *others, *_about_rows(connection, checked, today)], left_out


def _odd_rows(panel: Panel) -> list[OddRows]:
    return [odd for ask in CHECKS for odd in ask(panel)]


def odd_rows(panel: Panel) -> dict[tuple[str, str, str], np.ndarray]:
    """Which rows of the panel look odd, wherever they come from: by kind, fact, and whole (of a part).

    Every kind of unit error is "unit", and no firm is compared with others. What concerns no figure, and copies, are
    not here (`content_keys`).
    """
    none = np.zeros(len(panel), dtype=bool)
    suspect = unit_errors.suspect_figures(panel, peers=False)
    found = {("unit", fact, ""): suspect.get(fact, none) for fact in panel.years}
    with np.errstate(all="ignore"):
        for odd in _odd_rows(panel):
            # Round figures are reported at whichever figure the form has first.
            for fact in panel.years if odd.kind == "round_numbers" else (odd.fact,):
                found[odd.kind, fact, str(odd.params.get("whole", ""))] = odd.rows
    return found


def content_keys(panel: Panel) -> np.ndarray:
    """A number a row: the same for rows that state the same figures; 0 where too few are stated to tell."""
    _facts, _telling, enough, rows = _telling_figures(panel)
    keys = np.zeros(len(panel), dtype=np.uint64)
    keys[enough] = pd.util.hash_pandas_object(rows, index=False).to_numpy()
    return keys


def _telling_figures(panel: Panel) -> tuple[list[str], np.ndarray, np.ndarray, pd.DataFrame]:
    """The facts, where each row states one (not nought), the rows that state enough, and what these state."""
    facts = [fact for fact in panel.years if catalog()[fact].type in ("money", "number", "ratio")]
    values = panel.years[facts].to_numpy()
    telling = ~np.isnan(values) & (values != 0)
    enough = np.flatnonzero(telling.sum(axis=1) >= _COPIED_AT_LEAST)
    return facts, telling, enough, pd.DataFrame(np.where(telling, values, 0)[enough])


def _findings_of(panel: Panel, odd: OddRows, left_out: list[Message]) -> list[Finding]:
    rows = np.flatnonzero(odd.rows & panel.new & panel.stated_here(odd.fact))
    if len(rows) > MOST_OF_A_KIND:
        params = {"field": catalog()[odd.fact], "count": len(rows), "shown": MOST_OF_A_KIND}
        left_out.append(Message(_LEFT_OUT, params))
    return [
        panel.finding(int(at), odd.fact, odd.kind, odd.msgid, **_of_row(odd.params, at)) for at in rows[:MOST_OF_A_KIND]
    ]


def _of_row(params: Mapping[str, np.ndarray | str], at: int) -> dict[str, object]:
    return {name: value if isinstance(value, str) else _written(float(value[at])) for name, value in params.items()}


def _written(value: float) -> str:
    """Five digits, and a large number in full."""
    return f"{value:.0f}" if abs(value) >= 1e5 else f"{value:.5g}"


@check
def _ranges(panel: Panel) -> list[OddRows]:
    checks = []
    for fact in panel.years:
        about = catalog()[fact]
        values = panel.get(fact)
        outside = np.zeros(len(panel), dtype=bool)
        if about.low is not None:
            outside |= values < about.low
        if about.high is not None:
            outside |= values > about.high
        checks.append(OddRows("range", fact, outside, _RANGE, {}))
    return checks


@check
def _growth(panel: Panel) -> list[OddRows]:
    checks = []
    for fact in _GROWING:
        if not panel.has(fact):
            continue
        now, before = panel.get(fact), panel.before(fact)
        least = _GROWN_FROM[catalog()[fact].type]
        times = now / before
        substance = np.maximum(np.abs(now), np.abs(before)) >= least
        rows = substance & (before > 0) & (now > 0) & ((times > MOST_GROWTH) | (times < LEAST_GROWTH))
        checks.append(OddRows("growth", fact, rows, _GROWTH, {"times": times}))
    return checks


@check
def _parts(panel: Panel) -> list[OddRows]:
    checks = []
    for part, whole in PARTS:
        if panel.has(part, whole):
            rows = (panel.get(part) > panel.get(whole) * _PART_SLACK) & (panel.get(whole) >= 0)
            checks.append(OddRows("part_over_whole", part, rows, _PART, {"whole": whole}))
    return checks


@check
def _balance(panel: Panel) -> list[OddRows]:
    assets, liabilities = panel.get("total_assets_cny"), panel.get("total_liabilities_cny")
    equity = panel.get("total_equity_cny")
    slack = np.full(len(panel), _BALANCE_SLACK)
    # Net assets of the parent leave out what belongs to others, which may be a good part.
    slack[np.isnan(equity)] = 0.3
    equity = np.where(np.isnan(equity), panel.get("net_assets_cny"), equity)
    total = liabilities + equity
    rows = np.abs(assets - total) > slack * np.maximum(np.abs(assets), np.abs(total))
    return [
        OddRows(
            "balance",
            "total_assets_cny",
            rows,
            _BALANCE,
            {"sum": _in_form_unit(panel, "total_assets_cny", total)},
        )
    ]


@check
def _ratios(panel: Panel) -> list[OddRows]:
    revenue, profit = panel.get("revenue_cny"), panel.get("net_profit_cny")
    expected = {
        "net_margin_stated": (profit / np.where(np.abs(revenue) >= 1e5, revenue, np.nan), 0.05),
        "gross_margin_stated": (1 - panel.get("cost_cny") / np.where(revenue >= 1e5, revenue, np.nan), 0.05),
        "debt_ratio_stated": (panel.get("total_liabilities_cny") / panel.get("total_assets_cny"), 0.03),
        "revenue_growth_stated": (
            revenue / np.where(panel.before("revenue_cny") > 1e6, panel.before("revenue_cny"), np.nan) - 1,
            0.1,
        ),
    }
    checks = []
    for fact, (parts, slack) in expected.items():
        if not panel.has(fact):
            continue
        stated = panel.get(fact)
        rows = np.abs(stated - parts) > np.maximum(slack, 0.15 * np.maximum(np.abs(stated), np.abs(parts)))
        checks.append(OddRows("stated_ratio", fact, rows, _RATIO, {"expected": _in_form_unit(panel, fact, parts)}))
    return checks


def _in_form_unit(panel: Panel, fact: str, values: np.ndarray) -> np.ndarray:
    """Values in the unit of the form's column."""
    return np.asarray(values / (panel.form_units[fact].factor if fact in panel.form_units else 1))


@check
def _market_values(panel: Panel) -> list[OddRows]:
    """A stated market value, or the valuation of a round, far above what profit or sales are worth in the industry."""
    attributable, net = panel.known("net_profit_attributable_cny"), panel.known("net_profit_cny")
    before = np.where(np.isnan(attributable), net, attributable)
    profit = np.fmin(before, panel.known("net_profit_after_nonrecurring_cny"))
    # An order of magnitude is asked about, so that the latest multiples do for every year.
    table = market_multiples.multiples_on(date.max)
    estimate = market_multiples.estimated(profit, panel.known("revenue_cny"), panel.industry(), table)
    checks = []
    for fact in ("expected_market_value_cny", "latest_round_valuation_cny"):
        if panel.has(fact):
            times = estimate.times(panel.get(fact))
            expected = _in_form_unit(panel, fact, estimate.value)
            rows = times > market_multiples.DOUBTED_TIMES
            checks.append(OddRows("market_value", fact, rows, _VALUE, {"times": times, "expected": expected}))
    return checks


@check
def _digits(panel: Panel) -> list[OddRows]:
    """Rows of nothing but round amounts; fillers such as 88888 or 123456."""
    money = [fact for fact in panel.years if catalog()[fact].type == "money" and fact in panel.form_units]
    checks = []
    known = np.zeros(len(panel), dtype=int)
    whole = np.zeros(len(panel), dtype=int)
    for fact in money:
        written = np.round(np.abs(panel.get(fact)) / panel.form_units[fact].factor, 6)
        large = written >= 100
        known += large
        # Round: at most two leading digits, the rest noughts.
        magnitude = 10.0 ** np.maximum(np.floor(np.log10(np.where(large, written, 100))) - 1, 0)
        whole += large & (written % magnitude == 0)
        integer = (written == np.floor(written)) & (written >= 11111)
        filler = np.zeros(len(panel), dtype=bool)
        filler[integer] = [_filler(f"{value:.0f}") for value in written[integer]]
        checks.append(OddRows("digit_pattern", fact, filler, _DIGITS, {}))
    if money:
        first = next((fact for fact in ("revenue_cny", "total_assets_cny") if fact in money), money[0])
        rows = (known >= _ROUND_AT_LEAST) & (whole == known)
        checks.append(OddRows("round_numbers", first, rows, _ROUND, {"count": known}))
    return checks


def _filler(text: str) -> bool:
    return len(text) >= 5 and (len(set(text)) == 1 or text in "1234567890" or text in "9876543210")


def _copies(panel: Panel) -> list[Finding]:
    """The same figures in another year of the firm, or of another firm."""
    facts, telling, enough, rows = _telling_figures(panel)
    if not len(enough):
        return []
    twins = rows.duplicated(keep=False).to_numpy()
    found: list[Finding] = []
    keys = pd.util.hash_pandas_object(rows[twins], index=False).to_numpy()
    places = enough[twins]
    first: dict[int, int] = {}
    for key, at in zip(keys.tolist(), places.tolist(), strict=True):
        other = first.setdefault(key, at)
        if other == at or not (panel.new[at] or panel.new[other]):
            continue
        shown, beside = (at, other) if panel.new[at] else (other, at)
        fact = next(
            (name for name, there in zip(facts, telling[at], strict=True) if there and panel.stated_here(name)[shown]),
            None,
        )
        if fact is None:
            continue
        same_firm = panel.firm[at] == panel.firm[other]
        named = str(panel.year[beside]) if same_firm else f"{panel.firm[beside]} {panel.year[beside]}"
        found.append(
            panel.finding(
                shown,
                fact,
                "copied_year" if same_firm else "copied_firm",
                _COPIED if same_firm else _TWINS,
                count=int(telling[at].sum()) - 1,
                other=named,
            )
        )
    return found


def _about_rows(connection: Connection, checked: Checked, today: date) -> list[Finding]:
    """What concerns a row and no figure: a year that is not over, an odd code, another name than so far."""
    found: list[Finding] = []
    rows_of = {sheet.name: sheet for sheet in checked.sheets}
    for sheet in checked.sheets:
        early = sheet.rows[(sheet.rows["year"] == today.year) & (sheet.rows["months"] == 12)]
        for row in early.to_dict("records"):
            found.append(
                _row_finding(sheet, row, "year_not_over", "year", str(row["year"]), _NOT_OVER, {"year": row["year"]})
            )
    for name, at, code in checked.odd_codes:
        if name in rows_of:
            rows = rows_of[name].rows
            for row in rows[rows["row"] == at].head(1).to_dict("records"):
                found.append(
                    _row_finding(rows_of[name], row, "code_organisation", "firm", code, _ODD_CODE, {"code": code})
                )
    for sheet in checked.sheets:
        if "name" in sheet.rows:
            named = sheet.rows.dropna(subset="name").drop_duplicates("firm_id")
            known = known_names(connection, named["firm_id"])
            before = named["firm_id"].map(known)
            for row in named[before.notna() & (before != named["name"])].to_dict("records"):
                params = {"stated": row["name"], "known": known[row["firm_id"]]}
                found.append(_row_finding(sheet, row, "other_name", "name", row["name"], _OTHER_NAME, params))
    return found


def _row_finding(
    sheet: ReadSheet, row: dict[Any, Any], kind: str, field: str, shown: str, msgid: str, params: Mapping[str, object]
) -> Finding:
    return Finding(
        kind,
        row["firm_id"],
        int(row["year"]),
        field,
        sheet.name,
        int(row["row"]),
        sheet.columns.get(field),
        shown,
        msgid,
        {"field": field, "found": shown, "unit": "", **params},
    )
