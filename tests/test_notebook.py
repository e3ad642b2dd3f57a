"""The notebook in docs/ runs as it stands, on its made-up numbers and on a file of one's own."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from pipeline.settings import ROOT


def run(own_file: Path | None) -> dict[str, Any]:
    """The names that the notebook's cells leave behind."""
    cells = json.loads((ROOT / "docs" / "retrain.ipynb").read_text(encoding="utf-8"))["cells"]
    names: dict[str, Any] = {}
    for cell in cells:
        if cell["cell_type"] == "code":
            text = "".join(cell["source"])
            if own_file is not None:
                text = text.replace("OWN_FILE = None", f"OWN_FILE = {str(own_file)!r}")
            exec(compile(text, "retrain.ipynb", "exec"), names)
    return names


def test_the_notebook_trains_judges_and_saves_on_its_made_up_numbers():
    pytest.importorskip("shap")
    left = run(None)
    assert left["judged"]["model"] > max(value for name, value in left["judged"].items() if name != "model")
    assert set(left["importance"]["feature"]) == {"growth", "margin", "debt", "noise"}
    assert left["importance"]["feature"].iloc[-1] == "noise"


def test_the_notebook_retrains_on_a_file_of_ones_own(tmp_path: Path):
    pytest.importorskip("shap")
    chance = np.random.default_rng(3)
    own = pd.DataFrame({"heat": chance.normal(size=900), "light": chance.normal(size=900)})
    own["label"] = (chance.random(900) < 1 / (1 + np.exp(2 - 2 * own["heat"]))).astype(int)
    own["when"] = np.repeat(["2022-05-01", "2023-05-01", "2024-05-01"], 300)
    own["firm"] = [f"pond {number % 300}" for number in range(900)]
    own.to_csv(tmp_path / "own.csv", index=False)
    left = run(tmp_path / "own.csv")
    assert left["importance"]["feature"].iloc[0] == "heat"
    assert left["judged"]["model"] > 0.75
