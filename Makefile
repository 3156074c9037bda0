# `make` lists all commands. Data scientists, hooks and CI run the same recipes.
.DEFAULT_GOAL := help
SHELL := /bin/bash

PYTHON ?= python3.11
BIN := .venv/bin
UV := $(BIN)/uv
# Recipes that run pipelines install requirements.lock; those of developers install requirements-dev.lock, which
# contains it. An environment with everything keeps everything.
EVERYTHING := .venv/installed-dev
INSTALLED := $(or $(wildcard $(EVERYTHING)),.venv/installed)
COMPILE := pip compile --quiet --universal --generate-hashes --no-annotate --python-version 3.11 --custom-compile-command "make lock"
LOCK_DEV := $(COMPILE) --all-extras pyproject.toml
# The packages of a run, here and in the image, in the tested versions.
LOCK := $(COMPILE) --extra build --constraints requirements-dev.lock pyproject.toml
LOCK_AIRFLOW := $(COMPILE) deploy/airflow/requirements.in

export MLFLOW_LOGGING_LEVEL := WARNING
export KEDRO_DISABLE_TELEMETRY := true

# An up-to-date lock file does not change when it is compiled again from itself.
check_lock = cp $(2) .venv/checked.lock && $(UV) $(1) -o .venv/checked.lock && diff -q $(2) .venv/checked.lock \
	|| { echo "$(2) is out of date. Run: make lock"; exit 1; }

.PHONY: $(shell grep -oE '^[a-z-]+:' Makefile | tr -d :)

help: ## List the commands
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 12

$(UV):
	@test -x $(BIN)/python \
		|| { command -v $(PYTHON) > /dev/null && $(PYTHON) -m venv .venv; } \
		|| { rm -rf .venv; command -v uv > /dev/null && uv venv --quiet --seed --python 3.11 .venv; } \
		|| { echo "Cannot create .venv: expected Python 3.11 with venv as $(PYTHON), or uv, which downloads it. Install one of them, or run: make PYTHON=/path/to/python3.11"; exit 1; }
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check "uv$$(sed -n 's/^uv\(==[0-9.]*\).*/\1/p' requirements-dev.lock)"

install_lock = $(UV) pip sync --quiet --compile-bytecode --require-hashes --python $(BIN)/python $(1) \
	&& $(UV) pip install --quiet --python $(BIN)/python --no-deps --no-build-isolation --editable .

.venv/installed: requirements.lock pyproject.toml | $(UV)
	test -e $(EVERYTHING) || { $(call install_lock,requirements.lock); }
	@touch $@

$(EVERYTHING): requirements-dev.lock pyproject.toml | $(UV)
	$(call install_lock,requirements-dev.lock)
	@touch $@

install: $(EVERYTHING) ## Install everything: what runs need, and what tests, notebooks and other engines need

run: $(INSTALLED) ## Install, generate the sample operator, train a model, score all customers
	$(BIN)/kedro run

test: $(EVERYTHING) ## Install, run all tests but the slow ones
	$(BIN)/pytest -m "not slow"

test-slow: $(EVERYTHING) ## Run the slow tests; Spark tests need Java 17
	$(BIN)/pytest -m slow

check: $(EVERYTHING) ## Check lint, format, prose, types, architecture and lock files
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/codespell
	$(BIN)/python -m tests.docs.prose
	$(BIN)/mypy
	$(BIN)/lint-imports --no-logo
	@$(call check_lock,$(LOCK_DEV),requirements-dev.lock)
	$(BIN)/zizmor --offline --quiet .
	@$(call check_lock,$(LOCK),requirements.lock)
	@$(call check_lock,$(LOCK_AIRFLOW),deploy/airflow/requirements.lock)

