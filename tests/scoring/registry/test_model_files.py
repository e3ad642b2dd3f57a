"""A host that lacks a model, or has another one under its name, works with the registered one or not at all."""

import json
import logging
from datetime import date, datetime
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from sqlalchemy import Engine, func, select, update
from sqlalchemy.orm import Session

from pipeline.accounts import audit
from pipeline.store.tables import AuditEntry, Model, ModelFile, ScoreRun
from scoring.engine.readiness_model import ReadinessModel
from scoring.errors import FilesMissing, NoSuchModel
from scoring.registry import model_files, registry, train_model
from scoring.registry.model_files import FolderNotWritten, StoredFiles, WrongModelFile, store_missing
from tests.dashboard import stored_model
from tests.dashboard.stored_model import DAY, MEASURES, NAMES, small_model

NOW = datetime(2026, 5, 2, 8, 0)
ROWS = pd.DataFrame(np.linspace(-2.0, 2.0, 5 * len(NAMES)).reshape(5, -1), columns=NAMES)


def train(engine: Engine, models: Path, name: str = "m", model: ReadinessModel | None = None) -> Path:
    """As a training ends, with a model that is there already."""
    model = model or small_model()
    return train_model._stored(engine, models, name, model, MEASURES, None, DAY, NOW, "clerk")


def points(engine: Engine, models: Path, name: str = "m") -> list[float]:
    return list(registry.load(engine, models, name).model.score(ROWS).points)


def contents(folder: Path) -> dict[str, bytes]:
    return {file.name: file.read_bytes() for file in folder.iterdir() if file.is_file()}


def trail_of(engine: Engine) -> int:
    with Session(engine) as session:
        return audit.verify_all(session)


@pytest.fixture
def here(engine: Engine, tmp_path: Path) -> Path:
    """The folder of the host that trained the model m."""
    train(engine, tmp_path / "here")
    return tmp_path / "here"


def test_a_host_without_the_model_gets_it_byte_for_byte(engine: Engine, here: Path, tmp_path: Path):
    there = tmp_path / "there"
    assert points(engine, there) == points(engine, here)
    assert contents(there / "m") == contents(here / "m")
    assert set(contents(there / "m")) == set(model_files.ARTEFACTS) - {"backtest.csv"}
    assert registry.show(engine, there, "m").card_zh.startswith("#")
    assert trail_of(engine) == 1


def test_a_host_with_another_model_under_its_name_gets_the_registered_one_and_keeps_the_rest_of_its_folder(
    engine: Engine, here: Path, tmp_path: Path, caplog: pytest.LogCaptureFixture
):
    there = tmp_path / "there"
    points(engine, there)
    tampered = json.loads((there / "m" / "calibration.json").read_text())
    (there / "m" / "calibration.json").write_text(json.dumps({**tampered, "slope": 9.0}))
    (there / "m" / "plots").mkdir()
    (there / "m" / "plots" / "drawn.json").write_text("{}")
    assert points(engine, there) == points(engine, here)
    assert (there / "m" / "plots" / "drawn.json").exists()
    assert "calibration.json" in caplog.text


def test_a_file_that_is_as_stored_is_neither_fetched_nor_written_again(engine: Engine, here: Path):
    before = {file.name: file.stat().st_mtime_ns for file in (here / "m").iterdir()}
    points(engine, here)
    assert {file.name: file.stat().st_mtime_ns for file in (here / "m").iterdir()} == before


def test_a_file_that_was_changed_in_the_database_is_refused_with_a_letter(engine: Engine, here: Path, tmp_path: Path):
    with engine.begin() as connection:
        other = select(ModelFile.content).where(ModelFile.name == "about.json").scalar_subquery()
        connection.execute(update(ModelFile).where(ModelFile.name == "model.txt").values(content=other))
    with pytest.raises(WrongModelFile) as refused:
        registry.load(engine, tmp_path / "there", "m")
    assert "model.txt" in str(refused.value)
    assert not (tmp_path / "there" / "m" / "model.txt").exists()
    with pytest.raises(WrongModelFile):
        train(engine, tmp_path / "there")
    assert points(engine, here)  # who has the registered one needs nothing from there


def test_who_changes_a_file_with_its_hash_is_found_by_the_trail(engine: Engine, here: Path):
    with engine.begin() as connection:
        connection.execute(update(ModelFile).where(ModelFile.name == "model.txt").values(sha256="0" * 64))
    with Session(engine) as session, pytest.raises(audit.BrokenAuditLog) as caught:
        audit.verify_all(session)
    assert "模型文件" in str(caught.value)


