# Färdplan from a fresh clone to a plan: `make plan`. Needs python3 (3.11 or newer, with venv) and sh; no compiler, no root.
# Everything lands in .venv. The stamps in it make each step run only when the lock file behind it has changed.

PYTHON ?= python3
CASE ?= inventories/exempelkommun

BIN := .venv/bin
# Wheels only: a source package would need a compiler, and would run code that no hash in the lock describes.
PIP_INSTALL := $(BIN)/python -m pip install --disable-pip-version-check --no-input --require-hashes --only-binary :all:
UV_INSTALL := $(BIN)/uv pip install --python $(BIN)/python
UV_LOCKED := $(UV_INSTALL) --require-hashes --only-binary :all:
UV_LOCK := $(BIN)/uv pip compile --quiet --generate-hashes --universal --python-version 3.11 \
	--only-binary :all: --custom-compile-command 'make lock' $(if $(UPGRADE),--upgrade)

# Copying is silent wherever the cache lies; hard links warn when it is on another file system.
export UV_LINK_MODE = copy
export UV_PYTHON_DOWNLOADS = never
# Trust what the machine trusts: many public networks inspect TLS with a certificate of their own.
export UV_SYSTEM_CERTS = 1
# Compiled once on first use; without that Prefect alone takes 7 s to import instead of 2, in every process.
unexport PYTHONDONTWRITEBYTECODE

.DEFAULT_GOAL := help
.PHONY: help plan test fuzz lint install install-test install-dask lock clean

help: ## Show the targets
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## */  make \1\t/' | expand -t 24

plan: install ## Plan one case: make plan CASE=inventories/exempelkommun
	@echo "==> Planning $(CASE)"
	$(BIN)/fardplan plan "$(CASE)"

test: install-test ## Run the fast tests
	@echo "==> Testing"
	$(BIN)/python -m pytest

fuzz: install-test ## Read 5,000 damaged files, a night's worth
	$(BIN)/python -m pytest -m "slow or not slow" tests/test_mutations.py --mutations 5000

lint: install-test ## Check style, format and types
	@echo "==> Linting"
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

install: .venv/.stamp-project ## Install what planning needs into .venv

install-test: .venv/.stamp-project .venv/.stamp-test ## ... and what testing needs

install-dask: .venv/.stamp-project .venv/.stamp-dask ## ... and what a fleet on a Dask cluster needs

lock: .venv/.stamp-uv ## Write the lock files anew; UPGRADE=1 also takes newer versions
	@echo "==> Locking"
	$(UV_LOCK) requirements/bootstrap.in -o requirements/bootstrap.txt
	$(UV_LOCK) requirements/plan.in -o requirements/plan.txt
	$(UV_LOCK) requirements/test.in -c requirements/plan.txt -o requirements/test.txt
	$(UV_LOCK) requirements/fast.in -c requirements/plan.txt -o requirements/fast.txt
	$(UV_LOCK) requirements/dask.in -c requirements/plan.txt -o requirements/dask.txt
	@! grep -nE '://|^ *--?(i|f|index|extra-index|find-links)' requirements/*.txt \
		|| { echo "A lock file names where packages come from: remove that line's cause and lock again." >&2; exit 1; }

clean: ## Remove .venv, caches and built plans
	rm -rf .venv build dist *.egg-info .pytest_cache .mypy_cache .ruff_cache .hypothesis inventories/*/plan inventories/*/plans
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

.venv/.stamp-venv:
	@echo "==> Creating .venv"
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
		|| { echo "Färdplan needs Python 3.11 or newer: make PYTHON=/path/to/python3.11 ..." >&2; exit 1; }
	$(PYTHON) -m venv .venv
	@touch $@

.venv/.stamp-uv: requirements/bootstrap.txt | .venv/.stamp-venv
	@echo "==> Installing uv, the installer"
	$(PIP_INSTALL) -r $<
	@touch $@

.venv/.stamp-plan: requirements/plan.txt | .venv/.stamp-uv
	@echo "==> Installing what planning needs"
	$(UV_LOCKED) -r $<
	@touch $@

.venv/.stamp-test: requirements/test.txt | .venv/.stamp-plan
	@echo "==> Installing what testing needs"
	$(UV_LOCKED) -r $<
	@touch $@

.venv/.stamp-dask: requirements/dask.txt | .venv/.stamp-plan
	@echo "==> Installing what a fleet on a Dask cluster needs"
	$(UV_LOCKED) -r $<
	@touch $@

# The packages' first files are named because an editable install only knows the packages that it saw.
.venv/.stamp-project: pyproject.toml $(wildcard planner/__init__.py flows/__init__.py) | .venv/.stamp-plan
	@echo "==> Installing Färdplan itself"
	$(UV_INSTALL) --no-deps --no-build-isolation -e .
	@touch $@
