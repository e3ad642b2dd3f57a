"""Attempts with a password: counted before the password is looked at, for an account and for an address.

A count is taken and tested in one step that all workers share, in a file beside the database; where the disk does not
take it, each worker counts in memory. A right password gives its counts back.

From a browser that has signed in with the account before, only that browser's own attempts count: strangers who guess,
be it from the same address or from many, do not shut its owner out.
"""

import hashlib
import logging
import sqlite3
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from diskcache import Cache, Timeout

_log = logging.getLogger(__name__)
_FAILED = (OSError, sqlite3.Error, Timeout)
_A_MONTH = 30 * 24 * 3600


@dataclass(frozen=True)
class Limit:
    """At most `most` attempts in `seconds`, of whoever the key names."""

    key: str
    most: int
    seconds: int


def limits(account: str, address: str, device: str | None = None) -> list[Limit]:
    """What holds for attempts with the password of this account (by name, there or not); `device`: the browser, where
    it has signed in with this account before."""
    account = _short(" ".join(account.split()).casefold())
    if device is not None:
        return [Limit(f"device:{account}:{_short(device)}", 5, 60)]
    return [
        Limit(f"both:{account}:{_short(address)}", 5, 60),
        Limit(f"account:{account}", 10, 600),
        Limit(f"address:{_short(address)}", 30, 60),
    ]


def _short(text: str) -> str:
    return hashlib.sha256(text.encode(errors="replace")).hexdigest()[:24]


@dataclass
class Attempts:
    """The counts of one dashboard. `folder`: shared by its workers."""

    folder: Path
    _disk: Cache | None = None
    _memory: dict[str, tuple[int, float]] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def take(self, wanted: Sequence[Limit]) -> float:
        """Count one attempt against every limit, unless one of them is reached: then nothing is counted, and the
        answer is how many seconds to wait (else 0)."""
        try:
            return self._take_on_disk(wanted)
        except _FAILED as error:
            _log.warning("attempts with passwords are counted in memory: %s", error)
            return self._take_in_memory(wanted)

    def give_back(self, wanted: Sequence[Limit]) -> None:
        """The attempt was a right one."""
        try:
            with self._cache().transact(retry=True):
                for limit in wanted:
                    count, ends = self._cache().get(limit.key, default=0, expire_time=True)
                    if count:
                        self._cache().set(limit.key, count - 1, expire=_left(ends, limit))
        except _FAILED:
            pass
        with self._lock:
            for limit in wanted:
                if limit.key in self._memory:
                    count, ends = self._memory[limit.key]
                    self._memory[limit.key] = (max(count - 1, 0), ends)

    def wrong(self, account: str) -> None:
        """Note a wrong password, for the entry of the next right one."""
        try:
            key = f"wrong:{_short(account.casefold())}"
            with self._cache().transact(retry=True):
                self._cache().set(key, self._cache().get(key, default=0) + 1, expire=_A_MONTH)
        except _FAILED:
            pass

    def wrong_before(self, account: str) -> int:
        """How many wrong ones there were since the last right one."""
        try:
            return int(self._cache().pop(f"wrong:{_short(account.casefold())}", default=0, retry=True))
        except _FAILED:
            return 0

    def _cache(self) -> Cache:
        if self._disk is None:
            self._disk = Cache(str(self.folder), size_limit=16 * 2**20, timeout=10)
        return self._disk

    def _take_on_disk(self, wanted: Sequence[Limit]) -> float:
        cache = self._cache()
        with cache.transact(retry=True):
            found = [cache.get(limit.key, default=0, expire_time=True) for limit in wanted]
            waits = [
                _left(ends, limit) for (count, ends), limit in zip(found, wanted, strict=True) if count >= limit.most
            ]
            if waits:
                return max(waits)
            for (count, ends), limit in zip(found, wanted, strict=True):
                cache.set(limit.key, count + 1, expire=_left(ends if count else None, limit))
        return 0.0

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


def _left(ends: float | None, limit: Limit) -> float:
    """Seconds until a count begins anew."""
    return limit.seconds if ends is None else max(ends - time.time(), 0.001)
