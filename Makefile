# Needs git, make and Python 3.11 or later; everything else goes into .venv.
#   make check    judge the reference client (or ARGS="-- your command") on the local sandbox: is it
#                 ready for production, or why not?
#   make test     the project's own tests, but for the long ones
#   make test-slow    the long ones: browsers, every starter, the kill matrices, the walk of a partner
#   make lint     style and types
#   make bench    what it costs, as ratios
#   make docs     the generated pages
#   make kill-matrix, make mutation    do the suite, and its tests, see what is wrong? (docs/testing.md)
#   make clean    forget .venv, caches and reports

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
ARGS ?=

.PHONY: check test test-slow lint bench docs kill-matrix mutation clean

check: $(VENV)/.runs
	@$(BIN)/lendico-conformance check --plan readiness --sandbox $(ARGS)

test: $(VENV)/.tests
	@$(BIN)/python -m pytest tests -n auto --dist worksteal -m 'not slow' $(ARGS)

test-slow: $(VENV)/.tests
	@$(BIN)/python -m pytest tests -n auto --dist worksteal -m slow $(ARGS)

lint: $(VENV)/.tests
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy

bench: $(VENV)/.tests
	@for bench in benchmarks/bench_*.py; do $(BIN)/python $$bench || exit 1; done

docs: $(VENV)/.runs
	@$(BIN)/lendico-conformance requirements --format markdown > docs/requirements.md

kill-matrix: $(VENV)/.tests
	@$(BIN)/python -m tests.faulty.matrix
	@$(BIN)/python -m tests.faulty.clients.matrix
	@$(BIN)/python -m tests.faulty.deviations

mutation: $(VENV)/.mutation
	@$(BIN)/python -m tests.mutation.run $(ARGS)

clean:
	@rm -rf $(VENV) .lendico-conformance .hypothesis .pytest_cache .mypy_cache .ruff_cache dist build
	@find reports -mindepth 1 ! -name README.md -exec rm -rf {} +

$(BIN)/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
	  echo "$(PYTHON) is older than Python 3.11: make PYTHON=python3.11 $(MAKECMDGOALS)" >&2; exit 1; }
	@$(PYTHON) -m venv $(VENV) || { rm -rf $(VENV); \
	  echo "no virtual environment could be made; on Debian and Ubuntu: apt-get install python3-venv" >&2; exit 1; }

$(VENV)/.runs: pyproject.toml | $(BIN)/python
	@echo "Setting up $(VENV) …"
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[sandbox]'
	@touch $@

$(VENV)/.tests: pyproject.toml | $(BIN)/python
	@echo "Setting up $(VENV) with what the tests need …"
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[dev]'
	@touch $@ $(VENV)/.runs

$(VENV)/.mutation: $(VENV)/.tests
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[mutation]'
	@touch $@
