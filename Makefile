# make demo   build the program and show it on a believable cluster; ARGS are passed on
# make test   everything that is checked before a change is handed in; CI runs the same
#
# Both need Rust and Node.js, and install what else they need: packages of npm, and of PyPI into
# target/. Debian's chromium and postgresql are installed when that is possible, and named when not.

SHELL := bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:

TARGET := $(or $(CARGO_TARGET_DIR),target)
SUPERCARGO := $(abspath $(TARGET))/debug/supercargo
VENV := $(abspath $(TARGET))/python
NODE_TESTS := tests/clients/node
PYTHON_TESTS := tests/clients/python

# The whole contract, where it lies beside the repository.
SHARED := $(wildcard ../shared)

.PHONY: help
help: ## Say what there is
	@grep -E '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 16

.PHONY: demo
demo: ## Build the program and show it: make demo ARGS="--no-browser --exit-after-report"
	cargo build --release --locked --package server
	$(TARGET)/release/supercargo demo $(ARGS)

.PHONY: test
test: packages format lint rust-tests goldens-unchanged tidy client-tests contract ## Check everything

.PHONY: packages
packages:
	@./tests/install-packages

.PHONY: format
format: ## Is the code formatted
	cargo fmt --all --check

.PHONY: lint
lint: ## Does clippy agree
	cargo clippy --workspace --all-targets --locked -- -D warnings

.PHONY: rust-tests
rust-tests: ## Run the tests in Rust
	cargo test --workspace --locked

# Tests compare most generated files with what makes them; the shapes of the contract have a generator.
.PHONY: goldens-unchanged
goldens-unchanged: ## Are the generated files those that would be generated
	cargo xtask wire
	@git diff --exit-code --stat -- crates/wire/src || \
		{ echo 'crates/wire is older than contract/: run cargo xtask wire and commit the difference'; exit 1; }

.PHONY: tidy
tidy: ## Check the rules of the house
	cargo xtask tidy

.PHONY: client-tests
client-tests: node-tests python-tests ## Test with clients that are not ours

.PHONY: program
program:
	cargo build --locked --package server --bin supercargo

.PHONY: node-tests
node-tests: program
	cd $(NODE_TESTS) && npm ci --no-audit --no-fund && SUPERCARGO=$(SUPERCARGO) npm test

.PHONY: python-tests
python-tests: program $(VENV)/installed
	cd $(PYTHON_TESTS) && SUPERCARGO=$(SUPERCARGO) $(VENV)/bin/python -m unittest --verbose

$(VENV)/installed: $(PYTHON_TESTS)/requirements.txt
	python3 -m venv $(VENV)
	$(VENV)/bin/pip install --quiet --disable-pip-version-check --requirement $<
	touch $@

# How much of the contract the document covers; measured where the whole contract is at hand.
.PHONY: contract
contract:
ifneq ($(SHARED),)
	python3 tests/contract_coverage.py $(SHARED)/checks/contract_coverage.py
else
	@echo 'the whole contract is not beside the repository: its coverage is not measured'
endif
