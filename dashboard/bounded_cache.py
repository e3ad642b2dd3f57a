"""A cache in memory that holds a few values: computed once, shared by all threads, the oldest dropped first."""

import threading
from collections.abc import Callable, Hashable
from typing import Generic, TypeVar

Value = TypeVar("Value")


class BoundedCache(Generic[Value]):
    """At most `most` values by key. Values are shared: they are read and never changed. One that is not `worth_keeping`
    is computed for whoever asks, and again for the next."""

    def __init__(self, most: int, worth_keeping: Callable[[Value], bool] = lambda _value: True) -> None:
        self._most = most
        self._worth_keeping = worth_keeping
        self._values: dict[Hashable, Value] = {}
        self._computing = threading.Lock()

    def get(self, key: Hashable, compute: Callable[[], Value]) -> Value:
        """The value of this key. Of several threads that miss it, one computes it and the others wait."""
        try:
            return self._values[key]
        except KeyError:
            pass
        with self._computing:
            if key not in self._values:
                value = compute()
                if not self._worth_keeping(value):
                    return value
                while len(self._values) >= self._most:
                    self._values.pop(next(iter(self._values)))
                self._values[key] = value
            return self._values[key]
