# make run      the app on http://127.0.0.1:8000, from a fresh checkout
# make test     every test, browser included, from a fresh checkout
# make check    format, lint, types, import contracts, built-in decks (make lint), tests without a browser
# make bench    the figures of the README
# make wheel    builds the wheel and serves a page from it, outside the checkout
# make code     runs the Python on the built-in cards
# make fuzz     looks for files that the parser cannot bear, for a minute
# make explore  the property tests with new random examples, many more than in make test

.DEFAULT_GOAL := run
.PHONY: run test check lint bench wheel code fuzz explore format clean
SHELL := /bin/sh

PYTHON ?= $(shell for p in python3.11 python3.12 python3.13 python3.14 python3; do \
	command -v $$p >/dev/null 2>&1 && $$p -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null \
	&& { echo $$p; break; }; done)
BIN := .venv/bin
PIP := $(BIN)/pip --disable-pip-version-check install --quiet

run: .venv/.run
	@mkdir -p .data
	@FLASHCARDS_DATA=$${FLASHCARDS_DATA:-.data} FLASHCARDS_DECKS=$${FLASHCARDS_DECKS:-decks} $(BIN)/flashcards serve

test: .venv/.test
	@tests/get-chromium
	@$(BIN)/python -m pytest -n 2 --dist loadfile

check: lint
	@$(BIN)/python -m pytest -n 2 --dist loadfile -m "not browser"

lint: .venv/.dev
	@$(BIN)/ruff format --check flashcards tests benchmarks
	@$(BIN)/ruff check flashcards tests benchmarks
	@$(BIN)/mypy
	@$(BIN)/lint-imports
	@$(BIN)/flashcards check decks --style

bench: .venv/.bench
	@tests/get-chromium
	@$(BIN)/python -m benchmarks

wheel: .venv/.dev
	@$(BIN)/python -m tests.wheel

code: .venv/.code
	@$(BIN)/flashcards check decks --run-code

# The same walk each time: what is red was broken by the change at hand.
fuzz: SECONDS = 60
fuzz: SEED = 1
fuzz: .venv/.fuzz
	@$(BIN)/python -m tests.fuzz $(SECONDS) $(SEED)

explore: .venv/.test
	@$(BIN)/python -m pytest -m hypothesis --hypothesis-profile=explore

format: .venv/.dev
	@$(BIN)/ruff format flashcards tests benchmarks
	@$(BIN)/ruff check --fix flashcards tests benchmarks

clean:
	rm -rf .venv dist build .mypy_cache .ruff_cache .hypothesis .import_linter_cache

# One environment; each stamp says which extras it holds.
.venv/bin/python:
	@test -n "$(PYTHON)" || { echo "Flashcards needs Python 3.11 or later: install it, or run make PYTHON=/path/to/python3"; exit 1; }
	@echo "Making the environment in .venv (once)"
	@$(PYTHON) -m venv .venv || { rm -rf .venv; echo "Python cannot make an environment: on Debian and Ubuntu, apt install python3-venv"; exit 1; }

.venv/.run: pyproject.toml .venv/bin/python
	@$(PIP) -e .
	@touch $@

.venv/.test: pyproject.toml .venv/bin/python
	@$(PIP) -e '.[test]'
	@touch $@ .venv/.run

.venv/.dev: pyproject.toml .venv/bin/python
	@$(PIP) -e '.[test,dev]'
	@touch $@ .venv/.test .venv/.run

.venv/.bench: pyproject.toml .venv/bin/python
	@$(PIP) -e '.[test,bench]'
	@touch $@ .venv/.test .venv/.run

.venv/.code: pyproject.toml .venv/bin/python
	@$(PIP) -e '.[code]'
	@touch $@ .venv/.run

.venv/.fuzz: pyproject.toml .venv/bin/python
	@$(PIP) -e '.[test,fuzz]'
	@touch $@ .venv/.test .venv/.run
