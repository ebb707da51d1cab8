#!/bin/sh
# Every measurement under bench/, one after the other; each prints its own ratios.
set -eu
cd "$(dirname "$0")/.."
node=$(scripts/node-path.sh)

for measurement in bench/*.ts; do
	echo "== $measurement"
	"$node" --disable-warning=ExperimentalWarning "$measurement"
done
