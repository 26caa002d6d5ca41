# What a person types. `make` alone prints this list.

# The default target first.
.PHONY: help
help:
	@echo 'make setup        install what is missing: libclang, PostgreSQL, a C compiler'
	@echo 'make demo         filter a dump that ships with the project, and look at it'
	@echo 'make test         format, lints, documentation, tests; restores into the PostgreSQL of this machine'
	@echo 'make test-matrix  the tests that need a server, on PostgreSQL 14 to 18'
	@echo 'make bench        how fast, beside cat'
	@echo 'make fuzz         fuzz each target for a minute (FUZZ_SECONDS=60)'
	@echo 'make clean        remove what was built and fetched'

VERSIONS ?= 14 15 16 17 18
FUZZ_SECONDS ?= 60

.PHONY: setup
setup:
	@bash .ci/setup

.PHONY: demo
demo:
	@bash .ci/setup build
	@bash docs/demo/demo.sh

.PHONY: fmt-check
fmt-check:
	cargo fmt --all --check

.PHONY: test
test: setup fmt-check
	cargo clippy --locked --all-targets -- -D warnings
	RUSTDOCFLAGS='-D warnings' cargo doc --locked --no-deps --document-private-items
	cargo test --locked

.PHONY: test-matrix
test-matrix: setup
	bash tests/fetch-postgres.sh $(VERSIONS)
	cargo test --locked --no-run
	@for version in $(VERSIONS); do \
	    echo "== PostgreSQL $$version" && \
	    PGVEIL_PG_BIN=.cache/postgres/$$version/bin cargo test --locked --quiet --test it -- server:: || exit 1; \
	done

.PHONY: bench
bench:
	@bash .ci/setup build
	cargo bench --locked
	bash benches/side_by_side.sh
	bash benches/archives.sh

# cargo-fuzz asks for flags of the nightly compiler; RUSTC_BOOTSTRAP has the stable one take them.
.PHONY: fuzz
fuzz:
	@bash .ci/setup build
	@cargo fuzz --version >/dev/null 2>&1 || { echo 'fuzz: run: cargo install cargo-fuzz' >&2; exit 1; }
	@for target in $$(RUSTC_BOOTSTRAP=1 cargo fuzz list); do \
	    RUSTC_BOOTSTRAP=1 cargo fuzz run "$$target" -- -max_total_time=$(FUZZ_SECONDS) -max_len=65536 || exit 1; \
	done

.PHONY: clean
clean:
	cargo clean
	rm -rf .cache
