"""Environments for the peers, beside the project's own, so that what they pin stays with them.

Each is a plain environment that also sees the project's packages; only what is named is put into it. They stay in
build/ and are used again.
"""

from __future__ import annotations

import subprocess
import sys
import sysconfig
import tomllib
import venv
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
BUILD = ROOT / "build"
# Without their own dependencies: xgboost and CUDA (500 MB) are wanted by name only, and never imported for LightGBM.
ALONE = ("fasttreeshap-fixed", "woodelf-explainer", "treelite")
DASHBOARD = "explainerdashboard"


def of_reasons() -> Path:
    """Python of the environment with the explainers that are compared."""
    return _environment("bench-venv", [p for p in _peers() if p != DASHBOARD])


def of_dashboards() -> Path:
    """Python of the environment with explainerdashboard, which wants a numpy of its own."""
    return _environment("bench-venv-dashboard", [DASHBOARD])


def _peers() -> list[str]:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    return project["project"]["optional-dependencies"]["bench"]


def _environment(name: str, packages: list[str]) -> Path:
    folder = BUILD / name
    python = folder / "bin" / "python"
    done = folder / "installed.txt"
    if done.exists() and done.read_text() == "\n".join(packages):
        return python
    print(f"Installing {', '.join(packages)} into {folder.relative_to(ROOT)} ...", file=sys.stderr, flush=True)
    venv.create(folder, with_pip=True)
    own = subprocess.run(
        [python, "-c", "import sysconfig; print(sysconfig.get_path('purelib'))"], check=True, stdout=subprocess.PIPE
    )
    packages_of_project = f"{sysconfig.get_path('purelib')}\n{ROOT}\n"
    Path(own.stdout.decode().strip(), "project.pth").write_text(packages_of_project)
    install = [python, "-m", "pip", "install", "-qq", "--disable-pip-version-check"]
    alone = [p for p in packages if p in ALONE]
    if alone:
        subprocess.run([*install, "--no-deps", *alone], check=True)
    others = [p for p in packages if p not in ALONE]
    if others:
        subprocess.run([*install, *others], check=True)
    done.write_text("\n".join(packages))
    return python
