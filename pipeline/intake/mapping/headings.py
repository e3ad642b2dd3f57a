"""Find the sheets of a form in a workbook and hold their headings against the column map.

What stops a sheet before its first row is said here: a missing, unknown or doubled heading, merged cells,
formula errors and formulas without a value. A head may have several rows: groups above the headings, and headings
merged down beside them; the last of its rows is the one that counts.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from pipeline.intake.mapping.column_maps import (
    ColumnMap,
    ColumnRule,
    Matching,
    SheetMap,
    matching,
    nearest,
    plain,
    rule_for,
)
from pipeline.intake.reading.cells import is_blank
from pipeline.intake.reading.problems import Problem
from pipeline.intake.reading.workbook import Sheet, Workbook
from pipeline.language import N_, Message

#: Sheets this program itself writes into a workbook; they are read over.
OUR_SHEETS = frozenset({"待修改清单", "填表说明", "选项"})


@dataclass(frozen=True)
class FormSheet:
    """A sheet of the file, the part of the map that explains it, and where its headings stand."""

    sheet: Sheet
    rules: SheetMap
    heading_row: int
    matching: Matching

    @property
    def width(self) -> int:
        return max(self.matching.rules, default=-1) + 1

    @property
    def headed(self) -> set[int]:
        """The columns that have a heading, known or not."""
        return {*self.matching.rules, *self.matching.unknown, *self.matching.doubled}

    def column_of(self, field: str) -> int | None:
        return next((place for place, rule in self.matching.rules.items() if rule.field == field), None)


@dataclass
class Form:
    """What was found of a form: its sheets, the problems that stop them, and notices that stop nothing."""

    sheets: list[FormSheet]
    problems: list[Problem]
    notices: list[Message]


def find_form(book: Workbook, map_: ColumnMap) -> Form:
    """The sheets of `map_` in the file. A form without a single sheet is a problem, not an exception."""
    form = Form([], [], [])
    filled = [(sheet, _merged_down(sheet)) for sheet in book.sheets if sheet.name not in OUR_SHEETS]
    filled = [(sheet, head) for sheet, head in filled if any(not _blank(row) for row in head)]
    if not filled:
        form.problems.append(
            Problem(
                "no_rows",
                Message(N_("The file has no filled cells.")),
                Message(N_("Fill in the form and hand it in again.")),
            )
        )
        return form
    chosen = _by_name(book, map_, filled, form) if map_.many_sheets else _by_headings(map_, filled, form)
    for sheet, rules, head in chosen:
        form.sheets.append(_held_against(sheet, rules, head, form.problems))
    return form


def _blank(row: Sequence[Any]) -> bool:
    return all(value is None or (isinstance(value, str) and not value.strip()) for value in row)


def _merged_down(sheet: Sheet) -> list[list[Any]]:
    """The head of a sheet; a cell merged down over others of its column stands in each of them."""
    head = sheet.head()
    for first_row, column, last_row, last_column in sheet.merged:
        if column == last_column and first_row < len(head) and column < len(head[first_row]):
            for row in head[first_row + 1 : last_row + 1]:
                row += [None] * (column + 1 - len(row))
                row[column] = head[first_row][column]
    return head


#: The code and the year stand on every sheet of a form; with a third heading a sheet tells which one it is.
_TELLING = 3

Found = tuple[Sheet, SheetMap, list[list[Any]]]


def _by_headings(map_: ColumnMap, filled: list[tuple[Sheet, list[list[Any]]]], form: Form) -> list[Found]:
    """A form of one kind of sheet: every visible sheet that carries most of its headings, at least one."""
    rules = map_.sheets[0]
    scored = [(_likeness(rules, head), sheet, head) for sheet, head in filled if not sheet.hidden]
    scored = scored or [(_likeness(rules, head), sheet, head) for sheet, head in filled]
    good = [(sheet, rules, head) for likeness, sheet, head in scored if likeness >= 0.5]
    if not good:
        best = max(scored, key=lambda one: one[0])
        good = [(best[1], rules, best[2])]
    for sheet, _head in filled:
        if all(sheet is not read for read, _rules, _h in good):
            form.notices.append(
                Message(
                    N_("Sheet %(sheet)s was not read: it does not carry the headings of the form."),
                    {"sheet": sheet.name},
                )
            )
    return good


def _by_name(book: Workbook, map_: ColumnMap, filled: list[tuple[Sheet, list[list[Any]]]], form: Form) -> list[Found]:
    """A form of several sheets, each with its name; a .csv file is the one sheet that it looks most like."""
    if book.kind == "csv":
        sheet, head = filled[0]
        return [(sheet, max(map_.sheets, key=lambda rules: _likeness(rules, head)), head)]
    named = {plain(rules.name): rules for rules in map_.sheets}
    chosen = [(sheet, named[plain(sheet.name)], head) for sheet, head in filled if plain(sheet.name) in named]
    there = {rules.name for _sheet, rules, _head in chosen}
    missing = [str(rules.name) for rules in map_.sheets if rules.name not in there]
    for sheet, head in filled:
        if plain(sheet.name) in named:
            if sheet.hidden:
                form.notices.append(
                    Message(N_("Sheet %(sheet)s is hidden; it was read all the same."), {"sheet": sheet.name})
                )
            continue
        near = nearest(sheet.name, missing)
        alike = max(map_.sheets, key=lambda rules: (_hits(rules, head), rules.name in missing))
        carries = _likeness(alike, head) >= 0.5 and _hits(alike, head) >= _TELLING
        if near or (carries and alike.name in missing):
            form.problems.append(
                Problem(
                    "unknown_sheet",
                    Message(N_("the form has no sheet of this name.")),
                    Message(
                        N_("Call it %(name)s, as the template does."), {"name": near[0] if near else str(alike.name)}
                    ),
                    sheet=sheet.name,
                )
            )
        elif carries and not sheet.hidden:
            form.problems.append(
                Problem(
                    "doubled_sheet",
                    Message(
                        N_("the sheet carries the headings of %(name)s, which is there too."), {"name": alike.name}
                    ),
                    Message(N_("Put all rows on one of the two sheets and delete the other.")),
                    sheet=sheet.name,
                )
            )
        else:
            form.notices.append(
                Message(N_("Sheet %(sheet)s was not read: it is no sheet of the form."), {"sheet": sheet.name})
            )
    if not chosen and not form.problems:
        form.problems.append(
            Problem(
                "no_sheet",
                Message(N_("The file has none of the sheets of the form.")),
                Message(N_("The sheets are called %(names)s; begin from the template."), {"names": missing}),
            )
        )
    return chosen


def _likeness(rules: SheetMap, head: list[list[Any]]) -> float:
    """Share of the needed headings that stand in the best row of the head."""
    needed = {plain(rule.heading) for rule in rules.columns if not rule.optional} or {
        plain(r.heading) for r in rules.columns
    }
    known = rules.by_heading()
    best = 0.0
    for row in head:
        meant = [rule_for(known, cell) for cell in row if not _blank([cell])]
        there = {plain(rule.heading) for rule in meant if rule is not None}
        best = max(best, len(there & needed) / len(needed))
    return best


def _hits(rules: SheetMap, head: list[list[Any]]) -> int:
    """How many headings of the sheet stand in the best row of the head, the optional ones included."""
    known = rules.by_heading()
    meant = ([rule_for(known, cell) for cell in row if not _blank([cell])] for row in head)
    return max((len({rule.heading for rule in row if rule is not None}) for row in meant), default=0)


def _held_against(sheet: Sheet, rules: SheetMap, head: list[list[Any]], problems: list[Problem]) -> FormSheet:
    row, headings = _heading_row(sheet, rules, head)
    found = matching(rules, headings)
    for rule in found.missing:
        near = [heading for heading, others in found.near.items() if rule.heading in others]
        problems.append(_missing(sheet.name, rule, near))
    for place, heading in found.unknown.items():
        near = list(found.near.get(heading, ()))
        instead = (
            Message(N_('Write "%(near)s" if that is meant, or delete the column.'), {"near": '" / "'.join(near)})
            if near
            else Message(N_("Delete the column, or use the map of the form it belongs to."))
        )
        problems.append(
            Problem(
                "unknown_heading",
                Message(N_("the form has no such heading.")),
                instead,
                sheet.name,
                _top_of(sheet, row, place),
                place,
                heading,
            )
        )
    for place, heading in found.doubled.items():
        problems.append(
            Problem(
                "doubled_heading",
                Message(N_("the heading is there twice.")),
                Message(N_("Keep the right one of the two columns.")),
                sheet.name,
                _top_of(sheet, row, place),
                place,
                heading,
            )
        )
    form_sheet = FormSheet(sheet, rules, row, found)
    problems.extend(_unreadable_cells(form_sheet))
    return form_sheet


def _heading_row(sheet: Sheet, rules: SheetMap, head: list[list[Any]]) -> tuple[int, list[Any]]:
    """The row with the most headings of the form, and what it says; the last row where headings are merged down.

    Beside merged headings one may stand above blank cells without a merge. A row with a figure below a heading
    is none of the head, even where another heading is merged into it.
    """
    known = rules.by_heading()

    def hits(row: Sequence[Any]) -> int:
        return sum(1 for cell in row if not _blank([cell]) and rule_for(known, cell) is not None)

    counts = [hits(row) for row in head]
    if not max(counts):
        first_filled = next(place for place, row in enumerate(head) if not _blank(row))
        return first_filled, head[first_filled]
    best = counts.index(max(counts))
    ends = {
        last for first, left, last, right in sheet.merged if left == right and first <= best < last and last < len(head)
    }
    for end in sorted(ends, reverse=True):
        headings = list(head[end])
        for place, heading in enumerate(head[best][: len(headings)]):
            below = [row[place] for row in head[best + 1 : end + 1] if place < len(row)]
            if _blank(below) and not _blank([heading]) and rule_for(known, heading) is not None:
                headings[place] = heading
        if hits(headings) >= counts[best]:
            return end, headings
    return best, head[best]


def _top_of(sheet: Sheet, row: int, place: int) -> int:
    """The first row of the merged cell that this one belongs to: the only one of it that can be written to."""
    return next(
        (first for first, left, last, right in sheet.merged if first <= row <= last and left <= place <= right), row
    )


def _missing(sheet: str, rule: ColumnRule, near: list[str]) -> Problem:
    instead = (
        Message(N_('Is it the column "%(near)s"? Give it this heading.'), {"near": '" / "'.join(near)})
        if near
        else Message(N_("Add the column, as the template has it; its cells may be blank."))
    )
    return Problem("missing_heading", Message(N_("the heading is missing.")), instead, sheet, heading=rule.heading)


def _unreadable_cells(form_sheet: FormSheet) -> list[Problem]:
    """Merged cells, formula errors and formulas without a value, from the headings down, in the columns of the form."""
    sheet, top, rules = form_sheet.sheet, form_sheet.heading_row, form_sheet.matching.rules
    problems = []
    for first_row, first_column, last_row, last_column in sorted(sheet.merged):
        touched = [place for place in rules if first_column <= place <= last_column]
        of_head = last_row < top or (last_row == top and first_column == last_column)
        if of_head or not touched:
            continue
        problems.append(
            Problem(
                "merged_cells",
                Message(N_("the cell is merged with others.")),
                Message(N_("Undo the merge and fill in every cell of its own.")),
                sheet.name,
                first_row,
                max(first_column, min(touched)),
                rules[touched[0]].heading,
            )
        )
    for (row, column), error in sorted(sheet.notes.errors.items()):
        if row > top and column in rules and not is_blank(error):
            problems.append(
                Problem(
                    "formula_error",
                    Message(N_("the formula gives the error %(found)s."), {"found": error}),
                    Message(N_("Mend the formula or write the value.")),
                    sheet.name,
                    row,
                    column,
                    rules[column].heading,
                    found=error,
                )
            )
    for row, column in sorted(sheet.notes.uncomputed):
        if row > top and column in rules:
            problems.append(
                Problem(
                    "formula_without_value",
                    Message(N_("the formula was never computed.")),
                    Message(N_("Open the file in Excel or WPS and save it, or write the value.")),
                    sheet.name,
                    row,
                    column,
                    rules[column].heading,
                )
            )
    return problems
