#!/bin/sh
# Prints the Node that runs this clone: its own, else the system's when that runs TypeScript files as they are
# (22.18 and later). Exit status 1 when there is none.
set -eu

own=$(cd "$(dirname "$0")/.." && pwd -P)/.tools/node_modules/node/bin/node
for node in "$own" "$(command -v node || true)"; do
	# Asked rather than compared: a version number does not say whether type stripping was compiled in.
	if [ -x "$node" ] && "$node" -e 'process.exit(process.features.typescript ? 0 : 1)' 2>/dev/null; then
		echo "$node"
		exit 0
	fi
done
exit 1
