"""What looks wrong about figures that could be read: findings that wait for a person, and stop nothing.

Ranges of the catalogue, growth beyond ten times or below a tenth, parts larger than their whole, stated ratios
that their parts do not give, a year copied into another, too many round figures. Real firms do all of this now
and then, so each is a question and never a refusal.
"""

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from functools import partial

import numpy as np
import pandas as pd
from sqlalchemy import Connection

from pipeline.catalog import catalog
from pipeline.facts import FULL_YEAR_MONTHS
from pipeline.intake.mapping.column_maps import ColumnMap
from pipeline.intake.plausibility import unit_errors
from pipeline.intake.plausibility.panel import OddCells, Panel, panel_of
from pipeline.intake.plausibility.unit_error_findings import UnitErrors
from pipeline.intake.reading.problems import Finding
from pipeline.intake.storing.checked_rows import CheckedSheet
from pipeline.intake.storing.store import known_names
from pipeline.intake.storing.validation import Checked
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
#: Where a whole file stands in another unit, this many cells of a column say so well enough; of odd rows as many.
MOST_CELLS = 20_000
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
_MORE = N_("%(what)s: %(count)s; the first %(shown)s are listed.")
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
    """Everything to look at in a file that can be stored, the unit errors first; and what was left out of the list.

    The file is compared part by part, each of whole firms, in the order of their ids: twice, since what is usual among
    the peers, and what is a copy, only all parts together tell.
    """
    parts = checked.parts()

    def each() -> Iterator[UnitErrors]:
        for part in parts:
            yield unit_errors.within_firms(panel_of(connection, part.sheets(), map_, cohort, today))

    only = list(each()) if len(parts) == 1 else None
    peers, contents = [], []
    for errors in only or each():
        peers.append(unit_errors.per_head(errors))
        contents.append((content_keys(errors.panel), errors.panel.new))
    usual = unit_errors.usual_per_head(peers)
    copies = _Copies(*(np.concatenate(each) for each in zip(*contents, strict=True)))
    units, others = _Listed(MOST_CELLS), _Listed(MOST_OF_A_KIND)
    for errors in only or each():
        cells = unit_errors.odd_cells(errors, usual)
        # Whoever corrects the unit corrects the others as well.
        in_another_unit = {(one.firm_id, one.year) for one in units.take(cells)}
        with np.errstate(all="ignore"):
            others.take(_cells_of(errors.panel), in_another_unit)
        copies.look_at(errors.panel)
    about_rows, more = _about_rows(connection, checked, today)
    left_out = [
        Message(_LEFT_OUT, {"field": catalog()[fact], "count": count, "shown": others.most})
        for fact, count in others.left_out
    ]
    return [*units.found, *others.found, *copies.found, *about_rows], [*left_out, *copies.left_out, *more]


class _Listed:
    """The findings of each check of each fact in the order of the panels, of each the first `most`."""

    def __init__(self, most: int) -> None:
        self.most = most
        self._found: list[list[Finding]] = []
        self._facts: list[str] = []
        self._counts: list[int] = []

    def take(self, cells: Sequence[OddCells], without: Collection[tuple[str, int | None]] = ()) -> list[Finding]:
        """Take in the same checks of the next panel, but nothing about the years `without`; what is new in the list."""
        if not self._found:
            self._found, self._counts = [[] for _one in cells], [0] * len(cells)
            self._facts = [one.fact for one in cells]
        new = []
        for place, one in enumerate(cells):
            more = max(self.most - self._counts[place], 0)
            self._counts[place] += len(one.rows)
            asked = [one.finding(at) for at in one.rows[:more].tolist()]
            asked = [finding for finding in asked if (finding.firm_id, finding.year) not in without]
            self._found[place] += asked
            new += asked
        return new

    @property
    def found(self) -> list[Finding]:
        return [finding for of_check in self._found for finding in of_check]

    @property
    def left_out(self) -> list[tuple[str, int]]:
        """The fact of each check that found more, and how much in all."""
        each = zip(self._facts, self._counts, strict=True)
        return [(fact, count) for fact, count in each if count > self.most]


