#!/bin/sh
# Every check and every test. The last line is `N passed, N failed`; a check counts as one test.
set -u
cd "$(dirname "$0")/.."
PATH=$(dirname "$(scripts/node-path.sh)"):$PWD/node_modules/.bin:$PWD/.venv/bin:$PATH
export PATH

reports=.tools/reports
rm -rf "$reports" test/replay/fresh
mkdir -p "$reports"

scripts/check.sh
vitest run --reporter=default --reporter=json --outputFile.json="$reports/vitest.json"
echo $? >"$reports/vitest.exit"
(cd python && pytest --quiet --junitxml="../$reports/pytest.xml")
echo $? >"$reports/pytest.exit"

node scripts/test-summary.ts "$reports"
