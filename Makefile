# The whole set-up is `make demo` and `make test`; both need only python3 >= 3.11 with pip.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
SERVE ?= yes
QUICK ?=
SIZE ?=
PACKAGES := cli.py commands pipeline scoring dashboard tests bench

.PHONY: setup demo test check architecture pictures bench pins

setup: $(VENV)/ready

$(VENV)/ready: requirements.txt pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
		{ echo "Goldseed needs Python 3.11 or newer; $(PYTHON) is $$($(PYTHON) -V). Try: make $(MAKECMDGOALS) PYTHON=python3.12"; exit 2; }
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --requirement requirements.txt
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	$(BIN)/python -m scoring.tree_shap
	@touch $@

demo: setup
	$(BIN)/goldseed demo $(if $(filter no,$(SERVE)),--no-serve,)

test: setup
	@sh tests/system_needs.sh
	$(BIN)/python -m pytest -n 2 --dist loadscope --no-loadscope-reorder $(TESTS)

check: setup
	$(BIN)/ruff format --check $(PACKAGES)
	$(BIN)/ruff check $(PACKAGES)
	$(BIN)/mypy
	$(BIN)/lint-imports --no-cache
	$(BIN)/python -m pytest -q tests/test_imports.py tests/test_architecture.py

# Files, lines, circles and imports of every room, into docs/architecture.md.
architecture: setup
	$(BIN)/python -m tests.architecture --write

# What each role sees first, into docs/screenshots/roles, of the city in the database (make demo).
pictures: setup
	$(BIN)/python -m tests.browser.pictures

# SIZE=city, province or nation: a year's commands and people who click at that size, instead of the whole.
bench: setup
	$(BIN)/python -m bench $(if $(filter yes,$(QUICK)),--quick,) $(if $(SIZE),--size $(SIZE),)

# Pin the full set anew from the direct dependencies of pyproject.toml, in a fresh environment.
pins:
	rm -rf build/pins && $(PYTHON) -m venv build/pins
	build/pins/bin/python -m pip install --quiet --upgrade pip setuptools
	build/pins/bin/python -m pip install --quiet '.[dev]'
	{ echo "# The full pinned set, made by 'make pins' from pyproject.toml, where each direct dependency has its reason."; \
	  build/pins/bin/python -m pip freeze --all --exclude goldseed --exclude pip; } > requirements.txt
