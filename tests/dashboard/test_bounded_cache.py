"""Values in memory: computed once, also for threads that come at the same time, and the oldest dropped first."""

import threading
import time

from dashboard.bounded_cache import BoundedCache


def test_a_value_is_computed_once_and_the_oldest_is_dropped():
    cache: BoundedCache[str] = BoundedCache(2)
    computed: list[str] = []

    def value_of(key: str) -> str:
        def compute() -> str:
            computed.append(key)
            return key.upper()

        return cache.get(key, compute)

    assert [value_of(key) for key in ("a", "b", "a")] == ["A", "B", "A"]
    assert computed == ["a", "b"]
    value_of("c")  # drops a
    value_of("b")
    value_of("a")
    assert computed == ["a", "b", "c", "a"]


def test_threads_that_miss_the_same_value_wait_for_one_computation():
    cache: BoundedCache[int] = BoundedCache(1)
    computed: list[int] = []

    def compute() -> int:
        time.sleep(0.05)
        computed.append(1)
        return 7

    values: list[int] = []
    threads = [threading.Thread(target=lambda: values.append(cache.get("day", compute))) for _thread in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert values == [7] * 4
    assert computed == [1]


def test_a_value_that_is_not_worth_keeping_is_computed_for_each_who_asks_and_pushes_nothing_out():
    cache: BoundedCache[str] = BoundedCache(1, lambda value: len(value) < 3)
    computed: list[str] = []

    def value_of(key: str) -> str:
        return cache.get(key, lambda: (computed.append(key), key)[1])

    assert [value_of(key) for key in ("ab", "abc", "abc", "ab")] == ["ab", "abc", "abc", "ab"]
    assert computed == ["ab", "abc", "abc"]
