"""After an import the firms that it touched are scored anew, and come out as if all had been."""

from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Engine, delete, func, select, update
from sqlalchemy.orm import Session

from pipeline.accounts import audit, people
from pipeline.facts import public_on
from pipeline.language import Message
from pipeline.store.current import current_run, lineage_of
from pipeline.store.database import engine_for, open_database
from pipeline.store.status import status_of
from pipeline.store.tables import Event, Firm, Import, ModelFile, Return, ReturnRow, Score, ScoreReasons, ScoreRun
from scoring.dataset.snapshot import Snapshots
from scoring.engine import calibration as scale
from scoring.registry import registry, train_model
from scoring.scores import expected_events
from scoring.scores.data_fingerprint import DataFingerprint
from scoring.scores.day_model import with_ranks_of
from scoring.scores.score_cohort import score_cohort
from scoring.scores.stored_scores import stored_reasons, stored_values
from scoring.scores.touched_scores import TouchedScores, bring_up_to_date, in_words, score_touched
from tests.scoring.panels import NOW, a_market

DAY = date(2023, 5, 1)
LATER = NOW + timedelta(hours=1)
CLERK = people.console("clerk")
UNMOVED = "评分保持不变：计入评分的内容没有变化。"


def bring(engine: Engine, *rows: tuple[str, int, float], events: tuple[tuple[str, str], ...] = ()) -> int:
    """An import of firm, year, revenue, by a source that is trusted as much as the market's; returns its number."""
    with Session(engine) as session, session.begin():
        about = {"kind": "returns", "map_name": "neeq", "cohort": "neeq", "source": "exchange", "rows": len(rows)}
        count = session.scalar(select(func.count()).select_from(Import))
        brought = Import(**about, file_name="late.csv", sha256=f"{count}", imported_at=LATER, imported_by="clerk")
        session.add(brought)
        session.flush()
        sheet = Return(import_id=brought.id, source="exchange", sheet="late")
        session.add(sheet)
        session.flush()
        for firm, year, revenue in rows:
            known = {"known_on": public_on(year), "months": 12, "sheet_row": 2, "return_id": sheet.id}
            session.add(ReturnRow(firm_id=firm, year=year, revenue_cny=revenue, **known))
        for firm, kind in events:
            day = date(2022, 9, 1)
            session.add(Event(import_id=brought.id, firm_id=firm, kind=kind, occurred_on=day, known_on=day))
        audit.record(session, CLERK, "import_stored", f"import:{brought.id}", {}, LATER)
        return brought.id


def take_back(engine: Engine, number: int) -> None:
    with Session(engine) as session, session.begin():
        session.execute(update(Return).where(Return.import_id == number).values(in_force=False))
        session.execute(update(Event).where(Event.import_id == number).values(in_force=False))
        audit.record(session, CLERK, "import_undone", f"import:{number}", {}, LATER)


def current(engine: Engine) -> ScoreRun:
    with Session(engine, expire_on_commit=False) as session:
        run = current_run(session, "neeq")
    assert run is not None
    return run


def scores_of(engine: Engine, run: int) -> pd.DataFrame:
    columns = ("points", "low_points", "high_points", "probability", "thin_data")
    with engine.connect() as connection:
        statement = select(Score.firm_id, *(getattr(Score, name) for name in columns)).where(Score.run_id == run)
        return pd.read_sql(statement.order_by(Score.firm_id), connection).set_index("firm_id")


def whole(engine: Engine, models: Path, run: ScoreRun) -> tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame]:
    """Points and the like, reasons and features of all firms with the ranks of the run, worked out at once."""
    stored = registry.load(engine, models, run.model_id)
    model = with_ranks_of(engine, models, stored, run.reference)
    features = Snapshots(engine, ["neeq"]).on(run.as_of).eligible(stored.lines, stored.event)[model.features]
    scored = model.score(features)
    table = pd.DataFrame({"points": scored.points, "low_points": scored.low_points, "high_points": scored.high_points})
    return table, scored.reasons, features


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """The file of a database of 130 firms that are scored, and the folder of their model."""
    folder = tmp_path_factory.mktemp("touched")
    engine = open_database(f"sqlite:///{folder}/market.sqlite")
    _market(engine, folder / "models")
    engine.dispose()
    return folder / "market.sqlite", folder / "models"


