#!/usr/bin/env bash
# Drives the explorer of an all-in-one of its own with a real browser. Build the programs first.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"

if [[ ! node_modules/.package-lock.json -nt package-lock.json ]]; then
  PLAYWRIGHT_SKIP_BROWSER_DOWNLOAD=1 npm ci --no-audit --no-fund --silent
  touch node_modules/.package-lock.json
fi
exec node with-system.mjs "${CARGO_TARGET_DIR:-../../target}/debug/circulate" explorer.test.mjs
