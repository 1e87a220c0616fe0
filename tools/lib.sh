# Shared by the scripts beside it: what a bare machine may lack, and who runs it. Sourced, not run.

# Commands that need rights run as root: directly, or through sudo.
as_root() {
  if [ "$(id -u)" = 0 ]; then "$@"; else sudo "$@"; fi
}

# Ends with how to get Node.js and npm, unless both are there and Node.js is new enough.
need_node() {
  if ! command -v node >/dev/null; then
    problem="node is not in PATH"
  elif ! node -e '
    var is = process.versions.node.split("."), least = require("./package.json").engines.node.match(/\d+/g);
    process.exit(+is[0] > +least[0] || (+is[0] === +least[0] && +is[1] >= +least[1]) ? 0 : 1)'
  then
    problem="this is $(node --version) ($(command -v node))"
  elif ! command -v npm >/dev/null; then
    problem="npm is not in PATH"
  else
    return 0
  fi
  echo "Cannot set up tcpdrop: $problem" >&2
  cat tools/get-node.txt >&2
  exit 1
}

# Installs npm packages and builds, unless both are there and newer than what they are made from.
set_up() {
  need_node
  if [ ! -f node_modules/.package-lock.json ] || [ package-lock.json -nt node_modules/.package-lock.json ]; then
    npm ci --ignore-scripts --no-audit --no-fund --loglevel=error >&2
  fi
  # What was built from files that are gone would still be run.
  rm -rf dist
  npm run --silent build >&2
}
