#!/bin/sh
# Writes what is generated from the recipes' schemas (configs/schema, docs/recipes), then formats everything:
# TypeScript, JSON, YAML and Markdown with oxfmt, Python with ruff.
set -eu
cd "$(dirname "$0")/.."
PATH=$(dirname "$(scripts/node-path.sh)"):$PWD/node_modules/.bin:$PWD/.venv/bin:$PATH

node scripts/write-schemas.ts
node scripts/write-docs.ts
oxfmt .
cd python
ruff format .
ruff check --fix --quiet .
