# Okno. `make demo` shows it, `make test` is the whole truth, `make help` lists the rest.

DIST   := internal/web/ui/dist/manifest.json
ASSETS := package-lock.json internal/web/ui/build.mjs $(shell find internal/web/ui/assets -type f 2>/dev/null)

.PHONY: demo build test test-all lint generate fuzz bench clean help

demo: build ## build and serve http://localhost:8080 with a sandbox world; ARGS="--expose" and the like
	bin/okno demo $(ARGS)

build: $(DIST) ## build bin/okno
	go build -o bin/okno ./cmd/okno

node_modules/.package-lock.json: package.json package-lock.json
	@command -v npm >/dev/null || { echo 'Node.js 20 or later is needed (npm was not found)' >&2; exit 1; }
	npm ci --no-audit --no-fund
	@touch $@

$(DIST): node_modules/.package-lock.json $(ASSETS)
	npm run build
	@touch $@

test: ## everything that must hold: build, vet, lint, layers, generated code, tests on both engines, journeys
	scripts/need
	scripts/with-postgres scripts/test

test-all: ## the same with every journey in every language, engine and browser, races wherever no browser is driven, fuzzing and times
	scripts/need
	OKNO_ALL=1 scripts/with-postgres scripts/test

lint: ## the linters alone (the first run compiles them)
	go tool -modfile=tools/go.mod golangci-lint run

generate: $(DIST) ## write what is generated: templates to Go, icons
	go tool templ generate -log-level warn

fuzz: ## let every fuzz target run for FUZZTIME (30s)
	scripts/fuzz

tools/lighthouse/node_modules/.package-lock.json: tools/lighthouse/package.json tools/lighthouse/package-lock.json
	npm ci --prefix tools/lighthouse --no-audit --no-fund
	@touch $@

# Lighthouse is 190 MB, which nothing else needs: it is fetched when that part is named, or none is.
bench: build $(if $(filter lighthouse,$(or $(filter-out --%,$(ARGS)),lighthouse)),tools/lighthouse/node_modules/.package-lock.json) ## measure the program beside what it is compared with; ARGS="signin session" and the like
	scripts/need
	OKNO_PG_DURABLE=1 scripts/with-postgres bin/okno bench $(ARGS)

clean: ## throw away what make made
	rm -rf bin node_modules tools/lighthouse/node_modules
	find internal/web/ui/dist -mindepth 1 ! -name .keep -delete

help: ## this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-9s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)
