# Needs Python 3.11 or newer and make; everything else is brought here, into .venv and .storykin.
# `make help` lists the targets.

SHELL := /bin/sh
.SUFFIXES:
.DEFAULT_GOAL := help

VENV := .venv
BIN := $(VENV)/bin

# Which Python makes the environment: set PYTHON to choose, else the first of these that is new enough.
PYTHON ?= $(eval PYTHON := $(shell $(find_python)))$(PYTHON)
find_python = for python in python3 python3.13 python3.12 python3.11 python3.14 python; do \
	if "$$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1; then \
	echo "$$python"; break; fi; done

# The checks of `make lint` look at these.
CODE := db tasks flows ui migrations tests

.PHONY: help run test test-slow test-firefox journey looks lint format bench sheets calibrate chaos topology fuzz mutants models messages requirements clean environment \
	test-environment browser bucket clocks parts

help: ## List every target.
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-14s %s\n", $$1, $$2 }' Makefile

# The launcher takes Ctrl-C itself, stops everything and ends with 0: make then has nothing to complain of.
# It also ends with this make, should make be killed.
run: environment ## Set up what is missing, start Storykin, and stay until Ctrl-C.
	@exec $(BIN)/storykin up --die-with-caller

# How many files of tests run side by side: one a CPU, two at most. Named tests (TESTS=…) run one after the other.
WORKERS ?= $(if $(TESTS),0,auto --maxprocesses 2)

test: test-environment models browser bucket ## Set up what is missing and run the tests.
	@echo "Running the tests …"
	@$(call pytest,$(if $(TESTS),,-m "not slow"))

test-slow: test-environment models browser bucket ## Run the slow tests, for each of which a faster one is in make test.
	@echo "Running the slow tests …"
	@$(call pytest,-m slow)

# pytest(which tests)
pytest = STORYKIN_CHROMIUM="$$(cat $(VENV)/.browser)"; export STORYKIN_CHROMIUM; \
	PATH="$(CURDIR)/$(BIN):$$PATH"; export PATH; \
	exec $(BIN)/python -m pytest --dist loadscope --numprocesses $(WORKERS) $(1) $(TESTS)

# The journeys of the browser tests that hold in any browser; TESTS=… names others.
IN_FIREFOX := studio review live_list studio_browsing studio_correction
test-firefox: TESTS ?= $(IN_FIREFOX:%=tests/e2e/test_%.py)
test-firefox: test-environment ## Run the studio's journeys in this machine's Firefox (apt install firefox-esr).
	@STORYKIN_BROWSER=firefox; export STORYKIN_BROWSER; $(call pytest,)

journey: test-environment browser ## Go through an operator's day in a browser, with a stopwatch (CHILDREN=60, OUT=…).
	@STORYKIN_CHROMIUM="$$(cat $(VENV)/.browser)" $(BIN)/python -m tests.journey "$(or $(OUT),build/journey)" \
		--children "$(or $(CHILDREN),60)"

looks: test-environment browser ## Hold the main screens against the small copies kept of them (KEEP=yes: keep today's).
	@STORYKIN_CHROMIUM="$$(cat $(VENV)/.browser)" $(BIN)/python -m tests.looks "$(or $(OUT),build/looks)" \
		$(if $(KEEP),--keep,--compare)

