"""The files of a model as rows, so that every host that serves the database can put them into its own folder.

    train, score, goldseed models store ──► keep ──► model_file ──► bring ──► the folder of any host

The folder is the working copy: whoever reads a model asks `bring` first, and a file that is missing there, or is
another one, is written anew from its row. What was never stored is read from the folder as it is.
"""

import hashlib
import json
import logging
import zlib
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from sqlalchemy import ColumnElement, Connection, Engine, delete, func, insert, select
from sqlalchemy.orm import Session

from pipeline.accounts import audit, people
from pipeline.atomic_files import write_atomically
from pipeline.errors import ShownToPeople
from pipeline.language import N_, Message
from pipeline.store.engines.full_disk import disk_trouble
from pipeline.store.tables import Model, ModelFile, ScoreRun
from pipeline.store.write_lock import lock_writes
from scoring.engine.readiness_model import PARTS, TREES

#: What makes a model and says how it was judged; the scores behind its metrics only where it could be.
ARTEFACTS = (TREES, *(f"{part}.json" for part in PARTS), "measures.json", "card.md", "card.en.md", "backtest.csv")
#: Bytes of one file. Only the scores of a backtest of several hundred thousand firms are larger: they are a result,
#: which each host can work out; what makes a model weighs 2 MB, whatever its firms.
LARGEST = 100 * 2**20
#: A backtest that somebody asked for: its scores and its metrics.
JUDGED = ("plots/backtest.csv", "plots/backtest.json")
_log = logging.getLogger(__name__)
#: Path -> what the file system says of the file, and its hash: a file is hashed again only where it was written since.
_hashes: dict[str, tuple[tuple[int, ...], str]] = {}


class WrongModelFile(ShownToPeople):
    """A file of a model in the database that is not the one which was stored: nothing is worked out with it."""


class FolderNotWritten(ShownToPeople):
    """The folder of models takes no files, so that this host cannot have the model."""


def ranks_file(reference: str) -> str | None:
    """The file with the ranks that a run names as its reference; None for a name without a day and a mark."""
    *_, day, mark = ("", "", *reference.split(" "))
    return f"ranks/{day}-{mark}.json" if day and mark else None


# --- storing ---------------------------------------------------------------------------------------


def read(folder: Path, names: Iterable[str] = ARTEFACTS) -> dict[str, bytes]:
    """Those files of a model's folder that lie there, by name; a larger one than LARGEST stays where it is."""
    found = {}
    for name in names:
        if (folder / name).is_file():
            if (folder / name).stat().st_size <= LARGEST:
                found[name] = (folder / name).read_bytes()
            else:
                _log.warning("%s of the model %s is too large to be stored for other hosts", name, folder.name)
    return found


def keep(session: Session, model_id: str, files: Mapping[str, bytes]) -> None:
    """Store these files in the session's transaction, in place of those of the same names. The entry that the
    transaction leaves in the audit log seals them."""
    for name, content in files.items():
        digest = _sha256(content)
        row = session.scalar(select(ModelFile).where(ModelFile.model_id == model_id, ModelFile.name == name))
        if row is None:
            session.add(ModelFile(model_id=model_id, name=name, sha256=digest, content=zlib.compress(content, 1)))
        elif row.sha256 != digest:
            row.sha256, row.content = digest, zlib.compress(content, 1)


def keep_results(
    engine: Engine,
    model_id: str,
    files: Mapping[str, bytes],
    *,
    gone: Collection[str] = (),
    instead_of: str | None = None,
) -> None:
    """Store results that pages show (names below plots/ or reach/) for the other hosts; with SQLite there are none.

    They take the place of those of the same names; those named `gone`, and those whose names begin with `instead_of`,
    go. The newest row has the highest id.
    """
    if engine.dialect.name == "sqlite":
        return
    older: ColumnElement[bool] = ModelFile.name.in_([*files, *gone])
    if instead_of is not None:
        older = older | ModelFile.name.startswith(instead_of)
    rows = [
        {"model_id": model_id, "name": name, "sha256": _sha256(content), "content": zlib.compress(content, 1)}
        for name, content in files.items()
    ]
    with engine.begin() as connection:
        _lock(connection, model_id)
        connection.execute(delete(ModelFile).where(ModelFile.model_id == model_id, older))
        if rows:
            connection.execute(insert(ModelFile), rows)


