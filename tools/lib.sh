# Shared by the scripts beside it: what a bare machine may lack, and who runs it. Sourced, not run.

# Commands that need rights run as root: directly, or through sudo.
as_root() {
  if [ "$(id -u)" = 0 ]; then "$@"; else sudo "$@"; fi
}

# Installs npm packages and builds, unless both are there and newer than what they are made from.
set_up() {
  command -v node >/dev/null || { echo "Node.js 20.19 or later is needed: https://nodejs.org" >&2; exit 1; }
  if [ ! -f node_modules/.package-lock.json ] || [ package-lock.json -nt node_modules/.package-lock.json ]; then
    npm ci --ignore-scripts --no-audit --no-fund --loglevel=error >&2
  fi
  # What was built from files that are gone would still be run.
  rm -rf dist
  npm run --silent build >&2
}
