"""Forms that officers mapped on the board, as rows, so that every host can put them into its folder of column maps.

The folder is what imports read; a form that is missing there is written from its row, one that is there stays as it is,
as the program's own do.
"""

import logging
import re
from datetime import datetime
from pathlib import Path

from sqlalchemy import Connection, Engine, select
from sqlalchemy.orm import Session

from pipeline.accounts import audit, people
from pipeline.atomic_files import write_text_atomically
from pipeline.intake.mapping.column_maps import FOLDER
from pipeline.store.tables import AuditEntry, KeptForm

_log = logging.getLogger(__name__)
_SUBJECT = "map:"


def bring(database: Engine | Connection, folder: Path = FOLDER) -> None:
    """Write the forms that this host lacks; where its folder takes nothing, the log says so."""
    connection = database.connect() if isinstance(database, Engine) else database
    try:
        there = {file.stem for file in folder.glob("*.yaml")}
        if not (lacking := set(connection.scalars(select(KeptForm.name))) - there):
            return
        for name, content in connection.execute(
            select(KeptForm.name, KeptForm.content).where(KeptForm.name.in_(lacking))
        ).all():
            write_text_atomically(folder / f"{name}.yaml", content)
    except OSError as error:
        _log.warning("forms that were mapped on another host cannot be written here: %s", error)
    finally:
        if connection is not database:
            connection.close()


def keep(session: Session, file: Path, *, by: str, now: datetime) -> None:
    """Store the form of a file for the other hosts, in the transaction of the entry that tells of it."""
    session.add(KeptForm(name=file.stem, content=file.read_text("utf-8"), kept_by=by, kept_at=audit.utc(now)))


def store_missing(engine: Engine, *, now: datetime, by: str, folder: Path = FOLDER) -> list[str]:
    """Store the forms of a program that kept them in its folder alone: those of which the trail tells and that lie
    here; returns their names. Nothing is written where nothing is missing."""
    told = select(AuditEntry.subject).where(AuditEntry.action == "keep_column_map")
    with Session(engine) as session:
        names = {subject.removeprefix(_SUBJECT) for subject in session.scalars(told)}
        names -= set(session.scalars(select(KeptForm.name)))
    stored = []
    for name in sorted(names):
        file = folder / f"{name}.yaml"
        if not re.fullmatch(r"[a-z0-9-]+", name) or not file.is_file():
            continue
        with Session(engine) as session, session.begin():
            audit.record(session, people.console(by), "store_form", f"{_SUBJECT}{name}", {}, now)
            if session.get(KeptForm, name) is None:  # another host was faster
                keep(session, file, by=by, now=now)
                stored.append(name)
    return stored
