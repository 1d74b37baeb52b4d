# The only way in: developers, CI and the buildspecs all call these targets.
SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.NOTPARALLEL:
MAKEFLAGS += --no-builtin-rules

PYTHON ?= python3
# The processor that packages are for. Another one than this machine's needs its standard library.
ARCHITECTURE ?= $(shell uname -m)
FUNCTIONS := org-policy-manager tag-on-restore backup-watch

TEMPLATES = $(wildcard cloudformation/*/*.yaml codebuild/*.yaml)
SCRIPTS = .ci/run $(wildcard tools/*.sh tools/*/*.sh)

.PHONY: help
help: ## list these targets
	@awk -F':.*## ' '/^##### / { heading = "\n" substr($$0, 7) } \
	  /^[a-z%-]+:.*## / { if (heading) print heading; heading = ""; printf "  make %-24s %s\n", $$1, $$2 }' \
	  $(MAKEFILE_LIST)

##### What a developer runs

.PHONY: demo
demo: functions .tools/demo/ready .tools/emulator/ready ## policies and restores in a local AWS, with the real templates and functions (KEEP=1: leave it running)
	cd tests && ../.tools/demo/bin/python -m demo $(if $(KEEP),--keep)

.PHONY: rehearsal
rehearsal: needs-git needs-cargo needs-cc .tools/demo/ready .tools/emulator/ready .tools/deploy/ready .tools/templates/ready .tools/guard/ready .tools/build/ready ## the whole solution in a local AWS by the guide's commands (PREBUILT=1: with dist/'s packages; VERBOSE=1)
	@cd tests && PACKAGES=../dist ../.tools/demo/bin/python -m rehearsal $(if $(PREBUILT),--prebuilt) $(if $(PAGE),--page '$(abspath $(PAGE))') $(VERBOSELY)

.PHONY: rehearsal-permissions
rehearsal-permissions: needs-git needs-cargo needs-cc .tools/demo/ready .tools/emulator/ready .tools/deploy/ready .tools/templates/ready .tools/guard/ready .tools/build/ready ## the rehearsal, and which granted action it needs (PREBUILT=1; WITHOUT='ROLE/ACTION ...': really taken away)
	@cd tests && PACKAGES=../dist ../.tools/demo/bin/python -m $(if $(WITHOUT),rehearsal.grants.without $(WITHOUT),rehearsal --permissions $(if $(PREBUILT),--prebuilt)) $(VERBOSELY)

VERBOSELY = $(if $(VERBOSE),--verbose)
# A variable's value as one word of the shell, as it was written.
quoted = '$(subst ','\'',$(value $(1)))'

.PHONY: up shell down
up: functions needs-git .tools/demo/ready .tools/emulator/ready .tools/deploy/ready ## the whole solution, left running in the background (PORT=4566)
	@cd tests && ../.tools/demo/bin/python -m rehearsal.local.up $(if $(PORT),--port '$(PORT)') $(VERBOSELY)
shell: needs-python ## a shell with aws and backupctl set up for what `make up` runs (COMMAND='aws ...')
	@cd tests && $(PYTHON) -m rehearsal.local.shell $(if $(value COMMAND),--command $(call quoted,COMMAND))
down: needs-python ## stop what `make up` runs, and remove all of it
	@cd tests && $(PYTHON) -m rehearsal.local.down

.PHONY: check
check: check-format check-rust check-docs check-dependencies check-templates check-scripts check-types check-baseline check-shipped values-check ## the quick gate: format, lints, docs, dependencies, templates

# What compiles, beside what does not; `step:other` waits for the other one. `make STEP` runs one alone.
.PHONY: test
test: needs-python needs-git needs-cargo needs-cc ## everything, as CI runs it: about 25 minutes on 2 cores the first time
	@$(PYTHON) tools/steps.py '$(COMPILING)' '$(BESIDE)'

COMPILING = check-rust check-docs compiled test-rust package test-packages test-page test-defects
BESIDE = check-format check-scripts check-dependencies check-types check-templates check-baseline \
	check-shipped values-check test-tools test-emulator functions:compiled test-deploy test-functions test-backupctl \
	test-moves test-rehearsal:package demo

