# Everything here needs Python 3.11, make, git and the package registries, and writes only below this folder.
#
# .venv      az as a user has it: azure-cli, and our extension installed from its wheel into .venv/extensions
# .venv-dev  the tools of development: tests, linters, the local Azure
# .venv-bench  what the Python API is measured beside: azure-ai-ml, and our wheel
# .run       what runs leave behind: the local Azure's data, traffic, figures
#
# Outside of it: kube-assets caches a real kube-apiserver and etcd in ~/.cache/amlarc, and Go what it builds them from.

PYTHON ?= python3.11
DEV := .venv-dev/bin
SOURCES := setup.py pyproject.toml README.md HISTORY.rst $(shell find azext_amlarc -name '*.py' -o -name '*.json' -o -name '*.html' -o -name py.typed -o -path '*/job_files/*' -type f)

.PHONY: demo test kube-assets test-faults test-long bench lint wheel clean

demo: .venv/extension .venv-dev/ready  ## the guide's whole path on a local Azure
	scripts/demo

test: .venv/extension .venv-dev/ready  ## unit and end-to-end tests
	$(DEV)/python -m pytest -q -rs -n 2 --dist loadfile $(TESTS)

kube-assets:  ## a real kube-apiserver and etcd for tests/kubernetes, built with Go into ~/.cache once; prints their folder
	@scripts/kube-assets

test-long: .venv-dev/ready  ## 10,000 examples for each property of the validator
	HYPOTHESIS_PROFILE=long $(DEV)/python -m pytest -q -n 2 tests/validation

test-faults: .venv/extension .venv-dev/ready  ## every request of every command broken in every way, with figures
	$(DEV)/python -m pytest -q -n 2 -m "matrix or not matrix" tests/faults

bench: .venv/extension .venv-dev/ready .venv-bench/ready  ## medians, ratios to az's own commands, memory, requests
	$(DEV)/python -m benchmarks

lint: .venv-dev/ready
	$(DEV)/ruff check .
	$(DEV)/ruff format --check .
	$(DEV)/mypy

wheel: .venv/wheel  ## dist/amlarc-*.whl

clean:
	rm -rf .venv .venv-dev .venv-bench .venv-lint .run build dist *.egg-info

.venv/bin/az:
	$(PYTHON) -m venv .venv
	.venv/bin/pip install -q azure-cli

.venv-dev/ready: setup.py
	test -d .venv-dev || $(PYTHON) -m venv .venv-dev
	$(DEV)/pip install -q -e '.[dev]'
	touch $@

# azure-ai-ml pins many packages, which the tools of development are to be spared.
.venv-bench/ready: .venv/wheel
	test -d .venv-bench || $(PYTHON) -m venv .venv-bench
	.venv-bench/bin/pip install -q 'azure-ai-ml>=1.35,<2' "$$(ls dist/*.whl)[sdk]"
	.venv-bench/bin/pip install -q --no-deps --force-reinstall dist/*.whl
	touch $@

.venv/wheel: $(SOURCES) .venv-dev/ready | .venv/bin/az
	rm -rf dist build
	$(DEV)/python -m build -q --wheel --no-isolation --outdir dist .
	touch $@

# A private CA in REQUESTS_CA_BUNDLE would keep pip from its registry: the local Azure is pointed at later, by scripts.
.venv/extension: .venv/wheel
	scripts/install-extension
	touch $@
