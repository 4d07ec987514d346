# Every target that has a line after ## is listed by plain `make`.

GO              ?= go
BIN             := bin/hookstep
LISTEN          ?= :8080
INTEGRATIONS    ?= testdata/integrations
KILLS           ?= 600

# Tools run at these versions and nowhere in go.mod, which every user of the sdk would inherit. Their binaries carry
# version and Go release in their names, are built once for each machine, and are shared by all checkouts on it.
GOLANGCI_LINT   := github.com/golangci/golangci-lint/v2/cmd/golangci-lint@v2.15.0
BUF             := github.com/bufbuild/buf/cmd/buf@v1.75.0
PROTOC_GEN_GO   := google.golang.org/protobuf/cmd/protoc-gen-go@v1.36.12
PROTOC_GEN_GRPC := google.golang.org/grpc/cmd/protoc-gen-go-grpc@v1.6.2

TOOLS ?= $(or $(XDG_CACHE_HOME),$(HOME)/.cache)/hookstep-tools
GOREL := $(shell $(GO) env GOVERSION)
# tool-path turns module/cmd/name@version into the path of its built binary.
tool-path = $(TOOLS)/$(subst @,-,$(notdir $(1)))-$(GOREL)

# What tests run on Node, with packages of npm: authorization servers, and a provider that is written in JavaScript.
AUTHSERVER_NODE := plugins/oauth2/authserver/node
HMAC_NODE := contrib/hmac-node
# node-path turns a name and the folder of its package.json into the folder of its packages, whose name tells the versions.
node-path = $(TOOLS)/$(1)-$(shell sha256sum $(2)/package-lock.json | cut -c 1-12)
AUTHSERVER := $(call node-path,authserver,$(AUTHSERVER_NODE))
HMAC := $(call node-path,hmac-node,$(HMAC_NODE))

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.PHONY: help build run test check fmt format lint layers verify generate race scripts bench soak crash crash-short clean tools authserver hmac-node

help: ## list the targets
	@awk 'BEGIN { FS = ":.*## " } /^[a-z-]+:.*## / { printf "  make %-11s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

build: ## build bin/hookstep
	$(GO) build -trimpath -o $(BIN) ./host/cmd/hookstep

run: build ## build, then serve testdata/integrations on :8080
	$(BIN) serve --listen $(LISTEN) $(INTEGRATIONS)

test: ## run every test, the end-to-end scripts among them
	$(GO) test -timeout 10m ./...
	$(GO) test -timeout 10m -tags awskms -run '^TestKeyOf' ./host/cmd/hookstep

check: format lint layers verify race test crash-short ## all that must hold before a change lands

fmt: $(call tool-path,$(GOLANGCI_LINT)) ## format the Go files
	$< fmt ./...

format: $(call tool-path,$(GOLANGCI_LINT)) ## tell which Go files are not formatted
	@echo "format"; $< fmt --diff ./...

lint: $(call tool-path,$(GOLANGCI_LINT)) ## run the linters of .golangci.yml
	$< run ./...
	$< run --build-tags awskms ./host/cmd/hookstep ./host/seal/...

layers: ## check who may import whom
	$(GO) test -count=1 -run '^Test(Floors|StandardPackagesWithAPlace|Habits)$$' ./host

generate: $(foreach tool,$(BUF) $(PROTOC_GEN_GO) $(PROTOC_GEN_GRPC),$(call tool-path,$(tool))) ## generate the Go code of sdk/proto
	@mkdir -p $(TOOLS)/plugins
	@ln -sf $(call tool-path,$(PROTOC_GEN_GO)) $(TOOLS)/plugins/protoc-gen-go
	@ln -sf $(call tool-path,$(PROTOC_GEN_GRPC)) $(TOOLS)/plugins/protoc-gen-go-grpc
	cd sdk/proto && PATH="$(TOOLS)/plugins:$$PATH" $(call tool-path,$(BUF)) generate

verify: generate ## check that generated files and go.mod are what their sources give, and the protos are clean
	$(GO) mod tidy -diff
	cd sdk/proto && $(call tool-path,$(BUF)) lint
	@git diff --exit-code --stat -- sdk/internal/pb || { echo "generated files differ: commit what make generate wrote"; exit 1; }
	@test -z "$$(git ls-files --others --exclude-standard -- sdk/internal/pb)" || { echo "generated files are not in git"; exit 1; }

race: ## run every test under the race detector, but for what weighs a hundred megabytes
	$(GO) test -race -short -timeout 15m ./...

scripts: ## run the end-to-end scripts of testdata/script alone
	$(GO) test -count=1 -run 'TestScripts' ./host/cmd/hookstep

bench: ## measure the order flow against goja inside a plain Go server, and durable executions against the disk
	$(GO) run ./host/bench

soak: ## send 200,000 requests and compare memory, goroutines and file descriptors
	$(GO) run ./host/bench --soak

crash: ## kill KILLS hosts and engines under load on each database, and hold every promise against what became of it
	$(GO) run ./host/crash -kills $(KILLS)

crash-short: ## kill a few, as CI does
	$(GO) run ./host/crash -kills 16

tools: $(foreach tool,$(GOLANGCI_LINT) $(BUF) $(PROTOC_GEN_GO) $(PROTOC_GEN_GRPC),$(call tool-path,$(tool))) ## build the pinned tools
	@ls $^

authserver: $(AUTHSERVER)/node_modules ## install the authorization servers that tests run (needs npm)

hmac-node: $(HMAC)/node_modules ## install what the provider in contrib/hmac-node needs in its test (needs npm)

# Packages are installed under another name first, as tools are.
define install-node
$(1)/node_modules:
	@mkdir -p $(1).new
	@cp $(2)/package.json $(2)/package-lock.json $(1).new
	npm ci --prefix $(1).new --ignore-scripts --no-audit --no-fund
	@rm -rf $(1) && mv $(1).new $(1)
endef
$(eval $(call install-node,$(AUTHSERVER),$(AUTHSERVER_NODE)))
$(eval $(call install-node,$(HMAC),$(HMAC_NODE)))

clean: ## remove what make built in this checkout
	rm -rf bin

# A tool is installed into a folder of its own first, so that an interrupted build leaves nothing under the final name.
define install-tool
$(call tool-path,$(1)):
	@echo "building $(1) (once for this machine)"
	@mkdir -p $(TOOLS)
	@GOBIN=$$@.new GOFLAGS= $(GO) install -buildvcs=false $(1)
	@mv $$@.new/* $$@ && rmdir $$@.new
endef
$(foreach tool,$(GOLANGCI_LINT) $(BUF) $(PROTOC_GEN_GO) $(PROTOC_GEN_GRPC),$(eval $(call install-tool,$(tool))))
