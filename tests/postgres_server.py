"""A PostgreSQL server for the tests and the bench alone: made in a temporary folder, gone afterwards."""

import glob
import os
import pwd
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


def why_not() -> str | None:
    """None where a server can be started here; otherwise the reason, for the skipped tests."""
    if os.environ.get("GOLDSEED_TEST_POSTGRES"):
        return None
    if _binaries() is None:
        return "no PostgreSQL server here (initdb not found) and GOLDSEED_TEST_POSTGRES is not set"
    if os.getuid() == 0 and not _has_user("postgres"):
        return "PostgreSQL does not run as root, and there is no user 'postgres' to run it as"
    return None


@contextmanager
def postgres_server(durable: bool = False) -> Iterator[str]:
    """The address of a server's database `postgres`, with the rights to make more databases.

    `durable`: what is committed is on the disk, as in earnest; tests need no safety from power cuts.
    GOLDSEED_TEST_POSTGRES (postgresql://…/postgres) names a server to use instead of a new one.
    """
    given = os.environ.get("GOLDSEED_TEST_POSTGRES")
    if given:
        yield given.replace("postgresql://", "postgresql+psycopg://", 1)
        return
    binaries = _binaries()
    assert binaries is not None, why_not()
    folder = Path(tempfile.mkdtemp(prefix="goldseed-postgres-"))
    as_user = _as_postgres(folder)
    try:
        data = folder / "data"
        _run(
            [
                *as_user,
                str(binaries / "initdb"),
                "-D",
                str(data),
                "-U",
                "postgres",
                "-A",
                "trust",
                "--no-sync",
            ]
        )
        # Only a socket in our own folder: no port, nobody else.
        options = f"-c listen_addresses='' -c unix_socket_directories={folder} -c max_connections=60"
        options += "" if durable else " -c fsync=off"
        _run(
            [
                *as_user,
                str(binaries / "pg_ctl"),
                "-D",
                str(data),
                "-l",
                str(folder / "log"),
                "-w",
                "-o",
                options,
                "start",
            ]
        )
        try:
            yield f"postgresql+psycopg://postgres@/postgres?host={folder}"
        finally:
            _run([*as_user, str(binaries / "pg_ctl"), "-D", str(data), "-m", "immediate", "stop"])
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _binaries() -> Path | None:
    found = shutil.which("initdb")
    newest = sorted(glob.glob("/usr/lib/postgresql/*/bin/initdb"))
    return Path(found or newest[-1]).parent if found or newest else None


def _as_postgres(folder: Path) -> list[str]:
    """How to run the server's programs: as ourselves, or as its own user where we are root."""
    if os.getuid() != 0:
        return []
    shutil.chown(folder, "postgres")
    return ["setpriv", "--reuid=postgres", "--regid=postgres", "--clear-groups"]


def _has_user(name: str) -> bool:
    try:
        pwd.getpwnam(name)
    except KeyError:
        return False
    return True


def _run(command: list[str]) -> None:
    done = subprocess.run(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, cwd="/", timeout=60)
    if done.returncode:
        raise RuntimeError(f"{' '.join(command)} failed: {done.stderr}")
