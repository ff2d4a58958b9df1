# Tapeline's short commands. `make up` and `make test` do all the set-up that they need.
VENV ?= .venv
BIN := $(VENV)/bin
SOURCES := $(shell find shared services research tapeline -name '*.py' 2>/dev/null)
ARGS ?=

.DEFAULT_GOAL := help
.PHONY: help setup up down check test chaos proof shares bench docs fmt lock
.DELETE_ON_ERROR:

help: ## Show these commands
	@awk -F ':.*## ' '/^[a-z]+:.*## / {printf "  make %-8s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

setup: $(VENV)/.warm ## Make .venv from the lock and warm the caches; does nothing when nothing changed

$(VENV)/.stamp: requirements.lock pyproject.toml deploy/setup.sh
	@sh deploy/setup.sh $(VENV)
	@touch $@

$(VENV)/.warm: $(VENV)/.stamp $(SOURCES)
	@$(BIN)/tapeline warm
	@touch $@

up: setup ## Start the desk on this machine; Ctrl-C stops it
	@$(BIN)/tapeline up $(ARGS)

down: setup ## Stop a desk that runs in another terminal
	@$(BIN)/tapeline down $(ARGS)

check: setup ## Format, lint, types, import rules and house tests; changes nothing
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/python -m pytest -q tests/house

test: setup ## Run every test that a plain clone can run
	$(BIN)/python -m pytest $(ARGS)

chaos: setup ## Run the full campaigns of faults, go on if one was stopped, and write docs/chaos.md (hours)
	$(BIN)/python -m pytest -m chaos $(ARGS) tests/chaos

proof: setup ## Prove the scores on 200 synthetic markets, go on if stopped, and write docs/proof.md
	OMP_NUM_THREADS=1 $(BIN)/python -m tests.honesty.page $(ARGS)

shares: setup ## Train on recorded daily shares (DATA=FOLDER), go on if stopped, and write docs/daily-shares.md
	OMP_NUM_THREADS=1 $(BIN)/python -m tests.honesty.shares $(DATA)

bench: setup ## Measure this machine and write docs/benchmarks.md (long)
	$(BIN)/python -m bench $(ARGS)

docs: setup ## Write the generated pages of docs/
	$(BIN)/python docs/coverage.py
	$(BIN)/python -m docs.features
	$(BIN)/python -m docs.context

fmt: setup ## Format the code and mend what can be mended by itself
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

lock: ## Pin again what pyproject.toml asks for (needs uv)
	@command -v uv >/dev/null || { echo 'make lock needs uv: pip install uv' >&2; exit 1; }
	uv pip compile pyproject.toml --extra desk --group dev --universal --python-version 3.11 \
	  --generate-hashes --no-header --no-emit-index-url --output-file requirements.lock
