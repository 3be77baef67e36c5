# The tasks of this repository. `make` alone lists them; each line `name: ... ## text` below is one entry of the list.

SHELL := /bin/bash
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
MAKEFLAGS += --no-print-directory

PORT ?= 8000
PYTHON ?=

VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready

# A virtual environment holds absolute paths: one that was moved or copied is made anew.
$(shell [ "$$(cat $(READY) 2>/dev/null)" = "$(CURDIR)" ] || rm -f $(READY))

.PHONY: help
help: ## List these tasks
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-14s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

.PHONY: demo
demo: $(READY) ## Run everything on this machine (PORT=8000; FRESH=1 begins anew); Ctrl-C stops it
	@exec $(BIN)/python -m mypage.demo.launcher --port "$(PORT)" $(if $(filter-out 0,$(FRESH)),--fresh)

.PHONY: test
test: $(READY) ## Run all tests, those in a browser last
	@scripts/test.sh all

.PHONY: test-browser
test-browser: $(READY) ## Run the tests in a browser alone
	@scripts/test.sh browser

.PHONY: ring-night
ring-night: $(READY) ## Run the long tests of security and crashes (STEPS="ring malformed"; hours)
	@scripts/ring_night.sh $(STEPS)

.PHONY: lint
lint: $(READY) ## Check style, types, import arrows and templates
	@scripts/lint.sh

.PHONY: bench
bench: $(READY) ## Measure speed against floors and peers (BENCH="name ..."; bench/README.md)
	@scripts/bench.sh $(BENCH)

.PHONY: docs
docs: $(READY) ## Write docs/hooks.md and docs/contexts.md from the code
	@$(BIN)/python scripts/make_docs.py

.PHONY: requirements
requirements: $(READY) ## Print which numbered requirements have no test
	@$(BIN)/python scripts/requirements.py

.PHONY: new-plugin
new-plugin: $(READY) ## Begin an operator in plugins/ (NAME=x)
	@$(BIN)/python scripts/new_plugin.py "$(NAME)"

.PHONY: gallery
gallery: $(READY) ## Take a picture of every page into build/gallery (needs Chromium)
	@scripts/ensure-browser.sh >/dev/null
	@$(BIN)/python scripts/make_gallery.py

.PHONY: venv
venv: $(READY) ## Install the pinned dependencies into .venv (the other tasks do this by themselves)
	@:

.PHONY: clean
clean: ## Delete all that these tasks made: .venv, .demo, build, caches
	@if [ -d .demo ]; then \
		if [ -x $(BIN)/python ]; then $(BIN)/python -m mypage.demo.launcher --remove; else rm -rf .demo; fi; \
	fi
	@rm -rf $(VENV) build .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
	@find . -name __pycache__ -type d -prune -exec rm -rf {} +

$(READY): constraints.txt pyproject.toml platform/pyproject.toml $(wildcard plugins/*/pyproject.toml) scripts/bootstrap.sh
	@PYTHON="$(PYTHON)" scripts/bootstrap.sh $(VENV)
	@printf '%s' "$(CURDIR)" > $@
