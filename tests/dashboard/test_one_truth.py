"""One truth on every surface: the list, its CSV, a firm's page, its PDF, `goldseed explain` and `goldseed rules check`
say the same of a firm, on a day after the scores were stored and with a return that was corrected since."""

import csv
import html
import io
import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from click.testing import CliRunner
from sqlalchemy import Engine, delete, select
from sqlalchemy.orm import Session

import cli
from bench.clicks import board_opened
from dashboard.app import create_app
from dashboard.queries.firm import FirmPage, firm_page
from dashboard.queries.lists import firm_list
from dashboard.reports import firm_pdf
from dashboard.reports.firm_pdf import report_html
from pipeline import language
from pipeline.accounts import people
from pipeline.language import gettext as _
from pipeline.rules.definition.model import BOARDS
from pipeline.rules.evaluation.verdicts import Verdicts
from pipeline.rules.reports import board_tables, check, terminal_text
from pipeline.settings import ROOT, Settings
from pipeline.store.database import engine_for
from pipeline.store.tables import CITY, Firm, Import, Return, ReturnRow, Score
from pipeline.wording import number_format
from scoring.explain import explanation
from scoring.explain.counterfactuals import Recourse
from scoring.explain.explanation import explain_firm
from scoring.explain.firm_snapshot import firm_snapshot
from scoring.explain.full_explanation import as_on_the_dashboard
from scoring.firm_list.keeper import make_current
from scoring.scores.score_cohort import score_cohort
from tests.dashboard import city, stored_model
from tests.dashboard.conftest import signed_in

FIRMS, COMPARED = 60, 12
TODAY = date(2026, 6, 20)
CODES = list(city.firms(FIRMS))
#: Corrected after the run, as of a day before it: worked out anew, its score would be another one.
CORRECTED = CODES[5]
#: Of these a later return states a revenue ten thousand times as large.
SLIPPED = (CODES[6], CODES[9])
#: Their district is not known; and a firm that its neighbour in the list shares its points with.
NOWHERE, TIED = CODES[11], (CODES[13], CODES[14])
#: A half 万元: 四舍五入 gives 123,457, and rounding to the even digit 123,456.
HALF_WAN = 1234565e3
#: One meets the standard of a board, one nearly.
PROFITS = {CODES[17]: 3e8, CODES[18]: 8.6e7}


@pytest.fixture(scope="module")
def settings(tmp_path_factory: pytest.TempPathFactory, sqlite_template: Path) -> Settings:
    folder = tmp_path_factory.mktemp("one-truth")
    (folder / "goldseed.sqlite").write_bytes(sqlite_template.read_bytes())
    url = f"sqlite:///{folder / 'goldseed.sqlite'}"
    made = Settings(root=ROOT, db_url=url, models=folder / "models", secret=None, language="zh_CN")
    engine = engine_for(url)
    city.settle(engine, FIRMS)
    _return_of(engine, CODES[16], city.SCORED_ON, revenue_cny=HALF_WAN)
    for firm, profit in PROFITS.items():
        profits = dict.fromkeys(("net_profit_cny", "net_profit_attributable_cny"), profit)
        _return_of(engine, firm, city.SCORED_ON, **profits, net_profit_after_nonrecurring_cny=profit)
    stored_model.put(engine, made.models)
    score_cohort(engine, made.models, city.SCORED_ON, model_id="small-2026", now=city.NOW)
    _return_of(engine, CORRECTED, city.SCORED_ON, net_profit_cny=-9e6, staff=900)
    for firm in SLIPPED:
        _return_of(engine, firm, date(2026, 6, 10), times_revenue=1e4)
    with Session(engine) as session, session.begin():
        session.get_one(Firm, NOWHERE).district_code = None
        one, other = (session.scalars(select(Score).where(Score.firm_id == code)).all()[-1] for code in TIED)
        one.points = other.points
    engine.dispose()
    return made


def _return_of(engine: Engine, firm: str, known_on: date, times_revenue: float = 1.0, **facts: float) -> None:
    """A later return of a firm's last year: what it stated before, but for these facts."""
    with Session(engine) as session, session.begin():
        last = session.scalars(select(ReturnRow).where(ReturnRow.firm_id == firm, ReturnRow.year == 2025)).one()
        brought = Import(
            kind="returns",
            file_name="更正.xlsx",
            sha256=f"{firm}{known_on}".ljust(64, "0"),
            map_name="city",
            cohort=CITY,
            source="hnte_annual",
            rows=1,
            imported_at=datetime(2026, 6, 11, 9, 0),
            imported_by="console",
        )
        form = Return(brought_by=brought, source="hnte_annual", sheet="年度财务")
        session.add_all([brought, form])
        session.flush()
        left_out = {"id", "return_id", "known_on"}
        stated = {
            column.key: getattr(last, column.key)
            for column in ReturnRow.__table__.columns
            if column.key not in left_out and getattr(last, column.key) is not None
        }
        stated["revenue_cny"] *= times_revenue
        session.add(ReturnRow(**{**stated, **facts, "return_id": form.id, "known_on": known_on}))


