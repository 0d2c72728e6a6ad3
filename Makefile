# Two commands are enough: `make serve` runs the registry, `make test` tests it. Both set up what they need.
PYTHON ?= python3
VENV   ?= .venv
BIN    := $(VENV)/bin
HOST   ?= 127.0.0.1
PORT   ?= 19800
ARGS   ?=
# Some machines ask Python to keep nothing that it compiled; then each of the many programs that tests start compiles all.
export PYTHONDONTWRITEBYTECODE :=

.DEFAULT_GOAL := help
.PHONY: help setup serve test check fix bench docs screenshots build lock clean

help: ## Show this list
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | awk -F'\t' '{printf "  make %-11s %s\n", $$1, $$2}'

# The stamp is newer than the lock file once everything in it is installed.
$(VENV)/.installed: requirements/dev.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit("make needs Python 3.11 or newer as PYTHON, found " + sys.version.split()[0]) if sys.version_info < (3, 11) else None'
	@echo "Setting up $(VENV) from requirements/dev.lock; the first time takes a few minutes."
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements/dev.lock
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	@touch $@

setup: $(VENV)/.installed ## Create .venv with everything from the lock file

serve: setup ## Run the registry on http://127.0.0.1:19800 (HOST=, PORT=, ARGS= for more)
	$(BIN)/horde-model-reference serve --host $(HOST) --port $(PORT) $(ARGS)

test: setup ## Run all tests (ARGS="-k name" for some)
	$(BIN)/python -m pytest -n 3 $(ARGS)

check: setup ## Run ruff, mypy, pyright and import-linter
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/pyright --pythonpath $(BIN)/python
	$(BIN)/lint-imports

fix: setup ## Format the code and repair what ruff can
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

bench: setup ## Measure speed and memory, print a table (needs wrk and nginx)
	$(BIN)/python -m benchmarks $(ARGS)

docs: setup ## Write the generated parts of docs/
	$(BIN)/python docs/generate.py

screenshots: setup ## Write the pictures in docs/images (needs Chromium)
	$(BIN)/python tests/screenshots.py

build: setup ## Build wheel and sdist into dist/
	$(BIN)/python -m build --no-isolation

lock: ## Renew requirements/dev.lock (needs uv)
	uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --group dev --all-extras pyproject.toml -o requirements/dev.lock

clean: ## Remove the environment and everything that was built
	rm -rf $(VENV) dist .pytest_cache .mypy_cache .ruff_cache .hypothesis .import_linter_cache
