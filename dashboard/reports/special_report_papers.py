"""The city's one-page report on paper: as PDF in the language of its reader, as DOCX from a template that an office can
replace.

special_report.py ──► special_report_papers.py ──► paper_templates.py

Everything is cut to the room that one A4 page has; what is left out is counted.
"""

from collections.abc import Sequence
from dataclasses import replace
from html import escape
from pathlib import Path
from typing import Any

from dashboard.components import amounts, terms
from dashboard.reports import paper_templates
from dashboard.reports.pool_papers import Office, in_words
from dashboard.reports.special_report import DistrictLine, SpecialReport
from pipeline import demo_data
from pipeline.language import CHINESE, headed, in_brackets, joined, language, listed, pick, speaking
from pipeline.language import gettext as _
from pipeline.pools.reviews import Member
from pipeline.printing import one_page_pdf
from pipeline.tutoring.agenda.agenda import WEIGHTS, FirmToday
from pipeline.tutoring.cases import outcome_label
from pipeline.wording.number_format import decimal
from pipeline.wording.short_text import few_of, shortened, width

#: So many firms are named of each change, so wide; so many districts stand in a line of their own.
_NAMED, _NAME, _DISTRICTS = 3, 26, 8
#: How wide a step is told within a reason, and all reasons of a firm together.
_STEP, _WHY, _WHY_DOCX = 36, 140, 88
_OLDEST = 3
_BLANK_OFFICE = "＿＿＿＿＿＿＿＿"


def _style(size: float) -> str:
    return f"""
@page {{ size: A4; margin: 11mm 13mm 10mm }}
body {{ font-family: 'Noto Sans CJK SC', 'Noto Sans', sans-serif; font-size: {8.4 * size:.2f}pt; color: #1d2420;
  line-height: 1.35; margin: 0 }}
h1 {{ font-size: 1.95em; margin: 0; text-align: center; color: #0f5c4a }}
h2 {{ font-size: 1.15em; margin: .7em 0 .25em; color: #0f5c4a; border-bottom: .6pt solid #0f5c4a }}
p {{ margin: .25em 0 }}
.about {{ color: #55605a; text-align: center; border-bottom: 1.2pt solid #0f5c4a; padding-bottom: .4em }}
.note {{ color: #55605a; font-size: .88em }}
.made-up {{ background: #f7ecd6; border: .5pt solid #d6b56c; padding: 1pt 5pt; margin-bottom: 3pt; text-align: center }}
table {{ border-collapse: collapse; width: 100% }}
th, td {{ border-bottom: .4pt solid #c9d1cc; padding: .16em .35em; text-align: left; vertical-align: top }}
th {{ color: #55605a; font-weight: normal; font-size: .92em }}
td.figure, th.figure {{ text-align: right; font-variant-numeric: tabular-nums; white-space: nowrap }}
.sides {{ display: flex; gap: 5mm }} .sides > div {{ flex: 1 1 0; min-width: 0 }}
.tiles {{ display: flex; gap: 3mm; margin: .6em 0 .2em }}
.tiles div {{ flex: 1 1 0; background: #eef4f1; padding: .35em .6em }}
.tiles b {{ display: block; font-size: 1.7em; line-height: 1.2; color: #0f5c4a }} .tiles span {{ color: #55605a }}
table.fixed {{ table-layout: fixed; margin-bottom: .4em }}
.bar {{ background: #9fcdbd; height: .75em; min-width: .5pt; margin-top: .25em }}
"""


def report_pdf(report: SpecialReport, office: Office, made_up: bool) -> bytes:
    """The report on one A4 page, in the current language."""
    return one_page_pdf(lambda size: report_html(report, office, made_up, size))


def title_of(report: SpecialReport) -> str:
    """What the report is called; of an officer of a district it says whose firms alone it tells of."""
    title = _("Special report: firms on their way to a listing")
    return title if report.district is None else in_brackets(title, _place(report))


