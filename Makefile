# Everything here needs Python 3.11, make, git and the package registries, and writes only below this folder.
#
# .venv      az as a user has it: azure-cli, and our extension installed from its wheel into .venv/extensions
# .venv-dev  the tools of development: tests, linters, the local Azure
# .venv-bench  what the Python API is measured beside: azure-ai-ml, and our wheel
# .venv-peers  clients that others wrote, which `make test-peers` runs against the local Azure
# .venv-docs  MkDocs Material, which `make docs` makes the site of the documents with
# .venv-az-*  releases of az, for `make test-az`
# .venv-release  what writes the bill of materials, for `make release`
# .venv-terraform  what azapi takes, for `make test-terraform`
# .venv-lint  azdev, for `make style` and, with its linter's rules, for .ci/run
# .venv-uv   the resolver that `make lock` renews requirements/ with
# .run       what runs leave behind: the local Azure's data, traffic, figures
#
# What is installed there is locked in requirements/, to the version and, but for the extension, to the hash.
#
# Outside of it: kube-assets and actionlint cache programs in ~/.cache/amlarc, and Go what it builds them from.

PYTHON ?= python3.11
# Where it is set, pytest rewrites the assertions of seven thousand tests in each worker of each run, and every process
# that is started compiles us again: a tenth of `make test`.
unexport PYTHONDONTWRITEBYTECODE
DEV := .venv-dev/bin
PYTEST := $(DEV)/python -m pytest -q -rs -n 3 --dist loadfile --no-loadscope-reorder
SOURCES := setup.py pyproject.toml README.md HISTORY.rst $(shell find azext_amlarc -name '*.py' -o -name '*.json' -o -name '*.html' -o -name py.typed -o -path '*/job_files/*' -type f)

.PHONY: demo docs test kube-assets actionlint test-started test-faults test-long test-emulator test-newest test-peers bench bench-fleet lint wheel emulator lock clean

demo: .venv/extension .venv-dev/ready  ## the guide's whole path on a local Azure
	scripts/demo

docs: .venv-docs/locked .venv-dev/ready .run/pictures/taken  ## the documents as a site, in .run/site: index.html opens in a browser, without a server
	scripts/docs

test: .venv/extension .venv-dev/ready  ## unit and end-to-end tests
	$(PYTEST) $(TESTS)

test-started: .venv/extension .venv-dev/ready  ## end-to-end tests with an az that is started for every call, none forked
	AMLARC_AZ=started $(PYTEST) tests/e2e

kube-assets:  ## a real kube-apiserver and etcd for tests/kubernetes, built with Go into ~/.cache once; prints their folder
	@scripts/kube-assets

actionlint:  ## lints the workflows of examples/ci in tests/ci, built with Go into ~/.cache once; prints its folder
	@scripts/actionlint

test-long: .venv-dev/ready  ## 10,000 examples for each property of the validator
	HYPOTHESIS_PROFILE=long $(DEV)/python -m pytest -q -n 2 tests/validation

test-faults: .venv/extension .venv-dev/ready  ## every request of every command broken in every way, with figures
	$(DEV)/python -m pytest -q -n 2 -m "matrix or not matrix" tests/faults tests/workflows/fleet/test_killed.py

test-emulator: .venv/extension .venv-dev/ready  ## the wheel of the local Azure, as somebody else would use it
	$(DEV)/python -m pytest -q -m "matrix or not matrix" tests/emulator/test_wheel.py

test-newest: .venv/extension .venv-dev/ready  ## the unit tests with the newest releases, which the locks hold back
	scripts/test-newest

test-peers: .venv/locked .venv-dev/ready .venv-peers/locked  ## the clients of others against the local Azure, with what each asks for
	scripts/test-peers

.PHONY: test-az
test-az: dist/built .venv-dev/ready  ## unit and end-to-end tests with any az: VERSION=2.80.0, oldest or newest
	scripts/test-az $(VERSION) $(TESTS)

.PHONY: test-terraform
test-terraform: .venv-dev/ready .venv-terraform/locked  ## what `export --format terraform` writes, with a real OpenTofu that is built once
	scripts/opentofu
	$(DEV)/python -m pytest -q -rs tests/terraform

