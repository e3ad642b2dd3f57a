"""However the firms are divided, what is worked out of a firm's own facts comes out the same, to the bit."""

import shutil
from collections.abc import Iterator
from datetime import date

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from sqlalchemy import Engine, select, text
from sqlalchemy.orm import Session

from pipeline.rules.reports import check, verdicts_json
from pipeline.settings import Settings
from pipeline.store import firm_selection
from pipeline.store.database import engine_for, open_database
from pipeline.store.firm_selection import FirmRange, ranges_of
from pipeline.store.tables import Firm, Score, ScoreRun
from scoring.dataset import snapshot
from scoring.dataset.snapshot import DaySnapshot, Snapshots
from scoring.features.listing_lines import lines_on
from scoring.scores.doubts import doubts_in, doubts_on, facts_read
from scoring.scores.peer_changes import earlier_features
from scoring.scores.score_cohort import score_cohort
from tests.demo_city import AS_OF, NOW, copy_of
from tests.scoring.panels import a_market

DAY = date.fromisoformat(AS_OF)
SIZES = st.integers(90, 600)


@pytest.fixture(scope="module")
def city(demo: Settings) -> Iterator[Engine]:
    engine = open_database(demo.db_url)
    yield engine
    engine.dispose()


def divided(monkeypatch: pytest.MonkeyPatch, size: int) -> None:
    """From now on firms are read so many at a time."""
    in_ranges = ranges_of
    for module in ("scoring.dataset.snapshot", "pipeline.rules.reports.check"):
        monkeypatch.setattr(
            f"{module}.ranges_of", lambda connection, cohort, _usual: in_ranges(connection, cohort, size)
        )


@given(
    ids=st.sets(st.text("0123456789AXZaz:", min_size=1, max_size=4), max_size=12),
    others=st.sets(st.integers(0, 11)),
    size=st.integers(1, 5),
)
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_each_firm_of_a_cohort_is_in_one_range_and_no_range_is_too_long(sqlite_engine, ids, others, size):
    _ranges_hold(sqlite_engine, ids, others, size)


@pytest.mark.postgres
def test_ranges_follow_the_order_of_postgresql(postgres_url):
    engine = engine_for(postgres_url)
    _ranges_hold(engine, {"neeq:1", "9A", "9a", "9B", "Z", "z", "A:", "A1", "10", "2"}, {3, 5}, 3)
    engine.dispose()


def _ranges_hold(engine: Engine, ids: set[str], others: set[int], size: int) -> None:
    with Session(engine) as session, session.begin():
        session.execute(text("DELETE FROM firm"))
        cohorts = {firm: "neeq" if place in others else "city" for place, firm in enumerate(sorted(ids))}
        session.add_all(Firm(id=firm, cohort=cohort, name=firm) for firm, cohort in cohorts.items())
        session.flush()
        found: list[str] = []
        for part in ranges_of(session.connection(), "city", size):
            of_part = firm_selection.limited(select(Firm.id).where(Firm.cohort == "city"), Firm.id, part)
            own = list(session.scalars(of_part))
            assert 0 < len(own) <= size
            found += own
        assert sorted(found) == sorted(firm for firm, cohort in cohorts.items() if cohort == "city")


@pytest.fixture(scope="module")
def undivided(city: Engine) -> tuple[DaySnapshot, pd.DataFrame, pd.DataFrame, pd.DataFrame]:
    """All firms read at once: the day, its features, those of a year before, and the doubts."""
    lines = lines_on(DAY)
    whole = Snapshots(city, ["city"], also=facts_read())
    day = whole.on(DAY)
    (earlier,) = day.each_part(lines, earlier_features(whole, lines, DAY))
    return day, day.features(lines), earlier, doubts_on(city, DAY)


