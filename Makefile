# Bansou. `make help` lists what there is.
SHELL := /bin/bash
.DEFAULT_GOAL := help

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
INSTALLED := $(VENV)/.installed

.PHONY: help
help: ## List the commands
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  make %-12s %s\n", $$1, $$2}'

# Compiled at once: without bytecode every start of a command takes about twice as long.
$(INSTALLED): requirements.lock
	@$(PYTHON) -c 'import sys; assert sys.version_info >= (3, 11), "Python 3.11 or newer is needed: make PYTHON=python3.11"'
	@$(PYTHON) -m venv $(VENV)
	@echo "Installing the locked packages into $(VENV) (about a minute, once) …"
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	@$(BIN)/python -m compileall -q $(VENV)/lib || true
	@touch $@

.PHONY: setup
setup: $(INSTALLED) ## Make the environment .venv from the lock

.PHONY: run
run: $(INSTALLED) ## Pull, build, check, publish (FORCE=1: although nothing is new; RESCORE=1: all days; CONFIRM=crm.accounts: take a smaller fetch)
	@$(BIN)/python -m dagster_project run $(if $(FORCE),--force) $(if $(RESCORE),--rescore) $(if $(CONFIRM),--confirm $(CONFIRM))

.PHONY: rollback
rollback: $(INSTALLED) ## Point readers to the set published before
	@$(BIN)/python -m dagster_project rollback

.PHONY: tomorrow
tomorrow: $(INSTALLED) ## Move the demo world on by a day, and run
	@$(BIN)/python -m dagster_project tomorrow

.PHONY: forget
forget: $(INSTALLED) ## Delete a person on request: make forget SOURCE=product PERSON=U00001
	@$(if $(and $(SOURCE),$(PERSON)),,$(error give both: make forget SOURCE=product PERSON=U00001))
	@$(BIN)/python -m dagster_project forget "$(SOURCE)" "$(PERSON)"

.PHONY: templates
templates: $(INSTALLED) ## Write an empty CSV for each entity of the input contract
	@$(BIN)/python -m dagster_project templates

.PHONY: backfill
backfill: $(INSTALLED) ## Build past days again: make backfill FROM=2026-05-01 TO=2026-05-31
	@$(if $(and $(FROM),$(TO)),,$(error give both days: make backfill FROM=2026-05-01 TO=2026-05-31))
	@$(BIN)/python -m dagster_project backfill $(FROM) $(TO)

.PHONY: replay
replay: $(INSTALLED) ## Score a past day again from what was known then, and compare: make replay DATE=2026-06-15
	@$(if $(DATE),,$(error give the day: make replay DATE=2026-06-15))
	@$(BIN)/python -m dagster_project replay $(DATE)

.PHONY: dev
dev: $(INSTALLED) ## Build a model or seed and its tests on a copy: make dev MODEL=fct_health_scores (FROM= TO=)
	@$(if $(MODEL),,$(error name the model: make dev MODEL=fct_health_scores))
	@$(BIN)/python -m dagster_project dev "$(MODEL)" $(if $(and $(FROM),$(TO)),--from $(FROM) --to $(TO))

.PHONY: score-preview
score-preview: $(INSTALLED) ## Score the newest day with the edited seeds, or those of a folder, beside those in force (SEEDS=folder)
	@$(BIN)/python -m dagster_project score-preview $(SEEDS)

.PHONY: diff
diff: $(INSTALLED) ## Show what readers would see change: the copy of `make dev`, or the last build, beside what is published
	@$(BIN)/python -m dagster_project diff

# moto's server, which stands in for storage that speaks S3; apart, because its packages are none of ours.
S3 := $(VENV)/s3

$(S3): tests/s3.lock $(INSTALLED)
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes --no-deps --upgrade --target $@ -r $<
	@touch $@

.PHONY: test
test: $(INSTALLED) $(S3) ## Run the tests, two files at a time
	$(BIN)/python -m pytest --numprocesses 2 --dist loadfile

.PHONY: engines
engines: $(INSTALLED) ## Run the tiny world on DuckDB and on Postgres and compare every mart (needs Postgres' programs)
	$(BIN)/python -m pytest -m "engines and not faults" tests/engines

.PHONY: faults
faults: $(INSTALLED) ## Inject every fault, hundreds of times: kills, readers under load, dirty input (about an hour)
	$(BIN)/python -m pytest -m "faults or not engines" -rP tests/faults tests/engines/test_readers_on_postgres.py

AUDIT := $(VENV)/audit

$(AUDIT): tests/audit.lock $(INSTALLED)
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes --no-deps --upgrade --target $@ -r $<
	@touch $@

.PHONY: audit
audit: $(AUDIT) ## Look for known vulnerabilities of the locked packages (asks PyPI)
	PYTHONPATH=$(AUDIT) $(BIN)/python -m pip_audit --require-hashes --disable-pip --strict -r requirements.lock

.PHONY: lint
lint: $(INSTALLED) ## Check style and types of Python and SQL
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	BANSOU_WAREHOUSE=:memory: $(BIN)/sqlfluff lint --processes 1 dbt_project/models dbt_project/tests

.PHONY: format
format: $(INSTALLED) ## Put Python and SQL into shape
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .
	BANSOU_WAREHOUSE=:memory: $(BIN)/sqlfluff fix --processes 1 dbt_project/models dbt_project/tests

.PHONY: bench
bench: $(INSTALLED) ## Measure against named rivals, as ratios of one run
	$(BIN)/python -m benchmarks

.PHONY: ui
ui: $(INSTALLED) ## Open Dagster's graph, runs and checks at http://127.0.0.1:3000
	PYTHONPATH="$(CURDIR)" DAGSTER_HOME="$$($(BIN)/python -m dagster_project home)" $(BIN)/dagster dev -m dagster_project.definitions -h 127.0.0.1 -p 3000

.PHONY: dashboard
dashboard: $(INSTALLED) ## Open the dashboard on the published set at http://127.0.0.1:8501
	@$(BIN)/python -m streamlit run dashboard/app.py

.PHONY: docs
docs: $(INSTALLED) ## Build the models' documentation as one page
	@$(BIN)/python -m dagster_project docs

.PHONY: input-docs
input-docs: $(INSTALLED) ## Write docs/input_layer.md anew from the input models
	@$(BIN)/python -m dagster_project input-docs

.PHONY: definitions
definitions: $(INSTALLED) ## Write the terms in docs/definitions.md anew from the seeds and the marts' YAML
	@$(BIN)/python -m dagster_project definitions

.PHONY: lock
lock: ## Renew requirements.lock from pyproject.toml (needs uv)
	uv pip compile pyproject.toml --group dev --no-strip-extras --generate-hashes --no-emit-index-url --no-emit-find-links --no-header --no-annotate --python-version 3.11 -o requirements.lock
