# Everything a person or CI types here. `make` alone lists the targets.
SHELL := /bin/sh
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:

PY := .venv/bin/python
# `make env` for one recipe: venv and engine first on PATH, file backend in .state/; no plugin downloads
ENV := eval "$$($(PY) -m dev.setup closed-env)" &&
FIND_PYTHON := python="$$(sh dev/setup/find-python.sh)" && exec "$$python"
PATHS := crdb_sso components policy dev tests bench examples stack_config.py stack_identities.py stack_keys.py __main__.py
# Four workers share two cores, as tests wait a lot; the tests of a file stay together and share
# their servers. tests/conftest.py sets the order: the slow ones first. Hundreds of interpreters are
# started, so what one has compiled is kept for the others.
PYTEST := env -u PYTHONDONTWRITEBYTECODE $(PY) -m pytest
WORKERS := -n 4 --dist loadfile --no-loadscope-reorder
SUITES := tests/contract tests/engine/test_life.py

.PHONY: help
help: ## List the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-13s %s\n", $$1, $$2 }' Makefile

.PHONY: setup
setup: ## Install everything: .venv, pinned packages, Pulumi engine (quick the second time)
	@$(FIND_PYTHON) -m dev.setup

.PHONY: packages
packages:
	@$(FIND_PYTHON) -m dev.setup python

.PHONY: policy-env
policy-env: ## Install what the policy pack (policy/) runs in: an environment of its own
	@$(FIND_PYTHON) -m dev.setup policy

.PHONY: env
env: setup ## Print shell lines; eval "$(make -s env)" makes `pulumi` usable by hand here
	@$(PY) -m dev.setup env

.PHONY: demo
demo: setup ## From a token to a SQL session, through a real `pulumi up`
	@$(ENV) exec $(PY) -m dev.demo

.PHONY: demo-clouds
demo-clouds: setup ## The same with a Google and an Azure identity, on imitated clouds
	@$(ENV) exec $(PY) -m dev.demo.clouds

.PHONY: issuers
issuers: setup ## Build the OpenID Connect server that some tests ask (quick the second time)
	@$(ENV) exec $(PY) -m tests.support.hydra_build

.PHONY: test
test: setup issuers ## Every test that needs no outside service
	@$(ENV) exec $(PYTEST) $(WORKERS)

.PHONY: test-engine
test-engine: setup ## The tests that drive the real Pulumi engine
	@$(ENV) exec $(PYTEST) $(WORKERS) tests/engine

# What differs between versions is in the contract. `SUITES="tests/contract tests/engine tests/provider
# tests/cli"` asks each version everything, every night; it takes an hour and a half.
# `VERSIONS="24.1 26.2"` chooses versions; continues after a failed version, but not after Ctrl-C (2).
.PHONY: test-versions
test-versions: export CRDB_SSO_TEST_URL :=
test-versions: setup ## The contract, and a stack's life, on each other version of the embedded cluster
	@$(ENV) versions="$(or $(VERSIONS),$$($(PY) -m tests.support.versions))" || exit; failed=; \
	for version in $$versions; do \
		echo "make test-versions: $$version"; \
		CRDB_SSO_TEST_VERSION=$$version $(PYTEST) $(WORKERS) $(SUITES) \
			|| { [ $$? -ne 2 ] || exit 2; failed="$$failed $$version"; }; \
	done; \
	test -z "$$failed" || { echo "make test-versions: failed on$$failed" >&2; exit 1; }

# Leaves out what is about this repository: its own program, which is not in the package, and its pins. The examples run
# alone: hypothesis would load all of pulumi-azure-native, whose lowest version has a module that is not Python.
.PHONY: test-lowest
test-lowest: setup ## Rules, command line, package, examples and workloads with the lowest versions that the package accepts
	$(PY) -m tests.support.lowest .tools/lowest
	$(PY) -m tests.support.lowest .tools/lowest-spiffe workload-spiffe
	@.tools/lowest-spiffe/bin/python -m pytest -p no:anyio tests/unit/workload/test_spiffe.py
	@$(ENV) .tools/lowest/bin/python -m pytest -p no:anyio $(WORKERS) tests/examples && \
		exec .tools/lowest/bin/python -m pytest -p no:anyio $(WORKERS) tests/unit tests/cli tests/package tests/workload \
		--ignore-glob='*stack_config*' --ignore=tests/package/test_metadata.py --ignore=tests/package/test_quick_start.py

