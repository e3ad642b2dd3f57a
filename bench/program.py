"""The program as a person meets it: help, import, training, scoring, the demo, the server's first page.

All of it in a folder of its own: a fresh database and model store, the made-up city's workbooks. The import is set
beside what reading the same workbook costs with pandas and openpyxl alone.
"""

from __future__ import annotations

import argparse
import json
import os
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from pathlib import Path
from typing import Any

from bench.measuring import interleaved

GOLDSEED = Path(sys.executable).parent / "goldseed"
REAL_ROWS = Path(os.environ.get("GOLDSEED_REAL_DATA") or "../shared/data") / "neeq" / "returns.csv"
LAST_DAY = "2026-05-01"  # of the made-up city
EVENT = ("--event", "tutoring_filed", "--within", "24")


class Desk:
    """A database and model store of its own, and the command line set to them. `db_url` None: a SQLite file."""

    def __init__(self, folder: Path, db_url: str | None = None) -> None:
        folder.mkdir()
        self.folder = folder
        self.settings = {
            **os.environ,
            "GOLDSEED_DB_URL": db_url or f"sqlite:///{folder / 'goldseed.sqlite'}",
            "GOLDSEED_MODELS": str(folder / "models"),
            "GOLDSEED_TRAIL_KEY": str(folder / "trail-key"),
            "GOLDSEED_LANG": "en",
        }

    def run(self, *arguments: str | Path) -> None:
        done = subprocess.run([GOLDSEED, *arguments], env=self.settings, capture_output=True, text=True)
        if done.returncode:
            raise RuntimeError(f"goldseed {' '.join(map(str, arguments))}:\n{done.stderr}")

    def first_page(self) -> tuple[float, float]:
        """Seconds from starting the server to its first answered page, and of the next one."""
        port = free_port()
        command = [str(GOLDSEED), "serve", "--port", str(port)]
        start = time.perf_counter()
        server = subprocess.Popen(command, env=self.settings, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        try:
            wait_for(server, port)
            first = time.perf_counter()
            _answers(port)
            return first - start, time.perf_counter() - first
        finally:
            server.terminate()
            server.wait()


def free_port() -> int:
    """A port of this machine that nobody listens on."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


def wait_for(server: subprocess.Popen[bytes], port: int, limit: float = 60) -> None:
    """Until the server answers. Raises RuntimeError where it ends, or after `limit` seconds."""
    start = time.perf_counter()
    while not _answers(port):
        if server.poll() is not None or time.perf_counter() - start > limit:
            raise RuntimeError("the server did not answer")
        time.sleep(0.02)


def _answers(port: int) -> bool:
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/", timeout=30) as answer:
            return answer.status == 200
    except (urllib.error.URLError, ConnectionError):
        return False


def measure(quick: bool) -> dict[str, Any]:
    """Median seconds of each, with low, high and number of runs."""
    measured: dict[str, Any] = {"seconds": {}, "firms": 300 if quick else 2_200}
    rounds = 2 if quick else 3
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        city = Desk(folder / "city")
        books = folder / "books"

        def timed(what: dict[str, Callable[[], object]], times: int) -> None:
            for name, timing in interleaved(what, dict.fromkeys(what, times)).items():
                measured["seconds"][name] = timing.as_dict()
                print(f"  {name}: {timing.median:.3g} s", file=sys.stderr, flush=True)

        timed({"goldseed --help": lambda: city.run("--help")}, 5)
        demo = ("demo", "--no-serve", "--firms", str(measured["firms"]), "--keep", books)
        timed({f"demo of {measured['firms']} firms": lambda: city.run(*demo)}, 1)
        yearly = (
            {}
            if quick
            else {
                f"train on {measured['firms']} firms": lambda: city.run("train", "--as-of", LAST_DAY, *EVENT),
                f"score {measured['firms']} firms": lambda: city.run("score", "--as-of", LAST_DAY),
            }
        )
        timed(yearly, rounds)
        pages = [city.first_page() for _ in range(rounds)]
        measured["seconds"]["server: first page"] = _as_dict([first for first, _ in pages])
        measured["seconds"]["server: next page"] = _as_dict([after for _, after in pages])

        book = max(books.glob("*.xlsx"), key=lambda path: path.stat().st_size)
        measured["workbook"] = {"kilobytes": book.stat().st_size // 1000, **_shape(book)}
        desks = iter(range(1000))

        def imported(*arguments: str | Path) -> None:
            desk = Desk(folder / f"desk-{next(desks)}")
            desk.run("import", *arguments)

        timed(
            {
                "workbook: goldseed import": lambda: imported(book, "--map", "city"),
                "workbook: our reader alone": lambda: _our_reader(book),
                "workbook: pandas.read_excel": lambda: _pandas(book),
                "workbook: openpyxl": lambda: _openpyxl(book),
            },
            rounds,
        )
        if REAL_ROWS.exists():
            arguments = (REAL_ROWS, "--map", "neeq", "--cohort", "neeq")
            timed(
                {
                    "5,293 rows of csv: goldseed import": lambda: imported(*arguments),
                    "5,293 rows of csv: pandas.read_csv": lambda: _read_csv(REAL_ROWS),
                },
                rounds,
            )
    return measured


def _as_dict(seconds: list[float]) -> dict[str, object]:
    from bench.measuring import Timing

    return Timing(seconds).as_dict()


def _shape(book: Path) -> dict[str, int]:
    import pandas as pd

    sheets = pd.read_excel(book, sheet_name=None, header=None, engine="openpyxl").values()
    return {"rows": sum(len(sheet) for sheet in sheets), "columns": max(sheet.shape[1] for sheet in sheets)}


def _our_reader(book: Path) -> None:
    from pipeline.intake.reading.workbook import open_workbook

    open_workbook(book)


def _pandas(book: Path) -> None:
    import pandas as pd

    pd.read_excel(book, sheet_name=None, header=None, engine="openpyxl")


def _openpyxl(book: Path) -> None:
    import openpyxl

    for sheet in openpyxl.load_workbook(book, read_only=True, data_only=True).worksheets:
        for _ in sheet.iter_rows(values_only=True):
            pass


def _read_csv(path: Path) -> None:
    import pandas as pd

    pd.read_csv(path)


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("out", type=Path)
    arguments = parser.parse_args()
    arguments.out.write_text(json.dumps(measure(arguments.quick), indent=1))
