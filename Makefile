# Freemark. Everything sets itself up: Python 3.11 or newer and make are all that is needed.
#   make demo      the whole story in one command; leaves its papers in demo-out/
#   make run       the same world, served for a browser      (make run HOST=192.0.2.7 for a phone in the same network)
#   make test      the tests
#   make torture   the long loops: kills, soak, both databases, mutants of the rules
#   make bench     the figures, as a table and as bench-results.json
#   make check     format, lint, types, import contracts, tests
#   make lock      resolve the dependencies again

PYTHON ?= python3
# The address under which a phone reaches this machine; it goes into the labels. Empty: this machine only.
HOST ?=
PORT ?=
OUT ?= demo-out
# Two workers: the tests start servers and databases of their own, so more than the cores only makes them wait.
JOBS ?= 2
PACKAGES = ground audits certify labels verify freemark
# Hundreds of small databases are made and synced: in memory where there is such a folder. kill -9 does not empty it.
FAST_TMP := $(shell test -w /dev/shm && echo /dev/shm || echo $${TMPDIR:-/tmp})
BIN = .venv/bin

.DEFAULT_GOAL := help
.PHONY: help demo run test torture bench check lint lock server dev

help:
	@sed -n 's/^#   make/make/p' Makefile

server:
	@$(PYTHON) bootstrap.py

dev:
	@$(PYTHON) bootstrap.py --dev

demo: server
	@$(BIN)/freemark demo --out $(OUT)

run: server
	@$(BIN)/freemark demo --serve --out run-out $(if $(HOST),--host $(HOST)) $(if $(PORT),--port $(PORT))

test: dev
	TMPDIR=$(FAST_TMP) $(BIN)/python -m pytest -n $(JOBS) --dist worksteal

torture: dev
	TMPDIR=$(FAST_TMP) FREEMARK_TORTURE=1 $(BIN)/python -m pytest -n $(JOBS) --dist worksteal --timeout=3600
	TMPDIR=$(FAST_TMP) $(BIN)/python -m tests.mutants.run --jobs $(JOBS)

bench: server
	@$(BIN)/python -m freemark.bench

lint: dev
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports --no-logo --no-cache

check: lint test

# Host-free on purpose: a lock names packages and hashes, never the place they came from.
lock:
	$(PYTHON) bootstrap.py --lock
