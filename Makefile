# Annals. `make` alone prints what there is; a fresh machine needs Go, Node and make, nothing else.
SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help

NPM := npm --no-audit --no-fund --loglevel=error
SOURCES := $(shell find backend migrations -name '*.go' -o -name '*.sql' -o -name '*.yaml') go.mod go.sum
PORTAL := $(shell find frontend/src frontend/public -type f 2>/dev/null) frontend/index.html frontend/vite.config.ts frontend/package-lock.json

help: ## what there is
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 12

run: build ## build, start with the demo at http://127.0.0.1:8080
	@bin/annals serve --demo

build: bin/annals ## build portal and server into bin/annals

bin/annals: $(SOURCES) frontend/embed.go frontend/dist/index.html tools/postgres/node_modules/.installed
	@echo "building the server"
	@CGO_ENABLED=0 go build -trimpath -o $@ ./backend/cmd/annals

frontend/dist/index.html: $(PORTAL) frontend/node_modules/.installed
	@echo "building the portal"
	@cd frontend && $(NPM) run build > build.log 2>&1 || { cat build.log; exit 1; }
	@rm -f frontend/build.log; touch $@

%/node_modules/.installed: %/package-lock.json
	@echo "installing $*"
	@cd $* && $(NPM) ci && touch node_modules/.installed

test: build frontend/tools/openapi/node_modules/.installed ## every test, the browser's included
	@bash .ci/test

check: frontend/node_modules/.installed frontend/tools/openapi/node_modules/.installed frontend/dist/index.html ## linters and generated files
	@bash .ci/check

bench: tools/postgres/node_modules/.installed frontend/dist/index.html ## the benchmarks, each figure beside its limit or marked as without one
	@ANNALS_TEST_DURABLE=1 go test -p 1 -run '^$$' -bench . -benchtime 1x ./backend/importer ./backend/demo ./backend/audit ./backend/httpapi | grep -E 'Benchmark|FAIL|panic'

dev: build ## hot reload: the portal at http://127.0.0.1:5173, the server behind it
	@trap 'kill 0' EXIT; bin/annals serve --demo & cd frontend && npx vite --host 127.0.0.1

generate: build frontend/tools/openapi/node_modules/.installed ## the API's document, the portal's types from it, docs/events.md
	@bin/annals coverage > docs/events.md
	@bin/annals openapi > frontend/openapi.json
	@cd frontend && $(NPM) run generate

.PHONY: help run build test check bench dev generate
