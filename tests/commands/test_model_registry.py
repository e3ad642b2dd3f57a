"""The bench on the command line: a model's plots as CSV files, its card, and the watch."""

import json
import shutil
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

import cli
from pipeline.store.database import engine_for
from tests.dashboard import stored_model
from tests.dashboard.conftest import settled_city  # noqa: F401 - a fixture


@pytest.fixture
def model(tmp_path: Path, settled_city: Path, monkeypatch: pytest.MonkeyPatch) -> str:  # noqa: F811
    file = tmp_path / "bench.sqlite"
    shutil.copyfile(settled_city, file)
    monkeypatch.setenv("GOLDSEED_DB_URL", f"sqlite:///{file}")
    monkeypatch.setenv("GOLDSEED_MODELS", str(tmp_path / "models"))
    engine = engine_for(f"sqlite:///{file}")
    stored_model.put(engine, tmp_path / "models")
    engine.dispose()
    return "small-2026"


def run(*arguments: str) -> Result:
    return CliRunner().invoke(cli.goldseed, list(arguments), catch_exceptions=False)


def test_the_data_of_every_plot_lie_in_the_folder(model: str, tmp_path: Path):
    pytest.importorskip("shap")
    told: Any = json.loads(run("models", "plots", model, "--out", str(tmp_path / "plots"), "--json").stdout)
    files = {Path(one["file"]).stem for one in told["written"]}
    assert files >= {
        "importance",
        "beeswarm",
        "dependence",
        "interactions",
        "pair",
        "comparison",
        "reliability",
        "subgroups",
    }
    assert "backtest" not in files  # nobody asked for one
    assert (tmp_path / "plots" / "importance.csv").read_text().startswith("feature,group,direction,mean_points")


def test_the_card_is_written_as_pdf(model: str, tmp_path: Path):
    run("models", "card", model, "--out", str(tmp_path / "card.pdf"))
    assert (tmp_path / "card.pdf").read_bytes().startswith(b"%PDF")