def report_html(report: SpecialReport, office: Office, made_up: bool, size: float = 1.0) -> str:
    """The report as a page; `size`: of its type, as a part of the usual."""
    notice = f'<p class="made-up">{escape(_(demo_data.NOTICE))}</p>' if made_up else ""
    about = [office.name or "", _("as of %(day)s", day=report.as_of.isoformat())]
    about.append(_("compared with %(day)s", day=report.since.isoformat()))
    title = escape(title_of(report))
    return f"""<!doctype html><html lang="{language().replace("_", "-")}"><head><meta charset="utf-8">
<title>{title}</title><style>{_style(size)}</style></head><body>{notice}
<h1>{title}</h1><p class="about">{escape(" · ".join(each for each in about if each))}</p>
{_tiles(report)}
<div class="sides"><div><h2>{escape(_("How far the firms have come"))}</h2>{_stages(report)}{_way(report)}
<h2>{escape(_("By district"))}</h2>{_districts(report)}</div>
<div><h2>{escape(_("Changes within the month"))}</h2>{_changes(report)}
<h2>{escape(_("Overdue steps"))}</h2><p>{escape(overdue_of(report))}</p>
<h2>{escape(_("Decisions taken and waiting"))}</h2><p>{escape(_taken(report))}</p>
<p>{escape(_waiting(report))}</p></div></div>
<h2>{escape(_("Firms to watch"))}</h2>{_watch(report)}
<p class="note">{escape(_note(report))}</p></body></html>"""


# --- its parts -------------------------------------------------------------------------------------


def _place(report: SpecialReport) -> str:
    return terms.district(report.district)


def _tiles(report: SpecialReport) -> str:
    late = len(report.overdue)
    waiting = report.decisions.waiting + report.decisions.objections
    tiles = [
        *((in_brackets(terms.pool(pool.pool), _change(pool.firms - pool.before)), pool.firms) for pool in report.pools),
        (_("Firms in tutoring"), report.cases),
        (_("Steps overdue"), late),
        (_("Decisions waiting"), waiting),
    ]
    drawn = [f"<div><b>{amounts.count(count)}</b><span>{escape(name)}</span></div>" for name, count in tiles]
    return f'<div class="tiles">{"".join(drawn)}</div>'


def _change(change: int) -> str:
    return decimal(change, signed=True) if change else "±0"


def _table(
    heads: Sequence[str],
    rows: Sequence[Sequence[str]],
    figures: frozenset[int] = frozenset(),
    widths: Sequence[int] = (),
) -> str:
    """`rows`: cells that are escaped already; `widths`: of the columns in per cent, none: as their texts ask."""

    def kind(place: int) -> str:
        return ' class="figure"' if place in figures else ""

    columns = "".join(f'<col style="width:{wide}%">' for wide in widths)
    head = "".join(f"<th{kind(place)}>{escape(words)}</th>" for place, words in enumerate(heads))
    body = "".join(
        "<tr>" + "".join(f"<td{kind(place)}>{cell}</td>" for place, cell in enumerate(row)) + "</tr>" for row in rows
    )
    return f"<table{' class=fixed' if widths else ''}><colgroup>{columns}</colgroup><tr>{head}</tr>{body}</table>"


def _stages(report: SpecialReport) -> str:
    shown = [stage for stage in report.stages if stage.firms or stage.before]
    if not shown:
        return f"<p>{escape(_('No case is open.'))}</p>"
    most = max(stage.firms for stage in shown) or 1
    rows = [
        [
            escape(terms.stage(stage.stage)),
            f'<div class="bar" style="width:{100 * stage.firms / most:.0f}%"></div>',
            amounts.count(stage.firms),
            _change(stage.firms - stage.before),
        ]
        for stage in shown
    ]
    heads = [_("Stage of tutoring"), "", _("Firms"), _("Change")]
    return _table(heads, rows, frozenset({2, 3}), (44, 28, 14, 14))


def _way(report: SpecialReport) -> str:
    rows = [
        [escape(_(terms.WAY[step.step])), amounts.count(step.in_pool), amounts.count(step.firms)] for step in report.way
    ]
    heads = [_("The way to the market"), _("in a pool now"), _("all firms")]
    return _table(heads, rows, frozenset({1, 2}), (48, 26, 26))


