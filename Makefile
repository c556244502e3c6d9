# Everything here works with make 3.81 (macOS) and a POSIX shell. `make help` lists it.
PORT ?= 8000
PYTEST_ARGS ?=
CODE = flows bot scheduler wsgi.py
BIN = .venv/bin
FLASK = $(BIN)/python -m flask

.DEFAULT_GOAL := help
.PHONY: help run test lint bench soak check-flows lock clean

help: ## this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-12s %s\n", $$1, $$2 }' Makefile

run: .venv/run.stamp ## Prepline with pretend phones on http://127.0.0.1:8000 (PORT=8001 moves it)
	@exec env PREPLINE_DEMO__ENABLED=true PREPLINE_WEB__PORT=$(PORT) $(FLASK) serve

test: .venv/test.stamp ## every test, PostgreSQL and the browser included (PYTEST_ARGS="-k fever" picks some)
	@CHROMIUM="$$(.ci/chromium)" $(BIN)/python -m pytest -n auto --maxprocesses 4 $(PYTEST_ARGS)

lint: .venv/test.stamp ## ruff, mypy --strict and bandit
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy --strict $(CODE)
	@$(BIN)/bandit --quiet --recursive $(CODE)

check-flows: .venv/run.stamp ## the content: lengths, reading ease, facts, both languages
	@$(FLASK) check-flows

bench: .venv/test.stamp ## how fast it is, as ratios to what this machine can do
	@$(BIN)/python -m tests.bench

soak: .venv/test.stamp ## hours: a million strange texts, long property tests, mutants of denial, opt-out and temperatures
	@$(BIN)/python -m tests.soak
	@HYPOTHESIS_PROFILE=long $(BIN)/python -m pytest -n auto -q tests/flows tests/scheduler
	@$(BIN)/mutmut run && $(BIN)/mutmut results

lock: .venv/test.stamp ## pin the newest releases that requirements*.in allow, with hashes
	@.ci/lock

clean: ## remove the environment and the caches (instance/ with its data stays)
	rm -rf .venv .mypy_cache .ruff_cache .pytest_cache .hypothesis mutants

.venv/run.stamp: requirements.txt
	@.ci/environment run

.venv/test.stamp: requirements.txt requirements-dev.txt
	@.ci/environment test
