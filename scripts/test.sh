#!/usr/bin/env bash
# Runs the tests that are built, and says at the end which failed and why: a log's last lines are what people see.
#   scripts/test.sh [what swift test takes]
set -uo pipefail
cd "$(dirname "$0")/.."

log=$(mktemp "${TMPDIR:-/tmp}/lossmith-test-log.XXXXXX")
trap 'rm -f "$log"' EXIT

# What started is left out: who reads a log looks for what ended, and how.
swift test "$@" --skip-build 2>&1 | tee "$log" | grep --line-buffered -v '^◇'
status=${PIPESTATUS[0]}

if [ "$status" -ne 0 ]; then
  printf '\nWhat failed:\n'
  # An issue's own line, and the indented or continued lines that explain it.
  awk '
    /^✘ .* recorded an issue/ { print; telling = 12; next }
    telling > 0 && /^(↳|[[:space:]]|\/\/)/ { print; telling--; next }
    { telling = 0 }
    /^✘ (Test|Suite) .* failed after/ || /[Ff]atal error|error: Exited with|unexpected signal/ { print }
  ' "$log" | cut -c 1-600
fi
exit "$status"
