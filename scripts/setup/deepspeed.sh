# DeepSpeed for trainings on several GPUs, in a folder of its own that only they look into; exactly as locked.
# SNOWBALL_NEEDS_DEEPSPEED=wish (the tests) goes on without it where it cannot be installed.

lock=python/envs/deepspeed.lock
own=.tools/deepspeed

# One of its packages is compiled for the version of Python.
wanted() {
	.venv/bin/python -V
	cat "$lock"
}

# Its setup reads torch's version, so it is built in the runners' environment: a source package, and nothing to compile.
# As for a CPU: where its setup sees a GPU it asks for nvcc, which a host of trainings need not have. What it works on is
# decided when it is imported.
install_deepspeed() {
	rm -rf "$own"
	DS_ACCELERATOR=cpu "$uv" pip install --quiet --require-hashes --no-deps --no-build-isolation --python .venv/bin/python \
		--target "$own" -r "$lock" &&
		DS_ACCELERATOR=cpu PYTHONPATH=$own .venv/bin/python -c 'import deepspeed' &&
		wanted >"$own/.snowball-lock"
}

if [ "$(uname)" != Linux ]; then
	report deepspeed "left out: it runs on Linux only"
elif ! wanted | cmp -s - "$own/.snowball-lock"; then
	need_uv
	if logged deepspeed install_deepspeed; then
		report deepspeed "$(sed -nE 's/^deepspeed==([0-9.]+).*/\1/p' "$lock"), $(seconds)"
	else
		rm -rf "$own"
		[ "$SNOWBALL_NEEDS_DEEPSPEED" = wish ] || fail_with_log deepspeed "DeepSpeed could not be installed."
		report deepspeed "left out: it could not be installed (.tools/log/deepspeed.log)"
	fi
fi
