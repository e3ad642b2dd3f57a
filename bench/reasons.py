"""Exact reasons: Goldseed's kernel beside LightGBM, shap, fasttreeshap-fixed and woodelf-explainer.

Every explainer is made ready once per model (that time is given apart) and gets the rows in the form it wants.
Its values are compared with LightGBM's `pred_contrib` on the first rows.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from bench.measuring import interleaved, machine
from bench.panels import MODELS, rows_and_label, trained

THREADS = 2
ROWS = (1, 100, 2_200, 60_000, 500_000)
QUICK_ROWS = (1, 100, 2_200)
ROUNDS = {1: 15, 100: 9, 2_200: 5, 60_000: 3, 500_000: 3}
ROWS_COMPARED = 300
OURS, LIGHTGBM, SHAP, FASTTREESHAP, WOODELF = (
    "goldseed",
    "lightgbm pred_contrib",
    "shap TreeExplainer",
    "fasttreeshap-fixed v1",
    "woodelf-explainer",
)
# A single measurement may take this long (by what fewer rows took); else it is left out, and the table says so.
PATIENCE = {OURS: 600.0, LIGHTGBM: 1_200.0, SHAP: 20.0, FASTTREESHAP: 60.0, WOODELF: 100.0}
QUICK_PATIENCE = {OURS: 10.0, LIGHTGBM: 4.0, SHAP: 1.0, FASTTREESHAP: 3.0, WOODELF: 4.0}
SPENT_ON_REPEATS = (1.0, 10.0)  # seconds a candidate and size, beyond the first run: quick, full
SIZES = {"50 x 7": (50, 7), "100 x 15": (100, 15), "200 x 15": (200, 15), "200 x 31": (200, 31), "400 x 31": (400, 31)}

Explainer = Callable[[np.ndarray], np.ndarray]


def explainers(booster: Any) -> dict[str, tuple[float, Explainer]]:
    """Name to (seconds of getting ready, rows -> reasons); a peer that is not installed is left out."""
    from scoring.tree_shap.explainer import compile_booster

    def timed(prepare: Callable[[], Explainer]) -> tuple[float, Explainer]:
        start = time.perf_counter()
        explain = prepare()
        return time.perf_counter() - start, explain

    def ours() -> Explainer:
        compiled = compile_booster(booster)
        compiled.build_tables()  # as after some 2,500 rows; bench/first_call.py measures the first ones
        compiled.explain(np.zeros((1, booster.num_feature())))
        return lambda x: compiled.explain(x, threads=THREADS)[1]

    def lightgbms() -> Explainer:
        return lambda x: booster.predict(x, pred_contrib=True, num_threads=THREADS)[:, :-1]

    def shaps() -> Explainer:
        import shap

        explainer = shap.TreeExplainer(booster, feature_perturbation="tree_path_dependent")
        return lambda x: _of_one_class(explainer.shap_values(x, check_additivity=False))

    def fasttreeshaps() -> Explainer:
        import fasttreeshap_fixed

        explainer = fasttreeshap_fixed.TreeExplainer(
            booster, algorithm="v1", n_jobs=THREADS, feature_perturbation="tree_path_dependent"
        )
        return lambda x: _of_one_class(explainer.shap_values(x, check_additivity=False))

    def woodelfs() -> Explainer:
        import pandas as pd
        from woodelf import WoodelfExplainer

        explainer = WoodelfExplainer(booster)
        names = booster.feature_name()
        explainer.shap_values(pd.DataFrame(np.zeros((1, len(names))), columns=names), verbose=False)
        return lambda x: np.asarray(explainer.shap_values(pd.DataFrame(x, columns=names, copy=False), verbose=False))

    ready = {}
    makers = {OURS: ours, LIGHTGBM: lightgbms, SHAP: shaps, FASTTREESHAP: fasttreeshaps, WOODELF: woodelfs}
    for name, prepare in makers.items():
        try:
            ready[name] = timed(prepare)
        except ImportError as error:
            print(f"  {name} is left out: {error}", file=sys.stderr)
    return ready


def _of_one_class(values: Any) -> np.ndarray:
    return np.asarray(values[1] if isinstance(values, list) else values)


def measure(quick: bool, most_patience: float) -> dict[str, Any]:
    """Seconds by model, rows and explainer; largest difference from pred_contrib; cost by trees x leaves."""
    rows = QUICK_ROWS if quick else ROWS
    patience = {name: min(p, most_patience) for name, p in (QUICK_PATIENCE if quick else PATIENCE).items()}
    x, _ = rows_and_label(max(rows), seed=5)
    results: dict[str, Any] = {
        "machine": machine(
            ("lightgbm", "shap", "numba", "numpy", "fasttreeshap-fixed", "woodelf-explainer", "treelite", "pandas")
        )
    }
    results["models"] = {name: _one_model(trained(*size), x, rows, patience) for name, size in MODELS.items()}
    if quick:
        return results
    results["sizes"] = {name: _one_size(trained(*size), x[:2_200]) for name, size in SIZES.items()}
    return results


def _one_model(booster: Any, x: np.ndarray, rows: tuple[int, ...], patience: dict[str, float]) -> dict[str, Any]:
    ready = explainers(booster)
    compared = x[:ROWS_COMPARED]
    exact = booster.predict(compared, pred_contrib=True)[:, :-1]
    measured: dict[str, Any] = {
        "ready": {name: seconds for name, (seconds, _) in ready.items()},
        "difference": {name: float(np.abs(explain(compared) - exact).max()) for name, (_, explain) in ready.items()},
        "seconds": {},
        "left_out": {},
    }
    first = interleaved({n: lambda e=e: e(x[:1]) for n, (_, e) in ready.items()}, dict.fromkeys(ready, 1))
    so_far = {name: [(1, timing.median)] for name, timing in first.items()}
    for count in rows:
        part = np.ascontiguousarray(x[:count])
        rounds, candidates, left_out = {}, {}, {}
        for name, (_, explain) in ready.items():
            expected = expected_seconds(so_far[name], count)
            if expected > patience[name]:
                left_out[name] = expected
                continue
            candidates[name] = lambda explain=explain, part=part: explain(part)
            rounds[name] = max(
                1, min(ROUNDS[count], int(1 + SPENT_ON_REPEATS[len(rows) == len(ROWS)] / (expected + 1e-6)))
            )
        timings = interleaved(candidates, rounds)
        for name, timing in timings.items():
            so_far[name] = [*(known for known in so_far[name] if known[0] < count), (count, timing.median)]
        measured["seconds"][str(count)] = {name: timing.as_dict() for name, timing in timings.items()}
        measured["left_out"][str(count)] = left_out
        print(f"  {count:>7} rows:", {n: f"{t.median:.4g} s" for n, t in timings.items()}, file=sys.stderr, flush=True)
    return measured


def expected_seconds(so_far: list[tuple[int, float]], count: int) -> float:
    """A straight line through the last two sizes measured; with only one, as long as that took."""
    if len(so_far) < 2:
        return so_far[-1][1]
    (few, quick), (more, slow) = so_far[-2:]
    return slow + max(0.0, slow - quick) / (more - few) * (count - more)


def _one_size(booster: Any, x: np.ndarray) -> dict[str, float]:
    """Microseconds a row of the kernel and of LightGBM, for the plot of cost against trees x leaves."""
    ready = {name: pair[1] for name, pair in explainers(booster).items() if name in (OURS, LIGHTGBM)}
    few = {OURS: x, LIGHTGBM: x[:200]}
    timings = interleaved({n: lambda n=n: ready[n](few[n]) for n in ready}, dict.fromkeys(ready, 3))
    return {name: timing.median / len(few[name]) * 1e6 for name, timing in timings.items()}


if __name__ == "__main__":
    warnings.filterwarnings("ignore", message="LightGBM binary classifier")
    parser = argparse.ArgumentParser()
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--patience", type=float, default=1_200.0)
    parser.add_argument("out", type=Path)
    arguments = parser.parse_args()
    arguments.out.write_text(json.dumps(measure(arguments.quick, arguments.patience), indent=1))