def drop_results(engine: Engine, model_id: str, begins: str, *, newest: int) -> None:
    """Let only the newest results stay whose names begin so."""
    if engine.dialect.name == "sqlite":
        return
    mine = (ModelFile.model_id == model_id, ModelFile.name.startswith(begins))
    stay = select(ModelFile.id).where(*mine).order_by(ModelFile.id.desc()).limit(newest)
    with engine.begin() as connection:
        _lock(connection, model_id)
        connection.execute(delete(ModelFile).where(*mine, ModelFile.id.not_in(stay)))


def _lock(connection: Connection, model_id: str) -> None:
    """Two hosts that worked out the same at once: the second waits here, and replaces what the first stored."""
    connection.execute(select(Model.id).where(Model.id == model_id).with_for_update(key_share=True))


# --- reading ---------------------------------------------------------------------------------------


def is_kept(engine: Engine, model_ids: Collection[str]) -> set[str]:
    """Those of the models whose trees stand in rows."""
    with engine.connect() as connection:
        return set(
            connection.scalars(
                select(ModelFile.model_id).where(ModelFile.name == TREES, ModelFile.model_id.in_(list(model_ids)))
            )
        )


def newest_kept(engine: Engine, model_id: str, begins: str) -> str | None:
    """The name of the result stored last whose name begins so."""
    mine = (ModelFile.model_id == model_id, ModelFile.name.startswith(begins))
    with engine.connect() as connection:
        return connection.scalar(select(ModelFile.name).where(*mine).order_by(ModelFile.id.desc()).limit(1))


def bring(engine: Engine, models_dir: Path, model_id: str, names: Iterable[str] = ARTEFACTS) -> Path:
    """Let the model's folder hold these files as they are stored, those that are; returns the folder.

    Raises WrongModelFile where a stored file is not what its hash says, FolderNotWritten where the folder takes
    nothing, DiskFull or DiskReadOnly.
    """
    folder = Path(models_dir) / model_id
    wanted = list(names)
    with engine.connect() as connection:
        statement = select(ModelFile.name, ModelFile.sha256).where(ModelFile.model_id == model_id)
        kept = dict(connection.execute(statement.where(ModelFile.name.in_(wanted))).all())
        for name in wanted:
            if name in kept and (found := _hash_of(folder / name)) != kept[name]:
                if found is not None and name in ARTEFACTS:
                    _log.warning("%s of the model %s in %s is replaced by the stored one", name, model_id, folder)
                content = connection.scalar(
                    select(ModelFile.content).where(ModelFile.model_id == model_id, ModelFile.name == name)
                )
                if content is not None:  # a newer result has taken its place
                    _write(models_dir, folder / name, _checked(model_id, name, kept[name], content))
    return folder


def _checked(model_id: str, name: str, sha256: str, stored: bytes) -> bytes:
    try:
        content = zlib.decompress(stored)
    except zlib.error:
        content = b""
    if _sha256(content) != sha256:
        text = N_(
            "The file %(file)s of the model %(name)s in the database is not the one that was stored: its hash is "
            "another one. Nothing is worked out with it. Look with `goldseed audit verify`, and put a backup back."
        )
        raise WrongModelFile(Message(text, {"file": name, "name": model_id}))
    return content


def _write(models_dir: Path, path: Path, content: bytes) -> None:
    try:
        write_atomically(path, lambda unfinished: unfinished.write_bytes(content))
    except OSError as error:
        if (trouble := disk_trouble(error)) is not None:
            raise trouble from error
        text = N_(
            "The folder of models at %(folder)s cannot be written (%(why)s), so this host cannot have the model. Let "
            "the program write it, or name another with GOLDSEED_MODELS."
        )
        told = {"folder": str(models_dir), "why": error.strerror or str(error)}
        raise FolderNotWritten(Message(text, told)) from error


