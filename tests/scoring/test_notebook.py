"""The notebook in docs/ runs as it stands, on a file like a reader's own."""

import json

import pandas as pd

from pipeline.settings import ROOT
from tests.scoring.panels import ratios


def test_every_cell_of_the_notebook_runs_and_the_model_ranks_well(tmp_path, monkeypatch):
    features, label = ratios(600, 5, share=0.08)
    day = pd.Series(["2022-05-01", "2023-05-01", "2024-05-01"] * 200)
    features.assign(label=label, day=day, firm=[f"firm-{row // 3}" for row in range(600)]).to_csv(
        tmp_path / "own.csv", index=False
    )
    monkeypatch.chdir(tmp_path)
    notebook = json.loads((ROOT / "docs" / "own_file.ipynb").read_text("utf-8"))
    names: dict[str, object] = {}
    for cell in notebook["cells"]:
        if cell["cell_type"] == "code":
            exec(compile("".join(cell["source"]), cell["id"], "exec"), names)
    assert names["measures"]["auc"] > 0.75  # type: ignore[index]
    assert (tmp_path / "own-model" / "model.txt").exists()
