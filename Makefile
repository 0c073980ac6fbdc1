# Two commands do all the set-up: `make demo` runs the main job, `make test` passes the tests.
SHELL := /bin/sh
PYTHON ?= python3
BIN := .venv/bin
# Where pip looks for wheels beside the index, by its files or by PIP_FIND_LINKS: uv does not read these settings itself.
# A setting of several lines is printed with \n between them.
FIND_LINKS = $(sort $(shell $(PYTHON) -m pip config list 2>/dev/null | \
    sed -n -E -e "s/'$$//" -e 's/\\n/ /g' -e "s/^(global|install|:env:)\.find-links='//p"))
UV = $(BIN)/uv pip install --quiet --python $(BIN)/python --constraint constraints.txt --override overrides.txt \
     $(foreach place,$(FIND_LINKS),--find-links $(place))

# Three workers for two cores, as a fifth of the time of two was spent waiting: for the disk, for servers, and for the
# other worker at the end. More do not help, as each collects all tests; those that load models run in one worker
# anyway (tests/workers.py). A plain `pytest` is one process, so that debuggers and single files work as usual.
PARALLEL = -n 3
# The workers fill two cores: further threads of BLAS, FAISS and torch only spin while they wait for each other. With
# one thread, five files of tests that encode and search took 17 seconds of processor time, else 22, and six tests of a
# model 23 seconds, else 122 (on a busy machine).
ONE_THREAD = OMP_NUM_THREADS=1
# The stores of the tests lie in memory if there is room: each commit waits for a disk. Forty tests of runs and links took
# 19 seconds of processor time and 31 in all, else 22 and 49. What a passed test leaves is removed (pyproject.toml).
IN_MEMORY = $(shell df -k /dev/shm 2>/dev/null | awk 'END { if ($$4 > 6000000) print "PYTEST_DEBUG_TEMPROOT=/dev/shm" }')
PYTEST = $(ONE_THREAD) $(IN_MEMORY) $(BIN)/python -m pytest $(PARALLEL)
# The seconds in the lines that set-up prints are of 2 busy cores, with all packages in a folder of wheels.
# Compiled modules are kept, even if the environment says otherwise: else each of the commands, servers and workers that
# the tests start compiles all that it imports anew, vLLM among it.
export PYTHONDONTWRITEBYTECODE =

.PHONY: demo test quick slow check crash accept lint types docs serve bench tune mutants clean

demo: .venv/ready
	$(BIN)/midthought demo

test: .venv/ready-dev
	$(PYTEST)

quick: .venv/ready-dev
	$(PYTEST) -m "not slow and not heavy"

slow: .venv/ready-dev
	$(PYTEST) -m "slow and not heavy"

crash: .venv/ready-dev
	MIDTHOUGHT_KILLS=200 $(BIN)/python -m pytest -q tests/memory/crash

# Everything that is too heavy for each change: new environments for plain pip, real servers, and the long attacks.
accept: .venv/ready-dev crash docs
	MIDTHOUGHT_ACCEPT=1 MIDTHOUGHT_DRAWS=4 $(BIN)/python -m pytest -q -m "heavy or scaled"

# What CI runs. The quick tests come first: most faults are told within a minute. Types need one core for a minute.
check: lint
	$(MAKE) --jobs=2 types quick
	$(MAKE) slow

lint: .venv/ready-dev
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .

types: .venv/ready-dev
	$(BIN)/mypy

# The documentation as a site, in build/site: open build/site/index.html. A broken link or anchor, and a page that would
# load anything from another address, fail.
docs: .venv/ready .venv-docs/ready
	$(BIN)/python docs/site/reference.py build/reference
	NO_MKDOCS_2_WARNING=1 .venv-docs/bin/mkdocs build --strict
	.venv-docs/bin/python docs/site/check.py build/site

serve: .venv/ready
	$(BIN)/midthought serve

bench: .venv/ready-dev
	$(BIN)/python benchmarks/extraction/measure.py
	$(BIN)/python benchmarks/recall/measure.py
	$(BIN)/python benchmarks/spans/matchers.py
	$(BIN)/python benchmarks/spans/quotes.py

# Fit what ships beside the encoder to the development queries; not in CI.
tune: .venv/ready-dev
	$(BIN)/python benchmarks/quality/fusion_weight.py
	$(BIN)/python benchmarks/quality/tune.py

# Not in CI: forty small faults, one at a time, in a copy of the code; hours. `make mutants SEED=2` draws others.
SEED ?= 1
mutants: .venv/ready-dev
	$(BIN)/python benchmarks/mutants/run.py --seed $(SEED)

clean:
	rm -rf .venv .venv-docs build dist src/*.egg-info .mypy_cache .ruff_cache .pytest_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

.venv/bin/uv:
	@echo "Set-up 1 of 3: a Python environment in .venv; about 20 seconds"
	$(PYTHON) -m venv .venv
	$(BIN)/pip install --quiet --constraint constraints.txt uv

.venv/ready: pyproject.toml constraints.txt overrides.txt | .venv/bin/uv
	@echo "Set-up 2 of 3: packages; about 30 seconds, some minutes if they are downloaded"
	$(UV) --editable '.[local]'
	@echo "Set-up 3 of 3: the small model, 98 MB; about 10 seconds"
	$(BIN)/midthought model install
	touch $@

.venv/ready-dev: pyproject.toml constraints.txt overrides.txt | .venv/bin/uv
	@echo "Set-up 2 of 3: packages, with those for development and vLLM; some minutes"
	$(UV) --editable '.[local,dev,math,vllm]'
	@echo "Set-up 3 of 3: the small model, 98 MB; about 10 seconds"
	$(BIN)/midthought model install
	touch .venv/ready $@

.venv-docs/ready: docs/site/requirements.txt | .venv/bin/uv
	@echo "Set-up of the site: mkdocs in .venv-docs; some seconds"
	$(BIN)/uv venv --quiet --clear --python $(BIN)/python .venv-docs
	$(BIN)/uv pip install --quiet --python .venv-docs/bin/python \
	    $(foreach place,$(FIND_LINKS),--find-links $(place)) --requirement docs/site/requirements.txt
	touch $@
