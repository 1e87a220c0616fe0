#!/bin/sh
# Sets up a fresh clone and shows real TCP drops within seconds. Takes the options of `tcpdrop demo`.
set -eu
cd "$(dirname "$0")/.."
. tools/lib.sh
set_up
as_root env "PATH=$PATH" dist/bin/cli/main.cjs demo "$@"