@dataclass
class Surfaces:
    """All that is told: a row a firm of the list and of the CSV (its words by heading), and by firm the page, the words
    on it and on its boards, the explanation as JSON and as lines, the words of the PDF, the rows of `rules check`."""

    settings: Settings
    listed: dict[str, dict[str, Any]]
    exported: dict[str, dict[str, str]]
    pages: dict[str, FirmPage]
    on_page: dict[str, list[str]]
    on_boards: dict[str, list[str]]
    explained: dict[str, Any]
    in_lines: dict[str, str]
    printed: dict[str, str]
    checked: dict[str, dict[str, Any]]
    verdicts: Verdicts
    app: Any


@pytest.fixture(scope="module")
def told(settings: Settings) -> Iterator[Surfaces]:
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(Settings, "today", lambda _settings: TODAY)
        # What would raise a score is told on demand, and takes longer than all that is compared here.
        patched.setattr(explanation, "recourse_of", lambda *_asked: Recourse())
        patched.setenv("GOLDSEED_DB_URL", settings.db_url)
        patched.setenv("GOLDSEED_MODELS", str(settings.models))
        language.set_default_language(language.CHINESE)
        app = create_app(settings)
        engine = app.server.extensions["goldseed"].engine
        yield _told(settings, app, engine)
        engine.dispose()


def _told(settings: Settings, app: Any, engine: Engine) -> Surfaces:
    officer = signed_in(app, city.OFFICER)
    make_current(engine, TODAY)
    with Session(engine) as session:
        listed = {row["firm_id"]: row for row in firm_list.rows(session, people.console(), TODAY)}
        scored = [code for code in listed if listed[code]["points"] is not None]
        codes = list(dict.fromkeys([CORRECTED, *SLIPPED, NOWHERE, *TIED, CODES[16], *PROFITS, *scored]))[:COMPARED]
        pages = {code: firm_page(session, people.console(), code, TODAY) for code in codes}
    rows = csv.DictReader(io.StringIO(officer.get("/download/firms.csv").get_data(as_text=True).removeprefix("\ufeff")))
    explained = {code: as_on_the_dashboard(engine, settings.models, code, TODAY) for code in codes}
    printed = {
        code: html.unescape(report_html(each, pages[code].facts.loc[code].tail(3), pages[code].labels.loc[code], True))
        for code, each in explained.items()
    }
    boards = {
        code: [text for board in BOARDS for text in _texts(officer.call(board_opened(board, code)).get_json())]
        for code in codes
    }
    checked = json.loads(_command("rules", "check", *codes, "--as-of", TODAY.isoformat(), "--json"))
    by_firm: dict[str, dict[str, Any]] = {code: {} for code in codes}
    for row in checked["boards"]:
        by_firm[row["firm_id"]][row["board"]] = row
    return Surfaces(
        settings=settings,
        listed=listed,
        exported={row["统一社会信用代码"]: row for row in rows},
        pages=pages,
        on_page={code: _texts(officer.show(f"/firm/{code}").get_json()) for code in codes},
        on_boards=boards,
        explained={code: json.loads(json.dumps(each.as_json())) for code, each in explained.items()},
        in_lines={code: "\n".join(each.lines()) for code, each in explained.items()},
        printed=printed,
        checked=by_firm,
        verdicts=check.check(engine, TODAY, firms=codes),
        app=app,
    )


def _command(*arguments: str) -> str:
    result = CliRunner().invoke(cli.goldseed, list(arguments))
    assert result.exit_code == 0, result.output
    return result.stdout


def _texts(node: Any) -> list[str]:
    """Every text of a page as Dash sends it."""
    if isinstance(node, str):
        return [node]
    inside = node.values() if isinstance(node, dict) else node if isinstance(node, list) else ()
    return [text for part in inside for text in _texts(part)]


def test_twelve_firms_are_compared_and_among_them_are_the_hard_ones(told: Surfaces):
    assert len(told.pages) == COMPARED
    assert sum(bool(board["gaps"]) for firm in told.explained.values() for board in firm["boards"]) > COMPARED
    assert len({board["meets"] for firm in told.explained.values() for board in firm["boards"]}) > 2


