# Every word a contributor needs. `make` alone lists them.
PYTHON ?= python3
VENV   ?= .venv
BIN    := $(VENV)/bin
STAMP  := $(VENV)/.installed
# Compiled loops call each other across files, which numba's cache does not notice: one cache per state.
KERNELS := $(shell find src -name '*_kernels.py' | sort | xargs cat | sha256sum | cut -c1-12)
export NUMBA_CACHE_DIR ?= $(CURDIR)/.cache/numba/$(KERNELS)

.PHONY: help setup demo quick test check bench bench-plan docs
help:
	@echo "setup  make the environment in $(VENV) from requirements.lock"
	@echo "demo   a synthetic patient from DICOM to a report, in out/demo"
	@echo "quick  the fast tests, in some minutes"
	@echo "test   the whole test suite"
	@echo "check  format, lint, types, the staircase of rooms, file sizes"
	@echo "bench  speed and memory, paired with the peers; writes benchmarks/results"
	@echo "bench-plan  one plan, paired with pyRadPlan; writes benchmarks/results/plan.json"
	@echo "docs   the documentation site, in site/"

setup: $(STAMP)

$(STAMP): requirements.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	  { echo "Hepatica needs Python 3.11 or newer; say which with: make $(MAKECMDGOALS) PYTHON=python3.12"; exit 2; }
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install -q --disable-pip-version-check --require-hashes --only-binary :all: -r requirements.lock
	$(BIN)/python -m pip install -q --disable-pip-version-check --no-deps --no-build-isolation -e .
	@echo "compiling the numerical loops, once (about half a minute)"
	@$(BIN)/python -m hepatica.engine.warm_up
	@touch $(STAMP)

demo: $(STAMP)
	$(BIN)/hepatica demo --out out/demo --force

quick: $(STAMP)
	$(BIN)/python -m pytest -m "not slow" -n 2 --dist loadfile

test: $(STAMP)
	$(BIN)/python -m pytest -n 2 --dist loadfile

check: $(STAMP)
	$(BIN)/ruff format --check src tests benchmarks docs
	$(BIN)/ruff check src tests benchmarks docs
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/python -m pytest tests/house -q

bench: $(STAMP)
	bash benchmarks/run.sh $(BIN)/python

bench-plan: $(STAMP)
	bash benchmarks/run_plan.sh $(BIN)/python

docs: $(STAMP)
	$(BIN)/python docs/build_reference.py
	$(BIN)/mkdocs build --strict
