#!/bin/sh
# Sets up on a fresh clone, installs what the tests need (tools/install-test-tools.sh says what), and runs everything.
set -eu
cd "$(dirname "$0")/.."
. tools/lib.sh
as_root sh tools/install-test-tools.sh
set_up
npm run --silent lint
node dist/tools/gen-uapi.js --check
node dist/tools/render-fields.js --check
# Unit tests and tests with real drops in one run, so that one line counts them all. They make network namespaces: as root.
# Node 20 expands no patterns itself; file names here hold no spaces.
# shellcheck disable=SC2046
as_root "$(command -v node)" --test --test-concurrency=1 $(find dist/src dist/tools dist/test -name '*.test.js' | sort)
