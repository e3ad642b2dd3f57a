"""From a fitted model to the first explained firm: explainerdashboard beside our reasons, 2,200 firms.

Both explain log-odds of every firm; explainerdashboard also builds its page, without interactions and what-if.

`ours` and `theirs` each run in a process of their own; seconds from the fitted model on, and peak memory of the
process beyond what it had then.
"""

from __future__ import annotations

import argparse
import json
import time
from pathlib import Path

from bench.first_call import memory_now, most_memory
from bench.panels import rows_and_label

FIRMS = 2_200


def fitted():
    import lightgbm
    import pandas as pd

    x, label = rows_and_label(FIRMS, seed=3)
    frame = pd.DataFrame(x, columns=[f"feature_{n}" for n in range(x.shape[1])])
    model = lightgbm.LGBMClassifier(n_estimators=200, num_leaves=15, verbose=-1, n_jobs=1)
    return model.fit(frame, label), frame, pd.Series(label)


def ours() -> dict[str, float]:
    from scoring.tree_shap.explainer import compile_booster

    model, frame, _ = fitted()
    before, start = memory_now(), time.perf_counter()
    compiled = compile_booster(model.booster_)
    base, reasons = compiled.explain(frame)
    first = sorted(zip(frame.columns, reasons[0], strict=True), key=lambda pair: -abs(pair[1]))[:10]
    seconds = time.perf_counter() - start
    assert len(first) == 10
    assert base is not None
    return {"seconds": seconds, "memory_mb": most_memory() - before, "process_mb": most_memory()}


def theirs() -> dict[str, float]:
    from explainerdashboard import ClassifierExplainer, ExplainerDashboard

    model, frame, label = fitted()
    before, start = memory_now(), time.perf_counter()
    explainer = ClassifierExplainer(model, frame, label, model_output="logodds")
    dashboard = ExplainerDashboard(explainer, title="Firms", shap_interaction=False, whatif=False)
    page = dashboard.app.server.test_client().get("/_dash-layout")
    assert page.status_code == 200
    explainer.get_contrib_df(0)
    seconds = time.perf_counter() - start
    return {"seconds": seconds, "memory_mb": most_memory() - before, "process_mb": most_memory()}


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("who", choices=("ours", "theirs"))
    parser.add_argument("out", type=Path)
    arguments = parser.parse_args()
    arguments.out.write_text(json.dumps({"ours": ours, "theirs": theirs}[arguments.who]()))
