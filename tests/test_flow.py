"""The whole way on a small made-up city: returns in, a score with reasons out, two pools, cases; never the future."""

import csv
import json
import re
import shutil
import sqlite3
import subprocess
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from commands.demo.city import RealFirmsHere, make_demo
from dashboard.app import create_app
from dashboard.jobs import __main__ as jobs
from dashboard.jobs import rows
from pipeline.accounts import audit, people
from pipeline.settings import ROOT, Settings
from pipeline.store.current import current_run
from pipeline.store.database import open_database
from pipeline.store.status import status_of
from pipeline.store.tables import AuditEntry, Job, Score, ScoreRun
from pipeline.tutoring import cases
from pipeline.tutoring.mentoring import mentors
from scoring.firm_list.keeper import prove
from scoring.scores.stored_scores import stored_reasons
from tests.cast import LOTUS, state
from tests.dashboard.city import PASSWORD
from tests.dashboard.conftest import Visitor, body_of
from tests.demo_city import AS_OF, FIRMS, NOW, TODAY, copy_of, database_file, goldseed, goldseed_apart
from tests.pipeline.intake.workbooks import HEADINGS, PEOPLE, write


def scored_rows(file: Path) -> dict[str, dict[str, str]]:
    with file.open(encoding="utf-8-sig") as stream:
        return {row["firm_id"]: row for row in csv.DictReader(stream)}


def test_the_demo_fills_every_step_of_the_flow(demo: Settings):
    counted = json.loads(goldseed_apart(demo, "status", "--json"))
    assert counted["firms"] == FIRMS
    assert counted["return_rows"] > 5 * FIRMS
    assert counted["scores"] > FIRMS
    assert counted["pools"]["seed"] > counted["pools"]["golden"] > 0
    assert counted["open_cases"] == sum(counted["pools"].values())
    assert counted["champion"] == f"demo-{AS_OF}"


def test_a_second_demo_adds_nothing_and_prints_passwords_that_work(demo: Settings, tmp_path: Path):
    from pipeline.accounts import people

    settings = copy_of(demo, tmp_path / "again")
    engine = open_database(settings.db_url)
    before = status_of(engine)
    accounts = make_demo(engine, settings, today=TODAY, now=NOW, say=lambda _text: None, firms=FIRMS, folder=tmp_path)
    assert status_of(engine) == before
    with Session(engine) as session:
        persons = [people.check_password(session, account.name, account.password) for account in accounts]
    assert [str(person.role) for person in persons if person] == [
        "officer",
        "analyst",
        "department",
        "auditor",
        "admin",
        "enterprise",
        "officer",
        "mentor",
    ]


def test_after_the_demo_every_open_case_stands_where_the_events_put_its_firm(demo: Settings):
    from pipeline.accounts import people

    with Session(open_database(demo.db_url)) as session:
        lines = cases.open_cases(session, people.console(), TODAY)
    assert len(lines) > 20
    assert len({line.case.stage for line in lines}) > 3
    assert [line.firm_id for line in lines if line.says_otherwise is not None] == []


def test_every_case_of_the_demo_is_looked_after_by_the_officer_of_its_district(demo: Settings):
    from pipeline.accounts import people

    with Session(open_database(demo.db_url)) as session:
        lines = cases.open_cases(session, people.console(), TODAY)
        of_district = {account.name: account.district_code for account in mentors(session)}
    assert len({line.mentor for line in lines}) > 3
    assert all(line.mentor is not None and of_district[line.mentor] == line.district_code for line in lines)


def test_the_demo_keeps_away_from_a_database_of_real_firms(sqlite_engine, tmp_path: Path):
    state(sqlite_engine, LOTUS, 2023, revenue_cny=1.0, file_name="returns-2023.xlsx")
    settings = Settings(ROOT, str(sqlite_engine.url), tmp_path, None, "zh_CN")
    with pytest.raises(RealFirmsHere):
        make_demo(sqlite_engine, settings, today=TODAY, now=NOW, say=lambda _text: None, folder=tmp_path)
    assert status_of(sqlite_engine).firms == 1


def test_the_reasons_of_every_stored_score_add_up_to_its_points(demo: Settings):
    engine = open_database(demo.db_url)
    with Session(engine) as session:
        rows = session.execute(select(Score, ScoreRun).join(ScoreRun)).all()
        off = []
        for score, run in rows:
            why = stored_reasons(session, run, score.firm_id)
            assert why is not None
            assert why.values is not None
            assert list(why.values) == run.features
            off.append(abs(run.base_points + sum(why.points.values()) - score.points))
    assert len(off) > FIRMS
    assert max(off) < 1e-6


@pytest.fixture(scope="module")
def written_scores(demo: Settings, tmp_path_factory: pytest.TempPathFactory) -> dict[str, dict[str, str]]:
    file = tmp_path_factory.mktemp("written") / "scores.csv"
    goldseed_apart(demo, "score", "--as-of", AS_OF, "--out", str(file))
    return scored_rows(file)