lint: test-environment ## Check style, types and the walls between the floors.
	@$(BIN)/ruff check $(CODE)
	@$(BIN)/ruff format --check $(CODE)
	@$(BIN)/mypy
	@$(BIN)/lint-imports
	@! command -v shellcheck >/dev/null || shellcheck scripts/*.sh .ci/run

format: test-environment ## Put the code in order.
	@$(BIN)/ruff check --fix --quiet $(CODE) || true
	@$(BIN)/ruff format $(CODE)

# What a batch is measured beside has an environment of its own; without it, the bench says that it is left out.
bench: test-environment models ## Print the figures: seconds per style and profile, peak memory.
	@test -x $(VENV)-peers/bin/celery || { $(PYTHON) -m venv $(VENV)-peers \
		&& $(VENV)-peers/bin/pip install --quiet "celery[redis]==5.7.0"; } || { $(offline); }
	@$(BIN)/python -m tests.bench

sheets: test-environment models ## Draw every photo in DIR in every style, side by side, as contact sheets in OUT.
	@test -n "$(DIR)" || { echo "Name a folder of photos: make sheets DIR=photos [OUT=sheets]" >&2; exit 2; }
	@$(BIN)/python -m tests.gallery sheets "$(DIR)" "$(or $(OUT),sheets)"

calibrate: test-environment models ## Measure every style on the photos in DIR: likeness, skin, pass marks.
	@test -n "$(DIR)" || { echo "Name a folder of photos: make calibrate DIR=photos" >&2; exit 2; }
	@$(BIN)/python -m tests.gallery calibrate "$(DIR)"

chaos: test-environment clocks ## Kill, freeze and cut everything everywhere, and count what was paid for.
	@$(BIN)/python -m tests.chaos

# N: how many characters; MEASURED=no leaves out what OpenCV looks at, for thousands. What only Prefect's servers need is kept apart from the environment of everything else.
topology: test-environment models parts ## Run the parts of deploy/ as processes here, kill, freeze and replace each of them (N, MEASURED).
	@MEASURED=$(or $(MEASURED),yes) $(BIN)/python -m tests.topology

fuzz: test-environment ## Break photos by chance, and compare what we make of them with what others do.
	@$(BIN)/python -m tests.fuzz $(FUZZ)

# cosmic-ray has an environment of its own: what it needs is nothing that the tests should see.
mutants: test-environment ## Put bugs into the code that counts money: does a test notice? (MUTANTS, MINUTES, SEED)
	@test -x $(VENV)-mutants/bin/cosmic-ray || { $(PYTHON) -m venv $(VENV)-mutants \
		&& $(VENV)-mutants/bin/pip install --quiet cosmic-ray==8.7.0; } || { $(offline); exit 1; }
	@$(BIN)/python -m tests.mutants

models: environment ## Fetch the local engine's weights.
	@$(call twice,$(BIN)/storykin models fetch)

messages: test-environment ## Gather what the studio says, and bring every language's catalogue up to date.
	@$(BIN)/python -m ui.messages

requirements: ## Pin requirements.txt and requirements-dev.txt again from their .in files.
	@test -x $(VENV)-pin/bin/uv || { $(PYTHON) -m venv $(VENV)-pin && $(VENV)-pin/bin/pip install --quiet uv; }
	@for name in requirements requirements-dev; do \
		$(VENV)-pin/bin/uv pip compile --quiet $(UPGRADE) --universal --python-version 3.11 --generate-hashes \
			--no-emit-index-url --no-annotate --no-header "$$name.in" --output-file "$$name.txt" || exit 1; \
	done

clean: ## Remove the environment and every cache. The data folder .storykin stays.
	rm -rf $(VENV) $(VENV)-pin $(VENV)-mutants $(VENV)-peers .mutants build *.egg-info .pytest_cache .mypy_cache .ruff_cache .import_linter_cache
	find $(CODE) -name __pycache__ -type d -prune -exec rm -rf {} +

# --- set-up: each step is done once, and again only when what it was made from has changed. Its mark is
# written last, so that an interrupted set-up goes on where it was.

environment:
	@$(call once,$(VENV)/.ready,requirements.txt pyproject.toml,$(make_environment))

test-environment: environment
	@$(call once,$(VENV)/.ready-to-test,requirements-dev.txt,$(make_test_environment))

# once(mark, files it depends on, what to do)
once = made_from="$(CURDIR) $$(cat $(2) | cksum)"; \
	test "$$(cat $(1) 2>/dev/null)" = "$$made_from" || { $(3) && printf '%s' "$$made_from" > $(1); }

define make_environment
	{ test -n "$(PYTHON)" && "$(PYTHON)" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null \
		|| { echo "Storykin needs Python 3.11 or newer, and $(or $(PYTHON),python3) is not. \
	Install one, or name it: make $(MAKECMDGOALS) PYTHON=/path/to/python3" >&2; exit 1; }; } \
	&& { "$(PYTHON)" -c 'import venv, ensurepip' 2>/dev/null \
		|| { echo "This Python ($(PYTHON)) can't make virtual environments. On Debian and Ubuntu:" \
		"apt install python3-venv" >&2; exit 1; }; } \
	&& rm -f $(VENV)/.ready-to-test $(VENV)/.ready \
	&& { $(BIN)/python -m pip --version >/dev/null 2>&1 \
		|| { echo "Making a virtual environment …"; "$(PYTHON)" -m venv --clear $(VENV); }; } \
	&& echo "Installing the pinned packages; the first time takes a minute or two …" \
	&& { $(call install,--require-hashes --requirement requirements.txt --constraint requirements.txt) \
		&& $(call install,--no-deps --no-build-isolation --editable .); } || { $(offline); exit 1; }
endef

define make_test_environment
	echo "Installing what the tests need …" \
	&& $(call install,--require-hashes --requirement requirements-dev.txt) || { $(offline); exit 1; }
endef

define make_server_packages
	echo "Installing what Prefect's servers need …" \
	&& $(call install,--no-deps --upgrade --target $(VENV)/server --requirement deploy/requirements-server.txt) \
	|| { $(offline); exit 1; }
endef

# The pins are constraints too: without that, older pips look for the newest sqlalchemy[asyncio] first.
install = $(call twice,$(BIN)/python -m pip install --quiet --quiet --disable-pip-version-check --no-input $(1))

# twice(what the network may fail): what has arrived is kept.
twice = { $(1) || { sleep 5; $(1); }; }

offline = echo "The packages could not be installed (the reason is above). This needs the network, once." \
	"Nothing is lost: the same command goes on where it stopped." >&2

browser: test-environment
	@scripts/find_browser.sh $(VENV)

bucket: test-environment
	@scripts/fetch_bucket.sh $(VENV)

# In .venv/server: only Prefect's servers look there.
parts: test-environment
	@scripts/fetch_parts.sh $(VENV)
	@$(call once,$(VENV)/.ready-to-serve,deploy/requirements-server.txt,$(make_server_packages))

clocks: test-environment
	@scripts/fetch_clock.sh $(VENV)