def _hash_of(path: Path) -> str | None:
    """The hash of a file, None where there is none."""
    try:
        about = path.stat()
        written = (about.st_mtime_ns, about.st_ctime_ns, about.st_size, about.st_ino)
        before = _hashes.get(str(path))
        if before is None or before[0] != written:
            _hashes[str(path)] = before = (written, _sha256(path.read_bytes()))
        return before[1]
    except OSError:
        return None


def _sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


# --- databases of before ---------------------------------------------------------------------------


@dataclass(frozen=True)
class StoredFiles:
    """What `store_missing` did. `stored`: models of which it stored files; `elsewhere`: registered models whose files
    are neither stored nor here; `others`: models whose folder here is of another training than the registered one."""

    stored: tuple[str, ...] = ()
    elsewhere: tuple[str, ...] = ()
    others: tuple[str, ...] = ()

    def as_json(self) -> dict[str, Any]:
        return {"stored": list(self.stored), "elsewhere": list(self.elsewhere), "others": list(self.others)}


def store_missing(engine: Engine, models_dir: Path, *, now: datetime, by: str) -> StoredFiles:
    """Store what this host has of registered models and the database has not: those of a program that kept them in
    folders alone. Nothing is written where nothing is missing."""
    stored, elsewhere, others = [], [], []
    for model_id, missing in _missing(engine).items():
        folder = Path(models_dir) / model_id
        found = read(folder, missing)
        if TREES in missing and TREES not in found:
            elsewhere.append(model_id)
        elif found and not _is_registered(engine, model_id, folder):
            others.append(model_id)
        elif found:
            with Session(engine) as session, session.begin():
                lock_writes(session)
                there = set(session.scalars(select(ModelFile.name).where(ModelFile.model_id == model_id)))
                if new := {name: content for name, content in found.items() if name not in there}:
                    keep(session, model_id, new)
                    details = {"files": len(new)}
                    audit.record(session, people.console(by), "keep_model_files", f"model:{model_id}", details, now)
                    stored.append(model_id)
    return StoredFiles(tuple(stored), tuple(elsewhere), tuple(others))


def _missing(engine: Engine) -> dict[str, list[str]]:
    """Of each model the files that are not stored: its artefacts where its trees are not, the ranks of its runs, and
    where there may be other hosts the backtest that somebody asked for."""
    with engine.connect() as connection:
        kept = {(model, name) for model, name in connection.execute(select(ModelFile.model_id, ModelFile.name))}
        runs = connection.execute(select(ScoreRun.model_id, ScoreRun.reference).distinct()).all()
        models = connection.scalars(select(Model.id).order_by(Model.id)).all()
    missing = {model: [] if (model, TREES) in kept else list(ARTEFACTS) for model in models}
    for model, reference in runs:
        if (name := ranks_file(reference)) is not None and (model, name) not in kept:
            missing[model].append(name)
    if engine.dialect.name == "postgresql":
        for model, names in missing.items():
            names += [name for name in JUDGED if (model, name) not in kept]
    return {model: names for model, names in missing.items() if names}


def _is_registered(engine: Engine, model_id: str, folder: Path) -> bool:
    """Whether the folder holds the registered model: of the same data, and its trees the stored ones, if any."""
    try:
        about = json.loads((folder / "about.json").read_text("utf-8"))
    except (OSError, ValueError):
        return False
    with engine.connect() as connection:
        data = connection.scalar(select(Model.fingerprint).where(Model.id == model_id))
        trees = connection.scalar(
            select(func.max(ModelFile.sha256)).where(ModelFile.model_id == model_id, ModelFile.name == TREES)
        )
    return about.get("data_fingerprint") == data and trees in (None, _hash_of(folder / TREES))
