"""How long until the first reasons: in a new process, with and without compiled code on disk, and flat memory.

`python -m bench.first_call one`: a process that imports, reads a model and explains rows, and prints its times.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from bench.panels import FEATURES, MODELS, rows_and_label, trained

FIRMS = 2_200  # of a city, explained at once


def one(model: Path, rows: int) -> None:
    """Times of this process, in seconds, as JSON on stdout."""
    start = time.perf_counter()
    import lightgbm
    import numba  # noqa: F401 - its import is measured apart from our own time
    import numpy as np

    imported = time.perf_counter()
    booster = lightgbm.Booster(model_file=model)
    loaded = time.perf_counter()
    from scoring.tree_shap.explainer import compile_booster

    compiled = compile_booster(booster)
    compiled.explain(np.zeros((rows, FEATURES)))
    first = time.perf_counter()
    compiled.explain(np.zeros((rows, FEATURES)))
    again = time.perf_counter()
    print(json.dumps({"imports": imported - start, "first": first - loaded, "again": again - first}))


def memory(model: Path, rows: int) -> None:
    """Peak memory beyond rows and reasons in MB, for all at once and for blocks into parquet."""
    import lightgbm

    from scoring.tree_shap.explainer import compile_booster

    compiled = compile_booster(lightgbm.Booster(model_file=model))
    x, _ = rows_and_label(rows, seed=5)
    compiled.build_tables()
    compiled.explain(x[:1000])
    before = memory_now()
    with tempfile.TemporaryDirectory() as folder:
        compiled.write_parquet(Path(folder) / "reasons.parquet", x)
    by_blocks = most_memory() - before
    _, reasons = compiled.explain(x)
    at_once = most_memory() - before - reasons.nbytes / 1e6
    print(json.dumps({"rows": rows, "parquet_mb": by_blocks, "at_once_mb": at_once, "output_mb": reasons.nbytes / 1e6}))


def memory_now() -> float:
    """MB; the peak is reset to it, where the system lets us."""
    Path("/proc/self/clear_refs").write_text("5")
    return most_memory()


def most_memory() -> float:
    for line in Path("/proc/self/status").read_text().split("\n"):
        if line.startswith("VmHWM"):
            return int(line.split()[1]) / 1e3
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e3


def measure(quick: bool) -> dict[str, Any]:
    from scoring.tree_shap.explainer import compile_kernels

    measured: dict[str, Any] = {}
    with tempfile.TemporaryDirectory() as folder:
        for name, size in list(MODELS.items())[: 1 if quick else None]:
            model = Path(folder) / "model.txt"
            trained(*size).save_model(model)

            def run(what: str, rows: int, empty: str = "", model: Path = model) -> dict[str, float]:
                environment = {**os.environ, **({"NUMBA_CACHE_DIR": empty} if empty else {})}
                command = [sys.executable, "-m", "bench.first_call", what, "--rows", str(rows), str(model)]
                return json.loads(subprocess.run(command, env=environment, check=True, stdout=subprocess.PIPE).stdout)

            compile_kernels()  # where the processes but the first two look for them
            measured[name] = {
                "after_install": run("one", 1, empty=f"{folder}/one row of {name}"),
                "after_install_all": run("one", FIRMS, empty=f"{folder}/all rows of {name}"),
                "later": [run("one", 1) for _ in range(2 if quick else 5)],
                "later_all": [run("one", FIRMS) for _ in range(1 if quick else 3)],
                "memory": run("memory", 50_000 if quick else 500_000),
            }
    return measured


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("what", choices=("one", "memory", "all"))
    parser.add_argument("path", type=Path)
    parser.add_argument("--rows", type=int, default=500_000)
    parser.add_argument("--quick", action="store_true")
    arguments = parser.parse_args()
    if arguments.what == "one":
        one(arguments.path, arguments.rows)
    elif arguments.what == "memory":
        memory(arguments.path, arguments.rows)
    else:
        arguments.path.write_text(json.dumps(measure(arguments.quick), indent=1))
