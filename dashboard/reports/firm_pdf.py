"""Two sheets at most about one firm, as PDF: its score with reasons, what each board asks, what has to be done first,
its figures.

From scoring.explain and pipeline.facts; `goldseed report` writes it, to be printed for a meeting.
"""

from collections.abc import Sequence
from datetime import date
from html import escape
from pathlib import Path

import pandas as pd
from sqlalchemy import Engine
from sqlalchemy.orm import Session

from dashboard.components import amounts, terms
from pipeline import demo_data
from pipeline.catalog import catalog
from pipeline.language import N_, headed, joined, language, pick
from pipeline.language import gettext as _
from pipeline.printing import pdf_of, pdf_of_several
from pipeline.rules.definition.model import VERDICT_NAMES
from pipeline.rules.reports import board_tables
from pipeline.wording import number_format
from pipeline.wording.places import place_in_words
from scoring.explain.explanation import FirmExplanation
from scoring.explain.firm_snapshot import firm_snapshot
from scoring.explain.full_explanation import BoardStanding, FullExplanation, as_on_the_dashboard, explained_firm

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
_ABOUT = ("hnte_field", "industry_code")
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
.boards { font-size: 7.5pt } .boards td.state { white-space: nowrap } .boards .words { min-width: 34pt }
.met { color: #0f6b4f; font-weight: bold } .not_met { color: #a33b20 }
"""


def report_pdf(
    engine: Engine, models_dir: Path, firm_id: str, as_of: date | None, today: date, model_id: str | None = None
) -> bytes:
    """The page about a firm as of a day, or (None) as its page on the dashboard shows it today, in the current
    language. Raises what explained_firm raises."""
    return pdf_of(_html(engine, models_dir, firm_id, as_of, today, model_id))


def reports_pdf(
    engine: Engine,
    models_dir: Path,
    firm_ids: Sequence[str],
    as_of: date | None,
    today: date,
    model_id: str | None = None,
) -> bytes:
    """The pages about several firms one after the other, each as report_pdf has it."""
    return pdf_of_several([_html(engine, models_dir, firm, as_of, today, model_id) for firm in firm_ids])


def _html(engine: Engine, models_dir: Path, firm_id: str, as_of: date | None, today: date, model_id: str | None) -> str:
    explain = as_on_the_dashboard if as_of is None else explained_firm
    explanation = explain(engine, models_dir, firm_id, as_of or today, model_id)
    firm = firm_snapshot(engine, firm_id, as_of or today)
    years, labels = firm.facts.loc[firm_id].tail(_YEARS), firm.labels.loc[firm_id]
    with Session(engine) as session:
        made_up = demo_data.holds_demo_firms(session)
    return report_html(explanation, years, labels, made_up)


def report_html(explanation: FullExplanation, years: pd.DataFrame, labels: pd.Series, made_up: bool) -> str:
    """The page as HTML. `years`: index year, a column a fact; `labels`: the firm's."""
    score = explanation.score
    district = labels["district_code"]
    about = [score.firm_id, terms.district(district if amounts.known(district) else None)]
    about += [amounts.fact_value(catalog()[name], labels[name]) for name in _ABOUT if amounts.known(labels[name])]
    reasons = "".join(f"<li>{escape(line)}</li>" for line in score.sentences(language()))
    notice = f'<p class="made-up">{escape(_(demo_data.NOTICE))}</p>' if made_up else ""
    span = f"{amounts.points(score.low_points)} – {amounts.points(score.high_points)}"
    places = "".join(
        f"<br>{escape(headed(heading, place))}" for heading, place in place_in_words(score.place, score.cohort)
    )
    warnings = "".join(f'<p class="made-up">{escape(str(warning))}</p>' for warning in score.warnings)
    model = terms.model(score.model, score.model_as_of)
    best = (
        ""
        if explanation.best is None
        else f"<p>{escape(_('Best-fitting board: %(board)s', board=explanation.best))}</p>"
    )
    closing = _(
        "Points compare firms; 50 points are the mean of the firms of the model's day, 5 more double the odds. "
        "A person decides."
    )
    return f"""<!doctype html><html lang="{language().replace("_", "-")}"><head><meta charset="utf-8">
<title>{escape(str(score.name))}</title><style>{_STYLE}</style></head><body>{notice}
<div class="score"><b>{amounts.points(score.points)}</b> {escape(_("points"))}<br>{span}{places}</div>
<h1>{escape(str(score.name))}</h1>
<p class="about">{escape(" · ".join(each for each in about if each))}<br>
{escape(_("as known on %(day)s, model %(model)s", day=score.as_of.isoformat(), model=model))}</p>
<h2>{escape(_("Why this score"))}</h2>{_waterfall(score)}<ul>{reasons}</ul>{warnings}
<h2>{escape(_("What the boards ask"))}</h2>{best}{_boards(explanation.boards)}
{_next_steps(score)}<h2>{escape(_("Figures"))}</h2>{_figures(years)}
<p class="about">{escape(closing)}</p>
</body></html>"""


def _next_steps(score: FirmExplanation) -> str:
    """What has to be done first, as the firm's page says it; nothing where nothing is known to be missing."""
    steps = "".join(f"<li>{escape(str(step.message))}</li>" for step in score.next_steps or ())
    return f"<h2>{escape(_('To be done first'))}</h2><ul>{steps}</ul>" if steps else ""


def _waterfall(score: FirmExplanation) -> str:
    """The largest reasons as bars from the base to the score, the rest as one bar."""
    bars = [(pick(reason.label), reason.points) for reason in score.reasons[:_BARS]]
    bars.append((_("all others"), sum(reason.points for reason in score.reasons[_BARS:])))
    ends = [score.base_points]
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
            f'<text x="{left + width + 3:.1f}" y="{y + 9}">{number_format.decimal(points, 1, signed=True)}</text>'
        )
    return f'<svg viewBox="0 0 520 {8 + 15 * len(bars)}" width="100%" font-size="8.5">{"".join(drawn)}</svg>'


def _boards(boards: Sequence[BoardStanding]) -> str:
    heads = (
        _("Board"),
        _("What of it is met"),
        _("Standard"),
        _("Structural"),
        _("Preconditions"),
        _("Positioning"),
        _("Still missing"),
    )
    rows = []
    for board in boards:
        states = "".join(
            f'<td class="state {state}">{escape(_(_STATES[state]))}</td>' for state in board.states.values()
        )
        gaps = joined([str(gap) for gap in board.gaps])
        star = "★ " if board.best else ""
        met = f"<td class='words'>{escape(_(board_tables.MEETS_NAMES[board.meets]))}</td>"
        rows.append(
            f"<tr><td class='words'>{star}{escape(pick(board.label))}</td>{met}{states}<td>{escape(gaps)}</td></tr>"
        )
    return (
        f"<table class='boards'><tr>{''.join(f'<th>{escape(head)}</th>' for head in heads)}</tr>{''.join(rows)}</table>"
    )


def _figures(years: pd.DataFrame) -> str:
    facts = [catalog()[name] for name in _FIGURES if years[name].notna().any()]
    head = "".join(f'<th class="figure">{year}</th>' for year in years.index)
    rows = []
    for fact in facts:
        cells = "".join(
            f'<td class="figure">{escape(amounts.fact_value(fact, value))}</td>' for value in years[fact.name]
        )
        rows.append(f"<tr><td>{escape(pick(fact))}</td>{cells}</tr>")
    return f"<table><tr><th></th>{head}</tr>{''.join(rows)}</table>"
