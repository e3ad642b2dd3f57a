"""What a worker must have in common with whoever sends it work: program, rules, libraries and database.

Results are to be those of one machine, to the bit, so nothing is taken from a worker that would work them out of
something else. The address of the database is not sent: a worker has its own, and shows that the last entry of the
trail stands there too.
"""

import hashlib
import os
import platform
import socket
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from importlib.metadata import PackageNotFoundError, version

from sqlalchemy import Engine, select
from sqlalchemy.exc import OperationalError

from pipeline.city.in_force import city
from pipeline.errors import ShownToPeople
from pipeline.language import N_, Message
from pipeline.settings import ROOT, WrongSetting, from_environment, work_for_its_city
from pipeline.store.database import engine_for
from pipeline.store.tables import AuditEntry

#: Another version of these may round otherwise.
_LIBRARIES = ("lightgbm", "numba", "numpy", "pandas", "scikit-learn", "scipy")
_PROGRAM = ("pipeline", "scoring")
_RULES = ("data/catalog.yaml", "data/sources.yaml", "data/rules")


class WorkerDiffers(ShownToPeople):
    """A worker whose results would not be those of this machine, or that has no database."""


@dataclass(frozen=True)
class Sameness:
    """Fingerprints of the program and of its rules, versions as "name version", and the last entry of the trail: its
    number and hash, None where there is none."""

    program: str
    rules: str
    libraries: tuple[str, ...]
    last_entry: tuple[int, str] | None


def sameness_here(engine: Engine) -> Sameness:
    """What this process works with, and the trail of its database."""
    statement = select(AuditEntry.id, AuditEntry.hash).order_by(AuditEntry.id.desc()).limit(1)
    with engine.connect() as connection:
        last = connection.execute(statement).first()
    return Sameness(*_installed(), None if last is None else (last.id, last.hash))


@cache
def own_database(expected: Sameness) -> Engine:
    """The database of this worker, which is the one that the work is about. Raises WorkerDiffers."""
    _work_for_own_city()
    program, rules, libraries = _installed()
    for found, wanted, text in (
        (program, expected.program, N_("The worker on %(worker)s has another version of this program.")),
        (
            rules,
            expected.rules,
            N_("The worker on %(worker)s has other rules, another catalogue or the file of another city."),
        ),
    ):
        if found != wanted:
            raise _differs(text)
    if others := sorted(set(libraries) - set(expected.libraries)):
        raise _differs(
            N_("The worker on %(worker)s has other libraries: %(found)s instead of %(wanted)s."),
            found=others,
            wanted=sorted(set(expected.libraries) - set(libraries)),
        )
    engine = engine_for(_own_address())
    if not _has_entry(engine, expected.last_entry):
        engine.dispose()
        raise _differs(
            N_("The GOLDSEED_DB_URL of the worker on %(worker)s names another database, or a copy that lags behind.")
        )
    return engine


def _work_for_own_city() -> None:
    try:
        work_for_its_city(from_environment())
    except WrongSetting:  # told by _own_address, without the address of the database
        return


def _own_address() -> str:
    if not os.environ.get("GOLDSEED_DB_URL"):
        raise _differs(N_("The worker on %(worker)s has no GOLDSEED_DB_URL in its environment."))
    try:
        address = from_environment().db_url
    except WrongSetting:  # whose text has the address, and with it the password
        address = ""
    if not address.startswith("postgresql"):
        raise _differs(N_("The GOLDSEED_DB_URL of the worker on %(worker)s is not that of a PostgreSQL database."))
    return address


def _has_entry(engine: Engine, entry: tuple[int, str] | None) -> bool:
    try:
        with engine.connect() as connection:
            if entry is None:
                return True
            found = connection.scalar(select(AuditEntry.hash).where(AuditEntry.id == entry[0]))
    except OperationalError as error:  # whose text has no password; that of the address might
        raise _differs(
            N_("The worker on %(worker)s does not reach the database of its GOLDSEED_DB_URL: %(why)s."),
            why=str(error.orig).strip().splitlines()[0].rstrip("."),
        ) from None
    return found == entry[1]


def _differs(text: str, **params: object) -> WorkerDiffers:
    told = Message(text, {"worker": f"{socket.gethostname()} ({os.getpid()})", **params})
    return WorkerDiffers(
        Message(N_("%(what)s Nothing was stored. Mend it there and start the worker anew."), {"what": told})
    )


@cache
def _installed() -> tuple[str, str, tuple[str, ...]]:
    versions = [
        f"Python {'.'.join(platform.python_version_tuple()[:2])}",
        *(f"{name} {_version(name)}" for name in _LIBRARIES),
    ]
    rules = _fingerprint(_RULES, "*.yaml") + hashlib.sha256(city().file.read_bytes()).hexdigest()
    return _fingerprint(_PROGRAM, "*.py"), rules, tuple(versions)


def _version(library: str) -> str:
    try:
        return version(library)
    except PackageNotFoundError:
        return "-"


def _fingerprint(places: Sequence[str], pattern: str) -> str:
    digest = hashlib.sha256()
    for place in places:
        path = ROOT / place
        for file in sorted(path.rglob(pattern)) if path.is_dir() else [path]:
            digest.update(file.relative_to(ROOT).as_posix().encode() + b"\0" + file.read_bytes() + b"\0")
    return digest.hexdigest()
