# MLX and mlx-vlm for `snowball check --mlx`, in an environment of its own; exactly as locked.
# SNOWBALL_NEEDS_MLX=wish (the tests) goes on without it where it cannot be installed.

lock=python/envs/mlx.lock
own=.tools/mlx

install_mlx() {
	"$uv" venv --quiet --clear --python .venv/bin/python "$own" &&
		"$uv" pip sync --quiet --require-hashes --python "$own/bin/python" "$lock" &&
		"$own/bin/python" -c 'import mlx_vlm' &&
		cp "$lock" "$own/.snowball-lock"
}

if ! cmp -s "$lock" "$own/.snowball-lock" || ! "$own/bin/python" -c '' 2>/dev/null; then
	python=$(find_python)
	if ! uv=$(find_uv); then
		fetch_uv || fail_with_log uv "uv could not be installed: install it (https://docs.astral.sh/uv) or python3-pip, then run this again."
		uv=$(find_uv) || fail "The fetched uv does not run on this system: install uv (https://docs.astral.sh/uv), then run this again."
	fi
	export UV_PYTHON_DOWNLOADS=never
	if logged mlx install_mlx; then
		report mlx "$(sed -nE 's/^mlx-vlm==([0-9.]+).*/mlx-vlm \1/p' "$lock"), $(seconds)"
	else
		rm -rf "$own"
		[ "$SNOWBALL_NEEDS_MLX" = wish ] || fail_with_log mlx "MLX could not be installed: it runs on Apple silicon, and on Linux for tests."
		report mlx "left out: it could not be installed (.tools/log/mlx.log)"
	fi
fi