.PHONY: bench
bench: package ## the packaged functions beside an empty one: start, calls, memory, AWS calls
	$(PACKAGE) --into dist/test empty-function
	$(call unpack,dist/org-policy-manager.zip)
	$(call unpack,dist/tag-on-restore.zip)
	$(call unpack,dist/test/empty-function.zip)
	{ cargo run --locked --quiet --profile measure --package bench -- \
	    dist/test/{org-policy-manager,tag-on-restore,empty-function}/bootstrap; \
	  printf '\n## Packages\n\n| | bytes | at most |\n|---|--:|--:|\n'; \
	  stat --format '| %n | %s | 3000000 |' dist/{org-policy-manager,tag-on-restore}.zip; \
	  printf '\n## In virtual time, at the rates that AWS publishes\n\n'; \
	  RESTORES=10000 cargo test $(CARGO_CHECKED) --quiet --test aws speed:: -- --nocapture | grep '^|\|^$$' | cat -s; \
	} | tee target/bench.md
	{ sed '/^Medians of/,$$d' docs/evidence/speed.md; cat target/bench.md; } > target/speed.md
	mv target/speed.md docs/evidence/speed.md

# `zipfile` forgets that a file is executable.
unpack = $(PYTHON) -m zipfile --extract $(1) $(unpacked) && chmod +x $(unpacked)/bootstrap
unpacked = dist/test/$(basename $(notdir $(1)))

.PHONY: fmt
fmt: needs-cargo .tools/check/ready ## format Rust and Python
	cargo fmt --all
	.tools/check/bin/ruff check --silent --fix --exit-zero
	.tools/check/bin/ruff format

.PHONY: clean
clean: ## remove what was built; the tools stay
	@[ ! -e target/up ] || $(MAKE) --no-print-directory down
	rm -rf target dist

.PHONY: distclean
distclean: clean ## remove the tools too
	rm -rf .tools

##### Packages

.PHONY: package
package: $(FUNCTIONS:%=package-%) ## dist/<function>.zip for every Lambda function, and dist/SHA256SUMS

.PHONY: $(FUNCTIONS:%=package-%)
$(FUNCTIONS:%=package-%): package-%: needs-cargo needs-cc .tools/build/ready
	$(PACKAGE) $*

# For the help: the rule above makes one target a function.
package-%: ## one function's package, such as package-org-policy-manager

PACKAGE = PATH="$(CURDIR)/.tools/build/bin:$$PATH" python tools/package.py --architecture $(ARCHITECTURE)

# Tools compiled from source: nobody packages them. One is needed for a release, one by `make mutants`.
.tools/sbom/ready .tools/mutants/ready: .tools/%/ready: tools/requirements/%.cargo
	cargo install --locked --root .tools/$* $$(cat $<)
	@touch $@

.PHONY: release
release: needs-git needs-cargo needs-cc .tools/build/ready .tools/sbom/ready ## dist/release: packages, backupctl, bills of materials and checksums (TAG=v0.1.0)
	PATH="$(CURDIR)/.tools/build/bin:$$PATH" python tools/release.py --architecture $(ARCHITECTURE) $(if $(TAG),--tag $(call quoted,TAG))

.PHONY: record-release
record-release: needs-git needs-python ## keep what a released version deploys: the rehearsal takes the next one from there (TAG=v0.1.0)
	$(PYTHON) tools/record_release.py $(call quoted,TAG) $(if $(COMMIT),--commit $(call quoted,COMMIT))

# Their suites run with these: the compiler takes a fraction of the time, and what is shipped is looked at
# by test-packages and by the rehearsal. PACKAGES=dist runs a suite with dist/'s packages instead.
.PHONY: functions
functions: needs-python needs-cargo needs-cc ## both functions built quickly, for the emulator on this machine, never to ship
	@$(PYTHON) tools/functions.py --into target/functions $(FUNCTIONS)

##### The quick gate, piece by piece

CARGO_CHECKED = --workspace --locked

.PHONY: check-format
check-format: needs-cargo .tools/check/ready ## are Rust and Python formatted?
	cargo fmt --all --check
	.tools/check/bin/ruff format --quiet --diff

.PHONY: check-rust
check-rust: needs-cargo needs-cc ## clippy, with every warning an error
	cargo clippy $(CARGO_CHECKED) --all-targets -- --deny warnings