def test_the_written_scores_hold_base_and_reasons_that_add_up(written_scores: dict[str, dict[str, str]]):
    assert len(written_scores) > FIRMS / 2
    for row in written_scores.values():
        reasons = [float(value) for name, value in row.items() if name.startswith("reason_")]
        assert float(row["base_points"]) + sum(reasons) == pytest.approx(float(row["points"]), abs=1e-6)


def test_what_becomes_known_later_changes_neither_an_earlier_model_nor_an_earlier_score(demo: Settings, tmp_path: Path):
    """Two databases, one of which never learned of anything after the day: the same model, byte for byte. Each command
    has a process of its own: the last digit of a sum can hang on where its numbers lie in memory."""
    day = "2025-05-01"
    files = {}
    for name in ("knows_the_future", "does_not"):
        folder = tmp_path / name
        settings = copy_of(demo, folder)
        if name == "does_not":
            with sqlite3.connect(database_file(settings)) as database:
                for table in ("cross_check", "import_finding"):  # they point at rows of any day
                    database.execute(f"DELETE FROM {table}")
                later = database.execute("DELETE FROM return_row WHERE known_on > ?", (day,)).rowcount
                later_events = database.execute("DELETE FROM event WHERE known_on > ?", (day,)).rowcount
            assert later > FIRMS
            assert later_events > 10
        aim = ["--event", "tutoring_filed", "--within", "24", "--name", "again"]
        goldseed_apart(settings, "train", "--as-of", day, *aim)
        goldseed_apart(settings, "score", "--as-of", day, "--model", "again", "--out", str(folder / "scores.csv"))
        texts = {file.name: file.read_bytes() for file in (settings.models / "again").glob("*.txt")}
        # What a person is asked today about a figure of then is told beside the score today, and moves no point of it.
        rows = [{**row, "figures_in_doubt": ""} for row in scored_rows(folder / "scores.csv").values()]
        files[name] = (texts, rows)
    assert files["knows_the_future"][0].keys()
    assert files["knows_the_future"] == files["does_not"]