def changes_of(report: SpecialReport) -> list[tuple[str, int, str]]:
    """What changed within the month: what, how many firms, and the first of them by name."""
    changes = report.changes
    lines = [
        (_("Entered the pools"), len(changes.entered), _members(changes.entered)),
        (_("Promoted"), len(changes.promoted), _members(changes.promoted)),
        (_("Demoted"), len(changes.demoted), _members(changes.demoted)),
        (_("Left the pools"), len(changes.left), _members(changes.left)),
    ]
    for stage in dict.fromkeys(each.stage for each in changes.reached):
        names = [each.firm_name or each.firm_id for each in changes.reached if each.stage == stage]
        lines.append((terms.stage(stage), len(names), few_of(names, _NAMED, _NAME)))
    by_listing = [each for each in changes.ended if each.outcome != "listed"]
    for outcome in dict.fromkeys(each.outcome for each in by_listing):
        names = [each.firm_name or each.firm_id for each in by_listing if each.outcome == outcome]
        head = _("Case closed: %(outcome)s", outcome=pick(outcome_label(outcome)))
        lines.append((head, len(names), few_of(names, _NAMED, _NAME)))
    return [line for line in lines if line[1]]


def _members(members: Sequence[Member]) -> str:
    return few_of([member.firm_name or member.firm_id for member in members], _NAMED, _NAME)


def _changes(report: SpecialReport) -> str:
    lines = changes_of(report)
    if not lines:
        return f"<p>{escape(_('Nothing has changed.'))}</p>"
    rows = [[escape(shortened(what, 30)), amounts.count(count), escape(names)] for what, count, names in lines]
    return _table([_("What"), _("Firms"), _("Which")], rows, frozenset({1}), (27, 10, 63))


def districts_of(report: SpecialReport) -> list[tuple[str, DistrictLine]]:
    """The districts by name; of many the first so many by their firms in pools, and the others in one line."""
    lines = list(report.districts)
    if len(lines) > _DISTRICTS:
        by_size = sorted(lines, key=lambda line: (-(line.seed + line.golden), -line.tutored, line.code or "~"))
        kept, rest = by_size[: _DISTRICTS - 1], by_size[_DISTRICTS - 1 :]
        sums = (sum(getattr(line, name) for line in rest) for name in ("seed", "golden", "tutored", "overdue"))
        named = [(terms.district(line.code) or _("District unknown"), line) for line in kept]
        return [*named, (_("%(count)s other districts", count=len(rest)), DistrictLine(None, *sums))]
    return [(terms.district(line.code) or _("District unknown"), line) for line in lines]


def _districts(report: SpecialReport) -> str:
    rows = [
        [escape(name), *(amounts.count(count) for count in (line.seed, line.golden, line.tutored, line.overdue))]
        for name, line in districts_of(report)
    ]
    heads = [_("District"), terms.pool("seed"), terms.pool("golden"), _("In tutoring"), _("Overdue")]
    return _table(heads, rows, frozenset({1, 2, 3, 4}))


def why_watch(firm: FirmToday, most: int = _WHY) -> str:
    """Why a firm is watched, the weightiest reason first, in a sentence at most so wide: two lines hold it."""
    kept: list[str] = []
    for reason in sorted(firm.reasons, key=lambda reason: -WEIGHTS[reason.kind]):
        about = dict(reason.message.params)
        if "step" in about:
            about["step"] = shortened(str(about["step"]), _STEP)
        told = str(replace(reason.message, params=about))
        if kept and width(listed([*kept, told])) > most:
            continue
        kept.append(told)
    return shortened(listed(kept), most)


def _watch(report: SpecialReport) -> str:
    if not report.watch:
        return f"<p>{escape(_('No firm asks for attention.'))}</p>"
    rows = [
        [
            str(place),
            escape(shortened(firm.line.firm_name or firm.line.firm_id, 30)),
            escape(terms.district(firm.line.district_code)),
            escape(terms.stage_short(firm.line.case.stage)),
            amounts.points(firm.points),
            escape(why_watch(firm)),
        ]
        for place, firm in enumerate(report.watch, start=1)
    ]
    heads = ["", _("Firm"), _("District"), _("Stage"), _("Points"), _("Why")]
    return _table(heads, rows, frozenset({4}), (3, 22, 9, 12, 6, 48))


def overdue_of(report: SpecialReport) -> str:
    """How many steps are overdue, and of which firms the oldest are."""
    if not report.overdue:
        return _("Nothing is overdue.")
    oldest = [
        _(
            "%(firm)s: “%(step)s”, due on %(day)s, %(days)s days late",
            firm=shortened(step.firm_name or step.firm_id, _NAME),
            step=shortened(step.next_step, _STEP),
            day=step.due_on.isoformat(),
            days=step.days_late,
        )
        for step in report.overdue[:_OLDEST]
    ]
    firms = len({step.firm_id for step in report.overdue})
    head = _("%(steps)s steps of %(firms)s firms are overdue; the oldest", steps=len(report.overdue), firms=firms)
    return headed(head, joined(oldest))


