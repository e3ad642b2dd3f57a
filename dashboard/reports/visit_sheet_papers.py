"""The sheets for visits on paper, a page a firm: as PDF in the language of their reader, as DOCX from a template that
an office can replace.

visit_sheets.py ──► visit_sheet_papers.py ──► paper_templates.py
"""

from collections.abc import Sequence
from functools import partial
from html import escape
from pathlib import Path
from typing import Any

from dashboard.components import amounts, reasons, terms
from dashboard.components.reasons import ReasonLine
from dashboard.reports import paper_templates
from dashboard.reports.pool_papers import Office, in_words
from dashboard.reports.visit_sheets import VisitSheet
from pipeline import demo_data
from pipeline.language import CHINESE, in_brackets, language, listed, speaking
from pipeline.language import gettext as _
from pipeline.printing import pdf_of_single_pages
from pipeline.tutoring.agenda.agenda import WEIGHTS
from pipeline.tutoring.visits import VisitSeen
from pipeline.wording.short_text import shortened

#: So many reasons each way, conditions that are missing, open steps.
_REASONS, _GAPS, _STEPS = 3, 5, 5
_NAME, _REASON, _SENTENCE, _STEP, _FINDINGS = 70, 90, 200, 90, 320
_NOTHING_WEIGHS = 0.05  # points that are shown as 0.0


def _style(size: float) -> str:
    return f"""
@page {{ size: A4; margin: 12mm 14mm 10mm }}
body {{ font-family: 'Noto Sans CJK SC', 'Noto Sans', sans-serif; font-size: {9 * size:.2f}pt; color: #1d2420;
  line-height: 1.38; margin: 0 }}
h1 {{ font-size: 1.7em; margin: 0; color: #0f5c4a }}
h2 {{ font-size: 1.12em; margin: .7em 0 .2em; color: #0f5c4a; border-bottom: .6pt solid #0f5c4a }}
p, ul {{ margin: .2em 0 }} ul {{ padding-left: 1.3em }}
.kind {{ float: right; color: #55605a }} .about {{ color: #55605a }}
.made-up {{ background: #f7ecd6; border: .5pt solid #d6b56c; padding: 1pt 5pt; margin-bottom: 3pt }}
table {{ border-collapse: collapse; width: 100% }}
td, th {{ border-bottom: .4pt solid #c9d1cc; padding: .18em .4em; text-align: left; vertical-align: top }}
th {{ color: #55605a; font-weight: normal; white-space: nowrap }}
.sides {{ display: flex; gap: 5mm }} .sides > div {{ flex: 1 1 0; min-width: 0 }}
.blank td, .blank th {{ border: .5pt solid #55605a }} .blank th {{ width: 18mm; white-space: normal }}
.high td {{ height: {44 * size:.0f}mm }} .middle td {{ height: {22 * size:.0f}mm }} .low td {{ height: 10mm }}
"""


def sheets_pdf(sheets: Sequence[VisitSheet], made_up: bool) -> bytes:
    """A page a firm, in the current language."""
    return pdf_of_single_pages([partial(sheet_html, sheet, made_up) for sheet in sheets])


