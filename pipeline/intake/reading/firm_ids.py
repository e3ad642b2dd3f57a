"""Which firm a row is about: credit codes and stock codes as clerks write them, as the firm's id or as a wrong cell.

In the city a firm is known by its credit code; in a reference cohort
by the cohort's name and its stock code (neeq:430025).
"""

import re

import numpy as np

from pipeline.intake.reading import cells, credit_codes
from pipeline.intake.reading.problems import shown
from pipeline.language import N_, Message

#: 430025, and with what other programs put behind it: 430025.0, 430025.NQ.
_STOCK_CODE = re.compile(r"([0-9]{1,6})(?:\.(?:0*|[A-Z]{2,4}))?")

#: The ids ("" where a code is wrong), the wrong cells, and where only the organisation code inside is odd.
Ids = tuple[np.ndarray, list[cells.Wrong], list[int]]


def firm_ids(values: np.ndarray, scheme: str, cohort: str) -> Ids:
    """The firms of a column of codes; `scheme` is credit_code or stock_code."""
    return _stock_codes(values, cohort) if scheme == "stock_code" else _credit_codes(values)


def _credit_codes(values: np.ndarray) -> Ids:
    codes = cells.column_of(values, cells.code_of)
    distinct = sorted({str(code) for code in codes})
    verdict = dict(zip(distinct, credit_codes.verdicts(distinct), strict=True))
    ids = np.array(codes, dtype=object)
    wrong, odd = [], []
    for at, code in enumerate(codes):
        how = verdict[str(code)]
        if how == credit_codes.WRONG_ORGANISATION:
            odd.append(at)
        elif how != credit_codes.FINE:
            wrong.append(_wrong_code(at, values[at], str(code), how))
            ids[at] = ""
    return ids, wrong, odd


def _wrong_code(at: int, value: object, code: str, verdict: int) -> cells.Wrong:
    whole = Message(N_("Write the 18 characters of the unified social credit code as on the business licence."))
    if not code:
        return cells.Wrong(at, "no_firm", Message(N_("the credit code is missing.")), whole)
    if isinstance(value, float | int) and not isinstance(value, bool):
        what = Message(N_("the credit code was typed as a number, and its last digits are lost."))
        return cells.Wrong(
            at, "wrong_code", what, Message(N_("Format the column as text and type the 18 characters again."))
        )
    if likely := credit_codes.likely_meant(code):
        what = Message(
            N_("%(found)s is no credit code: it has letters that codes do not have."), {"found": shown(code)}
        )
        return cells.Wrong(at, "wrong_code", what, Message(N_("Is %(likely)s meant?"), {"likely": likely}))
    if verdict == credit_codes.WRONG_DIGIT:
        what = Message(
            N_("%(found)s is no credit code: its check digit does not fit, so a character is wrong."),
            {"found": shown(code)},
        )
    elif len(code) != 18:
        what = Message(
            N_("%(found)s is no credit code: it has %(count)s characters, not 18."),
            {"found": shown(code), "count": len(code)},
        )
    else:
        what = Message(N_("%(found)s is no credit code."), {"found": shown(code)})
    return cells.Wrong(at, "wrong_code", what, whole)


def _stock_codes(values: np.ndarray, cohort: str) -> Ids:
    """Six digits; Excel drops leading noughts, which are put back."""
    texts = cells.column_of(values, cells.code_of)
    ids = np.empty(len(texts), dtype=object)
    wrong = []
    for at, text in enumerate(texts):
        if match := _STOCK_CODE.fullmatch(str(text)):
            ids[at] = f"{cohort}:{match[1].zfill(6)}"
            continue
        ids[at] = ""
        what = (
            Message(N_("%(found)s is no stock code."), {"found": shown(text)})
            if text
            else Message(N_("the stock code is missing."))
        )
        wrong.append(
            cells.Wrong(
                at, "wrong_code" if text else "no_firm", what, Message(N_("Write the six digits of the stock code."))
            )
        )
    return ids, wrong, []
