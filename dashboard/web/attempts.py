"""Attempts with a password: counted before the password is looked at, for an account and for an address.

A count is taken and tested in one transaction of the database, so that all workers of all hosts share it. A right
password gives its counts back.

With SQLite, where there is one host, each worker counts in memory while the file takes nothing: a full disk, or an
import that is being stored. With PostgreSQL that would give each host counts of its own, so there nobody signs in
while nothing can be counted.

From a browser that has signed in with the account before, only that browser's own attempts count: strangers who guess,
be it from the same address or from many, do not shut its owner out.
"""

import hashlib
import logging
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Connection, Engine, case, delete, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import SQLAlchemyError

from pipeline.store.tables import Attempt

_log = logging.getLogger(__name__)
_FAILED = (OSError, SQLAlchemyError)
_A_MONTH = 30 * 24 * 3600
#: With SQLite: so long an attempt waits for somebody else who writes, before it is counted in memory.
_PATIENCE_MS = 2_000
#: So often rows that count for nothing any more are taken out.
_SECONDS_BETWEEN_SWEEPS = 60


@dataclass(frozen=True)
class Limit:
    """At most `most` attempts in `seconds`, of whoever the key names."""

    key: str
    most: int
    seconds: int


def limits(account: str, address: str, device: str | None = None) -> list[Limit]:
    """What holds for attempts with the password of this account (by name, there or not); `device`: the browser, where
    it has signed in with this account before."""
    account = _of_account(account)
    if device is not None:
        return [Limit(f"device:{account}:{_short(device)}", 5, 60)]
    return [
        Limit(f"both:{account}:{_short(address)}", 5, 60),
        Limit(f"account:{account}", 10, 600),
        Limit(f"address:{_short(address)}", 30, 60),
    ]


def code_limits(account: str) -> list[Limit]:
    """What holds for codes of the second step, wherever they are tried: whoever tries them has the password, so nobody
    else is shut out by the limits of a whole day."""
    account = _of_account(account)
    return [
        Limit(f"code:{account}", 5, 60),
        Limit(f"codes:{account}", 10, 600),
        Limit(f"codes of a day:{account}", 50, 24 * 3600),
    ]


def steps_elsewhere(address: str) -> list[Limit]:
    """What holds for the steps of sign-ins with an account of the city, from one address."""
    return [Limit(f"elsewhere:{_short(address)}", 60, 60)]


def telling(account: str) -> list[Limit]:
    """That attempts with an account were too many is told once in ten minutes."""
    return [Limit(f"told:{_of_account(account)}", 1, 600)]


def _of_account(name: str) -> str:
    return _short(" ".join(name.split()).casefold())


def _short(text: str) -> str:
    return hashlib.sha256(text.encode(errors="replace")).hexdigest()[:24]


