#!/usr/bin/env bash
# The one test command: finds or starts PostgreSQL and RabbitMQ, runs every suite, and ends with
# the line "<n> passed, <n> failed". Exits with 0 only when nothing failed.
#
#   DATABASE_URL, AMQP_URL   servers to use instead of looking for them
#   SERVERS=running|docker|packages   look in this one place only
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

export CIRCULATE_TEST_RUN=$$
work=$(mktemp -d)
chmod 755 "$work"
source tests/servers.sh

finish() {
  local status=$?
  trap - EXIT
  sweep_run || true
  stop_servers || true
  rm -rf "$work"
  exit "$status"
}
trap finish EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

find_postgres
find_rabbitmq
export DATABASE_URL AMQP_URL

rows=()
total_passed=0
total_failed=0

# suite <name> <minutes> <counter> <command…>: runs a suite within its budget and counts its tests.
suite() {
  local name=$1 minutes=$2 counter=$3 log started status=0 passed failed ignored
  shift 3
  log="$work/${name//[^a-z0-9]/-}.log"
  printf '\n== %s (at most %s min): %s\n' "$name" "$minutes" "$*"
  started=$SECONDS
  timeout --kill-after=30 "${minutes}m" "$@" 2>&1 | tee "$log" || status=${PIPESTATUS[0]}
  read -r passed failed ignored < <("$counter" "$log")
  # A suite that breaks before or outside of its tests has failed too.
  if ((status != 0 && failed == 0)); then failed=1; fi
  if ((status == 124)); then echo "the budget of $minutes min is used up"; fi
  rows+=("$(printf '%-28s %7s %7s %7s %8s' "$name" "$passed" "$failed" "$ignored" "$((SECONDS - started))")")
  total_passed=$((total_passed + passed))
  total_failed=$((total_failed + failed))
  last_passed=$passed last_failed=$failed last_ignored=$ignored
}

# Counters print "<passed> <failed> <ignored>" for a log.
count_rust() {
  awk '/^test result:/ { for (i = 1; i < NF; i++) {
         if ($(i+1) == "passed;") p += $i; if ($(i+1) == "failed;") f += $i; if ($(i+1) == "ignored;") g += $i } }
       END { print p + 0, f + 0, g + 0 }' "$1"
}
count_lines() { echo "$(grep -c '^ok ' "$1" || true) $(grep -c '^FAIL ' "$1" || true) 0"; }
count_none() { echo "0 0 0"; }

# One build of everything, so that no suite's budget is spent on compiling.
suite "build" 25 count_none cargo build --workspace --all-targets --locked --quiet
if ((total_failed == 0)); then
  # The composer that ours is compared with.
  bash gateway/simulator/oracle/install.sh
  suite "unit and integration" 20 count_rust cargo test --workspace --locked --quiet --no-fail-fast -- --skip e2e::
  WORLD=embedded suite "e2e embedded" 8 count_rust cargo test --workspace --locked --quiet --test e2e
  embedded=$last_passed embedded_bad=$((last_failed + last_ignored))
  # For sweep_run: the suite's program, which knows what it leaves behind when it is cut short.
  services_suite=$(ls -t target/debug/deps/e2e-* | grep -v '\.d$' | head -1)
  WORLD=services suite "e2e services" 10 count_rust cargo test --workspace --locked --quiet --test e2e
  services=$last_passed services_bad=$((last_failed + last_ignored))
  # Services may keep their data in different databases: the same once more, two of them on SQLite.
  WORLD=mixed suite "e2e mixed" 10 count_rust cargo test --workspace --locked --quiet --test e2e
  mixed=$last_passed mixed_bad=$((last_failed + last_ignored))
  find_browser
  suite "explorer in a browser" 4 count_lines bash tests/explorer/run.sh

  printf '\ne2e: %s tests passed embedded, %s as services, %s mixed\n' "$embedded" "$services" "$mixed"
  if ((embedded != services || mixed != services || embedded == 0 || embedded_bad + services_bad + mixed_bad > 0)); then
    echo "FAIL: all worlds must pass the same tests, all of them"
    total_failed=$((total_failed == 0 ? 1 : total_failed))
  fi
fi

printf '\n%-28s %7s %7s %7s %8s\n' suite passed failed ignored seconds
printf '%s\n' "${rows[@]}"
printf '\n%s passed, %s failed\n' "$total_passed" "$total_failed"
((total_failed == 0 && total_passed > 0))
