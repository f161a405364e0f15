SHELL := /usr/bin/env bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help

export CGO_ENABLED := 0

# The version must be one that Kubernetes' version parser takes, tags or not.
COMMIT := $(shell git rev-parse --short=12 HEAD 2>/dev/null || echo unknown)
VERSION ?= $(shell git describe --tags --match 'v[0-9]*' --dirty 2>/dev/null || echo v0.0.0-dev+$(COMMIT))
BUILD_DATE ?= $(shell git log -1 --format=%cI 2>/dev/null || echo 1970-01-01T00:00:00Z)
VERSION_PACKAGE := k8s.io/component-base/version
LDFLAGS := -s -w \
	-X $(VERSION_PACKAGE).gitVersion=$(VERSION) \
	-X $(VERSION_PACKAGE).gitCommit=$(COMMIT) \
	-X $(VERSION_PACKAGE).buildDate=$(BUILD_DATE)

# Every folder of cmd is a binary of the same name.
BINARIES := $(notdir $(wildcard cmd/*))

# Vulnerability database for govulncheck: a .tar.gz or a URL. When empty,
# govulncheck asks its own default database.
VULNDB ?= $(wildcard ../shared/vulndb.tar.gz)

##@ Use

.PHONY: build
build: ## Build every binary into bin/
	go build -trimpath -ldflags '$(LDFLAGS)' -o bin/ $(BINARIES:%=./cmd/%)
	ln -sf kubectl-kubenova bin/kubectl_complete-kubenova

.PHONY: krew
krew: ## Build archives of the kubectl plugin and their krew manifest into _out/krew; PLATFORMS names fewer
	go run ./hack/krew -version '$(VERSION)' -ldflags '$(LDFLAGS)' -platforms '$(PLATFORMS)' -dir _out/krew

.PHONY: run
run: build ## Run KubeNova alone, with embedded etcd and without authentication, on http://localhost:8080
	@echo "admin kubeconfig: _data/admin.kubeconfig"
	bin/kubenova standalone --data-dir _data --http-address 127.0.0.1:8080 --secure-port 8443 --auth=off

.PHONY: up
up: build ## Start a whole local platform: Kubernetes, Capsule, KubeVela and KubeNova, in _data/up
	go run ./hack/localcluster up --audit

.PHONY: down
down: ## Stop the local platform and remove its data
	go run ./hack/localcluster down

.PHONY: tools
tools: ## Build what `make up` runs (about 15 minutes the first time)
	go run ./hack/localcluster tools

##@ Check

.PHONY: test
test: ## Run the unit and integration tests
	@status=0; \
	hack/test.sh unit . ./... || status=1; \
	hack/test.sh integration test/integration ./... || status=1; \
	go run ./hack/testsummary _results/unit.json _results/integration.json || status=1; \
	exit $$status

.PHONY: e2e
e2e: ## Run the end-to-end tests, on the platform of `make up` or on one of their own
	hack/e2e.sh

.PHONY: attack
attack: ## Attack the platform of `make up` and print what was attempted, expected and seen
	hack/e2e.sh attack

.PHONY: attack-mutants
attack-mutants: ## Switch each defence off and check that its attack tells; needs that no `make up` runs
	go run ./hack/attackmutants --platform

.PHONY: attack-mutants-short
attack-mutants-short: ## The same for what a standalone KubeNova shows
	go run ./hack/attackmutants

# How long `make soak` goes on.
SOAK ?= 20m

.PHONY: reliability
reliability: build ## Kill, pause and restart API servers and etcd under load, and check what clients were told
	hack/reliability.sh -timeout 15m

.PHONY: soak
soak: build ## The same for 20 minutes; SOAK is another length
	RELIABILITY_LENGTH=$(SOAK) TEST_FORMAT=standard-verbose hack/reliability.sh -timeout 0

.PHONY: bench
bench: build ## Measure KubeNova against its peers; the results go to _out/bench.json and docs/benchmarks
	hack/bench.sh --charts docs/benchmarks $(BENCH)

# The guide that `make guide` runs.
GUIDE ?= docs/kubenova-api-v1-guide.md

.PHONY: guide
guide: ## Run every command of the user's guide and check what it answers and does; GUIDE names another file
	GUIDE='$(abspath $(GUIDE))' hack/e2e.sh guide

.PHONY: verify
verify: verify-codegen verify-lint verify-imports verify-tidy verify-shell verify-vulnerabilities ## Run every check that is not a test

.PHONY: verify-codegen
verify-codegen: ## Check that generated code is up to date
	hack/verify-codegen.sh

.PHONY: verify-lint
verify-lint: ## Run gofmt, goimports, go vet and the linters of .golangci.yaml
	$$(hack/tool.sh golangci-lint) run ./...
	cd test/integration && $$(../../hack/tool.sh golangci-lint) run --config ../../.golangci.yaml ./...

.PHONY: verify-imports
verify-imports: ## Check which package may know which
	hack/verify-imports.sh

.PHONY: verify-tidy
verify-tidy: ## Check that go.mod and go.sum are tidy
	go mod tidy -diff
	cd test/integration && go mod tidy -diff

.PHONY: verify-shell
verify-shell: ## Check the shell scripts
	hack/verify-shell.sh

.PHONY: verify-vulnerabilities
verify-vulnerabilities: ## Check that no code with a known vulnerability is called
	go run ./hack/govulncheck -binary "$$(hack/tool.sh govulncheck)" -db "$(VULNDB)" ./...

##@ Ship

# What a release is for: all of it the plugin, and those of Linux the server and its image.
PLATFORMS ?= linux/amd64 linux/arm64 darwin/amd64 darwin/arm64 windows/amd64 windows/arm64

.PHONY: release
release: ## Make programs, image, chart, bills of materials and checksums of a release in _out/release; PLATFORMS names fewer
	VERSION='$(VERSION)' COMMIT='$(COMMIT)' BUILD_DATE='$(BUILD_DATE)' LDFLAGS='$(LDFLAGS)' PLATFORMS='$(PLATFORMS)' hack/release.sh

.PHONY: verify-release
verify-release: ## Make a release for this platform alone, and check what is in it
	$(MAKE) --no-print-directory release PLATFORMS="$$(go env GOHOSTOS)/$$(go env GOHOSTARCH)"
	hack/verify-release.sh '$(VERSION)'

.PHONY: verify-shipping
verify-shipping: sdk-typescript docs verify-dockerfile verify-release ## Check everything that is shipped; needs npm

.PHONY: sdk-typescript
sdk-typescript: build ## Generate, compile and test the TypeScript package of the REST door
	cd sdk/typescript && npm ci --no-progress && npm run build && KUBENOVA='$(abspath bin/kubenova)' npm test

.PHONY: docs
docs: ## Build the documentation as a site, in _out/docs
	cd docs && npm ci --no-progress && npm run build

.PHONY: verify-dockerfile
verify-dockerfile: ## Lint the Dockerfile
	cd hack/tools/dockerfile && npm ci --no-progress && node lint.mjs ../../../Dockerfile

##@ Change

.PHONY: update
update: ## Regenerate code, format, and tidy the modules
	hack/update-codegen.sh
	$$(hack/tool.sh golangci-lint) fmt
	go mod tidy
	cd test/integration && go mod tidy

.PHONY: clean
clean: ## Remove everything that make built or ran, down included
	for dir in _data/up _data/up-empty _data/up-scratch _data/bench _data/reliability; do go run ./hack/localcluster down --dir $$dir; done
	rm -rf bin _data _out _results _tools docs/node_modules docs/reference sdk/typescript/node_modules sdk/typescript/dist hack/tools/dockerfile/node_modules

.PHONY: help
help: ## Show this help
	@awk 'BEGIN {FS = ":.*## "} /^##@/ {printf "\n%s\n", substr($$0, 5)} /^[a-z0-9-]+:.*## / {printf "  %-24s %s\n", $$1, $$2}' $(MAKEFILE_LIST)
