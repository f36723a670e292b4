#!/usr/bin/env bash
# Composes the subgraphs' schemas into schema/supergraph.graphql.
#   schema/compose.sh           writes the file
#   schema/compose.sh --check   fails when the file is stale, and writes nothing
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"

# A lock file newer than what is installed means that versions have changed.
if [[ ! node_modules/.package-lock.json -nt package-lock.json ]]; then
  npm ci --no-audit --no-fund --silent
  touch node_modules/.package-lock.json
fi
exec node compose.mjs "$@"
