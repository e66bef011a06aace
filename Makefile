# Thin front of the CMake presets; `make help` lists the targets.
PRESET ?= release
JOBS ?= $(shell nproc 2>/dev/null || echo 2)
SPILLWAY = build/release/spillway
FUZZ_SECONDS ?= 20
FUZZ_INPUTS ?= 1000000
T ?= .

.PHONY: all build test check check-long check-gpu gpu-bundle demo protocol stress bench bench-kernels bench-gpu bench-server lint format fuzz fuzz-long coverage install clean help
all: build ## build spillway (release)

build:
	@scripts/deps build
	@scripts/build $(PRESET) $(JOBS) spillway libspillway pages

test: ## build, and run the tests whose name matches T: make test T=kv (PRESET=asan: under sanitizers)
	@scripts/deps build test
	@scripts/npm_packages web tests/api tests/clients
	@scripts/build $(PRESET) $(JOBS)
	@ctest --preset $(PRESET) -j $(JOBS) -R '$(T)' --no-tests=error

check: ## everything that CI runs: lint, every test in release and under sanitizers, ARM kernels (about 16 minutes on two cores from nothing)
	@scripts/deps build test lint arm
	@scripts/check $(JOBS)

check-long: ## what takes longer: ThreadSanitizer, every instruction set, demo models under ASan, fuzzing (about an hour)
	@scripts/deps build test long
	@scripts/check_long $(JOBS)

check-gpu: ## every GPU kernel, graphs and whole engines against the definition, on this machine's GPU (DEVICE=cuda:1 for another)
	@scripts/deps build test
	@scripts/build release $(JOBS) spillway test_gpu_vector test_gpu_products test_gpu_attend test_gpu_experts test_gpu_segments test_gpu_backend
	@scripts/check_gpu $(DEVICE)

gpu-bundle: ## one file for a GPU machine where nothing can be installed: build/spillway-gpu.tar.gz, with a check of that GPU
	@scripts/deps build test
	@scripts/build release $(JOBS) spillway test_gpu_vector test_gpu_products test_gpu_attend test_gpu_experts test_gpu_segments
	@scripts/gpu_bundle build/release build/spillway-gpu.tar.gz

demo: ## measure the three small models, once and without pauses, and write a report (half a minute)
	@scripts/deps build
	@scripts/build release $(JOBS) spillway
	@scripts/demo $(SPILLWAY) --repeat 1 --pause 0

protocol: ## measure the three small models by the protocol as it is written: pauses of 5 s, every test three times
	@scripts/deps build
	@scripts/build release $(JOBS) spillway
	@scripts/demo $(SPILLWAY)

stress: ## a short form of the stress protocol on the three small models, with a report (under five minutes)
	@scripts/deps build
	@scripts/build release $(JOBS) spillway
	@scripts/stress $(SPILLWAY)

bench: ## measure spillway beside llama.cpp on MODELS="a.gguf b.gguf", or on models that it writes (Node.js 20, npm)
	@scripts/deps build
	@scripts/build release $(JOBS) spillway bench_kernels
	@scripts/bench_peer build/release $(MODELS)

bench-kernels: ## measure the kernels beside this machine's bandwidth, attention, packing, sampling
	@scripts/deps build
	@scripts/build release $(JOBS) bench_kernels bench_attend bench_pack bench_sampler
	@build/release/bench/bench_kernels
	@build/release/bench/bench_attend
	@build/release/bench/bench_pack
	@build/release/bench/bench_sampler

bench-gpu: ## measure this machine's GPU: copies, launches, products, attention (DEVICE=cuda:1 for another)
	@scripts/deps build test
	@scripts/build release $(JOBS) bench_gpu
	@build/release/bench/bench_gpu $(DEVICE)

bench-server: ## measure the server under load: requests/s, time to the first token, memory
	@scripts/deps build
	@scripts/deps bench || true
	@scripts/build release $(JOBS) spillway
	@bench/server_load

lint: ## layout, static analysis, layers, names in comments
	@scripts/deps lint
	@scripts/lint

format: ## format the C sources with clang-format
	@scripts/deps lint
	@clang-format -i $$(git ls-files '*.c' '*.h' '*.cu')

fuzz: ## run every fuzz target for FUZZ_SECONDS (20) each
	@scripts/deps build test
	@scripts/build fuzz $(JOBS)
	@scripts/fuzz build/fuzz $(FUZZ_SECONDS)

fuzz-long: ## run the fuzz target of every API dialect with FUZZ_INPUTS (1,000,000) inputs, under ASan and UBSan
	@scripts/deps build test
	@scripts/build fuzz $(JOBS)
	@scripts/fuzz build/fuzz $(FUZZ_INPUTS)x $$(basename -s .c $$(grep -l '"dialects/' tests/fuzz/fuzz_*.c))

coverage: ## run the tests and print which lines and functions they ran, per room (about 15 minutes)
	@scripts/deps build test
	@scripts/npm_packages web tests/api tests/clients
	@scripts/coverage $(JOBS)

install: build ## install to PREFIX (/usr/local); DESTDIR is honoured
	@cmake --install build/$(PRESET) --prefix $(or $(PREFIX),/usr/local)

clean: ## remove build/
	@rm -rf build

help: ## this list
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## (.*)/  make \1\t\2/' | expand -t 24