bench: .venv/extension .venv-dev/ready .venv-bench/ready  ## medians, ratios to az's own commands, memory, requests
	$(DEV)/python -m benchmarks

bench-fleet: .venv/extension .venv-dev/ready  ## fleets of 10 to 1,000 clusters beside what Azure's rates allow, and beside a loop
	$(DEV)/python -m benchmarks.fleet $(CLUSTERS)

lint: .venv-dev/ready  ## ruff, ruff format, mypy --strict
	$(DEV)/ruff check .
	$(DEV)/ruff format --check .
	$(DEV)/mypy

.PHONY: style
style: .venv-lint/ready  ## azdev's style rules for extensions: pylint and flake8
	scripts/style

.PHONY: types
types: .venv-dev/ready  ## mypy --strict for every Python that runs us
	for version in 3.11 3.12 3.13 3.14; do $(DEV)/mypy --python-version $$version || exit 1; done

wheel: dist/built  ## dist/amlarc-*.whl

emulator: .venv-dev/ready  ## dist/emulator/amlarc_emulator-*.whl: the local Azure, for others to test against
	rm -rf build/emulator dist/emulator
	$(DEV)/python -m build -q --wheel --no-isolation --outdir dist/emulator amlarc_emulator

.PHONY: release
URL ?= http://localhost:8000
release: PROVEN := --tested
release: types style release-proof release-build  ## .run/release: wheels, index, SBOM, checksums, changelog, and what proves them; URL says where they are going to be

.PHONY: release-proof
release-proof: dist/built .venv-dev/ready  ## the whole suite with the oldest and the newest az, unless it has passed at this commit
	for word in $$($(DEV)/python -m release.proof missing); do scripts/test-az $$word || exit 1; done

.PHONY: release-build
release-build: .venv/extension .venv-dev/ready .venv-release/locked  ## the same files without the proof, to look at, and az installs from them
	$(DEV)/python -m release --folder .run/release --url $(URL) --installed .venv/extensions/amlarc $(PROVEN)
	AMLARC_RELEASE=$(CURDIR)/.run/release $(DEV)/python -m pytest -q -rs tests/release

lock: .venv-uv/locked  ## requirements/ with the newest releases that setup.py and pyproject.toml allow
	scripts/lock

clean:
	rm -rf .venv .venv-dev .venv-bench .venv-docs .venv-lint .venv-peers .venv-uv .venv-newest .venv-az-* .venv-release .venv-terraform .run build dist *.egg-info

# What the site shows of real runs; needs a Chromium (scripts/browser).
.run/pictures/taken: .venv/extension .venv-dev/ready tests/e2e/test_pictures.py
	$(DEV)/python -m pytest -q -m site tests/e2e/test_pictures.py
	touch $@

# An environment starts empty and takes what its lock names. Only wheels, because building one would fetch the tools for
# it from outside of the lock.
define locked
$(PYTHON) -m venv --clear $(@D)
$(@D)/bin/pip install -q --no-deps --only-binary :all: --require-hashes -r $<
touch $@
endef

.venv/locked: requirements/az.txt
	$(locked)

.venv-%/locked: requirements/%.txt
	$(locked)

.venv-dev/ready .venv-lint/ready: %/ready: %/locked setup.py
	$*/bin/pip install -q --no-deps --no-build-isolation -e .
	touch $@

# azure-ai-ml pins many packages, which the tools of development are to be spared.
.venv-bench/ready: dist/built .venv-bench/locked
	.venv-bench/bin/pip install -q --no-deps --force-reinstall dist/*.whl
	touch $@

dist/built: $(SOURCES) .venv-dev/ready
	rm -rf dist build
	$(DEV)/python -m build -q --wheel --no-isolation --outdir dist .
	touch $@

# A private CA in REQUESTS_CA_BUNDLE would keep pip from its registry: the local Azure is pointed at later, by scripts.
.venv/extension: dist/built .venv/locked requirements/extension.txt
	scripts/install-extension
	touch $@
