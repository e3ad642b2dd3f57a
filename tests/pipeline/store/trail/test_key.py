"""The key is made once, for its owner alone; the note follows the newest entry."""

import stat
from concurrent.futures import ThreadPoolExecutor

from sqlalchemy.engine import make_url

from pipeline.store.trail import key

URL = make_url("sqlite:////nowhere/goldseed.sqlite")


def test_many_that_need_the_key_at_once_get_the_same_one_in_a_file_of_its_owner_alone(monkeypatch, tmp_path):
    file = tmp_path / "secret" / "trail-key"
    monkeypatch.setenv("GOLDSEED_TRAIL_KEY", str(file))
    assert key.find_key(URL) is None
    with ThreadPoolExecutor(8) as pool:
        made = set(pool.map(lambda _: key.make_key(URL).secret, range(16)))
    assert len(made) == 1
    assert key.find_key(URL) == key.Key(made.pop())
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert [one.name for one in file.parent.iterdir()] == ["trail-key"]


def test_a_seal_fits_its_own_text_and_key_alone():
    mine, other = key.Key(b"mine"), key.Key(b"other")
    assert mine.fits(mine.seal("a"), "a")
    assert not mine.fits(mine.seal("a"), "b")
    assert not mine.fits(other.seal("a"), "a")


def test_an_older_entry_never_replaces_the_note_of_a_newer_one(monkeypatch, tmp_path):
    monkeypatch.setenv("GOLDSEED_TRAIL_KEY", str(tmp_path / "trail-key"))
    key.write_note(URL, key.Note(2, "b"))
    key.write_note(URL, key.Note(1, "a"))
    assert key.read_note(URL) == key.Note(2, "b")
    key.write_note(URL, key.Note(1, "a"), whatever_stands_there=True)
    assert key.read_note(URL) == key.Note(1, "a")


def test_the_note_stands_beside_a_sqlite_file_unless_the_key_has_a_place_of_its_own(monkeypatch, tmp_path):
    url = make_url(f"sqlite:///{tmp_path}/goldseed.sqlite")
    monkeypatch.delenv("GOLDSEED_TRAIL_KEY")
    assert key.note_file(url) == tmp_path / "goldseed.sqlite.trail-head"
    monkeypatch.setenv("GOLDSEED_TRAIL_KEY", str(tmp_path / "safe" / "key"))
    noted = key.note_file(url)
    assert noted is not None
    assert noted.parent == tmp_path / "safe"
    assert key.note_file(make_url("sqlite://")) is None
