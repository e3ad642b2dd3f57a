"""The empty workbook of a form: headings, units, notes, drop-down lists, and cells that refuse most mistakes.

Made from the column map of the form, so that a form and its template cannot differ. Headings are those of the
map (Chinese); notes are in the language asked for.
"""

from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

from pipeline.activities import stated
from pipeline.activities.kinds import activity_kinds
from pipeline.catalog import Fact
from pipeline.intake.mapping import column_maps
from pipeline.intake.mapping.column_maps import ColumnMap, ColumnRule, SheetMap
from pipeline.intake.reading.days import FIRST_YEAR
from pipeline.language import N_, Message, headed, joined, pick, speaking
from pipeline.language import gettext as _

NOTES_SHEET, LISTS_SHEET = "填表说明", "选项"
#: Rows made ready on each sheet; further rows are read as well.
READY_ROWS = 3_000
_NEEDED, _OPTIONAL = "FFD6E4F0", "FFF2F2F2"
_YES_NO = ("是", "否")
#: What an activity states in words (column_maps.ACTIVITY_ROLES).
_IN_WORDS = ("kind", "level", "title", "counterpart", "outcome")


def write_template(path: Path, language: str, map_name: str = "city") -> Path:
    """Write the empty workbook of a form to `path`, its notes in `language` (zh_CN or en)."""
    import openpyxl

    map_ = column_maps.load(map_name)
    with speaking(language):
        book = openpyxl.Workbook()
        book.remove(book.worksheets[0])
        notes, lists = book.create_sheet(NOTES_SHEET), book.create_sheet(LISTS_SHEET)
        choices: dict[tuple[str, ...], str] = {}
        for place, rules in enumerate(map_.sheets):
            sheet = book.create_sheet(rules.name or map_.zh[:31], place + 1)
            _write_sheet(sheet, rules, lists, choices)
        lists.sheet_state = "hidden"
        _write_notes(notes, map_)
        book.active = 1
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    book.save(path)
    return path


def _write_sheet(sheet: Any, rules: SheetMap, lists: Any, choices: dict[tuple[str, ...], str]) -> None:
    from openpyxl.comments import Comment
    from openpyxl.styles import Alignment, Font, PatternFill
    from openpyxl.utils import get_column_letter

    for place, rule in enumerate((one for one in rules.columns if one.role != "ignored"), start=1):
        letter = get_column_letter(place)
        head = sheet.cell(1, place, rule.heading)
        head.font = Font(bold=True)
        head.fill = PatternFill("solid", fgColor=_OPTIONAL if rule.optional else _NEEDED)
        head.alignment = Alignment(wrap_text=True, vertical="center", horizontal="center")
        head.comment = Comment(_note(rule), "goldseed", width=320, height=140)
        sheet.column_dimensions[letter].width = 24 if rule.role == "firm" else max(12, min(30, 2 * len(rule.heading)))
        shown_as = _number_format(rule)
        if shown_as:
            sheet.column_dimensions[letter].number_format = shown_as
            for row in range(2, 202):
                sheet.cell(row, place).number_format = shown_as
        validation = _validation(rule, lists, choices)
        if validation is not None:
            validation.add(f"{letter}2:{letter}{READY_ROWS + 1}")
            sheet.add_data_validation(validation)
    sheet.row_dimensions[1].height = 45
    sheet.freeze_panes = "C2"


def _number_format(rule: ColumnRule) -> str:
    if rule.role in ("firm", "event", "board", *_IN_WORDS) or (rule.fact and rule.fact.type == "text"):
        return "@"
    if rule.role in ("occurred_on", "ended_on", "known_on", "period_end") or (rule.fact and rule.fact.type == "date"):
        return "yyyy-mm-dd"
    return ""


def _validation(rule: ColumnRule, lists: Any, choices: dict[tuple[str, ...], str]) -> Any:
    """What Excel refuses to take in this column; None where everything goes."""
    from openpyxl.worksheet.datavalidation import DataValidation

    words = tuple(rule.words) or (tuple(rule.fact.values) if rule.fact else ())
    if rule.fact is not None and rule.fact.type == "yes_no":
        words = _YES_NO
    if words:
        made = DataValidation(type="list", formula1=_choices(words, lists, choices), allow_blank=True)
    elif rule.role == "firm":
        made = DataValidation(type="textLength", operator="equal", formula1="18", allow_blank=True)
    elif rule.role == "year":
        made = DataValidation(
            type="whole", operator="between", formula1=str(FIRST_YEAR), formula2="YEAR(TODAY())", allow_blank=True
        )
    elif rule.role in ("occurred_on", "known_on", "period_end"):
        made = DataValidation(type="date", operator="between", formula1="2", formula2="TODAY()", allow_blank=True)
    elif rule.role == "amount":
        made = DataValidation(
            type="decimal", operator="between", formula1="0", formula2=f"{1e13 / rule.factor:.12g}", allow_blank=True
        )
    elif rule.role != "ended_on" and (rule.fact is None or rule.fact.type == "text"):
        return None
    elif rule.fact is None or rule.fact.type == "date":
        made = DataValidation(type="date", operator="between", formula1="2", formula2="73050", allow_blank=True)
    else:
        low, high = _limits(rule.fact, rule.factor)
        whole = rule.fact.type == "count"
        made = DataValidation(
            type="whole" if whole else "decimal", operator="between", formula1=low, formula2=high, allow_blank=True
        )
    made.showErrorMessage = True
    # A figure outside the usual range may be true: Excel asks, and takes it. A word out of the list it refuses.
    hard = bool(words) or rule.role is not None or (rule.fact is not None and rule.fact.type in ("count", "date"))
    made.errorStyle = "stop" if hard else "warning"
    made.errorTitle, made.error = _("Please check"), _note(rule)[:250]
    return made


