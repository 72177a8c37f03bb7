#!/bin/sh
# Builds the dashboard into web/dist. Maven calls it on every build, so it does only what is needed:
# packages are installed when the lock changed, sources are built when one is newer than the last build.
set -eu
cd "$(dirname "$0")"

fail() {
  echo "web/build.sh: $1" >&2
  exit 1
}

command -v node >/dev/null 2>&1 ||
  fail "Node.js was not found on the PATH. The dashboard needs Node.js 20.19 or newer to build (on Debian or Ubuntu: apt-get install nodejs npm)."
command -v npm >/dev/null 2>&1 ||
  fail "npm was not found on the PATH. It usually comes with Node.js (on Debian or Ubuntu: apt-get install npm)."
node -e 'const [a, b] = process.versions.node.split(".").map(Number); process.exit(a > 20 || (a === 20 && b >= 19) ? 0 : 1)' ||
  fail "Node.js $(node --version) is too old. The dashboard needs 20.19 or newer."

# npm writes node_modules/.package-lock.json at the end of an install: its age is the install's age.
if [ ! -f node_modules/.package-lock.json ] || [ package-lock.json -nt node_modules/.package-lock.json ]; then
  echo "web/build.sh: installing packages"
  # Not `npm ci`: it refuses a lock that lacks the packages of platforms which some mirrors do not carry.
  # The versions are the lock's all the same.
  npm install --no-save --no-audit --no-fund --loglevel=error
  touch node_modules/.package-lock.json
fi

stamp=node_modules/.dashboard-built
if [ -f "$stamp" ] && [ -f dist/index.html ] && [ -z "$(find . -mindepth 1 \( -path ./node_modules -o -path ./dist -o -path ./recorder/dist \) -prune -o -newer "$stamp" -print | head -n 1)" ]; then
  echo "web/build.sh: dist is up to date"
  exit 0
fi

# The stamp is made first, so that a source changed during the build is newer than it.
touch "$stamp.begun"
npm run --silent build
mv "$stamp.begun" "$stamp"
