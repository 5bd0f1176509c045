# Everything works on a machine that has only Python 3.11 or newer (with venv) and make. `make help` lists the targets.

PYTHON ?= python3
BIN := .venv/bin
DEMO := build/demo

# pip's isolated build of this package obeys the pins as well: older pip reads the first name, newer pip the second.
export PIP_CONSTRAINT := constraints.txt
export PIP_BUILD_CONSTRAINT := constraints.txt
export PIP_DISABLE_PIP_VERSION_CHECK := 1

.PHONY: help install demo test check docs bench pins clean
.DEFAULT_GOAL := help

help: ## this list
	@awk -F ':.*## ' '/^[a-z]+:.*## / {printf "  make %-8s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

install: .venv/.installed ## put Ringleader and everything it needs into .venv

# The stamp is newer than what decides the content of .venv, so a second call costs nothing.
.venv/.installed: pyproject.toml constraints.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
		{ echo "Ringleader needs Python 3.11 or newer: make PYTHON=/path/to/python3.11" >&2; exit 1; }
	@echo "Installing into .venv (about half a minute; once)" >&2
	@$(PYTHON) -m venv .venv || { echo "Python's venv module is missing (Debian: apt install python3-venv)" >&2; exit 1; }
	@$(BIN)/python -m pip install --quiet -c constraints.txt -e '.[dev]'
	@touch $@

demo: install ## tell the story of a made-up operator, hunt in its logs, hold the result beside the truth
	@rm -rf $(DEMO)
	@$(BIN)/ringleader simulate $(DEMO)
	@$(BIN)/ringleader hunt $(DEMO)/alpha/case $(DEMO)/alpha/evidence
	@$(BIN)/ringleader score $(DEMO)/alpha/case $(DEMO)/truth/alpha
	@echo; echo "Open the report: $(DEMO)/alpha/case/reports/report.html"

test: check ## all checks and tests, the quick ones first
	$(BIN)/pytest -n 2 -m 'not slow and not browser'
	$(BIN)/pytest -n 2 -m 'slow or browser' -rs

check: install ## formatting, lint, types, import layers
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports

docs: install ## write docs/reference/ again from the code
	@$(BIN)/python docs/generate.py

bench: install ## what benchmarks/README.md describes; BENCH='--help' passes options on
	$(BIN)/python benchmarks/run.py $(BENCH)

pins: ## write constraints.txt again: the newest versions that pyproject.toml allows (needs the network)
	@rm -rf build/pins && $(PYTHON) -m venv build/pins
	@PIP_CONSTRAINT= PIP_BUILD_CONSTRAINT= build/pins/bin/python -m pip install --quiet -e '.[dev]' hatchling editables
	@{ sed '/^[^#]/,$$d' constraints.txt; build/pins/bin/python -m pip freeze --exclude-editable | grep -v '^#'; } > build/pins/constraints.txt
	@mv build/pins/constraints.txt constraints.txt && rm -rf build/pins

clean: ## remove .venv and everything else that is not in version control's care
	rm -rf .venv build dist .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
