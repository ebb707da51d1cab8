#!/bin/sh
# Packs the client for programs (docs/client.md): snowball-VERSION.tgz in the given folder, dist when none is given.
set -eu
cd "$(dirname "$0")/.."
PATH=$(dirname "$(scripts/node-path.sh)"):$PWD/node_modules/.bin:$PATH
to=${1:-dist}

rm -rf dist/package
mkdir -p dist/package "$to"
tsc -p tsconfig.package.json
node scripts/pack.ts dist/package
npm pack ./dist/package --loglevel=error --pack-destination "$to"