def _limits(fact: Fact, factor: float) -> tuple[str, str]:
    def written(value: float | None, otherwise: float) -> str:
        return f"{otherwise if value is None else value / abs(factor):.12g}"

    wide = 2_000_000_000 if fact.type == "count" else 1e12
    return written(fact.low, 0 if fact.type == "count" else -wide), written(fact.high, wide)


def _choices(words: tuple[str, ...], lists: Any, choices: dict[tuple[str, ...], str]) -> str:
    """The range of the hidden sheet that holds these words; a list in the formula itself is cut at 255 letters."""
    from openpyxl.utils import get_column_letter

    if words not in choices:
        letter = get_column_letter(len(choices) + 1)
        for row, word in enumerate(words, start=1):
            lists.cell(row, len(choices) + 1, word)
        choices[words] = f"'{LISTS_SHEET}'!${letter}$1:${letter}${len(words)}"
    return choices[words]


def _note(rule: ColumnRule) -> str:
    lines = [_("Needed.") if not rule.optional else _("May be left out.")]
    if rule.role == "firm":
        lines.append(_("The 18 characters of the unified social credit code, as on the business licence."))
    elif rule.role == "year":
        lines.append(_("The year the figures are of, for example %(year)s.", year=date(2024, 1, 1).year))
    elif rule.role == "amount" or (rule.fact is not None and rule.fact.type == "money"):
        lines.append(
            _("In %(unit)s, with digits. Leave it blank if it is not known; write 0 if there was none.", unit=rule.unit)
        )
    elif rule.fact is not None and rule.fact.type == "ratio":
        lines.append(_("In %(unit)s: 12.5 is 12.5 %%. Leave it blank if it is not known.", unit=rule.unit or "1"))
    elif rule.fact is not None and rule.fact.type == "count":
        lines.append(_("A whole number. Leave it blank if it is not known; write 0 if there was none."))
    elif _number_format(rule).startswith("yyyy"):
        lines.append(_("A day, for example 2024-03-05."))
    elif rule.words or (rule.fact and (rule.fact.values or rule.fact.type == "yes_no")):
        lines.append(_("Choose from the list."))
    return " ".join(lines)


def _write_notes(notes: Any, map_: ColumnMap) -> None:
    from openpyxl.styles import Alignment, Font

    lines = [
        map_.zh,
        _("One row an activity. What each kind states is listed below.")
        if map_.kind == "activities"
        else _("One row a firm and year. The year is that of the figures; each firm's year stands once on a sheet."),
        _(
            "Money in 万元 and shares in % as the headings say. "
            "Digits only; 1.2亿, 3,500万 and 12.5% are understood as well."
        ),
        _("What is not known stays blank; 0 means that there was none. Do not write 约, ranges or notes in the cells."),
        _("Do not change, add or delete headings; do not merge cells. A sheet that is not needed may be deleted."),
        _(
            "Blue headings are needed, grey ones may be left out. "
            "Hold the pointer over a heading to read what belongs there."
        ),
        _("A correction is handed in as a file of its own with the whole row: what was stated before stays on record."),
        *(_kinds_of_activities() if map_.kind == "activities" else []),
    ]
    for row, line in enumerate(lines, start=1):
        cell = notes.cell(row, 1, line)
        cell.alignment = Alignment(wrap_text=True, vertical="top")
        cell.font = Font(bold=row == 1, size=14 if row == 1 else 11)
    notes.column_dimensions["A"].width = 110


def _kinds_of_activities() -> Iterator[str]:
    """A line a kind: what it needs, what else it may state, and the words of its level."""
    for kind in activity_kinds().kinds.values():
        needed = [stated.field_name(kind, field) for field in kind.needs]
        more = [stated.field_name(kind, field) for field in kind.asks if field not in kind.needs]
        said = {"kind": kind.name, "needed": needed, "more": more, "words": [*kind.levels.values()]}
        parts = [
            *([Message(N_("needs %(needed)s"), said)] if needed else []),
            *([Message(N_("may state %(more)s"), said)] if more else []),
            *([Message(N_("levels: %(words)s"), said)] if kind.levels else []),
        ]
        yield headed(pick(kind.name), joined(str(part) for part in parts) if parts else _("its day alone"))
