# `make` lists what there is. People, hooks and CI call these same recipes.
.DEFAULT_GOAL := help
SHELL := /bin/bash

PYTHON ?= python3.11
BIN := .venv/bin
UV := $(BIN)/uv
INSTALLED := .venv/installed
COMPILE := pip compile --quiet --universal --generate-hashes --python-version 3.11 --custom-compile-command "make lock"
LOCK := $(COMPILE) --all-extras pyproject.toml
# The image holds what runs need, in the versions that were tested.
LOCK_IMAGE := $(COMPILE) --no-annotate --extra postgresql --constraints requirements.lock pyproject.toml
LOCK_AIRFLOW := $(COMPILE) --no-annotate deploy/airflow/requirements.in

export MLFLOW_LOGGING_LEVEL := WARNING
export KEDRO_DISABLE_TELEMETRY := true

COMMA := ,
# A value for --params as it stands: they are YAML, and split at commas.
quoted = "$(subst ',\x27,$(subst $(COMMA),\x2C,$(subst ",\",$(subst \,\\,$(1)))))"
AS_OF ?= $(shell date +%F)
POSITIVE ?= Yes

# Compiled again from itself, a fresh lock stays as it is.
check_lock = cp $(2) .venv/checked.lock && $(UV) $(1) -o .venv/checked.lock && diff -q $(2) .venv/checked.lock \
	|| { echo "$(2) does not fit what it is made from. Run: make lock"; exit 1; }

.PHONY: help run test test-slow bench check format viz mlflow own-table dictionary lock clean

help: ## Show this list
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 12

$(UV):
	@test -x $(BIN)/python || $(PYTHON) -m venv .venv || { \
		echo "This needs Python 3.11 with venv. Install it, or say where: make PYTHON=/path/to/python3.11"; exit 1; }
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check "uv$$(sed -n 's/^uv\(==[0-9.]*\).*/\1/p' requirements.lock)"

$(INSTALLED): requirements.lock pyproject.toml | $(UV)
	$(UV) pip sync --quiet --require-hashes --python $(BIN)/python requirements.lock
	$(UV) pip install --quiet --python $(BIN)/python --no-deps --no-build-isolation --editable .
	@touch $@

run: $(INSTALLED) ## Install, make the sample operator, train, score all its customers
	$(BIN)/kedro run

# Threads of LightGBM that spin while they wait take the cores from the other half of the tests.
test test-slow: export OMP_WAIT_POLICY := passive

test: $(INSTALLED) ## Install, run the tests; the slow ones (Spark and others) are test-slow
	$(BIN)/pytest -m "not slow"

test-slow: $(INSTALLED) ## Run the slow tests; those of Spark need Java 17
	$(BIN)/pytest -m slow

check: $(INSTALLED) ## Lint, format, types, architecture, freshness of the locks
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports --no-logo
	@$(call check_lock,$(LOCK),requirements.lock)
	@$(call check_lock,$(LOCK_IMAGE),deploy/docker/requirements.lock)
	@$(call check_lock,$(LOCK_AIRFLOW),deploy/airflow/requirements.lock)

format: $(INSTALLED) ## Put the code in order
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

viz: $(INSTALLED) ## Open the graph of the pipelines in a browser [ENV=own_table]
	$(BIN)/kedro viz run --env $(or $(ENV),local)

mlflow: $(INSTALLED) ## Open runs, metrics and models in a browser
	PATH="$(CURDIR)/$(BIN):$$PATH" kedro mlflow ui # it looks for mlflow on the path

own-table: $(INSTALLED) ## Your own table: TABLE=file.csv TARGET=Churn POSITIVE=Yes [ID=customerID] [DROP=a,b] [TIME=month] [SLICES=a,b] [ENV=own_table]
	@test -n '$(subst ','\'',$(TABLE))' -a -n '$(subst ','\'',$(TARGET))' || { \
		echo "Say which: make own-table TABLE=file.csv TARGET=Churn POSITIVE=Yes [ID=customerID] [DROP=a,b] [TIME=month] [SLICES=a,b]"; exit 2; }
	$(BIN)/kedro run --env $(or $(ENV),own_table) --pipelines own_table --params 'as_of=$(AS_OF),own_table.table=$(call quoted,$(TABLE)),own_table.target=$(call quoted,$(TARGET)),own_table.positive=$(call quoted,$(POSITIVE)),own_table.id=$(call quoted,$(ID)),own_table.time=$(call quoted,$(TIME)),own_table.drop=$(call quoted,$(subst $(COMMA),;,$(DROP))),evaluation.slices=$(call quoted,$(subst $(COMMA),;,$(SLICES)))'

bench: $(INSTALLED) ## Measure against what a user would write instead; write docs/benchmarks/ [SECTIONS="scoring overhead" SMALL=yes]
	$(BIN)/python -m benchmarks.run $(SECTIONS) $(if $(SMALL),--small)

dictionary: $(INSTALLED) ## Write docs/data_dictionary.md anew, after a change of features
	$(BIN)/kedro run --nodes features.describe_features,features.write_dictionary
	cp data/08_reporting/data_dictionary.md docs/

lock: | $(UV) ## Pin the latest versions that pyproject.toml allows
	$(UV) $(LOCK) --upgrade -o requirements.lock
	$(UV) $(LOCK_IMAGE) --upgrade -o deploy/docker/requirements.lock
	$(UV) $(LOCK_AIRFLOW) --upgrade -o deploy/airflow/requirements.lock

clean: ## Remove what can be made again; raw tables, models, their log and committed scores stay
	rm -rf data/0[23458]_* data/own_table/0[23458]_* data/spill data/test data/benchmark
