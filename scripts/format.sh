#!/bin/sh
# Formats everything: TypeScript, JSON, YAML and Markdown with oxfmt, Python with ruff.
set -eu
cd "$(dirname "$0")/.."
PATH=$(dirname "$(scripts/node-path.sh)"):$PWD/node_modules/.bin:$PWD/.venv/bin:$PATH

oxfmt .
cd python
ruff format .
ruff check --fix --quiet .
