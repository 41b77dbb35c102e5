# make run      the app on http://127.0.0.1:8000, from a fresh checkout
# make demo     the app with a year of a learner's life, started anew when code or templates change
# make test     every test, browser included, from a fresh checkout
# make check    format, lint, types, import contracts, built-in decks (make lint), tests without a browser
# make test-postgres  integration tests on a PostgreSQL server of their own, where it is installed (ONLY="answers undo":
#               those files)
# make bench    the figures of the README
# make load     learners with thought, idle connections and slow clients, three times ten minutes (SECONDS=60 RUNS=1;
#               NGINX=1 puts nginx before the server, PROCESSOR=0.3 gives it that part of one core)
# make torture  kills the server, its leader and the database at work, cuts the power, sends bad clients
# make wheel    builds the wheel and serves a page from it, outside the checkout
# make code     runs the Python on the built-in cards
# make fuzz     looks for files that the parser cannot bear, for a minute
# make mutate   changes the core a little, many times, and names each change that no test sees, for ten minutes
# make explore  the property tests with new random examples, many more than in make test
# make nightly  what takes too long for every change: power cuts, reloads, attacks; tests that are marked with nightly,
#               which are larger ones of their neighbours, and axe in both colour schemes at each width
# make lock     renews the locked dependencies in locked/ from the ranges in pyproject.toml
#
# DEPENDENCIES=newest or lowest takes the newest or the lowest versions that pyproject.toml allows, in place of the
# locked ones; give them an environment of their own: make test DEPENDENCIES=lowest VENV=.venv-lowest

.DEFAULT_GOAL := run
.PHONY: run demo compiled test test-postgres nightly check lint bench load torture wheel code fuzz mutate explore lock format \
	clean environment
SHELL := /bin/sh