.PHONY: soak
soak: setup ## Sixteen stacks on one cluster at once, twenty rounds; engine, cluster and connection killed at every moment, and a person between stacks
	@$(ENV) CRDB_SSO_SOAK_ROUNDS=20 exec $(PYTEST) $(WORKERS) tests/provider/test_many_stacks.py tests/provider/test_crash_points.py tests/provider/test_cluster_killed.py tests/engine/test_killed.py tests/engine/test_people_between_stacks.py

.PHONY: test-real
test-real named-cluster: export CRDB_SSO_TEST_URL := $(DSN)
test-real: named-cluster setup ## The contract tests on a real cluster: make test-real DSN=postgresql://root@host:26257/...
	@$(ENV) exec $(PYTEST) tests/contract

.PHONY: named-cluster
named-cluster:
	@test -n "$$CRDB_SSO_TEST_URL" || { echo 'make test-real: name a cluster: DSN=postgresql://root@host:26257/?sslmode=verify-full&...' >&2; exit 2; }

.PHONY: test-gcp
test-gcp: gcp-credentials setup ## The Google tests on the real Google Cloud (GOOGLE_APPLICATION_CREDENTIALS, GOOGLE_PROJECT, CRDB_SSO_TEST_MEMBER)
	@$(ENV) CRDB_SSO_REAL_CLOUD=gcp exec $(PYTEST) tests/engine/clouds -m gcp

.PHONY: gcp-credentials
gcp-credentials:
	@test -n "$$GOOGLE_APPLICATION_CREDENTIALS" && test -n "$$GOOGLE_PROJECT" && test -n "$$CRDB_SSO_TEST_MEMBER" || { echo 'make test-gcp: needs GOOGLE_APPLICATION_CREDENTIALS, GOOGLE_PROJECT, and CRDB_SSO_TEST_MEMBER, the IAM member that gcloud is logged in as (user:... or serviceAccount:...)' >&2; exit 2; }

.PHONY: test-azure
test-azure: azure-credentials setup ## The Azure tests on the real Azure (ARM_*, CRDB_SSO_TEST_RESOURCE_GROUP)
	@$(ENV) CRDB_SSO_REAL_CLOUD=azure exec $(PYTEST) tests/engine/clouds -m azure

.PHONY: azure-credentials
azure-credentials:
	@test -n "$$ARM_CLIENT_ID" && test -n "$$ARM_TENANT_ID" && test -n "$$ARM_SUBSCRIPTION_ID" && test -n "$$CRDB_SSO_TEST_RESOURCE_GROUP" || { echo 'make test-azure: needs ARM_CLIENT_ID, ARM_TENANT_ID, ARM_SUBSCRIPTION_ID with a secret or OIDC, and CRDB_SSO_TEST_RESOURCE_GROUP, a resource group to work in' >&2; exit 2; }

.PHONY: package
package: packages ## Build the wheel and the source distribution into dist/
	$(PY) -m build --no-isolation

SITE := site
DOCS_PY := .tools/docs/bin/python

.PHONY: docs
docs: packages ## Build the guide as a site into site/, without a warning, and check it
	@$(FIND_PYTHON) -m dev.setup docs
	NO_MKDOCS_2_WARNING=1 $(DOCS_PY) -m mkdocs build --strict --quiet --site-dir $(SITE)
	CRDB_SSO_TEST_SITE=$(SITE) $(PYTEST) -q tests/site
	@echo "make docs: open $(SITE)/index.html; to search it, serve it: $(PY) -m http.server -d $(SITE) --bind 127.0.0.1"

.PHONY: check
check: packages ## Format, lint, types, import directions, measured gate, reference tables
	$(PY) -m ruff format --check $(wildcard $(PATHS))
	$(PY) -m ruff check $(wildcard $(PATHS))
	$(PY) -m mypy
	.venv/bin/lint-imports --no-cache
	$(PY) -m dev.gate
	$(PY) -m dev.docs --check

.PHONY: fix
fix: packages ## Fix what ruff can fix, write the reference tables
	$(PY) -m ruff check --fix $(wildcard $(PATHS))
	$(PY) -m ruff format $(wildcard $(PATHS))
	$(PY) -m dev.docs

.PHONY: bench
bench: setup ## Measure first up, no-op up, preview and destroy at 1, 100 and 1,000 logins
	@$(ENV) exec $(PY) -m bench

.PHONY: clean
clean: ## Remove caches and what demos left behind; keeps .venv, engine and your own stacks
	rm -rf dist site .state/demo .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache .coverage .coverage.*
	find . \( -name .venv -o -name .tools -o -name .git \) -prune -o -name __pycache__ -type d -exec rm -rf {} +

.PHONY: distclean
distclean: clean ## Remove .venv and the engine too; keeps your own stacks in .state/
	rm -rf .venv .tools
