"""The key of the trail's seals and the note of its last entry: two files that are not in the database.

Who can write the database alone can then neither forge an entry nor cut the end off unnoticed. The key is made once, in
the file that GOLDSEED_TRAIL_KEY names, else in data/secret of the program's folder (beside the database where that
cannot be written). The note stands beside the key where GOLDSEED_TRAIL_KEY is set or the database is PostgreSQL's, else
beside the SQLite file.
"""

import fcntl
import hashlib
import hmac
import json
import logging
import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import URL

from pipeline.atomic_files import made_once, write_text_atomically
from pipeline.settings import from_environment

_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Key:
    """The key, known by the first eight digits of its hash."""

    secret: bytes

    @property
    def name(self) -> str:
        return hashlib.sha256(self.secret).hexdigest()[:8]

    def seal(self, text: str) -> str:
        """`name:HMAC-SHA256` of the text."""
        return f"{self.name}:{hmac.new(self.secret, text.encode(), hashlib.sha256).hexdigest()}"

    def fits(self, seal: str, text: str) -> bool:
        return hmac.compare_digest(seal, self.seal(text))


@dataclass(frozen=True)
class Note:
    """The last entry that was written, as noted outside the database."""

    id: int
    head: str


def find_key(url: URL) -> Key | None:
    """The key, if one was made."""
    for file in _places(url):
        with suppress(OSError):
            if secret := file.read_bytes().strip():
                return Key(secret)
    return None


def make_key(url: URL) -> Key:
    """The key; made where there is none, in a file that its owner alone can read. Raises OSError."""
    if (key := find_key(url)) is not None:
        return key
    failed: OSError | None = None
    for file in _places(url):
        try:
            return Key(made_once(file, secrets.token_hex(32)).encode("ascii"))
        except OSError as error:
            failed = error
    raise failed or OSError("no place for the key of the trail")


def _places(url: URL) -> list[Path]:
    settings = from_environment()
    if settings.trail_key is not None:
        return [settings.trail_key]
    places = [settings.root / "data" / "secret" / "trail-key"]
    if url.get_backend_name() == "sqlite" and url.database:
        places.append(_beside(url, "trail-key"))
    return places


def note_file(url: URL) -> Path | None:
    """Where the last entry is noted; None for a database in memory."""
    chosen = from_environment().trail_key
    if url.get_backend_name() == "sqlite":
        if not url.database or url.database == ":memory:":
            return None
        if chosen is None:
            return _beside(url, "trail-head")
        name = str(Path(url.database).resolve())
    else:
        name = f"{url.host}:{url.port}/{url.database}?{sorted(url.query.items())}"
    folder = (chosen or _places(url)[0]).parent
    return folder / f"trail-head-{hashlib.sha256(name.encode()).hexdigest()[:16]}"


def _beside(url: URL, name: str) -> Path:
    file = Path(url.database or "")
    return file.with_name(f"{file.name}.{name}")


def read_note(url: URL) -> Note | None:
    """The note; None where none was written."""
    file = note_file(url)
    if file is None:
        return None
    try:
        content = json.loads(file.read_text(encoding="ascii"))
        return Note(int(content["id"]), str(content["head"]))
    except (OSError, ValueError, KeyError, TypeError):
        return None


def write_note(url: URL, note: Note, *, whatever_stands_there: bool = False) -> None:
    """Note the last entry; an older one never replaces a newer, unless the trail was sealed anew by a person."""
    file = note_file(url)
    if file is None:
        return
    try:
        with _alone(file):
            before = read_note(url)
            if before is None or before.id < note.id or whatever_stands_there:
                write_text_atomically(file, json.dumps({"id": note.id, "head": note.head}))
                file.chmod(0o600)
    except OSError as error:  # what was recorded stands; the note lags behind until the next entry
        _log.warning("the head of the trail could not be noted in %s: %s", file, error)


def put_note_away(url: URL) -> None:
    """A new database begins where another was: the note of that one is kept under another name."""
    file = note_file(url)
    if file is not None and file.exists():
        file.replace(file.with_name(f"{file.name}.of-the-database-before"))


@contextmanager
def _alone(file: Path) -> Iterator[None]:
    file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    handle = os.open(file.with_name(f"{file.name}.lock"), os.O_CREAT | os.O_RDWR, 0o600)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)