def sheet_html(sheet: VisitSheet, made_up: bool, size: float = 1.0) -> str:
    """One sheet as a page; `size`: of its type, as a part of the usual."""
    notice = f'<p class="made-up">{escape(_(demo_data.NOTICE))}</p>' if made_up else ""
    raising, lowering = strongest(sheet)
    about = [terms.district(sheet.district_code), sheet.firm_id, terms.pool(sheet.pool)]
    sides = [
        f"<div><h2>{escape(head)}</h2>{_list([reason_text(each) for each in lines])}</div>"
        for head, lines in ((_("What raises the score"), raising), (_("What lowers the score"), lowering))
    ]
    standing = "".join(
        f"<tr><th>{escape(name)}</th><td>{escape(value)}</td></tr>" for name, value in standing_of(sheet)
    )
    return f"""<!doctype html><html lang="{language().replace("_", "-")}"><head><meta charset="utf-8">
<title>{escape(_("Visit sheet"))}</title><style>{_style(size)}</style></head><body>{notice}
<p class="kind">{escape(_("Visit sheet"))} · {sheet.on.isoformat()}</p>
<h1>{escape(shortened(sheet.name, _NAME))}</h1>
<p class="about">{escape(" · ".join(each for each in about if each))}</p>
<table>{standing}</table>
<h2>{escape(_("Why go there"))}</h2>{_list(whys_of(sheet))}
<div class="sides">{"".join(sides)}</div>
<h2>{escape(_("What is missing for the best board"))}</h2><p>{escape(best_of(sheet))}</p>{_list(gaps_of(sheet), "")}
<h2>{escape(_("Open steps"))}</h2>{_list(steps_of(sheet))}
<h2>{escape(_("Last visits"))}</h2>{_list([visit_text(each) for each in sheet.last], _("No visit is on record."))}
<h2>{escape(_("To be filled in"))}</h2>{_blanks()}
</body></html>"""


def _blanks() -> str:
    rows = "".join(
        f'<tr class="{kind}"><th>{escape(words)}</th><td colspan="3"></td></tr>'
        for kind, words in (("high", _("Findings")), ("middle", _("Next step")))
    )
    pairs = ((_("Due day"), _("Who does it")), (_("Visited on, by"), _("Signed for the firm")))
    for left, right in pairs:
        rows += f'<tr class="low"><th>{escape(left)}</th><td></td><th>{escape(right)}</th><td></td></tr>'
    return f'<table class="blank">{rows}</table>'


def _list(lines: Sequence[str], nothing: str | None = None) -> str:
    if not lines:
        words = _("Nothing is known.") if nothing is None else nothing
        return f"<p>{escape(words)}</p>" if words else ""
    return f"<ul>{''.join(f'<li>{escape(line)}</li>' for line in lines)}</ul>"


# --- its parts in words ----------------------------------------------------------------------------


def standing_of(sheet: VisitSheet) -> list[tuple[str, str]]:
    """Stage and since when, mentor, contact, points: names and values."""
    lines = []
    if sheet.case is not None:
        since = _("since %(day)s, %(days)s days", day=sheet.case.case.stage_since, days=sheet.case.days_in_stage)
        lines.append((_("Stage"), in_brackets(terms.stage_short(sheet.case.case.stage), since)))
        lines.append((_("Mentor"), sheet.case.mentor or _("nobody yet")))
    else:
        lines.append((_("Stage"), _("No case is open.")))
    lines.append((_("Contact"), contact_of(sheet)))
    lines.append((_("Points"), points_of(sheet)))
    return lines


def contact_of(sheet: VisitSheet) -> str:
    if sheet.contact is None:
        return _("none on record")
    named = shortened(" ".join((sheet.contact.name, sheet.contact.phone)), _NAME)
    return in_brackets(named, _("application of %(day)s", day=sheet.contact.declared_on.isoformat()))


def points_of(sheet: VisitSheet) -> str:
    if sheet.points is None or sheet.scores_of is None:
        return _("no score")
    return in_brackets(amounts.points(sheet.points), _("scores of %(day)s", day=sheet.scores_of.isoformat()))


def whys_of(sheet: VisitSheet) -> list[str]:
    """Why go there, the weightiest reason first."""
    ordered = sorted(sheet.why, key=lambda reason: -WEIGHTS[reason.kind])
    return [shortened(str(reason.message), _SENTENCE) for reason in ordered]


def strongest(sheet: VisitSheet) -> tuple[list[ReasonLine], list[ReasonLine]]:
    """The reasons that raise the score most, and those that lower it most."""
    named = reasons.named(sheet.reasons.points, sheet.reasons.values)
    raising = [each for each in named if each.points > _NOTHING_WEIGHS]
    lowering = [each for each in named if each.points < -_NOTHING_WEIGHS]
    return raising[:_REASONS], lowering[:_REASONS]


