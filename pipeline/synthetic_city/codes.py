"""Unified social credit codes for firms that do not exist: both check digits hold, no real firm has one.

A real organisation code begins with a digit or, since 2015, with MA; ours begin with XN (虚拟), which no
register has given out.
"""

import numpy as np
import pandas as pd

CHARACTERS = "0123456789ABCDEFGHJKLMNPQRTUWXY"  # GB 32100: without I, O, S, V, Z
_CREDIT_WEIGHTS = np.array([1, 3, 9, 27, 19, 26, 16, 17, 20, 29, 25, 13, 8, 24, 10, 30, 28])
_ORGANISATION_WEIGHTS = np.array([3, 7, 9, 10, 5, 8, 4, 2])
MADE_UP = "XN"
#: So many firms can have a code in one district.
NUMBERS = 10**6


def credit_codes(districts: pd.Series, rng: np.random.Generator) -> pd.Series:
    """One code a firm, all different; `districts` holds six-digit division codes, and its index is kept."""
    return codes_of(districts, rng.choice(NUMBERS, size=len(districts), replace=False))


def codes_of(districts: pd.Series, numbers: np.ndarray) -> pd.Series:
    """The codes of firms by their numbers, from 0 to NUMBERS - 1: other numbers, other firms.

    91 (a firm under market supervision) + division + organisation code + check digit.
    Source: GB 32100-2015 (weights 3**i mod 31), GB 11714-1997 (organisation code, modulus 11).
    """
    organisation = MADE_UP + pd.Series(numbers, index=districts.index).astype(str).str.zfill(6)
    body = "91" + districts.astype(str) + organisation + _organisation_check(organisation)
    return body + _credit_check(body)


def _organisation_check(codes: pd.Series) -> pd.Series:
    values = _values(codes, "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ")
    checks = (11 - values @ _ORGANISATION_WEIGHTS % 11) % 11
    return pd.Series(np.array(list("0123456789X"))[checks], index=codes.index)


def _credit_check(codes: pd.Series) -> pd.Series:
    checks = (31 - _values(codes, CHARACTERS) @ _CREDIT_WEIGHTS % 31) % 31
    return pd.Series(np.array(list(CHARACTERS))[checks], index=codes.index)


def _values(codes: pd.Series, alphabet: str) -> np.ndarray:
    """The place of each character in the alphabet: one row a code."""
    places = np.zeros(128, dtype=np.int64)
    for place, character in enumerate(alphabet):
        places[ord(character)] = place
    letters = codes.to_numpy(dtype=str)
    return places[letters.view(np.uint32).reshape(len(letters), -1)]
