"""One page about one firm, as PDF: its score with reasons, what each board asks, its figures, its follow-up.

Reads what explained.py tells and facts.py holds; written by `goldseed report` for a meeting's folder.
"""

from datetime import date
from html import escape
from pathlib import Path
from typing import Any

import pandas as pd
from sqlalchemy import Engine
from sqlalchemy.orm import Session

from pipeline import demo_data
from pipeline.catalog import catalog
from pipeline.districts import DISTRICTS
from pipeline.language import ENGLISH, N_, language, pick
from pipeline.language import gettext as _
from pipeline.printing import pdf_of
from pipeline.rules.definition.model import BOARD_PARTS, VERDICT_NAMES
from scoring.explain.firm_snapshot import one_firm
from scoring.explain.full_explanation import explained_firm

_YEARS = 3
_BARS = 8
_FIGURES = (
    "revenue_cny",
    "net_profit_cny",
    "net_profit_after_nonrecurring_cny",
    "operating_cash_flow_cny",
    "total_assets_cny",
    "net_assets_cny",
    "rd_spend_cny",
    "staff",
    "rd_staff",
    "invention_patents",
)
_STATES = {**VERDICT_NAMES, "not_asked": N_("not asked")}
_STYLE = """
@page { size: A4; margin: 14mm 14mm 12mm; @bottom-right { content: counter(page) "/" counter(pages); font-size: 8pt } }
body { font-family: 'Noto Sans CJK SC', 'Noto Sans', sans-serif; font-size: 8.5pt; color: #1d2420; line-height: 1.4 }
h1 { font-size: 16pt; margin: 0 } h2 { font-size: 10.5pt; margin: 9pt 0 3pt; color: #0f5c4a }
p, ul { margin: 2pt 0 } ul { padding-left: 12pt }
.about { color: #55605a } .score { float: right; text-align: right } .score b { font-size: 24pt; color: #0f5c4a }
.made-up { background: #f7ecd6; border: .5pt solid #d6b56c; padding: 2pt 6pt; margin-bottom: 6pt }
table { border-collapse: collapse; width: 100% }
th, td { border-bottom: .4pt solid #c9d1cc; padding: 2pt 4pt; text-align: left }
td.figure, th.figure { text-align: right; font-variant-numeric: tabular-nums }
.met { color: #0f6b4f; font-weight: bold } .not_met { color: #a33b20 }
"""


def report_pdf(engine: Engine, models_dir: Path, firm_id: str, as_of: date, model_id: str | None = None) -> bytes:
    """The page about a firm as of a day, in the current language. Raises what explained_firm raises."""
    firm = one_firm(engine, firm_id, as_of)
    told = explained_firm(engine, models_dir, firm_id, as_of, model_id, firm)
    years, labels = firm.facts.loc[firm_id].tail(_YEARS), firm.labels.loc[firm_id]
    with Session(engine) as session:
        made_up = demo_data.holds_demo_firms(session)
    return pdf_of(report_html(told, years, labels, made_up))


def report_html(told: dict[str, Any], years: pd.DataFrame, labels: pd.Series, made_up: bool) -> str:
    """The page as HTML. `told`: of explained_firm; `years`: index year, a column a fact; `labels`: the firm's."""
    tongue = "en" if language() == ENGLISH else "zh"
    district = DISTRICTS.get(str(labels["district_code"]))
    about = [told["firm_id"], pick(district) if district else None, labels["hnte_field"], labels["industry_code"]]
    reasons = "".join(f"<li>{escape(line)}</li>" for line in told["in_words"][tongue])
    notice = f'<p class="made-up">{escape(_(demo_data.NOTICE))}</p>' if made_up else ""
    span = f"{told['low_points']:.1f} – {told['high_points']:.1f}"
    closing = _("Points compare firms; 50 is the average firm, 5 more double the odds. A person decides.")
    return f"""<!doctype html><html lang="{language().replace("_", "-")}"><head><meta charset="utf-8">
<title>{escape(str(told["name"]))}</title><style>{_STYLE}</style></head><body>{notice}
<div class="score"><b>{told["points"]:.1f}</b> {escape(_("points"))}<br>{span}</div>
<h1>{escape(str(told["name"]))}</h1>
<p class="about">{escape(" · ".join(str(each) for each in about if isinstance(each, str)))}<br>
{escape(_("as known on %(day)s, model %(model)s", day=told["as_of"], model=told["model"]))}</p>
<h2>{escape(_("Why this score"))}</h2>{_waterfall(told, tongue)}<ul>{reasons}</ul>
<h2>{escape(_("What the boards ask"))}</h2>{_boards(told["boards"], tongue)}
<h2>{escape(_("Figures"))}</h2>{_figures(years)}
<p class="about">{escape(closing)}</p>
</body></html>"""


def _waterfall(told: dict[str, Any], tongue: str) -> str:
    """The largest reasons as bars from the base to the score, the rest as one bar."""
    largest = sorted(told["reasons"], key=lambda each: -abs(each["points"]))
    bars = [(each[tongue], each["points"]) for each in largest[:_BARS]]
    bars.append((_("all others"), sum(each["points"] for each in largest[_BARS:])))
    ends = [told["base_points"]]
    for _label, points in bars:
        ends.append(ends[-1] + points)
    low, high = min(ends), max(ends)
    scale = 300 / max(high - low, 1e-9)
    drawn = []
    for place, (label, points) in enumerate(bars):
        left, y = 170 + (min(ends[place], ends[place + 1]) - low) * scale, 4 + place * 15
        width, colour = max(abs(points) * scale, 0.6), "#189a7b" if points >= 0 else "#c9583a"
        drawn.append(
            f'<text x="164" y="{y + 9}" text-anchor="end">{escape(label)}</text>'
            f'<rect x="{left:.1f}" y="{y}" width="{width:.1f}" height="11" fill="{colour}"/>'
            f'<text x="{left + width + 3:.1f}" y="{y + 9}">{points:+.1f}</text>'
        )
    return f'<svg viewBox="0 0 520 {8 + 15 * len(bars)}" width="100%" font-size="8.5">{"".join(drawn)}</svg>'


def _boards(boards: list[dict[str, Any]], tongue: str) -> str:
    heads = (_("Board"), _("Standard"), _("Structural"), _("Preconditions"), _("Positioning"), _("Still missing"))
    rows = []
    for board in boards:
        states = "".join(f'<td class="{board[part]}">{escape(_(_STATES[board[part]]))}</td>' for part in BOARD_PARTS)
        gaps = "；".join(gap[tongue] for gap in board["gaps"]) if board["standard"] != "met" else ""
        star = "★ " if board["best"] else ""
        rows.append(f"<tr><td>{star}{escape(str(board[tongue]))}</td>{states}<td>{escape(gaps)}</td></tr>")
    return f"<table><tr>{''.join(f'<th>{escape(head)}</th>' for head in heads)}</tr>{''.join(rows)}</table>"


def _figures(years: pd.DataFrame) -> str:
    facts = [catalog()[name] for name in _FIGURES if years[name].notna().any()]
    head = "".join(f'<th class="figure">{year}</th>' for year in years.index)
    rows = []
    for fact in facts:
        money = fact.type == "money"
        unit = f"（{_('10k CNY')}）" if money else ""
        cells = "".join(
            f'<td class="figure">{"–" if pd.isna(value) else format(value / 1e4 if money else value, ",.0f")}</td>'
            for value in years[fact.name]
        )
        rows.append(f"<tr><td>{escape(pick(fact))}{escape(unit)}</td>{cells}</tr>")
    return f"<table><tr><th></th>{head}</tr>{''.join(rows)}</table>"