def test_the_points_are_the_same_everywhere(told: Surfaces):
    for code, page in told.pages.items():
        assert page.score is not None
        points, band = page.score.points, (page.score.low_points, page.score.high_points)
        words = number_format.decimal(points, 1)
        assert told.listed[code]["points"] == points
        assert told.exported[code]["得分"] == words
        assert words in told.on_page[code]
        explained = told.explained[code]
        assert (explained["points"], explained["stored"]) == (points, True)
        assert (explained["low_points"], explained["high_points"]) == band
        assert explained["base_points"] + sum(each["points"] for each in explained["reasons"]) == pytest.approx(
            points, abs=1e-6 if code not in TIED else None, rel=None if code not in TIED else 1.0
        )
        assert f"<b>{words}</b>" in told.printed[code]


def test_a_correction_since_the_run_changes_the_score_worked_out_anew_alone(told: Surfaces):
    engine = engine_for(told.settings.db_url)
    anew = explain_firm(told.settings.models, firm_snapshot(engine, CORRECTED, city.SCORED_ON), suggestions=False)
    assert abs(anew.points - told.explained[CORRECTED]["points"]) > 0.05
    assert (anew.stored, anew.place) == (False, None)
    engine.dispose()


def test_the_ranks_are_the_same_everywhere(told: Surfaces):
    for code, page in told.pages.items():
        assert page.place is not None
        row, place = told.listed[code], page.place
        assert (row["rank"], row["district_rank"]) == (place.rank, place.district_rank)
        assert told.exported[code]["全市排名"] == str(place.rank)
        assert told.exported[code]["本区排名"] == ("" if place.district_rank is None else str(place.district_rank))
        words = [("全市排名", f"第 {place.rank} 名，共 {place.scored} 家")]
        if place.district_rank is not None:
            words.append(("本区排名", f"第 {place.district_rank} 名，共 {place.district_scored} 家"))
        for heading, text in words:
            assert heading in told.on_page[code]
            assert text in told.on_page[code]
            assert f"{heading}：{text}" in told.printed[code]
        for name in ("rank", "scored", "district_rank", "district_scored"):
            assert told.explained[code][name] == getattr(place, name)


def test_ranks_follow_the_points_of_the_whole_city_and_of_the_district_and_equal_points_share_one(told: Surfaces):
    rows = [row for row in told.listed.values() if row["points"] is not None]
    for code in told.pages:
        row = told.listed[code]
        assert told.explained[code]["scored"] == len(rows)
        above = [other for other in rows if other["points"] > row["points"]]
        assert row["rank"] == 1 + len(above)
        if code != NOWHERE:
            assert row["district_rank"] == 1 + sum(other["district"] == row["district"] for other in above)
    assert told.listed[TIED[0]]["rank"] == told.listed[TIED[1]]["rank"]
    assert told.listed[NOWHERE]["district_rank"] is None
    assert "本区排名" not in told.on_page[NOWHERE]


def test_the_best_board_and_what_of_it_is_met_are_the_same_everywhere(told: Surfaces):
    for code, row in told.listed.items():
        if code not in told.pages:
            continue
        explained = told.explained[code]
        assert told.exported[code]["最匹配板块"] == row["best_board"]
        assert told.exported[code]["达标情况"] == row["best_state"]
        best = [board for board in explained["boards"] if board["best"]]
        assert [board["zh"] for board in best] == ([row["best_board"]] if row["best_state"] else [])
        for board in best:
            assert _(board_tables.MEETS_NAMES[board["meets"]]) == row["best_state"]
        if explained["best_board"] is not None:
            sentence = f"最匹配板块：{explained['best_board']['zh']}"
            assert sentence in told.on_page[code]
            assert sentence in told.printed[code]
        for board in explained["boards"]:
            checked = told.checked[code][board["board"]]
            for name in ("meets", "margin_class", "best"):
                assert checked[name] == board[name]
            assert f"{board['board']} {board['meets']};" in row["boards"]


def test_what_is_missing_is_said_in_the_same_sentences_everywhere(told: Surfaces):
    for code in told.pages:
        in_text = "\n".join(terminal_text.of_firm(told.verdicts, code))
        explained = told.in_lines[code]
        for board in told.explained[code]["boards"]:
            for gap in board["gaps"]:
                assert gap["zh"] in told.on_boards[code]
                for text in (told.printed[code], in_text, explained):
                    assert gap["zh"] in text
            state = _(board_tables.MEETS_NAMES[board["meets"]])
            assert f"<td class='words'>{state}</td>" in told.printed[code]
            assert f"· {state}" in explained
            assert f"({board['nearest']})" not in explained