def _odd_rows(panel: Panel) -> list[OddRows]:
    return [odd for ask in CHECKS for odd in ask(panel)]


def odd_rows(panel: Panel) -> dict[tuple[str, str, str], np.ndarray]:
    """Which rows of the panel look odd, wherever they come from: by kind, fact, and whole (of a part).

    Every kind of unit error is "unit", and no firm is compared with others. What concerns no figure, and copies, are
    not here (`content_keys`).
    """
    none = np.zeros(len(panel), dtype=bool)
    suspect = unit_errors.suspect_figures(panel)
    found = {("unit", fact, ""): suspect.get(fact, none) for fact in panel.years}
    with np.errstate(all="ignore"):
        for odd in _odd_rows(panel):
            # Round figures are reported at whichever figure the form has first.
            for fact in panel.years if odd.kind == "round_numbers" else (odd.fact,):
                found[odd.kind, fact, str(odd.params.get("whole", ""))] = odd.rows
    return found


def content_keys(panel: Panel) -> np.ndarray:
    """A number a row: the same for rows that state the same figures; 0 where too few are stated to tell."""
    values = panel.years[_telling_facts(panel)].to_numpy()
    telling = _tells(values)
    enough = np.flatnonzero(telling.sum(axis=1) >= _COPIED_AT_LEAST)
    rows = pd.DataFrame(np.where(telling, values, 0)[enough])
    keys = np.zeros(len(panel), dtype=np.uint64)
    keys[enough] = pd.util.hash_pandas_object(rows, index=False).to_numpy()
    return keys


def _telling_facts(panel: Panel) -> list[str]:
    """The facts whose figures tell one row from another."""
    return [fact for fact in panel.years if catalog()[fact].type in ("money", "number", "ratio")]


def _tells(values: np.ndarray) -> np.ndarray:
    """Which figures are known, and not nought."""
    return ~np.isnan(values) & (values != 0)