def _market(engine: Engine, models: Path) -> None:
    a_market(engine)
    train_model.train(engine, models, DAY, cohorts=["neeq"], within_months=12, now=NOW, measured=False)
    score_cohort(engine, models, DAY, cohort="neeq", now=NOW)


@pytest.fixture
def market(trained: tuple[Path, Path], tmp_path: Path) -> Iterator[tuple[Engine, Path]]:
    file, models = trained
    (tmp_path / "own.sqlite").write_bytes(file.read_bytes())
    engine = engine_for(f"sqlite:///{tmp_path}/own.sqlite")
    yield engine, models
    engine.dispose()


def touch(market: tuple[Engine, Path]) -> TouchedScores:
    engine, models = market
    return score_touched(engine, models, now=LATER, cohort="neeq")


def test_only_the_firms_of_an_import_are_scored_and_the_others_are_taken_over(market):
    engine, _models = market
    first = current(engine)
    before = scores_of(engine, first.id)
    worked_out = status_of(engine).scores
    two = list(before.index[[3, 7]])
    bring(engine, (two[0], 2022, 9e9), (two[1], 2021, 1e3))
    result = touch(market)
    run = current(engine)
    assert (result.run, result.touched, result.scored, result.dropped, result.not_done) == (run.id, 2, 2, 0, None)
    assert (run.based_on, run.as_of, run.model_id, run.reference) == (first.id, DAY, first.model_id, first.reference)
    after = scores_of(engine, run.id)
    others = before.index.difference(two)
    pd.testing.assert_frame_equal(after.loc[others], before.loc[others], check_exact=True)
    assert (after.loc[two, "points"] != before.loc[two, "points"]).all()
    pd.testing.assert_frame_equal(scores_of(engine, first.id), before, check_exact=True)
    with Session(engine) as session:
        own = session.scalars(select(ScoreReasons.firm_id).where(ScoreReasons.run_id == run.id)).all()
    assert sorted(own) == two  # the reasons of the others are stored once
    assert status_of(engine).scores == worked_out + 2
    assert [str(said) for said in result.messages] == ["2023-05-01 的评分：已对 2 家企业重新评分。"]


def test_a_host_that_has_never_had_the_model_scores_with_its_ranks_of_the_day_as_the_first_one_does(market, tmp_path):
    engine, models = market
    later = date(2024, 5, 1)  # another day than the model's: its ranks are in a file of their own
    score_cohort(engine, models, later, cohort="neeq", now=LATER)
    before = scores_of(engine, current(engine).id)
    firm = before.index[4]
    bring(engine, (firm, 2022, 9e9))
    result = score_touched(engine, tmp_path / "another host", now=LATER, cohort="neeq")
    assert (result.scored, result.not_done) == (1, None)
    whole_here, _reasons, _features = whole(engine, models, current(engine))
    after = scores_of(engine, current(engine).id)
    assert after.loc[firm, "points"] == pytest.approx(whole_here.loc[firm, "points"], abs=1e-12)
    assert after.loc[firm, "points"] != before.loc[firm, "points"]


def test_what_moves_no_feature_stores_nothing(market):
    engine, _models = market
    run, firm = current(engine), scores_of(engine, current(engine).id).index[0]
    bring(engine, (firm, 2024, 5e7))  # known in 2025, after the day of the scores
    assert touch(market) == TouchedScores(DAY, touched=1, later=1)
    assert current(engine).id == run.id
    (said,) = touch(market).messages
    assert "2023-05-01" in str(said)
    assert [str(one) for one in in_words([touch(market)])] == [UNMOVED, str(said)]


def test_nothing_has_come_in_since_so_nothing_is_read(market):
    engine, models = market
    (result,) = bring_up_to_date(engine, models, now=NOW)
    assert (result.as_of, result.run, result.messages) == (DAY, None, [])
    assert [str(one) for one in in_words([result])] == [UNMOVED]


@pytest.mark.parametrize(
    "others",
    [
        [],
        [TouchedScores()],
        [TouchedScores(DAY), TouchedScores(DAY, 7, touched=2, scored=2)],
        [TouchedScores(DAY), TouchedScores(DAY, 7, touched=1, dropped=1)],
        [TouchedScores(DAY), TouchedScores(DAY, not_done=Message("why"))],
    ],
)
def test_that_scores_stay_as_they_are_is_said_only_where_there_are_some_and_none_has_moved(others):
    assert UNMOVED not in [str(one) for one in in_words(others)]


