"""The unified social credit code (GB 32100-2015) and the organisation code inside it (GB 11714).

A wrong check digit is an error; a wrong digit of the organisation code alone
is a warning, for a few offices issued such codes.
"""

import re
from collections.abc import Iterable

import numpy as np

#: No I, O, S, V or Z: they look like digits.
ALPHABET = "0123456789ABCDEFGHJKLMNPQRTUWXY"
_WEIGHTS = np.array([3**place % 31 for place in range(17)])
_ORGANISATION_WEIGHTS = np.array([3, 7, 9, 10, 5, 8, 4, 2])
_LOOK_ALIKES = str.maketrans({"O": "0", "I": "1", "Z": "2", "S": "5"})
_FORM = re.compile(r"[0-9A-HJ-NPQRTUWXY]{2}[0-9]{6}[0-9A-HJ-NPQRTUWXY]{10}")

#: A code inside a longer text.
IN_A_TEXT = re.compile(rf"(?<![0-9A-Za-z])(?:{_FORM.pattern})(?![0-9A-Za-z])", re.IGNORECASE)

FINE, WRONG_FORM, WRONG_DIGIT, WRONG_ORGANISATION = 0, 1, 2, 3


def verdicts(codes: Iterable[str]) -> np.ndarray:
    """One of #: A code inside a longer text.
    IN_A_TEXT = re.compile(rf"(?<![0-9A-Za-z])(?:{_FORM.pattern})(?![0-9A-Za-z])", re.IGNORECASE)

    FINE, WRONG_FORM, WRONG_DIGIT, WRONG_ORGANISATION per code; codes are upper case without spaces."""
    listed = list(codes)
    verdict = np.full(len(listed), WRONG_FORM, dtype=np.int8)
    formed = np.array([bool(_FORM.fullmatch(code)) for code in listed], dtype=bool)
    if not formed.any():
        return verdict
    letters = np.array([list(code) for code, good in zip(listed, formed, strict=True) if good])
    values = np.searchsorted(np.array(list(ALPHABET)), letters)
    check = (31 - (values[:, :17] * _WEIGHTS).sum(axis=1) % 31) % 31
    right = check == values[:, 17]
    organisation = _organisation_check(letters) == letters[:, 16]
    verdict[formed] = np.where(~right, WRONG_DIGIT, np.where(organisation, FINE, WRONG_ORGANISATION))
    return verdict


def likely_meant(code: str) -> str | None:
    """The code with look-alike letters as digits, where that makes it right: O for 0, I for 1, Z for 2, S for 5."""
    candidate = code[:2] + code[2:].translate(_LOOK_ALIKES)
    if candidate != code and verdicts([candidate])[0] in (FINE, WRONG_ORGANISATION):
        return candidate
    return None


def _organisation_check(letters: np.ndarray) -> np.ndarray:
    """The ninth character of the organisation code, from the eight before it: letters are worth 10 to 35."""
    body = letters[:, 8:16].astype("U1").view(np.uint32).reshape(len(letters), 8).astype(np.int64)
    values = np.where(body < 65, body - 48, body - 55)
    digit = 11 - (values * _ORGANISATION_WEIGHTS).sum(axis=1) % 11
    return np.where(digit == 10, "X", np.where(digit == 11, "0", digit.astype("U2"))).astype("U1")