@dataclass
class Attempts:
    """The counts of all dashboards over one database."""

    engine: Engine
    _memory: dict[str, tuple[int, float]] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _swept_at: float = 0.0

    def take(self, wanted: Sequence[Limit]) -> float:
        """Count one attempt against every limit, unless one of them is reached: then nothing is counted, and the
        answer is how many seconds to wait (else 0).

        Raises SQLAlchemyError where the database of several hosts does not take it: the attempt must not go on.
        """
        try:
            wait = self._take(wanted)
        except _FAILED as error:
            if self.engine.dialect.name != "sqlite":
                raise
            _log.warning("attempts with passwords are counted in memory: %s", error)
            return self._take_in_memory(wanted)
        self._sweep()
        return wait

    def give_back(self, wanted: Sequence[Limit]) -> None:
        """The attempt was a right one."""
        try:
            with self._writing() as connection:
                mine = Attempt.key.in_(self._locked(connection, [limit.key for limit in wanted]))
                connection.execute(update(Attempt).where(mine, Attempt.count > 0).values(count=Attempt.count - 1))
        except _FAILED as error:
            _log.warning("a right password does not give its attempt back: %s", error)
        with self._lock:
            for limit in wanted:
                if limit.key in self._memory:
                    count, ends = self._memory[limit.key]
                    self._memory[limit.key] = (max(count - 1, 0), ends)

    def wrong(self, account: str) -> None:
        """Note a wrong password, for the entry of the next right one."""
        now = time.time()
        try:
            with self._writing() as connection:
                key = f"wrong:{_of_account(account)}"
                self._begun(connection, {key: now + _A_MONTH}, now)
                values = {"count": Attempt.count + 1, "ends_at": now + _A_MONTH}
                connection.execute(update(Attempt).where(Attempt.key == key).values(values))
        except _FAILED as error:
            _log.warning("a wrong password is not noted: %s", error)

    def wrong_before(self, account: str) -> int:
        """How many wrong ones there were since the last right one."""
        mine = Attempt.key == f"wrong:{_of_account(account)}"
        try:
            with self._writing() as connection:
                count = connection.scalar(select(Attempt.count).where(mine)) or 0
                connection.execute(delete(Attempt).where(mine))
                return count
        except _FAILED:
            return 0

    def _take(self, wanted: Sequence[Limit]) -> float:
        now = time.time()
        with self._writing() as connection:
            counts = self._begun(connection, {limit.key: now + limit.seconds for limit in wanted}, now)
            waits = [counts[limit.key][1] - now for limit in wanted if counts[limit.key][0] >= limit.most]
            if not waits:
                mine = Attempt.key.in_([limit.key for limit in wanted])
                connection.execute(update(Attempt).where(mine).values(count=Attempt.count + 1))
        return max(waits, default=0.0)

    @contextmanager
    def _writing(self) -> Iterator[Connection]:
        with self.engine.connect() as connection:
            if connection.dialect.name == "sqlite":
                before = connection.exec_driver_sql("PRAGMA busy_timeout").scalar()
                connection.exec_driver_sql(f"PRAGMA busy_timeout={_PATIENCE_MS}")
                connection.rollback()  # the question has begun a transaction, in which nothing was read yet
            try:
                with connection.begin():
                    yield connection
            finally:
                if connection.dialect.name == "sqlite":
                    connection.exec_driver_sql(f"PRAGMA busy_timeout={before}")

    @staticmethod
    def _begun(connection: Connection, ends: dict[str, float], now: float) -> dict[str, tuple[int, float]]:
        """Count and end of each key, in rows that are there now and that nobody else changes until we commit; those
        whose time was over begin anew. In the order of the keys, so that two never wait for each other."""
        kind: Any = sqlite if connection.dialect.name == "sqlite" else postgresql
        rows = [{"key": key, "count": 0, "ends_at": ends[key]} for key in sorted(ends)]
        given = kind.insert(Attempt).values(rows)
        over = Attempt.ends_at <= now
        anew = {
            "count": case((over, 0), else_=Attempt.count),
            "ends_at": case((over, given.excluded.ends_at), else_=Attempt.ends_at),
        }
        connection.execute(given.on_conflict_do_update(index_elements=[Attempt.key], set_=anew))
        found = select(Attempt.key, Attempt.count, Attempt.ends_at).where(Attempt.key.in_(list(ends)))
        return {key: (count, at) for key, count, at in connection.execute(found)}

    @staticmethod
    def _locked(connection: Connection, keys: Sequence[str]) -> list[str]:
        """Those of the keys that have a row, locked in their order."""
        if connection.dialect.name == "sqlite":  # a write takes the one lock there is
            return list(keys)
        return list(
            connection.scalars(select(Attempt.key).where(Attempt.key.in_(keys)).order_by(Attempt.key).with_for_update())
        )

    def _sweep(self) -> None:
        """Take out what counts for nothing any more; what somebody changes just now is left for the next time."""
        now = time.time()
        if now - self._swept_at < _SECONDS_BETWEEN_SWEEPS:
            return
        self._swept_at = now
        over = select(Attempt.key).where(Attempt.ends_at <= now).with_for_update(skip_locked=True)
        try:
            with self._writing() as connection:
                connection.execute(delete(Attempt).where(Attempt.key.in_(over)))
        except _FAILED as error:
            _log.warning("old counts of attempts stay for now: %s", error)

    def _take_in_memory(self, wanted: Sequence[Limit]) -> float:
        now = time.time()
        with self._lock:
            for key in [key for key, (_count, ends) in self._memory.items() if ends <= now]:
                del self._memory[key]
            found = [self._memory.get(limit.key, (0, now + limit.seconds)) for limit in wanted]
            waits = [ends - now for (count, ends), limit in zip(found, wanted, strict=True) if count >= limit.most]
            if waits:
                return max(waits)
            for (count, ends), limit in zip(found, wanted, strict=True):
                self._memory[limit.key] = (count + 1, ends)
        return 0.0