def test_a_firm_that_can_no_longer_have_the_event_loses_its_score_and_gets_it_back(market):
    engine, _models = market
    first = current(engine)
    before = scores_of(engine, first.id)
    number = bring(engine, events=((before.index[5], "listed"),))
    result = touch(market)
    assert (result.scored, result.dropped) == (0, 1)
    gone = scores_of(engine, current(engine).id)
    assert list(before.index.difference(gone.index)) == [before.index[5]]
    take_back(engine, number)
    assert (touch(market).scored, len(lineage(engine))) == (1, 3)
    again = current(engine)
    pd.testing.assert_frame_equal(scores_of(engine, again.id), before, atol=1e-12, rtol=0)
    assert again.data_fingerprint == first.data_fingerprint


def test_a_firm_that_nobody_knew_is_scored_and_forgotten_again(market):
    engine, _models = market
    first = current(engine)
    with Session(engine) as session, session.begin():
        session.add(Firm(id="neeq:new", cohort="neeq", name="new"))
        audit.record(session, CLERK, "import_stored", "import:0", {}, LATER)
    assert touch(market) == TouchedScores(DAY, touched=1)  # nothing is known of it yet
    number = bring(engine, ("neeq:new", 2021, 3e7), ("neeq:new", 2022, 4e7))
    assert (touch(market).scored, "neeq:new" in scores_of(engine, current(engine).id).index) == (1, True)
    take_back(engine, number)
    assert (touch(market).scored, touch(market).dropped) == (0, 0)
    pd.testing.assert_frame_equal(scores_of(engine, current(engine).id), scores_of(engine, first.id), check_exact=True)


def lineage(engine: Engine) -> list[int]:
    with Session(engine) as session:
        run = current_run(session, "neeq")
        assert run is not None
        return lineage_of(session, run)


_ACTION = st.one_of(
    st.tuples(st.just("figure"), st.integers(0, 9), st.sampled_from([2020, 2021, 2022, 2024]), st.floats(1e3, 1e10)),
    st.tuples(st.just("event"), st.integers(0, 9), st.just(0), st.just(0.0)),
    st.tuples(st.just("undo"), st.integers(0, 9), st.just(0), st.just(0.0)),
)


@given(actions=st.lists(st.lists(_ACTION, min_size=1, max_size=4), min_size=1, max_size=3))
@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_whatever_comes_in_the_scores_are_those_of_all_firms_worked_out_at_once(market, actions):
    engine, models = market
    firms = scores_of(engine, 1).index
    brought: list[int] = []
    for step in actions:
        for kind, place, year, revenue in step:
            if kind == "figure":
                brought.append(bring(engine, (firms[place], year, revenue)))
            elif kind == "event":
                brought.append(bring(engine, events=((firms[place], "listed"),)))
            elif brought:
                take_back(engine, brought.pop(place % len(brought)))
        assert touch(market).not_done is None
        run = current(engine)
        table, reasons, features = whole(engine, models, run)
        stored = scores_of(engine, run.id)
        pd.testing.assert_frame_equal(stored[list(table.columns)], table, check_exact=True, check_names=False)
        assert run.data_fingerprint == str(DataFingerprint.of(features))
        assert run.expected_events == pytest.approx(stored["probability"].sum(), abs=1e-9)
        level = scale.above_average(stored["points"].to_numpy())
        odds = np.log(stored["probability"] / (1 - stored["probability"])) - level
        assert np.ptp(odds) < 1e-9  # one level for all
        with Session(engine) as session:
            here = session.get_one(ScoreRun, run.id)
            for firm in [*firms[:10].intersection(table.index), table.index[-1]]:
                why = stored_reasons(session, here, firm)
                assert why is not None
                assert dict(why.points) == pytest.approx(
                    dict(reasons.loc[firm]), abs=1e-9
                )  # a few rows, another kernel
            values = stored_values(session, here, list(table.index))
        pd.testing.assert_frame_equal(values, features, check_exact=True, check_names=False, check_index_type=False)
    for number in brought:
        take_back(engine, number)


