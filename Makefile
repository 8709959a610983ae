# make discover   install what is missing, build, search for losses for 5 minutes: no key, no network
# make discover-long   the same for 15 minutes
# make test       install, build, test
# make experiment-3   losses on human preferences, policies fitted first (docs/experiments.md)
# make build      leaves .build/release/lossmith
# make install    PREFIX=/usr/local by default
PREFIX ?= /usr/local
DESTDIR ?=

# One build serves program and tests: both use the same flags.
SWIFT_FLAGS := -c release -Xswiftc -enable-testing
PROGRAM := .build/release/lossmith

.PHONY: all build discover discover-long experiment-3 test format-check format install clean dependencies \
	test-dependencies

all: build

dependencies:
	@scripts/install-dependencies.sh

build: dependencies
	swift build $(SWIFT_FLAGS) --build-tests

discover: build
	$(PROGRAM) discover --proposer evolve --minutes 5

discover-long: build
	$(PROGRAM) discover --proposer evolve --minutes 15

# The tests of pages need a browser besides.
test-dependencies:
	@scripts/install-dependencies.sh --tests

test: format-check test-dependencies build
	@scripts/test.sh $(SWIFT_FLAGS)

# Fixtures are broken, slow or hostile on purpose.
SWIFT_FILES = find Package.swift Sources Plugins Tests -name '*.swift' -not -path '*/Fixtures/*'

format-check:
	@$(SWIFT_FILES) | xargs swift format lint --strict --parallel

format:
	@$(SWIFT_FILES) | xargs swift format --in-place --parallel

experiment-3: build
	@experiments/human-preferences/run.sh $(PROGRAM)

install: build
	@scripts/install.sh "$(DESTDIR)$(PREFIX)"

clean:
	rm -rf .build
