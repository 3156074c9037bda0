# `make` lists all commands. Data scientists, hooks and CI run the same recipes.
.DEFAULT_GOAL := help
SHELL := /bin/bash

PYTHON ?= python3.11
BIN := .venv/bin
UV := $(BIN)/uv
INSTALLED := .venv/installed
COMPILE := pip compile --quiet --universal --generate-hashes --python-version 3.11 --custom-compile-command "make lock"
LOCK := $(COMPILE) --all-extras pyproject.toml
# The image contains only what runs need, in the tested versions.
LOCK_IMAGE := $(COMPILE) --no-annotate --extra postgresql --constraints requirements.lock pyproject.toml
LOCK_AIRFLOW := $(COMPILE) --no-annotate deploy/airflow/requirements.in

export MLFLOW_LOGGING_LEVEL := WARNING
export KEDRO_DISABLE_TELEMETRY := true

# An up-to-date lock file does not change when it is compiled again from itself.
check_lock = cp $(2) .venv/checked.lock && $(UV) $(1) -o .venv/checked.lock && diff -q $(2) .venv/checked.lock \
	|| { echo "$(2) is out of date. Run: make lock"; exit 1; }

.PHONY: help run test test-slow bench check format viz mlflow own-table try reference picture lock clean

help: ## List the commands
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 12

$(UV):
	@test -x $(BIN)/python || $(PYTHON) -m venv .venv || { \
		echo "Cannot create .venv: expected Python 3.11 with venv as $(PYTHON). Install it, or run: make PYTHON=/path/to/python3.11"; exit 1; }
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check "uv$$(sed -n 's/^uv\(==[0-9.]*\).*/\1/p' requirements.lock)"

$(INSTALLED): requirements.lock pyproject.toml | $(UV)
	$(UV) pip sync --quiet --compile-bytecode --require-hashes --python $(BIN)/python requirements.lock
	$(UV) pip install --quiet --python $(BIN)/python --no-deps --no-build-isolation --editable .
	@touch $@

run: $(INSTALLED) ## Install, generate the sample operator, train a model, score all customers
	$(BIN)/kedro run

test: $(INSTALLED) ## Install, run all tests but the slow ones
	$(BIN)/pytest -m "not slow"

test-slow: $(INSTALLED) ## Run the slow tests; Spark tests need Java 17
	$(BIN)/pytest -m slow

check: $(INSTALLED) ## Check lint, format, prose, types, architecture and lock files
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/codespell
	$(BIN)/python -m tests.docs.prose
	$(BIN)/mypy
	$(BIN)/lint-imports --no-logo
	@$(call check_lock,$(LOCK),requirements.lock)
	@$(call check_lock,$(LOCK_IMAGE),deploy/docker/requirements.lock)
	@$(call check_lock,$(LOCK_AIRFLOW),deploy/airflow/requirements.lock)

format: $(INSTALLED) ## Fix lint and format the code
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

viz: $(INSTALLED) ## Open the graph of the pipelines in a browser [env=own_table params=own_table.table=file.csv]
	$(BIN)/kedro viz run --include-hooks --env $(or $(env),local) --params "$(params)"

mlflow: $(INSTALLED) ## Open runs, metrics and models in a browser
	PATH="$(CURDIR)/$(BIN):$$PATH" kedro mlflow ui # kedro looks for mlflow on the path

own-table: $(INSTALLED) ## Train on your own table and score it: TABLE=file.csv TARGET=Churn [OPTIONS="--id customerID"]
	@$(BIN)/kedro own-table "$(or $(TABLE),$(table))" --target "$(or $(TARGET),$(target))" $(OPTIONS)

try: $(INSTALLED) ## Show what the last change did to features, metrics and money [OPTIONS="--base main"]
	@$(BIN)/kedro try $(OPTIONS)

bench: $(INSTALLED) ## Run the benchmarks and write docs/reference/benchmarks/ [SECTIONS="scoring overhead" SMALL=yes]
	$(BIN)/python -m benchmarks.run $(SECTIONS) $(if $(SMALL),--small)

reference: $(INSTALLED) ## Write the generated pages of docs/reference/ again, after a change of code or conf/
	$(BIN)/python -m docs.write_reference

picture: run ## Draw the figure of README.md again, from the sample operator
	cp data/08_reporting/plots/profit_plot.png docs/profit_curve.png

lock: | $(UV) ## Pin the latest versions that pyproject.toml allows
	$(UV) $(LOCK) --upgrade -o requirements.lock
	$(UV) $(LOCK_IMAGE) --upgrade -o deploy/docker/requirements.lock
	$(UV) $(LOCK_AIRFLOW) --upgrade -o deploy/airflow/requirements.lock

clean: ## Remove generated files; raw tables, models, their log and committed scores stay
	rm -rf data/0[23458]_* data/own_table/0[23458]_* data/spill data/test data/try data/benchmark
