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
# As root: tests create network namespaces. What failed stands at the end, because it is thousands of lines up.
status=0
as_root "$(command -v node)" dist/tools/run-tests.js || status=$?
if [ "${TCPDROP_MATRIX:-yes}" = no ]; then
  echo "Other kernels were skipped: TCPDROP_MATRIX=no"
else
  # The tests of this kernel's row ran above.
  as_root "$(command -v node)" dist/test/matrix/matrix.js --guests || status=$?
fi
exit "$status"
