# Thin front of the CMake presets; `make help` lists the targets.
PRESET ?= release
JOBS ?= $(shell nproc 2>/dev/null || echo 2)
SPILLWAY = build/release/spillway
FUZZ_SECONDS ?= 20

.PHONY: all build check demo bench bench-kernels lint format fuzz install clean help
all: build ## build spillway (release)

build:
	@scripts/deps build
	@scripts/build $(PRESET) $(JOBS) spillway

check: ## build with warnings as errors and run every test, in release and under sanitizers
	@scripts/deps build test lint arm
	@scripts/check $(JOBS)

demo: ## serve the demo model, run the nine-test benchmark against it, leave a report
	@scripts/deps build
	@scripts/build release $(JOBS) spillway
	@scripts/demo $(SPILLWAY)

bench: ## spillway beside llama.cpp on MODELS="a.gguf b.gguf", or on models it writes (needs Node.js 20 and npm)
	@scripts/deps build
	@scripts/build release $(JOBS) spillway bench_kernels
	@scripts/bench_peer build/release $(MODELS)

bench-kernels: ## micro-benchmarks: kernels against this machine's bandwidth, attention, packing, sampling
	@scripts/deps build
	@scripts/build release $(JOBS) bench_kernels bench_attend bench_pack bench_sampler
	@build/release/bench/bench_kernels
	@build/release/bench/bench_attend
	@build/release/bench/bench_pack
	@build/release/bench/bench_sampler

lint: ## layout, static analysis, layers
	@scripts/deps lint
	@scripts/lint

format: ## lay out the C sources
	@scripts/deps lint
	@clang-format -i $$(git ls-files '*.c' '*.h')

fuzz: ## every fuzz target for FUZZ_SECONDS (20) each
	@scripts/deps build test
	@scripts/build fuzz $(JOBS)
	@scripts/fuzz build/fuzz $(FUZZ_SECONDS)

install: build ## install to /usr/local (DESTDIR and PREFIX are honoured)
	@cmake --install build/$(PRESET) --prefix $(or $(PREFIX),/usr/local)

clean: ## remove build/
	@rm -rf build

help: ## this list
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## (.*)/  make \1\t\2/' | expand -t 20