format: $(EVERYTHING) ## Fix lint, format the code, clear the outputs of notebooks
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .
	$(BIN)/jupyter nbconvert --log-level ERROR --clear-output --inplace notebooks/*.ipynb

notebooks: $(EVERYTHING) ## Run the notebooks on the last run and write them as pages to build/notebooks
	KEDRO_LOGGING_CONFIG=$(CURDIR)/conf/logging.yml $(BIN)/jupyter nbconvert --log-level ERROR --execute --ExecutePreprocessor.extra_arguments=--log-level=40 --to html --output-dir build/notebooks notebooks/*.ipynb
	@echo "Pages: $$(ls build/notebooks/*.html | tr '\n' ' ')"

viz: $(INSTALLED) ## Open the graph of the pipelines in a browser [env=ENVIRONMENT params=NAME=VALUE]
	$(BIN)/kedro viz run --include-hooks --env $(or $(env),local) --params "$(params)"

mlflow: $(INSTALLED) ## Open runs, metrics and models in a browser
	PATH="$(CURDIR)/$(BIN):$$PATH" kedro mlflow ui # kedro looks for mlflow on the path

own-table: $(INSTALLED) ## Train on your own table and score it: TABLE=file.csv TARGET=Churn [OPTIONS="--id customerID"]
	@$(BIN)/kedro own-table "$(or $(TABLE),$(table))" --target "$(or $(TARGET),$(target))" $(OPTIONS)

try: $(INSTALLED) ## Show what the last change did to features, metrics and money [OPTIONS="--base main"]
	@$(BIN)/kedro try $(OPTIONS)

bench: $(EVERYTHING) ## Run the benchmarks and write docs/reference/benchmarks/ [SECTIONS="scoring overhead" SMALL=yes]
	$(BIN)/python -m benchmarks.run $(SECTIONS) $(if $(SMALL),--small)

reference: $(EVERYTHING) ## Write docs/reference/ and conf/schemas/ again, after a change of code or conf/
	$(BIN)/python -m docs.write_reference

picture: run ## Draw the figure of README.md again, from the sample operator
	cp data/08_reporting/plots/profit_plot.png docs/profit_curve.png

starter: $(EVERYTHING) ## Make the starter for `kedro new` in build/starter
	$(BIN)/python -m starter.build

update: $(INSTALLED) ## Take a later version of the starter: FROM=path/or/address [REF=tag TESTS=no]
	@$(BIN)/kedro update $(if $(FROM),"$(FROM)") $(if $(REF),--ref "$(REF)") $(if $(filter no,$(TESTS)),--no-tests)

compare: $(INSTALLED) ## Compare features, metrics, money and contracts with a commit: BASE=main, to build/comparison.md
	deploy/ci/compare.sh $(or $(BASE),main) build/comparison.md

release: $(EVERYTHING) ## Build the files of a release in dist/: wheel, configuration, versions, SBOM, notes [TAG=v0.2.0]
	rm -rf build/lib dist && mkdir -p dist
	$(BIN)/python deploy/ci/release.py $(TAG) > dist/notes.md
	$(BIN)/kedro package
	cp requirements.lock dist/requirements.txt
	$(BIN)/cyclonedx-py requirements --pyproject pyproject.toml --output-file dist/sbom.cdx.json dist/requirements.txt

wheels: $(EVERYTHING) ## Build a wheel of each library, kedro_asof and kedro_wandb, in dist/
	@for library in src/*/pyproject.toml; do $(UV) build --quiet --wheel --out-dir dist $$(dirname $$library) || exit 1; done
	@ls dist/kedro_*.whl

lock: | $(UV) ## Pin the latest versions that pyproject.toml allows
	$(UV) $(LOCK_DEV) --upgrade -o requirements-dev.lock
	$(UV) $(LOCK) --upgrade -o requirements.lock
	$(UV) $(LOCK_AIRFLOW) --upgrade -o deploy/airflow/requirements.lock

clean: ## Remove generated files; raw tables, models, their log and committed scores stay
	rm -rf data/0[23458]_* data/spill data/test
	rm -rf data/own_table/*/0[23458]_*
	rm -rf data/benchmark
