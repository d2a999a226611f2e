# One command each. Everything installs into .venv from requirements.lock, whose hashes make two installs the same.

PYTHON ?= python3.11
ifeq ($(shell command -v $(PYTHON) 2>/dev/null),)
PYTHON := python3
endif
BIN := .venv/bin
INSTALLED := .venv/.installed

.DEFAULT_GOAL := help
.PHONY: help demo test proof check format lint types contracts coverage sandbox lock clean

help: ## what there is
	@grep -hE '^[a-z]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z]+):.*## /  make \1\t/' | expand -t 20

$(INSTALLED): requirements.lock pyproject.toml
	@test -x $(BIN)/python || $(PYTHON) -m venv .venv
	@echo "Installing the locked packages into .venv …"
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes --no-deps -r requirements.lock
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	@touch $@

demo: $(INSTALLED) ## watch deals become customers and invoice drafts, against a local sandbox
	@$(BIN)/sfspiris demo

test: $(INSTALLED) ## all tests
	@$(BIN)/python -m pytest -n 2 --dist worksteal

proof: $(INSTALLED) ## break runs everywhere and print what became of it; make proof RELEASE=1 tries everything
	@$(BIN)/python tests/proof.py $(if $(RELEASE),--release)

check: $(INSTALLED) ## format, lint, types, import contracts, tests, coverage
	@$(BIN)/ruff format --check
	@$(BIN)/ruff check
	@$(BIN)/mypy
	@$(BIN)/lint-imports --no-cache
	@$(BIN)/coverage erase
	@$(BIN)/coverage run -m pytest -n 2 --dist worksteal
	@$(BIN)/coverage combine --quiet
	@$(BIN)/coverage report --skip-covered --fail-under=97

format: $(INSTALLED) ## put the code into the house format
	@$(BIN)/ruff check --fix --quiet || true
	@$(BIN)/ruff format

sandbox: $(INSTALLED) ## both simulators with the demo world, in the foreground
	@$(BIN)/sfspiris sandbox up --world demo

lock: $(INSTALLED) ## choose versions anew and write requirements.lock
	@$(BIN)/uv pip compile pyproject.toml --all-extras --universal --python-version 3.11 --generate-hashes \
		--no-emit-index-url --no-emit-find-links --no-header --upgrade --quiet -o requirements.lock

clean: ## forget everything that was installed or made
	rm -rf .venv .coverage .coverage.* .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache build dist sfspiris-demo
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