def test_one_firm_explained_alone_has_the_points_it_has_among_all(
    demo: Settings, written_scores: dict[str, dict[str, str]]
):
    rows = written_scores
    firm = sorted(rows)[len(rows) // 3]
    alone = json.loads(goldseed(demo, "explain", firm, "--as-of", AS_OF, "--json"))
    assert alone["points"] == pytest.approx(float(rows[firm]["points"]), abs=1e-9)
    assert {board["board"] for board in alone["boards"]} == {"main", "star", "chinext", "bse", "neeq", "hkex"}


def test_the_facts_of_a_firm_are_told_with_units_and_each_sheet_is_named_once(demo: Settings):
    with Session(open_database(demo.db_url)) as session:
        firm = str(session.scalar(select(Score.firm_id).order_by(Score.points.desc())))
    told = goldseed(demo, "facts", firm)
    figures, sheets = told.split("填报来源（[编号:行号]）：")
    assert re.search(r"营业收入：[\d,]+ 元  \[\d+:\d+\]", figures)
    assert re.search(r"职工总数：[\d,]+ 人", figures)
    assert ".xlsx" not in figures
    listed = [line.split("] ")[1] for line in sheets.split("\n") if line.startswith("[")]
    assert len(listed) == len(set(listed)) > 2


def test_the_trail_of_the_demo_is_whole(demo: Settings):
    assert json.loads(goldseed(demo, "audit", "verify", "--json"))["entries"] > 100


@pytest.mark.parametrize(("tongue", "heading"), [("zh_CN", "得分原因"), ("en", "Why this score")])
def test_the_report_about_a_firm_takes_two_sheets_at_most_in_the_readers_language(
    demo: Settings, tmp_path: Path, tongue, heading
):
    engine = open_database(demo.db_url)
    with Session(engine) as session:
        firm = session.scalar(select(Score.firm_id).order_by(Score.points.desc()))
    out = str(tmp_path / "firm.pdf")
    goldseed(demo, "report", str(firm), "--as-of", AS_OF, "--out", out, GOLDSEED_LANG=tongue)
    written = (tmp_path / "firm.pdf").read_bytes()
    assert written.startswith(b"%PDF")
    if pdftotext := shutil.which("pdftotext"):
        text = subprocess.run([pdftotext, str(tmp_path / "firm.pdf"), "-"], capture_output=True, text=True).stdout
        assert heading in text
        assert str(firm) in text
        assert text.count("\f") <= 2  # one behind each page


@pytest.mark.parametrize(("tongue", "heading"), [("zh_CN", "模型说明卡"), ("en", "Model card")])
def test_the_card_of_a_model_comes_as_text_and_as_pdf_in_the_readers_language(
    demo: Settings, tmp_path, tongue, heading
):
    goldseed(demo, "models", "card", f"demo-{AS_OF}", "--out", str(tmp_path / "card.pdf"), GOLDSEED_LANG=tongue)
    written = (tmp_path / "card.pdf").read_bytes()
    assert written.startswith(b"%PDF")
    assert (
        (demo.models / f"demo-{AS_OF}" / ("card.md" if tongue == "zh_CN" else "card.en.md"))
        .read_text("utf-8")
        .startswith(f"# {heading}")
    )


def test_the_watch_over_the_champion_gives_a_plain_verdict_with_its_reason(demo: Settings):
    watched = json.loads(goldseed(demo, "models", "watch", "--as-of", AS_OF, "--json"))
    assert watched["verdict"] in ("no", "look", "yes")
    assert watched["because"]["zh"]
    assert watched["because"]["en"]


def corrections(folder: Path, settings: Settings) -> Path:
    """A workbook that corrects staff and R&D of last year of three firms with scores."""
    engine = open_database(settings.db_url)
    with Session(engine) as session:
        run = current_run(session)
        assert run is not None
        scored = select(Score.firm_id).where(Score.run_id == run.id).order_by(Score.firm_id).limit(3)
        rows = [[firm, 2025, 45 + place, 1_800] for place, firm in enumerate(session.scalars(scored))]
    engine.dispose()
    return write(folder / "late.xlsx", {PEOPLE: [HEADINGS[PEOPLE], *rows]})


def current_scores(settings: Settings) -> tuple[list[str], dict[str, tuple[float, float]]]:
    """By which acts scores of firms were brought up to date, and the current ones: points and probability."""
    engine = open_database(settings.db_url)
    with Session(engine) as session:
        acts = session.scalars(select(AuditEntry.action).where(AuditEntry.action == "store_touched_scores"))
        run = current_run(session)
        assert run is not None
        rows = session.execute(select(Score.firm_id, Score.points, Score.probability).where(Score.run_id == run.id))
        found = list(acts), {firm: (points, chance) for firm, points, chance in rows}
        assert audit.verify_all(session)
    assert prove(engine).differing == 0
    engine.dispose()
    return found


def done_on_the_board(settings: Settings, file: Path, known_on: str) -> Mapping[str, object]:
    """The answer of the job that stores a file which another job has looked at."""
    engine = open_database(settings.db_url)
    about = {"file": file.name, "map_name": "city", "known_on": known_on, "account": 1}
    look = rows.Work("look", 1, "zh_CN", about)
    seen = rows.ask(engine, look, datetime.now(UTC), {f"upload/{file.name}": file.read_bytes()})
    jobs.run(seen, settings)
    asked = rows.ask(engine, rows.Work("store", 1, "zh_CN", {**about, "source": seen}), datetime.now(UTC), {})
    jobs.run(asked, settings)
    with Session(engine) as session:
        job = session.get_one(Job, asked)
    engine.dispose()
    assert job.result is not None, job
    return job.result


def test_an_import_and_its_undoing_bring_the_same_scores_up_to_date_from_the_command_and_on_the_board(
    demo: Settings, tmp_path: Path
):
    by_command, on_the_board = copy_of(demo, tmp_path / "command"), copy_of(demo, tmp_path / "board")
    _acts, before = current_scores(demo)
    known = "2026-04-30"  # before the day of the scores
    file = corrections(tmp_path, demo)
    goldseed(by_command, "import", str(file), "--map", "city", "--known-on", known)
    stored = done_on_the_board(on_the_board, file, known)
    after = current_scores(by_command)
    assert after == current_scores(on_the_board)
    assert after[0] == ["store_touched_scores"]
    moved = [firm for firm in before if before[firm][0] != after[1][firm][0]]  # a more trusted source may know better
    assert 0 < len(moved) <= 3
    assert set(moved) <= set(sorted(before)[:3])
    said = f"已对 {len(moved)} 家企业重新评分"
    assert said in str(stored["notices"])

    number = str(stored["import_id"])
    goldseed(by_command, "imports", "undo", number)
    app = create_app(on_the_board)
    engine = app.server.extensions["goldseed"].engine
    with Session(engine) as session, session.begin():
        people.add(session, "clerk", "officer", password=PASSWORD, by=people.console(), now=NOW)
    clerk = Visitor(app, app.server.test_client())
    clerk.sign_in("clerk")
    clerk.get("/")
    output = next(name for name in app.callback_map if "imports-undone.children" in name)
    pressed = {"imports-undo.n_clicks": 1, "imports-grid.selectedRows": [{"id": number}]}
    assert said in clerk.call(body_of(app, output, pressed)).get_json()["response"]["imports-undone"]["children"]
    engine.dispose()
    again = current_scores(by_command)
    assert again == current_scores(on_the_board)
    assert again[0] == ["store_touched_scores"] * 2
    for firm, (points, chance) in before.items():
        assert again[1][firm] == (points, pytest.approx(chance, abs=1e-12))
