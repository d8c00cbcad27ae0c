# Hearth's commands. `make` alone lists them.

# Exact versions; each tool is built once, into .build/bin.
AIR          := .build/bin/air-v1.67.0
GOTESTSUM    := .build/bin/gotestsum-v1.13.0
GOLANGCILINT := .build/bin/golangci-lint-v2.15.0
DEADCODE     := .build/bin/deadcode-v0.52.0
CFNLINT      := .build/cfn-lint-1.58.0/bin/cfn-lint
SCHEMATHESIS := .build/schemathesis-4.32.0/bin/st

# What npm writes last, once a folder's packages are installed.
NPM_LOCAL := internal/local/node_modules/.package-lock.json
NPM_INFRA := infra/node_modules/.package-lock.json

# The stage of cdk.json that synth makes.
STAGE ?= dev
FUNCTIONS = $(patsubst functions/%/main.go,%,$(wildcard functions/*/main.go))
CDK := CDK_DISABLE_VERSION_CHECK=1 infra/node_modules/.bin/cdk

# More flags for `go test`, such as TESTFLAGS='-run TestDemo -count=1'.
TESTFLAGS ?=

# How long each fuzz target runs: a duration, or a number of runs such as 1000x.
FUZZTIME ?= 10s

.DEFAULT_GOAL := help
.PHONY: help setup prerequisites dev demo seed token reset ensure-personal-orgs verify-personal-orgs check-database user verify-certificate \
  test race soak fuzz fuzz-api attack lint lint-templates build synth

help: ## List the targets
	@awk 'BEGIN { FS = ":.*## " } /^## [A-Z]/ { title = substr($$0, 4) } \
	  /^[a-z-]+:.*## / { if (title != "") { print "\n" title; title = "" } printf "  make %-20s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

##
## Develop
##

setup: prerequisites $(NPM_LOCAL) $(NPM_INFRA) ## Install what the other targets need (they do it themselves)

dev: setup $(AIR) ## Run everything on this machine, rebuilt on save (PORT=3000)
	@go build -o .build/hearth ./internal/local
	@.build/hearth check
	@HEARTH_WATCHER="$$$$-$$(date +%s)" $(AIR) -c .air.toml

demo: ## Sign a new person up against the running host, step by step
	@go build -o .build/hearth ./internal/local
	@.build/hearth demo

seed: ## Make three people with passwords, a team and an invitation on the running host
	@go build -o .build/hearth ./internal/local
	@.build/hearth seed

token: ## Print an access token of EMAIL=… for curl, from the running host
	@go build -o .build/hearth ./internal/local
	@.build/hearth token

reset: ## Remove all local data and sign-ins, to start over
	@go build -o .build/hearth ./internal/local
	@.build/hearth reset

##
## Operate
##

# Each acts on the running host, or with STAGE=prod on that stage on AWS, by the
# AWS CLI. JSON=1 prints one line of JSON alone. They exit with an error when
# something is wrong.

ensure-personal-orgs: ## Give every user of the pool a personal organization, and repair what can be
	@go build -o .build/hearth ./internal/local
	@.build/hearth ensure

verify-personal-orgs: ## Hold pool and table against what must always be true (changes nothing)
	@go build -o .build/hearth ./internal/local
	@.build/hearth verify

check-database: ## Count what the table holds and list all that is broken (changes nothing)
	@go build -o .build/hearth ./internal/local
	@.build/hearth check-database

user: ## Support: EMAIL=… DO=show|sign-out|disable|enable|restore|delete
	@go build -o .build/hearth ./internal/local
	@.build/hearth user

verify-certificate: ## Show what DELETION=… erased, and whether the key signed just that
	@go build -o .build/hearth ./internal/local
	@.build/hearth certificate

##
## Check
##

test: setup $(GOTESTSUM) ## Run every test
	@$(GOTESTSUM) --format pkgname-and-test-fails -- $(TESTFLAGS) ./...

# The CDK app stays out: the CDK's own bridge to Node.js has races.
race: setup $(GOTESTSUM) ## Run the tests of the program with the race detector (wants a C compiler)
	@$(GOTESTSUM) --format pkgname-and-test-fails -- -race $(TESTFLAGS) ./functions/... ./internal/...

soak: setup $(GOTESTSUM) ## Run every test at its long size
	@HEARTH_SOAK=1 $(GOTESTSUM) --format testname -- -count=1 -timeout 3h $(TESTFLAGS) ./...

# internal/fuzz_test.go says which parser each target is for.
fuzz: ## Feed every parser of outside text with made-up input (FUZZTIME=10s each)
	@set -e; for file in $$(grep -rl --include='*_test.go' '^func Fuzz' internal | sort); do \
	  for target in $$(sed -n 's/^func \(Fuzz[A-Za-z0-9]*\)(.*/\1/p' $$file); do \
	    echo "$$(dirname $$file) $$target"; \
	    go test ./$$(dirname $$file) -run '^$$' -fuzz "^$$target\$$" -fuzztime $(FUZZTIME); \
	  done; \
	done

fuzz-api: $(SCHEMATHESIS) ## Call the running host as two people in every way (CASES=10000 SEED=1)
	@go build -o .build/hearth ./internal/local
	@SCHEMATHESIS=$(SCHEMATHESIS) .build/hearth fuzz

attack: ## Try every route of the running host with another person's ids, cursors, keys and headers
	@go build -o .build/hearth ./internal/local
	@.build/hearth attack

lint: $(GOLANGCILINT) $(DEADCODE) ## Run the linters and look for dead code
	@$(GOLANGCILINT) run
	@dead="$$($(DEADCODE) -test ./...)" && if [ -n "$$dead" ]; then echo "$$dead"; exit 1; fi

# Every rule is on. (W3005 finds needless DependsOn where the CDK's L2 constructs
# add them; the app uses L1 constructs, so there is nothing to ignore.)
lint-templates: $(CFNLINT) ## Check the templates of both stages with cfn-lint
	@$(MAKE) --no-print-directory synth STAGE=dev
	@$(MAKE) --no-print-directory synth STAGE=prod
	@$(CFNLINT) .build/cdk.out/dev/*.template.json .build/cdk.out/prod/*.template.json

##
## Deploy
##

# No paths, no version-control stamp, no build id: the same code gives the same
# bytes on every machine, and only what changed is deployed.
build: ## Build every function for AWS Lambda, reproducibly, in .build/functions
	@rm -rf .build/functions
	@set -e; for function in $(FUNCTIONS); do \
	  CGO_ENABLED=0 GOOS=linux GOARCH=arm64 go build -trimpath -buildvcs=false -tags lambda.norpc \
	    -ldflags '-s -w -buildid=' -o .build/functions/$$function/bootstrap ./functions/$$function; \
	done

synth: build $(NPM_INFRA) ## Make the template of STAGE=dev|prod, offline, in .build/cdk.out/<stage>
	@case '$(STAGE)' in ''|*[!a-z0-9]*) echo "hearth: STAGE is the name of a stage in cdk.json" >&2; exit 1;; esac
	@rm -rf .build/cdk.out/$(STAGE)
	@$(CDK) synth --quiet -c stage=$(STAGE) --output .build/cdk.out/$(STAGE)
	@echo "Made .build/cdk.out/$(STAGE)/hearth-$(STAGE).template.json"

##
## Prerequisites
##

prerequisites:
	@command -v go >/dev/null || { echo "hearth: Go is missing: install Go 1.26 or later from https://go.dev/dl/" >&2; exit 1; }
	@command -v node >/dev/null && command -v npm >/dev/null || { echo "hearth: Node.js is missing: install Node.js 20 or later, with npm" >&2; exit 1; }
	@node -e 'process.exit(parseInt(process.versions.node, 10) < 20 ? 1 : 0)' || { echo "hearth: Node.js $$(node --version) is too old: install Node.js 20 or later" >&2; exit 1; }
	@command -v java >/dev/null || { echo "hearth: Java is missing: install a JRE 17 or later (DynamoDB Local needs it)" >&2; exit 1; }
	@version="$$(java -version 2>&1 | sed -n 's/.* version "\([0-9]*\).*/\1/p' | head -n 1)"; \
	  [ "$${version:-0}" -ge 17 ] || { echo "hearth: Java $${version:-of unknown version} is too old: install a JRE 17 or later (DynamoDB Local needs it)" >&2; exit 1; }

%/node_modules/.package-lock.json: %/package.json %/package-lock.json
	@echo "Installing the packages of $*"
	@cd $* && npm ci --loglevel=error
	@touch $@

# $(call install,<file>,<package>) builds a tool of the version in its file name.
install = @echo "Building $(notdir $(1))" && GOBIN="$(CURDIR)/.build/bin" go install $(2) && mv .build/bin/$(notdir $(firstword $(subst @, ,$(2)))) $(1)

$(AIR):
	$(call install,$@,github.com/air-verse/air@v1.67.0)
$(GOTESTSUM):
	$(call install,$@,gotest.tools/gotestsum@v1.13.0)
$(GOLANGCILINT):
	$(call install,$@,github.com/golangci/golangci-lint/v2/cmd/golangci-lint@v2.15.0)
$(DEADCODE):
	$(call install,$@,golang.org/x/tools/cmd/deadcode@v0.52.0)
$(CFNLINT):
	@echo "Installing cfn-lint"
	@python3 -m venv .build/cfn-lint-1.58.0
	@.build/cfn-lint-1.58.0/bin/pip install --quiet --disable-pip-version-check cfn-lint==1.58.0
$(SCHEMATHESIS):
	@echo "Installing schemathesis"
	@python3 -m venv .build/schemathesis-4.32.0
	@.build/schemathesis-4.32.0/bin/pip install --quiet --disable-pip-version-check schemathesis==4.32.0