@given(size=SIZES)
@example(size=37)
@settings(max_examples=3, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_features_doubts_and_changes_of_ranges_are_those_of_all_firms(city, undivided, monkeypatch, size):
    lines = lines_on(DAY)
    before, features_before, earlier_before, doubts_before = undivided
    with monkeypatch.context() as patch:
        divided(patch, size)
        parts = Snapshots(city, ["city"], also=facts_read())
        day = parts.on(DAY)
        earlier, doubts = day.each_part(
            lines,
            earlier_features(parts, lines, DAY),
            lambda database, part: doubts_in(database, part.facts, DAY, firms=part.which),
        )
        assert len(list(day._parts.made([lambda _database, part: part.which]))) > 500 // size - 1
    exact = {"check_exact": True, "check_index_type": False}
    pd.testing.assert_frame_equal(day.features(lines), features_before, **exact)
    pd.testing.assert_frame_equal(earlier.sort_index(), earlier_before, **exact)
    pd.testing.assert_frame_equal(doubts.reset_index(drop=True), doubts_before, check_dtype=False)
    assert len(doubts)
    pd.testing.assert_frame_equal(day.labels, before.labels, **exact)
    pd.testing.assert_series_equal(day.last_years, before.last_years, check_index_type=False)
    pd.testing.assert_series_equal(Snapshots(city, ["city"]).last_years(DAY), before.last_years, check_names=False)


def test_the_facts_of_a_range_are_read_once_for_a_score(demo, tmp_path, monkeypatch):
    settings = copy_of(demo, tmp_path / "once")
    engine = open_database(settings.db_url)
    with engine.begin() as connection:
        connection.execute(text("UPDATE score_run SET data_fingerprint = '-'"))
    shutil.rmtree(settings.models / f"demo-{AS_OF}" / "reach")
    read: list[object] = []
    usual = snapshot.facts_and_firms

    def counted(database: Engine, day: date, cohort: str, firms: object, columns: list[str]) -> object:
        read.append(firms)
        return usual(database, day, cohort, firms, columns)

    divided(monkeypatch, 200)
    monkeypatch.setattr(snapshot, "facts_and_firms", counted)
    score_cohort(engine, settings.models, DAY, now=NOW)
    engine.dispose()
    assert len(read) == len(set(read)) == 3


def test_scores_of_ranges_are_those_of_all_firms(demo, tmp_path, monkeypatch):
    tables = {}
    for name, size in (("whole", None), ("parts", 90)):
        settings = copy_of(demo, tmp_path / name)
        engine = open_database(settings.db_url)
        with engine.begin() as connection:
            connection.execute(text("DELETE FROM score_reasons"))
            connection.execute(text("DELETE FROM score"))
            connection.execute(text("UPDATE score_run SET data_fingerprint = '-'"))
        with monkeypatch.context() as patch:
            if size is not None:
                divided(patch, size)
            table = score_cohort(engine, settings.models, DAY, now=NOW)
        with Session(engine) as session:
            run = session.scalars(select(ScoreRun).order_by(ScoreRun.id.desc()).limit(1)).one()
            stored = session.execute(
                select(Score.firm_id, Score.points, Score.probability).where(Score.run_id == run.id)
            )
            tables[name] = (table, run.data_fingerprint, run.reference, sorted(map(tuple, stored)))
        engine.dispose()
    whole, parts = tables["whole"], tables["parts"]
    pd.testing.assert_frame_equal(whole[0], parts[0], check_exact=True)
    assert whole[1:] == parts[1:]
    assert len(whole[3]) > 400


def test_verdicts_of_ranges_are_those_of_all_firms(city, tmp_path, monkeypatch):
    found = []
    for at_once in (10_000, 170):
        with monkeypatch.context() as patch:
            divided(patch, at_once)
            parts = check.check_in_parts(city, DAY)
            counts = check.summary(parts, tmp_path / "rows.csv")
            made = list(parts)  # worked out once for both that follow
            with (tmp_path / "rows.json").open("w", encoding="utf-8") as stream:
                verdicts_json.write(made, stream)
        states = np.concatenate([verdicts.state.T for verdicts in made])
        document = (tmp_path / "rows.json").read_bytes()
        found.append((counts.to_dict(), (tmp_path / "rows.csv").read_bytes(), states.tobytes(), document))
    assert found[0] == found[1]


def test_a_cohort_of_which_nothing_was_known_is_said_so_in_ranges_too(sqlite_engine, monkeypatch):
    a_market(sqlite_engine)
    divided(monkeypatch, 50)
    parts = check.check_in_parts(sqlite_engine, date(2015, 1, 1), cohort="neeq")
    with pytest.raises(check.NoSuchRule, match="neeq"):
        list(parts)
    assert isinstance(next(iter(parts.ranges)), FirmRange)
