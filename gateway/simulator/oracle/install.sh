#!/usr/bin/env bash
# Installs the oracle: the npm packages that compose.mjs needs. Does nothing when they are there.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"

# A lock file newer than what is installed means that versions have changed.
if [[ ! node_modules/.package-lock.json -nt package-lock.json ]]; then
  npm ci --no-audit --no-fund --silent
  touch node_modules/.package-lock.json
fi