def test_a_part_that_fails_or_is_unknown_says_why(told: Surfaces):
    for code in told.pages:
        for board in told.explained[code]["boards"]:
            if {board[part] for part in ("structural", "precondition", "positioning")} & {"not_met", "unknown"}:
                assert board["gaps"]


def test_a_figure_reads_the_same_in_every_table(told: Surfaces):
    for code, page in told.pages.items():
        last = page.facts.loc[code].iloc[-1]
        for fact, heading in (("revenue_cny", "营业收入（万元）"), ("net_profit_cny", "净利润（万元）")):
            value = float(last[fact])
            assert told.listed[code][fact] == value
            assert told.exported[code][heading] == str(int(number_format.rounded(value / 1e4)))
            words = number_format.money(value)
            assert words in told.on_page[code]
            assert f'<td class="figure">{words}</td>' in told.printed[code]
    assert told.exported[CODES[16]]["营业收入（万元）"] == "123457"


def test_the_same_figures_are_in_doubt_everywhere(told: Surfaces):
    banner = _("Figures of this firm are in doubt and not settled yet; its score or gaps rest on them:")
    for code in told.pages:
        doubted = {(each["fact"], each["year"]) for each in told.explained[code]["figures_in_doubt"]}
        assert bool(doubted) == (told.listed[code]["data"] == "数据存疑")
        assert bool(doubted) == (banner in told.on_page[code])
        for warning in told.explained[code]["warnings"]["zh"]:
            assert warning in told.printed[code]
        if code in SLIPPED:
            assert ("revenue_cny", 2025) in doubted
    assert sum(bool(told.explained[code]["figures_in_doubt"]) for code in told.pages) < COMPARED


def test_a_score_that_is_stored_nowhere_says_so_and_the_stored_ones_do_not(
    settings: Settings, told: Surfaces, tmp_path: Path
):
    assert not any("没有已入库的评分" in lines for lines in told.in_lines.values())
    copied = tmp_path / "goldseed.sqlite"
    copied.write_bytes(Path(settings.db_url.removeprefix("sqlite:///")).read_bytes())
    engine = engine_for(f"sqlite:///{copied}")
    with Session(engine) as session, session.begin():
        session.execute(delete(Score).where(Score.firm_id == CORRECTED))
    anew = as_on_the_dashboard(engine, settings.models, CORRECTED, TODAY)
    engine.dispose()
    assert f"此处得分系按 {TODAY} 的数据临时计算" in "\n".join(anew.lines())
    assert anew.as_json()["as_of"] == TODAY.isoformat()


def test_what_has_to_be_done_first_is_the_same_list_in_document_lines_and_pdf(told: Surfaces):
    assert sum(bool(told.explained[code]["next_steps"]) for code in told.pages) > COMPARED / 2
    for code in told.pages:
        steps = [step["zh"] for step in told.explained[code]["next_steps"]]
        assert [line[2:] for line in told.in_lines[code].splitlines() if line.startswith("→ ")] == steps
        printed = told.printed[code]
        assert ("先做这些" in printed) == bool(steps)
        places = [printed.index(f"<li>{step}</li>") for step in steps]
        assert places == sorted(places)


def test_no_surface_prints_a_stored_word_for_what_people_say(told: Surfaces):
    for code in told.pages:
        for stored in ("meets_all", "standard_only", "not_met<", "qualified", "nan", "None", ">1.0<", "True"):
            assert stored not in told.printed[code]


def test_a_list_without_a_run_has_no_ranks_and_an_explanation_says_none(settings: Settings, told: Surfaces):
    engine = engine_for(settings.db_url)
    anew = explain_firm(settings.models, firm_snapshot(engine, CORRECTED, date(2026, 5, 20)), suggestions=False)
    document = anew.as_json()
    assert {document[name] for name in ("rank", "scored", "district_rank", "district_scored")} == {None}
    assert pd.isna(anew.place)
    engine.dispose()


def test_command_and_download_tell_the_same_as_the_function_under_them(told: Surfaces, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(firm_pdf, "pdf_of", str.encode)
    for code in (CORRECTED, SLIPPED[0]):
        assert json.loads(_command("explain", code, "--json")) == told.explained[code]
        printed = signed_in(told.app, city.OFFICER).get(f"/firm/{code}/report.pdf").get_data(as_text=True)
        assert html.unescape(printed) == told.printed[code]
