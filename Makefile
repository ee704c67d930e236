# Two commands need no other: `make run` and `make test` set up all they use.

PYTHON ?= python3
BIN := .venv/bin
ARGS ?=
HOURS ?=
# Each of the servers that tests start would compile all modules anew.
unexport PYTHONDONTWRITEBYTECODE

.DEFAULT_GOAL := help
.PHONY: help run import test cover lint format bench soak vendor lock clean

help: ## show this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## /{printf "  make %-8s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

run: .venv/run ## serve the demo archive at http://127.0.0.1:8000/ (ARGS="--data FOLDER" for yours)
	@$(BIN)/ecgstream serve $(ARGS)

import: .venv/dev ## import recordings of other formats (ARGS="SOURCE... --out FOLDER")
	@$(BIN)/ecgstream import $(ARGS)

test: .venv/dev node_modules/.done ## run every test, a real browser's too (ARGS="-k word" for some)
	@$(BIN)/python -m tests.browser.chromium
	$(BIN)/python -m pytest -n 4 --dist loadgroup $(ARGS)

# By itself: to count lines takes a fifth of the time of all that is Python.
cover: ## run every test and show which lines none of them reaches
	@rm -f .coverage .coverage.*
	@$(MAKE) test ARGS="--cov --cov-report=term $(ARGS)"

lint: .venv/dev node_modules/.done ## check style and types, Python's and JavaScript's
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	PATH="$(CURDIR)/$(BIN):$$PATH" $(BIN)/npm exec --offline -- tsc --project tsconfig.json
	PATH="$(CURDIR)/$(BIN):$$PATH" $(BIN)/npm exec --offline -- eslint --max-warnings 0 static/js tests/js

format: .venv/dev ## put the Python code into its form
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

bench: .venv/dev ## measure pace and cost on this machine
	$(BIN)/python -m bench $(ARGS)

soak: .venv/dev ## trouble a wall in a real browser for 20 minutes (HOURS=24: a day)
	@$(BIN)/python -m tests.browser.chromium
	BENCH_WALL_HOURS=$(HOURS) $(BIN)/python -m bench wall_soak

vendor: .venv/dev ## fetch the vendored browser library again and check it
	PATH="$(CURDIR)/$(BIN):$$PATH" sh static/vendor/update.sh

lock: .venv/dev ## pin the newest versions that pyproject.toml allows
	sh requirements/lock.sh $(CURDIR)/$(BIN)

clean: ## remove everything that was made
	rm -rf .venv node_modules .mypy_cache .ruff_cache .pytest_cache .hypothesis .coverage* htmlcov
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

.venv/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
	  echo "ecgstream needs Python 3.11 or newer; $(PYTHON) is $$($(PYTHON) --version 2>&1)." \
	       "Name another one: make PYTHON=python3.12 ..."; exit 1; }
	@$(PYTHON) -m venv .venv || { rm -rf .venv; \
	  echo "no virtual environment could be made (on Debian: apt-get install python3-venv)"; exit 1; }

# Installed from the lock alone; the package itself is linked in, so that the checkout is what runs.
.venv/run: requirements/run.txt pyproject.toml | .venv/bin/python
	@test -e .venv/dev || $(BIN)/python -m pip install --quiet --disable-pip-version-check \
	  --require-hashes -r requirements/run.txt
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch $@

.venv/dev: requirements/dev.txt pyproject.toml | .venv/bin/python
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check \
	  --require-hashes -r requirements/dev.txt
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch $@

node_modules/.done: package.json package-lock.json .venv/dev
	@PATH="$(CURDIR)/$(BIN):$$PATH" $(BIN)/npm ci --silent --no-audit --no-fund
	@touch $@
