.DEFAULT_GOAL := help
SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
# Without compiled files every process takes seconds of processor time to start.
export PYTHONDONTWRITEBYTECODE :=
.PHONY: help setup demo run test check bench up down test-containers faults requirements

PYTHON ?= $(firstword $(foreach p,python3.13 python3.12 python3.11 python3,$(shell $(p) --version >/dev/null 2>&1 && echo $(p))))
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/ready
# Processes that share the tests, a file at a time; each has a broker of its own, as queues have fixed names.
WORKERS ?= 2

help:  ## this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-16s %s\n", $$1, $$2}' $(MAKEFILE_LIST)
	@echo "More:  $(BIN)/python -m deploy --help"

setup: $(READY)  ## the Python environment in .venv, every package pinned with its hash

# uv installs several times faster than pip. pip is the way out where only pip is configured (proxies, mirrors).
$(READY): requirements-dev.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "Python 3.11 or newer is needed: make PYTHON=/path/to/python3"; exit 1; }
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV) || { echo "python3 -m venv failed. On Debian: apt-get install python3-venv"; exit 1; }
	@sed -n '/^uv==/,/[^\\]$$/p' requirements-dev.txt > $(VENV)/uv.txt
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r $(VENV)/uv.txt
	@VIRTUAL_ENV=$(CURDIR)/$(VENV) $(BIN)/uv pip install --quiet --require-hashes -r requirements-dev.txt \
	  || $(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements-dev.txt
	@touch $@

demo: setup  ## import a customer list, show the mails that follow
	@$(BIN)/python -m deploy demo

run: setup  ## the whole system in one process on http://localhost:8080
	@$(BIN)/python -m deploy serve

test: setup  ## every test, on real PostgreSQL and RabbitMQ; fetches what is missing
	@$(BIN)/python -m pytest $(if $(filter-out 1,$(WORKERS)),-n $(WORKERS) --dist loadfile) tests

check: setup  ## lint, types, import rules and the tests without a database: under a minute
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports
	@$(BIN)/deptry .
	@$(BIN)/python -m pytest -n 2 --dist loadfile -m "not servers and not database" tests

bench: setup  ## speed beside the limits of this machine; QUICK=1 takes under 3 minutes
	@$(BIN)/python -m bench $(if $(QUICK),--quick)

test-containers: setup  ## the containers for real; needs a Docker engine and the images of docker-compose.yml
	@$(BIN)/python -m pytest --containers tests/system/test_compose.py

faults: setup  ## the long fault tests: kills, lost connections, restarts
	@$(BIN)/python -m pytest -n 2 --dist loadfile --faults tests/faults

up:  ## the system in containers on http://localhost:8080
	@sh deploy/secrets.sh
	@docker compose up --build --detach --wait

down:  ## stop the containers, keep the data
	@docker compose down

requirements:  ## pin requirements*.in again, with hashes
	@test -x $(BIN)/uv || $(MAKE) setup
	@for name in requirements requirements-dev; do \
	  $(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url \
	    --no-annotate --no-header $(if $(UPGRADE),--upgrade) $$name.in -o $$name.txt; \
	done
