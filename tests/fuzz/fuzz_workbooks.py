"""Spoil workbooks for a while and say what was read wrongly, what raised, and what took too long.

Coverage guides it where atheris is installed; otherwise chance does. What was found is written to a folder, a package a
finding.
"""

import argparse
import collections
import hashlib
import os
import random
import resource
import sys
import tempfile
import time
import warnings
from datetime import date
from pathlib import Path
from typing import Any

from tests.fuzz.second_reading import SecondReading, Values, plain
from tests.fuzz.spoilt_workbooks import Choose, Parts, bases, spoilt

TODAY = date(2024, 6, 1)
_MEMORY = 3 << 30
_SLOW = 10.0


class UnexplainedError(AssertionError):
    """A value that the program reads otherwise than two other readers."""


def check(packed: bytes, second: SecondReading, folder: Path) -> str:
    """What became of a package: "read", "refused" or "read alone" (no other reader takes it).

    Raises UnexplainedError where a value differs, and whatever the program raises but its letter.
    """
    from pipeline.intake.mapping.column_maps import load
    from pipeline.intake.mapping.headings import find_form
    from pipeline.intake.reading.problems import FileNotStored
    from pipeline.intake.reading.workbook import open_workbook
    from pipeline.intake.storing import annotated_workbook, validation

    path = folder / "form.xlsx"
    path.write_bytes(packed)
    try:
        book = open_workbook(path)
    except FileNotStored:
        return "refused"
    if book.kind != "xlsx":
        return "refused"
    ours: Values = {
        (sheet.name, row, column): plain(value)
        for sheet in book.sheets
        for row, values in enumerate(sheet.rows())
        for column, value in enumerate(values)
        if value not in ("", None) or value is False
    }
    answer = _compared(ours, packed, second)
    try:
        map_ = load("city")
        checked = validation.check_returns(find_form(book, map_), map_, "city", TODAY)
    except FileNotStored as error:
        annotated_workbook.content(book, error.listed, [])
    else:
        annotated_workbook.content(book, checked.problems, [])
    return answer


def _compared(ours: Values, packed: bytes, second: SecondReading) -> str:
    """Each cell must be as one of the other readers gives it."""
    doubtful: set[tuple[str, int, int]] | None = None
    readings = []
    for reader in ("calamine", "calamine-rewritten", "openpyxl", "openpyxl-rewritten"):
        theirs = second.of(packed, reader)
        if theirs is None:
            continue
        readings.append(theirs)
        differing = set(_differing(ours, theirs))
        doubtful = differing if doubtful is None else doubtful & differing
        if not doubtful:
            return "read"
    if doubtful is None:
        return "read alone"
    cell = min(doubtful)
    raise UnexplainedError(f"{cell}: {ours.get(cell)!r}, others read {[one.get(cell) for one in readings]!r}")


def _differing(ours: Values, theirs: Values) -> list[tuple[str, int, int]]:
    """Cells that the two do not have alike; a sheet that only we read at all is no difference."""
    known = {sheet for sheet, _row, _column in theirs}
    cells = theirs.keys() | {cell for cell in ours if cell[0] in known}
    return [cell for cell in cells if not _same(ours.get(cell), theirs.get(cell))]


def _same(one: Any, other: Any) -> bool:
    if isinstance(one, list) and isinstance(other, list):
        return abs(one[1] - other[1]) <= 1
    if isinstance(one, float) and isinstance(other, list):  # a day that no calendar has, as a number
        return not 0 <= one < 2_958_466
    if one is None and isinstance(other, float):
        return other != other  # what is no number is blank to us
    if isinstance(one, str) and isinstance(other, str):
        return one.split() == other.split()
    return type(one) is type(other) and (one == other or one != one)


def main() -> None:
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--minutes", type=float, default=60)
    asked.add_argument("--seed", type=int, default=0)
    asked.add_argument("--found", type=Path, default=Path("fuzz-found"), help="where packages are kept")
    options = asked.parse_args()
    warnings.simplefilter("ignore")
    options.found.mkdir(parents=True, exist_ok=True)
    resource.setrlimit(resource.RLIMIT_AS, (_MEMORY, _MEMORY))
    fuzzing = _Fuzzing(options.found, options.minutes * 60)
    try:
        import atheris
    except ImportError:
        print("atheris is not installed: by chance alone", flush=True)
        chance = random.Random(options.seed)
        while fuzzing.goes_on:
            fuzzing.one(chance.randrange)
        fuzzing.report()
        return
    with atheris.instrument_imports(include=["pipeline.intake.reading", "pipeline.intake.mapping.headings"]):
        from pipeline.intake.reading import workbook  # noqa: F401

    def one(data: bytes) -> None:
        given = atheris.FuzzedDataProvider(data)
        fuzzing.one(lambda below: given.ConsumeIntInRange(0, below - 1) if below > 1 else 0)
        if not fuzzing.goes_on:
            fuzzing.report()
            sys.stdout.flush()
            os._exit(0)  # libFuzzer takes any other way out for a fault

    atheris.Setup(
        [
            sys.argv[0],
            "-max_len=512",
            "-len_control=0",
            "-timeout=120",
            "-verbosity=0",
            "-rss_limit_mb=0",
            f"-seed={options.seed}",
            f"-artifact_prefix={options.found}/",
        ],
        one,
    )
    atheris.Fuzz()


class _Fuzzing:
    def __init__(self, found: Path, seconds: float) -> None:
        self._bases: list[Parts] = bases()
        self._second = SecondReading()
        self._found, self._until = found, time.monotonic() + seconds
        self._counts: collections.Counter[str] = collections.Counter()
        self._seen: set[str] = set()
        self._folder = Path(tempfile.mkdtemp())
        self._told = 0.0

    @property
    def goes_on(self) -> bool:
        return time.monotonic() < self._until

    def one(self, choose: Choose) -> None:
        packed = spoilt(self._bases[choose(len(self._bases))], choose)
        begun = time.monotonic()
        try:
            self._counts[check(packed, self._second, self._folder)] += 1
        except BaseException as error:
            if isinstance(error, KeyboardInterrupt):
                raise
            self._keep(packed, error)
        if time.monotonic() - begun > _SLOW:
            self._keep(packed, TimeoutError("slow"))
        if time.monotonic() - self._told > 60:
            self._told = time.monotonic()
            self.report()

    def _keep(self, packed: bytes, error: BaseException) -> None:
        place, trace = "", error.__traceback__
        while trace is not None:
            place, trace = f"{Path(trace.tb_frame.f_code.co_filename).name}:{trace.tb_lineno}", trace.tb_next
        self._counts[f"{type(error).__name__} at {place}"] += 1
        key = f"{type(error).__name__} {place} {str(error)[:40] if isinstance(error, UnexplainedError) else ''}"
        if key not in self._seen and len(self._seen) < 300:
            self._seen.add(key)
            file = self._found / f"{hashlib.sha256(packed).hexdigest()[:12]}.xlsx"
            file.write_bytes(packed)
            print(f"{file}: {type(error).__name__} at {place}: {str(error)[:300]}", flush=True)

    def report(self) -> None:
        print(time.strftime("%H:%M:%S"), sum(self._counts.values()), dict(self._counts.most_common()), flush=True)


if __name__ == "__main__":
    main()
