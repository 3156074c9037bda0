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
as_of ?= $(shell date +%F)
positive ?= Yes

# Options are named as parameters are. Upper-case names, which they had before, are refused until 1.0.
RENAMED := $(foreach name,TABLE TARGET POSITIVE ID DROP TIME SLICES AS_OF ENV,$(if $(findstring command,$(origin $(name))),$(name)=))
$(if $(strip $(RENAMED)),$(error Unknown option $(strip $(RENAMED)): write $(shell echo '$(strip $(RENAMED))' | tr A-Z a-z)))

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
	$(UV) pip sync --quiet --compile-bytecode --require-hashes --python $(BIN)/python requirements.lock
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

viz: $(INSTALLED) ## Open the graph of the pipelines in a browser [env=own_table]
	$(BIN)/kedro viz run --env $(or $(env),local)

mlflow: $(INSTALLED) ## Open runs, metrics and models in a browser
	PATH="$(CURDIR)/$(BIN):$$PATH" kedro mlflow ui # it looks for mlflow on the path

own-table: $(INSTALLED) ## Your own table: table=file.csv target=Churn [positive=Yes] [id=customerID] [drop=a,b] [time=month] [slices=a,b] [as_of=2026-09-28] [env=own_table]
	@test -n '$(subst ','\'',$(table))' -a -n '$(subst ','\'',$(target))' || { \
		echo "Name the table and its target: make own-table table=file.csv target=Churn. All options: make help"; exit 2; }
	$(BIN)/kedro run --env $(or $(env),own_table) --pipelines own_table --params 'as_of=$(as_of),$(foreach option,table target positive id time,own_table.$(option)=$(call quoted,$($(option)))$(COMMA))own_table.drop=$(call quoted,$(subst $(COMMA),;,$(drop))),evaluation.slices=$(call quoted,$(subst $(COMMA),;,$(slices)))'

bench: $(INSTALLED) ## Measure against what a user would write instead; write docs/reference/benchmarks/ [SECTIONS="scoring overhead" SMALL=yes]
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
