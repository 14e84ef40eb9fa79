# The two commands: `make study` regenerates every figure and table, `make test` passes the tests. Both set up first.
# STUDY names one study (a folder of config/): make study STUDY=lea
# CONFIG goes to Snakemake, as pairs without spaces: make study CONFIG="scale=reduced source=original"

PYTHON ?= python3
STUDY ?=
CONFIG ?=
SETTINGS := $(if $(STUDY),studies=[$(STUDY)]) $(CONFIG)
BIN := .venv/bin
export PATH := $(CURDIR)/$(BIN):$(PATH)

.PHONY: study test test-cluster check format docs report bench lock clean
.DEFAULT_GOAL := study

study: .venv/ready
	snakemake --cores all $(if $(strip $(SETTINGS)),--config $(SETTINGS))

test: .venv/ready
	pytest -n 2 --dist loadgroup

# On a SLURM that it brings up, where it can (root, Debian); all analyses, or those named: CLUSTER=[accuracy]
CLUSTER ?= all
test-cluster: .venv/ready
	python -m tests.cluster.check $(CLUSTER)

check: .venv/ready
	ruff check .
	ruff format --check .
	snakefmt --check Snakefile workflow
	python .ci/lint_workflow.py
	mypy
	lint-imports

format: .venv/ready
	ruff check --fix .
	ruff format .
	snakefmt Snakefile workflow

report: study
	snakemake --report results/report.html $(if $(strip $(SETTINGS)),--config $(SETTINGS))

# The interface of lea.nn, from its docstrings.
docs: .venv/ready
	python -m docs.make_nn

bench: .venv/ready
	python -m benchmarks

# The environment is what requirements.lock pins, hash by hash; `uv` itself comes from the same lock. It is compiled at
# once, 17 s: where PYTHONDONTWRITEBYTECODE is set, every job would compile torch again, 2 to 5 s each.
.venv/ready: requirements.lock pyproject.toml
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or newer is needed; set PYTHON=")'
	$(PYTHON) -m venv .venv
	awk '/^[a-z]/ { wanted = /^uv==/ } wanted' requirements.lock > .venv/uv.txt
	$(BIN)/pip install --quiet --disable-pip-version-check --require-hashes --requirement .venv/uv.txt
	$(BIN)/uv pip sync --quiet --python $(BIN)/python --require-hashes --compile-bytecode requirements.lock
	$(BIN)/uv pip install --quiet --python $(BIN)/python --no-deps --no-build-isolation --editable .
	touch $@

# Pins everything anew; names no host, so that each machine takes its own index.
lock: .venv/ready
	uv pip compile --quiet --universal --python-version 3.11 --extra dev --generate-hashes --upgrade \
		--no-emit-index-url --no-emit-find-links --no-annotate --custom-compile-command "make lock" \
		pyproject.toml --output-file requirements.lock

# What can be made again in minutes; results of larger scales and the environment stay.
clean:
	rm -rf results/quick .pytest_cache .mypy_cache .ruff_cache .import_linter_cache .hypothesis *.egg-info
	find lea tests benchmarks -name __pycache__ -prune -exec rm -rf {} +
