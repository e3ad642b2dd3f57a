"""Turn the cells of a return into facts in base units, or into the list of cells that its clerk should correct.

A wrong cell becomes a Problem in the list, never an exception, so that a clerk can correct the whole sheet in
one go. What a column means stands in its map and in the catalogue; nothing about one column is written here.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date

import numpy as np
import pandas as pd

from pipeline.facts import FULL_YEAR_MONTHS, public_on
from pipeline.intake.mapping.column_maps import ColumnMap, ColumnRule
from pipeline.intake.mapping.headings import Form, FormSheet
from pipeline.intake.reading import cells, days
from pipeline.intake.reading.firm_ids import firm_ids
from pipeline.intake.reading.number_formats import Meant
from pipeline.intake.reading.problems import MOST_LISTED, Problem, cell_name, shown
from pipeline.intake.reading.workbook import Block
from pipeline.intake.storing import activity_rows
from pipeline.intake.storing.checked_rows import CheckedSheet, FirmNumbers, Part, parts_of
from pipeline.intake.storing.own_rows import OwnRows
from pipeline.language import N_, Message
from pipeline.tutoring.event_boards import board_id
from pipeline.tutoring.stages import EVENTS

HALF_YEAR_MONTHS = 6
_LONGEST_KIND, _LONGEST_BOARD = 40, 80  # as the table of events keeps them
#: By kind of map what a row is about, beside its firm.
_ABOUT = {
    "returns": ["year", "months"],
    "events": ["kind", "board", "occurred_on"],
    "activities": list(activity_rows.KEY),
}
Progress = Callable[[int], None]


class ProblemList:
    """What must be corrected in a file: the first problems, in the order of its sheets, and how many there are."""

    def __init__(self, form: Form) -> None:
        self._places = {sheet.sheet.name: place for place, sheet in enumerate(form.sheets)}
        self._first: list[Problem] = []
        self.count = 0
        self.add(form.problems)

    def add(self, problems: Sequence[Problem], more: int = 0) -> None:
        """Add problems, wherever in the file they are, and the number of others that come after all of them."""
        self.count += len(problems) + more
        if problems:
            self._first = sorted([*self._first, *problems], key=self._order)[:MOST_LISTED]

    def name_firms(self, sheet: str, rows: pd.DataFrame) -> None:
        """Give the problems in these rows of a sheet the firm of their row, so that a clerk need not count rows."""
        if rows.empty or not self._first:
            return
        first, last = int(rows["row"].iloc[0]), int(rows["row"].iloc[-1])
        for at, one in enumerate(self._first):
            if one.sheet == sheet and one.row is not None and first <= one.row <= last:
                row = rows[rows["row"] == one.row]
                if len(row):
                    firm, name = row["firm_id"].iloc[0] or None, row["name"].iloc[0] if "name" in row else None
                    self._first[at] = replace(one, firm=firm, firm_name=name if isinstance(name, str) else None)

    def listed(self, names: Mapping[str, str]) -> list[Problem]:
        """The first ones, with the names of their firms as far as the file has them."""
        return [
            replace(one, firm_name=one.firm_name or names.get(one.firm)) if one.firm else one for one in self._first
        ]

    def _order(self, one: Problem) -> tuple[int, int, int]:
        return (
            -1 if one.sheet is None else self._places.get(one.sheet, len(self._places)),
            -1 if one.row is None else one.row,
            -1 if one.column is None else one.column,
        )


@dataclass
class Checked:
    """A whole file: what could be read, everything that must be corrected, and what only needs a look.

    `problems`: the first of them, `problem_count`: how many there are; where there are any, `sheets` may lack rows.
    `odd_codes`: sheet, row and code of firms with a wrong organisation digit.
    """

    sheets: list[CheckedSheet]
    problems: list[Problem]
    notices: list[Message]
    problem_count: int = 0
    firms: FirmNumbers = field(default_factory=FirmNumbers)
    odd_codes: list[tuple[str, int, str]] = field(default_factory=list)

    @property
    def rows(self) -> int:
        return sum(map(len, self.sheets))

    def parts(self) -> list[Part]:
        """The rows in parts of whole firms, to be compared one after the other."""
        return parts_of(self.sheets, self.firms.ids)


def check_returns(
    form: Form,
    map_: ColumnMap,
    cohort: str,
    today: date,
    known_on: date | None = None,
    progress: Progress | None = None,
    own: OwnRows | None = None,
) -> Checked:
    """Read every sheet of a form of returns. Nothing is stored; problems are listed in the order of the sheet.

    From when on each row counts as known is filled in: the form's own day, else `known_on`, else 30 April of the next
    year. `own`: which rows the sender may bring, unless any.
    """
    early: list[Problem] = []

    def settle(sheet: CheckedSheet, rows: pd.DataFrame) -> pd.DataFrame:
        settled, too_early = _settle_known_on(sheet, rows, known_on)
        early.extend(too_early[: MOST_LISTED - len(early)])
        return settled

    checked = _check(form, map_, cohort, lambda sheet, block: _facts_of(sheet, block, today), settle, progress, own)
    if not checked.problems:  # of a row whose year or day cannot be read nobody can tell
        checked.problems, checked.problem_count = early, len(early)
    return checked


def check_events(form: Form, map_: ColumnMap, cohort: str, today: date, own: OwnRows | None = None) -> Checked:
    """Read every sheet of a form of stage events."""
    return _check(form, map_, cohort, lambda sheet, block: _events_of(sheet, block, map_, today), own=own)


def check_activities(
    form: Form, map_: ColumnMap, cohort: str, today: date, known_on: date | None = None, own: OwnRows | None = None
) -> Checked:
    """Read every sheet of a form of activities. A row without a day from which it counts as known has `known_on`, else
    the day on which it happened."""

    def settle(_sheet: CheckedSheet, rows: pd.DataFrame) -> pd.DataFrame:
        happened = pd.to_datetime(rows["occurred_on"]).astype("datetime64[s]")
        default = happened if known_on is None else happened.clip(lower=pd.Timestamp(known_on)).astype("datetime64[s]")
        return rows.assign(known_on=pd.to_datetime(rows["known_on"]).astype("datetime64[s]").fillna(default))

    return _check(form, map_, cohort, lambda sheet, block: _activities_of(sheet, block, today), settle, own=own)


def _check(
    form: Form,
    map_: ColumnMap,
    cohort: str,
    read: Callable[[FormSheet, Block], tuple[dict[str, np.ndarray], list[Problem]]],
    settle: Callable[[CheckedSheet, pd.DataFrame], pd.DataFrame] | None = None,
    progress: Progress | None = None,
    own: OwnRows | None = None,
) -> Checked:
    checked, problems = Checked([], [], list(form.notices)), ProblemList(form)
    all_keys: dict[int, list[_Keys]] = {}  # by rules: sheets of the same rules may not state the same
    done = 0
    for sheet in form.sheets:
        lengths: list[np.ndarray] = []
        aside: set[int] = set()
        timed = 0
        place = sheet.column_of("firm")
        if place is None:
            continue
        kept, keys = _checked_sheet(sheet), _Keys(sheet, map_)
        for block in sheet.sheet.blocks(sheet.heading_row + 1, sheet.width):
            columns, wrong_cells = read(sheet, block)
            timed += sum(days.with_time(block.columns[at]) for at in _day_columns(sheet))
            firms, wrong, odd = firm_ids(block.columns[place], map_.firm, cohort)
            slid, remarks = _beyond_headings(sheet, block)
            aside |= remarks
            lengths.append(block.lengths.astype(np.int32))
            rows = pd.DataFrame({"firm_id": firms, "row": np.arange(len(block)) + block.first_row, **columns})
            filled = ~_blank_rows(sheet, block)
            checked.odd_codes += [(kept.name, at + block.first_row, str(firms[at])) for at in odd if filled[at]]
            found = [*_problems(sheet, block, place, wrong), *wrong_cells, *slid]
            problems.add([one for one in found if one.row is None or filled[one.row - block.first_row]])
            rows = rows[filled]
            if own is not None:
                problems.add(*own.problems(kept, rows))
            problems.name_firms(kept.name, rows)
            numbers = checked.firms.take_in(rows)
            keys.add(rows, numbers)
            if not problems.count:
                kept.add(rows if settle is None else settle(kept, rows), numbers)
            done += len(block)
            if progress:
                progress(done)
        if timed:
            what = N_("Sheet %(sheet)s: %(count)s days have a time of day; the day alone was read.")
            checked.notices.append(Message(what, {"sheet": sheet.sheet.name, "count": timed}))
        if aside:
            what = N_("Sheet %(sheet)s: columns without a heading were not read: %(columns)s.")
            letters = [cell_name(0, place)[:-1] for place in sorted(aside)]
            checked.notices.append(Message(what, {"sheet": sheet.sheet.name, "columns": letters}))
        if lengths:
            problems.add(_short_rows(sheet, keys, np.concatenate(lengths), checked.firms.ids))
            checked.sheets.append(kept)
            all_keys.setdefault(id(sheet.rules), []).append(keys)
    for of_rules in all_keys.values():
        problems.add(*_doubled_rows(of_rules, checked.firms.ids))
    checked.problems, checked.problem_count = problems.listed(checked.firms.names), problems.count
    if not checked.problems and not checked.rows:
        checked.problems.append(
            Problem(
                "no_rows",
                Message(N_("The file has headings but no rows.")),
                Message(N_("Fill in the form and hand it in again.")),
            )
        )
        checked.problem_count = 1
    return checked


class _Keys:
    """Whose each row of a sheet is and what it is about, to find what is stated twice.

    `rows`: columns firm (its number), row, and those of _ABOUT.
    """

    def __init__(self, sheet: FormSheet, map_: ColumnMap) -> None:
        self.sheet = sheet
        self.about = _ABOUT[map_.kind]
        self._parts: list[pd.DataFrame] = []

    def add(self, rows: pd.DataFrame, firms: np.ndarray) -> None:
        there = rows[[name for name in self.about if name in rows]]
        small = {name: np.int32 for name in there if there[name].dtype.kind == "i"}
        numbered = there.astype(small).assign(firm=firms, row=rows["row"].astype(np.int32))
        self._parts.append(numbered)

    @property
    def rows(self) -> pd.DataFrame:
        self._parts = [pd.concat(self._parts, ignore_index=True)]
        return self._parts[0]


def _day_columns(sheet: FormSheet) -> list[int]:
    roles = ("period_end", "known_on", "occurred_on", "ended_on")
    return [
        place
        for place, rule in sheet.matching.rules.items()
        if rule.role in roles or (rule.fact is not None and rule.fact.type == "date")
    ]


def _checked_sheet(sheet: FormSheet) -> CheckedSheet:
    rules = sheet.matching.rules
    return CheckedSheet(
        sheet.sheet.name,
        {rule.field: place for place, rule in rules.items()},
        {rule.field: rule.heading for rule in rules.values()},
        [rule.fact for rule in rules.values() if rule.fact],
    )


def _blank_rows(sheet: FormSheet, block: Block) -> np.ndarray:
    """Rows without a word in any column of the form. Looked at closely only where firm and year are blank."""
    key = sheet.column_of("firm")
    blank = cells.blanks(block.columns[key if key is not None else 0])
    for place, rule in sheet.matching.rules.items():
        if rule.role == "ignored" or not blank.any():
            continue
        at = np.flatnonzero(blank)
        blank[at] = cells.blanks(block.columns[place][at])
        noted = sheet.sheet.notes
        if noted.errors or noted.uncomputed:
            for one in at:
                where = (int(one) + block.first_row, place)
                if where in noted.errors or where in noted.uncomputed:
                    blank[one] = False
    return blank


def _beyond_headings(sheet: FormSheet, block: Block) -> tuple[list[Problem], set[int]]:
    """Rows that go on behind the last heading, with a figure or without a gap: what stands in them has slid to the
    right. And the columns without a heading that hold remarks alone."""
    headed = sheet.headed
    end = max(headed) + 1
    aside = {
        place for place, column in enumerate(block.columns) if place not in headed and not cells.blanks(column).all()
    }
    problems = []
    for at, filled in block.beyond.items():
        outside = {place: value for place, value in filled.items() if place >= end}
        aside |= {place for place in filled if place < end and place not in headed}
        first = min(outside, default=end)
        if outside and (first == end or any(map(cells.is_figure, outside.values()))):
            what = Message(N_("the row goes on behind the last heading: has a comma inside a cell moved its figures?"))
            instead = N_(
                "Put every figure under its heading; in a table of text a cell with a comma stands in quotation marks."
            )
            row = at + block.first_row
            found = shown(outside[first])
            problems.append(
                Problem("row_too_long", what, Message(instead), sheet.sheet.name, row, first, "", found=found)
            )
        else:
            aside |= set(outside)
    return problems, aside


def _short_rows(sheet: FormSheet, keys: _Keys, lengths: np.ndarray, firms: Sequence[str]) -> list[Problem]:
    """Rows with fewer cells than headings, unlike the rows beside them: a cell seems to be left out, and those behind
    it have slid to the left. Several short rows together are the habit of the program that wrote them."""
    end = max(sheet.headed) + 1
    first = sheet.heading_row + 1
    before, after = np.append(end, lengths[:-1]), np.append(lengths[1:], end)
    short = np.flatnonzero((lengths < end) & (lengths != before) & (lengths != after)) + first
    problems = []
    for firm, row in keys.rows.loc[keys.rows["row"].isin(short), ["firm", "row"]].head(MOST_LISTED).to_numpy().tolist():
        params = {"count": int(lengths[row - first]), "headings": end}
        what = Message(N_("the row has %(count)s cells under %(headings)s headings: was one left out?"), params)
        instead = Message(N_("Leave a cell blank rather than out, so that every figure stands under its heading."))
        place = params["count"]
        problems.append(Problem("row_too_short", what, instead, sheet.sheet.name, row, place, "", firms[firm] or None))
    return problems


def _problems(sheet: FormSheet, block: Block, place: int, wrong: list[cells.Wrong]) -> Iterator[Problem]:
    heading = sheet.matching.rules[place].heading
    for one in wrong:
        found = shown(block.columns[place][one.at])
        yield Problem(
            one.kind, one.what, one.instead, sheet.sheet.name, one.at + block.first_row, place, heading, found=found
        )


def _facts_of(sheet: FormSheet, block: Block, today: date) -> tuple[dict[str, np.ndarray], list[Problem]]:
    columns: dict[str, np.ndarray] = {}
    problems: list[Problem] = []
    roles: dict[str, np.ndarray] = {}
    for place, rule in sheet.matching.rules.items():
        if rule.role == "ignored":
            continue
        values, percents, shown_otherwise = _as_shown(sheet, block, place, rule)
        problems.extend(_problems(sheet, block, place, shown_otherwise))
        if rule.fact is not None:
            read, wrong = _fact(rule, values, today, percents)
            columns[rule.fact.name] = read
        elif rule.role == "firm":
            continue
        else:
            read, wrong = _role(str(rule.role), values, today)
            roles[str(rule.role)] = read
        problems.extend(_problems(sheet, block, place, wrong))
    year = roles.get("year", np.zeros(len(block), dtype=np.int64))
    months, more = _months(sheet, block, roles, year)
    known = roles.get("known_on", np.full(len(block), np.datetime64("NaT", "D")))
    return {"year": year, "months": months, "known_on": known, **columns}, [*problems, *more]


def _as_shown(
    sheet: FormSheet, block: Block, place: int, rule: ColumnRule
) -> tuple[np.ndarray, np.ndarray | None, list[cells.Wrong]]:
    """One column with its numbers as their formats show them, which of them are percentages, and those of which nobody
    can tell what is meant (blank in the column that is given back)."""
    at, formats = sheet.sheet.notes.shown.within(place, block.first_row, len(block))
    values = block.columns[place]
    if not len(at):
        return values, None, []
    values, percents = values.copy(), np.zeros(len(block), dtype=bool)
    wrong: list[cells.Wrong] = []
    numeric = rule.role == "amount" or (rule.fact is not None and rule.fact.numeric)
    kind, factor = (rule.fact.type if rule.fact else "money", rule.factor) if numeric else ("number", 1.0)
    worn = np.fromiter(map(id, formats), dtype=np.int64, count=len(formats))
    for number_format in {id(one): one for one in formats}.values():
        rows = at[worn == id(number_format)]
        if numeric and number_format.always_percent:
            percents[rows] = True
            continue
        for one in rows.tolist():
            kept = values[one]
            if not numeric and not number_format.hides_number(kept):
                continue
            meant = number_format.meant(kept, kind, factor)
            if meant.figure is not None:
                values[one], percents[one] = meant.figure, meant.percent
            else:
                wrong.append(_shown_otherwise(one, kept, meant))
                values[one] = ""
    return values, percents if percents.any() else None, wrong


def _shown_otherwise(at: int, kept: float, meant: Meant) -> cells.Wrong:
    seen, figure = {"found": cells.quoted(meant.shown)}, {"kept": shown(kept)}
    if meant.foreign:
        what = Message(N_("%(found)s is an amount in another country's money."), seen)
        return cells.Wrong(
            at, "not_a_number", what, Message(N_("Write the amount in renminbi, in the heading's unit."))
        )
    what = Message(N_("the cell shows %(found)s and keeps %(kept)s, another size under this heading."), seen | figure)
    instead = N_("Set the format of the cell to General and write the figure in the heading's unit.")
    return cells.Wrong(at, "shown_otherwise", what, Message(instead))


def _fact(rule: ColumnRule, values: np.ndarray, today: date, percents: np.ndarray | None) -> cells.Read:
    fact = rule.fact
    assert fact is not None
    if fact.type == "yes_no":
        return cells.answers(values)
    if fact.numeric:
        return cells.numbers(values, fact.type, rule.factor, percents)
    if fact.type == "date":
        return days.days(values, today, future=fact.name.endswith("expires_on"))
    return cells.words(values, rule.words, tuple(fact.values), understood=rule.understood)


def _role(role: str, values: np.ndarray, today: date) -> cells.Read:
    if role == "year":
        return days.years(values, today)
    if role in ("period_end", "known_on"):
        return days.days(values, today)
    if role == "full_year":
        return cells.answers(values)
    return cells.numbers(values, "count", 1.0)


def _months(
    sheet: FormSheet, block: Block, roles: dict[str, np.ndarray], year: np.ndarray
) -> tuple[np.ndarray, list[Problem]]:
    """How many months each row's flows cover: those it states, else those its period ends after, else 6 where it says
    that it is no full year, else 12."""
    nothing = np.full(len(block), np.nan)
    said, stated = roles.get("full_year", nothing), roles.get("months", nothing)
    months = np.where(said == 0, HALF_YEAR_MONTHS, FULL_YEAR_MONTHS)
    agree = Message(N_("Make the two agree."))
    problems: list[Problem] = []
    if "period_end" in roles and (place := sheet.column_of("period_end")) is not None:
        last = pd.DatetimeIndex(roles["period_end"])
        months = np.where(last.isna(), months, last.month)
        what = Message(N_("the period ends in another year than the row's."))
        elsewhere = np.flatnonzero(~last.isna() & (year > 0) & (last.year != year))
        wrong = [cells.Wrong(int(at), "other_year", what, agree) for at in elsewhere]
        problems.extend(_problems(sheet, block, place, wrong))
    months = np.where(np.isnan(stated), months, np.clip(stated, 1, FULL_YEAR_MONTHS)).astype(np.int64)
    if "full_year" in roles and (place := sheet.column_of("full_year")) is not None:
        whole = Message(N_("the row says no full year, and its period has all 12 months."))
        wrong = []
        for at in np.flatnonzero(~np.isnan(said) & ((said == 1) != (months == FULL_YEAR_MONTHS))).tolist():
            half = N_("the row says a full year, and its period has %(months)s months.")
            what = Message(half, {"months": int(months[at])}) if said[at] else whole
            wrong.append(cells.Wrong(at, "other_months", what, agree))
        problems.extend(_problems(sheet, block, place, wrong))
    return months, problems


def _events_of(
    sheet: FormSheet, block: Block, map_: ColumnMap, today: date
) -> tuple[dict[str, np.ndarray], list[Problem]]:
    count = len(block)
    columns: dict[str, np.ndarray] = {
        "kind": np.full(count, map_.event, dtype=object),
        "board": np.full(count, None, dtype=object),
        "name": np.full(count, None, dtype=object),
        "precision": np.full(count, None, dtype=object),
        "known_on": np.full(count, np.datetime64("NaT", "D")),
    }
    whole_months = sheet.rules.with_role("precision") is not None
    problems: list[Problem] = []
    for place, rule in sheet.matching.rules.items():
        values = block.columns[place]
        if rule.role == "event":
            # Without words of its own the column holds the program's own.
            kinds = () if rule.words else tuple(EVENTS)
            columns["kind"], wrong = cells.words(values, rule.words, kinds, longest=_LONGEST_KIND)
            wrong = [
                *wrong,
                *_missing(columns["kind"], wrong, N_("the event is missing."), N_("Write which stage was reached.")),
            ]
        elif rule.role == "board":
            columns["board"], wrong = cells.words(values, rule.words, longest=_LONGEST_BOARD)
            ids = {word: board_id(word) for word in {*columns["board"]} - {None}}
            columns["board"] = np.array([ids.get(word) for word in columns["board"]], dtype=object)
        elif rule.role == "occurred_on":
            columns["occurred_on"], wrong = days.days(values, today, whole_months=whole_months)
            if not rule.optional:
                stated = columns["occurred_on"].astype(object)
                instead = N_("Write the day as year-month-day, for example 2024-03-05.")
                wrong = [*wrong, *_missing(stated, wrong, N_("the day is missing."), instead)]
        elif rule.role == "known_on":
            columns["known_on"], wrong = days.days(values, today)
        elif rule.role == "precision":
            columns["precision"], wrong = cells.words(values, {})
        elif rule.fact is not None and rule.fact.name == "name":
            columns["name"], wrong = cells.words(values, {})
        else:
            continue
        problems.extend(_problems(sheet, block, place, wrong))
    return columns, problems


def _activities_of(sheet: FormSheet, block: Block, today: date) -> tuple[dict[str, np.ndarray], list[Problem]]:
    columns, wrong = activity_rows.read(sheet, block, today, lambda place, rule: _as_shown(sheet, block, place, rule))
    return columns, [problem for place, found in wrong for problem in _problems(sheet, block, place, found)]


def _missing(read: np.ndarray, wrong: list[cells.Wrong], what: str, instead: str) -> list[cells.Wrong]:
    known = {one.at for one in wrong}
    blank = [at for at, value in enumerate(read) if value is None and at not in known]
    return [cells.Wrong(at, "missing", Message(what), Message(instead)) for at in blank]


#: Of an event, and of an activity.
_TWICE = {
    False: N_("the event is there twice, first at %(first)s."),
    True: N_("the activity is there twice, first at %(first)s."),
}


def _doubled_rows(keys: Sequence[_Keys], firms: Sequence[str]) -> tuple[list[Problem], int]:
    """The same firm and period (or the same event) stated twice in these sheets: the first cases, and how many more."""
    key = ["firm", *keys[0].about]
    if any(name not in keys[0].rows for name in key):
        return [], 0
    rows = pd.concat([one.rows.assign(sheet=place) for place, one in enumerate(keys)], ignore_index=True)
    named = np.array([firm != "" for firm in firms], dtype=bool)
    known = named[rows["firm"]] & (rows["year"] > 0 if "year" in rows else ~rows["occurred_on"].isna())
    rows = rows[known]
    doubled = rows.duplicated(key)
    again = rows[doubled].head(MOST_LISTED)
    if again.empty:
        return [], 0
    problems: list[Problem] = []
    column = keys[0].sheet.column_of("firm") or 0
    heading = keys[0].sheet.matching.rules[column].heading
    for row in again.merge(rows[~doubled], on=key, suffixes=("", "_first")).to_dict("records"):
        first = f"{keys[row['sheet_first']].sheet.sheet.name} {cell_name(row['row_first'], column)}"
        what = (
            Message(
                N_("the firm's %(year)s is stated twice, first at %(first)s."), {"year": row["year"], "first": first}
            )
            if "year" in row
            else Message(_TWICE["title" in row], {"first": first})
        )
        problems.append(
            Problem(
                "doubled_row",
                what,
                Message(N_("Keep the right one of the two rows.")),
                keys[row["sheet"]].sheet.sheet.name,
                int(row["row"]),
                column,
                heading,
                firms[row["firm"]],
            )
        )
    return problems, int(doubled.sum()) - len(again)


def _settle_known_on(
    sheet: CheckedSheet, rows: pd.DataFrame, known_on: date | None
) -> tuple[pd.DataFrame, list[Problem]]:
    """The rows with the day from which each counts as known, and a problem for each that was known before its year was
    over."""
    default = (
        rows["year"].map({year: np.datetime64(public_on(int(year)), "s") for year in rows["year"].unique()})
        if known_on is None
        else pd.Series(np.datetime64(known_on, "s"), rows.index)
    )
    stated = pd.to_datetime(rows["known_on"]).astype("datetime64[s]")
    rows = rows.assign(known_on=stated.fillna(default.astype("datetime64[s]")))
    over = pd.to_datetime({"year": rows["year"].clip(lower=1), "month": rows["months"], "day": 1}, errors="coerce")
    early = rows[(rows["year"] > 0) & (rows["known_on"] < over)]
    problems = []
    for row in early.head(MOST_LISTED).to_dict("records"):
        what = Message(
            N_("%(year)s was not over on %(day)s, the day from which it is to count as known."),
            {"year": row["year"], "day": row["known_on"].date()},
        )
        problems.append(
            Problem(
                "known_too_early",
                what,
                Message(N_("Mend the year, or the day.")),
                sheet.name,
                int(row["row"]),
                sheet.columns.get("known_on", sheet.columns["year"]),
                sheet.headings.get("known_on", sheet.headings["year"]),
                row["firm_id"],
            )
        )
    return rows, problems