def reason_text(reason: ReasonLine) -> str:
    named = in_brackets(reason.label, reason.value) if reason.value else reason.label
    return f"{shortened(named, _REASON)} {amounts.signed_points(reason.points)}"


def best_of(sheet: VisitSheet) -> str:
    return _("Nothing is known.") if sheet.best is None else str(sheet.best)


def gaps_of(sheet: VisitSheet) -> list[str]:
    """What is missing for the best board; of many the first, and how many more."""
    lines = [shortened(str(gap), _SENTENCE) for gap in sheet.gaps[:_GAPS]]
    left = len(sheet.gaps) - _GAPS
    return [*lines, _("… and %(count)s more", count=left)] if left > 0 else lines


def steps_of(sheet: VisitSheet) -> list[str]:
    lines = [_step(each, sheet) for each in sheet.steps[:_STEPS]]
    left = len(sheet.steps) - _STEPS
    return [*lines, _("… and %(count)s more", count=left)] if left > 0 else lines


def _step(visit: VisitSeen, sheet: VisitSheet) -> str:
    parts = [_("due on %(day)s", day=amounts.day(visit.due_on))]
    if visit.due_on is not None and visit.due_on < sheet.on:
        parts.append(_("%(days)s days late", days=(sheet.on - visit.due_on).days))
    if visit.owner:
        parts.append(visit.owner)
    return in_brackets(shortened(visit.next_step or "", _STEP), listed(parts))


def visit_text(visit: VisitSeen) -> str:
    """A visit on a few lines: when, who, what was found where that may be read, what was agreed and what came of it."""
    parts = [] if visit.findings is None else [shortened(visit.findings, _FINDINGS)]
    if visit.next_step and visit.step_withdrawn is None:
        agreed = shortened(visit.next_step, _STEP)
        done = _("not done yet") if visit.done_on is None else _("done %(day)s", day=visit.done_on.isoformat())
        parts.append(_("next step: %(step)s", step=in_brackets(agreed, done)))
    return " ".join([visit.visited_on.isoformat(), visit.visited_by, *parts])


# --- as DOCX ---------------------------------------------------------------------------------------


def sheets_docx(sheets: Sequence[VisitSheet], office: Office, made_up: bool, template: Path | None = None) -> bytes:
    """The sheets as DOCX, in Chinese as every paper is. Raises WrongTemplate."""
    with speaking(CHINESE):
        file = template or paper_templates.template_of("visit_sheet", office.templates)
        notice = _(demo_data.NOTICE) if made_up else ""
        return paper_templates.filled(file, fields_of(sheets, office), notice)


def fields_of(sheets: Sequence[VisitSheet], office: Office) -> dict[str, Any]:
    """Everything that a template of the sheets can ask for, by its name."""
    return {"发文单位": office.name or "", "走访表": [_fields(sheet) for sheet in sheets]}


def _fields(sheet: VisitSheet) -> dict[str, Any]:
    raising, lowering = strongest(sheet)
    case = sheet.case
    return {
        "企业名称": shortened(sheet.name, _NAME),
        "统一社会信用代码": sheet.firm_id,
        "所在区县": terms.district(sheet.district_code),
        "日期": in_words(sheet.on),
        "所在库": terms.pool(sheet.pool),
        "阶段": terms.stage_short(case.case.stage) if case is not None else _("No case is open."),
        "阶段起始": "" if case is None else case.case.stage_since.isoformat(),
        "阶段天数": "" if case is None else case.days_in_stage,
        "挂点干部": "" if case is None else case.mentor or _("nobody yet"),
        "联系人": contact_of(sheet),
        "得分": points_of(sheet),
        "走访理由": whys_of(sheet),
        "加分项": listed(reason_text(each) for each in raising) or _("Nothing is known."),
        "减分项": listed(reason_text(each) for each in lowering) or _("Nothing is known."),
        "最适合板块": best_of(sheet),
        "差距": gaps_of(sheet),
        "未办事项": steps_of(sheet),
        "近期走访": [visit_text(each) for each in sheet.last],
    }