def _cells_of(panel: Panel) -> list[OddCells]:
    """What each check asks about the file's own figures, in the order of the checks."""

    def finding(odd: OddRows, at: int) -> Finding:
        return panel.finding(at, odd.fact, odd.kind, odd.msgid, **_of_row(odd.params, at))

    return [
        OddCells(odd.fact, np.flatnonzero(odd.rows & panel.new & panel.stated_here(odd.fact)), partial(finding, odd))
        for odd in _odd_rows(panel)
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


class _Copies:
    """The same figures in another year of the firm, or of another firm, wherever in the file that stands.

    Made of the content keys of all panels and which of their rows are the file's; then it looks at panel after panel.
    """

    def __init__(self, keys: np.ndarray, new: np.ndarray) -> None:
        self._copied = (keys != 0) & pd.Series(keys).duplicated(keep=False).to_numpy()
        self._known_too = set(keys[self._copied & ~new].tolist())
        self._first: dict[int, _Copied] = {}
        self._at = self._count = 0
        self.found: list[Finding] = []

    @property
    def left_out(self) -> list[Message]:
        return _more_than_listed(N_("Rows with the figures of others"), self._count)

    def look_at(self, panel: Panel) -> None:
        """Ask about the copies in the next panel, as long as there is room in the list."""
        copied = np.flatnonzero(self._copied[self._at : self._at + len(panel)])
        self._at += len(panel)
        keys = content_keys(panel)[copied] if len(copied) else copied
        for key, at in zip(keys.tolist(), copied.tolist(), strict=True):
            own = _Copied(str(panel.firm[at]), int(panel.year[at]), bool(panel.new[at]))
            first = self._first.get(key)
            if first is None:
                # Where one known before repeats it, the question is about this row, and its panel is gone by then.
                asked = _question(panel, at) if own.new and key in self._known_too else None
                self._first[key] = replace(own, question=asked)
                continue
            if not (own.new or first.new):
                continue
            self._count += 1
            if len(self.found) >= MOST_CELLS:
                continue
            asked, beside = (_question(panel, at), first) if own.new else (first.question, own)
            if asked is None:
                continue
            same_firm = own.firm == first.firm
            self.found.append(
                replace(
                    asked,
                    kind="copied_year" if same_firm else "copied_firm",
                    msgid=_COPIED if same_firm else _TWINS,
                    params={
                        **asked.params,
                        "other": str(beside.year) if same_firm else f"{beside.firm} {beside.year}",
                    },
                )
            )


@dataclass(frozen=True)
class _Copied:
    """A row whose figures another has too; `question`: what would be asked about it, where that is needed later."""

    firm: str
    year: int
    new: bool
    question: Finding | None = None


def _question(panel: Panel, at: int) -> Finding | None:
    """What is asked of a row that is a copy, at the first figure that the file states; None where it states none."""
    facts = _telling_facts(panel)
    told = [facts[place] for place in np.flatnonzero(_tells(np.array([panel.get(fact)[at] for fact in facts])))]
    fact = next((name for name in told if panel.stated_here(name)[at]), None)
    return None if fact is None else panel.finding(at, fact, "", "", count=len(told) - 1)


def _about_rows(connection: Connection, checked: Checked, today: date) -> tuple[list[Finding], list[Message]]:
    """What concerns a row and no figure: a year that is not over, an odd code, another name than so far; and what was
    left out of the list."""
    ids = checked.firms.ids

    def finding(
        sheet: CheckedSheet, at: int, kind: str, field: str, shown: str, msgid: str, **params: object
    ) -> Finding:
        params = {"field": field, "found": shown, "unit": "", **params}
        firm, row, place = ids[sheet.firm[at]], int(sheet.row[at]), sheet.columns.get(field)
        return Finding(kind, firm, int(sheet.year[at]), field, sheet.name, row, place, shown, msgid, params)

    year = today.year
    early = [np.flatnonzero((one.year == year) & (one.months == FULL_YEAR_MONTHS)) for one in checked.sheets]
    not_over = [
        finding(sheet, at, "year_not_over", "year", str(year), _NOT_OVER, year=year)
        for sheet, rows in zip(checked.sheets, early, strict=True)
        for at in rows[:MOST_CELLS].tolist()
    ][:MOST_CELLS]
    sheets = {sheet.name: sheet for sheet in checked.sheets}
    odd = []
    for name, row, code in checked.odd_codes[:MOST_CELLS]:
        at = int(np.searchsorted(sheets[name].row, row))
        odd.append(finding(sheets[name], at, "code_organisation", "firm", code, _ODD_CODE, code=code))
    renamed, count = [], 0
    for sheet in checked.sheets:
        for at, stated, known in _other_names(connection, sheet, len(ids)):
            count += 1
            if count <= MOST_CELLS:
                named = {"stated": stated, "known": known}
                renamed.append(finding(sheet, at, "other_name", "name", stated, _OTHER_NAME, **named))
    left_out = [
        *_more_than_listed(N_("Rows of a year that is not over"), sum(map(len, early))),
        *_more_than_listed(N_("Rows with an odd code"), len(checked.odd_codes)),
        *_more_than_listed(N_("Firms of another name"), count),
    ]
    return [*not_over, *odd, *renamed], left_out


def _other_names(connection: Connection, sheet: CheckedSheet, firms: int) -> Iterator[tuple[int, str, str]]:
    """Of each firm that a sheet names otherwise than it is known: its first named row, that name, and the known one."""
    if "name" not in sheet.columns:
        return
    seen = np.zeros(firms, dtype=bool)
    for where, some in sheet.in_order(["firm_id", "name"]):
        firm = sheet.firm[where]
        named = some.rows.assign(at=np.arange(where.start, where.stop))
        named = named[named["name"].notna() & ~seen[firm]].drop_duplicates("firm_id")
        seen[sheet.firm[named["at"].to_numpy()]] = True
        known = named["firm_id"].map(known_names(connection, named["firm_id"]))
        other = known.notna() & (known != named["name"])
        yield from zip(named["at"][other].tolist(), named["name"][other].tolist(), known[other].tolist(), strict=True)


def _more_than_listed(what: str, count: int) -> list[Message]:
    if count <= MOST_CELLS:
        return []
    return [Message(_MORE, {"what": Message(what), "count": count, "shown": MOST_CELLS})]
