#!/bin/sh
# Every check that runs nothing of the product. One line each; what failed shows its output.
# Writes how many passed and failed to .tools/reports/checks.
set -u
cd "$(dirname "$0")/.."
PATH=$(dirname "$(scripts/node-path.sh)"):$PWD/node_modules/.bin:$PWD/.venv/bin:$PATH
export PATH

passed=0
failed=0
mkdir -p .tools/reports
output=.tools/reports/check.log

# check NAME COMMAND...
check() {
	name=$1
	shift
	if "$@" >"$output" 2>&1; then
		passed=$((passed + 1))
		printf '  ok    %s\n' "$name"
	else
		failed=$((failed + 1))
		printf '  FAIL  %s\n' "$name"
		sed 's/^/        /' "$output"
	fi
}

folders=
for folder in src workflows activities demo bench scripts test; do
	[ -d "$folder" ] && folders="$folders $folder"
done

echo "checks"
check types tsc --noEmit
check lint oxlint --deny-warnings
check formatting oxfmt --check .
# shellcheck disable=SC2086 # a list of folders
check "import rules" depcruise $folders --config .dependency-cruiser.cjs
check "unused code" knip --no-progress
check "python lint" sh -c 'cd python && ruff check .'
check "python formatting" sh -c 'cd python && ruff format --check .'
check "python types" sh -c 'cd python && mypy .'

echo "$passed $failed" >.tools/reports/checks
[ "$failed" -eq 0 ]
