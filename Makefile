# One virtual environment in .venv; every target sets up what it needs.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready
CODE := src tests docs $(wildcard benchmarks examples)

.DEFAULT_GOAL := help
.PHONY: help setup demo studio studio-assets test check format format-check lint types contracts bench docs clean

help: ## List the targets
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## (.*)/\1|\2/' \
		| awk -F'|' '{ printf "  make %-13s %s\n", $$1, $$2 }'

setup: $(READY) ## Make .venv with everything to develop

$(READY): pyproject.toml constraints.txt
	@echo "Setting up $(VENV); the first time takes a minute or two."
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Uncial needs Python 3.11 or newer; name one: make PYTHON=python3.11")'
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@$(BIN)/python -m pip install -qq --disable-pip-version-check -c constraints.txt -e '.[dev]'
	@touch $(READY)

demo: $(READY) ## The whole loop in minutes: make lines, train, evaluate, read
	@$(BIN)/uncial demo

studio: $(READY) ## The browser studio on this machine
	@$(BIN)/uncial studio

studio-assets: $(READY) ## Fetch what the studio needs in the browser, with npm, once
	@$(BIN)/python -m uncial.studio.assets

test: $(READY) ## All tests; what needs absent data or programs is skipped with a message
	@$(BIN)/python -m pytest -q

check: format-check lint types contracts test ## What CI runs

format: $(READY) ## Rewrite the code in the one format, with the fixes that are safe
	@$(BIN)/ruff format $(CODE)
	@$(BIN)/ruff check --fix $(CODE)

format-check: $(READY)
	@$(BIN)/ruff format --check --quiet --diff $(CODE)

lint: $(READY) ## ruff
	@$(BIN)/ruff check --quiet $(CODE)

types: $(READY) ## mypy --strict
	@$(BIN)/mypy --no-error-summary

contracts: $(READY) ## Which module may import which
	@$(BIN)/lint-imports --cache-dir .import_linter_cache > .import_linter.log \
		|| { cat .import_linter.log; exit 1; }

bench: $(READY) ## Accuracy and speed on the data folder, beside other programs
	@$(BIN)/python benchmarks/run.py

docs: $(READY) ## Rewrite docs/cli.md, docs/config.md and docs/errors.md from the code
	@$(BIN)/python docs/generate.py

clean: ## Remove what the tools leave behind; keeps .venv
	@rm -rf build dist .pytest_cache .mypy_cache .ruff_cache .hypothesis .import_linter_cache
	@rm -f .import_linter.log .coverage
