# Two commands do everything on a fresh machine: `make demo` and `make test`.
PYTHON ?= python3
PORT ?= 8000
SCALE ?= normal
ONLY ?=
VENV := .venv
BIN := $(VENV)/bin
UV_VERSION := $(shell sed -n 's/^uv==\([0-9.]*\).*/\1/p' requirements/dev.txt)
FRONT := src/ngomon/ui/static/ngomon/manifest.json
export PATH := $(CURDIR)/$(BIN):$(PATH)
export DJANGO_SETTINGS_MODULE := ngomon.settings

.PHONY: setup demo test check bench faults lock engines clean

setup: $(VENV)/.ready $(FRONT)

$(VENV)/.ready: requirements/dev.txt pyproject.toml
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install -q "uv==$(UV_VERSION)"
	$(BIN)/uv pip sync -q --require-hashes --python $(BIN)/python requirements/dev.txt
	$(BIN)/uv pip install -q --python $(BIN)/python --no-deps --no-build-isolation -e .
	touch $@

node_modules/.ready: package-lock.json $(VENV)/.ready
	$(BIN)/npm ci --silent --no-progress
	touch $@

$(FRONT): node_modules/.ready vite.config.ts tsconfig.json $(shell find frontend -type f 2>/dev/null)
	$(BIN)/npm run --silent build
	touch $@

demo: setup
	$(BIN)/ngomon demo --port $(PORT)

engines: setup
	tests/install_engines.sh

check: setup
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/ngomon manage makemigrations --check --dry-run
	$(BIN)/ngomon check --words
	$(BIN)/npm run --silent check

test: engines check
	tests/run_all.sh

bench: engines
	$(BIN)/python -m bench $(if $(ONLY),--only $(ONLY)) --scale $(SCALE)

faults: engines
	$(BIN)/pytest -q tests/faults --kills 200
	tests/with_postgres.sh $(BIN)/pytest -q tests/faults --kills 200

lock:
	cd requirements && for name in base dev; do \
	  ../$(BIN)/uv pip compile -q --generate-hashes --no-header --python-version 3.11 $$name.in -o $$name.txt; done

clean:
	rm -rf $(VENV) node_modules src/ngomon/ui/static/ngomon
