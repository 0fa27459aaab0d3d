# Two commands for everybody: `make demo` and `make test`. `make help` lists the others.

PYTHON ?= python3
# Test processes side by side, one more than there are processors, for much of it waits; 0 runs all in one (for a debugger).
JOBS ?= $(shell expr $$(nproc) + 1)
# More words for pytest: TESTS=--long, TESTS="tests/engine -k cut".
TESTS ?=
BIN := .venv/bin
STAMP := .venv/.installed

.DEFAULT_GOAL := help
.PHONY: help setup demo test check bench load chaos fuzz serve messages docs pictures film lock sbom clean

help:  ## this list
	@sed -n 's/^\([a-z]*\):.*## \(.*\)/  make \1\t\2/p' Makefile | expand -t 16

setup: $(STAMP)  ## make .venv with everything in it; at once when nothing changed

$(STAMP): requirements/dev.txt pyproject.toml tools/make-venv.sh
	@tools/make-venv.sh $(PYTHON)
	@touch $(STAMP)

demo: setup  ## a whole migration between two real servers on this machine
	@$(BIN)/trasloco demo

test: setup  ## all checks, then all tests
	@failed=; \
	$(MAKE) --no-print-directory check || failed=yes; \
	TMPDIR=$$(tools/test-directory.sh) $(BIN)/python -m pytest -n $(JOBS) --maxprocesses=4 --dist=worksteal $(TESTS) || failed=yes; \
	if [ -n "$$failed" ]; then echo "make test: FAILED (see above)"; exit 1; fi

check: setup  ## style, types and import contracts, without running anything
	@failed=; \
	$(BIN)/ruff check --quiet . || failed=yes; \
	$(BIN)/ruff format --check --quiet . || { echo "make check: run $(BIN)/ruff format"; failed=yes; }; \
	$(BIN)/mypy || failed=yes; \
	$(BIN)/lint-imports || failed=yes; \
	if [ -n "$$failed" ]; then echo "make check: FAILED (see above)"; exit 1; fi

bench: setup  ## how fast it is on this machine, beside its peers (BENCH="--help" for more)
	@$(BIN)/python -m bench $(BENCH)

load: setup  ## many workers that die, many accounts, and what they cost (LOAD="--help" for more)
	@$(BIN)/python -m bench.load $(LOAD)

chaos: setup  ## thousands of random cuts and kills between real servers (CHAOS="--cuts 300 --kills 50")
	@$(BIN)/python -m trasloco.testing.chaos $(CHAOS)

fuzz: setup .venv/.fuzz-installed  ## what strangers make us read, under attack (FUZZ="--target parser --seconds 7200")
	@$(BIN)/python -m fuzz $(FUZZ)

.venv/.fuzz-installed: requirements/fuzz.txt $(STAMP)
	@$(BIN)/python -m pip --disable-pip-version-check --no-input install -qq --require-hashes --requirement requirements/fuzz.txt
	@touch $@

serve: setup  ## the panel, its worker and its database on this machine
	@$(BIN)/trasloco serve $(SERVE)

messages: setup  ## gather the texts people see for their translations, and compile them
	@$(BIN)/python -m tools.messages

docs: setup  ## the documentation as a site, in build/docs; broken links fail
	@$(BIN)/python -m tools.documentation

pictures: setup  ## docs/pictures anew: the whole way in a browser (2 minutes)
	@$(BIN)/python -m tools.pictures

film: setup  ## docs/pictures/demo.webp anew: the demo on a terminal, then its panel (2 minutes)
	@$(BIN)/python -m tools.film

lock: setup  ## pin the dependencies of pyproject.toml anew
	@tools/lock.sh

sbom: setup  ## requirements/sbom.cdx.json anew: packages and licences, after lock
	@$(BIN)/python -m tools.sbom

clean:  ## remove everything that make made here
	rm -rf .venv .cache .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis build dist
