"""Imports run one way: cli -> commands -> dashboard -> scoring -> pipeline; `goldseed --help` loads nothing heavy."""

import ast
import subprocess
import sys

import pytest

from pipeline.settings import ROOT

ORDER = ["cli", "commands", "dashboard", "scoring", "pipeline"]
HEAVY = ["pandas", "numpy", "lightgbm", "shap", "dash", "dask", "sqlalchemy", "sklearn", "numba", "openpyxl"]


def imported_packages(file):
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name.split(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            yield node.module.split(".")[0]


@pytest.mark.parametrize("package", ORDER[1:])
def test_a_package_imports_only_those_below_it(package):
    above = set(ORDER[: ORDER.index(package)])
    wrong = {
        str(file.relative_to(ROOT)): sorted(above & set(imported_packages(file)))
        for file in (ROOT / package).rglob("*.py")
        if above & set(imported_packages(file))
    }
    assert wrong == {}


def test_the_code_never_imports_the_tests():
    wrong = [
        str(file.relative_to(ROOT))
        for package in ORDER[1:]
        for file in (ROOT / package).rglob("*.py")
        if "tests" in imported_packages(file)
    ]
    assert wrong == []


def test_help_answers_without_loading_anything_heavy():
    code = f"import sys, cli; print([name for name in {HEAVY} if name in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