.PHONY: check-docs
check-docs: needs-cargo needs-cc ## do all documentation comments link and parse?
	RUSTDOCFLAGS="--deny warnings" cargo doc $(CARGO_CHECKED) --no-deps

.PHONY: check-dependencies
check-dependencies: needs-cargo .tools/check/ready ## licences, sources, who may use whom, unused dependencies
	.tools/check/bin/cargo-deny --locked check --hide-inclusion-graph --allow unused-wrapper bans licenses sources
	.tools/check/bin/cargo-shear --locked
	$(PYTHON) tools/dependencies.py

.PHONY: check-templates
check-templates: .tools/check/ready ## cfn-lint at its strictest on every template
	$(if $(TEMPLATES),.tools/check/bin/python .tools/check/bin/cfn-lint $(TEMPLATES))

.PHONY: check-scripts
check-scripts: .tools/check/ready ## lint Python, shell and GitHub's workflows
	.tools/check/bin/ruff check --quiet
	.tools/check/bin/shellcheck $(SCRIPTS)
	.tools/check/bin/actionlint -shellcheck .tools/check/bin/shellcheck $(wildcard .github/workflows/*.yml)

.PHONY: check-types
check-types: .tools/emulator/ready ## are the emulator's Python types right?
	@$(MAKE) --no-print-directory -C emulator types

.PHONY: advisories
advisories: needs-cargo .tools/check/ready ## known vulnerabilities in dependencies (fetches the database)
	.tools/check/bin/cargo-deny --locked check advisories

##### Tests, piece by piece

.PHONY: test-rust
test-rust: needs-cargo needs-cc ## unit, law, wire and documentation tests of every crate
	cargo test $(CARGO_CHECKED)

.PHONY: test-tools
test-tools: .tools/build/ready ## the tools of this Makefile
	cd tools && ../.tools/build/bin/python -m pytest --quiet tests

.PHONY: test-emulator
test-emulator: .tools/emulator/ready ## the emulator against what AWS documents
	@$(MAKE) --no-print-directory -C emulator test

.PHONY: test-packages
test-packages: package ## the packages are as promised, and a panic is answered
	$(PACKAGE) --into dist/test system-tests:panicking-function
	cd tools && ../.tools/build/bin/python -m pytest --quiet ../tests/packages

.PHONY: test-functions
test-functions: functions .tools/demo/ready .tools/emulator/ready ## both functions, packaged, behind their templates on the emulator; and what all suites share
	cd tests && ../.tools/demo/bin/python -m pytest --quiet kit demo functions

# With the features of the whole workspace, or everything would be compiled a second time.
.PHONY: compiled
compiled: needs-cargo needs-cc
	cargo test $(CARGO_CHECKED) --no-run

.PHONY: test-backupctl
test-backupctl: compiled functions .tools/demo/ready .tools/emulator/ready ## the command line's live commands on the emulator
	cd tests && ../.tools/demo/bin/python -m pytest --quiet backupctl

.PHONY: test-page
test-page: compiled .tools/page/ready ## the pages of `backupctl effective`, of `backupctl status` and of the rehearsal in headless Chromium, where there is one
	cd tests && ../.tools/page/bin/python -m pytest --quiet page

.PHONY: test-rehearsal
test-rehearsal: package compiled ## the rehearsal with dist/'s packages, and the permissions that it needs
	BACKUPCTL='$(CURDIR)/target/debug/backupctl' $(MAKE) --no-print-directory rehearsal-permissions PREBUILT=1

# Two targets, so that they can run beside each other.
MOVES = $(addprefix rehearsal/tests/test_,moving.py next_version.py acceptance.py)
IN_THE_REHEARSAL = compiled functions .tools/demo/ready .tools/emulator/ready .tools/deploy/ready .tools/templates/ready .tools/guard/ready
PYTEST_OF_THE_REHEARSAL = cd tests && BACKUPCTL='$(CURDIR)/target/debug/backupctl' ../.tools/demo/bin/python -m pytest --quiet

.PHONY: test-defects test-moves
test-defects: $(IN_THE_REHEARSAL) ## the defects, faults and interruptions that the rehearsal must see
	$(PYTEST_OF_THE_REHEARSAL) $(addprefix --ignore ,$(MOVES)) rehearsal
test-moves: $(IN_THE_REHEARSAL) ## from the original's stacks and handwork, to the next version, and `make acceptance` with its faults
	$(PYTEST_OF_THE_REHEARSAL) $(MOVES)

##### Now and then

.PHONY: simulate
simulate: needs-cargo needs-cc ## more simulated lives of both functions (SEEDS=10000 each, FIRST=0; SEED=17: this one alone)
	$(if $(SEED),SIMULATION_SEED=$(SEED),SIMULATION_FIRST=$(or $(FIRST),0) SIMULATION_SEEDS=$(or $(SEEDS),10000)) \
	  cargo test $(CARGO_CHECKED) --test aws -- --nocapture $(or $(TEST),simulation::)

.PHONY: mutants
mutants: needs-git needs-cargo needs-cc .tools/build/ready .tools/mutants/ready ## does a test notice each changed decision? What changed since the last run (MINUTES=60, FILES='crates/...', AGAIN=1)
	@cd tools && ../.tools/build/bin/python -m mutants $(if $(MINUTES),--minutes '$(MINUTES)') $(if $(AGAIN),--again) $(FILES)

.PHONY: bench-policy
bench-policy: needs-cargo needs-cc needs-python ## how long it takes to check the largest policy, and to merge and show for 100,000 accounts
	cargo bench --locked --package backup-policy --bench validate --bench effective
	cargo build --locked --profile tool --package backupctl --no-default-features
	$(PYTHON) tests/bench/effective.py target/tool/backupctl

.PHONY: regions
regions: .tools/regions/ready ## renew the list of AWS Regions from botocore
	.tools/regions/bin/python tools/regions.py > crates/backup-policy/src/regions/list.rs

.PHONY: aws-data
aws-data: needs-python needs-npm ## renew AWS's published policies and actions, by which the emulator judges (needs npm)
	$(PYTHON) tools/aws_data.py

.PHONY: fuzz
fuzz: needs-cargo needs-cc needs-python ## arbitrary bytes for whatever reads what others wrote (TARGET=schedule; RUNS=20000 each; RECORD=1: keep the figures)
	$(PYTHON) tools/fuzz.py --runs $(or $(RUNS),20000) $(if $(RECORD),--record) $(TARGET)

##### Tools, each in an environment of its own: some pin what others pin differently

.tools/build/ready: tools/requirements/build.txt
.tools/check/ready: tools/requirements/check.txt
.tools/lock/ready: tools/requirements/lock.txt
.tools/emulator/ready: emulator/requirements.txt
.tools/demo/ready: tests/kit/requirements.txt
.tools/page/ready: tests/page/requirements.txt
.tools/regions/ready: tools/requirements/regions.txt

.tools/%/ready: tools/environment.py | needs-python
	$(PYTHON) tools/environment.py .tools/$* $(filter %.txt,$^)
	@touch $@

.PHONY: lock
lock: .tools/lock/ready ## pin every requirements file anew from its .in file
	for file in tools/requirements/*.in emulator/requirements.in tools/*/requirements.in tests/*/requirements*.in; do \
	  (cd "$$(dirname "$$file")" && name="$$(basename "$$file" .in)" && \
	  "$(CURDIR)/.tools/lock/bin/uv" pip compile --quiet --upgrade --no-header --universal --python-version 3.11 \
	    --no-python-downloads --generate-hashes "$$name.in" --output-file "$$name.txt"); done

.PHONY: needs-python needs-cargo needs-cc needs-git needs-npm
needs-python: ; @$(call needs,$(PYTHON),Python 3.11 or newer)
needs-cargo: ; @$(call needs,cargo,Rust $(shell sed -n 's/^channel = "\(.*\)"/\1/p' rust-toolchain.toml) (rustup installs it))
needs-cc: ; @$(call needs,cc,a C compiler (on Debian and Ubuntu: apt install build-essential))
needs-git: ; @$(call needs,git,git (on Debian and Ubuntu: apt install git))
needs-npm: ; @$(call needs,npm,npm (it comes with Node.js; nothing else here needs it))
needs = command -v "$(1)" >/dev/null || { echo 'make: `$(1)` is missing: install $(2)' >&2; exit 1; }

include tools/deploy/deploy.mk
