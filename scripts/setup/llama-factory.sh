# LLaMA-Factory in an environment of its own, exactly as locked: it pins other versions than the runners do.

lock=python/envs/llama-factory.lock
own=.tools/llama-factory

wanted_factory() {
	.venv/bin/python -V
	cat "$lock"
}

install_factory() {
	rm -rf "$own"
	"$uv" venv --quiet --python .venv/bin/python "$own" &&
		"$uv" pip sync --quiet --require-hashes --python "$own/bin/python" "$lock" &&
		wanted_factory >"$own/.snowball-lock"
}

if ! wanted_factory | cmp -s - "$own/.snowball-lock"; then
	python=$(find_python)
	if ! uv=$(find_uv); then
		fetch_uv || fail_with_log uv "uv could not be installed: install it (https://docs.astral.sh/uv) or python3-pip, then run this again."
		uv=$(find_uv) || fail "The fetched uv does not run on this system: install uv (https://docs.astral.sh/uv), then run this again."
	fi
	export UV_PYTHON_DOWNLOADS=never
	if logged llama-factory install_factory; then
		report llama-factory "$(sed -nE 's/^llamafactory==([0-9.]+).*/\1/p' "$lock"), $(seconds)"
	else
		rm -rf "$own"
		fail_with_log llama-factory "LLaMA-Factory could not be installed; it needs Python 3.11 or newer."
	fi
fi
