"""A storage for Flask-Limiter on disk, so that several workers share their counts of attempts.

sign_in.py names it by an address, `goldseed-disk:///folder`. Keys and numbers only; a count expires with its minute.
"""

import time
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

from diskcache import Cache
from limits.storage import Storage


def address(folder: Path) -> str:
    return f"goldseed-disk://{folder.resolve()}"


class DiskStorage(Storage):
    """Fixed windows counted in a diskcache, which locks between processes."""

    STORAGE_SCHEME = ["goldseed-disk"]  # noqa: RUF012 - the library's own way

    def __init__(self, uri: str, wrap_exceptions: bool = False, **options: Any) -> None:
        super().__init__(uri, wrap_exceptions=wrap_exceptions, **options)
        self._counts = Cache(unquote(urlsplit(uri).path), size_limit=16 * 2**20)

    @property
    def base_exceptions(self) -> type[Exception]:
        return OSError

    def incr(self, key: str, expiry: int, amount: int = 1) -> int:
        with self._counts.transact():
            count, ends = self._counts.get(key, default=0, expire_time=True)
            left = expiry if not count or ends is None else max(ends - time.time(), 0.001)
            self._counts.set(key, count + amount, expire=left)
            return int(count + amount)

    def get(self, key: str) -> int:
        return int(self._counts.get(key, default=0))

    def get_expiry(self, key: str) -> float:
        _count, ends = self._counts.get(key, default=0, expire_time=True)
        return ends or time.time()

    def check(self) -> bool:
        return True

    def reset(self) -> int | None:
        return int(self._counts.clear())

    def clear(self, key: str) -> None:
        self._counts.delete(key)
