"""A disk that takes nothing more, told from a database that does not answer."""

import os
from pathlib import Path

import pytest

from pipeline.store.database import DatabaseNotReached, open_database
from pipeline.store.engines import full_disk
from pipeline.store.engines.full_disk import DiskReadOnly, opening_trouble


@pytest.fixture
def nothing_may_be_written(monkeypatch: pytest.MonkeyPatch) -> None:
    """As on a disk mounted read-only, also for whoever may write everything."""
    monkeypatch.setattr(full_disk.os, "access", lambda _path, mode: mode != os.W_OK)


@pytest.mark.usefixtures("nothing_may_be_written")
def test_a_database_that_is_there_but_cannot_be_opened_on_a_read_only_disk_is_told_as_such(tmp_path: Path):
    place = tmp_path / "goldseed.sqlite"
    place.mkdir()  # there, and SQLite cannot open it
    with pytest.raises(DiskReadOnly):
        open_database(f"sqlite:///{place}")


def test_where_the_folder_can_be_written_the_database_does_not_answer(tmp_path: Path):
    place = tmp_path / "goldseed.sqlite"
    place.mkdir()
    with pytest.raises(DatabaseNotReached):
        open_database(f"sqlite:///{place}")


@pytest.mark.usefixtures("nothing_may_be_written")
def test_a_database_that_is_not_there_is_no_matter_of_the_disk(tmp_path: Path):
    assert opening_trouble(str(tmp_path / "none.sqlite")) is None
    assert opening_trouble(None) is None
