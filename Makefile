# Synak: `make run` and `make test` are all a newcomer needs. `make help` lists the rest.
SHELL := /bin/sh
PYTHON ?= python3
V := .venv/bin
NAME ?= gateway
WORKERS ?= 2
TEST := -n $(WORKERS) --dist loadfile -m "not slow and not bench"
SLOW := -n $(WORKERS) --dist loadfile -m "slow and not bench"
UNIT := tests/kit tests/domain tests/store tests/docs
export SYNAK_DEVELOPMENT ?= 1

.DEFAULT_GOAL := help
.PHONY: help run demo unit test slow check bench docs lock setup-run setup-dev

help: ## what can be made
	@awk -F ':.*## ' '/^[a-z-]+:.*## /{printf "  make %-7s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

run: setup-run ## set up, start everything, print the address and the accounts
	@exec $(V)/synak run

demo: setup-dev ## the trial journey, unattended, on its own temporary state and ports
	@exec $(V)/python -m tests.journeys.demo

unit: setup-dev ## the tests that start no server, engine or browser; under a minute
	@$(V)/pytest $(UNIT)

test: setup-dev ## the tests, under 15 minutes on 2 cores
	@$(V)/pytest $(TEST)

slow: setup-dev ## fault rounds, API fuzz, all courses; up to an hour
	@$(V)/pytest $(SLOW)

check: setup-dev ## lint, types, import rules, then test and slow: what CI runs
	@$(V)/ruff check .
	@$(V)/ruff format --check .
	@$(V)/mypy
	@$(V)/lint-imports
	@$(V)/python -m tests.support.again $(TEST)
	@$(V)/python -m tests.support.again $(SLOW)

bench: setup-dev ## measure: make bench NAME=gateway writes build/bench/gateway.json
	@exec $(V)/python -m tests.bench.$(NAME)

docs: setup-dev ## the docs site into build/site
	@$(V)/mkdocs build -q -f .mkdocs.yml

lock: setup-dev ## renew every lock file; needs the package registries
	@exec $(V)/python -m sandbox.toolchain.lock

setup-run:
	@$(PYTHON) sandbox/toolchain/bootstrap.py run

setup-dev:
	@$(PYTHON) sandbox/toolchain/bootstrap.py dev
