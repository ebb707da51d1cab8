#!/bin/sh
# Brings what Snowball needs into this folder, once; does nothing where all of it is there.
# Outside the folder only the package managers' caches change.
set -eu
cd "$(dirname "$0")/.."

mkdir -p .tools/log
# Two set-ups at once would install over each other. macOS has no flock; there the second one is on its own.
if command -v flock >/dev/null; then
	exec 9>.tools/setup.lock
	flock 9
fi
# npm, pip and go all refuse to work without a home to keep their caches in.
if [ -z "${HOME:-}" ] || [ ! -w "$HOME" ]; then
	HOME=$PWD/.tools/home
	mkdir -p "$HOME"
	export HOME
fi
# Some of them fail where the folder for temporary files is named and missing.
[ -d "${TMPDIR:-/tmp}" ] || unset TMPDIR

. scripts/setup/stage.sh
. scripts/setup/node.sh
. scripts/setup/packages.sh
. scripts/setup/python.sh
. scripts/setup/own.sh
[ -z "${SNOWBALL_NEEDS_DEEPSPEED:-}" ] || . scripts/setup/deepspeed.sh
[ -z "${SNOWBALL_NEEDS_LLAMA_FACTORY:-}" ] || . scripts/setup/llama-factory.sh
[ -z "${SNOWBALL_NEEDS_MLX:-}" ] || . scripts/setup/mlx.sh
[ -z "${SNOWBALL_NEEDS_TRACKERS:-}" ] || . scripts/setup/trackers.sh
[ -z "${SNOWBALL_NEEDS_VLLM:-}" ] || . scripts/setup/vllm.sh
. scripts/setup/temporal.sh
