# Halfpenny: `make run` and `make test` each do all the set-up themselves.
# Options: VENV=folder  PYTHON=/path/to/python3  CONFIG=config.yaml  WHEEL_INDEX=url of an index with a built llama-cpp-python
# ACCEL=cpu|cuda|metal|vulkan|rocm: what llama.cpp is built for; another one than before builds it again

VENV ?= .venv
CONFIG ?= config.yaml
PYTHON ?=
WHEEL_INDEX ?=
ACCEL ?=
export PYTHON WHEEL_INDEX ACCEL

SETUP := pyproject.toml deploy/setup.sh

.PHONY: help run test check fuzz bench prove mutants bench-engine bench-routing minilm clean
.DEFAULT_GOAL := help

help:
	@echo "make run     set up and serve on http://127.0.0.1:8000 with a development key (PORT=9000 make run)"
	@echo "make test    set up everything and run all tests"
	@echo "make check   lint, types, architecture"
	@echo "make fuzz    write answers by 1 000 JSON schemas and 200 hostile ones, and validate each (5 minutes)"
	@echo "make bench   measure requests/s, latency, CPU and memory beside nginx (3 minutes; BENCH=--write keeps the tables)"
	@echo "make bench-engine    measure the local engine beside llama_cpp.server and xllamacpp (BENCH=--write keeps the tables)"
	@echo "make prove   a million reservations and a thousand kills: nothing over, lost or double (PROVE='--scale 0.1 --write')"
	@echo "make mutants plant bugs in the code of money, one at a time: some test must notice each (8 minutes)"
	@echo "make bench-routing   score the shipped classifier (OUTCOMES=file.jsonl: on your own outcomes)"
	@echo "make minilm  fetch the embedding model and the vocabularies, where the set-up could not"
	@echo "make clean   remove the virtual environment and caches"

run: $(VENV)/.set-up-run
	@exec $(VENV)/bin/halfpenny serve --development --config $(CONFIG)

test: $(VENV)/.set-up-test
	$(VENV)/bin/python -m pytest

check: $(VENV)/.set-up-test
	$(VENV)/bin/python -m ruff check .
	$(VENV)/bin/python -m ruff format --check .
	$(VENV)/bin/python -m mypy
	$(VENV)/bin/python -m pytest tests/test_architecture.py

fuzz: $(VENV)/.set-up-test
	$(VENV)/bin/python -m bench.schemas $(FUZZ)

bench: $(VENV)/.set-up-run
	$(VENV)/bin/python -m bench $(BENCH)
	$(VENV)/bin/python -m bench.ledger
	$(VENV)/bin/python -m bench.leases
	$(VENV)/bin/python -m bench.limits

bench-engine: $(VENV)/peers/.installed
	$(VENV)/bin/python -m bench.engine --peers $(VENV)/peers/bin/python $(BENCH)
	$(VENV)/bin/python -m bench.crashes $(BENCH)

# The other servers live apart: nothing that serves depends on them.
$(VENV)/peers/.installed: $(VENV)/.set-up-run
	$(VENV)/bin/python -m venv $(VENV)/peers
	$(VENV)/peers/bin/pip install -q "llama-cpp-python[server]==0.3.36" xllamacpp
	@touch $@

prove: $(VENV)/.set-up-test
	$(VENV)/bin/python -m bench.prove $(PROVE)

mutants: $(VENV)/.set-up-test
	$(VENV)/bin/python -m bench.mutants $(MUTANTS)

bench-routing: $(VENV)/.set-up-run
	$(VENV)/bin/python -m bench.routing $(OUTCOMES)

minilm: $(VENV)/.set-up-run
	@$(VENV)/bin/python -m providers.minilm.install; $(VENV)/bin/python -m providers.tiktokens.install

clean:
	rm -rf $(VENV) .mypy_cache .ruff_cache .pytest_cache build halfpenny.egg-info

# Another ACCEL than what was built sets up again.
ifneq ($(ACCEL),)
ifneq ($(ACCEL),$(shell cat $(VENV)/.accel 2>/dev/null))
.PHONY: other-accel
$(VENV)/.set-up-run $(VENV)/.set-up-test: other-accel
endif
endif

$(VENV)/.set-up-run: $(SETUP)
	@deploy/setup.sh $(VENV)
	@touch $@

$(VENV)/.set-up-test: $(SETUP)
	@deploy/setup.sh $(VENV) dev,train,grown
	@touch $@ $(VENV)/.set-up-run
