MAKEFLAGS += --no-print-directory
PYTEST_ARGS ?=
CHAOS_ARGS ?=

.PHONY: help setup run test chaos check format bench lock clean
.DEFAULT_GOAL := help

help: ## list what there is to make
	@sed -n 's/^\([a-z]*\):.*## /\1\t/p' $(MAKEFILE_LIST) | expand -t 10

setup: ## make .venv with everything in it
	@scripts/setup

run: setup ## start everything embedded, play the demo, show the goal board, keep serving
	@.venv/bin/samtal demo

test: setup ## run all tests, with a broker and a database of their own
	@scripts/servers-install
	@.venv/bin/pytest --numprocesses 2 --dist loadfile --no-loadscope-reorder $(PYTEST_ARGS)

chaos: setup ## every fault we can cause, at random times; CHAOS_ARGS="--seed 1 --only NAME"
	@scripts/servers-install
	@.venv/bin/python -m tests.chaos $(CHAOS_ARGS)

# All of it runs, so that one call shows everything that is wrong.
check: setup ## format, lint, types, import doors, documents, published events
	@failed=0; \
	.venv/bin/ruff format --check --quiet --output-format concise . || { echo "Mended by: make format"; failed=1; }; \
	.venv/bin/ruff check --quiet --output-format concise . || failed=1; \
	.venv/bin/mypy || failed=1; \
	.venv/bin/lint-imports --no-cache --no-logo || failed=1; \
	.venv/bin/python scripts/check-documents || failed=1; \
	.venv/bin/python scripts/generate-documents --check || failed=1; \
	exit $$failed

format: setup ## format, and mend what lint can mend
	@.venv/bin/ruff check --quiet --fix . || true
	@.venv/bin/ruff format --quiet .

bench: setup ## measure ourselves beside the peers
	@scripts/servers-install
	@.venv/bin/python -m bench

lock: ## resolve the dependencies anew
	@scripts/lock --upgrade

clean: ## remove .venv, var and caches
	@rm -rf .venv var build .mypy_cache .pytest_cache .ruff_cache .hypothesis .import_linter_cache *.egg-info
	@find . -name __pycache__ -type d -prune -exec rm -rf {} +
