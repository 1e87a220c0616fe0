#!/bin/sh
# Sets up a fresh clone, installs what the tests need (see tools/install-test-tools.sh), and runs all checks:
# the tests here, and a share of them on other kernels, which takes some minutes. TCPDROP_MATRIX=no skips these.
set -eu
cd "$(dirname "$0")/.."
. tools/lib.sh
need_node
as_root sh tools/install-test-tools.sh
set_up
npm run --silent lint
npm run --silent check:package
node dist/tools/gen-uapi.js --check
node dist/tools/render-fields.js --check
# Unit tests and tests with real drops in one run, so that one line counts them all. As root: they create
# network namespaces. Failures are repeated at the end, because they are thousands of lines up.
report=$(mktemp)
trap 'rm -f "$report"' EXIT
status=0
# Node 20 does not expand patterns itself; no file name here has a space.
# shellcheck disable=SC2046
as_root "$(command -v node)" --test --test-concurrency=1 \
  --test-reporter=tap --test-reporter-destination=stdout \
  --test-reporter=spec --test-reporter-destination="$report" \
  $(find dist/src dist/tools dist/test -name '*.test.js' | sort) || status=$?
sed -n '/failing tests:/,$p' "$report"
if [ "${TCPDROP_MATRIX:-yes}" = no ]; then
  echo "Other kernels were skipped: TCPDROP_MATRIX=no"
else
  # The tests of this kernel's row ran above.
  as_root "$(command -v node)" dist/test/matrix/matrix.js --guests || status=$?
fi
exit "$status"
