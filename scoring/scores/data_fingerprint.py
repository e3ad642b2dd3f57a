"""Fingerprint of the features that scores rest on, in which single firms can be exchanged.

The sum of the hashes of its rows: the order of the firms does not count, and where a firm's row is another one only its
own hash goes out and comes in.
"""

import hashlib
import re
from dataclasses import dataclass
from typing import Self

import numpy as np
import pandas as pd

_FORM = re.compile(r"rows:([0-9a-f]{16})([0-9a-f]{16})")


@dataclass(frozen=True)
class DataFingerprint:
    """Two sums modulo 2^64 over the rows: of their hashes, and of these scrambled."""

    plain: int
    scrambled: int

    @classmethod
    def of(cls, features: pd.DataFrame) -> Self:
        """Of these firms; index firm_id, one float64 column a feature, whose order counts."""
        hashes = pd.util.hash_pandas_object(features).to_numpy(dtype=np.uint64)
        return cls(int(hashes.sum(dtype=np.uint64)), int(_scrambled(hashes).sum(dtype=np.uint64)))

    @classmethod
    def read(cls, written: str) -> Self | None:
        """What `str` wrote; None for the fingerprint of a program of before, which was none of single rows."""
        found = _FORM.fullmatch(written)
        return None if found is None else cls(int(found[1], 16), int(found[2], 16))

    def with_rows(self, gone: Self, come: Self) -> "DataFingerprint":
        """Without the rows of `gone`, and with those of `come`."""
        plain, scrambled = (
            (own - old + new) % 2**64 for own, old, new in zip(self._sums, gone._sums, come._sums, strict=True)
        )
        return DataFingerprint(plain, scrambled)

    @property
    def _sums(self) -> tuple[int, int]:
        return self.plain, self.scrambled

    def __str__(self) -> str:
        return f"rows:{self.plain:016x}{self.scrambled:016x}"


def of_before(features: pd.DataFrame) -> str:
    """The fingerprint that a program wrote which had none of single rows: for finding the scores that it stored."""
    return hashlib.sha256(pd.util.hash_pandas_object(features).to_numpy().tobytes()).hexdigest()


def _scrambled(hashes: np.ndarray) -> np.ndarray:
    """Another hash of each hash (splitmix64), so that two sums say more than one."""
    with np.errstate(over="ignore"):
        mixed = hashes + np.uint64(0x9E3779B97F4A7C15)
        mixed = (mixed ^ (mixed >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
        mixed = (mixed ^ (mixed >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return np.asarray(mixed ^ (mixed >> np.uint64(31)))
