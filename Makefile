# Two commands do everything on a machine with Python 3.11+, git and make:
#   make run     start the service (makes its own virtual environment first)
#   make test    run the whole suite
# The rest is for developers: torture (fault trials, an hour), bench, truth, shops, lint, format, lock.

VENV   := .venv
BIN    := $(VENV)/bin
# The newest Python that is new enough; PYTHON=... overrides.
PYTHON ?= $(shell for p in python3 python3.14 python3.13 python3.12 python3.11; do \
	if $$p -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then echo $$p; break; fi; done)
PIP    := $(BIN)/python -m pip --disable-pip-version-check --quiet
TRUTH  ?= ../shared/pages/manifest.jsonl

.PHONY: run test torture bench truth shops lint format lock clean
.DEFAULT_GOAL := run

run: $(VENV)/.run
	@$(BIN)/restock run $(ARGS)

test: $(VENV)/.dev
	@$(BIN)/python -m pytest -n auto --maxprocesses=4 $(ARGS)

# Every fault trial at full length, from a new seed each time; ARGS="--seed 7" repeats a run.
torture: $(VENV)/.dev
	@$(BIN)/python -m pytest tests/torture --torture --timeout=3600 $(ARGS)

bench: $(VENV)/.dev
	@$(BIN)/python -m bench $(ARGS)

truth: $(VENV)/.dev
	@$(BIN)/python tests/truth.py $(TRUTH) $(ARGS)

# How well each shop is read, counted on saved pages; ARGS="--write docs/shops.md" puts the table where it is shown.
shops: $(VENV)/.dev
	@$(BIN)/python tests/shops.py $(TRUTH) $(ARGS)

lint: $(VENV)/.dev
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy

format: $(VENV)/.dev
	@$(BIN)/ruff check --fix .
	@$(BIN)/ruff format .

# Universal, hashed, and naming no index host. Needs uv; only whoever changes a dependency runs it.
lock:
	uv pip compile --universal --generate-hashes --no-emit-index-url --no-header --python-version 3.11 \
		pyproject.toml --group build -o requirements.lock
	uv pip compile --universal --generate-hashes --no-emit-index-url --no-header --python-version 3.11 \
		pyproject.toml --group build --group dev -o requirements-dev.lock

$(VENV)/.made:
	@if [ -z "$(PYTHON)" ]; then \
		echo "restock needs Python 3.11 or newer, and found none. Install it (Debian: apt install python3), or name it: make PYTHON=/path/to/python3" >&2; exit 1; fi
	@$(PYTHON) -c 'import struct, sys; sys.exit(struct.calcsize("P") < 8)' || { \
		echo "restock needs a 64-bit Python: some of the libraries it stands on are not built for 32-bit systems." >&2; exit 1; }
	@$(PYTHON) -c 'import venv, ensurepip' 2>/dev/null || { \
		echo "Python's venv module is missing. On Debian or Ubuntu: sudo apt install python3-venv" >&2; exit 1; }
	@echo "Preparing a virtual environment in $(VENV) ..."
	@rm -rf $(VENV) && $(PYTHON) -m venv $(VENV)
	@touch $@

# Dependencies come from the lock, each checked against its hash; then the project itself, editable.
$(VENV)/.run: $(VENV)/.made requirements.lock
	@echo "Installing what the service stands on (once; about a minute) ..."
	@$(PIP) install --require-hashes -r requirements.lock
	@$(PIP) install --no-deps --no-build-isolation -e .
	@touch $@

$(VENV)/.dev: $(VENV)/.made requirements-dev.lock
	@echo "Installing what the tests stand on (once; about a minute) ..."
	@$(PIP) install --require-hashes -r requirements-dev.lock
	@$(PIP) install --no-deps --no-build-isolation -e .
	@touch $@ $(VENV)/.run

clean:
	rm -rf $(VENV)