# The system's own Python first: distributions build it with optimization, and pyenv does not unless it is told to, which
# takes half as long again for everything. PYTHON=python3.13 chooses another.
PYTHON ?= $(shell for p in /usr/bin/python3 python3.11 python3.12 python3.13 python3.14 python3; do \
	command -v $$p >/dev/null 2>&1 && $$p -c 'import ensurepip, sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null \
	&& { echo $$p; break; }; done)
VENV ?= .venv
BIN := $(VENV)/bin
PIP := $(BIN)/pip --disable-pip-version-check install --quiet
comma := ,
DEPENDENCIES ?= locked

# $(call install,SET): the dependencies of a set (locked/SET.txt, or the extras of that name), then the project.
ifeq ($(DEPENDENCIES),locked)
install = $(PIP) --require-hashes -r locked/$(1).txt && $(PIP) --no-deps --no-build-isolation -e .
else ifeq ($(DEPENDENCIES),lowest)
install = $(PIP) --require-hashes -r locked/lowest.txt && $(PIP) --no-deps --no-build-isolation -e .
else ifeq ($(DEPENDENCIES),newest)
install = $(PIP) --upgrade --upgrade-strategy eager -e '.[$(subst dev,test$(comma)dev,$(1))]'
else
$(error DEPENDENCIES is $(DEPENDENCIES): give locked, newest or lowest)
endif

run: $(VENV)/.run
	@mkdir -p .data
	@FLASHCARDS_DATA=$${FLASHCARDS_DATA:-.data} FLASHCARDS_DECKS=$${FLASHCARDS_DECKS:-decks} $(BIN)/flashcards serve

demo: $(VENV)/.test
	@$(BIN)/python -m tests.demo

# Tests start hundreds of processes. Where the environment keeps Python from storing what it has compiled
# (PYTHONDONTWRITEBYTECODE, usual in containers), each of them would compile the program anew, a quarter of a second each.
compiled: $(VENV)/.test
	@$(BIN)/python -m compileall -q flashcards

# Without a Chromium everything else runs, and pytest's first lines say what was left out.
test: compiled
	@tests/get-chromium || test -z "$$CI"
	@$(BIN)/python -m pytest -n 2 --dist loadfile

# All but what tests/databases.py names as SQLite's alone; without PostgreSQL a sentence says that nothing was tested.
test-postgres: compiled
	@$(BIN)/python -m pytest -n 2 --dist loadfile -p tests.on_postgresql $(if $(ONLY),$(ONLY:%=tests/integration/test_%.py),tests/integration)

nightly: $(VENV)/.nightly compiled
	@tests/get-chromium
	@$(BIN)/python -m pytest -p no:schemathesis tests/nightly
	@$(BIN)/python -m pytest -n 2 --dist loadfile -m "nightly or axe"

check: lint compiled
	@$(BIN)/python -m pytest -n 2 --dist loadfile -m "not browser"

lint: $(VENV)/.dev
	@$(BIN)/ruff format --check flashcards tests benchmarks
	@$(BIN)/ruff check flashcards tests benchmarks
	@$(BIN)/mypy
	@$(BIN)/lint-imports
	@$(BIN)/flashcards check decks --style

bench: $(VENV)/.bench
	@tests/get-chromium
	@$(BIN)/python -m benchmarks

load: SECONDS = 600
load: RUNS = 3
load: LEARNERS = 800
load: IDLE = 200
load: $(VENV)/.test
	@$(BIN)/python -m benchmarks.load $(if $(NGINX),--nginx) $(if $(PROCESSOR),--processor $(PROCESSOR)) \
		--seconds $(SECONDS) --runs $(RUNS) --learners $(LEARNERS) --idle $(IDLE)

# The part of `make nightly` that breaks things.
torture: $(VENV)/.nightly compiled
	@$(BIN)/python -m pytest -p no:schemathesis $(wildcard tests/nightly/test_*killed*.py) tests/nightly/test_power_cuts.py \
		tests/nightly/test_bad_clients.py

wheel: $(VENV)/.dev
	@$(BIN)/python -m tests.wheel

code: $(VENV)/.code
	@$(BIN)/flashcards check decks --run-code

# The same walk each time: what is red was broken by the change at hand.
fuzz: SECONDS = 60
fuzz: SEED = 1
fuzz: $(VENV)/.fuzz
	@$(BIN)/python -m tests.fuzz $(SECONDS) $(SEED)

mutate: SECONDS = 600
mutate: SEED = 1
mutate: $(VENV)/.test
	@$(BIN)/python -m tests.mutate $(SECONDS) $(SEED) $(ONLY)

explore: $(VENV)/.test
	@$(BIN)/python -m pytest -m hypothesis --hypothesis-profile=explore

format: $(VENV)/.dev
	@$(BIN)/ruff format flashcards tests benchmarks
	@$(BIN)/ruff check --fix flashcards tests benchmarks

# One resolution for all sets, so that each adds to the same environment.
UV = $(BIN)/python -m uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header \
	--no-annotate pyproject.toml locked/build.in
lock: $(VENV)/bin/python
	@$(PIP) 'uv>=0.9,<1'
	@rm -f locked/*.txt
	@$(UV) --all-extras -o locked/all.txt
	@$(UV) -c locked/all.txt -o locked/run.txt
	@for set in test bench code fuzz nightly; do $(UV) -c locked/all.txt --extra $$set -o locked/$$set.txt || exit 1; done
	@$(UV) -c locked/all.txt --extra test --extra dev -o locked/dev.txt
	@$(UV) --resolution lowest-direct --extra test -o locked/lowest.txt
	@rm locked/all.txt

clean:
	rm -rf .venv .venv-* dist build .mypy_cache .ruff_cache .hypothesis .import_linter_cache

# One environment; each stamp says which sets it holds. All that .ci/run needs, so that its stages can go side by side:
environment: $(VENV)/.dev $(VENV)/.code $(VENV)/.fuzz

$(VENV)/bin/python:
	@test -n "$(PYTHON)" || { echo "Flashcards needs Python 3.11 or later with venv (Debian and Ubuntu: apt install python3-venv): install it, or run make PYTHON=/path/to/python3"; exit 1; }
	@echo "Making the environment in $(VENV) (once)"
	@$(PYTHON) -m venv $(VENV) || { rm -rf $(VENV); echo "Python cannot make an environment: on Debian and Ubuntu, apt install python3-venv"; exit 1; }

$(VENV)/.run: pyproject.toml $(wildcard locked/*.txt) | $(VENV)/bin/python
	@$(call install,run)
	@touch $@

$(VENV)/.test: pyproject.toml $(wildcard locked/*.txt) | $(VENV)/bin/python
	@$(call install,test)
	@touch $@ $(VENV)/.run

$(VENV)/.dev: pyproject.toml $(wildcard locked/*.txt) | $(VENV)/bin/python
	@$(call install,dev)
	@touch $@ $(VENV)/.test $(VENV)/.run

$(VENV)/.bench: $(VENV)/.test
	@$(call install,bench)
	@touch $@

$(VENV)/.code: $(VENV)/.run
	@$(call install,code)
	@touch $@

$(VENV)/.fuzz: $(VENV)/.test
	@$(call install,fuzz)
	@touch $@

$(VENV)/.nightly: $(VENV)/.test
	@$(call install,nightly)
	@touch $@
