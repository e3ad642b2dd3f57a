"""`python -m bench [--quick] [--only PART]`: measure, print the tables, and after a full run update docs/speed.md.

`--size city|province|nation` measures that size alone: a year's commands and people who click, on each database.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import time
from pathlib import Path

from bench import environments
from bench.sizes import FIRMS

PARTS = ("reasons", "first_call", "program", "pages", "dashboards")


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="fewer rows and runs, in about two minutes")
    parser.add_argument("--only", choices=PARTS, action="append", help="measure only this part; may be repeated")
    parser.add_argument("--patience", default="1200", help="leave out runs expected to take more seconds than this")
    parser.add_argument("--size", choices=tuple(FIRMS), action="append", help="measure this size; may be repeated")
    parser.add_argument("--no-train", action="store_true", help="of a size: train on a few firms of a reference cohort")
    parser.add_argument("--seconds", default="20", help="of a size: how long people click")
    parser.add_argument("--limit", help="of a size: seconds after which a command is stopped")
    arguments = parser.parse_args()
    if arguments.size and arguments.only:
        parser.error("--size measures sizes alone; run it without --only")
    parts = arguments.only or [part for part in PARTS if not (arguments.quick and part == "dashboards")]
    folder = environments.BUILD / ("bench-quick" if arguments.quick else "bench")
    folder.mkdir(parents=True, exist_ok=True)
    quick = ["--quick"] if arguments.quick else []

    def run(python: Path | str, module: str, *more: str | Path) -> None:
        print(f"{module} ...", file=sys.stderr, flush=True)
        start = time.perf_counter()
        subprocess.run([python, "-m", f"bench.{module}", *more], cwd=environments.ROOT, check=True)
        print(f"  took {time.perf_counter() - start:.0f} s", file=sys.stderr, flush=True)

    if arguments.size:
        more = ["--no-train"] if arguments.no_train else []
        more += ["--seconds", arguments.seconds, *(["--limit", arguments.limit] if arguments.limit else [])]
        for size in arguments.size:
            run(sys.executable, "sizes", *quick, "--size", size, *more, folder / f"size-{size}.json")
        only = [word for size in arguments.size for word in ("--only", f"size-{size}")]
        run(sys.executable, "report", *quick, *only, folder)
        return
    explainers = environments.of_reasons()
    if "reasons" in parts:
        run(explainers, "reasons", *quick, "--patience", arguments.patience, folder / "reasons.json")
    if "first_call" in parts:
        run(sys.executable, "first_call", *quick, "all", folder / "first_call.json")
    if "program" in parts:
        run(sys.executable, "program", *quick, folder / "program.json")
    if "pages" in parts:
        run(sys.executable, "pages", *quick, folder / "pages.json")
    if "dashboards" in parts:
        of_each = {}
        for who, python in (("ours", Path(sys.executable)), ("theirs", environments.of_dashboards())):
            run(python, "dashboards", who, folder / "one.part")
            of_each[who] = json.loads((folder / "one.part").read_text())
        (folder / "one.part").unlink()
        (folder / "dashboards.json").write_text(json.dumps(of_each, indent=1))
    run(explainers, "report", *quick, folder)


main()
