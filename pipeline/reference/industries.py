"""Sections of GB/T 4754-2017 by division, for codes that were stated without their letter.

38, 3824 and C3824 are the same section.
"""

import numpy as np
import pandas as pd

#: First and last division of each section. Source: GB/T 4754-2017.
_SECTIONS = {
    "A": (1, 5),
    "B": (6, 12),
    "C": (13, 43),
    "D": (44, 46),
    "E": (47, 50),
    "F": (51, 52),
    "G": (53, 60),
    "H": (61, 62),
    "I": (63, 65),
    "J": (66, 69),
    "K": (70, 70),
    "L": (71, 72),
    "M": (73, 75),
    "N": (76, 79),
    "O": (80, 82),
    "P": (83, 83),
    "Q": (84, 85),
    "R": (86, 90),
    "S": (91, 96),
    "T": (97, 97),
}
_LETTER = {f"{number:02d}": letter for letter, (first, last) in _SECTIONS.items() for number in range(first, last + 1)}


def with_section(codes: pd.Series) -> pd.Series:
    """Each code with its section's letter in front; missing stays missing, a number that is no division too."""
    places, stated = pd.factorize(codes)
    lettered = np.array([_with_letter(str(code).strip().upper()) for code in stated] + [None], dtype=object)
    return pd.Series(lettered[places], index=codes.index)  # a missing code has the place -1: the last one


def _with_letter(code: str) -> str | None:
    if code[:1].isalpha():
        return code
    letter = _LETTER.get(code[:2])
    return f"{letter}{code}" if letter else None