def test_a_training_that_is_not_registered_leaves_no_file(
    engine: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    def fails(*_: object) -> None:
        raise RuntimeError("killed half way")

    monkeypatch.setattr(audit, "record", fails)
    with pytest.raises(RuntimeError):
        train(engine, tmp_path / "here")
    with Session(engine) as session:
        assert session.scalar(select(func.count()).select_from(ModelFile)) == 0
        assert session.scalar(select(func.count()).select_from(Model)) == 0
    with pytest.raises(NoSuchModel):
        registry.load(engine, tmp_path / "here", "m")


def test_a_name_is_taken_also_on_a_host_that_has_never_had_the_model(engine: Engine, here: Path, tmp_path: Path):
    other = stored_model.fit(ROWS.sample(400, replace=True, random_state=1, ignore_index=True), _labels(), ranks=True)
    other.about.update({name: small_model().about[name] for name in ("data_fingerprint", "cohorts", "event")})
    other.about.update(within_months=24)
    with pytest.raises(train_model.NameTaken):
        train(engine, tmp_path / "there", model=other)
    train(engine, tmp_path / "there")  # the same again


def _labels() -> pd.Series:
    return pd.Series((np.random.default_rng(3).random(400) < 0.3).astype(float))


def test_a_folder_that_takes_nothing_is_told_and_a_host_that_has_the_model_needs_none(engine: Engine, tmp_path: Path):
    train(engine, tmp_path / "here")
    (tmp_path / "a file").write_text("")
    with pytest.raises(FolderNotWritten) as told:
        registry.load(engine, tmp_path / "a file", "m")
    assert str(tmp_path / "a file") in str(told.value)


# --- databases of before -----------------------------------------------------------------------------


def test_models_that_were_in_folders_alone_are_stored_once_by_the_host_that_has_them(engine: Engine, tmp_path: Path):
    stored_model.put(engine, tmp_path / "here", "m")
    there = tmp_path / "there"
    assert points(engine, tmp_path / "here")  # as before
    with pytest.raises(FilesMissing) as told:
        registry.load(engine, there, "m")
    assert "goldseed models store" in str(told.value)
    assert store_missing(engine, there, now=NOW, by="clerk") == StoredFiles(elsewhere=("m",))
    assert store_missing(engine, tmp_path / "here", now=NOW, by="clerk") == StoredFiles(stored=("m",))
    with Session(engine) as session:
        entries = session.scalars(select(AuditEntry.action)).all()
    assert entries == ["keep_model_files"]
    for models in (tmp_path / "here", there):
        assert store_missing(engine, models, now=NOW, by="clerk") == StoredFiles()
    assert points(engine, there) == points(engine, tmp_path / "here")


def test_a_folder_of_another_training_is_not_stored_as_the_registered_model(engine: Engine, tmp_path: Path):
    stored_model.put(engine, tmp_path / "here", "m")
    file = tmp_path / "here" / "m" / "about.json"
    file.write_text(file.read_text().replace("d" * 64, "e" * 64))
    assert store_missing(engine, tmp_path / "here", now=NOW, by="clerk") == StoredFiles(others=("m",))


def test_the_ranks_of_old_runs_are_stored_too_and_travel(engine: Engine, here: Path, tmp_path: Path):
    run = {"model_id": "m", "cohort": "city", "as_of": date(2026, 6, 1), "scored_at": NOW, "base_points": 50.0}
    with Session(engine) as session, session.begin():
        session.add(ScoreRun(**run, data_fingerprint="d", reference="city 2026-06-01 0a1b2c3d"))
        session.add(ScoreRun(**run, data_fingerprint="d", reference="city"))  # of a program that named no day
        audit.record(session, model_files.people.console("clerk"), "store_scores", "score_run:1", {}, NOW)
    assert store_missing(engine, here, now=NOW, by="clerk") == StoredFiles()  # gone, as before
    (here / "m" / "ranks").mkdir()
    (here / "m" / "ranks" / "2026-06-01-0a1b2c3d.json").write_text("{}")
    assert store_missing(engine, tmp_path / "there", now=NOW, by="clerk") == StoredFiles()
    assert store_missing(engine, here, now=NOW, by="clerk") == StoredFiles(stored=("m",))
    folder = model_files.bring(engine, tmp_path / "there", "m", ["ranks/2026-06-01-0a1b2c3d.json"])
    assert (folder / "ranks" / "2026-06-01-0a1b2c3d.json").read_text() == "{}"
    assert trail_of(engine) == 3


def test_a_file_beyond_all_measure_stays_in_its_folder_and_the_model_travels_without_it(
    engine: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
):
    stored_model.put(engine, tmp_path / "here", "m")
    largest = max((tmp_path / "here" / "m" / name).stat().st_size for name in contents(tmp_path / "here" / "m"))
    (tmp_path / "here" / "m" / "backtest.csv").write_bytes(b"x" * (largest + 1))
    monkeypatch.setattr(model_files, "LARGEST", largest)
    assert store_missing(engine, tmp_path / "here", now=NOW, by="clerk") == StoredFiles(stored=("m",))
    assert "backtest.csv" in caplog.text
    assert points(engine, tmp_path / "there") == points(engine, tmp_path / "here")
    assert not (tmp_path / "there" / "m" / "backtest.csv").exists()


# --- results that pages show -------------------------------------------------------------------------


@pytest.mark.postgres
def test_of_results_the_newest_is_everybody_s_and_as_many_stay_as_are_asked_for(
    postgres_url: str, tmp_path: Path, caplog: pytest.LogCaptureFixture
):
    from pipeline.store.database import engine_for

    engine = engine_for(postgres_url)
    train(engine, tmp_path / "here")
    caplog.set_level(logging.WARNING)
    for number in range(5):
        model_files.keep_results(engine, "m", {f"reach/{number}.npy": b"%d" % number})
    model_files.keep_results(engine, "m", {"reach/1.npy": b"anew"})
    assert model_files.newest_kept(engine, "m", "reach/") == "reach/1.npy"
    model_files.drop_results(engine, "m", "reach/", newest=2)
    folder = model_files.bring(engine, tmp_path / "there", "m", [f"reach/{number}.npy" for number in range(5)])
    assert contents(folder / "reach") == {"1.npy": b"anew", "4.npy": b"4"}
    model_files.keep_results(engine, "m", {"reach/a-2.npy": b"", "reach/a-3.npy": b""}, instead_of="reach/")
    with engine.connect() as connection:
        names = connection.scalars(select(ModelFile.name).where(ModelFile.name.startswith("reach/"))).all()
    assert sorted(names) == ["reach/a-2.npy", "reach/a-3.npy"]
    assert trail_of(engine) == 1  # they are not sealed
    assert caplog.text == ""
    engine.dispose()
