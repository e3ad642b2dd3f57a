"""LightGBM's number of threads belongs to the whole process: whoever calls it names one, or trainings crash.

A dataset lays out its buffers for the number of threads of that moment; where another thread of the program has set
another number before the rows are written into them, LightGBM writes past their end.
"""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

from pipeline.settings import ROOT

PACKAGES = ("pipeline", "scoring", "dashboard", "commands")
#: What only LightGBM's `predict` takes; `predict` of scikit-learn takes none of it.
OF_LIGHTGBM = {"raw_score", "pred_contrib", "start_iteration", "num_iteration", "num_threads"}

TRAIN_WHILE_SCORING = """
import hashlib, threading, time
import numpy as np
from scoring import fit
from scoring.engine.bagged_lightgbm import Hyperparameters, binned, train_one
from tests.scoring.panels import ratios

features, label = ratios(300, 6, share=0.2)
model = fit(features, label)
few = features.head(3)
random = np.random.default_rng(0)
values = random.normal(size=(3000, 60))
values[random.random(values.shape) < 0.9] = 0.0
one = Hyperparameters("one", 4, 0.1, 2, 20, 1.0, 1.0, 1.0)
done = threading.Event()

def score():
    while not done.is_set():
        model.score(few)
        model.base
        time.sleep(0.0003)

scoring = threading.Thread(target=score, daemon=True)
scoring.start()
texts = set()
for _ in range(200):
    data = binned(values, (values[:, 0] > 0.5) * 1.0, 20, 7)
    half = data.subset(range(0, 3000, 2)).construct()
    texts.add(train_one(data, one, [0] * 60, 7).model_to_string() + train_one(half, one, [0] * 60, 7).model_to_string())
done.set()
scoring.join()
print(len(texts))
"""


@pytest.mark.parametrize("package", PACKAGES)
def test_every_call_of_lightgbms_predict_names_its_threads(package: str):
    nameless = [
        f"{path.relative_to(ROOT)}:{call.lineno}"
        for path in sorted((ROOT / package).rglob("*.py"))
        for call in predictions(path)
        if not names_one_thread(call)
    ]
    assert nameless == []


def test_the_guard_sees_a_call_without_threads_and_passes_one_with_them():
    without, with_them = ast.parse("booster.predict(x, raw_score=True)\nbooster.predict(x, num_threads=1)").body
    assert not names_one_thread(without.value)
    assert names_one_thread(with_them.value)


def test_trainings_beside_a_thread_that_scores_neither_crash_nor_differ():
    done = subprocess.run(
        [sys.executable, "-c", TRAIN_WHILE_SCORING], cwd=ROOT, capture_output=True, text=True, timeout=300
    )
    assert done.returncode == 0, f"it ended with {done.returncode}: {done.stderr}"
    assert done.stdout.strip() == "1"


def predictions(path: Path) -> list[ast.Call]:
    """The calls of a booster's `predict` in a file: those on a booster by name, or with a word only LightGBM takes."""
    return [
        node
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and node.func.attr == "predict"
        and ("booster" in ast.unparse(node.func.value) or OF_LIGHTGBM & {word.arg for word in node.keywords})
    ]


def names_one_thread(call: ast.Call) -> bool:
    return any(
        word.arg == "num_threads" and isinstance(word.value, ast.Constant) and word.value.value == 1
        for word in call.keywords
    )