def _taken(report: SpecialReport) -> str:
    found = report.decisions
    if not found.confirmed + found.overruled:
        return _("Within the month no proposal was decided.")
    return _(
        "Within the month %(confirmed)s proposals were confirmed and %(overruled)s overruled.",
        confirmed=found.confirmed,
        overruled=found.overruled,
    )


def _waiting(report: SpecialReport) -> str:
    found = report.decisions
    if not found.waiting + found.objections:
        return _("Nothing waits for a decision.")
    parts = []
    if found.waiting:
        day = "" if found.oldest_on is None else found.oldest_on.isoformat()
        parts.append(
            _(
                "%(count)s proposals wait for a decision, the first since the review of %(day)s",
                count=found.waiting,
                day=day,
            )
        )
    if found.objections:
        parts.append(_("%(count)s objections of the public wait for an answer", count=found.objections))
    return joined(parts)


def _note(report: SpecialReport) -> str:
    scores = (
        _("There were no scores yet.")
        if report.scores_of is None
        else _("Points are of the scores of %(day)s.", day=report.scores_of.isoformat())
    )
    return " ".join([scores, _("Only what was known on the day is told. Points compare firms; a person decides.")])


# --- as DOCX ---------------------------------------------------------------------------------------


def report_docx(report: SpecialReport, office: Office, made_up: bool, template: Path | None = None) -> bytes:
    """The report as DOCX, in Chinese as every paper is. Raises WrongTemplate."""
    with speaking(CHINESE):
        file = template or paper_templates.template_of("special_report", office.templates)
        notice = _(demo_data.NOTICE) if made_up else ""
        return paper_templates.filled(file, fields_of(report, office), notice)


def fields_of(report: SpecialReport, office: Office) -> dict[str, Any]:
    """Everything that a template of the report can ask for, by its name."""
    seed, golden = report.pools
    decisions = report.decisions
    stages = [stage for stage in report.stages if stage.firms or stage.before]
    return {
        "发文单位": office.name or _BLANK_OFFICE,
        "范围": _place(report),
        "截止日期": in_words(report.as_of),
        "对比日期": in_words(report.since),
        "评分日期": "" if report.scores_of is None else in_words(report.scores_of),
        "在库家数": report.in_pools,
        "种子库家数": seed.firms,
        "种子库增减": _change(seed.firms - seed.before),
        "金种子库家数": golden.firms,
        "金种子库增减": _change(golden.firms - golden.before),
        "在辅家数": report.cases,
        "阶段": [
            {
                "名称": terms.stage(stage.stage),
                "家数": stage.firms,
                "增减": _change(stage.firms - stage.before),
            }
            for stage in stages
        ],
        "进程": [{"名称": _(terms.WAY[step.step]), "在库": step.in_pool, "全部": step.firms} for step in report.way],
        "变动": [{"事项": what, "家数": count, "企业": names} for what, count, names in changes_of(report)],
        "区县": [
            {"名称": name, "种子库": line.seed, "金种子库": line.golden, "在辅": line.tutored, "逾期": line.overdue}
            for name, line in districts_of(report)
        ],
        "关注企业": [
            {
                "序号": place,
                "企业名称": shortened(firm.line.firm_name or firm.line.firm_id, 30),
                "所在区县": terms.district(firm.line.district_code),
                "阶段": terms.stage_short(firm.line.case.stage),
                "评分": amounts.points(firm.points),
                "理由": why_watch(firm, _WHY_DOCX),
            }
            for place, firm in enumerate(report.watch, start=1)
        ],
        "逾期步数": len(report.overdue),
        "逾期情况": _ended(overdue_of(report)),
        "确认件数": decisions.confirmed,
        "否决件数": decisions.overruled,
        "待决定件数": decisions.waiting,
        "待答复异议": decisions.objections,
        "决定情况": _taken(report),
        "待办情况": _ended(_waiting(report)),
    }


def _ended(text: str) -> str:
    return text if text.endswith("。") else f"{text}。"