@pytest.mark.postgres
def test_scores_are_taken_over_on_postgresql_too(postgres_url: str, tmp_path: Path):
    engine = engine_for(postgres_url)
    _market(engine, tmp_path)
    firm = scores_of(engine, current(engine).id).index[0]
    bring(engine, (firm, 2022, 9e9))
    assert score_touched(engine, tmp_path, now=NOW, cohort="neeq").scored == 1
    run = current(engine)
    table, _reasons, _features = whole(engine, tmp_path, run)
    pd.testing.assert_frame_equal(scores_of(engine, run.id)[["points"]], table[["points"]], check_names=False)
    engine.dispose()


def test_a_run_of_a_program_that_did_not_say_what_it_had_read_asks_for_all_firms(market):
    engine, _models = market
    firm = scores_of(engine, 1).index[0]
    with Session(engine) as session, session.begin():
        session.execute(update(ScoreRun).values(audit_id=None))
        audit.record(session, CLERK, "store_scores", "score_run:1", {}, LATER)
    bring(engine, (firm, 2022, 9e9))
    result = touch(market)
    assert result.run is None
    assert "goldseed score --as-of 2023-05-01" in str(result.messages[0])
    assert len(lineage(engine)) == 1


def test_a_model_that_is_gone_leaves_the_scores_and_says_what_to_do(market, tmp_path):
    engine, _models = market
    with engine.begin() as connection:
        connection.execute(delete(ModelFile))
    bring(engine, (scores_of(engine, 1).index[0], 2022, 9e9))
    result = score_touched(engine, tmp_path / "elsewhere", now=NOW, cohort="neeq")
    assert (result.run, current(engine).id) == (None, 1)
    assert "goldseed score --as-of 2023-05-01" in str(result.messages[0])


def test_the_number_that_a_person_set_gives_the_level_to_the_firms_scored_anew(market):
    engine, models = market
    expected_events.set_expected(engine, 1, 12.0, why="the plan of the year", by=CLERK, now=NOW)
    before = scores_of(engine, 1)
    bring(engine, (before.index[0], 2022, 9e9))
    touch(market)
    after = scores_of(engine, current(engine).id)
    assert (after["probability"].iloc[1:] == before["probability"].iloc[1:]).all()
    log_odds = np.log(after["probability"] / (1 - after["probability"]))
    assert np.ptp(log_odds - scale.above_average(after["points"].to_numpy())) < 1e-9
    level = expected_events.level_of(engine, models, "neeq")
    assert level is not None
    assert (level.set_by, level.why) == ("clerk", "the plan of the year")
    assert level.expected == pytest.approx(after["probability"].sum(), abs=1e-9)


def test_the_same_facts_scored_whole_are_stored_again_where_other_scores_are_current(market):
    engine, models = market
    number = bring(engine, (scores_of(engine, 1).index[0], 2022, 9e9))
    score_cohort(engine, models, DAY, cohort="neeq", now=NOW)
    other = current(engine)
    take_back(engine, number)
    score_cohort(engine, models, DAY, cohort="neeq", now=NOW)
    last = current(engine)
    assert last.id > other.id
    pd.testing.assert_frame_equal(scores_of(engine, last.id), scores_of(engine, 1), check_exact=True)
    score_cohort(engine, models, DAY, cohort="neeq", now=NOW)
    assert current(engine).id == last.id


def test_rows_go_out_of_a_fingerprint_and_come_in_again_in_any_order():
    table = pd.DataFrame({"a": [1.0, 2.0, np.nan], "b": [0.0, -0.5, 4.0]}, index=["x", "y", "z"])
    other = table.assign(a=[9.0, 2.0, np.nan])
    x, new_x = DataFingerprint.of(table.loc[["x"]]), DataFingerprint.of(other.loc[["x"]])
    moved = DataFingerprint.of(table).with_rows(x, new_x)
    assert moved == DataFingerprint.of(other) != DataFingerprint.of(table)
    assert DataFingerprint.of(table.iloc[::-1]) == DataFingerprint.of(table)
    assert DataFingerprint.read(str(moved)) == moved
    assert DataFingerprint.read("d" * 64) is None
    swapped = table.assign(a=table["b"], b=table["a"])
    assert DataFingerprint.of(swapped) != DataFingerprint.of(table)
